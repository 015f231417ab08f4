/* The fused engine on GPUs: thousands of GANs in one kernel, with the bits of the CPU engine (docs/numerics.md). Runs are
 * divided among the GPUs; each trains its part in launches of about a tenth of a second. What is asked of single runs is
 * answered by the CPU engine from a copy. */
#include "engine/fused_cuda.h"

#include "engine/cuda_try.h"
#include "engine/fused_cuda_part.h"

#include "core/spec.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEP_FLOATS = 1 << 23 }; /* 32 MB */

typedef struct {
    gt_engine base;
    fused_cuda_common common;
    size_t step_floats; /* step sizes of Adam that are computed at once for either net */
    int n_parts;
    fused_cuda_part parts[GT_MAX_GPUS];
} fused_cuda;

/* ---------------------------------------------------------------- create, destroy */

static void destroy(gt_engine *base) {
    fused_cuda *engine = (fused_cuda *)base;
    if (engine == NULL) return;
    fused_cuda_common *common = &engine->common;
    for (int p = 0; p < engine->n_parts; p++) fused_cuda_part_destroy(&engine->parts[p]);
    cuda_runs_destroy(&common->runs);
    fused_step_tables_destroy(&common->d_steps);
    fused_step_tables_destroy(&common->g_steps);
    void *const memory[] = {common->settings, common->d_place, common->g_place, common->flat};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) free(memory[i]);
    free(engine);
}

/* Where each parameter stands, in the order of gt_spec_n_parameters. */
static int *places_of(const fused_net_shape *net, int is_discriminator) {
    const int kind = fused_kind_of(net, is_discriminator);
    const int n_parameters = fused_layer_start(net, net->n_layers);
    if (n_parameters < 1) return NULL;
    int *places = malloc((size_t)n_parameters * sizeof *places), *at = places;
    if (places == NULL) return NULL;
    for (int l = 0; l < net->n_layers; l++) {
        for (int o = 0; o < net->size[l + 1]; o++)
            for (int i = 0; i < net->size[l]; i++) *at++ = fused_place(net, kind, l, o, i);
        for (int o = 0; o < net->size[l + 1]; o++) *at++ = fused_place(net, kind, l, o, net->size[l]);
    }
    return places;
}

static fused_adam_numbers adam_numbers(const gt_adam_spec *spec, uint32_t table) {
    const fused_adam adam = fused_adam_of(spec);
    return (fused_adam_numbers){adam.beta1, adam.beta2, adam.eps, table};
}

static gt_status create_settings(fused_cuda_common *common, const gt_spec *settings, size_t n) {
    common->n_settings = n;
    common->settings = calloc(n, sizeof *common->settings);
    uint32_t *d_table = malloc(n * sizeof *d_table), *g_table = malloc(n * sizeof *g_table);
    gt_status status = GT_OK;
    if (common->settings == NULL || d_table == NULL || g_table == NULL) {
        status = gt_fail(GT_ERR_MEMORY, "no memory for %zu settings", n);
        goto cleanup;
    }
    GT_TRY_GOTO(fused_step_tables_create(settings, n, GT_DISCRIMINATOR, d_table, &common->d_steps), cleanup);
    GT_TRY_GOTO(fused_step_tables_create(settings, n, GT_GENERATOR, g_table, &common->g_steps), cleanup);
    for (size_t s = 0; s < n; s++)
        common->settings[s] = (fused_setting){.d_adam = adam_numbers(&settings[s].discriminator_adam, d_table[s]),
                                              .g_adam = adam_numbers(&settings[s].generator_adam, g_table[s]),
                                              .hyper = fused_hyper_of(&settings[s])};

cleanup:
    free(d_table);
    free(g_table);
    return status;
}

static gt_status create_common(fused_cuda *engine, const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                               const gt_trainer_options *options) {
    fused_cuda_common *common = &engine->common;
    const fused_gan_shape shape = fused_cuda_shape_of(settings, target);
    common->spec = settings;
    common->target = target;
    common->target_numbers = fused_target_numbers_of(settings, target);
    GT_TRY(cuda_runs_create(&gt_fused_cpu_ops, settings, n_settings, target, options, &common->runs));
    GT_TRY(create_settings(common, settings, n_settings));
    common->d_place = places_of(&shape.d, 1);
    common->g_place = places_of(&shape.g, 0);
    common->flat = calloc((size_t)common->runs.host->n_threads * gt_spec_n_parameters(settings, GT_GAN), sizeof(float));
    if (common->d_place == NULL || common->g_place == NULL || common->flat == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory for the nets of %d threads", common->runs.host->n_threads);
    return GT_OK;
}

/* A part for every GPU that was asked for, or that these nets fit. */
static gt_status create_parts(fused_cuda *engine, const gt_trainer_options *options) {
    gt_cuda_device devices[GT_MAX_GPUS] = {0};
    int n;
    GT_TRY(cuda_runs_devices(options, devices, &n));
    gt_status status = GT_OK;
    for (int k = 0; k < n; k++) {
        fused_cuda_part *part = &engine->parts[engine->n_parts];
        status = fused_cuda_part_create(&engine->common, &devices[k], part);
        if (status != GT_OK) fused_cuda_part_destroy(part);
        if (status != GT_OK && (options->n_gpus > 0 || status != GT_ERR_DEVICE)) return status;
        if (status == GT_OK) engine->n_parts++;
    }
    return engine->n_parts > 0 ? GT_OK : status;
}

/* Whole warps (two runs); parts without runs are given up. */
static gt_status divide_runs(fused_cuda *engine) {
    const size_t n_runs = engine->common.runs.n;
    gt_cuda_device devices[GT_MAX_GPUS];
    size_t first = 0;
    int n = 0;
    for (int p = 0; p < engine->n_parts; p++) devices[p] = engine->parts[p].device;
    for (int p = 0; p < engine->n_parts; p++) {
        const size_t warps = cuda_runs_share_end(devices, engine->n_parts, p, (n_runs + 1) / 2);
        const size_t end = 2 * warps < n_runs ? 2 * warps : n_runs;
        if (end == first) {
            fused_cuda_part_destroy(&engine->parts[p]);
            continue;
        }
        engine->parts[n] = engine->parts[p];
        engine->parts[n++].n_runs = end - first;
        first = end;
    }
    engine->n_parts = n;
    first = 0;
    for (int p = 0; p < n; p++) {
        GT_TRY(fused_cuda_part_allocate(&engine->parts[p], first, engine->parts[p].n_runs));
        first += engine->parts[p].n_runs;
    }
    return GT_OK;
}

static gt_status create(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                        const gt_trainer_options *options, gt_engine **out) {
    gt_status status;
    fused_cuda *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for an engine");
    engine->step_floats = STEP_FLOATS;
    GT_TRY_GOTO(create_common(engine, settings, n_settings, target, options), fail);
    GT_TRY_GOTO(create_parts(engine, options), fail);
    GT_TRY_GOTO(divide_runs(engine), fail);
    const fused_cuda_part *part = &engine->parts[0];
    engine->base = (gt_engine){
        .ops = &gt_fused_cuda_ops,
        .host = engine->common.runs.host,
        .isa = part->device.sm,
        .n_threads = engine->common.runs.host->n_threads,
        .n_gpus = engine->n_parts,
        .state_bytes_per_run =
            16 * (size_t)fused_state_quads(&part->kernels.shape) + sizeof(fused_counters) + sizeof(fused_score),
    };
    snprintf(engine->base.why, sizeof engine->base.why, "%d x %.120s, kernels compiled %s", engine->n_parts, part->device.name,
             part->kernels.compiled_in ? "with the program" : "for these nets");
    *out = &engine->base;
    return GT_OK;
fail:
    destroy(&engine->base);
    return status;
}

/* ---------------------------------------------------------------- training */

static gt_run_counters get_counters(const gt_engine *base, size_t run) {
    return cuda_runs_counters(&((const fused_cuda *)base)->common.runs, run);
}

/* Updates of D in an iteration. */
static uint64_t d_steps_of(const gt_spec *spec) { return (uint64_t)spec->d_steps * (spec->combined_batch ? 1 : 2); }

/* Adam steps that runs have taken. */
typedef struct {
    uint64_t fewest, most;
} step_range;

static void widen(step_range *range, uint64_t steps) {
    if (steps < range->fewest) range->fewest = steps;
    if (steps > range->most) range->most = steps;
}

/* Step sizes for at most *n iterations from here on, as many as step_floats are enough for; *n says how many, 0: every run is
 * frozen. */
static gt_status prepare_steps(fused_cuda *engine, uint64_t *n) {
    fused_cuda_common *common = &engine->common;
    const uint64_t per_iteration = d_steps_of(common->spec);
    step_range d = {UINT64_MAX, 0}, g = d;
    for (size_t r = 0; r < common->runs.n; r++) {
        const gt_run_counters counters = get_counters(&engine->base, r);
        if (counters.diverged) continue;
        widen(&d, counters.d_steps);
        widen(&g, counters.g_steps);
    }
    if (d.fewest > d.most) *n = 0;
    if (*n == 0) return GT_OK;
    const uint64_t d_reach = fused_step_tables_reach(&common->d_steps, d.fewest, engine->step_floats) / per_iteration;
    const uint64_t g_reach = fused_step_tables_reach(&common->g_steps, g.fewest, engine->step_floats);
    const uint64_t reach = d_reach < g_reach ? d_reach : g_reach;
    if (reach < *n) *n = reach > 0 ? reach : 1;
    GT_TRY(fused_step_tables_fill(&common->d_steps, d.fewest, d.most - d.fewest + per_iteration * *n,
                                  common->runs.host->n_threads));
    return fused_step_tables_fill(&common->g_steps, g.fewest, g.most - g.fewest + *n, common->runs.host->n_threads);
}

/* n iterations of one slice of every part, in launches side by side. slice: the part's own number, or past its last. */
static gt_status advance_slices(fused_cuda *engine, size_t slice, uint64_t n) {
    uint64_t left[GT_MAX_GPUS] = {0}, launched[GT_MAX_GPUS];
    for (int p = 0; p < engine->n_parts; p++) {
        if (slice >= fused_cuda_part_slices(&engine->parts[p])) continue;
        GT_TRY(fused_cuda_part_bring(&engine->parts[p], slice));
        left[p] = n;
    }
    for (bool any = true; any;) {
        any = false;
        for (int p = 0; p < engine->n_parts; p++) {
            launched[p] = left[p];
            if (left[p] > 0) GT_TRY(fused_cuda_part_launch(&engine->parts[p], &launched[p]));
        }
        for (int p = 0; p < engine->n_parts; p++) {
            if (launched[p] > 0) GT_TRY(fused_cuda_part_wait(&engine->parts[p], launched[p]));
            left[p] -= launched[p];
            any = any || left[p] > 0;
        }
    }
    for (int p = 0; p < engine->n_parts; p++)
        if (slice < fused_cuda_part_slices(&engine->parts[p])) GT_TRY(fused_cuda_part_read_counters(&engine->parts[p]));
    return GT_OK;
}

static size_t max_slices(const fused_cuda *engine) {
    size_t n = 0;
    for (int p = 0; p < engine->n_parts; p++)
        if (fused_cuda_part_slices(&engine->parts[p]) > n) n = fused_cuda_part_slices(&engine->parts[p]);
    return n;
}

void fused_cuda_set_step_floats(gt_engine *engine, size_t n) { ((fused_cuda *)engine)->step_floats = n; }

static gt_status advance(gt_engine *base, uint64_t n) {
    fused_cuda *engine = (fused_cuda *)base;
    for (uint64_t part = n; n > 0; n -= part, part = n) {
        GT_TRY(prepare_steps(engine, &part));
        if (part == 0) return GT_OK;
        for (size_t slice = 0; slice < max_slices(engine); slice++) GT_TRY(advance_slices(engine, slice, part));
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- looking */

static gt_status evaluate(gt_engine *base, uint64_t iteration, const gt_evaluate_options *options, gt_metrics *rows) {
    fused_cuda *engine = (fused_cuda *)base;
    for (size_t slice = 0; slice < max_slices(engine); slice++) {
        for (int p = 0; p < engine->n_parts; p++) {
            if (slice >= fused_cuda_part_slices(&engine->parts[p])) continue;
            GT_TRY(fused_cuda_part_bring(&engine->parts[p], slice));
            GT_TRY(fused_cuda_part_evaluate(&engine->parts[p], iteration, options));
        }
        for (int p = 0; p < engine->n_parts; p++)
            if (slice < fused_cuda_part_slices(&engine->parts[p]))
                GT_TRY(fused_cuda_part_read_scores(&engine->parts[p], options, rows));
    }
    return GT_OK;
}

static gt_status fetch(gt_engine *base, size_t first, size_t n, bool to_change) {
    fused_cuda *engine = (fused_cuda *)base;
    for (int p = 0; p < engine->n_parts; p++) {
        fused_cuda_part *part = &engine->parts[p];
        const size_t a = first > part->first ? first : part->first;
        const size_t b = first + n < part->first + part->n_runs ? first + n : part->first + part->n_runs;
        if (a < b) GT_TRY(fused_cuda_part_fetch(part, a, b - a));
    }
    if (to_change) cuda_runs_to_host(&engine->common.runs, first, n);
    return GT_OK;
}

const gt_engine_ops gt_fused_cuda_ops = {
    .engine = "fused",
    .device = "cuda",
    .list = gt_cuda_list,
    .create = create,
    .destroy = destroy,
    .advance = advance,
    .get_counters = get_counters,
    .evaluate = evaluate,
    .fetch = fetch,
};
