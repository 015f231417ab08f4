/* For scores_scipy_test.sh: scores_main TARGET GENERATED.csv REAL.csv prints every score of the generated points, a line each,
 * with all of the real ones for energy and spread; TARGET is the name of a built-in one, or data: REAL.csv itself. */
#include "core/metrics.h"

#include "io/csv.h"
#include "io/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(const char *target, const float *generated, size_t n, const float *real, size_t n_energy, int n_columns) {
    gt_spec spec;
    gt_metrics row = {.d_loss_real = NAN, .d_loss_fake = NAN, .g_loss = NAN};
    gt_target_model *model;
    char text[GT_NUMBER_CHARS];
    gt_status status = gt_spec_preset("x2", &spec);
    if (status == GT_OK)
        status = strcmp(target, "data") == 0 ? gt_target_from_points(real, n_energy, n_columns, &spec.target)
                                             : gt_target_by_name(target, &spec.target);
    if (status == GT_OK) status = gt_target_model_create(&spec, &model);
    if (status != GT_OK) {
        fprintf(stderr, "%s\n", gt_last_error());
        return 1;
    }
    void *scratch = malloc(gt_metrics_scratch_bytes(n));
    gt_metrics_begin(model, n, n_energy, &row);
    if (scratch != NULL) gt_metrics_score(model, generated, n, real, n_energy, scratch, &row);
    for (const gt_csv_column *c = gt_metrics_columns; c->name != NULL; c++)
        if (c->kind == GT_CSV_DOUBLE) printf("%s %s\n", c->name, gt_csv_format(c, &row, text));
    free(scratch);
    gt_target_model_destroy(model);
    return 0;
}

int main(int argc, char **argv) {
    float *points[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    int n_columns[2] = {0, 0}, result = 1;
    if (argc != 4) {
        fprintf(stderr, "scores_main TARGET GENERATED.csv REAL.csv\n");
        return 2;
    }
    for (int k = 0; k < 2; k++)
        if (gt_points_read(argv[2 + k], &points[k], &n[k], &n_columns[k]) != GT_OK) fprintf(stderr, "%s\n", gt_last_error());
    if (points[0] != NULL && points[1] != NULL) {
        if (n_columns[0] == n_columns[1] && n[1] <= n[0])
            result = run(argv[1], points[0], n[0], points[1], n[1], n_columns[0]);
        else
            fprintf(stderr, "as many columns in both, and no more real points than generated ones\n");
    }
    gt_free(points[0]);
    gt_free(points[1]);
    return result;
}
