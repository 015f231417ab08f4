// Outcomes from made-up checkpoints: each rule, its threshold from both sides, and which rule wins.
#include "gantry/gantry.h"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace {

const gt_outcome_rules rules = gt_outcome_rules_default();

gt_metrics good() {
    gt_metrics row{};
    row.resid_mean = 0.01, row.w1_x = 0.02, row.coverage = 20, row.support = 0.99, row.std_x = 0.29;
    return row;
}

gt_metrics half() { // half of the parabola
    gt_metrics row = good();
    row.w1_x = 0.2, row.coverage = 9, row.std_x = 0.15;
    return row;
}

gt_metrics point() {
    gt_metrics row = half();
    row.coverage = 1, row.std_x = 0.01;
    return row;
}

gt_metrics gone() {
    gt_metrics row = half();
    row.coverage = 0, row.support = 0.05, row.resid_mean = 3;
    return row;
}

gt_metrics frozen() {
    gt_metrics row{};
    row.diverged = true;
    row.resid_mean = row.w1_x = row.coverage = row.support = row.std_x = NAN;
    return row;
}

gt_metrics vague() { // neither converged nor any named failure
    gt_metrics row = good();
    row.w1_x = 0.08, row.coverage = 14;
    return row;
}

gt_outcome outcome(const std::vector<gt_metrics> &rows) { return gt_outcome_of(rows.data(), rows.size(), &rules); }

std::vector<gt_metrics> repeat(const gt_metrics &row, size_t n) { return std::vector<gt_metrics>(n, row); }

std::vector<gt_metrics> operator+(std::vector<gt_metrics> a, const std::vector<gt_metrics> &b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST(Outcome, DefaultsAreThoseOfTheDocumentation) {
    EXPECT_EQ(rules.resid_mean_below, 0.02);
    EXPECT_EQ(rules.w1_x_below, 0.05);
    EXPECT_EQ(rules.coverage_at_least, 16);
    EXPECT_EQ(rules.partial_coverage_at_most, 11);
    EXPECT_EQ(rules.collapsed_std_x_below, 0.05);
    EXPECT_EQ(rules.diverged_support_below, 0.1);
    EXPECT_EQ(rules.window, 10);
}

TEST(Outcome, ConvergedNeedsAllThreeAndStrictly) {
    gt_metrics row = good();
    EXPECT_TRUE(gt_metrics_converged(&row, &rules));
    row.resid_mean = std::nextafter(0.02, 0), row.w1_x = std::nextafter(0.05, 0), row.coverage = 16;
    EXPECT_TRUE(gt_metrics_converged(&row, &rules));
    row.resid_mean = 0.02;
    EXPECT_FALSE(gt_metrics_converged(&row, &rules));
    row = good(), row.w1_x = 0.05;
    EXPECT_FALSE(gt_metrics_converged(&row, &rules));
    row = good(), row.coverage = 15;
    EXPECT_FALSE(gt_metrics_converged(&row, &rules));
    row = good(), row.diverged = true;
    EXPECT_FALSE(gt_metrics_converged(&row, &rules));
}

TEST(Outcome, ConvergedOrNotWithFewerCheckpointsThanTheWindow) {
    EXPECT_EQ(outcome({good()}), GT_OUTCOME_CONVERGED);
    EXPECT_EQ(outcome(repeat(good(), 9)), GT_OUTCOME_CONVERGED);
    EXPECT_EQ(outcome(repeat(half(), 8) + repeat(good(), 1)), GT_OUTCOME_CONVERGED);
    EXPECT_EQ(outcome({vague()}), GT_OUTCOME_OTHER);
}

TEST(Outcome, StableAndOscillatingLookAtTheWindowOnly) {
    EXPECT_EQ(outcome(repeat(good(), 10)), GT_OUTCOME_STABLE);
    EXPECT_EQ(outcome(repeat(half(), 5) + repeat(good(), 10)), GT_OUTCOME_STABLE);
    EXPECT_EQ(outcome(repeat(half(), 1) + repeat(good(), 9)), GT_OUTCOME_OSCILLATING);
    EXPECT_EQ(outcome(repeat(good(), 1) + repeat(half(), 9)), GT_OUTCOME_OSCILLATING);
    EXPECT_EQ(outcome(repeat(good(), 1) + repeat(point(), 9)), GT_OUTCOME_OSCILLATING);
    EXPECT_EQ(outcome(repeat(good(), 1) + repeat(half(), 10)), GT_OUTCOME_PARTIAL);
    gt_outcome_rules short_window = rules;
    short_window.window = 2;
    auto rows = repeat(half(), 1) + repeat(good(), 2);
    EXPECT_EQ(gt_outcome_of(rows.data(), rows.size(), &short_window), GT_OUTCOME_STABLE);
}

TEST(Outcome, PartialNeverConvergedInTheWindow) {
    EXPECT_EQ(outcome({half()}), GT_OUTCOME_PARTIAL);
    EXPECT_EQ(outcome({good(), half()}), GT_OUTCOME_OTHER);
    gt_metrics row = half();
    row.coverage = 11;
    EXPECT_EQ(outcome({row}), GT_OUTCOME_PARTIAL);
    row.coverage = 12;
    EXPECT_EQ(outcome({row}), GT_OUTCOME_OTHER);
}

TEST(Outcome, CollapsedBelowItsStandardDeviation) {
    EXPECT_EQ(outcome({point()}), GT_OUTCOME_COLLAPSED);
    EXPECT_EQ(outcome(repeat(half(), 20) + repeat(point(), 1)), GT_OUTCOME_COLLAPSED);
    gt_metrics row = point();
    row.std_x = 0.05;
    EXPECT_EQ(outcome({row}), GT_OUTCOME_PARTIAL);
    row = point(), row.support = 0; // a single point outside the domain is still a single point
    EXPECT_EQ(outcome({row}), GT_OUTCOME_COLLAPSED);
}

TEST(Outcome, DivergedWhenFrozenOrGone) {
    EXPECT_EQ(outcome({frozen()}), GT_OUTCOME_DIVERGED);
    EXPECT_EQ(outcome(repeat(good(), 9) + repeat(frozen(), 1)), GT_OUTCOME_DIVERGED);
    gt_metrics flagged = good(); // the last finite state may still draw good points
    flagged.diverged = true;
    EXPECT_EQ(outcome({flagged}), GT_OUTCOME_DIVERGED);
    gt_metrics infinite_outputs = frozen();
    infinite_outputs.diverged = false;
    EXPECT_EQ(outcome({infinite_outputs}), GT_OUTCOME_DIVERGED);
    EXPECT_EQ(outcome({gone()}), GT_OUTCOME_DIVERGED);
    gt_metrics row = gone();
    row.support = 0.1;
    EXPECT_EQ(outcome({row}), GT_OUTCOME_PARTIAL);
}

} // namespace
