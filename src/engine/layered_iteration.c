/* An iteration: D's steps on real and generated points, then G's through D. */
#include "engine/layered.h"

#include "core/status.h"

static const ops_array nowhere = {NULL, 0};

static const ops_net *net_of(const ops_device *device, gt_net net) { return &device->plan->net[net]; }

gt_status layered_forward(ops_device *device, gt_net net, bool averaged, int n, ops_array x, const layered_values *values,
                          ops_array last) {
    const int n_layers = net_of(device, net)->n_layers;
    for (int l = 0; l < n_layers; l++) {
        const ops_array y = l == n_layers - 1 && last.at != NULL ? last : values->y[l];
        GT_TRY(device->ops->dense(device, net, l, averaged, n, x, y));
        x = y;
    }
    return GT_OK;
}

gt_status layered_backward(ops_device *device, gt_net net, bool learn, int n, ops_array x, const layered_values *values,
                           ops_below below, ops_array dx) {
    const ops_net *of = net_of(device, net);
    for (int l = of->n_layers - 1; l > 0; l--) {
        const ops_below hidden = {of->layer[l - 1].activation, net};
        GT_TRY(
            device->ops->dense_backward(device, net, l, learn, n, values->y[l - 1], values->dy[l], hidden, values->dy[l - 1]));
    }
    if (!learn && dx.at == NULL) return GT_OK;
    return device->ops->dense_backward(device, net, 0, learn, n, x, values->dy[0], below, dx);
}

gt_status layered_d_step(const layered_iteration *of, const ops_loss *losses, int n_losses) {
    ops_device *device = of->device;
    const layered_buffers *buffers = of->buffers;
    const layered_values *values = &buffers->net[LAYERED_D];
    const int last = net_of(device, GT_DISCRIMINATOR)->n_layers - 1;
    int n = 0;
    for (int k = 0; k < n_losses; k++) n += losses[k].n;
    GT_TRY(layered_forward(device, GT_DISCRIMINATOR, false, n, buffers->points, values, nowhere));
    for (int k = 0, first = 0; k < n_losses; first += losses[k++].n)
        GT_TRY(device->ops->loss(device, &losses[k], ops_rows(values->y[last], (size_t)first, 1),
                                 ops_rows(values->dy[last], (size_t)first, 1)));
    GT_TRY(layered_backward(device, GT_DISCRIMINATOR, true, n, buffers->points, values,
                            (ops_below){GT_LINEAR, GT_DISCRIMINATOR}, nowhere));
    return device->ops->adam(device, GT_DISCRIMINATOR);
}

gt_status layered_g_step(const layered_iteration *of, ops_loss loss) {
    ops_device *device = of->device;
    const layered_buffers *buffers = of->buffers;
    const layered_values *d = &buffers->net[LAYERED_D], *g = &buffers->net[LAYERED_G];
    const int d_last = net_of(device, GT_DISCRIMINATOR)->n_layers - 1, g_last = net_of(device, GT_GENERATOR)->n_layers - 1;
    const ops_below points = {net_of(device, GT_GENERATOR)->layer[g_last].activation, GT_GENERATOR};
    GT_TRY(layered_forward(device, GT_GENERATOR, false, loss.n, buffers->latents, g, nowhere));
    GT_TRY(layered_forward(device, GT_DISCRIMINATOR, false, loss.n, g->y[g_last], d, nowhere));
    GT_TRY(device->ops->loss(device, &loss, d->y[d_last], d->dy[d_last]));
    GT_TRY(layered_backward(device, GT_DISCRIMINATOR, false, loss.n, g->y[g_last], d, points, g->dy[g_last]));
    GT_TRY(layered_backward(device, GT_GENERATOR, true, loss.n, buffers->latents, g, (ops_below){GT_LINEAR, GT_GENERATOR},
                            nowhere));
    return device->ops->adam(device, GT_GENERATOR);
}

/* Points first to first + half - 1 of the iteration's fakes, to rows from `row` on of D's points. */
static gt_status draw_fakes(const layered_iteration *of, uint64_t first, int half, int row) {
    ops_device *device = of->device;
    const int width = net_of(device, GT_DISCRIMINATOR)->layer[0].n_in;
    GT_TRY(device->ops->latents(device, GT_STREAM_D_LATENTS, first, half, of->buffers->latents));
    return layered_forward(device, GT_GENERATOR, false, half, of->buffers->latents, &of->buffers->net[LAYERED_G],
                           ops_rows(of->buffers->points, (size_t)row, width));
}

/* Step j of D in the iteration: an update on real points and one on fakes, or one on both. */
static gt_status d_steps(const layered_iteration *of, int j) {
    ops_device *device = of->device;
    const fused_recipe *recipe = &device->plan->recipe;
    const int half = recipe->half, n_mean = recipe->combined ? 2 * half : half;
    const uint64_t first = (uint64_t)j * (uint64_t)half;
    const ops_loss losses[] = {{.role = FUSED_REAL, .n = half, .n_mean = n_mean},
                               {.role = FUSED_FAKE, .n = half, .n_mean = n_mean}};
    GT_TRY(device->ops->real(device, first, half, of->buffers->points));
    if (recipe->combined) {
        GT_TRY(draw_fakes(of, first, half, half));
        return layered_d_step(of, losses, 2);
    }
    GT_TRY(layered_d_step(of, &losses[0], 1));
    GT_TRY(draw_fakes(of, first, half, 0));
    return layered_d_step(of, &losses[1], 1);
}

gt_status layered_iterate(void *closure) {
    const layered_iteration *of = closure;
    ops_device *device = of->device;
    const fused_recipe *recipe = &device->plan->recipe;
    for (int j = 0; j < recipe->d_steps; j++) GT_TRY(d_steps(of, j));
    GT_TRY(device->ops->latents(device, GT_STREAM_G_LATENTS, 0, recipe->batch, of->buffers->latents));
    GT_TRY(layered_g_step(of, (ops_loss){.role = FUSED_G, .n = recipe->batch, .n_mean = recipe->batch}));
    return device->ops->finish(device);
}
