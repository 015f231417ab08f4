/* private. The training loop: 16 lanes train one GAN, two GANs a warp, whose weights and Adam state stay in shared memory for
 * a whole launch. Lane l holds samples l S to l S + S - 1 of a batch (of a combined one those of either half); every formula
 * and order of summation is that of docs/numerics.md, so the state has the bits of the CPU engine's. A GAN that is frozen
 * computes on beside its neighbour, but nothing of it is kept. */
#ifndef GT_KERNELS_FUSED_TRAIN_CUH
#define GT_KERNELS_FUSED_TRAIN_CUH

#include "kernels/fused_points.cuh"

/* How the samples of a step stand in the slots of a lane: parts of n samples, one behind the other. */
template <int n, int Parts> struct Batch {
    static constexpr int part = slots_of(n), slots = Parts * part, samples = n, all = Parts * n;
    static constexpr bool is_combined = Parts > 1;

    /* Whether slot s of the lane has a sample. */
    static __device__ __forceinline__ bool exists(const Gan &gan, int s) {
        return n % LANES == 0 || gan.lane * part + (is_combined ? s % part : s) < n;
    }

    /* Whose points are in slot s of a step in the given role, or of a combined one. */
    static __device__ __forceinline__ int role_of(int role, int s) {
        return !is_combined ? role : s < part ? FUSED_REAL : FUSED_FAKE;
    }
};
using DBatch = Batch<recipe.half, recipe.combined ? 2 : 1>;
using GBatch = Batch<recipe.batch, 1>;

struct Training {
    Gan gan;
    float4 *d_state, *g_state; /* w, m', v'; G's averaged weights */
    fused_counters counters;   /* the same in all lanes */
    bool last;                 /* the launch's last iteration, whose losses are kept */
    float d_slope = 0.0f, g_slope = 0.0f;
};

static __device__ __forceinline__ float label_of(const Gan &gan, int role) {
    return SETTING_BEHIND(gan.rows, hyper.label, role);
}

/* zero of adam_update() for points of G: they must be finite. Samples that do not exist become zeros. */
template <class B>
static __device__ __forceinline__ float check_points(const Gan &gan, float (&y)[COLUMNS][B::part], float zero) {
    constexpr int S = B::part;
    FOR_SLOTS (s)
        FOR_COLUMNS (o) {
            if (!B::exists(gan, s)) y[o][s] = 0.0f;
            zero = vf_fma(y[o][s], 0.0f, zero);
        }
    return zero;
}

/* Gradients dz of the mean loss to the logits; zero as for check_points(). */
template <class B>
static __device__ __forceinline__ float loss_gradients(const Training &t, int role, const float (&z)[B::slots],
                                                       float (&dz)[B::slots], float zero) {
    constexpr int S = B::slots;
    const float share = 1.0f / B::all;
    FOR_SLOTS (s) {
        const int of_slot = B::role_of(role, s);
        const float label = label_of(t.gan, of_slot);
        dz[s] = loss_gradient(recipe.loss, of_slot, z[s], label, share, vf_mul(label, share));
        if (!B::exists(t.gan, s))
            dz[s] = 0.0f;
        else
            zero = vf_fma(z[s], 0.0f, zero);
    }
    return zero;
}

/* The mean loss of n samples in a role, summed in double in the order of the samples. z: the lane's logits, four by four,
 * `pitch` floats apart. */
template <int n> static __device__ __noinline__ double mean_loss(int lane, const float *z, int pitch, int role, float label) {
    const float sign = loss_softplus_sign(recipe.loss, role, label);
    double sum = 0.0;
#pragma unroll 1
    for (int l = 0; l < LANES; l++) {
        if (lane == l)
#pragma unroll 1
            for (int s = 0; s < slots_of(n) && lane * slots_of(n) + s < n; s++) {
                const float logit = z[s / 4 * pitch + s % 4];
                const float softplus = loss_needs_softplus(recipe.loss) ? exact_softplus(vf_mul(sign, logit)) : 0.0f;
                sum += loss_value(recipe.loss, role, logit, label, softplus);
            }
        sum = __shfl_sync(~0u, sum, l, LANES);
    }
    return sum / n;
}

/* The loss of the step's part that begins at slot `first`. The logits go through the row buffer, so that z need not stand in
 * memory in other iterations than the last. Every lane calls. */
template <class B>
static __device__ __forceinline__ double part_loss(const Training &t, int role, const float (&z)[B::slots], int first) {
    constexpr int S = B::part;
    const float label = label_of(t.gan, role);
    double loss;
    if constexpr (S <= 4 * LANES) {
        constexpr int pitch = 4 * FUSED_ROW_PITCH;
        float *room = reinterpret_cast<float *>(t.gan.rows + t.gan.lane);
        FOR_SLOTS (s) room[s / 4 * pitch + s % 4] = z[first + s];
        loss = mean_loss<B::samples>(t.gan.lane, room, pitch, role, label);
    } else {
        loss = mean_loss<B::samples>(t.gan.lane, z + first, 4, role, label);
    }
    __syncwarp();
    return loss;
}

/* The losses of a step, in a launch's last iteration. Every lane calls. */
template <class B> static __device__ __forceinline__ void keep_losses(Training &t, int role, const float (&z)[B::slots]) {
    if (!t.last) return;
    if constexpr (B::is_combined) {
        t.counters.last_losses[FUSED_REAL] = part_loss<B>(t, FUSED_REAL, z, 0);
        t.counters.last_losses[FUSED_FAKE] = part_loss<B>(t, FUSED_FAKE, z, B::part);
    } else {
        const double loss = part_loss<B>(t, role, z, 0);
#pragma unroll
        for (int k = 0; k < 3; k++)
            if (k == role) t.counters.last_losses[k] = loss;
    }
}

/* Freezes the GAN in this iteration unless all is finite. Every lane calls. */
static __device__ __forceinline__ void freeze_unless_finite(Training &t, float zero) {
    if (!all_finite(zero) && t.gan.alive) {
        t.gan.alive = false;
        t.counters.diverged = 1;
        t.counters.diverged_at = t.counters.iteration;
    }
}

/* Points of the target, or of G, for update number j of D in this iteration. */
template <class B>
static __device__ __forceinline__ void d_points(const Training &t, const fused_train_args &args, int role, unsigned j,
                                                float (&x)[COLUMNS][B::part], float &zero) {
    constexpr int S = B::part;
    const unsigned first = j * B::samples + t.gan.lane * S, iteration = static_cast<unsigned>(t.counters.iteration);
    if (role == FUSED_FAKE) {
        constexpr bool whole = S * LATENT % 4 == 0 && (recipe.d_steps == 1 || B::samples * LATENT % 4 == 0);
        float latents[S * LATENT];
        draw_latents<S, whole>(draw_of(t.counters.seed, GT_STREAM_D_LATENTS, iteration), first, t.gan.rows + t.gan.lane,
                               latents);
        generate<S>(t.g_state, t.g_slope, latents, x);
        zero = check_points<B>(t.gan, x, zero);
    } else {
        target_points<S>(draw_of(t.counters.seed, GT_STREAM_REAL, iteration),
                         draw_of(t.counters.seed, GT_STREAM_REAL_NOISE, iteration), first, args.table, x);
    }
}

/* Those of a whole step. */
template <class B>
static __device__ __forceinline__ void d_batch(const Training &t, const fused_train_args &args, int role, unsigned j,
                                               float (&x)[COLUMNS][B::slots], float &zero) {
    if constexpr (B::is_combined) {
        constexpr int S = B::part;
        float real[COLUMNS][S], generated[COLUMNS][S];
        d_points<B>(t, args, FUSED_REAL, j, real, zero);
        d_points<B>(t, args, FUSED_FAKE, j, generated, zero);
        FOR_SLOTS (s)
            FOR_COLUMNS (i) {
                x[i][s] = real[i][s];
                x[i][S + s] = generated[i][s];
            }
    } else {
        d_points<B>(t, args, role, j, x, zero);
    }
}

/* Update number j of D in this iteration: an Adam step on points of the target or of G, as `role` says, or combined on both. */
template <class B>
static __device__ __forceinline__ void d_step(Training &t, const fused_train_args &args, int role, unsigned j) {
    constexpr int S = B::slots;
    const Adam adam = adam_of<D>(t.gan, args.d_steps, t.counters.d_steps, static_cast<unsigned>(t.counters.iteration));
    float x[COLUMNS][S], z[S], dz[S], zero = 0.0f;
    d_batch<B>(t, args, role, j, x, zero);
    if constexpr (D::kind == FUSED_MOMENTS) {
        moments_forward<true, S>(t.d_state, t.d_slope, x, z, t.gan);
        zero = loss_gradients<B>(t, role, z, dz, zero);
        freeze_unless_finite(t, zero);
        zero = moments_update<S>(t.gan, adam, t.d_state, t.d_slope, x, dz);
    } else {
        Units<D, S> y, delta;
        stack_forward<D, S>(t.d_state, t.d_slope, x, y);
        float(&logits)[S] = y.at[D::n_units - 1];
        zero = loss_gradients<B>(t, role, logits, delta.at[D::n_units - 1], zero);
        freeze_unless_finite(t, zero);
        stack_backward<D, S>(t.d_state, t.d_slope, y, delta);
        zero = stack_update<D, S>(t.gan, adam, t.d_state, x, y, delta);
        FOR_SLOTS (s) z[s] = logits[s];
    }
    t.counters.d_steps += t.gan.alive;
    freeze_unless_finite(t, zero);
    if (static_cast<int>(j) + 1 == recipe.d_steps) keep_losses<B>(t, role, z);
}

/* Logits of G's points y and the gradient of the loss to y, through D's weights, which stay. */
template <class B>
static __device__ __forceinline__ void logits_and_gradients(const Training &t, const float (&y)[COLUMNS][B::slots],
                                                            float (&z)[B::slots], float (&dy)[COLUMNS][B::slots], float &zero) {
    constexpr int S = B::slots;
    if constexpr (D::kind == FUSED_MOMENTS) {
        float dz[S];
        moments_gradient<S>(t.d_state, t.d_slope, y, z, dy);
        zero = loss_gradients<B>(t, FUSED_G, z, dz, zero);
        FOR_SLOTS (s)
            for (int o = 0; o < 2; o++) dy[o][s] = vf_mul(dz[s], dy[o][s]);
    } else {
        Units<D, S> outputs, delta;
        stack_forward<D, S>(t.d_state, t.d_slope, y, outputs);
        FOR_SLOTS (s) z[s] = outputs.at[D::n_units - 1][s];
        zero = loss_gradients<B>(t, FUSED_G, z, delta.at[D::n_units - 1], zero);
        stack_backward<D, S>(t.d_state, t.d_slope, outputs, delta);
        stack_input_gradient<D, 0, FUSED_LINEAR, S>(t.d_state, 0.0f, delta.at, nullptr, dy);
    }
}

/* One Adam step of G on a batch of latents. */
template <class B> static __device__ __forceinline__ void g_step(Training &t, const fused_train_args &args) {
    constexpr int S = B::slots;
    const unsigned first = t.gan.lane * S, iteration = static_cast<unsigned>(t.counters.iteration);
    const Adam adam = adam_of<G>(t.gan, args.g_steps, t.counters.g_steps, iteration);
    constexpr int output_activation = G::shape.activation[G::n_layers - 1];
    float latents[S * LATENT], y[COLUMNS][S], z[S], dy[COLUMNS][S], zero = 0.0f;
    draw_latents<S, S * LATENT % 4 == 0>(draw_of(t.counters.seed, GT_STREAM_G_LATENTS, iteration), first,
                                         t.gan.rows + t.gan.lane, latents);
    if constexpr (G::kind == FUSED_PAIR) {
        pair_forward<true, S>(t.g_state, t.g_slope, latents, y, t.gan);
        zero = check_points<B>(t.gan, y, zero);
        logits_and_gradients<B>(t, y, z, dy, zero);
        freeze_unless_finite(t, zero);
        FOR_SLOTS (s)
            for (int o = 0; o < 2; o++) dy[o][s] = activation_gradient<output_activation>(dy[o][s], y[o][s], t.g_slope);
        zero = pair_update<S>(t.gan, adam, t.g_state, t.g_slope, latents, dy);
    } else {
        constexpr int outputs_at = G::n_units - COLUMNS;
        Latents<S> x;
        Units<G, S> outputs, delta;
        transpose<S>(latents, x);
        stack_forward<G, S>(t.g_state, t.g_slope, x.at, outputs);
        FOR_SLOTS (s)
            FOR_COLUMNS (o) y[o][s] = outputs.at[outputs_at + o][s];
        zero = check_points<B>(t.gan, y, zero);
        logits_and_gradients<B>(t, y, z, dy, zero);
        freeze_unless_finite(t, zero);
        FOR_SLOTS (s)
            FOR_COLUMNS (o) delta.at[outputs_at + o][s] = activation_gradient<output_activation>(dy[o][s], y[o][s], t.g_slope);
        stack_backward<G, S>(t.g_state, t.g_slope, outputs, delta);
        zero = stack_update<G, S>(t.gan, adam, t.g_state, x.at, outputs, delta);
    }
    t.counters.g_steps += t.gan.alive;
    freeze_unless_finite(t, zero);
    keep_losses<B>(t, FUSED_G, z);
}

/* All updates of D in an iteration. */
static __device__ __forceinline__ void d_steps(Training &t, const fused_train_args &args) {
#pragma unroll 1
    for (unsigned j = 0; j < static_cast<unsigned>(recipe.d_steps); j++)
        if constexpr (DBatch::is_combined) {
            d_step<DBatch>(t, args, FUSED_REAL, j);
        } else {
#pragma unroll 1
            for (int role = FUSED_REAL; role <= FUSED_FAKE; role++) d_step<DBatch>(t, args, role, j);
        }
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
    if (t.gan.lane < FUSED_SETTING_QUADS) {
        const fused_setting &setting = setting_of(args.settings, run < args.n_runs ? run : args.n_runs - 1);
        setting_quad(t.gan.rows, t.gan.lane) = reinterpret_cast<const float4 *>(&setting)[t.gan.lane];
    }
    __syncwarp();
    if constexpr (D::has_leaky) t.d_slope = SETTING(t.gan.rows, hyper.d_slope);
    if constexpr (G::has_leaky) t.g_slope = SETTING(t.gan.rows, hyper.g_slope);
    const bool kept = t.gan.alive;
#pragma unroll 1
    for (unsigned k = 0; k < args.n_iterations && __any_sync(~0u, t.gan.alive); k++) {
        t.last = k + 1 == args.n_iterations;
#ifndef FUSED_WITHOUT_D_STEP /* of bench/ alone, as the next */
        d_steps(t, args);
#endif
#ifndef FUSED_WITHOUT_G_STEP
        g_step<GBatch>(t, args);
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
