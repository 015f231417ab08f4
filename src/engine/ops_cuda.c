/* The operations on a GPU: memory, records, draws, loss, Adam. ops_cuda_dense.c has the layers, ops_cuda_graph.c the graph. */
#include "engine/ops_cuda.h"

#include "engine/cuda_try.h"

#include <stdlib.h>

static ops_cuda *cuda_of(ops_device *device) { return (ops_cuda *)device; }

gt_status ops_cuda_launch(const ops_cuda *device, const void *kernel, size_t blocks, const void *args) {
    const dim3 grid = {(unsigned)(blocks * device->base.n_runs), 1, 1}, block = {LAYERED_THREADS, 1, 1};
    void *arguments[] = {(void *)args};
    CUDA_TRY(cudaLaunchKernel(kernel, grid, block, arguments, 0, device->stream));
    return GT_OK;
}

/* ---------------------------------------------------------------- memory */

/* What an operation may need of a product. */
static bool needs_products(const ops_plan *plan) {
    for (int net = LAYERED_D; net <= LAYERED_G; net++)
        for (int l = 0; l < plan->net[net].n_layers; l++) {
            const ops_layer *layer = &plan->net[net].layer[l];
            if (layer->n_in >= OPS_CUDA_WIDE && layer->n_out >= OPS_CUDA_WIDE) return true;
        }
    return false;
}

static size_t table_bytes(const gt_target_model *model) {
    const size_t values = (size_t)model->n * (size_t)model->n_columns;
    return model->table == NULL ? 0 : values * (model->draw == FUSED_CURVE ? 4 : 1) * sizeof(float);
}

static size_t pixel_bytes(const gt_target_model *model) {
    return model->pixels == NULL ? 0 : (size_t)model->n * (size_t)model->n_columns;
}

size_t ops_cuda_bytes(const ops_plan *plan, size_t n_settings, ops_cuda_options options) {
    size_t a_run = sizeof(layered_run) + sizeof(layered_ticket);
    for (int net = LAYERED_D; net <= LAYERED_G; net++)
        a_run += (ops_cuda_floats(plan, net) + plan->net[net].stride) * sizeof(float);
    return plan->n_runs * a_run + n_settings * sizeof(layered_setting) + table_bytes(plan->model) + pixel_bytes(plan->model) +
           (needs_products(plan) && !options.own_products ? ops_products_bytes() : 0) +
           (options.rng == GT_RNG_CURAND ? ops_numbers_bytes(plan) : 0);
}

/* Memory for n things, all 0, or copies of those on the host. */
static gt_status allocate(const ops_cuda *device, size_t bytes, const void *from, void *out) {
    void *memory;
    if (bytes == 0) return GT_OK;
    CUDA_TRY(cudaMalloc(&memory, bytes));
    *(void **)out = memory;
    if (from != NULL)
        CUDA_TRY(cudaMemcpyAsync(memory, from, bytes, cudaMemcpyHostToDevice, device->stream));
    else
        CUDA_TRY(cudaMemsetAsync(memory, 0, bytes, device->stream));
    return GT_OK;
}

static gt_status allocate_all(ops_cuda *device, const layered_setting *settings, size_t n_settings) {
    const ops_plan *plan = device->base.plan;
    const size_t n_runs = plan->n_runs;
    GT_TRY(allocate(device, n_runs * sizeof *device->runs, NULL, &device->runs));
    GT_TRY(allocate(device, n_runs * sizeof *device->tickets, NULL, &device->tickets));
    GT_TRY(allocate(device, n_settings * sizeof *settings, settings, &device->settings));
    for (int net = LAYERED_D; net <= LAYERED_G; net++) {
        GT_TRY(allocate(device, n_runs * ops_cuda_floats(plan, net) * sizeof(float), NULL, &device->state[net]));
        GT_TRY(allocate(device, n_runs * plan->net[net].stride * sizeof(float), NULL, &device->gradient[net]));
    }
    GT_TRY(allocate(device, table_bytes(plan->model), plan->model->table, &device->table));
    GT_TRY(allocate(device, pixel_bytes(plan->model), plan->model->pixels, &device->pixels));
    device->seeds = calloc(n_runs, sizeof *device->seeds);
    if (device->seeds == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu runs", n_runs);
    CUDA_TRY(cudaStreamSynchronize(device->stream)); /* what was copied may go */
    return GT_OK;
}

gt_status ops_cuda_create(const ops_plan *plan, const layered_setting *settings, size_t n_settings, ops_cuda_options options,
                          ops_cuda **out) {
    ops_cuda *device = calloc(1, sizeof *device);
    if (device == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a GPU's operations");
    device->base = (ops_device){&ops_cuda_table, plan, plan->n_runs};
    device->options = options;
    gt_status status;
    GT_TRY_GOTO(GT_CUDA_STATUS(cudaStreamCreateWithFlags(&device->stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags"),
                cleanup);
    if (needs_products(plan) && !options.own_products)
        GT_TRY_GOTO(ops_products_create(options.precision, device->stream, &device->products), cleanup);
    if (options.rng == GT_RNG_CURAND) GT_TRY_GOTO(ops_numbers_create(plan, device->stream, &device->numbers), cleanup);
    GT_TRY_GOTO(allocate_all(device, settings, n_settings), cleanup);
cleanup:
    if (status == GT_OK)
        *out = device;
    else
        ops_cuda_destroy(device);
    return status;
}

void ops_cuda_destroy(ops_cuda *device) {
    if (device == NULL) return;
    if (device->stream != NULL) (void)cudaStreamSynchronize(device->stream);
    ops_cuda_forget_graph(device);
    ops_products_destroy(device->products);
    ops_numbers_destroy(device->numbers);
    for (int i = 0; i < OPS_CUDA_MAX_MASKS; i++) (void)cudaFree(device->masks[i].bits);
    void *const memory[] = {device->runs,        device->tickets,     device->settings, device->state[0], device->state[1],
                            device->gradient[0], device->gradient[1], device->table,    device->pixels};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) (void)cudaFree(memory[i]);
    if (device->stream != NULL) (void)cudaStreamDestroy(device->stream);
    free(device->seeds);
    free(device);
}

/* ---------------------------------------------------------------- records */

gt_status ops_cuda_write_runs(ops_cuda *device, size_t first, size_t n, const layered_run *runs) {
    for (size_t r = 0; r < n; r++) {
        device->seeds[first + r] = runs[r].seed;
        if (!runs[r].diverged) device->iteration = runs[r].iteration;
    }
    if (device->numbers != NULL) ops_numbers_forget(device->numbers);
    CUDA_TRY(cudaMemcpyAsync(device->runs + first, runs, n * sizeof *runs, cudaMemcpyHostToDevice, device->stream));
    CUDA_TRY(cudaStreamSynchronize(device->stream));
    return GT_OK;
}

gt_status ops_cuda_read_runs(ops_cuda *device, size_t first, size_t n, layered_run *runs) {
    CUDA_TRY(cudaMemcpyAsync(runs, device->runs + first, n * sizeof *runs, cudaMemcpyDeviceToHost, device->stream));
    CUDA_TRY(cudaStreamSynchronize(device->stream));
    return GT_OK;
}

/* ---------------------------------------------------------------- operations */

static gt_status real(ops_device *base, uint64_t first, int n, ops_array out) {
    const ops_cuda *device = cuda_of(base);
    const ops_plan *plan = base->plan;
    const int width = plan->net[LAYERED_D].layer[0].n_in;
    const size_t blocks = ((size_t)n * (size_t)width + LAYERED_ELEMENTS - 1) / LAYERED_ELEMENTS;
    layered_real_args args = {.runs = ops_cuda_runs(device, blocks),
                              .target = plan->recipe.target,
                              .target_noise = plan->recipe.target_noise,
                              .numbers = plan->target,
                              .table = device->table,
                              .pixels = device->pixels,
                              .n_rows = plan->model->n,
                              .scale = plan->pixel_scale,
                              .offset = plan->pixel_offset,
                              .first = first,
                              .n = n,
                              .width = width,
                              .out = out.at,
                              .stride = out.stride};
    if (device->numbers != NULL) args.drawn = ops_numbers_words(device->numbers);
    return ops_cuda_launch(device, gt_layered_kernels.real, blocks, &args);
}

static gt_status latents(ops_device *base, uint32_t stream, uint64_t first, int n, ops_array out) {
    const ops_cuda *device = cuda_of(base);
    const size_t width = (size_t)base->plan->net[LAYERED_G].layer[0].n_in;
    const uint64_t from = first * width, to = (first + (uint64_t)n) * width;
    const size_t quads = (size_t)((to + 3) / 4 - from / 4), blocks = (quads + LAYERED_THREADS - 1) / LAYERED_THREADS;
    layered_latents_args args = {.runs = ops_cuda_runs(device, blocks),
                                 .kind = base->plan->recipe.noise,
                                 .stream = stream,
                                 .first = from,
                                 .n = to - from,
                                 .out = out.at,
                                 .stride = out.stride};
    if (device->numbers != NULL) args.drawn = ops_numbers_latents(device->numbers, stream, &args.held);
    return ops_cuda_launch(device, gt_layered_kernels.latents, blocks, &args);
}

static gt_status loss(ops_device *base, const ops_loss *of, ops_array z, ops_array dz) {
    const ops_cuda *device = cuda_of(base);
    const layered_loss_args args = {.runs = ops_cuda_runs(device, 1),
                                    .loss = base->plan->recipe.loss,
                                    .role = of->role,
                                    .n = of->n,
                                    .n_mean = of->n_mean,
                                    .labels = of->labels,
                                    .z = z.at,
                                    .dz = dz.at,
                                    .z_stride = z.stride,
                                    .dz_stride = dz.stride};
    return ops_cuda_launch(device, gt_layered_kernels.loss, 1, &args);
}

static gt_status adam(ops_device *base, gt_net net) {
    const ops_cuda *device = cuda_of(base);
    const ops_plan *plan = base->plan;
    const size_t stride = plan->net[net].stride, quads = stride / 4, blocks = (quads + LAYERED_THREADS - 1) / LAYERED_THREADS;
    const layered_adam_args args = {.runs = ops_cuda_runs(device, blocks),
                                    .tickets = device->tickets,
                                    .recipe = plan->recipe,
                                    .net = (int)net,
                                    .state = device->state[net],
                                    .gradient = device->gradient[net],
                                    .run_stride = ops_cuda_floats(plan, (int)net),
                                    .stride = stride};
    return ops_cuda_launch(device, gt_layered_kernels.adam, blocks, &args);
}

static gt_status finish(ops_device *base) {
    const ops_cuda *device = cuda_of(base);
    const layered_finish_args args = {.runs = ops_cuda_runs(device, 1), .n_runs = (uint32_t)base->n_runs};
    const dim3 grid = {(unsigned)((base->n_runs + LAYERED_THREADS - 1) / LAYERED_THREADS), 1, 1},
               block = {LAYERED_THREADS, 1, 1};
    void *arguments[] = {(void *)&args};
    CUDA_TRY(cudaLaunchKernel(gt_layered_kernels.finish, grid, block, arguments, 0, device->stream));
    return GT_OK;
}

const ops_table ops_cuda_table = {
    .device = "cuda",
    .real = real,
    .latents = latents,
    .dense = ops_cuda_dense,
    .loss = loss,
    .dense_backward = ops_cuda_dense_backward,
    .adam = adam,
    .finish = finish,
    .repeat = ops_cuda_repeat,
};
