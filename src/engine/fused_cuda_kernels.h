/* private. The fused kernels for a spec on a GPU: compiled with the program, or at run time; and how they are launched. */
#ifndef GT_ENGINE_FUSED_CUDA_KERNELS_H
#define GT_ENGINE_FUSED_CUDA_KERNELS_H

#include "core/target.h"
#include "engine/cuda_devices.h"
#include "gantry/gantry.h"
#include "kernels/fused_kernels.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fused_cuda_kernels {
    fused_gan_shape shape;
    const void *train, *evaluate;
    bool compiled_in;
    cudaLibrary_t library; /* of kernels compiled at run time */
    int n_sms;
    int train_warps;         /* a block, where there are more runs than fit at once */
    int train_blocks[4 + 1]; /* a multiprocessor holds at once of [w] warps each */
    int evaluate_blocks;     /* likewise */
} fused_cuda_kernels;

fused_gan_shape fused_cuda_shape_of(const gt_spec *spec, const gt_target_model *target);

/* The text of a shape's header, as kernels/shapes/ has it. */
enum { FUSED_SHAPE_CHARS = 1024 };
void fused_cuda_shape_text(const fused_gan_shape *shape, char text[FUSED_SHAPE_CHARS]);

/* Finds or compiles the kernels and prepares them for the current device. GT_ERR_DEVICE: they don't fit it, or can't be
 * compiled. */
gt_status fused_cuda_kernels_create(const gt_spec *spec, const gt_target_model *target, const gt_cuda_device *device,
                                    fused_cuda_kernels *out);
void fused_cuda_kernels_destroy(fused_cuda_kernels *kernels);

/* Runs that are trained at the same time. */
size_t fused_cuda_runs_in_flight(const fused_cuda_kernels *kernels);

/* On the current device, asynchronously. blocks: of fused_evaluate. */
gt_status fused_cuda_train(const fused_cuda_kernels *kernels, const fused_train_args *args, cudaStream_t stream);
gt_status fused_cuda_evaluate(const fused_cuda_kernels *kernels, const fused_evaluate_args *args, int blocks,
                              cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
