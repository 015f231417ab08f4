/* private to the CLI. Which run of a study a command line means. */
#ifndef GT_CLI_REPLAY_RUN_H
#define GT_CLI_REPLAY_RUN_H

#include "io/store.h"

typedef struct gt_replay_run {
    gt_store_run run;
    char *why; /* "the worst of 1000 by distance": what it was chosen for; NULL: by its seed */
} gt_replay_run;

/* A name of a run beside its seed; NULL past the end. */
const char *gt_replay_run_name(int index);

/* seed: a number or a name. setting: its number, or NULL, which will do where the study has one. Returns an exit code, the
 * error printed. Free in any case. */
int gt_replay_run_find(gt_store *store, const char *seed, const char *setting, gt_replay_run *out);
void gt_replay_run_free(gt_replay_run *run);

#endif
