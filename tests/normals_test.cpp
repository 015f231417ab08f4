// Ten million normals and ten million uniforms of the engine's streams: are they what they say?
#include "engine/fused_cpu.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace {

const size_t n = 10'000'000;

std::vector<float> draw(fused_draw kind) {
    std::vector<float> x(n);
    const size_t per_iteration = n / 100; // from many iterations, as training takes them
    for (uint32_t i = 0; i < 100; i++) fused_portable.draw(kind, 2024, 4, i, 0, per_iteration, x.data() + i * per_iteration);
    return x;
}

const std::vector<float> &normals() {
    static const std::vector<float> x = draw(DRAW_NORMAL);
    return x;
}

const std::vector<float> &uniforms() {
    static const std::vector<float> x = draw(DRAW_UNIFORM);
    return x;
}

// A mean of n values with standard deviation s lies within 4.5 s / sqrt n of its expectation in all but 7 of a million trials.
double limit(double deviation, double count = (double)n) { return 4.5 * deviation / std::sqrt(count); }

template <class F> double mean_of(const std::vector<float> &x, F f, size_t step = 1) {
    double sum = 0;
    for (size_t i = 0; i < x.size(); i += step) sum += f(&x[i]);
    return sum * (double)step / (double)x.size();
}

// Kolmogorov and Smirnov: the largest distance of the empirical distribution to F. 1.95 / sqrt n is exceeded with p = 0.001.
double kolmogorov_smirnov(std::vector<float> x, double (*distribution)(double)) {
    std::sort(x.begin(), x.end());
    double worst = 0, count = (double)x.size();
    for (size_t i = 0; i < x.size(); i++) {
        double f = distribution(x[i]);
        worst = std::max({worst, (double)(i + 1) / count - f, f - (double)i / count});
    }
    return worst;
}

TEST(Normals, Moments) {
    // E z^2k = (2k - 1)!!; the variance of z^k is E z^2k - (E z^k)^2.
    EXPECT_NEAR(mean_of(normals(), [](const float *z) { return (double)*z; }), 0, limit(1));
    EXPECT_NEAR(mean_of(normals(), [](const float *z) { return std::pow(*z, 2.0); }), 1, limit(std::sqrt(2)));
    EXPECT_NEAR(mean_of(normals(), [](const float *z) { return std::pow(*z, 3.0); }), 0, limit(std::sqrt(15)));
    EXPECT_NEAR(mean_of(normals(), [](const float *z) { return std::pow(*z, 4.0); }), 3, limit(std::sqrt(96)));
}

TEST(Normals, Distribution) {
    EXPECT_LT(kolmogorov_smirnov(normals(), [](double z) { return std::erfc(-z * M_SQRT1_2) / 2; }),
              1.95 / std::sqrt((double)n));
    // the largest of n: 1 - 2 n (1 - Phi(z)) is 0.998 at z = 6.5 and 1e-6 at z = 4.7
    const auto ends = std::minmax_element(normals().begin(), normals().end());
    EXPECT_GT(-*ends.first, 4.7f);
    EXPECT_GT(*ends.second, 4.7f);
    EXPECT_LT(-*ends.first, 6.5f);
    EXPECT_LT(*ends.second, 6.5f);
}

// The two of a Box-Muller pair, and neighbours of different pairs: plain products and products of squares.
TEST(Normals, NeighboursAreIndependent) {
    auto product = [](int lag) { return [lag](const float *z) { return (double)z[0] * z[lag]; }; };
    auto squares = [](int lag) {
        return [lag](const float *z) { return ((double)z[0] * z[0] - 1) * ((double)z[lag] * z[lag] - 1); };
    };
    for (int lag : {1, 2, 3}) {
        EXPECT_NEAR(mean_of(normals(), product(lag), 4), 0, limit(1, n / 4.0)) << lag;
        EXPECT_NEAR(mean_of(normals(), squares(lag), 4), 0, limit(2, n / 4.0)) << lag;
    }
    // the angle of a pair is uniform: chi-squared of 64 sectors, 63 degrees of freedom, p = 1e-5 at 119
    double counts[64] = {0}, chi_squared = 0;
    for (size_t i = 0; i < n; i += 2) {
        double turns = std::atan2(normals()[i + 1], normals()[i]) / (2 * M_PI) + 0.5;
        counts[std::min(63, (int)(turns * 64))]++;
    }
    for (double count : counts) chi_squared += (count - n / 128.0) * (count - n / 128.0) / (n / 128.0);
    EXPECT_LT(chi_squared, 119);
}

TEST(Uniforms, MomentsAndDistribution) {
    EXPECT_NEAR(mean_of(uniforms(), [](const float *u) { return (double)*u; }), 0.5, limit(std::sqrt(1.0 / 12)));
    EXPECT_NEAR(mean_of(uniforms(), [](const float *u) { return std::pow(*u, 2.0); }), 1.0 / 3, limit(std::sqrt(4.0 / 45)));
    EXPECT_LT(kolmogorov_smirnov(uniforms(), [](double u) { return u; }), 1.95 / std::sqrt((double)n));
    for (int lag : {1, 2, 3})
        EXPECT_NEAR(mean_of(
                        uniforms(), [lag](const float *u) { return (u[0] - 0.5) * (u[lag] - 0.5); }, 4),
                    0, limit(1.0 / 12, n / 4.0));
    const auto ends = std::minmax_element(uniforms().begin(), uniforms().end());
    EXPECT_GT(*ends.first, 0);
    EXPECT_LE(*ends.second, 1);
    EXPECT_LT(*ends.first, 1e-5f); // missed by ten million with probability e^-100
    EXPECT_GT(*ends.second, 1 - 1e-5f);
}

TEST(TruncatedNormals, MomentsAndDistribution) {
    const std::vector<float> x = draw(DRAW_TRUNCATED);
    // 1 - 4 phi(2) / erf(sqrt 2) = 0.7737413, phi the normal density
    EXPECT_NEAR(mean_of(x, [](const float *z) { return (double)*z; }), 0, limit(0.8796));
    EXPECT_NEAR(mean_of(x, [](const float *z) { return std::pow(*z, 2.0); }), 0.7737413, limit(0.95));
    EXPECT_LT(kolmogorov_smirnov(x, [](double z) { return (1 + std::erf(z * M_SQRT1_2) / std::erf(M_SQRT2)) / 2; }),
              1.95 / std::sqrt((double)n));
    const auto ends = std::minmax_element(x.begin(), x.end());
    EXPECT_GE(*ends.first, -2.000001f);
    EXPECT_LE(*ends.second, 2.000001f);
}

} // namespace
