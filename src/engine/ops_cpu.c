/* The operations on the CPU. Matrix products are cut into tiles by their shape alone, and each tile is one product of OpenBLAS
 * on one thread: so results do not depend on the number of threads. What follows a product (bias and activation, or the
 * derivative) is done on the tile while it is in the cache. */
#include "engine/ops_cpu.h"

#include "core/status.h"

#include <cblas.h>
#include <math.h>
#include <stdalign.h>

enum { TILE_COLUMNS = 256, TILE_ROWS = 512, TILE_UNIT = 16, CHUNK = 16384 };

static ops_cpu *cpu_of(ops_device *device) { return (ops_cpu *)device; }

static const ops_layer *layer_of(const ops_cpu *device, gt_net net, int layer) {
    return &device->base.plan->net[net].layer[layer];
}

static float *state_of(const ops_cpu *device, size_t run, gt_net net, gt_state_part part) {
    const ops_plan *plan = device->base.plan;
    const size_t stride = plan->net[net].stride;
    return device->state[net] + (run * ops_cpu_parts(plan, (int)net) + (size_t)part) * stride;
}

static float *gradient_of(const ops_cpu *device, size_t run, gt_net net) {
    return device->gradient[net] + run * device->base.plan->net[net].stride;
}

static float *rows_of(ops_array array, size_t run) { return array.at + run * array.stride; }

static float slope_of(const ops_cpu *device, size_t run, gt_net net) {
    const fused_hyper *hyper = &device->settings[device->runs[run].setting].hyper;
    return net == GT_GENERATOR ? hyper->g_slope : hyper->d_slope;
}

/* ---------------------------------------------------------------- tiles */

/* How many parts of at most `most` numbers, an even number of them, since two threads are common. */
static int parts_of(int n, int most) {
    const int parts = (n + most - 1) / most;
    return parts > 1 ? (parts + 1) / 2 * 2 : n >= most / 2 ? 2 : 1;
}

typedef struct {
    int from, n;
} range;

/* Part k of n numbers; all begin at a multiple of TILE_UNIT. */
static range part_of(int n, int parts, int k) {
    const int each = ((n + parts - 1) / parts + TILE_UNIT - 1) / TILE_UNIT * TILE_UNIT;
    const int from = k * each < n ? k * each : n, to = from + each < n ? from + each : n;
    return (range){from, to - from};
}

/* Whether a product is worth a second thread: some 30 us of one. */
static bool is_large(int n, int n_in, int n_out) { return (double)n * n_in * n_out > 1 << 21; }

typedef struct {
    int rows, columns; /* numbers of parts */
} tiling;

static tiling tiling_of(int rows, int columns) {
    return (tiling){(rows + TILE_ROWS - 1) / TILE_ROWS, parts_of(columns, TILE_COLUMNS)};
}

/* ---------------------------------------------------------------- dense */

typedef struct {
    const float *x, *w, *b;
    float *y;
    int n, n_in, n_out;
    gt_activation activation;
    float slope;
} dense_product;

static void dense_tile(const layered_loops *loops, const dense_product *p, range rows, range out) {
    float *y = p->y + (size_t)rows.from * (size_t)p->n_out + out.from;
    if (rows.n == 0 || out.n == 0) return;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows.n, out.n, p->n_in, 1.0f,
                p->x + (size_t)rows.from * (size_t)p->n_in, p->n_in, p->w + (size_t)out.from * (size_t)p->n_in, p->n_in, 0.0f,
                y, p->n_out);
    loops->activate((layered_rows){y, (size_t)rows.n, (size_t)out.n, (size_t)p->n_out}, p->b + out.from, p->activation,
                    p->slope);
}

static gt_status dense(ops_device *base, gt_net net, int layer, bool averaged, int n, ops_array x, ops_array y) {
    const ops_cpu *device = cpu_of(base);
    const ops_layer *l = layer_of(device, net, layer);
    const tiling tiles = tiling_of(n, l->n_out);
    for (size_t r = 0; r < base->n_runs; r++) {
        if (device->runs[r].diverged) continue;
        const float *weights = state_of(device, r, net, averaged ? GT_EMA : GT_WEIGHTS);
        const dense_product p = {rows_of(x, r), weights + l->w, weights + l->b, rows_of(y, r),           n,
                                 l->n_in,       l->n_out,       l->activation,  slope_of(device, r, net)};
#pragma omp parallel for schedule(dynamic) num_threads(device->n_threads) if (is_large(n, l->n_in, l->n_out))
        for (int t = 0; t < tiles.rows * tiles.columns; t++)
            dense_tile(device->isa->loops, &p, part_of(n, tiles.rows, t / tiles.columns),
                       part_of(l->n_out, tiles.columns, t % tiles.columns));
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- dense backward */

typedef struct {
    const float *x, *dy, *w;
    float *dw, *db, *dx; /* dw, dx: NULL where they are not asked for */
    int n, n_in, n_out;
    gt_activation below;
    float slope; /* of the activation below */
} backward_product;

static void weight_gradient_tile(const layered_loops *loops, const backward_product *p, range out) {
    if (out.n == 0) return;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out.n, p->n_in, p->n, 1.0f, p->dy + out.from, p->n_out, p->x, p->n_in,
                0.0f, p->dw + (size_t)out.from * (size_t)p->n_in, p->n_in);
    loops->column_sums((layered_rows){(float *)p->dy + out.from, (size_t)p->n, (size_t)out.n, (size_t)p->n_out},
                       p->db + out.from);
}

static void input_gradient_tile(const layered_loops *loops, const backward_product *p, range rows, range in) {
    const size_t at = (size_t)rows.from * (size_t)p->n_in + (size_t)in.from;
    if (rows.n == 0 || in.n == 0) return;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows.n, in.n, p->n_out, 1.0f,
                p->dy + (size_t)rows.from * (size_t)p->n_out, p->n_out, p->w + in.from, p->n_in, 0.0f, p->dx + at, p->n_in);
    loops->activation_gradient((layered_rows){p->dx + at, (size_t)rows.n, (size_t)in.n, (size_t)p->n_in}, p->x + at, p->below,
                               p->slope);
}

static gt_status dense_backward(ops_device *base, gt_net net, int layer, bool learn, int n, ops_array x, ops_array dy,
                                ops_below below, ops_array dx) {
    const ops_cpu *device = cpu_of(base);
    const ops_layer *l = layer_of(device, net, layer);
    const tiling tiles = tiling_of(n, l->n_in);
    const int n_weights = learn ? parts_of(l->n_out, TILE_COLUMNS) : 0,
              n_inputs = dx.at != NULL ? tiles.rows * tiles.columns : 0;
    for (size_t r = 0; r < base->n_runs; r++) {
        if (device->runs[r].diverged) continue;
        float *gradient = gradient_of(device, r, net);
        const backward_product p = {rows_of(x, r),
                                    rows_of(dy, r),
                                    state_of(device, r, net, GT_WEIGHTS) + l->w,
                                    gradient + l->w,
                                    gradient + l->b,
                                    dx.at != NULL ? rows_of(dx, r) : NULL,
                                    n,
                                    l->n_in,
                                    l->n_out,
                                    below.activation,
                                    slope_of(device, r, below.net)};
#pragma omp parallel for schedule(dynamic) num_threads(device->n_threads) if (is_large(n, l->n_in, l->n_out))
        for (int t = 0; t < n_weights + n_inputs; t++) {
            const int k = t - n_weights;
            if (k < 0)
                weight_gradient_tile(device->isa->loops, &p, part_of(l->n_out, n_weights, t));
            else
                input_gradient_tile(device->isa->loops, &p, part_of(n, tiles.rows, k / tiles.columns),
                                    part_of(l->n_in, tiles.columns, k % tiles.columns));
        }
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- loss, adam */

static void freeze(layered_run *run) {
    run->diverged = 1;
    run->diverged_at = run->iteration;
}

static gt_status loss(ops_device *base, const ops_loss *of, ops_array z, ops_array dz) {
    const ops_cpu *device = cpu_of(base);
    for (size_t r = 0; r < base->n_runs; r++) {
        layered_run *run = &device->runs[r];
        const float label = device->settings[run->setting].hyper.label[of->role];
        double mean;
        if (run->diverged) continue;
        if (device->isa->loops->loss(base->plan->recipe.loss, of->role, label, of->labels, of->n, of->n_mean, rows_of(z, r),
                                     rows_of(dz, r), &mean))
            run->losses[of->role] = mean;
        else
            freeze(run);
    }
    return GT_OK;
}

static gt_status adam(ops_device *base, gt_net net) {
    const ops_cpu *device = cpu_of(base);
    const ops_plan *plan = base->plan;
    const size_t stride = plan->net[net].stride;
    for (size_t r = 0; r < base->n_runs; r++) {
        layered_run *run = &device->runs[r];
        if (run->diverged) continue;
        const layered_setting *setting = &device->settings[run->setting];
        const float size = fused_adam_next_step(&setting->adam[net], &run->powers[net]);
        float *state = state_of(device, r, net, GT_WEIGHTS);
        const float *gradient = gradient_of(device, r, net);
        bool finite = true;
#pragma omp parallel for schedule(static) num_threads(device->n_threads) reduction(&& : finite) if (stride > 4 * CHUNK)
        for (size_t from = 0; from < stride; from += CHUNK)
            finite = device->isa->loops->adam(&plan->recipe, setting, net, run->iteration, size, gradient, from,
                                              from + CHUNK < stride ? from + CHUNK : stride, stride, state) &&
                     finite;
        run->steps[net]++;
        if (!finite) freeze(run);
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- random */

static void draw(const ops_cpu *device, fused_draw kind, uint64_t seed, uint32_t stream, uint64_t iteration, uint64_t first,
                 size_t n, float *out) {
#pragma omp parallel for schedule(static) num_threads(device->n_threads) if (n > CHUNK / 2)
    for (size_t from = 0; from < n; from += CHUNK / 4)
        device->isa->kernels->draw(kind, seed, stream, (uint32_t)iteration, first + from,
                                   n - from < CHUNK / 4 ? n - from : CHUNK / 4, out + from);
}

static void draw_images(const ops_cpu *device, uint64_t seed, uint32_t stream, uint64_t iteration, uint64_t first, size_t n,
                        float *out) {
    const ops_plan *plan = device->base.plan;
    const gt_target_model *model = plan->model;
    const size_t width = (size_t)model->n_columns;
#pragma omp parallel for schedule(static) num_threads(device->n_threads) if (n * width > CHUNK)
    for (size_t from = 0; from < n; from += 16) {
        union {
            float bits[16];
            uint32_t word[16];
        } drawn;
        const size_t count = n - from < 16 ? n - from : 16;
        device->isa->kernels->draw(DRAW_WORD, seed, stream, (uint32_t)iteration, first + from, count, drawn.bits);
        for (size_t k = 0; k < count; k++) {
            const size_t row = (size_t)(((uint64_t)drawn.word[k] * model->n) >> 32);
            device->isa->loops->pixels(model->pixels + row * width, width, plan->pixel_scale, plan->pixel_offset,
                                       out + (from + k) * width);
        }
    }
}

enum { PASS = LANES * MAX_SLOTS, SLACK = 8 * LANES, POINT_FLOATS = FUSED_MAX_COLUMNS * PASS };

void ops_cpu_real(const ops_cpu *device, uint64_t seed, uint32_t stream, uint32_t noise_stream, uint64_t iteration,
                  uint64_t first, size_t n, float *out) {
    alignas(64) float workspace[PASS + 2 * POINT_FLOATS + 3 * SLACK];
    if (device->base.plan->model->pixels != NULL)
        draw_images(device, seed, stream, iteration, first, n, out);
    else
        device->isa->kernels->real(&device->points, seed, stream, noise_stream, (uint32_t)iteration, first, n, out, workspace);
}

static gt_status real(ops_device *base, uint64_t first, int n, ops_array out) {
    const ops_cpu *device = cpu_of(base);
    for (size_t r = 0; r < base->n_runs; r++)
        ops_cpu_real(device, device->runs[r].seed, GT_STREAM_REAL, GT_STREAM_REAL_NOISE, device->runs[r].iteration, first,
                     (size_t)n, rows_of(out, r));
    return GT_OK;
}

static gt_status latents(ops_device *base, uint32_t stream, uint64_t first, int n, ops_array out) {
    const ops_cpu *device = cpu_of(base);
    const size_t width = (size_t)layer_of(device, GT_GENERATOR, 0)->n_in;
    for (size_t r = 0; r < base->n_runs; r++)
        draw(device, (fused_draw)base->plan->recipe.noise, device->runs[r].seed, stream, device->runs[r].iteration,
             first * width, (size_t)n * width, rows_of(out, r));
    return GT_OK;
}

/* ---------------------------------------------------------------- iterations */

static gt_status finish(ops_device *base) {
    for (size_t r = 0; r < base->n_runs; r++)
        if (!cpu_of(base)->runs[r].diverged) cpu_of(base)->runs[r].iteration++;
    return GT_OK;
}

static gt_status repeat(ops_device *base, uint64_t n, gt_status (*iteration)(void *closure), void *closure) {
    bool any = true;
    for (; n > 0 && any; n--) {
        GT_TRY(iteration(closure));
        any = false;
        for (size_t r = 0; r < base->n_runs; r++) any = any || !cpu_of(base)->runs[r].diverged;
    }
    return GT_OK;
}

const ops_table ops_cpu_table = {
    .device = "cpu",
    .real = real,
    .latents = latents,
    .dense = dense,
    .loss = loss,
    .dense_backward = dense_backward,
    .adam = adam,
    .finish = finish,
    .repeat = repeat,
};

/* ---------------------------------------------------------------- views */

ops_cpu ops_cpu_of(const ops_plan *plan, const gt_cpu_isa *isa, const layered_setting *settings, int n_threads) {
    ops_cpu device = {
        .base = {.ops = &ops_cpu_table, .plan = plan, .n_runs = plan->n_runs},
        .isa = isa,
        .settings = settings,
        .points = {.shape = {.recipe = plan->recipe},
                   .target = plan->target,
                   .table = plan->model->table,
                   .n_rows = plan->model->n,
                   .latents = 0,
                   .noise = PASS + SLACK,
                   .points = PASS + POINT_FLOATS + 2 * SLACK},
        .n_threads = n_threads,
    };
    device.points.shape.d.layer[0].n_in = plan->model->n_columns;
    return device;
}

ops_cpu ops_cpu_view(const ops_cpu *all, size_t run, float *gradient) {
    const ops_plan *plan = all->base.plan;
    ops_cpu view = *all;
    view.base.n_runs = 1;
    view.runs += run;
    for (int net = LAYERED_D; net <= LAYERED_G; net++)
        view.state[net] += run * ops_cpu_parts(plan, net) * plan->net[net].stride;
    view.gradient[LAYERED_D] = gradient;
    view.gradient[LAYERED_G] = gradient + plan->net[LAYERED_D].stride;
    return view;
}
