/* private. The fused engine's training loop, written once in lane operations. fused_avx512.c, fused_avx2.c and
 * fused_portable.c each include it after their lanes header and get one fused_kernels table out of it.
 *
 * Lane l holds samples l * S .. l * S + S - 1 of a batch, S = ceil(n / 16); the s-th of them is "slot" s. A value of every
 * sample is S vectors. A "row" is a vector that holds one partial sum a lane; vf_sum_rows adds the lanes. Formulas and orders
 * of summation are a contract (docs/numerics.md): the same on every instruction set and device. */
#ifndef GT_ENGINE_FUSED_BODY_H
#define GT_ENGINE_FUSED_BODY_H

#include "engine/fused_cpu.h"
#include "engine/philox.h"

#include <math.h>
#include <string.h>

#define BODY_FN static inline __attribute__((always_inline))

enum { ROW_BLOCK = 5 }; /* sums of products that are made side by side */

/* Vectors of `count` values for n_slots slots: value i of slot s stands at at + (i * by_value + s * by_slot) * LANES. */
typedef struct {
    float *at;
    int by_value, by_slot;
} values;

BODY_FN float *vector_of(values x, int i, int s) {
    return x.at + ((ptrdiff_t)i * x.by_value + (ptrdiff_t)s * x.by_slot) * LANES;
}
BODY_FN vf value(values x, int i, int s) { return vf_load(vector_of(x, i, s)); }
BODY_FN void put(values x, int i, int s, vf a) { vf_store(vector_of(x, i, s), a); }

/* Which lanes hold a sample in a slot of a batch of n that starts at slot `slot`. */
typedef struct {
    int n, slots; /* S */
    bool full;    /* every lane of every slot holds one */
} batch_shape;

BODY_FN batch_shape batch_of(int n) {
    batch_shape b = {n, (n + LANES - 1) / LANES, n % LANES == 0};
    return b;
}

BODY_FN vm holds_sample(batch_shape b, int slot) {
    vu sample = vu_add(vu_mul(vu_load(lane_numbers), (uint32_t)b.slots), vu_set((uint32_t)slot));
    return vu_less(sample, vu_set((uint32_t)b.n));
}

/* ---------------------------------------------------------------- dense layers
 *
 * Each operation is a _block function over n slots from s0, n a constant, and a function over any number of slots. The latter
 * calls blocks of at most `widest` slots (8 or 4; MAX_SLOTS is 8), whose values fit the registers: inlined where the number of
 * slots is a constant (the tutorial's loop), else those of one shared copy. */

#define SLOT_BLOCKS(widest, n_slots, block, ...)                                                                               \
    do {                                                                                                                       \
        int s0 = 0;                                                                                                            \
        if (widest > 4 && s0 + widest <= (n_slots)) {                                                                          \
            block(__VA_ARGS__, s0, widest);                                                                                    \
            s0 += widest;                                                                                                      \
        }                                                                                                                      \
        for (; s0 + 4 <= (n_slots); s0 += 4) block(__VA_ARGS__, s0, 4);                                                        \
        for (; s0 < (n_slots); s0++) block(__VA_ARGS__, s0, 1);                                                                \
    } while (0)
#define SLOT_FUNCTION(name, widest, parameters, ...)                                                                           \
    static __attribute__((noinline)) void name##_shared parameters {                                                           \
        SLOT_BLOCKS(widest, n_slots, name##_block, __VA_ARGS__);                                                               \
    }                                                                                                                          \
    BODY_FN void name parameters {                                                                                             \
        if (__builtin_constant_p(n_slots))                                                                                     \
            SLOT_BLOCKS(widest, n_slots, name##_block, __VA_ARGS__);                                                           \
        else                                                                                                                   \
            name##_shared(__VA_ARGS__, n_slots);                                                                               \
    }

BODY_FN vf activate(vf a, int activation, float slope) {
    switch (activation) {
    case GT_RELU:
        return vf_max(a, vf_set(0.0f));
    case GT_LEAKY_RELU:
        return vf_select(vf_gt(a, vf_set(0.0f)), a, vf_mul(a, vf_set(slope)));
    case GT_TANH:
        return exact_tanh(a);
    case GT_SIGMOID:
        return exact_sigmoid(a);
    default:
        return a;
    }
}

/* g times the activation's derivative, from the activation's output h. */
BODY_FN vf activation_gradient(vf g, vf h, int activation, float slope) {
    switch (activation) {
    case GT_RELU:
        return vf_where(vf_gt(h, vf_set(0.0f)), g);
    case GT_LEAKY_RELU:
        return vf_select(vf_gt(h, vf_set(0.0f)), g, vf_mul(g, vf_set(slope)));
    case GT_TANH:
        return vf_mul(g, vf_fma(vf_sub(vf_set(0.0f), h), h, vf_set(1.0f)));
    case GT_SIGMOID:
        return vf_mul(g, vf_fma(vf_sub(vf_set(0.0f), h), h, h));
    default:
        return g;
    }
}

/* y[o] = activation(b[o] + sum over i of w[o][i] x[i]), the sum in the order of i. */
BODY_FN void layer_forward_block(const fused_layer *layer, const float *w, float slope, values x, values y, int s0, int n) {
    const int n_in = layer->n_in, n_out = layer->n_out, by_out = layer->stride_out, by_in = layer->stride_in;
    const int activation = layer->activation;
    const float *weight = w + layer->w, *bias = w + layer->b;
    for (int o = 0; o < n_out; o++) {
        vf a[8];
        for (int s = 0; s < n; s++) a[s] = vf_set(bias[o]);
        for (int i = 0; i < n_in; i++) {
            vf wi = vf_set(weight[o * by_out + i * by_in]);
            for (int s = 0; s < n; s++) a[s] = vf_fma(wi, value(x, i, s0 + s), a[s]);
        }
        for (int s = 0; s < n; s++) put(y, o, s0 + s, activate(a[s], activation, slope));
    }
}
SLOT_FUNCTION(layer_forward, SLOT_BLOCK,
              (const fused_layer *layer, const float *w, float slope, values x, values y, int n_slots), layer, w, slope, x, y)

/* n_rows rows += sums over n slots, in their order, of g[s] x[first_value + r]: side by side, for each is one chain of sums. */
BODY_FN void product_rows(const vf *g, values x, int first_value, float *rows, int stride, int n_rows, bool fresh, int s0,
                          int n) {
    vf sum[8];
    for (int r = 0; r < n_rows; r++) sum[r] = fresh ? vf_set(0.0f) : vf_load(rows + r * stride * LANES);
    for (int s = 0; s < n; s++)
        for (int r = 0; r < n_rows; r++) sum[r] = vf_fma(g[s], value(x, first_value + r, s0 + s), sum[r]);
    for (int r = 0; r < n_rows; r++) vf_store(rows + r * stride * LANES, sum[r]);
}

/* rows += gradients of weight and bias: sums over the slots, in their order, of dy[o] x[i] and dy[o]. */
BODY_FN void layer_parameter_rows_block(const fused_layer *layer, values dy, values x, float *rows, bool first, int s0, int n) {
    const int n_in = layer->n_in, n_out = layer->n_out, by_out = layer->stride_out, by_in = layer->stride_in;
    const bool fresh = first && s0 == 0;
    for (int o = 0; o < n_out; o++) {
        float *weight = rows + (layer->w + o * by_out) * LANES, *bias = rows + (layer->b + o) * LANES;
        vf g[8];
        for (int s = 0; s < n; s++) g[s] = value(dy, o, s0 + s);
        int i = 0;
        for (; i + ROW_BLOCK <= n_in; i += ROW_BLOCK)
            product_rows(g, x, i, weight + i * by_in * LANES, by_in, ROW_BLOCK, fresh, s0, n);
        for (; i < n_in; i++) product_rows(g, x, i, weight + i * by_in * LANES, by_in, 1, fresh, s0, n);
        vf sum = fresh ? vf_set(0.0f) : vf_load(bias);
        for (int s = 0; s < n; s++) sum = vf_add(sum, g[s]);
        vf_store(bias, sum);
    }
}
SLOT_FUNCTION(layer_parameter_rows, SLOT_BLOCK,
              (const fused_layer *layer, values dy, values x, float *rows, bool first, int n_slots), layer, dy, x, rows, first)

/* dx[i] = sum over o, in order, of w[o][i] dy[o], times the derivative of the activation that made h[i] (h.at NULL: none). */
BODY_FN void layer_input_gradient_block(const fused_layer *layer, const float *w, values dy, values h, int activation,
                                        float slope, values dx, int s0, int n) {
    const int n_in = layer->n_in, n_out = layer->n_out, by_out = layer->stride_out, by_in = layer->stride_in;
    const float *weight = w + layer->w;
    for (int i = 0; i < n_in; i++) {
        vf g[8];
        for (int s = 0; s < n; s++) g[s] = vf_set(0.0f);
        for (int o = 0; o < n_out; o++) {
            vf wo = vf_set(weight[o * by_out + i * by_in]);
            for (int s = 0; s < n; s++) g[s] = vf_fma(wo, value(dy, o, s0 + s), g[s]);
        }
        for (int s = 0; s < n; s++) {
            if (h.at != NULL) g[s] = activation_gradient(g[s], value(h, i, s0 + s), activation, slope);
            put(dx, i, s0 + s, g[s]);
        }
    }
}
SLOT_FUNCTION(layer_input_gradient, SLOT_BLOCK,
              (const fused_layer *layer, const float *w, values dy, values h, int activation, float slope, values dx,
               int n_slots),
              layer, w, dy, h, activation, slope, dx)

/* ---------------------------------------------------------------- whole nets */

/* Outputs (or gradients to pre-activations) of layer l, n_slots slots; `units` has room for MAX_SLOTS of all units. */
BODY_FN values of_layer(const fused_net *net, int l, float *units, int n_slots) {
    values v = {units + net->layer[l].unit * MAX_SLOTS * LANES, n_slots, 1};
    return v;
}

BODY_FN void net_forward(const fused_net *net, const float *w, float slope, values x, float *outputs, int n_slots) {
#define LAYER_FORWARD(l, in) layer_forward(&net->layer[l], w, slope, in, of_layer(net, l, outputs, n_slots), n_slots)
    /* the first two layers stand outside the loop so that constant shapes leave no loop */
    LAYER_FORWARD(0, x);
    LAYER_FORWARD(1, of_layer(net, 0, outputs, n_slots));
    for (int l = 2; l < net->n_layers; l++) LAYER_FORWARD(l, of_layer(net, l - 1, outputs, n_slots));
#undef LAYER_FORWARD
}

/* From deltas of the last layer to those of all before it. */
BODY_FN void net_backward(const fused_net *net, const float *w, float slope, float *outputs, float *deltas, int n_slots) {
    const int n_layers = net->n_layers;
#define LAYER_BACKWARD(l)                                                                                                      \
    layer_input_gradient(&net->layer[l], w, of_layer(net, l, deltas, n_slots), of_layer(net, (l)-1, outputs, n_slots),         \
                         net->layer[(l)-1].activation, slope, of_layer(net, (l)-1, deltas, n_slots), n_slots)
    for (int l = n_layers - 1; l >= 2; l--) LAYER_BACKWARD(l);
    LAYER_BACKWARD(1);
#undef LAYER_BACKWARD
}

BODY_FN void net_parameter_rows(const fused_net *net, values x, float *outputs, float *deltas, float *rows, bool first,
                                int n_slots) {
    const int n_layers = net->n_layers;
#define PARAMETER_ROWS(l, in) layer_parameter_rows(&net->layer[l], of_layer(net, l, deltas, n_slots), in, rows, first, n_slots)
    PARAMETER_ROWS(0, x);
    PARAMETER_ROWS(1, of_layer(net, 0, outputs, n_slots));
    for (int l = 2; l < n_layers; l++) PARAMETER_ROWS(l, of_layer(net, l - 1, outputs, n_slots));
    for (int k = net->n_parameters; k < net->padded; k++) vf_store(rows + k * LANES, vf_set(0.0f));
#undef PARAMETER_ROWS
}

/* ---------------------------------------------------------------- D with one hidden layer of (leaky) ReLU: "moments"
 *
 * z = c + sum_j v_j h_j with h_j = a_j where a_j = b_j + sum_i w_ij x_i > 0, else slope a_j (slope 0: ReLU). With g_j = dz
 * where a_j > 0, else slope dz, the sums S_ij of g_j x_i and S_j of g_j over the batch give every gradient: dw_ij = v_j S_ij,
 * db_j = v_j S_j, dv_j = b_j S_j + sum_i w_ij S_ij. And dz/dx_i = sum_j of v_j w_ij where a_j > 0, else slope v_j w_ij. */

/* Hidden outputs to h, logits to z; with products[i][j] = v_j w_ij (and slope times those behind them) also dz/dx to dx. */
BODY_FN void moments_forward_block(const fused_net *net, const float *w, float slope, values x, values h, values z,
                                   const float *products, values dx, int s0, int n) {
    const fused_layer *hidden = &net->layer[0];
    const int n_in = hidden->n_in, n_hidden = hidden->n_out, by_out = hidden->stride_out, by_in = hidden->stride_in;
    const bool leaky = hidden->activation == GT_LEAKY_RELU;
    const float *weight = w + hidden->w, *bias = w + hidden->b, *v = w + net->layer[1].w;
    vf logit[8], gx[2][8];
    for (int s = 0; s < n; s++) {
        logit[s] = vf_set(w[net->layer[1].b]);
        gx[0][s] = gx[1][s] = vf_set(0.0f);
    }
    for (int j = 0; j < n_hidden; j++) {
        vf a[8];
        for (int s = 0; s < n; s++) a[s] = vf_set(bias[j]);
        for (int i = 0; i < n_in; i++) {
            vf wi = vf_set(weight[j * by_out + i * by_in]);
            for (int s = 0; s < n; s++) a[s] = vf_fma(wi, value(x, i, s0 + s), a[s]);
        }
        vf vj = vf_set(v[j]);
        for (int s = 0; s < n; s++) {
            vm on = vf_gt(a[s], vf_set(0.0f));
            if (leaky || products == NULL) {
                vf hs = leaky ? vf_select(on, a[s], vf_mul(a[s], vf_set(slope))) : vf_max(a[s], vf_set(0.0f));
                logit[s] = vf_fma(hs, vj, logit[s]);
                if (products == NULL) put(h, j, s0 + s, hs);
            } else {
                logit[s] = vf_fma_where(on, a[s], vj, logit[s]);
            }
            if (products == NULL) continue;
            for (int i = 0; i < 2; i++) {
                vf p = vf_set(products[i * n_hidden + j]);
                if (leaky)
                    gx[i][s] = vf_add(gx[i][s], vf_select(on, p, vf_set(products[(2 + i) * n_hidden + j])));
                else
                    gx[i][s] = vf_add_where(on, gx[i][s], p);
            }
        }
    }
    for (int s = 0; s < n; s++) {
        put(z, 0, s0 + s, logit[s]);
        if (products != NULL)
            for (int i = 0; i < 2; i++) put(dx, i, s0 + s, gx[i][s]);
    }
}
/* its sums take three registers a slot, so no more than 4 slots */
SLOT_FUNCTION(moments_forward, 4,
              (const fused_net *net, const float *w, float slope, values x, values h, values z, const float *products,
               values dx, int n_slots),
              net, w, slope, x, h, z, products, dx)

/* rows += S_ij at i * n_hidden + j, S_j behind them, then the sum of dz. */
BODY_FN void moments_rows_block(const fused_net *net, float slope, values dz, values h, values x, float *rows, bool first,
                                int s0, int n) {
    enum { n_in = 2 }; /* a point */
    const int n_hidden = net->layer[0].n_out;
    const bool leaky = net->layer[0].activation == GT_LEAKY_RELU;
    vf g[8], slow[8];
    for (int s = 0; s < n; s++) {
        g[s] = value(dz, 0, s0 + s);
        slow[s] = vf_mul(g[s], vf_set(slope));
    }
    for (int j = 0; j < n_hidden; j++) {
        vf sum[3];
        for (int i = 0; i <= n_in; i++) sum[i] = first && s0 == 0 ? vf_set(0.0f) : vf_load(rows + (i * n_hidden + j) * LANES);
        for (int s = 0; s < n; s++) {
            vm on = vf_gt(value(h, j, s0 + s), vf_set(0.0f));
            vf gs = leaky ? vf_select(on, g[s], slow[s]) : g[s];
            for (int i = 0; i < n_in; i++) {
                vf xi = value(x, i, s0 + s);
                sum[i] = leaky ? vf_fma(gs, xi, sum[i]) : vf_fma_where(on, gs, xi, sum[i]);
            }
            sum[n_in] = leaky ? vf_add(sum[n_in], gs) : vf_add_where(on, sum[n_in], gs);
        }
        for (int i = 0; i <= n_in; i++) vf_store(rows + (i * n_hidden + j) * LANES, sum[i]);
    }
    float *row = rows + (n_in + 1) * n_hidden * LANES;
    vf sum = first && s0 == 0 ? vf_set(0.0f) : vf_load(row);
    for (int s = 0; s < n; s++) sum = vf_add(sum, g[s]);
    vf_store(row, sum);
}
SLOT_FUNCTION(moments_rows, SLOT_BLOCK,
              (const fused_net *net, float slope, values dz, values h, values x, float *rows, bool first, int n_slots), net,
              slope, dz, h, x, rows, first)

/* The moments to the gradient. Whole vectors are stored in ascending order: what runs over an array's end is overwritten. */
BODY_FN void moments_gradient(const fused_net *net, const float *w, const float *sums, float *gradient) {
    const int n_in = net->layer[0].n_in, n_hidden = net->layer[0].n_out;
    const float *v = w + net->layer[1].w, *b = w + net->layer[0].b;
    for (int i = 0; i <= n_in; i++)
        for (int j = 0; j < n_hidden; j += LANES)
            vf_store(gradient + i * n_hidden + j, vf_mul(vf_load(v + j), vf_load(sums + i * n_hidden + j)));
    for (int j = 0; j < n_hidden; j += LANES) {
        vf dv = vf_mul(vf_load(b + j), vf_load(sums + n_in * n_hidden + j));
        for (int i = 0; i < n_in; i++) dv = vf_fma(vf_load(w + i * n_hidden + j), vf_load(sums + i * n_hidden + j), dv);
        vf_store(gradient + (n_in + 1) * n_hidden + j, dv);
    }
    gradient[net->n_parameters - 1] = sums[(n_in + 1) * n_hidden];
    for (int k = net->n_parameters; k < net->padded; k++) gradient[k] = 0.0f;
}

/* products[i][j] = v_j w_ij, and behind them slope times each. */
BODY_FN void moments_products(const fused_net *net, const float *w, float slope, float *products) {
    const int n_in = net->layer[0].n_in, n_hidden = net->layer[0].n_out;
    for (int i = 0; i < n_in; i++)
        for (int j = 0; j < n_hidden; j += LANES)
            vf_store(products + i * n_hidden + j, vf_mul(vf_load(w + net->layer[1].w + j), vf_load(w + i * n_hidden + j)));
    if (net->layer[0].activation == GT_LEAKY_RELU)
        for (int k = 0; k < n_in * n_hidden; k += LANES)
            vf_store(products + n_in * n_hidden + k, vf_mul(vf_load(products + k), vf_set(slope)));
}

/* ---------------------------------------------------------------- one Adam step */

/* The step size of the next step, in double: lr sqrt(1 - beta2^t) / (1 - beta1^t) with the moments' scales folded in. */
BODY_FN float adam_step_size(const fused_adam *adam, fused_powers *powers) {
    fused_powers_advance(powers, adam);
    return (float)(adam->lr * sqrt(1.0 - powers->beta2) / (1.0 - powers->beta1) * adam->factor);
}

/* Sums the rows, where given, to the gradient and updates a net's weights, m' and v'. False: a weight is not finite now. */
BODY_FN bool adam_update(const fused_adam *adam, float step, const float *rows, const float *gradient, int padded,
                         float *state) {
    const vf tiny = vf_set(0x1p-100f), huge = vf_set(0x1p100f), floor = vf_set(0x1p-90f), minus_step = vf_set(-step);
    const vf beta1 = vf_set(adam->beta1), beta2 = vf_set(adam->beta2), eps = vf_set(adam->eps);
    vf not_finite = vf_set(0.0f);
    for (int k = 0; k < padded; k += LANES) {
        float *w = state + k, *m = w + padded, *v = m + padded;
        vf g = rows != NULL ? vf_sum_rows(rows + k * LANES) : vf_load(gradient + k);
        vf mk = vf_fma(beta1, vf_load(m), g);
        mk = vf_select(vf_gt(tiny, vu_as_f(vu_and(vf_as_u(mk), vu_set(0x7fffffffu)))), vf_set(0.0f), mk);
        vf vk = vf_min(vf_fma(beta2, vf_load(v), vf_fma(g, g, floor)), huge);
        vf q = vf_mul(mk, vf_rcp(vf_add(vf_sqrt(vk), eps)));
        vf wk = vf_fma(minus_step, q, vf_load(w));
        not_finite = vf_fma(wk, vf_set(0.0f), not_finite);
        vf_store(w, wk);
        vf_store(m, mk);
        vf_store(v, vk);
    }
    return !vf_any_nan(not_finite);
}

/* dz of a slot: (sigmoid(z) - y) / n as fma(sigmoid(z), 1/n, -y/n). */
BODY_FN vf bce_gradient(vf z, float inverse_n, vf label_share) {
    return vf_fma(exact_sigmoid(z), vf_set(inverse_n), vf_sub(vf_set(0.0f), label_share));
}

/* The tutorial's nets, as make_net() in fused_cpu.c lays them out: with constant sizes the steps compile to straight code. */
static const fused_shape tutorial_shape = {
    .batch = 128,
    .d = {.n_layers = 2,
          .n_parameters = 101,
          .padded = 112,
          .n_units = 26,
          .moments = 1,
          .layer = {{2, 25, GT_RELU, 0, 50, 1, 25, 0}, {25, 1, GT_LINEAR, 75, 100, 25, 1, 25}}},
    .g = {.n_layers = 2,
          .n_parameters = 122,
          .padded = 128,
          .n_units = 17,
          .moments = 0,
          .layer = {{5, 15, GT_RELU, 0, 75, 5, 1, 0}, {15, 2, GT_LINEAR, 90, 120, 15, 1, 15}}},
};

/* ---------------------------------------------------------------- D's and G's steps */

enum source { FROM_TARGET, FROM_GENERATOR, FROM_LATENTS, FROM_CALLER };

/* Real points for n_slots slots from slot c0 of a batch. */
BODY_FN void draw_real(const fused_plan *plan, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t base, batch_shape b,
                       int c0, int n_slots, float *rows, values points) {
    draw(seed, stream, iteration, DRAW_UNIFORM, base + (uint64_t)c0, b.slots, n_slots, rows);
    for (int s = 0; s < n_slots; s++) {
        vf x = vf_fma(vf_load(rows + s * LANES), vf_set(plan->width), vf_set(plan->lo));
        put(points, 0, s, x);
        put(points, 1, s, vf_mul(x, x));
    }
}

/* Latents for n_slots slots from slot c0 of a batch whose first element of the draw is base. */
BODY_FN values draw_latents(int latent, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t base, batch_shape b,
                            int c0, int n_slots, float *rows) {
    draw(seed, stream, iteration, DRAW_NORMAL, base + (uint64_t)(c0 * latent), b.slots * latent, n_slots * latent, rows);
    values z = {rows, 1, latent};
    return z;
}

/* G's points for latents z. Samples that do not exist give zeros. False: a point is not finite. */
BODY_FN bool generate_points(const fused_shape *shape, const float *g, float slope, values z, batch_shape b, int c0,
                             int n_slots, float *outputs) {
    net_forward(&shape->g, g, slope, z, outputs, n_slots);
    values points = of_layer(&shape->g, shape->g.n_layers - 1, outputs, n_slots);
    vf not_finite = vf_set(0.0f);
    for (int i = 0; i < 2; i++)
        for (int s = 0; s < n_slots; s++) {
            vf p = value(points, i, s);
            if (!b.full) {
                p = vf_where(holds_sample(b, c0 + s), p);
                put(points, i, s, p);
            }
            not_finite = vf_fma(p, vf_set(0.0f), not_finite);
        }
    return !vf_any_nan(not_finite);
}

/* A caller's batch stands in the workspace as [values][S] vectors; these are n_slots of its slots. */
BODY_FN values of_batch(float *batch_x, batch_shape b, int c0) {
    values v = {batch_x + c0 * LANES, b.slots, 1};
    return v;
}

/* One Adam step of D on n points. False: the run diverged. */
BODY_FN bool d_step(const fused_plan *plan, const fused_shape *shape, fused_run *run, enum source source, int n_samples,
                    float label, float *logits, float *ws) {
    const fused_net *net = &shape->d;
    const batch_shape b = batch_of(n_samples);
    const int latent = shape->g.layer[0].n_in, last = net->n_layers - 1;
    const float inverse_n = 1.0f / (float)n_samples, slope = plan->d_slope;
    const float step = adam_step_size(&plan->d_adam, &run->d_powers);
    const uint32_t iteration = (uint32_t)run->counters.iteration;
    float *outputs = ws + plan->d_outputs, *deltas = ws + plan->d_deltas, *rows = ws + plan->rows;
    vf not_finite = vf_set(0.0f);
    for (int c0 = 0; c0 < b.slots; c0 += MAX_SLOTS) {
        const int n_slots = b.slots - c0 < MAX_SLOTS ? b.slots - c0 : MAX_SLOTS;
        values x = {ws + plan->points, n_slots, 1};
        if (source == FROM_TARGET) {
            draw_real(plan, run->counters.seed, GT_STREAM_REAL, iteration, 0, b, c0, n_slots, ws + plan->latents, x);
        } else if (source == FROM_GENERATOR) {
            values z =
                draw_latents(latent, run->counters.seed, GT_STREAM_D_LATENTS, iteration, 0, b, c0, n_slots, ws + plan->latents);
            if (!generate_points(shape, run->g, plan->g_slope, z, b, c0, n_slots, ws + plan->g_outputs)) return false;
            x = of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, n_slots);
        } else {
            x = of_batch(ws + plan->batch_x, b, c0);
        }
        const values z = of_layer(net, last, outputs, n_slots), dz = of_layer(net, last, deltas, n_slots);
        if (net->moments)
            moments_forward(net, run->d, slope, x, of_layer(net, 0, outputs, n_slots), z, NULL, z, n_slots);
        else
            net_forward(net, run->d, slope, x, outputs, n_slots);
        for (int s = 0; s < n_slots; s++) {
            vf share = source == FROM_CALLER ? vf_mul(vf_load(ws + plan->batch_y + (c0 + s) * LANES), vf_set(inverse_n))
                                             : vf_set(label * inverse_n);
            vf logit = value(z, 0, s), g = bce_gradient(logit, inverse_n, share);
            vf_store(logits + (c0 + s) * LANES, logit);
            if (!b.full) {
                vm sample = holds_sample(b, c0 + s);
                g = vf_where(sample, g);
                logit = vf_where(sample, logit);
            }
            put(dz, 0, s, g);
            not_finite = vf_fma(logit, vf_set(0.0f), not_finite);
        }
        if (net->moments) {
            moments_rows(net, slope, dz, of_layer(net, 0, outputs, n_slots), x, rows, c0 == 0, n_slots);
        } else {
            net_backward(net, run->d, slope, outputs, deltas, n_slots);
            net_parameter_rows(net, x, outputs, deltas, rows, c0 == 0, n_slots);
        }
    }
    if (vf_any_nan(not_finite)) return false;
    run->counters.d_steps++;
    if (!net->moments) return adam_update(&plan->d_adam, step, rows, NULL, net->padded, run->d);
    const int n_sums = (net->layer[0].n_in + 1) * net->layer[0].n_out + 1;
    for (int k = 0; k < n_sums; k += LANES) vf_store(ws + plan->sums + k, vf_sum_rows(rows + k * LANES));
    moments_gradient(net, run->d, ws + plan->sums, ws + plan->gradient);
    return adam_update(&plan->d_adam, step, NULL, ws + plan->gradient, net->padded, run->d);
}

/* One Adam step of G on n latents: the gradient goes through D's weights, which stay. False: the run diverged. */
BODY_FN bool g_step(const fused_plan *plan, const fused_shape *shape, fused_run *run, enum source source, int n_samples,
                    float *logits, float *ws) {
    const fused_net *g_net = &shape->g, *d_net = &shape->d;
    const batch_shape b = batch_of(n_samples);
    const int latent = g_net->layer[0].n_in, g_last = g_net->n_layers - 1, d_last = d_net->n_layers - 1;
    const float inverse_n = 1.0f / (float)n_samples;
    const float step = adam_step_size(&plan->g_adam, &run->g_powers);
    const uint32_t iteration = (uint32_t)run->counters.iteration;
    float *g_outputs = ws + plan->g_outputs, *g_deltas = ws + plan->g_deltas, *rows = ws + plan->rows;
    float *d_outputs = ws + plan->d_outputs, *d_deltas = ws + plan->d_deltas;
    vf not_finite = vf_set(0.0f);
    if (d_net->moments) moments_products(d_net, run->d, plan->d_slope, ws + plan->products);
    for (int c0 = 0; c0 < b.slots; c0 += MAX_SLOTS) {
        const int n_slots = b.slots - c0 < MAX_SLOTS ? b.slots - c0 : MAX_SLOTS;
        values latents = source == FROM_CALLER ? of_batch(ws + plan->batch_x, b, c0)
                                               : draw_latents(latent, run->counters.seed, GT_STREAM_G_LATENTS, iteration, 0, b,
                                                              c0, n_slots, ws + plan->latents);
        if (!generate_points(shape, run->g, plan->g_slope, latents, b, c0, n_slots, g_outputs)) return false;
        const values points = of_layer(g_net, g_last, g_outputs, n_slots), dx = of_layer(g_net, g_last, g_deltas, n_slots);
        const values z = of_layer(d_net, d_last, d_outputs, n_slots), dz = of_layer(d_net, d_last, d_deltas, n_slots);
        if (d_net->moments)
            moments_forward(d_net, run->d, plan->d_slope, points, z, z, ws + plan->products, dx, n_slots);
        else
            net_forward(d_net, run->d, plan->d_slope, points, d_outputs, n_slots);
        for (int s = 0; s < n_slots; s++) {
            vf share = source == FROM_CALLER ? vf_mul(vf_load(ws + plan->batch_y + (c0 + s) * LANES), vf_set(inverse_n))
                                             : vf_set(inverse_n);
            vf logit = value(z, 0, s), g = bce_gradient(logit, inverse_n, share);
            vf_store(logits + (c0 + s) * LANES, logit);
            if (!b.full) {
                vm sample = holds_sample(b, c0 + s);
                g = vf_where(sample, g);
                logit = vf_where(sample, logit);
            }
            put(dz, 0, s, g);
            not_finite = vf_fma(logit, vf_set(0.0f), not_finite);
        }
        if (!d_net->moments) {
            const values none = {NULL, 0, 0};
            net_backward(d_net, run->d, plan->d_slope, d_outputs, d_deltas, n_slots);
            layer_input_gradient(&d_net->layer[0], run->d, of_layer(d_net, 0, d_deltas, n_slots), none, GT_LINEAR, 0.0f, dx,
                                 n_slots);
        }
        for (int i = 0; i < 2; i++)
            for (int s = 0; s < n_slots; s++) {
                vf g = d_net->moments ? vf_mul(value(dz, 0, s), value(dx, i, s)) : value(dx, i, s);
                g = activation_gradient(g, value(points, i, s), g_net->layer[g_last].activation, plan->g_slope);
                put(dx, i, s, g);
            }
        net_backward(g_net, run->g, plan->g_slope, g_outputs, g_deltas, n_slots);
        net_parameter_rows(g_net, latents, g_outputs, g_deltas, rows, c0 == 0, n_slots);
    }
    if (vf_any_nan(not_finite)) return false;
    run->counters.g_steps++;
    return adam_update(&plan->g_adam, step, rows, NULL, g_net->padded, run->g);
}

/* ---------------------------------------------------------------- the loop */

static __attribute__((noinline)) bool d_step_any(const fused_plan *plan, fused_run *run, enum source source, int n_samples,
                                                 float label, float *logits, float *ws) {
    return d_step(plan, &plan->shape, run, source, n_samples, label, logits, ws);
}

static __attribute__((noinline)) bool g_step_any(const fused_plan *plan, fused_run *run, enum source source, int n_samples,
                                                 float *logits, float *ws) {
    return g_step(plan, &plan->shape, run, source, n_samples, logits, ws);
}

/* Mean loss of logits that stand in lanes, label 0 or 1, summed in double in the order of the samples. */
static double mean_loss(const float *logits, int n, bool real) {
    const batch_shape b = batch_of(n);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        float z = logits[(i % b.slots) * LANES + i / b.slots], loss[LANES];
        vf_store(loss, exact_softplus(vf_set(real ? -z : z)));
        sum += (double)loss[0];
    }
    return sum / n;
}

static bool iteration_of_tutorial(const fused_plan *plan, fused_run *run, float *logits[3], float *ws) {
    return d_step(plan, &tutorial_shape, run, FROM_TARGET, 64, 1.0f, logits[0], ws) &&
           d_step(plan, &tutorial_shape, run, FROM_GENERATOR, 64, 0.0f, logits[1], ws) &&
           g_step(plan, &tutorial_shape, run, FROM_LATENTS, 128, logits[2], ws);
}

static bool iteration_of_any(const fused_plan *plan, fused_run *run, float *logits[3], float *ws) {
    const int batch = plan->shape.batch, half = batch / 2;
    return d_step_any(plan, run, FROM_TARGET, half, 1.0f, logits[0], ws) &&
           d_step_any(plan, run, FROM_GENERATOR, half, 0.0f, logits[1], ws) &&
           g_step_any(plan, run, FROM_LATENTS, batch, logits[2], ws);
}

static void advance(const fused_plan *plan, fused_run *run, uint64_t n, float *ws) {
    const bool is_tutorial = memcmp(&plan->shape, &tutorial_shape, sizeof tutorial_shape) == 0;
    const int batch = plan->shape.batch, half = batch / 2;
    const size_t half_logits = (size_t)batch_of(half).slots * LANES;
    float *const at = ws + plan->logits, *logits[3] = {at, at + half_logits, at + 2 * half_logits};
    const uint64_t end = run->counters.iteration + n;
    for (; run->counters.iteration < end; run->counters.iteration++) {
        bool finite = is_tutorial ? iteration_of_tutorial(plan, run, logits, ws) : iteration_of_any(plan, run, logits, ws);
        if (!finite) {
            run->counters.diverged = true;
            run->counters.diverged_at = run->counters.iteration;
            return;
        }
    }
    run->counters.last_losses[0] = mean_loss(logits[0], half, true);
    run->counters.last_losses[1] = mean_loss(logits[1], half, false);
    run->counters.last_losses[2] = mean_loss(logits[2], batch, true);
}

/* ---------------------------------------------------------------- nets on given rows */

/* rows[n, width] of the caller to lanes: [width][S] vectors, zeros where there is no sample. */
static void to_lanes(const float *rows, size_t n, int width, batch_shape b, float *lanes) {
    for (int i = 0; i < width; i++)
        for (int s = 0; s < b.slots; s++)
            for (int l = 0; l < LANES; l++) {
                size_t sample = (size_t)l * (size_t)b.slots + (size_t)s;
                lanes[(i * b.slots + s) * LANES + l] = sample < n ? rows[sample * (size_t)width + (size_t)i] : 0.0f;
            }
}

static void from_lanes(values x, int width, batch_shape b, float *rows) {
    for (int k = 0; k < b.n; k++)
        for (int i = 0; i < width; i++)
            rows[k * width + i] = x.at[(i * x.by_value + (k % b.slots) * x.by_slot) * LANES + k / b.slots];
}

enum { PASS = LANES * MAX_SLOTS }; /* samples that the functions below take at once */

static void forward(const fused_plan *plan, const fused_run *run, gt_net net, const float *x, size_t n, float *out, float *ws) {
    const fused_shape *shape = &plan->shape;
    const fused_net *first = net == GT_DISCRIMINATOR ? &shape->d : &shape->g;
    const int n_in = first->layer[0].n_in, n_out = net == GT_GENERATOR ? 2 : 1;
    for (; n > 0; n -= n < PASS ? n : PASS, x += PASS * n_in, out += PASS * n_out) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values v = {ws + plan->batch_x, b.slots, 1};
        to_lanes(x, (size_t)b.n, n_in, b, ws + plan->batch_x);
        if (net != GT_DISCRIMINATOR) {
            net_forward(&shape->g, run->g, plan->g_slope, v, ws + plan->g_outputs, b.slots);
            v = of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, b.slots);
        }
        if (net != GT_GENERATOR) {
            net_forward(&shape->d, run->d, plan->d_slope, v, ws + plan->d_outputs, b.slots);
            v = of_layer(&shape->d, shape->d.n_layers - 1, ws + plan->d_outputs, b.slots);
        }
        from_lanes(v, n_out, b, out);
    }
}

static void generate(const fused_plan *plan, const fused_run *run, uint32_t stream, uint32_t iteration, size_t n, float *out,
                     float *ws) {
    const fused_shape *shape = &plan->shape;
    const int latent = shape->g.layer[0].n_in;
    for (uint64_t base = 0; n > 0; n -= n < PASS ? n : PASS, base += (uint64_t)(PASS * latent), out += 2 * PASS) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values z = draw_latents(latent, run->counters.seed, stream, iteration, base, b, 0, b.slots, ws + plan->latents);
        net_forward(&shape->g, run->g, plan->g_slope, z, ws + plan->g_outputs, b.slots);
        from_lanes(of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, b.slots), 2, b, out);
    }
}

static void real(const fused_plan *plan, uint64_t seed, uint32_t stream, uint32_t iteration, size_t n, float *out, float *ws) {
    for (uint64_t base = 0; n > 0; n -= n < PASS ? n : PASS, base += PASS, out += 2 * PASS) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values points = {ws + plan->points, b.slots, 1};
        draw_real(plan, seed, stream, iteration, base, b, 0, b.slots, ws + plan->latents, points);
        from_lanes(points, 2, b, out);
    }
}

static void draw_flat(uint64_t seed, uint32_t stream, uint32_t iteration, enum draw_kind kind, size_t n, float *out) {
    float rows[8 * LANES], flat[4 * LANES];
    for (uint64_t base = 0; n > 0; base += 4 * LANES) {
        size_t take = n < 4 * LANES ? n : 4 * LANES;
        draw(seed, stream, iteration, kind, base, 4, 4, rows);
        for (int k = 0; k < 4 * LANES; k++) flat[k] = rows[(k % 4) * LANES + k / 4];
        memcpy(out, flat, take * sizeof *out);
        n -= take;
        out += take;
    }
}

static void uniforms(uint64_t seed, uint32_t stream, uint32_t iteration, size_t n, float *out) {
    draw_flat(seed, stream, iteration, DRAW_UNIFORM, n, out);
}

static void normals(uint64_t seed, uint32_t stream, uint32_t iteration, size_t n, float *out) {
    draw_flat(seed, stream, iteration, DRAW_NORMAL, n, out);
}

/* Cross-entropy with soft labels: softplus(z) - y z. */
static double bce(const float *logits, const float *y, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        float softplus[LANES];
        vf_store(softplus, exact_softplus(vf_set(logits[k])));
        sum += (double)softplus[0] - (double)y[k] * (double)logits[k];
    }
    return sum / (double)n;
}

static void sigmoid(float *values, size_t n) {
    for (size_t k = 0; k < n; k++) {
        float lanes[LANES];
        vf_store(lanes, exact_sigmoid(vf_set(values[k])));
        values[k] = lanes[0];
    }
}

static void train_on_batch(const fused_plan *plan, fused_run *run, gt_net net, const float *x, const float *y, size_t n,
                           float *logits, float *ws) {
    const fused_shape *shape = &plan->shape;
    const batch_shape b = batch_of((int)n);
    const int n_in = net == GT_DISCRIMINATOR ? shape->d.layer[0].n_in : shape->g.layer[0].n_in;
    to_lanes(x, n, n_in, b, ws + plan->batch_x);
    to_lanes(y, n, 1, b, ws + plan->batch_y);
    float *z = ws + plan->logits;
    bool finite = net == GT_DISCRIMINATOR ? d_step_any(plan, run, FROM_CALLER, (int)n, 0.0f, z, ws)
                                          : g_step_any(plan, run, FROM_CALLER, (int)n, z, ws);
    const values in_lanes = {z, 0, 1};
    from_lanes(in_lanes, 1, b, logits);
    if (!finite) {
        run->counters.diverged = true;
        run->counters.diverged_at = run->counters.iteration;
    }
}

const fused_kernels FUSED_NAME = {
    .advance = advance,
    .train_on_batch = train_on_batch,
    .forward = forward,
    .real = real,
    .generate = generate,
    .uniforms = uniforms,
    .normals = normals,
    .bce = bce,
    .sigmoid = sigmoid,
};

#endif
