/* private. 16 lanes as two AVX2 registers (AVX2, FMA). */
#ifndef GT_ENGINE_LANES_AVX2_H
#define GT_ENGINE_LANES_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LANES_FN static inline __attribute__((always_inline, unused))
#define PARTS    2

typedef __m256 pf;
typedef __m256i pu;
typedef __m256 pm; /* all bits of a lane set where it holds */

LANES_FN pf pf_set(float x) { return _mm256_set1_ps(x); }
LANES_FN pf pf_load(const float *p) { return _mm256_loadu_ps(p); }
LANES_FN pf pf_gather(const float *p, pu i) { return _mm256_i32gather_ps(p, i, 4); }
LANES_FN void pf_store(float *p, pf a) { _mm256_storeu_ps(p, a); }
LANES_FN pf pf_add(pf a, pf b) { return _mm256_add_ps(a, b); }
LANES_FN pf pf_sub(pf a, pf b) { return _mm256_sub_ps(a, b); }
LANES_FN pf pf_mul(pf a, pf b) { return _mm256_mul_ps(a, b); }
LANES_FN pf pf_fma(pf a, pf b, pf c) { return _mm256_fmadd_ps(a, b, c); }
LANES_FN pf pf_min(pf a, pf b) { return _mm256_min_ps(a, b); }
LANES_FN pf pf_max(pf a, pf b) { return _mm256_max_ps(a, b); }
LANES_FN pf pf_sqrt(pf a) { return _mm256_sqrt_ps(a); }
LANES_FN pf pf_rcp(pf a) { return _mm256_div_ps(_mm256_set1_ps(1.0f), a); }
LANES_FN pm pf_gt(pf a, pf b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
LANES_FN pf pf_select(pm m, pf a, pf b) { return _mm256_blendv_ps(b, a, m); }
LANES_FN pf pf_where(pm m, pf a) { return _mm256_and_ps(m, a); }
LANES_FN bool pf_any_nan(pf a) { return _mm256_movemask_ps(_mm256_cmp_ps(a, a, _CMP_UNORD_Q)) != 0; }

LANES_FN pu pu_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
LANES_FN pu pu_load(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)(const void *)p); }
LANES_FN void pu_store(uint32_t *p, pu a) { _mm256_storeu_si256((__m256i *)(void *)p, a); }
LANES_FN pu pu_add(pu a, pu b) { return _mm256_add_epi32(a, b); }
LANES_FN pu pu_sub(pu a, pu b) { return _mm256_sub_epi32(a, b); }
LANES_FN pu pu_and(pu a, pu b) { return _mm256_and_si256(a, b); }
LANES_FN pu pu_or(pu a, pu b) { return _mm256_or_si256(a, b); }
LANES_FN pu pu_xor(pu a, pu b) { return _mm256_xor_si256(a, b); }
LANES_FN pu pu_shl(pu a, int n) { return _mm256_slli_epi32(a, n); }
LANES_FN pu pu_shr(pu a, int n) { return _mm256_srli_epi32(a, n); }
LANES_FN pu pu_mul(pu a, uint32_t c) { return _mm256_mullo_epi32(a, _mm256_set1_epi32((int)c)); }
LANES_FN pm pu_eq(pu a, pu b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }
LANES_FN pm pu_less(pu a, pu b) {
    const pu flip = _mm256_set1_epi32(INT32_MIN);
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_xor_si256(b, flip), _mm256_xor_si256(a, flip)));
}
LANES_FN pf pu_as_f(pu a) { return _mm256_castsi256_ps(a); }
LANES_FN pu pf_as_u(pf a) { return _mm256_castps_si256(a); }
LANES_FN pf pf_from_i(pu a) { return _mm256_cvtepi32_ps(a); }
/* Halves convert exactly, so the fused sum rounds once. */
LANES_FN pf pf_from_u(pu a) {
    pf high = _mm256_cvtepi32_ps(_mm256_srli_epi32(a, 16));
    pf low = _mm256_cvtepi32_ps(_mm256_and_si256(a, _mm256_set1_epi32(0xffff)));
    return _mm256_fmadd_ps(high, _mm256_set1_ps(65536.0f), low);
}
LANES_FN void pu_mul_wide(pu a, uint32_t c, pu *hi, pu *lo) {
    const pu cc = _mm256_set1_epi64x(c);
    pu even = _mm256_mul_epu32(a, cc);
    pu odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), cc);
    *hi = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
    *lo = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

#include "engine/lanes_parts.h"

/* Lane k is the sum of row k, added as a tree (l with l^8, ^4, ^2, ^1). */
LANES_FN vf vf_sum_rows(const float *rows) {
    vf r;
    for (int h = 0; h < 2; h++, rows += 8 * 16) {
        pf x[8], y[4], z[2];
        for (int k = 0; k < 8; k++) x[k] = _mm256_add_ps(_mm256_loadu_ps(rows + 16 * k), _mm256_loadu_ps(rows + 16 * k + 8));
        for (int k = 0; k < 4; k++)
            y[k] = _mm256_add_ps(_mm256_permute2f128_ps(x[k], x[k + 4], 0x20), _mm256_permute2f128_ps(x[k], x[k + 4], 0x31));
        for (int k = 0; k < 2; k++)
            z[k] =
                _mm256_add_ps(_mm256_shuffle_ps(y[2 * k], y[2 * k + 1], 0x44), _mm256_shuffle_ps(y[2 * k], y[2 * k + 1], 0xee));
        r.p[h] = _mm256_add_ps(_mm256_shuffle_ps(z[0], z[1], 0x88), _mm256_shuffle_ps(z[0], z[1], 0xdd));
    }
    return r;
}

#endif
