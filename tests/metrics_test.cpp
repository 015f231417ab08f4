// Scores of functions against values worked out by hand and against NumPy and SciPy on the same points.
#include "targets.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <vector>

namespace {

// Against the tutorial's target.
gt_metrics score(const std::vector<float> &generated, const std::vector<float> &real = {}) {
    return score_against(target("x2"), generated, real);
}

// n points; x(i), and y that is off the curve by residual(i).
std::vector<float> points(size_t n, const std::function<double(size_t)> &x, const std::function<double(size_t)> &residual) {
    std::vector<float> out;
    for (size_t i = 0; i < n; i++) {
        float xi = (float)x(i);
        out.push_back(xi);
        out.push_back((float)((double)xi * xi + residual(i)));
    }
    return out;
}

double zero(size_t) { return 0; }
double midpoint(size_t i, size_t n) { return -0.5 + ((double)i + 0.5) / (double)n; }

TEST(Metrics, EvenPointsOnTheCurve) {
    const size_t n = 1000;
    gt_metrics row = score(points(
        n, [](size_t i) { return midpoint(i, n); }, zero));
    EXPECT_LT(row.resid_mean, 2e-8); // rounding of y to float
    EXPECT_LT(row.resid_p95, 2e-8);
    EXPECT_LT(row.w1_x, 3e-8);
    EXPECT_EQ(row.support, 1);
    EXPECT_EQ(row.coverage, 20);
    EXPECT_NEAR(row.std_x, std::sqrt((1 - 1.0 / (n * n)) / 12), 1e-8); // of n even points on an interval of length 1
    EXPECT_TRUE(std::isnan(row.energy));
    EXPECT_EQ(row.n_samples, (int)n);
    EXPECT_EQ(row.n_energy, 0);
}

TEST(Metrics, OnePoint) {
    gt_metrics row = score({0.25f, 0.5f});
    EXPECT_EQ(row.resid_mean, 0.4375);
    EXPECT_EQ(row.resid_p95, 0.4375);
    EXPECT_EQ(row.w1_x, 0.25);
    EXPECT_EQ(row.std_x, 0);
    EXPECT_EQ(row.coverage, 0);
    EXPECT_EQ(row.support, 1);
}

TEST(Metrics, WassersteinByHand) {
    // All at 0: the mean of |0 - Q| over the midpoints of 4 quarters is (3/8 + 1/8 + 1/8 + 3/8) / 4.
    EXPECT_EQ(score({0, 0, 0, 0, 0, 0, 0, 0}).w1_x, 0.25);
    // A shift by s costs s, whatever the order of the points.
    EXPECT_EQ(score({0.625f, 0, 0.125f, 0, 0.375f, 0, -0.125f, 0}).w1_x, 0.25);
    // Another domain: [2, 6], points at 2.5, 3.5, 4.5 and 5.5 but for the first, off by 0.5.
    EXPECT_EQ(score_against(square_on(2, 6), {2, 0, 5.5f, 0, 4.5f, 0, 3.5f, 0}).w1_x, 0.125);
}

TEST(Metrics, StandardDeviationByHand) {
    EXPECT_EQ(score({-1, 1, 3, 9}).std_x, 2);
    EXPECT_EQ(score({-3, 9, -3, 9, -3, 9, 9, 81}).std_x, 3 * std::sqrt(3));
}

TEST(Metrics, PercentileIsTheNearestRank) {
    for (size_t n : {1u, 19u, 20u, 21u, 100u, 1001u}) {
        // Residuals 1/4096, 2/4096, ..., n/4096 at x = 0, from the largest to the smallest: exact in float.
        gt_metrics row = score(points(n, zero, [n](size_t i) { return (double)(n - i) / 4096; }));
        EXPECT_EQ(row.resid_p95, std::ceil(0.95 * (double)n) / 4096) << n;
        EXPECT_EQ(row.resid_mean, ((double)n + 1) / 2 / 4096) << n;
    }
}

TEST(Metrics, SupportCountsTheEndsOfTheDomain) {
    EXPECT_EQ(score({-0.5f, 0, 0.5f, 0, std::nextafterf(0.5f, 1), 0, std::nextafterf(-0.5f, -1), 0}).support, 0.5);
}

TEST(Metrics, CoverageNeedsAQuarterOfAFairShareOfGoodPoints) {
    // n = 800: a bin's fair share is 40, a quarter of it 10. The first bin gets good_points points, the rest sit elsewhere.
    auto coverage = [](size_t good_points, double residual) {
        return score(points(
                         800, [=](size_t i) { return i < good_points ? -0.475 : 0.475; },
                         [=](size_t i) { return i < good_points ? residual : 0; }))
            .coverage;
    };
    EXPECT_EQ(coverage(9, 0), 1);
    EXPECT_EQ(coverage(10, 0), 2);
    EXPECT_EQ(coverage(10, 0.0299), 2);
    EXPECT_EQ(coverage(10, -0.0299), 2);
    EXPECT_EQ(coverage(10, 0.0301), 1);
    // n = 90: a quarter of a fair share is 1.125, so one point is too few.
    auto two_bins = [](size_t in_first) {
        return score(points(
                         90, [=](size_t i) { return i < in_first ? -0.475 : 0.475; }, zero))
            .coverage;
    };
    EXPECT_EQ(two_bins(1), 1);
    EXPECT_EQ(two_bins(2), 2);
    // Points outside count for no bin; the ends belong to the first and the last.
    EXPECT_EQ(score(points(
                        40, [](size_t i) { return i < 20 ? -0.51 : 0.51; }, zero))
                  .coverage,
              0);
    EXPECT_EQ(score(points(
                        40, [](size_t i) { return i < 20 ? -0.5 : 0.5; }, zero))
                  .coverage,
              2);
}

// sine is a table to the scores, x2 is not; a quarter of x2's range of y makes a twice as tall curve's sample good.
TEST(Metrics, ResidualsOfOtherFunctions) {
    const gt_target_spec sine = target("sine", {0.5, 1, 0});
    gt_metrics row = score_against(sine, {0.25f, 0.5f, -0.25f, -0.4f, 0, 0.3f, 0.5f, 0});
    EXPECT_NEAR(row.resid_mean, (0 + 0.1 + 0.3 + 0) / 4, 1e-7);
    // beyond the domain f goes on as it ends
    EXPECT_NEAR(score_against(sine, {7, 1}).resid_mean, 1, 1e-7);
    EXPECT_NEAR(score_against(sine, {-7, 1}).resid_mean, 1, 1e-7);
    EXPECT_EQ(score_against(sine, {7, 1}).support, 0);
    // y spans 1, four times x2's 0.25: good is below 0.12
    EXPECT_EQ(score_against(sine, {0, 0.1199f}).coverage, 1);
    EXPECT_EQ(score_against(sine, {0, 0.1201f}).coverage, 0);
    EXPECT_EQ(score_against(square_on(-1, 1), {0, 0.1199f}).coverage, 1);
    EXPECT_EQ(score_against(square_on(-1, 1), {0, 0.1201f}).coverage, 0);
    // what belongs to other targets does not exist
    for (double value : {row.modes, row.hq, row.reverse_kl, row.jsd}) EXPECT_TRUE(std::isnan(value));
}

TEST(Metrics, EnergyByHand) {
    // X = {(0,0), (3,4)}, Y = {(0,0), (0,1)}: between 0, 1, 5, sqrt 18; within 5 and 1.
    EXPECT_DOUBLE_EQ(score({0, 0, 3, 4}, {0, 0, 0, 1}).energy, 2 * (0 + 1 + 5 + std::sqrt(18.0)) / 4 - 5 - 1);
    EXPECT_TRUE(std::isnan(score({0, 0}, {0, 0}).energy)); // one point has no pairs
}

TEST(Metrics, PointsThatAreNotFinite) {
    for (float bad : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), NAN})
        for (size_t at : {0u, 1u, 6u, 7u}) {
            std::vector<float> generated(8, 0.25f);
            generated[at] = bad;
            gt_metrics row = score(generated, {0, 0});
            for (double value : {row.resid_mean, row.resid_p95, row.w1_x, row.support, row.coverage, row.std_x, row.energy,
                                 row.energy_coefficient, row.spread})
                EXPECT_TRUE(std::isnan(value));
            EXPECT_EQ(row.n_samples, 4);
            EXPECT_EQ(row.n_energy, 1);
            EXPECT_GT(row.w1_x_floor, 0);
        }
    float huge = std::numeric_limits<float>::max(); // finite: scores are numbers
    gt_metrics row = score({huge, -huge, -huge, huge});
    EXPECT_EQ(row.std_x, huge);
    EXPECT_EQ(row.support, 0);
}

// One sampler's w1_x spreads by about 43 % of the floor, so the mean of 400 by about 2 %; the limit is three times that.
TEST(Metrics, FloorIsWhatAPerfectSamplerShows) {
    std::mt19937_64 random(11);
    std::uniform_real_distribution<double> uniform(-1, 3);
    const size_t n = 1000;
    double sum = 0, floor = 0;
    for (int k = 0; k < 400; k++) {
        gt_metrics row = score_against(square_on(-1, 3), points(
                                                             n, [&](size_t) { return uniform(random); }, zero));
        sum += row.w1_x;
        floor = row.w1_x_floor;
    }
    EXPECT_NEAR(sum / 400 / floor, 1, 0.06);
    EXPECT_NEAR(score(std::vector<float>(200, 0.0f)).w1_x_floor, 0.0313, 5e-5);
    EXPECT_NEAR(score(std::vector<float>(20000, 0.0f)).w1_x_floor, 0.0031, 5e-5);
}

/* Expected values: python3 with NumPy and SciPy,
 *   import numpy as np; from scipy.spatial.distance import cdist, pdist
 *   def draw(s, n, a, e):
 *       p = []
 *       for _ in range(n):
 *           s = (s * 1664525 + 1013904223) % 2**32; x = float(np.float32(a * ((s >> 8) * 2.0**-24) - 0.5))
 *           s = (s * 1664525 + 1013904223) % 2**32; p.append((x, float(np.float32(x * x + e * ((s >> 8) * 2.0**-24 - 0.5)))))
 *       return np.array(p)
 *   g, r = draw(1, 1003, 0.8, 0.1), draw(2, 1003, 1, 0); n = len(g); x = g[:, 0]; d = abs(g[:, 1] - x * x)
 *   ok = x[d < 0.03]; bins = np.histogram(ok, 20, (-0.5, 0.5))[0]
 *   print(d.mean(), np.percentile(d, 95, method="inverted_cdf"), x.std(), (bins >= n / 80).sum(),
 *         abs(np.sort(x) - (np.arange(n) + 0.5) / n + 0.5).mean(), 2 * cdist(g, r).mean() - pdist(g).mean() - pdist(r).mean())
 */
TEST(Metrics, EqualNumPyAndSciPy) {
    auto draw = [](uint32_t seed, double width, double noise) {
        Lcg next{seed};
        std::vector<float> p;
        for (int i = 0; i < 1003; i++) {
            float x = (float)(width * next() - 0.5);
            p.push_back(x);
            p.push_back((float)((double)x * x + noise * (next() - 0.5)));
        }
        return p;
    };
    std::vector<float> generated = draw(1, 0.8, 0.1), real = draw(2, 1, 0);
    gt_metrics row = score(generated, real);
    EXPECT_NEAR(row.resid_mean, 0.025226674365798205, 1e-14);
    EXPECT_NEAR(row.resid_p95, 0.047741911151888416, 3e-9); // rounded to float
    EXPECT_NEAR(row.std_x, 0.2342779296177108, 1e-14);
    EXPECT_EQ(row.coverage, 16);
    EXPECT_NEAR(row.w1_x, 0.1032565183061862, 1e-14);
    EXPECT_NEAR(row.energy, 0.026106381766188624, 1e-12);

    // Scores other than the energy don't depend on the order of the points, but for the rounding of sums.
    for (size_t i = 0, j = generated.size() / 2 - 1; i < j; i++, j--) {
        std::swap(generated[2 * i], generated[2 * j]);
        std::swap(generated[2 * i + 1], generated[2 * j + 1]);
    }
    gt_metrics reversed = score(generated, real);
    EXPECT_EQ(reversed.resid_p95, row.resid_p95);
    EXPECT_EQ(reversed.coverage, row.coverage);
    EXPECT_NEAR(reversed.w1_x, row.w1_x, 1e-15);
    EXPECT_NEAR(reversed.std_x, row.std_x, 1e-15);
}

// gt_trainer_evaluate scores the points that gt_trainer_evaluation_points hands out, and counts D's answers on the first of
// them.
TEST(Metrics, OfATrainer) {
    const gt_spec spec = preset("x2");
    Trainer trainer = make_trainer(spec, 30, 3);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 500), GT_OK);
    gt_evaluate_options options{};
    options.n_samples = 1500;
    options.n_accuracy = 300;
    options.n_energy = 500;
    gt_metrics rows[3];
    ASSERT_EQ(gt_trainer_evaluate(trainer.get(), &options, rows), GT_OK) << gt_last_error();
    for (size_t run = 0; run < 3; run++) {
        std::vector<float> real(2 * 1500), generated(2 * 1500), p(300);
        ASSERT_EQ(gt_trainer_evaluation_points(trainer.get(), run, 1500, real.data(), generated.data()), GT_OK);
        auto accuracy = [&](const std::vector<float> &points, bool label) {
            EXPECT_EQ(gt_trainer_predict(trainer.get(), run, GT_DISCRIMINATOR, points.data(), 300, p.data()), GT_OK);
            return (double)std::count_if(p.begin(), p.end(), [&](float x) { return (x > 0.5f) == label; }) / 300;
        };
        EXPECT_EQ(rows[run].acc_real, accuracy(real, true));
        EXPECT_EQ(rows[run].acc_fake, accuracy(generated, false));
        real.resize(2 * 500);
        const gt_metrics expected = score_against(spec.target, generated, real);
        for (auto member : {&gt_metrics::resid_mean, &gt_metrics::resid_p95, &gt_metrics::w1_x, &gt_metrics::w1_x_floor,
                            &gt_metrics::support, &gt_metrics::coverage, &gt_metrics::std_x, &gt_metrics::energy,
                            &gt_metrics::energy_coefficient, &gt_metrics::spread})
            EXPECT_EQ(rows[run].*member, expected.*member);
        EXPECT_EQ(rows[run].n_samples, 1500);
        EXPECT_EQ(rows[run].n_accuracy, 300);
        EXPECT_EQ(rows[run].n_energy, 500);
        EXPECT_EQ(rows[run].iteration, 500u);
    }
    ASSERT_EQ(gt_trainer_evaluate(trainer.get(), nullptr, rows), GT_OK);
    EXPECT_EQ(rows[2].n_samples, 10000);
    EXPECT_EQ(rows[2].n_accuracy, 100);
    EXPECT_EQ(rows[2].n_energy, 0);
    EXPECT_TRUE(std::isnan(rows[2].energy));
}

} // namespace
