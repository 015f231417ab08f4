/* private. The GAN that this compilation is for, as types with constant members, from the macros of a shape header
 * (kernels/shapes/). */
#ifndef GT_KERNELS_FUSED_GAN_CUH
#define GT_KERNELS_FUSED_GAN_CUH

#include "kernels/fused_kernels.h"

/* clang-format off */
static constexpr fused_gan_shape fused_gan = {
    FUSED_BATCH,
    {FUSED_D_LAYERS, {FUSED_D_SIZES}, {FUSED_D_ACTIVATIONS}},
    {FUSED_G_LAYERS, {FUSED_G_SIZES}, {FUSED_G_ACTIVATIONS}},
};
/* clang-format on */

enum {
    LANES = FUSED_LANES,
    BATCH = fused_gan.batch,
    LATENT = fused_gan.g.size[0],
    STATE_QUADS = fused_state_quads(&fused_gan),
};

/* Samples of a lane in a batch of n: S of docs/numerics.md. */
FUSED_CONST_FN int slots_of(int n) { return (n + LANES - 1) / LANES; }

template <bool IsDiscriminator> struct Net {
    static constexpr fused_net_shape shape = IsDiscriminator ? fused_gan.d : fused_gan.g;
    static constexpr int kind = fused_kind_of(&shape, IsDiscriminator);
    static constexpr bool has_leaky = fused_has_leaky(&shape);
    static constexpr int n_layers = shape.n_layers;
    static constexpr int n_in = shape.size[0], n_hidden = shape.size[1], n_out = shape.size[n_layers];
    static constexpr int n_parameters = fused_layer_start(&shape, n_layers);
    static constexpr int n_units = fused_units_before(&shape, n_layers);
    static constexpr int quads = fused_net_quads(&shape, kind);
    static constexpr int record_quads = kind == FUSED_STACK ? 1 : fused_record_quads(&shape, kind);
};
using D = Net<true>;
using G = Net<false>;

#endif
