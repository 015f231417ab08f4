/* The layered engine on GPUs: the operations of ops_cuda.c over all runs at once, an iteration as one CUDA graph. Runs are
 * divided among the GPUs. What is asked of single runs is answered by the CPU engine from a copy, to rounding. */
#include "engine/layered_cuda.h"

#include "engine/layered_cuda_part.h"

#include "core/status.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    gt_engine base;
    layered_cuda_common common;
    int n_parts;
    layered_cuda_part parts[GT_MAX_GPUS];
} layered_cuda;

/* ---------------------------------------------------------------- create, destroy */

static void destroy(gt_engine *base) {
    layered_cuda *engine = (layered_cuda *)base;
    if (engine == NULL) return;
    layered_cuda_common *common = &engine->common;
    for (int p = 0; p < engine->n_parts; p++) layered_cuda_part_destroy(&engine->parts[p]);
    cuda_runs_destroy(&common->runs);
    free(common->settings);
    free(engine);
}

static gt_status create_common(layered_cuda_common *common, const gt_spec *settings, size_t n_settings,
                               const gt_target_model *target, const gt_trainer_options *options) {
    *common = (layered_cuda_common){.spec = settings,
                                    .target = target,
                                    .n_settings = n_settings,
                                    .options = {.precision = options->precision, .rng = options->rng}};
    GT_TRY(cuda_runs_create(&gt_layered_cpu_ops, settings, n_settings, target, options, &common->runs));
    common->settings = calloc(n_settings, sizeof *common->settings);
    if (common->settings == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu settings", n_settings);
    for (size_t s = 0; s < n_settings; s++) common->settings[s] = layered_setting_of(&settings[s]);
    return GT_OK;
}

/* A GPU whose share has no run is left out. */
static gt_status create_parts(layered_cuda *engine, const gt_trainer_options *options) {
    const size_t n_runs = engine->common.runs.n;
    gt_cuda_device devices[GT_MAX_GPUS] = {0};
    size_t first = 0;
    int n;
    GT_TRY(cuda_runs_devices(options, devices, &n));
    for (int k = 0; k < n; k++) {
        const size_t end = cuda_runs_share_end(devices, n, k, n_runs);
        if (end == first) continue;
        /* counted first, so that it is taken down again if it is half made */
        GT_TRY(layered_cuda_part_create(&engine->common, &devices[k], first, end - first, &engine->parts[engine->n_parts++]));
        first = end;
    }
    return GT_OK;
}

static gt_status create(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                        const gt_trainer_options *options, gt_engine **out) {
    gt_status status;
    layered_cuda *engine = calloc(1, sizeof *engine);
    if (engine == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for an engine");
    GT_TRY_GOTO(create_common(&engine->common, settings, n_settings, target, options), fail);
    GT_TRY_GOTO(create_parts(engine, options), fail);
    const layered_cuda_part *part = &engine->parts[0];
    engine->base = (gt_engine){
        .ops = &gt_layered_cuda_ops,
        .host = engine->common.runs.host,
        .isa = part->device.sm,
        .n_threads = engine->common.runs.host->n_threads,
        .n_gpus = engine->n_parts,
        .state_bytes_per_run =
            (ops_cuda_floats(&part->plan, LAYERED_D) + ops_cuda_floats(&part->plan, LAYERED_G)) * sizeof(float) +
            sizeof(layered_run),
    };
    snprintf(engine->base.why, sizeof engine->base.why, "%d x %.100s, products by %s%s", engine->n_parts, part->device.name,
             part->ops->products != NULL ? "cuBLASLt in " : "its own kernels",
             part->ops->products != NULL ? gt_precision_name(options->precision) : "");
    *out = &engine->base;
    return GT_OK;
fail:
    destroy(&engine->base);
    return status;
}

void layered_cuda_set_plain(gt_engine *base) {
    layered_cuda *engine = (layered_cuda *)base;
    for (int p = 0; p < engine->n_parts; p++) engine->parts[p].ops->options.plain = true;
}

/* ---------------------------------------------------------------- training */

static gt_run_counters get_counters(const gt_engine *base, size_t run) {
    return cuda_runs_counters(&((const layered_cuda *)base)->common.runs, run);
}

/* GPUs take turns in queueing: a long queue makes the caller wait for the GPU whose it is. */
static gt_status advance(gt_engine *base, uint64_t n) {
    layered_cuda *engine = (layered_cuda *)base;
    for (int p = 0; p < engine->n_parts; p++) GT_TRY(layered_cuda_part_bring(&engine->parts[p]));
    for (uint64_t turn = 0; n > 0; n -= turn) {
        turn = n < LAYERED_CUDA_TURN ? n : LAYERED_CUDA_TURN;
        for (int p = 0; p < engine->n_parts; p++) GT_TRY(layered_cuda_part_advance(&engine->parts[p], turn));
    }
    for (int p = 0; p < engine->n_parts; p++) GT_TRY(layered_cuda_part_wait(&engine->parts[p]));
    return GT_OK;
}

static gt_status fetch(gt_engine *base, size_t first, size_t n, bool to_change) {
    layered_cuda *engine = (layered_cuda *)base;
    for (int p = 0; p < engine->n_parts; p++) {
        layered_cuda_part *part = &engine->parts[p];
        for (size_t r = part->first; r < part->first + part->plan.n_runs; r++)
            if (r >= first && r < first + n) GT_TRY(layered_cuda_part_fetch(part, r));
    }
    if (to_change) cuda_runs_to_host(&engine->common.runs, first, n);
    return GT_OK;
}

const gt_engine_ops gt_layered_cuda_ops = {
    .engine = "layered",
    .device = "cuda",
    .list = gt_cuda_list,
    .create = create,
    .destroy = destroy,
    .advance = advance,
    .get_counters = get_counters,
    .fetch = fetch,
};
