/* private to the CLI. RUN on a command line: the folder of a run, or a checkpoint file. */
#ifndef GT_CLI_RUN_SOURCE_H
#define GT_CLI_RUN_SOURCE_H

#include "gantry/gantry.h"

#define GT_RUN_TAKES "the folder of a run or a checkpoint file"

typedef struct gt_run_source {
    char *checkpoint;    /* the file */
    char *folder;        /* where it lies, if that is the folder of a run (has its config.yaml); else NULL */
    gt_trainer *trainer; /* of one run; after gt_run_source_open() */
} gt_run_source;

/* Finds the checkpoint. named: what the user wrote, and before: what stands before it in the error ("--resume ", or "").
 * Returns an exit code, the error printed. Free in any case. */
int gt_run_source_locate(const char *before, const char *named, gt_run_source *out);

/* Finds and loads it: one run, or it is refused. options: as gt_trainer_load() takes them. */
int gt_run_source_open(const char *named, const gt_trainer_options *options, gt_run_source *out);

/* Refuses a checkpoint of several runs. */
int gt_run_source_check(const gt_run_source *source, const gt_trainer *trainer);

/* The last part of what names the run, without the end of a file's name: "x2-seed5". The caller frees. */
char *gt_run_source_name(const gt_run_source *source);

void gt_run_source_free(gt_run_source *source);

#endif
