/* private. What the layered engine's host code (engine/ops_cuda.c) and its kernels (layered.cu) agree on. C and CUDA.
 *
 * Every kernel takes one argument struct by value and works on all runs of it: block b is block b % blocks of run b / blocks.
 * Runs that are frozen are passed over. In shapes R is the number of runs; arrays are those of engine/ops.h. */
#ifndef GT_KERNELS_LAYERED_KERNELS_H
#define GT_KERNELS_LAYERED_KERNELS_H

#include "kernels/layered_run.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LAYERED_THREADS = 256,                  /* of a block of any kernel here */
    LAYERED_TILE = 32,                      /* a block of layered_product makes a tile of so many rows and columns */
    LAYERED_ELEMENTS = 4 * LAYERED_THREADS, /* of a block that goes through an array element by element */
};

/* The records, and whose they are. */
typedef struct layered_runs {
    layered_run *at; /* [R] */
    const layered_setting *settings;
    uint32_t blocks; /* of a run */
} layered_runs;

/* Element (i, j) of run r is at[r * stride + i * by_row + j * by_column]. */
typedef struct layered_matrix {
    float *at;
    size_t stride;
    int by_row, by_column;
} layered_matrix;

/* What becomes of an element of a product, or of an array: y = f(y + bias[column]), or y f'(h), h the output that f gave where
 * y is; either may be left out. */
typedef struct layered_finish {
    const float *bias; /* [R][columns], or NULL */
    size_t bias_stride;
    const float *h; /* lies as y does; NULL: forward */
    size_t h_stride;
    int activation; /* fused_activation */
    int is_g;       /* whose slope leaky_relu has */
} layered_finish;

/* c[m, n] = a[m, k] b[k, n], finished; each element summed in the order of k by layered_product, by the 32 lanes of a warp
 * (lane l takes k = l, l + 32, ...; then l with l ^ 16, ^8, ^4, ^2, ^1) by layered_narrow_product. */
typedef struct layered_product_args {
    layered_runs runs;
    layered_matrix a, b, c;
    int m, n, k;
    float *sums; /* where given, b has a column n of ones more, and c's goes here: [R][m] */
    size_t sums_stride;
    layered_finish finish;
    int frozen_too; /* no run is passed over */
} layered_product_args;

/* Every element of y[R, n, width] finished. */
typedef struct layered_map_args {
    layered_runs runs;
    float *y;
    size_t stride;
    int n, width;
    layered_finish finish;
    int frozen_too;
} layered_map_args;

/* sums[R][width] of the columns of y[R, n, width]: 8 threads a column take rows l, l + 8, ...; then l with l + 4, + 2, + 1. */
typedef struct layered_sums_args {
    layered_runs runs;
    const float *y;
    size_t stride;
    int n, width;
    float *sums;
    size_t sums_stride;
} layered_sums_args;

/* One block a run. The losses of 256 threads (t takes rows t, t + 256, ...) are added as a tree in double. */
typedef struct layered_loss_args {
    layered_runs runs;
    int loss, role; /* fused_loss, fused_role */
    int n, n_mean;
    const float *labels; /* [n], or NULL */
    const float *z;
    float *dz;
    size_t z_stride, dz_stride;
} layered_loss_args;

/* Blocks of a run that are through with it, and whether one of them met a weight that is not finite. All 0 between launches. */
typedef struct layered_ticket {
    unsigned done, not_finite;
} layered_ticket;

typedef struct layered_adam_args {
    layered_runs runs;
    layered_ticket *tickets; /* [R] */
    fused_recipe recipe;
    int net;
    float *state;          /* [R][parts][stride] */
    const float *gradient; /* [R][stride] */
    size_t run_stride, stride;
} layered_adam_args;

/* Numbers that were drawn ahead, n_iterations at a time: element e of a draw in an iteration is
 * at[run * stride + (iteration % n_iterations) * a_iteration + first + e]. */
typedef struct layered_drawn {
    const void *at; /* NULL: none */
    size_t stride, a_iteration, first;
    uint32_t n_iterations;
} layered_drawn;

typedef struct layered_real_args {
    layered_runs runs;
    int target, target_noise; /* of the recipe */
    fused_target_numbers numbers;
    const float *table;
    const unsigned char *pixels;
    uint32_t n_rows; /* of either */
    float scale, offset;
    uint64_t first;
    int n, width;
    float *out;
    size_t stride;
    layered_drawn drawn; /* words */
} layered_real_args;

/* Elements first to first + n - 1 of a draw, made of words, or of what `drawn` holds: `held`. */
typedef struct layered_latents_args {
    layered_runs runs;
    int kind; /* fused_draw */
    int held; /* DRAW_WORD, DRAW_UNIFORM, or `kind` itself */
    uint32_t stream;
    uint64_t first, n;
    float *out;
    size_t stride;
    layered_drawn drawn;
} layered_latents_args;

typedef struct layered_finish_args {
    layered_runs runs;
    uint32_t n_runs;
} layered_finish_args;

/* Handles for cudaLaunchKernel, one for each struct above. */
typedef struct layered_kernels {
    const void *product, *narrow_product, *map, *sums, *loss, *adam, *real, *latents, *finish;
} layered_kernels;

extern const layered_kernels gt_layered_kernels;

#ifdef __cplusplus
}
#endif
#endif
