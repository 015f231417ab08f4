// kernels/exact.h: errors against long double libm over whole ranges, values at the edges, and the same bits from every lanes
// header. The bounds are those that exact.h states.
#include "float_bits.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string>
#include <vector>
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define X86_LANES 1 // clang has no "#pragma GCC target"
#include <immintrin.h>
#pragma GCC diagnostic ignored "-Wuninitialized" // false alarms inside GCC 12's avx512fintrin.h
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace {

enum Function { EXP2, LOG, SIGMOID, TANH, SOFTPLUS, ELU, COS_PI };

namespace portable {
#include "engine/lanes_portable.h"
//
#include "exact_lanes.h"
} // namespace portable

#ifdef X86_LANES
#undef GT_ENGINE_LANES_PORTABLE_H
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace portable_fma {
#include "engine/lanes_portable.h"
//
#include "exact_lanes.h"
} // namespace portable_fma
namespace avx2 {
#include "engine/lanes_avx2.h"
//
#include "exact_lanes.h"
} // namespace avx2
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq")
namespace avx512 {
#include "engine/lanes_avx512.h"
//
#include "exact_lanes.h"
} // namespace avx512
#pragma GCC pop_options
#endif

using Real = long double;

const float inf = std::numeric_limits<float>::infinity();

#ifdef __SANITIZE_ADDRESS__
const uint32_t thinner = 16; // slow, and after other faults than rounding
#else
const uint32_t thinner = 1;
#endif

// Every stride-th float from lo to hi, both of one sign, |lo| <= |hi|; hi is the last, as often as it takes to fill 16 lanes.
std::vector<float> floats(float lo, float hi, uint32_t stride = 1) {
    std::vector<float> x;
    const uint32_t last = bits_of(hi);
    for (uint64_t bits = bits_of(lo); bits < last; bits += stride * thinner) x.push_back(float_of((uint32_t)bits));
    do x.push_back(hi);
    while (x.size() % 16 != 0);
    return x;
}

std::vector<float> values(Function function, const std::vector<float> &x) {
    std::vector<float> y(x.size());
    portable::map(function, x.data(), x.size(), y.data());
    return y;
}

float value(Function function, float x) { return values(function, std::vector<float>(16, x))[0]; }

// The largest error over x, absolute or relative to the truth.
Real worst(Function function, Real (*truth)(Real), const std::vector<float> &x, bool relative) {
    const std::vector<float> y = values(function, x);
    Real worst = 0;
    for (size_t i = 0; i < x.size(); i++) {
        Real t = truth(x[i]), error = std::fabs(y[i] - t);
        if (relative && t != 0) error /= std::fabs(t);
        if (!(error <= worst)) worst = error; // a NaN stays
    }
    return worst;
}

Real true_exp2(Real x) { return std::exp2(x); }
Real true_log(Real x) { return std::log(x); }
Real true_sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }
Real true_tanh(Real x) { return std::tanh(x); }
Real true_softplus(Real x) { return std::fmax(x, 0.0L) + std::log1p(std::exp(-std::fabs(x))); }

Real true_elu(Real x) { return x > 0 ? x : std::expm1(x); }
Real true_cos_pi(Real x) { return std::cos(M_PIl * x); }

TEST(Exact, Exp2) {
    EXPECT_LT(worst(EXP2, true_exp2, floats(0.25f, 0.5f, 7), true), 1.8e-7L);
    EXPECT_LT(worst(EXP2, true_exp2, floats(-0.25f, -0.5f, 7), true), 1.8e-7L);
    EXPECT_LT(worst(EXP2, true_exp2, floats(0, 64, 2503), true), 1.8e-7L);
    EXPECT_LT(worst(EXP2, true_exp2, floats(-0.0f, -64, 2503), true), 1.8e-7L);
    for (int n = -64; n <= 64; n++) EXPECT_EQ(value(EXP2, (float)n), std::ldexp(1.0f, n));
    for (float x : {65.0f, 1e30f, inf, std::nanf("")}) EXPECT_EQ(value(EXP2, x), 0x1p64f) << x;
    for (float x : {-65.0f, -1e30f, -inf}) EXPECT_EQ(value(EXP2, x), 0x1p-64f) << x;
}

TEST(Exact, Log) {
    EXPECT_LT(worst(LOG, true_log, floats(0.5f, 2, 5), true), 3e-7L);
    EXPECT_LT(worst(LOG, true_log, floats(std::numeric_limits<float>::min(), std::numeric_limits<float>::max(), 2503), true),
              3e-7L);
    EXPECT_EQ(value(LOG, 1), 0);
}

TEST(Exact, Sigmoid) {
    EXPECT_LT(worst(SIGMOID, true_sigmoid, floats(1, 4, 5), false), 1.1e-7L); // where the error is largest
    EXPECT_LT(worst(SIGMOID, true_sigmoid, floats(0, inf, 2503), false), 1.1e-7L);
    EXPECT_LT(worst(SIGMOID, true_sigmoid, floats(-0.0f, -inf, 2503), false), 1.1e-7L);
    EXPECT_EQ(value(SIGMOID, 0), 0.5f);
    EXPECT_EQ(value(SIGMOID, 100), 1);
}

TEST(Exact, Tanh) {
    EXPECT_LT(worst(TANH, true_tanh, floats(0.5f, 1, 5), true), 2.3e-7L); // on both sides of the seam at 5/8
    EXPECT_LT(worst(TANH, true_tanh, floats(0, inf, 2503), true), 2.3e-7L);
    for (float x : floats(0, inf, 100003)) ASSERT_EQ(value(TANH, -x), -value(TANH, x)) << x;
    EXPECT_EQ(value(TANH, 100), 1);
    EXPECT_EQ(value(TANH, -100), -1);
    for (uint32_t nan : {0x7fc00000u, 0xffc00000u}) EXPECT_EQ(value(TANH, float_of(nan)), 1) << "the sign of a NaN counts";
}

TEST(Exact, Softplus) {
    EXPECT_LT(worst(SOFTPLUS, true_softplus, floats(-0.25f, -4, 5), false), 1.8e-7L);
    EXPECT_LT(worst(SOFTPLUS, true_softplus, floats(-0.0f, -200, 2503), false), 1.8e-7L);
    EXPECT_LT(worst(SOFTPLUS, true_softplus, floats(0, 200, 2503), true), 2.3e-7L);
    EXPECT_LT(worst(SOFTPLUS, true_softplus, floats(0.0625f, 1, 5), true), 2.3e-7L);
    for (float x : {200.0f, 1e30f, inf}) EXPECT_EQ(value(SOFTPLUS, x), x);
    for (float x : {-200.0f, -1e30f, -inf}) EXPECT_EQ(value(SOFTPLUS, x), 0);
}

TEST(Exact, Elu) {
    EXPECT_LT(worst(ELU, true_elu, floats(-0.0f, -inf, 2503), false), 1.5e-7L);
    EXPECT_LT(worst(ELU, true_elu, floats(-0.125f, -2, 5), false), 1.5e-7L);
    for (float x : floats(0, inf, 100003)) ASSERT_EQ(value(ELU, x), x);
    for (float x : {-200.0f, -1e30f, -inf}) EXPECT_EQ(value(ELU, x), -1) << x;
}

TEST(Exact, CosPi) {
    EXPECT_LT(worst(COS_PI, true_cos_pi, floats(0, 1, 997), false), 1.7e-7L);
    EXPECT_LT(worst(COS_PI, true_cos_pi, floats(0.125f, 1, 7), false), 1.7e-7L);
    EXPECT_EQ(value(COS_PI, 0.5f), 0);
    EXPECT_EQ(value(COS_PI, 0), -value(COS_PI, 1));
}

struct Words {
    std::vector<uint32_t> x, y;
};

Words words(size_t n, uint32_t seed) {
    std::mt19937 rng(seed);
    Words w;
    for (size_t i = 0; i < n; i++) w.x.push_back(rng());
    for (size_t i = 0; i < n; i++) w.y.push_back(rng());
    w.x[0] = 0, w.x[1] = ~0u, w.x[2] = 1;
    w.y[0] = 0, w.y[1] = ~0u, w.y[2] = 0x40000000, w.y[3] = 0x80000000, w.y[4] = 0xc0000000, w.y[5] = 0x3fffffff;
    w.y[6] = 0x1fffffff, w.y[7] = 0x20000000;
    return w;
}

// Radius and angle come back from the pair; u is the float that curand_uniform gives.
TEST(Exact, NormalPair) {
    const Words w = words((1 << 21) / thinner, 3);
    const size_t n = w.x.size();
    std::vector<float> first(n), second(n), u(n);
    portable::normals(w.x.data(), w.y.data(), n, first.data(), second.data());
    portable::uniforms(w.x.data(), n, u.data());
    Real worst_radius = 0, worst_angle = 0;
    for (size_t i = 0; i < n; i++) {
        ASSERT_EQ(u[i], (float)w.x[i] * 0x1p-32f + 0x1p-33f);
        const Real radius = std::sqrt(-2 * std::log((Real)u[i]));
        const Real angle = 2 * M_PIl * (0.125L + ((Real)(int32_t)(w.y[i] << 2) + 2) * 0x1p-34L);
        const Real sine = std::sin(angle) * (w.y[i] >> 31 ? -1 : 1), cosine = std::cos(angle) * (w.y[i] >> 30 & 1 ? -1 : 1);
        if (radius == 0) {
            EXPECT_LT(std::fabs(first[i]) + std::fabs(second[i]), 1e-13);
            continue;
        }
        worst_radius = std::fmax(worst_radius, std::fabs(std::hypot((Real)first[i], (Real)second[i]) / radius - 1));
        worst_angle =
            std::fmax(worst_angle, std::fmax(std::fabs(first[i] / radius - sine), std::fabs(second[i] / radius - cosine)));
    }
    EXPECT_LT(worst_radius, 3e-7L);
    EXPECT_LT(worst_angle, 3e-7L);
}

// The inverse of Phi cut off at +-2, by Newton's steps in long double from where the engine says it is.
TEST(Exact, TruncatedNormal) {
    const Words w = words((1 << 20) / thinner, 8);
    const size_t n = w.x.size();
    std::vector<float> z(n), u(n);
    portable::truncated_normals(w.x.data(), n, z.data());
    portable::uniforms(w.x.data(), n, u.data());
    Real worst_error = 0;
    for (size_t i = 0; i < n; i++) {
        Real x = z[i];
        const Real wanted = (2 * (Real)u[i] - 1) * std::erf(std::sqrt(2.0L));
        for (int k = 0; k < 3; k++)
            x -= (std::erf(x / std::sqrt(2.0L)) - wanted) / (std::sqrt(2 / M_PIl) * std::exp(-x * x / 2));
        worst_error = std::fmax(worst_error, std::fabs(z[i] - x));
    }
    EXPECT_LT(worst_error, 1e-6L);
}

// Lane k is the sum of row k as a tree: l with l + 8, then + 4, + 2, + 1.
template <class SumRows> void expect_tree_sums(SumRows sum_rows) {
    std::mt19937 rng(6);
    std::normal_distribution<float> normal;
    float rows[16 * 16], got[16];
    for (int trial = 0; trial < 1000; trial++) {
        for (float &x : rows) x = normal(rng);
        sum_rows(rows, got);
        for (int k = 0; k < 16; k++) {
            float *row = rows + 16 * k;
            for (int width = 8; width > 0; width /= 2)
                for (int l = 0; l < width; l++) row[l] += row[l + width];
            ASSERT_EQ(got[k], row[0]) << "row " << k;
        }
    }
}

template <class Map, class Normals, class Truncated> void expect_same_bits(Map map, Normals normals, Truncated truncated) {
    for (Function function : {EXP2, LOG, SIGMOID, TANH, SOFTPLUS, ELU, COS_PI})
        for (float sign : {1.0f, -1.0f}) {
            if ((function == LOG || function == COS_PI) && sign < 0) continue;
            std::vector<float> x = function == LOG
                                       ? floats(std::numeric_limits<float>::min(), std::numeric_limits<float>::max(), 997)
                                       : floats(sign * 0.0f, function == COS_PI ? 1 : sign * inf, 997);
            if (function == EXP2 || function == SIGMOID || function == SOFTPLUS) x.insert(x.end(), 16, std::nanf(""));
            std::vector<float> expected = values(function, x), got(x.size());
            map(function, x.data(), x.size(), got.data());
            for (size_t i = 0; i < x.size(); i++)
                ASSERT_EQ(bits_of(got[i]), bits_of(expected[i])) << "function " << function << " of " << x[i];
        }
    const Words w = words((1 << 20) / thinner, 4);
    const size_t n = w.x.size();
    std::vector<float> first(n), second(n), got_first(n), got_second(n);
    portable::normals(w.x.data(), w.y.data(), n, first.data(), second.data());
    normals(w.x.data(), w.y.data(), n, got_first.data(), got_second.data());
    EXPECT_EQ(memcmp(first.data(), got_first.data(), n * sizeof(float)), 0);
    EXPECT_EQ(memcmp(second.data(), got_second.data(), n * sizeof(float)), 0);
    portable::truncated_normals(w.x.data(), n, first.data());
    truncated(w.x.data(), n, got_first.data());
    EXPECT_EQ(memcmp(first.data(), got_first.data(), n * sizeof(float)), 0);
}

TEST(ExactLanes, Portable) { expect_tree_sums(portable::sum_rows); }

#ifdef X86_LANES
TEST(ExactLanes, PortableWithFma) {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "this processor has no AVX2 and FMA";
    expect_same_bits(portable_fma::map, portable_fma::normals, portable_fma::truncated_normals);
    expect_tree_sums(portable_fma::sum_rows);
}

TEST(ExactLanes, Avx2) {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "this processor has no AVX2 and FMA";
    expect_same_bits(avx2::map, avx2::normals, avx2::truncated_normals);
    expect_tree_sums(avx2::sum_rows);
}

TEST(ExactLanes, Avx512) {
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq"))
        GTEST_SKIP() << "this processor has no AVX-512 F and DQ";
    expect_same_bits(avx512::map, avx512::normals, avx512::truncated_normals);
    expect_tree_sums(avx512::sum_rows);
}
#else
TEST(ExactLanes, X86) { GTEST_SKIP() << "the AVX lanes take GCC on x86-64"; }
#endif

} // namespace
