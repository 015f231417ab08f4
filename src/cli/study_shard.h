/* private to the CLI. Which part of a study a process trains: --shard, or its place in a Slurm job array. */
#ifndef GT_CLI_STUDY_SHARD_H
#define GT_CLI_STUDY_SHARD_H

#include "cli/options.h"

#include <stdint.h>

typedef enum gt_shard_source {
    GT_SHARD_AUTO,  /* not said: Slurm's array where the process is in one, else all */
    GT_SHARD_GIVEN, /* i/n */
    GT_SHARD_SLURM, /* Slurm's array, or it is an error */
    GT_SHARD_ALL    /* the whole study, whatever the environment says */
} gt_shard_source;

/* The member of --shard; all zero: not said. */
typedef struct gt_shard {
    gt_shard_source source;
    uint64_t index, n; /* part index of n; of GIVEN, and of all once it is resolved */
} gt_shard;

#define GT_SHARD_TAKES "i/n with i from 0 to n - 1, such as 0/4; slurm for the place in a job array, or all for the whole study"

/* Of a PARSED option. */
int gt_shard_parse(const char *text, void *member, char **complaint);
const char *gt_shard_format(const void *member, char text[GT_OPTION_CHARS]);

/* Fills index and n. Where they are the environment's, *from tells of it in a line for the user that the caller frees,
 * else it is NULL. Arrays whose numbers leave in doubt which shard is meant are refused. Returns an exit code, the error
 * printed. */
int gt_shard_resolve(gt_shard *shard, char **from);

#endif
