/* Dense layers on a GPU: which product, and what is done in the same pass. */
#include "engine/ops_cuda.h"

#include "engine/cuda_try.h"

static ops_cuda *cuda_of(ops_device *device) { return (ops_cuda *)device; }

static const ops_layer *layer_of(const ops_cuda *device, gt_net net, int layer) {
    return &device->base.plan->net[net].layer[layer];
}

/* cuBLASLt's tiles would be mostly empty in a narrow layer. */
static bool is_wide(const ops_cuda *device, const ops_layer *layer) {
    return device->products != NULL && layer->n_in >= OPS_CUDA_WIDE && layer->n_out >= OPS_CUDA_WIDE;
}

/* A part of a net's state of all runs. */
static ops_array part_of(const ops_cuda *device, gt_net net, gt_state_part part) {
    const ops_plan *plan = device->base.plan;
    return (ops_array){device->state[net] + (size_t)part * plan->net[net].stride, ops_cuda_floats(plan, (int)net)};
}

static ops_array gradient_of(const ops_cuda *device, gt_net net) {
    return (ops_array){device->gradient[net], device->base.plan->net[net].stride};
}

/* ---------------------------------------------------------------- own kernels */

/* `sums` as in layered_product_args; at NULL: none. */
static gt_status own_product(const ops_cuda *device, layered_product_args args, ops_array sums) {
    const size_t columns = (size_t)args.n + (sums.at != NULL ? 1 : 0), m = (size_t)args.m;
    const bool narrow = m < 8 || columns < 8;
    const size_t blocks = narrow ? (m * columns + LAYERED_THREADS / 32 - 1) / (LAYERED_THREADS / 32)
                                 : (m + LAYERED_TILE - 1) / LAYERED_TILE * ((columns + LAYERED_TILE - 1) / LAYERED_TILE);
    args.runs = ops_cuda_runs(device, blocks);
    args.sums = sums.at;
    args.sums_stride = sums.stride;
    return ops_cuda_launch(device, narrow ? gt_layered_kernels.narrow_product : gt_layered_kernels.product, blocks, &args);
}

static gt_status map(const ops_cuda *device, ops_array y, int n, int width, layered_finish finish, bool frozen_too) {
    const size_t blocks = ((size_t)n * (size_t)width + LAYERED_ELEMENTS - 1) / LAYERED_ELEMENTS;
    const layered_map_args args = {.runs = ops_cuda_runs(device, blocks),
                                   .y = y.at,
                                   .stride = y.stride,
                                   .n = n,
                                   .width = width,
                                   .finish = finish,
                                   .frozen_too = frozen_too};
    return ops_cuda_launch(device, gt_layered_kernels.map, blocks, &args);
}

static gt_status column_sums(const ops_cuda *device, ops_array y, int n, int width, ops_array sums) {
    const size_t blocks = ((size_t)width + 31) / 32;
    const layered_sums_args args = {.runs = ops_cuda_runs(device, blocks),
                                    .y = y.at,
                                    .stride = y.stride,
                                    .n = n,
                                    .width = width,
                                    .sums = sums.at,
                                    .sums_stride = sums.stride};
    return ops_cuda_launch(device, gt_layered_kernels.sums, blocks, &args);
}

static layered_matrix rows_of(ops_array a, int width) { return (layered_matrix){a.at, a.stride, width, 1}; }
static layered_matrix columns_of(ops_array a, int width) { return (layered_matrix){a.at, a.stride, 1, width}; }

static const ops_array nowhere = {NULL, 0};

/* ---------------------------------------------------------------- masks */

/* The mask of an array, with room for n rows; NULL: there is none, and no room can be had now. */
static ops_mask *mask_of(ops_cuda *device, const float *y, int n, int width) {
    const size_t bytes = device->base.n_runs * ops_mask_bytes(n, width);
    ops_mask *mask = NULL;
    for (int i = 0; i < OPS_CUDA_MAX_MASKS && mask == NULL; i++)
        if (device->masks[i].y == y || device->masks[i].y == NULL) mask = &device->masks[i];
    if (mask == NULL || (mask->bytes < bytes && device->graph.recording)) return NULL;
    if (mask->bytes < bytes) {
        (void)cudaFree(mask->bits);
        *mask = (ops_mask){.y = y};
        if (cudaMalloc(&mask->bits, bytes) != cudaSuccess) {
            (void)cudaGetLastError();
            *mask = (ops_mask){0};
            return NULL;
        }
        mask->bytes = bytes;
    }
    return mask;
}

/* That of outputs that a layer made of n rows last, or NULL. */
static const ops_mask *made_mask(const ops_cuda *device, const float *y, int n) {
    for (int i = 0; i < OPS_CUDA_MAX_MASKS; i++)
        if (device->masks[i].y == y && device->masks[i].n == n) return &device->masks[i];
    return NULL;
}

static void forget_mask(ops_cuda *device, const float *y) {
    for (int i = 0; i < OPS_CUDA_MAX_MASKS; i++)
        if (device->masks[i].y == y) device->masks[i].n = 0;
}

/* ---------------------------------------------------------------- forward */

static bool can(const ops_cuda *device, ops_product *p, ops_epilogue epilogue) {
    p->epilogue = epilogue;
    return ops_products_can(device->products, p);
}

/* Tries what does most in one pass first. *done: false where cuBLASLt has nothing for it. */
static gt_status wide_dense(ops_cuda *device, const ops_layer *l, ops_product *p, layered_finish finish, bool frozen_too,
                            bool *done) {
    const ops_array y = {p->c.at, p->c.stride};
    *done = true;
    if (l->activation == GT_RELU) {
        ops_mask *mask = mask_of(device, y.at, p->m, p->n);
        p->mask = mask != NULL ? mask->bits : NULL;
        if (mask != NULL && can(device, p, OPS_RELU_MASK)) {
            mask->n = p->m;
            return ops_products_run(device->products, p);
        }
        if (can(device, p, OPS_RELU)) return ops_products_run(device->products, p);
    }
    if (can(device, p, OPS_BIAS)) {
        finish.bias = NULL;
        GT_TRY(ops_products_run(device->products, p));
        return l->activation == GT_LINEAR ? GT_OK : map(device, y, p->m, p->n, finish, frozen_too);
    }
    *done = can(device, p, OPS_PLAIN);
    if (!*done) return GT_OK;
    GT_TRY(ops_products_run(device->products, p));
    return map(device, y, p->m, p->n, finish, frozen_too);
}

gt_status ops_cuda_dense(ops_device *base, gt_net net, int layer, bool averaged, int n, ops_array x, ops_array y) {
    ops_cuda *device = cuda_of(base);
    const ops_layer *l = layer_of(device, net, layer);
    const ops_array part = part_of(device, net, averaged ? GT_EMA : GT_WEIGHTS), w = {part.at + l->w, part.stride};
    const layered_finish finish = {
        .bias = part.at + l->b, .bias_stride = part.stride, .activation = (int)l->activation, .is_g = net == GT_GENERATOR};
    forget_mask(device, y.at);
    if (is_wide(device, l)) {
        ops_product p = {.a = {x.at, x.stride, false},
                         .b = {w.at, w.stride, true},
                         .c = {y.at, y.stride, false},
                         .m = n,
                         .n = l->n_out,
                         .k = l->n_in,
                         .n_runs = base->n_runs,
                         .bias = part.at + l->b,
                         .bias_stride = part.stride};
        bool done;
        GT_TRY(wide_dense(device, l, &p, finish, averaged, &done));
        if (done) return GT_OK;
    }
    return own_product(device,
                       (layered_product_args){.a = rows_of(x, l->n_in),
                                              .b = columns_of(w, l->n_in),
                                              .c = rows_of(y, l->n_out),
                                              .m = n,
                                              .n = l->n_out,
                                              .k = l->n_in,
                                              .finish = finish,
                                              .frozen_too = averaged},
                       nowhere);
}

/* ---------------------------------------------------------------- backward */

/* dW = dy' x, db = the column sums of dy. */
static gt_status weight_gradient(ops_cuda *device, gt_net net, const ops_layer *l, int n, ops_array x, ops_array dy) {
    const ops_array gradient = gradient_of(device, net), dw = {gradient.at + l->w, gradient.stride},
                    db = {gradient.at + l->b, gradient.stride};
    if (is_wide(device, l)) {
        ops_product p = {.a = {dy.at, dy.stride, true},
                         .b = {x.at, x.stride, false},
                         .c = {dw.at, dw.stride, false},
                         .m = l->n_out,
                         .n = l->n_in,
                         .k = n,
                         .n_runs = device->base.n_runs,
                         .bias = db.at,
                         .bias_stride = db.stride};
        if (can(device, &p, OPS_COLUMN_SUMS)) return ops_products_run(device->products, &p);
        if (can(device, &p, OPS_PLAIN)) {
            GT_TRY(ops_products_run(device->products, &p));
            return column_sums(device, dy, n, l->n_out, db);
        }
    }
    return own_product(device,
                       (layered_product_args){.a = columns_of(dy, l->n_out),
                                              .b = rows_of(x, l->n_in),
                                              .c = rows_of(dw, l->n_in),
                                              .m = l->n_out,
                                              .n = l->n_in,
                                              .k = n},
                       db);
}

/* dx = (dy W) f'(x). */
static gt_status input_gradient(ops_cuda *device, gt_net net, const ops_layer *l, int n, ops_array x, ops_array dy,
                                ops_below below, ops_array dx) {
    const ops_array part = part_of(device, net, GT_WEIGHTS), w = {part.at + l->w, part.stride};
    layered_finish finish = {.activation = (int)below.activation, .is_g = below.net == GT_GENERATOR};
    if (below.activation != GT_LINEAR) {
        finish.h = x.at;
        finish.h_stride = x.stride;
    }
    if (is_wide(device, l)) {
        const ops_mask *mask = below.activation == GT_RELU ? made_mask(device, x.at, n) : NULL;
        ops_product p = {.a = {dy.at, dy.stride, false},
                         .b = {w.at, w.stride, false},
                         .c = {dx.at, dx.stride, false},
                         .m = n,
                         .n = l->n_in,
                         .k = l->n_out,
                         .n_runs = device->base.n_runs,
                         .mask = mask != NULL ? mask->bits : NULL};
        if (mask != NULL && can(device, &p, OPS_MASK)) return ops_products_run(device->products, &p);
        if (can(device, &p, OPS_PLAIN)) {
            GT_TRY(ops_products_run(device->products, &p));
            return finish.h == NULL ? GT_OK : map(device, dx, n, l->n_in, finish, false);
        }
    }
    return own_product(device,
                       (layered_product_args){.a = rows_of(dy, l->n_out),
                                              .b = rows_of(w, l->n_in),
                                              .c = rows_of(dx, l->n_in),
                                              .m = n,
                                              .n = l->n_in,
                                              .k = l->n_out,
                                              .finish = finish},
                       nowhere);
}

gt_status ops_cuda_dense_backward(ops_device *base, gt_net net, int layer, bool learn, int n, ops_array x, ops_array dy,
                                  ops_below below, ops_array dx) {
    ops_cuda *device = cuda_of(base);
    const ops_layer *l = layer_of(device, net, layer);
    if (learn) GT_TRY(weight_gradient(device, net, l, n, x, dy));
    return dx.at != NULL ? input_gradient(device, net, l, n, x, dy, below, dx) : GT_OK;
}
