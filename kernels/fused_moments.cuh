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

static __device__ __forceinline__ float moments_hidden(const float4 &record, float x0, float x1) {
    return vf_fma(record.y, x1, vf_fma(record.x, x0, record.z));
}

/* Logits z of points x; WithGradient: also gx, the gradient of z to x. */
template <bool WithGradient, int S>
static __device__ __forceinline__ void moments_forward(const float4 *state, float slope, const float (&x)[2][S], float (&z)[S],
                                                       float (&gx)[2][S]) {
    const float bias = state[D::n_hidden].z;
#pragma unroll(unrolled <S>)
    for (int s = 0; s < S; s++) {
        z[s] = bias;
        if constexpr (WithGradient) gx[0][s] = gx[1][s] = 0.0f;
    }
#pragma unroll 5
    for (int j = 0; j < D::n_hidden; j++) {
        const float4 record = state[j];
        float p0 = vf_mul(record.w, record.x), p1 = vf_mul(record.w, record.y);
        if constexpr (WithGradient) {
            GT_COMPUTED(p0);
            GT_COMPUTED(p1);
        }
        const float q0 = vf_mul(p0, slope), q1 = vf_mul(p1, slope);
#pragma unroll(unrolled <S>)
        for (int s = 0; s < S; s++) {
            const float a = moments_hidden(record, x[0][s], x[1][s]);
            if constexpr (d_is_leaky) {
                const bool on = a > 0.0f;
                z[s] = vf_fma(on ? a : vf_mul(a, slope), record.w, z[s]);
                if constexpr (WithGradient) {
                    gx[0][s] = vf_add(gx[0][s], on ? p0 : q0);
                    gx[1][s] = vf_add(gx[1][s], on ? p1 : q1);
                }
            } else if (a > 0.0f) {
                z[s] = vf_fma(a, record.w, z[s]);
                if constexpr (WithGradient) {
                    gx[0][s] = vf_add(gx[0][s], p0);
                    gx[1][s] = vf_add(gx[1][s], p1);
                }
            }
        }
    }
}

/* (S_0j, S_1j, S_j, 0) of this lane. */
template <int S>
static __device__ __forceinline__ float4 moments_of_unit(const float4 &record, float slope, const float (&x)[2][S],
                                                         const float (&dz)[S]) {
    float4 sum = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll(unrolled <S>)
    for (int s = 0; s < S; s++) {
        const bool on = moments_hidden(record, x[0][s], x[1][s]) > 0.0f;
        if (d_is_leaky || on) {
            const float g = on ? dz[s] : vf_mul(dz[s], slope);
            sum.x = vf_fma(g, x[0][s], sum.x);
            sum.y = vf_fma(g, x[1][s], sum.y);
            sum.z = vf_add(sum.z, g);
        }
    }
    return sum;
}

/* One Adam step on points x with loss gradients dz. Every lane calls. Returns NaN where a weight is not finite now, else 0. */
template <int S>
static __device__ __forceinline__ float moments_update(const Gan &gan, const Adam &adam, float4 *state, float slope,
                                                       const float (&x)[2][S], const float (&dz)[S]) {
    float zero = 0.0f;
#pragma unroll 1
    for (int first = 0; first < D::quads; first += LANES) {
        const int n = D::n_hidden - first < LANES ? D::n_hidden - first : LANES;
#pragma unroll 4
        for (int k = 0; k < n; k++) put_quad(gan, k, moments_of_unit(state[first + k], slope, x, dz));
        if (n < LANES) { /* the last quad: the sum of dz */
            float sum = 0.0f;
#pragma unroll(unrolled <S>)
            for (int s = 0; s < S; s++) sum = vf_add(sum, dz[s]);
            put_quad(gan, n, make_float4(0.0f, 0.0f, sum, 0.0f));
        }
        zero = vf_add(zero, adam_quads<D>(gan, adam, first, state));
    }
    return zero;
}

#endif
