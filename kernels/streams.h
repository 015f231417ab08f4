/* private. The random streams: one number a purpose, the same on every engine and device (docs/numerics.md).
 *
 * Element i of a draw is word i mod 4 of the Philox4x32-10 block with counter (i / 4, iteration, stream, 0) and the run's seed
 * as key: what curand_init(seed, stream, 4 * ((iteration << 32) | i / 4)) yields in cuRAND. */
#ifndef GT_KERNELS_STREAMS_H
#define GT_KERNELS_STREAMS_H

enum gt_stream {
    GT_STREAM_D_WEIGHTS = 0, /* initial weights of D, one word each, in the order of gt_spec_n_parameters without the biases */
    GT_STREAM_G_WEIGHTS = 1, /* initial weights of G */
    GT_STREAM_REAL = 2,      /* real points of D's steps, one word each [d_steps, half] */
    GT_STREAM_D_LATENTS = 3, /* latents of D's steps [d_steps, half, Z] */
    GT_STREAM_G_LATENTS = 4, /* latents of G's step [B, Z] */
    GT_STREAM_EVAL_REAL = 5, /* real points of an evaluation, one word each [N] */
    GT_STREAM_EVAL_LATENTS = 6,  /* latents of an evaluation [N, Z] */
    GT_STREAM_REAL_NOISE = 7,    /* the noise of real points of D's steps, normals [d_steps, half, X] */
    GT_STREAM_EVAL_NOISE = 8,    /* the noise of real points of an evaluation, normals [N, X] */
    GT_STREAM_DRAW_REAL = 9,     /* gt_trainer_draw(), its index in the place of the iteration: real points [n], */
    GT_STREAM_DRAW_NOISE = 10,   /* their noise [n, X], */
    GT_STREAM_DRAW_UNIFORM = 11, /* uniform points, one word a value [n, X], */
    GT_STREAM_DRAW_LATENTS = 12, /* and latents [n, Z] */
    GT_STREAM_SHUFFLE = 15, /* random orders: of a classifier's images an epoch, of samples that are scored, one word each */
    GT_STREAM_SAMPLE_LATENTS = 16 /* + d: latents of the d-th sample that a user draws [n, Z] */
};

#endif
