/* private to the CLI. Whether a run that is trained again is the one that a study stored: every row at the study's checkpoints,
 * the outcome and the digest at the end. */
#ifndef GT_CLI_REPLAY_CHECK_H
#define GT_CLI_REPLAY_CHECK_H

#include "gantry/gantry.h"
#include "io/store.h"

typedef struct gt_replay_check {
    const gt_study_plan *plan;
    const gt_store_run *run; /* as it is stored */
    gt_metrics *stored;      /* [n_stored], of the store: at its checkpoints from the first on; owned */
    size_t n_stored;
    gt_metrics *rows; /* [n_rows], made again: at every checkpoint of the study that has been reached */
    size_t n_rows;
    char *difference; /* the first one, in words; NULL: none so far */
} gt_replay_check;

/* Reads the stored rows of a run. */
gt_status gt_replay_check_begin(gt_replay_check *check, gt_store *store, const gt_store_run *run);

/* The study's next checkpoint behind this iteration. */
uint64_t gt_replay_check_next(const gt_replay_check *check, uint64_t iteration);

/* Scores the run as the study did, where this is a checkpoint of the study, and compares. */
gt_status gt_replay_check_look(gt_replay_check *check, gt_trainer *trainer, uint64_t iteration);

/* At the end: the outcome and the digest, where the study has them. */
gt_status gt_replay_check_end(gt_replay_check *check, const gt_trainer *trainer);

void gt_replay_check_free(gt_replay_check *check);

#endif
