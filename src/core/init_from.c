/* One net between a trainer and a file of another program. */
#include "core/init_from.h"

#include "core/spec.h"
#include "core/status.h"
#include "core/target.h"
#include "core/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(gt_net net) { return net == GT_GENERATOR ? "generator" : "discriminator"; }

static gt_status check_net(gt_net net) {
    if (net == GT_DISCRIMINATOR || net == GT_GENERATOR) return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT, "net %d; it takes the generator or the discriminator", (int)net);
}

static gt_status find_setting(const gt_trainer *trainer, size_t run, const gt_spec **out) {
    *out = gt_trainer_get_setting(trainer, run);
    if (*out != NULL) return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT, "run %zu; this trainer has runs 0 to %zu", run, trainer->n_runs - 1);
}

/* ---------------------------------------------------------------- from a file */

static gt_status check_shape(const char *path, gt_net role, const gt_net_spec *net, const gt_net_spec *wanted) {
    char sizes[2][GT_NET_SIZES_CHARS];
    if (net->n_layers == wanted->n_layers &&
        memcmp(net->size, wanted->size, (size_t)(net->n_layers + 1) * sizeof *net->size) == 0)
        return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT, "%s holds a net %s, the %s is %s; both must have the same layers", path,
                   gt_net_sizes(net, sizes[0]), name_of(role), gt_net_sizes(wanted, sizes[1]));
}

static gt_status check_activations(const char *path, gt_net role, const gt_net_spec *net, const gt_net_spec *wanted) {
    for (int l = 0; l < net->n_layers; l++) {
        gt_activation activation = net->activation[l];
        /* D's sigmoid, which elsewhere is part of the net, belongs to the loss here. */
        if (role == GT_DISCRIMINATOR && l == net->n_layers - 1 && activation == GT_SIGMOID) activation = GT_LINEAR;
        if (activation != wanted->activation[l])
            return gt_fail(GT_ERR_ARGUMENT, "%s: layer %d of the net is %s, of the %s %s; both must have the same activations",
                           path, l, gt_activation_name(activation), name_of(role), gt_activation_name(wanted->activation[l]));
        if (activation == GT_LEAKY_RELU && net->leaky_slope != wanted->leaky_slope)
            return gt_fail(GT_ERR_ARGUMENT, "%s: the slope of leaky_relu is %g, that of the %s %g; both must be the same", path,
                           net->leaky_slope, name_of(role), wanted->leaky_slope);
    }
    return GT_OK;
}

static gt_status check_finite(const char *path, const gt_net_file *file) {
    const size_t n = gt_net_n_parameters(&file->net);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(file->weights[i]))
            return gt_fail(GT_ERR_ARGUMENT, "%s: a weight is %g; a run can start from finite ones only", path,
                           (double)file->weights[i]);
    return GT_OK;
}

gt_status gt_trainer_init_from(gt_trainer *trainer, size_t run, gt_net net, const char *path) {
    const gt_spec *spec;
    GT_TRY(check_net(net));
    GT_TRY(find_setting(trainer, run, &spec));
    const gt_net_spec *wanted = gt_spec_net(spec, net);
    gt_net_file file;
    GT_TRY(gt_net_file_read(path, &file));
    gt_status status;
    GT_TRY_GOTO(check_shape(path, net, &file.net, wanted), cleanup);
    if (file.activations_known) GT_TRY_GOTO(check_activations(path, net, &file.net, wanted), cleanup);
    GT_TRY_GOTO(check_finite(path, &file), cleanup);
    GT_TRY_GOTO(gt_trainer_set_state(trainer, run, net, GT_WEIGHTS, file.weights), cleanup);
    if (net == GT_GENERATOR && spec->ema != 0) status = gt_trainer_set_state(trainer, run, net, GT_EMA, file.weights);

cleanup:
    gt_net_file_free(&file);
    return status;
}

/* ---------------------------------------------------------------- for a file */

/* G's output becomes data by the map of the target; D's input comes from data by its inverse. */
static void get_map(const gt_target_model *target, gt_net net, int columns, gt_net_map *out) {
    for (int i = 0; i < columns; i++) {
        const int column = target->pixels != NULL ? 0 : i; /* images have one map for all */
        const float scale = target->scale[column], offset = target->offset[column];
        out->scale[i] = net == GT_GENERATOR ? scale : (float)(1 / (double)scale);
        out->offset[i] = net == GT_GENERATOR ? offset : (float)(-(double)offset / (double)scale);
    }
}

gt_status gt_trainer_net_file(const gt_trainer *trainer, size_t run, gt_net net, gt_net_file *out) {
    const gt_spec *spec;
    *out = (gt_net_file){0};
    GT_TRY(check_net(net));
    GT_TRY(find_setting(trainer, run, &spec));
    const gt_target_model *target = trainer->target;
    const size_t columns = target->scaled ? (size_t)target->n_columns : 0;
    gt_net_map *map = net == GT_GENERATOR ? &out->output : &out->input;
    out->net = *gt_spec_net(spec, net);
    out->activations_known = true;
    out->role = net;
    out->seed = gt_trainer_seed_of(trainer, run);
    out->iteration = trainer->iteration;
    out->weights = malloc(gt_net_n_parameters(&out->net) * sizeof *out->weights);
    map->scale = columns > 0 ? malloc(columns * sizeof *map->scale) : NULL;
    map->offset = columns > 0 ? malloc(columns * sizeof *map->offset) : NULL;
    gt_status status;
    if (out->weights == NULL || (columns > 0 && (map->scale == NULL || map->offset == NULL))) {
        status = gt_fail(GT_ERR_MEMORY, "no memory for the weights of a net");
    } else {
        const bool averaged = net == GT_GENERATOR && spec->ema != 0;
        get_map(target, net, (int)columns, map);
        status = gt_trainer_get_state(trainer, run, net, averaged ? GT_EMA : GT_WEIGHTS, out->weights);
    }
    if (status != GT_OK) gt_net_file_free(out);
    return status;
}
