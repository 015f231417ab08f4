/* private. The sets of points in the plane that the literature trains on, each by its parameters in the order of the table in
 * core/target_list.c. Sines and cosines are rounded to whole multiples of 2^-24 first, so that no C library's last bit shows
 * and those of whole quarters are exact. Definitions and sources: docs/study.md. */
#ifndef GT_CORE_TARGET_SETS_H
#define GT_CORE_TARGET_SETS_H

#include "gantry/gantry.h"
#include "kernels/fused_recipe.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A mixture: its modes [n_modes, 2] in the units of the data, at most SCORE_MAX_MODES, each rounded to float once, and their
 * standard deviation. GT_ERR_ARGUMENT: parameters out of range. */
typedef gt_status gt_target_modes(const char *name, const double *parameter, float *modes, int *n_modes, double *sigma);

/* A curve: its points at the thirds of each segment [FUSED_CURVE_SEGMENTS, 4, 2], rounded to float, and the noise's standard
 * deviation. The points of a segment are its own: curves may be in pieces. GT_ERR_ARGUMENT as above. */
typedef gt_status gt_target_curve(const char *name, const double *parameter, float *nodes, double *noise);

gt_target_modes gt_ring_modes, gt_grid_modes;
gt_target_curve gt_swissroll_curve, gt_moons_curve;

#ifdef __cplusplus
}
#endif
#endif
