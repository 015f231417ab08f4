/* The fused engine on the CPU: a run's whole training loop in one function, its state (a few kilobytes) in the first-level
 * cache, one run a thread at a time. This file lays out nets and memory, picks the instruction set and spreads runs over
 * threads; the arithmetic is fused_body.h. */
#include "engine/fused_cpu.h"

#include "core/spec.h"
#include "core/status.h"
#include "engine/cpu_isa.h"
#include "engine/cpu_memory.h"
#include "engine/fused_recipe.h"
#include "engine/initial_weights.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t steps;
    fused_powers powers;
} power_cache;

typedef struct {
    fused_numbers numbers;
    power_cache d_cache, g_cache;
} setting;

typedef struct {
    gt_engine base;
    fused_plan plan;
    const fused_kernels *kernels;
    setting *settings; /* [n_settings] of n_seeds runs each */
    size_t n_seeds, n_runs;
    size_t batch_capacity; /* samples of a caller's batch that the workspaces hold */
    fused_run *runs;       /* [R] */
    float *states;         /* [R][state floats] */
    float *workspaces;     /* [n_threads][plan.workspace] */
} fused_cpu;

/* ---------------------------------------------------------------- layout */

static int round_up(int n) { return (n + LANES - 1) / LANES * LANES; }

static fused_net make_net(const gt_net_spec *spec, bool is_discriminator) {
    fused_net net = {.n_layers = spec->n_layers};
    const gt_activation hidden = spec->activation[0];
    net.moments =
        is_discriminator && spec->n_layers == 2 && spec->size[0] == 2 && (hidden == GT_RELU || hidden == GT_LEAKY_RELU);
    for (int l = 0; l < spec->n_layers; l++) {
        fused_layer *layer = &net.layer[l];
        const int n_in = spec->size[l], n_out = spec->size[l + 1];
        const bool transposed = net.moments && l == 0;
        *layer = (fused_layer){.n_in = n_in,
                               .n_out = n_out,
                               .activation = spec->activation[l],
                               .w = net.n_parameters,
                               .b = net.n_parameters + n_in * n_out,
                               .stride_out = transposed ? 1 : n_in,
                               .stride_in = transposed ? n_out : 1,
                               .unit = net.n_units};
        net.n_parameters = layer->b + n_out;
        net.n_units += n_out;
    }
    net.padded = round_up(net.n_parameters);
    return net;
}

static size_t max_size(size_t a, size_t b) { return a > b ? a : b; }

static size_t slots_of(size_t n) { return (n + LANES - 1) / LANES; }

/* Where the arrays of a workspace stand; batch_capacity: samples of a caller's batch that fit. */
static void plan_workspace(fused_plan *plan, size_t batch_capacity) {
    const fused_net *d = &plan->shape.d, *g = &plan->shape.g;
    const size_t vectors = LANES, pass = MAX_SLOTS * vectors, slack = 4 * vectors;
    const size_t latent = (size_t)g->layer[0].n_in, padded = (size_t)(d->padded > g->padded ? d->padded : g->padded);
    const size_t n_columns = (size_t)d->layer[0].n_in, inputs = max_size(latent, n_columns);
    const size_t half_slots = slots_of((size_t)plan->shape.recipe.half);
    const size_t slots = max_size(slots_of(batch_capacity), max_size(half_slots, slots_of((size_t)plan->shape.recipe.batch)));
    size_t at = 0;
#define PLACE(member, size) (plan->member = at, at += (size) + slack)
    PLACE(latents, (latent + 1) * pass + 2 * slack);
    PLACE(noise, (n_columns + 1) * pass + 2 * slack);
    PLACE(points, n_columns * pass);
    PLACE(d_outputs, (size_t)d->n_units * pass);
    PLACE(g_outputs, (size_t)g->n_units * pass);
    PLACE(d_deltas, (size_t)d->n_units * pass);
    PLACE(g_deltas, (size_t)g->n_units * pass);
    PLACE(products, 4 * (size_t)d->layer[0].n_out + vectors);
    PLACE(rows, padded * vectors);
    PLACE(sums, padded + vectors);
    PLACE(gradient, padded + vectors);
    PLACE(logits, (slots + 2 * half_slots) * vectors);
    PLACE(softplus, slots * vectors);
    PLACE(batch_x, max_size(slots_of(batch_capacity), MAX_SLOTS) * inputs * vectors);
    PLACE(batch_y, slots_of(batch_capacity) * vectors);
#undef PLACE
    plan->workspace = (at + LANES - 1) / LANES * LANES;
}

/* ---------------------------------------------------------------- state */

/* Parts of G's state: of D's there are three. */
static int g_parts(const fused_plan *plan) { return plan->shape.recipe.ema ? 4 : 3; }

static const fused_net *net_of(const fused_cpu *engine, gt_net net) {
    return net == GT_GENERATOR ? &engine->plan.shape.g : &engine->plan.shape.d;
}

static float *part_of(const fused_cpu *engine, size_t run, gt_net net, gt_state_part part) {
    float *state = net == GT_GENERATOR ? engine->runs[run].g : engine->runs[run].d;
    return state + (size_t)part * (size_t)net_of(engine, net)->padded;
}

/* Calls for each parameter in the order of gt_spec_n_parameters with its place in the engine's order. */
#define EACH_PARAMETER(net, place, statement)                                                                                  \
    for (int l_ = 0; l_ < (net)->n_layers; l_++) {                                                                             \
        const fused_layer *layer_ = &(net)->layer[l_];                                                                         \
        for (int o_ = 0; o_ < layer_->n_out; o_++)                                                                             \
            for (int i_ = 0; i_ < layer_->n_in; i_++) {                                                                        \
                const int place = layer_->w + o_ * layer_->stride_out + i_ * layer_->stride_in;                                \
                statement;                                                                                                     \
            }                                                                                                                  \
        for (int o_ = 0; o_ < layer_->n_out; o_++) {                                                                           \
            const int place = layer_->b + o_;                                                                                  \
            statement;                                                                                                         \
        }                                                                                                                      \
    }

static void get_state(const gt_engine *base, size_t run, gt_net which, gt_state_part part, float *out) {
    const fused_cpu *engine = (const fused_cpu *)base;
    const fused_net *net = net_of(engine, which);
    const float *state = part_of(engine, run, which, part);
    EACH_PARAMETER(net, at, *out++ = state[at])
}

static void set_state(gt_engine *base, size_t run, gt_net which, gt_state_part part, const float *in) {
    fused_cpu *engine = (fused_cpu *)base;
    const fused_net *net = net_of(engine, which);
    float *state = part_of(engine, run, which, part);
    EACH_PARAMETER(net, at, state[at] = *in++)
}

static gt_run_counters get_counters(const gt_engine *base, size_t run) { return ((const fused_cpu *)base)->runs[run].counters; }

/* Most runs of a setting have taken as many steps as the one before. */
static fused_powers powers_after(const fused_adam *adam, uint64_t steps, power_cache *cache) {
    if (cache->steps != steps) *cache = (power_cache){steps, fused_powers_after(adam, steps)};
    return cache->powers;
}

static void set_counters(gt_engine *base, size_t run, const gt_run_counters *counters) {
    fused_cpu *engine = (fused_cpu *)base;
    setting *of = &engine->settings[run / engine->n_seeds];
    engine->runs[run].counters = *counters;
    engine->runs[run].d_powers = powers_after(&of->numbers.d_adam, counters->d_steps, &of->d_cache);
    engine->runs[run].g_powers = powers_after(&of->numbers.g_adam, counters->g_steps, &of->g_cache);
}

/* ---------------------------------------------------------------- the table's functions */

static void destroy(gt_engine *base) {
    fused_cpu *engine = (fused_cpu *)base;
    if (engine == NULL) return;
    free(engine->settings);
    free(engine->runs);
    free(engine->states);
    free(engine->workspaces);
    free(engine);
}

static float *workspace(fused_cpu *engine) {
    return engine->workspaces + (size_t)omp_get_thread_num() * engine->plan.workspace;
}

static gt_status allocate_workspaces(fused_cpu *engine, size_t batch_capacity) {
    fused_plan plan = engine->plan;
    plan_workspace(&plan, batch_capacity);
    float *workspaces = gt_allocate_zeroed((size_t)engine->base.n_threads, plan.workspace * sizeof(float));
    if (workspaces == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory for %d workspaces of %zu bytes", engine->base.n_threads,
                       plan.workspace * sizeof(float));
    free(engine->workspaces);
    engine->workspaces = workspaces;
    engine->plan = plan;
    engine->batch_capacity = batch_capacity;
    return GT_OK;
}

static setting setting_of(const gt_spec *spec) {
    return (setting){.numbers = {.d_adam = fused_adam_of(&spec->discriminator_adam),
                                 .g_adam = fused_adam_of(&spec->generator_adam),
                                 .hyper = fused_hyper_of(spec)},
                     .d_cache = {0, {1.0, 1.0}},
                     .g_cache = {0, {1.0, 1.0}}};
}

/* numbers: room for as many as the larger net has parameters. */
static void initialize_run(fused_cpu *engine, size_t r, const gt_spec *spec, float *numbers) {
    const fused_run *run = &engine->runs[r];
    const fused_shape *shape = &engine->plan.shape;
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++) {
        gt_initial_weights(engine->kernels, spec, net, run->counters.seed, numbers);
        set_state(&engine->base, r, net, GT_WEIGHTS, numbers);
    }
    if (shape->recipe.ema) memcpy(run->g + 3 * shape->g.padded, run->g, (size_t)shape->g.padded * sizeof *run->g);
}

static gt_status create(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                        const gt_trainer_options *options, gt_engine **out) {
    gt_cpu_isa isa;
    GT_TRY(gt_cpu_isa_choose(options->isa, &isa));
    fused_cpu *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for an engine");
    fused_plan *plan = &engine->plan;
    plan->shape = (fused_shape){.recipe = fused_recipe_of(settings, target),
                                .d = make_net(&settings->discriminator, true),
                                .g = make_net(&settings->generator, false)};
    plan->target = fused_target_numbers_of(settings, target);
    plan->table = target->table;
    plan->n_rows = target->n;
    const size_t d_floats = 3 * (size_t)plan->shape.d.padded;
    const size_t g_floats = (size_t)g_parts(plan) * (size_t)plan->shape.g.padded;
    const size_t R = n_settings * options->n_runs,
                 threads = (size_t)(options->n_threads > 0 ? options->n_threads : omp_get_num_procs());
    engine->base = (gt_engine){.ops = &gt_fused_cpu_ops,
                               .isa = gt_isa_name(isa.isa),
                               .n_threads = (int)(threads < R ? threads : R),
                               .state_bytes_per_run = (d_floats + g_floats) * sizeof(float) + sizeof(fused_run)};
    engine->base.host = &engine->base;
    snprintf(engine->base.why, sizeof engine->base.why, "%s", isa.why);
    engine->kernels = isa.kernels;
    engine->n_seeds = options->n_runs;
    engine->n_runs = R;
    gt_status status = GT_OK;
    engine->settings = calloc(n_settings, sizeof *engine->settings);
    engine->runs = gt_allocate_zeroed(R, sizeof *engine->runs);
    engine->states = gt_allocate_zeroed(R, (d_floats + g_floats) * sizeof(float));
    if (engine->settings == NULL || engine->runs == NULL || engine->states == NULL) {
        status = gt_fail(GT_ERR_MEMORY, "no memory for %zu runs of %zu bytes", R, engine->base.state_bytes_per_run);
        goto fail;
    }
    GT_TRY_GOTO(allocate_workspaces(engine, 1), fail);
    for (size_t s = 0; s < n_settings; s++) engine->settings[s] = setting_of(&settings[s]);
    for (size_t r = 0; r < R; r++) {
        fused_run *run = &engine->runs[r];
        run->numbers = &engine->settings[r / engine->n_seeds].numbers;
        run->counters = (gt_run_counters){.seed = options->first_seed + r % engine->n_seeds, .last_losses = {NAN, NAN, NAN}};
        run->d_powers = run->g_powers = (fused_powers){1.0, 1.0};
        run->d = engine->states + r * (d_floats + g_floats);
        run->g = run->d + d_floats;
    }
#pragma omp parallel for schedule(static) num_threads(engine->base.n_threads)
    for (size_t r = 0; r < R; r++) /* a workspace's rows have room for 16 numbers a parameter */
        initialize_run(engine, r, &settings[r / engine->n_seeds], workspace(engine) + plan->rows);
    *out = &engine->base;
    return GT_OK;
fail:
    destroy(&engine->base);
    return status;
}

/* A frozen run's NaNs get one pattern: which of several a device makes is its own business. */
static void freeze(fused_cpu *engine, fused_run *run) {
    const int n = 3 * engine->plan.shape.d.padded + g_parts(&engine->plan) * engine->plan.shape.g.padded;
    for (int k = 0; k < n; k++) /* G's state follows D's */
        if (isnan(run->d[k])) run->d[k] = NAN;
}

static gt_status advance(gt_engine *base, uint64_t n) {
    fused_cpu *engine = (fused_cpu *)base;
    const size_t n_runs = engine->n_runs;
    if (n == 0) return GT_OK;
#pragma omp parallel for schedule(dynamic) num_threads(base->n_threads)
    for (size_t r = 0; r < n_runs; r++) {
        fused_run run = engine->runs[r]; /* a copy, for threads would share the cache lines of neighbours' counters */
        if (run.counters.diverged) continue;
        engine->kernels->advance(&engine->plan, &run, n, workspace(engine));
        if (run.counters.diverged) freeze(engine, &run);
        engine->runs[r] = run;
    }
    return GT_OK;
}

static void real(gt_engine *base, size_t run, uint32_t stream, uint32_t noise_stream, uint64_t iteration, size_t n,
                 float *out) {
    fused_cpu *engine = (fused_cpu *)base;
    engine->kernels->real(&engine->plan, engine->runs[run].counters.seed, stream, noise_stream, (uint32_t)iteration, 0, n, out,
                          workspace(engine));
}

static void latents(gt_engine *base, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out) {
    const fused_cpu *engine = (fused_cpu *)base;
    engine->kernels->draw((fused_draw)engine->plan.shape.recipe.noise, engine->runs[run].counters.seed, stream,
                          (uint32_t)iteration, 0, n * (size_t)engine->plan.shape.g.layer[0].n_in, out);
}

static void uniforms(gt_engine *base, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out) {
    const fused_cpu *engine = (fused_cpu *)base;
    engine->kernels->draw(DRAW_SYMMETRIC, engine->runs[run].counters.seed, stream, (uint32_t)iteration, 0, n, out);
}

static void generate(gt_engine *base, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out) {
    fused_cpu *engine = (fused_cpu *)base;
    engine->kernels->generate(&engine->plan, &engine->runs[run], stream, (uint32_t)iteration, n, out, workspace(engine));
}

static void forward(gt_engine *base, size_t run, gt_net net, const float *x, size_t n, float *out) {
    fused_cpu *engine = (fused_cpu *)base;
    engine->kernels->forward(&engine->plan, &engine->runs[run], net, x, n, out, workspace(engine));
}

static gt_status reserve_batch(gt_engine *base, size_t n) {
    fused_cpu *engine = (fused_cpu *)base;
    return n <= engine->batch_capacity ? GT_OK : allocate_workspaces(engine, n);
}

static void train_on_batch(gt_engine *base, size_t run, gt_net net, const float *x, const float *y, size_t n, float *logits) {
    fused_cpu *engine = (fused_cpu *)base;
    fused_run *r = &engine->runs[run];
    engine->kernels->train_on_batch(&engine->plan, r, net, x, y, n, logits, workspace(engine));
    if (r->counters.diverged) freeze(engine, r);
}

static double loss(const gt_engine *base, gt_net net, const float *logits, const float *y, size_t n) {
    const fused_cpu *engine = (const fused_cpu *)base;
    return engine->kernels->loss(engine->plan.shape.recipe.loss, net, logits, y, n);
}

static void sigmoid(const gt_engine *base, float *values, size_t n) { ((const fused_cpu *)base)->kernels->sigmoid(values, n); }

bool fused_cpu_is_compiled_in(const gt_engine *base) {
    const fused_cpu *engine = (const fused_cpu *)base;
    return memcmp(&engine->plan.shape, engine->kernels->compiled_in, sizeof(fused_shape)) == 0;
}

void fused_cpu_set_kernels(gt_engine *engine, const fused_kernels *kernels) { ((fused_cpu *)engine)->kernels = kernels; }

const gt_engine_ops gt_fused_cpu_ops = {
    .engine = "fused",
    .device = "cpu",
    .list = gt_cpu_isa_list,
    .create = create,
    .destroy = destroy,
    .advance = advance,
    .get_state = get_state,
    .set_state = set_state,
    .get_counters = get_counters,
    .set_counters = set_counters,
    .real = real,
    .generate = generate,
    .latents = latents,
    .uniforms = uniforms,
    .forward = forward,
    .reserve_batch = reserve_batch,
    .train_on_batch = train_on_batch,
    .loss = loss,
    .sigmoid = sigmoid,
};
