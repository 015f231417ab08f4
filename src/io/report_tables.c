/* Tables of the settings and checkpoints: outcomes, shares converged, times, percentiles. */
#include "io/report_html.h"

#include "io/report_metrics.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CHECKPOINTS = 40 };

static bool occurs(const gt_store_summary *s, int outcome) { return s->all.n_outcome[outcome] > 0; }

/* The first cell of a row; nothing where there is one setting. */
static void write_setting(FILE *page, const gt_report *report, const gt_group_summary *group) {
    const gt_store_summary *s = report->input->summary;
    if (s->n_settings == 1) return;
    if (group == &s->all) {
        gt_html_head(page, "all settings");
        return;
    }
    char *name = gt_sweep_setting_name(report->input->study, (size_t)(group - s->settings));
    gt_html_head(page, "%zu: %s", (size_t)(group - s->settings), name != NULL ? name : "");
    free(name);
}

static void begin_row(FILE *page, const gt_report *report, const gt_group_summary *group) {
    const gt_store_summary *s = report->input->summary;
    const bool best = s->n_settings > 1 && group == &s->settings[report->input->setting];
    fputs(best ? "<tr class=\"best\">" : "<tr>", page);
    write_setting(page, report, group);
}

/* Every setting, then all of them. */
typedef void (*row_writer)(FILE *page, const gt_report *report, const gt_group_summary *group);

static void write_rows(FILE *page, const gt_report *report, row_writer write) {
    const gt_store_summary *s = report->input->summary;
    for (size_t g = 0; g < s->n_settings; g++) write(page, report, &s->settings[g]);
    if (s->n_settings > 1) write(page, report, &s->all);
}

/* ---------------------------------------------------------------- outcomes */

static void write_outcomes(FILE *page, const gt_report *report, const gt_group_summary *group) {
    char share[GT_HTML_CHARS], interval[GT_HTML_CHARS];
    begin_row(page, report, group);
    gt_html_number(page, "%" PRIu64, group->n_finished);
    fputs("<td class=\"n\">", page);
    gt_html_printf(page, "%s", gt_html_share(group->n_converged, group->n_finished, share));
    fputs(" <small>", page);
    if (group->n_finished > 0) gt_html_write(page, gt_html_interval(group->converged, interval));
    fputs("</small></td>", page);
    for (int o = 0; o < GT_N_OUTCOMES; o++) {
        if (!occurs(report->input->summary, o)) continue;
        fputs("<td class=\"n\">", page);
        gt_html_printf(page, "%" PRIu64 " · %s", group->n_outcome[o],
                       gt_html_share(group->n_outcome[o], group->n_finished, share));
        fputs(" <small>", page);
        if (group->n_finished > 0) gt_html_write(page, gt_html_interval(group->outcome[o], interval));
        fputs("</small></td>", page);
    }
    fputs("</tr>\n", page);
}

static void write_outcome(FILE *page, const char *name, uint64_t k, uint64_t n, gt_interval interval) {
    char text[GT_HTML_CHARS];
    fputs("<tr>", page);
    gt_html_head(page, "%s", name);
    gt_html_number(page, "%" PRIu64, k);
    gt_html_number(page, "%s", gt_html_share(k, n, text));
    gt_html_number(page, "%s", n > 0 ? gt_html_interval(interval, text) : "–");
    fputs("</tr>\n", page);
}

static void write_one_setting(FILE *page, const gt_group_summary *group) {
    fputs("<div class=\"scroll\"><table id=\"outcomes\"><thead><tr><th>outcome</th><th class=\"n\">runs</th>"
          "<th class=\"n\">share</th><th class=\"n\">95 % interval</th></tr></thead><tbody>\n",
          page);
    for (int o = 0; o < GT_N_OUTCOMES; o++)
        if (group->n_outcome[o] > 0)
            write_outcome(page, gt_outcome_name((gt_outcome)o), group->n_outcome[o], group->n_finished, group->outcome[o]);
    write_outcome(page, "converged at the last checkpoint", group->n_converged, group->n_finished, group->converged);
    fputs("</tbody></table></div>\n", page);
}

void gt_report_outcomes(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    if (s->n_settings == 1) {
        write_one_setting(page, &s->all);
        return;
    }
    fputs("<div class=\"scroll\"><table id=\"outcomes\"><thead><tr><th>setting</th><th class=\"n\">runs</th><th "
          "class=\"n\">converged at the end</th>",
          page);
    for (int o = 0; o < GT_N_OUTCOMES; o++)
        if (occurs(s, o)) fprintf(page, "<th class=\"n\">%s</th>", gt_outcome_name((gt_outcome)o));
    fputs("</tr></thead><tbody>\n", page);
    write_rows(page, report, write_outcomes);
    fputs("</tbody></table></div>\n", page);
}

/* ---------------------------------------------------------------- checkpoints */

/* All, or evenly chosen ones, the last among them. */
static bool is_shown(size_t c, size_t n) {
    const size_t step = (n + MAX_CHECKPOINTS - 1) / MAX_CHECKPOINTS;
    return (n - 1 - c) % step == 0;
}

void gt_report_checkpoints(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    const gt_group_summary *group = &s->settings[report->input->setting];
    fputs("<div class=\"scroll\"><table id=\"checkpoints\"><thead><tr><th class=\"n\">iteration</th><th class=\"n\">runs</th>"
          "<th class=\"n\">converged</th><th class=\"n\">95 % interval</th></tr></thead><tbody>\n",
          page);
    for (size_t c = 0; c < s->n_checkpoints; c++) {
        const gt_checkpoint_summary *at = &group->checkpoints[c];
        char text[GT_HTML_CHARS], count[GT_FIGURE_COUNT_CHARS];
        if (at->n == 0 || !is_shown(c, s->n_checkpoints)) continue;
        fputs("<tr>", page);
        gt_html_number(page, "%s", gt_figure_count(at->iteration, count));
        gt_html_number(page, "%" PRIu64, at->n);
        gt_html_number(page, "%s", gt_html_share(at->n_converged, at->n, text));
        gt_html_number(page, "%s", gt_html_interval(at->converged, text));
        fputs("</tr>\n", page);
    }
    fputs("</tbody></table></div>\n", page);
}

/* ---------------------------------------------------------------- times and relapses */

static char *iterations(double time, char text[GT_FIGURE_COUNT_CHARS]) {
    if (isinf(time)) return strcpy(text, "not reached");
    return gt_figure_count((uint64_t)time, text);
}

static void write_times(FILE *page, const gt_report *report, const gt_group_summary *group) {
    char text[GT_FIGURE_COUNT_CHARS], high[GT_FIGURE_COUNT_CHARS], share[GT_HTML_CHARS];
    begin_row(page, report, group);
    gt_html_number(page, "%" PRIu64, group->n_timed);
    gt_html_number(page, "%s", iterations(group->first_converged.time, text));
    if (group->n_timed == 0)
        gt_html_number(page, "–");
    else if (isinf(group->first_converged.interval.low))
        gt_html_number(page, "not reached");
    else
        gt_html_number(page, "%s – %s", iterations(group->first_converged.interval.low, text),
                       iterations(group->first_converged.interval.high, high));
    gt_html_number(page, "%" PRIu64 " · %s", group->n_ever, gt_html_share(group->n_ever, group->n_timed, share));
    gt_html_number(page, "%" PRIu64 " · %s", group->n_relapsed, gt_html_share(group->n_relapsed, group->n_timed, share));
    gt_html_number(page, "%" PRIu64, group->n_relapses);
    fputs("</tr>\n", page);
}

void gt_report_times(FILE *page, const gt_report *report) {
    fputs("<div class=\"scroll\"><table id=\"times\"><thead><tr>", page);
    if (report->input->summary->n_settings > 1) fputs("<th>setting</th>", page);
    fputs("<th class=\"n\">runs</th><th class=\"n\">median time, iterations</th><th class=\"n\">95 % interval</th>"
          "<th class=\"n\">converged at some checkpoint</th><th class=\"n\">lost it again</th>"
          "<th class=\"n\">relapses in all</th></tr></thead><tbody>\n",
          page);
    write_rows(page, report, write_times);
    fputs("</tbody></table></div>\n", page);
}

/* ---------------------------------------------------------------- percentiles */

void gt_report_percentiles(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    const gt_group_summary *group = &s->settings[report->input->setting];
    const gt_outcome_rules rules = gt_outcome_rules_of(&report->input->study->plan.settings[report->input->setting]);
    size_t last = s->n_checkpoints;
    while (last > 0 && group->checkpoints[last - 1].n == 0) last--;
    if (last == 0) return;
    const gt_checkpoint_summary *at = &group->checkpoints[last - 1];
    fputs("<div class=\"scroll\"><table id=\"percentiles\"><thead><tr><th>metric</th><th class=\"n\">runs</th>", page);
    for (int p = 0; p < GT_N_PERCENTILES; p++) fprintf(page, "<th class=\"n\">%g %%</th>", gt_summary_percents[p]);
    fputs("<th class=\"n\">perfect</th><th class=\"n\">threshold</th></tr></thead><tbody>\n", page);
    for (int m = 0; m < s->n_metrics; m++) {
        char text[GT_HTML_CHARS];
        if (!s->exists[m] || gt_metric_text_of(gt_store_metric_name(m)) == NULL) continue;
        fputs("<tr>", page);
        gt_html_head(page, "%s", gt_store_metric_name(m));
        gt_html_number(page, "%" PRIu64, at->metric[m].n);
        for (int p = 0; p < GT_N_PERCENTILES; p++) gt_html_number(page, "%s", gt_html_value(at->metric[m].percentile[p], text));
        gt_html_number(page, "%s", gt_html_value(report->input->perfect[m], text));
        gt_html_number(page, "%s", gt_html_value(gt_metric_threshold(gt_store_metric_name(m), &rules), text));
        fputs("</tr>\n", page);
    }
    fputs("</tbody></table></div>\n", page);
}
