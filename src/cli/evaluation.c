/* Evaluations as lines, tables and JSON. */
#include "cli/evaluation.h"

#include "cli/command.h"
#include "cli/image_scores.h"
#include "cli/scores.h"
#include "core/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- one run */

static void print_points(const gt_metrics *row) {
    printf("points              %d for the accuracies, %d generated, %d for the energy distance\n", row->n_accuracy,
           row->n_samples, row->n_energy);
}

void gt_evaluation_print(const gt_evaluation *evaluation, const gt_spec *spec) {
    const gt_metrics *row = &evaluation->row;
    printf("iteration           %" PRIu64 "\n", row->iteration);
    for (const gt_score *score = gt_scores; score->name != NULL; score++) {
        char value[GT_NUMBER_CHARS], perfect[GT_NUMBER_CHARS];
        if (!gt_score_is_of(score, spec)) continue;
        const double best = gt_score_perfect(score, spec, row);
        printf("%-19s %-8s %s", score->name, gt_score_format(score, gt_score_value(score, row), spec, value), score->meaning);
        if (!isnan(best)) printf("; perfect: %s", gt_score_format(score, best, spec, perfect));
        putchar('\n');
    }
    printf("outcome             %s\n", gt_outcome_name(evaluation->outcome));
    print_points(row);
    if (evaluation->has_images) gt_image_scores_print(&evaluation->images);
}

void gt_evaluation_add_json(cJSON *object, const gt_evaluation *evaluation, const gt_spec *spec) {
    cJSON_AddStringToObject(object, "checkpoint", evaluation->checkpoint);
    gt_json_add_u64(object, "seed", evaluation->seed);
    gt_json_add_metrics(cJSON_AddObjectToObject(object, "metrics"), &evaluation->row);
    cJSON *perfect = cJSON_AddObjectToObject(object, "perfect");
    for (const gt_score *score = gt_scores; score->name != NULL; score++)
        if (gt_score_is_of(score, spec))
            gt_json_add_real(perfect, score->name, gt_score_perfect(score, spec, &evaluation->row));
    cJSON_AddStringToObject(object, "outcome", gt_outcome_name(evaluation->outcome));
    if (evaluation->has_images) gt_image_scores_add_json(cJSON_AddObjectToObject(object, "images"), &evaluation->images);
}

/* ---------------------------------------------------------------- several */

/* One score of all runs. */
typedef struct {
    const char *name;
    double *values; /* sorted; of those that have it */
    size_t n;
    gt_mean mean;
} summary;

typedef struct {
    const gt_evaluation *list;
    size_t n;
    double *values; /* [n] */
    void (*use)(void *context, const summary *of);
    void *context;
} summaries;

typedef double (*score_reader)(const void *score, const gt_evaluation *evaluation);

static double read_score(const void *score, const gt_evaluation *e) { return gt_score_value(score, &e->row); }
static double read_image_score(const void *score, const gt_evaluation *e) {
    return e->has_images ? gt_image_score_value(score, &e->images) : NAN;
}
static double read_missing(const void *score, const gt_evaluation *e) {
    (void)score;
    return e->has_images ? (double)e->images.n_missing : NAN;
}

static void summarise(const summaries *all, const char *name, score_reader read, const void *score) {
    for (size_t i = 0; i < all->n; i++) all->values[i] = read(score, &all->list[i]);
    const size_t n = gt_sort_numbers(all->values, all->n);
    if (n > 0) all->use(all->context, &(summary){name, all->values, n, gt_mean_of(all->values, n)});
}

static void each_score(summaries all, const gt_spec *spec) {
    all.values = gt_cli_resize(NULL, all.n, sizeof *all.values);
    for (const gt_score *score = gt_scores; score->name != NULL; score++)
        if (gt_score_is_of(score, spec)) summarise(&all, score->name, read_score, score);
    for (const gt_image_score *score = gt_image_score_list; score->name != NULL; score++)
        summarise(&all, score->name, read_image_score, score);
    summarise(&all, "missing_classes", read_missing, NULL);
    free(all.values);
}

static const char *format(double value, char text[GT_NUMBER_CHARS]) {
    snprintf(text, GT_NUMBER_CHARS, fabs(value) < 1000 ? "%.4f" : "%.5g", value);
    return text;
}

static void print_summary(void *n_runs, const summary *s) {
    char mean[GT_NUMBER_CHARS], half[GT_NUMBER_CHARS] = "", low[GT_NUMBER_CHARS], high[GT_NUMBER_CHARS];
    if (s->n > 1) format(s->mean.half_width, half);
    printf("%-19s %10s %10s %10s %10s", s->name, format(s->mean.mean, mean), half, format(s->values[0], low),
           format(s->values[s->n - 1], high));
    if (s->n < *(const size_t *)n_runs) printf("   of %zu", s->n);
    putchar('\n');
}

static void print_outcomes(const gt_evaluation *list, size_t n) {
    size_t n_of[GT_N_OUTCOMES] = {0};
    const char *before = "outcomes            ";
    for (size_t i = 0; i < n; i++) n_of[list[i].outcome]++;
    for (int o = 0; o < GT_N_OUTCOMES; o++) {
        if (n_of[o] == 0) continue;
        printf("%s%s %zu", before, gt_outcome_name((gt_outcome)o), n_of[o]);
        before = ", ";
    }
    putchar('\n');
}

void gt_evaluations_print(const gt_evaluation *list, size_t n, const gt_spec *spec) {
    const gt_evaluation *with_images = NULL;
    printf("%-6zu runs               mean    +- 95 %%     lowest    highest\n", n);
    each_score((summaries){.list = list, .n = n, .use = print_summary, .context = &n}, spec);
    print_outcomes(list, n);
    print_points(&list[0].row);
    for (size_t i = 0; i < n && with_images == NULL; i++)
        if (list[i].has_images) with_images = &list[i];
    if (with_images != NULL) gt_image_scores_print_how(&with_images->images);
}

static void add_summary(void *object, const summary *s) {
    cJSON *json = cJSON_AddObjectToObject(object, s->name);
    gt_json_add_real(json, "mean", s->mean.mean);
    gt_json_add_real(json, "half_width", s->mean.half_width);
    gt_json_add_real(json, "lowest", s->values[0]);
    gt_json_add_real(json, "highest", s->values[s->n - 1]);
    gt_json_add_u64(json, "runs", s->n);
}

void gt_evaluations_add_json(cJSON *object, const gt_evaluation *list, size_t n, const gt_spec *spec) {
    each_score((summaries){.list = list, .n = n, .use = add_summary, .context = cJSON_AddObjectToObject(object, "summary")},
               spec);
    cJSON *runs = cJSON_AddArrayToObject(object, "runs");
    for (size_t i = 0; i < n; i++) {
        cJSON *run = cJSON_CreateObject();
        gt_evaluation_add_json(run, &list[i], spec);
        cJSON_AddItemToArray(runs, run);
    }
}
