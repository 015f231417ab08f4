/* private. The loss of a classifier: cross-entropy with softmax. On the CPU, in double. */
#ifndef GT_ENGINE_SOFTMAX_LOSS_H
#define GT_ENGINE_SOFTMAX_LOSS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct softmax_loss_sums {
    double loss;    /* sum of -log softmax(z)[label], in nats */
    size_t n_right; /* rows whose largest logit is the label's, the first among equal ones */
} softmax_loss_sums;

/* Of logits z[n, n_classes] with labels[n] below n_classes. dz[n, n_classes] = (softmax(z) - y) / n, y one-hot: the gradient of
 * the mean; NULL: left out. What is not finite in z is not finite in the loss. */
softmax_loss_sums softmax_loss(const float *z, const unsigned char *labels, size_t n, size_t n_classes, float *dz);

#ifdef __cplusplus
}
#endif
#endif
