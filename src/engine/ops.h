/* private. The operations of the layered engine, and what they work on. Each is here once with its formula and shapes, once in
 * ops_cpu.c (OpenBLAS and vectorised loops), once in ops_cuda.c (cuBLASLt and kernels). engine/layered_iteration.c puts an
 * iteration together from them.
 *
 * Every array has the runs R as its leading axis; n rows (samples) of a layer's width follow, row-major. Operations take their
 * numbers from the runs' own records (kernels/layered_run.h) in the device's memory and leave runs that are frozen as they are.
 * On a GPU they only queue work: what fails there is reported by the next call that waits. */
#ifndef GT_ENGINE_OPS_H
#define GT_ENGINE_OPS_H

#include "core/target.h"
#include "gantry/gantry.h"
#include "kernels/layered_run.h"
#include "kernels/streams.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- what all runs share */

/* y = f(W x + b): W [n_out, n_in] row-major from w on, b [n_out] from b on, in a part of the net's state. */
typedef struct ops_layer {
    int n_in, n_out;
    gt_activation activation;
    size_t w, b;
} ops_layer;

typedef struct ops_net {
    int n_layers;
    ops_layer layer[GT_MAX_LAYERS];
    size_t stride; /* floats of a part of a run's state: weights and biases, each begun at a multiple of OPS_ALIGN, zeros
                      between */
} ops_net;

enum { OPS_ALIGN = 32 };

typedef struct ops_plan {
    fused_recipe recipe;
    fused_target_numbers target;
    const gt_target_model *model;    /* its table or images are where real points come from */
    float pixel_scale, pixel_offset; /* the nets see an image's value p as fma(p, scale, offset) */
    ops_net net[2];                  /* by gt_net: D, G */
    size_t n_runs;                   /* R */
    bool ema;                        /* G has averaged weights */
} ops_plan;

/* An array in the device's memory: that of run r begins at at + r * stride floats. */
typedef struct ops_array {
    float *at;
    size_t stride;
} ops_array;

/* Rows from row `first` on of an array of `width` columns. */
static inline ops_array ops_rows(ops_array a, size_t first, int width) {
    a.at += first * (size_t)width;
    return a;
}

/* ---------------------------------------------------------------- a device */

typedef struct ops_device ops_device; /* each implementation's own struct begins with one */

/* Whose outputs the input of a layer are: the derivative of that activation belongs to the gradient that is handed down. */
typedef struct ops_below {
    gt_activation activation; /* GT_LINEAR: data or latents */
    gt_net net;               /* whose slope leaky_relu has */
} ops_below;

typedef struct ops_loss {
    int role;            /* fused_role: whose points, and thereby which label and which of the run's losses */
    int n;               /* rows */
    int n_mean;          /* samples of the mean whose gradient is asked for; the loss is the mean over n */
    const float *labels; /* device [n] of a caller in place of the role's label (D: above 0.5 is real); or NULL */
} ops_loss;

typedef struct ops_table {
    const char *device; /* "cpu", "cuda" */

    /* real[R, n, X]: points `first` to first + n - 1 of D's steps in this iteration, from GT_STREAM_REAL and
     * GT_STREAM_REAL_NOISE (docs/numerics.md), in the nets' units. */
    gt_status (*real)(ops_device *device, uint64_t first, int n, ops_array real);

    /* latents[R, n, Z]: noise of rows `first` to first + n - 1 of this iteration's draw of a stream. */
    gt_status (*latents)(ops_device *device, uint32_t stream, uint64_t first, int n, ops_array latents);

    /* y[R, n, out] = f(x[R, n, in] W' + b), with the layer's weights, of every run its own. averaged: with those of GT_EMA. */
    gt_status (*dense)(ops_device *device, gt_net net, int layer, bool averaged, int n, ops_array x, ops_array y);

    /* Of logits z[R, n]: dz[R, n], the gradient of the mean loss to them (kernels/loss.h; of bce (sigmoid(z) - y) / n_mean),
     * and the mean loss itself, summed in double, to the run's record. A run with a logit that is not finite is frozen. */
    gt_status (*loss)(ops_device *device, const ops_loss *loss, ops_array z, ops_array dz);

    /* From dy[R, n, out], the gradient to W x + b, and x[R, n, in]:
     *  learn   dW = dy' x and db = the column sums of dy, into the gradient of the net
     *  dx.at   dx[R, n, in] = (dy W) f'(x) elementwise, f' of the activation that made x, told from its output; NULL: left out
     */
    gt_status (*dense_backward)(ops_device *device, gt_net net, int layer, bool learn, int n, ops_array x, ops_array dy,
                                ops_below below, ops_array dx);

    /* One step of Adam (gt_adam_spec; weight decay, clipping and averaging as the recipe has them) on all parameters of a net
     * from its gradient, with the run's own numbers; its counters go on. A run whose weight is not finite then is frozen. */
    gt_status (*adam)(ops_device *device, gt_net net);

    /* The iteration is completed in the records of all runs that are not frozen. */
    gt_status (*finish)(ops_device *device);

    /* iteration(closure), n times over: a GPU records the first and replays it. */
    gt_status (*repeat)(ops_device *device, uint64_t n, gt_status (*iteration)(void *closure), void *closure);
} ops_table;

struct ops_device {
    const ops_table *ops;
    const ops_plan *plan;
    size_t n_runs; /* R: those of the plan, or of a view of some of them */
};

#ifdef __cplusplus
}
#endif
#endif
