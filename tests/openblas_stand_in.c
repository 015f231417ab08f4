/* In OpenBLAS' place where there is none (aarch64_test.sh), for programs that don't train with the layered engine. */
#include <cblas.h>
#include <stdlib.h>

void openblas_set_num_threads(int n) { (void)n; }
char *openblas_get_corename(void) { abort(); }

void cblas_sgemm(OPENBLAS_CONST enum CBLAS_ORDER order, OPENBLAS_CONST enum CBLAS_TRANSPOSE a_trans,
                 OPENBLAS_CONST enum CBLAS_TRANSPOSE b_trans, OPENBLAS_CONST blasint m, OPENBLAS_CONST blasint n,
                 OPENBLAS_CONST blasint k, OPENBLAS_CONST float alpha, OPENBLAS_CONST float *a, OPENBLAS_CONST blasint lda,
                 OPENBLAS_CONST float *b, OPENBLAS_CONST blasint ldb, OPENBLAS_CONST float beta, float *c,
                 OPENBLAS_CONST blasint ldc) {
    (void)order, (void)a_trans, (void)b_trans, (void)m, (void)n, (void)k, (void)alpha, (void)a, (void)lda, (void)b, (void)ldb;
    (void)beta, (void)c, (void)ldc;
    abort();
}
