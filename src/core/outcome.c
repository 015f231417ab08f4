/* What became of a run, from its scores at its checkpoints: the rules of docs/study.md. */
#include "gantry/gantry.h"

#include <math.h>

gt_outcome_rules gt_outcome_rules_default(void) {
    return (gt_outcome_rules){
        .resid_mean_below = 0.02,
        .w1_x_below = 0.05,
        .coverage_at_least = 16,
        .partial_coverage_at_most = 11,
        .collapsed_std_x_below = 0.05,
        .diverged_support_below = 0.1,
        .window = 10,
    };
}

static bool is_broken(const gt_metrics *row) { return row->diverged || isnan(row->resid_mean); }

bool gt_metrics_converged(const gt_metrics *row, const gt_outcome_rules *rules) {
    return !is_broken(row) && row->resid_mean < rules->resid_mean_below && row->w1_x < rules->w1_x_below &&
           row->coverage >= rules->coverage_at_least;
}

gt_outcome gt_outcome_of(const gt_metrics *rows, size_t n, const gt_outcome_rules *rules) {
    const size_t window = rules->window > 1 ? (size_t)rules->window : 1;
    const gt_metrics *last = &rows[n - 1];
    size_t n_converged = 0;
    for (size_t i = n > window ? n - window : 0; i < n; i++) n_converged += gt_metrics_converged(&rows[i], rules);

    if (is_broken(last)) return GT_OUTCOME_DIVERGED;
    if (n_converged == window) return GT_OUTCOME_STABLE;
    if (n >= window && n_converged > 0) return GT_OUTCOME_OSCILLATING;
    if (gt_metrics_converged(last, rules)) return GT_OUTCOME_CONVERGED;
    if (last->std_x < rules->collapsed_std_x_below) return GT_OUTCOME_COLLAPSED;
    if (last->support < rules->diverged_support_below) return GT_OUTCOME_DIVERGED;
    if (n_converged == 0 && last->coverage <= rules->partial_coverage_at_most) return GT_OUTCOME_PARTIAL;
    return GT_OUTCOME_OTHER;
}
