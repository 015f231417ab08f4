/* Image scores on the command line. */
#include "cli/image_scores.h"

#include "cli/command.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCORE(member, meaning)                                                                                                 \
    { #member, meaning, offsetof(gt_image_scores, member) }
const gt_image_score gt_image_score_list[] = {
    SCORE(is_10, "Inception Score, mean over 10 parts of the samples"),
    SCORE(is_10_deviation, "its standard deviation over the parts"),
    SCORE(is_1, "Inception Score of all samples at once"),
    SCORE(frechet, "Frechet distance to the real images"),
    SCORE(frechet_infinity, "the same for infinitely many samples"),
    SCORE(precision, "share of samples among the real images"),
    SCORE(recall, "share of the real images among the samples"),
    SCORE(density, "real neighbourhoods that a sample is in, over k"),
    SCORE(coverage, "share of real neighbourhoods with a sample"),
    SCORE(class_distance, "share of samples that would have to change class"),
    SCORE(class_kl, "KL divergence of the classes, in nats"),
    {NULL},
};

double gt_image_score_value(const gt_image_score *score, const gt_image_scores *scores) {
    return *(const double *)((const char *)scores + score->offset);
}

int gt_image_flag_refuse(const char *flag) {
    return gt_cli_fail(GT_EXIT_USAGE, "--%s: it belongs to scores of images; add --classifier FILE, or leave it out", flag);
}

/* ---------------------------------------------------------------- making them */

/* size: what is compared with the classifier's. */
static int check_size(const char *what, int height, int width, int channels, const char *path, const gt_classifier_info *info) {
    if (height == info->height && width == info->width && channels == info->channels) return GT_EXIT_OK;
    return gt_cli_fail(
        GT_EXIT_USAGE,
        "--classifier %s: it was trained on images of %d x %d x %d, but %s has %d x %d x %d; train one on such images", path,
        info->height, info->width, info->channels, what, height, width, channels);
}

/* Of a folder's images, or the target's own. */
static int make_judge(const char *data, const char *path, const gt_target_spec *target, const gt_image_judge_options *options,
                      gt_image_scorer *out) {
    const gt_classifier_info info = gt_classifier_get_info(out->classifier);
    gt_images images = {.pixels = (unsigned char *)target->pixels, .n = target->n_points};
    int code = check_size("the run", target->height, target->width, target->channels, path, &info);
    gt_status status = GT_OK;
    if (code == GT_EXIT_OK && data != NULL) {
        status = gt_images_read(data, GT_IMAGES_TEST, &images);
        if (status == GT_OK) code = check_size(data, images.height, images.width, images.channels, path, &info);
    }
    if (code == GT_EXIT_OK && status == GT_OK)
        status = gt_image_judge_create(out->classifier, images.pixels, images.n, options, &out->judge);
    if (status != GT_OK) code = gt_cli_fail_status(status);
    if (data != NULL) gt_images_destroy(&images);
    return code;
}

int gt_image_scorer_open(const char *classifier, const char *data, const gt_target_spec *target,
                         const gt_image_judge_options *options, gt_image_scorer *out) {
    if (target->pixels == NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "--classifier %s: the run learns %s, not images; leave the flag out", classifier,
                           target->name);
    const gt_status status = gt_classifier_load(classifier, &out->classifier);
    if (status != GT_OK) return gt_cli_fail_status(status);
    return make_judge(data, classifier, target, options, out);
}

void gt_image_scorer_free(gt_image_scorer *scorer) {
    gt_image_judge_destroy(scorer->judge);
    gt_classifier_destroy(scorer->classifier);
    *scorer = (gt_image_scorer){0};
}

gt_status gt_image_scorer_score(const gt_image_scorer *scorer, gt_trainer *trainer, size_t n, gt_image_scores *out) {
    const size_t width = (size_t)gt_trainer_get_spec(trainer)->target.n_columns;
    float *samples = gt_cli_resize(NULL, n, width * sizeof *samples);
    gt_status status = gt_trainer_evaluation_points(trainer, 0, n, NULL, samples);
    if (status == GT_OK) status = gt_image_judge_score(scorer->judge, samples, n, out);
    free(samples);
    return status;
}

/* ---------------------------------------------------------------- showing them */

static double share(const uint64_t *counts, int n, int of) {
    uint64_t sum = 0;
    for (int c = 0; c < n; c++) sum += counts[c];
    return (double)counts[of] / (double)sum;
}

void gt_image_scores_print_how(const gt_image_scores *scores) {
    printf("\nin features of classifier %s, k = %d\n", scores->classifier, scores->k);
    printf("%" PRIu64 " samples, %" PRIu64 " real images, %" PRIu64 " of them for neighbours\n", scores->n_samples,
           scores->n_reference, scores->n_neighbours);
}

void gt_image_scores_print(const gt_image_scores *scores) {
    gt_image_scores_print_how(scores);
    for (const gt_image_score *score = gt_image_score_list; score->name != NULL; score++) {
        const double value = gt_image_score_value(score, scores);
        if (!isnan(value)) printf("%-19s %-8.4f %s\n", score->name, value, score->meaning);
    }
    printf("classes missing     %d\n", scores->n_missing);
    printf("\nclass  samples  share   real\n");
    for (int c = 0; c < scores->n_classes; c++)
        printf("%5d  %7" PRIu64 "  %.4f  %.4f\n", c, scores->classes[c], share(scores->classes, scores->n_classes, c),
               share(scores->reference_classes, scores->n_classes, c));
}

static void add_counts(cJSON *object, const char *key, const uint64_t *counts, int n) {
    cJSON *array = cJSON_AddArrayToObject(object, key);
    for (int c = 0; c < n; c++) cJSON_AddItemToArray(array, cJSON_CreateNumber((double)counts[c]));
}

void gt_image_scores_add_json(cJSON *object, const gt_image_scores *scores) {
    cJSON_AddStringToObject(object, "classifier", scores->classifier);
    gt_json_add_u64(object, "samples", scores->n_samples);
    gt_json_add_u64(object, "reference", scores->n_reference);
    gt_json_add_u64(object, "neighbours", scores->n_neighbours);
    cJSON_AddNumberToObject(object, "k", scores->k);
    for (const gt_image_score *score = gt_image_score_list; score->name != NULL; score++)
        gt_json_add_real(object, score->name, gt_image_score_value(score, scores));
    cJSON_AddNumberToObject(object, "missing_classes", scores->n_missing);
    add_counts(object, "classes", scores->classes, scores->n_classes);
    add_counts(object, "reference_classes", scores->reference_classes, scores->n_classes);
}
