/* private. What every kernel source includes first: CUDA's built-ins and the operations of exact.h for one lane a thread, or
 * the emulator's built-ins in place of CUDA's (tests/emulator). */
#ifndef GT_KERNELS_DEVICE_CUH
#define GT_KERNELS_DEVICE_CUH

#ifdef GT_EMULATOR
#include "tests/emulator/device.h"
#define GT_COMPUTED(x) (void)(x)
#else
#define GT_DYNAMIC_SHARED(type, name)                                                                                          \
    extern __shared__ __align__(16) unsigned char gt_dynamic_shared[];                                                         \
    type *const name = reinterpret_cast<type *>(gt_dynamic_shared)
#define GT_KERNEL(fn)  reinterpret_cast<const void *>(fn)
/* x is computed here and not again at each use: the compiler would rather repeat a product than keep it. */
#define GT_COMPUTED(x) asm volatile("" : "+f"(x))
#endif

#define LANES_FN static __device__ __forceinline__

typedef float vf;
typedef unsigned vu;
typedef bool vm;

LANES_FN vf vf_set(float x) { return x; }
LANES_FN vf vf_add(vf a, vf b) { return __fadd_rn(a, b); }
LANES_FN vf vf_sub(vf a, vf b) { return __fadd_rn(a, -b); }
LANES_FN vf vf_mul(vf a, vf b) { return __fmul_rn(a, b); }
LANES_FN vf vf_fma(vf a, vf b, vf c) { return __fmaf_rn(a, b, c); }
LANES_FN vf vf_min(vf a, vf b) { return fminf(a, b); } /* a NaN in a gives b, as everywhere; b never is one */
LANES_FN vf vf_max(vf a, vf b) { return fmaxf(a, b); }
LANES_FN vm vf_gt(vf a, vf b) { return a > b; }
LANES_FN vf vf_select(vm m, vf a, vf b) { return m ? a : b; }
LANES_FN vf vf_where(vm m, vf a) { return m ? a : 0.0f; }

LANES_FN vu vu_set(unsigned x) { return x; }
LANES_FN vu vu_add(vu a, vu b) { return a + b; }
LANES_FN vu vu_sub(vu a, vu b) { return a - b; }
LANES_FN vu vu_and(vu a, vu b) { return a & b; }
LANES_FN vu vu_or(vu a, vu b) { return a | b; }
LANES_FN vu vu_xor(vu a, vu b) { return a ^ b; }
LANES_FN vu vu_shl(vu a, int n) { return a << n; }
LANES_FN vf vu_as_f(vu a) { return __uint_as_float(a); }
LANES_FN vu vf_as_u(vf a) { return __float_as_uint(a); }
LANES_FN vf vf_from_i(vu a) { return __int2float_rn(static_cast<int>(a)); }
LANES_FN vf vf_from_u(vu a) { return __uint2float_rn(a); }

/* Reciprocal and square root, correctly rounded, for arguments and results in the normal range: the hardware's estimate and one
 * Newton step with fma, which is CUDA's own sequence without its checks of the range. tests/cuda_exact_test.cpp goes through
 * every mantissa. */
#ifdef GT_EMULATOR
LANES_FN vf vf_rcp(vf a) { return 1.0f / a; }
LANES_FN vf vf_sqrt(vf a) { return __fsqrt_rn(a); }
#else
LANES_FN vf vf_rcp(vf a) {
    float r;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(a));
    return __fmaf_rn(__fmaf_rn(-a, r, 1.0f), r, r);
}
LANES_FN vf vf_sqrt(vf a) {
    float r;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(a));
    const float root = __fmul_rn(a, r), half = __fmul_rn(0.5f, r);
    return __fmaf_rn(__fmaf_rn(-root, root, a), half, root);
}
#endif

#include "kernels/exact.h"

#endif
