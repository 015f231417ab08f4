/* private. The Frechet distance of two sets of features, as if both were normal distributions. */
#ifndef GT_CORE_FRECHET_H
#define GT_CORE_FRECHET_H

#include "core/features.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of a set of features, in double. Zero it first, free it in any case. */
typedef struct gt_moments {
    size_t n, d;
    double *mean;       /* [d] */
    double *covariance; /* [d, d], unbiased: sum (x - mean)(x - mean)' / (n - 1) */
    double *root;       /* [d, d] columns V sqrt(L) of covariance = V L V', L clamped at 0; NULL before gt_moments_factor() */
} gt_moments;

/* At least two rows, checked by gt_features_check(). GT_ERR_MEMORY. */
gt_status gt_moments_of(gt_features features, gt_moments *out);

/* For the first side of distances: an eigen-decomposition that all of them share. GT_ERR_MEMORY. */
gt_status gt_moments_factor(gt_moments *moments);
void gt_moments_free(gt_moments *moments);

/* |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Dowson and Landau, J. Multivariate Anal. 12, 1982, 450; of Inception features
 * the "FID" of Heusel et al. 2017). (S1 S2)^(1/2) has the eigenvalues of (S1^(1/2) S2 S1^(1/2))^(1/2), which is symmetric and,
 * with S1 = V L V', similar to (R' S2 R)^(1/2), R = V L^(1/2): square roots of eigenvalues that rounding alone makes negative,
 * clamped at 0. So singular covariances (a collapsed generator, n < d) are as good as others, where a matrix square root fails.
 * Absolute error about d sqrt(2^-52 |S1| |S2|) where eigenvalues are 0, smaller by far where none is; never NaN, never below 0.
 * Its expectation falls with the n of both sides (gt_frechet_infinity). first has been factored; the same d. GT_ERR_MEMORY. */
gt_status gt_frechet_distance(const gt_moments *first, const gt_moments *second, double *out);

typedef struct gt_frechet_line {
    double at_infinity; /* the intercept; can be below 0 by chance */
    double slope;       /* of the distance over 1 / N */
    size_t smallest;    /* N of the first point */
    int n_points;
} gt_frechet_line;

enum { GT_FRECHET_POINTS = 15, GT_FRECHET_LEAST = 100 };

/* The distance at infinitely many samples: the least-squares line through those of random subsets of N samples over 1 / N, at
 * 15 N from n / 10 to n in equal steps (Chong and Forsyth 2020, "Effectively unbiased FID and Inception Score"). Their number
 * in the reference stays what it is. Subset i is the first of gt_shuffle(seed, i + 1). GT_ERR_ARGUMENT below GT_FRECHET_LEAST
 * samples; GT_ERR_MEMORY. */
gt_status gt_frechet_infinity(const gt_moments *reference, gt_features samples, uint64_t seed, gt_frechet_line *out);

#ifdef __cplusplus
}
#endif
#endif
