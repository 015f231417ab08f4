/* How little the tutorial's accuracies tell: against the true distance from convergence. */
#include "io/figures.h"

#include "core/status.h"

#include <inttypes.h>
#include <math.h>

enum { MAX_POINTS = 1500 };

/* A data block of the finished runs that have converged, or not; every step-th. Returns how many. */
static size_t write_runs(FILE *script, const char *name, const gt_store_summary *s, bool converged, size_t step) {
    const int real = gt_store_metric_index("acc_real"), fake = gt_store_metric_index("acc_fake");
    size_t n = 0;
    fprintf(script, "$%s << END\n", name);
    for (size_t i = 0; i < s->n_runs; i += step) {
        const double accuracy = 50 * (s->last[real][i] + s->last[fake][i]), distance = gt_store_run_distance(&s->runs[i]);
        if (!s->runs[i].finished || isnan(accuracy) || !isfinite(distance) || gt_store_run_converged(&s->runs[i]) != converged)
            continue;
        fprintf(script, "%.6g %.6g\n", accuracy, distance);
        n++;
    }
    fputs("END\n", script);
    return n;
}

gt_status gt_figures_accuracy(const gt_figures_input *input, gt_figures *figures) {
    const gt_store_summary *s = input->summary;
    const size_t step = s->n_runs / MAX_POINTS + 1;
    const double auc = s->all.auc.mean_off_half;
    char count[GT_FIGURE_COUNT_CHARS];
    if (s->all.n_finished == 0) return GT_OK;
    FILE *script = gt_figure_begin(figures, GT_FIGURE_ACCURACY, 640, 420, "accuracy");
    if (script == NULL) return GT_ERR_MEMORY;
    gt_figure_count(s->all.n_finished, count);
    if (isnan(auc))
        gt_figure_title(figures, script, "Accuracy against the true error (runs: %s, all ended alike)", count);
    else
        gt_figure_title(figures, script, "Accuracy against the true error: AUC %.2f of its distance from 50 %% (runs: %s)", auc,
                        count);
    const size_t n_converged = write_runs(script, "converged", s, true, step),
                 n_failed = write_runs(script, "failed", s, false, step);
    gt_figure_set(script, "xlabel", "accuracy of the discriminator, (acc_real + acc_fake) / 2");
    gt_figure_set(script, "ylabel", "distance from convergence (1: the threshold)");
    if (n_converged + n_failed == 0) fputs("set yrange [0.1:10]\n", script);
    /* 1/0: an empty block is an error */
    fprintf(script,
            "set xrange [0:100]\nset format x '%%g %%%%'\nset xtics 25\nset logscale y\nset autoscale yfix\nset offsets 0, 0, "
            "graph 0.06, graph 0.06\n"
            "set bmargin 5.5\nset key outside bottom center horizontal\n"
            "plot %s with points pt 7 ps 0.45 lc rgb '#60%s' title 'converged', %s with points pt 7 ps 0.45 lc rgb '#60%s' "
            "title 'not converged', 1 with lines dt 2 lw 1.2 lc rgb '" GT_INK "' notitle\n",
            n_converged > 0 ? "$converged" : "1/0", gt_figure_colours[0] + 1, n_failed > 0 ? "$failed" : "1/0",
            gt_figure_colours[1] + 1);
    return gt_figure_end(figures, script);
}
