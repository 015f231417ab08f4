/* The runs of a trainer on GPUs: who has which, and where the right copy is. */
#include "engine/cuda_runs.h"

#include "core/status.h"

#include <stdlib.h>

gt_status cuda_runs_create(const gt_engine_ops *host, const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                           const gt_trainer_options *options, cuda_runs *out) {
    const size_t n = n_settings * options->n_runs;
    gt_trainer_options of_host = *options;
    of_host.device = GT_DEVICE_CPU;
    of_host.isa = GT_ISA_AUTO;
    *out = (cuda_runs){.n = n, .n_seeds = options->n_runs};
    GT_TRY(host->create(settings, n_settings, target, &of_host, &out->host));
    out->where = calloc(n, sizeof *out->where); /* CUDA_ON_HOST */
    out->counters = calloc(n, sizeof *out->counters);
    if (out->where == NULL || out->counters == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu runs", n);
    return GT_OK;
}

void cuda_runs_destroy(cuda_runs *runs) {
    if (runs->host != NULL) runs->host->ops->destroy(runs->host);
    free(runs->where);
    free(runs->counters);
}

gt_run_counters cuda_runs_counters(const cuda_runs *runs, size_t run) {
    return runs->where[run] == CUDA_ON_HOST ? runs->host->ops->get_counters(runs->host, run) : runs->counters[run];
}

void cuda_runs_to_host(cuda_runs *runs, size_t first, size_t n) {
    for (size_t r = first; r < first + n; r++) runs->where[r] = CUDA_ON_HOST;
}

gt_status cuda_runs_devices(const gt_trainer_options *options, gt_cuda_device *devices, int *n_devices) {
    const char *why = NULL;
    const int n = options->n_gpus > 0 ? options->n_gpus : gt_cuda_count(&why);
    gt_status status = n > 0 ? GT_OK : gt_fail(GT_ERR_DEVICE, "no GPU: %s; take --device cpu", why);
    *n_devices = 0;
    for (int k = 0; k < n && *n_devices < GT_MAX_GPUS; k++) {
        status = gt_cuda_describe(options->n_gpus > 0 ? options->gpus[k] : k, &devices[*n_devices]);
        if (status != GT_OK && (options->n_gpus > 0 || status != GT_ERR_DEVICE)) return status;
        if (status == GT_OK) ++*n_devices;
    }
    return *n_devices > 0 ? GT_OK : status;
}

size_t cuda_runs_share_end(const gt_cuda_device *devices, int n, int k, size_t n_units) {
    size_t sms = (size_t)devices[k].n_sms, after = 0;
    for (int i = 0; i < k; i++) sms += (size_t)devices[i].n_sms;
    for (int i = k + 1; i < n; i++) after += (size_t)devices[i].n_sms;
    return (n_units * sms + sms + after - 1) / (sms + after);
}
