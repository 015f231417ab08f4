/* private. Scores of one set of generated points (definitions: docs/study.md). */
#ifndef GT_CORE_METRICS_H
#define GT_CORE_METRICS_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills w1_x_floor, n_samples and n_energy of row; every score is NaN. */
void gt_metrics_begin(const gt_target_spec *target, size_t n, size_t n_energy, gt_metrics *row);

/* Fills resid_mean, resid_p95, w1_x, support, coverage, std_x and energy of a row that gt_metrics_begin() has begun from
 * generated[n, 2] and the first n_energy of real[., 2] (n_energy <= n; 0: energy is NaN and real may be NULL).
 * scratch: gt_metrics_scratch_bytes(n) bytes, aligned for double. Same input, same bits on every machine: only +, -, *, /,
 * sqrt, comparisons, in one order. Points that are not finite make every score NaN. */
void gt_metrics_score(const gt_target_spec *target, const float *generated, size_t n, const float *real, size_t n_energy,
                      void *scratch, gt_metrics *row);
size_t gt_metrics_scratch_bytes(size_t n);

#ifdef __cplusplus
}
#endif
#endif
