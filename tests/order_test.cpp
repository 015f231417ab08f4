// Sorting and selection by counting, against those of the standard library, where values are spread evenly and where they are
// not.
#include "core/order.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace {

std::mt19937 rng(1);

float uniform(float low, float high) { return std::uniform_real_distribution<float>(low, high)(rng); }
float normal() { return std::normal_distribution<float>()(rng); }

const struct {
    const char *name;
    float (*draw)();
} distributions[] = {
    {"uniform", [] { return uniform(-0.5f, 0.5f); }},
    {"normal", [] { return normal(); }},
    {"all the same", [] { return -0.25f; }},
    {"two values", [] { return rng() % 2 ? 1.0f : -1.0f; }},
    {"few values", [] { return (float)(rng() % 7); }},
    {"either zero", [] { return rng() % 2 ? 0.0f : -0.0f; }},
    {"near one value, and far ones", [] { return rng() % 100 ? 1 + 1e-5f * normal() : 1e6f * normal(); }},
    {"over all magnitudes", [] { return std::ldexp(uniform(-1, 1), (int)(rng() % 250) - 125); }},
    {"a range that overflows", [] { return rng() % 2 ? uniform(-0.9f, 0.9f) * FLT_MAX : -FLT_MAX; }},
    {"subnormal", [] { return std::ldexp((float)(rng() % 1000), -149); }},
};
const size_t sizes[] = {1, 2, 3, 31, 32, 33, 100, 1000, 4095, 4096, 10000, 50001};

TEST(Order, Sort) {
    for (const auto &distribution : distributions)
        for (size_t n : sizes) {
            SCOPED_TRACE(std::string(distribution.name) + ", " + std::to_string(n));
            std::vector<float> values(n), spare(n);
            for (float &x : values) x = distribution.draw();
            std::vector<float> expected = values;
            std::sort(expected.begin(), expected.end());
            gt_sort_floats(values.data(), spare.data(), n);
            ASSERT_TRUE(values == expected);
        }
}

TEST(Order, SortOfSortedValues) {
    std::vector<float> values(5000), spare(5000);
    for (size_t i = 0; i < values.size(); i++) values[i] = (float)i;
    const std::vector<float> expected = values;
    gt_sort_floats(values.data(), spare.data(), values.size());
    EXPECT_TRUE(values == expected);
    std::reverse(values.begin(), values.end());
    gt_sort_floats(values.data(), spare.data(), values.size());
    EXPECT_TRUE(values == expected);
}

TEST(Order, Select) {
    const std::pair<const char *, uint32_t (*)()> keys_of[] = {
        {"any", [] { return (uint32_t)rng(); }},
        {"all the same", [] { return 12345u; }},
        {"few", [] { return (uint32_t)rng() % 5; }},
        {"ends", [] { return rng() % 2 ? UINT32_MAX : 0; }},
        {"near one value", [] { return rng() % 10 ? 1000000 + (uint32_t)rng() % 300 : (uint32_t)rng(); }},
    };
    for (const auto &distribution : keys_of)
        for (size_t n : sizes)
            for (size_t rank : {(size_t)0, n / 2, n * 95 / 100, n - 1}) {
                std::vector<uint32_t> keys(n), spare(n);
                for (uint32_t &key : keys) key = distribution.second();
                std::vector<uint32_t> sorted = keys;
                std::sort(sorted.begin(), sorted.end());
                for (uint32_t guess : {0u, sorted[rank / 2], sorted[rank], sorted[n - 1], UINT32_MAX}) {
                    std::vector<uint32_t> given = keys;
                    ASSERT_EQ(gt_select_key(given.data(), spare.data(), n, rank, guess), sorted[rank])
                        << distribution.first << ", " << rank << " of " << n << ", guess " << guess;
                }
            }
}

} // namespace
