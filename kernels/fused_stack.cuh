/* private. Any net (FUSED_STACK), for the S samples of a lane. Outputs and deltas of all units are kept in the lane's own
 * memory; parameters stand in the order of gt_spec_n_parameters. */
#ifndef GT_KERNELS_FUSED_STACK_CUH
#define GT_KERNELS_FUSED_STACK_CUH

#include "kernels/fused_activation.cuh"
#include "kernels/fused_rows.cuh"

/* Values of every unit of a net for a lane's samples; aligned so that four of them are one load. */
template <class N, int S> struct alignas(16) Units { float at[N::n_units][S]; };

template <class N, int L> struct Layer {
    static constexpr int n_in = N::shape.size[L], n_out = N::shape.size[L + 1], activation = N::shape.activation[L];
    static constexpr int weight = fused_layer_start(&N::shape, L), bias = weight + n_in * n_out;
    static constexpr int unit = fused_units_before(&N::shape, L);
};

/* y[o] = activation(b[o] + sum over i of w[o][i] x[i]), the sum in the order of i. */
template <class N, int L, int S>
static __device__ __forceinline__ void stack_layer_forward(const float *w, float slope, const float (*x)[S], float (*y)[S]) {
    using A = Layer<N, L>;
#pragma unroll 1
    for (int o = 0; o < A::n_out; o++) {
        float a[S];
        FOR_SLOTS (s) a[s] = w[A::bias + o];
#pragma unroll 4
        for (int i = 0; i < A::n_in; i++) {
            const float wi = w[A::weight + o * A::n_in + i];
            FOR_SLOTS (s) a[s] = vf_fma(wi, x[i][s], a[s]);
        }
        FOR_SLOTS (s) y[o][s] = activate<A::activation>(a[s], slope);
    }
}

template <class N, int S, int L = 0>
static __device__ __forceinline__ void stack_forward(const float4 *state, float slope, const float (*x)[S], Units<N, S> &y) {
    float(*out)[S] = y.at + Layer<N, L>::unit;
    stack_layer_forward<N, L, S>(reinterpret_cast<const float *>(state), slope, x, out);
    if constexpr (L + 1 < N::n_layers) stack_forward<N, S, L + 1>(state, slope, out, y);
}

/* dx[i] = sum over o, in order, of w[o][i] dy[o], times the derivative of activation Below, which made h[i]. */
template <class N, int L, int Below, int S>
static __device__ __forceinline__ void stack_input_gradient(const float4 *state, float slope, const float (*dy)[S],
                                                            const float (*h)[S], float (*dx)[S]) {
    using A = Layer<N, L>;
    const float *w = reinterpret_cast<const float *>(state) + A::weight;
#pragma unroll 1
    for (int i = 0; i < A::n_in; i++) {
        float g[S] = {};
#pragma unroll 4
        for (int o = 0; o < A::n_out; o++) {
            const float wo = w[o * A::n_in + i];
            FOR_SLOTS (s) g[s] = vf_fma(wo, dy[o][s], g[s]);
        }
        FOR_SLOTS (s) dx[i][s] = Below == FUSED_LINEAR ? g[s] : activation_gradient<Below>(g[s], h[i][s], slope);
    }
}

/* Deltas of all layers from those of the last. */
template <class N, int S, int L = N::n_layers - 1>
static __device__ __forceinline__ void stack_backward(const float4 *state, float slope, const Units<N, S> &y,
                                                      Units<N, S> &delta) {
    if constexpr (L > 0) {
        constexpr int below = Layer<N, L - 1>::unit;
        stack_input_gradient<N, L, Layer<N, L - 1>::activation, S>(state, slope, delta.at + Layer<N, L>::unit, y.at + below,
                                                                   delta.at + below);
        stack_backward<N, S, L - 1>(state, slope, y, delta);
    }
}

/* Where the next row goes. */
struct RowCursor {
    int row;    /* of the net */
    float zero; /* NaN once a weight is not finite */
};

template <class N>
static __device__ __noinline__ void stack_flush(const Gan &gan, const Adam &adam, float4 *state, RowCursor &cursor) {
    cursor.zero = vf_add(cursor.zero, adam_quads<N>(gan, adam, (cursor.row - 1) / (4 * LANES) * LANES, state));
}

template <class N>
static __device__ __forceinline__ void stack_put_row(const Gan &gan, const Adam &adam, float4 *state, RowCursor &cursor,
                                                     float value) {
    float *quad = reinterpret_cast<float *>(gan.rows + cursor.row / 4 % LANES * FUSED_ROW_PITCH + gan.lane);
    quad[cursor.row % 4] = value;
    if (++cursor.row % (4 * LANES) == 0) stack_flush<N>(gan, adam, state, cursor);
}

/* One Adam step from inputs x, outputs y and deltas. Every lane calls. Returns NaN where a weight is not finite now, else 0. */
template <class N, int S, int L = 0>
static __device__ __forceinline__ float stack_update(const Gan &gan, const Adam &adam, float4 *state, const float (*x)[S],
                                                     const Units<N, S> &y, const Units<N, S> &delta,
                                                     RowCursor cursor = {0, 0.0f}) {
    using A = Layer<N, L>;
    const float(*dy)[S] = delta.at + A::unit;
#pragma unroll 1
    for (int o = 0; o < A::n_out; o++)
#pragma unroll 1
        for (int i = 0; i < A::n_in; i++) {
            float sum = 0.0f;
            FOR_SLOTS (s) sum = vf_fma(dy[o][s], x[i][s], sum);
            stack_put_row<N>(gan, adam, state, cursor, sum);
        }
#pragma unroll 1
    for (int o = 0; o < A::n_out; o++) {
        float sum = 0.0f;
        FOR_SLOTS (s) sum = vf_add(sum, dy[o][s]);
        stack_put_row<N>(gan, adam, state, cursor, sum);
    }
    if constexpr (L + 1 < N::n_layers) {
        return stack_update<N, S, L + 1>(gan, adam, state, y.at + A::unit, y, delta, cursor);
    } else {
        if (cursor.row % (4 * LANES) == 0) return cursor.zero;
        while (cursor.row % 4 != 0) stack_put_row<N>(gan, adam, state, cursor, 0.0f); /* the rest of the last quad */
        if (cursor.row % (4 * LANES) != 0) stack_flush<N>(gan, adam, state, cursor);
        return cursor.zero;
    }
}

#endif
