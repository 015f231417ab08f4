/* private. The share of one GPU in a trainer of the layered engine: runs that lie next to each other, their state in its
 * memory, the operations on them. All of them fit, or it is refused. */
#ifndef GT_ENGINE_LAYERED_CUDA_PART_H
#define GT_ENGINE_LAYERED_CUDA_PART_H

#include "engine/cuda_runs.h"
#include "engine/layered.h"
#include "engine/ops_cuda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What all parts of an engine share. */
typedef struct layered_cuda_common {
    const gt_spec *spec; /* of the first setting: its shape is that of all */
    const gt_target_model *target;
    layered_setting *settings; /* [n_settings] */
    size_t n_settings;
    ops_cuda_options options;
    cuda_runs runs;
} layered_cuda_common;

typedef struct layered_cuda_part {
    layered_cuda_common *common;
    gt_cuda_device device;
    size_t first;  /* of the trainer's runs */
    ops_plan plan; /* of as many as it has */
    ops_cuda *ops;
    float *memory; /* device: the arrays of an iteration */
    layered_buffers buffers;
    layered_iteration iteration;
    float *staging;       /* host: the state of a run as it lies on the device, and the parameters of the larger net */
    layered_run *records; /* host, [n_runs] */
} layered_cuda_part;

/* Both leave a part that destroy takes where they fail; it is not moved afterwards. GT_ERR_DEVICE: no such GPU, or a library is
 * missing. GT_ERR_MEMORY: the runs don't fit. */
gt_status layered_cuda_part_create(layered_cuda_common *common, const gt_cuda_device *device, size_t first, size_t n_runs,
                                   layered_cuda_part *out);
void layered_cuda_part_destroy(layered_cuda_part *part);

/* Brings runs to the GPU that are newer on the host. */
gt_status layered_cuda_part_bring(layered_cuda_part *part);

/* Queues n iterations. */
gt_status layered_cuda_part_advance(layered_cuda_part *part, uint64_t n);

/* Waits for them, and reads the counters. */
gt_status layered_cuda_part_wait(layered_cuda_part *part);

/* Brings run `run` of the trainer to the host, if it is newer on the GPU. */
gt_status layered_cuda_part_fetch(layered_cuda_part *part, size_t run);

#ifdef __cplusplus
}
#endif
#endif
