// The outcome told checkpoint by checkpoint is that of docs/study.md from all rows; a distance of 1 lies between converged and
// not.
#include "core/judge.h"
#include "targets.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace {

const double nan_ = std::numeric_limits<double>::quiet_NaN();

gt_outcome_rules rules_of(const gt_target_spec &target, int window = 10) {
    const gt_spec spec = spec_with(target);
    gt_outcome_rules rules = gt_outcome_rules_of(&spec);
    rules.window = window;
    return rules;
}

gt_target_spec data() {
    static const float points[] = {0, 1, 2, 3, 4, 5};
    gt_target_spec out{};
    EXPECT_EQ(gt_target_from_points(points, 2, 3, &out), GT_OK);
    return out;
}

std::vector<gt_target_spec> targets() {
    return {target("x2"),           square_on(-2, 1),        target("sine"),  expression("3", 0, 2),
            target("ring8-pacgan"), target("grid25-wgangp"), target("moons"), data()};
}

gt_metrics blank() {
    gt_metrics row{};
    row.resid_mean = row.w1_x = row.coverage = row.support = row.std_x = row.modes = row.hq = row.energy_coefficient =
        row.spread = nan_;
    row.n_energy = row.n_samples = 1000;
    return row;
}

enum Kind { good, vague, partial, collapsed, far, broken, frozen, n_kinds };

// A checkpoint of x2 of each kind: docs/study.md's rules, by hand.
gt_metrics row_of(Kind kind, uint64_t iteration) {
    gt_metrics row = blank();
    row.iteration = iteration;
    row.resid_mean = 0.01, row.w1_x = 0.02, row.coverage = 20, row.support = 0.99, row.std_x = 0.29;
    if (kind != good) row.w1_x = 0.2;
    if (kind == partial || kind == collapsed || kind == far) row.coverage = 9;
    if (kind == collapsed) row.std_x = 0.01;
    if (kind == far) row.support = 0.05;
    if (kind == broken || kind == frozen) row.resid_mean = nan_;
    row.diverged = kind == frozen;
    return row;
}

// The rules again, from the kinds of all rows and nothing else.
gt_outcome outcome_by_hand(const std::vector<Kind> &kinds, size_t window) {
    const Kind last = kinds.back();
    const size_t n = std::min(window, kinds.size());
    size_t n_good = 0;
    for (size_t i = kinds.size() - n; i < kinds.size(); i++) n_good += kinds[i] == good;
    if (last == broken || last == frozen) return GT_OUTCOME_DIVERGED;
    if (n == window && n_good == window) return GT_OUTCOME_STABLE;
    if (n == window && n_good > 0) return GT_OUTCOME_OSCILLATING;
    if (last == good) return GT_OUTCOME_CONVERGED;
    if (last == collapsed) return GT_OUTCOME_COLLAPSED;
    if (last == far) return GT_OUTCOME_DIVERGED;
    if (last == partial && n_good == 0) return GT_OUTCOME_PARTIAL;
    return GT_OUTCOME_OTHER;
}

TEST(Judge, RandomHistoriesAgainstTheRulesByHand) {
    Lcg random{5};
    for (size_t window : {1, 2, 10, 64}) {
        const gt_outcome_rules rules = rules_of(target("x2"), (int)window);
        int seen[GT_N_OUTCOMES] = {0};
        for (int history = 0; history < 300; history++) {
            const double share_good = history % 3 == 0 ? 1 : history % 3 == 1 ? 0.95 : random();
            std::vector<Kind> kinds;
            std::vector<gt_metrics> rows;
            gt_judge judge{};
            uint64_t n_good = 0, n_relapses = 0, first_good = 0, first_relapse = 0;
            const size_t n = 1 + (size_t)(random() * 200);
            for (size_t i = 0; i < n; i++) {
                const uint64_t iteration = 200 * (i + 1);
                const Kind kind = random() < share_good ? good : (Kind)(random() * n_kinds);
                const bool relapse = kind != good && !kinds.empty() && kinds.back() == good;
                kinds.push_back(kind);
                rows.push_back(row_of(kind, iteration));
                n_good += kind == good, n_relapses += relapse;
                if (kind == good && first_good == 0) first_good = iteration;
                if (relapse && first_relapse == 0) first_relapse = iteration;

                gt_judge_add(&judge, &rows.back(), &rules);
                ASSERT_EQ(judge.n_checkpoints, i + 1);
                ASSERT_EQ(judge.n_converged, n_good);
                ASSERT_EQ(judge.n_relapses, n_relapses);
                ASSERT_EQ(judge.first_converged, first_good);
                ASSERT_EQ(judge.first_relapse, first_relapse);
                for (size_t k = 0; k < 64; k++)
                    ASSERT_EQ(judge.recent >> k & 1, k <= i && kinds[i - k] == good) << k << " checkpoints ago of " << i;
                const gt_outcome expected = outcome_by_hand(kinds, window);
                ASSERT_EQ(gt_judge_outcome(&judge, &rows.back(), &rules), expected) << "window " << window << ", row " << i;
                ASSERT_EQ(gt_outcome_of(rows.data(), rows.size(), &rules), expected) << "window " << window << ", row " << i;
                seen[expected]++;
            }
        }
        for (int o = 0; o < GT_N_OUTCOMES; o++) {
            if (window == 1 && (o == GT_OUTCOME_CONVERGED || o == GT_OUTCOME_OSCILLATING)) continue; // one is always stable
            EXPECT_GT(seen[o], 0) << gt_outcome_name((gt_outcome)o) << ", window " << window;
        }
    }
}

TEST(Judge, ALongerWindowCountsAsSixtyFour) {
    const gt_outcome_rules rules = rules_of(target("x2"), 1000);
    gt_judge judge{};
    gt_metrics row{};
    for (uint64_t i = 1; i <= 70; i++) {
        row = row_of(good, i);
        gt_judge_add(&judge, &row, &rules);
        EXPECT_EQ(gt_judge_outcome(&judge, &row, &rules), i < 64 ? GT_OUTCOME_CONVERGED : GT_OUTCOME_STABLE) << i;
    }
}

TEST(Judge, TheFirstCheckpointIsNoRelapse) {
    const gt_outcome_rules rules = rules_of(target("x2"));
    gt_judge judge{};
    const gt_metrics bad = row_of(vague, 200), fine = row_of(good, 400), again = row_of(frozen, 600);
    gt_judge_add(&judge, &bad, &rules);
    EXPECT_EQ(judge.n_relapses, 0u);
    gt_judge_add(&judge, &fine, &rules);
    gt_judge_add(&judge, &again, &rules); // to diverge is to lose it, too
    EXPECT_EQ(judge.n_relapses, 1u);
    EXPECT_EQ(judge.first_relapse, 600u);
}

// ---------------------------------------------------------------- distance

// One score of a row beside its threshold, and the way that is better.
struct Threshold {
    double gt_metrics::*score;
    double value;
    bool below;     // better below, and not at it; else better above and at it
    double perfect; // a value that is far better
};

std::vector<Threshold> thresholds(const gt_outcome_rules &rules) {
    switch (rules.kind) {
    case GT_TARGET_FUNCTION:
        return {{&gt_metrics::resid_mean, rules.resid_mean_below, true, 0},
                {&gt_metrics::w1_x, rules.w1_x_below, true, 0},
                {&gt_metrics::coverage, rules.coverage_at_least, false, 20}};
    case GT_TARGET_MIXTURE:
        return {{&gt_metrics::modes, rules.modes_at_least, false, 100}, {&gt_metrics::hq, rules.hq_at_least, false, 1}};
    default:
        return {{&gt_metrics::energy_coefficient, rules.energy_coefficient_below, true, -0.001}};
    }
}

gt_metrics perfect(const gt_outcome_rules &rules) {
    gt_metrics row = blank();
    for (const Threshold &t : thresholds(rules)) row.*t.score = t.perfect;
    return row;
}

// Distance below 1: converged; above: not; at it: whatever the rule says.
void expect_agreement(const gt_metrics &row, const gt_outcome_rules &rules) {
    const double distance = gt_metrics_distance(&row, &rules);
    EXPECT_FALSE(std::isnan(distance));
    if (distance != 1) {
        EXPECT_EQ(gt_metrics_converged(&row, &rules), distance < 1) << distance;
    }
}

TEST(Distance, AgreesWithConvergedAroundEveryThreshold) {
    for (const gt_target_spec &of : targets()) {
        SCOPED_TRACE(of.name);
        const gt_outcome_rules rules = rules_of(of);
        const gt_metrics best = perfect(rules);
        EXPECT_LT(gt_metrics_distance(&best, &rules), 1);
        EXPECT_TRUE(gt_metrics_converged(&best, &rules));
        for (const Threshold &t : thresholds(rules)) {
            const double better = t.below ? -1e300 : 1e300;
            gt_metrics row = best;
            if (t.score == &gt_metrics::coverage || t.score == &gt_metrics::modes) { // whole numbers: 1 lies between two
                for (int missing : {0, 1, 4}) {
                    row.*t.score = t.value - missing;
                    EXPECT_EQ(gt_metrics_distance(&row, &rules) < 1, missing == 0);
                    expect_agreement(row, rules);
                }
                continue;
            }
            row.*t.score = t.value;
            EXPECT_EQ(gt_metrics_distance(&row, &rules), 1);
            EXPECT_EQ(gt_metrics_converged(&row, &rules), !t.below);
            row.*t.score = std::nextafter(t.value, better);
            EXPECT_LT(gt_metrics_distance(&row, &rules), 1);
            EXPECT_TRUE(gt_metrics_converged(&row, &rules));
            row.*t.score = std::nextafter(t.value, -better);
            EXPECT_GT(gt_metrics_distance(&row, &rules), 1);
            EXPECT_FALSE(gt_metrics_converged(&row, &rules));
            // The worst score alone counts.
            row.*t.score = t.below ? 3 * t.value : 1 - 3 * (1 - t.value);
            EXPECT_NEAR(gt_metrics_distance(&row, &rules), 3, 1e-12);
        }
    }
}

TEST(Distance, AgreesWithConvergedForRandomScores) {
    Lcg random{11};
    for (const gt_target_spec &of : targets()) {
        SCOPED_TRACE(of.name);
        const gt_outcome_rules rules = rules_of(of);
        int n_near = 0;
        for (int i = 0; i < 2000; i++) {
            gt_metrics row = perfect(rules);
            for (const Threshold &t : thresholds(rules)) {
                const double score = t.value * (0.5 + random());
                row.*t.score = t.score == &gt_metrics::coverage || t.score == &gt_metrics::modes ? std::round(score) : score;
            }
            expect_agreement(row, rules);
            n_near += gt_metrics_converged(&row, &rules);
        }
        EXPECT_GT(n_near, 50);
        EXPECT_LT(n_near, 1950);
    }
}

TEST(Distance, IsInfiniteWhereThereIsNothingToJudge) {
    for (const gt_target_spec &of : targets()) {
        SCOPED_TRACE(of.name);
        const gt_outcome_rules rules = rules_of(of);
        gt_metrics row = perfect(rules);
        row.diverged = true;
        EXPECT_EQ(gt_metrics_distance(&row, &rules), INFINITY);
        row = blank();
        EXPECT_EQ(gt_metrics_distance(&row, &rules), INFINITY);
        EXPECT_FALSE(gt_metrics_converged(&row, &rules));
        row.n_energy = 0; // of curves and data: not measured
        EXPECT_EQ(gt_metrics_distance(&row, &rules), INFINITY);
    }
}

// Of what should be there the distance counts what is missing.
TEST(Distance, OfNothingFound) {
    const gt_outcome_rules square = rules_of(target("x2")), ring = rules_of(target("ring8-pacgan"));
    gt_metrics row = perfect(square);
    row.coverage = 0;
    EXPECT_DOUBLE_EQ(gt_metrics_distance(&row, &square), 20 / 4.5);
    row = perfect(ring);
    row.hq = 0;
    EXPECT_NEAR(gt_metrics_distance(&row, &ring), 10, 1e-12);
    row.modes = 0;
    EXPECT_DOUBLE_EQ(gt_metrics_distance(&row, &ring), 2 * 8);
    EXPECT_FALSE(gt_metrics_converged(&row, &ring));
}

} // namespace
