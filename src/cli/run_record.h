/* private to the CLI. What a run has shown so far: the scores of its checkpoints, and the points of their pictures. */
#ifndef GT_CLI_RUN_RECORD_H
#define GT_CLI_RUN_RECORD_H

#include "cli/run_folder.h"
#include "gantry/gantry.h"
#include "io/csv.h"

#define GT_PICTURE_POINTS 100 /* of each kind, as in the tutorial */
#define GT_CLOUD_POINTS   500 /* the same where they don't lie on a curve y = f(x) */
#define GT_MAX_PICTURES   100 /* past so many checkpoints every 2nd has one, past twice as many every 4th, ... */

typedef struct gt_run_record {
    uint64_t eval_every, total; /* the schedule: checkpoints at each multiple, and at the end */
    const gt_spec *spec;        /* what is trained */
    gt_metrics *rows;
    size_t n_rows;
    gt_point_row *points; /* of each checkpoint that has a picture; none of images, which have their own (run_images.h) */
    size_t n_points;
    bool changed; /* since the files were written */
} gt_run_record;

/* Whether the checkpoint of an iteration has a picture, once the run is at `latest`. */
bool gt_run_record_has_picture(const gt_run_record *record, uint64_t iteration, uint64_t latest);

/* Whether the run has a checkpoint there. One that goes on past its former end has none at that, unless it is on the schedule.
 */
bool gt_run_record_has_checkpoint(const gt_run_record *record, uint64_t iteration);

/* The rows of a folder's metrics.csv, oldest first; none where it has no such file. The caller frees *rows. */
gt_status gt_run_record_read_metrics(const gt_run_folder *folder, gt_metrics **rows, size_t *n_rows);

/* Reads what the folder of an interrupted run holds, up to the iteration of its checkpoint: later rows will be made again. */
gt_status gt_run_record_read(gt_run_record *record, const gt_run_folder *folder, uint64_t iteration);

/* Scores the trainer's run 0 and keeps the row and, but of images, the points. */
gt_status gt_run_record_evaluate(gt_run_record *record, gt_trainer *trainer, int n_samples);

/* Writes metrics.csv and, but of images, points.csv. */
gt_status gt_run_record_write(const gt_run_record *record, const gt_run_folder *folder);

/* Draws the pictures of points. *n_drawn: how many. */
gt_status gt_run_record_draw(const gt_run_record *record, const gt_run_folder *folder, size_t *n_drawn);

void gt_run_record_free(gt_run_record *record);

#endif
