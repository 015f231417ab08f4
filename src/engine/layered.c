/* How the layered engine lays out nets, records and the arrays of an iteration. */
#include "engine/layered.h"

#include "core/spec.h"
#include "engine/fused_adam.h"
#include "engine/fused_recipe.h"

#include <string.h>

static size_t round_up(size_t n) { return (n + OPS_ALIGN - 1) / OPS_ALIGN * OPS_ALIGN; }

/* ---------------------------------------------------------------- the plan */

static ops_net net_of(const gt_net_spec *spec) {
    ops_net net = {.n_layers = spec->n_layers};
    for (int l = 0; l < spec->n_layers; l++) {
        const int n_in = spec->size[l], n_out = spec->size[l + 1];
        const size_t w = net.stride, b = w + round_up((size_t)n_in * (size_t)n_out);
        net.layer[l] = (ops_layer){.n_in = n_in, .n_out = n_out, .activation = spec->activation[l], .w = w, .b = b};
        net.stride = b + round_up((size_t)n_out);
    }
    return net;
}

ops_plan layered_plan_of(const gt_spec *spec, const gt_target_model *target, size_t n_runs) {
    ops_plan plan = {
        .recipe = fused_recipe_of(spec, target),
        .target = fused_target_numbers_of(spec, target),
        .model = target,
        .net = {[LAYERED_D] = net_of(&spec->discriminator), [LAYERED_G] = net_of(&spec->generator)},
        .n_runs = n_runs,
        .ema = spec->ema > 0,
    };
    if (target->pixels != NULL) { /* to the nets' units: the inverse of gt_target_to_data() */
        plan.pixel_scale = (float)(1.0 / (double)target->scale[0]);
        plan.pixel_offset = (float)(-(double)target->offset[0] / (double)target->scale[0]);
    }
    return plan;
}

layered_setting layered_setting_of(const gt_spec *spec) {
    return (layered_setting){
        .hyper = fused_hyper_of(spec),
        .adam = {[LAYERED_D] = fused_adam_of(&spec->discriminator_adam), [LAYERED_G] = fused_adam_of(&spec->generator_adam)},
    };
}

/* Calls for each weight and bias with its place in a part and how many numbers it has. */
#define EACH_ARRAY(net, place, n, statement)                                                                                   \
    for (int l_ = 0; l_ < (net)->n_layers; l_++)                                                                               \
        for (int bias_ = 0; bias_ < 2; bias_++) {                                                                              \
            const ops_layer *layer_ = &(net)->layer[l_];                                                                       \
            const size_t place = bias_ ? layer_->b : layer_->w;                                                                \
            const size_t n = (size_t)layer_->n_out * (size_t)(bias_ ? 1 : layer_->n_in);                                       \
            statement;                                                                                                         \
        }

void layered_pack(const ops_net *net, const float *parameters, float *part) {
    EACH_ARRAY(net, place, n, (memcpy(part + place, parameters, n * sizeof *part), parameters += n))
}

void layered_unpack(const ops_net *net, const float *part, float *parameters){
    EACH_ARRAY(net, place, n, (memcpy(parameters, part + place, n * sizeof *part), parameters += n))}

layered_run layered_run_of(const gt_run_counters *counters, const layered_setting *setting, int setting_index) {
    layered_run run = {
        .seed = counters->seed,
        .iteration = counters->iteration,
        .steps = {[LAYERED_D] = counters->d_steps, [LAYERED_G] = counters->g_steps},
        .powers = {[LAYERED_D] = fused_powers_after(&setting->adam[LAYERED_D], counters->d_steps),
                   [LAYERED_G] = fused_powers_after(&setting->adam[LAYERED_G], counters->g_steps)},
        .diverged_at = counters->diverged_at,
        .diverged = counters->diverged,
        .setting = setting_index,
    };
    memcpy(run.losses, counters->last_losses, sizeof run.losses);
    return run;
}

gt_run_counters layered_counters_of(const layered_run *run) {
    gt_run_counters counters = {
        .seed = run->seed,
        .iteration = run->iteration,
        .d_steps = run->steps[LAYERED_D],
        .g_steps = run->steps[LAYERED_G],
        .diverged = run->diverged != 0,
        .diverged_at = run->diverged_at,
    };
    memcpy(counters.last_losses, run->losses, sizeof counters.last_losses);
    return counters;
}

/* ---------------------------------------------------------------- arrays of an iteration */

layered_sizes layered_sizes_of(const fused_recipe *recipe) {
    layered_sizes sizes = {.d_rows = recipe->half * (recipe->combined ? 2 : 1),
                           .g_rows = recipe->half > recipe->batch ? recipe->half : recipe->batch};
    if (sizes.d_rows < recipe->batch) sizes.d_rows = recipe->batch; /* G's step goes through D */
    return sizes;
}

static ops_array take(size_t *at, float *memory, int n, int width) {
    const ops_array array = {memory != NULL ? memory + *at : NULL, 0};
    *at += round_up((size_t)n * (size_t)width);
    return array;
}

size_t layered_place(const ops_plan *plan, layered_sizes sizes, float *memory, layered_buffers *out) {
    const ops_net *d = &plan->net[LAYERED_D], *g = &plan->net[LAYERED_G];
    const int rows[2] = {[LAYERED_D] = sizes.d_rows, [LAYERED_G] = sizes.g_rows};
    size_t n = 0;
    layered_buffers buffers = {.latents = take(&n, memory, sizes.g_rows, g->layer[0].n_in),
                               .points = take(&n, memory, sizes.d_rows, d->layer[0].n_in)};
    for (int net = LAYERED_D; net <= LAYERED_G; net++)
        for (int l = 0; l < plan->net[net].n_layers; l++) {
            buffers.net[net].y[l] = take(&n, memory, rows[net], plan->net[net].layer[l].n_out);
            buffers.net[net].dy[l] = take(&n, memory, rows[net], plan->net[net].layer[l].n_out);
        }
    buffers.latents.stride = buffers.points.stride = n;
    for (int net = LAYERED_D; net <= LAYERED_G; net++)
        for (int l = 0; l < plan->net[net].n_layers; l++) buffers.net[net].y[l].stride = buffers.net[net].dy[l].stride = n;
    if (memory != NULL) *out = buffers;
    return n;
}
