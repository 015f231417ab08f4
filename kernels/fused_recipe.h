/* private. How a GAN is trained beside the shapes of its nets: the choices for which kernels are compiled ("recipe"), and the
 * numbers that they get at run time, which every setting has for itself ("hyper") or all share (the target's). C; both devices.
 * docs/numerics.md has every formula. */
#ifndef GT_KERNELS_FUSED_RECIPE_H
#define GT_KERNELS_FUSED_RECIPE_H

enum { FUSED_MAX_COLUMNS = 64, FUSED_CURVE_SEGMENTS = 1024 };

/* The values of gt_loss and gt_decay. */
enum fused_loss { FUSED_BCE, FUSED_MINIMAX, FUSED_LEAST_SQUARES, FUSED_HINGE, FUSED_WASSERSTEIN };
enum fused_decay { FUSED_CONSTANT, FUSED_LINEAR_DECAY, FUSED_COSINE_DECAY };

/* What becomes of the words of a draw; the first three are the values of gt_noise. WORD leaves them as they are, as the bits of
 * floats. */
typedef enum fused_draw { DRAW_NORMAL, DRAW_SYMMETRIC, DRAW_TRUNCATED, DRAW_UNIFORM, DRAW_WORD } fused_draw;

/* Whose points a step of D sees, or G's. */
enum fused_role { FUSED_REAL, FUSED_FAKE, FUSED_G };

/* How real points are drawn.
 *  SQUARE  (x, x^2) with x = fma(u, width, lo)
 *  CURVE   the cubic of a segment of a table [FUSED_CURVE_SEGMENTS][X][4], coefficients from the constant one up
 *  POINTS  a row of a table [n][X]
 *  IMAGES  the same of bytes, for the layered engine alone */
enum fused_target { FUSED_SQUARE, FUSED_CURVE, FUSED_POINTS, FUSED_IMAGES };

/* Only ints, so that recipes compare with memcmp and the tutorial's can be a compile-time constant. */
typedef struct fused_recipe {
    int batch;        /* latents of G's step */
    int half;         /* real points of a step of D, and generated ones */
    int combined;     /* one update of D on both */
    int d_steps;      /* of D an iteration */
    int loss;         /* fused_loss */
    int noise;        /* fused_draw of the latents */
    int target;       /* fused_target */
    int target_noise; /* normals are added to the real points */
    int decay;        /* fused_decay */
    int weight_decay; /* of either net */
    int ema;          /* G has averaged weights */
} fused_recipe;

/* Numbers of a setting, each rounded once from double. */
typedef struct fused_hyper {
    float label[3];                       /* by fused_role */
    float threshold;                      /* a logit above it counts as real */
    float d_slope, g_slope;               /* of leaky_relu */
    float clip;                           /* wasserstein: of D's parameters */
    float ema_rate;                       /* 1 - ema */
    float d_weight_decay, g_weight_decay; /* lr weight_decay */
    float decay_rate;                     /* 1 / decay_iterations */
    float decay_scale, decay_offset;      /* linear: e - 1, 1; cosine: (1 - e) / 2, (1 + e) / 2 */
} fused_hyper;

/* Numbers of the target, likewise. */
typedef struct fused_target_numbers {
    float lo, width;                /* SQUARE */
    float noise[FUSED_MAX_COLUMNS]; /* standard deviations */
} fused_target_numbers;

#endif
