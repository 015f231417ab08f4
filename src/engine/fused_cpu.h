/* private. What the driver (fused_cpu.c) and the instruction-set versions of the training loop (fused_body.h) share. */
#ifndef GT_ENGINE_FUSED_CPU_H
#define GT_ENGINE_FUSED_CPU_H

#include "engine/engine.h"
#include "engine/fused_adam.h"
#include "kernels/fused_recipe.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LANES = 16,
    MAX_SLOTS = 8 /* vectors of 16 samples that pass through the nets at once; a larger batch goes in several passes */
};

/* Only ints, so that shapes compare with memcmp and the tutorial's can be a compile-time constant. */
typedef struct fused_layer {
    int n_in, n_out;
    int activation;
    int w, b;                  /* where weight and bias start in the net's parameters */
    int stride_out, stride_in; /* weight of input i to output o stands at w + o * stride_out + i * stride_in */
    int unit;                  /* outputs of the layers before this one */
} fused_layer;

typedef struct fused_net {
    int n_layers;
    int n_parameters;
    int padded;  /* n_parameters rounded up to whole vectors */
    int n_units; /* outputs of all layers */
    int moments; /* the one-hidden-layer formula of docs/numerics.md applies (D only); then layer 0 is stored [in][out] */
    fused_layer layer[GT_MAX_LAYERS];
} fused_net;

typedef struct fused_shape {
    fused_recipe recipe;
    fused_net d, g;
} fused_shape;

/* What all runs share. */
typedef struct fused_plan {
    fused_shape shape;
    fused_target_numbers target;
    const float *table; /* of the target, and its rows: those of gt_target_model */
    uint32_t n_rows;
    /* a thread's workspace: where each array starts, in floats */
    size_t latents, noise, points, d_outputs, g_outputs, d_deltas, g_deltas, products, rows, sums, gradient, logits, softplus,
        batch_x, batch_y;
    size_t workspace;
} fused_plan;

/* What the runs of one setting share. */
typedef struct fused_numbers {
    fused_adam d_adam, g_adam;
    fused_hyper hyper;
} fused_numbers;

typedef struct fused_run {
    const fused_numbers *numbers;
    gt_run_counters counters;
    fused_powers d_powers, g_powers;
    float *d, *g; /* weights, m', v' of each net and, where there are some, G's averaged weights: padded floats each */
} fused_run;

/* One instruction set. ws: plan->workspace floats, 64-byte aligned. first: the first point, or element, of a draw. */
typedef struct fused_kernels {
    const fused_shape *compiled_in; /* the shape whose loop has constant sizes */
    /* n iterations, or fewer where the run diverges; counters and last_losses are kept. */
    void (*advance)(const fused_plan *plan, fused_run *run, uint64_t n, float *ws);
    void (*train_on_batch)(const fused_plan *plan, fused_run *run, gt_net net, const float *x, const float *y, size_t n,
                           float *logits, float *ws);
    void (*forward)(const fused_plan *plan, const fused_run *run, gt_net net, const float *x, size_t n, float *out, float *ws);
    void (*real)(const fused_plan *plan, uint64_t seed, uint32_t stream, uint32_t noise_stream, uint32_t iteration,
                 uint64_t first, size_t n, float *out, float *ws);
    void (*generate)(const fused_plan *plan, const fused_run *run, uint32_t stream, uint32_t iteration, size_t n, float *out,
                     float *ws);
    void (*draw)(fused_draw kind, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t first, size_t n, float *out);
    double (*loss)(int loss, gt_net net, const float *logits, const float *y, size_t n);
    void (*sigmoid)(float *values, size_t n);
} fused_kernels;

extern const fused_kernels fused_avx512, fused_avx2;
extern const fused_kernels fused_portable_fma; /* plain C compiled for processors with AVX2 and FMA */
extern const fused_kernels fused_portable;     /* plain C for any processor */

/* Whether an engine runs the loop with constant sizes. */
bool fused_cpu_is_compiled_in(const gt_engine *engine);

/* Gives an engine another version than the one it chose: for tests of versions that this processor would not take. */
void fused_cpu_set_kernels(gt_engine *engine, const fused_kernels *kernels);

#ifdef __cplusplus
}
#endif
#endif
