/* The Frechet distance extrapolated to infinitely many samples. */
#include "core/frechet.h"
#include "core/shuffle.h"
#include "core/status.h"

#include <stdlib.h>
#include <string.h>

/* The distance of the first n samples of an order. rows: room for [n, d] */
static gt_status distance_of(const gt_moments *reference, gt_features samples, const uint32_t *order, size_t n, float *rows,
                             double *out) {
    const gt_features subset = {rows, n, samples.d};
    gt_moments moments = {0};
    for (size_t i = 0; i < n; i++)
        memcpy(rows + i * samples.d, samples.values + order[i] * samples.d, samples.d * sizeof *rows);
    gt_status status = gt_moments_of(subset, &moments);
    if (status == GT_OK) status = gt_frechet_distance(reference, &moments, out);
    gt_moments_free(&moments);
    return status;
}

static gt_frechet_line line_through(const double *x, const double *y, size_t n) {
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < n; i++) mean_x += x[i] / (double)n, mean_y += y[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return (gt_frechet_line){.slope = xy / xx, .at_infinity = mean_y - xy / xx * mean_x};
}

gt_status gt_frechet_infinity(const gt_moments *reference, gt_features samples, uint64_t seed, gt_frechet_line *out) {
    const size_t n = samples.n, smallest = n / 10;
    double inverse[GT_FRECHET_POINTS], distance[GT_FRECHET_POINTS];
    if (n < GT_FRECHET_LEAST)
        return gt_fail(GT_ERR_ARGUMENT, "the Frechet distance of %zu samples can't be extrapolated; it takes at least %d", n,
                       GT_FRECHET_LEAST);
    gt_status status = GT_OK;
    uint32_t *order = malloc(n * sizeof *order);
    float *rows = malloc(n * samples.d * sizeof *rows);
    if (order == NULL || rows == NULL) GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory for subsets of %zu samples", n), cleanup);
    for (uint32_t i = 0; i < GT_FRECHET_POINTS; i++) {
        const size_t size = smallest + (n - smallest) * i / (GT_FRECHET_POINTS - 1);
        inverse[i] = 1 / (double)size;
        GT_TRY_GOTO(gt_shuffle(seed, i + 1, order, n), cleanup);
        GT_TRY_GOTO(distance_of(reference, samples, order, size, rows, &distance[i]), cleanup);
    }
    *out = line_through(inverse, distance, GT_FRECHET_POINTS);
    out->smallest = smallest;
    out->n_points = GT_FRECHET_POINTS;
cleanup:
    free(order);
    free(rows);
    return status;
}
