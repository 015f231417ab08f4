/* private to bench/. Takes the place of kernels/device.cuh to tell what exact results cost: the same operations with whatever
 * the GPU does fastest. Compiled with -use_fast_math and -fmad=true, so that sums and products fuse as the compiler likes.
 * Nothing that is shipped includes it. */
#ifndef GT_KERNELS_DEVICE_CUH
#define GT_KERNELS_DEVICE_CUH

#define GT_DYNAMIC_SHARED(type, name)                                                                                          \
    extern __shared__ __align__(16) unsigned char gt_dynamic_shared[];                                                         \
    type *const name = reinterpret_cast<type *>(gt_dynamic_shared)
#define GT_KERNEL(fn)  reinterpret_cast<const void *>(fn)
#define GT_COMPUTED(x) asm volatile("" : "+f"(x))

#define LANES_FN static __device__ __forceinline__

typedef float vf;
typedef unsigned vu;
typedef bool vm;

LANES_FN vf vf_set(float x) { return x; }
LANES_FN vf vf_add(vf a, vf b) { return a + b; }
LANES_FN vf vf_sub(vf a, vf b) { return a - b; }
LANES_FN vf vf_mul(vf a, vf b) { return a * b; }
LANES_FN vf vf_fma(vf a, vf b, vf c) { return fmaf(a, b, c); }
LANES_FN vf vf_min(vf a, vf b) { return fminf(a, b); }
LANES_FN vf vf_max(vf a, vf b) { return fmaxf(a, b); }
LANES_FN vm vf_gt(vf a, vf b) { return a > b; }
LANES_FN vf vf_select(vm m, vf a, vf b) { return m ? a : b; }
LANES_FN vf vf_where(vm m, vf a) { return m ? a : 0.0f; }
LANES_FN vf vf_from_u(vu a) { return __uint2float_rn(a); }
LANES_FN vf vf_rcp(vf a) { return __fdividef(1.0f, a); }
LANES_FN vf vf_sqrt(vf a) {
    float root;
    asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(root) : "f"(a));
    return root;
}

LANES_FN vf vu_as_f(vu a) { return __uint_as_float(a); }
#include "kernels/exact.h" /* that of this folder */

#endif
