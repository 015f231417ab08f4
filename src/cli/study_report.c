/* The lines of `gantry study`: tables of a store's summary. */
#include "cli/study_report.h"

#include "cli/command.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/scores.h"
#include "cli/terminal.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SETTINGS_SHOWN = 30 };

static size_t last_checkpoint(const gt_store_summary *summary) { return summary->n_checkpoints - 1; }

void gt_study_print_begin(const gt_store *store, const char *path, int n_ranks) {
    const gt_store_study *study = gt_store_get_study(store);
    gt_study_plan whole = study->plan, *plan = &whole;
    uint64_t first, end;
    if (n_ranks > 1) whole.shard = 0, whole.n_shards = 1;
    gt_study_shard(plan, &first, &end);
    fprintf(stderr, "gantry: %s, seeds %" PRIu64 ":%" PRIu64, study->name, plan->first_seed + first, plan->first_seed + end);
    if (plan->n_shards > 1) fprintf(stderr, " (part %" PRIu64 "/%" PRIu64 ")", plan->shard, plan->n_shards);
    if (plan->n_settings > 1) fprintf(stderr, " under %zu settings", plan->n_settings);
    fprintf(stderr, ", %" PRIu64 " iterations, scored every %" PRIu64 " with %d points, into %s", plan->iterations,
            plan->eval_every, plan->evaluate.n_samples, path);
    if (n_ranks > 1) fprintf(stderr, ", by %d ranks; what follows is the first one's part", n_ranks);
    fputc('\n', stderr);
}

/* ---------------------------------------------------------------- tables */

static void print_heading(const char *text) {
    const bool bold = gt_terminal_colours(stdout);
    printf("%s%s%s\n", bold ? "\033[1m" : "", text, bold ? "\033[0m" : "");
}

static void print_outcomes(const gt_group_summary *group) {
    print_heading("outcome       runs   share   95 % interval");
    for (int o = 0; o < GT_N_OUTCOMES; o++) {
        if (group->n_outcome[o] == 0) continue;
        printf("%-11s %6" PRIu64 "  %5.1f %%  %5.1f to %5.1f %%\n", gt_outcome_name((gt_outcome)o), group->n_outcome[o],
               100 * (double)group->n_outcome[o] / (double)group->n_finished, 100 * group->outcome[o].low,
               100 * group->outcome[o].high);
    }
    printf("%-11s %6" PRIu64 "  %5.1f %%  %5.1f to %5.1f %%  at the last checkpoint\n", "converged", group->n_converged,
           100 * (double)group->n_converged / (double)group->n_finished, 100 * group->converged.low,
           100 * group->converged.high);
}

static void print_percentiles(const gt_store_summary *summary, const gt_spec *spec) {
    const gt_checkpoint_summary *last = &summary->all.checkpoints[last_checkpoint(summary)];
    printf("\n%-18s", "percentiles");
    for (int p = 0; p < GT_N_PERCENTILES; p++) printf(" %9.0f", gt_summary_percents[p]);
    printf("   at iteration %" PRIu64 ", %d points a run\n", last->iteration, summary->n_samples);
    for (const gt_score *score = gt_scores; score->name != NULL; score++) {
        const int metric = gt_store_metric_index(score->name);
        if (metric < 0 || !summary->exists[metric] || !gt_score_is_of(score, spec)) continue;
        printf("%-18s", score->name);
        for (int p = 0; p < GT_N_PERCENTILES; p++) printf(" %9.4g", last->metric[metric].percentile[p]);
        if (strcmp(score->name, "w1_x") == 0) printf("   a perfect sampler: %.4g", summary->w1_x_floor);
        putchar('\n');
    }
}

static const char *iteration_text(double iteration, char text[GT_NUMBER_CHARS]) {
    snprintf(text, GT_NUMBER_CHARS, isfinite(iteration) ? "%.0f" : "never", iteration);
    return text;
}

static void print_times(const gt_group_summary *group) {
    const gt_median_time *first = &group->first_converged;
    char median[GT_NUMBER_CHARS], low[GT_NUMBER_CHARS], high[GT_NUMBER_CHARS];
    printf("\nfirst convergence: ");
    if (isfinite(first->time))
        printf("half of the runs by iteration %s (95 %%: %s to %s); ", iteration_text(first->time, median),
               iteration_text(first->interval.low, low), iteration_text(first->interval.high, high));
    printf("%" PRIu64 " of %" PRIu64 " ever did\n", group->n_ever, group->n_timed);
    printf("relapses: %" PRIu64 " runs lost it again, %" PRIu64 " times in all\n", group->n_relapsed, group->n_relapses);
    if (!isnan(group->auc.mean_off_half))
        printf("the tutorial's accuracies tell failed runs from converged ones with an AUC of %.2f (1/2: not at all)\n",
               group->auc.mean_off_half);
}

static void print_run(const char *which, const gt_store *store, const gt_store_summary *summary, size_t run) {
    const gt_store_study *study = gt_store_get_study(store);
    if (run == GT_NO_RUN) return;
    const gt_store_run *of = &summary->runs[run];
    char *setting = gt_sweep_setting_name(study, of->setting);
    printf("%-7s seed %" PRIu64 "%s%s, %s: gantry replay %s --seed %" PRIu64, which, of->seed,
           setting != NULL && *setting != '\0' ? ", " : "", setting != NULL ? setting : "", gt_outcome_name(of->result.outcome),
           gt_store_path(store), of->seed);
    if (study->plan.n_settings > 1) printf(" --setting %zu", of->setting);
    putchar('\n');
    free(setting);
}

static void print_settings(const gt_store *store, const gt_store_summary *summary) {
    const gt_store_study *study = gt_store_get_study(store);
    gt_setting_pair *pairs = NULL;
    size_t n_pairs = 0;
    print_heading("\nsetting  converged   95 % interval      first   values");
    for (size_t s = 0; s < summary->n_settings && s < MAX_SETTINGS_SHOWN; s++) {
        const gt_group_summary *group = &summary->settings[s];
        char first[GT_NUMBER_CHARS];
        char *name = gt_sweep_setting_name(study, s);
        if (group->n_finished == 0)
            printf("%7zu  no run is finished            ", s);
        else
            printf("%7zu    %5.1f %%  %5.1f to %5.1f %%  %7s", s, 100 * (double)group->n_converged / (double)group->n_finished,
                   100 * group->converged.low, 100 * group->converged.high, iteration_text(group->first_converged.time, first));
        printf("   %s\n", name != NULL ? name : "");
        free(name);
    }
    if (summary->n_settings > MAX_SETTINGS_SHOWN)
        printf("... and %zu more: gantry report has them all\n", summary->n_settings - MAX_SETTINGS_SHOWN);
    if (gt_sweep_pairs(summary, &pairs, &n_pairs) != GT_OK) return;
    if (n_pairs > 0) print_heading("\nthe same seeds under two settings: converged under the first alone, the second alone");
    for (size_t p = 0; p < n_pairs && p < MAX_SETTINGS_SHOWN; p++)
        printf("%zu and %zu: %" PRIu64 ", %" PRIu64
               "; difference %+.1f points (95 %%: %+.1f to %+.1f), p %.2g, of %zu pairs %.2g\n",
               pairs[p].first, pairs[p].second, pairs[p].counts.only_first, pairs[p].counts.only_second,
               100 * pairs[p].shares.difference, 100 * pairs[p].shares.difference_interval.low,
               100 * pairs[p].shares.difference_interval.high, pairs[p].shares.p, n_pairs, pairs[p].p_holm);
    free(pairs);
}

static void print_tables(gt_store *store, const gt_store_summary *summary) {
    const gt_spec *spec = &gt_store_get_study(store)->plan.settings[0];
    char *seconds = NULL;
    print_outcomes(&summary->all);
    print_percentiles(summary, spec);
    print_times(&summary->all);
    if (summary->n_settings > 1) print_settings(store, summary);
    putchar('\n');
    print_run("best", store, summary, summary->all.best);
    print_run("median", store, summary, summary->all.median);
    print_run("worst", store, summary, summary->all.worst);
    if (gt_store_get_fact(store, "seconds", &seconds) == GT_OK && seconds != NULL)
        printf("%zu runs in %.1f s; the page about it: gantry report %s\n", summary->n_runs, strtod(seconds, NULL),
               gt_store_path(store));
    free(seconds);
}

/* ---------------------------------------------------------------- --json */

static void add_interval(cJSON *object, const char *key, gt_interval interval) {
    cJSON *array = cJSON_AddObjectToObject(object, key);
    gt_json_add_real(array, "low", interval.low);
    gt_json_add_real(array, "high", interval.high);
}

static void add_group(cJSON *object, const gt_store_summary *summary, const gt_group_summary *group) {
    gt_json_add_u64(object, "runs", group->n_finished);
    cJSON *outcomes = cJSON_AddObjectToObject(object, "outcomes");
    for (int o = 0; o < GT_N_OUTCOMES; o++) gt_json_add_u64(outcomes, gt_outcome_name((gt_outcome)o), group->n_outcome[o]);
    gt_json_add_u64(object, "converged", group->n_converged);
    add_interval(object, "converged_interval", group->converged);
    gt_json_add_real(object, "first_converged_median", group->first_converged.time);
    gt_json_add_u64(object, "ever_converged", group->n_ever);
    gt_json_add_u64(object, "relapsed", group->n_relapsed);
    gt_json_add_u64(object, "relapses", group->n_relapses);
    gt_json_add_real(object, "accuracy_auc", group->auc.mean);
    const size_t runs[] = {group->best, group->median, group->worst};
    static const char *const names[] = {"best_seed", "median_seed", "worst_seed"};
    for (int k = 0; k < 3; k++)
        if (runs[k] != GT_NO_RUN) gt_json_add_u64(object, names[k], summary->runs[runs[k]].seed);
    const gt_checkpoint_summary *last = &group->checkpoints[last_checkpoint(summary)];
    cJSON *percentiles = cJSON_AddObjectToObject(object, "percentiles");
    for (int m = 0; m < summary->n_metrics; m++) {
        if (!summary->exists[m]) continue;
        cJSON *metric = cJSON_AddObjectToObject(percentiles, gt_store_metric_name(m));
        for (int p = 0; p < GT_N_PERCENTILES; p++) {
            char key[GT_NUMBER_CHARS];
            snprintf(key, sizeof key, "p%.0f", gt_summary_percents[p]);
            gt_json_add_real(metric, key, last->metric[m].percentile[p]);
        }
    }
}

static void print_json(gt_store *store, const gt_store_summary *summary) {
    const gt_store_study *study = gt_store_get_study(store);
    cJSON *json = gt_json_begin("study");
    cJSON_AddStringToObject(json, "file", gt_store_path(store));
    cJSON_AddStringToObject(json, "repeat", study->command);
    gt_json_add_spec(cJSON_AddObjectToObject(json, "spec"), &study->plan.settings[0]);
    gt_json_add_u64(json, "first_seed", study->plan.first_seed);
    gt_json_add_u64(json, "seeds", study->plan.n_seeds);
    gt_json_add_u64(json, "iterations", study->plan.iterations);
    add_group(cJSON_AddObjectToObject(json, "all"), summary, &summary->all);
    cJSON *settings = cJSON_AddArrayToObject(json, "settings");
    for (size_t s = 0; s < summary->n_settings; s++) {
        cJSON *setting = cJSON_CreateObject(), *values = cJSON_AddObjectToObject(setting, "values");
        for (size_t a = 0; a < study->n_axes; a++)
            cJSON_AddStringToObject(values, study->axes[a].name, study->axes[a].values[s]);
        add_group(setting, summary, &summary->settings[s]);
        cJSON_AddItemToArray(settings, setting);
    }
    gt_cli_print_json(json);
}

int gt_study_print_end(gt_store *store, bool json) {
    gt_store_summary summary = {0};
    const gt_status status = gt_store_summarise(store, &summary);
    int code = status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK && json) print_json(store, &summary);
    if (code == GT_EXIT_OK && !json) print_tables(store, &summary);
    gt_store_summary_free(&summary);
    return code == GT_EXIT_OK ? gt_cli_flush() : code;
}
