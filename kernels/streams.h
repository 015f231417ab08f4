/* private. The random streams: one number a purpose, the same on every engine and device (docs/numerics.md).
 *
 * Element i of a draw is word i mod 4 of the Philox4x32-10 block with counter (i / 4, iteration, stream, 0) and the run's seed
 * as key: what curand_init(seed, stream, 4 * ((iteration << 32) | i / 4)) yields in cuRAND. */
#ifndef GT_KERNELS_STREAMS_H
#define GT_KERNELS_STREAMS_H

enum gt_stream {
    GT_STREAM_D_WEIGHTS = 0,     /* initial weights of D, uniforms, in the order of gt_spec_n_parameters without the biases */
    GT_STREAM_G_WEIGHTS = 1,     /* initial weights of G */
    GT_STREAM_REAL = 2,          /* x of the real points of D's step, uniforms [B/2] */
    GT_STREAM_D_LATENTS = 3,     /* latents of D's step, normals [B/2, Z] */
    GT_STREAM_G_LATENTS = 4,     /* latents of G's step, normals [B, Z] */
    GT_STREAM_EVAL_REAL = 5,     /* x of the real points of an evaluation, uniforms [N] */
    GT_STREAM_EVAL_LATENTS = 6,  /* latents of an evaluation, normals [N, Z] */
    GT_STREAM_SAMPLE_LATENTS = 7 /* + d: latents of the d-th sample that a user draws, normals [n, Z] */
};

#endif
