/* private. What a classifier makes of images: a row of numbers each. */
#ifndef GT_CORE_FEATURES_H
#define GT_CORE_FEATURES_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_features {
    const float *values; /* [n, d], the caller's */
    size_t n, d;
} gt_features;

/* Squares of larger values might overflow a float. */
#define GT_FEATURE_LIMIT 1e15f

/* GT_ERR_ARGUMENT, which names the first value that is not a number within +-GT_FEATURE_LIMIT, or fewer rows than n_least.
 * what: whose features they are, as "samples". */
gt_status gt_features_check(const char *what, gt_features features, size_t n_least);

/* The mean of each column: mean[d]. */
void gt_features_mean(gt_features features, double *mean);

#ifdef __cplusplus
}
#endif
#endif
