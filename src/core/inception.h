/* private. The Inception Score of samples, from a classifier's logits. */
#ifndef GT_CORE_INCEPTION_H
#define GT_CORE_INCEPTION_H

#include "core/features.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_inception {
    double mean, deviation; /* over the splits; the deviation divides by their number, and is 0 for one */
    int n_splits;
} gt_inception;

/* exp(mean over x of KL(p(y|x) || p(y))), p(y) the mean of p(y|x), in each of n_splits parts as equal as can be (Salimans et
 * al. 2016, "Improved techniques for training GANs", section 4, and its code, which divides in 10); 1 to C. A part knows p(y)
 * from its own samples, so more parts give a smaller score, by up to (C - 1) n_splits / 2n of it: n and n_splits belong to the
 * number (Barratt and Sharma 2018, "A note on the Inception Score"). In double, from log p = z - max - log sum exp(z - max).
 * Samples are dealt in the order gt_shuffle(seed, 0), since files of images are often sorted by class.
 * GT_ERR_ARGUMENT: a logit that is not finite, or fewer samples than parts. GT_ERR_MEMORY. */
gt_status gt_inception_score(gt_features logits, int n_splits, uint64_t seed, gt_inception *out);

#ifdef __cplusplus
}
#endif
#endif
