/* Named experiments: the tutorial, each extension that it suggests to try, and the sets of points of the literature. */
#include "core/spec.h"

#include "core/status.h"

#include <stdio.h>
#include <string.h>

/* What differs from the tutorial; a member that is zero does not. */
typedef struct {
    const char *name, *summary, *target;
    int latent, g_hidden[GT_MAX_LAYERS], d_hidden[GT_MAX_LAYERS]; /* widths, zero-terminated */
    gt_activation hidden, d_activation, g_output;                 /* of hidden layers: both nets', D's alone */
    gt_initializer init;                                          /* of hidden layers */
    bool images;                                                  /* that the caller gives: 28 x 28 of them until then */
    gt_loss loss;
    gt_noise noise;
    double lr, beta1, real_label, clip, ema;
    int half_batch, d_steps;
    bool combined_batch;
} preset;

/* clang-format off */
#define SET(name_, summary_)                                                                                                   \
    {name_, summary_ ": hidden layers 48-48, beta1 0.5", .target = name_, .g_hidden = {48, 48}, .d_hidden = {48, 48}, .beta1 = 0.5}

#define IMAGES(name_, summary_, lr_, beta1_, ...)                                                                              \
    {name_, summary_ ": G 100-256-512-1024-784, D 784-1024-512-256-1; give them with --data", .images = true, .latent = 100,    \
     .g_hidden = {256, 512, 1024}, .d_hidden = {1024, 512, 256}, .g_output = GT_TANH, .init = GT_GLOROT_UNIFORM,                \
     .real_label = 0.9, .half_batch = 128, .combined_batch = true, .lr = lr_, .beta1 = beta1_, __VA_ARGS__}

static const preset presets[] = {
    {"x2", "the tutorial: y = x^2, G 5-15-2, D 2-25-1, ReLU", .hidden = GT_RELU},
    {"x2-leaky", "the tutorial's nets with leaky ReLU (slope 0.2)", .hidden = GT_LEAKY_RELU},
    {"x2-tanh", "the tutorial's nets with tanh in the hidden layers", .hidden = GT_TANH},
    {"x2-elu", "the tutorial's nets with ELU in the hidden layers, beta1 0.5", .hidden = GT_ELU, .beta1 = 0.5},
    {"x2-wide", "more nodes: G 5-32-2, D 2-64-1", .g_hidden = {32}, .d_hidden = {64}},
    {"x2-deep", "more layers: G 5-16-16-2, D 2-32-16-1", .g_hidden = {16, 16}, .d_hidden = {32, 16}},
    {"x2-dcgan", "Adam's beta1 0.5, as DCGAN has it (Radford et al. 2016)", .beta1 = 0.5},
    {"x2-scaled", "data scaling: data scaled to [-1, 1], tanh as G's output, beta1 0.5", .g_output = GT_TANH, .beta1 = 0.5},
    {"x2-smooth", "label smoothing: 0.9 for real points, both halves in one batch", .real_label = 0.9, .half_batch = 128,
     .combined_batch = true},
    {"x2-uniform", "latents uniform on [-1, 1] instead of normal", .noise = GT_NOISE_UNIFORM},
    {"x2-truncated", "latents from a normal cut off at +-2", .noise = GT_NOISE_TRUNCATED_NORMAL},
    {"x2-minimax", "the saturating loss of the first GAN paper", .loss = GT_MINIMAX},
    {"x2-lsgan", "the least-squares loss", .loss = GT_LEAST_SQUARES},
    {"x2-hinge", "the hinge loss, beta1 0.5", .loss = GT_HINGE, .beta1 = 0.5},
    {"x2-wgan", "the Wasserstein loss, weights clipped to +-1, 5 steps of D an iteration, beta1 0.5", .loss = GT_WASSERSTEIN,
     .clip = 1, .d_steps = 5, .beta1 = 0.5},
    {"x2-ema", "samples from an average of G's weights (0.999)", .ema = 0.999},
    {"quadratic", "a different quadratic", .target = "quadratic"},
    {"sine", "a sine wave: G 5-32-32-2, D 2-64-32-1", .target = "sine", .g_hidden = {32, 32}, .d_hidden = {64, 32}},
    {"cosine", "a cosine wave: the same nets", .target = "cosine", .g_hidden = {32, 32}, .d_hidden = {64, 32}},
    {"bell", "a Gaussian bell: the same nets, lr 3e-4, beta1 0.5", .target = "bell", .g_hidden = {32, 32},
     .d_hidden = {64, 32}, .lr = 3e-4, .beta1 = 0.5},
    {"polynomial", "a polynomial with several bumps: the same nets, beta1 0.5", .target = "polynomial", .g_hidden = {32, 32},
     .d_hidden = {64, 32}, .beta1 = 0.5},
    SET("ring8-pacgan", "8 Gaussians on a ring, as PacGAN has them"),
    SET("ring8-wgangp", "8 Gaussians on a ring, as WGAN-GP has them"),
    SET("grid25-pacgan", "25 Gaussians on a grid, as PacGAN has them"),
    SET("grid25-wgangp", "25 Gaussians on a grid, as WGAN-GP has them"),
    SET("swissroll", "a spiral with noise"),
    SET("moons", "two half circles with noise"),
    IMAGES("mlp-mnist", "images of 28 x 28, leaky ReLU in D, lr 2e-4, beta1 0.5", 2e-4, 0.5, .d_activation = GT_LEAKY_RELU),
    IMAGES("mlp-mnist-literal", "the tutorial's GAN on images of 28 x 28 as it stands there", 0, 0, .d_activation = GT_RELU),
};
/* clang-format on */

const char *gt_preset_name(int index) {
    return index >= 0 && index < (int)(sizeof presets / sizeof *presets) ? presets[index].name : NULL;
}

const char *gt_preset_summary(int index) { return gt_preset_name(index) != NULL ? presets[index].summary : NULL; }

static gt_net_spec net_of(int inputs, const int *hidden, int tutorial_hidden, gt_activation activation, int outputs,
                          gt_activation output, gt_initializer init) {
    gt_net_spec net = {.leaky_slope = 0.2, .hidden_init = init, .output_init = GT_GLOROT_UNIFORM};
    const int tutorial[] = {tutorial_hidden, 0};
    if (hidden[0] == 0) hidden = tutorial;
    net.size[0] = inputs;
    for (; hidden[net.n_layers] != 0; net.n_layers++) {
        net.size[net.n_layers + 1] = hidden[net.n_layers];
        net.activation[net.n_layers] = activation != GT_LINEAR ? activation : GT_RELU;
    }
    net.size[net.n_layers + 1] = outputs;
    net.activation[net.n_layers++] = output;
    return net;
}

static gt_status spec_of(const preset *p, gt_spec *out) {
    const gt_adam_spec adam = {
        .lr = p->lr > 0 ? p->lr : 1e-3, .beta1 = p->beta1 > 0 ? p->beta1 : 0.9, .beta2 = 0.999, .eps = 1e-7};
    *out = (gt_spec){
        .generator_adam = adam,
        .discriminator_adam = adam,
        .noise = p->noise,
        .loss = p->loss,
        .real_label = p->real_label > 0 ? p->real_label : 1,
        .clip = p->clip,
        .batch = 128,
        .half_batch = p->half_batch,
        .combined_batch = p->combined_batch,
        .d_steps = p->d_steps > 0 ? p->d_steps : 1,
        .ema = p->ema,
    };
    if (p->images)
        out->target = (gt_target_spec){.name = "images", .n_columns = 28 * 28, .height = 28, .width = 28, .channels = 1};
    else
        GT_TRY(gt_target_by_name(p->target != NULL ? p->target : "x2", &out->target));
    const int n_columns = out->target.n_columns, latent = p->latent > 0 ? p->latent : 5;
    out->generator = net_of(latent, p->g_hidden, 15, p->hidden, n_columns, p->g_output, p->init);
    out->discriminator =
        net_of(n_columns, p->d_hidden, 25, p->d_activation != GT_LINEAR ? p->d_activation : p->hidden, 1, GT_LINEAR, p->init);
    return GT_OK;
}

gt_status gt_spec_preset(const char *name, gt_spec *out) {
    char names[1024];
    size_t length = 0;
    for (int i = 0; gt_preset_name(i) != NULL; i++) {
        if (strcmp(presets[i].name, name) == 0) return spec_of(&presets[i], out);
        length += (size_t)snprintf(names + length, sizeof names - length, i > 0 ? ", %s" : "%s", presets[i].name);
        if (length >= sizeof names) break;
    }
    return gt_fail(GT_ERR_ARGUMENT, "no preset is called \"%s\"; there are %s", name, names);
}
