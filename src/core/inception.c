/* The Inception Score. */
#include "core/inception.h"

#include "core/shuffle.h"
#include "core/softmax.h"
#include "core/status.h"

#include <math.h>
#include <stdlib.h>

/* p[n] = softmax(z); returns the sum of p log p. */
static double softmax(const float *z, size_t n, double *p) {
    const double log_sum = gt_log_sum_exp(z, n);
    double sum = 0;
    for (size_t c = 0; c < n; c++) {
        const double log_p = (double)z[c] - log_sum;
        p[c] = exp(log_p);
        sum += p[c] * log_p;
    }
    return sum;
}

/* The mean of KL(p || q), q the mean of p, is the mean of sum p log p less sum q log q. p and q: room for d. */
static double score_part(gt_features logits, const uint32_t *order, size_t n, double *p, double *q) {
    double within = 0, between = 0;
    for (size_t c = 0; c < logits.d; c++) q[c] = 0;
    for (size_t i = 0; i < n; i++) {
        within += softmax(logits.values + order[i] * logits.d, logits.d, p);
        for (size_t c = 0; c < logits.d; c++) q[c] += p[c];
    }
    for (size_t c = 0; c < logits.d; c++) {
        q[c] /= (double)n;
        if (q[c] > 0) between += q[c] * log(q[c]);
    }
    return exp(fmax(within / (double)n - between, 0)); /* rounding alone makes it negative */
}

gt_status gt_inception_score(gt_features logits, int n_splits, uint64_t seed, gt_inception *out) {
    GT_TRY(gt_features_check("samples", logits, (size_t)n_splits));
    const size_t n = logits.n, parts = (size_t)n_splits;
    gt_status status = GT_OK;
    uint32_t *order = malloc(n * sizeof *order);
    double *p = malloc((2 * logits.d + parts) * sizeof *p), *scores = p + 2 * logits.d, sum = 0, squares = 0;
    if (order == NULL || p == NULL)
        GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory for the Inception Score of %zu samples", n), cleanup);
    GT_TRY_GOTO(gt_shuffle(seed, 0, order, n), cleanup);
    for (size_t s = 0; s < parts; s++) {
        const size_t first = s * n / parts, end = (s + 1) * n / parts;
        scores[s] = score_part(logits, order + first, end - first, p, p + logits.d);
        sum += scores[s];
    }
    out->n_splits = n_splits;
    out->mean = sum / (double)parts;
    for (size_t s = 0; s < parts; s++) squares += (scores[s] - out->mean) * (scores[s] - out->mean);
    out->deviation = sqrt(squares / (double)parts);
cleanup:
    free(order);
    free(p);
    return status;
}
