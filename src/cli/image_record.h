/* private to the CLI. image-scores.csv of a run: its images scored at each checkpoint in the features of one classifier. */
#ifndef GT_CLI_IMAGE_RECORD_H
#define GT_CLI_IMAGE_RECORD_H

#include "cli/image_scores.h"
#include "cli/run_record.h"

/* Zeroed, it scores nothing. */
typedef struct gt_image_record {
    gt_image_scorer scorer;
    bool infinity; /* a column frechet_infinity */
    char *text;    /* of the file: a header, then a line a checkpoint; NULL: nothing is scored */
} gt_image_record;

/* For a run of images, scored by a classifier's file as options say. folder: that of a run that goes on from `iteration`, whose
 * later lines will be made again; NULL: a new run. Returns an exit code, the error printed: also where the lines are of another
 * classifier, or with other scores. Free in any case. */
int gt_image_record_open(const char *classifier, const gt_image_judge_options *options, const gt_run_record *run,
                         const char *folder, uint64_t iteration, gt_image_record *out);

/* Writes the file into the folder: all that is scored so far. */
gt_status gt_image_record_write(const gt_image_record *record, const gt_run_folder *folder);

/* Scores n images of the trainer's run 0, unless it has diverged by this row, and writes the file. */
gt_status gt_image_record_evaluate(gt_image_record *record, const gt_run_folder *folder, gt_trainer *trainer,
                                   const gt_metrics *row, size_t n);

void gt_image_record_free(gt_image_record *record);

#endif
