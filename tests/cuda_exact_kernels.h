/* private. Kernels that apply the device's arithmetic to many arguments; for cuda_exact_test.cpp. */
#ifndef GT_TESTS_CUDA_EXACT_KERNELS_H
#define GT_TESTS_CUDA_EXACT_KERNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum exact_function {
    EXACT_EXP2,
    EXACT_LOG,
    EXACT_SIGMOID,
    EXACT_TANH,
    EXACT_SOFTPLUS,
    EXACT_ELU,
    EXACT_COS_PI,
    EXACT_UNIFORM,
    EXACT_TRUNCATED_NORMAL,
    EXACT_RECIPROCAL,
    EXACT_SQUARE_ROOT,
    EXACT_NORMAL_PAIR
};

/* exact_check: how many of the floats with the bits first, first + stride, ... (n of them) have a vf_rcp() or vf_sqrt() that is
 * not the correctly rounded one, and the bits of the first such. */
typedef struct exact_check_args {
    enum exact_function function;
    uint32_t first, stride, n;
    unsigned *n_wrong, *first_wrong; /* from 0 and 0xffffffff */
} exact_check_args;

/* exact_apply: out[i] = function(x[i]), all as bits; of EXACT_NORMAL_PAIR out[2 i], out[2 i + 1] from words x[2 i], x[2 i + 1].
 */
typedef struct exact_apply_args {
    enum exact_function function;
    uint32_t n;
    const uint32_t *x;
    uint32_t *out;
} exact_apply_args;

/* For cudaLaunchKernel(); any grid. */
extern const void *const exact_check_kernel;
extern const void *const exact_apply_kernel;

#ifdef __cplusplus
}
#endif
#endif
