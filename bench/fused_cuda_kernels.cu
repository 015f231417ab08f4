/* The kernels of fused_cuda_kernels.h. */
#include "fused_cuda_kernels.h"

#include "kernels/fused_draw.cuh"
#define FUSED_NAME bench
#include "kernels/shapes/x2.h"
//
#include "kernels/fused_rows.cuh"

#ifndef GT_EMULATOR /* whose threadIdx cuRAND's header would declare anew */
#include <curand_kernel.h>
#endif

static __device__ __forceinline__ unsigned thread_number() { return blockIdx.x * blockDim.x + threadIdx.x; }

extern "C" __global__ void bench_peak(bench_args args) {
    float a[8];
    const float b = args.out[thread_number()], c = b;
    for (int k = 0; k < 8; k++) a[k] = b + static_cast<float>(k);
#pragma unroll 1
    for (unsigned r = 0; r < args.rounds; r++)
#pragma unroll
        for (int i = 0; i < PEAK_FMAS / 8; i++)
#pragma unroll
            for (int k = 0; k < 8; k++) a[k] = __fmaf_rn(a[k], b, c);
    float sum = 0.0f;
    for (int k = 0; k < 8; k++) sum += a[k];
    args.out[thread_number()] = sum;
}

template <int Kind> static __device__ __forceinline__ void draw(const bench_args &args) {
    const Draw from = draw_of(1, thread_number(), 0);
    float sum = 0.0f;
#pragma unroll 2
    for (unsigned r = 0; r < args.rounds; r++) {
        const float4 x = draw_block<Kind>(from, r);
        sum += (x.x + x.y) + (x.z + x.w);
    }
    args.out[thread_number()] = sum;
}

extern "C" __global__ void bench_normals(bench_args args) { draw<DRAW_NORMAL>(args); }
extern "C" __global__ void bench_uniforms(bench_args args) { draw<DRAW_UNIFORM>(args); }

#ifndef GT_EMULATOR
template <bool Normal> static __device__ __forceinline__ void draw_by_curand(const bench_args &args) {
    curandStatePhilox4_32_10_t state;
    curand_init(1, thread_number(), 0, &state);
    float sum = 0.0f;
#pragma unroll 2
    for (unsigned r = 0; r < args.rounds; r++) {
        const float4 x = Normal ? curand_normal4(&state) : curand_uniform4(&state);
        sum += (x.x + x.y) + (x.z + x.w);
    }
    args.out[thread_number()] = sum;
}

extern "C" __global__ void bench_curand_normals(bench_args args) { draw_by_curand<true>(args); }
extern "C" __global__ void bench_curand_uniforms(bench_args args) { draw_by_curand<false>(args); }
#endif

extern "C" __global__ void bench_adam(bench_args args) {
    const Adam adam = {-1e-3f, 1.0f};
    const float4 numbers = make_float4(0.9f, 0.999f, 1e-7f, 0.0f);
    float w[ADAM_UPDATES], m[ADAM_UPDATES], v[ADAM_UPDATES], zero = 0.0f, g = args.out[thread_number()];
    for (int k = 0; k < ADAM_UPDATES; k++) w[k] = g, m[k] = 0.0f, v[k] = 1.0f + static_cast<float>(k);
#pragma unroll 1
    for (unsigned r = 0; r < args.rounds; r++)
#pragma unroll
        for (int k = 0; k < ADAM_UPDATES; k++) adam_update<D>(adam, numbers, 0.0f, w[k], w[k], m[k], v[k], zero);
    for (int k = 0; k < ADAM_UPDATES; k++) zero += w[k];
    args.out[thread_number()] = zero;
}

extern "C" const bench_kernel bench_kernels[] = {
    {"fma_peak", "FMA/s", GT_KERNEL(bench_peak), PEAK_FMAS},
    {"normals", "normals/s", GT_KERNEL(bench_normals), DRAWN_NORMALS},
    {"uniforms", "uniforms/s", GT_KERNEL(bench_uniforms), DRAWN_UNIFORMS},
    {"adam", "updates/s", GT_KERNEL(bench_adam), ADAM_UPDATES},
#ifndef GT_EMULATOR
    {"normals_curand", "normals/s", GT_KERNEL(bench_curand_normals), DRAWN_NORMALS},
    {"uniforms_curand", "uniforms/s", GT_KERNEL(bench_curand_uniforms), DRAWN_UNIFORMS},
#endif
};
extern "C" const int n_bench_kernels = sizeof bench_kernels / sizeof bench_kernels[0];
