/* private. The layered engine, on either device: how nets lie in memory, what an iteration needs beside the state, and the
 * iteration itself in operations (ops.h). */
#ifndef GT_ENGINE_LAYERED_H
#define GT_ENGINE_LAYERED_H

#include "engine/engine.h"
#include "engine/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------- the plan */

/* n_runs of specs that share a trainer; spec is the first of them. */
ops_plan layered_plan_of(const gt_spec *spec, const gt_target_model *target, size_t n_runs);
layered_setting layered_setting_of(const gt_spec *spec);

/* A net's parameters from the order of gt_spec_n_parameters to that of the plan, and back. */
void layered_pack(const ops_net *net, const float *parameters, float *part);
void layered_unpack(const ops_net *net, const float *part, float *parameters);

/* A run's record from its counters, and back. powers: those after as many steps. */
layered_run layered_run_of(const gt_run_counters *counters, const layered_setting *setting, int setting_index);
gt_run_counters layered_counters_of(const layered_run *run);

/* ---------------------------------------------------------------- arrays of an iteration */

/* By layer: outputs y of a net, and the gradients dy to W x + b, each [R, n, n_out]. */
typedef struct layered_values {
    ops_array y[GT_MAX_LAYERS], dy[GT_MAX_LAYERS];
} layered_values;

typedef struct layered_buffers {
    ops_array latents;     /* [R, g_rows, Z] */
    ops_array points;      /* [R, d_rows, X] what a step of D sees: real, generated, or one behind the other */
    layered_values net[2]; /* of D for d_rows, of G for g_rows */
} layered_buffers;

typedef struct layered_sizes {
    int d_rows, g_rows;
} layered_sizes;

/* What an iteration of the recipe needs. */
layered_sizes layered_sizes_of(const fused_recipe *recipe);

/* Lays the arrays out in memory (of a device) of `runs` times the floats that it returns; memory NULL: returns them only. */
size_t layered_place(const ops_plan *plan, layered_sizes sizes, float *memory, layered_buffers *out);

/* ---------------------------------------------------------------- steps */

typedef struct layered_iteration {
    ops_device *device;
    const layered_buffers *buffers;
} layered_iteration;

/* Outputs of a net on x[R, n, inputs] to values->y; those of the last layer to `last` where its at is not NULL. */
gt_status layered_forward(ops_device *device, gt_net net, bool averaged, int n, ops_array x, const layered_values *values,
                          ops_array last);

/* From the gradient to the last layer's outputs down to the first; learn: with the gradients of weights. The gradient to the
 * net's inputs x, whose activation is `below`, to dx, unless its at is NULL. */
gt_status layered_backward(ops_device *device, gt_net net, bool learn, int n, ops_array x, const layered_values *values,
                           ops_below below, ops_array dx);

/* One step of D on n points, which have been given to buffers->points; losses (one, or two that follow each other): n rows. */
gt_status layered_d_step(const layered_iteration *of, const ops_loss *losses, int n_losses);

/* One step of G through D on n latents, which have been given to buffers->latents. */
gt_status layered_g_step(const layered_iteration *of, ops_loss loss);

/* A whole iteration of the plan's recipe; closure: a layered_iteration. For ops_table.repeat. */
gt_status layered_iterate(void *closure);

#ifdef __cplusplus
}
#endif
#endif
