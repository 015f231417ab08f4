/* Initial weights: draws, scaled layer by layer. */
#include "engine/initial_weights.h"

#include "core/spec.h"

#include <math.h>
#include <string.h>

/* Of a standard normal that is cut off at +-2: sqrt(1 - 4 phi(2) / erf(sqrt 2)), phi the normal density. */
#define TRUNCATED_DEVIATION 0.87962566103423978

void gt_initial_weights(const fused_kernels *kernels, const gt_spec *spec, gt_net net, uint64_t seed, float *out) {
    const gt_net_spec *layers = gt_spec_net(spec, net);
    const uint32_t stream = net == GT_GENERATOR ? GT_STREAM_G_WEIGHTS : GT_STREAM_D_WEIGHTS;
    uint64_t drawn = 0;
    for (int l = 0; l < layers->n_layers; l++) {
        const int n_in = layers->size[l], n_out = layers->size[l + 1];
        const size_t n = (size_t)n_in * (size_t)n_out;
        const gt_initializer initializer = l + 1 < layers->n_layers ? layers->hidden_init : layers->output_init;
        const bool normal = initializer == GT_HE_NORMAL || initializer == GT_GLOROT_NORMAL;
        const int fan = initializer == GT_HE_UNIFORM || initializer == GT_HE_NORMAL ? n_in : n_in + n_out;
        const float limit = (float)sqrt(6.0 / fan), deviation = (float)(sqrt(2.0 / fan) / TRUNCATED_DEVIATION);
        kernels->draw(normal ? DRAW_TRUNCATED : DRAW_UNIFORM, seed, stream, 0, drawn, n, out);
        for (size_t k = 0; k < n; k++) out[k] = normal ? out[k] * deviation : fmaf(out[k], 2.0f * limit, -limit);
        memset(out + n, 0, (size_t)n_out * sizeof *out);
        drawn += n;
        out += n + (size_t)n_out;
    }
}
