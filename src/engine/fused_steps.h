/* private. One Adam step of D and one of G through D, in lane operations: the parts of an iteration. */
#ifndef GT_ENGINE_FUSED_STEPS_H
#define GT_ENGINE_FUSED_STEPS_H

#include "engine/fused_dense.h"
#include "engine/fused_draw.h"
#include "engine/fused_moments.h"
#include "engine/lanes_adam.h"
#include "kernels/loss.h"

#include <math.h>

LANES_FN adam_step step_of(const fused_shape *shape, fused_run *run, gt_net net) {
    const fused_numbers *numbers = run->numbers;
    const float size = net == GT_DISCRIMINATOR ? fused_adam_next_step(&numbers->d_adam, &run->d_powers)
                                               : fused_adam_next_step(&numbers->g_adam, &run->g_powers);
    return adam_step_of(&shape->recipe, &numbers->hyper, net, run->counters.iteration, size);
}

enum source { FROM_TARGET, FROM_GENERATOR, FROM_LATENTS, FROM_CALLER };

/* G's points for latents z. Samples that do not exist give zeros. False: a point is not finite. */
LANES_FN bool generate_points(const fused_shape *shape, const float *g, float slope, values z, batch_shape b, int c0,
                              int n_slots, float *outputs) {
    net_forward(&shape->g, g, slope, z, outputs, n_slots);
    values points = of_layer(&shape->g, shape->g.n_layers - 1, outputs, n_slots);
    vf not_finite = vf_set(0.0f);
    for (int i = 0; i < shape->d.layer[0].n_in; i++)
        for (int s = 0; s < n_slots; s++) {
            vf p = value(points, i, s);
            if (!b.full) {
                p = vf_where(holds_sample(b, c0 + s), p);
                put(points, i, s, p);
            }
            not_finite = vf_fma(p, vf_set(0.0f), not_finite);
        }
    return !vf_any_nan(not_finite);
}

/* A caller's batch stands in the workspace as [values][S] vectors; these are n_slots of its slots. */
LANES_FN values of_batch(float *batch_x, batch_shape b, int c0) {
    values v = {batch_x + c0 * LANES, b.slots, 1};
    return v;
}

/* Whose labels a batch has: one for all, or (of a caller) [S] vectors, which then tell real from fake points too. */
typedef struct {
    enum fused_role role;
    float label;
    const float *labels; /* or NULL */
    int n_mean;          /* samples of the mean */
} labelling;

LANES_FN vf loss_gradient_of_slot(int loss, const labelling *of, vf z, int slot) {
    const float share = 1.0f / (float)of->n_mean;
    if (of->labels == NULL)
        return loss_gradient(loss, of->role, z, vf_set(of->label), vf_set(share), vf_mul(vf_set(of->label), vf_set(share)));
    const vf y = vf_load(of->labels + slot * LANES), y_share = vf_mul(y, vf_set(share));
    if (of->role == FUSED_G) return loss_gradient(loss, FUSED_G, z, y, vf_set(share), y_share);
    return vf_select(vf_gt(y, vf_set(0.5f)), loss_gradient(loss, FUSED_REAL, z, y, vf_set(share), y_share),
                     loss_gradient(loss, FUSED_FAKE, z, y, vf_set(share), y_share));
}

/* dz of n_slots slots from their logits z, which are kept in logits. NaN goes into not_finite where a sample's logit is not
 * finite. */
LANES_FN vf loss_gradients(int loss, labelling of, values z, values dz, batch_shape b, int c0, int n_slots, float *logits,
                           vf not_finite) {
    for (int s = 0; s < n_slots; s++) {
        vf logit = value(z, 0, s), g = loss_gradient_of_slot(loss, &of, logit, c0 + s);
        vf_store(logits + (c0 + s) * LANES, logit);
        if (!b.full) {
            vm sample = holds_sample(b, c0 + s);
            g = vf_where(sample, g);
            logit = vf_where(sample, logit);
        }
        put(dz, 0, s, g);
        not_finite = vf_fma(logit, vf_set(0.0f), not_finite);
    }
    return not_finite;
}

/* The points of n_slots slots of D's step; NULL as their place: one is not finite. first: sample of the draws. */
LANES_FN values d_points(const fused_plan *plan, const fused_shape *shape, const fused_run *run, enum source source,
                         uint64_t first, batch_shape b, int c0, int n_slots, float *ws) {
    const uint32_t iteration = (uint32_t)run->counters.iteration;
    const int latent = shape->g.layer[0].n_in;
    values x = {ws + plan->points, n_slots, 1};
    if (source == FROM_CALLER) return of_batch(ws + plan->batch_x, b, c0);
    if (source == FROM_TARGET) {
        draw_real(plan, shape, run->counters.seed, GT_STREAM_REAL, GT_STREAM_REAL_NOISE, iteration, first, b, c0, n_slots, ws,
                  x);
        return x;
    }
    values z = draw_latents(shape, run->counters.seed, GT_STREAM_D_LATENTS, iteration, first * (uint64_t)latent, b, c0, n_slots,
                            ws + plan->latents);
    x = of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, n_slots);
    if (!generate_points(shape, run->g, run->numbers->hyper.g_slope, z, b, c0, n_slots, ws + plan->g_outputs)) x.at = NULL;
    return x;
}

/* Adds n points to the rows of D's gradient, which begin anew where fresh is set. False: the run diverged. */
LANES_FN bool d_accumulate(const fused_plan *plan, const fused_shape *shape, fused_run *run, enum source source, uint64_t first,
                           int n_samples, labelling of, bool fresh, float *logits, float *ws) {
    const fused_net *net = &shape->d;
    const batch_shape b = batch_of(n_samples);
    const int last = net->n_layers - 1;
    const float slope = run->numbers->hyper.d_slope;
    float *outputs = ws + plan->d_outputs, *deltas = ws + plan->d_deltas, *rows = ws + plan->rows;
    vf not_finite = vf_set(0.0f);
    for (int c0 = 0; c0 < b.slots; c0 += MAX_SLOTS) {
        const int n_slots = b.slots - c0 < MAX_SLOTS ? b.slots - c0 : MAX_SLOTS;
        const values x = d_points(plan, shape, run, source, first, b, c0, n_slots, ws);
        if (x.at == NULL) return false;
        const values z = of_layer(net, last, outputs, n_slots), dz = of_layer(net, last, deltas, n_slots);
        if (net->moments)
            moments_forward(net, run->d, slope, x, of_layer(net, 0, outputs, n_slots), z, NULL, z, n_slots);
        else
            net_forward(net, run->d, slope, x, outputs, n_slots);
        not_finite = loss_gradients(shape->recipe.loss, of, z, dz, b, c0, n_slots, logits, not_finite);
        if (net->moments) {
            moments_rows(net, slope, dz, of_layer(net, 0, outputs, n_slots), x, rows, fresh && c0 == 0, n_slots);
        } else {
            net_backward(net, run->d, slope, outputs, deltas, n_slots);
            net_parameter_rows(net, x, outputs, deltas, rows, fresh && c0 == 0, n_slots);
        }
    }
    return !vf_any_nan(not_finite);
}

/* One Adam step of D from its rows. False: the run diverged. */
LANES_FN bool d_update(const fused_plan *plan, const fused_shape *shape, fused_run *run, float *ws) {
    const fused_net *net = &shape->d;
    const float *rows = ws + plan->rows;
    const adam_step step = step_of(shape, run, GT_DISCRIMINATOR);
    const fused_adam *adam = &run->numbers->d_adam;
    run->counters.d_steps++;
    if (!net->moments) return adam_update(&shape->recipe, adam, step, rows, NULL, 0, net->padded, net->padded, run->d);
    const int n_sums = (net->layer[0].n_in + 1) * net->layer[0].n_out + 1;
    for (int k = 0; k < n_sums; k += LANES) vf_store(ws + plan->sums + k, vf_sum_rows(rows + k * LANES));
    moments_gradient(net, run->d, ws + plan->sums, ws + plan->gradient);
    return adam_update(&shape->recipe, adam, step, NULL, ws + plan->gradient, 0, net->padded, net->padded, run->d);
}

LANES_FN bool d_step(const fused_plan *plan, const fused_shape *shape, fused_run *run, enum source source, uint64_t first,
                     int n_samples, labelling of, float *logits, float *ws) {
    return d_accumulate(plan, shape, run, source, first, n_samples, of, true, logits, ws) && d_update(plan, shape, run, ws);
}

/* One Adam step of G on n latents: the gradient goes through D's weights, which stay. False: the run diverged. */
LANES_FN bool g_step(const fused_plan *plan, const fused_shape *shape, fused_run *run, enum source source, int n_samples,
                     float *logits, float *ws) {
    const fused_net *g_net = &shape->g, *d_net = &shape->d;
    const batch_shape b = batch_of(n_samples);
    const int g_last = g_net->n_layers - 1, d_last = d_net->n_layers - 1;
    const fused_hyper *hyper = &run->numbers->hyper;
    const float d_slope = hyper->d_slope, g_slope = hyper->g_slope;
    const labelling of = {FUSED_G, hyper->label[FUSED_G], source == FROM_CALLER ? ws + plan->batch_y : NULL, n_samples};
    const uint32_t iteration = (uint32_t)run->counters.iteration;
    float *g_outputs = ws + plan->g_outputs, *g_deltas = ws + plan->g_deltas, *rows = ws + plan->rows;
    float *d_outputs = ws + plan->d_outputs, *d_deltas = ws + plan->d_deltas;
    vf not_finite = vf_set(0.0f);
    if (d_net->moments) moments_products(d_net, run->d, d_slope, ws + plan->products);
    for (int c0 = 0; c0 < b.slots; c0 += MAX_SLOTS) {
        const int n_slots = b.slots - c0 < MAX_SLOTS ? b.slots - c0 : MAX_SLOTS;
        values latents = source == FROM_CALLER ? of_batch(ws + plan->batch_x, b, c0)
                                               : draw_latents(shape, run->counters.seed, GT_STREAM_G_LATENTS, iteration, 0, b,
                                                              c0, n_slots, ws + plan->latents);
        if (!generate_points(shape, run->g, g_slope, latents, b, c0, n_slots, g_outputs)) return false;
        const values points = of_layer(g_net, g_last, g_outputs, n_slots), dx = of_layer(g_net, g_last, g_deltas, n_slots);
        const values z = of_layer(d_net, d_last, d_outputs, n_slots), dz = of_layer(d_net, d_last, d_deltas, n_slots);
        if (d_net->moments)
            moments_forward(d_net, run->d, d_slope, points, z, z, ws + plan->products, dx, n_slots);
        else
            net_forward(d_net, run->d, d_slope, points, d_outputs, n_slots);
        not_finite = loss_gradients(shape->recipe.loss, of, z, dz, b, c0, n_slots, logits, not_finite);
        if (!d_net->moments) {
            const values none = {NULL, 0, 0};
            net_backward(d_net, run->d, d_slope, d_outputs, d_deltas, n_slots);
            layer_input_gradient(&d_net->layer[0], run->d, of_layer(d_net, 0, d_deltas, n_slots), none, GT_LINEAR, 0.0f, dx,
                                 n_slots);
        }
        for (int i = 0; i < d_net->layer[0].n_in; i++)
            for (int s = 0; s < n_slots; s++) {
                vf g = d_net->moments ? vf_mul(value(dz, 0, s), value(dx, i, s)) : value(dx, i, s);
                g = activation_gradient(g, value(points, i, s), g_net->layer[g_last].activation, g_slope);
                put(dx, i, s, g);
            }
        net_backward(g_net, run->g, g_slope, g_outputs, g_deltas, n_slots);
        net_parameter_rows(g_net, latents, g_outputs, g_deltas, rows, c0 == 0, n_slots);
    }
    if (vf_any_nan(not_finite)) return false;
    const adam_step step = step_of(shape, run, GT_GENERATOR);
    run->counters.g_steps++;
    return adam_update(&shape->recipe, &run->numbers->g_adam, step, rows, NULL, 0, g_net->padded, g_net->padded, run->g);
}

#endif
