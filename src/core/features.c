/* Whether features can be scored, and their mean. */
#include "core/features.h"

#include "core/status.h"

#include <math.h>
#include <string.h>

gt_status gt_features_check(const char *what, gt_features features, size_t n_least) {
    if (features.n < n_least || features.d == 0 || features.n > INT32_MAX || features.d > INT32_MAX)
        return gt_fail(GT_ERR_ARGUMENT, "features of %s: %zu rows of %zu; it takes at least %zu, and 1 to %d of each", what,
                       features.n, features.d, n_least, INT32_MAX);
    for (size_t i = 0; i < features.n * features.d; i++)
        if (!(fabsf(features.values[i]) <= GT_FEATURE_LIMIT))
            return gt_fail(
                GT_ERR_ARGUMENT,
                "features of %s: %g in row %zu, column %zu; it takes numbers within +-%g, so score a checkpoint from "
                "before the run diverged",
                what, (double)features.values[i], i / features.d, i % features.d, (double)GT_FEATURE_LIMIT);
    return GT_OK;
}

void gt_features_mean(gt_features features, double *mean) {
    memset(mean, 0, features.d * sizeof *mean);
    for (size_t i = 0; i < features.n; i++)
        for (size_t c = 0; c < features.d; c++) mean[c] += (double)features.values[i * features.d + c];
    for (size_t c = 0; c < features.d; c++) mean[c] /= (double)features.n;
}
