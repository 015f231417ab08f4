// Scores of images from features and logits: against values that NumPy and SciPy gave (tests/scores/image_scores.py --stored),
// and where sets are identical, collapsed, tiny, constant, or not numbers.
#include "core/class_histogram.h"
#include "core/frechet.h"
#include "core/inception.h"
#include "core/neighbours.h"
#include "core/pairs.h"
#include "core/shuffle.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace {

using Values = std::vector<float>;

// Numbers on [0, 1) that Python has too: murmur3's finaliser of the index.
double uniform(uint32_t which, size_t i) {
    uint32_t h = (uint32_t)i * 0x9e3779b9u + which * 0x7feb352du;
    h = (h ^ (h >> 16)) * 0x85ebca6bu;
    h = (h ^ (h >> 13)) * 0xc2b2ae35u;
    return ((h ^ (h >> 16)) >> 8) * 0x1p-24;
}

template <class F> Values filled(size_t n, F f) {
    Values out(n);
    for (size_t i = 0; i < n; i++) out[i] = (float)f(i);
    return out;
}

Values normals(uint64_t seed, size_t n, double mean = 0, double deviation = 1) {
    std::mt19937_64 rng(seed);
    std::normal_distribution<double> draw(mean, deviation);
    return filled(n, [&](size_t) { return draw(rng); });
}

gt_features rows(const Values &values, size_t d) { return {values.data(), values.size() / d, d}; }

double frechet(gt_features first, gt_features second) {
    gt_moments a = {}, b = {};
    double out = NAN;
    EXPECT_EQ(gt_moments_of(first, &a), GT_OK);
    EXPECT_EQ(gt_moments_factor(&a), GT_OK);
    EXPECT_EQ(gt_moments_of(second, &b), GT_OK);
    EXPECT_EQ(gt_frechet_distance(&a, &b, &out), GT_OK);
    gt_moments_free(&a);
    gt_moments_free(&b);
    return out;
}

gt_frechet_line extrapolated(gt_features reference, gt_features samples, uint64_t seed = 3) {
    gt_moments moments = {};
    gt_frechet_line out = {};
    EXPECT_EQ(gt_moments_of(reference, &moments), GT_OK);
    EXPECT_EQ(gt_moments_factor(&moments), GT_OK);
    EXPECT_EQ(gt_frechet_infinity(&moments, samples, seed, &out), GT_OK);
    gt_moments_free(&moments);
    return out;
}

gt_neighbour_scores neighbours(gt_features reference, gt_features samples, int k = GT_NEIGHBOURS) {
    gt_balls a = {}, b = {};
    gt_neighbour_scores out = {NAN, NAN, NAN, NAN};
    EXPECT_EQ(gt_balls_of(reference, k, &a), GT_OK);
    EXPECT_EQ(gt_balls_of(samples, k, &b), GT_OK);
    EXPECT_EQ(gt_score_neighbours(&a, &b, &out), GT_OK);
    gt_balls_free(&a);
    gt_balls_free(&b);
    return out;
}

gt_inception inception(gt_features logits, int n_splits, uint64_t seed = 3) {
    gt_inception out = {NAN, NAN, 0};
    EXPECT_EQ(gt_inception_score(logits, n_splits, seed, &out), GT_OK);
    EXPECT_EQ(out.n_splits, n_splits);
    return out;
}

// ---------------------------------------------------------------- stored values

struct Stored {
    Values a = filled(300 * 12, [](size_t i) { return uniform(1, i) - 0.5; });
    Values b = filled(200 * 12, [](size_t i) { return 1.25 * (uniform(2, i) - 0.5) + 0.125; });
    Values z = filled(1003 * 10, [](size_t i) { return 20 * uniform(3, i) * uniform(3, i); });
};

TEST(Stored, Frechet) {
    const Stored s;
    EXPECT_NEAR(frechet(rows(s.a, 12), rows(s.b, 12)), 0.36853658417493085, 1e-11);
    EXPECT_NEAR(frechet(rows(s.b, 12), rows(s.a, 12)), 0.36853658417493085, 1e-11);
    const gt_frechet_line line = extrapolated(rows(s.a, 12), rows(s.b, 12));
    EXPECT_NEAR(line.at_infinity, 0.3260092220480279, 1e-11);
    EXPECT_NEAR(line.slope, 6.529535555908546, 1e-9);
    EXPECT_EQ(line.smallest, 20u);
}

TEST(Stored, Neighbours) {
    const Stored s;
    const gt_neighbour_scores got = neighbours(rows(s.a, 12), rows(s.b, 12));
    EXPECT_DOUBLE_EQ(got.precision, 0.52);
    EXPECT_DOUBLE_EQ(got.recall, 0.9633333333333334);
    EXPECT_DOUBLE_EQ(got.density, 0.212);
    EXPECT_DOUBLE_EQ(got.coverage, 0.4033333333333333);
}

TEST(Stored, InceptionAndClasses) {
    const Stored s;
    EXPECT_NEAR(inception(rows(s.z, 10), 1).mean, 6.448749145739102, 1e-12);
    EXPECT_EQ(inception(rows(s.z, 10), 1).deviation, 0);
    EXPECT_NEAR(inception(rows(s.z, 10), 10).mean, 6.305763560915523, 1e-12);
    EXPECT_NEAR(inception(rows(s.z, 10), 10).deviation, 0.2784454875266733, 1e-12);
    uint64_t counts[10] = {}, reversed[10];
    gt_count_classes(rows(s.z, 10), counts);
    std::reverse_copy(counts, counts + 10, reversed);
    const gt_class_distance distance = gt_compare_classes(counts, reversed, 10);
    EXPECT_NEAR(distance.total_variation, 0.04885343968095712, 1e-15);
    EXPECT_NEAR(distance.kl, 0.007194490641243671, 1e-15);
    EXPECT_EQ(distance.n_missing, 0);
}

// ---------------------------------------------------------------- Inception Score and classes

// One class each, all alike: 10. The same for all: 1. Scores of logits so far apart that p underflows stay numbers.
TEST(Inception, Ends) {
    for (double scale : {100.0, 1e6, 1e15}) {
        const Values sure = filled(1000 * 10, [&](size_t i) { return i % 10 == i / 10 % 10 ? scale : 0; });
        EXPECT_NEAR(inception(rows(sure, 10), 1).mean, 10, 1e-12) << scale;
        const Values one = filled(1000 * 10, [&](size_t i) { return i % 10 == 3 ? scale : -scale; });
        EXPECT_NEAR(inception(rows(one, 10), 10).mean, 1, 1e-12) << scale;
    }
}

// Sorted samples would give splits of one class each, and a score of 1 in each.
TEST(Inception, SamplesAreShuffledAlikeForASeed) {
    const Values sorted = filled(1000 * 10, [](size_t i) { return i % 10 == i / 1000 ? 50 : 0; });
    const gt_inception a = inception(rows(sorted, 10), 10, 1), b = inception(rows(sorted, 10), 10, 2);
    EXPECT_GT(a.mean, 9);
    EXPECT_GT(b.mean, 9);
    EXPECT_NE(a.mean, b.mean);
    EXPECT_EQ(a.mean, inception(rows(sorted, 10), 10, 1).mean);
    EXPECT_NEAR(inception(rows(sorted, 10), 1, 1).mean, inception(rows(sorted, 10), 1, 2).mean, 1e-12);
}

TEST(Classes, MissingOnesAndTies) {
    const Values logits = {1, 1, 0, 0, 0, 0, -1, -2, -1, 0, 0, 5};
    uint64_t counts[3] = {};
    gt_count_classes(rows(logits, 3), counts);
    EXPECT_EQ((std::vector<uint64_t>(counts, counts + 3)), (std::vector<uint64_t>{3, 0, 1}));
    const uint64_t even[3] = {10, 10, 10}, two[3] = {5, 5, 0};
    gt_class_distance d = gt_compare_classes(counts, even, 3);
    EXPECT_NEAR(d.total_variation, 5.0 / 12, 1e-15);
    EXPECT_NEAR(d.kl, 0.75 * std::log(2.25) + 0.25 * std::log(0.75), 1e-15);
    EXPECT_EQ(d.n_missing, 1);
    d = gt_compare_classes(even, two, 3);
    EXPECT_EQ(d.kl, INFINITY);
    EXPECT_EQ(d.n_missing, 0);
    d = gt_compare_classes(even, even, 3);
    EXPECT_EQ(d.total_variation, 0);
    EXPECT_EQ(d.kl, 0);
}

TEST(Shuffle, IsAPermutationOfItsOwn) {
    std::vector<uint32_t> order(1001), other(1001), sorted;
    ASSERT_EQ(gt_shuffle(7, 0, order.data(), order.size()), GT_OK);
    ASSERT_EQ(gt_shuffle(7, 1, other.data(), other.size()), GT_OK);
    EXPECT_NE(order, other);
    sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (uint32_t i = 0; i < 1001; i++) ASSERT_EQ(sorted[i], i);
    // each number as often at each place: 6,000 orders of 3, 1,000 of each kind expected, deviation 29
    int n_of[6] = {};
    for (uint32_t i = 0; i < 6000; i++) {
        uint32_t three[3];
        ASSERT_EQ(gt_shuffle(7, i, three, 3), GT_OK);
        n_of[three[0] * 2 + (three[1] > three[2])]++;
    }
    for (int n : n_of) EXPECT_NEAR(n, 1000, 120);
}

// ---------------------------------------------------------------- Frechet distance

TEST(Frechet, IdenticalSetsAreAtZero) {
    const Values x = normals(1, 500 * 20, 3);
    EXPECT_NEAR(frechet(rows(x, 20), rows(x, 20)), 0, 1e-11);
    const Values few = normals(2, 10 * 64); // n < d
    EXPECT_NEAR(frechet(rows(few, 64), rows(few, 64)), 0, 1e-5);
}

// |m1 - m2|^2 + tr S1 where S2 is 0, and a generator that gives only a line.
TEST(Frechet, CollapsedSamples) {
    const size_t d = 16, n = 400;
    const Values x = normals(3, n * d), point(n * d, 2.0f);
    gt_moments m = {};
    ASSERT_EQ(gt_moments_of(rows(x, d), &m), GT_OK);
    double expected = 0;
    for (size_t c = 0; c < d; c++) expected += m.covariance[c * d + c] + (m.mean[c] - 2) * (m.mean[c] - 2);
    gt_moments_free(&m);
    EXPECT_NEAR(frechet(rows(x, d), rows(point, d)), expected, 1e-10);
    EXPECT_NEAR(frechet(rows(point, d), rows(x, d)), expected, 1e-10);
    EXPECT_EQ(frechet(rows(point, d), rows(point, d)), 0);
    // both on one axis: (s1 - s2)^2 of the deviations
    const Values line = filled(n * d, [&](size_t i) { return i % d == 0 ? (double)x[i] : 0; });
    const Values wider = filled(n * d, [&](size_t i) { return 3 * (double)line[i]; });
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++) mean += (double)line[i * d] / (double)n;
    for (size_t i = 0; i < n; i++) squares += std::pow((double)line[i * d] - mean, 2) / (double)(n - 1);
    EXPECT_NEAR(frechet(rows(line, d), rows(wider, d)), 4 * squares + 4 * mean * mean, 1e-6);
}

// Ten rows of 64 features and the same a step away: of the eigenvalues that are 0 some come out a little below it.
TEST(Frechet, SingularCovariances) {
    const size_t d = 64, n = 10;
    const Values x = normals(12, n * d), y = filled(n * d, [&](size_t i) { return (double)x[i] + 1; });
    EXPECT_NEAR(frechet(rows(x, d), rows(y, d)), 64, 1e-4);
    EXPECT_NEAR(frechet(rows(y, d), rows(x, d)), 64, 1e-4);
}

TEST(Frechet, TwoRowsAndConstantFeatures) {
    const Values a = {0, 1, 2, 1}, b = {5, 1, 5, 1}; // variances 2, 0 and 0, 0; means 1, 1 and 5, 1
    EXPECT_NEAR(frechet(rows(a, 2), rows(b, 2)), 18, 1e-12);
    EXPECT_NEAR(frechet(rows(a, 2), rows(a, 2)), 0, 1e-12);
}

// Two normal sets of one distribution are at 0; what n of the samples adds is gone, as far as its line is straight.
TEST(Frechet, InfinityTakesTheBiasAway) {
    const size_t d = 32;
    const Values reference = normals(4, 50000 * d), samples = normals(5, 4000 * d);
    const double plain = frechet(rows(reference, d), rows(samples, d));
    const gt_frechet_line line = extrapolated(rows(reference, d), rows(samples, d));
    EXPECT_GT(plain, 0.05);
    EXPECT_LT(std::fabs(line.at_infinity), plain / 4);
    EXPECT_GT(line.slope, 0);
}

TEST(Frechet, InfinityNeedsSamples) {
    const Values x = normals(6, 99 * 2);
    gt_moments m = {};
    gt_frechet_line line;
    ASSERT_EQ(gt_moments_of(rows(x, 2), &m), GT_OK);
    ASSERT_EQ(gt_moments_factor(&m), GT_OK);
    EXPECT_EQ(gt_frechet_infinity(&m, rows(x, 2), 1, &line), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(), "the Frechet distance of 99 samples can't be extrapolated; it takes at least 100");
    gt_moments_free(&m);
}

// ---------------------------------------------------------------- neighbours

struct Plain {
    double precision, recall, density, coverage;
};

std::vector<double> plain_radii(gt_features x, int k) {
    std::vector<double> out;
    for (size_t i = 0; i < x.n; i++) {
        std::vector<double> distances;
        for (size_t j = 0; j < x.n; j++)
            if (j != i) distances.push_back(gt_squared_distance(x.values + i * x.d, x.values + j * x.d, x.d));
        std::sort(distances.begin(), distances.end());
        out.push_back(distances[(size_t)k - 1]);
    }
    return out;
}

Plain plain(gt_features a, gt_features b, int k) {
    const std::vector<double> in_a = plain_radii(a, k), in_b = plain_radii(b, k);
    std::vector<int> precise(b.n), recalled(a.n), covered(a.n);
    double n_inside = 0;
    for (size_t i = 0; i < a.n; i++)
        for (size_t j = 0; j < b.n; j++) {
            const double distance = gt_squared_distance(a.values + i * a.d, b.values + j * b.d, a.d);
            if (distance <= in_a[i]) precise[j] = covered[i] = 1, n_inside++;
            if (distance <= in_b[j]) recalled[i] = 1;
        }
    const auto share = [](const std::vector<int> &marks) {
        return std::accumulate(marks.begin(), marks.end(), 0.0) / (double)marks.size();
    };
    return {share(precise), share(recalled), n_inside / (k * (double)b.n), share(covered)};
}

void expect_plain(const char *what, gt_features a, gt_features b, int k) {
    SCOPED_TRACE(what);
    const Plain want = plain(a, b, k);
    const gt_neighbour_scores got = neighbours(a, b, k);
    EXPECT_EQ(got.precision, want.precision);
    EXPECT_EQ(got.recall, want.recall);
    EXPECT_DOUBLE_EQ(got.density, want.density);
    EXPECT_EQ(got.coverage, want.coverage);
}

// Sums of squares decide, whatever the matrix product rounds: around the edges of blocks, with ties, far from 0, and where all
// samples are within a float's rounding of each other.
TEST(Neighbours, AreThoseOfThePlainSums) {
    expect_plain("edges of blocks", rows(normals(1, 257 * 7), 7), rows(normals(2, 4097 * 7), 7), 5);
    expect_plain("one row more", rows(normals(1, 513 * 3), 3), rows(normals(2, 255 * 3), 3), 1);
    expect_plain("far from 0", rows(normals(1, 300 * 9, 1000, 0.001), 9), rows(normals(2, 300 * 9, 1000, 0.001), 9), 5);
    expect_plain("a tight cluster", rows(normals(1, 400 * 20), 20), rows(normals(2, 400 * 20, 3, 1e-6), 20), 5);
    const Values grid = filled(400 * 3, [](size_t i) { return std::floor(3 * uniform(7, i)); });
    const Values others = filled(400 * 3, [](size_t i) { return std::floor(3 * uniform(8, i)); });
    expect_plain("ties", rows(grid, 3), rows(others, 3), 5);
    expect_plain("small numbers", rows(normals(1, 200 * 4, 0, 1e-25), 4), rows(normals(2, 200 * 4, 0, 1e-25), 4), 3);
}

TEST(Neighbours, IdenticalSets) {
    const Values x = normals(9, 600 * 33);
    const gt_neighbour_scores got = neighbours(rows(x, 33), rows(x, 33));
    EXPECT_EQ(got.precision, 1);
    EXPECT_EQ(got.recall, 1);
    EXPECT_EQ(got.coverage, 1);
    EXPECT_NEAR(got.density, 1.2, 1e-12); // each ball holds its centre and five others
}

// All samples in one place: no ball of theirs has a width, and it holds what stands in that place alone.
TEST(Neighbours, CollapsedSamples) {
    const size_t d = 8;
    const Values x = normals(10, 500 * d);
    Values inside(500 * d), outside(500 * d, 50.0f);
    for (size_t i = 0; i < inside.size(); i++) inside[i] = x[7 * d + i % d];
    gt_neighbour_scores got = neighbours(rows(x, d), rows(inside, d));
    EXPECT_EQ(got.precision, 1);
    EXPECT_EQ(got.recall, 1.0 / 500);
    EXPECT_LT(got.coverage, 0.1);
    got = neighbours(rows(x, d), rows(outside, d));
    EXPECT_EQ(got.precision, 0);
    EXPECT_EQ(got.recall, 0);
    EXPECT_EQ(got.density, 0);
    EXPECT_EQ(got.coverage, 0);
}

TEST(Neighbours, TwoPointsHaveOneNeighbour) {
    const Values a = {0, 0, 1, 0}, b = {2, 0, 1, 0}; // one step apart: the point at 2 is outside (<= : not the one at 1)
    const gt_neighbour_scores got = neighbours(rows(a, 2), rows(b, 2), 1);
    EXPECT_EQ(got.precision, 1); // 2 is at the very edge of the ball around 1
    EXPECT_EQ(got.recall, 1);
    EXPECT_EQ(got.density, 1.5);
    EXPECT_EQ(got.coverage, 1);
    gt_balls balls = {};
    EXPECT_EQ(gt_balls_of(rows(a, 2), 2, &balls), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(), "2 points have no neighbour number 2; it takes more than 2");
    gt_balls_free(&balls);
}

// ---------------------------------------------------------------- what can't be scored

TEST(Features, AreChecked) {
    Values x = normals(11, 10 * 4);
    EXPECT_EQ(gt_features_check("samples", rows(x, 4), 10), GT_OK);
    EXPECT_EQ(gt_features_check("samples", rows(x, 4), 11), GT_ERR_ARGUMENT);
    for (float bad : {std::numeric_limits<float>::quiet_NaN(), INFINITY, -INFINITY, 2e15f}) {
        x[4 * 2 + 1] = bad;
        EXPECT_EQ(gt_features_check("samples", rows(x, 4), 2), GT_ERR_ARGUMENT) << bad;
        EXPECT_NE(std::string(gt_last_error()).find("in row 2, column 1"), std::string::npos) << gt_last_error();
    }
    gt_inception score;
    EXPECT_EQ(gt_inception_score(rows(x, 4), 10, 1, &score), GT_ERR_ARGUMENT);
}

} // namespace
