/* Pairs of points by blocks: centred copies in float, norms in double, products by BLAS, a block at a time for each thread. */
#include "core/pairs.h"

#include "core/status.h"

#include <cblas.h>
#include <float.h>
#include <omp.h>
#include <stdlib.h>

enum { ROWS = 128, COLUMNS = 1024, BLOCK = ROWS * COLUMNS }; /* half a megabyte: a core's own cache */

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

typedef struct {
    const centred_points *rows, *columns;
    size_t n_rows, n_columns, d;
    double tolerance, tiny;
    gt_pair_visitor visit;
    void *context;
} pairs_of;

/* Rows from `first` on with all columns. products: room for a block. */
static void visit_rows(const pairs_of *p, size_t first, float *products) {
    const size_t n = min_size(ROWS, p->n_rows - first), d = p->d;
    for (size_t j = 0; j < p->n_columns; j += COLUMNS) {
        const size_t columns = min_size(COLUMNS, p->n_columns - j);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)columns, (int)d, 1, p->rows->values + first * d,
                    (int)d, p->columns->values + j * d, (int)d, 0, products, COLUMNS);
        for (size_t r = 0; r < n; r++) {
            const gt_pair_row pairs = {.row = first + r,
                                       .first = j,
                                       .n = columns,
                                       .row_norm = p->rows->norms[first + r],
                                       .column_norms = p->columns->norms + j,
                                       .products = products + r * COLUMNS,
                                       .tolerance = p->tolerance,
                                       .tiny = p->tiny};
            p->visit(p->context, &pairs);
        }
    }
}

gt_status gt_visit_pairs(gt_features rows, gt_features columns, gt_pair_visitor visit, void *context) {
    const bool same = rows.values == columns.values && rows.n == columns.n;
    centred_points a = {0}, b = {0};
    const size_t n_threads = (size_t)omp_get_max_threads();
    double *mean = malloc(rows.d * sizeof *mean); /* near the points, so that norms and with them bounds are small */
    float *products = malloc(n_threads * BLOCK * sizeof *products);
    if (mean != NULL) gt_features_mean(rows, mean);
    const bool fits = mean != NULL && products != NULL && centre(rows, mean, &a) && (same || centre(columns, mean, &b));
    const pairs_of all = {&a,
                          same ? &a : &b,
                          rows.n,
                          columns.n,
                          rows.d,
                          .visit = visit,
                          .context = context,
                          .tolerance = 1.01 * ((double)rows.d + 6) * (FLT_EPSILON / 2),
                          .tiny = 4 * (double)rows.d * FLT_MIN};
    openblas_set_num_threads(1); /* products are divided here */
#pragma omp parallel for schedule(dynamic) num_threads(n_threads)
    for (size_t i = 0; i < (fits ? rows.n : 0); i += ROWS) visit_rows(&all, i, products + (size_t)omp_get_thread_num() * BLOCK);
    free(mean);
    free(products);
    free(a.values);
    free(a.norms);
    free(b.values);
    free(b.norms);
    return fits ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for the neighbours of %zu and %zu points", rows.n, columns.n);
}
