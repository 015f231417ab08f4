/* Scores of generated points against a target, as docs/study.md defines them.
 *
 * The arithmetic is that of kernels/score.h, so the same points give the same bits on every machine and device. The caller
 * lends the memory. */
#include "core/metrics.h"

#include "core/order.h"

#include <float.h>
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

static bool all_finite(const float *values, size_t n) {
    int n_others = 0;
    for (size_t i = 0; i < n; i++) n_others |= !(fabsf(values[i]) <= FLT_MAX);
    return n_others == 0;
}

/* ---------------------------------------------------------------- functions */

/* Samples that are scored side by side, one for each part of a sum: loops over them are written for compilers to vectorise. */
enum { BLOCK = SCORE_PARTS };

static int block_at(size_t i, size_t n) { return n - i < BLOCK ? (int)(n - i) : BLOCK; }

static void residuals_of(const score_target *target, const float *points, int n, double *residuals) {
    const score_target square = {.kind = SCORE_SQUARE};
    if (target->kind == SCORE_SQUARE)
        for (int k = 0; k < n; k++) residuals[k] = score_residual(&square, points[2 * k], points[2 * k + 1]);
    else
        for (int k = 0; k < n; k++) residuals[k] = score_residual(target, points[2 * k], points[2 * k + 1]);
}

/* Of residuals given by the bits of floats. */
static double percentile_95(uint32_t *keys, uint32_t *spare, size_t n, double mean) {
    const float often_below = (float)(1.5 * mean); /* 10 to 30 % of the residuals are above it, as a rule */
    uint32_t guess;
    memcpy(&guess, &often_below, sizeof guess);
    const uint32_t key = gt_select_key(keys, spare, n, score_p95_rank(n), guess);
    float residual;
    memcpy(&residual, &key, sizeof residual);
    return (double)residual;
}

/* resid_mean, resid_p95, support and coverage. */
static void score_shape(const score_target *target, const float *points, size_t n, uint32_t *keys, uint32_t *spare,
                        gt_metrics *row) {
    const double lo = target->lo, hi = target->hi, good_below = target->good_below;
    enum { COPIES = 4 };                         /* of the counts: the next sample needn't wait for the last */
    size_t good[1 + SCORE_BINS][COPIES] = {{0}}; /* [0]: those that are not good, or outside */
    part_sum sum = {{0}}, inside = {{0}};
    for (size_t i = 0; i < n; i += BLOCK) {
        const int m = block_at(i, n);
        double x[BLOCK], residuals[BLOCK];
        float rounded[BLOCK];
        int bins[BLOCK];
        for (int k = 0; k < m; k++) x[k] = (double)points[2 * (i + (size_t)k)];
        residuals_of(target, points + 2 * i, m, residuals);
        for (int k = 0; k < m; k++) sum.part[k] += residuals[k];
        for (int k = 0; k < m; k++) inside.part[k] += (x[k] >= lo) & (x[k] <= hi) ? 1.0 : 0.0;
        for (int k = 0; k < m; k++) x[k] = residuals[k] < good_below ? x[k] : (double)-INFINITY;
        for (int k = 0; k < m; k++) bins[k] = score_bin(x[k], lo, hi);
        for (int k = 0; k < m; k++) good[1 + bins[k]][k % COPIES]++;
        for (int k = 0; k < m; k++) rounded[k] = (float)residuals[k];
        memcpy(keys + i, rounded, (size_t)m * sizeof *keys); /* bits of floats from 0 up are in their order */
    }
    row->resid_mean = total(&sum) / (double)n;
    row->support = total(&inside) / (double)n;
    row->coverage = 0;
    for (int b = 1; b <= SCORE_BINS; b++)
        row->coverage += score_is_covered(good[b][0] + good[b][1] + good[b][2] + good[b][3], n);
    row->resid_p95 = percentile_95(keys, spare, n, row->resid_mean);
}

/* w1_x and std_x. */
static void score_marginal(const score_target *target, const float *points, size_t n, float *x, float *spare, gt_metrics *row) {
    const double count = (double)n, lo = target->lo, hi = target->hi;
    part_sum sum = {{0}}, squares = {{0}}, distance = {{0}};
    for (size_t i = 0; i < n; i += BLOCK) {
        const int m = block_at(i, n);
        for (int k = 0; k < m; k++) x[i + (size_t)k] = points[2 * (i + (size_t)k)];
        for (int k = 0; k < m; k++) sum.part[k] += (double)x[i + (size_t)k];
    }
    const double mean = total(&sum) / count;
    gt_sort_floats(x, spare, n);
    for (size_t i = 0; i < n; i += BLOCK) {
        const int m = block_at(i, n);
        const double first = (double)i;
        for (int k = 0; k < m; k++) {
            const double off = (double)x[i + (size_t)k] - mean;
            squares.part[k] += off * off;
        }
        for (int k = 0; k < m; k++) distance.part[k] += score_displacement(x[i + (size_t)k], first + k, count, lo, hi);
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

/* A row of points from which on it pays to lay eight of them side by side. */
enum { WIDE = 16, SIDE = 8, POINTS_AT_ONCE = 64 };
typedef double eight __attribute__((vector_size(SIDE * sizeof(double))));

#if defined(GANTRY_X86) && !defined(__SANITIZE_ADDRESS__) /* which knows no resolvers */
#define FOR_EVERY_X86 __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EVERY_X86
#endif

/* score_sum_distances() of each of a[n, X] to b[n, X], or to those of b before it, added to sums[n]: the same sums in the same
 * order, eight distances at a time. */
FOR_EVERY_X86 static void add_distances(const float *a, const float *b, size_t n, int n_columns, bool before, double *sums) {
    static _Thread_local eight side[GT_MAX_WIDTH];
    const size_t columns = (size_t)n_columns;
    for (size_t i = 0; n_columns < WIDE && i < n; i++) sums[i] += sum_distances(a + columns * i, b, before ? i : n, n_columns);
    for (size_t first = 0; n_columns >= WIDE && first < n; first += POINTS_AT_ONCE) {
        const size_t end = first + POINTS_AT_ONCE < n ? first + POINTS_AT_ONCE : n;
        double sum[POINTS_AT_ONCE][SIDE] = {{0}};
        for (size_t j = 0; j < (before ? end : n); j += SIDE) {
            for (size_t l = 0; l < SIDE; l++)
                for (size_t c = 0; c < columns; c++) side[c][l] = (double)b[columns * (j + l < n ? j + l : n - 1) + c];
            for (size_t i = first; i < end; i++) {
                const size_t limit = before ? i : n;
                eight squared = {0};
                for (size_t c = 0; c < columns; c++) {
                    const eight d = (double)a[columns * i + c] - side[c];
                    squared += d * d;
                }
                for (size_t l = 0; l < SIDE && j + l < limit; l++) sum[i - first][l] += sqrt(squared[l]);
            }
        }
        for (size_t i = first; i < end; i++) {
            const double *s = sum[i - first];
            sums[i] += ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        }
    }
}

static double total_of(const double *sums, size_t n) {
    part_sum sum = {{0}};
    for (size_t i = 0; i < n; i++) add(&sum, i, sums[i]);
    return total(&sum);
}

/* energy and energy_coefficient of generated[n, X] and real[n, X]; sums: room for n. */
static void score_energies(const float *generated, const float *real, size_t n, int n_columns, double *sums, gt_metrics *row) {
    memset(sums, 0, n * sizeof *sums);
    add_distances(generated, real, n, n_columns, false, sums);
    const double between = total_of(sums, n);
    memset(sums, 0, n * sizeof *sums);
    add_distances(generated, generated, n, n_columns, true, sums);
    add_distances(real, real, n, n_columns, true, sums);
    row->energy = score_energy(between, total_of(sums, n), n);
    row->energy_coefficient = score_energy_coefficient(row->energy, between, n);
}

/* Sum of the squared distances of points[n, X] to their mean. */
static double squared_distances(const float *points, size_t n, int n_columns) {
    double mean[GT_MAX_WIDTH];
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
    if (target->kind == GT_TARGET_FUNCTION) {
        score_shape(&target->score, generated, n, scratch, (uint32_t *)scratch + n, row);
        score_marginal(&target->score, generated, n, scratch, (float *)scratch + n, row);
    } else if (target->kind == GT_TARGET_MIXTURE) {
        score_mixture(&target->score, generated, n, row);
    }
    if (n_energy < 2) return; /* one point has no pairs */
    score_energies(generated, real, n_energy, target->n_columns, scratch, row);
    row->spread = spread(generated, real, n_energy, target->n_columns);
}
