/* private to bench/. Takes the place of kernels/exact.h: its functions, with whatever the GPU does fastest. */
#ifndef GT_KERNELS_EXACT_H
#define GT_KERNELS_EXACT_H

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
LANES_FN vf exact_elu(vf a) { return a > 0.0f ? a : __expf(a) - 1.0f; }
LANES_FN vf exact_cos_pi(vf f) { return __cosf(0x1.921fb6p+1f * f); }
LANES_FN vf exact_softplus(vf x) { return fmaxf(x, 0.0f) + __logf(1.0f + __expf(-fabsf(x))); }
LANES_FN vf exact_uniform(vu x) { return fmaf(__uint2float_rn(x), 0x1p-32f, 0x1p-33f); }
LANES_FN void exact_normal_pair(vu x, vu y, vf *first, vf *second) {
    const float r = vf_sqrt(-2.0f * __logf(exact_uniform(x)));
    const float angle = fmaf(__uint2float_rn(y), 0x1.921fb6p-30f, 0x1.921fb6p-31f); /* 2 pi (y + 1/2) / 2^32 */
    *first = r * __sinf(angle);
    *second = r * __cosf(angle);
}
LANES_FN vf exact_symmetric(vu x) { return fmaf(exact_uniform(x), 2.0f, -1.0f); }
LANES_FN vf exact_truncated_normal(vu x) { return 1.41421356f * erfinvf(0x1.e8b430p-1f * exact_symmetric(x)); }

#endif
