/* private. The training loop: 16 lanes train one GAN, two GANs a warp, whose weights and Adam state stay in shared memory for
 * a whole launch. Lane l holds samples l S to l S + S - 1 of a batch; every formula and order of summation is that of
 * docs/numerics.md, so the state has the bits of the CPU engine's. A GAN that is frozen computes on beside its neighbour, but
 * nothing of it is kept. */
#ifndef GT_KERNELS_FUSED_TRAIN_CUH
#define GT_KERNELS_FUSED_TRAIN_CUH

#include "kernels/fused_points.cuh"

enum { D_SLOTS = slots_of(BATCH / 2), G_SLOTS = slots_of(BATCH) };

/* Whether the lane's s-th sample of a batch of n exists. */
template <int n> static __device__ __forceinline__ bool exists(const Gan &gan, int s) {
    return n % LANES == 0 || gan.lane * slots_of(n) + s < n;
}

struct Training {
    Gan gan;
    float4 *d_state, *g_state; /* w, m', v' */
    fused_counters counters;   /* the same in all lanes */
    bool last;                 /* the launch's last iteration, whose losses are kept */
    float d_slope = 0.0f, g_slope = 0.0f;
};

/* zero of adam_update() for points of G: they must be finite. Samples that do not exist become zeros. */
template <int n> static __device__ __forceinline__ float check_points(const Gan &gan, float (&y)[2][slots_of(n)], float zero) {
    constexpr int S = slots_of(n);
    FOR_SLOTS (s)
        for (int o = 0; o < 2; o++) {
            if (!exists<n>(gan, s)) y[o][s] = 0.0f;
            zero = vf_fma(y[o][s], 0.0f, zero);
        }
    return zero;
}

/* dz = (sigmoid(z) - label) / n; zero as for check_points(). */
template <int n>
static __device__ __forceinline__ float loss_gradients(const Gan &gan, const float (&z)[slots_of(n)], float label,
                                                       float (&dz)[slots_of(n)], float zero) {
    constexpr int S = slots_of(n);
    const float share = 1.0f / n;
    FOR_SLOTS (s) {
        dz[s] = vf_fma(exact_sigmoid(z[s]), share, -vf_mul(label, share));
        if (!exists<n>(gan, s))
            dz[s] = 0.0f;
        else
            zero = vf_fma(z[s], 0.0f, zero);
    }
    return zero;
}

/* The mean of softplus(sign z), summed in double in the order of the samples. z: the lane's, `stride` apart. */
template <int n> static __device__ __noinline__ double mean_loss(int lane, const float *z, int stride, float sign) {
    double sum = 0.0;
#pragma unroll 1
    for (int l = 0; l < LANES; l++) {
        if (lane == l)
#pragma unroll 1
            for (int s = 0; s < slots_of(n) && lane * slots_of(n) + s < n; s++)
                sum += static_cast<double>(exact_softplus(vf_mul(sign, z[s * stride])));
        sum = __shfl_sync(~0u, sum, l, LANES);
    }
    return sum / n;
}

/* In the launch's last iteration, the loss of a step to *loss. The logits go through the row buffer, so that z need not stand
 * in memory in all others. Every lane calls. */
template <int n>
static __device__ __forceinline__ void keep_loss(const Training &t, const float (&z)[slots_of(n)], float sign, double *loss) {
    constexpr int S = slots_of(n);
    if (!t.last) return;
    if constexpr (S <= 4 * LANES) {
        float *room = reinterpret_cast<float *>(t.gan.rows) + t.gan.lane;
        FOR_SLOTS (s) room[s * LANES] = z[s];
        *loss = mean_loss<n>(t.gan.lane, room, LANES, sign);
    } else {
        *loss = mean_loss<n>(t.gan.lane, z, 1, sign);
    }
    __syncwarp();
}

/* Freezes the GAN in this iteration unless all is finite. Every lane calls. */
static __device__ __forceinline__ void freeze_unless_finite(Training &t, float zero) {
    if (!all_finite(zero) && t.gan.alive) {
        t.gan.alive = false;
        t.counters.diverged = 1;
        t.counters.diverged_at = t.counters.iteration;
    }
}

/* One Adam step of D on half a batch of points of the target, or of G. */
static __device__ __forceinline__ void d_step(Training &t, const fused_train_args &args, bool generated) {
    constexpr int n = BATCH / 2, S = D_SLOTS;
    const unsigned first = t.gan.lane * S, iteration = static_cast<unsigned>(t.counters.iteration);
    const Adam adam = adam_of(args.d_adam, t.counters.d_steps);
    float x[2][S], z[S], dz[S], zero = 0.0f;
    if (generated) {
        float latents[S * LATENT];
        draw_latents<S>(draw_of(t.counters.seed, GT_STREAM_D_LATENTS, iteration), first, t.gan.rows + t.gan.lane, latents);
        generate<S>(t.g_state, t.g_slope, latents, x);
        zero = check_points<n>(t.gan, x, zero);
    } else {
        target_points<S>(draw_of(t.counters.seed, GT_STREAM_REAL, iteration), first, args.lo, args.width, x);
    }
    const float label = generated ? 0.0f : 1.0f;
    if constexpr (D::kind == FUSED_MOMENTS) {
        moments_forward<true, S>(t.d_state, t.d_slope, x, z, t.gan);
        zero = loss_gradients<n>(t.gan, z, label, dz, zero);
        freeze_unless_finite(t, zero);
        zero = moments_update<S>(t.gan, adam, t.d_state, t.d_slope, x, dz);
    } else {
        Units<D, S> y, delta;
        stack_forward<D, S>(t.d_state, t.d_slope, x, y);
        float(&logits)[S] = y.at[D::n_units - 1];
        zero = loss_gradients<n>(t.gan, logits, label, delta.at[D::n_units - 1], zero);
        freeze_unless_finite(t, zero);
        stack_backward<D, S>(t.d_state, t.d_slope, y, delta);
        zero = stack_update<D, S>(t.gan, adam, t.d_state, x, y, delta);
        FOR_SLOTS (s) z[s] = logits[s];
    }
    t.counters.d_steps += t.gan.alive;
    freeze_unless_finite(t, zero);
    double loss = 0.0;
    keep_loss<n>(t, z, generated ? 1.0f : -1.0f, &loss);
    if (t.last && generated) t.counters.last_losses[1] = loss;
    if (t.last && !generated) t.counters.last_losses[0] = loss;
}

/* Logits of G's points y and the gradient of z to y, through D's weights, which stay. */
template <int S>
static __device__ __forceinline__ void logits_and_gradients(const Training &t, const float (&y)[2][S], float (&z)[S],
                                                            float (&dz)[S], float (&dy)[2][S], float &zero) {
    if constexpr (D::kind == FUSED_MOMENTS) {
        moments_gradient<S>(t.d_state, t.d_slope, y, z, dy);
        zero = loss_gradients<BATCH>(t.gan, z, 1.0f, dz, zero);
        FOR_SLOTS (s)
            for (int o = 0; o < 2; o++) dy[o][s] = vf_mul(dz[s], dy[o][s]);
    } else {
        Units<D, S> outputs, delta;
        stack_forward<D, S>(t.d_state, t.d_slope, y, outputs);
        FOR_SLOTS (s) z[s] = outputs.at[D::n_units - 1][s];
        zero = loss_gradients<BATCH>(t.gan, z, 1.0f, delta.at[D::n_units - 1], zero);
        stack_backward<D, S>(t.d_state, t.d_slope, outputs, delta);
        stack_input_gradient<D, 0, FUSED_LINEAR, S>(t.d_state, 0.0f, delta.at, nullptr, dy);
    }
}

/* One Adam step of G on a batch of latents. */
static __device__ __forceinline__ void g_step(Training &t, const fused_train_args &args) {
    constexpr int S = G_SLOTS;
    const unsigned first = t.gan.lane * S, iteration = static_cast<unsigned>(t.counters.iteration);
    const Adam adam = adam_of(args.g_adam, t.counters.g_steps);
    constexpr int output_activation = G::shape.activation[G::n_layers - 1];
    float latents[S * LATENT], y[2][S], z[S], dz[S], dy[2][S], zero = 0.0f;
    draw_latents<S>(draw_of(t.counters.seed, GT_STREAM_G_LATENTS, iteration), first, t.gan.rows + t.gan.lane, latents);
    if constexpr (G::kind == FUSED_PAIR) {
        pair_forward<true, S>(t.g_state, t.g_slope, latents, y, t.gan);
        zero = check_points<BATCH>(t.gan, y, zero);
        logits_and_gradients<S>(t, y, z, dz, dy, zero);
        freeze_unless_finite(t, zero);
        FOR_SLOTS (s)
            for (int o = 0; o < 2; o++) dy[o][s] = activation_gradient<output_activation>(dy[o][s], y[o][s], t.g_slope);
        zero = pair_update<S>(t.gan, adam, t.g_state, t.g_slope, latents, dy);
    } else {
        Latents<S> x;
        Units<G, S> outputs, delta;
        transpose<S>(latents, x);
        stack_forward<G, S>(t.g_state, t.g_slope, x.at, outputs);
        FOR_SLOTS (s)
            for (int o = 0; o < 2; o++) y[o][s] = outputs.at[G::n_units - 2 + o][s];
        zero = check_points<BATCH>(t.gan, y, zero);
        logits_and_gradients<S>(t, y, z, dz, dy, zero);
        freeze_unless_finite(t, zero);
        FOR_SLOTS (s)
            for (int o = 0; o < 2; o++)
                delta.at[G::n_units - 2 + o][s] = activation_gradient<output_activation>(dy[o][s], y[o][s], t.g_slope);
        stack_backward<G, S>(t.g_state, t.g_slope, outputs, delta);
        zero = stack_update<G, S>(t.gan, adam, t.g_state, x.at, outputs, delta);
    }
    t.counters.g_steps += t.gan.alive;
    freeze_unless_finite(t, zero);
    keep_loss<BATCH>(t, z, -1.0f, &t.counters.last_losses[2]);
}

/* x, as if it had been loaded: the compiler would rather load an argument anew at each use than keep it. */
static __device__ __forceinline__ float from_memory(float x, const fused_counters &counters) {
    const unsigned zero = static_cast<unsigned>(counters.diverged >> 32);
    return __uint_as_float(__float_as_uint(x) ^ zero);
}

static __device__ __forceinline__ void train(const fused_train_args &args) {
    GT_DYNAMIC_SHARED(float4, shared);
    const unsigned gan_of_block = threadIdx.x / LANES;
    const unsigned run = blockIdx.x * (blockDim.x / LANES) + gan_of_block;
    float4 *state = shared + gan_of_block * (STATE_QUADS + FUSED_ROW_QUADS);
    float4 *const home = reinterpret_cast<float4 *>(args.states) + static_cast<size_t>(run) * STATE_QUADS;
    Training t = {{state + STATE_QUADS, static_cast<int>(threadIdx.x % LANES), false}, state, state + 3 * D::quads, {}, false};
    if (run < args.n_runs) {
        t.counters = args.counters[run];
        t.gan.alive = t.counters.diverged == 0;
        for (int q = t.gan.lane; q < STATE_QUADS; q += LANES) state[q] = home[q];
    }
    if constexpr (D::has_leaky) t.d_slope = from_memory(args.d_slope, t.counters);
    if constexpr (G::has_leaky) t.g_slope = from_memory(args.g_slope, t.counters);
    __syncwarp();
    const bool kept = t.gan.alive;
#pragma unroll 1
    for (unsigned k = 0; k < args.n_iterations && __any_sync(~0u, t.gan.alive); k++) {
        t.last = k + 1 == args.n_iterations;
#ifndef FUSED_WITHOUT_D_STEP /* of bench/ alone, as the next */
#pragma unroll 1
        for (int generated = 0; generated < 2; generated++) d_step(t, args, generated != 0);
#endif
#ifndef FUSED_WITHOUT_G_STEP
        g_step(t, args);
#endif
        t.counters.iteration += t.gan.alive;
    }
    if (!kept) return;
    if (!t.gan.alive) /* the losses stay those of the launch before */
        for (int k = 0; k < 3; k++) t.counters.last_losses[k] = args.counters[run].last_losses[k];
    __syncwarp(0xffffu << (threadIdx.x & 16));
    for (int q = t.gan.lane; q < STATE_QUADS; q += LANES) home[q] = state[q];
    if (t.gan.lane == 0) args.counters[run] = t.counters;
}

#endif
