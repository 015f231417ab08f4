/* Cross-entropy with softmax. */
#include "engine/softmax_loss.h"

#include "core/softmax.h"

softmax_loss_sums softmax_loss(const float *z, const unsigned char *labels, size_t n, size_t n_classes, float *dz) {
    softmax_loss_sums sums = {0};
    for (size_t i = 0; i < n; i++, z += n_classes) {
        const double log_sum = gt_log_sum_exp(z, n_classes);
        sums.loss += log_sum - (double)z[labels[i]];
        sums.n_right += gt_argmax(z, n_classes) == labels[i];
        for (size_t c = 0; dz != NULL && c < n_classes; c++)
            dz[i * n_classes + c] = (float)((exp((double)z[c] - log_sum) - (c == labels[i])) / (double)n);
    }
    return sums;
}
