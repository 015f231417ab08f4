/* private. Elementary functions that give the same bits on every device.
 *
 * Written in the operations of a "lanes" header, which the includer includes first: vf holds floats, vu 32-bit words, vm a
 * condition, each for as many lanes as the device works on at once (one in CUDA, 16 on the CPU). Every operation rounds
 * correctly to nearest, so only the order of operations written here counts. No branches, no tables.
 *
 * Polynomials: minimax by Remez exchange in 40 digits, coefficients rounded to float. The error bounds stated are those that
 * tests/exact_test.cpp measures against long double. */
#ifndef GT_KERNELS_EXACT_H
#define GT_KERNELS_EXACT_H

#define EXACT_LOG2_E 0x1.715476p+0f

/* 2^a for a in [-64, 64]; a NaN counts as 64. Relative error below 1.8e-7; 2^n exact for whole n. */
LANES_FN vf exact_exp2(vf a) {
    const vf magic = vf_set(0x1.8p23f); /* adding it leaves round(a) in the low bits */
    a = vf_max(vf_min(a, vf_set(64.0f)), vf_set(-64.0f));
    vf t = vf_add(a, magic);
    vf f = vf_sub(a, vf_sub(t, magic)); /* [-1/2, 1/2] */
    vf p = vf_set(0x1.5bbcb6p-10f);
    p = vf_fma(p, f, vf_set(0x1.3cea6cp-7f));
    p = vf_fma(p, f, vf_set(0x1.c6b74cp-5f));
    p = vf_fma(p, f, vf_set(0x1.ebf9bcp-3f));
    p = vf_fma(p, f, vf_set(0x1.62e42ap-1f));
    p = vf_fma(p, f, vf_set(1.0f));
    return vu_as_f(vu_add(vf_as_u(p), vu_shl(vf_as_u(t), 23)));
}

/* c ln x for normal, positive, finite x; d = 2^-23 c ln 2. With x = 2^k (1 + f) and 1 + f in [sqrt 1/2, sqrt 2) it is
 * c k ln 2 + c (f + f^2 Q(f)). Relative error below 3e-7. */
LANES_FN vf exact_scaled_log(vf x, float c, float d) {
    const vu root_half = vu_set(0x3f3504f3u);
    vu bits = vf_as_u(x);
    vu k = vu_and(vu_sub(bits, root_half), vu_set(0xff800000u)); /* 2^23 times the exponent, signed */
    vf f = vf_sub(vu_as_f(vu_sub(bits, k)), vf_set(1.0f));
    vf q = vf_set(-0x1.a74c14p-4f);
    q = vf_fma(q, f, vf_set(0x1.4d8540p-3f));
    q = vf_fma(q, f, vf_set(-0x1.606d48p-3f));
    q = vf_fma(q, f, vf_set(0x1.9769f6p-3f));
    q = vf_fma(q, f, vf_set(-0x1.ff70eap-3f));
    q = vf_fma(q, f, vf_set(0x1.555a00p-2f));
    q = vf_fma(q, f, vf_set(-0x1.000066p-1f));
    vf g = vf_mul(f, vf_set(c));
    return vf_fma(vf_from_i(k), vf_set(d), vf_fma(vf_mul(f, g), q, g));
}

/* ln x for normal positive x. Relative error below 3e-7. */
LANES_FN vf exact_log(vf x) { return exact_scaled_log(x, 1.0f, 0x1.62e43p-24f); }

/* 1 / (1 + e^-z). Absolute error below 1.1e-7. */
LANES_FN vf exact_sigmoid(vf z) {
    vf e = exact_exp2(vf_mul(z, vf_set(-EXACT_LOG2_E)));
    return vf_rcp(vf_add(vf_set(1.0f), e));
}

/* tanh a: a + a^3 Q(a^2) for |a| < 5/8, else 1 - 2 / (1 + e^2|a|) with the sign of a. Relative error below 2.3e-7; -0 gives +0,
 * and a NaN, whose sign is the processor's own business, 1. */
LANES_FN vf exact_tanh(vf a) {
    vf b = vu_as_f(vu_and(vf_as_u(a), vu_set(0x7fffffffu)));
    vf s = vf_mul(a, a);
    vf q = vf_set(-0x1.76f92ap-8f);
    q = vf_fma(q, s, vf_set(0x1.526a4cp-6f));
    q = vf_fma(q, s, vf_set(-0x1.b847bep-5f));
    q = vf_fma(q, s, vf_set(0x1.110788p-3f));
    q = vf_fma(q, s, vf_set(-0x1.555534p-2f));
    vf small = vf_fma(vf_mul(a, s), q, a);
    vf e = exact_exp2(vf_mul(b, vf_set(2.0f * EXACT_LOG2_E)));
    vf large = vf_fma(vf_set(-2.0f), vf_rcp(vf_add(vf_set(1.0f), e)), vf_set(1.0f));
    large = vf_select(vf_gt(vf_set(0.0f), a), vf_sub(vf_set(0.0f), large), large);
    return vf_select(vf_gt(vf_set(0.625f), b), small, large);
}

/* elu of a: a for a > 0, else e^a - 1. Absolute error of the latter below 1.5e-7. */
LANES_FN vf exact_elu(vf a) {
    vf e = exact_exp2(vf_mul(vf_min(a, vf_set(0.0f)), vf_set(EXACT_LOG2_E)));
    return vf_select(vf_gt(a, vf_set(0.0f)), a, vf_sub(e, vf_set(1.0f)));
}

/* cos(pi f) for f in [0, 1], as sin(pi g) with g = 1/2 - f. Absolute error below 1.7e-7. */
LANES_FN vf exact_cos_pi(vf f) {
    vf g = vf_sub(vf_set(0.5f), f), s = vf_mul(g, g);
    vf q = vf_set(0x1.3e17cap-4f);
    q = vf_fma(q, s, vf_set(-0x1.32535ap-1f));
    q = vf_fma(q, s, vf_set(0x1.4668f2p+1f));
    q = vf_fma(q, s, vf_set(-0x1.4abbc4p+2f));
    q = vf_fma(q, s, vf_set(0x1.921fb6p+1f));
    return vf_mul(g, q);
}

/* ln(1 + e^x), the loss of a logit: cross-entropy is softplus(-z) for label 1, softplus(z) for label 0.
 * Absolute error below 1.8e-7 for x < 0, relative error below 2.3e-7 for x >= 0. */
LANES_FN vf exact_softplus(vf x) {
    vf b = vu_as_f(vu_or(vf_as_u(x), vu_set(0x80000000u))); /* -|x| */
    vf e = exact_exp2(vf_mul(b, vf_set(EXACT_LOG2_E)));
    return vf_add(vf_max(x, vf_set(0.0f)), exact_log(vf_add(vf_set(1.0f), e)));
}

/* A word to (0, 1], as curand_uniform does: x 2^-32 + 2^-33. */
LANES_FN vf exact_uniform(vu x) { return vf_fma(vf_from_u(x), vf_set(0x1p-32f), vf_set(0x1p-33f)); }

/* Two words to two standard normals (Box and Muller 1958): r = sqrt(-2 ln u), angle from y. The low 30 bits of y give
 * t in [-1/8, 1/8) turns; with S = sin(2 pi t) / sqrt 2 and C = cos(2 pi t) / sqrt 2, C + S and C - S are sine and cosine of an
 * angle in the first quadrant, and bits 31 and 30 of y give their signs. Relative error of r below 3e-7, absolute error of sine
 * and cosine below 3e-7. */
LANES_FN void exact_normal_pair(vu x, vu y, vf *first, vf *second) {
    const vu sign = vu_set(0x80000000u);
    vf u = exact_uniform(x);
    vf r = vf_sqrt(vf_max(exact_scaled_log(u, -2.0f, -0x1.62e43p-23f), vf_set(0x1p-90f)));
    vf t = vf_fma(vf_from_i(vu_shl(y, 2)), vf_set(0x1p-34f), vf_set(0x1p-33f));
    vf t2 = vf_mul(t, t);
    vf s = vf_set(-0x1.a9a344p+5f);
    s = vf_fma(s, t2, vf_set(0x1.cd8858p+5f));
    s = vf_fma(s, t2, vf_set(-0x1.d3ba26p+4f));
    s = vf_fma(s, t2, vf_set(0x1.1c5832p+2f));
    vf c = vf_set(-0x1.d8df08p+5f);
    c = vf_fma(c, t2, vf_set(0x1.6f4004p+5f));
    c = vf_fma(c, t2, vf_set(-0x1.bea562p+3f));
    c = vf_fma(c, t2, vf_set(0x1.6a09e6p-1f));
    vf plus = vf_mul(r, vf_fma(s, t, c));
    vf minus = vf_mul(r, vf_sub(c, vf_mul(s, t)));
    *first = vu_as_f(vu_xor(vf_as_u(plus), vu_and(y, sign)));
    *second = vu_as_f(vu_xor(vf_as_u(minus), vu_and(vu_shl(y, 1), sign)));
}

/* A word to (-1, 1]. */
LANES_FN vf exact_symmetric(vu x) { return vf_fma(exact_uniform(x), vf_set(2.0f), vf_set(-1.0f)); }

/* A word to a standard normal that is cut off at +-2: the inverse of its distribution function, sqrt 2 times the inverse error
 * function of x, uniform on +-erf(sqrt 2), as x P(-ln(1 - x^2)) (the form of Giles 2010, "Approximating the erfinv function").
 * Absolute error below 1e-6. */
LANES_FN vf exact_truncated_normal(vu word) {
    vf x = vf_fma(exact_uniform(word), vf_set(0x1.e8b430p+0f), vf_set(-0x1.e8b430p-1f));
    vf w = exact_scaled_log(vf_fma(vf_sub(vf_set(0.0f), x), x, vf_set(1.0f)), -1.0f, -0x1.62e43p-24f);
    vf p = vf_set(-0x1.aaa766p-18f);
    p = vf_fma(p, w, vf_set(0x1.7c3b30p-14f));
    p = vf_fma(p, w, vf_set(-0x1.c3f49ap-13f));
    p = vf_fma(p, w, vf_set(-0x1.ad8abcp-9f));
    p = vf_fma(p, w, vf_set(0x1.0b756cp-6f));
    p = vf_fma(p, w, vf_set(0x1.4ffe2cp-2f));
    p = vf_fma(p, w, vf_set(0x1.40d932p+0f));
    return vf_mul(x, p);
}

#endif
