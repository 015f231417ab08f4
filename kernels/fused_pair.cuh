/* private. G with one hidden layer (FUSED_PAIR), for the S samples of a lane. Hidden units are computed again on the way back,
 * from one record (w[Z], b, u[X]) each, which all lanes read at once. Latents: z[s * Z + i], as they are drawn. */
#ifndef GT_KERNELS_FUSED_PAIR_CUH
#define GT_KERNELS_FUSED_PAIR_CUH

#include "kernels/fused_activation.cuh"
#include "kernels/fused_rows.cuh"

struct PairRecord {
    float at[4 * G::record_quads];
};

static constexpr int PAIR_BIAS = G::n_in, PAIR_OUT = G::n_in + 1; /* places in a record */

static __device__ __forceinline__ PairRecord pair_record(const float4 *state, int j) {
    PairRecord r;
#pragma unroll
    for (int q = 0; q < G::record_quads; q++) {
        const float4 x = state[j * G::record_quads + q];
        r.at[4 * q] = x.x, r.at[4 * q + 1] = x.y, r.at[4 * q + 2] = x.z, r.at[4 * q + 3] = x.w;
    }
    return r;
}

template <int S>
static __device__ __forceinline__ float pair_hidden(const PairRecord &r, float slope, const float (&z)[S * G::n_in], int s) {
    float a = r.at[PAIR_BIAS];
#pragma unroll(G::n_in <= 32 ? G::n_in : 4)
    for (int i = 0; i < G::n_in; i++) a = vf_fma(r.at[i], z[s * G::n_in + i], a);
    return activate<G::shape.activation[0]>(a, slope);
}

/* Points y of latents z. */
template <int S>
static __device__ __forceinline__ void pair_forward(const float4 *state, float slope, const float (&z)[S * G::n_in],
                                                    float (&y)[2][S]) {
    const PairRecord biases = pair_record(state, G::n_hidden);
#pragma unroll(unrolled <S>)
    for (int s = 0; s < S; s++) y[0][s] = biases.at[PAIR_OUT], y[1][s] = biases.at[PAIR_OUT + 1];
#pragma unroll 1
    for (int j = 0; j < G::n_hidden; j++) {
        const PairRecord r = pair_record(state, j);
#pragma unroll(unrolled <S>)
        for (int s = 0; s < S; s++) {
            const float h = pair_hidden<S>(r, slope, z, s);
            y[0][s] = vf_fma(r.at[PAIR_OUT], h, y[0][s]);
            y[1][s] = vf_fma(r.at[PAIR_OUT + 1], h, y[1][s]);
        }
    }
#pragma unroll(unrolled <S>)
    for (int s = 0; s < S; s++)
        for (int o = 0; o < 2; o++) y[o][s] = activate<G::shape.activation[1]>(y[o][s], slope);
}

/* This lane's sums for the record of a unit: rows.at as in the record. */
template <int S>
static __device__ __forceinline__ PairRecord pair_rows_of_unit(const PairRecord &r, float slope, const float (&z)[S * G::n_in],
                                                               const float (&dy)[2][S]) {
    PairRecord rows = {};
#pragma unroll(unrolled <S>)
    for (int s = 0; s < S; s++) {
        const float h = pair_hidden<S>(r, slope, z, s);
        float delta = vf_fma(r.at[PAIR_OUT + 1], dy[1][s], vf_mul(r.at[PAIR_OUT], dy[0][s]));
        rows.at[PAIR_OUT] = vf_fma(dy[0][s], h, rows.at[PAIR_OUT]);
        rows.at[PAIR_OUT + 1] = vf_fma(dy[1][s], h, rows.at[PAIR_OUT + 1]);
        if (G::shape.activation[0] == FUSED_RELU && !(h > 0.0f)) continue; /* nothing to add */
        delta = activation_gradient<G::shape.activation[0]>(delta, h, slope);
#pragma unroll(G::n_in <= 32 ? G::n_in : 4)
        for (int i = 0; i < G::n_in; i++) rows.at[i] = vf_fma(delta, z[s * G::n_in + i], rows.at[i]);
        rows.at[PAIR_BIAS] = vf_add(rows.at[PAIR_BIAS], delta);
    }
    return rows;
}

/* One Adam step from gradients dy to the points (before G's output activation). Every lane calls. Returns NaN where a weight is
 * not finite now, else 0. */
template <int S>
static __device__ __forceinline__ float pair_update(const Gan &gan, const Adam &adam, float4 *state, float slope,
                                                    const float (&z)[S * G::n_in], const float (&dy)[2][S]) {
    constexpr int Q = G::record_quads;
    float zero = 0.0f;
#pragma unroll 1
    for (int j = 0; j <= G::n_hidden; j++) {
        PairRecord rows = {};
        if (j < G::n_hidden) {
            rows = pair_rows_of_unit<S>(pair_record(state, j), slope, z, dy);
        } else {
#pragma unroll(unrolled <S>)
            for (int s = 0; s < S; s++)
                for (int o = 0; o < 2; o++) rows.at[PAIR_OUT + o] = vf_add(rows.at[PAIR_OUT + o], dy[o][s]);
        }
#pragma unroll
        for (int q = 0; q < Q; q++) {
            const int quad = j * Q + q;
            put_quad(gan, quad % LANES,
                     make_float4(rows.at[4 * q], rows.at[4 * q + 1], rows.at[4 * q + 2], rows.at[4 * q + 3]));
            if ((LANES % Q != 0 || q == Q - 1) && (quad % LANES == LANES - 1 || quad == G::quads - 1))
                zero = vf_add(zero, adam_quads<G>(gan, adam, quad / LANES * LANES, state));
        }
    }
    return zero;
}

#endif
