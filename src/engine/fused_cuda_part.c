/* One GPU's share of the runs: memory, copies, launches. */
#include "engine/fused_cuda_part.h"

#include "core/spec.h"
#include "engine/cuda_try.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { STAGED = 256 }; /* runs whose states are copied at once */
static const double launch_seconds = 0.1;

static size_t state_floats(const fused_cuda_part *part) { return 4 * (size_t)fused_state_quads(&part->kernels.shape); }

static gt_status use(const fused_cuda_part *part) {
    CUDA_TRY(cudaSetDevice(part->device.gpu));
    return GT_OK;
}

/* ---------------------------------------------------------------- create, destroy */

gt_status fused_cuda_part_create(fused_cuda_common *common, const gt_cuda_device *device, fused_cuda_part *out) {
    *out = (fused_cuda_part){.common = common, .device = *device};
    GT_TRY(use(out));
    GT_TRY(fused_cuda_kernels_create(common->spec, common->target, &out->device, &out->kernels));
    CUDA_TRY(cudaStreamCreateWithFlags(&out->stream, cudaStreamNonBlocking));
    CUDA_TRY(cudaEventCreate(&out->begin));
    CUDA_TRY(cudaEventCreate(&out->end));
    return GT_OK;
}

/* An eighth of the free memory is left for step sizes, evaluations and the driver. */
static gt_status choose_capacity(fused_cuda_part *part) {
    const size_t run_bytes = state_floats(part) * sizeof(float) + sizeof(fused_counters) + sizeof(fused_score);
    size_t free_bytes, total_bytes;
    CUDA_TRY(cudaMemGetInfo(&free_bytes, &total_bytes));
    const size_t fit = (free_bytes - free_bytes / 8) / run_bytes;
    if (fit == 0)
        return gt_fail(GT_ERR_MEMORY, "GPU %d has no memory left for a run of %zu bytes", part->device.gpu, run_bytes);
    const size_t n_slices = (part->n_runs + fit - 1) / fit;
    part->capacity = (part->n_runs + n_slices - 1) / n_slices;
    return GT_OK;
}

/* What stays as it is on the host, to memory of its own. */
static gt_status copy_bytes(const fused_cuda_part *part, const void *from, size_t bytes, void **out) {
    if (bytes == 0) return GT_OK;
    CUDA_TRY(cudaMalloc(out, bytes));
    CUDA_TRY(cudaMemcpyAsync(*out, from, bytes, cudaMemcpyHostToDevice, part->stream));
    return GT_OK;
}

static size_t table_floats(const gt_target_model *target) {
    const size_t columns = (size_t)target->n_columns;
    return target->draw == FUSED_SQUARE ? 0 : target->n * columns * (target->draw == FUSED_CURVE ? 4 : 1);
}

static size_t score_table_floats(const score_target *score) {
    if (score->kind == SCORE_FUNCTION) return 4 * (size_t)FUSED_CURVE_SEGMENTS;
    return score->kind == SCORE_MIXTURE ? 2 * (size_t)score->n_modes : 0;
}

static gt_status copy_tables(fused_cuda_part *part) {
    const fused_cuda_common *common = part->common;
    const gt_target_model *target = common->target;
    const size_t bytes = table_floats(target) * sizeof(float), score_bytes = score_table_floats(&target->score) * sizeof(float);
    GT_TRY(copy_bytes(part, common->settings, common->n_settings * sizeof *common->settings, (void **)&part->settings));
    GT_TRY(copy_bytes(part, target->table, bytes, (void **)&part->table));
    return copy_bytes(part, target->score.table, score_bytes, (void **)&part->score_table);
}

gt_status fused_cuda_part_allocate(fused_cuda_part *part, size_t first, size_t n_runs) {
    part->first = first;
    part->n_runs = n_runs;
    GT_TRY(use(part));
    GT_TRY(copy_tables(part));
    GT_TRY(choose_capacity(part));
    const size_t n = part->capacity;
    CUDA_TRY(cudaMalloc((void **)&part->states, n * state_floats(part) * sizeof(float)));
    CUDA_TRY(cudaMalloc((void **)&part->counters, n * sizeof *part->counters));
    CUDA_TRY(cudaMalloc((void **)&part->scores, n * sizeof *part->scores));
    part->staging = malloc(STAGED * state_floats(part) * sizeof(float));
    part->staged_counters = calloc(n, sizeof *part->staged_counters);
    part->staged_scores = calloc(n, sizeof *part->staged_scores);
    if (part->staging == NULL || part->staged_counters == NULL || part->staged_scores == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory for copies from GPU %d", part->device.gpu);
    return GT_OK;
}

void fused_cuda_part_destroy(fused_cuda_part *part) {
    if (part->common == NULL) return;
    (void)cudaSetDevice(part->device.gpu); /* what fails from here on leaves nothing that could be done about it */
    if (part->stream != NULL) {
        (void)cudaStreamSynchronize(part->stream);
        (void)cudaStreamDestroy(part->stream);
    }
    if (part->begin != NULL) (void)cudaEventDestroy(part->begin);
    if (part->end != NULL) (void)cudaEventDestroy(part->end);
    void *const device_memory[] = {part->states,      part->counters, part->scores,     part->settings,  part->table,
                                   part->score_table, part->scratch,  part->d_steps.at, part->g_steps.at};
    for (size_t i = 0; i < sizeof device_memory / sizeof *device_memory; i++) (void)cudaFree(device_memory[i]);
    fused_cuda_kernels_destroy(&part->kernels);
    free(part->staging);
    free(part->staged_counters);
    free(part->staged_scores);
}

/* ---------------------------------------------------------------- states between host and GPU */

typedef struct {
    gt_net net;
    const int *place;
    int n_parameters, floats; /* floats: of a part in device memory */
    gt_state_part last;
} net_layout;

static void layouts_of(const fused_cuda_part *part, net_layout out[2]) {
    const fused_cuda_common *common = part->common;
    const fused_gan_shape *shape = &part->kernels.shape;
    out[0] = (net_layout){GT_DISCRIMINATOR, common->d_place, (int)gt_spec_n_parameters(common->spec, GT_DISCRIMINATOR),
                          4 * fused_d_quads(shape), GT_ADAM_V};
    out[1] = (net_layout){GT_GENERATOR, common->g_place, (int)gt_spec_n_parameters(common->spec, GT_GENERATOR),
                          4 * fused_g_quads(shape), shape->recipe.ema ? GT_EMA : GT_ADAM_V};
}

static float *flat_of(const fused_cuda_part *part) {
    return part->common->flat + (size_t)omp_get_thread_num() * gt_spec_n_parameters(part->common->spec, GT_GAN);
}

/* The host's copy of a run to device order. What fills up quads and records is 0 and stays 0. */
static void pack(const fused_cuda_part *part, size_t run, float *state) {
    const gt_engine *host = part->common->runs.host;
    net_layout nets[2];
    float *flat = flat_of(part);
    layouts_of(part, nets);
    memset(state, 0, state_floats(part) * sizeof *state);
    for (int n = 0; n < 2; n++)
        for (gt_state_part p = GT_WEIGHTS; p <= nets[n].last; p++, state += nets[n].floats) {
            host->ops->get_state(host, run, nets[n].net, p, flat);
            for (int k = 0; k < nets[n].n_parameters; k++) state[nets[n].place[k]] = flat[k];
        }
}

/* The reverse. NaNs get one pattern: which of several a device makes is its own business. */
static void unpack(const fused_cuda_part *part, size_t run, const float *state) {
    gt_engine *host = part->common->runs.host;
    net_layout nets[2];
    float *flat = flat_of(part);
    layouts_of(part, nets);
    for (int n = 0; n < 2; n++)
        for (gt_state_part p = GT_WEIGHTS; p <= nets[n].last; p++, state += nets[n].floats) {
            for (int k = 0; k < nets[n].n_parameters; k++) {
                const float x = state[nets[n].place[k]];
                flat[k] = isnan(x) ? NAN : x;
            }
            host->ops->set_state(host, run, nets[n].net, p, flat);
        }
}

static fused_counters to_device(const gt_run_counters *c) {
    return (fused_counters){.seed = c->seed,
                            .iteration = c->iteration,
                            .d_steps = c->d_steps,
                            .g_steps = c->g_steps,
                            .diverged = c->diverged,
                            .diverged_at = c->diverged_at,
                            .last_losses = {c->last_losses[0], c->last_losses[1], c->last_losses[2]}};
}

static gt_run_counters from_device(const fused_counters *c) {
    return (gt_run_counters){.seed = c->seed,
                             .iteration = c->iteration,
                             .d_steps = c->d_steps,
                             .g_steps = c->g_steps,
                             .diverged = c->diverged != 0,
                             .diverged_at = c->diverged_at,
                             .last_losses = {c->last_losses[0], c->last_losses[1], c->last_losses[2]}};
}

static int threads_for(const fused_cuda_common *common, size_t n) { return n < 16 ? 1 : common->runs.host->n_threads; }

/* Runs a to b - 1 of the slice, of the trainer's from `base` on. */
static gt_status upload(fused_cuda_part *part, size_t a, size_t b) {
    fused_cuda_common *common = part->common;
    const size_t base = part->first + part->slice, floats = state_floats(part);
#pragma omp parallel for num_threads(threads_for(common, b - a))
    for (size_t r = a; r < b; r++) pack(part, base + r, part->staging + (r - a) * floats);
    for (size_t r = a; r < b; r++) {
        common->runs.counters[base + r] = common->runs.host->ops->get_counters(common->runs.host, base + r);
        part->staged_counters[r] = to_device(&common->runs.counters[base + r]);
        common->runs.where[base + r] = CUDA_ON_BOTH;
    }
    CUDA_TRY(cudaMemcpyAsync(part->states + a * floats, part->staging, (b - a) * floats * sizeof(float), cudaMemcpyHostToDevice,
                             part->stream));
    CUDA_TRY(cudaMemcpyAsync(part->counters + a, part->staged_counters + a, (b - a) * sizeof *part->counters,
                             cudaMemcpyHostToDevice, part->stream));
    CUDA_TRY(cudaStreamSynchronize(part->stream)); /* the staging memory is used again */
    return GT_OK;
}

static gt_status download(fused_cuda_part *part, size_t a, size_t b) {
    fused_cuda_common *common = part->common;
    const size_t base = part->first + part->slice, floats = state_floats(part);
    CUDA_TRY(cudaMemcpyAsync(part->staging, part->states + a * floats, (b - a) * floats * sizeof(float), cudaMemcpyDeviceToHost,
                             part->stream));
    CUDA_TRY(cudaStreamSynchronize(part->stream));
#pragma omp parallel for num_threads(threads_for(common, b - a))
    for (size_t r = a; r < b; r++)
        if (common->runs.where[base + r] == CUDA_ON_DEVICE) unpack(part, base + r, part->staging + (r - a) * floats);
    for (size_t r = a; r < b; r++)
        if (common->runs.where[base + r] == CUDA_ON_DEVICE) {
            common->runs.host->ops->set_counters(common->runs.host, base + r, &common->runs.counters[base + r]);
            common->runs.where[base + r] = CUDA_ON_BOTH;
        }
    return GT_OK;
}

/* Calls copy for every stretch of at most STAGED runs of the slice that has a run with the given `where`. */
static gt_status each_stretch(fused_cuda_part *part, cuda_where where, size_t begin, size_t end,
                              gt_status (*copy)(fused_cuda_part *, size_t, size_t)) {
    const cuda_where *of = part->common->runs.where + part->first + part->slice;
    GT_TRY(use(part));
    for (size_t a = begin; a < end; a++) {
        if (of[a] != where) continue;
        size_t b = a + 1;
        while (b < end && b - a < STAGED && of[b] == where) b++;
        GT_TRY(copy(part, a, b));
        a = b - 1;
    }
    return GT_OK;
}

size_t fused_cuda_part_slices(const fused_cuda_part *part) { return (part->n_runs + part->capacity - 1) / part->capacity; }

gt_status fused_cuda_part_bring(fused_cuda_part *part, size_t slice) {
    cuda_where *where = part->common->runs.where + part->first;
    const size_t first = slice * part->capacity, left = part->n_runs - first;
    if (part->n_slice > 0 && part->slice != first) {
        GT_TRY(each_stretch(part, CUDA_ON_DEVICE, 0, part->n_slice, download));
        for (size_t r = part->slice; r < part->slice + part->n_slice; r++) where[r] = CUDA_ON_HOST;
    }
    part->slice = first;
    part->n_slice = left < part->capacity ? left : part->capacity;
    return each_stretch(part, CUDA_ON_HOST, 0, part->n_slice, upload);
}

gt_status fused_cuda_part_fetch(fused_cuda_part *part, size_t first, size_t n) {
    const size_t from = part->first + part->slice, to = from + part->n_slice;
    /* neighbours come along: who looks at one run often looks at all */
    size_t a = first / STAGED * STAGED, b = (first + n + STAGED - 1) / STAGED * STAGED;
    if (a < from) a = from;
    if (b > to) b = to;
    return a < b ? each_stretch(part, CUDA_ON_DEVICE, a - from, b - from, download) : GT_OK;
}

/* ---------------------------------------------------------------- training */

static gt_status update_steps(fused_cuda_part *part, const fused_step_tables *tables, fused_device_steps *out) {
    const size_t n = tables->n * tables->n_tables;
    if (out->version == tables->version) return GT_OK;
    if (out->capacity < n) {
        CUDA_TRY(cudaFree(out->at));
        *out = (fused_device_steps){0};
        CUDA_TRY(cudaMalloc((void **)&out->at, n * sizeof(float)));
        out->capacity = n;
    }
    CUDA_TRY(cudaMemcpyAsync(out->at, tables->steps, n * sizeof(float), cudaMemcpyHostToDevice, part->stream));
    out->version = tables->version;
    return GT_OK;
}

static fused_steps steps_of(const fused_step_tables *tables, const fused_device_steps *device) {
    return (fused_steps){device->at, (uint32_t)tables->first, (uint32_t)tables->n, (uint32_t)tables->n_tables};
}

/* Of the runs of the slice that is there. */
static fused_settings settings_of(const fused_cuda_part *part) {
    const size_t first = part->first + part->slice, n_seeds = part->common->runs.n_seeds;
    return (fused_settings){part->settings + first / n_seeds, (uint32_t)n_seeds, (uint32_t)(first % n_seeds)};
}

static fused_table table_of(const fused_cuda_part *part) {
    return (fused_table){part->table, part->common->target->n, part->common->target_numbers};
}

gt_status fused_cuda_part_launch(fused_cuda_part *part, uint64_t *n) {
    const fused_cuda_common *common = part->common;
    double iterations = part->seconds_per_iteration > 0 ? launch_seconds / part->seconds_per_iteration : 16;
    if (iterations < 1) iterations = 1;
    if ((double)*n > iterations) *n = (uint64_t)iterations;
    GT_TRY(use(part));
    GT_TRY(update_steps(part, &common->d_steps, &part->d_steps));
    GT_TRY(update_steps(part, &common->g_steps, &part->g_steps));
    const fused_train_args args = {
        .states = part->states,
        .counters = part->counters,
        .n_runs = (uint32_t)part->n_slice,
        .n_iterations = (uint32_t)*n,
        .settings = settings_of(part),
        .d_steps = steps_of(&common->d_steps, &part->d_steps),
        .g_steps = steps_of(&common->g_steps, &part->g_steps),
        .table = table_of(part),
    };
    CUDA_TRY(cudaEventRecord(part->begin, part->stream));
    GT_TRY(fused_cuda_train(&part->kernels, &args, part->stream));
    CUDA_TRY(cudaEventRecord(part->end, part->stream));
    cuda_where *where = common->runs.where + part->first + part->slice;
    const gt_run_counters *counters = common->runs.counters + part->first + part->slice;
    for (size_t r = 0; r < part->n_slice; r++)
        if (!counters[r].diverged) where[r] = CUDA_ON_DEVICE;
    return GT_OK;
}

gt_status fused_cuda_part_wait(fused_cuda_part *part, uint64_t n) {
    float milliseconds;
    GT_TRY(use(part));
    CUDA_TRY(cudaStreamSynchronize(part->stream));
    CUDA_TRY(cudaEventElapsedTime(&milliseconds, part->begin, part->end));
    part->seconds_per_iteration = 1e-3 * (double)milliseconds / (double)n;
    return GT_OK;
}

gt_status fused_cuda_part_read_counters(fused_cuda_part *part) {
    gt_run_counters *counters = part->common->runs.counters + part->first + part->slice;
    GT_TRY(use(part));
    CUDA_TRY(cudaMemcpyAsync(part->staged_counters, part->counters, part->n_slice * sizeof *part->counters,
                             cudaMemcpyDeviceToHost, part->stream));
    CUDA_TRY(cudaStreamSynchronize(part->stream));
    for (size_t r = 0; r < part->n_slice; r++) counters[r] = from_device(&part->staged_counters[r]);
    return GT_OK;
}

/* ---------------------------------------------------------------- scores */

/* Scratch for as many blocks as run at once, or fewer where memory is short. */
static gt_status reserve_scratch(fused_cuda_part *part, size_t block_bytes, int *blocks) {
    const size_t at_once = (size_t)part->kernels.evaluate_blocks * (size_t)part->kernels.n_sms;
    size_t n = part->n_slice < at_once ? part->n_slice : at_once, free_bytes, total_bytes;
    if (part->scratch_bytes < n * block_bytes) {
        CUDA_TRY(cudaFree(part->scratch));
        part->scratch = NULL;
        part->scratch_bytes = 0;
        CUDA_TRY(cudaMemGetInfo(&free_bytes, &total_bytes));
        const size_t budget = free_bytes - free_bytes / 8;
        if (n * block_bytes > budget) n = budget / block_bytes;
        if (n == 0)
            return gt_fail(GT_ERR_MEMORY, "GPU %d has no memory left to score so many samples; score fewer", part->device.gpu);
        CUDA_TRY(cudaMalloc((void **)&part->scratch, n * block_bytes));
        part->scratch_bytes = n * block_bytes;
    }
    *blocks = (int)n;
    return GT_OK;
}

gt_status fused_cuda_part_evaluate(fused_cuda_part *part, uint64_t iteration, const gt_evaluate_options *options) {
    const fused_cuda_common *common = part->common;
    const gt_target_model *target = common->target;
    int blocks = 0;
    GT_TRY(use(part));
    GT_TRY(reserve_scratch(
        part, (size_t)fused_evaluate_scratch(target->n_columns, (uint32_t)options->n_samples) * sizeof(float), &blocks));
    fused_evaluate_args args = {
        .states = part->states,
        .counters = part->counters,
        .scores = part->scores,
        .scratch = part->scratch,
        .n_runs = (uint32_t)part->n_slice,
        .iteration = (uint32_t)iteration,
        .n_samples = (uint32_t)options->n_samples,
        .n_accuracy = (uint32_t)options->n_accuracy,
        .n_energy = (uint32_t)options->n_energy,
        .settings = settings_of(part),
        .table = table_of(part),
        .is_scaled = target->scaled,
        .target = target->score,
    };
    memcpy(args.scale, target->scale, sizeof args.scale);
    memcpy(args.offset, target->offset, sizeof args.offset);
    args.target.table = part->score_table;
    return fused_cuda_evaluate(&part->kernels, &args, blocks, part->stream);
}

gt_status fused_cuda_part_read_scores(fused_cuda_part *part, const gt_evaluate_options *options, gt_metrics *rows) {
    rows += part->first + part->slice;
    GT_TRY(use(part));
    CUDA_TRY(cudaMemcpyAsync(part->staged_scores, part->scores, part->n_slice * sizeof *part->scores, cudaMemcpyDeviceToHost,
                             part->stream));
    CUDA_TRY(cudaStreamSynchronize(part->stream));
    for (size_t r = 0; r < part->n_slice; r++) {
        const fused_score *score = &part->staged_scores[r];
        if (rows[r].diverged) continue;
        rows[r].acc_real = (double)score->right_real / (double)options->n_accuracy;
        rows[r].acc_fake = (double)score->right_fake / (double)options->n_accuracy;
        rows[r].resid_mean = score->resid_mean;
        rows[r].resid_p95 = score->resid_p95;
        rows[r].w1_x = score->w1_x;
        rows[r].support = score->support;
        rows[r].coverage = score->coverage;
        rows[r].std_x = score->std_x;
        rows[r].modes = score->modes.modes;
        rows[r].hq = score->modes.hq;
        rows[r].reverse_kl = score->modes.reverse_kl;
        rows[r].jsd = score->modes.jsd;
        rows[r].energy = score->energy;
        rows[r].energy_coefficient = score->energy_coefficient;
        rows[r].spread = score->spread;
    }
    return GT_OK;
}
