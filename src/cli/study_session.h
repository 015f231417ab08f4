/* private to the CLI. A study in the works: the sink of core/study.h, which hands rows to the store's writer, counts what is
 * done for the live line, and stops on a signal. */
#ifndef GT_CLI_STUDY_SESSION_H
#define GT_CLI_STUDY_SESSION_H

#include "cli/progress.h"
#include "cli/ranks.h"
#include "cli/study_weights.h"
#include "io/store_writer.h"

typedef struct gt_study_session {
    gt_store *store;
    gt_store_writer *writer;
    gt_study_weights weights;
    uint64_t *progress; /* of each run of the whole study, by id: as gt_study_sink has it; GT_STUDY_FINISHED, too, of other
                           shards' */
    gt_progress line;
    uint64_t iterations_done;             /* by this process: of finished blocks */
    uint64_t n_finished, n_converged;     /* runs of the store, and those that have converged at the end */
    uint64_t block_runs, block_converged; /* of the block at work, at its last checkpoint */
    double began;
    const gt_ranks *ranks;
    int signal; /* that stopped it; 0: none */
} gt_study_session;

typedef struct gt_study_session_options {
    gt_study_options study;
    gt_ranks ranks;   /* another one that stops stops this one, too */
    const char *path; /* of the whole study, from which it can go on */
    bool quiet;
} gt_study_session_options;

/* Trains what is left of the store's study. Returns an exit code, the error printed; GT_EXIT_SIGNAL + n when it was stopped by
 * a signal, and nothing is printed then. */
int gt_study_session_run(gt_store *store, const gt_study_session_options *options);

#endif
