// A thousand tutorial runs of 10,000 iterations against those of an independent implementation (other random numbers, the same
// semantics, the same scores with N = 10,000): the share of each outcome, and the percentiles of the scores, at five
// checkpoints.
#include "specs.h"

#include <algorithm>
#include <cmath>

namespace {

const size_t n_runs = 1000;

/* Two samples of a thousand from one population differ in a share p with standard error sqrt(2 p (1 - p) / 1000). The final
 * share of converged runs must be within 1.96 of them (3.4 points); each of the 35 other figures below within 3.3 (p = 0.001).
 */
double limit(double p, double errors) { return errors * std::sqrt(2 * p * (1 - p) / (double)n_runs); }

struct Percentile {
    double value, rounding; // as published, and half a unit of its last digit
};

struct Expected {
    uint64_t iteration;
    double converged, partial, collapsed;
    Percentile resid_mean_50, resid_mean_95, w1_x_50, w1_x_95;
};

const Expected table[] = {
    {2000, 0.284, 0.348, 0.028, {0.0233, 5e-5}, {0.065, 5e-4}, {0.041, 5e-4}, {0.385, 5e-4}},
    {4000, 0.515, 0.244, 0.052, {0.0135, 5e-5}, {0.060, 5e-4}, {0.043, 5e-4}, {0.373, 5e-4}},
    {6000, 0.665, 0.194, 0.039, {0.0112, 5e-5}, {0.057, 5e-4}, {0.030, 5e-4}, {0.348, 5e-4}},
    {8000, 0.744, 0.141, 0.030, {0.0097, 5e-5}, {0.049, 5e-4}, {0.024, 5e-4}, {0.319, 5e-4}},
    {10000, 0.814, 0.092, 0.015, {0.0085, 5e-5}, {0.031, 5e-4}, {0.022, 5e-4}, {0.250, 5e-4}},
};

// Of the runs, about the share p must lie below the published p-th percentile.
void expect_percentile(const std::vector<gt_metrics> &rows, double gt_metrics::*score, Percentile published, double p) {
    auto share_below = [&](double value) {
        return (double)std::count_if(rows.begin(), rows.end(), [&](const gt_metrics &row) { return row.*score < value; }) /
               (double)n_runs;
    };
    EXPECT_LE(share_below(published.value - published.rounding), p + limit(p, 3.3)) << published.value;
    EXPECT_GE(share_below(published.value + published.rounding), p - limit(p, 3.3)) << published.value;
}

double percentile(const std::vector<gt_metrics> &rows, double gt_metrics::*score, double p) {
    std::vector<double> values;
    for (const gt_metrics &row : rows) values.push_back(row.*score);
    std::sort(values.begin(), values.end());
    return values[(size_t)std::ceil(p * (double)n_runs) - 1];
}

TEST(Study, OutcomesAndPercentilesOfAThousandRuns) {
    const gt_spec spec = preset("x2");
    const gt_outcome_rules rules = gt_outcome_rules_of(&spec);
    Trainer trainer = make_trainer(spec, 1, n_runs, GT_ISA_AUTO, 0);
    ASSERT_NE(trainer, nullptr);
    std::vector<gt_metrics> rows(n_runs);
    std::vector<int> ever(n_runs), lost(n_runs);
    for (const Expected &expected : table) {
        SCOPED_TRACE(expected.iteration);
        ASSERT_EQ(gt_trainer_advance(trainer.get(), 2000), GT_OK);
        ASSERT_EQ(gt_trainer_evaluate(trainer.get(), nullptr, rows.data()), GT_OK);
        double share[GT_N_OUTCOMES] = {0};
        for (size_t run = 0; run < n_runs; run++) {
            const gt_outcome outcome = gt_outcome_of(&rows[run], 1, &rules);
            share[outcome] += 1.0 / (double)n_runs;
            if (outcome != GT_OUTCOME_CONVERGED && ever[run]) lost[run] = 1;
            if (outcome == GT_OUTCOME_CONVERGED) ever[run] = 1;
        }
        printf("%6d: converged %4.1f %%, partial %4.1f %%, collapsed %3.1f %%, diverged %3.1f %%, other %4.1f %%, resid_mean "
               "%.4f / "
               "%.3f, w1_x %.3f / %.3f\n",
               (int)expected.iteration, 100 * share[GT_OUTCOME_CONVERGED], 100 * share[GT_OUTCOME_PARTIAL],
               100 * share[GT_OUTCOME_COLLAPSED], 100 * share[GT_OUTCOME_DIVERGED], 100 * share[GT_OUTCOME_OTHER],
               percentile(rows, &gt_metrics::resid_mean, 0.5), percentile(rows, &gt_metrics::resid_mean, 0.95),
               percentile(rows, &gt_metrics::w1_x, 0.5), percentile(rows, &gt_metrics::w1_x, 0.95));
        const double errors = expected.iteration == 10000 ? 1.96 : 3.3;
        EXPECT_NEAR(share[GT_OUTCOME_CONVERGED], expected.converged, limit(expected.converged, errors));
        EXPECT_NEAR(share[GT_OUTCOME_PARTIAL], expected.partial, limit(expected.partial, 3.3));
        EXPECT_NEAR(share[GT_OUTCOME_COLLAPSED], expected.collapsed, limit(expected.collapsed, 3.3));
        expect_percentile(rows, &gt_metrics::resid_mean, expected.resid_mean_50, 0.50);
        expect_percentile(rows, &gt_metrics::resid_mean, expected.resid_mean_95, 0.95);
        expect_percentile(rows, &gt_metrics::w1_x, expected.w1_x_50, 0.50);
        expect_percentile(rows, &gt_metrics::w1_x, expected.w1_x_95, 0.95);
        for (const gt_metrics &row : rows) EXPECT_FALSE(row.diverged);
    }
    const double ever_share = (double)std::count(ever.begin(), ever.end(), 1) / (double)n_runs;
    const double lost_share = (double)std::count(lost.begin(), lost.end(), 1) / (double)n_runs;
    printf("converged at some checkpoint %4.1f %%, lost it again %4.1f %%\n", 100 * ever_share, 100 * lost_share);
    EXPECT_NEAR(ever_share, 0.86, limit(0.86, 3.3));
    EXPECT_NEAR(lost_share, 0.15, limit(0.15, 3.3));
}

} // namespace
