/* private. Which run a block works on, and what becomes of an element of its arrays. */
#ifndef GT_KERNELS_LAYERED_RUNS_CUH
#define GT_KERNELS_LAYERED_RUNS_CUH

#include "kernels/device.cuh"
#include "kernels/fused_activation.cuh"
#include "kernels/layered_kernels.h"

/* The place of this block: its run, and its number among the run's blocks. */
struct Place {
    unsigned run, block;
};

static __device__ __forceinline__ Place place_of(const layered_runs &runs) {
    return {blockIdx.x / runs.blocks, blockIdx.x % runs.blocks};
}

static __device__ __forceinline__ bool frozen(const layered_runs &runs, unsigned run) { return runs.at[run].diverged != 0; }

static __device__ __forceinline__ const layered_setting &setting_of(const layered_runs &runs, unsigned run) {
    return runs.settings[runs.at[run].setting];
}

#define EACH_ACTIVATION(CASE)                                                                                                  \
    CASE(FUSED_RELU)                                                                                                           \
    CASE(FUSED_LEAKY_RELU)                                                                                                     \
    CASE(FUSED_TANH)                                                                                                           \
    CASE(FUSED_SIGMOID)                                                                                                        \
    CASE(FUSED_ELU)

static __device__ __forceinline__ float activate_any(int activation, float a, float slope) {
    switch (activation) {
#define CASE(kind)                                                                                                             \
    case kind:                                                                                                                 \
        return activate<kind>(a, slope);
        EACH_ACTIVATION(CASE)
#undef CASE
    default:
        return a;
    }
}

static __device__ __forceinline__ float activation_gradient_any(int activation, float g, float h, float slope) {
    switch (activation) {
#define CASE(kind)                                                                                                             \
    case kind:                                                                                                                 \
        return activation_gradient<kind>(g, h, slope);
        EACH_ACTIVATION(CASE)
#undef CASE
    default:
        return g;
    }
}

/* Finishes elements of one run. */
struct Finish {
    const float *bias, *h;
    int activation;
    float slope;

    /* at: of the element in its array */
    __device__ __forceinline__ float operator()(float y, size_t at, int column) const {
        if (bias != nullptr) y = vf_add(y, bias[column]);
        return h != nullptr ? activation_gradient_any(activation, y, h[at], slope) : activate_any(activation, y, slope);
    }
};

static __device__ __forceinline__ Finish finish_of(const layered_finish &finish, const layered_runs &runs, unsigned run) {
    const fused_hyper &hyper = setting_of(runs, run).hyper;
    return {finish.bias != nullptr ? finish.bias + run * finish.bias_stride : nullptr,
            finish.h != nullptr ? finish.h + run * finish.h_stride : nullptr, finish.activation,
            finish.is_g ? hyper.g_slope : hyper.d_slope};
}

#endif
