/* private. The report of a study: one HTML page that needs nothing else, with its charts inline (figures.h). */
#ifndef GT_IO_REPORT_H
#define GT_IO_REPORT_H

#include "io/figures.h"
#include "io/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_report {
    gt_store *store;
    const gt_figures_input *input;
    const gt_figures *figures; /* none: a page of tables */
    const char *folder;        /* where gt_figures_draw() has put them */
    const char *const *notes;  /* [n_notes]: what a reader must know about the gallery */
    size_t n_notes;
} gt_report;

/* The file appears whole or not at all. GT_ERR_IO, GT_ERR_MEMORY. */
gt_status gt_report_write(const char *path, const gt_report *report);

#ifdef __cplusplus
}
#endif
#endif
