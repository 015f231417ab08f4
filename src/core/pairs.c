/* Pairs of points by blocks: centred copies in float, norms in double, products by BLAS. */
#include "core/pairs.h"

#include "core/status.h"

#include <cblas.h>
#include <float.h>
#include <stdlib.h>

enum { ROWS = 256, COLUMNS = 4096 }; /* of a block: 4 MB */

double gt_squared_distance(const float *a, const float *b, size_t d) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t c = 0; c < d; c++) {
        const double difference = (double)a[c] - (double)b[c];
        sum += difference * difference;
    }
    return sum;
}

/* Points less a centre. */
typedef struct {
    float *values; /* [n, d] */
    double *norms; /* [n] */
} centred_points;

static double *mean_of(gt_features x) {
    double *mean = calloc(x.d, sizeof *mean);
    if (mean == NULL) return NULL;
    for (size_t i = 0; i < x.n; i++)
        for (size_t c = 0; c < x.d; c++) mean[c] += (double)x.values[i * x.d + c];
    for (size_t c = 0; c < x.d; c++) mean[c] /= (double)x.n;
    return mean;
}

static bool centre(gt_features x, const double *at, centred_points *out) {
    out->values = malloc(x.n * x.d * sizeof *out->values);
    out->norms = malloc(x.n * sizeof *out->norms);
    if (out->values == NULL || out->norms == NULL) return false;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < x.n; i++) {
        double sum = 0;
        for (size_t c = 0; c < x.d; c++) {
            const float value = (float)((double)x.values[i * x.d + c] - at[c]);
            out->values[i * x.d + c] = value;
            sum += (double)value * (double)value;
        }
        out->norms[i] = sum;
    }
    return true;
}

static size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

/* products: room for a block */
static void visit_blocks(size_t n_rows, size_t n_columns, size_t d, const centred_points *a, const centred_points *b,
                         float *products, gt_pair_visitor visit, void *context) {
    const double tolerance = 1.01 * ((double)d + 6) * (FLT_EPSILON / 2), tiny = 4 * (double)d * (double)FLT_MIN;
    for (size_t i = 0; i < n_rows; i += ROWS)
        for (size_t j = 0; j < n_columns; j += COLUMNS) {
            const size_t rows = min_size(ROWS, n_rows - i), columns = min_size(COLUMNS, n_columns - j);
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)columns, (int)d, 1, a->values + i * d, (int)d,
                        b->values + j * d, (int)d, 0, products, COLUMNS);
#pragma omp parallel for schedule(dynamic, 8)
            for (size_t r = 0; r < rows; r++) {
                const gt_pair_row pairs = {.row = i + r,
                                           .first = j,
                                           .n = columns,
                                           .row_norm = a->norms[i + r],
                                           .column_norms = b->norms + j,
                                           .products = products + r * COLUMNS,
                                           .tolerance = tolerance,
                                           .tiny = tiny};
                visit(context, &pairs);
            }
        }
}

gt_status gt_visit_pairs(gt_features rows, gt_features columns, gt_pair_visitor visit, void *context) {
    const bool same = rows.values == columns.values && rows.n == columns.n;
    centred_points a = {0}, b = {0};
    double *mean = mean_of(rows); /* near the points, so that norms and with them bounds are small */
    float *products = malloc((size_t)ROWS * COLUMNS * sizeof *products);
    const bool fits = mean != NULL && products != NULL && centre(rows, mean, &a) && (same || centre(columns, mean, &b));
    if (fits) visit_blocks(rows.n, columns.n, rows.d, &a, same ? &a : &b, products, visit, context);
    free(mean);
    free(products);
    free(a.values);
    free(a.norms);
    free(b.values);
    free(b.norms);
    return fits ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for the neighbours of %zu and %zu points", rows.n, columns.n);
}
