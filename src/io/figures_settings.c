/* Share converged by setting, the best first, and by the values of each axis. */
#include "io/figures.h"

#include "core/status.h"
#include "io/number.h"
#include "io/plots_view.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MAX_SETTINGS = 40 };

typedef struct {
    double share;
    size_t setting;
} ranked;

static int by_share(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->share != y->share) return x->share > y->share ? -1 : 1;
    return (x->setting > y->setting) - (x->setting < y->setting);
}

static void write_ranking(FILE *script, const gt_figures_input *input, const ranked *order, size_t n) {
    fputs("$settings << END\n", script);
    for (size_t k = 0; k < n; k++) {
        const gt_group_summary *group = &input->summary->settings[order[k].setting];
        fprintf(script, "%zu %.9g %.9g %.9g\n", k, 100 * order[k].share, 100 * group->converged.low,
                100 * group->converged.high);
    }
    fprintf(script, "END\nset yrange [%zu.6:-0.6]\nset ytics scale 0 (", n - 1);
    for (size_t k = 0; k < n; k++) {
        char name[GT_FIGURE_SETTING_CHARS];
        fputs(k > 0 ? ", " : "", script);
        gt_plot_write_quoted(script, gt_figure_setting(input, order[k].setting, name));
        fprintf(script, " %zu", k);
    }
    fprintf(script,
            ")\nset key off\nplot $settings using 2:1:3:4 with xerrorbars pt 0 lw 1.6 lc rgb '%s', "
            "$settings using 2:1 with points pt 7 ps 0.8 lc rgb '%s'\n",
            gt_figure_colours[0], gt_figure_colours[0]);
}

gt_status gt_figures_settings(const gt_figures_input *input, gt_figures *figures) {
    const gt_store_summary *s = input->summary;
    if (s->n_settings == 1 || s->all.n_finished == 0) return GT_OK;
    ranked *order = calloc(s->n_settings, sizeof *order);
    if (order == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the charts");
    char count[GT_FIGURE_COUNT_CHARS];
    size_t n = 0;
    for (size_t g = 0; g < s->n_settings; g++) {
        const gt_group_summary *group = &s->settings[g];
        if (group->n_finished > 0) order[n++] = (ranked){(double)group->n_converged / (double)group->n_finished, g};
    }
    qsort(order, n, sizeof *order, by_share);
    const size_t n_shown = n < MAX_SETTINGS ? n : MAX_SETTINGS;
    FILE *script = gt_figure_begin(figures, GT_FIGURE_SETTINGS, 640, 110 + 22 * (int)n_shown, "settings");
    if (script == NULL) {
        free(order);
        return GT_ERR_MEMORY;
    }
    if (n_shown < n)
        gt_figure_title(figures, script, "Share converged, with 95 %% intervals: the best %zu of %zu settings", n_shown, n);
    else
        gt_figure_title(figures, script, "Share converged by setting, with 95 %% intervals (runs: %s)",
                        gt_figure_count(s->all.n_finished, count));
    gt_figure_percent_axis(script, "x", "converged at the last checkpoint");
    write_ranking(script, input, order, n_shown);
    free(order);
    return gt_figure_end(figures, script);
}
