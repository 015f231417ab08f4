/* private. Scores of points against a target (docs/study.md): the arithmetic that core/metrics.c and the evaluation kernel
 * share, so that the same points give the same bits on every device. Plain C in double; only +, -, *, /, sqrt and comparisons.
 * Points are in the units of the data. */
#ifndef GT_KERNELS_SCORE_H
#define GT_KERNELS_SCORE_H

#include "kernels/fused_recipe.h"

#include <math.h>
#include <stdint.h>

#ifdef __CUDACC__
#define SCORE_FN static __device__ __forceinline__
#else
#define SCORE_FN static inline
#endif

enum {
    SCORE_BINS = 20, /* of coverage */
    SCORE_MAX_MODES = 64,
    SCORE_PARTS = 32 /* a sum over samples is this many, part k over samples k, k + 32, ... in order; then part k plus part
                        k + 16 for k < 16, then + 8, + 4, + 2, + 1 */
};

enum score_kind {
    SCORE_SQUARE,   /* y = x^2, also outside the domain */
    SCORE_FUNCTION, /* y = f(x) */
    SCORE_MIXTURE,
    SCORE_OTHER /* by what all kinds have: energy and spread */
};

typedef struct score_target {
    int kind;           /* score_kind */
    int n_columns;      /* X */
    int n_modes;        /* MIXTURE: at most SCORE_MAX_MODES */
    double lo, hi;      /* SQUARE, FUNCTION: the domain */
    double good_below;  /* SQUARE, FUNCTION: residual of a good sample */
    double sigma;       /* MIXTURE: standard deviation of a mode, in each direction */
    const float *table; /* FUNCTION: cubics of f [FUSED_CURVE_SEGMENTS][4], coefficients from the constant one up;
                           MIXTURE: modes [n_modes][2]; in the memory of who scores */
} score_target;

/* ---------------------------------------------------------------- functions */

/* f(x), SQUARE and FUNCTION; the latter's x is clamped to the domain. */
SCORE_FN double score_function(const score_target *target, double x) {
    if (target->kind == SCORE_SQUARE) return x * x;
    double at = (x - target->lo) * (FUSED_CURVE_SEGMENTS / (target->hi - target->lo));
    if (at < 0) at = 0;
    if (at > FUSED_CURVE_SEGMENTS) at = FUSED_CURVE_SEGMENTS;
    const int segment = at < FUSED_CURVE_SEGMENTS ? (int)at : FUSED_CURVE_SEGMENTS - 1;
    const float *c = target->table + 4 * segment;
    const double r = at - segment;
    return (((double)c[3] * r + (double)c[2]) * r + (double)c[1]) * r + (double)c[0];
}

SCORE_FN double score_residual(const score_target *target, float x, float y) {
    return fabs((double)y - score_function(target, (double)x));
}

/* The bin of x, or -1 outside the domain [lo, hi]. Without a branch, for compilers that vectorise. */
SCORE_FN int score_bin(double x, double lo, double hi) {
    const double at = (x - lo) * (SCORE_BINS / (hi - lo)), last = SCORE_BINS - 1;
    const double of_domain = at < last ? at : last;
    return (int)((x >= lo) & (x <= hi) ? of_domain : -1.0);
}

/* Whether a bin with so many good ones of n samples is covered. */
SCORE_FN int score_is_covered(uint64_t n_good, uint64_t n) { return n_good * SCORE_BINS * 4 >= n; }

/* The rank (from 0) of the 95th percentile of n values. */
SCORE_FN uint64_t score_p95_rank(uint64_t n) { return (n * 95 + 99) / 100 - 1; }

/* What the sorted x of rank i, from 0, of n adds to the Wasserstein distance to the uniform distribution on [lo, hi]. */
SCORE_FN double score_displacement(float x, double i, double n, double lo, double hi) {
    return fabs((double)x - (lo + (hi - lo) * ((i + 0.5) / n)));
}

/* Unsigned keys in the order of the floats; -0 just below +0. */
SCORE_FN uint32_t score_key_of_bits(uint32_t bits) { return bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u); }
SCORE_FN uint32_t score_bits_of_key(uint32_t key) { return key ^ (key >> 31 ? 0x80000000u : 0xffffffffu); }

/* ---------------------------------------------------------------- mixtures */

/* The mode that is nearest to point[2], the first of equals; *high: whether it is within 3 sigma of it. */
SCORE_FN int score_nearest_mode(const score_target *target, const float *point, int *high) {
    const double x = (double)point[0], y = (double)point[1], reach = 3 * target->sigma;
    double nearest = 0;
    int mode = 0;
    for (int k = 0; k < target->n_modes; k++) {
        const double dx = x - (double)target->table[2 * k], dy = y - (double)target->table[2 * k + 1];
        const double squared = dx * dx + dy * dy;
        if (k > 0 && !(squared < nearest)) continue;
        nearest = squared;
        mode = k;
    }
    *high = nearest < reach * reach;
    return mode;
}

/* ln x for x from 2^-64 to 2^64; relative error below 4e-16. With x = 2^k m, m in [sqrt 1/2, sqrt 2]: ln x = k ln 2 +
 * 2 artanh s, s = (m - 1) / (m + 1), |s| < 0.172, and artanh's series s + s^3/3 + ... to s^21. */
SCORE_FN double score_log(double x) {
    const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33; /* k ln2_high is exact */
    double k = 0, series = 0;
    while (x > 0x1.6a09e667f3bcdp+0) {
        x *= 0.5;
        k += 1;
    }
    while (x < 0x1.6a09e667f3bcdp-1) {
        x *= 2;
        k -= 1;
    }
    const double s = (x - 1) / (x + 1), square = s * s;
    for (int n = 21; n > 1; n -= 2) series = (series + 2.0 / n) * square;
    return k * ln2_high + (k * ln2_low + (s * series + 2 * s));
}

/* p ln(p / q), 0 for p = 0. */
SCORE_FN double score_relative_entropy(double p, double q) { return p > 0 ? p * score_log(p / q) : 0; }

typedef struct score_modes {
    double modes, hq, reverse_kl, jsd;
} score_modes;

/* From the counts of n samples: those whose nearest mode is k, and those among them that are of high quality.
 * reverse_kl = sum p_k ln(p_k K); jsd = sum (q_k ln(q_k / m_k) + ln(1 / (K m_k)) / K) / 2 with m_k = (q_k + 1 / K) / 2, or ln 2
 * where no sample is of high quality; over the K modes in order. */
SCORE_FN score_modes score_mode_counts(const uint32_t *nearest, const uint32_t *high, int n_modes, uint64_t n) {
    const double uniform = 1.0 / n_modes;
    score_modes out = {0, 0, 0, 0};
    uint64_t n_high = 0;
    for (int k = 0; k < n_modes; k++) {
        out.modes += high[k] > 0;
        out.reverse_kl += score_relative_entropy((double)nearest[k] / (double)n, uniform);
        n_high += high[k];
    }
    out.hq = (double)n_high / (double)n;
    for (int k = 0; k < n_modes && n_high > 0; k++) {
        const double share = (double)high[k] / (double)n_high, middle = (share + uniform) / 2;
        out.jsd += score_relative_entropy(share, middle) + score_relative_entropy(uniform, middle);
    }
    out.jsd = n_high > 0 ? out.jsd / 2 : 0x1.62e42fefa39efp-1;
    return out;
}

/* ---------------------------------------------------------------- all kinds */

/* Squared distance of a point from another place, in the order of the columns. */
SCORE_FN double score_squared_distance(const float *point, const double *place, int n_columns) {
    double sum = 0;
    for (int c = 0; c < n_columns; c++) {
        const double d = (double)point[c] - place[c];
        sum += d * d;
    }
    return sum;
}

/* Sum of the distances of a point to each of points[n, X]: eight sums side by side. Fast where X is known to the compiler. */
SCORE_FN double score_sum_distances(const float *point, const float *points, uint64_t n, int n_columns) {
    const uint64_t columns = (uint64_t)n_columns;
    double sum[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    for (uint64_t i = 0; i < n; i += 8) {
        const int lanes = n - i < 8 ? (int)(n - i) : 8;
        for (int l = 0; l < lanes; l++) {
            const float *other = points + columns * (i + (uint64_t)l);
            double squared = 0;
            for (int c = 0; c < n_columns; c++) {
                const double d = (double)point[c] - (double)other[c];
                squared += d * d;
            }
            sum[l] += sqrt(squared);
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

/* Szekely and Rizzo's coefficient of inhomogeneity, energy / (2 E|X-Y|); 0 where all points are one. */
SCORE_FN double score_energy_coefficient(double energy, double between, uint64_t n) {
    const double count = (double)n;
    return between > 0 ? energy / (2 * (between / (count * count))) : 0;
}

/* From the sums of score_squared_distance() to the mean of generated points, and of as many real ones to theirs; does not exist
 * where the latter is 0. */
SCORE_FN double score_spread(double generated, double real) { return sqrt(generated / real); }

#endif
