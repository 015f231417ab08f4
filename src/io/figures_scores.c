/* Three charts a metric: its percentiles over the iterations, and its last values as histogram and as empirical distribution.
 */
#include "io/figures.h"

#include "core/status.h"
#include "io/plots_view.h"
#include "io/report_metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = GT_FIGURE_SMALL, HEIGHT = 300, BINS = 40, MAX_STEPS = 400, MAX_CURVES = 8 };

typedef struct {
    const gt_figures_input *input;
    gt_figures *figures;
    const gt_group_summary *group;
    const gt_metric_text *text;
    int metric;
    double perfect, threshold; /* NaN: none */
    bool logarithmic;
    double *values; /* [n]: the last ones of finished runs, sorted */
    size_t n;
} charts;

/* A logarithmic axis where the values are positive and span more than a factor of 30. */
static bool is_logarithmic(const charts *c) {
    double low = INFINITY, high = 0;
    if (c->text->scale != GT_SCALE_LOG) return false;
    for (size_t k = 0; k < c->input->summary->n_checkpoints; k++) {
        const gt_metric_summary *at = &c->group->checkpoints[k].metric[c->metric];
        if (at->n == 0) continue;
        low = fmin(low, at->percentile[0]);
        high = fmax(high, at->percentile[GT_N_PERCENTILES - 1]);
    }
    if (c->n > 0) {
        low = fmin(low, c->values[0]);
        high = fmax(high, c->values[c->n - 1]);
    }
    return low > 0 && high > 30 * low && isfinite(high);
}

static FILE *begin(const charts *c, const char *kind) {
    char name[96];
    snprintf(name, sizeof name, "%s-%s", c->text->name, kind);
    return gt_figure_begin(c->figures, GT_FIGURE_SCORES, WIDTH, HEIGHT, name);
}

static bool can_show(const charts *c, double value) { return !isnan(value) && (!c->logarithmic || value > 0); }

/* ---------------------------------------------------------------- over the iterations */

static size_t write_percentiles(FILE *script, const charts *c) {
    size_t n = 0;
    fputs("$p << END\n", script);
    for (size_t k = 0; k < c->input->summary->n_checkpoints; k++) {
        const gt_metric_summary *at = &c->group->checkpoints[k].metric[c->metric];
        if (at->n == 0) continue;
        fprintf(script, "%" PRIu64, c->input->summary->iterations[k]);
        for (int p = 0; p < GT_N_PERCENTILES; p++) fprintf(script, " %.9g", at->percentile[p]);
        fputc('\n', script);
        n++;
    }
    fputs("END\n", script);
    return n;
}

static void write_references(FILE *script, const charts *c) {
    if (can_show(c, c->perfect))
        fprintf(script, ", %.9g with lines dt 3 lw 1.5 lc rgb '" GT_INK "' title 'perfect'", c->perfect);
    if (can_show(c, c->threshold))
        fprintf(script, ", %.9g with lines dt 2 lw 1.5 lc rgb '%s' title 'threshold'", c->threshold, gt_figure_colours[1]);
}

static gt_status draw_fan(const charts *c) {
    static const struct {
        int low, high; /* columns */
        const char *name;
        double opacity;
    } bands[] = {{2, 8, "1-99 %", 0.14}, {3, 7, "5-95 %", 0.2}, {4, 6, "25-75 %", 0.3}};
    const char *blue = gt_figure_colours[0];
    FILE *script = begin(c, "fan");
    if (script == NULL) return GT_ERR_MEMORY;
    gt_figure_title(c->figures, script, "%s: percentiles of the runs", c->text->name);
    gt_figure_iterations_axis(script, c->input->study->plan.iterations);
    gt_figure_set(script, "ylabel", "%s", c->text->label);
    if (c->logarithmic) fputs("set logscale y\nset format y '%g'\n", script);
    fputs("set bmargin 5\nset key outside bottom center horizontal samplen 1.5 font ',9'\n", script);
    const bool alone = write_percentiles(script, c) == 1;
    fputs("plot ", script);
    for (int b = 0; b < 3; b++)
        if (alone) /* a band needs two */
            fprintf(script, "$p using 1:5:%d:%d with yerrorbars pt 0 lw %d lc rgb '%s' title '%s', ", bands[b].low,
                    bands[b].high, 1 + 3 * b, blue, bands[b].name);
        else
            fprintf(script, "$p using 1:%d:%d with filledcurves fs transparent solid %g noborder lc rgb '%s' title '%s', ",
                    bands[b].low, bands[b].high, bands[b].opacity, blue, bands[b].name);
    fprintf(script, "$p using 1:5 with linespoints pt 7 ps 0.25 lw 2 lc rgb '%s' title 'median'", blue);
    write_references(script, c);
    fputc('\n', script);
    return gt_figure_end(c->figures, script);
}

/* ---------------------------------------------------------------- at the end */

/* Axes of the last values: where they lie, with what a perfect generator shows if it is near, and some room. */
static gt_interval shown_range(const charts *c) {
    double low = c->values[0], high = c->values[c->n - 1];
    const double references[] = {c->perfect, c->threshold};
    if (c->text->scale == GT_SCALE_COUNT) return (gt_interval){low - 0.5, high + 0.5};
    if (c->logarithmic) return (gt_interval){low / 1.2, high * 1.2};
    for (int i = 0; i < 2; i++) {
        const double size = high > low ? high - low : fmax(0.1 * fabs(high), 1e-6);
        if (references[i] > low - size && references[i] < high + size) {
            low = fmin(low, references[i]);
            high = fmax(high, references[i]);
        }
    }
    const double room = high > low ? 0.04 * (high - low) : fmax(0.1 * fabs(high), 1e-6);
    return (gt_interval){low - room, high + room};
}

static void write_x_axis(FILE *script, const charts *c, gt_interval range) {
    if (c->logarithmic) fputs("set logscale x\nset format x '%g'\n", script);
    fprintf(script, "set xrange [%.9g:%.9g]\n", range.low, range.high);
    if (c->text->scale == GT_SCALE_COUNT && range.high - range.low < 6) fputs("set xtics 1\n", script);
    gt_figure_set(script, "xlabel", "%s", c->text->label);
}

/* Vertical lines, as arrows; the caption of the page names them. */
static void write_marks(FILE *script, const charts *c, gt_interval range) {
    if (can_show(c, c->perfect) && c->perfect >= range.low && c->perfect <= range.high)
        fprintf(script, "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead dt 3 lw 1.5 lc rgb '" GT_INK "'\n",
                c->perfect, c->perfect);
    if (can_show(c, c->threshold) && c->threshold >= range.low && c->threshold <= range.high)
        fprintf(script, "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead dt 2 lw 1.5 lc rgb '%s'\n",
                c->threshold, c->threshold, gt_figure_colours[1]);
}

static size_t n_bins(const charts *c, gt_interval range) {
    if (c->text->scale != GT_SCALE_COUNT) return BINS;
    return (size_t)(range.high - range.low + 0.5);
}

static gt_status draw_histogram(const charts *c) {
    const gt_interval range = shown_range(c);
    const gt_interval in = c->logarithmic ? (gt_interval){log(range.low), log(range.high)} : range;
    const size_t bins = n_bins(c, range);
    char count[GT_FIGURE_COUNT_CHARS];
    uint64_t *counts = calloc(bins, sizeof *counts);
    FILE *script = counts != NULL ? begin(c, "histogram") : NULL;
    if (script == NULL) {
        free(counts);
        return counts != NULL ? GT_ERR_MEMORY : gt_fail(GT_ERR_MEMORY, "out of memory for the charts");
    }
    gt_figure_title(c->figures, script, "%s at the end (runs: %s)", c->text->name, gt_figure_count(c->n, count));
    write_x_axis(script, c, range);
    write_marks(script, c, range);
    fputs("set yrange [0:*]\nset ylabel 'runs'\nset key off\n$h << END\n", script);
    for (size_t i = 0; i < c->n; i++) {
        const double value = c->logarithmic ? log(c->values[i]) : c->values[i];
        gt_histogram(&value, 1, in, bins, counts);
    }
    for (size_t b = 0; b < bins; b++) {
        const double low = in.low + (in.high - in.low) * (double)b / (double)bins,
                     high = in.low + (in.high - in.low) * (double)(b + 1) / (double)bins;
        fprintf(script, "%.9g %.9g %" PRIu64 "\n", c->logarithmic ? exp(low) : low, c->logarithmic ? exp(high) : high,
                counts[b]);
    }
    fprintf(script, "END\nplot $h using 1:3:1:2:(0):3 with boxxyerror fs solid 0.75 noborder lc rgb '%s'\n",
            gt_figure_colours[0]);
    free(counts);
    return gt_figure_end(c->figures, script);
}

/* The last values of a setting's finished runs, sorted; returns how many. */
static size_t last_values(const gt_store_summary *s, const gt_group_summary *group, int metric, double *values) {
    size_t n = 0;
    for (size_t i = group->first; i < group->end; i++)
        if (s->runs[i].finished) values[n++] = s->last[metric][i];
    return gt_sort_numbers(values, n);
}

/* Corners of the empirical distribution, at most MAX_STEPS of them. */
static void write_distribution(FILE *script, const char *name, const double *values, size_t n, gt_interval range) {
    const size_t step = n / MAX_STEPS + 1;
    fprintf(script, "$%s << END\n%.9g 0\n", name, range.low);
    for (size_t i = 0; i < n; i += step) fprintf(script, "%.9g %.9g\n", values[i], 100 * (double)(i + 1) / (double)n);
    fprintf(script, "%.9g 100\n%.9g 100\nEND\n", values[n - 1], range.high);
}

static gt_status draw_distribution(const charts *c) {
    const gt_store_summary *s = c->input->summary;
    const bool several = s->n_settings > 1 && s->n_settings <= MAX_CURVES;
    const gt_interval range = shown_range(c);
    char name[GT_FIGURE_SETTING_CHARS];
    double *values = malloc((s->n_runs + 1) * sizeof *values);
    FILE *script = values != NULL ? begin(c, "ecdf") : NULL;
    if (script == NULL) {
        free(values);
        return values != NULL ? GT_ERR_MEMORY : gt_fail(GT_ERR_MEMORY, "out of memory for the charts");
    }
    gt_figure_title(c->figures, script, "%s at the end: share of runs up to x", c->text->name);
    write_x_axis(script, c, range);
    write_marks(script, c, range);
    gt_figure_percent_axis(script, "y", "share of the runs");
    fputs(several ? "set xlabel offset 0,0.7\nset key outside bottom center horizontal maxcols 2 font ',9'\n" : "set key off\n",
          script);
    const size_t first = several ? 0 : c->input->setting, end = several ? s->n_settings : first + 1;
    bool shown[MAX_CURVES] = {false};
    for (size_t g = first; g < end; g++) {
        const size_t n = last_values(s, &s->settings[g], c->metric, values);
        snprintf(name, sizeof name, "e%zu", g - first);
        if (n > 0) write_distribution(script, name, values, n, range);
        shown[g - first] = n > 0;
    }
    const char *separator = "plot ";
    for (size_t g = first, k = 0; g < end; g++) {
        if (!shown[g - first]) continue;
        fprintf(script, "%s$e%zu using 1:2 with steps lw 2 lc rgb '%s' title ", separator, g - first, gt_figure_colours[k++]);
        gt_plot_write_quoted(script, gt_figure_setting(c->input, g, name));
        separator = ", ";
    }
    fputc('\n', script);
    free(values);
    return gt_figure_end(c->figures, script);
}

/* ---------------------------------------------------------------- all metrics */

static bool has_checkpoints(const charts *c) {
    for (size_t k = 0; k < c->input->summary->n_checkpoints; k++)
        if (c->group->checkpoints[k].metric[c->metric].n > 0) return true;
    return false;
}

static gt_status draw_metric(charts *c) {
    const gt_store_summary *s = c->input->summary;
    const gt_outcome_rules rules = gt_outcome_rules_of(&c->input->study->plan.settings[c->input->setting]);
    c->perfect = c->input->perfect[c->metric];
    c->threshold = gt_metric_threshold(c->text->name, &rules);
    c->n = last_values(s, c->group, c->metric, c->values);
    c->logarithmic = is_logarithmic(c);
    if (!has_checkpoints(c)) return GT_OK;
    GT_TRY(draw_fan(c));
    if (c->n == 0) return GT_OK;
    GT_TRY(draw_histogram(c));
    return draw_distribution(c);
}

gt_status gt_figures_scores(const gt_figures_input *input, gt_figures *figures) {
    const gt_store_summary *s = input->summary;
    charts c = {.input = input, .figures = figures, .group = &s->settings[input->setting]};
    c.values = malloc((s->n_runs + 1) * sizeof *c.values);
    if (c.values == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the charts");
    gt_status status = GT_OK;
    for (c.metric = 0; c.metric < s->n_metrics && status == GT_OK; c.metric++) {
        c.text = gt_metric_text_of(gt_store_metric_name(c.metric));
        if (c.text != NULL && s->exists[c.metric]) status = draw_metric(&c);
    }
    free(c.values);
    return status;
}
