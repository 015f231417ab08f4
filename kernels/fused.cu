/* The fused kernels for one shape. Compiled once for each shape: FUSED_NAME names it, and its macros (kernels/shapes/) come in
 * front. nvcc compiles it for the presets, NVRTC for any other shape at run time, g++ for the emulator. */
#include "kernels/fused_evaluate.cuh"
#include "kernels/fused_train.cuh"

#define FUSED_PASTE(a, b)  a##_##b
#define FUSED_JOIN(a, b)   FUSED_PASTE(a, b)
#define FUSED_SYMBOL(what) FUSED_JOIN(what, FUSED_NAME)

/* Four blocks of four warps a multiprocessor: as many as their shared memory allows, and 128 registers a thread. */
#ifndef FUSED_MIN_BLOCKS
#define FUSED_MIN_BLOCKS 4
#endif

extern "C" __global__ void __launch_bounds__(128, FUSED_MIN_BLOCKS) FUSED_SYMBOL(fused_train)(fused_train_args args) {
    train(args);
}

extern "C" __global__ void __launch_bounds__(EVALUATE_THREADS) FUSED_SYMBOL(fused_evaluate)(fused_evaluate_args args) {
    evaluate(args);
}

#ifndef __CUDACC_RTC__
extern "C" const fused_kernels FUSED_SYMBOL(fused_kernels) = {
    fused_gan,
    GT_KERNEL(FUSED_SYMBOL(fused_train)),
    GT_KERNEL(FUSED_SYMBOL(fused_evaluate)),
};
#endif
