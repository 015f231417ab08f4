/* private. Scores of points against the curve y = x^2 (docs/study.md): the arithmetic that core/metrics.c and the evaluation
 * kernel share, so that the same points give the same bits on every device. Plain C in double; only +, -, *, / and sqrt. */
#ifndef GT_KERNELS_SCORE_H
#define GT_KERNELS_SCORE_H

#include <math.h>
#include <stdint.h>

#ifdef __CUDACC__
#define SCORE_FN static __device__ __forceinline__
#else
#define SCORE_FN static inline
#endif

enum {
    SCORE_BINS = 20, /* of coverage */
    SCORE_PARTS = 32 /* a sum over samples is this many, part k over samples k, k + 32, ... in order; then part k plus part
                        k + 16 for k < 16, then + 8, + 4, + 2, + 1 */
};

SCORE_FN double score_residual(float x, float y) { return fabs((double)y - (double)x * (double)x); }

/* The bin of x, or -1 outside the domain [lo, hi]. */
SCORE_FN int score_bin(float x, double lo, double hi) {
    if ((double)x < lo || (double)x > hi) return -1;
    const int bin = (int)(((double)x - lo) * (SCORE_BINS / (hi - lo)));
    return bin < SCORE_BINS ? bin : SCORE_BINS - 1;
}

/* Whether a sample is good enough to count for coverage, and whether a bin with so many good ones of n samples is covered. */
SCORE_FN int score_is_good(double residual) { return residual < 0.03; }
SCORE_FN int score_is_covered(uint64_t n_good, uint64_t n) { return n_good * SCORE_BINS * 4 >= n; }

/* The rank (from 0) of the 95th percentile of n values. */
SCORE_FN uint64_t score_p95_rank(uint64_t n) { return (n * 95 + 99) / 100 - 1; }

/* What the i-th of n sorted x adds to the Wasserstein distance to the uniform distribution on [lo, hi]. */
SCORE_FN double score_displacement(float x, uint64_t i, uint64_t n, double lo, double hi) {
    return fabs((double)x - (lo + (hi - lo) * (((double)i + 0.5) / (double)n)));
}

/* Unsigned keys in the order of the floats; -0 just below +0. */
SCORE_FN uint32_t score_key_of_bits(uint32_t bits) { return bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u); }
SCORE_FN uint32_t score_bits_of_key(uint32_t key) { return key ^ (key >> 31 ? 0x80000000u : 0xffffffffu); }

/* Sum of the distances of a point to each of points[n, 2]: eight sums side by side. */
SCORE_FN double score_sum_distances(const float *point, const float *points, uint64_t n) {
    const double x = (double)point[0], y = (double)point[1];
    double sum[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    for (uint64_t i = 0; i < n; i += 8) {
        const int lanes = n - i < 8 ? (int)(n - i) : 8;
        for (int l = 0; l < lanes; l++) {
            const double dx = x - (double)points[2 * (i + (uint64_t)l)], dy = y - (double)points[2 * (i + (uint64_t)l) + 1];
            sum[l] += sqrt(dx * dx + dy * dy);
        }
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/* The energy distance (Szekely and Rizzo 2013), 2 E|X-Y| - E|X-X'| - E|Y-Y'|, from the sum over all pairs (x_i, y_j), and the
 * sum over pairs j < i within either set; means over pairs of different samples: without bias, so it can be a little below 0.
 */
SCORE_FN double score_energy(double between, double within, uint64_t n) {
    const double count = (double)n, pairs = count * count;
    return 2 * (between / pairs) - 2 * (within / (pairs - count));
}

#endif
