/* private. Kernels for shapes that were not compiled with the program: compiled at run time by NVRTC, which is loaded when it
 * is first needed, or taken from the cache (engine/cuda_cache.h). Needs no GPU and no driver. Threads may compile at once. */
#ifndef GT_ENGINE_CUDA_COMPILER_H
#define GT_ENGINE_CUDA_COMPILER_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Compiles the fused kernels for one shape. shape: the text of a header like kernels/shapes/x2.h; architecture: 10 * major +
 * minor of the GPU, 90 for an H100. *out: the cubin, *out_size bytes, which the caller frees. GT_ERR_DEVICE: NVRTC is not there
 * or refuses (the line has its first error); GT_ERR_MEMORY. */
gt_status gt_cuda_compile(const char *shape, int architecture, void **out, size_t *out_size);

/* A text by the name under which it is included. */
typedef struct gt_kernel_source {
    const char *name, *text;
} gt_kernel_source;

/* kernels/ and what it includes of cuRAND: written at build time by cmake/embed.cmake. */
extern const gt_kernel_source gt_kernel_sources[];
extern const size_t gt_n_kernel_sources;

/* What gt_cuda_compile() compiles, for tests with a program of their own. */
typedef struct gt_cuda_program {
    const gt_kernel_source *sources;
    size_t n_sources;
    const char *main;             /* name of the source that is compiled, after the shape */
    const char *const *libraries; /* names of NVRTC to try, NULL at the end; NULL: where toolkits put it */
} gt_cuda_program;

gt_status gt_cuda_compile_program(const gt_cuda_program *program, const char *shape, int architecture, void **out,
                                  size_t *out_size);

#ifdef __cplusplus
}
#endif
#endif
