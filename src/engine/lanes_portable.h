/* private. 16 lanes in plain C: GCC's vector types, as wide as the registers that the compiler was told of (a wider type is
 * lowered badly), and loops where the language has no operator. fmaf is an instruction where the target has one and libm's
 * correctly rounded function where not. */
#ifndef GT_ENGINE_LANES_PORTABLE_H
#define GT_ENGINE_LANES_PORTABLE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES_FN static inline __attribute__((always_inline, unused))
#ifdef __AVX2__
#define PARTS 2
#else
#define PARTS 4
#endif
#define PART_WIDTH (16 / PARTS)

typedef float pf __attribute__((vector_size(64 / PARTS)));
typedef uint32_t pu __attribute__((vector_size(64 / PARTS)));
typedef int32_t pi __attribute__((vector_size(64 / PARTS)));
typedef pi pm; /* all bits of a lane set where it holds */

#define EACH_LANE _Pragma("GCC unroll 8") for (int l = 0; l < PART_WIDTH; l++)

LANES_FN pf pf_set(float x) { return x - (pf){0}; }
LANES_FN pf pf_load(const float *p) {
    pf r;
    memcpy(&r, p, sizeof r);
    return r;
}
LANES_FN pf pf_gather(const float *p, pu i) {
    pf r;
    EACH_LANE r[l] = p[i[l]];
    return r;
}
LANES_FN void pf_store(float *p, pf a) { memcpy(p, &a, sizeof a); }
LANES_FN pf pf_add(pf a, pf b) { return a + b; }
LANES_FN pf pf_sub(pf a, pf b) { return a - b; }
LANES_FN pf pf_mul(pf a, pf b) { return a * b; }
#ifdef __FP_FAST_FMAF
LANES_FN
#else
static __attribute__((noinline, unused)) /* calls of libm: one copy of the loop is enough */
#endif
pf pf_fma(pf a, pf b, pf c) {
    pf r;
    EACH_LANE r[l] = fmaf(a[l], b[l], c[l]);
    return r;
}
LANES_FN pf pf_sqrt(pf a) {
    pf r;
    EACH_LANE r[l] = sqrtf(a[l]);
    return r;
}
LANES_FN pf pf_rcp(pf a) { return 1.0f / a; }
LANES_FN pm pf_gt(pf a, pf b) { return a > b; }
LANES_FN pf pf_select(pm m, pf a, pf b) { return (pf)((m & (pi)a) | (~m & (pi)b)); }
LANES_FN pf pf_where(pm m, pf a) { return (pf)(m & (pi)a); }
LANES_FN bool pf_any_nan(pf a) {
    bool any = false;
    for (int l = 0; l < PART_WIDTH; l++) any = any || a[l] != a[l];
    return any;
}
LANES_FN pf pf_min(pf a, pf b) { return pf_select(a < b, a, b); }
LANES_FN pf pf_max(pf a, pf b) { return pf_select(a > b, a, b); }

LANES_FN pu pu_set(uint32_t x) { return x - (pu){0}; }
LANES_FN pu pu_load(const uint32_t *p) {
    pu r;
    memcpy(&r, p, sizeof r);
    return r;
}
LANES_FN void pu_store(uint32_t *p, pu a) { memcpy(p, &a, sizeof a); }
LANES_FN pu pu_add(pu a, pu b) { return a + b; }
LANES_FN pu pu_sub(pu a, pu b) { return a - b; }
LANES_FN pu pu_and(pu a, pu b) { return a & b; }
LANES_FN pu pu_or(pu a, pu b) { return a | b; }
LANES_FN pu pu_xor(pu a, pu b) { return a ^ b; }
LANES_FN pu pu_shl(pu a, int n) { return a << n; }
LANES_FN pu pu_shr(pu a, int n) { return a >> n; }
LANES_FN pu pu_mul(pu a, uint32_t c) { return a * c; }
LANES_FN pm pu_eq(pu a, pu b) { return a == b; }
LANES_FN pm pu_less(pu a, pu b) { return a < b; }
LANES_FN pf pu_as_f(pu a) { return (pf)a; }
LANES_FN pu pf_as_u(pf a) { return (pu)a; }
LANES_FN pf pf_from_i(pu a) { return __builtin_convertvector((pi)a, pf); }
/* Halves convert exactly, as does the product, so the sum rounds once. */
LANES_FN pf pf_from_u(pu a) { return pf_from_i(a >> 16) * 65536.0f + pf_from_i(a & 0xffff); }
LANES_FN void pu_mul_wide(pu a, uint32_t c, pu *hi, pu *lo) {
    pu high;
    EACH_LANE high[l] = (uint32_t)(((uint64_t)a[l] * c) >> 32);
    *hi = high;
    *lo = a * c;
}

#include "engine/lanes_parts.h"

/* Two vectors with groups of 2 d lanes to one with groups of d: lane l plus lane l^d of each group of a, then of b. */
#if PART_WIDTH == 8
#define FOLD_4(a, b)                                                                                                           \
    (__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) + __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
#define FOLD_2(a, b)                                                                                                           \
    (__builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) + __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15))
#define FOLD_1(a, b)                                                                                                           \
    (__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) + __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15))
#else
#define FOLD_2(a, b) (__builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7))
#define FOLD_1(a, b) (__builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7))
#endif

/* Lane k is the sum of row k, added as a tree (l with l^8, ^4, ^2, ^1). */
LANES_FN vf vf_sum_rows(const float *rows) {
    vf r;
    for (int k = 0; k < PARTS; k++) {
        pf x[PART_WIDTH];
        for (int j = 0; j < PART_WIDTH; j++, rows += 16) {
#if PART_WIDTH == 8
            x[j] = pf_load(rows) + pf_load(rows + 8);
        }
        for (int j = 0; j < 4; j++) x[j] = FOLD_4(x[2 * j], x[2 * j + 1]);
#else
            x[j] = (pf_load(rows) + pf_load(rows + 8)) + (pf_load(rows + 4) + pf_load(rows + 12));
        }
#endif
        for (int j = 0; j < 2; j++) x[j] = FOLD_2(x[2 * j], x[2 * j + 1]);
        r.p[k] = FOLD_1(x[0], x[1]);
    }
    return r;
}

#endif
