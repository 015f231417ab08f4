/* cuBLASLt counts columns first, so that a row-major c = a b is its c' = b' a': its A is our b, its B our a, its rows our
 * columns. Reductions through the workspace alone are allowed: all of them have one order. */
#include "engine/ops_cuda_products.h"

#include "engine/cuda_libraries.h"
#include "engine/cuda_try.h"

#include <cublasLt.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the library */

#define CUBLASLT_FUNCTIONS(X)                                                                                                  \
    X(cublasLtCreate)                                                                                                          \
    X(cublasLtDestroy)                                                                                                         \
    X(cublasLtGetStatusName)                                                                                                   \
    X(cublasLtMatmul)                                                                                                          \
    X(cublasLtMatmulAlgoGetHeuristic)                                                                                          \
    X(cublasLtMatmulDescCreate)                                                                                                \
    X(cublasLtMatmulDescDestroy)                                                                                               \
    X(cublasLtMatmulDescSetAttribute)                                                                                          \
    X(cublasLtMatmulPreferenceCreate)                                                                                          \
    X(cublasLtMatmulPreferenceDestroy)                                                                                         \
    X(cublasLtMatmulPreferenceSetAttribute)                                                                                    \
    X(cublasLtMatrixLayoutCreate)                                                                                              \
    X(cublasLtMatrixLayoutDestroy)                                                                                             \
    X(cublasLtMatrixLayoutSetAttribute)

typedef struct {
#define MEMBER(name) __typeof__(&(name)) name;
    CUBLASLT_FUNCTIONS(MEMBER)
#undef MEMBER
} cublaslt;

#define NAME(name) #name,
static const char *const function_names[] = {CUBLASLT_FUNCTIONS(NAME)};
#undef NAME
enum { N_FUNCTIONS = sizeof function_names / sizeof *function_names };
_Static_assert(sizeof(cublaslt) == N_FUNCTIONS * sizeof(void *), "a name for each function");

static gt_status load(cublaslt *lt) {
    static const gt_cuda_library library = {
        .stem = "libcublasLt.so", .majors = {CUBLAS_VER_MAJOR}, .names = function_names, .n = N_FUNCTIONS};
    void *functions[N_FUNCTIONS];
    if (!gt_cuda_library_load(&library, functions))
        return gt_fail(
            GT_ERR_DEVICE,
            "cuBLASLt (libcublasLt.so.%d), which multiplies the matrices of wide layers, can't be loaded; install the "
            "CUDA toolkit or its package libcublas, or take --device cpu",
            CUBLAS_VER_MAJOR);
    memcpy(lt, functions, sizeof functions);
    return GT_OK;
}

/* ---------------------------------------------------------------- products that are known */

/* What an algorithm is chosen for. No gaps, so that keys compare with memcmp. */
typedef struct {
    int64_t m, n, k, n_runs, a_stride, b_stride, c_stride, bias_stride;
    int32_t a_transposed, b_transposed, epilogue, a_alignment, b_alignment, c_alignment;
} product_key;

typedef struct {
    product_key key;
    bool found;
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, c; /* ours */
    cublasLtMatmulAlgo_t algo;
} known_product;

enum { WORKSPACE_BYTES = 32 << 20, MAX_ALIGNMENT = 256 };

struct ops_products {
    cublaslt lt;
    cublasLtHandle_t handle;
    cublasLtMatmulPreference_t preference;
    cublasComputeType_t compute;
    cudaStream_t stream;
    void *workspace;
    known_product *known; /* [n_known] */
    size_t n_known, capacity;
};

size_t ops_products_bytes(void) { return WORKSPACE_BYTES; }

/* What the addresses of all runs are a multiple of. */
static int32_t alignment_of(const ops_matrix *matrix, size_t n_runs) {
    const uintptr_t all = (uintptr_t)matrix->at | (n_runs > 1 ? matrix->stride * sizeof(float) : 0) | MAX_ALIGNMENT;
    return (int32_t)(all & (~all + 1));
}

static product_key key_of(const ops_product *p) {
    return (product_key){.m = p->m,
                         .n = p->n,
                         .k = p->k,
                         .n_runs = (int64_t)p->n_runs,
                         .a_stride = (int64_t)p->a.stride,
                         .b_stride = (int64_t)p->b.stride,
                         .c_stride = (int64_t)p->c.stride,
                         .bias_stride = (int64_t)p->bias_stride,
                         .a_transposed = p->a.transposed,
                         .b_transposed = p->b.transposed,
                         .epilogue = (int32_t)p->epilogue,
                         .a_alignment = alignment_of(&p->a, p->n_runs),
                         .b_alignment = alignment_of(&p->b, p->n_runs),
                         .c_alignment = alignment_of(&p->c, p->n_runs)};
}

static void forget(const cublaslt *lt, known_product *known) {
    if (known->desc != NULL) lt->cublasLtMatmulDescDestroy(known->desc);
    if (known->a != NULL) lt->cublasLtMatrixLayoutDestroy(known->a);
    if (known->b != NULL) lt->cublasLtMatrixLayoutDestroy(known->b);
    if (known->c != NULL) lt->cublasLtMatrixLayoutDestroy(known->c);
}

/* ---------------------------------------------------------------- describing a product */

/* Sets the attribute of a description, unless something failed before. */
#define SET(error, lt, what, of, attribute, value)                                                                             \
    do {                                                                                                                       \
        if ((error) == CUBLAS_STATUS_SUCCESS)                                                                                  \
            (error) = (lt)->cublasLt##what##SetAttribute(of, attribute, &(value), sizeof(value));                              \
    } while (0)

/* A matrix of rows x columns as it is stored. */
static cublasStatus_t describe_matrix(const cublaslt *lt, int rows, int columns, size_t stride, size_t n_runs,
                                      cublasLtMatrixLayout_t *out) {
    const int32_t count = (int32_t)n_runs;
    const int64_t offset = (int64_t)stride;
    cublasStatus_t error = lt->cublasLtMatrixLayoutCreate(out, CUDA_R_32F, (uint64_t)columns, (uint64_t)rows, columns);
    SET(error, lt, MatrixLayout, *out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, count);
    SET(error, lt, MatrixLayout, *out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, offset);
    return error;
}

static cublasLtEpilogue_t epilogue_of(ops_epilogue epilogue) {
    switch (epilogue) {
    case OPS_BIAS:
        return CUBLASLT_EPILOGUE_BIAS;
    case OPS_RELU:
        return CUBLASLT_EPILOGUE_RELU_BIAS;
    case OPS_RELU_MASK:
        return CUBLASLT_EPILOGUE_RELU_AUX_BIAS;
    case OPS_MASK:
        return CUBLASLT_EPILOGUE_DRELU;
    case OPS_COLUMN_SUMS:
        return CUBLASLT_EPILOGUE_BGRADB;
    default:
        return CUBLASLT_EPILOGUE_DEFAULT;
    }
}

static bool has_bias(ops_epilogue epilogue) { return epilogue != OPS_PLAIN && epilogue != OPS_MASK; }

static bool has_mask(ops_epilogue epilogue) { return epilogue == OPS_RELU_MASK || epilogue == OPS_MASK; }

/* Where the vector and the bits of an epilogue are; the only things that change from call to call. */
static cublasStatus_t place_epilogue(const cublaslt *lt, cublasLtMatmulDesc_t desc, const ops_product *p) {
    cublasStatus_t error = CUBLAS_STATUS_SUCCESS;
    if (has_bias(p->epilogue)) SET(error, lt, MatmulDesc, desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, p->bias);
    if (has_mask(p->epilogue)) SET(error, lt, MatmulDesc, desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, p->mask);
    return error;
}

static cublasStatus_t describe(const ops_products *products, const ops_product *p, known_product *out) {
    const cublaslt *lt = &products->lt;
    const cublasLtEpilogue_t epilogue = epilogue_of(p->epilogue);
    const cublasOperation_t trans_a = p->b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                            trans_b = p->a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    const int64_t bias_stride = (int64_t)p->bias_stride, pitch = (int64_t)ops_mask_pitch(p->n), mask_stride = p->m * pitch;
    cublasStatus_t error = lt->cublasLtMatmulDescCreate(&out->desc, products->compute, CUDA_R_32F);
    SET(error, lt, MatmulDesc, out->desc, CUBLASLT_MATMUL_DESC_TRANSA, trans_a);
    SET(error, lt, MatmulDesc, out->desc, CUBLASLT_MATMUL_DESC_TRANSB, trans_b);
    SET(error, lt, MatmulDesc, out->desc, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    if (has_bias(p->epilogue)) SET(error, lt, MatmulDesc, out->desc, CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, bias_stride);
    if (has_mask(p->epilogue)) {
        SET(error, lt, MatmulDesc, out->desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, pitch);
        SET(error, lt, MatmulDesc, out->desc, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE, mask_stride);
    }
    if (error == CUBLAS_STATUS_SUCCESS) error = place_epilogue(lt, out->desc, p);
    if (error == CUBLAS_STATUS_SUCCESS)
        error =
            describe_matrix(lt, p->a.transposed ? p->k : p->m, p->a.transposed ? p->m : p->k, p->a.stride, p->n_runs, &out->a);
    if (error == CUBLAS_STATUS_SUCCESS)
        error =
            describe_matrix(lt, p->b.transposed ? p->n : p->k, p->b.transposed ? p->k : p->n, p->b.stride, p->n_runs, &out->b);
    if (error == CUBLAS_STATUS_SUCCESS) error = describe_matrix(lt, p->m, p->n, p->c.stride, p->n_runs, &out->c);
    return error;
}

/* What is described but has no algorithm stays as it is: a product that can't be. */
static void choose(const ops_products *products, known_product *known) {
    const cublaslt *lt = &products->lt;
    const product_key *key = &known->key;
    const uint32_t a = (uint32_t)key->b_alignment, b = (uint32_t)key->a_alignment, c = (uint32_t)key->c_alignment;
    cublasStatus_t error = CUBLAS_STATUS_SUCCESS;
    SET(error, lt, MatmulPreference, products->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, a);
    SET(error, lt, MatmulPreference, products->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, b);
    SET(error, lt, MatmulPreference, products->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, c);
    SET(error, lt, MatmulPreference, products->preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, c);
    cublasLtMatmulHeuristicResult_t result = {.state = CUBLAS_STATUS_NOT_SUPPORTED};
    int n = 0;
    if (error == CUBLAS_STATUS_SUCCESS)
        error = lt->cublasLtMatmulAlgoGetHeuristic(products->handle, known->desc, known->b, known->a, known->c, known->c,
                                                   products->preference, 1, &result, &n);
    known->found = error == CUBLAS_STATUS_SUCCESS && n > 0 && result.state == CUBLAS_STATUS_SUCCESS;
    known->algo = result.algo;
}

/* NULL: no memory, which then counts as no algorithm. */
static known_product *look_up(ops_products *products, const ops_product *p) {
    const product_key key = key_of(p);
    for (size_t i = 0; i < products->n_known; i++)
        if (memcmp(&products->known[i].key, &key, sizeof key) == 0) return &products->known[i];
    if (products->n_known == products->capacity) {
        const size_t capacity = products->capacity > 0 ? 2 * products->capacity : 64;
        known_product *more = realloc(products->known, capacity * sizeof *more);
        if (more == NULL) return NULL;
        products->known = more;
        products->capacity = capacity;
    }
    known_product *known = &products->known[products->n_known++];
    *known = (known_product){.key = key};
    if (describe(products, p, known) == CUBLAS_STATUS_SUCCESS) choose(products, known);
    return known;
}

/* ---------------------------------------------------------------- use */

static gt_status fail(const ops_products *products, cublasStatus_t error, const char *call) {
    return gt_fail(GT_ERR_CUDA, "%s: %s", call, products->lt.cublasLtGetStatusName(error));
}

gt_status ops_products_create(gt_precision precision, cudaStream_t stream, ops_products **out) {
    const cublasComputeType_t compute[] = {[GT_PRECISION_FP32] = CUBLAS_COMPUTE_32F,
                                           [GT_PRECISION_TF32] = CUBLAS_COMPUTE_32F_FAST_TF32,
                                           [GT_PRECISION_BF16] = CUBLAS_COMPUTE_32F_FAST_16BF};
    const uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE | CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE;
    const uint64_t workspace_bytes = WORKSPACE_BYTES;
    ops_products *products = calloc(1, sizeof *products);
    if (products == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for products");
    products->stream = stream;
    products->compute = compute[precision];
    gt_status status;
    cublasStatus_t error;
    GT_TRY_GOTO(load(&products->lt), cleanup);
    error = products->lt.cublasLtCreate(&products->handle);
    if (error != CUBLAS_STATUS_SUCCESS) {
        status = gt_fail(GT_ERR_DEVICE, "cuBLASLt does not work on this GPU (%s); take --device cpu",
                         products->lt.cublasLtGetStatusName(error));
        goto cleanup;
    }
    error = products->lt.cublasLtMatmulPreferenceCreate(&products->preference);
    SET(error, &products->lt, MatmulPreference, products->preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
        workspace_bytes);
    SET(error, &products->lt, MatmulPreference, products->preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, reductions);
    status = error == CUBLAS_STATUS_SUCCESS ? GT_OK : fail(products, error, "cublasLtMatmulPreferenceCreate");
    if (status == GT_OK) status = GT_CUDA_STATUS(cudaMalloc(&products->workspace, WORKSPACE_BYTES), "a workspace for cuBLASLt");
cleanup:
    if (status == GT_OK)
        *out = products;
    else
        ops_products_destroy(products);
    return status;
}

void ops_products_destroy(ops_products *products) {
    if (products == NULL) return;
    for (size_t i = 0; i < products->n_known; i++) forget(&products->lt, &products->known[i]);
    free(products->known);
    if (products->preference != NULL) products->lt.cublasLtMatmulPreferenceDestroy(products->preference);
    if (products->handle != NULL) products->lt.cublasLtDestroy(products->handle);
    (void)cudaFree(products->workspace);
    free(products);
}

bool ops_products_can(ops_products *products, const ops_product *product) {
    const known_product *known = look_up(products, product);
    return known != NULL && known->found;
}

gt_status ops_products_run(ops_products *products, const ops_product *p) {
    const known_product *known = look_up(products, p);
    const float one = 1.0f, zero = 0.0f;
    if (known == NULL || !known->found)
        return gt_fail(GT_ERR_DEVICE, "cuBLASLt has no product of %d x %d x %d for %zu runs on this GPU; take --device cpu",
                       p->m, p->n, p->k, p->n_runs);
    cublasStatus_t error = place_epilogue(&products->lt, known->desc, p);
    if (error == CUBLAS_STATUS_SUCCESS)
        error = products->lt.cublasLtMatmul(products->handle, known->desc, &one, p->b.at, known->b, p->a.at, known->a, &zero,
                                            p->c.at, known->c, p->c.at, known->c, &known->algo, products->workspace,
                                            WORKSPACE_BYTES, products->stream);
    return error == CUBLAS_STATUS_SUCCESS ? GT_OK : fail(products, error, "cublasLtMatmul");
}
