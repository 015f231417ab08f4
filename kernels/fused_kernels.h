/* private. The fused kernels as the host sees them: what they are compiled for and what they are launched with. C. */
#ifndef GT_KERNELS_FUSED_KERNELS_H
#define GT_KERNELS_FUSED_KERNELS_H

#include "kernels/fused_shape.h"
#include "kernels/score.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A run's counters in device memory. */
typedef struct fused_counters {
    uint64_t seed;
    uint64_t iteration; /* completed */
    uint64_t d_steps, g_steps;
    uint64_t diverged, diverged_at; /* frozen if diverged is not 0 */
    double last_losses[3];
} fused_counters;

typedef struct fused_adam_numbers {
    float beta1, beta2, eps;
    uint32_t table; /* of fused_steps */
} fused_adam_numbers;

/* What a setting has for itself, in whole quads: training keeps them in shared memory (kernels/fused_rows.cuh). */
typedef struct fused_setting {
    fused_adam_numbers d_adam, g_adam;
    fused_hyper hyper;
    float unused[3];
} fused_setting;

enum { FUSED_SETTING_QUADS = sizeof(fused_setting) / 16 };

/* The settings of consecutive runs: n_seeds runs have the first but n_before, the next n_seeds the second, ... */
typedef struct fused_settings {
    const fused_setting *at;
    uint32_t n_seeds, n_before; /* n_before < n_seeds */
} fused_settings;

/* Step sizes of Adam for steps first, first + 1, ... (counted from 0) by table; the last row holds for all that follow. */
typedef struct fused_steps {
    const float *at; /* (n, n_tables) */
    uint32_t first;  /* its low 32 bits */
    uint32_t n, n_tables;
} fused_steps;

/* The target from which real points are drawn. */
typedef struct fused_table {
    const float *at; /* CURVE, POINTS (kernels/fused_recipe.h) */
    uint32_t n_rows; /* POINTS */
    fused_target_numbers numbers;
} fused_table;

/* fused_train: n_iterations of every run that is not frozen. Grid: 2 GANs a warp, any number of warps a block; shared memory:
 * fused_shared_quads() * 16 bytes a GAN. */
typedef struct fused_train_args {
    float *states;            /* (R, 4 * fused_state_quads()) */
    fused_counters *counters; /* (R) */
    uint32_t n_runs, n_iterations;
    fused_settings settings;
    fused_steps d_steps, g_steps;
    fused_table table;
} fused_train_args;

/* One row of an evaluation: gt_metrics without what the host knows. NaN where a point is not finite, or where the target's kind
 * has no such score. */
typedef struct fused_score {
    double resid_mean, resid_p95, w1_x, support, coverage, std_x; /* functions */
    score_modes modes;                                            /* mixtures */
    double energy, energy_coefficient, spread;
    uint32_t right_real, right_fake; /* of n_accuracy */
} fused_score;

/* fused_evaluate: the scores of every run that is not frozen, a block a run at a time. Grid: any number of blocks of
 * FUSED_EVALUATE_THREADS; shared memory: fused_evaluate_shared_bytes(). */
enum { FUSED_EVALUATE_THREADS = 256 };
typedef struct fused_evaluate_args {
    const float *states;
    const fused_counters *counters;
    fused_score *scores; /* (R) */
    float *scratch;      /* (blocks, fused_evaluate_scratch()) */
    uint32_t n_runs, iteration;
    uint32_t n_samples, n_accuracy, n_energy;
    fused_settings settings;
    fused_table table;
    int is_scaled; /* points become those of the data by fma(value, scale, offset), a column each */
    float scale[FUSED_MAX_COLUMNS], offset[FUSED_MAX_COLUMNS];
    score_target target; /* its table in device memory */
} fused_evaluate_args;

/* Weights, and what the threads of a block share beside them. */
enum { FUSED_EVALUATE_WORK_BYTES = 22 * 1024 };
FUSED_CONST_FN int fused_evaluate_shared_bytes(const fused_gan_shape *gan) {
    return 16 * (fused_d_quads(gan) + fused_g_quads(gan)) + FUSED_EVALUATE_WORK_BYTES;
}

/* Floats of scratch a block: points, real points, keys and room to sort them. */
FUSED_CONST_FN uint64_t fused_evaluate_scratch(int n_columns, uint32_t n_samples) {
    return (2 * (uint64_t)n_columns + 2) * (((uint64_t)n_samples + 3) / 4 * 4);
}

/* The kernels for one shape. Handles go to fused_launch_*(). */
typedef struct fused_kernels {
    fused_gan_shape shape;
    const void *train, *evaluate;
} fused_kernels;

/* Compiled with the program, NULL at the end. */
extern const fused_kernels *const fused_kernel_sets[];

#ifdef __cplusplus
}
#endif
#endif
