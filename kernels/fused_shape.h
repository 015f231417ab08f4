/* private. The GAN that the fused kernels are compiled for, and where its parameters stand in device memory. C, so that the
 * host lays out what the kernels read; in C++ every function here is constexpr.
 *
 * Sizes: Z latent size, X columns of a point, H hidden units, P parameters of a net. */
#ifndef GT_KERNELS_FUSED_SHAPE_H
#define GT_KERNELS_FUSED_SHAPE_H

#include "kernels/fused_recipe.h"

#ifdef __CUDACC__
#define FUSED_CONST_FN constexpr __host__ __device__
#elif defined(__cplusplus)
#define FUSED_CONST_FN constexpr
#else
#define FUSED_CONST_FN static inline
#endif

enum { FUSED_MAX_LAYERS = 8, FUSED_LANES = 16 };

/* The values of gt_activation. */
enum fused_activation { FUSED_LINEAR, FUSED_RELU, FUSED_LEAKY_RELU, FUSED_TANH, FUSED_SIGMOID, FUSED_ELU };

typedef struct fused_net_shape {
    int n_layers;
    int size[FUSED_MAX_LAYERS + 1];   /* size[0] inputs, size[l + 1] outputs of layer l */
    int activation[FUSED_MAX_LAYERS]; /* fused_activation of layer l */
} fused_net_shape;

typedef struct fused_gan_shape {
    fused_recipe recipe;
    fused_net_shape d, g;
} fused_gan_shape;

/* The fused_gan_shape that the macros of a shape header (kernels/shapes/) describe. */
/* clang-format off */
#define FUSED_GAN_OF_MACROS {                                                                                                  \
    {FUSED_BATCH, FUSED_HALF, FUSED_COMBINED, FUSED_D_STEPS, FUSED_LOSS, FUSED_NOISE, FUSED_TARGET, FUSED_TARGET_NOISE,        \
     FUSED_DECAY, FUSED_WEIGHT_DECAY, FUSED_EMA},                                                                              \
    {FUSED_D_LAYERS, {FUSED_D_SIZES}, {FUSED_D_ACTIVATIONS}},                                                                  \
    {FUSED_G_LAYERS, {FUSED_G_SIZES}, {FUSED_G_ACTIVATIONS}}}
/* clang-format on */

/* How the kernels compute a net, and the order of its parameters that suits it. A "record" is what belongs to one hidden unit.
 *  MOMENTS  D, X = 2, one hidden layer of relu or leaky_relu. Record (w0, w1, b, v); one more for the output's bias:
 *           (0, 0, c, 0).
 *  PAIR     G, X = 2, one hidden layer whose outputs are cheaper to compute again than to keep. Record (w[Z], b, u[X]), filled
 *           up with zeros to whole quads; one more for the output's biases, at the places of u.
 *  STACK    any other net: the order of gt_spec_n_parameters, filled up to a quad. */
enum fused_kind { FUSED_MOMENTS, FUSED_PAIR, FUSED_STACK };

FUSED_CONST_FN int fused_kind_of(const fused_net_shape *net, int is_discriminator) {
    const int hidden = net->activation[0], columns = is_discriminator ? net->size[0] : net->size[net->n_layers];
    if (net->n_layers != 2 || columns != 2) return FUSED_STACK;
    if (hidden == FUSED_TANH || hidden == FUSED_SIGMOID || hidden == FUSED_ELU) return FUSED_STACK;
    if (!is_discriminator) return FUSED_PAIR;
    return hidden == FUSED_LINEAR ? FUSED_STACK : FUSED_MOMENTS;
}

FUSED_CONST_FN int fused_has_leaky(const fused_net_shape *net) {
    for (int l = 0; l < net->n_layers; l++)
        if (net->activation[l] == FUSED_LEAKY_RELU) return 1;
    return 0;
}

FUSED_CONST_FN int fused_quads_for(int n_floats) { return (n_floats + 3) / 4; }

/* Quads (four floats) of a record. */
FUSED_CONST_FN int fused_record_quads(const fused_net_shape *net, int kind) {
    return kind == FUSED_MOMENTS ? 1 : fused_quads_for(net->size[0] + 1 + net->size[2]);
}

/* Where layer l starts in the order of gt_spec_n_parameters; P for l = n_layers. */
FUSED_CONST_FN int fused_layer_start(const fused_net_shape *net, int l) {
    int n = 0;
    for (int k = 0; k < l; k++) n += net->size[k + 1] * (net->size[k] + 1);
    return n;
}

/* Outputs of the layers before l. */
FUSED_CONST_FN int fused_units_before(const fused_net_shape *net, int l) {
    int n = 0;
    for (int k = 0; k < l; k++) n += net->size[k + 1];
    return n;
}

/* Quads that the weights of a net take; m', v' and averaged weights take as many each. */
FUSED_CONST_FN int fused_net_quads(const fused_net_shape *net, int kind) {
    return kind == FUSED_STACK ? fused_quads_for(fused_layer_start(net, net->n_layers))
                               : (net->size[1] + 1) * fused_record_quads(net, kind);
}

/* The place, in floats, of the weight from input i to output o of layer l; i = n_in: the bias of o. */
FUSED_CONST_FN int fused_place(const fused_net_shape *net, int kind, int l, int o, int i) {
    const int n_in = net->size[l], is_bias = i == n_in, hidden = net->size[1];
    if (kind == FUSED_STACK) return fused_layer_start(net, l) + (is_bias ? n_in * net->size[l + 1] + o : o * n_in + i);
    const int record = 4 * fused_record_quads(net, kind);
    if (l == 0) return o * record + i; /* the bias follows the weights */
    if (kind == FUSED_MOMENTS) return is_bias ? hidden * record + 2 : i * record + 3;
    return (is_bias ? hidden : i) * record + net->size[0] + 1 + o;
}

/* A run in device memory: w, m', v' of D, then of G, then G's averaged weights where it has some. */
FUSED_CONST_FN int fused_d_quads(const fused_gan_shape *gan) { return fused_net_quads(&gan->d, fused_kind_of(&gan->d, 1)); }
FUSED_CONST_FN int fused_g_quads(const fused_gan_shape *gan) { return fused_net_quads(&gan->g, fused_kind_of(&gan->g, 0)); }
FUSED_CONST_FN int fused_state_quads(const fused_gan_shape *gan) {
    return 3 * fused_d_quads(gan) + (gan->recipe.ema ? 4 : 3) * fused_g_quads(gan);
}

/* Shared memory of one GAN: its state, and the row buffer of fused_rows.cuh (16 quads for each of 16 lanes, and one more to
 * keep them in different banks). */
enum { FUSED_ROW_PITCH = FUSED_LANES + 1, FUSED_ROW_QUADS = FUSED_LANES * FUSED_ROW_PITCH };
FUSED_CONST_FN int fused_shared_quads(const fused_gan_shape *gan) { return fused_state_quads(gan) + FUSED_ROW_QUADS; }

#endif
