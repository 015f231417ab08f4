/* private. Scores of one set of generated points (definitions: docs/study.md). */
#ifndef GT_CORE_METRICS_H
#define GT_CORE_METRICS_H

#include "core/target.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills w1_x_floor, n_samples and n_energy of row; every score is NaN, and stays so where it does not exist for the target. */
void gt_metrics_begin(const gt_target_model *target, size_t n, size_t n_energy, gt_metrics *row);

/* Fills resid_mean to spread of a row that gt_metrics_begin() has begun from generated[n, X] and the first n_energy of real[.,
 * X] (n_energy <= n; below 2 energy and spread are NaN; 0: real may be NULL), points in the units of the data. scratch:
 * gt_metrics_scratch_bytes(n) bytes, aligned for double. Same input, same bits on every machine: only +, -, *, /, sqrt,
 * comparisons, in one order. Points that are not finite make every score NaN. */
void gt_metrics_score(const gt_target_model *target, const float *generated, size_t n, const float *real, size_t n_energy,
                      void *scratch, gt_metrics *row);
size_t gt_metrics_scratch_bytes(size_t n);

#ifdef __cplusplus
}
#endif
#endif
