/* Trains the tutorial's GAN from eight seeds at once and prints what became of each. */
#include <gantry/gantry.h>
#include <stdio.h>

enum { RUNS = 8 };

int main(void) {
    gt_spec spec;
    gt_trainer *trainer = NULL;
    gt_metrics rows[RUNS];
    gt_trainer_options options = {.first_seed = 1, .n_runs = RUNS};

    gt_status status = gt_spec_preset("x2", &spec); /* y = x^2; every member can be changed from here on */
    if (status == GT_OK) status = gt_trainer_create(&spec, &options, &trainer);
    if (status == GT_OK) status = gt_trainer_advance(trainer, 10000);
    if (status == GT_OK) status = gt_trainer_evaluate(trainer, NULL, rows);
    for (int r = 0; status == GT_OK && r < RUNS; r++) {
        const gt_outcome_rules rules = gt_outcome_rules_of(&spec);
        float point[2];
        status = gt_trainer_sample(trainer, (size_t)r, 0, 1, point);
        if (status == GT_OK)
            printf("seed %d: %-9s  mean |y - x^2| %.4f  coverage %.0f of 20  a sample (%.3f, %.3f)\n", r + 1,
                   gt_outcome_name(gt_outcome_of(&rows[r], 1, &rules)), rows[r].resid_mean, rows[r].coverage, point[0],
                   point[1]);
    }
    if (status != GT_OK) fprintf(stderr, "quickstart: %s\n", gt_last_error());
    gt_trainer_destroy(trainer);
    return status == GT_OK ? 0 : 1;
}
