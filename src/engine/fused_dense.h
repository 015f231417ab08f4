/* private. Dense layers and nets of them, in lane operations, on the slots of a batch.
 *
 * Lane l holds samples l * S .. l * S + S - 1 of a batch, S = ceil(n / 16); the s-th of them is "slot" s. A value of every
 * sample is S vectors. A "row" is a vector that holds one partial sum a lane; vf_sum_rows adds the lanes. Formulas and orders
 * of summation are a contract (docs/numerics.md): the same on every instruction set and device.
 *
 * Each operation is a _block function over n slots from s0, n a constant, and a function over any number of slots. The latter
 * calls blocks of at most `widest` slots (8 or 4; MAX_SLOTS is 8), whose values fit the registers: inlined where the number of
 * slots is a constant (the tutorial's loop), else those of one shared copy. */
#ifndef GT_ENGINE_FUSED_DENSE_H
#define GT_ENGINE_FUSED_DENSE_H

#include "engine/fused_cpu.h"
#include "engine/lanes_activation.h"
#include "engine/philox.h"

/* Vectors of values for n_slots slots: value i of slot s stands at at + (i * by_value + s * by_slot) * LANES. by_slot is 1 but
 * for latents. */
typedef struct {
    float *at;
    int by_value, by_slot;
} values;

LANES_FN float *vector_of(values x, int i, int s) {
    return x.at + ((ptrdiff_t)i * x.by_value + (ptrdiff_t)s * x.by_slot) * LANES;
}
LANES_FN vf value(values x, int i, int s) { return vf_load(vector_of(x, i, s)); }
LANES_FN void put(values x, int i, int s, vf a) { vf_store(vector_of(x, i, s), a); }

/* Which lanes hold a sample in a slot of a batch of n that starts at slot `slot`. */
typedef struct {
    int n, slots; /* S */
    bool full;    /* every lane of every slot holds one */
} batch_shape;

LANES_FN batch_shape batch_of(int n) {
    batch_shape b = {n, (n + LANES - 1) / LANES, n % LANES == 0};
    return b;
}

LANES_FN vm holds_sample(batch_shape b, int slot) {
    vu sample = vu_add(vu_mul(vu_load(lane_numbers), (uint32_t)b.slots), vu_set((uint32_t)slot));
    return vu_less(sample, vu_set((uint32_t)b.n));
}

enum { ROW_BLOCK = 5 }; /* sums of products that are made side by side */

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
        if (x.by_slot == 1) { /* nearly always: then it is a constant */                                                       \
            x.by_slot = 1;                                                                                                     \
            SLOT_BLOCKS(widest, n_slots, name##_block, __VA_ARGS__);                                                           \
        } else {                                                                                                               \
            SLOT_BLOCKS(widest, n_slots, name##_block, __VA_ARGS__);                                                           \
        }                                                                                                                      \
    }                                                                                                                          \
    LANES_FN void name parameters {                                                                                            \
        if (__builtin_constant_p(n_slots))                                                                                     \
            SLOT_BLOCKS(widest, n_slots, name##_block, __VA_ARGS__);                                                           \
        else                                                                                                                   \
            name##_shared(__VA_ARGS__, n_slots);                                                                               \
    }

/* Both for n slots, so that the choice is made once and not for each. */
#define EACH_ACTIVATION(CASE)                                                                                                  \
    switch (activation) { CASE(GT_RELU) CASE(GT_LEAKY_RELU) CASE(GT_TANH) CASE(GT_SIGMOID) CASE(GT_ELU) default : break; }
LANES_FN void activate_slots(vf *a, int n, int activation, float slope) {
#define ACTIVATE(kind)                                                                                                         \
    case kind:                                                                                                                 \
        for (int s = 0; s < n; s++) a[s] = activate(a[s], kind, slope);                                                        \
        break;
    EACH_ACTIVATION(ACTIVATE)
}
LANES_FN void activation_gradient_slots(vf *g, values h, int i, int s0, int n, int activation, float slope) {
#define GRADIENT(kind)                                                                                                         \
    case kind:                                                                                                                 \
        for (int s = 0; s < n; s++) g[s] = activation_gradient(g[s], value(h, i, s0 + s), kind, slope);                        \
        break;
    EACH_ACTIVATION(GRADIENT)
}

/* y[o] = activation(b[o] + sum over i of w[o][i] x[i]), the sum in the order of i. */
LANES_FN void layer_forward_block(const fused_layer *layer, const float *w, float slope, values x, values y, int s0, int n) {
    const int n_in = layer->n_in, n_out = layer->n_out, by_out = layer->stride_out, by_in = layer->stride_in;
    const int activation = layer->activation;
    const float *weight = w + layer->w, *bias = w + layer->b;
    y.by_slot = 1;
    for (int o = 0; o < n_out; o++) {
        vf a[8];
        for (int s = 0; s < n; s++) a[s] = vf_set(bias[o]);
        for (int i = 0; i < n_in; i++) {
            vf wi = vf_set(weight[o * by_out + i * by_in]);
            for (int s = 0; s < n; s++) a[s] = vf_fma(wi, value(x, i, s0 + s), a[s]);
        }
        activate_slots(a, n, activation, slope);
        for (int s = 0; s < n; s++) put(y, o, s0 + s, a[s]);
    }
}
SLOT_FUNCTION(layer_forward, SLOT_BLOCK,
              (const fused_layer *layer, const float *w, float slope, values x, values y, int n_slots), layer, w, slope, x, y)

/* n_rows rows += sums over n slots, in their order, of g[s] x[first_value + r]: side by side, for each is one chain of sums. */
LANES_FN void product_rows(const vf *g, values x, int first_value, float *rows, int stride, int n_rows, bool fresh, int s0,
                           int n) {
    vf sum[8];
    for (int r = 0; r < n_rows; r++) sum[r] = fresh ? vf_set(0.0f) : vf_load(rows + r * stride * LANES);
    for (int s = 0; s < n; s++)
        for (int r = 0; r < n_rows; r++) sum[r] = vf_fma(g[s], value(x, first_value + r, s0 + s), sum[r]);
    for (int r = 0; r < n_rows; r++) vf_store(rows + r * stride * LANES, sum[r]);
}

/* rows += gradients of weight and bias: sums over the slots, in their order, of dy[o] x[i] and dy[o]. */
LANES_FN void layer_parameter_rows_block(const fused_layer *layer, values dy, values x, float *rows, bool first, int s0,
                                         int n) {
    const int n_in = layer->n_in, n_out = layer->n_out, by_out = layer->stride_out, by_in = layer->stride_in;
    const bool fresh = first && s0 == 0;
    dy.by_slot = 1;
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

/* x[i] = sum over o, in order, of w[o][i] dy[o], times the derivative of the activation that made h[i] (linear: h is not looked
 * at). */
LANES_FN void layer_input_gradient_block(const fused_layer *layer, const float *w, values dy, values h, int activation,
                                         float slope, values x, int s0, int n) {
    const int n_in = layer->n_in, n_out = layer->n_out, by_out = layer->stride_out, by_in = layer->stride_in;
    const float *weight = w + layer->w;
    dy.by_slot = h.by_slot = 1;
    for (int i = 0; i < n_in; i++) {
        vf g[8];
        for (int s = 0; s < n; s++) g[s] = vf_set(0.0f);
        for (int o = 0; o < n_out; o++) {
            vf wo = vf_set(weight[o * by_out + i * by_in]);
            for (int s = 0; s < n; s++) g[s] = vf_fma(wo, value(dy, o, s0 + s), g[s]);
        }
        activation_gradient_slots(g, h, i, s0, n, activation, slope);
        for (int s = 0; s < n; s++) put(x, i, s0 + s, g[s]);
    }
}
SLOT_FUNCTION(layer_input_gradient, SLOT_BLOCK,
              (const fused_layer *layer, const float *w, values dy, values h, int activation, float slope, values x,
               int n_slots),
              layer, w, dy, h, activation, slope, x)

/* ---------------------------------------------------------------- whole nets */

/* Outputs (or gradients to pre-activations) of layer l, n_slots slots; `units` has room for MAX_SLOTS of all units. */
LANES_FN values of_layer(const fused_net *net, int l, float *units, int n_slots) {
    values v = {units + net->layer[l].unit * MAX_SLOTS * LANES, n_slots, 1};
    return v;
}

LANES_FN void net_forward(const fused_net *net, const float *w, float slope, values x, float *outputs, int n_slots) {
#define LAYER_FORWARD(l, in) layer_forward(&net->layer[l], w, slope, in, of_layer(net, l, outputs, n_slots), n_slots)
    /* the first two layers stand outside the loop so that constant shapes leave no loop */
    LAYER_FORWARD(0, x);
    LAYER_FORWARD(1, of_layer(net, 0, outputs, n_slots));
    for (int l = 2; l < net->n_layers; l++) LAYER_FORWARD(l, of_layer(net, l - 1, outputs, n_slots));
#undef LAYER_FORWARD
}

/* From deltas of the last layer to those of all before it. */
LANES_FN void net_backward(const fused_net *net, const float *w, float slope, float *outputs, float *deltas, int n_slots) {
    const int n_layers = net->n_layers;
#define LAYER_BACKWARD(l)                                                                                                      \
    layer_input_gradient(&net->layer[l], w, of_layer(net, l, deltas, n_slots), of_layer(net, (l)-1, outputs, n_slots),         \
                         net->layer[(l)-1].activation, slope, of_layer(net, (l)-1, deltas, n_slots), n_slots)
    for (int l = n_layers - 1; l >= 2; l--) LAYER_BACKWARD(l);
    LAYER_BACKWARD(1);
#undef LAYER_BACKWARD
}

LANES_FN void net_parameter_rows(const fused_net *net, values x, float *outputs, float *deltas, float *rows, bool first,
                                 int n_slots) {
    const int n_layers = net->n_layers;
#define PARAMETER_ROWS(l, in) layer_parameter_rows(&net->layer[l], of_layer(net, l, deltas, n_slots), in, rows, first, n_slots)
    PARAMETER_ROWS(0, x);
    PARAMETER_ROWS(1, of_layer(net, 0, outputs, n_slots));
    for (int l = 2; l < n_layers; l++) PARAMETER_ROWS(l, of_layer(net, l - 1, outputs, n_slots));
    for (int k = net->n_parameters; k < net->padded; k++) vf_store(rows + k * LANES, vf_set(0.0f));
#undef PARAMETER_ROWS
}

#endif
