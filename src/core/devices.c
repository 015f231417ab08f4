/* The choice of a device, and the list of those that there are. */
#include "core/devices.h"

#include "core/status.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

#define BUILT_WITHOUT_CUDA "this gantry was built without CUDA"

/* Runs a CPU thread, from which on a GPU is the faster: it trains one run in about the time in which a thread trains a handful,
 * but thousands in the same time (docs/performance.md). */
enum { RUNS_A_THREAD = 16 };

static gt_status create_on_gpu(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                               const gt_trainer_options *options, gt_engine **out) {
    if (options->isa != GT_ISA_AUTO)
        return gt_fail(GT_ERR_ARGUMENT, "instruction set %s belongs to the CPU; leave it out, or take device cpu",
                       gt_isa_name(options->isa));
#ifdef GANTRY_CUDA
    return gt_fused_cuda_ops.create(settings, n_settings, target, options, out);
#else
    (void)settings;
    (void)n_settings;
    (void)target;
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

static gt_status create_faster(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                               const gt_trainer_options *options, gt_engine **out) {
    const size_t n_runs = n_settings * options->n_runs;
    const size_t threads = (size_t)(options->n_threads > 0 ? options->n_threads : omp_get_num_procs());
    char reason[GT_WHY_CHARS];
    if (options->isa != GT_ISA_AUTO) return gt_fused_cpu_ops.create(settings, n_settings, target, options, out);
    if (n_runs < RUNS_A_THREAD * threads) {
        GT_TRY(gt_fused_cpu_ops.create(settings, n_settings, target, options, out));
        if (n_runs == 1)
            snprintf(reason, sizeof reason, "a CPU trains one run faster than a GPU");
        else
            snprintf(reason, sizeof reason, "%zu runs are few for a GPU", n_runs);
        explain(*out, reason);
        return GT_OK;
    }
    const gt_status status = create_on_gpu(settings, n_settings, target, options, out);
    if (status == GT_OK) {
        snprintf(reason, sizeof reason, "%zu runs are faster on a GPU than on %zu threads", n_runs, threads);
    } else {
        if (status != GT_ERR_DEVICE) return status;
        snprintf(reason, sizeof reason, "%s", gt_last_error());
        char *advice = strchr(reason, ';'); /* what to do about it is of no use here */
        if (advice != NULL) *advice = '\0';
        GT_TRY(gt_fused_cpu_ops.create(settings, n_settings, target, options, out));
    }
    explain(*out, reason);
    return GT_OK;
}

gt_status gt_engine_create(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                           const gt_trainer_options *options, gt_engine **out) {
    if (options->n_gpus < 0 || options->n_gpus > GT_MAX_GPUS)
        return gt_fail(GT_ERR_ARGUMENT, "%d GPUs; it takes 1 to %d, or 0 for all", options->n_gpus, GT_MAX_GPUS);
    for (int a = 0; a < options->n_gpus; a++)
        for (int b = 0; b < a; b++)
            if (options->gpus[a] == options->gpus[b])
                return gt_fail(GT_ERR_ARGUMENT, "GPU %d is named twice", options->gpus[a]);
    switch (options->device) {
    case GT_DEVICE_CPU:
        if (options->n_gpus > 0) return gt_fail(GT_ERR_ARGUMENT, "GPUs are named, but the device is cpu");
        return gt_fused_cpu_ops.create(settings, n_settings, target, options, out);
    case GT_DEVICE_CUDA:
        return create_on_gpu(settings, n_settings, target, options, out);
    default:
        return options->n_gpus > 0 ? create_on_gpu(settings, n_settings, target, options, out)
                                   : create_faster(settings, n_settings, target, options, out);
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
