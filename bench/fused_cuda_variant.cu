/* The training kernel of the tutorial with one stage left out (BENCH_WITHOUT_...), or with approximate functions: the time that
 * is then missing is what the stage costs. Their results are worthless. */
#include "kernels/device.cuh"

#include <curand_philox4x32_x.h>

#ifdef BENCH_WITHOUT_RANDOM
static __device__ __forceinline__ uint4 bench_words(uint4 counter, uint2 key) {
    const unsigned x = counter.x * 0x9e3779b9u ^ counter.y ^ key.x;
    return make_uint4(x, x + key.y, x ^ counter.z, x);
}
static __device__ __forceinline__ void bench_pair(unsigned x, unsigned y, float *first, float *second) {
    *first = __uint_as_float((x >> 9) | 0x3f800000u);
    *second = __uint_as_float((y >> 9) | 0xbf800000u);
}
#define curand_Philox4x32_10 bench_words
#define exact_normal_pair    bench_pair
#endif

#include "kernels/shapes/x2.h"
//
#include "kernels/fused_rows.cuh"

#ifdef BENCH_WITHOUT_ADAM
template <class N>
static __device__ __forceinline__ float bench_adam(const Gan &gan, const Adam &adam, int first, float4 *state) {
    __syncwarp();
    if (first + gan.lane < N::quads && gan.alive) state[first + gan.lane].x = gan.rows[gan.lane].x * adam.minus_step;
    __syncwarp();
    return 0.0f;
}
#define adam_quads bench_adam
#endif

#include "kernels/fused.cu"
