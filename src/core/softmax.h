/* private. Probabilities of classes from logits, in double. */
#ifndef GT_CORE_SOFTMAX_H
#define GT_CORE_SOFTMAX_H

#include <math.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* log sum exp(z), so that z - it is log softmax(z): of any finite z[n] without overflow. */
static inline double gt_log_sum_exp(const float *z, size_t n) {
    double largest = (double)z[0], sum = 0;
    for (size_t c = 1; c < n; c++) largest = fmax(largest, (double)z[c]);
    for (size_t c = 0; c < n; c++) sum += exp((double)z[c] - largest);
    return largest + log(sum);
}

/* The place of the largest of z[n], the first among equal ones. */
static inline size_t gt_argmax(const float *z, size_t n) {
    size_t best = 0;
    for (size_t c = 1; c < n; c++)
        if (z[c] > z[best]) best = c;
    return best;
}

#ifdef __cplusplus
}
#endif
#endif
