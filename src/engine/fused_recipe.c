/* A spec as the fused engine's kernels take it: choices as ints, numbers rounded once. */
#include "engine/fused_recipe.h"

#include "core/spec.h"

#include <string.h>

#define SAME(a, b) _Static_assert((int)(a) == (int)(b), "kernels/fused_recipe.h counts in another order")
SAME(GT_BCE, FUSED_BCE);
SAME(GT_MINIMAX, FUSED_MINIMAX);
SAME(GT_LEAST_SQUARES, FUSED_LEAST_SQUARES);
SAME(GT_HINGE, FUSED_HINGE);
SAME(GT_WASSERSTEIN, FUSED_WASSERSTEIN);
SAME(GT_NOISE_GAUSSIAN, DRAW_NORMAL);
SAME(GT_NOISE_UNIFORM, DRAW_SYMMETRIC);
SAME(GT_NOISE_TRUNCATED_NORMAL, DRAW_TRUNCATED);
SAME(GT_DECAY_NONE, FUSED_CONSTANT);
SAME(GT_DECAY_LINEAR, FUSED_LINEAR_DECAY);
SAME(GT_DECAY_COSINE, FUSED_COSINE_DECAY);
SAME(GT_MAX_COLUMNS, FUSED_MAX_COLUMNS);

fused_recipe fused_recipe_of(const gt_spec *spec, const gt_target_model *target) {
    return (fused_recipe){
        .batch = spec->batch,
        .half = spec->half_batch > 0 ? spec->half_batch : spec->batch / 2,
        .combined = spec->combined_batch,
        .d_steps = spec->d_steps,
        .loss = (int)spec->loss,
        .noise = (int)spec->noise,
        .target = target->draw,
        .target_noise = target->has_noise,
        .decay = (int)spec->decay,
        .weight_decay = spec->generator_adam.weight_decay > 0 || spec->discriminator_adam.weight_decay > 0,
        .ema = spec->ema > 0,
    };
}

fused_hyper fused_hyper_of(const gt_spec *spec) {
    const gt_adam_spec *d = &spec->discriminator_adam, *g = &spec->generator_adam;
    const double end = spec->decay_final;
    const bool cosine = spec->decay == GT_DECAY_COSINE;
    return (fused_hyper){
        .label = {[FUSED_REAL] = (float)spec->real_label,
                  [FUSED_FAKE] = (float)spec->fake_label,
                  [FUSED_G] = spec->loss == GT_LEAST_SQUARES ? (float)spec->real_label : 1.0f},
        .threshold = gt_spec_threshold(spec),
        .d_slope = (float)spec->discriminator.leaky_slope,
        .g_slope = (float)spec->generator.leaky_slope,
        .clip = (float)spec->clip,
        .d_weight_decay = (float)(d->lr * d->weight_decay),
        .g_weight_decay = (float)(g->lr * g->weight_decay),
        .ema_rate = (float)(1.0 - spec->ema),
        .decay_rate = spec->decay == GT_DECAY_NONE ? 0.0f : (float)(1.0 / (double)spec->decay_iterations),
        .decay_scale = (float)(cosine ? (1.0 - end) / 2.0 : end - 1.0),
        .decay_offset = (float)(cosine ? (1.0 + end) / 2.0 : 1.0),
    };
}

fused_target_numbers fused_target_numbers_of(const gt_spec *spec, const gt_target_model *target) {
    fused_target_numbers numbers = {.lo = (float)spec->target.lo, .width = (float)(spec->target.hi - spec->target.lo)};
    memcpy(numbers.noise, target->noise, sizeof numbers.noise);
    return numbers;
}
