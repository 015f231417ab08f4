/* What the page needs to be read alone: rules, definitions, and how the study was made. */
#include "io/report_html.h"

#include "core/status.h"
#include "io/report_metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void write_rule(FILE *page, const char *outcome, const char *rule) {
    fprintf(page, "<dt>%s</dt><dd>", outcome);
    gt_html_write(page, rule);
    fputs("</dd>\n", page);
}

static void write_converged(FILE *page, const gt_outcome_rules *rules) {
    switch (rules->kind) {
    case GT_TARGET_FUNCTION:
        gt_html_printf(page, "resid_mean < %.4g, w1_x < %.4g and coverage ≥ %g", rules->resid_mean_below, rules->w1_x_below,
                       rules->coverage_at_least);
        break;
    case GT_TARGET_MIXTURE:
        gt_html_printf(page, "all %g modes are found and hq ≥ %g", rules->modes_at_least, rules->hq_at_least);
        break;
    default:
        gt_html_printf(page, "energy_coefficient < %g", rules->energy_coefficient_below);
    }
}

void gt_report_rules(FILE *page, const gt_report *report) {
    const gt_outcome_rules rules = gt_outcome_rules_of(&report->input->study->plan.settings[report->input->setting]);
    const char *collapsed = rules.kind == GT_TARGET_FUNCTION
                                ? "std_x at the last checkpoint is below a twentieth of the domain."
                            : rules.kind == GT_TARGET_MIXTURE ? "One mode at most at the last checkpoint, or spread < 0.05."
                                                              : "spread < 0.05 at the last checkpoint.";
    fputs("<h3>Outcomes</h3>\n<p>A run has converged at a checkpoint when ", page);
    write_converged(page, &rules);
    gt_html_printf(page, ". Its outcome is the first that fits, by its last %d checkpoints:", rules.window);
    fputs("</p>\n<dl>\n", page);
    write_rule(page, "diverged",
               rules.kind == GT_TARGET_FUNCTION
                   ? "A weight or an output was not finite: the run is frozen there. Or fewer than a tenth of its x are inside "
                     "the domain."
                   : "A weight or an output was not finite: the run is frozen there.");
    write_rule(page, "stable", "Converged at each of them.");
    write_rule(page, "oscillating", "Converged at some of them, not at all.");
    write_rule(page, "converged", "There are fewer checkpoints, and it has converged at the last one.");
    write_rule(page, "collapsed", collapsed);
    if (rules.kind == GT_TARGET_FUNCTION)
        write_rule(page, "partial",
                   "coverage ≤ 11 at the last checkpoint, and converged at none: a part of the function is missing.");
    if (rules.kind == GT_TARGET_MIXTURE)
        write_rule(page, "partial", "Modes are missing at the last checkpoint, and it converged at none.");
    write_rule(page, "other", "The rest.");
    fputs(
        "</dl>\n<p>Shares have Wilson's 95 % intervals. Percentiles are linear between ranks. Times to convergence are Kaplan "
        "and Meier's estimate, in which a run without convergence counts up to its last checkpoint; the interval of the median "
        "is Brookmeyer and Crowley's. A run relapses where it has not converged at a checkpoint and had at the one before. "
        "Times "
        "are known to the distance of two checkpoints.</p>\n",
        page);
}

void gt_report_definitions(FILE *page, const gt_report *report) {
    const gt_store_summary *s = report->input->summary;
    fputs("<h3>Metrics</h3>\n<p>", page);
    gt_html_printf(page, "N = %d generated points are scored for each run and checkpoint", s->n_samples);
    if (s->n_energy > 0) gt_html_printf(page, ", %d generated and as many real ones for the energy distance", s->n_energy);
    gt_html_printf(page, ", and the accuracies are those of %d points of each kind.", s->n_accuracy);
    fputs("</p>\n<dl>\n", page);
    for (int m = 0; m < s->n_metrics; m++) {
        const gt_metric_text *text = gt_metric_text_of(gt_store_metric_name(m));
        if (text == NULL || !s->exists[m]) continue;
        fprintf(page, "<dt><code>%s</code></dt><dd>", text->name);
        gt_html_write(page, text->definition);
        fputs("</dd>\n", page);
    }
    fputs("</dl>\n", page);
}

static void write_fact(FILE *page, const char *name, const char *value) {
    fputs("<dt>", page);
    gt_html_write(page, name);
    fputs("</dt><dd>", page);
    gt_html_write(page, value);
    fputs("</dd>\n", page);
}

static gt_status write_stored_facts(FILE *page, const gt_report *report) {
    static const struct {
        const char *key, *name, *unit;
    } facts[] = {
        {"machine", "Machine", ""},
        {"computed_by", "Computed by", ""},
        {"seconds", "Time", " s of all processes that worked on it"},
        {"last_version", "Last gone on with", ""},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        char *value = NULL;
        GT_TRY(gt_store_get_fact(report->store, facts[i].key, &value));
        if (value == NULL) continue;
        fprintf(page, "<dt>%s</dt><dd>", facts[i].name);
        gt_html_printf(page, "%s%s%s", i == 3 ? "gantry " : "", value, facts[i].unit);
        fputs("</dd>\n", page);
        free(value);
    }
    return GT_OK;
}

gt_status gt_report_origin(FILE *page, const gt_report *report) {
    const gt_store_study *study = report->input->study;
    const gt_study_plan *plan = &study->plan;
    char count[GT_FIGURE_COUNT_CHARS];
    fputs("<p>This command repeats the study, to the same bits on any machine:</p>\n<pre id=\"command\">", page);
    gt_html_write(page, study->command);
    fputs("</pre>\n<dl>\n", page);
    write_fact(page, "Store", gt_store_path(report->store));
    fputs("<dt>Seeds</dt><dd>", page);
    gt_html_printf(page, "%" PRIu64 " to %" PRIu64, plan->first_seed, plan->first_seed + plan->n_seeds - 1);
    if (plan->n_shards > 1) gt_html_printf(page, "; this store has part %" PRIu64 "/%" PRIu64, plan->shard, plan->n_shards);
    fputs("</dd>\n<dt>Checkpoints</dt><dd>", page);
    gt_html_printf(page, "every %" PRIu64 " of %s iterations", plan->eval_every, gt_figure_count(plan->iterations, count));
    fputs("</dd>\n", page);
    write_fact(page, "Begun", study->created);
    fputs("<dt>Made by</dt><dd>", page);
    gt_html_printf(page, "gantry %s", study->version);
    fputs("</dd>\n", page);
    GT_TRY(write_stored_facts(page, report));
    fputs("<dt>This page</dt><dd>", page);
    gt_html_printf(page, "gantry %s", gt_version());
    fputs("</dd>\n</dl>\n", page);
    return GT_OK;
}
