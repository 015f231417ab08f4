/* private. The random numbers of one lane (kernels/streams.h says which): bits from cuRAND's Philox, which curand_init() would
 * yield for the same seed, stream and place, made into uniforms and normals by exact.h. */
#ifndef GT_KERNELS_FUSED_DRAW_CUH
#define GT_KERNELS_FUSED_DRAW_CUH

#include "kernels/device.cuh"
#include "kernels/draw.h"
#include "kernels/fused_shape.h"
#include "kernels/streams.h"

#ifdef GT_EMULATOR
#define QUALIFIERS static inline
#endif
#include <curand_philox4x32_x.h>

struct Draw {
    uint2 key;
    unsigned stream, iteration;
};

static __device__ __forceinline__ Draw draw_of(unsigned long long seed, unsigned stream, unsigned iteration) {
    return {make_uint2(static_cast<unsigned>(seed), static_cast<unsigned>(seed >> 32)), stream, iteration};
}

template <int Kind> static __device__ __forceinline__ float4 draw_block(const Draw &draw, unsigned block) {
    const uint4 w = curand_Philox4x32_10(make_uint4(block, draw.iteration, draw.stream, 0), draw.key);
    if constexpr (Kind == DRAW_NORMAL) {
        float4 x;
        exact_normal_pair(w.x, w.y, &x.x, &x.y);
        exact_normal_pair(w.z, w.w, &x.z, &x.w);
        return x;
    } else {
        return make_float4(draw_of_word(Kind, w.x), draw_of_word(Kind, w.y), draw_of_word(Kind, w.z), draw_of_word(Kind, w.w));
    }
}

/* Elements first .. first + N - 1 of a draw to out. Room for whole blocks is kept beside out where first is no multiple of 4.
 */
template <int Kind, int N>
static __device__ __forceinline__ void draw_elements(const Draw &draw, unsigned long long first, float (&out)[N]) {
    constexpr int n_blocks = (N + 6) / 4;
    const unsigned offset = static_cast<unsigned>(first & 3), block = static_cast<unsigned>(first >> 2);
    float y[4 * n_blocks];
#pragma unroll 2
    for (int b = 0; b < n_blocks; b++) {
        const float4 x = draw_block<Kind>(draw, block + b);
        y[4 * b] = x.x, y[4 * b + 1] = x.y, y[4 * b + 2] = x.z, y[4 * b + 3] = x.w;
    }
#pragma unroll(N <= 64 ? N : 1)
    for (int t = 0; t < N; t++) {
        out[t] = y[t];
        if (offset == 1) out[t] = y[t + 1];
        if (offset == 2) out[t] = y[t + 2];
        if (offset == 3) out[t] = y[t + 3];
    }
}

/* The same where first and N are multiples of 4 and N <= 64, through the lane's `room` in shared memory (its quads stand
 * FUSED_ROW_PITCH apart): so the loop need not be unrolled for out to stay in registers. */
template <int Kind, int N>
static __device__ __forceinline__ void draw_blocks(const Draw &draw, unsigned long long first, float4 *room, float (&out)[N]) {
    const unsigned block = static_cast<unsigned>(first >> 2);
#pragma unroll 1
    for (int b = 0; b < N / 4; b++) room[b * FUSED_ROW_PITCH] = draw_block<Kind>(draw, block + b);
#pragma unroll
    for (int b = 0; b < N / 4; b++) {
        const float4 x = room[b * FUSED_ROW_PITCH];
        out[4 * b] = x.x, out[4 * b + 1] = x.y, out[4 * b + 2] = x.z, out[4 * b + 3] = x.w;
    }
}

#endif
