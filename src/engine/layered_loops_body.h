/* private. The loops of layered_loops.h, written once in lane operations. layered_avx512.c, layered_avx2.c and
 * layered_portable.c each include it after their lanes header and get one table out of it. */
#ifndef GT_ENGINE_LAYERED_LOOPS_BODY_H
#define GT_ENGINE_LAYERED_LOOPS_BODY_H

#include "engine/lanes_activation.h"
#include "engine/lanes_adam.h"
#include "engine/layered_loops.h"

#include <math.h>
#include <string.h>

/* a[k], b[k] for k in a row; what does not fill a vector goes through one of its own. */
#define EACH_VECTOR(n, statement_of_whole, statement_of_rest)                                                                  \
    do {                                                                                                                       \
        size_t k = 0;                                                                                                          \
        for (; k + 16 <= (n); k += 16) {                                                                                       \
            statement_of_whole;                                                                                                \
        }                                                                                                                      \
        if (k < (n)) {                                                                                                         \
            const size_t rest = (n)-k;                                                                                         \
            statement_of_rest;                                                                                                 \
        }                                                                                                                      \
    } while (0)

LANES_FN vf load_rest(const float *p, size_t n) {
    float lanes[16] = {0};
    memcpy(lanes, p, n * sizeof *p);
    return vf_load(lanes);
}

LANES_FN void store_rest(float *p, size_t n, vf a) {
    float lanes[16];
    vf_store(lanes, a);
    memcpy(p, lanes, n * sizeof *p);
}

LANES_FN void activate_rows(layered_rows y, const float *bias, gt_activation kind, float slope) {
    for (size_t i = 0; i < y.n; i++) {
        float *row = y.at + i * y.stride;
        EACH_VECTOR(
            y.width, vf_store(row + k, activate(vf_add(vf_load(row + k), vf_load(bias + k)), (int)kind, slope)),
            store_rest(row + k, rest, activate(vf_add(load_rest(row + k, rest), load_rest(bias + k, rest)), (int)kind, slope)));
    }
}

LANES_FN void gradient_rows(layered_rows dx, const float *h, gt_activation kind, float slope) {
    for (size_t i = 0; i < dx.n; i++) {
        float *row = dx.at + i * dx.stride;
        const float *out = h + i * dx.stride;
        EACH_VECTOR(dx.width, vf_store(row + k, activation_gradient(vf_load(row + k), vf_load(out + k), (int)kind, slope)),
                    store_rest(row + k, rest,
                               activation_gradient(load_rest(row + k, rest), load_rest(out + k, rest), (int)kind, slope)));
    }
}

/* The choice is made once, not for every element. */
#define EACH_ACTIVATION(activation, CASE)                                                                                      \
    switch (activation) {                                                                                                      \
        CASE(GT_RELU) CASE(GT_LEAKY_RELU) CASE(GT_TANH) CASE(GT_SIGMOID) CASE(GT_ELU) CASE(GT_LINEAR) default : break;         \
    }

static void activate_all(layered_rows y, const float *bias, gt_activation activation, float slope) {
#define CASE(kind)                                                                                                             \
    case kind:                                                                                                                 \
        activate_rows(y, bias, kind, slope);                                                                                   \
        break;
    EACH_ACTIVATION(activation, CASE)
#undef CASE
}

static void activation_gradient_all(layered_rows dx, const float *h, gt_activation activation, float slope) {
    if (activation == GT_LINEAR) return;
#define CASE(kind)                                                                                                             \
    case kind:                                                                                                                 \
        gradient_rows(dx, h, kind, slope);                                                                                     \
        break;
    EACH_ACTIVATION(activation, CASE)
#undef CASE
}

static void column_sums(layered_rows dy, float *sums) {
    memset(sums, 0, dy.width * sizeof *sums);
    for (size_t i = 0; i < dy.n; i++) {
        const float *row = dy.at + i * dy.stride;
        EACH_VECTOR(dy.width, vf_store(sums + k, vf_add(vf_load(sums + k), vf_load(row + k))),
                    store_rest(sums + k, rest, vf_add(load_rest(sums + k, rest), load_rest(row + k, rest))));
    }
}

static bool loss_all(int loss, int role, float label, const float *labels, int n, int n_mean, const float *z, float *dz,
                     double *mean) {
    const float share = 1.0f / (float)n_mean;
    double sum = 0;
    bool finite = true;
    for (int from = 0; from < n; from += 16) {
        const int count = n - from < 16 ? n - from : 16;
        float y[16], lanes[16], sign[16], softplus[16];
        int of[16];
        for (int k = 0; k < 16; k++) {
            y[k] = labels != NULL && k < count ? labels[from + k] : label;
            of[k] = labels == NULL || role == FUSED_G ? role : y[k] > 0.5f ? FUSED_REAL : FUSED_FAKE;
            sign[k] = loss_softplus_sign(loss, of[k], y[k]);
        }
        const vf logit = load_rest(z + from, (size_t)count), label_share = vf_mul(vf_load(y), vf_set(share));
        vf gradient = loss_gradient(loss, of[0], logit, vf_load(y), vf_set(share), label_share);
        if (labels != NULL && role != FUSED_G)
            gradient = vf_select(vf_gt(vf_load(y), vf_set(0.5f)),
                                 loss_gradient(loss, FUSED_REAL, logit, vf_load(y), vf_set(share), label_share),
                                 loss_gradient(loss, FUSED_FAKE, logit, vf_load(y), vf_set(share), label_share));
        vf_store(lanes, logit);
        vf_store(softplus, exact_softplus(vf_mul(vf_load(sign), logit)));
        for (int k = 0; k < count; k++) {
            finite = finite && isfinite(lanes[k]);
            sum += loss_value(loss, of[k], lanes[k], y[k], softplus[k]);
        }
        store_rest(dz + from, (size_t)count, gradient);
    }
    *mean = sum / n;
    return finite;
}

static bool adam_all(const fused_recipe *recipe, const layered_setting *setting, gt_net net, uint64_t iteration, float size,
                     const float *gradient, size_t from, size_t to, size_t stride, float *state) {
    const adam_step step = adam_step_of(recipe, &setting->hyper, net, iteration, size);
    if (!recipe->weight_decay && !recipe->ema && recipe->loss != FUSED_WASSERSTEIN) {
        const fused_recipe plain = {0};
        return adam_update(&plain, &setting->adam[net], step, NULL, gradient, from, to, (int)stride, state);
    }
    return adam_update(recipe, &setting->adam[net], step, NULL, gradient, from, to, (int)stride, state);
}

/* 16 columns of n rows from row `first`, n a constant. */
LANES_FN void dense_block(layered_rows x, const float *w, vf bias, bool relu, layered_rows y, size_t first, size_t n) {
    vf sum[4];
    for (size_t i = 0; i < n; i++) sum[i] = bias;
    for (size_t k = 0; k < x.width; k++) {
        const vf weight = vf_load(w + k * y.width);
        for (size_t i = 0; i < n; i++) sum[i] = vf_fma(vf_set(x.at[(first + i) * x.stride + k]), weight, sum[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (relu) sum[i] = activate(sum[i], GT_RELU, 0);
        vf_store(y.at + (first + i) * y.stride, sum[i]);
    }
}

static void dense_in_order(layered_rows x, const float *w, const float *b, bool relu, layered_rows y) {
    for (size_t k = 0; k < y.width; k += 16) {
        const layered_rows columns = {y.at + k, y.n, y.width, y.stride};
        const vf bias = vf_load(b + k);
        size_t i = 0;
        for (; i + 4 <= y.n; i += 4) dense_block(x, w + k, bias, relu, columns, i, 4);
        for (; i < y.n; i++) dense_block(x, w + k, bias, relu, columns, i, 1);
    }
}

static void pixels(const unsigned char *pixel, size_t n, float scale, float offset, float *out) {
    for (size_t k = 0; k < n; k++) out[k] = fmaf((float)pixel[k], scale, offset);
}

const layered_loops LAYERED_NAME = {
    .activate = activate_all,
    .activation_gradient = activation_gradient_all,
    .column_sums = column_sums,
    .loss = loss_all,
    .adam = adam_all,
    .dense_in_order = dense_in_order,
    .pixels = pixels,
};

#endif
