/* private. The fused engine's training loop and its other entry points, written once in lane operations. fused_avx512.c,
 * fused_avx2.c and fused_portable.c each include it after their lanes header and get one fused_kernels table out of it. */
#ifndef GT_ENGINE_FUSED_BODY_H
#define GT_ENGINE_FUSED_BODY_H

#include "engine/fused_steps.h"

#include <string.h>

/* The tutorial's nets, as make_net() in fused_cpu.c lays them out: with constant sizes the steps compile to straight code. */
static const fused_shape tutorial_shape = {
    .recipe = {.batch = 128, .half = 64, .d_steps = 1},
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

/* Logits of an iteration's last steps, in lanes. */
typedef struct {
    float *real, *fake, *g;
} step_logits;

LANES_FN bool d_steps(const fused_plan *plan, const fused_shape *shape, fused_run *run, uint64_t first, step_logits logits,
                      float *ws) {
    const fused_recipe *recipe = &shape->recipe;
    const int half = recipe->half;
    const float *label = run->numbers->hyper.label;
    labelling real = {FUSED_REAL, label[FUSED_REAL], NULL, half}, fake = {FUSED_FAKE, label[FUSED_FAKE], NULL, half};
    if (!recipe->combined)
        return d_step(plan, shape, run, FROM_TARGET, first, half, real, logits.real, ws) &&
               d_step(plan, shape, run, FROM_GENERATOR, first, half, fake, logits.fake, ws);
    real.n_mean = fake.n_mean = 2 * half;
    return d_accumulate(plan, shape, run, FROM_TARGET, first, half, real, true, logits.real, ws) &&
           d_accumulate(plan, shape, run, FROM_GENERATOR, first, half, fake, false, logits.fake, ws) &&
           d_update(plan, shape, run, ws);
}

/* The tutorial's, with its labels; not inlined into the loop, nor are the two for any shape. */
static bool iteration_of_tutorial(const fused_plan *plan, fused_run *run, step_logits logits, float *ws) {
    return d_step(plan, &tutorial_shape, run, FROM_TARGET, 0, 64, (labelling){FUSED_REAL, 1.0f, NULL, 64}, logits.real, ws) &&
           d_step(plan, &tutorial_shape, run, FROM_GENERATOR, 0, 64, (labelling){FUSED_FAKE, 0.0f, NULL, 64}, logits.fake,
                  ws) &&
           g_step(plan, &tutorial_shape, run, FROM_LATENTS, 128, logits.g, ws);
}

static __attribute__((noinline)) bool d_steps_of_any(const fused_plan *plan, fused_run *run, uint64_t first, step_logits logits,
                                                     float *ws) {
    return d_steps(plan, &plan->shape, run, first, logits, ws);
}

static __attribute__((noinline)) bool g_step_of_any(const fused_plan *plan, fused_run *run, enum source source, int n_samples,
                                                    float *logits, float *ws) {
    return g_step(plan, &plan->shape, run, source, n_samples, logits, ws);
}

static bool iteration_of_any(const fused_plan *plan, fused_run *run, step_logits logits, float *ws) {
    const fused_recipe *recipe = &plan->shape.recipe;
    for (int j = 0; j < recipe->d_steps; j++)
        if (!d_steps_of_any(plan, run, (uint64_t)j * (uint64_t)recipe->half, logits, ws)) return false;
    return g_step_of_any(plan, run, FROM_LATENTS, recipe->batch, logits.g, ws);
}

/* Mean loss of logits that stand in lanes, summed in double in the order of the samples. softplus: room for as many. */
static double mean_loss(int loss, enum fused_role role, float label, const float *logits, int n, float *softplus) {
    const batch_shape b = batch_of(n);
    const vf sign = vf_set(loss_softplus_sign(loss, role, label));
    double sum = 0;
    for (int s = 0; s < b.slots && loss_needs_softplus(loss); s++)
        vf_store(softplus + s * LANES, exact_softplus(vf_mul(sign, vf_load(logits + s * LANES))));
    for (int i = 0; i < n; i++) {
        const int at = (i % b.slots) * LANES + i / b.slots;
        sum += loss_value(loss, role, logits[at], label, softplus[at]);
    }
    return sum / n;
}

static void advance(const fused_plan *plan, fused_run *run, uint64_t n, float *ws) {
    const fused_recipe *recipe = &plan->shape.recipe;
    const float *label = run->numbers->hyper.label;
    const bool is_tutorial = memcmp(&plan->shape, &tutorial_shape, sizeof tutorial_shape) == 0 && label[FUSED_REAL] == 1.0f &&
                             label[FUSED_FAKE] == 0.0f;
    const size_t half_logits = (size_t)batch_of(recipe->half).slots * LANES;
    float *const at = ws + plan->logits, *const softplus = ws + plan->softplus;
    const step_logits logits = {at, at + half_logits, at + 2 * half_logits};
    const uint64_t end = run->counters.iteration + n;
    for (; run->counters.iteration < end; run->counters.iteration++) {
        bool finite = is_tutorial ? iteration_of_tutorial(plan, run, logits, ws) : iteration_of_any(plan, run, logits, ws);
        if (!finite) {
            run->counters.diverged = true;
            run->counters.diverged_at = run->counters.iteration;
            return;
        }
    }
    double *losses = run->counters.last_losses;
    losses[0] = mean_loss(recipe->loss, FUSED_REAL, label[FUSED_REAL], logits.real, recipe->half, softplus);
    losses[1] = mean_loss(recipe->loss, FUSED_FAKE, label[FUSED_FAKE], logits.fake, recipe->half, softplus);
    losses[2] = mean_loss(recipe->loss, FUSED_G, label[FUSED_G], logits.g, recipe->batch, softplus);
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
    for (int l = 0; l < LANES; l++)
        for (int s = 0, k = l * b.slots; s < b.slots && k < b.n; s++, k++)
            for (int i = 0; i < width; i++) rows[k * width + i] = x.at[(i * x.by_value + s * x.by_slot) * LANES + l];
}

enum { PASS = LANES * MAX_SLOTS }; /* samples that the functions below take at once */

static void forward(const fused_plan *plan, const fused_run *run, gt_net net, const float *x, size_t n, float *out, float *ws) {
    const fused_shape *shape = &plan->shape;
    const fused_hyper *hyper = &run->numbers->hyper;
    const fused_net *first = net == GT_DISCRIMINATOR ? &shape->d : &shape->g;
    const int n_in = first->layer[0].n_in, n_out = net == GT_GENERATOR ? shape->d.layer[0].n_in : 1;
    for (; n > 0; n -= n < PASS ? n : PASS, x += PASS * n_in, out += PASS * n_out) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values v = {ws + plan->batch_x, b.slots, 1};
        to_lanes(x, (size_t)b.n, n_in, b, ws + plan->batch_x);
        if (net != GT_DISCRIMINATOR) {
            net_forward(&shape->g, run->g, hyper->g_slope, v, ws + plan->g_outputs, b.slots);
            v = of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, b.slots);
        }
        if (net != GT_GENERATOR) {
            net_forward(&shape->d, run->d, hyper->d_slope, v, ws + plan->d_outputs, b.slots);
            v = of_layer(&shape->d, shape->d.n_layers - 1, ws + plan->d_outputs, b.slots);
        }
        from_lanes(v, n_out, b, out);
    }
}

static void generate(const fused_plan *plan, const fused_run *run, uint32_t stream, uint32_t iteration, size_t n, float *out,
                     float *ws) {
    const fused_shape *shape = &plan->shape;
    const int latent = shape->g.layer[0].n_in, n_columns = shape->d.layer[0].n_in;
    const float *weights = shape->recipe.ema ? run->g + 3 * shape->g.padded : run->g;
    for (uint64_t base = 0; n > 0; n -= n < PASS ? n : PASS, base += (uint64_t)(PASS * latent), out += PASS * n_columns) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values z = draw_latents(shape, run->counters.seed, stream, iteration, base, b, 0, b.slots, ws + plan->latents);
        net_forward(&shape->g, weights, run->numbers->hyper.g_slope, z, ws + plan->g_outputs, b.slots);
        from_lanes(of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, b.slots), n_columns, b, out);
    }
}

static void real(const fused_plan *plan, uint64_t seed, uint32_t stream, uint32_t noise_stream, uint32_t iteration,
                 uint64_t first, size_t n, float *out, float *ws) {
    const int n_columns = plan->shape.d.layer[0].n_in;
    for (; n > 0; n -= n < PASS ? n : PASS, first += PASS, out += PASS * n_columns) {
        batch_shape b = batch_of(n < PASS ? (int)n : PASS);
        values points = {ws + plan->points, b.slots, 1};
        draw_real(plan, &plan->shape, seed, stream, noise_stream, iteration, first, b, 0, b.slots, ws, points);
        from_lanes(points, n_columns, b, out);
    }
}

LANES_FN void draw_flat_of(fused_draw kind, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t first, size_t n,
                           float *out) {
    float rows[8 * LANES], flat[4 * LANES];
    for (uint64_t base = first; n > 0; base += 4 * LANES) {
        size_t take = n < 4 * LANES ? n : 4 * LANES;
        draw(seed, stream, iteration, kind, base, 4, 4, rows);
        for (int k = 0; k < 4 * LANES; k++) flat[k] = rows[(k % 4) * LANES + k / 4];
        memcpy(out, flat, take * sizeof *out);
        n -= take;
        out += take;
    }
}

static void draw_flat(fused_draw kind, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t first, size_t n,
                      float *out) {
    draw_flat_of(kind, seed, stream, iteration, first, n, out);
}

/* A caller's labels tell D's real points from fake ones. */
static double loss(int kind, gt_net net, const float *logits, const float *y, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        const enum fused_role role = net == GT_GAN ? FUSED_G : y[k] > 0.5f ? FUSED_REAL : FUSED_FAKE;
        float softplus[LANES];
        vf_store(softplus, exact_softplus(vf_set(loss_softplus_sign(kind, role, y[k]) * logits[k])));
        sum += loss_value(kind, role, logits[k], y[k], softplus[0]);
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

static __attribute__((noinline)) bool d_step_of_caller(const fused_plan *plan, fused_run *run, int n, float *logits,
                                                       float *ws) {
    const labelling of = {FUSED_REAL, 0.0f, ws + plan->batch_y, n};
    return d_step(plan, &plan->shape, run, FROM_CALLER, 0, n, of, logits, ws);
}

static void train_on_batch(const fused_plan *plan, fused_run *run, gt_net net, const float *x, const float *y, size_t n,
                           float *logits, float *ws) {
    const fused_shape *shape = &plan->shape;
    const batch_shape b = batch_of((int)n);
    const int n_in = net == GT_DISCRIMINATOR ? shape->d.layer[0].n_in : shape->g.layer[0].n_in;
    to_lanes(x, n, n_in, b, ws + plan->batch_x);
    to_lanes(y, n, 1, b, ws + plan->batch_y);
    float *z = ws + plan->logits;
    bool finite = net == GT_DISCRIMINATOR ? d_step_of_caller(plan, run, (int)n, z, ws)
                                          : g_step_of_any(plan, run, FROM_CALLER, (int)n, z, ws);
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
    .draw = draw_flat,
    .loss = loss,
    .sigmoid = sigmoid,
};

#endif
