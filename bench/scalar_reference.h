/* The tutorial's training written as one would first write it in C: one sample at a time, float, libm. It draws the same random
 * words as gantry, so its result can be checked against gantry's before it is timed. */
#ifndef GT_BENCH_SCALAR_REFERENCE_H
#define GT_BENCH_SCALAR_REFERENCE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SCALAR_Z = 5, SCALAR_G = 15, SCALAR_D = 25, SCALAR_G_PARAMETERS = 122, SCALAR_D_PARAMETERS = 101 };

typedef struct scalar_gan {
    uint64_t seed;
    uint32_t iteration;
    int d_steps, g_steps;
    /* weight [out][in], bias, layer by layer; Adam's m and v (not scaled) */
    float d[SCALAR_D_PARAMETERS], d_m[SCALAR_D_PARAMETERS], d_v[SCALAR_D_PARAMETERS];
    float g[SCALAR_G_PARAMETERS], g_m[SCALAR_G_PARAMETERS], g_v[SCALAR_G_PARAMETERS];
} scalar_gan;

/* Initial weights come from the caller; moments and counters are zeroed. */
void scalar_gan_begin(scalar_gan *gan, uint64_t seed, const float *d, const float *g);
void scalar_gan_train(scalar_gan *gan, int n_iterations);

#ifdef __cplusplus
}
#endif
#endif
