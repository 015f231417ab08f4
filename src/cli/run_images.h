/* private to the CLI. Pictures of the images that a run generates, one file a checkpoint, each from the same latents. */
#ifndef GT_CLI_RUN_IMAGES_H
#define GT_CLI_RUN_IMAGES_H

#include "cli/run_record.h"

#define GT_SAMPLES_SIDE 10 /* rows, and images in a row */

/* samples-<completed iterations>.png of the trainer's run 0, if this checkpoint has a picture (run_record.h); those that the
 * run has outgrown are removed. */
gt_status gt_run_images_write(const gt_run_record *record, const gt_run_folder *folder, gt_trainer *trainer);

/* Removes pictures that the run, at `iteration`, hasn't come to or doesn't keep: of an interrupted run that goes on. Returns
 * how many there are left. */
size_t gt_run_images_keep(const gt_run_record *record, const gt_run_folder *folder, uint64_t iteration);

/* Copies those that it keeps from the folder that it has been in. */
gt_status gt_run_images_bring(const gt_run_record *record, const char *from, const gt_run_folder *folder, uint64_t iteration);

#endif
