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
typedef uint64_t pd __attribute__((vector_size(64 / PARTS)));
typedef pi pm; /* all bits of a lane set where it holds */

#define EACH_LANE _Pragma("GCC unroll 8") for (int l = 0; l < PART_WIDTH; l++)

LANES_FN pf pf_set(float x) { return x - (pf){0}; }
LANES_FN pf pf_load(const float *p) {
    pf r;
    memcpy(&r, p, sizeof r);
    return r;
}
LANES_FN void pf_store(float *p, pf a) { memcpy(p, &a, sizeof a); }
LANES_FN pf pf_add(pf a, pf b) { return a + b; }
LANES_FN pf pf_sub(pf a, pf b) { return a - b; }
LANES_FN pf pf_mul(pf a, pf b) { return a * b; }
LANES_FN pf pf_fma(pf a, pf b, pf c) {
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
LANES_FN pm pu_eq(pu a, pu b) { return a == b; }
LANES_FN pm pu_less(pu a, pu b) { return a < b; }
LANES_FN pf pu_as_f(pu a) { return (pf)a; }
LANES_FN pu pf_as_u(pf a) { return (pu)a; }
LANES_FN pf pf_from_i(pu a) { return __builtin_convertvector((pi)a, pf); }
/* Halves convert exactly, as does the product, so the sum rounds once. */
LANES_FN pf pf_from_u(pu a) { return pf_from_i(a >> 16) * 65536.0f + pf_from_i(a & 0xffff); }
LANES_FN void pu_mul_wide(pu a, uint32_t c, pu *hi, pu *lo) {
    const pd cc = c - (pd){0};
    pd even = ((pd)a & 0xffffffffu) * cc;
    pd odd = ((pd)a >> 32) * cc;
    *hi = (pu)((even >> 32) | (odd & ~(pd){0} << 32));
    *lo = (pu)((even & 0xffffffffu) | (odd << 32));
}

#include "engine/lanes_parts.h"

/* Lane k is the sum of row k, added as a tree (l with l^8, ^4, ^2, ^1): a transposition by pairs of rows. */
LANES_FN vf vf_sum_rows(const float *rows) {
    float x[16], sums[16];
    for (int k = 0; k < 16; k++) {
        const float *row = rows + 16 * (size_t)k;
        for (int l = 0; l < 8; l++) x[l] = row[l] + row[l + 8];
        for (int l = 0; l < 4; l++) x[l] = x[l] + x[l + 4];
        sums[k] = (x[0] + x[2]) + (x[1] + x[3]);
    }
    return vf_load(sums);
}

#endif
