/* private. The steps that touch the records: loss, Adam, the end of an iteration. */
#ifndef GT_KERNELS_LAYERED_STEPS_CUH
#define GT_KERNELS_LAYERED_STEPS_CUH

#include "kernels/layered_runs.cuh"
#include "kernels/loss.h"

/* One thread of a run calls it, when nobody reads the record any more. */
static __device__ __forceinline__ void freeze(layered_run &run) {
    run.diverged = 1;
    run.diverged_at = run.iteration;
}

/* ---------------------------------------------------------------- loss */

static __device__ __forceinline__ void loss(const layered_loss_args &args) {
    __shared__ double sums[LAYERED_THREADS];
    __shared__ int not_finite;
    const Place place = place_of(args.runs);
    if (frozen(args.runs, place.run)) return;
    if (threadIdx.x == 0) not_finite = 0;
    __syncthreads();
    const float label = setting_of(args.runs, place.run).hyper.label[args.role];
    const float share = __fdiv_rn(1.0f, static_cast<float>(args.n_mean));
    const float *z = args.z + place.run * args.z_stride;
    float *dz = args.dz + place.run * args.dz_stride;
    double sum = 0;
    for (int i = static_cast<int>(threadIdx.x); i < args.n; i += LAYERED_THREADS) {
        const float y = args.labels != nullptr ? args.labels[i] : label;
        /* a caller's labels tell D's real points from generated ones */
        const int role = args.labels == nullptr || args.role == FUSED_G ? args.role : y > 0.5f ? FUSED_REAL : FUSED_FAKE;
        const float softplus = exact_softplus(vf_mul(loss_softplus_sign(args.loss, role, y), z[i]));
        sum += loss_value(args.loss, role, z[i], y, softplus);
        dz[i] = loss_gradient(args.loss, role, z[i], y, share, vf_mul(y, share));
        if (!(vf_mul(z[i], 0.0f) == 0.0f)) atomicOr(&not_finite, 1);
    }
    sums[threadIdx.x] = sum;
    for (unsigned half = LAYERED_THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    if (threadIdx.x != 0) return;
    layered_run &run = args.runs.at[place.run];
    if (not_finite)
        freeze(run);
    else
        run.losses[args.role] = sums[0] / args.n;
}

/* ---------------------------------------------------------------- Adam (docs/numerics.md) */

struct AdamStep {
    float size, shrink, clip, ema_rate;
    fused_powers powers; /* after it */
};

static __device__ __forceinline__ AdamStep adam_step_of(const layered_adam_args &args, const layered_run &run,
                                                        const layered_setting &setting) {
    const fused_hyper &hyper = setting.hyper;
    AdamStep step = {0.0f, 0.0f, 0.0f, 0.0f, run.powers[args.net]};
    float factor = 1.0f;
    step.size = fused_adam_next_step(&setting.adam[args.net], &step.powers);
    if (args.recipe.decay != FUSED_CONSTANT) {
        factor = decay_factor(args.recipe.decay, vf_from_u(static_cast<unsigned>(run.iteration)), hyper.decay_rate,
                              hyper.decay_scale, hyper.decay_offset);
        step.size = vf_mul(step.size, factor);
    }
    if (args.recipe.weight_decay)
        step.shrink = vf_mul(factor, args.net == LAYERED_D ? hyper.d_weight_decay : hyper.g_weight_decay);
    if (args.recipe.loss == FUSED_WASSERSTEIN && args.net == LAYERED_D) step.clip = hyper.clip;
    if (args.recipe.ema && args.net == LAYERED_G) step.ema_rate = hyper.ema_rate;
    return step;
}

/* A parameter; 0 times the new weight, which is NaN where that is not finite, is added to zero. */
static __device__ __forceinline__ void adam_update(const fused_recipe &recipe, const fused_adam &adam, const AdamStep &step,
                                                   float g, float &w, float &m, float &v, float &e, float &zero) {
    m = vf_fma(adam.beta1, m, g);
    if (0x1p-100f > fabsf(m)) m = 0.0f;
    v = vf_min(vf_fma(adam.beta2, v, vf_fma(g, g, 0x1p-90f)), 0x1p100f);
    const float q = vf_mul(m, vf_rcp(vf_add(vf_sqrt(v), adam.eps)));
    if (recipe.weight_decay) w = vf_fma(-step.shrink, w, w);
    w = vf_fma(-step.size, q, w);
    zero = vf_fma(w, 0.0f, zero);
    if (step.clip > 0.0f) w = vf_max(vf_min(w, step.clip), -step.clip);
    if (step.ema_rate > 0.0f) e = vf_fma(step.ema_rate, vf_sub(w, e), e);
}

/* Calls by the first thread of each of a run's blocks, after all of the block are through. True: it is the last block, and sees
 * what the others have said of values that are not finite. */
static __device__ __forceinline__ bool is_last(layered_ticket &ticket, unsigned blocks) {
    __threadfence();
    if (atomicAdd(&ticket.done, 1u) + 1 < blocks) return false;
    __threadfence();
    return true;
}

/* Four parameters a thread. All blocks of a run read its record before the last of them changes it. */
static __device__ __forceinline__ void adam(const layered_adam_args &args) {
    __shared__ AdamStep step;
    const Place place = place_of(args.runs);
    layered_run &run = args.runs.at[place.run];
    if (run.diverged) return;
    const layered_setting &setting = setting_of(args.runs, place.run);
    if (threadIdx.x == 0) step = adam_step_of(args, run, setting);
    __syncthreads();
    layered_ticket &ticket = args.tickets[place.run];
    const fused_adam adam = setting.adam[args.net];
    const size_t quads = args.stride / 4, k = static_cast<size_t>(place.block) * LAYERED_THREADS + threadIdx.x;
    if (k < quads) {
        float4 *state = reinterpret_cast<float4 *>(args.state + place.run * args.run_stride) + k;
        const float4 g = reinterpret_cast<const float4 *>(args.gradient + place.run * args.stride)[k];
        float4 w = state[0], m = state[quads], v = state[2 * quads], e = make_float4(0, 0, 0, 0);
        if (step.ema_rate > 0.0f) e = state[3 * quads];
        float zero = 0.0f;
        adam_update(args.recipe, adam, step, g.x, w.x, m.x, v.x, e.x, zero);
        adam_update(args.recipe, adam, step, g.y, w.y, m.y, v.y, e.y, zero);
        adam_update(args.recipe, adam, step, g.z, w.z, m.z, v.z, e.z, zero);
        adam_update(args.recipe, adam, step, g.w, w.w, m.w, v.w, e.w, zero);
        state[0] = w, state[quads] = m, state[2 * quads] = v;
        if (step.ema_rate > 0.0f) state[3 * quads] = e;
        if (!(zero == 0.0f)) atomicOr(&ticket.not_finite, 1u);
    }
    __syncthreads();
    if (threadIdx.x != 0 || !is_last(ticket, args.runs.blocks)) return;
    run.powers[args.net] = step.powers;
    run.steps[args.net]++;
    if (atomicExch(&ticket.not_finite, 0u)) freeze(run);
    ticket.done = 0;
}

/* ---------------------------------------------------------------- the end of an iteration */

static __device__ __forceinline__ void finish(const layered_finish_args &args) {
    const unsigned run = blockIdx.x * LAYERED_THREADS + threadIdx.x;
    if (run < args.n_runs && !frozen(args.runs, run)) args.runs.at[run].iteration++;
}

#endif
