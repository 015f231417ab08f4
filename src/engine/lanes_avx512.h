/* private. 16 lanes as one AVX-512 register (F, DQ). The operations that exact.h and fused_body.h are written in; each rounds
 * to nearest and flushes nothing. */
#ifndef GT_ENGINE_LANES_AVX512_H
#define GT_ENGINE_LANES_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LANES_FN static inline __attribute__((always_inline, unused))

typedef __m512 vf;
typedef __m512i vu;
typedef __mmask16 vm;

LANES_FN vf vf_set(float x) { return _mm512_set1_ps(x); }
LANES_FN vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
/* p[i] of each lane's i, below 2^31 */
LANES_FN vf vf_gather(const float *p, __m512i i) { return _mm512_i32gather_ps(i, p, 4); }
LANES_FN void vf_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
LANES_FN vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
LANES_FN vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
LANES_FN vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
LANES_FN vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
LANES_FN vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); } /* a < b ? a : b */
LANES_FN vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); } /* a > b ? a : b */
LANES_FN vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
LANES_FN vf vf_rcp(vf a) { return _mm512_div_ps(_mm512_set1_ps(1.0f), a); }

LANES_FN vm vf_gt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
LANES_FN vf vf_select(vm m, vf a, vf b) { return _mm512_mask_mov_ps(b, m, a); }
LANES_FN vf vf_where(vm m, vf a) { return _mm512_maskz_mov_ps(m, a); }
LANES_FN vf vf_fma_where(vm m, vf a, vf b, vf c) { return _mm512_mask3_fmadd_ps(a, b, c, m); }
LANES_FN vf vf_add_where(vm m, vf c, vf a) { return _mm512_mask_add_ps(c, m, c, a); }
LANES_FN bool vf_any_nan(vf a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q) != 0; }

LANES_FN vu vu_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
LANES_FN vu vu_load(const uint32_t *p) { return _mm512_loadu_si512(p); }
LANES_FN void vu_store(uint32_t *p, vu a) { _mm512_storeu_si512(p, a); }
LANES_FN vu vu_add(vu a, vu b) { return _mm512_add_epi32(a, b); }
LANES_FN vu vu_sub(vu a, vu b) { return _mm512_sub_epi32(a, b); }
LANES_FN vu vu_and(vu a, vu b) { return _mm512_and_si512(a, b); }
LANES_FN vu vu_or(vu a, vu b) { return _mm512_or_si512(a, b); }
LANES_FN vu vu_xor(vu a, vu b) { return _mm512_xor_si512(a, b); }
LANES_FN vu vu_shl(vu a, int n) { return _mm512_slli_epi32(a, (unsigned)n); }
LANES_FN vu vu_shr(vu a, int n) { return _mm512_srli_epi32(a, (unsigned)n); }
LANES_FN vu vu_mul(vu a, uint32_t c) { return _mm512_mullo_epi32(a, _mm512_set1_epi32((int)c)); }
LANES_FN vm vu_eq(vu a, vu b) { return _mm512_cmpeq_epi32_mask(a, b); }
LANES_FN vm vu_less(vu a, vu b) { return _mm512_cmplt_epu32_mask(a, b); }
LANES_FN vf vu_as_f(vu a) { return _mm512_castsi512_ps(a); }
LANES_FN vu vf_as_u(vf a) { return _mm512_castps_si512(a); }
LANES_FN vf vf_from_i(vu a) { return _mm512_cvtepi32_ps(a); }
LANES_FN vf vf_from_u(vu a) { return _mm512_cvtepu32_ps(a); }

/* 64-bit products of each lane with c: high and low words. */
LANES_FN void vu_mul_wide(vu a, uint32_t c, vu *hi, vu *lo) {
    const vu cc = _mm512_set1_epi64(c);
    vu even = _mm512_mul_epu32(a, cc);
    vu odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), cc);
    *hi = _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
    *lo = _mm512_mask_shuffle_epi32(even, 0xaaaa, odd, _MM_PERM_CCAA);
}

/* 16 rows of 16 lanes to one vector: lane k is the sum of row k, added as a tree (l with l^8, ^4, ^2, ^1). */
LANES_FN vf vf_sum_rows(const float *rows) {
    __m512 x[8], y[4], z[2];
    for (int k = 0; k < 8; k++) { /* rows a and a + 4; the halves of b are blended in from memory, which spares shuffles */
        int a = (k & 3) + 8 * (k >> 2);
        const double *pa = (const double *)(rows + 16 * (size_t)a), *pb = pa + 4 * 8;
        __m512d lo = _mm512_mask_broadcast_f64x4(_mm512_loadu_pd(pa), 0xf0, _mm256_loadu_pd(pb));
        __m512d hi = _mm512_mask_loadu_pd(_mm512_broadcast_f64x4(_mm256_loadu_pd(pa + 4)), 0xf0, pb);
        x[k] = _mm512_add_ps(_mm512_castpd_ps(lo), _mm512_castpd_ps(hi));
    }
    for (int k = 0; k < 4; k++)
        y[k] = _mm512_add_ps(_mm512_shuffle_f32x4(x[k], x[k + 4], 0x88), _mm512_shuffle_f32x4(x[k], x[k + 4], 0xdd));
    for (int k = 0; k < 2; k++)
        z[k] = _mm512_add_ps(_mm512_shuffle_ps(y[2 * k], y[2 * k + 1], 0x44), _mm512_shuffle_ps(y[2 * k], y[2 * k + 1], 0xee));
    return _mm512_add_ps(_mm512_shuffle_ps(z[0], z[1], 0x88), _mm512_shuffle_ps(z[0], z[1], 0xdd));
}

#endif
