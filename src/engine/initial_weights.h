/* private. The initial weights of a net. */
#ifndef GT_ENGINE_INITIAL_WEIGHTS_H
#define GT_ENGINE_INITIAL_WEIGHTS_H

#include "engine/fused_cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Those of a run with that seed, as the net's initialisers say (docs/numerics.md), biases 0: out[P] in the order of
 * gt_spec_n_parameters. net: not GT_GAN. */
void gt_initial_weights(const fused_kernels *kernels, const gt_spec *spec, gt_net net, uint64_t seed, float *out);

#ifdef __cplusplus
}
#endif
#endif
