/* private. What tests ask of the CUDA engine beside engine.h. */
#ifndef GT_ENGINE_FUSED_CUDA_H
#define GT_ENGINE_FUSED_CUDA_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many step sizes of Adam it computes at once for either net, which decides after how many iterations it computes more:
 * fewer, so that a short test gets there. */
void fused_cuda_set_step_floats(gt_engine *engine, size_t n);

#ifdef __cplusplus
}
#endif
#endif
