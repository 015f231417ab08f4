/* private. The losses: gradients in the lane operations of exact.h, which the includer includes first, and values in double.
 * `loss` is a fused_loss, `role` a fused_role; z a logit, y its label (of bce, minimax and least_squares). */
#ifndef GT_KERNELS_LOSS_H
#define GT_KERNELS_LOSS_H

#include "kernels/exact.h"
#include "kernels/fused_recipe.h"

/* The gradient of the mean loss of n samples to a logit; share = RN(1 / n), label_share = RN(y share). */
LANES_FN vf loss_gradient(int loss, int role, vf z, vf y, vf share, vf label_share) {
    const vf zero = vf_set(0.0f), minus_share = vf_sub(zero, share);
    switch (loss) {
    case FUSED_LEAST_SQUARES:
        return vf_mul(vf_sub(z, y), share);
    case FUSED_HINGE:
        if (role == FUSED_REAL) return vf_where(vf_gt(vf_set(1.0f), z), minus_share);
        if (role == FUSED_FAKE) return vf_where(vf_gt(z, vf_set(-1.0f)), share);
        return minus_share;
    case FUSED_WASSERSTEIN:
        return role == FUSED_FAKE ? share : minus_share;
    case FUSED_MINIMAX:
        if (role == FUSED_G) return vf_mul(exact_sigmoid(z), minus_share);
        break;
    default:
        break;
    }
    return vf_fma(exact_sigmoid(z), share, vf_sub(zero, label_share));
}

/* Whether loss_value() needs a softplus, and of z with which sign. */
LANES_FN int loss_needs_softplus(int loss) { return loss == FUSED_BCE || loss == FUSED_MINIMAX; }
LANES_FN float loss_softplus_sign(int loss, int role, float y) {
    return y == 1.0f && !(loss == FUSED_MINIMAX && role == FUSED_G) ? -1.0f : 1.0f;
}

/* The loss of one sample. softplus: of loss_softplus_sign() times z. */
LANES_FN double loss_value(int loss, int role, float z, float y, float softplus) {
    const double logit = z, off = logit - (double)y;
    switch (loss) {
    case FUSED_LEAST_SQUARES:
        return 0.5 * (off * off);
    case FUSED_HINGE:
        if (role == FUSED_REAL) return logit < 1.0 ? 1.0 - logit : 0.0;
        if (role == FUSED_FAKE) return logit > -1.0 ? 1.0 + logit : 0.0;
        return -logit;
    case FUSED_WASSERSTEIN:
        return role == FUSED_FAKE ? logit : -logit;
    case FUSED_MINIMAX:
        if (role == FUSED_G) return -(double)softplus;
        break;
    default:
        break;
    }
    if (y == 1.0f || y == 0.0f) return (double)softplus;
    return (double)softplus - (double)y * logit;
}

/* The factor of the learning rates in an iteration (from 0). */
LANES_FN vf decay_factor(int decay, vf iteration, float rate, float scale, float offset) {
    vf f = vf_min(vf_mul(iteration, vf_set(rate)), vf_set(1.0f));
    if (decay == FUSED_COSINE_DECAY) f = exact_cos_pi(f);
    return vf_fma(f, vf_set(scale), vf_set(offset));
}

#endif
