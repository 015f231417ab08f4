/* private. Errors of the CUDA runtime as gt_status. */
#ifndef GT_ENGINE_CUDA_TRY_H
#define GT_ENGINE_CUDA_TRY_H

#include "core/status.h"

#include <cuda_runtime_api.h>

/* One line with the call, its place, and the error's name and text; GT_ERR_MEMORY where the device has no memory left, else
 * GT_ERR_CUDA. */
static inline gt_status gt_cuda_fail(cudaError_t error, const char *call, const char *file, int line) {
    (void)cudaGetLastError(); /* it would be reported again by the next launch */
    if (error == cudaErrorMemoryAllocation)
        return gt_fail(GT_ERR_MEMORY, "the GPU is out of memory (%s: %s); take --device cpu, or fewer runs", call,
                       cudaGetErrorName(error));
    return gt_fail(GT_ERR_CUDA, "%s: %s, %s (%s:%d)", call, cudaGetErrorName(error), cudaGetErrorString(error), file, line);
}

/* A function, for the call that gives the error has to be made once. */
static inline gt_status gt_cuda_status(cudaError_t error, const char *call, const char *file, int line) {
    return error == cudaSuccess ? GT_OK : gt_cuda_fail(error, call, file, line);
}

#define GT_CUDA_STATUS(error, call) gt_cuda_status(error, call, __FILE_NAME__, __LINE__)

#define CUDA_TRY(call)                                                                                                         \
    do {                                                                                                                       \
        const cudaError_t cuda_error_ = (call);                                                                                \
        if (cuda_error_ != cudaSuccess) return gt_cuda_fail(cuda_error_, #call, __FILE_NAME__, __LINE__);                      \
    } while (0)

#endif
