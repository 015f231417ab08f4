// The kernels of cuda_exact_kernels.h. nvcc compiles them for the GPU, g++ for the emulator.
#include "cuda_exact_kernels.h"

#include "kernels/device.cuh"

extern "C" __global__ void exact_check(exact_check_args args) {
    const unsigned n_threads = gridDim.x * blockDim.x;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < args.n; i += n_threads) {
        const unsigned bits = args.first + i * args.stride;
        const float a = __uint_as_float(bits);
        const bool root = args.function == EXACT_SQUARE_ROOT;
        const float fast = root ? vf_sqrt(a) : vf_rcp(a), right = root ? __fsqrt_rn(a) : __frcp_rn(a);
        if (__float_as_uint(fast) != __float_as_uint(right)) {
            atomicAdd(args.n_wrong, 1u);
            atomicMin(args.first_wrong, bits);
        }
    }
}

static __device__ float applied(exact_function function, uint32_t x) {
    const float a = __uint_as_float(x);
    switch (function) {
    case EXACT_EXP2:
        return exact_exp2(a);
    case EXACT_LOG:
        return exact_log(a);
    case EXACT_SIGMOID:
        return exact_sigmoid(a);
    case EXACT_TANH:
        return exact_tanh(a);
    case EXACT_SOFTPLUS:
        return exact_softplus(a);
    case EXACT_ELU:
        return exact_elu(a);
    case EXACT_COS_PI:
        return exact_cos_pi(a);
    case EXACT_UNIFORM:
        return exact_uniform(x);
    case EXACT_TRUNCATED_NORMAL:
        return exact_truncated_normal(x);
    case EXACT_RECIPROCAL:
        return vf_rcp(a);
    default:
        return vf_sqrt(a);
    }
}

extern "C" __global__ void exact_apply(exact_apply_args args) {
    const unsigned n_threads = gridDim.x * blockDim.x;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < args.n; i += n_threads) {
        if (args.function == EXACT_NORMAL_PAIR) {
            float first, second;
            exact_normal_pair(args.x[2 * i], args.x[2 * i + 1], &first, &second);
            args.out[2 * i] = __float_as_uint(first);
            args.out[2 * i + 1] = __float_as_uint(second);
        } else {
            args.out[i] = __float_as_uint(applied(args.function, args.x[i]));
        }
    }
}

extern "C" const void *const exact_check_kernel = GT_KERNEL(exact_check);
extern "C" const void *const exact_apply_kernel = GT_KERNEL(exact_apply);
