/* private to the CLI. The gallery of a report: a few runs of a study, trained again. */
#ifndef GT_CLI_REPORT_SAMPLES_H
#define GT_CLI_REPORT_SAMPLES_H

#include "io/figures.h"

typedef struct gt_report_samples {
    gt_figure_sample *list;
    size_t n;
    char **notes; /* what is left out, and why */
    size_t n_notes;
} gt_report_samples;

/* The best, the median and the worst run, and of each outcome the one in the middle. A run that doesn't end in the digest that
 * the store has is left out, with a note; so are all runs of a study of images. Zero out first; free in any case. Returns an
 * exit code, the error printed. */
int gt_report_samples_train(const gt_store_study *study, const gt_store_summary *summary, gt_report_samples *out);
void gt_report_samples_free(gt_report_samples *samples);

#endif
