// Scores that sets have (mixtures, curves, data) against values worked out by hand and against SciPy on the same points.
#include "targets.h"

#include <cmath>
#include <random>

namespace {

// ---------------------------------------------------------------- the logarithm

TEST(ScoreLog, AgainstLibm) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> exponent(-64, 64), near_one(-1e-3, 1e-3);
    long double worst = 0;
    for (int i = 0; i < 1000000; i++) {
        const double x = i % 2 == 0 ? std::exp2(exponent(random)) : 1 + near_one(random);
        const long double exact = std::log((long double)x);
        if (exact != 0) worst = std::max(worst, std::abs(((long double)score_log(x) - exact) / exact));
    }
    std::printf("relative error %.2Lg\n", worst);
    EXPECT_LT(worst, 4e-16L);
    EXPECT_EQ(score_log(1), 0);
    EXPECT_EQ(score_log(2), M_LN2);
    EXPECT_EQ(score_log(0.5), -M_LN2);
    EXPECT_EQ(score_log(0x1p-24), -24 * M_LN2);
}

// ---------------------------------------------------------------- mixtures

// Four modes on a circle of radius 10, sigma 1: (10, 0), (0, 10), (-10, 0), (0, -10).
gt_target_spec four() { return target("ring8-pacgan", {4, 10, 1, 1}); }

TEST(SetMetrics, NearestModesAndHighQualityByHand) {
    // (0, 0) is as far from all: it belongs to the first, and is not of high quality. 3 sigma is out, a little less is in.
    const gt_metrics row =
        score_against(four(), {0, 0, 10, 2.5f, 13, 0, std::nextafterf(13, 0), 0, 0, 10, -10, 3, 0.5f, -9, -1, -9});
    EXPECT_EQ(row.modes, 3); // (-10, 0) has a sample, but at 3 sigma
    EXPECT_EQ(row.hq, 5.0 / 8);
    // nearest 4, 1, 1, 2 of 8
    EXPECT_NEAR(row.reverse_kl, 0.5 * std::log(2) + 2 * 0.125 * std::log(0.5) + 0, 1e-15);
    // of high quality 2, 1, 0, 2 of 5, to 1/4 each
    const double q[] = {0.4, 0.2, 0, 0.4};
    double jsd = 0;
    for (double p : q) {
        const double m = (p + 0.25) / 2;
        jsd += ((p > 0 ? p * std::log(p / m) : 0) + 0.25 * std::log(0.25 / m)) / 2;
    }
    EXPECT_NEAR(row.jsd, jsd, 1e-15);
    for (double value : {row.resid_mean, row.resid_p95, row.w1_x, row.w1_x_floor, row.support, row.coverage, row.std_x,
                         row.energy, row.energy_coefficient, row.spread})
        EXPECT_TRUE(std::isnan(value));
    EXPECT_EQ(row.n_samples, 8);
}

TEST(SetMetrics, ExtremesOfAMixture) {
    gt_metrics row = score_against(four(), {10, 0, 0, 10, -10, 0, 0, -10}); // every mode its share
    EXPECT_EQ(row.modes, 4);
    EXPECT_EQ(row.hq, 1);
    EXPECT_EQ(row.reverse_kl, 0);
    EXPECT_EQ(row.jsd, 0);
    row = score_against(four(), {10, 0, 10, 0, 10, 0.5f}); // one mode has all
    EXPECT_EQ(row.modes, 1);
    EXPECT_EQ(row.hq, 1);
    EXPECT_NEAR(row.reverse_kl, std::log(4), 1e-15);
    row = score_against(four(), {5, 0, 0, -100}); // no sample is good
    EXPECT_EQ(row.modes, 0);
    EXPECT_EQ(row.hq, 0);
    EXPECT_EQ(row.jsd, M_LN2);
    EXPECT_TRUE(std::isnan(score_against(four(), {5, NAN}).hq));
}

// 3 sigma in two directions hold 1 - exp(-4.5) of a Gaussian, 0.98889.
TEST(SetMetrics, APerfectSamplerOfAMixture) {
    std::mt19937_64 random(4);
    std::normal_distribution<double> normal;
    for (const char *name : {"ring8-pacgan", "ring8-wgangp", "grid25-pacgan", "grid25-wgangp"}) {
        const gt_target_spec spec = target(name);
        const Model model = make_model(spec);
        const size_t n = 100000, k = (size_t)model->score.n_modes;
        std::vector<float> points;
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < 2; c++)
                points.push_back((float)(model->score.table[2 * (i % k) + c] + model->score.sigma * normal(random)));
        const gt_metrics row = score_against(spec, points);
        EXPECT_EQ(row.modes, (double)k);
        EXPECT_NEAR(row.hq, 1 - std::exp(-4.5), 4.5 * std::sqrt(0.989 * 0.011 / n)) << name;
        EXPECT_LT(row.reverse_kl, 1e-8);
        EXPECT_LT(row.jsd, 1e-5);
    }
}

// ---------------------------------------------------------------- all kinds

TEST(SetMetrics, EnergyCoefficientAndSpreadByHand) {
    // X = {(0,0), (3,4)}, Y = {(0,0), (0,1)}: mean distance between them (0 + 1 + 5 + sqrt 18) / 4
    const std::vector<float> x = {0, 0, 3, 4}, y = {0, 0, 0, 1};
    for (const gt_target_spec &spec : {target("moons"), target("x2"), four()}) {
        const gt_metrics row = score_against(spec, x, y);
        const double between = (0 + 1 + 5 + std::sqrt(18.0)) / 4;
        EXPECT_DOUBLE_EQ(row.energy, 2 * between - 5 - 1);
        EXPECT_DOUBLE_EQ(row.energy_coefficient, (2 * between - 5 - 1) / (2 * between));
        EXPECT_DOUBLE_EQ(row.spread, 5); // squares to the mean: 12.5 and 0.5
        EXPECT_EQ(row.n_energy, 2);
    }
    gt_metrics row = score_against(target("moons"), {1, 2, 1, 2}, {1, 2, 1, 2});
    EXPECT_EQ(row.energy, 0);
    EXPECT_EQ(row.energy_coefficient, 0);
    EXPECT_TRUE(std::isnan(row.spread)); // real points that don't spread
    EXPECT_TRUE(std::isnan(score_against(target("moons"), {0, 0, 3, 4}, {1, 2, 1, 2}).spread));
    EXPECT_EQ(score_against(target("moons"), {1, 2, 1, 2}, {1, 2, 3, 4}).spread, 0);
    row = score_against(target("moons"), {1, 2}, {1, 2}); // one point has no pairs
    for (double value : {row.energy, row.energy_coefficient, row.spread}) EXPECT_TRUE(std::isnan(value));
    // two sets that are each one point: everything is between them
    EXPECT_EQ(score_against(target("moons"), {1, 2, 1, 2}, {3, 4, 3, 4}).energy_coefficient, 1);
}

gt_target_spec data_of(int n_columns) {
    static std::vector<float> points(2 * GT_MAX_COLUMNS);
    for (size_t i = 0; i < points.size(); i++) points[i] = (float)i;
    gt_target_spec out{};
    EXPECT_EQ(gt_target_from_points(points.data(), 2, n_columns, &out), GT_OK);
    return out;
}

std::vector<float> cloud(uint32_t seed, size_t n, size_t columns, double stretch) {
    Lcg next{seed};
    std::vector<float> out;
    for (size_t i = 0; i < n * columns; i++) out.push_back((float)(stretch * next()));
    return out;
}

/* Expected values: python3 with NumPy and SciPy,
 *   import numpy as np; from scipy.spatial.distance import cdist, pdist
 *   def cloud(s, n, d, stretch):
 *       v = []
 *       for _ in range(n * d):
 *           s = (s * 1664525 + 1013904223) % 2**32; v.append(np.float32(stretch * ((s >> 8) * 2.0**-24)))
 *       return np.array(v, float).reshape(n, d)
 *   rms = lambda p: np.sqrt(((p - p.mean(0))**2).sum())
 *   for d in (1, 2, 3, 64):
 *       g, r = cloud(1, 101, d, 0.8), cloud(2, 101, d, 1); b = cdist(g, r).mean()
 *       e = 2 * b - pdist(g).mean() - pdist(r).mean(); print(d, e, e / (2 * b), rms(g) / rms(r))
 */
TEST(SetMetrics, OfAnyNumberOfColumnsEqualSciPy) {
    const struct {
        int columns;
        double energy, coefficient, spread;
    } expected[] = {
        {1, 0.028207433386605918, 0.04415922981103148, 0.815071862336731},
        {2, 0.06484115777617716, 0.06562754926495774, 0.8173236804549727},
        {3, 0.05394356302667547, 0.04434118202565779, 0.80430353254014},
        {64, 0.277052626218647, 0.04502762628927458, 0.8023409718533504},
    };
    for (const auto &e : expected) {
        const size_t columns = (size_t)e.columns;
        const gt_metrics row = score_against(data_of(e.columns), cloud(1, 101, columns, 0.8), cloud(2, 101, columns, 1));
        EXPECT_NEAR(row.energy, e.energy, 1e-13) << e.columns;
        EXPECT_NEAR(row.energy_coefficient, e.coefficient, 1e-13) << e.columns;
        EXPECT_NEAR(row.spread, e.spread, 1e-13) << e.columns;
        EXPECT_TRUE(std::isnan(row.hq));
    }
}

} // namespace
