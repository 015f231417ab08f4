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
    unsigned nearest[SCORE_MAX_MODES], high[SCORE_MAX_MODES];   /* samples by mode */
    double mean[2][COLUMNS], sum[2];                            /* results of sum_parts() */
    double between[EVALUATE_THREADS], within[EVALUATE_THREADS]; /* of score_energies() */
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

using Points = float[COLUMNS][POINT_SLOTS];

/* Of the first n_accuracy of these samples (point i of them is number first + i), those that D puts on the right side. */
static __device__ __forceinline__ unsigned count_right(const float4 *d_weights, const fused_evaluate_args &args,
                                                       const fused_hyper &hyper, const Points &x, uint64_t first, bool real) {
    if (first >= args.n_accuracy) return 0;
    float z[POINT_SLOTS];
    unsigned right = 0;
    discriminate<POINT_SLOTS>(d_weights, hyper.d_slope, x, z);
    for (int s = 0; s < POINT_SLOTS; s++) right += first + s < args.n_accuracy && (z[s] > hyper.threshold) == real;
    return right;
}

/* From the units that the nets see to those of the data. */
static __device__ __forceinline__ void to_data(const fused_evaluate_args &args, Points &x) {
    if (args.is_scaled == 0) return;
    FOR_COLUMNS (i) {
        const float scale = args.scale[i], offset = args.offset[i];
        for (int s = 0; s < POINT_SLOTS; s++) x[i][s] = vf_fma(x[i][s], scale, offset);
    }
}

static __device__ __forceinline__ void store_points(const Points &x, float *out) {
    for (int s = 0; s < POINT_SLOTS; s++)
        FOR_COLUMNS (i) out[s * COLUMNS + i] = x[i][s];
}

/* n points of G to generated[n, X], as many real ones as are needed to real[., X] (both with room for whole quads), and the
 * counts of accuracy. */
static __device__ __forceinline__ void make_points(Evaluation &e, const fused_evaluate_args &args, const fused_hyper &hyper,
                                                   unsigned long long seed, const float4 *d_weights, const float4 *g_weights,
                                                   float *generated, float *real) {
    constexpr int S = POINT_SLOTS;
    const unsigned n_real = args.n_energy > args.n_accuracy ? args.n_energy : args.n_accuracy;
    const Draw of_latents = draw_of(seed, GT_STREAM_EVAL_LATENTS, args.iteration);
    const Draw of_real = draw_of(seed, GT_STREAM_EVAL_REAL, args.iteration);
    const Draw of_noise = draw_of(seed, GT_STREAM_EVAL_NOISE, args.iteration);
    Points x;
#pragma unroll 1
    for (unsigned first = S * threadIdx.x; first < args.n_samples; first += S * EVALUATE_THREADS) {
        float latents[S * LATENT];
        draw_latents<S, true>(of_latents, first, nullptr, latents);
        generate<S>(g_weights, hyper.g_slope, latents, x);
        const unsigned right = count_right(d_weights, args, hyper, x, first, false);
        if (right > 0) atomicAdd(&e.right_fake, right);
        to_data(args, x);
        store_points(x, generated + static_cast<size_t>(first) * COLUMNS);
        float zero = 0.0f;
        for (int s = 0; s < S && first + s < args.n_samples; s++)
            FOR_COLUMNS (i) zero = vf_fma(x[i][s], 0.0f, zero);
        if (!(zero == 0.0f)) e.not_finite = 1;
    }
#pragma unroll 1
    for (unsigned first = S * threadIdx.x; first < n_real; first += S * EVALUATE_THREADS) {
        target_points<S>(of_real, of_noise, first, args.table, x);
        const unsigned right = count_right(d_weights, args, hyper, x, first, true);
        if (right > 0) atomicAdd(&e.right_real, right);
        to_data(args, x);
        store_points(x, real + static_cast<size_t>(first) * COLUMNS);
    }
}

/* resid_mean, resid_p95, support, coverage. */
static __device__ __forceinline__ void score_shape(Evaluation &e, const score_target &target, uint64_t n, const float *points,
                                                   unsigned *keys, unsigned *spare, fused_score &score) {
    unsigned inside = 0;
    for (uint64_t i = threadIdx.x; i < n; i += EVALUATE_THREADS) {
        const double residual = score_residual(&target, points[2 * i], points[2 * i + 1]);
        keys[i] = score_key_of_bits(__float_as_uint(static_cast<float>(residual)));
        const int bin = score_bin(points[2 * i], target.lo, target.hi);
        inside += bin >= 0;
        if (bin >= 0 && residual < target.good_below) atomicAdd(&e.good[bin], 1u);
    }
    atomicAdd(&e.inside, inside);
    __syncthreads();
    if (threadIdx.x < 32) {
        const double sum = sum_parts(n, [&](uint64_t i) { return score_residual(&target, points[2 * i], points[2 * i + 1]); });
        score.resid_mean = sum / static_cast<double>(n);
    }
    radix_sort(e, keys, spare, n);
    score.support = static_cast<double>(e.inside) / static_cast<double>(n);
    score.coverage = 0.0;
    for (int b = 0; b < SCORE_BINS; b++) score.coverage += score_is_covered(e.good[b], n);
    score.resid_p95 = static_cast<double>(__uint_as_float(score_bits_of_key(keys[score_p95_rank(n)])));
}

/* w1_x, std_x. */
static __device__ __forceinline__ void score_marginal(Evaluation &e, const score_target &target, uint64_t n,
                                                      const float *points, unsigned *keys, unsigned *spare,
                                                      fused_score &score) {
    const double count = static_cast<double>(n);
    __syncthreads();
    for (uint64_t i = threadIdx.x; i < n; i += EVALUATE_THREADS) keys[i] = score_key_of_bits(__float_as_uint(points[2 * i]));
    if (threadIdx.x < 32) {
        const double sum = sum_parts(n, [&](uint64_t i) { return static_cast<double>(points[2 * i]); });
        if (threadIdx.x == 0) e.mean[0][0] = sum / count;
    }
    __syncthreads();
    radix_sort(e, keys, spare, n);
    const double mean = e.mean[0][0];
    const auto x_of = [&](uint64_t i) { return __uint_as_float(score_bits_of_key(keys[i])); };
    if (threadIdx.x < 32) {
        const double sum = sum_parts(n, [&](uint64_t i) {
            const double off = static_cast<double>(x_of(i)) - mean;
            return off * off;
        });
        if (threadIdx.x == 0) e.sum[0] = sum;
    } else if (threadIdx.x < 64) {
        const double sum = sum_parts(n, [&](uint64_t i) { return score_displacement(x_of(i), i, n, target.lo, target.hi); });
        if (threadIdx.x == 32) e.sum[1] = sum;
    }
    __syncthreads();
    score.std_x = sqrt(e.sum[0] / count);
    score.w1_x = e.sum[1] / count;
}

/* modes, hq, reverse_kl, jsd. */
static __device__ __forceinline__ void score_mixture(Evaluation &e, const score_target &target, uint64_t n, const float *points,
                                                     fused_score &score) {
    for (uint64_t i = threadIdx.x; i < n; i += EVALUATE_THREADS) {
        int high;
        const int mode = score_nearest_mode(&target, points + 2 * i, &high);
        atomicAdd(&e.nearest[mode], 1u);
        if (high) atomicAdd(&e.high[mode], 1u);
    }
    __syncthreads();
    if (threadIdx.x == 0) score.modes = score_mode_counts(e.nearest, e.high, target.n_modes, n);
}

/* energy, energy_coefficient. Every thread computes the sums of one sample; a warp adds them in parts, and its threads alone
 * have the result. */
static __device__ __forceinline__ void score_energies(Evaluation &e, const float *a, const float *b, uint64_t n,
                                                      fused_score &score) {
    double between = 0.0, within = 0.0; /* parts, in the first warp */
    for (uint64_t base = 0; base < n; base += EVALUATE_THREADS) {
        const uint64_t i = base + threadIdx.x;
        if (i < n) {
            const float *const of_a = a + COLUMNS * i, *const of_b = b + COLUMNS * i;
            e.between[threadIdx.x] = score_sum_distances(of_a, b, n, COLUMNS);
            e.within[threadIdx.x] = score_sum_distances(of_a, a, i, COLUMNS) + score_sum_distances(of_b, b, i, COLUMNS);
        }
        __syncthreads();
        if (threadIdx.x < SCORE_PARTS)
            for (uint64_t k = threadIdx.x; k < EVALUATE_THREADS && base + k < n; k += SCORE_PARTS) {
                between += e.between[k];
                within += e.within[k];
            }
        __syncthreads();
    }
    if (threadIdx.x >= SCORE_PARTS) return;
    for (int half = SCORE_PARTS / 2; half > 0; half /= 2) {
        between += __shfl_xor_sync(~0u, between, half);
        within += __shfl_xor_sync(~0u, within, half);
    }
    score.energy = score_energy(between, within, n);
    score.energy_coefficient = score_energy_coefficient(score.energy, between, n);
}

/* spread, of generated points a and real ones b. A warp takes a column of either at a time. */
static __device__ __forceinline__ void score_spreads(Evaluation &e, const float *a, const float *b, uint64_t n,
                                                     fused_score &score) {
    const unsigned warp = threadIdx.x / 32;
    for (unsigned k = warp; k < 2 * COLUMNS; k += EVALUATE_THREADS / 32) {
        const float *const column = (k < COLUMNS ? a : b) + k % COLUMNS;
        const double sum = sum_parts(n, [&](uint64_t i) { return static_cast<double>(column[COLUMNS * i]); });
        if (threadIdx.x % 32 == 0) e.mean[k / COLUMNS][k % COLUMNS] = sum / static_cast<double>(n);
    }
    __syncthreads();
    if (warp < 2) {
        const float *const points = warp == 0 ? a : b;
        const double sum =
            sum_parts(n, [&](uint64_t i) { return score_squared_distance(points + COLUMNS * i, e.mean[warp], COLUMNS); });
        if (threadIdx.x % 32 == 0) e.sum[warp] = sum;
    }
    __syncthreads();
    if (e.sum[1] > 0) score.spread = score_spread(e.sum[0], e.sum[1]);
}

/* Scores of n finite points, by the target's kind; recipes leave out kinds that they cannot have. Valid in thread 0. */
static __device__ __forceinline__ void score_points(Evaluation &e, const fused_evaluate_args &args, const float *generated,
                                                    const float *real, unsigned *keys, unsigned *spare, fused_score &score) {
    score_target target = args.target;
    if constexpr (recipe.target == FUSED_SQUARE) target.kind = SCORE_SQUARE;
    if constexpr (recipe.target != FUSED_POINTS && COLUMNS == 2) {
        if (target.kind == SCORE_SQUARE || target.kind == SCORE_FUNCTION) {
            score_shape(e, target, args.n_samples, generated, keys, spare, score);
            score_marginal(e, target, args.n_samples, generated, keys, spare, score);
        }
    }
    if constexpr (recipe.target == FUSED_POINTS && COLUMNS == 2) {
        if (target.kind == SCORE_MIXTURE) score_mixture(e, target, args.n_samples, generated, score);
    }
    if (args.n_energy < 2) return;
    score_energies(e, generated, real, args.n_energy, score);
    score_spreads(e, generated, real, args.n_energy, score);
}

static __device__ __forceinline__ void evaluate(const fused_evaluate_args &args) {
    GT_DYNAMIC_SHARED(float4, shared);
    Evaluation &e = *reinterpret_cast<Evaluation *>(shared + evaluate_weight_quads);
    constexpr int g_weights = 3 * D::quads + (G::is_averaged ? 3 * G::quads : 0); /* in a state */
    const uint64_t padded = (static_cast<uint64_t>(args.n_samples) + 3) / 4 * 4;
    float *const generated = args.scratch + blockIdx.x * fused_evaluate_scratch(COLUMNS, args.n_samples);
    float *const real = generated + COLUMNS * padded;
    unsigned *const keys = reinterpret_cast<unsigned *>(real + COLUMNS * padded), *const spare = keys + padded;
    for (unsigned run = blockIdx.x; run < args.n_runs; run += gridDim.x) {
        if (args.counters[run].diverged != 0) continue;
        const float4 *state = reinterpret_cast<const float4 *>(args.states) + static_cast<size_t>(run) * STATE_QUADS;
        for (int q = threadIdx.x; q < evaluate_weight_quads; q += EVALUATE_THREADS)
            shared[q] = state[q < D::quads ? q : g_weights + q - D::quads];
        if (threadIdx.x < SCORE_BINS) e.good[threadIdx.x] = 0;
        if (threadIdx.x < SCORE_MAX_MODES) e.nearest[threadIdx.x] = e.high[threadIdx.x] = 0;
        if (threadIdx.x == 0) e.inside = e.right_real = e.right_fake = e.not_finite = 0;
        __syncthreads();
        make_points(e, args, setting_of(args.settings, run).hyper, args.counters[run].seed, shared, shared + D::quads,
                    generated, real);
        __syncthreads();
        const double nan = static_cast<double>(__uint_as_float(0x7fc00000u));
        fused_score score = {nan, nan, nan, nan, nan, nan, {nan, nan, nan, nan}, nan, nan, nan, e.right_real, e.right_fake};
        if (e.not_finite == 0) score_points(e, args, generated, real, keys, spare, score);
        if (threadIdx.x == 0) args.scores[run] = score;
        __syncthreads();
    }
}

#endif
