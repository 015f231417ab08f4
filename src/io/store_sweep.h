/* private. How the settings of a sweep compare: which is best, the same seeds under two settings, and the share converged by
 * the values of an axis. */
#ifndef GT_IO_STORE_SWEEP_H
#define GT_IO_STORE_SWEEP_H

#include "io/store_summary.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The setting with the largest share of finished runs converged at the end; the first of several. */
size_t gt_sweep_best(const gt_store_summary *summary);

/* Two settings on the seeds that have finished under both. */
typedef struct gt_setting_pair {
    size_t first, second;
    gt_pair_counts counts; /* of seeds converged at the end */
    gt_paired_shares shares;
    double p_holm; /* p, corrected for the number of pairs (Holm, Scand. J. Stat. 6, 1979, 65) */
} gt_setting_pair;

enum { GT_SWEEP_ALL_PAIRS = 5 }; /* settings, up to which each is compared with each; else with the best one alone */

/* The caller frees *pairs. GT_ERR_MEMORY. */
gt_status gt_sweep_pairs(const gt_store_summary *summary, gt_setting_pair **pairs, size_t *n);

/* Finished runs of several settings. */
typedef struct gt_sweep_cell {
    uint64_t n, n_converged;
    gt_interval converged;
} gt_sweep_cell;

/* The distinct values of an axis, in the order in which settings have them: level[n_settings] is the index of each setting's
 * value, value[n_levels] the texts. */
typedef struct gt_sweep_levels {
    size_t *level, n_levels;
    const char **value;
} gt_sweep_levels;

/* Sorted upwards where all are numbers. GT_ERR_MEMORY. */
gt_status gt_sweep_levels_of(const gt_store_axis *axis, size_t n_settings, gt_sweep_levels *out);
void gt_sweep_levels_free(gt_sweep_levels *levels);

/* The runs of the settings with these levels; b may be NULL. */
gt_sweep_cell gt_sweep_cell_of(const gt_store_summary *summary, const gt_sweep_levels *a, size_t level_a,
                               const gt_sweep_levels *b, size_t level_b);

/* "lr=0.001 beta1=0.5"; "" without axes. The caller frees; NULL: no memory. */
char *gt_sweep_setting_name(const gt_store_study *study, size_t setting);

#ifdef __cplusplus
}
#endif
#endif
