// kernels/exact.h as plain functions over arrays, n a multiple of 16, and the sums of a lanes header. Included inside a
// namespace, once for each lanes header.
#undef GT_KERNELS_EXACT_H
#include "kernels/exact.h"

inline void map(Function function, const float *x, size_t n, float *out) {
    for (size_t i = 0; i < n; i += 16) {
        vf a = vf_load(x + i), y = a;
        switch (function) {
        case EXP2:
            y = exact_exp2(a);
            break;
        case LOG:
            y = exact_log(a);
            break;
        case SIGMOID:
            y = exact_sigmoid(a);
            break;
        case TANH:
            y = exact_tanh(a);
            break;
        case SOFTPLUS:
            y = exact_softplus(a);
            break;
        case ELU:
            y = exact_elu(a);
            break;
        case COS_PI:
            y = exact_cos_pi(a);
            break;
        }
        vf_store(out + i, y);
    }
}

inline void normals(const uint32_t *x, const uint32_t *y, size_t n, float *first, float *second) {
    for (size_t i = 0; i < n; i += 16) {
        vf a, b;
        exact_normal_pair(vu_load(x + i), vu_load(y + i), &a, &b);
        vf_store(first + i, a);
        vf_store(second + i, b);
    }
}

inline void uniforms(const uint32_t *x, size_t n, float *out) {
    for (size_t i = 0; i < n; i += 16) vf_store(out + i, exact_uniform(vu_load(x + i)));
}

inline void truncated_normals(const uint32_t *x, size_t n, float *out) {
    for (size_t i = 0; i < n; i += 16) vf_store(out + i, exact_truncated_normal(vu_load(x + i)));
}

inline void sum_rows(const float *rows, float *out) { vf_store(out, vf_sum_rows(rows)); }

#undef LANES_FN
#undef PARTS
#undef PART_WIDTH
#undef PART_LANES
#undef EACH_LANE
#undef FOLD_4
#undef FOLD_2
#undef FOLD_1
#undef LIFT
#undef LIFT_1
#undef LIFT_2
#undef GT_ENGINE_LANES_PARTS_H
