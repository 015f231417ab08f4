/* Which runs, and their points after the last iteration. */
#include "cli/report_samples.h"

#include "cli/command.h"
#include "core/target_data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* In the plane; a matrix of columns shows each point many times. */
enum { POINTS = 500, POINTS_OF_COLUMNS = 120 };

/* ---------------------------------------------------------------- which */

/* A run has one picture, whatever it stands for. */
static void want(gt_report_samples *out, size_t run, const char *role) {
    if (run == GT_NO_RUN) return;
    for (size_t i = 0; i < out->n; i++) {
        gt_figure_sample *sample = &out->list[i];
        const size_t used = strlen(sample->role);
        if (sample->run != run) continue;
        snprintf(sample->role + used, sizeof sample->role - used, ", %s", role);
        return;
    }
    out->list = gt_cli_resize(out->list, out->n + 1, sizeof *out->list);
    out->list[out->n] = (gt_figure_sample){.run = run};
    snprintf(out->list[out->n++].role, sizeof out->list->role, "%s", role);
}

static gt_status choose(const gt_store_summary *summary, gt_report_samples *out) {
    const gt_group_summary *all = &summary->all;
    size_t *order, n;
    gt_status status = gt_store_rank(summary, all, &order, &n);
    if (status != GT_OK) return status;
    want(out, all->best, "best");
    want(out, all->median, "median");
    want(out, all->worst, "worst");
    for (int o = 0; o < GT_N_OUTCOMES; o++) {
        uint64_t before = 0;
        for (size_t k = 0; k < n; k++) {
            if ((int)summary->runs[order[k]].result.outcome != o) continue;
            if (before++ == (all->n_outcome[o] - 1) / 2) want(out, order[k], "typical");
        }
    }
    free(order);
    return GT_OK;
}

/* ---------------------------------------------------------------- their points */

static gt_status train(const gt_store_study *study, const gt_store_run *run, gt_trainer **trainer) {
    const gt_trainer_options how =
        gt_study_trainer_options(&study->plan, &(gt_trainer_options){.first_seed = run->seed, .n_runs = 1});
    gt_status status = gt_trainer_create(&study->plan.settings[run->setting], &how, trainer);
    return status == GT_OK ? gt_trainer_advance(*trainer, study->plan.iterations) : status;
}

static gt_status draw(gt_trainer *trainer, gt_figure_sample *sample) {
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

static void note(gt_report_samples *out, char *text) {
    out->notes = gt_cli_resize(out->notes, out->n_notes + 1, sizeof *out->notes);
    out->notes[out->n_notes++] = text;
}

static gt_status compare(const gt_trainer *trainer, const gt_store_run *run, gt_report_samples *out, bool *same) {
    char digest[GT_DIGEST_CHARS];
    gt_status status = gt_trainer_digest(trainer, 0, digest);
    if (status != GT_OK) return status;
    *same = strcmp(digest, run->result.digest) == 0;
    if (*same) return GT_OK;
    note(out, gt_cli_text("The run of seed %" PRIu64
                          " under setting %zu was trained again for the gallery and ended in other bits (%s, "
                          "where the study has %s), so it is left out. Was the study made by another version of gantry, or by "
                          "the layered engine on another device?",
                          run->seed, run->setting, digest, run->result.digest));
    return GT_OK;
}

static char *title_of(const gt_store_summary *summary, const gt_figure_sample *sample) {
    const gt_store_run *run = &summary->runs[sample->run];
    const char *outcome = gt_outcome_name(run->result.outcome);
    if (summary->n_settings == 1) return gt_cli_text("%s: seed %" PRIu64 ", %s", sample->role, run->seed, outcome);
    return gt_cli_text("%s: seed %" PRIu64 ", setting %zu, %s", sample->role, run->seed, run->setting, outcome);
}

static gt_status train_sample(const gt_store_study *study, const gt_store_summary *summary, gt_report_samples *out, size_t i,
                              bool *same) {
    const gt_store_run *run = &summary->runs[out->list[i].run];
    gt_trainer *trainer = NULL;
    gt_status status = train(study, run, &trainer);
    if (status == GT_OK) status = compare(trainer, run, out, same);
    if (status == GT_OK && *same) {
        out->list[i].picture.title = title_of(summary, &out->list[i]);
        status = draw(trainer, &out->list[i]);
    }
    gt_trainer_destroy(trainer);
    return status;
}

/* Not here: a GPU's arithmetic is asked for, or a GPU. */
static bool cannot_be_trained(gt_status status) { return status == GT_ERR_ARGUMENT || status == GT_ERR_DEVICE; }

static gt_status train_samples(const gt_store_study *study, const gt_store_summary *summary, gt_report_samples *out) {
    gt_status status = choose(summary, out);
    size_t n = 0;
    for (size_t i = 0; i < out->n && status == GT_OK; i++) {
        bool same = false;
        status = train_sample(study, summary, out, i, &same);
        if (same) out->list[n++] = out->list[i];
        if (cannot_be_trained(status)) {
            note(out, gt_cli_text("The gallery is left out, for its runs can't be trained again here: %s.", gt_last_error()));
            status = GT_OK;
            break;
        }
    }
    if (status == GT_OK) out->n = n;
    return status;
}

int gt_report_samples_train(const gt_store_study *study, const gt_store_summary *summary, gt_report_samples *out) {
    gt_status status = GT_OK;
    if (gt_target_is_images(&study->plan.settings[0].target))
        note(out,
             gt_cli_text("The gallery is left out: it shows points, and this study learns images; gantry replay draws those "
                         "of a run."));
    else
        status = train_samples(study, summary, out);
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
