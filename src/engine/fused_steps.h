/* private. One Adam step of D and one of G through D, in lane operations: the parts of an iteration. */
#ifndef GT_ENGINE_FUSED_STEPS_H
#define GT_ENGINE_FUSED_STEPS_H

#include "engine/fused_dense.h"
#include "engine/fused_moments.h"

#include <math.h>

/* Sums the rows, where given, to the gradient and updates a net's weights, m' and v'. False: a weight is not finite now. */
LANES_FN bool adam_update(const fused_adam *adam, float step, const float *rows, const float *gradient, int padded,
                          float *state) {
    const vf tiny = vf_set(0x1p-100f), huge = vf_set(0x1p100f), floor = vf_set(0x1p-90f), minus_step = vf_set(-step);
    const vf beta1 = vf_set(adam->beta1), beta2 = vf_set(adam->beta2), eps = vf_set(adam->eps);
    vf not_finite = vf_set(0.0f);
    for (int k = 0; k < padded; k += LANES) {
        float *w = state + k, *m = w + padded, *v = m + padded;
        vf g = rows != NULL ? vf_sum_rows(rows + k * LANES) : vf_load(gradient + k);
        vf mk = vf_fma(beta1, vf_load(m), g);
        mk = vf_select(vf_gt(tiny, vu_as_f(vu_and(vf_as_u(mk), vu_set(0x7fffffffu)))), vf_set(0.0f), mk);
        vf vk = vf_min(vf_fma(beta2, vf_load(v), vf_fma(g, g, floor)), huge);
        vf q = vf_mul(mk, vf_rcp(vf_add(vf_sqrt(vk), eps)));
        vf wk = vf_fma(minus_step, q, vf_load(w));
        not_finite = vf_fma(wk, vf_set(0.0f), not_finite);
        vf_store(w, wk);
        vf_store(m, mk);
        vf_store(v, vk);
    }
    return !vf_any_nan(not_finite);
}

/* dz of a slot: (sigmoid(z) - y) / n as fma(sigmoid(z), 1/n, -y/n). */
LANES_FN vf bce_gradient(vf z, float inverse_n, vf label_share) {
    return vf_fma(exact_sigmoid(z), vf_set(inverse_n), vf_sub(vf_set(0.0f), label_share));
}

enum source { FROM_TARGET, FROM_GENERATOR, FROM_LATENTS, FROM_CALLER };

/* Real points for n_slots slots from slot c0 of a batch. */
LANES_FN void draw_real(const fused_plan *plan, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t base,
                        batch_shape b, int c0, int n_slots, float *rows, values points) {
    draw(seed, stream, iteration, DRAW_UNIFORM, base + (uint64_t)c0, b.slots, n_slots, rows);
    for (int s = 0; s < n_slots; s++) {
        vf x = vf_fma(vf_load(rows + s * LANES), vf_set(plan->width), vf_set(plan->lo));
        put(points, 0, s, x);
        put(points, 1, s, vf_mul(x, x));
    }
}

/* Latents for n_slots slots from slot c0 of a batch whose first element of the draw is base. */
LANES_FN values draw_latents(int latent, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t base, batch_shape b,
                             int c0, int n_slots, float *rows) {
    draw(seed, stream, iteration, DRAW_NORMAL, base + (uint64_t)(c0 * latent), b.slots * latent, n_slots * latent, rows);
    values z = {rows, 1, latent};
    return z;
}

/* G's points for latents z. Samples that do not exist give zeros. False: a point is not finite. */
LANES_FN bool generate_points(const fused_shape *shape, const float *g, float slope, values z, batch_shape b, int c0,
                              int n_slots, float *outputs) {
    net_forward(&shape->g, g, slope, z, outputs, n_slots);
    values points = of_layer(&shape->g, shape->g.n_layers - 1, outputs, n_slots);
    vf not_finite = vf_set(0.0f);
    for (int i = 0; i < 2; i++)
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

/* dz of n_slots slots from their logits z, which are kept in logits. labels: [S] vectors, or NULL where all have `label`. NaN
 * goes into not_finite where a sample's logit is not finite. */
LANES_FN vf loss_gradients(values z, values dz, const float *labels, float label, batch_shape b, int c0, int n_slots,
                           float *logits, vf not_finite) {
    const float inverse_n = 1.0f / (float)b.n;
    for (int s = 0; s < n_slots; s++) {
        vf y = labels != NULL ? vf_load(labels + (c0 + s) * LANES) : vf_set(label);
        vf logit = value(z, 0, s), g = bce_gradient(logit, inverse_n, vf_mul(y, vf_set(inverse_n)));
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

/* One Adam step of D on n points. False: the run diverged. */
LANES_FN bool d_step(const fused_plan *plan, const fused_shape *shape, fused_run *run, enum source source, int n_samples,
                     float label, float *logits, float *ws) {
    const fused_net *net = &shape->d;
    const batch_shape b = batch_of(n_samples);
    const int latent = shape->g.layer[0].n_in, last = net->n_layers - 1;
    const float slope = plan->d_slope, *labels = source == FROM_CALLER ? ws + plan->batch_y : NULL;
    const float step = fused_adam_next_step(&plan->d_adam, &run->d_powers);
    const uint32_t iteration = (uint32_t)run->counters.iteration;
    float *outputs = ws + plan->d_outputs, *deltas = ws + plan->d_deltas, *rows = ws + plan->rows;
    vf not_finite = vf_set(0.0f);
    for (int c0 = 0; c0 < b.slots; c0 += MAX_SLOTS) {
        const int n_slots = b.slots - c0 < MAX_SLOTS ? b.slots - c0 : MAX_SLOTS;
        values x = {ws + plan->points, n_slots, 1};
        if (source == FROM_TARGET) {
            draw_real(plan, run->counters.seed, GT_STREAM_REAL, iteration, 0, b, c0, n_slots, ws + plan->latents, x);
        } else if (source == FROM_GENERATOR) {
            values z =
                draw_latents(latent, run->counters.seed, GT_STREAM_D_LATENTS, iteration, 0, b, c0, n_slots, ws + plan->latents);
            if (!generate_points(shape, run->g, plan->g_slope, z, b, c0, n_slots, ws + plan->g_outputs)) return false;
            x = of_layer(&shape->g, shape->g.n_layers - 1, ws + plan->g_outputs, n_slots);
        } else {
            x = of_batch(ws + plan->batch_x, b, c0);
        }
        const values z = of_layer(net, last, outputs, n_slots), dz = of_layer(net, last, deltas, n_slots);
        if (net->moments)
            moments_forward(net, run->d, slope, x, of_layer(net, 0, outputs, n_slots), z, NULL, z, n_slots);
        else
            net_forward(net, run->d, slope, x, outputs, n_slots);
        not_finite = loss_gradients(z, dz, labels, label, b, c0, n_slots, logits, not_finite);
        if (net->moments) {
            moments_rows(net, slope, dz, of_layer(net, 0, outputs, n_slots), x, rows, c0 == 0, n_slots);
        } else {
            net_backward(net, run->d, slope, outputs, deltas, n_slots);
            net_parameter_rows(net, x, outputs, deltas, rows, c0 == 0, n_slots);
        }
    }
    if (vf_any_nan(not_finite)) return false;
    run->counters.d_steps++;
    if (!net->moments) return adam_update(&plan->d_adam, step, rows, NULL, net->padded, run->d);
    const int n_sums = (net->layer[0].n_in + 1) * net->layer[0].n_out + 1;
    for (int k = 0; k < n_sums; k += LANES) vf_store(ws + plan->sums + k, vf_sum_rows(rows + k * LANES));
    moments_gradient(net, run->d, ws + plan->sums, ws + plan->gradient);
    return adam_update(&plan->d_adam, step, NULL, ws + plan->gradient, net->padded, run->d);
}

/* One Adam step of G on n latents: the gradient goes through D's weights, which stay. False: the run diverged. */
LANES_FN bool g_step(const fused_plan *plan, const fused_shape *shape, fused_run *run, enum source source, int n_samples,
                     float *logits, float *ws) {
    const fused_net *g_net = &shape->g, *d_net = &shape->d;
    const batch_shape b = batch_of(n_samples);
    const int latent = g_net->layer[0].n_in, g_last = g_net->n_layers - 1, d_last = d_net->n_layers - 1;
    const float *labels = source == FROM_CALLER ? ws + plan->batch_y : NULL;
    const float step = fused_adam_next_step(&plan->g_adam, &run->g_powers);
    const uint32_t iteration = (uint32_t)run->counters.iteration;
    float *g_outputs = ws + plan->g_outputs, *g_deltas = ws + plan->g_deltas, *rows = ws + plan->rows;
    float *d_outputs = ws + plan->d_outputs, *d_deltas = ws + plan->d_deltas;
    vf not_finite = vf_set(0.0f);
    if (d_net->moments) moments_products(d_net, run->d, plan->d_slope, ws + plan->products);
    for (int c0 = 0; c0 < b.slots; c0 += MAX_SLOTS) {
        const int n_slots = b.slots - c0 < MAX_SLOTS ? b.slots - c0 : MAX_SLOTS;
        values latents = source == FROM_CALLER ? of_batch(ws + plan->batch_x, b, c0)
                                               : draw_latents(latent, run->counters.seed, GT_STREAM_G_LATENTS, iteration, 0, b,
                                                              c0, n_slots, ws + plan->latents);
        if (!generate_points(shape, run->g, plan->g_slope, latents, b, c0, n_slots, g_outputs)) return false;
        const values points = of_layer(g_net, g_last, g_outputs, n_slots), dx = of_layer(g_net, g_last, g_deltas, n_slots);
        const values z = of_layer(d_net, d_last, d_outputs, n_slots), dz = of_layer(d_net, d_last, d_deltas, n_slots);
        if (d_net->moments)
            moments_forward(d_net, run->d, plan->d_slope, points, z, z, ws + plan->products, dx, n_slots);
        else
            net_forward(d_net, run->d, plan->d_slope, points, d_outputs, n_slots);
        not_finite = loss_gradients(z, dz, labels, 1.0f, b, c0, n_slots, logits, not_finite);
        if (!d_net->moments) {
            const values none = {NULL, 0, 0};
            net_backward(d_net, run->d, plan->d_slope, d_outputs, d_deltas, n_slots);
            layer_input_gradient(&d_net->layer[0], run->d, of_layer(d_net, 0, d_deltas, n_slots), none, GT_LINEAR, 0.0f, dx,
                                 n_slots);
        }
        for (int i = 0; i < 2; i++)
            for (int s = 0; s < n_slots; s++) {
                vf g = d_net->moments ? vf_mul(value(dz, 0, s), value(dx, i, s)) : value(dx, i, s);
                g = activation_gradient(g, value(points, i, s), g_net->layer[g_last].activation, plan->g_slope);
                put(dx, i, s, g);
            }
        net_backward(g_net, run->g, plan->g_slope, g_outputs, g_deltas, n_slots);
        net_parameter_rows(g_net, latents, g_outputs, g_deltas, rows, c0 == 0, n_slots);
    }
    if (vf_any_nan(not_finite)) return false;
    run->counters.g_steps++;
    return adam_update(&plan->g_adam, step, rows, NULL, g_net->padded, run->g);
}

#endif
