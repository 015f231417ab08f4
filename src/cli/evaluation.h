/* private to the CLI. What gantry evaluate finds, of one run or of several, and how it says it. */
#ifndef GT_CLI_EVALUATION_H
#define GT_CLI_EVALUATION_H

#include "cli/json.h"
#include "gantry/gantry.h"

typedef struct gt_evaluation {
    char *checkpoint; /* the file */
    uint64_t seed;
    gt_metrics row;
    gt_outcome outcome; /* by this row alone */
    bool has_images;
    gt_image_scores images; /* where has_images */
} gt_evaluation;

/* Every score on a line, with its meaning and what a perfect generator would show. */
void gt_evaluation_print(const gt_evaluation *evaluation, const gt_spec *spec);
void gt_evaluation_add_json(cJSON *object, const gt_evaluation *evaluation, const gt_spec *spec);

/* Of n > 1 runs that learn the target of spec: each score's mean over those that have it, its 95 % interval (gt_mean_of()) and
 * its ends; and how many runs had which outcome. JSON has the runs, too. */
void gt_evaluations_print(const gt_evaluation *list, size_t n, const gt_spec *spec);
void gt_evaluations_add_json(cJSON *object, const gt_evaluation *list, size_t n, const gt_spec *spec);

#endif
