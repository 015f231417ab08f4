/* private. The fused engine's training loop and its other entry points, written once in lane operations. fused_avx512.c,
 * fused_avx2.c and fused_portable.c each include it after their lanes header and get one fused_kernels table out of it. */
#ifndef GT_ENGINE_FUSED_BODY_H
#define GT_ENGINE_FUSED_BODY_H

#include "engine/fused_steps.h"

#include <string.h>

/* The tutorial's nets, as make_net() in fused_cpu.c lays them out: with constant sizes the steps compile to straight code. */
static const fused_shape tutorial_shape = {
    .batch = 128,
    .d = {.n_layers = 2,
          .n_parameters = 101,
          .padded = 112,
          .n_units = 26,
          .moments = 1,
          .layer = {{2, 25, GT_RELU, 0, 50, 1, 25, 0}, {25, 1, GT_LINEAR, 75, 100, 25, 1, 25}}},
    .g = {.n_layers = 2,
          .n_parameters = 122,
          .padded = 128,
          .n_units = 17,
          .moments = 0,
          .layer = {{5, 15, GT_RELU, 0, 75, 5, 1, 0}, {15, 2, GT_LINEAR, 90, 120, 15, 1, 15}}},
};

/* ---------------------------------------------------------------- the loop */

static __attribute__((noinline)) bool d_step_any(const fused_plan *plan, fused_run *run, enum source source, int n_samples,
                                                 float label, float *logits, float *ws) {
    return d_step(plan, &plan->shape, run, source, n_samples, label, logits, ws);
}

static __attribute__((noinline)) bool g_step_any(const fused_plan *plan, fused_run *run, enum source source, int n_samples,
                                                 float *logits, float *ws) {
    return g_step(plan, &plan->shape, run, source, n_samples, logits, ws);
}

/* Mean loss of logits that stand in lanes, label 0 or 1, summed in double in the order of the samples. Overwrites them. */
static double mean_loss(float *logits, int n, bool real) {
    const batch_shape b = batch_of(n);
    double sum = 0;
    for (int s = 0; s < b.slots; s++) {
        vf z = vf_load(logits + s * LANES);
        vf_store(logits + s * LANES, exact_softplus(real ? vf_sub(vf_set(0.0f), z) : z));
    }
    for (int i = 0; i < n; i++) sum += (double)logits[(i % b.slots) * LANES + i / b.slots];
    return sum / n;
}

static bool iteration_of_tutorial(const fused_plan *plan, fused_run *run, float *logits[3], float *ws) {
    return d_step(plan, &tutorial_shape, run, FROM_TARGET, 64, 1.0f, logits[0], ws) &&
           d_step(plan, &tutorial_shape, run, FROM_GENERATOR, 64, 0.0f, logits[1], ws) &&
           g_step(plan, &tutorial_shape, run, FROM_LATENTS, 128, logits[2], ws);
}

static bool iteration_of_any(const fused_plan *plan, fused_run *run, float *logits[3], float *ws) {
    const int batch = plan->shape.batch, half = batch / 2;
    return d_step_any(plan, run, FROM_TARGET, half, 1.0f, logits[0], ws) &&
           d_step_any(plan, run, FROM_GENERATOR, half, 0.0f, logits[1], ws) &&
           g_step_any(plan, run, FROM_LATENTS, batch, logits[2], ws);
}

static void advance(const fused_plan *plan, fused_run *run, uint64_t n, float *ws) {
    const bool is_tutorial = memcmp(&plan->shape, &tutorial_shape, sizeof tutorial_shape) == 0;
    const int batch = plan->shape.batch, half = batch / 2;
    const size_t half_logits = (size_t)batch_of(half).slots * LANES;
    float *const at = ws + plan->logits, *logits[3] = {at, at + half_logits, at + 2 * half_logits};
    const uint64_t end = run->counters.iteration + n;
    for (; run->counters.iteration < end; run->counters.iteration++) {
        bool finite = is_tutorial ? iteration_of_tutorial(plan, run, logits, ws) : iteration_of_any(plan, run, logits, ws);
        if (!finite) {
            run->counters.diverged = true;
            run->counters.diverged_at = run->counters.iteration;
            return;
        }
    }
    run->counters.last_losses[0] = mean_loss(logits[0], half, true);
    run->counters.last_losses[1] = mean_loss(logits[1], half, false);
    run->counters.last_losses[2] = mean_loss(logits[2], batch, true);
}

/* ---------------------------------------------------------------- nets on given rows */

/* rows[n, width] of the caller to lanes: [width][S] vectors, zeros where there is no sample. */
static void to_lanes(const float *rows, size_t n, int width, batch_shape b, float *lanes) {
    for (int i = 0; i < width; i++)
        for (int s = 0; s < b.slots; s++)
            for (int l = 0; l < LANES; l++) {
                size_t sample = (size_t)l * (size_t)b.slots + (size_t)s;
                lanes[(i * b.slots + s) * LANES + l] = sample < n ? rows[sample * (size_t)width + (size_t)i] : 0.0f;
            }
}

static void from_lanes(values x, int width, batch_shape b, float *rows) {
    for (int k = 0; k < b.n; k++)
        for (int i = 0; i < width; i++)
            rows[k * width + i] = x.at[(i * x.by_value + (k % b.slots) * x.by_slot) * LANES + k / b.slots];
}

enum { PASS = LANES * MAX_SLOTS }; /* samples that the functions below take at once */

static void forward(const fused_plan *plan, const fused_run *run, gt_net net, const float *x, size_t n, float *out, float *ws) {
    const fused_shape *shape = &plan->shape;
    const fused_net *first = net == GT_DISCRIMINATOR ? &shape->d : &shape->g;
    const int n_in = first->layer[0].n_in, n_out = net == GT_GENERATOR ? 2 : 1;
    for (; n > 0; n -= n < PASS ? n : PASS, x += PASS * n_in, out += PASS * n_out) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values v = {ws + plan->batch_x, b.slots, 1};
        to_lanes(x, (size_t)b.n, n_in, b, ws + plan->batch_x);
        if (net != GT_DISCRIMINATOR) {
            net_forward(&shape->g, run->g, plan->g_slope, v, ws + plan->g_outputs, b.slots);
            v = of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, b.slots);
        }
        if (net != GT_GENERATOR) {
            net_forward(&shape->d, run->d, plan->d_slope, v, ws + plan->d_outputs, b.slots);
            v = of_layer(&shape->d, shape->d.n_layers - 1, ws + plan->d_outputs, b.slots);
        }
        from_lanes(v, n_out, b, out);
    }
}

static void generate(const fused_plan *plan, const fused_run *run, uint32_t stream, uint32_t iteration, size_t n, float *out,
                     float *ws) {
    const fused_shape *shape = &plan->shape;
    const int latent = shape->g.layer[0].n_in;
    for (uint64_t base = 0; n > 0; n -= n < PASS ? n : PASS, base += (uint64_t)(PASS * latent), out += 2 * PASS) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values z = draw_latents(latent, run->counters.seed, stream, iteration, base, b, 0, b.slots, ws + plan->latents);
        net_forward(&shape->g, run->g, plan->g_slope, z, ws + plan->g_outputs, b.slots);
        from_lanes(of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, b.slots), 2, b, out);
    }
}

static void real(const fused_plan *plan, uint64_t seed, uint32_t stream, uint32_t iteration, size_t n, float *out, float *ws) {
    for (uint64_t base = 0; n > 0; n -= n < PASS ? n : PASS, base += PASS, out += 2 * PASS) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values points = {ws + plan->points, b.slots, 1};
        draw_real(plan, seed, stream, iteration, base, b, 0, b.slots, ws + plan->latents, points);
        from_lanes(points, 2, b, out);
    }
}

static void draw_flat(uint64_t seed, uint32_t stream, uint32_t iteration, enum draw_kind kind, size_t n, float *out) {
    float rows[8 * LANES], flat[4 * LANES];
    for (uint64_t base = 0; n > 0; base += 4 * LANES) {
        size_t take = n < 4 * LANES ? n : 4 * LANES;
        draw(seed, stream, iteration, kind, base, 4, 4, rows);
        for (int k = 0; k < 4 * LANES; k++) flat[k] = rows[(k % 4) * LANES + k / 4];
        memcpy(out, flat, take * sizeof *out);
        n -= take;
        out += take;
    }
}

static void uniforms(uint64_t seed, uint32_t stream, uint32_t iteration, size_t n, float *out) {
    draw_flat(seed, stream, iteration, DRAW_UNIFORM, n, out);
}

static void normals(uint64_t seed, uint32_t stream, uint32_t iteration, size_t n, float *out) {
    draw_flat(seed, stream, iteration, DRAW_NORMAL, n, out);
}

/* Cross-entropy with soft labels: softplus(z) - y z. */
static double bce(const float *logits, const float *y, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        float softplus[LANES];
        vf_store(softplus, exact_softplus(vf_set(logits[k])));
        sum += (double)softplus[0] - (double)y[k] * (double)logits[k];
    }
    return sum / (double)n;
}

static void sigmoid(float *values, size_t n) {
    for (size_t k = 0; k < n; k++) {
        float lanes[LANES];
        vf_store(lanes, exact_sigmoid(vf_set(values[k])));
        values[k] = lanes[0];
    }
}

static void train_on_batch(const fused_plan *plan, fused_run *run, gt_net net, const float *x, const float *y, size_t n,
                           float *logits, float *ws) {
    const fused_shape *shape = &plan->shape;
    const batch_shape b = batch_of((int)n);
    const int n_in = net == GT_DISCRIMINATOR ? shape->d.layer[0].n_in : shape->g.layer[0].n_in;
    to_lanes(x, n, n_in, b, ws + plan->batch_x);
    to_lanes(y, n, 1, b, ws + plan->batch_y);
    float *z = ws + plan->logits;
    bool finite = net == GT_DISCRIMINATOR ? d_step_any(plan, run, FROM_CALLER, (int)n, 0.0f, z, ws)
                                          : g_step_any(plan, run, FROM_CALLER, (int)n, z, ws);
    const values in_lanes = {z, 0, 1};
    from_lanes(in_lanes, 1, b, logits);
    if (!finite) {
        run->counters.diverged = true;
        run->counters.diverged_at = run->counters.iteration;
    }
}

const fused_kernels FUSED_NAME = {
    .compiled_in = &tutorial_shape,
    .advance = advance,
    .train_on_batch = train_on_batch,
    .forward = forward,
    .real = real,
    .generate = generate,
    .uniforms = uniforms,
    .normals = normals,
    .bce = bce,
    .sigmoid = sigmoid,
};

#endif
