/* private to the CLI. Processes that mpirun or srun started together, as ranks of MPI. Alone, nothing of MPI is called. */
#ifndef GT_CLI_RANKS_H
#define GT_CLI_RANKS_H

#include "gantry/gantry.h"

#include <stdbool.h>

typedef struct gt_ranks {
    int rank, n;         /* this process, of how many; 0 of 1: alone */
    int on_node, n_node; /* the same among those of this machine */
    int n_threads;       /* of the processors that this process may use, its share; 0: alone */
} gt_ranks;

/* Looks whether there are others, and begins MPI where there are. Lines of other ranks than the first begin with their number
 * from now on. Returns an exit code, the error printed; GT_EXIT_USAGE where there are others and MPI can't bring them
 * together. */
int gt_ranks_begin(gt_ranks *out);

/* What a rank computes with where the options leave it open: its threads, and one GPU of those that were named, or of all that
 * there are; ranks of a machine take turns. Alone, options stay as they are. */
void gt_ranks_share(const gt_ranks *ranks, gt_trainer_options *options);

/* Tells the others that this process stops before its end: they are to stop, too. */
void gt_ranks_stop(const gt_ranks *ranks);

/* Whether another rank has told so; cheap. */
bool gt_ranks_stopped(const gt_ranks *ranks);

/* Waits, without load, until all ranks have come here; the exit code of them all: a failure before an interruption before
 * GT_EXIT_OK, of several the largest. */
int gt_ranks_agree(const gt_ranks *ranks, int code);

/* After the last agreement; ranks is that of one alone then. */
void gt_ranks_end(gt_ranks *ranks);

#endif
