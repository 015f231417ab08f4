/* private. What becomes of a run, told checkpoint by checkpoint: the outcome of docs/study.md without keeping the rows. */
#ifndef GT_CORE_JUDGE_H
#define GT_CORE_JUDGE_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero it first. A run relapses where it has not converged at a checkpoint and had at the one before. */
typedef struct gt_judge {
    uint64_t n_checkpoints, n_converged, n_relapses;
    uint64_t first_converged, first_relapse; /* iterations; 0: never */
    uint64_t recent;                         /* bit k: converged at the k-th last checkpoint */
} gt_judge;

enum { GT_MAX_WINDOW = 64 }; /* checkpoints that `recent` remembers; longer windows count as this long */

void gt_judge_add(gt_judge *judge, const gt_metrics *row, const gt_outcome_rules *rules);

/* From the rows added so far, the last of which is `last`. */
gt_outcome gt_judge_outcome(const gt_judge *judge, const gt_metrics *last, const gt_outcome_rules *rules);

/* How far a checkpoint is from convergence: the largest of the ratios of errors to their thresholds, and of what is missing
 * (bins of coverage, modes, points of high quality) to what may be missing. 1 lies between converged and not; infinite where
 * there is nothing to judge. */
double gt_metrics_distance(const gt_metrics *row, const gt_outcome_rules *rules);

#ifdef __cplusplus
}
#endif
#endif
