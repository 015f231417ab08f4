/* private. Kernels of fused_cuda_bench.cpp that measure the GPU itself and the random numbers. */
#ifndef GT_BENCH_FUSED_CUDA_KERNELS_H
#define GT_BENCH_FUSED_CUDA_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_args {
    float *out;      /* a float a thread, so that nothing is left out */
    uint32_t rounds; /* of every thread */
} bench_args;

/* What each of them does in a round: */
enum {
    PEAK_FMAS = 512,   /* independent of their neighbours: 8 chains */
    DRAWN_NORMALS = 4, /* ours; cuRAND's from a state kept in registers */
    DRAWN_UNIFORMS = 4,
    ADAM_UPDATES = 4
};

typedef struct bench_kernel {
    const char *name, *counter; /* of what there are `per_round` in a round of a thread */
    const void *handle;
    int per_round;
} bench_kernel;

/* bench_kernels[0] is the peak; cuRAND's come last, and the emulator has none of them. */
extern const bench_kernel bench_kernels[];
extern const int n_bench_kernels;

#ifdef __cplusplus
}
#endif
#endif
