/* private. Activations, with the formulas of docs/numerics.md. */
#ifndef GT_KERNELS_FUSED_ACTIVATION_CUH
#define GT_KERNELS_FUSED_ACTIVATION_CUH

#include "kernels/device.cuh"
#include "kernels/fused_shape.h"

template <int Activation> static __device__ __forceinline__ float activate(float a, float slope) {
    if constexpr (Activation == FUSED_RELU) return vf_max(a, 0.0f);
    if constexpr (Activation == FUSED_LEAKY_RELU) return a > 0.0f ? a : vf_mul(a, slope);
    if constexpr (Activation == FUSED_TANH) return exact_tanh(a);
    if constexpr (Activation == FUSED_SIGMOID) return exact_sigmoid(a);
    if constexpr (Activation == FUSED_ELU) return exact_elu(a);
    return a;
}

/* g times the derivative, from the activation's output h. */
template <int Activation> static __device__ __forceinline__ float activation_gradient(float g, float h, float slope) {
    if constexpr (Activation == FUSED_RELU) return h > 0.0f ? g : 0.0f;
    if constexpr (Activation == FUSED_LEAKY_RELU) return h > 0.0f ? g : vf_mul(g, slope);
    if constexpr (Activation == FUSED_TANH) return vf_mul(g, vf_fma(-h, h, 1.0f));
    if constexpr (Activation == FUSED_SIGMOID) return vf_mul(g, vf_fma(-h, h, h));
    if constexpr (Activation == FUSED_ELU) return h > 0.0f ? g : vf_mul(g, vf_add(h, 1.0f));
    return g;
}

/* Loops over a lane's S samples leave no loop while their values fit the registers. */
#define FOR_SLOTS(s) _Pragma("unroll(S <= 8 ? S : 1)") for (int s = 0; s < S; s++)

/* Likewise over the columns of a point. */
#define FOR_COLUMNS(i) _Pragma("unroll(COLUMNS <= 4 ? COLUMNS : 1)") for (int i = 0; i < COLUMNS; i++)

#endif
