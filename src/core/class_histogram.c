/* Classes of samples. */
#include "core/class_histogram.h"

#include "core/softmax.h"

#include <math.h>

void gt_count_classes(gt_features logits, uint64_t *counts) {
    for (size_t i = 0; i < logits.n; i++) counts[gt_argmax(logits.values + i * logits.d, logits.d)]++;
}

static double total(const uint64_t *counts, size_t n) {
    uint64_t sum = 0;
    for (size_t c = 0; c < n; c++) sum += counts[c];
    return (double)sum;
}

gt_class_distance gt_compare_classes(const uint64_t *samples, const uint64_t *reference, size_t n_classes) {
    const double n_samples = total(samples, n_classes), n_reference = total(reference, n_classes);
    gt_class_distance out = {0};
    for (size_t c = 0; c < n_classes; c++) {
        const double p = (double)samples[c] / n_samples, q = (double)reference[c] / n_reference;
        out.total_variation += fabs(p - q) / 2;
        if (p > 0) out.kl += p * log(p / q);
        out.n_missing += samples[c] == 0 && reference[c] > 0;
    }
    out.kl = fmax(out.kl, 0); /* rounding alone makes it negative */
    return out;
}
