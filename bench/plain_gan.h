/* The tutorial's training written as one would first write it in C: one sample at a time, float, libm. It draws the same random
 * words as gantry, so its result can be checked against gantry's before it is timed. */
#ifndef GT_BENCH_PLAIN_GAN_H
#define GT_BENCH_PLAIN_GAN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PLAIN_Z = 5, PLAIN_G = 15, PLAIN_D = 25, PLAIN_G_PARAMETERS = 122, PLAIN_D_PARAMETERS = 101 };

/* A run begins with a seed and weights from the caller and zeros elsewhere. */
typedef struct plain_gan {
    uint64_t seed;
    uint32_t iteration;
    int d_steps, g_steps;
    /* weight [out][in], bias, layer by layer; Adam's m and v (not scaled) */
    float d[PLAIN_D_PARAMETERS], d_m[PLAIN_D_PARAMETERS], d_v[PLAIN_D_PARAMETERS];
    float g[PLAIN_G_PARAMETERS], g_m[PLAIN_G_PARAMETERS], g_v[PLAIN_G_PARAMETERS];
} plain_gan;

/* One source compiled twice: one operation an instruction (-fno-tree-vectorize), and what the compiler makes of it (-O3). */
void plain_gan_train_scalar(plain_gan *gan, int n_iterations);
void plain_gan_train_vectorized(plain_gan *gan, int n_iterations);

#ifdef __cplusplus
}
#endif
#endif
