/* private to the CLI. The gallery of a report: points or images of a few runs of a study. */
#ifndef GT_CLI_REPORT_SAMPLES_H
#define GT_CLI_REPORT_SAMPLES_H

#include "io/figures.h"

typedef struct gt_report_samples {
    gt_figure_sample *list;
    size_t n;
    char **notes; /* what is left out, and why */
    size_t n_notes;
} gt_report_samples;

/* The best, the median and the worst run, and of each outcome the one in the middle; of images also the best and the worst of
 * each outcome. They come from their kept checkpoints, or are trained again: unless patient only where that takes a minute at
 * most. A run that doesn't end in the digest that the store has is left out, with a note. Zero out first; free in any case.
 * Returns an exit code, the error printed. */
int gt_report_samples_make(gt_store *store, const gt_store_summary *summary, bool patient, gt_report_samples *out);
void gt_report_samples_free(gt_report_samples *samples);

#endif
