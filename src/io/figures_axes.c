/* Share converged over the axes of a sweep: along one axis, and as heat map of two. */
#include "io/figures.h"

#include "core/status.h"
#include "io/number.h"
#include "io/plots_view.h"
#include "io/store_sweep.h"

#include <stdlib.h>

enum { MAX_HEAT_MAPS = 6, MAX_LABELLED_CELLS = 150, MAX_LEVELS = 60, MAX_TICKS = 12 };

/* Whether all values are numbers, and whether they call for a logarithmic axis. */
static bool are_numbers(const gt_sweep_levels *levels, double *low, double *high) {
    for (size_t v = 0; v < levels->n_levels; v++) {
        double number;
        if (!gt_number_parse_real(levels->value[v], &number)) return false;
        if (v == 0) *low = number;
        *high = number; /* sorted */
    }
    return true;
}

static gt_status draw_axis(const gt_figures_input *input, gt_figures *figures, const char *axis,
                           const gt_sweep_levels *levels) {
    double low, high;
    char name[96];
    if (levels->n_levels < 3 || !are_numbers(levels, &low, &high)) return GT_OK;
    snprintf(name, sizeof name, "axis-%.64s", axis);
    FILE *script = gt_figure_begin(figures, GT_FIGURE_SETTINGS, 640, 360, name);
    if (script == NULL) return GT_ERR_MEMORY;
    gt_figure_title(figures, script,
                    input->study->n_axes > 1 ? "Share converged by %s, over all other values" : "Share converged by %s", axis);
    gt_figure_percent_axis(script, "y", "converged at the last checkpoint");
    gt_figure_set(script, "xlabel", "%s", axis);
    const bool logarithmic = low > 0 && high >= 8 * low;
    if (logarithmic) fputs("set logscale x\nset format x '%g'\n", script);
    if (levels->n_levels <= MAX_TICKS) {
        fputs("set xtics (", script);
        for (size_t v = 0; v < levels->n_levels; v++)
            fprintf(script, "%s'%s' %s", v > 0 ? ", " : "", levels->value[v], levels->value[v]);
        fputs(")\n", script);
    }
    fprintf(script, "set xrange [%.9g:%.9g]\nset key off\n$a << END\n", logarithmic ? low / 1.3 : low - 0.05 * (high - low),
            logarithmic ? high * 1.3 : high + 0.05 * (high - low));
    for (size_t v = 0; v < levels->n_levels; v++) {
        const gt_sweep_cell cell = gt_sweep_cell_of(input->summary, levels, v, NULL, 0);
        if (cell.n > 0)
            fprintf(script, "%s %.9g %.9g %.9g\n", levels->value[v], 100 * (double)cell.n_converged / (double)cell.n,
                    100 * cell.converged.low, 100 * cell.converged.high);
    }
    fprintf(
        script,
        "END\nplot $a using 1:2:3:4 with yerrorbars pt 0 lw 1.5 lc rgb '%s', $a using 1:2 with linespoints pt 7 ps 0.7 lw 1.5 "
        "lc rgb '%s'\n",
        gt_figure_colours[0], gt_figure_colours[0]);
    return gt_figure_end(figures, script);
}

/* ---------------------------------------------------------------- heat maps */

static void write_levels(FILE *script, const char *axis, const gt_sweep_levels *levels) {
    fprintf(script, "set %stics scale 0 (", axis);
    for (size_t v = 0; v < levels->n_levels; v++) {
        fputs(v > 0 ? ", " : "", script);
        gt_plot_write_quoted(script, levels->value[v]);
        fprintf(script, " %zu", v);
    }
    fprintf(script, ")\nset %srange [-0.5:%zu.5]\n", axis, levels->n_levels - 1);
}

/* A cell: column, row, share in percent, whether its text is light. */
static size_t write_cells(FILE *script, const gt_store_summary *s, const gt_sweep_levels *x, const gt_sweep_levels *y) {
    size_t n = 0;
    fputs("$cells << END\n", script);
    for (size_t i = 0; i < x->n_levels; i++)
        for (size_t j = 0; j < y->n_levels; j++) {
            const gt_sweep_cell cell = gt_sweep_cell_of(s, x, i, y, j);
            if (cell.n == 0) continue;
            const double share = 100 * (double)cell.n_converged / (double)cell.n;
            fprintf(script, "%zu %zu %.9g %.0f %d\n", i, j, share, share, share < 60 ? 0xffffff : 0);
            n++;
        }
    fputs("END\n", script);
    return n;
}

static gt_status draw_heat_map(const gt_figures_input *input, gt_figures *figures, const gt_sweep_levels *levels, size_t a,
                               size_t b) {
    const gt_store_axis *axes = input->study->axes;
    const gt_sweep_levels *x = &levels[a], *y = &levels[b];
    char name[128];
    /* a random sweep has no grid */
    if (x->n_levels < 2 || y->n_levels < 2 || x->n_levels > MAX_LEVELS || y->n_levels > MAX_LEVELS ||
        x->n_levels * y->n_levels > input->summary->n_settings)
        return GT_OK;
    snprintf(name, sizeof name, "heat-map-%.40s-%.40s", axes[a].name, axes[b].name);
    const int width = 260 + 46 * (int)x->n_levels, height = 140 + 30 * (int)y->n_levels;
    FILE *script = gt_figure_begin(figures, GT_FIGURE_SETTINGS, width < 560 ? 560 : width, height < 320 ? 320 : height, name);
    if (script == NULL) return GT_ERR_MEMORY;
    gt_figure_title(figures, script, "Share converged, %%: %s against %s%s", axes[b].name, axes[a].name,
                    input->study->n_axes > 2 ? ", over all other values" : "");
    write_levels(script, "x", x);
    write_levels(script, "y", y);
    gt_figure_set(script, "xlabel", "%s", axes[a].name);
    gt_figure_set(script, "ylabel", "%s", axes[b].name);
    const bool labelled = write_cells(script, input->summary, x, y) <= MAX_LABELLED_CELLS;
    fputs("set key off\nunset grid\nset border 0\nset cbrange [0:100]\nset cbtics 25\nset format cb '%g %%'\n"
          "plot $cells using 1:2:($1-0.49):($1+0.49):($2-0.49):($2+0.49):3 with boxxyerror fs solid 1 noborder lc palette",
          script);
    if (labelled) fputs(", $cells using 1:2:4:5 with labels textcolor rgb variable font ',10'", script);
    fputc('\n', script);
    return gt_figure_end(figures, script);
}

/* Two axes of a random sweep: a point a setting. */
static gt_status draw_points(const gt_figures_input *input, gt_figures *figures, const gt_sweep_levels *levels) {
    const gt_store_axis *axes = input->study->axes;
    const gt_store_summary *s = input->summary;
    double low[2], high[2];
    if (input->study->n_axes != 2 || levels[0].n_levels * levels[1].n_levels <= s->n_settings ||
        !are_numbers(&levels[0], &low[0], &high[0]) || !are_numbers(&levels[1], &low[1], &high[1]))
        return GT_OK;
    FILE *script = gt_figure_begin(figures, GT_FIGURE_SETTINGS, 640, 440, "settings-plane");
    if (script == NULL) return GT_ERR_MEMORY;
    gt_figure_title(figures, script, "Share converged by setting: %s against %s", axes[1].name, axes[0].name);
    for (int a = 0; a < 2; a++) {
        const char axis = a == 0 ? 'x' : 'y';
        char command[16];
        snprintf(command, sizeof command, "%clabel", axis);
        gt_figure_set(script, command, "%s", axes[a].name);
        if (low[a] > 0 && high[a] >= 8 * low[a]) fprintf(script, "set logscale %c\nset format %c '%%g'\n", axis, axis);
    }
    fputs("set key off\nset cbrange [0:100]\nset cbtics 25\nset format cb '%g %%'\n$points << END\n", script);
    for (size_t g = 0; g < s->n_settings; g++)
        if (s->settings[g].n_finished > 0)
            fprintf(script, "%s %s %.9g\n", axes[0].values[g], axes[1].values[g],
                    100 * (double)s->settings[g].n_converged / (double)s->settings[g].n_finished);
    fputs("END\nplot $points using 1:2:3 with points pt 7 ps 1.6 lc palette\n", script);
    return gt_figure_end(figures, script);
}

static gt_status draw_all(const gt_figures_input *input, gt_figures *figures, const gt_sweep_levels *levels) {
    const size_t n_axes = input->study->n_axes;
    int n = 0;
    for (size_t a = 0; a < n_axes; a++)
        for (size_t b = a + 1; b < n_axes && n < MAX_HEAT_MAPS; b++, n++) GT_TRY(draw_heat_map(input, figures, levels, a, b));
    GT_TRY(draw_points(input, figures, levels));
    for (size_t a = 0; a < n_axes; a++) GT_TRY(draw_axis(input, figures, input->study->axes[a].name, &levels[a]));
    return GT_OK;
}

gt_status gt_figures_axes(const gt_figures_input *input, gt_figures *figures) {
    const size_t n_axes = input->study->n_axes;
    if (input->summary->n_settings == 1 || input->summary->all.n_finished == 0) return GT_OK;
    gt_sweep_levels *levels = calloc(n_axes > 0 ? n_axes : 1, sizeof *levels);
    if (levels == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the charts");
    gt_status status = GT_OK;
    size_t n = 0;
    while (n < n_axes && status == GT_OK) {
        status = gt_sweep_levels_of(&input->study->axes[n], input->summary->n_settings, &levels[n]);
        if (status == GT_OK) n++;
    }
    if (status == GT_OK) status = draw_all(input, figures, levels);
    for (size_t a = 0; a < n; a++) gt_sweep_levels_free(&levels[a]);
    free(levels);
    return status;
}
