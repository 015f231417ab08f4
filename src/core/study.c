/* Trains a study, block by block. */
#include "core/study.h"

#include "core/clock.h"
#include "core/digest.h"
#include "core/run_state.h"
#include "core/status.h"
#include "core/trainer.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CPU_RUNS = 64,    /* of a block, a thread: the wait for the last one is short, and so is that for first results */
    GPU_RUNS = 65536, /* of a block, a GPU: several times what it trains at once */
    MAX_GROUP = 1024  /* settings in a block */
};
/* Of states in a block, for they are in memory twice while they are saved; wide nets fill a GPU long before. */
static const size_t max_block_bytes = (size_t)1 << 30;
static const double chunk_seconds = 0.05;

/* Of states into a database on a disk, checksums and all. */
static const double bytes_written_a_second = 1e8;

static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }

void gt_study_shard(const gt_study_plan *plan, uint64_t *first, uint64_t *end) {
    const uint64_t share = plan->n_seeds / plan->n_shards, more = plan->n_seeds % plan->n_shards;
    *first = plan->shard * share + min_u64(plan->shard, more);
    *end = *first + share + (plan->shard < more);
}

gt_trainer_options gt_study_trainer_options(const gt_study_plan *plan, const gt_trainer_options *how) {
    gt_trainer_options options = *how;
    options.engine = plan->arithmetic.engine;
    options.precision = plan->arithmetic.precision;
    options.rng = plan->arithmetic.rng;
    return options;
}

/* ---------------------------------------------------------------- blocks */

/* Runs of a block that memory has room for, at least one. */
static size_t runs_that_fit(const gt_spec *spec) {
    const size_t n = max_block_bytes / gt_run_state_bytes(spec);
    return n > 0 ? n : 1;
}

/* Settings that share a trainer, in their order: groups of at most MAX_GROUP, and of what fits. */
typedef struct {
    size_t *settings; /* [n_settings], group after group */
    size_t *sizes;    /* of each group */
    size_t n;
    size_t largest;
    size_t runs_that_fit; /* of the group with the largest nets */
} setting_groups;

static gt_status group_settings(const gt_study_plan *plan, setting_groups *out) {
    const size_t n = plan->n_settings;
    size_t placed = 0;
    *out = (setting_groups){
        .settings = malloc(n * sizeof *out->settings), .sizes = calloc(n, sizeof *out->sizes), .runs_that_fit = SIZE_MAX};
    bool *taken = calloc(n, sizeof *taken);
    if (out->settings == NULL || out->sizes == NULL || taken == NULL) {
        free(taken);
        return gt_fail(GT_ERR_MEMORY, "no memory for %zu settings", n);
    }
    for (size_t first = 0; placed < n; out->n++) {
        size_t *size = &out->sizes[out->n];
        while (taken[first]) first++;
        const size_t fit = runs_that_fit(&plan->settings[first]);
        if (fit < out->runs_that_fit) out->runs_that_fit = fit;
        for (size_t s = first; s < n && *size < MAX_GROUP && *size < fit; s++) {
            if (taken[s] || (s != first && !gt_spec_shares_trainer(&plan->settings[first], &plan->settings[s]))) continue;
            taken[s] = true;
            out->settings[placed++] = s;
            ++*size;
        }
        if (*size > out->largest) out->largest = *size;
    }
    free(taken);
    return GT_OK;
}

static size_t usable_gpus(const gt_trainer_options *how) {
    gt_device_info devices[GT_MAX_GPUS + 8];
    const size_t capacity = sizeof devices / sizeof *devices, n = gt_devices(devices, capacity);
    size_t gpus = 0;
    if (how->device == GT_DEVICE_CPU || how->isa != GT_ISA_AUTO) return 0;
    for (size_t k = 0; k < n && k < capacity; k++) gpus += devices[k].device == GT_DEVICE_CUDA && devices[k].usable;
    return how->n_gpus > 0 && (size_t)how->n_gpus < gpus ? (size_t)how->n_gpus : gpus;
}

/* Seeds of a block. */
static uint64_t block_seeds(const gt_trainer_options *how, const setting_groups *groups) {
    const size_t gpus = usable_gpus(how);
    const size_t threads = (size_t)(how->n_threads > 0 ? how->n_threads : omp_get_num_procs());
    const size_t wanted = gpus > 0 ? gpus * GPU_RUNS : threads * CPU_RUNS;
    const size_t runs = wanted < groups->runs_that_fit ? wanted : groups->runs_that_fit;
    return groups->largest > 0 && runs > groups->largest ? runs / groups->largest : 1;
}

/* ---------------------------------------------------------------- a block */

typedef struct {
    const gt_study_plan *plan;
    const gt_study_options *options;
    const gt_study_sink *sink;
    const gt_study_block *block;
    gt_outcome_rules rules;
    gt_trainer *trainer;
    size_t n_runs;
    gt_metrics *rows;          /* [R], of the last checkpoint */
    gt_judge *judges;          /* [R] */
    bool *converged;           /* [R] */
    uint64_t iteration, chunk; /* iterations that take about chunk_seconds */
    double began, next_save;
} block_work;

static void block_free(block_work *work) {
    gt_trainer_destroy(work->trainer);
    free(work->rows);
    free(work->judges);
    free(work->converged);
}

static gt_status block_trainer(block_work *work) {
    const gt_study_block *block = work->block;
    gt_spec *settings = malloc(block->n_settings * sizeof *settings);
    if (settings == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu settings", block->n_settings);
    for (size_t s = 0; s < block->n_settings; s++) settings[s] = work->plan->settings[block->settings[s]];
    gt_trainer_options options = gt_study_trainer_options(work->plan, &work->options->how);
    options.first_seed = block->first_seed;
    options.n_runs = (size_t)block->n_seeds;
    gt_status status = gt_trainer_create_settings(settings, block->n_settings, &options, &work->trainer);
    free(settings);
    return status;
}

static gt_status load_states(block_work *work) {
    const size_t bytes = gt_run_state_bytes(gt_trainer_get_spec(work->trainer));
    char *states = malloc(work->n_runs * bytes);
    gt_status status = states != NULL ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for %zu states", work->n_runs);
    for (size_t r = 0; status == GT_OK && r < work->n_runs; r++)
        status = work->sink->load(work->sink->context, gt_study_block_run_id(work->plan, work->block, r), states + r * bytes,
                                  bytes, &work->judges[r]);
    if (status == GT_OK) status = gt_run_states_set(work->trainer, work->iteration, states);
    free(states);
    return status;
}

static gt_status save_states(block_work *work) {
    const double began = gt_seconds();
    const size_t bytes = gt_run_state_bytes(gt_trainer_get_spec(work->trainer));
    char *states = malloc(work->n_runs * bytes);
    if (states == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu states", work->n_runs);
    gt_status status = gt_run_states_get(work->trainer, states);
    if (status == GT_OK)
        status = work->sink->save(work->sink->context, work->block, work->iteration, states, bytes);
    else
        free(states);
    /* At most a twentieth of the time goes into it: what it took here, and what writing takes behind the sink. */
    const double now = gt_seconds(), least = work->options->save_seconds;
    const double took = now - began + (double)work->n_runs * (double)bytes / bytes_written_a_second;
    work->next_save = now + (20 * took > least ? 20 * took : least);
    return status;
}

/* Up to the next checkpoint or look at the clock. */
static gt_status advance(block_work *work) {
    const gt_study_plan *plan = work->plan;
    const uint64_t checkpoint = min_u64(plan->iterations, (work->iteration / plan->eval_every + 1) * plan->eval_every);
    const uint64_t n = min_u64(work->chunk, checkpoint - work->iteration);
    const double began = gt_seconds();
    GT_TRY(gt_trainer_advance(work->trainer, n));
    const double took = gt_seconds() - began;
    work->iteration += n;
    if (took < chunk_seconds / 2 && n == work->chunk) work->chunk *= 2;
    if (took > chunk_seconds && work->chunk > 1) work->chunk /= 2;
    return GT_OK;
}

static bool is_checkpoint(const block_work *work) {
    return work->iteration % work->plan->eval_every == 0 || work->iteration == work->plan->iterations;
}

static gt_status evaluate(block_work *work) {
    GT_TRY(gt_trainer_evaluate(work->trainer, &work->plan->evaluate, work->rows));
    for (size_t r = 0; r < work->n_runs; r++) {
        gt_judge_add(&work->judges[r], &work->rows[r], &work->rules);
        work->converged[r] = (work->judges[r].recent & 1) != 0;
    }
    return work->sink->rows(work->sink->context, work->block, work->rows, work->converged);
}

static gt_status finish(block_work *work) {
    const size_t n = work->n_runs;
    gt_study_result *results = calloc(n, sizeof *results);
    char(*digests)[GT_DIGEST_CHARS] = calloc(n, sizeof *digests);
    gt_status status = results != NULL && digests != NULL ? gt_digest_each(work->trainer, digests)
                                                          : gt_fail(GT_ERR_MEMORY, "no memory for %zu results", n);
    for (size_t r = 0; status == GT_OK && r < n; r++) {
        const gt_metrics *last = &work->rows[r];
        results[r] = (gt_study_result){.judge = work->judges[r],
                                       .outcome = gt_judge_outcome(&work->judges[r], last, &work->rules),
                                       .distance = gt_metrics_distance(last, &work->rules),
                                       .diverged = last->diverged,
                                       .diverged_at = last->diverged_at,
                                       .seconds = (gt_seconds() - work->began) / (double)n};
        memcpy(results[r].digest, digests[r], GT_DIGEST_CHARS);
    }
    if (status == GT_OK) status = work->sink->finish(work->sink->context, work->block, results, work->trainer);
    free(results);
    free(digests);
    return status;
}

static gt_status train(block_work *work, bool *stopped) {
    const gt_study_sink *sink = work->sink;
    work->chunk = 1;
    work->began = gt_seconds();
    work->next_save = work->began + work->options->save_seconds;
    if (work->iteration > 0) GT_TRY(load_states(work));
    while (work->iteration < work->plan->iterations) {
        GT_TRY(advance(work));
        if (is_checkpoint(work)) GT_TRY(evaluate(work));
        if (work->iteration == work->plan->iterations) break;
        *stopped = sink->stop(sink->context, work->block, work->iteration);
        if (*stopped) return save_states(work);
        if (gt_seconds() >= work->next_save) GT_TRY(save_states(work));
    }
    return finish(work);
}

/* What is being trained: everything that the blocks of a study share. */
typedef struct {
    const gt_study_plan *plan;
    const gt_study_options *options;
    const gt_study_sink *sink;
    bool *stopped;
    gt_study_machine *machine;
} study_work;

static gt_study_machine machine_of(const gt_trainer *trainer) {
    const gt_trainer_info info = gt_trainer_get_info(trainer);
    gt_study_machine machine = {.n_threads = info.n_threads, .n_gpus = info.n_gpus};
    snprintf(machine.engine, sizeof machine.engine, "%s", info.engine);
    snprintf(machine.device, sizeof machine.device, "%s", info.device);
    snprintf(machine.isa, sizeof machine.isa, "%s", info.isa);
    snprintf(machine.why, sizeof machine.why, "%s", info.why);
    return machine;
}

static gt_status run_block(const study_work *study, const gt_study_block *block, uint64_t iteration) {
    const size_t n = gt_study_block_size(block);
    *study->stopped = study->sink->stop(study->sink->context, block, iteration);
    if (*study->stopped) return GT_OK;
    block_work work = {.plan = study->plan,
                       .options = study->options,
                       .sink = study->sink,
                       .block = block,
                       .rules = gt_outcome_rules_of(&study->plan->settings[block->settings[0]]),
                       .n_runs = n,
                       .iteration = iteration,
                       .rows = malloc(n * sizeof *work.rows),
                       .judges = calloc(n, sizeof *work.judges),
                       .converged = calloc(n, sizeof *work.converged)};
    gt_status status = work.rows != NULL && work.judges != NULL && work.converged != NULL
                           ? block_trainer(&work)
                           : gt_fail(GT_ERR_MEMORY, "no memory for the scores of %zu runs", n);
    if (status == GT_OK) *study->machine = machine_of(work.trainer);
    if (status == GT_OK) status = train(&work, study->stopped);
    block_free(&work);
    return status;
}

/* ---------------------------------------------------------------- all of them */

/* How far the runs of a seed are, where all settings of the group agree; false: they do not. */
static bool same_progress(const study_work *study, const gt_study_block *group, uint64_t seed, uint64_t *progress) {
    for (size_t s = 0; s < group->n_settings; s++) {
        const uint64_t id = gt_study_run_id(study->plan, group->settings[s], seed);
        const uint64_t of_run = study->sink->progress(study->sink->context, id);
        if (s > 0 && of_run != *progress) return false;
        *progress = of_run;
    }
    return true;
}

/* A group's seeds in blocks of runs that are equally far: one for a study that goes straight on, more where it was made by
 * processes that divided it otherwise. */
static gt_status run_group(const study_work *study, const gt_study_block *group) {
    const uint64_t end = group->first_seed + group->n_seeds;
    for (uint64_t seed = group->first_seed, next; seed < end && !*study->stopped; seed = next) {
        uint64_t progress = 0, of_next = 0;
        next = seed + 1;
        if (!same_progress(study, group, seed, &progress)) {
            for (size_t s = 0; s < group->n_settings && !*study->stopped; s++)
                GT_TRY(run_group(study, &(gt_study_block){group->settings + s, 1, seed, 1}));
            continue;
        }
        while (next < end && same_progress(study, group, next, &of_next) && of_next == progress) next++;
        const gt_study_block block = {group->settings, group->n_settings, seed, next - seed};
        if (progress != GT_STUDY_FINISHED) GT_TRY(run_block(study, &block, progress));
    }
    return GT_OK;
}

gt_status gt_study_run(const gt_study_plan *plan, const gt_study_options *options, const gt_study_sink *sink, bool *stopped,
                       gt_study_machine *machine) {
    const study_work study = {plan, options, sink, stopped, machine};
    uint64_t first, end;
    setting_groups groups;
    *stopped = false;
    *machine = (gt_study_machine){0};
    gt_study_shard(plan, &first, &end);
    gt_status status = group_settings(plan, &groups);
    const uint64_t n_seeds = status == GT_OK ? block_seeds(&options->how, &groups) : 1;
    for (uint64_t seed = first; status == GT_OK && !*stopped && seed < end; seed += n_seeds) {
        size_t at = 0;
        for (size_t g = 0; status == GT_OK && !*stopped && g < groups.n; at += groups.sizes[g++]) {
            const gt_study_block group = {groups.settings + at, groups.sizes[g], plan->first_seed + seed,
                                          min_u64(n_seeds, end - seed)};
            status = run_group(&study, &group);
        }
    }
    free(groups.settings);
    free(groups.sizes);
    return status;
}
