/* private. A study: every setting of a spec with every seed, trained in blocks of runs side by side and scored at their
 * checkpoints. Run k of it is exactly the run of its setting and seed alone, whatever the blocks are.
 *
 * The study computes and judges; what it finds goes to a sink (the store). */
#ifndef GT_CORE_STUDY_H
#define GT_CORE_STUDY_H

#include "core/judge.h"
#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GT_STUDY_MAX_RUNS = 100000000 };

/* What a run's bits depend on beside its spec and seed (docs/numerics.md); zeros: as gt_trainer_options has them. */
typedef struct gt_study_arithmetic {
    gt_engine_kind engine;
    gt_precision precision;
    gt_rng rng;
} gt_study_arithmetic;

/* Run id = setting * n_seeds + seed - first_seed, the same in every shard. */
typedef struct gt_study_plan {
    const gt_spec *settings; /* [n_settings] */
    size_t n_settings;
    uint64_t first_seed, n_seeds;    /* of the whole study; seeds are below 2^63 */
    uint64_t shard, n_shards;        /* this part of it: shard of n_shards, from 0 */
    uint64_t iterations, eval_every; /* checkpoints at each multiple of eval_every, and at the end */
    gt_evaluate_options evaluate;    /* resolved: no zeros that stand for defaults */
    gt_study_arithmetic arithmetic;
} gt_study_plan;

/* The seeds of a shard: [*first, *end), counted from first_seed. Shards are as equal as can be. */
void gt_study_shard(const gt_study_plan *plan, uint64_t *first, uint64_t *end);

static inline uint64_t gt_study_run_id(const gt_study_plan *plan, size_t setting, uint64_t seed) {
    return (uint64_t)setting * plan->n_seeds + (seed - plan->first_seed);
}

/* Options for a trainer of its runs, from others that say where and how many. */
gt_trainer_options gt_study_trainer_options(const gt_study_plan *plan, const gt_trainer_options *how);

/* Runs that are trained side by side: some settings that share a trainer, each with the same seeds. Run r of the block has
 * setting settings[r / n_seeds] and seed first_seed + r % n_seeds. */
typedef struct gt_study_block {
    const size_t *settings;
    size_t n_settings;
    uint64_t first_seed, n_seeds;
} gt_study_block;

static inline size_t gt_study_block_size(const gt_study_block *block) { return block->n_settings * (size_t)block->n_seeds; }

static inline uint64_t gt_study_block_run_id(const gt_study_plan *plan, const gt_study_block *block, size_t r) {
    return gt_study_run_id(plan, block->settings[r / block->n_seeds], block->first_seed + r % block->n_seeds);
}

/* What became of a run. */
typedef struct gt_study_result {
    gt_judge judge;
    gt_outcome outcome;
    double distance; /* gt_metrics_distance() at the end */
    bool diverged;
    uint64_t diverged_at;
    char digest[GT_DIGEST_CHARS];
    double seconds; /* its share of the time that its block took in this process */
} gt_study_result;

#define GT_STUDY_FINISHED UINT64_MAX

/* Where the study's findings go, and what an earlier process left of it. Calls come from one thread, in order; a status that
 * isn't GT_OK ends the study. Arrays are the caller's and valid during the call. */
typedef struct gt_study_sink {
    void *context;
    /* The iteration of a run's saved state, 0: none, GT_STUDY_FINISHED: nothing is left to do. Asked before a run begins. */
    uint64_t (*progress)(void *context, uint64_t run_id);
    /* The state that was saved, and the judge of the rows up to there. */
    gt_status (*load)(void *context, uint64_t run_id, void *state, size_t bytes, gt_judge *judge);
    /* A row of each run at a checkpoint: [R]. */
    gt_status (*rows)(void *context, const gt_study_block *block, const gt_metrics *rows, const bool *converged);
    /* The state of every run at an iteration: [R][bytes], from malloc(), the sink's from now on. Rows up to there have been
     * handed over. */
    gt_status (*save)(void *context, const gt_study_block *block, uint64_t iteration, void *states, size_t bytes);
    /* The block is done. The trainer holds its runs at the last iteration. */
    gt_status (*finish)(void *context, const gt_study_block *block, const gt_study_result *results, gt_trainer *trainer);
    /* Asked before a block and between chunks of about a twentieth of a second; iteration: of this block. true: save the
     * states and stop. */
    bool (*stop)(void *context, const gt_study_block *block, uint64_t iteration);
} gt_study_sink;

typedef struct gt_study_options {
    gt_trainer_options how; /* device, isa, threads, GPUs; the rest is the plan's */
    double save_seconds;    /* between saved states, at least */
} gt_study_options;

/* What computed: gt_trainer_info's texts, which end with its trainer, and numbers. */
typedef struct gt_study_machine {
    char engine[16], device[16], isa[32], why[256];
    int n_threads, n_gpus;
} gt_study_machine;

/* Trains what is left of this shard. *stopped: the sink asked for it. machine: that of the last block; an empty engine where
 * nothing was left. */
gt_status gt_study_run(const gt_study_plan *plan, const gt_study_options *options, const gt_study_sink *sink, bool *stopped,
                       gt_study_machine *machine);

#ifdef __cplusplus
}
#endif
#endif
