/* private to the CLI. What `gantry study` is told, resolved into the plan of a study. */
#ifndef GT_CLI_STUDY_SETTINGS_H
#define GT_CLI_STUDY_SETTINGS_H

#include "cli/epochs.h"
#include "cli/options.h"
#include "cli/ranks.h"
#include "cli/spec_settings.h"
#include "cli/study_shard.h"
#include "cli/sweep.h"
#include "io/config.h"
#include "io/store.h"

/* Seeds first to end - 1. */
typedef struct gt_seed_range {
    uint64_t first, end;
} gt_seed_range;

/* Which runs' final checkpoints are kept. */
typedef struct gt_keep_weights {
    enum { GT_KEEP_NONE, GT_KEEP_ALL, GT_KEEP_WORST } kind;
    uint64_t n; /* of WORST */
} gt_keep_weights;

typedef struct gt_study_settings {
    gt_spec_settings base;
    gt_seed_range seeds;
    gt_text_list sweep;
    uint64_t random;
    uint64_t iterations, eval_every, threads;
    gt_epochs epochs; /* iterations and eval_every have them in already */
    int eval_samples, eval_energy;
    double save_seconds;
    gt_shard shard;
    gt_keep_weights keep;
    const char *out, *resume, *config_path;
    gt_switch force, json, quiet;
    gt_config config; /* owns texts that the members above point to */

    /* What they come to, but with --resume: */
    gt_sweep axes;
    gt_spec *specs; /* [axes.n_settings] */
    gt_store_axis *store_axes;
    gt_store_study study;
    char *path, *command, *name, *keep_text; /* owned */
    char *shard_from;                        /* where the shard is from, for the user; NULL: from --shard; owned */
} gt_study_settings;

extern const gt_option gt_study_options_table[];
const void *gt_study_defaults(void);

/* Command line over file over preset. Returns an exit code, the error printed. Free in any case. */
int gt_study_settings_resolve(int argc, char **argv, gt_study_settings *out);
void gt_study_settings_free(gt_study_settings *settings);

/* "none", "all", "worst:10", as the store keeps it. */
int gt_keep_weights_parse(const char *text, void *member, char **complaint);

/* How to compute, and how often to save. */
gt_study_options gt_study_settings_how(const gt_study_settings *settings);

#endif
