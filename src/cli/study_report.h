/* private to the CLI. What `gantry study` prints: what it is about to do, and what became of it. */
#ifndef GT_CLI_STUDY_REPORT_H
#define GT_CLI_STUDY_REPORT_H

#include "io/store_summary.h"

void gt_study_print_begin(const gt_store *store);

/* From the store: all runs that are in it. Returns an exit code, the error printed. */
int gt_study_print_end(gt_store *store, bool json);

#endif
