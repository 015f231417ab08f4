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

/* With S / 4 = record_quads, outputs of the first units, as many as fit the row buffer, are kept for the way back in the places
 * where their rows will stand. The others are computed again. */
template <int S> constexpr bool pair_keeps = S == 4 * G::record_quads;
constexpr int pair_room = LANES / G::record_quads;
template <int S> constexpr int pair_kept = !pair_keeps<S> ? 0 : G::n_hidden < pair_room ? G::n_hidden : pair_room;

/* A unit's outputs h for the lane's samples. */
template <int S>
static __device__ __forceinline__ void pair_hidden(const PairRecord &r, float slope, const float (&z)[S * G::n_in],
                                                   float (&h)[S]) {
    FOR_SLOTS (s) {
        float a = r.at[PAIR_BIAS];
#pragma unroll(G::n_in <= 32 ? G::n_in : 4)
        for (int i = 0; i < G::n_in; i++) a = vf_fma(r.at[i], z[s * G::n_in + i], a);
        h[s] = activate<G::shape.activation[0]>(a, slope);
    }
}

template <int S>
static __device__ __forceinline__ void pair_add_outputs(const PairRecord &r, const float (&h)[S], float (&y)[2][S]) {
    FOR_SLOTS (s)
        for (int o = 0; o < 2; o++) y[o][s] = vf_fma(r.at[PAIR_OUT + o], h[s], y[o][s]);
}

template <int S> static __device__ __forceinline__ void pair_keep(const Gan &gan, int unit, const float (&h)[S]) {
#pragma unroll
    for (int q = 0; q < S / 4; q++)
        put_quad(gan, unit * (S / 4) + q, make_float4(h[4 * q], h[4 * q + 1], h[4 * q + 2], h[4 * q + 3]));
}

template <int S> static __device__ __forceinline__ void pair_take(const Gan &gan, int unit, float (&h)[S]) {
#pragma unroll
    for (int q = 0; q < S / 4; q++) {
        const float4 kept = take_quad(gan, unit * (S / 4) + q);
        h[4 * q] = kept.x, h[4 * q + 1] = kept.y, h[4 * q + 2] = kept.z, h[4 * q + 3] = kept.w;
    }
}

/* Points y of latents z. Keep: for pair_update(); else gan is not looked at. */
template <bool Keep, int S>
static __device__ __forceinline__ void pair_forward(const float4 *state, float slope, const float (&z)[S * G::n_in],
                                                    float (&y)[2][S], const Gan &gan) {
    const PairRecord biases = pair_record(state, G::n_hidden);
    float h[S];
    FOR_SLOTS (s) y[0][s] = biases.at[PAIR_OUT], y[1][s] = biases.at[PAIR_OUT + 1];
    int j = 0;
    if constexpr (Keep) {
#pragma unroll 2
        for (; j < pair_kept<S>; j++) {
            const PairRecord r = pair_record(state, j);
            pair_hidden<S>(r, slope, z, h);
            pair_keep(gan, j, h);
            pair_add_outputs(r, h, y);
        }
    }
#pragma unroll(S <= 4 ? 3 : S <= 8 ? 2 : 1)
    for (; j < G::n_hidden; j++) {
        const PairRecord r = pair_record(state, j);
        pair_hidden<S>(r, slope, z, h);
        pair_add_outputs(r, h, y);
    }
    FOR_SLOTS (s)
        for (int o = 0; o < 2; o++) y[o][s] = activate<G::shape.activation[1]>(y[o][s], slope);
}

/* This lane's sums for the record of a unit with outputs h: rows.at as in the record. */
template <int S>
static __device__ __forceinline__ PairRecord pair_rows_of_unit(const PairRecord &r, float slope, const float (&h)[S],
                                                               const float (&z)[S * G::n_in], const float (&dy)[2][S]) {
    PairRecord rows = {};
    FOR_SLOTS (s) {
        float delta = vf_fma(r.at[PAIR_OUT + 1], dy[1][s], vf_mul(r.at[PAIR_OUT], dy[0][s]));
        rows.at[PAIR_OUT] = vf_fma(dy[0][s], h[s], rows.at[PAIR_OUT]);
        rows.at[PAIR_OUT + 1] = vf_fma(dy[1][s], h[s], rows.at[PAIR_OUT + 1]);
        if (G::shape.activation[0] == FUSED_RELU && !(h[s] > 0.0f)) continue; /* nothing to add */
        delta = activation_gradient<G::shape.activation[0]>(delta, h[s], slope);
#pragma unroll(G::n_in <= 32 ? G::n_in : 4)
        for (int i = 0; i < G::n_in; i++) rows.at[i] = vf_fma(delta, z[s * G::n_in + i], rows.at[i]);
        rows.at[PAIR_BIAS] = vf_add(rows.at[PAIR_BIAS], delta);
    }
    return rows;
}

template <int S> static __device__ __forceinline__ PairRecord pair_rows_of_biases(const float (&dy)[2][S]) {
    PairRecord rows = {};
    FOR_SLOTS (s)
        for (int o = 0; o < 2; o++) rows.at[PAIR_OUT + o] = vf_add(rows.at[PAIR_OUT + o], dy[o][s]);
    return rows;
}

/* One Adam step from gradients dy to the points (before G's output activation), after pair_forward() with Keep. Every lane
 * calls. Returns NaN where a weight is not finite now, else 0. */
template <int S>
static __device__ __forceinline__ float pair_update(const Gan &gan, const Adam &adam, float4 *state, float slope,
                                                    const float (&z)[S * G::n_in], const float (&dy)[2][S]) {
    constexpr int Q = G::record_quads;
    float zero = 0.0f, h[S];
#pragma unroll 1
    for (int j = 0; j <= G::n_hidden; j++) {
        PairRecord rows;
        if (j < G::n_hidden) {
            const PairRecord r = pair_record(state, j);
            if (j < pair_kept<S>) {
                if constexpr (pair_keeps<S>) pair_take(gan, j, h);
            } else {
                pair_hidden<S>(r, slope, z, h);
            }
            rows = pair_rows_of_unit<S>(r, slope, h, z, dy);
        } else {
            rows = pair_rows_of_biases<S>(dy);
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
