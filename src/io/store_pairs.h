/* private. The runs of two studies, seed by seed. */
#ifndef GT_IO_STORE_PAIRS_H
#define GT_IO_STORE_PAIRS_H

#include "core/statistics.h"
#include "io/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of seeds that both studies have finished. Zero it first. */
typedef struct gt_study_pairs {
    uint64_t n;
    uint64_t moved[GT_N_OUTCOMES][GT_N_OUTCOMES]; /* from the outcome in the first to that in the second */
    gt_pair_counts converged;                     /* at the last checkpoint */
    uint64_t n_same_bits;                         /* equal digests */
    uint64_t first_other;                         /* the first seed whose digests differ, where n_same_bits < n */
} gt_study_pairs;

/* Adds the pairs of two settings: runs by seed, upwards. */
void gt_study_pairs_add(gt_study_pairs *pairs, const gt_store_run *a, size_t n_a, const gt_store_run *b, size_t n_b);

/* Which setting of b belongs to each of a: of[n of a], GT_NO_SETTING where none does. Those of equal specs; where there are
 * none, and both studies have as many settings, those of equal number. GT_ERR_MEMORY. */
#define GT_NO_SETTING SIZE_MAX
gt_status gt_study_match_settings(const gt_study_plan *a, const gt_study_plan *b, size_t *of);

#ifdef __cplusplus
}
#endif
#endif
