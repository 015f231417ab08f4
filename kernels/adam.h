/* private. The numbers of Adam: its constants folded, and the step sizes, once a step in double (docs/numerics.md). C and CUDA.
 */
#ifndef GT_KERNELS_ADAM_H
#define GT_KERNELS_ADAM_H

#include <math.h>

#ifdef __CUDACC__
#define ADAM_FN static inline __host__ __device__
#else
#define ADAM_FN static inline
#endif

typedef struct fused_adam {
    float beta1, beta2, eps;
    double lr, factor; /* factor = (1 - beta1) / sqrt(1 - beta2) */
} fused_adam;

/* beta^t, exactly as running products give them; 0 below 2^-60. */
typedef struct fused_powers {
    double beta1, beta2;
} fused_powers;

ADAM_FN void fused_powers_advance(fused_powers *p, const fused_adam *adam) {
    p->beta1 *= (double)adam->beta1;
    p->beta2 *= (double)adam->beta2;
    if (p->beta1 < 0x1p-60) p->beta1 = 0;
    if (p->beta2 < 0x1p-60) p->beta2 = 0;
}

/* The size of the next step: lr sqrt(1 - beta2^t) / (1 - beta1^t) with the moments' scales folded in. */
ADAM_FN float fused_adam_next_step(const fused_adam *adam, fused_powers *powers) {
    fused_powers_advance(powers, adam);
    return (float)(adam->lr * sqrt(1.0 - powers->beta2) / (1.0 - powers->beta1) * adam->factor);
}

#endif
