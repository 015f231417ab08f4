/* Tables of a sweep: settings on the same seeds, and the values of each axis. */
#include "io/report_html.h"

#include "core/status.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <stdlib.h>

static void write_pair(FILE *page, const gt_report *report, const gt_setting_pair *pair) {
    char first[GT_FIGURE_SETTING_CHARS], second[GT_FIGURE_SETTING_CHARS];
    const gt_pair_counts *c = &pair->counts;
    fputs("<tr>", page);
    gt_html_head(page, "%zu: %s", pair->first, gt_figure_setting(report->input, pair->first, first));
    gt_html_head(page, "%zu: %s", pair->second, gt_figure_setting(report->input, pair->second, second));
    gt_html_number(page, "%" PRIu64, c->both + c->only_first + c->only_second + c->neither);
    gt_html_number(page, "%" PRIu64, c->only_first);
    gt_html_number(page, "%" PRIu64, c->only_second);
    gt_html_number(page, "%+.1f", 100 * pair->shares.difference);
    gt_html_number(page, "%+.1f to %+.1f", 100 * pair->shares.difference_interval.low,
                   100 * pair->shares.difference_interval.high);
    gt_html_number(page, "%.2g", pair->shares.p);
    gt_html_number(page, "%.2g", pair->p_holm);
    fputs("</tr>\n", page);
}

static gt_status write_pairs(FILE *page, const gt_report *report) {
    gt_setting_pair *pairs;
    size_t n;
    GT_TRY(gt_sweep_pairs(report->input->summary, &pairs, &n));
    fputs("<h3>The same seeds under two settings</h3>\n"
          "<div class=\"scroll\"><table id=\"pairs\"><thead><tr><th>first</th><th>second</th><th class=\"n\">seeds</th>"
          "<th class=\"n\">only the first converged</th><th class=\"n\">only the second</th>"
          "<th class=\"n\">difference, points</th><th class=\"n\">95 % interval</th><th class=\"n\">p</th>"
          "<th class=\"n\">p, corrected</th></tr></thead><tbody>\n",
          page);
    for (size_t i = 0; i < n; i++) write_pair(page, report, &pairs[i]);
    fputs("</tbody></table></div>\n<p class=\"note\">", page);
    if (report->input->summary->n_settings > GT_SWEEP_ALL_PAIRS)
        fputs("The best setting, which was found from the same runs, against each other one. ", page);
    fputs("p: McNemar's exact test on the seeds that have finished under both settings; corrected for the number of pairs by "
          "Holm's method. Interval of the difference: Newcombe's for paired shares.</p>\n",
          page);
    free(pairs);
    return GT_OK;
}

static gt_status write_axis(FILE *page, const gt_report *report, const gt_store_axis *axis) {
    const gt_store_summary *s = report->input->summary;
    gt_sweep_levels levels;
    GT_TRY(gt_sweep_levels_of(axis, s->n_settings, &levels));
    fputs("<h3>By ", page);
    gt_html_write(page, axis->name);
    fputs("</h3>\n<div class=\"scroll\"><table><thead><tr><th>", page);
    gt_html_write(page, axis->name);
    fputs(
        "</th><th class=\"n\">runs</th><th class=\"n\">converged at the end</th><th class=\"n\">95 % interval</th></tr></thead>"
        "<tbody>\n",
        page);
    for (size_t v = 0; v < levels.n_levels; v++) {
        const gt_sweep_cell cell = gt_sweep_cell_of(s, &levels, v, NULL, 0);
        char text[GT_HTML_CHARS];
        fputs("<tr>", page);
        gt_html_head(page, "%s", levels.value[v]);
        gt_html_number(page, "%" PRIu64, cell.n);
        gt_html_number(page, "%s", gt_html_share(cell.n_converged, cell.n, text));
        gt_html_number(page, "%s", cell.n > 0 ? gt_html_interval(cell.converged, text) : "–");
        fputs("</tr>\n", page);
    }
    fputs("</tbody></table></div>\n", page);
    gt_sweep_levels_free(&levels);
    return GT_OK;
}

/* Values of an axis that some settings share: with one axis, or in a random sweep, the settings say it all. */
static gt_status write_axes(FILE *page, const gt_report *report) {
    const gt_store_study *study = report->input->study;
    for (size_t a = 0; study->n_axes > 1 && a < study->n_axes; a++) {
        gt_sweep_levels levels;
        GT_TRY(gt_sweep_levels_of(&study->axes[a], study->plan.n_settings, &levels));
        const bool shared = levels.n_levels < study->plan.n_settings;
        gt_sweep_levels_free(&levels);
        if (shared) GT_TRY(write_axis(page, report, &study->axes[a]));
    }
    return GT_OK;
}

gt_status gt_report_sweep(FILE *page, const gt_report *report) {
    if (report->input->summary->n_settings == 1) return GT_OK;
    fputs("<h2 id=\"settings\">Settings</h2>\n", page);
    GT_TRY(gt_html_figures(page, report, GT_FIGURE_SETTINGS));
    if (report->input->summary->all.n_finished == 0) return GT_OK;
    GT_TRY(write_pairs(page, report));
    return write_axes(page, report);
}
