/* Shares of the outcomes: with their intervals for one setting, stacked for several. */
#include "io/figures.h"

#include "core/status.h"
#include "io/plots_view.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MAX_SETTINGS = 40 };

static double percent(uint64_t k, uint64_t n) { return n > 0 ? 100 * (double)k / (double)n : 0; }

/* The outcomes that occur. */
static int occurring(const gt_group_summary *group, gt_outcome outcomes[GT_N_OUTCOMES]) {
    int n = 0;
    for (int o = 0; o < GT_N_OUTCOMES; o++)
        if (group->n_outcome[o] > 0) outcomes[n++] = (gt_outcome)o;
    return n;
}

/* A horizontal bar an outcome; rows count downwards. */
static void write_bars(FILE *script, const gt_group_summary *group, const gt_outcome *outcomes, int n) {
    fputs("$bars << END\n", script);
    for (int i = 0; i < n; i++) {
        const uint64_t k = group->n_outcome[outcomes[i]];
        const gt_interval interval = group->outcome[outcomes[i]];
        fprintf(script, "%d %.9g %.9g %.9g %ld\n", i, percent(k, group->n_finished), 100 * interval.low, 100 * interval.high,
                strtol(gt_outcome_colours[outcomes[i]] + 1, NULL, 16));
    }
    fprintf(script, "END\nset yrange [%d.6:-0.6]\nset ytics (", n - 1);
    for (int i = 0; i < n; i++) fprintf(script, "%s'%s' %d", i > 0 ? ", " : "", gt_outcome_name(outcomes[i]), i);
    fputs(") scale 0\nset grid noytics\nset key off\n"
          "plot $bars using (0):1:(0):2:($1-0.3):($1+0.3):5 with boxxyerror lc rgb variable, "
          "$bars using 2:1:3:4 with xerrorbars pt 0 lw 1.5 lc rgb '" GT_INK "'\n",
          script);
}

static gt_status draw_one(const gt_figures_input *input, gt_figures *figures) {
    const gt_group_summary *group = &input->summary->all;
    gt_outcome outcomes[GT_N_OUTCOMES];
    char count[GT_FIGURE_COUNT_CHARS];
    const int n = occurring(group, outcomes);
    FILE *script = gt_figure_begin(figures, GT_FIGURE_OUTCOMES, 640, 120 + 34 * n, "outcomes");
    if (script == NULL) return GT_ERR_MEMORY;
    gt_figure_title(figures, script, "What became of %s run%s, with 95 %% intervals", gt_figure_count(group->n_finished, count),
                    group->n_finished == 1 ? "" : "s");
    gt_figure_percent_axis(script, "x", "share of the runs");
    write_bars(script, group, outcomes, n);
    return gt_figure_end(figures, script);
}

static gt_status draw_stacked(const gt_figures_input *input, gt_figures *figures) {
    const gt_store_summary *s = input->summary;
    const size_t n_shown = s->n_settings < MAX_SETTINGS ? s->n_settings : MAX_SETTINGS;
    gt_outcome outcomes[GT_N_OUTCOMES];
    char count[GT_FIGURE_COUNT_CHARS];
    const int n = occurring(&s->all, outcomes);
    FILE *script = gt_figure_begin(figures, GT_FIGURE_OUTCOMES, 860, 130 + 22 * (int)n_shown, "outcomes");
    if (script == NULL) return GT_ERR_MEMORY;
    if (n_shown < s->n_settings)
        gt_figure_title(figures, script, "Outcomes by setting: the first %zu of %zu", n_shown, s->n_settings);
    else
        gt_figure_title(figures, script, "Outcomes by setting (runs: %s)", gt_figure_count(s->all.n_finished, count));
    gt_figure_percent_axis(script, "x", "share of the setting's runs");
    fputs("$bars << END\n", script);
    for (size_t g = 0; g < n_shown; g++) {
        uint64_t before = 0;
        for (int i = 0; i < n; i++) {
            const uint64_t k = s->settings[g].n_outcome[outcomes[i]];
            fprintf(script, "%zu %d %.9g %.9g\n", g, i, percent(before, s->settings[g].n_finished),
                    percent(before + k, s->settings[g].n_finished));
            before += k;
        }
    }
    fprintf(script, "END\nset yrange [%zu.6:-0.6]\nset ytics scale 0 (", n_shown - 1);
    for (size_t g = 0; g < n_shown; g++) {
        char name[GT_FIGURE_SETTING_CHARS];
        fputs(g > 0 ? ", " : "", script);
        gt_plot_write_quoted(script, gt_figure_setting(input, g, name));
        fprintf(script, " %zu", g);
    }
    fputs(")\nset grid noytics\nset key outside top center horizontal\nplot ", script);
    for (int i = 0; i < n; i++)
        fprintf(
            script,
            "%s$bars using ($2==%d ? ($3+$4)/2 : 1/0):1:3:4:($1-0.36):($1+0.36) with boxxyerror fs solid 0.85 noborder lc rgb "
            "'%s' title '%s'",
            i > 0 ? ", " : "", i, gt_outcome_colours[outcomes[i]], gt_outcome_name(outcomes[i]));
    fputc('\n', script);
    return gt_figure_end(figures, script);
}

gt_status gt_figures_outcomes(const gt_figures_input *input, gt_figures *figures) {
    if (input->summary->all.n_finished == 0) return GT_OK;
    return input->summary->n_settings == 1 ? draw_one(input, figures) : draw_stacked(input, figures);
}
