/* private. D with one hidden layer of relu or leaky_relu (FUSED_MOMENTS), for the S samples of a lane. Hidden units are
 * computed again where they are needed, from one record (w0, w1, b, v) each, which all lanes read at once.
 *
 * With g_j = dz where unit j is on, else slope dz: the sums S_ij of g_j x_i and S_j of g_j over the batch give every gradient
 * (docs/numerics.md, "Backward, D with one hidden layer"). */
#ifndef GT_KERNELS_FUSED_MOMENTS_CUH
#define GT_KERNELS_FUSED_MOMENTS_CUH

#include "kernels/fused_activation.cuh"
#include "kernels/fused_rows.cuh"

static constexpr bool d_is_leaky = D::shape.activation[0] == FUSED_LEAKY_RELU;

/* With S = 4, what the first 16 units give before their activation is kept for the way back, in the places of the row buffer
 * where their rows will stand. The others are computed again. */
template <int S> constexpr bool moments_keeps = S == 4;
template <int S> constexpr int moments_kept = !moments_keeps<S> ? 0 : D::n_hidden < LANES ? D::n_hidden : LANES;

/* A unit's sums for the lane's samples, before the activation. */
template <int S>
static __device__ __forceinline__ void moments_hidden(const float4 &record, const float (&x)[2][S], float (&a)[S]) {
    FOR_SLOTS (s) a[s] = vf_fma(record.y, x[1][s], vf_fma(record.x, x[0][s], record.z));
}

template <int S>
static __device__ __forceinline__ void moments_add_logits(const float4 &record, float slope, const float (&a)[S],
                                                          float (&z)[S]) {
    FOR_SLOTS (s) {
        if constexpr (d_is_leaky)
            z[s] = vf_fma(a[s] > 0.0f ? a[s] : vf_mul(a[s], slope), record.w, z[s]);
        else if (a[s] > 0.0f)
            z[s] = vf_fma(a[s], record.w, z[s]);
    }
}

/* Logits z of points x. Keep: for moments_update(); else gan is not looked at. */
template <bool Keep, int S>
static __device__ __forceinline__ void moments_forward(const float4 *state, float slope, const float (&x)[2][S], float (&z)[S],
                                                       const Gan &gan) {
    const float bias = state[D::n_hidden].z;
    float a[S];
    FOR_SLOTS (s) z[s] = bias;
    int j = 0;
    if constexpr (Keep) {
#pragma unroll 4
        for (; j < moments_kept<S>; j++) {
            const float4 record = state[j];
            moments_hidden(record, x, a);
            put_quad(gan, j, make_float4(a[0], a[1], a[2], a[3]));
            moments_add_logits(record, slope, a, z);
        }
    }
#pragma unroll 3
    for (; j < D::n_hidden; j++) {
        const float4 record = state[j];
        moments_hidden(record, x, a);
        moments_add_logits(record, slope, a, z);
    }
}

/* Logits z of points x, and their gradients gx to the points. */
template <int S>
static __device__ __forceinline__ void moments_gradient(const float4 *state, float slope, const float (&x)[2][S], float (&z)[S],
                                                        float (&gx)[2][S]) {
    const float bias = state[D::n_hidden].z;
    float a[S];
    FOR_SLOTS (s) {
        z[s] = bias;
        gx[0][s] = gx[1][s] = 0.0f;
    }
#pragma unroll 5
    for (int j = 0; j < D::n_hidden; j++) {
        const float4 record = state[j];
        float p0 = vf_mul(record.w, record.x), p1 = vf_mul(record.w, record.y);
        GT_COMPUTED(p0);
        GT_COMPUTED(p1);
        moments_hidden(record, x, a);
        moments_add_logits(record, slope, a, z);
        FOR_SLOTS (s) {
            const bool on = a[s] > 0.0f;
            if (!d_is_leaky && !on) continue;
            gx[0][s] = vf_add(gx[0][s], on ? p0 : vf_mul(p0, slope));
            gx[1][s] = vf_add(gx[1][s], on ? p1 : vf_mul(p1, slope));
        }
    }
}

/* (S_0j, S_1j, S_j, 0) of this lane, from the unit's sums a before the activation. */
template <int S>
static __device__ __forceinline__ float4 moments_of_unit(float slope, const float (&a)[S], const float (&x)[2][S],
                                                         const float (&dz)[S]) {
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    FOR_SLOTS (s) {
        const bool on = a[s] > 0.0f;
        if (!d_is_leaky && !on) continue;
        const float g = on ? dz[s] : vf_mul(dz[s], slope);
        sum.x = vf_fma(g, x[0][s], sum.x);
        sum.y = vf_fma(g, x[1][s], sum.y);
        sum.z = vf_add(sum.z, g);
    }
    return sum;
}

/* Rows of n units from unit `first`, to the buffer. */
template <int S>
static __device__ __forceinline__ void moments_put_rows(const Gan &gan, const float4 *state, int first, int n, float slope,
                                                        const float (&x)[2][S], const float (&dz)[S]) {
    float a[S];
    if (moments_keeps<S> && first == 0) {
        if constexpr (moments_keeps<S>) {
#pragma unroll 4
            for (int k = 0; k < moments_kept<S>; k++) {
                const float4 kept = take_quad(gan, k);
                a[0] = kept.x, a[1] = kept.y, a[2] = kept.z, a[3] = kept.w;
                put_quad(gan, k, moments_of_unit(slope, a, x, dz));
            }
        }
    } else {
#pragma unroll 3
        for (int k = 0; k < n; k++) {
            moments_hidden(state[first + k], x, a);
            put_quad(gan, k, moments_of_unit(slope, a, x, dz));
        }
    }
}

/* One Adam step on points x with loss gradients dz, after moments_forward() with Keep. Every lane calls. Returns NaN where a
 * weight is not finite now, else 0. */
template <int S>
static __device__ __forceinline__ float moments_update(const Gan &gan, const Adam &adam, float4 *state, float slope,
                                                       const float (&x)[2][S], const float (&dz)[S]) {
    float zero = 0.0f;
#pragma unroll 1
    for (int first = 0; first < D::quads; first += LANES) {
        const int n = D::n_hidden - first < LANES ? D::n_hidden - first : LANES;
        moments_put_rows(gan, state, first, n, slope, x, dz);
        if (n < LANES) { /* the last quad: the sum of dz */
            float sum = 0.0f;
            FOR_SLOTS (s) sum = vf_add(sum, dz[s]);
            put_quad(gan, n, make_float4(0.0f, 0.0f, sum, 0.0f));
        }
        zero = vf_add(zero, adam_quads<D>(gan, adam, first, state));
    }
    return zero;
}

#endif
