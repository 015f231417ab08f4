/* Single runs: the best, the median and the worst, how to train them again, and the gallery; and what the tutorial's accuracies
 * tell of runs. */
#include "io/report_html.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void write_run(FILE *page, const gt_report *report, const char *which, size_t index, const char *path) {
    const gt_store_summary *s = report->input->summary;
    char text[GT_HTML_CHARS], count[GT_FIGURE_COUNT_CHARS], setting[GT_FIGURE_SETTING_CHARS];
    if (index == GT_NO_RUN) return;
    const gt_store_run *run = &s->runs[index];
    fputs("<tr>", page);
    gt_html_head(page, "%s", which);
    gt_html_number(page, "%" PRIu64, run->seed);
    if (s->n_settings > 1) gt_html_cell(page, "%zu: %s", run->setting, gt_figure_setting(report->input, run->setting, setting));
    gt_html_cell(page, "%s", gt_outcome_name(run->result.outcome));
    gt_html_number(page, "%s", gt_html_value(gt_store_run_distance(run), text));
    if (run->result.judge.first_converged > 0)
        gt_html_number(page, "%s", gt_figure_count(run->result.judge.first_converged, count));
    else
        gt_html_number(page, "never");
    gt_html_number(page, "%" PRIu64, run->result.judge.n_relapses);
    fputs("<td><code>", page);
    gt_html_printf(page, "gantry replay %s --seed %" PRIu64, path, run->seed);
    if (s->n_settings > 1) gt_html_printf(page, " --setting %zu", run->setting);
    fputs("</code></td></tr>\n", page);
}

void gt_report_runs(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    char *path = gt_html_shell_word(gt_store_path(report->store));
    fputs("<div class=\"scroll\"><table id=\"runs\"><thead><tr><th>run</th><th class=\"n\">seed</th>", page);
    if (s->n_settings > 1) fputs("<th>setting</th>", page);
    fputs("<th>outcome</th><th class=\"n\">distance</th><th class=\"n\">first converged</th><th class=\"n\">relapses</th>"
          "<th>trained again by</th></tr></thead><tbody>\n",
          page);
    write_run(page, report, "best", s->all.best, path != NULL ? path : "");
    write_run(page, report, "median", s->all.median, path != NULL ? path : "");
    write_run(page, report, "worst", s->all.worst, path != NULL ? path : "");
    fputs("</tbody></table></div>\n"
          "<p class=\"note\">Runs are ordered by their distance from convergence at the last checkpoint: the largest ratio of "
          "an error, or of what is missing, to what is allowed, so 1 lies between converged and not; ∞ where a run has "
          "diverged. Ties go to the smaller "
          "seed.</p>\n",
          page);
    free(path);
}

static void write_detector(FILE *page, const char *score, double auc) {
    fputs("<tr>", page);
    gt_html_head(page, "%s", score);
    gt_html_number(page, "%.3f", auc);
    fputs("</tr>\n", page);
}

void gt_report_accuracy_text(FILE *page, const gt_report *report) {
    const gt_accuracy_auc *auc = &report->input->summary->all.auc;
    fputs("<p>", page);
    if (isnan(auc->mean)) {
        fputs("All finished runs ended alike, so nothing can be said here about how well the tutorial's accuracies tell failed "
              "runs from converged ones.</p>\n",
              page);
        return;
    }
    gt_html_printf(
        page,
        "The tutorial watches acc_real and acc_fake, which are both ½ when the discriminator can't tell generated points "
        "from real ones. How well do they detect a run that has not converged at the end (%" PRIu64 " of %" PRIu64
        ")? The area under the ROC curve (AUC) is the chance that a failed run's number is above a converged one's: "
        "0.5 is a coin toss, 1 would tell them apart without error, and below 0.5 the lower number hints at failure.",
        auc->n_failed, auc->n_failed + auc->n_converged);
    fputs("</p>\n", page);
}

void gt_report_accuracy_table(FILE *page, const gt_report *report) {
    const gt_accuracy_auc *auc = &report->input->summary->all.auc;
    if (isnan(auc->mean)) return;
    fputs("<div class=\"scroll\"><table id=\"auc\"><thead><tr><th>detector</th><th class=\"n\">AUC</th></tr></thead><tbody>\n",
          page);
    write_detector(page, "|(acc_real + acc_fake) / 2 − ½|", auc->mean_off_half);
    write_detector(page, "|acc_real − ½| + |acc_fake − ½|", auc->each_off_half);
    write_detector(page, "(acc_real + acc_fake) / 2", auc->mean);
    write_detector(page, "acc_real", auc->real);
    write_detector(page, "acc_fake", auc->fake);
    fputs("</tbody></table></div>\n", page);
}
