/* The layered engine on the CPU: the state of all runs, and a workspace for each thread. Where there are as many runs as
 * threads, each thread trains one; else the operations of a run are divided among them. The bits are the same. */
#include "core/spec.h"
#include "core/status.h"
#include "engine/cpu_memory.h"
#include "engine/initial_weights.h"
#include "engine/layered.h"
#include "engine/ops_cpu.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gt_engine base;
    ops_plan plan;
    gt_cpu_isa isa;
    ops_cpu all;
    layered_setting *settings; /* [n_settings], of n_seeds runs each */
    size_t n_seeds;
    layered_sizes sizes; /* rows that a workspace holds */
    size_t workspace;    /* floats: the arrays of an iteration, then the gradients */
    float *workspaces;   /* [n_threads][workspace] */
} layered_cpu;

/* ---------------------------------------------------------------- memory */

static gt_status allocate_workspaces(layered_cpu *engine, layered_sizes sizes) {
    const ops_plan *plan = &engine->plan;
    const size_t workspace = layered_place(plan, sizes, NULL, NULL) + plan->net[LAYERED_D].stride + plan->net[LAYERED_G].stride;
    float *workspaces = gt_allocate_zeroed((size_t)engine->base.n_threads, workspace * sizeof(float));
    if (workspaces == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory for %d workspaces of %zu bytes", engine->base.n_threads,
                       workspace * sizeof(float));
    free(engine->workspaces);
    engine->workspaces = workspaces;
    engine->workspace = workspace;
    engine->sizes = sizes;
    return GT_OK;
}

/* One run, and the caller's workspace to train or use it. */
typedef struct {
    ops_cpu device;
    layered_buffers buffers;
    layered_iteration iteration; /* of the two */
} run_view;

static void view_of(const layered_cpu *engine, size_t run, run_view *out) {
    float *memory = engine->workspaces + (size_t)omp_get_thread_num() * engine->workspace;
    const size_t n = layered_place(&engine->plan, engine->sizes, memory, &out->buffers);
    out->device = ops_cpu_view(&engine->all, run, memory + n);
    out->iteration = (layered_iteration){&out->device.base, &out->buffers};
}

static void destroy(gt_engine *base) {
    layered_cpu *engine = (layered_cpu *)base;
    if (engine == NULL) return;
    free(engine->settings);
    free(engine->all.runs);
    for (int net = LAYERED_D; net <= LAYERED_G; net++) free(engine->all.state[net]);
    free(engine->workspaces);
    free(engine);
}

/* ---------------------------------------------------------------- state */

static float *part_of(const layered_cpu *engine, size_t run, gt_net net, gt_state_part part) {
    const ops_plan *plan = &engine->plan;
    return engine->all.state[net] + (run * ops_cpu_parts(plan, (int)net) + (size_t)part) * plan->net[net].stride;
}

static void get_state(const gt_engine *base, size_t run, gt_net net, gt_state_part part, float *out) {
    const layered_cpu *engine = (const layered_cpu *)base;
    layered_unpack(&engine->plan.net[net], part_of(engine, run, net, part), out);
}

static void set_state(gt_engine *base, size_t run, gt_net net, gt_state_part part, const float *in) {
    const layered_cpu *engine = (const layered_cpu *)base;
    layered_pack(&engine->plan.net[net], in, part_of(engine, run, net, part));
}

static gt_run_counters get_counters(const gt_engine *base, size_t run) {
    return layered_counters_of(&((const layered_cpu *)base)->all.runs[run]);
}

static void set_counters(gt_engine *base, size_t run, const gt_run_counters *counters) {
    layered_cpu *engine = (layered_cpu *)base;
    const size_t setting = run / engine->n_seeds;
    engine->all.runs[run] = layered_run_of(counters, &engine->settings[setting], (int)setting);
}

/* ---------------------------------------------------------------- create */

static gt_status allocate(layered_cpu *engine, size_t n_settings) {
    const size_t n_runs = engine->plan.n_runs;
    engine->settings = calloc(n_settings, sizeof *engine->settings);
    engine->all.runs = gt_allocate_zeroed(n_runs, sizeof *engine->all.runs);
    bool whole = engine->settings != NULL && engine->all.runs != NULL;
    for (int net = LAYERED_D; net <= LAYERED_G; net++) {
        const size_t floats = ops_cpu_parts(&engine->plan, net) * engine->plan.net[net].stride;
        engine->all.state[net] = gt_allocate_zeroed(n_runs, floats * sizeof(float));
        whole = whole && engine->all.state[net] != NULL;
    }
    if (!whole)
        return gt_fail(GT_ERR_MEMORY, "no memory for %zu runs of %zu bytes; take fewer at once", n_runs,
                       engine->base.state_bytes_per_run);
    return allocate_workspaces(engine, layered_sizes_of(&engine->plan.recipe));
}

static gt_status initialize(layered_cpu *engine, const gt_spec *settings) {
    const size_t d = gt_spec_n_parameters(settings, GT_DISCRIMINATOR), g = gt_spec_n_parameters(settings, GT_GENERATOR);
    const size_t widest = d > g ? d : g;
    float *parameters = malloc((size_t)engine->base.n_threads * widest * sizeof *parameters);
    if (parameters == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for initial weights");
#pragma omp parallel for schedule(dynamic) num_threads(engine->base.n_threads)
    for (size_t r = 0; r < engine->plan.n_runs; r++) {
        float *own = parameters + (size_t)omp_get_thread_num() * widest;
        for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++) {
            gt_initial_weights(engine->isa.kernels, &settings[r / engine->n_seeds], net, engine->all.runs[r].seed, own);
            set_state(&engine->base, r, net, GT_WEIGHTS, own);
            if (net == GT_GENERATOR && engine->plan.ema) set_state(&engine->base, r, net, GT_EMA, own);
        }
    }
    free(parameters);
    return GT_OK;
}

static gt_status create(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                        const gt_trainer_options *options, gt_engine **out) {
    layered_cpu *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for an engine");
    gt_status status;
    GT_TRY_GOTO(gt_cpu_isa_choose(options->isa, &engine->isa), fail);
    openblas_set_num_threads(1); /* products are divided here */
    engine->plan = layered_plan_of(settings, target, n_settings * options->n_runs);
    engine->n_seeds = options->n_runs;
    size_t floats = 0;
    for (int net = LAYERED_D; net <= LAYERED_G; net++)
        floats += ops_cpu_parts(&engine->plan, net) * engine->plan.net[net].stride;
    engine->base = (gt_engine){.ops = &gt_layered_cpu_ops,
                               .isa = gt_isa_name(engine->isa.isa),
                               .n_threads = options->n_threads > 0 ? options->n_threads : omp_get_num_procs(),
                               .state_bytes_per_run = floats * sizeof(float) + sizeof(layered_run)};
    engine->base.host = &engine->base;
    snprintf(engine->base.why, sizeof engine->base.why, "products by OpenBLAS for %s", openblas_get_corename());
    engine->all = ops_cpu_of(&engine->plan, &engine->isa, NULL, engine->base.n_threads);
    GT_TRY_GOTO(allocate(engine, n_settings), fail);
    engine->all.settings = engine->settings;
    for (size_t s = 0; s < n_settings; s++) engine->settings[s] = layered_setting_of(&settings[s]);
    for (size_t r = 0; r < engine->plan.n_runs; r++) {
        const gt_run_counters counters = {.seed = options->first_seed + r % engine->n_seeds, .last_losses = {NAN, NAN, NAN}};
        set_counters(&engine->base, r, &counters);
    }
    GT_TRY_GOTO(initialize(engine, settings), fail);
    *out = &engine->base;
    return GT_OK;
fail:
    destroy(&engine->base);
    return status;
}

/* ---------------------------------------------------------------- training */

static gt_status train(const layered_cpu *engine, size_t run, uint64_t n) {
    run_view view;
    if (engine->all.runs[run].diverged) return GT_OK;
    view_of(engine, run, &view);
    return ops_cpu_table.repeat(&view.device.base, n, layered_iterate, &view.iteration);
}

static gt_status advance(gt_engine *base, uint64_t n) {
    layered_cpu *engine = (layered_cpu *)base;
    const size_t n_runs = engine->plan.n_runs, threads = (size_t)base->n_threads;
    const size_t apart = threads > 1 ? n_runs / threads * threads : 0; /* runs that get a thread each */
    gt_status status = GT_OK;
#pragma omp parallel for schedule(dynamic) num_threads(base->n_threads)
    for (size_t r = 0; r < apart; r++) (void)train(engine, r, n); /* nothing in it can fail */
    for (size_t r = apart; status == GT_OK && r < n_runs; r++) status = train(engine, r, n);
    return status;
}

static gt_status reserve_batch(gt_engine *base, size_t n) {
    layered_cpu *engine = (layered_cpu *)base;
    const layered_sizes have = engine->sizes;
    const int rows = (int)n;
    if (rows <= have.d_rows && rows <= have.g_rows) return GT_OK;
    return allocate_workspaces(
        engine, (layered_sizes){rows > have.d_rows ? rows : have.d_rows, rows > have.g_rows ? rows : have.g_rows});
}

static void train_on_batch(gt_engine *base, size_t run, gt_net net, const float *x, const float *y, size_t n, float *logits) {
    layered_cpu *engine = (layered_cpu *)base;
    run_view view;
    const bool is_d = net == GT_DISCRIMINATOR;
    const ops_loss loss = {.role = is_d ? FUSED_REAL : FUSED_G, .n = (int)n, .n_mean = (int)n, .labels = y};
    view_of(engine, run, &view);
    double losses[3];
    memcpy(losses, view.device.runs->losses, sizeof losses);
    const ops_array input = is_d ? view.buffers.points : view.buffers.latents;
    memcpy(input.at, x, n * (size_t)engine->plan.net[is_d ? LAYERED_D : LAYERED_G].layer[0].n_in * sizeof *x);
    if (is_d)
        (void)layered_d_step(&view.iteration, &loss, 1);
    else
        (void)layered_g_step(&view.iteration, loss);
    memcpy(view.device.runs->losses, losses, sizeof losses); /* they are those of iterations */
    memcpy(logits, view.buffers.net[LAYERED_D].y[engine->plan.net[LAYERED_D].n_layers - 1].at, n * sizeof *logits);
}

/* ---------------------------------------------------------------- looking */

static void real(gt_engine *base, size_t run, uint32_t stream, uint32_t noise_stream, uint64_t iteration, size_t n,
                 float *out) {
    const layered_cpu *engine = (const layered_cpu *)base;
    ops_cpu_real(&engine->all, engine->all.runs[run].seed, stream, noise_stream, iteration, 0, n, out);
}

static void draw(const layered_cpu *engine, fused_draw kind, size_t run, uint32_t stream, uint64_t iteration, uint64_t first,
                 size_t n, float *out) {
    engine->isa.kernels->draw(kind, engine->all.runs[run].seed, stream, (uint32_t)iteration, first, n, out);
}

static void latents(gt_engine *base, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out) {
    const layered_cpu *engine = (const layered_cpu *)base;
    draw(engine, (fused_draw)engine->plan.recipe.noise, run, stream, iteration, 0,
         n * (size_t)engine->plan.net[LAYERED_G].layer[0].n_in, out);
}

static void uniforms(gt_engine *base, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out) {
    draw((const layered_cpu *)base, DRAW_SYMMETRIC, run, stream, iteration, 0, n, out);
}

/* A frozen run is looked at like any other. */
static void thaw(run_view *view, layered_run *copy) {
    *copy = *view->device.runs;
    copy->diverged = 0;
    view->device.runs = copy;
}

/* Outputs of the nets for x[n, inputs], or for latents of a draw where x is NULL. */
static void outputs(const layered_cpu *engine, size_t run, gt_net net, bool averaged, const float *x, uint32_t stream,
                    uint64_t iteration, size_t n, float *out) {
    const ops_plan *plan = &engine->plan;
    const size_t pass = (size_t)(engine->sizes.d_rows < engine->sizes.g_rows ? engine->sizes.d_rows : engine->sizes.g_rows);
    const ops_net *d = &plan->net[LAYERED_D], *g = &plan->net[LAYERED_G];
    const size_t n_in = (size_t)(net == GT_DISCRIMINATOR ? d : g)->layer[0].n_in;
    const size_t n_out = net == GT_GENERATOR ? (size_t)d->layer[0].n_in : 1;
    run_view view;
    layered_run copy;
    view_of(engine, run, &view);
    thaw(&view, &copy);
    ops_device *device = &view.device.base;
    for (size_t at = 0; at < n; at += pass) {
        const size_t rows = n - at < pass ? n - at : pass;
        ops_array from = net == GT_DISCRIMINATOR ? view.buffers.points : view.buffers.latents;
        if (x != NULL)
            memcpy(from.at, x + at * n_in, rows * n_in * sizeof *x);
        else
            draw(engine, (fused_draw)plan->recipe.noise, run, stream, iteration, at * n_in, rows * n_in, from.at);
        const ops_array to = {out + at * n_out, 0}, nowhere = {NULL, 0};
        if (net != GT_DISCRIMINATOR) {
            (void)layered_forward(device, GT_GENERATOR, averaged, (int)rows, from, &view.buffers.net[LAYERED_G],
                                  net == GT_GENERATOR ? to : nowhere);
            from = view.buffers.net[LAYERED_G].y[g->n_layers - 1];
        }
        if (net != GT_GENERATOR)
            (void)layered_forward(device, GT_DISCRIMINATOR, false, (int)rows, from, &view.buffers.net[LAYERED_D], to);
    }
}

static void generate(gt_engine *base, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out) {
    const layered_cpu *engine = (const layered_cpu *)base;
    outputs(engine, run, GT_GENERATOR, engine->plan.ema, NULL, stream, iteration, n, out);
}

static void forward(gt_engine *base, size_t run, gt_net net, const float *x, size_t n, float *out) {
    outputs((const layered_cpu *)base, run, net, false, x, 0, 0, n, out);
}

static double loss(const gt_engine *base, gt_net net, const float *logits, const float *y, size_t n) {
    const layered_cpu *engine = (const layered_cpu *)base;
    return engine->isa.kernels->loss(engine->plan.recipe.loss, net, logits, y, n);
}

static void sigmoid(const gt_engine *base, float *values, size_t n) {
    ((const layered_cpu *)base)->isa.kernels->sigmoid(values, n);
}

const gt_engine_ops gt_layered_cpu_ops = {
    .engine = "layered",
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
