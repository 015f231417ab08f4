/* private. Scores from nearest neighbours: how much of the samples lies among the reference, and of the reference among the
 * samples.
 *
 * Distances are Euclidean and compared by their squares in double, sum (a - b)^2 in one order of summation: equal points are at
 * distance 0, and ties are ties. Most pairs are decided sooner, by |a|^2 + |b|^2 - 2ab from a product of matrices in float,
 * where a bound of its error allows; so the answers are those of the plain sums. Time 2 n^2 d a product; memory as much as the
 * features again and some MB. By all of OpenMP's threads; the number of them changes nothing. */
#ifndef GT_CORE_NEIGHBOURS_H
#define GT_CORE_NEIGHBOURS_H

#include "core/features.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GT_NEIGHBOURS = 5, GT_MAX_NEIGHBOURS = 64 }; /* k by default, and at most */

/* Around each point of a set a ball to its k-th nearest other one. Zero it first, free it in any case. */
typedef struct gt_balls {
    gt_features centres; /* the caller's */
    int k;
    double *radius2; /* [n], squared */
} gt_balls;

/* 1 <= k <= GT_MAX_NEIGHBOURS, more than k rows, checked by gt_features_check(). GT_ERR_MEMORY. */
gt_status gt_balls_of(gt_features centres, int k, gt_balls *out);
void gt_balls_free(gt_balls *balls);

/* In a ball means: not farther than its radius (<=). Precision and recall as Kynkaanniemi et al. 2019, "Improved precision and
 * recall metric for assessing generative models"; density and coverage as Naeem et al. 2020, "Reliable fidelity and diversity
 * metrics for generative models", whose code has < in all four. */
typedef struct gt_neighbour_scores {
    double precision; /* share of samples in a ball of the reference */
    double recall;    /* share of the reference in a ball of the samples */
    double density;   /* balls of the reference that a sample is in, on average, over k; about 1 for a perfect generator */
    double coverage;  /* share of the reference's balls that hold a sample */
} gt_neighbour_scores;

/* The same d and k. GT_ERR_MEMORY. */
gt_status gt_score_neighbours(const gt_balls *reference, const gt_balls *samples, gt_neighbour_scores *out);

#ifdef __cplusplus
}
#endif
#endif
