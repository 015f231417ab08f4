/* Compares a run with what a study stored of it. The first difference counts; the run goes on all the same, so that its folder
 * shows what it does here. */
#include "cli/replay_check.h"

#include "cli/command.h"
#include "io/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

gt_status gt_replay_check_begin(gt_replay_check *check, gt_store *store, const gt_store_run *run) {
    *check = (gt_replay_check){.plan = &gt_store_get_study(store)->plan, .run = run};
    return gt_store_read_run_rows(store, run->run, &check->stored, &check->n_stored);
}

uint64_t gt_replay_check_next(const gt_replay_check *check, uint64_t iteration) {
    const uint64_t next = (iteration / check->plan->eval_every + 1) * check->plan->eval_every;
    return next < check->plan->iterations ? next : check->plan->iterations;
}

static bool is_checkpoint(const gt_replay_check *check, uint64_t iteration) {
    return iteration % check->plan->eval_every == 0 || iteration == check->plan->iterations;
}

/* Rows are stored as doubles without a NaN's bits: a value that does not exist equals another. */
static bool same(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static void compare_values(gt_replay_check *check, const gt_metrics *here, const gt_metrics *stored) {
    const char *name;
    for (int i = 0; check->difference == NULL && (name = gt_store_metric_name(i)) != NULL; i++) {
        const double a = gt_store_metric(here, i), b = gt_store_metric(stored, i);
        char mine[GT_NUMBER_CHARS], its[GT_NUMBER_CHARS];
        if (!same(a, b))
            check->difference = gt_cli_text("at iteration %" PRIu64 " %s is %s, and %s in the study", here->iteration, name,
                                            gt_number_format_repr(a, mine), gt_number_format_repr(b, its));
    }
}

/* The row that was just made against the one that is stored in its place. */
static void compare_row(gt_replay_check *check, size_t index) {
    const gt_metrics *here = &check->rows[index];
    if (index >= check->n_stored) {
        if (check->run->finished)
            check->difference = gt_cli_text("the study has no row of iteration %" PRIu64, here->iteration);
        return;
    }
    compare_values(check, here, &check->stored[index]);
}

gt_status gt_replay_check_look(gt_replay_check *check, gt_trainer *trainer, uint64_t iteration) {
    if (!is_checkpoint(check, iteration)) return GT_OK;
    gt_metrics row;
    gt_status status = gt_trainer_evaluate(trainer, &check->plan->evaluate, &row);
    if (status != GT_OK) return status;
    check->rows = gt_cli_resize(check->rows, check->n_rows + 1, sizeof row);
    check->rows[check->n_rows++] = row;
    if (check->difference == NULL) compare_row(check, check->n_rows - 1);
    return GT_OK;
}

static void compare_result(gt_replay_check *check, const gt_trainer *trainer, const char *digest) {
    const gt_study_result *stored = &check->run->result;
    const gt_outcome_rules rules = gt_outcome_rules_of(gt_trainer_get_spec(trainer));
    const gt_outcome outcome = gt_outcome_of(check->rows, check->n_rows, &rules);
    if (strcmp(digest, stored->digest) != 0)
        check->difference = gt_cli_text("the digest is %s, and %s in the study", digest, stored->digest);
    else if (outcome != stored->outcome)
        check->difference =
            gt_cli_text("the outcome is %s, and %s in the study", gt_outcome_name(outcome), gt_outcome_name(stored->outcome));
}

gt_status gt_replay_check_end(gt_replay_check *check, const gt_trainer *trainer) {
    char digest[GT_DIGEST_CHARS];
    gt_status status = gt_trainer_digest(trainer, 0, digest);
    if (status == GT_OK && check->difference == NULL && check->run->finished) compare_result(check, trainer, digest);
    return status;
}

void gt_replay_check_free(gt_replay_check *check) {
    free(check->stored);
    free(check->rows);
    free(check->difference);
}
