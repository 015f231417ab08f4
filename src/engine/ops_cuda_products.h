/* private. Matrix products by cuBLASLt, for all runs at once, each with what follows it ("epilogue") where the library can do
 * that. It chooses the algorithm for a product once, by its heuristics; the same product then takes the same one. */
#ifndef GT_ENGINE_OPS_CUDA_PRODUCTS_H
#define GT_ENGINE_OPS_CUDA_PRODUCTS_H

#include "gantry/gantry.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What follows c = a b.
 *  PLAIN         nothing
 *  BIAS          + bias[n]
 *  RELU          + bias[n], max(., 0)
 *  RELU_MASK     the same, and which elements are above 0 to mask
 *  MASK          0 where the mask says so
 *  COLUMN_SUMS   bias[m] = the sums over k of a (stored transposed), the gradient of a bias */
typedef enum ops_epilogue { OPS_PLAIN, OPS_BIAS, OPS_RELU, OPS_RELU_MASK, OPS_MASK, OPS_COLUMN_SUMS } ops_epilogue;

/* A matrix of each run, row-major without gaps: run r's begins at at + r * stride. */
typedef struct ops_matrix {
    float *at;
    size_t stride;
    bool transposed; /* stored so */
} ops_matrix;

/* c[m, n] = a[m, k] b[k, n] of n_runs runs. */
typedef struct ops_product {
    ops_matrix a, b, c;
    int m, n, k;
    size_t n_runs;
    ops_epilogue epilogue;
    float *bias; /* of run r at bias + r * bias_stride */
    size_t bias_stride;
    void *mask; /* ops_mask_bytes() */
} ops_product;

/* The bit of element (i, j) is bit i * ops_mask_pitch(n) + j of the run's mask. */
static inline size_t ops_mask_pitch(int n) { return ((size_t)n + 127) / 128 * 128; }
static inline size_t ops_mask_bytes(int m, int n) { return (size_t)m * ops_mask_pitch(n) / 8; } /* of a run */

typedef struct ops_products ops_products;

/* On the current GPU, for work on one stream. GT_ERR_DEVICE: the library is not installed, or does not work here. */
gt_status ops_products_create(gt_precision precision, cudaStream_t stream, ops_products **out);
void ops_products_destroy(ops_products *products); /* NULL is fine */

/* Device memory that create takes. */
size_t ops_products_bytes(void);

/* Whether there is an algorithm for it: products that differ in `at`, bias and mask alone share the answer, where these are as
 * much aligned. */
bool ops_products_can(ops_products *products, const ops_product *product);

/* GT_ERR_DEVICE: there is none. */
gt_status ops_products_run(ops_products *products, const ops_product *product);

#ifdef __cplusplus
}
#endif
#endif
