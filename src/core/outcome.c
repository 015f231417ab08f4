/* What became of a run, from its scores at its checkpoints: the rules of docs/study.md. */
#include "core/judge.h"
#include "core/target.h"

#include <math.h>

gt_outcome_rules gt_outcome_rules_of(const gt_spec *spec) {
    gt_outcome_rules rules = {.kind = gt_target_kind_of(&spec->target), .window = 10};
    gt_target_model *target;
    switch (rules.kind) {
    case GT_TARGET_FUNCTION:
    case GT_TARGET_MIXTURE:
        if (gt_target_model_create(spec, &target) != GT_OK) break;
        if (rules.kind == GT_TARGET_FUNCTION) {
            const double width = target->score.hi - target->score.lo;
            rules.resid_mean_below = 0.02 * (target->y_range / 0.25);
            rules.w1_x_below = 0.05 * width;
            rules.coverage_at_least = 16;
            rules.partial_coverage_at_most = 11;
            rules.collapsed_std_x_below = 0.05 * width;
            rules.diverged_support_below = 0.1;
        } else {
            rules.modes_at_least = target->score.n_modes;
            rules.hq_at_least = 0.9;
            rules.collapsed_spread_below = 0.05;
        }
        gt_target_model_destroy(target);
        break;
    case GT_TARGET_CURVE:
    case GT_TARGET_DATA:
        rules.energy_coefficient_below = 0.004;
        rules.collapsed_spread_below = 0.05;
        break;
    }
    return rules;
}

/* Whether a run can't be judged because its points were not finite. Curves and data are not judged at all without energy. */
static bool is_broken(const gt_metrics *row, const gt_outcome_rules *rules) {
    switch (rules->kind) {
    case GT_TARGET_FUNCTION:
        return row->diverged || isnan(row->resid_mean);
    case GT_TARGET_MIXTURE:
        return row->diverged || isnan(row->hq);
    default:
        return row->diverged || (row->n_energy > 1 && isnan(row->energy_coefficient));
    }
}

bool gt_metrics_converged(const gt_metrics *row, const gt_outcome_rules *rules) {
    if (is_broken(row, rules)) return false;
    switch (rules->kind) {
    case GT_TARGET_FUNCTION:
        return row->resid_mean < rules->resid_mean_below && row->w1_x < rules->w1_x_below &&
               row->coverage >= rules->coverage_at_least;
    case GT_TARGET_MIXTURE:
        return row->modes >= rules->modes_at_least && row->hq >= rules->hq_at_least;
    default:
        return row->energy_coefficient < rules->energy_coefficient_below;
    }
}

static bool is_collapsed(const gt_metrics *row, const gt_outcome_rules *rules) {
    if (rules->kind == GT_TARGET_FUNCTION) return row->std_x < rules->collapsed_std_x_below;
    return row->spread < rules->collapsed_spread_below || (rules->kind == GT_TARGET_MIXTURE && row->modes <= 1);
}

/* A part of the target is missing. */
static bool is_partial(const gt_metrics *row, const gt_outcome_rules *rules) {
    if (rules->kind == GT_TARGET_FUNCTION) return row->coverage <= rules->partial_coverage_at_most;
    return rules->kind == GT_TARGET_MIXTURE && row->modes < rules->modes_at_least;
}

void gt_judge_add(gt_judge *judge, const gt_metrics *row, const gt_outcome_rules *rules) {
    const bool converged = gt_metrics_converged(row, rules), before = (judge->recent & 1) != 0;
    judge->n_checkpoints++;
    judge->n_converged += converged;
    judge->recent = judge->recent << 1 | converged;
    if (converged && judge->first_converged == 0) judge->first_converged = row->iteration;
    if (converged || !before) return;
    judge->n_relapses++;
    if (judge->first_relapse == 0) judge->first_relapse = row->iteration;
}

static int clamp(int value, int min, int max) { return value < min ? min : value > max ? max : value; }

gt_outcome gt_judge_outcome(const gt_judge *judge, const gt_metrics *last, const gt_outcome_rules *rules) {
    const int window = clamp(rules->window, 1, GT_MAX_WINDOW);
    const uint64_t in_window = UINT64_MAX >> (GT_MAX_WINDOW - window);
    const int n_converged = __builtin_popcountll(judge->recent & in_window);

    if (is_broken(last, rules)) return GT_OUTCOME_DIVERGED;
    if (n_converged == window) return GT_OUTCOME_STABLE;
    if (judge->n_checkpoints >= (uint64_t)window && n_converged > 0) return GT_OUTCOME_OSCILLATING;
    if (gt_metrics_converged(last, rules)) return GT_OUTCOME_CONVERGED;
    if (is_collapsed(last, rules)) return GT_OUTCOME_COLLAPSED;
    if (rules->kind == GT_TARGET_FUNCTION && last->support < rules->diverged_support_below) return GT_OUTCOME_DIVERGED;
    if (n_converged == 0 && is_partial(last, rules)) return GT_OUTCOME_PARTIAL;
    return GT_OUTCOME_OTHER;
}

gt_outcome gt_outcome_of(const gt_metrics *rows, size_t n, const gt_outcome_rules *rules) {
    gt_judge judge = {0};
    for (size_t i = n > GT_MAX_WINDOW ? n - GT_MAX_WINDOW : 0; i < n; i++) gt_judge_add(&judge, &rows[i], rules);
    return gt_judge_outcome(&judge, &rows[n - 1], rules);
}

/* What is missing over what may be missing; of whole bins or modes, that and a half, so that 1 lies between. */
static double shortfall(double missing, double allowed) { return missing > 0 ? missing / allowed : 0; }

double gt_metrics_distance(const gt_metrics *row, const gt_outcome_rules *rules) {
    if (is_broken(row, rules)) return INFINITY;
    switch (rules->kind) {
    case GT_TARGET_FUNCTION:
        return fmax(fmax(row->resid_mean / rules->resid_mean_below, row->w1_x / rules->w1_x_below),
                    shortfall(SCORE_BINS - row->coverage, SCORE_BINS - rules->coverage_at_least + 0.5));
    case GT_TARGET_MIXTURE:
        return fmax(shortfall(rules->modes_at_least - row->modes, 0.5), shortfall(1 - row->hq, 1 - rules->hq_at_least));
    default:
        return isnan(row->energy_coefficient) ? INFINITY : row->energy_coefficient / rules->energy_coefficient_below;
    }
}
