/* private. Scores of every run from fresh points, a block a run at a time: what core/metrics.c computes, with its bits (the
 * arithmetic is that of score.h, and sums are taken in its parts). */
#ifndef GT_KERNELS_FUSED_EVALUATE_CUH
#define GT_KERNELS_FUSED_EVALUATE_CUH

#include "kernels/fused_points.cuh"
#include "kernels/score.h"

enum {
    EVALUATE_THREADS = FUSED_EVALUATE_THREADS,
    DIGIT_BITS = 4,
    DIGITS = 1 << DIGIT_BITS,
    POINT_SLOTS = 4 /* consecutive samples that a thread makes at once: whole blocks of random numbers */
};

/* What the threads of a block share beside the weights. */
struct Evaluation {
    unsigned next[DIGITS][EVALUATE_THREADS]; /* of radix_sort() */
    unsigned warp_sum[EVALUATE_THREADS / 32];
    unsigned good[SCORE_BINS], inside, right_real, right_fake, not_finite;
    double mean, sum[2];                                        /* of x; results of sum_parts() */
    double between[EVALUATE_THREADS], within[EVALUATE_THREADS]; /* of energy_distance() */
};

static_assert(sizeof(Evaluation) <= FUSED_EVALUATE_WORK_BYTES, "the host asks for too little shared memory");

/* Shared memory of a block: weights of D and G, then an Evaluation. */
constexpr int evaluate_weight_quads = D::quads + G::quads;

/* Sum over i < n of term(i) in parts, by one whole warp; valid in all its lanes. */
template <class Term> static __device__ __forceinline__ double sum_parts(uint64_t n, Term term) {
    double sum = 0.0;
    for (uint64_t i = threadIdx.x % SCORE_PARTS; i < n; i += SCORE_PARTS) sum += term(i);
    for (int half = SCORE_PARTS / 2; half > 0; half /= 2) sum += __shfl_xor_sync(~0u, sum, half);
    return sum;
}

/* Turns the counts in e.next into where each thread's keys of each digit go: sums of all counts before. Every thread calls. */
static __device__ void scan_counts(Evaluation &e) {
    unsigned *counts = &e.next[0][0] + threadIdx.x * DIGITS, total = 0, before;
    for (int k = 0; k < DIGITS; k++) total += counts[k];
    before = total;
    for (int d = 1; d < 32; d *= 2) {
        const unsigned left = __shfl_up_sync(~0u, before, d);
        if (threadIdx.x % 32 >= static_cast<unsigned>(d)) before += left;
    }
    if (threadIdx.x % 32 == 31) e.warp_sum[threadIdx.x / 32] = before;
    before -= total;
    __syncthreads();
    for (unsigned w = 0; w < threadIdx.x / 32; w++) before += e.warp_sum[w];
    for (int k = 0; k < DIGITS; k++) {
        const unsigned count = counts[k];
        counts[k] = before;
        before += count;
    }
    __syncthreads();
}

/* Sorts keys[n], with spare[n] as room; each thread moves a run of neighbours, so equal digits keep their order. Every thread
 * calls; the result is visible to all. */
static __device__ __noinline__ void radix_sort(Evaluation &e, unsigned *keys, unsigned *spare, uint64_t n) {
    const uint64_t share = (n + EVALUATE_THREADS - 1) / EVALUATE_THREADS;
    const uint64_t begin = threadIdx.x * share, end = begin + share < n ? begin + share : n;
    for (int shift = 0; shift < 32; shift += DIGIT_BITS) {
        for (int d = 0; d < DIGITS; d++) e.next[d][threadIdx.x] = 0;
        for (uint64_t i = begin; i < end; i++) e.next[keys[i] >> shift & (DIGITS - 1)][threadIdx.x]++;
        __syncthreads();
        scan_counts(e);
        for (uint64_t i = begin; i < end; i++) {
            const unsigned key = keys[i];
            spare[e.next[key >> shift & (DIGITS - 1)][threadIdx.x]++] = key;
        }
        __syncthreads();
        unsigned *swap = keys;
        keys = spare;
        spare = swap;
    }
}

/* Of the first n_accuracy of these samples (point i of them is number first + i), those that D puts on the right side. */
static __device__ __forceinline__ unsigned count_right(const float4 *d_weights, float slope, const float (&x)[2][POINT_SLOTS],
                                                       uint64_t first, uint64_t n_accuracy, bool real) {
    if (first >= n_accuracy) return 0;
    float z[POINT_SLOTS];
    unsigned right = 0;
    discriminate<POINT_SLOTS>(d_weights, slope, x, z);
    for (int s = 0; s < POINT_SLOTS; s++) right += first + s < n_accuracy && (z[s] > 0.0f) == real;
    return right;
}

static __device__ __forceinline__ void store_points(const float (&x)[2][POINT_SLOTS], float *out) {
    for (int s = 0; s < POINT_SLOTS; s++) {
        out[2 * s] = x[0][s];
        out[2 * s + 1] = x[1][s];
    }
}

/* n points of G to generated[n, 2], as many real ones as are needed to real[., 2] (both with room for whole quads), and the
 * counts of accuracy. */
static __device__ __forceinline__ void make_points(Evaluation &e, const fused_evaluate_args &args, unsigned long long seed,
                                                   const float4 *d_weights, const float4 *g_weights, float *generated,
                                                   float *real) {
    const unsigned n_real = args.n_energy > args.n_accuracy ? args.n_energy : args.n_accuracy;
    float x[2][POINT_SLOTS];
#pragma unroll 1
    for (unsigned first = POINT_SLOTS * threadIdx.x; first < args.n_samples; first += POINT_SLOTS * EVALUATE_THREADS) {
        float latents[POINT_SLOTS * LATENT];
        draw_latents<POINT_SLOTS>(draw_of(seed, GT_STREAM_EVAL_LATENTS, args.iteration), first, nullptr, latents);
        generate<POINT_SLOTS>(g_weights, args.g_slope, latents, x);
        store_points(x, generated + 2 * first);
        float zero = 0.0f;
        for (int s = 0; s < POINT_SLOTS; s++)
            if (first + s < args.n_samples) zero = vf_fma(x[0][s], 0.0f, vf_fma(x[1][s], 0.0f, zero));
        if (!(zero == 0.0f)) e.not_finite = 1;
        const unsigned right = count_right(d_weights, args.d_slope, x, first, args.n_accuracy, false);
        if (right > 0) atomicAdd(&e.right_fake, right);
    }
#pragma unroll 1
    for (unsigned first = POINT_SLOTS * threadIdx.x; first < n_real; first += POINT_SLOTS * EVALUATE_THREADS) {
        target_points<POINT_SLOTS>(draw_of(seed, GT_STREAM_EVAL_REAL, args.iteration), first, args.lo, args.width, x);
        store_points(x, real + 2 * first);
        const unsigned right = count_right(d_weights, args.d_slope, x, first, args.n_accuracy, true);
        if (right > 0) atomicAdd(&e.right_real, right);
    }
}

/* resid_mean, resid_p95, support, coverage. */
static __device__ __forceinline__ void score_shape(Evaluation &e, const fused_evaluate_args &args, const float *points,
                                                   unsigned *keys, unsigned *spare, fused_score &score) {
    const uint64_t n = args.n_samples;
    unsigned inside = 0;
    for (uint64_t i = threadIdx.x; i < n; i += EVALUATE_THREADS) {
        const double residual = score_residual(points[2 * i], points[2 * i + 1]);
        keys[i] = score_key_of_bits(__float_as_uint(static_cast<float>(residual)));
        const int bin = score_bin(points[2 * i], args.domain_lo, args.domain_hi);
        inside += bin >= 0;
        if (bin >= 0 && score_is_good(residual)) atomicAdd(&e.good[bin], 1u);
    }
    atomicAdd(&e.inside, inside);
    __syncthreads();
    if (threadIdx.x < 32) {
        const double sum = sum_parts(n, [&](uint64_t i) { return score_residual(points[2 * i], points[2 * i + 1]); });
        score.resid_mean = sum / static_cast<double>(n);
    }
    radix_sort(e, keys, spare, n);
    score.support = static_cast<double>(e.inside) / static_cast<double>(n);
    score.coverage = 0.0;
    for (int b = 0; b < SCORE_BINS; b++) score.coverage += score_is_covered(e.good[b], n);
    score.resid_p95 = static_cast<double>(__uint_as_float(score_bits_of_key(keys[score_p95_rank(n)])));
}

/* w1_x, std_x. */
static __device__ __forceinline__ void score_marginal(Evaluation &e, const fused_evaluate_args &args, const float *points,
                                                      unsigned *keys, unsigned *spare, fused_score &score) {
    const uint64_t n = args.n_samples;
    const double count = static_cast<double>(n);
    __syncthreads();
    for (uint64_t i = threadIdx.x; i < n; i += EVALUATE_THREADS) keys[i] = score_key_of_bits(__float_as_uint(points[2 * i]));
    if (threadIdx.x < 32) {
        const double sum = sum_parts(n, [&](uint64_t i) { return static_cast<double>(points[2 * i]); });
        if (threadIdx.x == 0) e.mean = sum / count;
    }
    __syncthreads();
    radix_sort(e, keys, spare, n);
    const double mean = e.mean;
    const auto x_of = [&](uint64_t i) { return __uint_as_float(score_bits_of_key(keys[i])); };
    if (threadIdx.x < 32) {
        const double sum = sum_parts(n, [&](uint64_t i) {
            const double off = static_cast<double>(x_of(i)) - mean;
            return off * off;
        });
        if (threadIdx.x == 0) e.sum[0] = sum;
    } else if (threadIdx.x < 64) {
        const double sum =
            sum_parts(n, [&](uint64_t i) { return score_displacement(x_of(i), i, n, args.domain_lo, args.domain_hi); });
        if (threadIdx.x == 32) e.sum[1] = sum;
    }
    __syncthreads();
    score.std_x = sqrt(e.sum[0] / count);
    score.w1_x = e.sum[1] / count;
}

/* Every thread computes the sums of one sample; a warp adds them in parts. */
static __device__ __forceinline__ double energy_distance(Evaluation &e, const float *a, const float *b, uint64_t n) {
    double between = 0.0, within = 0.0; /* parts, in the first warp */
    for (uint64_t base = 0; base < n; base += EVALUATE_THREADS) {
        const uint64_t i = base + threadIdx.x;
        if (i < n) {
            e.between[threadIdx.x] = score_sum_distances(a + 2 * i, b, n);
            e.within[threadIdx.x] = score_sum_distances(a + 2 * i, a, i) + score_sum_distances(b + 2 * i, b, i);
        }
        __syncthreads();
        if (threadIdx.x < SCORE_PARTS)
            for (uint64_t k = threadIdx.x; k < EVALUATE_THREADS && base + k < n; k += SCORE_PARTS) {
                between += e.between[k];
                within += e.within[k];
            }
        __syncthreads();
    }
    if (threadIdx.x >= SCORE_PARTS) return 0.0;
    for (int half = SCORE_PARTS / 2; half > 0; half /= 2) {
        between += __shfl_xor_sync(~0u, between, half);
        within += __shfl_xor_sync(~0u, within, half);
    }
    return score_energy(between, within, n);
}

static __device__ __forceinline__ void evaluate(const fused_evaluate_args &args) {
    GT_DYNAMIC_SHARED(float4, shared);
    Evaluation &e = *reinterpret_cast<Evaluation *>(shared + evaluate_weight_quads);
    const uint64_t padded = (static_cast<uint64_t>(args.n_samples) + 3) / 4 * 4;
    float *const generated = args.scratch + blockIdx.x * fused_evaluate_scratch(args.n_samples), *const real =
                                                                                                     generated + 2 * padded;
    unsigned *const keys = reinterpret_cast<unsigned *>(real + 2 * padded), *const spare = keys + padded;
    for (unsigned run = blockIdx.x; run < args.n_runs; run += gridDim.x) {
        if (args.counters[run].diverged != 0) continue;
        const float4 *state = reinterpret_cast<const float4 *>(args.states) + static_cast<size_t>(run) * STATE_QUADS;
        for (int q = threadIdx.x; q < evaluate_weight_quads; q += EVALUATE_THREADS)
            shared[q] = state[q < D::quads ? q : q + 2 * D::quads];
        if (threadIdx.x < SCORE_BINS) e.good[threadIdx.x] = 0;
        if (threadIdx.x == 0) e.inside = e.right_real = e.right_fake = e.not_finite = 0;
        __syncthreads();
        make_points(e, args, args.counters[run].seed, shared, shared + D::quads, generated, real);
        __syncthreads();
        const double nan = static_cast<double>(__uint_as_float(0x7fc00000u));
        fused_score score = {nan, nan, nan, nan, nan, nan, nan, e.right_real, e.right_fake};
        if (e.not_finite == 0) {
            score_shape(e, args, generated, keys, spare, score);
            score_marginal(e, args, generated, keys, spare, score);
            if (args.n_energy > 1) score.energy = energy_distance(e, generated, real, args.n_energy);
        }
        if (threadIdx.x == 0) args.scores[run] = score;
        __syncthreads();
    }
}

#endif
