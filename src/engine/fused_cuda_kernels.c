/* Shapes, kernels and launches of the fused engine on a GPU. */
#include "engine/fused_cuda_kernels.h"

#include "engine/cuda_compiler.h"
#include "engine/cuda_try.h"
#include "engine/fused_recipe.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_TRAIN_WARPS = 4,       /* a block: __launch_bounds__ of fused_train */
    MAX_LANE_BYTES = 64 * 1024 /* of a lane's own memory, beyond which a shape is refused */
};

_Static_assert((int)GT_LINEAR == FUSED_LINEAR && (int)GT_RELU == FUSED_RELU && (int)GT_LEAKY_RELU == FUSED_LEAKY_RELU &&
                   (int)GT_TANH == FUSED_TANH && (int)GT_SIGMOID == FUSED_SIGMOID && (int)GT_ELU == FUSED_ELU &&
                   GT_N_ACTIVATIONS == 6,
               "kernels/fused_shape.h counts activations in another order");
_Static_assert(offsetof(fused_setting, hyper.label) % 16 == 0, "kernels/fused_train.cuh reads the labels from one quad");
_Static_assert((int)GT_MAX_LAYERS == FUSED_MAX_LAYERS, "kernels/fused_shape.h holds other nets");

/* ---------------------------------------------------------------- shapes */

static fused_net_shape net_shape_of(const gt_net_spec *net) {
    fused_net_shape shape = {.n_layers = net->n_layers};
    for (int l = 0; l <= net->n_layers; l++) shape.size[l] = net->size[l];
    for (int l = 0; l < net->n_layers; l++) shape.activation[l] = (int)net->activation[l];
    return shape;
}

fused_gan_shape fused_cuda_shape_of(const gt_spec *spec, const gt_target_model *target) {
    return (fused_gan_shape){
        .recipe = fused_recipe_of(spec, target), .d = net_shape_of(&spec->discriminator), .g = net_shape_of(&spec->generator)};
}

static char *print_int(char *to, const char *name, int value) { return to + sprintf(to, "#define %-19s %d\n", name, value); }

static char *print_list(char *to, const char *name, const int *values, int n) {
    to += sprintf(to, "#define %-19s ", name);
    for (int k = 0; k < n; k++) to += sprintf(to, k + 1 < n ? "%d, " : "%d\n", values[k]);
    return to;
}

void fused_cuda_shape_text(const fused_gan_shape *shape, char text[FUSED_SHAPE_CHARS]) {
    const fused_recipe *recipe = &shape->recipe;
    const fused_net_shape *d = &shape->d, *g = &shape->g;
    text = print_int(text, "FUSED_BATCH", recipe->batch);
    text = print_int(text, "FUSED_HALF", recipe->half);
    text = print_int(text, "FUSED_COMBINED", recipe->combined);
    text = print_int(text, "FUSED_D_STEPS", recipe->d_steps);
    text = print_int(text, "FUSED_LOSS", recipe->loss);
    text = print_int(text, "FUSED_NOISE", recipe->noise);
    text = print_int(text, "FUSED_TARGET", recipe->target);
    text = print_int(text, "FUSED_TARGET_NOISE", recipe->target_noise);
    text = print_int(text, "FUSED_DECAY", recipe->decay);
    text = print_int(text, "FUSED_WEIGHT_DECAY", recipe->weight_decay);
    text = print_int(text, "FUSED_EMA", recipe->ema);
    text = print_int(text, "FUSED_D_LAYERS", d->n_layers);
    text = print_list(text, "FUSED_D_SIZES", d->size, d->n_layers + 1);
    text = print_list(text, "FUSED_D_ACTIVATIONS", d->activation, d->n_layers);
    text = print_int(text, "FUSED_G_LAYERS", g->n_layers);
    text = print_list(text, "FUSED_G_SIZES", g->size, g->n_layers + 1);
    print_list(text, "FUSED_G_ACTIVATIONS", g->activation, g->n_layers);
}

/* ---------------------------------------------------------------- what fits */

static size_t gan_shared_bytes(const fused_gan_shape *shape) { return 16 * (size_t)fused_shared_quads(shape); }

/* About what a lane keeps in memory of its own for its samples of a batch: latents, points, values of all units of the nets
 * that keep them, and their gradients. */
static size_t step_bytes(const fused_gan_shape *shape, int slots, bool is_d_step) {
    const fused_net_shape *d = &shape->d, *g = &shape->g;
    const size_t columns = (size_t)d->size[0];
    size_t values = 4 + 2 * columns + 2 * (size_t)g->size[0];
    if (is_d_step && shape->recipe.target_noise) values += 2 * columns;
    if (fused_kind_of(d, 1) == FUSED_STACK) values += 2 * (size_t)fused_units_before(d, d->n_layers);
    if (fused_kind_of(g, 0) == FUSED_STACK) values += (is_d_step ? 1 : 2) * (size_t)fused_units_before(g, g->n_layers);
    return (size_t)slots * values * sizeof(float);
}

static int slots_of(int n) { return (n + FUSED_LANES - 1) / FUSED_LANES; }

static size_t lane_bytes(const fused_gan_shape *shape) {
    const fused_recipe *recipe = &shape->recipe;
    const size_t of_d = step_bytes(shape, slots_of(recipe->half) * (recipe->combined ? 2 : 1), true);
    const size_t of_g = step_bytes(shape, slots_of(recipe->batch), false);
    return of_d > of_g ? of_d : of_g;
}

static gt_status check_fits(const fused_gan_shape *shape, const gt_cuda_device *device) {
    const size_t train = 2 * gan_shared_bytes(shape), evaluate = (size_t)fused_evaluate_shared_bytes(shape);
    const size_t shared = train > evaluate ? train : evaluate, lane = lane_bytes(shape);
    if (shared > device->shared_bytes)
        return gt_fail(
            GT_ERR_DEVICE,
            "nets with %d parameters take %zu KB of shared memory, and GPU %d has %zu; take --device cpu, or smaller "
            "nets",
            fused_layer_start(&shape->d, shape->d.n_layers) + fused_layer_start(&shape->g, shape->g.n_layers), shared / 1024,
            device->gpu, device->shared_bytes / 1024);
    if (lane > MAX_LANE_BYTES)
        return gt_fail(
            GT_ERR_DEVICE,
            "batch %d and half batch %d of these nets take %zu KB of memory a thread on a GPU, and %d is the limit; take "
            "--device cpu, or smaller batches",
            shape->recipe.batch, shape->recipe.half, lane / 1024, MAX_LANE_BYTES / 1024);
    return GT_OK;
}

/* ---------------------------------------------------------------- kernels */

static bool same_net(const fused_net_shape *a, const fused_net_shape *b) {
    return a->n_layers == b->n_layers && memcmp(a->size, b->size, sizeof *a->size * (size_t)(a->n_layers + 1)) == 0 &&
           memcmp(a->activation, b->activation, sizeof *a->activation * (size_t)a->n_layers) == 0;
}

static const fused_kernels *find_compiled_in(const fused_gan_shape *shape) {
    for (const fused_kernels *const *set = fused_kernel_sets; *set != NULL; set++)
        if (memcmp(&(*set)->shape.recipe, &shape->recipe, sizeof shape->recipe) == 0 && same_net(&(*set)->shape.d, &shape->d) &&
            same_net(&(*set)->shape.g, &shape->g))
            return *set;
    return NULL;
}

static gt_status compile(const gt_cuda_device *device, fused_cuda_kernels *out) {
    char text[FUSED_SHAPE_CHARS];
    void *code;
    size_t size;
    fused_cuda_shape_text(&out->shape, text);
    GT_TRY(gt_cuda_compile(text, device->architecture, &code, &size));
    cudaKernel_t train = NULL, evaluate = NULL;
    cudaError_t error = cudaLibraryLoadData(&out->library, code, NULL, NULL, 0, NULL, NULL, 0);
    free(code);
    if (error == cudaSuccess) error = cudaLibraryGetKernel(&train, out->library, "fused_train_custom");
    if (error == cudaSuccess) error = cudaLibraryGetKernel(&evaluate, out->library, "fused_evaluate_custom");
    out->train = train;
    out->evaluate = evaluate;
    return GT_CUDA_STATUS(error, "loading kernels that were compiled at run time");
}

static gt_status prepare(fused_cuda_kernels *k) {
    const int shared_gan = (int)gan_shared_bytes(&k->shape), shared_evaluate = fused_evaluate_shared_bytes(&k->shape);
    struct cudaFuncAttributes attributes;
    int device, optin, best = 0;
    CUDA_TRY(cudaGetDevice(&device));
    CUDA_TRY(cudaDeviceGetAttribute(&optin, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
    CUDA_TRY(cudaFuncGetAttributes(&attributes, k->train)); /* fails where no code for this GPU can be had */
    const int max_warps = optin / (2 * shared_gan) < MAX_TRAIN_WARPS ? optin / (2 * shared_gan) : MAX_TRAIN_WARPS;
    CUDA_TRY(cudaFuncSetAttribute(k->train, cudaFuncAttributeMaxDynamicSharedMemorySize, max_warps * 2 * shared_gan));
    CUDA_TRY(cudaFuncSetAttribute(k->train, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared));
    CUDA_TRY(cudaFuncSetAttribute(k->evaluate, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_evaluate));
    for (int w = 1; w <= max_warps; w++) {
        CUDA_TRY(
            cudaOccupancyMaxActiveBlocksPerMultiprocessor(&k->train_blocks[w], k->train, 32 * w, (size_t)(w * 2 * shared_gan)));
        if (k->train_blocks[w] * w > best) best = k->train_blocks[w] * w, k->train_warps = w;
    }
    CUDA_TRY(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&k->evaluate_blocks, k->evaluate, FUSED_EVALUATE_THREADS,
                                                           (size_t)shared_evaluate));
    if (best == 0 || k->evaluate_blocks == 0)
        return gt_fail(GT_ERR_DEVICE, "the kernels for these nets need more registers or memory than this GPU has; take "
                                      "--device cpu, or smaller nets");
    return GT_OK;
}

gt_status fused_cuda_kernels_create(const gt_spec *spec, const gt_target_model *target, const gt_cuda_device *device,
                                    fused_cuda_kernels *out) {
    *out = (fused_cuda_kernels){.shape = fused_cuda_shape_of(spec, target), .n_sms = device->n_sms};
    GT_TRY(check_fits(&out->shape, device));
    const fused_kernels *known = find_compiled_in(&out->shape);
    out->compiled_in = known != NULL;
    gt_status status = GT_OK;
    if (known != NULL)
        out->train = known->train, out->evaluate = known->evaluate;
    else
        status = compile(device, out);
    if (status == GT_OK) status = prepare(out);
    if (status != GT_OK) fused_cuda_kernels_destroy(out);
    return status;
}

void fused_cuda_kernels_destroy(fused_cuda_kernels *kernels) {
    if (kernels->library != NULL) (void)cudaLibraryUnload(kernels->library);
    kernels->library = NULL;
}

/* ---------------------------------------------------------------- launches */

size_t fused_cuda_runs_in_flight(const fused_cuda_kernels *k) {
    return 2 * (size_t)(k->train_blocks[k->train_warps] * k->train_warps) * (size_t)k->n_sms;
}

gt_status fused_cuda_train(const fused_cuda_kernels *k, const fused_train_args *args, cudaStream_t stream) {
    const size_t warps = ((size_t)args->n_runs + 1) / 2;
    int w = 1; /* small blocks spread few runs over the multiprocessors */
    while (w < k->train_warps && (size_t)k->train_blocks[w] * (size_t)k->n_sms * (size_t)w < warps) w++;
    const dim3 grid = {(unsigned)((warps + (size_t)w - 1) / (size_t)w), 1, 1}, block = {(unsigned)(32 * w), 1, 1};
    void *arguments[] = {(void *)args};
    CUDA_TRY(cudaLaunchKernel(k->train, grid, block, arguments, (size_t)w * 2 * gan_shared_bytes(&k->shape), stream));
    return GT_OK;
}

gt_status fused_cuda_evaluate(const fused_cuda_kernels *k, const fused_evaluate_args *args, int blocks, cudaStream_t stream) {
    const dim3 grid = {(unsigned)blocks, 1, 1}, block = {FUSED_EVALUATE_THREADS, 1, 1};
    void *arguments[] = {(void *)args};
    CUDA_TRY(cudaLaunchKernel(k->evaluate, grid, block, arguments, (size_t)fused_evaluate_shared_bytes(&k->shape), stream));
    return GT_OK;
}
