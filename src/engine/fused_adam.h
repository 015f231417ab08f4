/* private. Adam as the fused engine steps: its constants folded, and the step sizes, once a step in double (docs/numerics.md).
 */
#ifndef GT_ENGINE_FUSED_ADAM_H
#define GT_ENGINE_FUSED_ADAM_H

#include "gantry/gantry.h"

#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fused_adam {
    float beta1, beta2, eps;
    double lr, factor; /* factor = (1 - beta1) / sqrt(1 - beta2) */
} fused_adam;

/* beta^t, exactly as running products give them; 0 below 2^-60. */
typedef struct fused_powers {
    double beta1, beta2;
} fused_powers;

static inline fused_adam fused_adam_of(const gt_adam_spec *spec) {
    const float beta1 = (float)spec->beta1, beta2 = (float)spec->beta2;
    const double root = sqrt(1.0 - (double)beta2);
    const fused_adam adam = {beta1, beta2, (float)(spec->eps / root), spec->lr, (1.0 - (double)beta1) / root};
    return adam;
}

static inline void fused_powers_advance(fused_powers *p, const fused_adam *adam) {
    p->beta1 *= (double)adam->beta1;
    p->beta2 *= (double)adam->beta2;
    if (p->beta1 < 0x1p-60) p->beta1 = 0;
    if (p->beta2 < 0x1p-60) p->beta2 = 0;
}

static inline fused_powers fused_powers_after(const fused_adam *adam, uint64_t steps) {
    fused_powers p = {1.0, 1.0};
    for (; steps > 0 && (p.beta1 != 0 || p.beta2 != 0); steps--) fused_powers_advance(&p, adam);
    return p;
}

/* The size of the next step: lr sqrt(1 - beta2^t) / (1 - beta1^t) with the moments' scales folded in. */
static inline float fused_adam_next_step(const fused_adam *adam, fused_powers *powers) {
    fused_powers_advance(powers, adam);
    return (float)(adam->lr * sqrt(1.0 - powers->beta2) / (1.0 - powers->beta1) * adam->factor);
}

#ifdef __cplusplus
}
#endif
#endif
