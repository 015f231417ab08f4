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
LANES_FN vf vf_rcp(vf a) { return __fdividef(1.0f, a); }
LANES_FN vf vf_sqrt(vf a) {
    float root;
    asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(root) : "f"(a));
    return root;
}

/* The functions of kernels/exact.h under their names. */
LANES_FN vf exact_exp2(vf a) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(a));
    return y;
}
LANES_FN vf exact_log(vf x) { return __logf(x); }
LANES_FN vf exact_sigmoid(vf z) { return __fdividef(1.0f, 1.0f + __expf(-z)); }
LANES_FN vf exact_tanh(vf a) {
    float y;
    asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(a));
    return y;
}
LANES_FN vf exact_softplus(vf x) { return fmaxf(x, 0.0f) + __logf(1.0f + __expf(-fabsf(x))); }
LANES_FN vf exact_uniform(vu x) { return fmaf(__uint2float_rn(x), 0x1p-32f, 0x1p-33f); }
LANES_FN void exact_normal_pair(vu x, vu y, vf *first, vf *second) {
    const float r = vf_sqrt(-2.0f * __logf(exact_uniform(x)));
    const float angle = fmaf(__uint2float_rn(y), 0x1.921fb6p-30f, 0x1.921fb6p-31f); /* 2 pi (y + 1/2) / 2^32 */
    *first = r * __sinf(angle);
    *second = r * __cosf(angle);
}

#endif
