/* private to the CLI. The files of a study that ranks train: beside the study's own file one a rank, STUDY.rank-R-of-N, each a
 * store of its shard. They are joined into the study's file at the end, or by whoever goes on with what was interrupted, with
 * any number of ranks. */
#ifndef GT_CLI_STUDY_PARTS_H
#define GT_CLI_STUDY_PARTS_H

#include "cli/ranks.h"

#include <stdbool.h>

/* The file of a rank: the study's own where it is alone. The caller frees. */
char *gt_study_part_path(const char *path, const gt_ranks *ranks);

/* Whether there are parts of the study, of any number of ranks. */
bool gt_study_parts_exist(const char *path);

/* Joins them, and the study's file where it exists, into that file, and removes them; without parts there is nothing to do. A
 * part that a process still writes ends it. Returns an exit code, the error printed. */
int gt_study_parts_join(const char *path);

/* Makes the part of this rank from the study's file. The same. */
int gt_study_parts_take(const char *path, const gt_ranks *ranks);

/* Makes room for a study that replaces this one: its parts go, and before ranks its file, which is not written until their end.
 * The same. */
int gt_study_parts_remove(const char *path, const gt_ranks *ranks);

#endif
