/* private. The share of one GPU in a trainer: runs that lie next to each other, their state in its memory, its kernels. Where
 * not all fit its memory at once, they take turns ("slices"). */
#ifndef GT_ENGINE_FUSED_CUDA_PART_H
#define GT_ENGINE_FUSED_CUDA_PART_H

#include "engine/cuda_runs.h"
#include "engine/fused_cuda_kernels.h"
#include "engine/fused_recipe.h"
#include "engine/fused_step_tables.h"

/* What all parts of an engine share. */
typedef struct fused_cuda_common {
    const gt_spec *spec; /* of the first setting: its shape is that of all */
    const gt_target_model *target;
    fused_setting *settings; /* [n_settings] */
    size_t n_settings;
    fused_target_numbers target_numbers;
    fused_step_tables d_steps, g_steps;
    cuda_runs runs;
    int *d_place, *g_place; /* of each parameter in the order of gt_spec_n_parameters */
    float *flat;            /* [n_threads][P of the larger net] */
} fused_cuda_common;

/* A copy of a fused_step_tables' rows. */
typedef struct fused_device_steps {
    float *at;
    size_t capacity; /* floats */
    uint64_t version;
} fused_device_steps;

typedef struct fused_cuda_part {
    fused_cuda_common *common;
    gt_cuda_device device;
    fused_cuda_kernels kernels;
    cudaStream_t stream;
    cudaEvent_t begin, end;
    size_t first, n_runs;     /* of the trainer */
    size_t capacity;          /* runs that its memory holds at once */
    size_t slice, n_slice;    /* the runs (counted from `first`) that are there now */
    float *states;            /* device, [capacity][4 * fused_state_quads] */
    fused_counters *counters; /* device, [capacity] */
    fused_score *scores;      /* device, [capacity] */
    fused_setting *settings;  /* device, [n_settings] */
    float *table;             /* device, from which real points are drawn */
    float *score_table;       /* device, by which points are scored */
    float *scratch;           /* device, of evaluations */
    size_t scratch_bytes;
    fused_device_steps d_steps, g_steps;
    float *staging;                  /* host, states of STAGED runs */
    fused_counters *staged_counters; /* host, [capacity] */
    fused_score *staged_scores;      /* host, [capacity] */
    double seconds_per_iteration;    /* of a launch; 0 before the first */
} fused_cuda_part;

/* Destroy also what could not be created whole. */
gt_status fused_cuda_part_create(fused_cuda_common *common, const gt_cuda_device *device, fused_cuda_part *out);
gt_status fused_cuda_part_allocate(fused_cuda_part *part, size_t first, size_t n_runs);
void fused_cuda_part_destroy(fused_cuda_part *part);

/* The number of slices, and bringing one into memory. */
size_t fused_cuda_part_slices(const fused_cuda_part *part);
gt_status fused_cuda_part_bring(fused_cuda_part *part, size_t slice);

/* Launches at most *n iterations of the slice that is there, as many as take about a tenth of a second, and says how many; and
 * waits for them. common's step sizes reach far enough. */
gt_status fused_cuda_part_launch(fused_cuda_part *part, uint64_t *n);
gt_status fused_cuda_part_wait(fused_cuda_part *part, uint64_t n);

/* Counters of the slice's runs from the GPU; call after the last launch. */
gt_status fused_cuda_part_read_counters(fused_cuda_part *part);

/* The host's copies of runs first to first + n - 1 (of the trainer), which lie in this part. */
gt_status fused_cuda_part_fetch(fused_cuda_part *part, size_t first, size_t n);

/* Scores of the slice that is there: launch, then read into rows (of the whole trainer). */
gt_status fused_cuda_part_evaluate(fused_cuda_part *part, uint64_t iteration, const gt_evaluate_options *options);
gt_status fused_cuda_part_read_scores(fused_cuda_part *part, const gt_evaluate_options *options, gt_metrics *rows);

#endif
