/* private. What tests set of the layered engine on GPUs. */
#ifndef GT_ENGINE_LAYERED_CUDA_H
#define GT_ENGINE_LAYERED_CUDA_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every iteration of a gt_layered_cuda_ops engine is launched from now on, none replayed. */
void layered_cuda_set_plain(gt_engine *base);

/* Iterations that all GPUs queue before one of them queues more. */
enum { LAYERED_CUDA_TURN = 256 };

#ifdef __cplusplus
}
#endif
#endif
