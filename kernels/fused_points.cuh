/* private. Points of the target and of the generator, and D's logits, for S consecutive samples a lane: what training and
 * evaluation share. */
#ifndef GT_KERNELS_FUSED_POINTS_CUH
#define GT_KERNELS_FUSED_POINTS_CUH

#include "kernels/fused_draw.cuh"
#include "kernels/fused_moments.cuh"
#include "kernels/fused_pair.cuh"
#include "kernels/fused_stack.cuh"

/* Samples first to first + S - 1 of the target y = x^2. */
template <int S>
static __device__ __forceinline__ void target_points(const Draw &draw, unsigned long long first, float lo, float width,
                                                     float (&x)[2][S]) {
    float u[S];
    draw_elements<false>(draw, first, u);
    FOR_SLOTS (s) {
        x[0][s] = vf_fma(u[s], width, lo);
        x[1][s] = vf_mul(x[0][s], x[0][s]);
    }
}

/* Latents of samples first to first + S - 1, z[s * Z + i]. room: as for draw_blocks(), or NULL. */
template <int S>
static __device__ __forceinline__ void draw_latents(const Draw &draw, unsigned long long first, float4 *room,
                                                    float (&z)[S * LATENT]) {
    if constexpr (S * LATENT % 4 == 0 && S * LATENT <= 64) {
        if (room != nullptr) return draw_blocks<true>(draw, first * LATENT, room, z);
    }
    draw_elements<true>(draw, first * LATENT, z);
}

/* Latents as the columns that a FUSED_STACK generator reads. */
template <int S> struct Latents { float at[LATENT][S]; };

template <int S> static __device__ __forceinline__ void transpose(const float (&z)[S * LATENT], Latents<S> &out) {
#pragma unroll 1
    for (int i = 0; i < LATENT; i++)
        FOR_SLOTS (s) out.at[i][s] = z[s * LATENT + i];
}

/* Points of G. */
template <int S>
static __device__ __forceinline__ void generate(const float4 *g_state, float slope, const float (&z)[S * LATENT],
                                                float (&y)[2][S]) {
    if constexpr (G::kind == FUSED_PAIR) {
        pair_forward<false, S>(g_state, slope, z, y, {});
    } else {
        Latents<S> x;
        Units<G, S> outputs;
        transpose<S>(z, x);
        stack_forward<G, S>(g_state, slope, x.at, outputs);
        FOR_SLOTS (s)
            for (int o = 0; o < 2; o++) y[o][s] = outputs.at[G::n_units - 2 + o][s];
    }
}

/* D's logits. */
template <int S>
static __device__ __forceinline__ void discriminate(const float4 *d_state, float slope, const float (&x)[2][S], float (&z)[S]) {
    if constexpr (D::kind == FUSED_MOMENTS) {
        moments_forward<false, S>(d_state, slope, x, z, {});
    } else {
        Units<D, S> outputs;
        stack_forward<D, S>(d_state, slope, x, outputs);
        FOR_SLOTS (s) z[s] = outputs.at[D::n_units - 1][s];
    }
}

#endif
