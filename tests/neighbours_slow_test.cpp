// The known check of precision, recall, density and coverage: real and generated points from one normal distribution, which the
// README of Naeem et al.'s code (prdc) gives for 10,000 points of 1,000 numbers, k = 5.
#include "core/neighbours.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace {

TEST(Neighbours, KnownScoresOfTwoNormalSets) {
    const size_t n = 10000, d = 1000;
    std::mt19937_64 rng(1);
    std::normal_distribution<float> normal;
    std::vector<float> real(n * d), generated(n * d);
    for (float &x : real) x = normal(rng);
    for (float &x : generated) x = normal(rng);
    gt_balls a = {}, b = {};
    gt_neighbour_scores got = {};
    ASSERT_EQ(gt_balls_of({real.data(), n, d}, 5, &a), GT_OK);
    ASSERT_EQ(gt_balls_of({generated.data(), n, d}, 5, &b), GT_OK);
    ASSERT_EQ(gt_score_neighbours(&a, &b, &got), GT_OK);
    // Ten seeds have deviations of 0.009, 0.008, 0.055 and 0.006: a few points are in the balls of many. The published values
    // are one draw too; two draws differ by less than three deviations times the root of two.
    EXPECT_NEAR(got.precision, 0.477, 0.038);
    EXPECT_NEAR(got.recall, 0.471, 0.034);
    EXPECT_NEAR(got.density, 1.056, 0.233);
    EXPECT_NEAR(got.coverage, 0.974, 0.025);
    gt_balls_free(&a);
    gt_balls_free(&b);
}

} // namespace
