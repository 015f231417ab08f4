/* private. What both engines on GPUs do with a trainer's runs: they choose GPUs, give each a share, and keep on the host a copy
 * of each run's state, for the CPU engine to answer from. */
#ifndef GT_ENGINE_CUDA_RUNS_H
#define GT_ENGINE_CUDA_RUNS_H

#include "engine/cuda_devices.h"
#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* HOST: only the host's copy is right; DEVICE: only the GPU's; BOTH: they are equal. */
typedef enum cuda_where { CUDA_ON_HOST, CUDA_ON_DEVICE, CUDA_ON_BOTH } cuda_where;

typedef struct cuda_runs {
    size_t n, n_seeds;         /* runs, and how many of them a setting has */
    gt_engine *host;           /* the copies */
    cuda_where *where;         /* [n] */
    gt_run_counters *counters; /* [n] of runs that are not CUDA_ON_HOST */
} cuda_runs;

/* All on the host. host: the CPU engine that makes the copies. Destroy also what could not be created whole. */
gt_status cuda_runs_create(const gt_engine_ops *host, const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                           const gt_trainer_options *options, cuda_runs *out);
void cuda_runs_destroy(cuda_runs *runs);

gt_run_counters cuda_runs_counters(const cuda_runs *runs, size_t run);

/* From now on the copies of runs first to first + n - 1 count: they are to be changed. */
void cuda_runs_to_host(cuda_runs *runs, size_t first, size_t n);

/* The GPUs that were asked for, or all that can be used: at most GT_MAX_GPUS. GT_ERR_DEVICE: none. */
gt_status cuda_runs_devices(const gt_trainer_options *options, gt_cuda_device *devices, int *n_devices);

/* Where the share of device k of n ends, in proportion to multiprocessors; the last ends at n_units. */
size_t cuda_runs_share_end(const gt_cuda_device *devices, int n, int k, size_t n_units);

#ifdef __cplusplus
}
#endif
#endif
