/* private. Which classes samples are taken for: where a generator drops or prefers modes. */
#ifndef GT_CORE_CLASS_HISTOGRAM_H
#define GT_CORE_CLASS_HISTOGRAM_H

#include "core/features.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds each row of logits to counts[C], that of its largest value, the first among equal ones. */
void gt_count_classes(gt_features logits, uint64_t *counts);

typedef struct gt_class_distance {
    double total_variation; /* half the sum of |p - q|: 0 to 1; the share of samples that would have to change class */
    double kl;              /* KL(p || q) = sum p log(p / q), in nats; infinite where a class has samples but no reference */
    int n_missing;          /* classes of the reference without a sample */
} gt_class_distance;

/* p and q: the shares of samples[C] and reference[C], neither without any. */
gt_class_distance gt_compare_classes(const uint64_t *samples, const uint64_t *reference, size_t n_classes);

#ifdef __cplusplus
}
#endif
#endif
