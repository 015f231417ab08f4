// cuBLASLt, as far as gantry uses it: float matrices in columns, strided batches, transposes, and the epilogues that add a
// bias, apply relu and write or read its mask, or sum the columns of B. Products are plain loops with sums in double. What is
// not here is refused: by the heuristic where the real one may refuse it too, else with an error.
#include "state.h"

#include <cublasLt.h>

#include <cmath>
#include <cstring>
#include <new>

namespace {

using emulator::library_objects;

// What the opaque handles point to.
struct Desc {
    cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
    cublasOperation_t trans_a = CUBLAS_OP_N, trans_b = CUBLAS_OP_N;
    cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    void *bias = nullptr, *aux = nullptr;
    int64_t bias_stride = 0, aux_ld = 0, aux_stride = 0;
};

struct Layout {
    uint64_t rows, columns;
    int64_t ld;
    int32_t batch = 1;
    int64_t stride = 0;
};

struct Preference {
    uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_MASK;
    uint64_t workspace = 0;
    uint32_t alignment[4] = {256, 256, 256, 256}; // of A, B, C, D
};

// What an algorithm was chosen for.
struct Algo {
    uint64_t magic;
    uint32_t epilogue;
    uint32_t alignment[4];
};
constexpr uint64_t algo_magic = 0x616c676f21;
static_assert(sizeof(Algo) <= sizeof(cublasLtMatmulAlgo_t));

template <class T, class Opaque> T *of(Opaque *handle) { return reinterpret_cast<T *>(handle); }

template <class T, class Handle, class... Args> cublasStatus_t make(Handle *out, Args... args) {
    if (!out) return CUBLAS_STATUS_INVALID_VALUE;
    *out = reinterpret_cast<Handle>(new T{args...});
    library_objects++;
    return CUBLAS_STATUS_SUCCESS;
}

template <class T, class Handle> cublasStatus_t destroy(Handle handle) {
    if (!handle) return CUBLAS_STATUS_SUCCESS;
    delete reinterpret_cast<T *>(handle);
    library_objects--;
    return CUBLAS_STATUS_SUCCESS;
}

template <class T> cublasStatus_t set(T &member, const void *value, size_t size) {
    if (!value || size != sizeof member) return CUBLAS_STATUS_INVALID_VALUE;
    memcpy(&member, value, size);
    return CUBLAS_STATUS_SUCCESS;
}

bool masks(cublasLtEpilogue_t e) { return e == CUBLASLT_EPILOGUE_RELU_AUX_BIAS || e == CUBLASLT_EPILOGUE_DRELU; }
bool biased(cublasLtEpilogue_t e) {
    return e == CUBLASLT_EPILOGUE_BIAS || e == CUBLASLT_EPILOGUE_RELU_BIAS || e == CUBLASLT_EPILOGUE_RELU_AUX_BIAS;
}

// op(matrix) is rows x columns, and every batch lies apart from the next.
bool fits(const Layout &l, cublasOperation_t op, uint64_t rows, uint64_t columns) {
    if (op == CUBLAS_OP_T) std::swap(rows, columns);
    return l.rows == rows && l.columns == columns && l.ld >= (int64_t)rows && l.batch >= 1;
}

cublasStatus_t check(const Desc &d, const Layout &a, const Layout &b, const Layout &c) {
    const uint64_t k = d.trans_a == CUBLAS_OP_T ? a.rows : a.columns;
    if (!fits(a, d.trans_a, c.rows, k) || !fits(b, d.trans_b, k, c.columns) || c.ld < (int64_t)c.rows)
        return CUBLAS_STATUS_INVALID_VALUE;
    if (a.batch != c.batch || b.batch != c.batch) return CUBLAS_STATUS_INVALID_VALUE;
    if (masks(d.epilogue) && (d.aux_ld % 128 != 0 || d.aux_ld < (int64_t)c.rows || d.aux_stride % 128 != 0))
        return CUBLAS_STATUS_INVALID_VALUE;
    if (c.batch > 1 && masks(d.epilogue) && d.aux_stride < d.aux_ld * (int64_t)c.columns) return CUBLAS_STATUS_INVALID_VALUE;
    const bool known = d.epilogue == CUBLASLT_EPILOGUE_DEFAULT || biased(d.epilogue) || d.epilogue == CUBLASLT_EPILOGUE_DRELU ||
                       d.epilogue == CUBLASLT_EPILOGUE_BGRADB;
    if (!known) return CUBLAS_STATUS_NOT_SUPPORTED;
    const bool more = masks(d.epilogue) || d.epilogue == CUBLASLT_EPILOGUE_BGRADB;
    return more && !emulator::settings().epilogues ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
}

bool aligned(const void *at, const Layout &l, uint32_t to) {
    return reinterpret_cast<uintptr_t>(at) % to == 0 && (l.batch == 1 || l.stride * sizeof(float) % to == 0);
}

// A factor as tensor cores take it: rounded to nearest, ties to even, to so many bits behind the point.
float rounded(float x, int bits) {
    uint32_t word;
    memcpy(&word, &x, sizeof word);
    const int drop = 23 - bits;
    if (drop == 0 || !std::isfinite(x)) return x;
    word += (1u << (drop - 1)) - 1 + (word >> drop & 1);
    word &= ~0u << drop;
    memcpy(&x, &word, sizeof x);
    return x;
}

int bits_of(cublasComputeType_t compute) {
    return compute == CUBLAS_COMPUTE_32F_FAST_TF32 ? 10 : compute == CUBLAS_COMPUTE_32F_FAST_16BF ? 7 : 23;
}

float element(const float *m, const Layout &l, cublasOperation_t op, uint64_t i, uint64_t j) {
    return op == CUBLAS_OP_T ? m[i * (uint64_t)l.ld + j] : m[j * (uint64_t)l.ld + i];
}

struct Product {
    Desc d;
    Layout la, lb, lc;
    const float *a, *b;
    float *c;
};

void bit(unsigned char *mask, uint64_t at, bool on) {
    mask[at / 8] = (unsigned char)((mask[at / 8] & ~(1u << at % 8)) | (on ? 1u << at % 8 : 0u));
}

void multiply(const Product &p, int32_t batch) {
    const float *a = p.a + batch * p.la.stride, *b = p.b + batch * p.lb.stride;
    float *c = p.c + batch * p.lc.stride, *bias = static_cast<float *>(p.d.bias) + batch * p.d.bias_stride;
    auto *mask = static_cast<unsigned char *>(p.d.aux) + batch * p.d.aux_stride / 8;
    const uint64_t depth = p.d.trans_a == CUBLAS_OP_T ? p.la.rows : p.la.columns;
    const int bits = bits_of(p.d.compute);
    for (uint64_t j = 0; j < p.lc.columns; j++) {
        double column_sum = 0;
        for (uint64_t k = 0; k < depth; k++) column_sum += element(b, p.lb, p.d.trans_b, k, j);
        if (p.d.epilogue == CUBLASLT_EPILOGUE_BGRADB) bias[j] = (float)column_sum;
        for (uint64_t i = 0; i < p.lc.rows; i++) {
            double sum = 0;
            for (uint64_t k = 0; k < depth; k++)
                sum += (double)rounded(element(a, p.la, p.d.trans_a, i, k), bits) *
                       (double)rounded(element(b, p.lb, p.d.trans_b, k, j), bits);
            float y = (float)sum;
            const uint64_t at = j * (uint64_t)p.d.aux_ld + i;
            if (biased(p.d.epilogue)) y += bias[i];
            if (p.d.epilogue == CUBLASLT_EPILOGUE_RELU_AUX_BIAS) bit(mask, at, y > 0);
            if (p.d.epilogue == CUBLASLT_EPILOGUE_RELU_AUX_BIAS || p.d.epilogue == CUBLASLT_EPILOGUE_RELU_BIAS)
                y = y > 0 ? y : 0.0f;
            if (p.d.epilogue == CUBLASLT_EPILOGUE_DRELU && !(mask[at / 8] >> at % 8 & 1)) y = 0.0f;
            c[j * (uint64_t)p.lc.ld + i] = y;
        }
    }
}

} // namespace

#define CUBLASLT_EMULATED                                                                                                      \
    const std::lock_guard<std::mutex> guard(emulator::lock());                                                                 \
    if (const cudaError_t fault = emulator::enter(__func__)) return (cublasStatus_t)fault

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
    CUBLASLT_EMULATED;
    if (emulator::settings().devices == 0) return CUBLAS_STATUS_NOT_INITIALIZED;
    return make<int>(handle, 0);
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    CUBLASLT_EMULATED;
    return destroy<int>(handle);
}

const char *cublasLtGetStatusName(cublasStatus_t status) {
    switch (status) {
    case CUBLAS_STATUS_SUCCESS:
        return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED:
        return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_INVALID_VALUE:
        return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_NOT_SUPPORTED:
        return "CUBLAS_STATUS_NOT_SUPPORTED";
    case CUBLAS_STATUS_EXECUTION_FAILED:
        return "CUBLAS_STATUS_EXECUTION_FAILED";
    default:
        return "CUBLAS_STATUS_UNKNOWN";
    }
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *desc, cublasComputeType_t compute, cudaDataType_t scale) {
    CUBLASLT_EMULATED;
    if (scale != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
    return make<Desc>(desc, compute);
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) {
    CUBLASLT_EMULATED;
    return destroy<Desc>(desc);
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute,
                                              const void *value, size_t size) {
    CUBLASLT_EMULATED;
    Desc &d = *of<Desc>(desc);
    switch (attribute) {
    case CUBLASLT_MATMUL_DESC_TRANSA:
        return set(d.trans_a, value, size);
    case CUBLASLT_MATMUL_DESC_TRANSB:
        return set(d.trans_b, value, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
        return set(d.epilogue, value, size);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
        return set(d.bias, value, size);
    case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE:
        return set(d.bias_stride, value, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER:
        return set(d.aux, value, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD:
        return set(d.aux_ld, value, size);
    case CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE:
        return set(d.aux_stride, value, size);
    default:
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type, uint64_t rows, uint64_t columns,
                                          int64_t ld) {
    CUBLASLT_EMULATED;
    if (type != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
    return make<Layout>(layout, rows, columns, ld);
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    CUBLASLT_EMULATED;
    return destroy<Layout>(layout);
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute,
                                                const void *value, size_t size) {
    CUBLASLT_EMULATED;
    Layout &l = *of<Layout>(layout);
    switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
        return set(l.batch, value, size);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
        return set(l.stride, value, size);
    default:
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
    CUBLASLT_EMULATED;
    return make<Preference>(preference);
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    CUBLASLT_EMULATED;
    return destroy<Preference>(preference);
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void *value,
                                                    size_t size) {
    CUBLASLT_EMULATED;
    Preference &p = *of<Preference>(preference);
    switch (attribute) {
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
        return set(p.workspace, value, size);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
        return set(p.reductions, value, size);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
        return set(p.alignment[0], value, size);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
        return set(p.alignment[1], value, size);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
        return set(p.alignment[2], value, size);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
        return set(p.alignment[3], value, size);
    default:
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t preference, int wanted,
                                              cublasLtMatmulHeuristicResult_t *results, int *n) {
    CUBLASLT_EMULATED;
    *n = 0;
    if (wanted < 1) return CUBLAS_STATUS_INVALID_VALUE;
    const Desc &d = *of<Desc>(desc);
    if (const cublasStatus_t error = check(d, *of<Layout>(a), *of<Layout>(b), *of<Layout>(c))) return error;
    Algo algo = {algo_magic, (uint32_t)d.epilogue, {}};
    memcpy(algo.alignment, of<Preference>(preference)->alignment, sizeof algo.alignment);
    results[0] = {};
    memcpy(&results[0].algo, &algo, sizeof algo);
    results[0].state = CUBLAS_STATUS_SUCCESS;
    *n = 1;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void *alpha, const void *a,
                              cublasLtMatrixLayout_t a_layout, const void *b, cublasLtMatrixLayout_t b_layout, const void *beta,
                              const void *c, cublasLtMatrixLayout_t c_layout, void *d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t *algo_given, void *workspace, size_t, cudaStream_t stream) {
    CUBLASLT_EMULATED;
    const Product p = {*of<Desc>(desc),        *of<Layout>(a_layout),         *of<Layout>(b_layout),
                       *of<Layout>(c_layout),  static_cast<const float *>(a), static_cast<const float *>(b),
                       static_cast<float *>(d)};
    Algo algo;
    if (!handle || !algo_given || !workspace || c != d || c_layout != d_layout) return CUBLAS_STATUS_INVALID_VALUE;
    if (*static_cast<const float *>(alpha) != 1 || *static_cast<const float *>(beta) != 0) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (const cublasStatus_t error = check(p.d, p.la, p.lb, p.lc)) return error;
    memcpy(&algo, algo_given, sizeof algo);
    if (algo.magic != algo_magic || algo.epilogue != (uint32_t)p.d.epilogue) return CUBLAS_STATUS_INVALID_VALUE;
    if (!aligned(a, p.la, algo.alignment[0]) || !aligned(b, p.lb, algo.alignment[1]) || !aligned(d, p.lc, algo.alignment[3]))
        return CUBLAS_STATUS_INVALID_VALUE;
    if ((biased(p.d.epilogue) || p.d.epilogue == CUBLASLT_EPILOGUE_BGRADB) && !p.d.bias) return CUBLAS_STATUS_INVALID_VALUE;
    if (masks(p.d.epilogue) && !p.d.aux) return CUBLAS_STATUS_INVALID_VALUE;
    if (emulator::check_stream(stream) != cudaSuccess) return CUBLAS_STATUS_EXECUTION_FAILED;
    emulator::put(stream, [p] {
        for (int32_t batch = 0; batch < p.lc.batch; batch++) multiply(p, batch);
    });
    return CUBLAS_STATUS_SUCCESS;
}
