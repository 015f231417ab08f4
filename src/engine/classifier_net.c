/* A classifier's net as the layered engine's discriminator. */
#include "engine/classifier_net.h"

#include "core/spec.h"
#include "core/status.h"
#include "engine/cpu_memory.h"
#include "engine/initial_weights.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

static const ops_array nowhere = {NULL, 0};

/* ---------------------------------------------------------------- the net */

static gt_status make_spec(const int *size, int n_layers, double lr, gt_spec *out) {
    GT_TRY(gt_spec_preset("x2", out)); /* Keras' Adam, and a generator that is not used */
    out->discriminator = (gt_net_spec){.n_layers = n_layers, .hidden_init = GT_HE_UNIFORM, .output_init = GT_GLOROT_UNIFORM};
    memcpy(out->discriminator.size, size, (size_t)(n_layers + 1) * sizeof *size);
    for (int l = 0; l < n_layers; l++) out->discriminator.activation[l] = l + 1 < n_layers ? GT_RELU : GT_LINEAR;
    out->discriminator_adam.lr = lr;
    return GT_OK;
}

gt_status classifier_net_create(const int *size, int n_layers, double lr, classifier_net **out) {
    static const gt_target_model no_target = {0};
    classifier_net *net = calloc(1, sizeof *net);
    if (net == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a classifier");
    gt_status status;
    GT_TRY_GOTO(make_spec(size, n_layers, lr, &net->spec), fail);
    GT_TRY_GOTO(gt_cpu_isa_choose(GT_ISA_AUTO, &net->isa), fail);
    openblas_set_num_threads(1); /* the operations divide products themselves */
    net->plan = layered_plan_of(&net->spec, &no_target, 1);
    net->plan.pixel_scale = (float)(1 / 127.5);
    net->plan.pixel_offset = -1;
    net->setting = layered_setting_of(&net->spec);
    const gt_run_counters untrained = {0};
    net->run = layered_run_of(&untrained, &net->setting, 0);
    net->state = gt_allocate_zeroed(ops_cpu_parts(&net->plan, LAYERED_D) * net->plan.net[LAYERED_D].stride, sizeof(float));
    if (net->state == NULL) GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory for the weights of a classifier"), fail);
    net->device = ops_cpu_of(&net->plan, &net->isa, &net->setting, 1); /* a step is too short to be divided */
    net->device.runs = &net->run;
    net->device.state[LAYERED_D] = net->state;
    *out = net;
    return GT_OK;
fail:
    classifier_net_destroy(net);
    return status;
}

void classifier_net_destroy(classifier_net *net) {
    if (net == NULL) return;
    free(net->state);
    free(net);
}

size_t classifier_net_n_parameters(const classifier_net *net) { return gt_net_n_parameters(&net->spec.discriminator); }

void classifier_net_get(const classifier_net *net, float *weights) {
    layered_unpack(&net->plan.net[LAYERED_D], net->state, weights);
}

void classifier_net_set(classifier_net *net, const float *weights) {
    layered_pack(&net->plan.net[LAYERED_D], weights, net->state);
}

gt_status classifier_net_initialize(classifier_net *net, uint64_t seed) {
    float *weights = gt_allocate_zeroed(classifier_net_n_parameters(net), sizeof *weights);
    if (weights == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the weights of a classifier");
    gt_initial_weights(net->isa.kernels, &net->spec, GT_DISCRIMINATOR, seed, weights);
    classifier_net_set(net, weights);
    free(weights);
    return GT_OK;
}

/* ---------------------------------------------------------------- batches */

gt_status classifier_workspace_create(const classifier_net *net, size_t n_rows, classifier_workspace *out) {
    const layered_sizes sizes = {.d_rows = (int)n_rows, .g_rows = 1};
    const size_t n = layered_place(&net->plan, sizes, NULL, NULL), n_gradient = net->plan.net[LAYERED_D].stride;
    *out = (classifier_workspace){
        .memory = gt_allocate_zeroed(n + n_gradient, sizeof(float)), .labels = malloc(n_rows), .n_rows = n_rows};
    if (out->memory == NULL || out->labels == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory for %zu images in a classifier", n_rows);
    layered_place(&net->plan, sizes, out->memory, &out->buffers);
    out->gradient = out->memory + n;
    return GT_OK;
}

void classifier_workspace_free(classifier_workspace *workspace) {
    free(workspace->memory);
    free(workspace->labels);
    *workspace = (classifier_workspace){0};
}

/* What an operation on the CPU can report is memory of its own, which none of these has. */
static void forward(const classifier_net *net, const classifier_workspace *workspace, const unsigned char *pixels,
                    const uint32_t *rows, size_t n) {
    ops_cpu device = net->device;
    const size_t width = (size_t)net->plan.net[LAYERED_D].layer[0].n_in;
    const ops_array x = workspace->buffers.points;
    for (size_t i = 0; i < n; i++)
        device.isa->loops->pixels(pixels + rows[i] * width, width, net->plan.pixel_scale, net->plan.pixel_offset,
                                  x.at + i * width);
    (void)layered_forward(&device.base, GT_DISCRIMINATOR, false, (int)n, x, &workspace->buffers.net[LAYERED_D], nowhere);
}

/* dz: as softmax_loss() has it. */
static softmax_loss_sums loss_of(const classifier_net *net, const classifier_workspace *workspace, const gt_images *images,
                                 const uint32_t *rows, size_t n, float *dz) {
    const size_t n_classes = (size_t)gt_net_outputs(&net->spec.discriminator);
    for (size_t i = 0; i < n; i++) workspace->labels[i] = images->labels[rows[i]];
    forward(net, workspace, images->pixels, rows, n);
    const float *logits = workspace->buffers.net[LAYERED_D].y[net->plan.net[LAYERED_D].n_layers - 1].at;
    return softmax_loss(logits, workspace->labels, n, n_classes, dz);
}

softmax_loss_sums classifier_loss(const classifier_net *net, const classifier_workspace *workspace, const gt_images *images,
                                  const uint32_t *rows, size_t n) {
    return loss_of(net, workspace, images, rows, n, NULL);
}

bool classifier_step(classifier_net *net, const classifier_workspace *workspace, const gt_images *images, const uint32_t *rows,
                     size_t n, softmax_loss_sums *sums) {
    const layered_values *values = &workspace->buffers.net[LAYERED_D];
    const ops_array dz = values->dy[net->spec.discriminator.n_layers - 1];
    ops_device *device = &net->device.base;
    net->device.gradient[LAYERED_D] = workspace->gradient;
    *sums = loss_of(net, workspace, images, rows, n, dz.at);
    (void)layered_backward(device, GT_DISCRIMINATOR, true, (int)n, workspace->buffers.points, values,
                           (ops_below){GT_LINEAR, GT_DISCRIMINATOR}, nowhere);
    (void)device->ops->adam(device, GT_DISCRIMINATOR);
    return !net->run.diverged;
}
