/* For scores_scipy_test.sh: image_scores_main REFERENCE.npy SAMPLES.npy LOGITS.npy K prints every score of features and logits
 * that are as good as a classifier's, a line each; the logits are those of the samples, and of the reference reversed. */
#include "core/class_histogram.h"
#include "core/frechet.h"
#include "core/inception.h"
#include "core/neighbours.h"
#include "core/status.h"
#include "io/npy.h"

#include <stdio.h>
#include <stdlib.h>

static gt_status read_features(const char *path, gt_features *out) {
    float *values;
    GT_TRY(gt_npy_read(path, &values, &out->n, &out->d));
    out->values = values;
    return GT_OK;
}

static gt_status print_frechet(gt_features reference, gt_features samples) {
    gt_moments a, b;
    gt_frechet_line line;
    double distance;
    GT_TRY(gt_moments_of(reference, &a));
    GT_TRY(gt_moments_factor(&a));
    GT_TRY(gt_moments_of(samples, &b));
    GT_TRY(gt_frechet_distance(&a, &b, &distance));
    printf("frechet %.17g\n", distance);
    if (samples.n >= GT_FRECHET_LEAST) {
        GT_TRY(gt_frechet_infinity(&a, samples, 3, &line));
        printf("frechet_infinity %.17g\nfrechet_slope %.17g\n", line.at_infinity, line.slope);
    }
    gt_moments_free(&a);
    gt_moments_free(&b);
    return GT_OK;
}

static gt_status print_neighbours(gt_features reference, gt_features samples, int k) {
    gt_balls a, b;
    gt_neighbour_scores scores;
    GT_TRY(gt_balls_of(reference, k, &a));
    GT_TRY(gt_balls_of(samples, k, &b));
    GT_TRY(gt_score_neighbours(&a, &b, &scores));
    printf("precision %.17g\nrecall %.17g\ndensity %.17g\ncoverage %.17g\n", scores.precision, scores.recall, scores.density,
           scores.coverage);
    gt_balls_free(&a);
    gt_balls_free(&b);
    return GT_OK;
}

static gt_status print_classes(gt_features logits) {
    gt_inception score;
    for (int n_splits = 1; n_splits <= 10; n_splits += 9) {
        GT_TRY(gt_inception_score(logits, n_splits, 3, &score));
        printf("is_%d %.17g\nis_%d_deviation %.17g\n", n_splits, score.mean, n_splits, score.deviation);
    }
    uint64_t counts[2][64] = {{0}};
    gt_count_classes(logits, counts[0]);
    for (size_t c = 0; c < logits.d; c++) counts[1][c] = counts[0][logits.d - 1 - c];
    const gt_class_distance distance = gt_compare_classes(counts[0], counts[1], logits.d);
    printf("total_variation %.17g\nkl %.17g\nmissing %d\n", distance.total_variation, distance.kl, distance.n_missing);
    return GT_OK;
}

int main(int argc, char **argv) {
    gt_features of[3];
    gt_status status = GT_OK;
    if (argc != 5) {
        fprintf(stderr, "image_scores_main REFERENCE.npy SAMPLES.npy LOGITS.npy K\n");
        return 2;
    }
    for (int f = 0; f < 3 && status == GT_OK; f++) {
        status = read_features(argv[1 + f], &of[f]);
        if (status == GT_OK) status = gt_features_check(argv[1 + f], of[f], 2);
    }
    if (status == GT_OK) status = print_frechet(of[0], of[1]);
    if (status == GT_OK) status = print_neighbours(of[0], of[1], (int)strtol(argv[4], NULL, 10));
    if (status == GT_OK) status = print_classes(of[2]);
    if (status != GT_OK) fprintf(stderr, "%s\n", gt_last_error());
    return status != GT_OK;
}
