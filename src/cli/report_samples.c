/* Which runs, and their points or images after the last iteration. */
#include "cli/report_samples.h"

#include "cli/command.h"
#include "cli/generate.h"
#include "cli/progress.h"
#include "cli/run_again.h"
#include "core/status.h"
#include "core/target_data.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* In the plane; a matrix of columns shows each point many times. Images are six rows of six. */
enum { POINTS = 500, POINTS_OF_COLUMNS = 120, IMAGES = 36 };

enum { PATIENCE_SECONDS = 60 };

typedef struct {
    gt_store *store;
    const gt_store_study *study;
    const gt_store_summary *summary;
    gt_report_samples *out;
    gt_progress progress; /* of those that are trained again */
    uint64_t n_iterations;
} gallery;

static bool shows_images(const gallery *g) { return gt_target_is_images(&g->study->plan.settings[0].target); }

/* ---------------------------------------------------------------- which */

static gt_figure_sample *find(const gt_report_samples *out, size_t run) {
    for (size_t i = 0; i < out->n; i++)
        if (out->list[i].run == run) return &out->list[i];
    return NULL;
}

/* A run has one picture, whatever it stands for. */
static void want(gt_report_samples *out, size_t run, const char *role) {
    if (run == GT_NO_RUN) return;
    gt_figure_sample *sample = find(out, run);
    if (sample != NULL) {
        const size_t used = strlen(sample->role);
        snprintf(sample->role + used, sizeof sample->role - used, ", %s", role);
        return;
    }
    out->list = gt_cli_resize(out->list, out->n + 1, sizeof *out->list);
    out->list[out->n] = (gt_figure_sample){.run = run};
    snprintf(out->list[out->n++].role, sizeof out->list->role, "%s", role);
}

/* Of the `last` + 1 runs of an outcome the one at `place`, by distance. */
static void want_of_outcome(const gallery *g, size_t run, uint64_t place, uint64_t last) {
    if (place == last / 2)
        want(g->out, run, "typical");
    else if (shows_images(g) && (place == 0 || place == last) && find(g->out, run) == NULL)
        want(g->out, run, place == 0 ? "best of its outcome" : "worst of its outcome");
}

static gt_status choose(const gallery *g) {
    const gt_group_summary *all = &g->summary->all;
    size_t *order, n;
    gt_status status = gt_store_rank(g->summary, all, &order, &n);
    if (status != GT_OK) return status;
    want(g->out, all->best, "best");
    want(g->out, all->median, "median");
    want(g->out, all->worst, "worst");
    for (int o = 0; o < GT_N_OUTCOMES; o++) {
        uint64_t before = 0;
        for (size_t k = 0; k < n; k++)
            if ((int)g->summary->runs[order[k]].result.outcome == o)
                want_of_outcome(g, order[k], before++, all->n_outcome[o] - 1);
    }
    free(order);
    return GT_OK;
}

/* ---------------------------------------------------------------- their points */

static const gt_store_run *run_of(const gallery *g, const gt_figure_sample *sample) { return &g->summary->runs[sample->run]; }

static char *title_of(const gallery *g, const gt_figure_sample *sample) {
    const gt_store_run *run = run_of(g, sample);
    const char *outcome = gt_outcome_name(run->result.outcome);
    if (g->summary->n_settings == 1) return gt_cli_text("%s: seed %" PRIu64 ", %s", sample->role, run->seed, outcome);
    return gt_cli_text("%s: seed %" PRIu64 ", setting %zu, %s", sample->role, run->seed, run->setting, outcome);
}

/* The latents are those of the pictures of gantry train and replay. */
static gt_status draw_images(gt_trainer *trainer, gt_figure_sample *sample) {
    const size_t x = (size_t)gt_trainer_get_spec(trainer)->target.n_columns;
    float *images = gt_cli_resize(NULL, 2 * IMAGES * x, sizeof *images), *real = images + IMAGES * x;
    sample->picture.generated = (gt_plot_points){images, IMAGES, x};
    sample->picture.real = (gt_plot_points){real, IMAGES, x};
    gt_status status = gt_generate_draw(trainer, 0, IMAGES, images);
    if (status == GT_OK) status = gt_trainer_draw(trainer, 0, GT_DRAW_REAL, 0, IMAGES, real);
    if (status == GT_OK) gt_trainer_to_data(trainer, real, IMAGES);
    return status;
}

static gt_status draw_points(gt_trainer *trainer, gt_figure_sample *sample) {
    const gt_target_spec *target = &gt_trainer_get_spec(trainer)->target;
    const size_t x = (size_t)target->n_columns;
    const bool function = gt_target_kind_of(target) == GT_TARGET_FUNCTION;
    const size_t n = x > 2 ? POINTS_OF_COLUMNS : POINTS;
    float *points = gt_cli_resize(NULL, 2 * n * x, sizeof *points), *real = function ? NULL : points + n * x;
    sample->picture.generated = (gt_plot_points){points, n, x};
    sample->picture.real = (gt_plot_points){real, function ? 0 : n, x};
    sample->picture.curve = function;
    return gt_trainer_evaluation_points(trainer, 0, n, real, points);
}

static gt_status draw(const gallery *g, gt_trainer *trainer, gt_figure_sample *sample) {
    sample->picture.title = title_of(g, sample);
    return shows_images(g) ? draw_images(trainer, sample) : draw_points(trainer, sample);
}

static bool is_drawn(const gt_figure_sample *sample) { return sample->picture.generated.values != NULL; }

static size_t count_undrawn(const gt_report_samples *out) {
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++) n += !is_drawn(&out->list[i]);
    return n;
}

static void drop_undrawn(gt_report_samples *out) {
    size_t n = 0;
    for (size_t i = 0; i < out->n; i++)
        if (is_drawn(&out->list[i])) out->list[n++] = out->list[i];
    out->n = n;
}

static void note(gt_report_samples *out, char *text) {
    out->notes = gt_cli_resize(out->notes, out->n_notes + 1, sizeof *out->notes);
    out->notes[out->n_notes++] = text;
}

/* ---------------------------------------------------------------- kept */

static gt_status load_kept(const gallery *g) {
    gt_status status = GT_OK;
    for (size_t i = 0; i < g->out->n && status == GT_OK; i++) {
        gt_figure_sample *sample = &g->out->list[i];
        gt_trainer *trainer = NULL;
        status = gt_run_again_load(g->store, run_of(g, sample), &trainer);
        if (trainer != NULL) status = draw(g, trainer, sample);
        gt_trainer_destroy(trainer);
    }
    return status;
}

/* ---------------------------------------------------------------- trained again */

static void show_progress(void *context, uint64_t iteration) {
    gallery *g = context;
    gt_progress_show(&g->progress, g->n_iterations + iteration, NULL);
}

static gt_status compare(const gallery *g, const gt_trainer *trainer, const gt_store_run *run, bool *same) {
    char digest[GT_DIGEST_CHARS];
    const gt_status status = gt_run_again_compare(trainer, run, digest, same);
    if (status != GT_OK || *same) return status;
    note(g->out, gt_cli_text("The run of seed %" PRIu64
                             " under setting %zu was trained again for the gallery and ended in other bits (%s, "
                             "where the study has %s), so it is left out. Was the study made by another version of gantry, or "
                             "by the layered engine on another device?",
                             run->seed, run->setting, digest, run->result.digest));
    return GT_OK;
}

static gt_status train_sample(gallery *g, gt_figure_sample *sample) {
    const gt_store_run *run = run_of(g, sample);
    gt_trainer *trainer = NULL;
    bool same = false;
    gt_status status = gt_run_again_train(g->study, run, show_progress, g, &trainer);
    gt_progress_erase(&g->progress);
    if (status == GT_OK) status = compare(g, trainer, run, &same);
    if (status == GT_OK && same) status = draw(g, trainer, sample);
    gt_trainer_destroy(trainer);
    g->n_iterations += g->study->plan.iterations;
    return status;
}

/* Not here: a GPU's arithmetic is asked for, or a GPU. */
static bool cannot_be_trained(gt_status status) { return status == GT_ERR_ARGUMENT || status == GT_ERR_DEVICE; }

static gt_status train_others(gallery *g, size_t n_others) {
    gt_status status = GT_OK;
    g->progress = gt_progress_begin(0, n_others * g->study->plan.iterations, false);
    for (size_t i = 0; i < g->out->n && status == GT_OK; i++)
        if (!is_drawn(&g->out->list[i])) status = train_sample(g, &g->out->list[i]);
    if (!cannot_be_trained(status)) return status;
    const size_t n = count_undrawn(g->out);
    note(g->out,
         n == g->out->n
             ? gt_cli_text("The gallery is left out, for its runs can't be trained again here: %s.", gt_last_error())
             : gt_cli_text("Runs that the gallery lacks, for they can't be trained again here: %zu; %s.", n, gt_last_error()));
    return GT_OK;
}

/* Seconds for so many runs, by what those of the study took; 0 where it doesn't tell. */
static gt_status estimate(const gallery *g, size_t n_runs, double *seconds) {
    char *text = NULL;
    const gt_status status = gt_store_get_fact(g->store, "seconds", &text);
    *seconds = 0;
    if (text != NULL && gt_number_parse_real(text, seconds)) *seconds *= (double)n_runs / (double)g->summary->all.n_finished;
    free(text);
    return status;
}

/* ---------------------------------------------------------------- all of it */

static gt_status make(gallery *g, bool patient) {
    double seconds;
    GT_TRY(choose(g));
    GT_TRY(load_kept(g));
    const size_t n_others = count_undrawn(g->out);
    if (n_others == 0) return GT_OK;
    GT_TRY(estimate(g, n_others, &seconds));
    if (patient || seconds <= PATIENCE_SECONDS) return train_others(g, n_others);
    char duration[GT_DURATION_CHARS];
    note(g->out,
         gt_cli_text("Runs that the gallery lacks: %zu, which have no checkpoint beside the study. gantry report --gallery "
                     "trains them again, which takes about %s; gantry study --keep-weights all keeps checkpoints.",
                     n_others, gt_duration_format(seconds, duration)));
    return GT_OK;
}

int gt_report_samples_make(gt_store *store, const gt_store_summary *summary, bool patient, gt_report_samples *out) {
    gallery g = {.store = store, .study = gt_store_get_study(store), .summary = summary, .out = out};
    const gt_status status = make(&g, patient);
    if (status == GT_OK) drop_undrawn(out);
    for (size_t i = 0; i < out->n_notes && status == GT_OK; i++) fprintf(stderr, "gantry: %s\n", out->notes[i]);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

void gt_report_samples_free(gt_report_samples *samples) {
    for (size_t i = 0; i < samples->n; i++) {
        free((char *)samples->list[i].picture.title);
        free((float *)samples->list[i].picture.generated.values);
    }
    for (size_t i = 0; i < samples->n_notes; i++) free(samples->notes[i]);
    free(samples->list);
    free(samples->notes);
}
