/* private. The GAN that this compilation is for, as types with constant members, from the macros of a shape header
 * (kernels/shapes/). */
#ifndef GT_KERNELS_FUSED_GAN_CUH
#define GT_KERNELS_FUSED_GAN_CUH

#include "kernels/fused_kernels.h"

static constexpr fused_gan_shape fused_gan = FUSED_GAN_OF_MACROS;
static constexpr fused_recipe recipe = fused_gan.recipe;

enum {
    LANES = FUSED_LANES,
    LATENT = fused_gan.g.size[0],
    COLUMNS = fused_gan.d.size[0], /* X */
    STATE_QUADS = fused_state_quads(&fused_gan),
};

/* Samples of a lane in a batch of n: S of docs/numerics.md. */
FUSED_CONST_FN int slots_of(int n) { return (n + LANES - 1) / LANES; }

template <bool IsDiscriminator> struct Net {
    static constexpr fused_net_shape shape = IsDiscriminator ? fused_gan.d : fused_gan.g;
    static constexpr bool is_discriminator = IsDiscriminator;
    static constexpr int kind = fused_kind_of(&shape, IsDiscriminator);
    static constexpr bool has_leaky = fused_has_leaky(&shape);
    static constexpr int n_layers = shape.n_layers;
    static constexpr int n_in = shape.size[0], n_hidden = shape.size[1], n_out = shape.size[n_layers];
    static constexpr int n_parameters = fused_layer_start(&shape, n_layers);
    static constexpr int n_units = fused_units_before(&shape, n_layers);
    static constexpr int quads = fused_net_quads(&shape, kind);
    static constexpr bool is_clipped = IsDiscriminator && recipe.loss == FUSED_WASSERSTEIN; /* weights within +-clip */
    static constexpr bool is_averaged = !IsDiscriminator && recipe.ema != 0;
    static constexpr int record_quads = kind == FUSED_STACK ? 1 : fused_record_quads(&shape, kind);
};
using D = Net<true>;
using G = Net<false>;

#endif
