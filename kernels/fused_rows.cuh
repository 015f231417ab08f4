/* private. Sums over the 16 lanes of a GAN, and Adam on what they give.
 *
 * A "row" is one partial sum a lane. Lanes write four rows at a time (a quad) into the row buffer; when it holds 16 quads, lane
 * l reads quad l of every lane, adds the lanes as a tree (l with l^8, ^4, ^2, ^1: the order of docs/numerics.md) and updates
 * the four parameters that stand at the same quad of the state. */
#ifndef GT_KERNELS_FUSED_ROWS_CUH
#define GT_KERNELS_FUSED_ROWS_CUH

#include "kernels/device.cuh"
#include "kernels/fused_gan.cuh"
#include "kernels/fused_setting.cuh"
#include "kernels/loss.h"

/* One GAN as its 16 lanes see it. */
struct Gan {
    float4 *rows; /* the row buffer, [16][FUSED_ROW_PITCH], and between its rows the setting (fused_setting.cuh) */
    int lane;     /* 0 to 15 */
    bool alive;   /* not frozen, and there is such a run */
};

/* Whether all 16 lanes of a GAN have met finite values only: zero is 0, and NaN in a lane that has not. Every lane calls. */
static __device__ __forceinline__ bool all_finite(float zero) {
    const unsigned half = 0xffffu << (threadIdx.x & 16);
    return (__ballot_sync(~0u, zero == 0.0f) & half) == half;
}

/* slot: of the buffer, 0 to 15 */
static __device__ __forceinline__ void put_quad(const Gan &gan, int slot, float4 value) {
    gan.rows[slot * FUSED_ROW_PITCH + gan.lane] = value;
}

/* What this lane has put there. */
static __device__ __forceinline__ float4 take_quad(const Gan &gan, int slot) {
    return gan.rows[slot * FUSED_ROW_PITCH + gan.lane];
}

static __device__ __forceinline__ float4 add_quads(float4 a, float4 b) {
    return make_float4(vf_add(a.x, b.x), vf_add(a.y, b.y), vf_add(a.z, b.z), vf_add(a.w, b.w));
}

/* The sum of this lane's quad over all lanes; valid after a __syncwarp() behind the last put_quad(). */
static __device__ __forceinline__ float4 sum_quads(const Gan &gan) {
    const float4 *q = gan.rows + gan.lane * FUSED_ROW_PITCH;
    float4 s[4];
#pragma unroll
    for (int k = 0; k < 4; k++) { /* 0, 2, 1, 3: what is added first is read first */
        const int l = k == 1 ? 2 : k == 2 ? 1 : k;
        s[k] = add_quads(add_quads(q[l], q[l + 8]), add_quads(q[l + 4], q[l + 12]));
    }
    return add_quads(add_quads(s[0], s[1]), add_quads(s[2], s[3]));
}

/* What changes from step to step. */
struct Adam {
    float minus_step;
    float shrink; /* lr weight_decay */
};

/* Update number `step` (from 0) of a net, in an iteration. */
template <class N>
static __device__ __forceinline__ Adam adam_of(const Gan &gan, const fused_steps &steps, unsigned long long step,
                                               unsigned iteration) {
    const unsigned since = static_cast<unsigned>(step) - steps.first, last = steps.n - 1;
    const unsigned row = since < last ? since : last; /* a frozen run's step may be any */
    const float table = N::is_discriminator ? SETTING(gan.rows, d_adam.table) : SETTING(gan.rows, g_adam.table);
    const size_t at = static_cast<size_t>(row) * steps.n_tables + __float_as_uint(table);
    Adam adam = {-steps.at[at], 0.0f};
    float factor = 1.0f;
    if constexpr (recipe.decay != FUSED_CONSTANT) {
        factor = decay_factor(recipe.decay, vf_from_u(iteration), SETTING(gan.rows, hyper.decay_rate),
                              SETTING(gan.rows, hyper.decay_scale), SETTING(gan.rows, hyper.decay_offset));
        adam.minus_step = vf_mul(adam.minus_step, factor);
    }
    if constexpr (recipe.weight_decay != 0)
        adam.shrink = vf_mul(
            N::is_discriminator ? SETTING(gan.rows, hyper.d_weight_decay) : SETTING(gan.rows, hyper.g_weight_decay), factor);
    return adam;
}

/* One parameter; zero becomes NaN where the new weight is not finite. numbers: beta1, beta2, eps. clip: where N::is_clipped. */
template <class N>
static __device__ __forceinline__ void adam_update(const Adam &adam, const float4 &numbers, float clip, float gradient,
                                                   float &w, float &m, float &v, float &zero) {
    m = vf_fma(numbers.x, m, gradient);
    if (fabsf(m) < 0x1p-100f) m = 0.0f;
    v = vf_min(vf_fma(numbers.y, v, vf_fma(gradient, gradient, 0x1p-90f)), 0x1p100f);
    if constexpr (recipe.weight_decay != 0) w = vf_fma(-adam.shrink, w, w);
    w = vf_fma(adam.minus_step, vf_mul(m, vf_rcp(vf_add(vf_sqrt(v), numbers.z))), w);
    zero = vf_fma(w, 0.0f, zero);
    if constexpr (N::is_clipped) w = vf_max(vf_min(w, clip), -clip);
}

/* Averaged weights after a step that gave w. */
static __device__ __forceinline__ float4 averaged(float rate, float4 e, float4 w) {
    return make_float4(vf_fma(rate, vf_sub(w.x, e.x), e.x), vf_fma(rate, vf_sub(w.y, e.y), e.y),
                       vf_fma(rate, vf_sub(w.z, e.z), e.z), vf_fma(rate, vf_sub(w.w, e.w), e.w));
}

/* The gradient is the sum itself (PAIR, STACK), or follows from the moments and the record (MOMENTS; the record of the output's
 * bias has the sum of dz in the place of S_b). */
template <class N> static __device__ __forceinline__ float4 gradient_of(float4 sum, float4 w, int quad) {
    if constexpr (N::kind != FUSED_MOMENTS) return sum;
    if (quad == N::n_hidden) return make_float4(0.0f, 0.0f, sum.z, 0.0f);
    return make_float4(vf_mul(w.w, sum.x), vf_mul(w.w, sum.y), vf_mul(w.w, sum.z),
                       vf_fma(w.y, sum.y, vf_fma(w.x, sum.x, vf_mul(w.z, sum.z))));
}

/* The buffer's quads, of which the first is quad `first` of the net, to an update of the net's state: w, behind it m', v', and
 * averaged weights where there are some. Every lane of the warp calls; ends with the state visible to all and the buffer free.
 * Returns zero as adam_update(). */
template <class N>
static __device__ __forceinline__ float adam_quads(const Gan &gan, const Adam &adam, int first, float4 *state) {
    float zero = 0.0f;
    const int quad = first + gan.lane;
    __syncwarp();
    if (quad < N::quads && gan.alive) {
        const float4 sum = sum_quads(gan), numbers = setting_quad(gan.rows, N::is_discriminator ? 0 : 1);
        const float clip = N::is_clipped ? SETTING(gan.rows, hyper.clip) : 0.0f;
        float4 w = state[quad], m = state[N::quads + quad], v = state[2 * N::quads + quad];
        const float4 g = gradient_of<N>(sum, w, quad);
        adam_update<N>(adam, numbers, clip, g.x, w.x, m.x, v.x, zero);
        adam_update<N>(adam, numbers, clip, g.y, w.y, m.y, v.y, zero);
        adam_update<N>(adam, numbers, clip, g.z, w.z, m.z, v.z, zero);
        adam_update<N>(adam, numbers, clip, g.w, w.w, m.w, v.w, zero);
        state[quad] = w;
        state[N::quads + quad] = m;
        state[2 * N::quads + quad] = v;
        const float ema_rate = N::is_averaged ? SETTING(gan.rows, hyper.ema_rate) : 0.0f;
        if constexpr (N::is_averaged) state[3 * N::quads + quad] = averaged(ema_rate, state[3 * N::quads + quad], w);
    }
    __syncwarp();
    return zero;
}

#endif
