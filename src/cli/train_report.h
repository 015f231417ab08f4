/* private to the CLI. What `gantry train` prints on stdout: the tutorial's lines and a summary, or one JSON object. */
#ifndef GT_CLI_TRAIN_REPORT_H
#define GT_CLI_TRAIN_REPORT_H

#include "cli/run_record.h"
#include "cli/train_settings.h"

/* A finished or interrupted run. */
typedef struct gt_train_result {
    const gt_train_settings *settings;
    const gt_trainer *trainer;
    const gt_run_record *record;
    const gt_run_folder *folder;
    const gt_metrics *rows; /* [n_rows] checkpoints by which the run is judged */
    size_t n_rows;
    uint64_t first_iteration;               /* not 0 after --resume */
    double training_seconds, total_seconds; /* of this process */
    size_t n_pictures;
    const char *animation; /* the file in the folder; NULL: none */
    bool interrupted;
    const char *digest_note; /* what stands behind the digest; NULL: nothing */
} gt_train_result;

void gt_train_print_header(const gt_spec *spec);

/* "1999 0.45 1.0 0.0233 0.0410 12/20": the tutorial's columns, then the scores of a line (cli/scores.h). */
void gt_train_print_row(const gt_spec *spec, const gt_metrics *row);

gt_status gt_train_print_summary(const gt_train_result *result);
gt_status gt_train_print_json(const gt_train_result *result);

/* The object alone, for a command that has more to add. */
struct cJSON;
gt_status gt_train_json(const gt_train_result *result, const char *command, struct cJSON **out);

/* The first part of the run's state that holds a value that is not finite, such as "discriminator.0.weight"; else that it
 * was a point or a logit. The caller frees. */
char *gt_train_bad_tensor(const gt_trainer *trainer);

#endif
