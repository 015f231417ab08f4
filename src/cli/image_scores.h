/* private to the CLI. Scores of the images of a run, as commands ask for them and print them. */
#ifndef GT_CLI_IMAGE_SCORES_H
#define GT_CLI_IMAGE_SCORES_H

#include "cli/json.h"
#include "gantry/gantry.h"

#define GT_CLASSIFIER_TAKES  "a file that gantry classifier train wrote"
#define GT_FID_INFINITY_HELP "extrapolate the Frechet distance to infinitely many samples, too"

/* A flag of these scores where there is no classifier. Returns an exit code, the error printed. */
int gt_image_flag_refuse(const char *flag);

/* Zero it first, free it in any case. */
typedef struct gt_image_scorer {
    gt_classifier *classifier;
    gt_image_judge *judge;
} gt_image_scorer;

/* A judge of images like those of target by the classifier in a file. data: where the reference's images are, their test part
 * if they have two; NULL: target's own. Returns an exit code, the error printed: also where target has no images, or others
 * than the classifier's. */
int gt_image_scorer_open(const char *classifier, const char *data, const gt_target_spec *target,
                         const gt_image_judge_options *options, gt_image_scorer *out);
void gt_image_scorer_free(gt_image_scorer *scorer);

/* Of n images from run 0, those that gt_trainer_evaluate() would score. */
gt_status gt_image_scorer_score(const gt_image_scorer *scorer, gt_trainer *trainer, size_t n, gt_image_scores *out);

/* The names and values of all scores but the shares of classes, NULL past the end: what lines, JSON and CSV have. */
typedef struct gt_image_score {
    const char *name, *meaning;
    size_t offset; /* of a double in gt_image_scores */
} gt_image_score;

extern const gt_image_score gt_image_score_list[];
double gt_image_score_value(const gt_image_score *score, const gt_image_scores *scores);

/* By which classifier, of how many images. */
void gt_image_scores_print_how(const gt_image_scores *scores);
void gt_image_scores_print(const gt_image_scores *scores);
void gt_image_scores_add_json(cJSON *object, const gt_image_scores *scores);

#endif
