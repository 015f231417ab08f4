// Outcomes from made-up checkpoints: each rule, its threshold from both sides, and which rule wins.
#include "targets.h"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace {

gt_outcome_rules rules_of(const gt_target_spec &target) {
    const gt_spec spec = spec_with(target);
    return gt_outcome_rules_of(&spec);
}

const gt_outcome_rules rules = rules_of(target("x2"));

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

// ---------------------------------------------------------------- other functions

TEST(Outcome, ThresholdsOfFunctionsGrowWithTheirRangeAndDomain) {
    const gt_outcome_rules square = rules_of(square_on(-2, 1)), sine = rules_of(target("sine", {0.5, 1, 0}));
    EXPECT_EQ(square.resid_mean_below, 0.02 * 16); // y spans 4
    EXPECT_NEAR(square.w1_x_below, 0.15, 1e-15);
    EXPECT_NEAR(square.collapsed_std_x_below, 0.15, 1e-15);
    EXPECT_EQ(square.coverage_at_least, 16);
    EXPECT_NEAR(sine.resid_mean_below, 0.08, 1e-7); // y spans 1
    EXPECT_NEAR(sine.w1_x_below, 0.05, 1e-15);
    EXPECT_NEAR(rules_of(expression("3", 0, 2)).resid_mean_below, 0.04, 1e-15); // constant: as if y spanned 0.5
}

// ---------------------------------------------------------------- mixtures

gt_metrics modes(double modes, double hq) {
    gt_metrics row{};
    row.resid_mean = row.w1_x = row.coverage = row.support = row.std_x = row.spread = row.energy_coefficient = NAN;
    row.modes = modes, row.hq = hq;
    return row;
}

gt_outcome outcome_by(const gt_outcome_rules &rules, const std::vector<gt_metrics> &rows) {
    return gt_outcome_of(rows.data(), rows.size(), &rules);
}

TEST(Outcome, OfAMixture) {
    const gt_outcome_rules ring = rules_of(target("ring8-pacgan"));
    EXPECT_EQ(ring.kind, GT_TARGET_MIXTURE);
    EXPECT_EQ(ring.modes_at_least, 8);
    EXPECT_EQ(ring.hq_at_least, 0.9);
    EXPECT_EQ(rules_of(target("grid25-wgangp")).modes_at_least, 25);
    EXPECT_EQ(outcome_by(ring, {modes(8, 0.9)}), GT_OUTCOME_CONVERGED);
    EXPECT_EQ(outcome_by(ring, repeat(modes(8, 1), 10)), GT_OUTCOME_STABLE);
    EXPECT_EQ(outcome_by(ring, repeat(modes(8, 1), 5) + repeat(modes(7, 1), 5)), GT_OUTCOME_OSCILLATING);
    EXPECT_EQ(outcome_by(ring, {modes(8, std::nextafter(0.9, 0))}), GT_OUTCOME_OTHER);
    EXPECT_EQ(outcome_by(ring, {modes(7, 1)}), GT_OUTCOME_PARTIAL);
    EXPECT_EQ(outcome_by(ring, {modes(2, 0.1)}), GT_OUTCOME_PARTIAL);
    EXPECT_EQ(outcome_by(ring, {modes(8, 1), modes(7, 1)}), GT_OUTCOME_OTHER); // it had them all
    EXPECT_EQ(outcome_by(ring, {modes(1, 1)}), GT_OUTCOME_COLLAPSED);
    EXPECT_EQ(outcome_by(ring, {modes(0, 0)}), GT_OUTCOME_COLLAPSED);
    EXPECT_EQ(outcome_by(ring, {modes(NAN, NAN)}), GT_OUTCOME_DIVERGED);
    gt_metrics row = modes(8, 1);
    row.diverged = true;
    EXPECT_EQ(outcome_by(ring, {row}), GT_OUTCOME_DIVERGED);
}

// ---------------------------------------------------------------- curves and data

gt_metrics energies(double coefficient, double spread, int n_energy = 1000) {
    gt_metrics row = modes(NAN, NAN);
    row.energy_coefficient = coefficient, row.spread = spread, row.n_energy = n_energy;
    return row;
}

TEST(Outcome, OfACurveAndOfData) {
    const float points[] = {0, 1, 2, 3, 4, 5};
    gt_target_spec data{};
    ASSERT_EQ(gt_target_from_points(points, 2, 3, &data), GT_OK);
    for (const gt_outcome_rules &rules : {rules_of(target("moons")), rules_of(data)}) {
        EXPECT_EQ(rules.energy_coefficient_below, 0.004);
        EXPECT_EQ(rules.collapsed_spread_below, 0.05);
        EXPECT_EQ(outcome_by(rules, {energies(-0.001, 1)}), GT_OUTCOME_CONVERGED);
        EXPECT_EQ(outcome_by(rules, {energies(std::nextafter(0.004, 0), 1)}), GT_OUTCOME_CONVERGED);
        EXPECT_EQ(outcome_by(rules, {energies(0.004, 1)}), GT_OUTCOME_OTHER);
        EXPECT_EQ(outcome_by(rules, repeat(energies(0, 1), 10)), GT_OUTCOME_STABLE);
        EXPECT_EQ(outcome_by(rules, repeat(energies(0, 1), 9) + repeat(energies(0.3, 0.5), 1)), GT_OUTCOME_OSCILLATING);
        EXPECT_EQ(outcome_by(rules, {energies(0.5, 0.049)}), GT_OUTCOME_COLLAPSED);
        EXPECT_EQ(outcome_by(rules, {energies(0.5, 0.05)}), GT_OUTCOME_OTHER);
        EXPECT_EQ(outcome_by(rules, {energies(NAN, NAN)}), GT_OUTCOME_DIVERGED);
        EXPECT_EQ(outcome_by(rules, {energies(NAN, NAN, 0)}), GT_OUTCOME_OTHER); // not measured
    }
}

} // namespace
