/* Share converged over iterations: with its band for the setting that is looked at, and the other settings as lines. */
#include "io/figures.h"

#include "core/status.h"
#include "io/plots_view.h"
#include "io/store_sweep.h"

#include <inttypes.h>

enum { MAX_NAMED = 8, MAX_LINES = 200 };

static void write_shares(FILE *script, const gt_store_summary *s, size_t setting) {
    fprintf(script, "$s%zu << END\n", setting);
    for (size_t c = 0; c < s->n_checkpoints; c++) {
        const gt_checkpoint_summary *at = &s->settings[setting].checkpoints[c];
        if (at->n == 0) continue;
        fprintf(script, "%" PRIu64 " %.9g %.9g %.9g\n", at->iteration, 100 * (double)at->n_converged / (double)at->n,
                100 * at->converged.low, 100 * at->converged.high);
    }
    fputs("END\n", script);
}

static bool was_scored(const gt_store_summary *s, size_t setting) { return s->settings[setting].n_timed > 0; }

static void plot_named(FILE *script, const gt_figures_input *input) {
    const char *separator = "";
    for (size_t g = 0, k = 0; g < input->summary->n_settings; g++) {
        char name[GT_FIGURE_SETTING_CHARS];
        if (!was_scored(input->summary, g)) continue;
        fprintf(script, "%s$s%zu using 1:2 with linespoints pt 7 ps 0.3 lw 2 lc rgb '%s' title ", separator, g,
                gt_figure_colours[k++]);
        gt_plot_write_quoted(script, gt_figure_setting(input, g, name));
        separator = ", ";
    }
}

/* Too many for names: the best stands out, the others are grey. */
static void plot_many(FILE *script, const gt_figures_input *input, size_t n) {
    char name[GT_FIGURE_SETTING_CHARS];
    bool titled = false;
    for (size_t g = 0; g < n; g++) {
        if (!was_scored(input->summary, g) || g == input->setting) continue;
        fprintf(script, "$s%zu using 1:2 with lines lw 1 lc rgb '#8c8c8c' title '%s', ", g, titled ? "" : "other settings");
        titled = true;
    }
    fprintf(script, "$s%zu using 1:2 with linespoints pt 7 ps 0.3 lw 2.5 lc rgb '%s' title ", input->setting,
            gt_figure_colours[0]);
    gt_plot_write_quoted(script, gt_figure_setting(input, input->setting, name));
}

gt_status gt_figures_convergence(const gt_figures_input *input, gt_figures *figures) {
    const gt_store_summary *s = input->summary;
    const size_t n = s->n_settings < MAX_LINES ? s->n_settings : MAX_LINES;
    char count[GT_FIGURE_COUNT_CHARS];
    if (!was_scored(s, input->setting)) return GT_OK;
    FILE *script = gt_figure_begin(figures, GT_FIGURE_CONVERGENCE, 640, s->n_settings > 1 ? 420 : 360, "converged");
    if (script == NULL) return GT_ERR_MEMORY;
    for (size_t g = 0; g < n; g++)
        if (was_scored(s, g)) write_shares(script, s, g);
    if (input->setting >= n) write_shares(script, s, input->setting);
    gt_figure_iterations_axis(script, input->study->plan.iterations);
    gt_figure_percent_axis(script, "y", "converged at the checkpoint");
    if (s->n_settings == 1) {
        gt_figure_title(figures, script, "Share converged, with 95 %% interval (runs: %s)",
                        gt_figure_count(s->all.n_timed, count));
        /* bars and points apart: gnuplot puts white paper under the points of error bars */
        fprintf(script,
                "set key off\nplot $s0 using 1:3:4 with filledcurves fs transparent solid 0.22 noborder lc rgb '%s', "
                "$s0 using 1:2:3:4 with yerrorbars pt 0 lw 1 lc rgb '%s', "
                "$s0 using 1:2 with linespoints pt 7 ps 0.4 lw 2 lc rgb '%s'",
                gt_figure_colours[0], gt_figure_colours[0], gt_figure_colours[0]);
    } else {
        gt_figure_title(figures, script, "Share converged by setting (runs: %s)", gt_figure_count(s->all.n_timed, count));
        fprintf(script, "set bmargin %zu\nset key outside bottom center horizontal maxcols %d\n",
                s->n_settings <= MAX_NAMED ? 4 + (s->n_settings + 1) / 2 : 6, s->n_settings <= MAX_NAMED ? 2 : 1);
        fputs("plot ", script);
        if (s->n_settings <= MAX_NAMED)
            plot_named(script, input);
        else
            plot_many(script, input, n);
    }
    fputc('\n', script);
    return gt_figure_end(figures, script);
}
