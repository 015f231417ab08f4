/* The trainer: checks arguments, chooses the engine, and asks it. Scores of runs on the CPU are here because they need only
 * points and logits. */
#include "core/trainer.h"

#include "core/devices.h"
#include "core/metrics.h"
#include "core/settings.h"
#include "core/spec.h"
#include "core/status.h"
#include "core/target_list.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SAMPLES = 10000, DEFAULT_ACCURACY_SAMPLES = 100, DEFAULT_ENERGY_SAMPLES = 1000, MAX_ROWS = 1 << 24 };

static gt_status check_options(size_t n_settings, const gt_trainer_options *options) {
    if (options->n_runs < 1) return gt_fail(GT_ERR_ARGUMENT, "0 runs; a trainer takes 1 or more");
    if (options->n_runs > SIZE_MAX / n_settings)
        return gt_fail(GT_ERR_ARGUMENT, "%zu settings of %zu runs each; they are too many to count", n_settings,
                       options->n_runs);
    if (options->n_threads < 0)
        return gt_fail(GT_ERR_ARGUMENT, "%d threads; it takes 1 or more, or 0 for one a processor", options->n_threads);
    return GT_OK;
}

static gt_status check_settings(const gt_spec *settings, size_t n_settings) {
    if (n_settings < 1) return gt_fail(GT_ERR_ARGUMENT, "0 settings; a trainer takes 1 or more");
    GT_TRY(gt_spec_check_recipe(settings));
    GT_TRY(gt_target_check(&settings->target));
    for (size_t s = 1; s < n_settings; s++) {
        GT_TRY(gt_spec_check_recipe(&settings[s]));
        GT_TRY(gt_settings_check(settings, &settings[s], s));
    }
    return GT_OK;
}

/* Copies of the settings, and of the caller's points or images in their place. */
static gt_status own_settings(gt_trainer *trainer, const gt_spec *given) {
    const gt_target_spec *target = &given->target;
    const size_t bytes = gt_target_data_bytes(target);
    void *data = NULL;
    trainer->settings = calloc(trainer->n_settings, sizeof *trainer->settings);
    if (trainer->settings == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu settings", trainer->n_settings);
    if (bytes > 0) {
        data = malloc(bytes);
        if (data == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu points", target->n_points);
        memcpy(data, gt_target_data(target), bytes);
    }
    for (size_t s = 0; s < trainer->n_settings; s++) {
        trainer->settings[s] = given[s];
        gt_target_set_data(&trainer->settings[s].target, data);
    }
    return GT_OK;
}

gt_status gt_trainer_create_settings(const gt_spec *settings, size_t n_settings, const gt_trainer_options *options,
                                     gt_trainer **out) {
    GT_TRY(check_settings(settings, n_settings));
    GT_TRY(check_options(n_settings, options));
    gt_trainer *trainer = calloc(1, sizeof *trainer);
    if (trainer == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a trainer");
    trainer->n_settings = n_settings;
    trainer->n_seeds = options->n_runs;
    trainer->n_runs = n_settings * options->n_runs;
    trainer->first_seed = options->first_seed;
    gt_status status;
    GT_TRY_GOTO(own_settings(trainer, settings), cleanup);
    GT_TRY_GOTO(gt_target_model_create(trainer->settings, &trainer->target), cleanup);
    GT_TRY_GOTO(gt_engine_create(trainer->settings, n_settings, trainer->target, options, &trainer->engine), cleanup);
    *out = trainer;

cleanup:
    if (status != GT_OK) gt_trainer_destroy(trainer);
    return status;
}

gt_status gt_trainer_create(const gt_spec *spec, const gt_trainer_options *options, gt_trainer **out) {
    return gt_trainer_create_settings(spec, 1, options, out);
}

void gt_trainer_destroy(gt_trainer *trainer) {
    if (trainer == NULL) return;
    if (trainer->engine != NULL) trainer->engine->ops->destroy(trainer->engine);
    gt_target_model_destroy(trainer->target);
    if (trainer->settings != NULL) free((void *)gt_target_data(&trainer->settings->target));
    free(trainer->settings);
    free(trainer);
}

gt_trainer_info gt_trainer_get_info(const gt_trainer *trainer) {
    const gt_engine *engine = trainer->engine;
    return (gt_trainer_info){
        .engine = engine->ops->engine,
        .device = engine->ops->device,
        .isa = engine->isa,
        .why = engine->why,
        .n_threads = engine->n_threads,
        .n_gpus = engine->n_gpus,
        .n_runs = trainer->n_runs,
        .n_settings = trainer->n_settings,
        .first_seed = trainer->first_seed,
        .iteration = trainer->iteration,
        .state_bytes_per_run = engine->state_bytes_per_run,
    };
}

const gt_spec *gt_trainer_get_spec(const gt_trainer *trainer) { return trainer->settings; }

const gt_spec *gt_trainer_get_setting(const gt_trainer *trainer, size_t run) {
    return run < trainer->n_runs ? gt_trainer_setting_of(trainer, run) : NULL;
}

gt_status gt_trainer_advance(gt_trainer *trainer, uint64_t n_iterations) {
    if (n_iterations > GT_MAX_ITERATIONS - trainer->iteration)
        return gt_fail(GT_ERR_ARGUMENT, "%llu iterations more after %llu; a run has at most %llu",
                       (unsigned long long)n_iterations, (unsigned long long)trainer->iteration,
                       (unsigned long long)GT_MAX_ITERATIONS);
    GT_TRY(trainer->engine->ops->advance(trainer->engine, n_iterations));
    trainer->iteration += n_iterations;
    return GT_OK;
}

static gt_status check_run(const gt_trainer *trainer, size_t run) {
    if (run >= trainer->n_runs)
        return gt_fail(GT_ERR_ARGUMENT, "run %zu; this trainer has runs 0 to %zu", run, trainer->n_runs - 1);
    return GT_OK;
}

static gt_status check_rows(size_t n) {
    if (n < 1 || n > MAX_ROWS) return gt_fail(GT_ERR_ARGUMENT, "%zu rows; it takes 1 to %d", n, MAX_ROWS);
    return GT_OK;
}

static gt_status check_one_net(gt_net net) {
    if (net != GT_DISCRIMINATOR && net != GT_GENERATOR)
        return gt_fail(GT_ERR_ARGUMENT, "net %d; it takes GT_DISCRIMINATOR or GT_GENERATOR", (int)net);
    return GT_OK;
}

/* ---------------------------------------------------------------- scores and samples */

/* Room for the scores of one run. */
typedef struct {
    float *generated, *real; /* [n, X] */
    float *logits;           /* [n_accuracy] */
    void *metrics;
} score_room;

static score_room room_in(char *memory, size_t n, size_t n_columns) {
    score_room room = {.metrics = memory};
    room.generated = (float *)(memory + gt_metrics_scratch_bytes(n));
    room.real = room.generated + n_columns * n;
    room.logits = room.real + n_columns * n;
    return room;
}

static size_t room_bytes(size_t n, size_t n_columns) {
    return (gt_metrics_scratch_bytes(n) + (2 * n_columns + 1) * n * sizeof(float) + 63) / 64 * 64;
}

/* Share of the first n points that D takes for real, or for generated. */
static double accuracy(const gt_trainer *trainer, size_t run, const float *points, size_t n, bool real, float *logits) {
    gt_engine *host = trainer->engine->host;
    const float threshold = gt_spec_threshold(gt_trainer_setting_of(trainer, run));
    size_t right = 0;
    host->ops->forward(host, run, GT_DISCRIMINATOR, points, n, logits);
    for (size_t k = 0; k < n; k++) right += (logits[k] > threshold) == real;
    return (double)right / (double)n;
}

/* All of a row that is known without scoring. */
static void begin_row(const gt_trainer *trainer, size_t run, const gt_evaluate_options *options, gt_metrics *row) {
    const gt_engine *engine = trainer->engine;
    const gt_run_counters counters = engine->ops->get_counters(engine, run);
    *row = (gt_metrics){
        .iteration = trainer->iteration,
        .diverged = counters.diverged,
        .diverged_at = counters.diverged_at,
        .d_loss_real = counters.diverged ? (double)NAN : counters.last_losses[0],
        .d_loss_fake = counters.diverged ? (double)NAN : counters.last_losses[1],
        .g_loss = counters.diverged ? (double)NAN : counters.last_losses[2],
        .n_accuracy = options->n_accuracy,
    };
    gt_metrics_begin(trainer->target, (size_t)options->n_samples, (size_t)options->n_energy, row);
}

/* Of these n_energy points are enough. */
static bool judged_by_energy(gt_target_kind kind) { return kind == GT_TARGET_CURVE || kind == GT_TARGET_DATA; }

static void score_run(gt_trainer *trainer, size_t run, const gt_evaluate_options *options, score_room room, gt_metrics *row) {
    gt_engine *host = trainer->engine->host;
    const size_t n_accuracy = (size_t)options->n_accuracy, n_energy = (size_t)options->n_energy;
    if (row->diverged) return;
    const size_t n_real = n_energy > n_accuracy ? n_energy : n_accuracy;
    const size_t n = judged_by_energy(trainer->target->kind) ? n_real : (size_t)options->n_samples;
    host->ops->real(host, run, GT_STREAM_EVAL_REAL, GT_STREAM_EVAL_NOISE, trainer->iteration, n_real, room.real);
    host->ops->generate(host, run, GT_STREAM_EVAL_LATENTS, trainer->iteration, n, room.generated);
    row->acc_real = accuracy(trainer, run, room.real, n_accuracy, true, room.logits);
    row->acc_fake = accuracy(trainer, run, room.generated, n_accuracy, false, room.logits);
    gt_target_to_data(trainer->target, room.real, n_real);
    gt_target_to_data(trainer->target, room.generated, n);
    gt_metrics_score(trainer->target, room.generated, n, room.real, n_energy, room.metrics, row);
}

static int min_int(int a, int b) { return a < b ? a : b; }

gt_status gt_trainer_evaluate(gt_trainer *trainer, const gt_evaluate_options *given, gt_metrics *rows) {
    gt_evaluate_options options = given != NULL ? *given : (gt_evaluate_options){0};
    if (options.n_samples == 0) options.n_samples = DEFAULT_SAMPLES;
    if (options.n_accuracy == 0) options.n_accuracy = min_int(DEFAULT_ACCURACY_SAMPLES, options.n_samples);
    if (options.n_energy == 0 && judged_by_energy(trainer->target->kind))
        options.n_energy = min_int(DEFAULT_ENERGY_SAMPLES, options.n_samples);
    if (options.n_samples < 0 || options.n_samples > MAX_ROWS)
        return gt_fail(GT_ERR_ARGUMENT, "%d samples to score; it takes 1 to %d", options.n_samples, MAX_ROWS);
    if (options.n_accuracy < 0 || options.n_accuracy > options.n_samples)
        return gt_fail(GT_ERR_ARGUMENT, "%d samples for the accuracies; it takes 1 to the %d that are scored",
                       options.n_accuracy, options.n_samples);
    if (options.n_energy < 0 || options.n_energy > options.n_samples)
        return gt_fail(GT_ERR_ARGUMENT, "%d samples for the energy distance; it takes 0 to the %d that are scored",
                       options.n_energy, options.n_samples);
    gt_engine *engine = trainer->engine;
    for (size_t run = 0; run < trainer->n_runs; run++) begin_row(trainer, run, &options, &rows[run]);
    if (engine->ops->evaluate != NULL) return engine->ops->evaluate(engine, trainer->iteration, &options, rows);
    GT_TRY(gt_engine_fetch(engine, 0, trainer->n_runs, false));
    const int n_threads = engine->n_threads;
    const size_t n = (size_t)options.n_samples, n_columns = (size_t)trainer->target->n_columns;
    const size_t bytes = room_bytes(n, n_columns);
    char *memory = aligned_alloc(64, (size_t)n_threads * bytes);
    if (memory == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory to score %d samples in %d threads", options.n_samples, n_threads);
#pragma omp parallel for schedule(dynamic) num_threads(n_threads) if (trainer->n_runs > 1)
    for (size_t run = 0; run < trainer->n_runs; run++)
        score_run(trainer, run, &options, room_in(memory + (size_t)omp_get_thread_num() * bytes, n, n_columns), &rows[run]);
    free(memory);
    return GT_OK;
}

gt_status gt_trainer_evaluation_points(gt_trainer *trainer, size_t run, size_t n, float *real, float *generated) {
    gt_engine *engine = trainer->engine->host;
    GT_TRY(check_run(trainer, run));
    GT_TRY(check_rows(n));
    GT_TRY(gt_engine_fetch(trainer->engine, run, 1, false));
    if (real != NULL) {
        engine->ops->real(engine, run, GT_STREAM_EVAL_REAL, GT_STREAM_EVAL_NOISE, trainer->iteration, n, real);
        gt_target_to_data(trainer->target, real, n);
    }
    if (generated != NULL) {
        engine->ops->generate(engine, run, GT_STREAM_EVAL_LATENTS, trainer->iteration, n, generated);
        gt_target_to_data(trainer->target, generated, n);
    }
    return GT_OK;
}

gt_status gt_trainer_sample(gt_trainer *trainer, size_t run, uint32_t draw, size_t n, float *out) {
    gt_engine *engine = trainer->engine->host;
    GT_TRY(check_run(trainer, run));
    GT_TRY(check_rows(n));
    GT_TRY(gt_engine_fetch(trainer->engine, run, 1, false));
    if (draw > UINT32_MAX - GT_STREAM_SAMPLE_LATENTS)
        return gt_fail(GT_ERR_ARGUMENT, "draw %u; it takes 0 to %u", draw, UINT32_MAX - GT_STREAM_SAMPLE_LATENTS);
    engine->ops->generate(engine, run, GT_STREAM_SAMPLE_LATENTS + draw, trainer->iteration, n, out);
    gt_target_to_data(trainer->target, out, n);
    return GT_OK;
}

gt_status gt_trainer_draw(gt_trainer *trainer, size_t run, gt_draw what, uint32_t index, size_t n, float *out) {
    gt_engine *engine = trainer->engine->host;
    GT_TRY(check_run(trainer, run));
    GT_TRY(check_rows(n));
    switch (what) {
    case GT_DRAW_REAL:
        engine->ops->real(engine, run, GT_STREAM_DRAW_REAL, GT_STREAM_DRAW_NOISE, index, n, out);
        return GT_OK;
    case GT_DRAW_UNIFORM:
        engine->ops->uniforms(engine, run, GT_STREAM_DRAW_UNIFORM, index, n * (size_t)trainer->target->n_columns, out);
        return GT_OK;
    case GT_DRAW_LATENTS:
        engine->ops->latents(engine, run, GT_STREAM_DRAW_LATENTS, index, n, out);
        return GT_OK;
    }
    return gt_fail(GT_ERR_ARGUMENT, "draw %d is not one of gt_draw", (int)what);
}

void gt_trainer_to_data(const gt_trainer *trainer, float *points, size_t n) { gt_target_to_data(trainer->target, points, n); }

/* ---------------------------------------------------------------- state */

static gt_status check_part(const gt_trainer *trainer, size_t run, gt_net net, gt_state_part part) {
    GT_TRY(check_run(trainer, run));
    GT_TRY(check_one_net(net));
    const gt_state_part last = gt_spec_last_part(trainer->settings, net);
    if ((unsigned)part > (unsigned)last)
        return gt_fail(GT_ERR_ARGUMENT, "state part %d; this net has GT_WEIGHTS to %s", (int)part,
                       last == GT_EMA ? "GT_EMA" : "GT_ADAM_V");
    return GT_OK;
}

gt_status gt_trainer_get_state(const gt_trainer *trainer, size_t run, gt_net net, gt_state_part part, float *out) {
    GT_TRY(check_part(trainer, run, net, part));
    GT_TRY(gt_engine_fetch(trainer->engine, run, 1, false));
    trainer->engine->host->ops->get_state(trainer->engine->host, run, net, part, out);
    return GT_OK;
}

gt_status gt_trainer_set_state(gt_trainer *trainer, size_t run, gt_net net, gt_state_part part, const float *in) {
    GT_TRY(check_part(trainer, run, net, part));
    GT_TRY(gt_engine_fetch(trainer->engine, run, 1, true));
    trainer->engine->host->ops->set_state(trainer->engine->host, run, net, part, in);
    return GT_OK;
}

uint64_t gt_trainer_adam_steps(const gt_trainer *trainer, size_t run, gt_net net) {
    if (run >= trainer->n_runs) return 0;
    const gt_run_counters counters = trainer->engine->ops->get_counters(trainer->engine, run);
    return net == GT_DISCRIMINATOR ? counters.d_steps : counters.g_steps;
}

/* ---------------------------------------------------------------- one net on a given batch */

static gt_status check_batch(const gt_trainer *trainer, size_t run, gt_net net, const float *y, size_t n) {
    GT_TRY(check_run(trainer, run));
    GT_TRY(check_rows(n));
    if (net != GT_DISCRIMINATOR && net != GT_GAN)
        return gt_fail(GT_ERR_ARGUMENT, "only GT_DISCRIMINATOR and GT_GAN have a loss; the generator learns through GT_GAN");
    for (size_t k = 0; k < n; k++)
        if (!(y[k] >= 0 && y[k] <= 1)) return gt_fail(GT_ERR_ARGUMENT, "label %g in row %zu; it takes 0 to 1", (double)y[k], k);
    return GT_OK;
}

static gt_status check_inputs(const gt_trainer *trainer, gt_net net, const float *x, size_t n) {
    const size_t width = (size_t)gt_net_inputs(gt_spec_net(trainer->settings, net == GT_DISCRIMINATOR ? net : GT_GENERATOR));
    for (size_t k = 0; k < n * width; k++)
        if (!isfinite(x[k]))
            return gt_fail(GT_ERR_ARGUMENT, "value %g in row %zu; it takes finite numbers", (double)x[k], k / width);
    return GT_OK;
}

static gt_batch_result result_of(const gt_trainer *trainer, size_t run, gt_net net, const float *logits, const float *y,
                                 size_t n) {
    const gt_engine *engine = trainer->engine->host;
    gt_batch_result result = {.loss = engine->ops->loss(engine, net, logits, y, n)};
    const float threshold = gt_spec_threshold(gt_trainer_setting_of(trainer, run));
    size_t right = 0;
    for (size_t k = 0; k < n; k++) right += (logits[k] > threshold) == (y[k] > 0.5f);
    result.accuracy = (double)right / (double)n;
    return result;
}

gt_status gt_trainer_train_on_batch(gt_trainer *trainer, size_t run, gt_net net, const float *x, const float *y, size_t n,
                                    gt_batch_result *result) {
    gt_engine *engine = trainer->engine->host;
    GT_TRY(check_batch(trainer, run, net, y, n));
    GT_TRY(check_inputs(trainer, net, x, n));
    GT_TRY(gt_engine_fetch(trainer->engine, run, 1, true));
    if (engine->ops->get_counters(engine, run).diverged)
        return gt_fail(GT_ERR_ARGUMENT, "run %zu has diverged and is frozen", run);
    GT_TRY(engine->ops->reserve_batch(engine, n));
    float *logits = malloc(n * sizeof *logits);
    if (logits == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a batch of %zu", n);
    engine->ops->train_on_batch(engine, run, net, x, y, n, logits);
    if (result != NULL) *result = result_of(trainer, run, net, logits, y, n);
    free(logits);
    return GT_OK;
}

gt_status gt_trainer_evaluate_on_batch(gt_trainer *trainer, size_t run, gt_net net, const float *x, const float *y, size_t n,
                                       gt_batch_result *result) {
    gt_engine *engine = trainer->engine->host;
    GT_TRY(check_batch(trainer, run, net, y, n));
    GT_TRY(gt_engine_fetch(trainer->engine, run, 1, false));
    float *logits = malloc(n * sizeof *logits);
    if (logits == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a batch of %zu", n);
    engine->ops->forward(engine, run, net, x, n, logits);
    *result = result_of(trainer, run, net, logits, y, n);
    free(logits);
    return GT_OK;
}

gt_status gt_trainer_predict(gt_trainer *trainer, size_t run, gt_net net, const float *x, size_t n, float *out) {
    gt_engine *engine = trainer->engine->host;
    GT_TRY(check_run(trainer, run));
    GT_TRY(check_rows(n));
    GT_TRY(gt_engine_fetch(trainer->engine, run, 1, false));
    if ((unsigned)net > GT_GAN) return gt_fail(GT_ERR_ARGUMENT, "net %d is not one of gt_net", (int)net);
    engine->ops->forward(engine, run, net, x, n, out);
    if (net != GT_GENERATOR && (trainer->settings->loss == GT_BCE || trainer->settings->loss == GT_MINIMAX))
        engine->ops->sigmoid(engine, out, n);
    return GT_OK;
}
