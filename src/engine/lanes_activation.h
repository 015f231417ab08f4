/* private. Activations (docs/numerics.md), in the operations of a lanes header, which the includer includes first. */
#ifndef GT_ENGINE_LANES_ACTIVATION_H
#define GT_ENGINE_LANES_ACTIVATION_H

#include "gantry/gantry.h"
#include "kernels/exact.h"

LANES_FN vf activate(vf a, int activation, float slope) {
    switch (activation) {
    case GT_RELU:
        return vf_max(a, vf_set(0.0f));
    case GT_LEAKY_RELU:
        return vf_select(vf_gt(a, vf_set(0.0f)), a, vf_mul(a, vf_set(slope)));
    case GT_TANH:
        return exact_tanh(a);
    case GT_SIGMOID:
        return exact_sigmoid(a);
    case GT_ELU:
        return exact_elu(a);
    default:
        return a;
    }
}

/* g times the activation's derivative, from the activation's output h. */
LANES_FN vf activation_gradient(vf g, vf h, int activation, float slope) {
    switch (activation) {
    case GT_RELU:
        return vf_where(vf_gt(h, vf_set(0.0f)), g);
    case GT_LEAKY_RELU:
        return vf_select(vf_gt(h, vf_set(0.0f)), g, vf_mul(g, vf_set(slope)));
    case GT_TANH:
        return vf_mul(g, vf_fma(vf_sub(vf_set(0.0f), h), h, vf_set(1.0f)));
    case GT_SIGMOID:
        return vf_mul(g, vf_fma(vf_sub(vf_set(0.0f), h), h, h));
    case GT_ELU:
        return vf_select(vf_gt(h, vf_set(0.0f)), g, vf_mul(g, vf_add(h, vf_set(1.0f))));
    default:
        return g;
    }
}

#endif
