/* private. 16 lanes as N narrower registers ("parts"). The includer defines PARTS (N), the types pf, pu, pm of one part and its
 * operations pf_*, pu_*; this file lifts each to the 16 lanes. The contract of every operation is that of lanes_avx512.h. */
#ifndef GT_ENGINE_LANES_PARTS_H
#define GT_ENGINE_LANES_PARTS_H

typedef struct {
    pf p[PARTS];
} vf;
typedef struct {
    pu p[PARTS];
} vu;
typedef struct {
    pm p[PARTS];
} vm;

#define PART_LANES (16 / PARTS)

#define LIFT(body)                                                                                                             \
    _Pragma("GCC unroll 8") for (int k = 0; k < PARTS; k++) { body; }                                                          \
    return r;
#define LIFT_1(out, name, in)                                                                                                  \
    LANES_FN out v##name(in a) {                                                                                               \
        out r;                                                                                                                 \
        LIFT(r.p[k] = p##name(a.p[k]))                                                                                         \
    }
#define LIFT_2(out, name, in)                                                                                                  \
    LANES_FN out v##name(in a, in b) {                                                                                         \
        out r;                                                                                                                 \
        LIFT(r.p[k] = p##name(a.p[k], b.p[k]))                                                                                 \
    }

LIFT_2(vf, f_add, vf)
LIFT_2(vf, f_sub, vf)
LIFT_2(vf, f_mul, vf)
LIFT_2(vf, f_min, vf)
LIFT_2(vf, f_max, vf)
LIFT_2(vm, f_gt, vf)
LIFT_1(vf, f_sqrt, vf)
LIFT_1(vf, f_rcp, vf)
LIFT_2(vu, u_add, vu)
LIFT_2(vu, u_sub, vu)
LIFT_2(vu, u_and, vu)
LIFT_2(vu, u_or, vu)
LIFT_2(vu, u_xor, vu)
LIFT_2(vm, u_eq, vu)
LIFT_2(vm, u_less, vu)
LIFT_1(vf, u_as_f, vu)
LIFT_1(vu, f_as_u, vf)
LIFT_1(vf, f_from_i, vu)
LIFT_1(vf, f_from_u, vu)

LANES_FN vf vf_set(float x) {
    vf r;
    LIFT(r.p[k] = pf_set(x))
}
LANES_FN vu vu_set(uint32_t x) {
    vu r;
    LIFT(r.p[k] = pu_set(x))
}
LANES_FN vf vf_load(const float *x) {
    vf r;
    LIFT(r.p[k] = pf_load(x + k * PART_LANES))
}
LANES_FN vu vu_load(const uint32_t *x) {
    vu r;
    LIFT(r.p[k] = pu_load(x + k * PART_LANES))
}
LANES_FN vf vf_gather(const float *x, vu i) {
    vf r;
    LIFT(r.p[k] = pf_gather(x, i.p[k]))
}
LANES_FN void vf_store(float *x, vf a) {
    for (int k = 0; k < PARTS; k++) pf_store(x + k * PART_LANES, a.p[k]);
}
LANES_FN void vu_store(uint32_t *x, vu a) {
    for (int k = 0; k < PARTS; k++) pu_store(x + k * PART_LANES, a.p[k]);
}
LANES_FN vf vf_fma(vf a, vf b, vf c) {
    vf r;
    LIFT(r.p[k] = pf_fma(a.p[k], b.p[k], c.p[k]))
}
LANES_FN vf vf_select(vm m, vf a, vf b) {
    vf r;
    LIFT(r.p[k] = pf_select(m.p[k], a.p[k], b.p[k]))
}
LANES_FN vf vf_where(vm m, vf a) {
    vf r;
    LIFT(r.p[k] = pf_where(m.p[k], a.p[k]))
}
LANES_FN vu vu_shl(vu a, int n) {
    vu r;
    LIFT(r.p[k] = pu_shl(a.p[k], n))
}
LANES_FN vu vu_shr(vu a, int n) {
    vu r;
    LIFT(r.p[k] = pu_shr(a.p[k], n))
}
LANES_FN vu vu_mul(vu a, uint32_t c) {
    vu r;
    LIFT(r.p[k] = pu_mul(a.p[k], c))
}
LANES_FN void vu_mul_wide(vu a, uint32_t c, vu *hi, vu *lo) {
    for (int k = 0; k < PARTS; k++) pu_mul_wide(a.p[k], c, &hi->p[k], &lo->p[k]);
}

LANES_FN bool vf_any_nan(vf a) {
    bool any = false;
    for (int k = 0; k < PARTS; k++) any = any || pf_any_nan(a.p[k]);
    return any;
}

/* Where m is off the product is with zero: c, but for the sign of a zero, which no result depends on (docs/numerics.md). */
LANES_FN vf vf_fma_where(vm m, vf a, vf b, vf c) { return vf_fma(vf_where(m, a), b, c); }
LANES_FN vf vf_add_where(vm m, vf c, vf a) { return vf_add(c, vf_where(m, a)); }

#endif
