// Statistics of studies against published examples, and at their edges.
#include "core/statistics.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace {

const double inf = std::numeric_limits<double>::infinity(), nan_ = std::numeric_limits<double>::quiet_NaN();

void expect_interval(gt_interval got, double low, double high, double tolerance) {
    EXPECT_NEAR(got.low, low, tolerance);
    EXPECT_NEAR(got.high, high, tolerance);
}

// ---------------------------------------------------------------- shares and percentiles

// Newcombe, Stat. Med. 17, 1998, 857, table I, method 3: to four places.
TEST(Wilson, NewcombesExamples) {
    expect_interval(gt_wilson_interval(81, 263), 0.2553, 0.3662, 5e-5);
    expect_interval(gt_wilson_interval(15, 148), 0.0624, 0.1605, 5e-5);
    expect_interval(gt_wilson_interval(0, 20), 0, 0.1611, 5e-5);
    expect_interval(gt_wilson_interval(1, 29), 0.0061, 0.1718, 5e-5);
}

TEST(Wilson, Ends) {
    expect_interval(gt_wilson_interval(0, 0), 0, 1, 0);
    for (uint64_t n : {1u, 7u, 100u, 65536u, 100000u}) {
        const gt_interval none = gt_wilson_interval(0, n), all = gt_wilson_interval(n, n);
        EXPECT_EQ(none.low, 0);
        EXPECT_EQ(all.high, 1);
        EXPECT_NEAR(none.high, 1 - all.low, 1e-15);
        EXPECT_GT(none.high, 0);
    }
}

TEST(Numbers, SortPutsNanLast) {
    std::vector<double> values = {3, nan_, -inf, 0, inf, nan_, -2};
    EXPECT_EQ(gt_sort_numbers(values.data(), values.size()), 5u);
    EXPECT_EQ(std::vector<double>(values.begin(), values.begin() + 5), (std::vector<double>{-inf, -2, 0, 3, inf}));
    EXPECT_EQ(gt_sort_numbers(nullptr, 0), 0u);
    double one = nan_;
    EXPECT_EQ(gt_sort_numbers(&one, 1), 0u);
}

// Abramowitz and Stegun 1964, table 26.10: t(0.975) of f degrees of freedom, to their digits.
TEST(Numbers, MeanWithStudentsInterval) {
    const double quantiles[][2] = {{1, 12.706}, {2, 4.303}, {3, 3.182}, {4, 2.776}, {9, 2.262}, {30, 2.042}, {120, 1.980}};
    for (const double *of : quantiles) {
        const size_t n = (size_t)of[0] + 1;
        std::vector<double> values(n, 5.0); /* a deviation of 1 between the mean and each but the rest: s = sqrt(2 / f) */
        values[0] = 4, values[n - 1] = 6;
        const gt_mean mean = gt_mean_of(values.data(), n);
        EXPECT_DOUBLE_EQ(mean.mean, 5);
        EXPECT_NEAR(mean.half_width * std::sqrt((double)n) / std::sqrt(2 / of[0]), of[1], 5e-4) << of[0];
    }
    const double one = 3;
    EXPECT_EQ(gt_mean_of(&one, 1).mean, 3);
    EXPECT_TRUE(std::isnan(gt_mean_of(&one, 1).half_width));
    EXPECT_TRUE(std::isnan(gt_mean_of(nullptr, 0).mean));
}

TEST(Numbers, Percentiles) {
    const std::vector<double> four = {1, 2, 3, 4};
    EXPECT_EQ(gt_percentile(four.data(), 4, 0), 1);
    EXPECT_EQ(gt_percentile(four.data(), 4, 25), 1.75);
    EXPECT_EQ(gt_percentile(four.data(), 4, 50), 2.5);
    EXPECT_EQ(gt_percentile(four.data(), 4, 75), 3.25);
    EXPECT_EQ(gt_percentile(four.data(), 4, 100), 4);
    EXPECT_EQ(gt_percentile(four.data(), 1, 99), 1);
    EXPECT_TRUE(std::isnan(gt_percentile(four.data(), 0, 50)));
    const std::vector<double> wide = {-inf, 0, 2, inf, inf};
    EXPECT_EQ(gt_percentile(wide.data(), 5, 10), -inf);
    EXPECT_EQ(gt_percentile(wide.data(), 5, 50), 2);
    EXPECT_EQ(gt_percentile(wide.data(), 5, 62.5), inf);
    EXPECT_EQ(gt_percentile(wide.data(), 5, 95), inf);
}

TEST(Numbers, Histogram) {
    const std::vector<double> values = {-0.1, 0, 0.24, 0.25, 0.5, 1, 1.01, nan_, inf, 0.999};
    uint64_t counts[4] = {0, 0, 0, 100};
    gt_histogram(values.data(), values.size(), {0, 1}, 4, counts);
    EXPECT_EQ(std::vector<uint64_t>(counts, counts + 4), (std::vector<uint64_t>{2, 1, 1, 102}));
}

// ---------------------------------------------------------------- a score as detector

double auc(std::vector<gt_scored> scored) { return gt_auc(scored.data(), scored.size()); }

// Hanley and McNeil, Radiology 143, 1982, table I: 109 CT images rated 1 to 5, 0.893 by the Wilcoxon statistic.
TEST(Auc, RatedImages) {
    const int normal[] = {33, 6, 6, 11, 2}, abnormal[] = {3, 2, 2, 11, 33};
    std::vector<gt_scored> scored;
    for (int rating = 0; rating < 5; rating++) {
        scored.insert(scored.end(), normal[rating], {rating + 1.0, false});
        scored.insert(scored.end(), abnormal[rating], {rating + 1.0, true});
    }
    std::shuffle(scored.begin(), scored.end(), std::mt19937(1));
    EXPECT_NEAR(auc(scored), 0.893, 5e-4);
}

TEST(Auc, Ends) {
    EXPECT_EQ(auc({{1, false}, {2, true}}), 1);
    EXPECT_EQ(auc({{2, false}, {1, true}}), 0);
    EXPECT_EQ(auc({{1, false}, {1, true}, {1, true}}), 0.5);
    EXPECT_EQ(auc({{1, false}, {inf, true}, {nan_, false}, {nan_, true}}), 1) << "NaN counts";
    EXPECT_TRUE(std::isnan(auc({{1, true}, {2, true}})));
    EXPECT_TRUE(std::isnan(auc({{1, false}, {nan_, true}})));
    EXPECT_TRUE(std::isnan(auc({})));
}

// ---------------------------------------------------------------- pairs

// Agresti, Categorical Data Analysis, 3rd ed., table 11.1: approval of a prime minister in two surveys of 1,600 people. The
// book gives 0.59 and 0.55, the difference 0.04, its (Wald) interval 0.02 to 0.06, and z^2 = 17.36, of which p = 0.00003.
TEST(Pairs, ApprovalOfAPrimeMinister) {
    const gt_paired_shares pairs = gt_compare_pairs({794, 150, 86, 570});
    EXPECT_EQ(pairs.first, 0.59);
    EXPECT_EQ(pairs.second, 0.55);
    EXPECT_NEAR(pairs.difference, 0.04, 1e-15);
    expect_interval(pairs.difference_interval, 0.0214, 0.0586, 5e-4);
    EXPECT_NEAR(pairs.p, 3.7e-5, 0.1e-5); // the exact test's
}

// Newcombe, Stat. Med. 17, 1998, 2635, table III, method 10; and Altman et al., Statistics with Confidence, 2nd ed., table 6.2:
// 0.011 to 0.226.
TEST(Pairs, NewcombesInterval) {
    const gt_paired_shares pairs = gt_compare_pairs({36, 12, 2, 0});
    EXPECT_NEAR(pairs.difference, 0.2, 1e-15);
    expect_interval(pairs.difference_interval, 0.0569, 0.3404, 5e-5);
    const gt_paired_shares swapped = gt_compare_pairs({36, 2, 12, 0});
    expect_interval(swapped.difference_interval, -0.3404, -0.0569, 5e-5);
    EXPECT_EQ(swapped.p, pairs.p);
    expect_interval(gt_compare_pairs({14, 5, 0, 22}).difference_interval, 0.011, 0.226, 5e-4);
}

TEST(Pairs, ExactByHand) {
    EXPECT_DOUBLE_EQ(gt_compare_pairs({3, 5, 0, 1}).p, 2.0 / 32);
    EXPECT_DOUBLE_EQ(gt_compare_pairs({3, 1, 5, 1}).p, 2.0 * (1 + 6) / 64);
    EXPECT_EQ(gt_compare_pairs({3, 4, 4, 1}).p, 1);
    EXPECT_EQ(gt_compare_pairs({3, 0, 0, 1}).p, 1);
    EXPECT_EQ(gt_compare_pairs({0, 0, 5000, 0}).p, 0); // 2^-4999
}

TEST(Pairs, Ends) {
    const gt_paired_shares none = gt_compare_pairs({0, 0, 0, 0});
    EXPECT_TRUE(std::isnan(none.first) && std::isnan(none.second) && std::isnan(none.difference));
    expect_interval(none.difference_interval, -1, 1, 0);
    EXPECT_EQ(none.p, 1);
    // A share of 1 leaves no correlation: the reach of Wilson's intervals alone.
    const gt_paired_shares all = gt_compare_pairs({10, 0, 0, 0});
    const double reach = 1 - gt_wilson_interval(10, 10).low;
    EXPECT_EQ(all.difference, 0);
    expect_interval(all.difference_interval, -reach, reach, 1e-15);
    // Opposite under every seed: as far apart as can be.
    const gt_paired_shares opposite = gt_compare_pairs({0, 10, 0, 0});
    EXPECT_EQ(opposite.difference_interval.high, 1);
    EXPECT_LT(opposite.difference_interval.low, 1);
}

// ---------------------------------------------------------------- times to an event

std::vector<gt_survival_step> steps_of(std::vector<gt_duration> durations) {
    std::shuffle(durations.begin(), durations.end(), std::mt19937(1));
    std::vector<gt_survival_step> steps(durations.size());
    steps.resize(gt_kaplan_meier(durations.data(), durations.size(), steps.data()));
    return steps;
}

// Weeks of remission of 21 children under 6-MP and of 21 under a placebo (Freireich et al., Blood 21, 1963, 699).
const std::vector<gt_duration> under_6mp = {
    {6, true},   {6, true},   {6, true},   {6, false},  {7, true},   {9, false},  {10, true},
    {10, false}, {11, false}, {13, true},  {16, true},  {17, false}, {19, false}, {20, false},
    {22, true},  {23, true},  {25, false}, {32, false}, {32, false}, {34, false}, {35, false},
};
std::vector<gt_duration> under_placebo() {
    std::vector<gt_duration> durations;
    for (double week : {1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23})
        durations.push_back({week, true});
    return durations;
}

// Survival and its standard error: Kleinbaum and Klein, Survival Analysis, 3rd ed., table 2.1 and chapter 2; intervals by SAS's
// LIFETEST (CONFTYPE=LOGLOG, its default).
TEST(KaplanMeier, LeukaemiaUnder6Mp) {
    const struct {
        double time;
        uint64_t at_risk, events;
        double survival, error, low, high;
    } expected[] = {
        {6, 21, 3, 0.8571, 0.0764, 0.620, 0.952},  {7, 17, 1, 0.8067, 0.0869, 0.563, 0.923},
        {10, 15, 1, 0.7529, 0.0963, 0.503, 0.889}, {13, 12, 1, 0.6902, 0.1068, 0.432, 0.849},
        {16, 11, 1, 0.6275, 0.1141, 0.368, 0.805}, {22, 7, 1, 0.5378, 0.1282, 0.268, 0.747},
        {23, 6, 1, 0.4482, 0.1346, 0.188, 0.680},
    };
    const auto steps = steps_of(under_6mp);
    ASSERT_EQ(steps.size(), 7u);
    for (size_t i = 0; i < steps.size(); i++) {
        SCOPED_TRACE(expected[i].time);
        EXPECT_EQ(steps[i].time, expected[i].time);
        EXPECT_EQ(steps[i].n_at_risk, expected[i].at_risk);
        EXPECT_EQ(steps[i].n_events, expected[i].events);
        EXPECT_NEAR(steps[i].survival, expected[i].survival, 5e-5);
        EXPECT_NEAR(std::sqrt(steps[i].variance), expected[i].error, 5e-5);
        expect_interval(steps[i].interval, expected[i].low, expected[i].high, 5e-4);
    }
    const gt_median_time median = gt_survival_median(steps.data(), steps.size());
    EXPECT_EQ(median.time, 23);
    EXPECT_EQ(median.interval.low, 13);
    EXPECT_EQ(median.interval.high, inf);
}

TEST(KaplanMeier, LeukaemiaUnderPlacebo) {
    const auto steps = steps_of(under_placebo());
    ASSERT_EQ(steps.size(), 12u);
    const gt_median_time median = gt_survival_median(steps.data(), steps.size());
    EXPECT_EQ(median.time, 8);
    expect_interval(median.interval, 4, 11, 0);
    // Without censoring it is the share that is left, its variance that of a share.
    for (const gt_survival_step &step : steps) {
        const double left = (double)(step.n_at_risk - step.n_events) / 21;
        EXPECT_NEAR(step.survival, left, 1e-15);
        if (left == 0) continue;
        EXPECT_NEAR(step.variance, left * (1 - left) / 21, 1e-15);
    }
    EXPECT_EQ(steps.back().survival, 0);
    EXPECT_TRUE(std::isnan(steps.back().variance) && std::isnan(steps.back().interval.low));
}

TEST(KaplanMeier, Ends) {
    EXPECT_TRUE(steps_of({}).empty());
    EXPECT_TRUE(steps_of({{5, false}, {7, false}}).empty());
    const gt_median_time never = gt_survival_median(nullptr, 0);
    EXPECT_EQ(never.time, inf);
    EXPECT_EQ(never.interval.low, inf);
    EXPECT_EQ(never.interval.high, inf);
    // One event: S = 0, of which the formula knows no interval.
    const auto one = steps_of({{5, true}});
    ASSERT_EQ(one.size(), 1u);
    const gt_median_time median = gt_survival_median(one.data(), 1);
    EXPECT_EQ(median.time, 5);
    EXPECT_EQ(median.interval.low, 5);
    EXPECT_EQ(median.interval.high, inf);
    // Who is censored at the time of an event is still at risk of it.
    const auto tie = steps_of({{5, false}, {5, true}});
    ASSERT_EQ(tie.size(), 1u);
    EXPECT_EQ(tie[0].n_at_risk, 2u);
    EXPECT_EQ(tie[0].survival, 0.5);
}

// S reaches one half as a product of rounded quotients: the median is there, not at the next event.
TEST(KaplanMeier, MedianAtOneHalf) {
    for (int half = 1; half < 300; half++) {
        std::vector<gt_duration> durations;
        for (int i = 0; i < 2 * half; i++) durations.push_back({i + 1.0, true});
        const auto steps = steps_of(durations);
        ASSERT_EQ(gt_survival_median(steps.data(), steps.size()).time, half);
    }
}

} // namespace
