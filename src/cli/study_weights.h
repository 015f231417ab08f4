/* private to the CLI. The final checkpoints of runs that --keep-weights asks for: a folder beside the study's file, a file a
 * run, which every command that takes a RUN reads. */
#ifndef GT_CLI_STUDY_WEIGHTS_H
#define GT_CLI_STUDY_WEIGHTS_H

#include "cli/study_settings.h"
#include "io/store.h"

/* A run that is kept, in the order of how badly it went. */
typedef struct gt_kept_run {
    double distance;
    size_t setting;
    uint64_t seed;
} gt_kept_run;

typedef struct gt_study_weights {
    gt_keep_weights keep;
    const gt_store_study *study;
    char *folder;       /* "study-weights" of study.sqlite; NULL: nothing is kept */
    gt_kept_run *worst; /* [n], the worst first; of GT_KEEP_WORST */
    size_t n;
} gt_study_weights;

/* A new study's folder has none of another one's checkpoints in it. The first returns an exit code, the error printed. */
int gt_study_weights_refuse_others(const char *store_path);
void gt_study_weights_remove_others(const char *store_path);

/* Where the checkpoint of a run is, if it is kept. The caller frees. */
char *gt_study_weights_path(const gt_store *store, size_t setting, uint64_t seed);

/* As the store says; runs[n] are its runs so far. Returns an exit code, the error printed. Free in any case. */
int gt_study_weights_begin(gt_store *store, const gt_store_run *runs, size_t n, gt_study_weights *out);
void gt_study_weights_free(gt_study_weights *weights);

/* Writes the checkpoints of a finished block's runs that are to be kept, and removes those that no longer are. */
gt_status gt_study_weights_add(gt_study_weights *weights, const gt_study_block *block, const gt_study_result *results,
                               const gt_trainer *trainer);

/* Brings the checkpoints that a merged store is to have into its folder, from those of its parts, and tells of any that are
 * nowhere. Returns an exit code, the error printed. */
int gt_study_weights_join(gt_store *store, const char *const *parts, size_t n_parts);

/* Removes the folder of a store and what it holds. */
void gt_study_weights_remove(const char *store_path);

#endif
