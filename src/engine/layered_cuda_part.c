/* One GPU's share of the runs: memory, copies, iterations. */
#include "engine/layered_cuda_part.h"

#include "engine/cuda_try.h"

#include <math.h>
#include <stdlib.h>

static gt_status use(const layered_cuda_part *part) {
    CUDA_TRY(cudaSetDevice(part->device.gpu));
    return GT_OK;
}

static size_t max_parameters(const layered_cuda_common *common) {
    const size_t d = gt_spec_n_parameters(common->spec, GT_DISCRIMINATOR), g = gt_spec_n_parameters(common->spec, GT_GENERATOR);
    return d > g ? d : g;
}

static size_t state_floats(const ops_plan *plan) { return ops_cuda_floats(plan, LAYERED_D) + ops_cuda_floats(plan, LAYERED_G); }

/* ---------------------------------------------------------------- create, destroy */

/* Arrays, and a bit of mask for each number in them; a sixteenth of what is free is left for the driver and its libraries. */
static gt_status check_fits(const layered_cuda_part *part, size_t array_floats) {
    const layered_cuda_common *common = part->common;
    const size_t n_runs = part->plan.n_runs, arrays = n_runs * array_floats * sizeof(float);
    const size_t bytes = ops_cuda_bytes(&part->plan, common->n_settings, common->options) + arrays + arrays / 32;
    size_t free_bytes, total_bytes;
    CUDA_TRY(cudaMemGetInfo(&free_bytes, &total_bytes));
    if (bytes > free_bytes - free_bytes / 16)
        return gt_fail(
            GT_ERR_MEMORY, "%zu run%s %.2f GiB, and GPU %d has %.2f left; take fewer runs, more GPUs or --device cpu", n_runs,
            n_runs == 1 ? " needs" : "s need", (double)bytes / (1 << 30), part->device.gpu, (double)free_bytes / (1 << 30));
    return GT_OK;
}

gt_status layered_cuda_part_create(layered_cuda_common *common, const gt_cuda_device *device, size_t first, size_t n_runs,
                                   layered_cuda_part *out) {
    *out = (layered_cuda_part){.common = common, .device = *device, .first = first};
    out->plan = layered_plan_of(common->spec, common->target, n_runs);
    const layered_sizes sizes = layered_sizes_of(&out->plan.recipe);
    const size_t floats = layered_place(&out->plan, sizes, NULL, NULL);
    GT_TRY(use(out));
    GT_TRY(check_fits(out, floats));
    GT_TRY(ops_cuda_create(&out->plan, common->settings, common->n_settings, common->options, &out->ops));
    CUDA_TRY(cudaMalloc((void **)&out->memory, n_runs * floats * sizeof(float)));
    layered_place(&out->plan, sizes, out->memory, &out->buffers);
    out->iteration = (layered_iteration){&out->ops->base, &out->buffers};
    out->staging = calloc(state_floats(&out->plan) + max_parameters(common), sizeof *out->staging);
    out->records = calloc(n_runs, sizeof *out->records);
    if (out->staging == NULL || out->records == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory for copies from GPU %d", device->gpu);
    return GT_OK;
}

void layered_cuda_part_destroy(layered_cuda_part *part) {
    if (part->common == NULL) return;
    (void)cudaSetDevice(part->device.gpu); /* what fails from here on leaves nothing that could be done about it */
    ops_cuda_destroy(part->ops);
    (void)cudaFree(part->memory);
    free(part->staging);
    free(part->records);
}

/* ---------------------------------------------------------------- states between host and GPU */

static gt_state_part last_part(const ops_plan *plan, gt_net net) {
    return net == GT_GENERATOR && plan->ema ? GT_EMA : GT_ADAM_V;
}

/* One net's state between the device and the staging memory. */
static gt_status copy(const layered_cuda_part *part, size_t index, gt_net net, bool to_device, float *staging) {
    const size_t floats = ops_cuda_floats(&part->plan, (int)net), bytes = floats * sizeof(float);
    float *device = part->ops->state[net] + index * floats;
    CUDA_TRY(cudaMemcpyAsync(to_device ? device : staging, to_device ? staging : device, bytes,
                             to_device ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost, part->ops->stream));
    CUDA_TRY(cudaStreamSynchronize(part->ops->stream));
    return GT_OK;
}

/* Run `index` of the part. Between the arrays of a net weights are 0, and stay so: their gradients are. */
static gt_status upload(layered_cuda_part *part, size_t index) {
    const layered_cuda_common *common = part->common;
    const ops_plan *plan = &part->plan;
    float *flat = part->staging + state_floats(plan), *at = part->staging;
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++) {
        float *begin = at;
        for (gt_state_part p = GT_WEIGHTS; p <= last_part(plan, net); p++, at += plan->net[net].stride) {
            common->runs.host->ops->get_state(common->runs.host, part->first + index, net, p, flat);
            layered_pack(&plan->net[net], flat, at);
        }
        GT_TRY(copy(part, index, net, true, begin));
    }
    return GT_OK;
}

/* The reverse. NaNs get one pattern: which of several a device makes is its own business. */
static gt_status download(layered_cuda_part *part, size_t index) {
    const layered_cuda_common *common = part->common;
    const ops_plan *plan = &part->plan;
    float *flat = part->staging + state_floats(plan), *at = part->staging;
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++) {
        const size_t n = gt_spec_n_parameters(common->spec, net);
        GT_TRY(copy(part, index, net, false, at));
        for (gt_state_part p = GT_WEIGHTS; p <= last_part(plan, net); p++, at += plan->net[net].stride) {
            layered_unpack(&plan->net[net], at, flat);
            for (size_t k = 0; k < n; k++)
                if (isnan(flat[k])) flat[k] = NAN;
            common->runs.host->ops->set_state(common->runs.host, part->first + index, net, p, flat);
        }
    }
    return GT_OK;
}

gt_status layered_cuda_part_bring(layered_cuda_part *part) {
    layered_cuda_common *common = part->common;
    GT_TRY(use(part));
    for (size_t r = 0; r < part->plan.n_runs; r++) {
        const size_t run = part->first + r, setting = run / common->runs.n_seeds;
        if (common->runs.where[run] != CUDA_ON_HOST) continue;
        const gt_run_counters counters = common->runs.host->ops->get_counters(common->runs.host, run);
        GT_TRY(upload(part, r));
        part->records[r] = layered_run_of(&counters, &common->settings[setting], (int)setting);
        GT_TRY(ops_cuda_write_runs(part->ops, r, 1, &part->records[r]));
        common->runs.counters[run] = counters;
        common->runs.where[run] = CUDA_ON_BOTH;
    }
    return GT_OK;
}

gt_status layered_cuda_part_fetch(layered_cuda_part *part, size_t run) {
    layered_cuda_common *common = part->common;
    if (common->runs.where[run] != CUDA_ON_DEVICE) return GT_OK;
    GT_TRY(use(part));
    GT_TRY(download(part, run - part->first));
    common->runs.host->ops->set_counters(common->runs.host, run, &common->runs.counters[run]);
    common->runs.where[run] = CUDA_ON_BOTH;
    return GT_OK;
}

/* ---------------------------------------------------------------- training */

gt_status layered_cuda_part_advance(layered_cuda_part *part, uint64_t n) {
    layered_cuda_common *common = part->common;
    GT_TRY(use(part));
    for (size_t r = part->first; r < part->first + part->plan.n_runs; r++)
        if (!common->runs.counters[r].diverged) common->runs.where[r] = CUDA_ON_DEVICE;
    return ops_cuda_table.repeat(&part->ops->base, n, layered_iterate, &part->iteration);
}

gt_status layered_cuda_part_wait(layered_cuda_part *part) {
    GT_TRY(use(part));
    GT_TRY(ops_cuda_read_runs(part->ops, 0, part->plan.n_runs, part->records));
    for (size_t r = 0; r < part->plan.n_runs; r++)
        part->common->runs.counters[part->first + r] = layered_counters_of(&part->records[r]);
    return GT_OK;
}
