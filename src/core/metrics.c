/* Scores of generated points against a target, as docs/study.md defines them.
 *
 * The arithmetic is that of kernels/score.h, so the same points give the same bits on every machine and device. The caller
 * lends the memory. */
#include "core/metrics.h"

#include <math.h>
#include <string.h>

/* Sums in the parts of kernels/score.h. */
typedef struct {
    double part[SCORE_PARTS];
} part_sum;

static void add(part_sum *sum, size_t i, double value) { sum->part[i % SCORE_PARTS] += value; }

static double total(part_sum *sum) {
    for (int half = SCORE_PARTS / 2; half > 0; half /= 2)
        for (int k = 0; k < half; k++) sum->part[k] += sum->part[k + half];
    return sum->part[0];
}

static uint32_t key_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return score_key_of_bits(bits);
}

static float float_of(uint32_t key) {
    const uint32_t bits = score_bits_of_key(key);
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

static bool all_finite(const float *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i])) return false;
    return true;
}

/* ---------------------------------------------------------------- functions */

/* resid_mean, resid_p95, support and coverage. */
static void score_shape(const score_target *target, const float *points, size_t n, uint32_t *keys, uint32_t *spare,
                        gt_metrics *row) {
    size_t good[SCORE_BINS] = {0}, inside = 0;
    part_sum sum = {{0}};
    for (size_t i = 0; i < n; i++) {
        const double residual = score_residual(target, points[2 * i], points[2 * i + 1]);
        add(&sum, i, residual);
        keys[i] = key_of((float)residual);
        const int bin = score_bin(points[2 * i], target->lo, target->hi);
        if (bin < 0) continue;
        inside++;
        good[bin] += residual < target->good_below;
    }
    row->resid_mean = total(&sum) / (double)n;
    row->support = (double)inside / (double)n;
    row->coverage = 0;
    for (int b = 0; b < SCORE_BINS; b++) row->coverage += score_is_covered(good[b], n);
    sort_into(spare, keys, n);
    row->resid_p95 = (double)float_of(spare[score_p95_rank(n)]);
}

/* w1_x and std_x. */
static void score_marginal(const score_target *target, const float *points, size_t n, uint32_t *keys, uint32_t *spare,
                           gt_metrics *row) {
    const double count = (double)n;
    part_sum sum = {{0}}, squares = {{0}}, distance = {{0}};
    for (size_t i = 0; i < n; i++) {
        add(&sum, i, (double)points[2 * i]);
        keys[i] = key_of(points[2 * i]);
    }
    const double mean = total(&sum) / count;
    sort_into(spare, keys, n);
    for (size_t i = 0; i < n; i++) {
        const float x = float_of(spare[i]);
        add(&squares, i, ((double)x - mean) * ((double)x - mean));
        add(&distance, i, score_displacement(x, i, n, target->lo, target->hi));
    }
    row->std_x = sqrt(total(&squares) / count);
    row->w1_x = total(&distance) / count;
}

/* ---------------------------------------------------------------- mixtures */

static void score_mixture(const score_target *target, const float *points, size_t n, gt_metrics *row) {
    uint32_t nearest[SCORE_MAX_MODES] = {0}, high[SCORE_MAX_MODES] = {0};
    for (size_t i = 0; i < n; i++) {
        int is_high;
        const int mode = score_nearest_mode(target, points + 2 * i, &is_high);
        nearest[mode]++;
        high[mode] += is_high != 0;
    }
    const score_modes scores = score_mode_counts(nearest, high, target->n_modes, n);
    row->modes = scores.modes;
    row->hq = scores.hq;
    row->reverse_kl = scores.reverse_kl;
    row->jsd = scores.jsd;
}

/* ---------------------------------------------------------------- all kinds */

/* The compiler makes the usual case fast. */
static double sum_distances(const float *point, const float *points, size_t n, int n_columns) {
    return n_columns == 2 ? score_sum_distances(point, points, n, 2) : score_sum_distances(point, points, n, n_columns);
}

/* energy and energy_coefficient of generated[n, X] and real[n, X]. */
static void score_energies(const float *generated, const float *real, size_t n, int n_columns, gt_metrics *row) {
    const size_t columns = (size_t)n_columns;
    part_sum between_sum = {{0}}, within_sum = {{0}};
    for (size_t i = 0; i < n; i++) {
        const float *a = generated + columns * i, *b = real + columns * i;
        add(&between_sum, i, sum_distances(a, real, n, n_columns));
        add(&within_sum, i, sum_distances(a, generated, i, n_columns) + sum_distances(b, real, i, n_columns));
    }
    const double between = total(&between_sum);
    row->energy = score_energy(between, total(&within_sum), n);
    row->energy_coefficient = score_energy_coefficient(row->energy, between, n);
}

/* Sum of the squared distances of points[n, X] to their mean. */
static double squared_distances(const float *points, size_t n, int n_columns) {
    double mean[GT_MAX_COLUMNS];
    for (int c = 0; c < n_columns; c++) {
        part_sum sum = {{0}};
        for (size_t i = 0; i < n; i++) add(&sum, i, (double)points[i * (size_t)n_columns + (size_t)c]);
        mean[c] = total(&sum) / (double)n;
    }
    part_sum sum = {{0}};
    for (size_t i = 0; i < n; i++) add(&sum, i, score_squared_distance(points + i * (size_t)n_columns, mean, n_columns));
    return total(&sum);
}

static double spread(const float *generated, const float *real, size_t n, int n_columns) {
    const double of_real = squared_distances(real, n, n_columns);
    return of_real > 0 ? score_spread(squared_distances(generated, n, n_columns), of_real) : NAN;
}

/* ---------------------------------------------------------------- a row */

size_t gt_metrics_scratch_bytes(size_t n) { return 2 * n * sizeof(uint32_t); }

void gt_metrics_begin(const gt_target_model *target, size_t n, size_t n_energy, gt_metrics *row) {
    /* The empirical distribution of n uniforms is off by a Brownian bridge B over sqrt n (Donsker), and E|B(t)| =
     * sqrt(2 t (1 - t) / pi) integrates to sqrt(2 / pi) pi / 8 over [0, 1]. */
    const double mean_bridge = 0.31332853432887503;
    row->n_samples = (int)n;
    row->n_energy = (int)n_energy;
    row->acc_real = row->acc_fake = NAN;
    row->resid_mean = row->resid_p95 = row->w1_x = row->w1_x_floor = row->support = row->coverage = row->std_x = NAN;
    row->modes = row->hq = row->reverse_kl = row->jsd = NAN;
    row->energy = row->energy_coefficient = row->spread = NAN;
    if (target->kind == GT_TARGET_FUNCTION)
        row->w1_x_floor = (target->score.hi - target->score.lo) * mean_bridge / sqrt((double)n);
}

void gt_metrics_score(const gt_target_model *target, const float *generated, size_t n, const float *real, size_t n_energy,
                      void *scratch, gt_metrics *row) {
    if (!all_finite(generated, n * (size_t)target->n_columns)) return;
    uint32_t *keys = scratch, *spare = keys + n;
    if (target->kind == GT_TARGET_FUNCTION) {
        score_shape(&target->score, generated, n, keys, spare, row);
        score_marginal(&target->score, generated, n, keys, spare, row);
    } else if (target->kind == GT_TARGET_MIXTURE) {
        score_mixture(&target->score, generated, n, row);
    }
    if (n_energy < 2) return; /* one point has no pairs */
    score_energies(generated, real, n_energy, target->n_columns, row);
    row->spread = spread(generated, real, n_energy, target->n_columns);
}
