/* Moments of features and the distance between them: products by BLAS, eigenvalues by LAPACK. */
#include "core/frechet.h"

#include "core/status.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 512 }; /* of features that are doubles at a time */

static gt_status no_memory(size_t d) { return gt_fail(GT_ERR_MEMORY, "no memory for the covariances of %zu features", d); }

/* ---------------------------------------------------------------- moments */

/* centred: room for [ROWS, d] */
static void add_covariance(gt_features x, const double *mean, double *centred, double *covariance) {
    const size_t d = x.d;
    for (size_t first = 0; first < x.n; first += ROWS) {
        const size_t rows = x.n - first < ROWS ? x.n - first : ROWS;
        for (size_t i = 0; i < rows; i++)
            for (size_t c = 0; c < d; c++) centred[i * d + c] = (double)x.values[(first + i) * d + c] - mean[c];
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)d, (int)rows, 1 / (double)(x.n - 1), centred, (int)d, 1,
                    covariance, (int)d);
    }
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < i; j++) covariance[i * d + j] = covariance[j * d + i];
}

gt_status gt_moments_of(gt_features features, gt_moments *out) {
    const size_t d = features.d;
    double *centred = malloc(ROWS * d * sizeof *centred);
    *out = (gt_moments){.n = features.n, .d = d};
    out->mean = calloc(d, sizeof *out->mean);
    out->covariance = calloc(d * d, sizeof *out->covariance);
    gt_status status = GT_OK;
    if (centred == NULL || out->mean == NULL || out->covariance == NULL) GT_TRY_GOTO(no_memory(d), cleanup);
    gt_features_mean(features, out->mean);
    add_covariance(features, out->mean, centred, out->covariance);
cleanup:
    free(centred);
    return status;
}

void gt_moments_free(gt_moments *moments) {
    free(moments->mean);
    free(moments->covariance);
    free(moments->root);
    *moments = (gt_moments){0};
}

/* ---------------------------------------------------------------- eigenvalues */

/* values[d] upwards of the symmetric matrix[d, d]; vectors: 'V' puts them into its columns, as Fortran has them, 'N' spoils it.
 */
static gt_status eigenvalues(char vectors, double *matrix, size_t d, double *values) {
    const lapack_int code = LAPACKE_dsyevd(LAPACK_COL_MAJOR, vectors, 'U', (lapack_int)d, matrix, (lapack_int)d, values);
    if (code == LAPACK_WORK_MEMORY_ERROR) return no_memory(d);
    if (code != 0) return gt_fail(GT_ERR_ARGUMENT, "LAPACK's dsyevd finds no eigenvalues of a covariance (%d)", (int)code);
    return GT_OK;
}

gt_status gt_moments_factor(gt_moments *m) {
    const size_t d = m->d;
    double *values = malloc(d * sizeof *values), *root = malloc(d * d * sizeof *root);
    gt_status status = GT_OK;
    if (values == NULL || root == NULL) GT_TRY_GOTO(no_memory(d), failed);
    memcpy(root, m->covariance, d * d * sizeof *root);
    GT_TRY_GOTO(eigenvalues('V', root, d, values), failed);
    for (size_t j = 0; j < d; j++) cblas_dscal((int)d, sqrt(fmax(values[j], 0)), root + j * d, 1);
    free(values);
    free(m->root);
    m->root = root;
    return GT_OK;
failed:
    free(values);
    free(root);
    return status;
}

static double trace(const gt_moments *m) {
    double sum = 0;
    for (size_t c = 0; c < m->d; c++) sum += m->covariance[c * m->d + c];
    return sum;
}

/* tr((R' S R)^(1/2)) */
static gt_status trace_of_root(const double *r, const double *s, size_t d, double *out) {
    const int n = (int)d;
    double *product = malloc(d * d * sizeof *product), *inner = malloc(d * d * sizeof *inner),
           *values = malloc(d * sizeof *values);
    gt_status status = GT_OK;
    if (product == NULL || inner == NULL || values == NULL) GT_TRY_GOTO(no_memory(d), cleanup);
    cblas_dsymm(CblasColMajor, CblasLeft, CblasUpper, n, n, 1, s, n, r, n, 0, product, n);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n, n, n, 1, r, n, product, n, 0, inner, n);
    GT_TRY_GOTO(eigenvalues('N', inner, d, values), cleanup);
    *out = 0;
    for (size_t c = 0; c < d; c++) *out += sqrt(fmax(values[c], 0));
cleanup:
    free(product);
    free(inner);
    free(values);
    return status;
}

gt_status gt_frechet_distance(const gt_moments *first, const gt_moments *second, double *out) {
    double of_root, means = 0;
    GT_TRY(trace_of_root(first->root, second->covariance, first->d, &of_root));
    for (size_t c = 0; c < first->d; c++) means += (first->mean[c] - second->mean[c]) * (first->mean[c] - second->mean[c]);
    *out = fmax(means + trace(first) + trace(second) - 2 * of_root, 0);
    return GT_OK;
}
