/* Finds the run. The best is nearest to convergence at its end, by the distance of the store; ties go to the smaller seed. */
#include "cli/replay_run.h"

#include "cli/command.h"
#include "io/number.h"
#include "io/store_summary.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LISTED = 12 };

/* ---------------------------------------------------------------- settings */

/* "0 (lr=0.001), 1 (lr=0.01)" */
static char *list_settings(const gt_store_study *study) {
    char *list = gt_cli_text("%s", "");
    const size_t n = study->plan.n_settings;
    for (size_t k = 0; k < n && k < MAX_LISTED; k++) {
        char *values = gt_sweep_setting_name(study, k);
        char *longer = gt_cli_text("%s%s%zu (%s)", list, k > 0 ? ", " : "", k, values != NULL ? values : "");
        free(values);
        free(list);
        list = longer;
    }
    if (n <= MAX_LISTED) return list;
    char *cut = gt_cli_text("%s, ... to %zu", list, n - 1);
    free(list);
    return cut;
}

static int find_setting(const gt_store_study *study, const char *text, size_t *out) {
    uint64_t number = 0;
    const size_t n = study->plan.n_settings;
    const bool right = text == NULL ? n == 1 : gt_number_parse_u64(text, &number) && number < n;
    *out = (size_t)number;
    if (right) return GT_EXIT_OK;
    char *list = list_settings(study);
    int code = text == NULL ? gt_cli_fail(GT_EXIT_USAGE, "the study has %zu settings; choose one with --setting: %s", n, list)
               : n == 1     ? gt_cli_fail(GT_EXIT_USAGE, "--setting %s: the study has only one, 0; leave the flag out", text)
                            : gt_cli_fail(GT_EXIT_USAGE, "--setting %s: it takes one of %s", text, list);
    free(list);
    return code;
}

/* ---------------------------------------------------------------- runs by their end */

static int by_distance(const void *a, const void *b) {
    const gt_store_run *x = a, *y = b;
    const double p = gt_store_run_distance(x), q = gt_store_run_distance(y);
    if (p != q) return p < q ? -1 : 1;
    return (x->seed > y->seed) - (x->seed < y->seed);
}

static const gt_store_run *best(const gt_store_run *runs, size_t n) { return n > 0 ? &runs[0] : NULL; }
static const gt_store_run *median(const gt_store_run *runs, size_t n) { return n > 0 ? &runs[(n - 1) / 2] : NULL; }
static const gt_store_run *worst(const gt_store_run *runs, size_t n) { return n > 0 ? &runs[n - 1] : NULL; }

static const gt_store_run *first_relapse(const gt_store_run *runs, size_t n) {
    const gt_store_run *first = NULL;
    for (size_t k = 0; k < n; k++) {
        const uint64_t at = runs[k].result.judge.first_relapse, so_far = first != NULL ? first->result.judge.first_relapse : 0;
        if (at > 0 && (first == NULL || at < so_far || (at == so_far && runs[k].seed < first->seed))) first = &runs[k];
    }
    return first;
}

static const struct {
    const char *name;
    const gt_store_run *(*choose)(const gt_store_run *runs, size_t n); /* of finished runs, the best first; NULL: none */
    const char *what;
} names[] = {{"best", best, "the best"},
             {"median", median, "the median"},
             {"worst", worst, "the worst"},
             {"first-relapse", first_relapse, "the first that relapsed"}};

enum { N_NAMES = sizeof names / sizeof *names };

const char *gt_replay_run_name(int index) { return index < N_NAMES ? names[index].name : NULL; }

static int find_named(const gt_study_plan *plan, size_t which, gt_store_run *runs, size_t n, gt_replay_run *out) {
    size_t n_finished = 0;
    for (size_t k = 0; k < n; k++)
        if (runs[k].finished) runs[n_finished++] = runs[k];
    qsort(runs, n_finished, sizeof *runs, by_distance);
    if (n_finished == 0)
        return gt_cli_fail(GT_EXIT_FAILURE,
                           "--seed %s: no run is finished yet; wait for one, or name a seed from %" PRIu64 " to %" PRIu64,
                           names[which].name, plan->first_seed, plan->first_seed + plan->n_seeds - 1);
    const gt_store_run *run = names[which].choose(runs, n_finished);
    if (run == NULL)
        return gt_cli_fail(GT_EXIT_FAILURE,
                           "--seed %s: none of the %zu finished runs relapsed; name best, median, worst or a seed",
                           names[which].name, n_finished);
    out->run = *run;
    out->why = gt_cli_text("%s of %zu", names[which].what, n_finished);
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- runs by their seed */

static int find_seed(const gt_study_plan *plan, uint64_t seed, const gt_store_run *runs, size_t n, gt_replay_run *out) {
    const uint64_t last = plan->first_seed + plan->n_seeds - 1;
    if (seed < plan->first_seed || seed > last)
        return gt_cli_fail(GT_EXIT_USAGE, "--seed %" PRIu64 ": the study has the seeds %" PRIu64 " to %" PRIu64, seed,
                           plan->first_seed, last);
    for (size_t k = 0; k < n; k++)
        if (runs[k].seed == seed) {
            out->run = runs[k];
            return GT_EXIT_OK;
        }
    uint64_t first, end;
    gt_study_shard(plan, &first, &end);
    return gt_cli_fail(GT_EXIT_USAGE,
                       "--seed %" PRIu64 ": this file is shard %" PRIu64 " of %" PRIu64 " with the seeds %" PRIu64
                       " to %" PRIu64 "; take another shard's, or all of them merged",
                       seed, plan->shard, plan->n_shards, plan->first_seed + first, plan->first_seed + end - 1);
}

/* Those of the setting to the front; returns how many. */
static size_t keep_setting(gt_store_run *runs, size_t n, size_t setting) {
    size_t n_kept = 0;
    for (size_t k = 0; k < n; k++)
        if (runs[k].setting == setting) runs[n_kept++] = runs[k];
    return n_kept;
}

static int not_a_seed(const gt_study_plan *plan, const char *text) {
    return gt_cli_fail(GT_EXIT_USAGE,
                       "--seed %s: it takes a number from %" PRIu64 " to %" PRIu64 ", or best, median, worst or first-relapse",
                       text, plan->first_seed, plan->first_seed + plan->n_seeds - 1);
}

int gt_replay_run_find(gt_store *store, const char *seed, const char *setting, gt_replay_run *out) {
    const gt_study_plan *plan = &gt_store_get_study(store)->plan;
    size_t n, which = 0, its_setting;
    uint64_t number;
    gt_store_run *runs;
    *out = (gt_replay_run){0};
    while (which < N_NAMES && strcmp(names[which].name, seed) != 0) which++;
    if (which == N_NAMES && !gt_number_parse_u64(seed, &number)) return not_a_seed(plan, seed);
    int code = find_setting(gt_store_get_study(store), setting, &its_setting);
    if (code != GT_EXIT_OK) return code;
    gt_status status = gt_store_read_runs(store, &runs, &n);
    if (status != GT_OK) return gt_cli_fail_status(status);
    n = keep_setting(runs, n, its_setting);
    code = which < N_NAMES ? find_named(plan, which, runs, n, out) : find_seed(plan, number, runs, n, out);
    free(runs);
    return code;
}

void gt_replay_run_free(gt_replay_run *run) { free(run->why); }
