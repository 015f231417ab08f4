/* Scores of generated points against the curve y = x^2, as docs/study.md defines them.
 *
 * Sums are in double, in the order of the samples. Only +, -, *, / and sqrt are used, all correctly rounded, so the same
 * points give the same bits on every machine. The caller lends the memory. */
#include "core/metrics.h"

#include <math.h>
#include <string.h>

enum { BINS = 20 };                    /* of coverage */
static const double good_below = 0.03; /* residual of a sample that counts for coverage */

static double curve(double x) { return x * x; }

/* Unsigned keys in the order of the floats; -0 just below +0. */
static uint32_t key_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits ^ (bits >> 31 ? UINT32_MAX : UINT32_C(1) << 31);
}

static float float_of(uint32_t key) {
    uint32_t bits = key ^ (key >> 31 ? UINT32_C(1) << 31 : UINT32_MAX);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Radix sort, least significant digit first (Knuth, TAOCP 3, 5.2.5): three passes between keys[n] and spare[n], which holds
 * the result. */
static void sort_into(uint32_t *spare, uint32_t *keys, size_t n) {
    enum { DIGITS = 3, DIGIT_BITS = 11, BUCKETS = 1 << DIGIT_BITS };
    uint32_t next[DIGITS][BUCKETS] = {0};
    for (size_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++) next[d][keys[i] >> d * DIGIT_BITS & (BUCKETS - 1)]++;
    uint32_t *from = keys, *to = spare;
    for (int d = 0; d < DIGITS; d++) {
        uint32_t start = 0;
        for (int b = 0; b < BUCKETS; b++) {
            uint32_t count = next[d][b];
            next[d][b] = start;
            start += count;
        }
        for (size_t i = 0; i < n; i++) to[next[d][from[i] >> d * DIGIT_BITS & (BUCKETS - 1)]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
}

static bool all_finite(const float *points, size_t n) {
    for (size_t i = 0; i < 2 * n; i++)
        if (!isfinite(points[i])) return false;
    return true;
}

/* Sum of the distances of point to each of points[n, 2]: eight sums side by side, so that compilers may use vectors. */
static double sum_distances(const float *point, const float *points, size_t n) {
    const double x = point[0], y = point[1];
    double sum[8] = {0};
    for (size_t i = 0; i < n; i += 8) {
        size_t lanes = n - i < 8 ? n - i : 8;
        for (size_t l = 0; l < lanes; l++) {
            double dx = x - points[2 * (i + l)], dy = y - points[2 * (i + l) + 1];
            sum[l] += sqrt(dx * dx + dy * dy);
        }
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/* 2 E|X-Y| - E|X-X'| - E|Y-Y'| (Szekely and Rizzo 2013), each mean over pairs of different samples: without bias, so it can be
 * a little below 0. */
static double energy_distance(const float *a, const float *b, size_t n) {
    if (n < 2) return NAN;
    double between = 0, within = 0;
    for (size_t i = 0; i < n; i++) {
        between += sum_distances(a + 2 * i, b, n);
        within += sum_distances(a + 2 * i, a, i) + sum_distances(b + 2 * i, b, i);
    }
    double pairs = (double)n * (double)n;
    return 2 * (between / pairs) - 2 * (within / (pairs - (double)n));
}

/* resid_mean, resid_p95, support and coverage. */
static void score_shape(const gt_target_spec *target, const float *points, size_t n, uint32_t *keys, uint32_t *spare,
                        gt_metrics *row) {
    const double bins_per_x = BINS / (target->hi - target->lo);
    size_t good[BINS] = {0}, inside = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double x = points[2 * i], residual = fabs(points[2 * i + 1] - curve(x));
        sum += residual;
        keys[i] = key_of((float)residual);
        if (x < target->lo || x > target->hi) continue;
        inside++;
        int bin = (int)((x - target->lo) * bins_per_x);
        if (residual < good_below) good[bin < BINS ? bin : BINS - 1]++;
    }
    row->resid_mean = sum / (double)n;
    row->support = (double)inside / (double)n;
    row->coverage = 0;
    for (int b = 0; b < BINS; b++) row->coverage += good[b] * BINS * 4 >= n;
    sort_into(spare, keys, n);
    row->resid_p95 = float_of(spare[(n * 95 + 99) / 100 - 1]);
}

/* w1_x and std_x. */
static void score_marginal(const gt_target_spec *target, const float *points, size_t n, uint32_t *keys, uint32_t *spare,
                           gt_metrics *row) {
    const double count = (double)n, width = target->hi - target->lo;
    double sum = 0, squares = 0, distance = 0;
    for (size_t i = 0; i < n; i++) {
        sum += points[2 * i];
        keys[i] = key_of(points[2 * i]);
    }
    const double mean = sum / count;
    sort_into(spare, keys, n);
    for (size_t i = 0; i < n; i++) {
        double x = float_of(spare[i]);
        squares += (x - mean) * (x - mean);
        distance += fabs(x - (target->lo + width * (((double)i + 0.5) / count)));
    }
    row->std_x = sqrt(squares / count);
    row->w1_x = distance / count;
}

size_t gt_metrics_scratch_bytes(size_t n) { return 2 * n * sizeof(uint32_t); }

void gt_metrics_score(const gt_target_spec *target, const float *generated, size_t n, const float *real, size_t n_energy,
                      void *scratch, gt_metrics *row) {
    /* The empirical distribution of n uniforms is off by a Brownian bridge B over sqrt n (Donsker), and E|B(t)| =
     * sqrt(2 t (1 - t) / pi) integrates to sqrt(2 / pi) pi / 8 over [0, 1]. */
    const double mean_bridge = 0.31332853432887503;
    row->n_samples = (int)n;
    row->n_energy = (int)n_energy;
    row->w1_x_floor = (target->hi - target->lo) * mean_bridge / sqrt((double)n);
    row->resid_mean = row->resid_p95 = row->w1_x = row->support = row->coverage = row->std_x = row->energy = NAN;
    if (!all_finite(generated, n)) return;
    uint32_t *keys = scratch, *spare = keys + n;
    score_shape(target, generated, n, keys, spare, row);
    score_marginal(target, generated, n, keys, spare, row);
    if (n_energy > 0) row->energy = energy_distance(generated, real, n_energy);
}
