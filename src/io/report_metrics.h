/* private. The stored metrics in words: how charts call them, which axis they need, and their definitions (docs/study.md) for a
 * page that is read alone. */
#ifndef GT_IO_REPORT_METRICS_H
#define GT_IO_REPORT_METRICS_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gt_metric_scale {
    GT_SCALE_LINEAR,
    GT_SCALE_LOG,   /* where values span decades and are positive */
    GT_SCALE_COUNT, /* whole numbers */
} gt_metric_scale;

typedef struct gt_metric_text {
    const char *name;  /* of the column */
    const char *label; /* an axis' */
    gt_metric_scale scale;
    const char *definition; /* a sentence */
} gt_metric_text;

/* Of a stored metric that is shown; NULL for others. */
const gt_metric_text *gt_metric_text_of(const char *name);

/* The threshold under which a run has converged, or over which; NaN: this metric does not decide it. */
double gt_metric_threshold(const char *name, const gt_outcome_rules *rules);

#ifdef __cplusplus
}
#endif
#endif
