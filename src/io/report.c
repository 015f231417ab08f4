/* The page from top to bottom. */
#include "io/report.h"

#include "core/status.h"
#include "io/file.h"
#include "io/report_html.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the top */

static bool learn_the_same(const gt_study_plan *plan) {
    const gt_target_spec *first = &plan->settings[0].target;
    for (size_t g = 0; g < plan->n_settings; g++) {
        const gt_target_spec *target = &plan->settings[g].target;
        if (strcmp(target->name, first->name) != 0 || strcmp(target->expression, first->expression) != 0) return false;
    }
    return true;
}

static void write_title(FILE *page, const gt_report *report) {
    const gt_store_study *study = report->input->study;
    const char *expression = study->plan.settings[0].target.expression;
    char seeds[GT_FIGURE_COUNT_CHARS];
    if (!learn_the_same(&study->plan))
        gt_html_printf(page, "What becomes of several targets");
    else if (*expression != '\0')
        gt_html_printf(page, "What becomes of y = %s", expression);
    else
        gt_html_printf(page, "What becomes of %s", study->name);
    gt_html_printf(page, " over %s seed%s", gt_figure_count(study->plan.n_seeds, seeds), study->plan.n_seeds == 1 ? "" : "s");
    if (study->plan.n_settings > 1) gt_html_printf(page, " under %zu settings", study->plan.n_settings);
}

static void write_head(FILE *page, const gt_report *report) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          page);
    write_title(page, report);
    fputs("</title>\n<style>\n", page);
    fputs(gt_report_style, page);
    fputs("</style>\n</head>\n<body>\n<main>\n<h1>", page);
    write_title(page, report);
    fputs("</h1>\n", page);
}

/* Shares of the outcomes, the most frequent first. */
static void write_shares(FILE *page, const gt_group_summary *group) {
    bool told[GT_N_OUTCOMES] = {false};
    const char *separator = " The outcomes: ";
    for (int i = 0; i < GT_N_OUTCOMES; i++) {
        char share[GT_HTML_CHARS], interval[GT_HTML_CHARS];
        int next = -1;
        for (int o = 0; o < GT_N_OUTCOMES; o++)
            if (!told[o] && (next < 0 || group->n_outcome[o] > group->n_outcome[next])) next = o;
        told[next] = true;
        if (group->n_outcome[next] == 0) break;
        gt_html_printf(page, "%s%s %s (%s)", separator, gt_outcome_name((gt_outcome)next),
                       gt_html_share(group->n_outcome[next], group->n_finished, share),
                       gt_html_interval(group->outcome[next], interval));
        separator = ", ";
    }
    fputs(".", page);
}

static void write_one_setting(FILE *page, const gt_report *report) {
    const gt_group_summary *all = &report->input->summary->all;
    char share[GT_HTML_CHARS], interval[GT_HTML_CHARS], runs[GT_FIGURE_COUNT_CHARS], iterations[GT_FIGURE_COUNT_CHARS];
    gt_html_printf(page, "Of %s run%s of %s iterations, ", gt_figure_count(all->n_finished, runs),
                   all->n_finished == 1 ? "" : "s", gt_figure_count(report->input->study->plan.iterations, iterations));
    fputs("<strong>", page);
    gt_html_printf(page, "%s", gt_html_share(all->n_converged, all->n_finished, share));
    fputs("</strong>", page);
    gt_html_printf(page, " (95 %% interval %s) had converged at the end.", gt_html_interval(all->converged, interval));
    write_shares(page, all);
}

static void write_sweep(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    const gt_group_summary *best = &s->settings[gt_sweep_best(s)], *worst = best;
    char text[GT_HTML_CHARS], interval[GT_HTML_CHARS], iterations[GT_FIGURE_COUNT_CHARS];
    for (size_t g = 0; g < s->n_settings; g++) {
        const gt_group_summary *group = &s->settings[g];
        /* k / n < k' / n' */
        if (group->n_finished > 0 && group->n_converged * worst->n_finished < worst->n_converged * group->n_finished)
            worst = group;
    }
    char *best_name = gt_sweep_setting_name(report->input->study, (size_t)(best - s->settings)),
         *worst_name = gt_sweep_setting_name(report->input->study, (size_t)(worst - s->settings));
    gt_html_printf(page, "After %s iterations, ", gt_figure_count(report->input->study->plan.iterations, iterations));
    fputs("<strong>", page);
    gt_html_printf(page, "%s", gt_html_share(best->n_converged, best->n_finished, text));
    fputs("</strong>", page);
    if (best == worst) {
        gt_html_printf(page, " of the runs (95 %% interval %s) had converged under each setting.",
                       gt_html_interval(best->converged, interval));
    } else {
        gt_html_printf(page, " of the runs (95 %% interval %s) had converged under the best setting, %s",
                       gt_html_interval(best->converged, interval), best_name != NULL ? best_name : "");
        gt_html_printf(page, "; %s (%s) under the worst, %s.", gt_html_share(worst->n_converged, worst->n_finished, text),
                       gt_html_interval(worst->converged, interval), worst_name != NULL ? worst_name : "");
    }
    free(best_name);
    free(worst_name);
}

static void write_headline(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    fputs("<p class=\"headline\" id=\"headline\">", page);
    if (s->all.n_finished == 0)
        gt_html_printf(page, "No run has finished so far.");
    else if (s->n_settings == 1)
        write_one_setting(page, report);
    else
        write_sweep(page, report);
    fputs("</p>\n", page);
}

/* What is not there yet, or not in this store. */
static void write_warnings(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    const gt_study_plan *plan = &report->input->study->plan;
    char done[GT_FIGURE_COUNT_CHARS], all[GT_FIGURE_COUNT_CHARS];
    if (plan->n_shards > 1) {
        fputs("<p class=\"warning\">", page);
        gt_html_printf(page, "This is part %" PRIu64 "/%" PRIu64 " of the study; gantry merge joins them.", plan->shard,
                       plan->n_shards);
        fputs("</p>\n", page);
    }
    if (s->all.n_finished < s->n_runs) {
        char *path = gt_html_shell_word(gt_store_path(report->store));
        fputs("<p class=\"warning\" id=\"unfinished\">", page);
        gt_html_printf(
            page,
            "Unfinished: %s of %s runs are done. The outcomes are theirs; curves over iterations hold what has been scored "
            "of the others, too. ",
            gt_figure_count(s->all.n_finished, done), gt_figure_count(s->n_runs, all));
        fputs("<code>", page);
        gt_html_printf(page, "gantry study --resume %s", path != NULL ? path : "");
        fputs("</code> goes on.</p>\n", page);
        free(path);
    }
    if (report->figures->n == 0) fputs("<p class=\"warning\">This page was asked for without charts.</p>\n", page);
    for (size_t i = 0; i < report->n_notes; i++) {
        fputs("<p class=\"warning\">", page);
        gt_html_write(page, report->notes[i]);
        fputs("</p>\n", page);
    }
}

static void write_navigation(FILE *page, const gt_report *report) {
    fputs("<nav><a href=\"#h-outcomes\">Outcomes</a><a href=\"#convergence\">Convergence</a>", page);
    if (report->input->summary->n_settings > 1) fputs("<a href=\"#settings\">Settings</a>", page);
    fputs("<a href=\"#single\">Single runs</a><a href=\"#accuracy\">Accuracy</a><a href=\"#scores\">Scores</a>"
          "<a href=\"#definitions\">Definitions</a><a href=\"#origin\">How it was made</a></nav>\n",
          page);
}

/* ---------------------------------------------------------------- the sections */

/* "of setting 3: lr=0.001": the one whose scores are shown. */
static void write_which(FILE *page, const gt_report *report) {
    if (report->input->summary->n_settings == 1) return;
    char *name = gt_sweep_setting_name(report->input->study, report->input->setting);
    fputs("<p>", page);
    gt_html_printf(page, "Of setting %zu, %s; ", report->input->setting, name != NULL ? name : "");
    fputs("<code>gantry report --setting K</code> shows another.</p>\n", page);
    free(name);
}

static gt_status write_sections(FILE *page, const gt_report *report) {
    fputs("<h2 id=\"h-outcomes\">Outcomes</h2>\n", page);
    fputs(report->input->summary->n_settings == 1 ? "<div class=\"side\">\n" : "<div>\n", page);
    GT_TRY(gt_html_figures(page, report, GT_FIGURE_OUTCOMES));
    gt_report_outcomes(page, report);
    fputs("</div>\n", page);

    fputs("<h2 id=\"convergence\">Convergence over the iterations</h2>\n", page);
    GT_TRY(gt_html_figures(page, report, GT_FIGURE_CONVERGENCE));
    gt_report_times(page, report);
    fputs("<h3>Share converged at each checkpoint</h3>\n", page);
    write_which(page, report);
    gt_report_checkpoints(page, report);

    GT_TRY(gt_report_sweep(page, report));

    fputs("<h2 id=\"single\">Single runs</h2>\n", page);
    gt_report_runs(page, report);
    GT_TRY(gt_html_figures(page, report, GT_FIGURE_SAMPLES));

    fputs("<h2 id=\"accuracy\">What the tutorial's accuracies tell</h2>\n", page);
    gt_report_accuracy_text(page, report);
    fputs("<div class=\"side\">\n", page);
    GT_TRY(gt_html_figures(page, report, GT_FIGURE_ACCURACY));
    gt_report_accuracy_table(page, report);
    fputs("</div>\n", page);

    fputs("<h2 id=\"scores\">Scores</h2>\n", page);
    write_which(page, report);
    fputs("<h3>Percentiles over the runs at the last checkpoint</h3>\n", page);
    gt_report_percentiles(page, report);
    GT_TRY(gt_html_figures(page, report, GT_FIGURE_SCORES));
    if (report->figures->n > 0)
        fputs("<p class=\"note\">Dotted: what a perfect generator shows. Dashed: the threshold of convergence. Runs without a "
              "value, "
              "such as diverged ones, are left out.</p>\n",
              page);

    fputs("<h2 id=\"definitions\">Definitions</h2>\n", page);
    gt_report_rules(page, report);
    gt_report_definitions(page, report);

    fputs("<h2 id=\"origin\">How it was made</h2>\n", page);
    return gt_report_origin(page, report);
}

gt_status gt_report_write(const char *path, const gt_report *report) {
    char *text = NULL;
    size_t size;
    FILE *page = open_memstream(&text, &size);
    if (page == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the page");
    write_head(page, report);
    write_headline(page, report);
    write_warnings(page, report);
    write_navigation(page, report);
    gt_status status = write_sections(page, report);
    fputs("</main>\n</body>\n</html>\n", page);
    if (fclose(page) != 0 && status == GT_OK) status = gt_fail(GT_ERR_MEMORY, "out of memory for the page");
    if (status == GT_OK) status = gt_file_write(path, text, size);
    free(text);
    return status;
}
