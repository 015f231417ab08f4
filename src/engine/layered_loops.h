/* private. What the layered engine does on the CPU beside matrix products: loops over rows [n, width] of an array whose rows
 * lie `stride` floats apart. Written once in lane operations (layered_loops_body.h), compiled for each instruction set. */
#ifndef GT_ENGINE_LAYERED_LOOPS_H
#define GT_ENGINE_LAYERED_LOOPS_H

#include "gantry/gantry.h"
#include "kernels/layered_run.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct layered_rows {
    float *at;
    size_t n, width, stride;
} layered_rows;

typedef struct layered_loops {
    /* y = f(y + bias), bias[width]. */
    void (*activate)(layered_rows y, const float *bias, gt_activation activation, float slope);

    /* dx times the derivative of the activation with outputs h; h's rows lie as dx's do. */
    void (*activation_gradient)(layered_rows dx, const float *h, gt_activation activation, float slope);

    /* sums[width], each column added from the first row to the last. */
    void (*column_sums)(layered_rows dy, float *sums);

    /* dz[n] of logits z[n] as ops.h has it, with one label, or labels[n]; *mean: of the losses. False: a logit is not finite.
     */
    bool (*loss)(int loss, int role, float label, const float *labels, int n, int n_mean, const float *z, float *dz,
                 double *mean);

    /* Adam on parameters from to to - 1 (multiples of 16) of a net whose parts of the state lie `stride` floats behind each
     * other; size: fused_adam_next_step(). False: a weight is not finite now. */
    bool (*adam)(const fused_recipe *recipe, const layered_setting *setting, gt_net net, uint64_t iteration, float size,
                 const float *gradient, size_t from, size_t to, size_t stride, float *state);

    /* y = x W' + b, or max(0, x W' + b): w[x.width, y.width] is W transposed, y.width a multiple of 16. Each sum goes from b
     * through the inputs in their order, so that a row of y depends on nothing but its row of x. */
    void (*dense_in_order)(layered_rows x, const float *w, const float *b, bool relu, layered_rows y);

    /* out[n] = fma(pixel, scale, offset) */
    void (*pixels)(const unsigned char *pixel, size_t n, float scale, float offset, float *out);
} layered_loops;

extern const layered_loops layered_avx512, layered_avx2, layered_portable_fma, layered_portable;

#ifdef __cplusplus
}
#endif
#endif
