/* private. The operations on a GPU (ops.h), for all runs of a plan at once, queued on one stream: cuBLASLt's products for wide
 * layers, kernels/layered.cu for everything else.
 *
 * Who calls makes the GPU current first, and sees to it that all runs that are not frozen have completed as many iterations. */
#ifndef GT_ENGINE_OPS_CUDA_H
#define GT_ENGINE_OPS_CUDA_H

#include "engine/ops.h"
#include "engine/ops_cuda_numbers.h"
#include "engine/ops_cuda_products.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ops_cuda_options {
    gt_precision precision;
    gt_rng rng;
    bool own_products; /* none by cuBLASLt, whatever the layers */
    bool plain;        /* every iteration launched, none replayed */
} ops_cuda_options;

enum { OPS_CUDA_WIDE = 32, OPS_CUDA_MAX_MASKS = 2 * GT_MAX_LAYERS };

/* Which elements of an array of relu's outputs are above 0. */
typedef struct ops_mask {
    const float *y;
    void *bits;
    size_t bytes;
    int n; /* rows that it holds now; 0: none */
} ops_mask;

/* An iteration as it was recorded. It is known by its function and closure: who changes what the closure says where arrays are
 * calls ops_cuda_forget_graph() first. */
typedef struct ops_cuda_graph {
    gt_status (*iteration)(void *closure);
    void *closure;
    cudaGraphExec_t exec; /* NULL: it has only been launched so far, to have all memory and algorithms that it needs */
    bool recording;
} ops_cuda_graph;

typedef struct ops_cuda {
    ops_device base;
    ops_cuda_options options;
    cudaStream_t stream;
    layered_run *runs; /* [R] */
    layered_setting *settings;
    float *state[2];         /* of each net [R][parts][stride]: GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V, and GT_EMA where G has it */
    float *gradient[2];      /* [R][stride] */
    layered_ticket *tickets; /* [R] */
    float *table;
    unsigned char *pixels;
    ops_products *products; /* NULL: not needed */
    ops_numbers *numbers;   /* NULL: the runs' own streams */
    ops_mask masks[OPS_CUDA_MAX_MASKS];
    ops_cuda_graph graph;
    uint64_t *seeds;    /* host, [R] */
    uint64_t iteration; /* completed by the runs that are not frozen */
} ops_cuda;

extern const ops_table ops_cuda_table;

/* settings[n_settings], on the host; the plan stays as it is and where it is. Records and state are the caller's to write, and
 * gradients 0. GT_ERR_DEVICE: a library is missing. GT_ERR_MEMORY. */
gt_status ops_cuda_create(const ops_plan *plan, const layered_setting *settings, size_t n_settings, ops_cuda_options options,
                          ops_cuda **out);
void ops_cuda_destroy(ops_cuda *device); /* NULL is fine */

/* About the device memory that create takes. */
size_t ops_cuda_bytes(const ops_plan *plan, size_t n_settings, ops_cuda_options options);

/* n records from run `first` on; writing waits, so that the caller's may change. */
gt_status ops_cuda_write_runs(ops_cuda *device, size_t first, size_t n, const layered_run *runs);
gt_status ops_cuda_read_runs(ops_cuda *device, size_t first, size_t n, layered_run *runs);

/* Parts of a net's state, and floats of it a run. */
static inline size_t ops_cuda_parts(const ops_plan *plan, int net) { return net == LAYERED_G && plan->ema ? 4 : 3; }
static inline size_t ops_cuda_floats(const ops_plan *plan, int net) {
    return ops_cuda_parts(plan, net) * plan->net[net].stride;
}

/* ---------------------------------------------------------------- between the files of this implementation */

/* blocks: of a run; args: the kernel's struct. */
gt_status ops_cuda_launch(const ops_cuda *device, const void *kernel, size_t blocks, const void *args);
static inline layered_runs ops_cuda_runs(const ops_cuda *device, size_t blocks) {
    return (layered_runs){device->runs, device->settings, (uint32_t)blocks};
}

gt_status ops_cuda_dense(ops_device *base, gt_net net, int layer, bool averaged, int n, ops_array x, ops_array y);
gt_status ops_cuda_dense_backward(ops_device *base, gt_net net, int layer, bool learn, int n, ops_array x, ops_array dy,
                                  ops_below below, ops_array dx);
gt_status ops_cuda_repeat(ops_device *base, uint64_t n, gt_status (*iteration)(void *closure), void *closure);
/* Recorded anew by the next ops_cuda_repeat(). */
void ops_cuda_forget_graph(ops_cuda *device);

#ifdef __cplusplus
}
#endif
#endif
