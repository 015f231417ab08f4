/* private. Adam's numbers (kernels/adam.h) from a spec, and after any number of steps. */
#ifndef GT_ENGINE_FUSED_ADAM_H
#define GT_ENGINE_FUSED_ADAM_H

#include "gantry/gantry.h"
#include "kernels/adam.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline fused_adam fused_adam_of(const gt_adam_spec *spec) {
    const float beta1 = (float)spec->beta1, beta2 = (float)spec->beta2;
    const double root = sqrt(1.0 - (double)beta2);
    const fused_adam adam = {beta1, beta2, (float)(spec->eps / root), spec->lr, (1.0 - (double)beta1) / root};
    return adam;
}

static inline fused_powers fused_powers_after(const fused_adam *adam, uint64_t steps) {
    fused_powers p = {1.0, 1.0};
    for (; steps > 0 && (p.beta1 != 0 || p.beta2 != 0); steps--) fused_powers_advance(&p, adam);
    return p;
}

#ifdef __cplusplus
}
#endif
#endif
