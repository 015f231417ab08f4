/* Specs: presets, the check that a spec can be trained, and sizes. */
#include "core/spec.h"

#include "core/status.h"

#include <math.h>
#include <string.h>

typedef struct {
    const char *name, *summary;
    int g_hidden[3], d_hidden[3]; /* widths, zero-terminated */
    gt_activation hidden;
} preset;

/* The tutorial, and the architectures that it suggests to try next. */
static const preset presets[] = {
    {"x2", "the tutorial: y = x^2, G 5-15-2, D 2-25-1, ReLU", {15}, {25}, GT_RELU},
    {"x2-leaky", "the tutorial's nets with leaky ReLU (slope 0.2)", {15}, {25}, GT_LEAKY_RELU},
    {"x2-tanh", "the tutorial's nets with tanh in the hidden layers", {15}, {25}, GT_TANH},
    {"x2-wide", "more nodes: G 5-32-2, D 2-64-1", {32}, {64}, GT_RELU},
    {"x2-deep", "more layers: G 5-16-16-2, D 2-32-16-1", {16, 16}, {32, 16}, GT_RELU},
};

const char *gt_preset_name(int index) {
    return index >= 0 && index < (int)(sizeof presets / sizeof *presets) ? presets[index].name : NULL;
}

const char *gt_preset_summary(int index) { return gt_preset_name(index) != NULL ? presets[index].summary : NULL; }

static void fill_net(gt_net_spec *net, int inputs, const int *hidden, gt_activation activation, int outputs) {
    net->size[0] = inputs;
    while (hidden[net->n_layers] != 0) {
        net->size[net->n_layers + 1] = hidden[net->n_layers];
        net->activation[net->n_layers++] = activation;
    }
    net->size[net->n_layers + 1] = outputs;
    net->activation[net->n_layers++] = GT_LINEAR;
    net->leaky_slope = 0.2;
}

gt_status gt_spec_preset(const char *name, gt_spec *out) {
    char names[256] = "";
    for (int i = 0; gt_preset_name(i) != NULL; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            *out = (gt_spec){
                .generator_adam = {.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-7},
                .discriminator_adam = {.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-7},
                .target = {.lo = -0.5, .hi = 0.5},
                .batch = 128,
            };
            fill_net(&out->generator, 5, presets[i].g_hidden, presets[i].hidden, 2);
            fill_net(&out->discriminator, 2, presets[i].d_hidden, presets[i].hidden, 1);
            return GT_OK;
        }
        if (i > 0) strcat(names, ", ");
        strcat(names, presets[i].name);
    }
    return gt_fail(GT_ERR_ARGUMENT, "no preset is called \"%s\"; there are %s", name, names);
}

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
    return GT_OK;
}

gt_status gt_spec_check(const gt_spec *spec) {
    GT_TRY(check_net("generator", &spec->generator));
    GT_TRY(check_net("discriminator", &spec->discriminator));
    if (gt_net_outputs(&spec->generator) != 2 || gt_net_inputs(&spec->discriminator) != 2)
        return gt_fail(GT_ERR_ARGUMENT,
                       "a point (x, y) has 2 values, but the generator gives %d and the discriminator takes %d",
                       gt_net_outputs(&spec->generator), gt_net_inputs(&spec->discriminator));
    if (gt_net_outputs(&spec->discriminator) != 1)
        return gt_fail(GT_ERR_ARGUMENT, "the discriminator gives %d values; it must give one logit",
                       gt_net_outputs(&spec->discriminator));
    if (spec->discriminator.activation[spec->discriminator.n_layers - 1] != GT_LINEAR)
        return gt_fail(GT_ERR_ARGUMENT, "the discriminator's last layer must be linear: its sigmoid belongs to the loss");
    GT_TRY(check_adam("generator", &spec->generator_adam));
    GT_TRY(check_adam("discriminator", &spec->discriminator_adam));
    if (!(isfinite(spec->target.lo) && isfinite(spec->target.hi) && spec->target.lo < spec->target.hi))
        return gt_fail(GT_ERR_ARGUMENT, "domain %g:%g; it takes two numbers, the smaller first", spec->target.lo,
                       spec->target.hi);
    if (spec->batch < 2 || spec->batch % 2 != 0 || spec->batch > 65536)
        return gt_fail(GT_ERR_ARGUMENT, "batch %d; it takes an even number from 2 to 65536 (half real, half generated)",
                       spec->batch);
    return GT_OK;
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
