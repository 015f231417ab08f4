/* Time to the first convergence: Kaplan and Meier's curve. */
#include "io/figures.h"

#include "core/status.h"
#include "io/plots_view.h"

#include <inttypes.h>
#include <math.h>

enum { MAX_CURVES = 8 };

/* Corners of the steps, so that bands can be filled: time, share without convergence, its interval. */
static void write_curve(FILE *script, const gt_group_summary *group, size_t index, uint64_t last) {
    gt_survival_step before = {.survival = 1, .interval = {1, 1}};
    fprintf(script, "$k%zu << END\n0 100 100 100\n", index);
    for (size_t i = 0; i <= group->n_steps; i++) {
        const bool end = i == group->n_steps;
        const double time = end ? (double)last : group->steps[i].time;
        fprintf(script, "%.17g %.9g %.9g %.9g\n", time, 100 * before.survival, 100 * before.interval.low,
                100 * before.interval.high);
        if (end) break;
        before = group->steps[i];
        /* there is no interval where nobody is left */
        if (isnan(before.interval.low)) before.interval = (gt_interval){before.survival, before.survival};
        fprintf(script, "%.17g %.9g %.9g %.9g\n", time, 100 * before.survival, 100 * before.interval.low,
                100 * before.interval.high);
    }
    fputs("END\n", script);
}

static void write_title(gt_figures *figures, FILE *script, const gt_group_summary *group, bool several) {
    char count[GT_FIGURE_COUNT_CHARS], median[GT_FIGURE_COUNT_CHARS];
    gt_figure_count(group->n_timed, count);
    if (several)
        gt_figure_title(figures, script, "Time to the first convergence by setting (runs: %s)", count);
    else if (isfinite(group->first_converged.time))
        gt_figure_title(figures, script, "Time to the first convergence: median %s iterations (runs: %s)",
                        gt_figure_count((uint64_t)group->first_converged.time, median), count);
    else
        gt_figure_title(figures, script, "Time to the first convergence: median not reached (runs: %s)", count);
}

gt_status gt_figures_times(const gt_figures_input *input, gt_figures *figures) {
    const gt_store_summary *s = input->summary;
    const uint64_t last = input->study->plan.iterations;
    const bool several = s->n_settings > 1 && s->n_settings <= MAX_CURVES;
    char name[GT_FIGURE_SETTING_CHARS];
    if (several ? s->all.n_timed == 0 : s->settings[input->setting].n_timed == 0) return GT_OK;
    FILE *script = gt_figure_begin(figures, GT_FIGURE_CONVERGENCE, 640, s->n_settings > 1 ? 420 : 360, "time-to-convergence");
    if (script == NULL) return GT_ERR_MEMORY;
    write_title(figures, script, several ? &s->all : &s->settings[input->setting], several);
    gt_figure_iterations_axis(script, last);
    gt_figure_percent_axis(script, "y", "not converged so far (Kaplan-Meier)");
    if (s->n_settings > 1)
        fprintf(script, "set bmargin %zu\nset key outside bottom center horizontal maxcols 2\n",
                4 + (several ? (s->n_settings + 1) / 2 : 2));
    else
        fputs("set key off\n", script);
    const size_t first = several ? 0 : input->setting, end = several ? s->n_settings : input->setting + 1;
    for (size_t g = first; g < end; g++)
        if (s->settings[g].n_timed > 0) write_curve(script, &s->settings[g], g, last);
    fputs("plot 50 with lines dt 2 lw 1 lc rgb '#8c8c8c' notitle", script);
    for (size_t g = first, k = 0; g < end; g++) {
        if (s->settings[g].n_timed == 0) continue;
        const char *colour = gt_figure_colours[k++];
        if (!several)
            fprintf(script, ", $k%zu using 1:3:4 with filledcurves fs transparent solid 0.22 noborder lc rgb '%s' notitle", g,
                    colour);
        fprintf(script, ", $k%zu using 1:2 with lines lw 2 lc rgb '%s' title ", g, colour);
        gt_plot_write_quoted(script, gt_figure_setting(input, g, name));
    }
    fputc('\n', script);
    return gt_figure_end(figures, script);
}
