/* Scores of images: features and classes of a reference, kept, and those of samples beside them. */
#include "core/class_histogram.h"
#include "core/features.h"
#include "core/frechet.h"
#include "core/inception.h"
#include "core/neighbours.h"
#include "core/shuffle.h"
#include "core/status.h"
#include "io/image_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NEIGHBOURS = 10000, LEAST = 10 };

struct gt_image_judge {
    const gt_classifier *classifier;
    gt_image_judge_options options;
    gt_classifier_info info;
    size_t n_reference;
    gt_moments moments; /* factored */
    float *features;    /* of the balls' centres */
    gt_balls balls;
    uint64_t classes[GT_MAX_CLASSES];
};

/* ---------------------------------------------------------------- features */

/* Of a set of images; zero it first, free it in any case. */
typedef struct {
    float *memory;
    gt_features features, logits;
} outputs;

static void outputs_free(outputs *o) { free(o->memory); }

static gt_status outputs_of(const gt_image_judge *judge, const char *what, const unsigned char *pixels, size_t n,
                            outputs *out) {
    const size_t d = (size_t)judge->info.n_features, c = (size_t)judge->info.n_classes;
    if (n <= (size_t)judge->options.k)
        return gt_fail(GT_ERR_ARGUMENT, "%zu %s have no neighbour number %d; take more of them, or a smaller number", n, what,
                       judge->options.k);
    out->memory = malloc(n * (d + c) * sizeof *out->memory);
    if (out->memory == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the features of %zu images", n);
    out->features = (gt_features){out->memory, n, d};
    out->logits = (gt_features){out->memory + n * d, n, c};
    GT_TRY(gt_classifier_apply(judge->classifier, pixels, n, out->memory, out->memory + n * d));
    return gt_features_check(what, out->features, 2);
}

/* ---------------------------------------------------------------- the reference */

static gt_status check_options(gt_image_judge_options *o) {
    if (o->k == 0) o->k = GT_NEIGHBOURS;
    if (o->max_neighbours == 0) o->max_neighbours = MAX_NEIGHBOURS;
    if (o->k < 1 || o->k > GT_MAX_NEIGHBOURS)
        return gt_fail(GT_ERR_ARGUMENT, "neighbour number %d; it takes 1 to %d", o->k, GT_MAX_NEIGHBOURS);
    if (o->max_neighbours <= (uint64_t)o->k || o->max_neighbours > INT32_MAX)
        return gt_fail(GT_ERR_ARGUMENT, "%llu images to take neighbours from; it takes %d to %d",
                       (unsigned long long)o->max_neighbours, o->k + 1, INT32_MAX);
    return GT_OK;
}

/* The features of all images, or of some at random, the same each time. */
static gt_status choose_centres(gt_image_judge *judge, gt_features all) {
    const size_t n = all.n < judge->options.max_neighbours ? all.n : (size_t)judge->options.max_neighbours, d = all.d;
    uint32_t *order = calloc(all.n + 1, sizeof *order);
    judge->features = malloc((n * d + 1) * sizeof *judge->features);
    gt_status status = order != NULL && judge->features != NULL
                           ? gt_shuffle(judge->options.seed, 0, order, all.n)
                           : gt_fail(GT_ERR_MEMORY, "no memory for the features of %zu images", n);
    for (size_t i = 0; status == GT_OK && i < n; i++)
        memcpy(judge->features + i * d, all.values + order[i] * d, d * sizeof *judge->features);
    free(order);
    if (status != GT_OK) return status;
    return gt_balls_of((gt_features){judge->features, n, d}, judge->options.k, &judge->balls);
}

static gt_status learn(gt_image_judge *judge, const unsigned char *reference) {
    outputs o = {0};
    gt_status status;
    GT_TRY_GOTO(outputs_of(judge, "real images", reference, judge->n_reference, &o), cleanup);
    gt_count_classes(o.logits, judge->classes);
    GT_TRY_GOTO(gt_moments_of(o.features, &judge->moments), cleanup);
    GT_TRY_GOTO(gt_moments_factor(&judge->moments), cleanup);
    GT_TRY_GOTO(choose_centres(judge, o.features), cleanup);
cleanup:
    outputs_free(&o);
    return status;
}

gt_status gt_image_judge_create(const gt_classifier *classifier, const unsigned char *reference, size_t n,
                                const gt_image_judge_options *options, gt_image_judge **out) {
    gt_image_judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to score images");
    judge->classifier = classifier;
    judge->info = gt_classifier_get_info(classifier);
    judge->n_reference = n;
    if (options != NULL) judge->options = *options;
    gt_status status;
    GT_TRY_GOTO(check_options(&judge->options), fail);
    GT_TRY_GOTO(learn(judge, reference), fail);
    *out = judge;
    return GT_OK;
fail:
    gt_image_judge_destroy(judge);
    return status;
}

void gt_image_judge_destroy(gt_image_judge *judge) {
    if (judge == NULL) return;
    gt_moments_free(&judge->moments);
    gt_balls_free(&judge->balls);
    free(judge->features);
    free(judge);
}

/* ---------------------------------------------------------------- samples */

static gt_status to_bytes(const float *samples, size_t n, unsigned char *pixels) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(samples[i]))
            return gt_fail(GT_ERR_ARGUMENT, "a sample has the value %g; score a checkpoint from before the run diverged",
                           (double)samples[i]);
        pixels[i] = gt_image_byte(samples[i]);
    }
    return GT_OK;
}

static gt_status score_frechet(const gt_image_judge *judge, gt_features features, gt_image_scores *out) {
    gt_moments moments = {0};
    gt_frechet_line line;
    gt_status status = gt_moments_of(features, &moments);
    if (status == GT_OK) status = gt_frechet_distance(&judge->moments, &moments, &out->frechet);
    gt_moments_free(&moments);
    out->frechet_infinity = NAN;
    if (status != GT_OK || !judge->options.infinity) return status;
    GT_TRY(gt_frechet_infinity(&judge->moments, features, judge->options.seed, &line));
    out->frechet_infinity = line.at_infinity;
    return GT_OK;
}

static gt_status score_neighbours(const gt_image_judge *judge, gt_features features, gt_image_scores *out) {
    gt_balls balls = {0};
    gt_neighbour_scores scores;
    gt_status status = gt_balls_of(features, judge->options.k, &balls);
    if (status == GT_OK) status = gt_score_neighbours(&judge->balls, &balls, &scores);
    gt_balls_free(&balls);
    if (status != GT_OK) return status;
    out->precision = scores.precision;
    out->recall = scores.recall;
    out->density = scores.density;
    out->coverage = scores.coverage;
    return GT_OK;
}

static gt_status score_classes(const gt_image_judge *judge, gt_features logits, gt_image_scores *out) {
    gt_inception parts, whole;
    GT_TRY(gt_inception_score(logits, 10, judge->options.seed, &parts));
    GT_TRY(gt_inception_score(logits, 1, judge->options.seed, &whole));
    out->is_10 = parts.mean;
    out->is_10_deviation = parts.deviation;
    out->is_1 = whole.mean;
    gt_count_classes(logits, out->classes);
    memcpy(out->reference_classes, judge->classes, sizeof judge->classes);
    const gt_class_distance distance = gt_compare_classes(out->classes, judge->classes, logits.d);
    out->class_distance = distance.total_variation;
    out->class_kl = distance.kl;
    out->n_missing = distance.n_missing;
    return GT_OK;
}

gt_status gt_image_judge_score(const gt_image_judge *judge, const float *samples, size_t n, gt_image_scores *out) {
    const size_t width = (size_t)judge->info.size[0];
    outputs o = {0};
    gt_status status;
    unsigned char *pixels = malloc(n * width);
    *out = (gt_image_scores){.n_samples = n,
                             .n_reference = judge->n_reference,
                             .n_neighbours = judge->balls.centres.n,
                             .k = judge->options.k,
                             .n_classes = judge->info.n_classes};
    strcpy(out->classifier, judge->info.hash);
    if (n < LEAST) GT_TRY_GOTO(gt_fail(GT_ERR_ARGUMENT, "%zu samples; it takes at least %d to score them", n, LEAST), cleanup);
    if (pixels == NULL) GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory for %zu samples", n), cleanup);
    GT_TRY_GOTO(to_bytes(samples, n * width, pixels), cleanup);
    GT_TRY_GOTO(outputs_of(judge, "samples", pixels, n, &o), cleanup);
    GT_TRY_GOTO(score_classes(judge, o.logits, out), cleanup);
    GT_TRY_GOTO(score_frechet(judge, o.features, out), cleanup);
    GT_TRY_GOTO(score_neighbours(judge, o.features, out), cleanup);
cleanup:
    outputs_free(&o);
    free(pixels);
    return status;
}
