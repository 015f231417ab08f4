/* private. A step of Adam (docs/numerics.md), in the operations of a lanes header, which the includer includes first. */
#ifndef GT_ENGINE_LANES_ADAM_H
#define GT_ENGINE_LANES_ADAM_H

#include "gantry/gantry.h"
#include "kernels/adam.h"
#include "kernels/loss.h"

/* What a step of Adam has beside its net's own numbers. */
typedef struct {
    float size;     /* of the step */
    float shrink;   /* lr weight_decay */
    float clip;     /* 0: none */
    float ema_rate; /* 0: none */
} adam_step;

/* The factor of the learning rates in an iteration. */
LANES_FN float factor_of(const fused_hyper *hyper, const fused_recipe *recipe, uint64_t iteration) {
    float lanes[16];
    if (recipe->decay == FUSED_CONSTANT) return 1.0f;
    vf_store(lanes, decay_factor(recipe->decay, vf_set((float)(uint32_t)iteration), hyper->decay_rate, hyper->decay_scale,
                                 hyper->decay_offset));
    return lanes[0];
}

/* size: of fused_adam_next_step(). */
LANES_FN adam_step adam_step_of(const fused_recipe *recipe, const fused_hyper *hyper, gt_net net, uint64_t iteration,
                                float size) {
    const bool is_d = net == GT_DISCRIMINATOR;
    const float factor = factor_of(hyper, recipe, iteration);
    adam_step step = {.size = size};
    if (recipe->decay != FUSED_CONSTANT) step.size *= factor;
    if (recipe->weight_decay) step.shrink = factor * (is_d ? hyper->d_weight_decay : hyper->g_weight_decay);
    if (recipe->loss == FUSED_WASSERSTEIN && is_d) step.clip = hyper->clip;
    if (recipe->ema && !is_d) step.ema_rate = hyper->ema_rate;
    return step;
}

/* Sums the rows, where given, to the gradient and updates parameters from to to - 1 of a net's weights, m' and v', which lie
 * `padded` floats behind each other. from and to: multiples of 16. False: a weight is not finite now. */
LANES_FN bool adam_update(const fused_recipe *recipe, const fused_adam *adam, adam_step step, const float *rows,
                          const float *gradient, size_t from, size_t to, int padded, float *state) {
    const vf tiny = vf_set(0x1p-100f), huge = vf_set(0x1p100f), floor = vf_set(0x1p-90f), minus_step = vf_set(-step.size);
    const vf beta1 = vf_set(adam->beta1), beta2 = vf_set(adam->beta2), eps = vf_set(adam->eps);
    vf not_finite = vf_set(0.0f);
    for (size_t k = from; k < to; k += 16) {
        float *w = state + k, *m = w + padded, *v = m + padded, *e = v + padded;
        vf g = rows != NULL ? vf_sum_rows(rows + k * 16) : vf_load(gradient + k);
        vf mk = vf_fma(beta1, vf_load(m), g);
        mk = vf_select(vf_gt(tiny, vu_as_f(vu_and(vf_as_u(mk), vu_set(0x7fffffffu)))), vf_set(0.0f), mk);
        vf vk = vf_min(vf_fma(beta2, vf_load(v), vf_fma(g, g, floor)), huge);
        vf q = vf_mul(mk, vf_rcp(vf_add(vf_sqrt(vk), eps)));
        vf wk = vf_load(w);
        if (recipe->weight_decay) wk = vf_fma(vf_set(-step.shrink), wk, wk);
        wk = vf_fma(minus_step, q, wk);
        not_finite = vf_fma(wk, vf_set(0.0f), not_finite);
        if (recipe->loss == FUSED_WASSERSTEIN && step.clip > 0.0f)
            wk = vf_max(vf_min(wk, vf_set(step.clip)), vf_set(-step.clip));
        vf_store(w, wk);
        vf_store(m, mk);
        vf_store(v, vk);
        if (recipe->ema && step.ema_rate > 0.0f) vf_store(e, vf_fma(vf_set(step.ema_rate), vf_sub(wk, vf_load(e)), vf_load(e)));
    }
    return !vf_any_nan(not_finite);
}

#endif
