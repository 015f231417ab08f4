/* Specs: the check that one can be trained, and sizes. */
#include "core/spec.h"

#include "core/status.h"
#include "core/target.h"

static gt_status check_net(const char *name, const gt_net_spec *net) {
    if (net->n_layers < 2 || net->n_layers > GT_MAX_LAYERS)
        return gt_fail(GT_ERR_ARGUMENT, "%s: %d layers; it takes 2 to %d, the output layer included", name, net->n_layers,
                       GT_MAX_LAYERS);
    for (int l = 0; l <= net->n_layers; l++)
        if (net->size[l] < 1 || net->size[l] > GT_MAX_WIDTH)
            return gt_fail(GT_ERR_ARGUMENT, "%s: a layer of %d units; it takes 1 to %d", name, net->size[l], GT_MAX_WIDTH);
    for (int l = 0; l < net->n_layers; l++)
        if ((unsigned)net->activation[l] >= GT_N_ACTIVATIONS)
            return gt_fail(GT_ERR_ARGUMENT, "%s: activation %d of layer %d is not one of gt_activation", name,
                           (int)net->activation[l], l);
    if (!(net->leaky_slope >= 0 && net->leaky_slope <= 1))
        return gt_fail(GT_ERR_ARGUMENT, "%s: leaky slope %g; it takes 0 to 1", name, net->leaky_slope);
    if ((unsigned)net->hidden_init >= GT_N_INITIALIZERS || (unsigned)net->output_init >= GT_N_INITIALIZERS)
        return gt_fail(GT_ERR_ARGUMENT, "%s: initialisers %d and %d; they are of gt_initializer", name, (int)net->hidden_init,
                       (int)net->output_init);
    return GT_OK;
}

static gt_status check_adam(const char *name, const gt_adam_spec *adam) {
    if (!(adam->lr > 0 && adam->lr <= 1e6))
        return gt_fail(GT_ERR_ARGUMENT, "%s: learning rate %g; it takes a number above 0, at most 1e6", name, adam->lr);
    if (!(adam->beta1 >= 0 && adam->beta1 <= 0.999999))
        return gt_fail(GT_ERR_ARGUMENT, "%s: beta1 %g; it takes 0 to 0.999999", name, adam->beta1);
    if (!(adam->beta2 >= 0 && adam->beta2 <= 0.999999))
        return gt_fail(GT_ERR_ARGUMENT, "%s: beta2 %g; it takes 0 to 0.999999", name, adam->beta2);
    if (!(adam->eps >= 1e-20 && adam->eps <= 1))
        return gt_fail(GT_ERR_ARGUMENT, "%s: eps %g; it takes 1e-20 to 1", name, adam->eps);
    if (!(adam->weight_decay >= 0 && adam->lr * adam->weight_decay < 1))
        return gt_fail(GT_ERR_ARGUMENT, "%s: weight decay %g; it takes 0 or more, and less than 1 / the learning rate (%g)",
                       name, adam->weight_decay, 1 / adam->lr);
    return GT_OK;
}

static gt_status check_ends(const gt_spec *spec) {
    const int n_columns = spec->target.n_columns, g = gt_net_outputs(&spec->generator), d = gt_net_inputs(&spec->discriminator);
    if (g != n_columns || d != n_columns)
        return gt_fail(GT_ERR_ARGUMENT, "a point has %d value%s, but the generator gives %d and the discriminator takes %d",
                       n_columns, n_columns == 1 ? "" : "s", g, d);
    if (gt_net_outputs(&spec->discriminator) != 1)
        return gt_fail(GT_ERR_ARGUMENT, "the discriminator gives %d values; it must give one logit",
                       gt_net_outputs(&spec->discriminator));
    if (spec->discriminator.activation[spec->discriminator.n_layers - 1] != GT_LINEAR)
        return gt_fail(GT_ERR_ARGUMENT, "the discriminator's last layer must be linear: its sigmoid belongs to the loss");
    return GT_OK;
}

static gt_status check_batches(const gt_spec *spec) {
    if (spec->batch < 1 || spec->batch > GT_MAX_BATCH)
        return gt_fail(GT_ERR_ARGUMENT, "batch %d; it takes 1 to %d", spec->batch, GT_MAX_BATCH);
    if (spec->half_batch < 0 || spec->half_batch > GT_MAX_BATCH)
        return gt_fail(GT_ERR_ARGUMENT, "half batch %d; it takes 1 to %d, or 0 for half of the batch", spec->half_batch,
                       GT_MAX_BATCH);
    if (spec->half_batch == 0 && spec->batch % 2 != 0)
        return gt_fail(GT_ERR_ARGUMENT,
                       "batch %d; it takes an even number (half real, half generated), or a half batch beside it", spec->batch);
    if (spec->d_steps < 1 || spec->d_steps > 100)
        return gt_fail(GT_ERR_ARGUMENT, "%d steps of the discriminator an iteration; it takes 1 to 100", spec->d_steps);
    return GT_OK;
}

static gt_status check_loss(const gt_spec *spec) {
    const bool labelled = spec->loss == GT_BCE || spec->loss == GT_MINIMAX || spec->loss == GT_LEAST_SQUARES;
    const double limit = spec->loss == GT_LEAST_SQUARES ? 100 : 1, low = spec->loss == GT_LEAST_SQUARES ? -100 : 0;
    if ((unsigned)spec->loss >= GT_N_LOSSES) return gt_fail(GT_ERR_ARGUMENT, "loss %d is not one of gt_loss", (int)spec->loss);
    if (!labelled && (spec->real_label != 1 || spec->fake_label != 0))
        return gt_fail(GT_ERR_ARGUMENT, "labels %g and %g: the loss %s has none; leave them 1 and 0", spec->real_label,
                       spec->fake_label, gt_loss_name(spec->loss));
    if (!(spec->real_label >= low && spec->real_label <= limit && spec->fake_label >= low && spec->fake_label <= limit))
        return gt_fail(GT_ERR_ARGUMENT, "labels %g and %g; the loss %s takes %g to %g", spec->real_label, spec->fake_label,
                       gt_loss_name(spec->loss), low, limit);
    if (spec->loss == GT_WASSERSTEIN && !(spec->clip > 0 && spec->clip <= 1e6))
        return gt_fail(GT_ERR_ARGUMENT, "clip %g; wasserstein takes a number above 0, such as 0.01", spec->clip);
    if (spec->loss != GT_WASSERSTEIN && spec->clip != 0)
        return gt_fail(GT_ERR_ARGUMENT, "clip %g: only the loss wasserstein clips weights; leave it 0", spec->clip);
    return GT_OK;
}

static gt_status check_schedule(const gt_spec *spec) {
    if ((unsigned)spec->decay >= GT_N_DECAYS)
        return gt_fail(GT_ERR_ARGUMENT, "decay %d is not one of gt_decay", (int)spec->decay);
    if (spec->decay != GT_DECAY_NONE && (spec->decay_iterations < 1 || spec->decay_iterations > GT_MAX_ITERATIONS))
        return gt_fail(GT_ERR_ARGUMENT, "decay over %llu iterations; it takes 1 to %u",
                       (unsigned long long)spec->decay_iterations, GT_MAX_ITERATIONS);
    if (!(spec->decay_final >= 0 && spec->decay_final <= 1))
        return gt_fail(GT_ERR_ARGUMENT, "final factor %g of the learning rates; it takes 0 to 1", spec->decay_final);
    if (!(spec->ema >= 0 && spec->ema <= 0.9999999))
        return gt_fail(GT_ERR_ARGUMENT, "ema %g; it takes 0 (none) to 0.9999999", spec->ema);
    return GT_OK;
}

gt_status gt_spec_check_recipe(const gt_spec *spec) {
    GT_TRY(check_net("generator", &spec->generator));
    GT_TRY(check_net("discriminator", &spec->discriminator));
    GT_TRY(check_ends(spec));
    GT_TRY(check_adam("generator", &spec->generator_adam));
    GT_TRY(check_adam("discriminator", &spec->discriminator_adam));
    GT_TRY(check_batches(spec));
    GT_TRY(check_loss(spec));
    GT_TRY(check_schedule(spec));
    if ((unsigned)spec->noise >= GT_N_NOISES)
        return gt_fail(GT_ERR_ARGUMENT, "noise %d is not one of gt_noise", (int)spec->noise);
    if ((unsigned)spec->scaling >= GT_N_SCALINGS)
        return gt_fail(GT_ERR_ARGUMENT, "scaling %d is not one of gt_scaling", (int)spec->scaling);
    return GT_OK;
}

gt_status gt_spec_check(const gt_spec *spec) {
    gt_target_model *model = NULL;
    GT_TRY(gt_spec_check_recipe(spec));
    GT_TRY(gt_target_model_create(spec, &model));
    gt_target_model_destroy(model);
    return GT_OK;
}

float gt_spec_threshold(const gt_spec *spec) {
    return spec->loss == GT_LEAST_SQUARES ? (float)((spec->real_label + spec->fake_label) / 2) : 0.0f;
}

const gt_net_spec *gt_spec_net(const gt_spec *spec, gt_net net) {
    return net == GT_GENERATOR ? &spec->generator : &spec->discriminator;
}

size_t gt_net_n_parameters(const gt_net_spec *net) {
    size_t n = 0;
    for (int l = 0; l < net->n_layers; l++) n += (size_t)net->size[l + 1] * (size_t)(net->size[l] + 1);
    return n;
}

size_t gt_spec_n_parameters(const gt_spec *spec, gt_net net) {
    if (net == GT_GAN) return gt_net_n_parameters(&spec->generator) + gt_net_n_parameters(&spec->discriminator);
    return gt_net_n_parameters(gt_spec_net(spec, net));
}
