/* The choice of a device, and the list of those that there are. */
#include "core/devices.h"

#include "core/spec.h"
#include "core/status.h"
#include "core/target_data.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

#ifdef GANTRY_LAYERED_CUDA
#define GT_LAYERED_CUDA_OPS &gt_layered_cuda_ops
#else
#define GT_LAYERED_CUDA_OPS NULL
#endif
#define BUILT_WITHOUT_CUDA "this gantry was built without CUDA"

/* Runs a CPU thread, from which on a GPU is the faster: it trains one run in about the time in which a thread trains a handful,
 * but thousands in the same time (docs/cuda.md). The layered engine fills a GPU with one run. */
enum { RUNS_A_THREAD = 16 };

/* Parameters of both nets up to which the fused engine is taken: beyond, a run outgrows a GPU's shared memory (docs/cuda.md);
 * on a CPU the layered one catches up at some 100,000. A device has no say in it, or its runs would not be those of another. */
enum { FUSED_PARAMETERS = 20000 };

/* ---------------------------------------------------------------- the engine */

typedef struct {
    const gt_spec *settings;
    size_t n_settings;
    const gt_target_model *target;
    const gt_trainer_options *options;
    bool layered;
} request;

static gt_status choose_engine(request *r) {
    const gt_spec *spec = r->settings;
    const bool fits = !gt_target_is_images(&spec->target) && spec->target.n_columns <= FUSED_MAX_COLUMNS;
    if ((unsigned)r->options->engine >= GT_N_ENGINES)
        return gt_fail(GT_ERR_ARGUMENT, "engine %d is not one of gt_engine_kind", (int)r->options->engine);
    r->layered = r->options->engine == GT_ENGINE_LAYERED;
    if (r->options->engine == GT_ENGINE_AUTO) r->layered = !fits || gt_spec_n_parameters(spec, GT_GAN) > FUSED_PARAMETERS;
    if (!r->layered && !fits)
        return gt_fail(GT_ERR_ARGUMENT, "the fused engine takes points of up to %d values, and no images; take engine layered",
                       FUSED_MAX_COLUMNS);
    return GT_OK;
}

static gt_status check_gpu_options(const gt_trainer_options *options, const gt_engine_ops *ops) {
    if ((unsigned)options->precision >= GT_N_PRECISIONS)
        return gt_fail(GT_ERR_ARGUMENT, "precision %d is not one of gt_precision", (int)options->precision);
    if ((unsigned)options->rng >= GT_N_RNGS) return gt_fail(GT_ERR_ARGUMENT, "rng %d is not one of gt_rng", (int)options->rng);
    if (ops == GT_LAYERED_CUDA_OPS) return GT_OK;
    if (options->precision != GT_PRECISION_FP32)
        return gt_fail(GT_ERR_ARGUMENT,
                       "precision %s is of the layered engine on a GPU alone, and this is the %s engine on %s; "
                       "take precision fp32, or engine layered and device cuda",
                       gt_precision_name(options->precision), ops->engine, ops->device);
    if (options->rng != GT_RNG_GANTRY)
        return gt_fail(GT_ERR_ARGUMENT,
                       "rng %s is of the layered engine on a GPU alone, and this is the %s engine on %s; "
                       "take rng gantry, or engine layered and device cuda",
                       gt_rng_name(options->rng), ops->engine, ops->device);
    return GT_OK;
}

static gt_status create_by(const request *r, const gt_engine_ops *ops, gt_engine **out) {
    GT_TRY(check_gpu_options(r->options, ops));
    return ops->create(r->settings, r->n_settings, r->target, r->options, out);
}

/* ---------------------------------------------------------------- the device */

static gt_status create_on_cpu(const request *r, gt_engine **out) {
    return create_by(r, r->layered ? &gt_layered_cpu_ops : &gt_fused_cpu_ops, out);
}

static gt_status create_on_gpu(const request *r, gt_engine **out) {
    if (r->options->isa != GT_ISA_AUTO)
        return gt_fail(GT_ERR_ARGUMENT, "instruction set %s belongs to the CPU; leave it out, or take device cpu",
                       gt_isa_name(r->options->isa));
#ifndef GANTRY_LAYERED_CUDA
    if (r->layered) return gt_fail(GT_ERR_DEVICE, "this gantry was built without cuBLAS; take --device cpu");
#endif
#ifdef GANTRY_CUDA
    return create_by(r, r->layered ? GT_LAYERED_CUDA_OPS : &gt_fused_cuda_ops, out);
#else
    (void)out;
    return gt_fail(GT_ERR_DEVICE, "%s; take --device cpu, or build it where the CUDA toolkit is installed", BUILT_WITHOUT_CUDA);
#endif
}

/* "reason; what the engine says" */
static void explain(gt_engine *engine, const char *reason) {
    char own[GT_WHY_CHARS];
    memcpy(own, engine->why, sizeof own);
    snprintf(engine->why, sizeof engine->why, "%.110s; %.110s", reason, own);
}

static gt_status create_faster(const request *r, gt_engine **out) {
    const gt_trainer_options *options = r->options;
    const size_t n_runs = r->n_settings * options->n_runs;
    const size_t threads = (size_t)(options->n_threads > 0 ? options->n_threads : omp_get_num_procs());
    char reason[GT_WHY_CHARS];
    if (options->isa != GT_ISA_AUTO) return create_on_cpu(r, out);
    if (!r->layered && n_runs < RUNS_A_THREAD * threads) {
        GT_TRY(create_on_cpu(r, out));
        if (n_runs == 1)
            snprintf(reason, sizeof reason, "a CPU trains one run faster than a GPU");
        else
            snprintf(reason, sizeof reason, "%zu runs are few for a GPU", n_runs);
        explain(*out, reason);
        return GT_OK;
    }
    const gt_status status = create_on_gpu(r, out);
    if (status == GT_OK) {
        if (r->layered)
            snprintf(reason, sizeof reason, "nets as wide as these are faster on a GPU");
        else
            snprintf(reason, sizeof reason, "%zu runs are faster on a GPU than on %zu threads", n_runs, threads);
    } else {
        if (status != GT_ERR_DEVICE) return status;
        snprintf(reason, sizeof reason, "%s", gt_last_error());
        char *advice = strchr(reason, ';'); /* what to do about it is of no use here */
        if (advice != NULL) *advice = '\0';
        GT_TRY(create_on_cpu(r, out));
    }
    explain(*out, reason);
    return GT_OK;
}

gt_status gt_engine_create(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                           const gt_trainer_options *options, gt_engine **out) {
    request r = {settings, n_settings, target, options, false};
    if (options->n_gpus < 0 || options->n_gpus > GT_MAX_GPUS)
        return gt_fail(GT_ERR_ARGUMENT, "%d GPUs; it takes 1 to %d, or 0 for all", options->n_gpus, GT_MAX_GPUS);
    for (int a = 0; a < options->n_gpus; a++)
        for (int b = 0; b < a; b++)
            if (options->gpus[a] == options->gpus[b])
                return gt_fail(GT_ERR_ARGUMENT, "GPU %d is named twice", options->gpus[a]);
    GT_TRY(choose_engine(&r));
    switch (options->device) {
    case GT_DEVICE_CPU:
        if (options->n_gpus > 0) return gt_fail(GT_ERR_ARGUMENT, "GPUs are named, but the device is cpu");
        return create_on_cpu(&r, out);
    case GT_DEVICE_CUDA:
        return create_on_gpu(&r, out);
    default:
        return options->n_gpus > 0 ? create_on_gpu(&r, out) : create_faster(&r, out);
    }
}

size_t gt_devices(gt_device_info *out, size_t capacity) {
    size_t n = gt_fused_cpu_ops.list(out, capacity);
#ifdef GANTRY_CUDA
    return n + gt_fused_cuda_ops.list(n < capacity ? out + n : NULL, n < capacity ? capacity - n : 0);
#else
    if (n < capacity) {
        out[n] = (gt_device_info){.device = GT_DEVICE_CUDA, .gpu = -1};
        snprintf(out[n].note, sizeof out[n].note, "%s", BUILT_WITHOUT_CUDA);
    }
    return n + 1;
#endif
}
