/* private. Points of the target and of the generator, and D's logits, for S consecutive samples a lane: what training and
 * evaluation share. */
#ifndef GT_KERNELS_FUSED_POINTS_CUH
#define GT_KERNELS_FUSED_POINTS_CUH

#include "kernels/fused_draw.cuh"
#include "kernels/fused_moments.cuh"
#include "kernels/fused_pair.cuh"
#include "kernels/fused_stack.cuh"

/* Samples first to first + S - 1 of the target: a word each of one draw, COLUMNS normals each of another. */
template <int S>
static __device__ __forceinline__ void target_points(const Draw &draw, const Draw &noise, unsigned long long first,
                                                     const fused_table &table, float (&x)[COLUMNS][S]) {
    if constexpr (recipe.target == FUSED_SQUARE) {
        float u[S];
        draw_elements<DRAW_UNIFORM>(draw, first, u);
        FOR_SLOTS (s) {
            x[0][s] = vf_fma(u[s], table.numbers.width, table.numbers.lo);
            x[1][s] = vf_mul(x[0][s], x[0][s]);
        }
    } else {
        float words[S];
        draw_elements<DRAW_WORD>(draw, first, words);
        FOR_SLOTS (s) {
            const unsigned word = __float_as_uint(words[s]);
            if constexpr (recipe.target == FUSED_CURVE) {
                const float r = exact_uniform(word << 10);
                const float4 *cubics = reinterpret_cast<const float4 *>(table.at) + (word >> 22) * COLUMNS;
                FOR_COLUMNS (i) {
                    const float4 c = __ldg(cubics + i);
                    x[i][s] = vf_fma(vf_fma(vf_fma(c.w, r, c.z), r, c.y), r, c.x);
                }
            } else {
                const float *row = table.at + static_cast<size_t>(__umulhi(word, table.n_rows)) * COLUMNS;
                FOR_COLUMNS (i) x[i][s] = __ldg(row + i);
            }
        }
    }
    if constexpr (recipe.target_noise != 0) {
        float normals[S * COLUMNS];
        draw_elements<DRAW_NORMAL>(noise, first * COLUMNS, normals);
        FOR_SLOTS (s)
            FOR_COLUMNS (i) x[i][s] = vf_fma(table.numbers.noise[i], normals[s * COLUMNS + i], x[i][s]);
    }
}

/* Latents of samples first to first + S - 1, z[s * Z + i]. Whole: the first of them always begins a block of random numbers.
 * room: as for draw_blocks(), or NULL. */
template <int S, bool Whole>
static __device__ __forceinline__ void draw_latents(const Draw &draw, unsigned long long first, float4 *room,
                                                    float (&z)[S * LATENT]) {
    if constexpr (Whole && S * LATENT <= 64) {
        if (room != nullptr) return draw_blocks<recipe.noise>(draw, first * LATENT, room, z);
    }
    draw_elements<recipe.noise>(draw, first * LATENT, z);
}

/* Latents as the columns that a FUSED_STACK generator reads. */
template <int S> struct alignas(16) Latents { float at[LATENT][S]; };

template <int S> static __device__ __forceinline__ void transpose(const float (&z)[S * LATENT], Latents<S> &out) {
#pragma unroll 1
    for (int i = 0; i < LATENT; i++)
        FOR_SLOTS (s) out.at[i][s] = z[s * LATENT + i];
}

/* Points of G. */
template <int S>
static __device__ __forceinline__ void generate(const float4 *g_state, float slope, const float (&z)[S * LATENT],
                                                float (&y)[COLUMNS][S]) {
    if constexpr (G::kind == FUSED_PAIR) {
        pair_forward<false, S>(g_state, slope, z, y, {});
    } else {
        Latents<S> x;
        Units<G, S> outputs;
        transpose<S>(z, x);
        stack_forward<G, S>(g_state, slope, x.at, outputs);
        FOR_SLOTS (s)
            FOR_COLUMNS (o) y[o][s] = outputs.at[G::n_units - COLUMNS + o][s];
    }
}

/* D's logits. */
template <int S>
static __device__ __forceinline__ void discriminate(const float4 *d_state, float slope, const float (&x)[COLUMNS][S],
                                                    float (&z)[S]) {
    if constexpr (D::kind == FUSED_MOMENTS) {
        moments_forward<false, S>(d_state, slope, x, z, {});
    } else {
        Units<D, S> outputs;
        stack_forward<D, S>(d_state, slope, x, outputs);
        FOR_SLOTS (s) z[s] = outputs.at[D::n_units - 1][s];
    }
}

#endif
