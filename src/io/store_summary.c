/* One pass over the rows, which come checkpoint by checkpoint: each checkpoint is summed up when the next one begins, and of a
 * run only its judge and its last row are kept. */
#include "io/store_summary.h"

#include "core/status.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const double gt_summary_percents[GT_N_PERCENTILES] = {1, 5, 25, 50, 75, 95, 99};

int gt_store_metric_index(const char *name) {
    const char *at;
    for (int i = 0; (at = gt_store_metric_name(i)) != NULL; i++)
        if (strcmp(at, name) == 0) return i;
    return -1;
}

bool gt_store_run_converged(const gt_store_run *run) { return run->finished && (run->result.judge.recent & 1) != 0; }

double gt_store_run_distance(const gt_store_run *run) {
    return run->result.diverged || isnan(run->result.distance) ? INFINITY : run->result.distance;
}

static gt_status no_memory(const gt_store *store) {
    return gt_fail(GT_ERR_MEMORY, "%s: out of memory for a summary", gt_store_path(store));
}

/* ---------------------------------------------------------------- the pass over the rows */

typedef struct {
    gt_store *store;
    gt_store_summary *summary;
    const gt_study_plan *plan;
    gt_outcome_rules *rules; /* [n_settings] */
    gt_judge *judges;        /* [n_runs], of the rows so far */
    uint64_t *seen;          /* [n_runs]: iteration of the last row; 0: none */
    double *sorted;          /* [n_runs] */
    size_t next;             /* the run after that of the last row */
    size_t room;             /* for checkpoints */
} reading;

static gt_metric_summary summarise_values(double *values, size_t n) {
    gt_metric_summary out = {.n = gt_sort_numbers(values, n)};
    for (int p = 0; p < GT_N_PERCENTILES; p++) out.percentile[p] = gt_percentile(values, out.n, gt_summary_percents[p]);
    return out;
}

static gt_checkpoint_summary summarise_checkpoint(const reading *r, const gt_group_summary *group, uint64_t iteration) {
    gt_checkpoint_summary out = {.iteration = iteration};
    for (size_t i = group->first; i < group->end; i++) {
        if (r->seen[i] != iteration) continue;
        out.n++;
        out.n_converged += r->judges[i].recent & 1;
    }
    out.converged = gt_wilson_interval(out.n_converged, out.n);
    for (int m = 0; m < r->summary->n_metrics; m++) {
        size_t n = 0;
        for (size_t i = group->first; i < group->end; i++)
            if (r->seen[i] == iteration) r->sorted[n++] = r->summary->last[m][i];
        out.metric[m] = summarise_values(r->sorted, n);
    }
    return out;
}

static bool grow(gt_group_summary *group, size_t room) {
    void *larger = reallocarray(group->checkpoints, room, sizeof *group->checkpoints);
    if (larger != NULL) group->checkpoints = larger;
    return larger != NULL;
}

/* The checkpoint whose rows have all been seen. */
static gt_status end_checkpoint(reading *r) {
    gt_store_summary *s = r->summary;
    if (s->n_checkpoints == 0) return GT_OK;
    const size_t at = s->n_checkpoints - 1;
    for (size_t g = 0; g < s->n_settings; g++)
        s->settings[g].checkpoints[at] = summarise_checkpoint(r, &s->settings[g], s->iterations[at]);
    if (s->n_settings > 1) s->all.checkpoints[at] = summarise_checkpoint(r, &s->all, s->iterations[at]);
    return GT_OK;
}

static gt_status begin_checkpoint(reading *r, uint64_t iteration) {
    gt_store_summary *s = r->summary;
    GT_TRY(end_checkpoint(r));
    if (s->n_checkpoints == r->room) {
        r->room = r->room > 0 ? 2 * r->room : 16;
        void *larger = reallocarray(s->iterations, r->room, sizeof *s->iterations);
        if (larger == NULL) return no_memory(r->store);
        s->iterations = larger;
        bool grown = s->n_settings == 1 || grow(&s->all, r->room);
        for (size_t g = 0; g < s->n_settings; g++) grown = grown && grow(&s->settings[g], r->room);
        if (!grown) return no_memory(r->store);
    }
    s->iterations[s->n_checkpoints++] = iteration;
    r->next = 0;
    return GT_OK;
}

static gt_status visit(void *context, uint64_t run, const gt_metrics *row) {
    reading *r = context;
    gt_store_summary *s = r->summary;
    if (s->n_checkpoints == 0 || row->iteration != s->iterations[s->n_checkpoints - 1])
        GT_TRY(begin_checkpoint(r, row->iteration));
    while (r->next < s->n_runs && s->runs[r->next].run < run) r->next++;
    if (r->next == s->n_runs || s->runs[r->next].run != run)
        return gt_fail(GT_ERR_FILE, "%s: damaged: it has a checkpoint of run %" PRIu64 ", but no such run",
                       gt_store_path(r->store), run);
    const size_t i = r->next++;
    r->seen[i] = row->iteration;
    gt_judge_add(&r->judges[i], row, &r->rules[s->runs[i].setting]);
    for (int m = 0; m < s->n_metrics; m++) {
        s->last[m][i] = gt_store_metric(row, m);
        s->exists[m] = s->exists[m] || !isnan(s->last[m][i]);
    }
    if (!isnan(row->w1_x_floor)) s->w1_x_floor = row->w1_x_floor;
    s->n_samples = row->n_samples;
    s->n_accuracy = row->n_accuracy;
    s->n_energy = row->n_energy;
    return GT_OK;
}

/* ---------------------------------------------------------------- what became of a group */

static void count_outcomes(const gt_store_summary *s, gt_group_summary *group) {
    for (size_t i = group->first; i < group->end; i++) {
        if (!s->runs[i].finished) continue;
        group->n_finished++;
        group->n_outcome[s->runs[i].result.outcome]++;
        group->n_converged += gt_store_run_converged(&s->runs[i]);
    }
    for (int o = 0; o < GT_N_OUTCOMES; o++) group->outcome[o] = gt_wilson_interval(group->n_outcome[o], group->n_finished);
    group->converged = gt_wilson_interval(group->n_converged, group->n_finished);
}

static gt_status count_times(const reading *r, gt_group_summary *group) {
    const size_t n = group->end - group->first;
    gt_duration *durations = calloc(n > 0 ? n : 1, sizeof *durations);
    gt_survival_step *steps = calloc(n > 0 ? n : 1, sizeof *steps);
    if (durations == NULL || steps == NULL) {
        free(durations);
        free(steps);
        return no_memory(r->store);
    }
    for (size_t i = group->first; i < group->end; i++) {
        const gt_judge *judge = &r->judges[i];
        if (r->seen[i] == 0) continue;
        const bool converged = judge->first_converged > 0;
        durations[group->n_timed++] = (gt_duration){(double)(converged ? judge->first_converged : r->seen[i]), converged};
        group->n_ever += converged;
        group->n_relapsed += judge->n_relapses > 0;
        group->n_relapses += judge->n_relapses;
    }
    group->n_steps = gt_kaplan_meier(durations, group->n_timed, steps);
    group->first_converged = gt_survival_median(steps, group->n_steps);
    free(durations);
    void *smaller = realloc(steps, (group->n_steps > 0 ? group->n_steps : 1) * sizeof *steps);
    group->steps = smaller != NULL ? smaller : steps;
    return GT_OK;
}

typedef struct {
    double distance;
    uint64_t seed;
    size_t index;
} ranked;

static int by_distance(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
    if (x->seed != y->seed) return x->seed < y->seed ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

gt_status gt_store_rank(const gt_store_summary *summary, const gt_group_summary *group, size_t **order, size_t *n) {
    const size_t room = group->end - group->first;
    ranked *runs = calloc(room > 0 ? room : 1, sizeof *runs);
    *order = calloc(room > 0 ? room : 1, sizeof **order);
    *n = 0;
    if (runs == NULL || *order == NULL) {
        free(runs);
        free(*order);
        *order = NULL;
        return gt_fail(GT_ERR_MEMORY, "out of memory for the order of %zu runs", room);
    }
    for (size_t i = group->first; i < group->end; i++)
        if (summary->runs[i].finished)
            runs[(*n)++] = (ranked){gt_store_run_distance(&summary->runs[i]), summary->runs[i].seed, i};
    qsort(runs, *n, sizeof *runs, by_distance);
    for (size_t k = 0; k < *n; k++) (*order)[k] = runs[k].index;
    free(runs);
    return GT_OK;
}

static gt_status find_extremes(const gt_store_summary *s, gt_group_summary *group) {
    size_t *order, n;
    group->best = group->median = group->worst = GT_NO_RUN;
    GT_TRY(gt_store_rank(s, group, &order, &n));
    if (n > 0) {
        group->best = order[0];
        group->median = order[(n - 1) / 2];
        group->worst = order[n - 1];
    }
    free(order);
    return GT_OK;
}

static double mean_of(double real, double fake) { return (real + fake) / 2; }
static double real_of(double real, double fake) {
    (void)fake;
    return real;
}
static double fake_of(double real, double fake) {
    (void)real;
    return fake;
}
static double mean_off_half(double real, double fake) { return fabs((real + fake) / 2 - 0.5); }
static double each_off_half(double real, double fake) { return fabs(real - 0.5) + fabs(fake - 0.5); }

static gt_status detect_failures(const reading *r, gt_group_summary *group) {
    const int real = gt_store_metric_index("acc_real"), fake = gt_store_metric_index("acc_fake");
    const gt_store_summary *s = r->summary;
    gt_accuracy_auc *auc = &group->auc;
    const struct {
        double (*score)(double real, double fake);
        double *area;
    } detectors[] = {{mean_of, &auc->mean},
                     {real_of, &auc->real},
                     {fake_of, &auc->fake},
                     {mean_off_half, &auc->mean_off_half},
                     {each_off_half, &auc->each_off_half}};
    gt_scored *scored = calloc(group->end - group->first + 1, sizeof *scored);
    if (scored == NULL) return no_memory(r->store);
    auc->n_converged = group->n_converged;
    auc->n_failed = group->n_finished - group->n_converged;
    for (size_t d = 0; d < sizeof detectors / sizeof *detectors; d++) {
        size_t n = 0;
        for (size_t i = group->first; i < group->end; i++)
            if (s->runs[i].finished)
                scored[n++] =
                    (gt_scored){detectors[d].score(s->last[real][i], s->last[fake][i]), !gt_store_run_converged(&s->runs[i])};
        *detectors[d].area = gt_auc(scored, n);
    }
    free(scored);
    return GT_OK;
}

static gt_status summarise_group(const reading *r, gt_group_summary *group) {
    count_outcomes(r->summary, group);
    GT_TRY(count_times(r, group));
    GT_TRY(find_extremes(r->summary, group));
    return detect_failures(r, group);
}

/* ---------------------------------------------------------------- all of it */

/* The runs of each setting: runs come by id, which is setting-major. */
static gt_status divide_runs(const gt_store *store, gt_store_summary *s) {
    size_t at = 0;
    for (size_t g = 0; g < s->n_settings; g++) {
        s->settings[g].first = at;
        while (at < s->n_runs && s->runs[at].setting == g) at++;
        s->settings[g].end = at;
    }
    s->all = (gt_group_summary){.first = 0, .end = s->n_runs};
    if (at < s->n_runs)
        return gt_fail(GT_ERR_FILE, "%s: damaged: run %" PRIu64 " has setting %zu of %zu", gt_store_path(store),
                       s->runs[at].run, s->runs[at].setting + 1, s->n_settings);
    return GT_OK;
}

static gt_status allocate(reading *r) {
    gt_store_summary *s = r->summary;
    const size_t n = s->n_runs > 0 ? s->n_runs : 1;
    while (gt_store_metric_name(s->n_metrics) != NULL && s->n_metrics < GT_MAX_STORE_METRICS) s->n_metrics++;
    for (int m = 0; m < s->n_metrics; m++) {
        s->last[m] = malloc(n * sizeof *s->last[m]);
        if (s->last[m] == NULL) return no_memory(r->store);
        for (size_t i = 0; i < n; i++) s->last[m][i] = NAN;
    }
    s->settings = calloc(s->n_settings, sizeof *s->settings);
    r->judges = calloc(n, sizeof *r->judges);
    r->seen = calloc(n, sizeof *r->seen);
    r->sorted = calloc(n, sizeof *r->sorted);
    r->rules = calloc(s->n_settings, sizeof *r->rules);
    if (s->settings == NULL || r->judges == NULL || r->seen == NULL || r->sorted == NULL || r->rules == NULL)
        return no_memory(r->store);
    for (size_t g = 0; g < s->n_settings; g++) r->rules[g] = gt_outcome_rules_of(&r->plan->settings[g]);
    return GT_OK;
}

static gt_status summarise(reading *r) {
    gt_store_summary *s = r->summary;
    GT_TRY(gt_store_read_runs(r->store, &s->runs, &s->n_runs));
    GT_TRY(allocate(r));
    GT_TRY(divide_runs(r->store, s));
    GT_TRY(gt_store_each_row(r->store, visit, r));
    GT_TRY(end_checkpoint(r));
    for (size_t g = 0; g < s->n_settings; g++) GT_TRY(summarise_group(r, &s->settings[g]));
    if (s->n_settings > 1)
        GT_TRY(summarise_group(r, &s->all));
    else
        s->all = s->settings[0];
    return GT_OK;
}

gt_status gt_store_summarise(gt_store *store, gt_store_summary *out) {
    const gt_study_plan *plan = &gt_store_get_study(store)->plan;
    *out = (gt_store_summary){.n_settings = plan->n_settings, .w1_x_floor = NAN};
    reading r = {.store = store, .summary = out, .plan = plan};
    const gt_status status = summarise(&r);
    free(r.rules);
    free(r.judges);
    free(r.seen);
    free(r.sorted);
    return status;
}

void gt_store_summary_free(gt_store_summary *s) {
    if (s->n_settings > 1) {
        free(s->all.checkpoints);
        free(s->all.steps);
    }
    for (size_t g = 0; s->settings != NULL && g < s->n_settings; g++) {
        free(s->settings[g].checkpoints);
        free(s->settings[g].steps);
    }
    for (int m = 0; m < s->n_metrics; m++) free(s->last[m]);
    free(s->settings);
    free(s->iterations);
    free(s->runs);
    *s = (gt_store_summary){0};
}
