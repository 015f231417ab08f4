/* private to the CLI. A finished run of a study as it ended: from the checkpoint that is kept beside the study, or trained
 * again. */
#ifndef GT_CLI_RUN_AGAIN_H
#define GT_CLI_RUN_AGAIN_H

#include "io/store.h"

/* Whether the trainer's run 0 has come to the state that the study's run ended in. */
gt_status gt_run_again_compare(const gt_trainer *trainer, const gt_store_run *run, char digest[GT_DIGEST_CHARS], bool *same);

/* From its kept checkpoint, on the CPU whatever made it. *out: NULL where there is none, or none in that state. */
gt_status gt_run_again_load(const gt_store *store, const gt_store_run *run, gt_trainer **out);

/* Trains it as the study did, and tells how far it is now and then. */
typedef void (*gt_run_again_watch)(void *context, uint64_t iteration);
gt_status gt_run_again_train(const gt_store_study *study, const gt_store_run *run, gt_run_again_watch watch, void *context,
                             gt_trainer **out);

#endif
