// Nearest images against all distances in double.
#include "core/nearest.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace {

std::vector<unsigned char> random_bytes(size_t n, unsigned seed, int levels = 256) {
    std::mt19937 numbers(seed);
    std::vector<unsigned char> bytes(n);
    for (auto &b : bytes) b = (unsigned char)(numbers() % (unsigned)levels * (255u / (unsigned)(levels - 1)));
    return bytes;
}

double distance(const unsigned char *a, const unsigned char *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += std::pow((double)a[i] - (double)b[i], 2);
    return std::sqrt(sum);
}

std::vector<gt_neighbour> sorted(const gt_image_set &set, const unsigned char *query, size_t without) {
    std::vector<gt_neighbour> all;
    for (size_t i = 0; i < set.n; i++)
        if (i != without) all.push_back({i, distance(set.pixels + i * set.n_values, query, set.n_values)});
    std::stable_sort(all.begin(), all.end(), [](const auto &a, const auto &b) { return a.distance < b.distance; });
    return all;
}

// Sizes around the piece in which sums are taken; with few levels many distances are equal, and the smaller index comes first.
TEST(Nearest, AreTheNearest) {
    for (size_t size : {1, 2, 111, 112, 113, 784, 4096})
        for (int levels : {2, 256}) {
            const size_t n = 60, n_queries = 7, k = 5;
            const auto pixels = random_bytes(n * size, 1, levels), wanted = random_bytes(n_queries * size, 2, levels);
            const gt_image_set set{pixels.data(), n, size}, queries{wanted.data(), n_queries, size};
            std::vector<gt_neighbour> found(n_queries * k);
            ASSERT_EQ(gt_nearest_images(&set, &queries, k, found.data()), GT_OK);
            for (size_t q = 0; q < n_queries; q++) {
                const auto expected = sorted(set, wanted.data() + q * size, n);
                for (size_t j = 0; j < k; j++) {
                    EXPECT_EQ(found[q * k + j].index, expected[j].index) << size << " " << levels << " " << q << " " << j;
                    EXPECT_DOUBLE_EQ(found[q * k + j].distance, expected[j].distance);
                }
            }
        }
}

TEST(Nearest, FindAllThereAre) {
    const auto pixels = random_bytes(3 * 10, 3);
    const gt_image_set set{pixels.data(), 3, 10}, query{pixels.data() + 10, 1, 10};
    std::vector<gt_neighbour> found(4);
    ASSERT_EQ(gt_nearest_images(&set, &query, 3, found.data()), GT_OK);
    EXPECT_EQ(found[0].index, 1u);
    EXPECT_EQ(found[0].distance, 0);
    EXPECT_GT(found[2].distance, 0);
    EXPECT_EQ(gt_nearest_images(&set, &query, 4, found.data()), GT_ERR_ARGUMENT);
    EXPECT_EQ(gt_nearest_images(&set, &query, 0, found.data()), GT_ERR_ARGUMENT);
}

// The largest distance that there is fits.
TEST(Nearest, TakeTheFarthest) {
    const std::vector<unsigned char> black(4096, 0), white(4096, 255);
    const gt_image_set set{black.data(), 1, 4096}, query{white.data(), 1, 4096};
    gt_neighbour found;
    ASSERT_EQ(gt_nearest_images(&set, &query, 1, &found), GT_OK);
    EXPECT_DOUBLE_EQ(found.distance, 64 * 255);
}

TEST(Nearest, MedianAmongThemselves) {
    const size_t size = 50;
    for (size_t n : {2, 3, 40, 41}) {
        const auto pixels = random_bytes(n * size, 4);
        const gt_image_set set{pixels.data(), n, size};
        for (size_t max_n : {1, 7, 1000}) {
            const size_t some = std::min(n, max_n);
            std::vector<double> nearest;
            for (size_t q = 0; q < some; q++) {
                const size_t i = q * n / some;
                nearest.push_back(sorted(set, pixels.data() + i * size, i)[0].distance);
            }
            std::sort(nearest.begin(), nearest.end());
            const double expected = (nearest[(some - 1) / 2] + nearest[some / 2]) / 2;
            double median;
            size_t over;
            ASSERT_EQ(gt_nearest_images_among(&set, max_n, &median, &over), GT_OK);
            EXPECT_EQ(over, some);
            EXPECT_DOUBLE_EQ(median, expected) << n << " " << max_n;
        }
    }
    const auto pixels = random_bytes(size, 5);
    const gt_image_set alone{pixels.data(), 1, size};
    double median;
    size_t over;
    ASSERT_EQ(gt_nearest_images_among(&alone, 10, &median, &over), GT_OK);
    EXPECT_EQ(over, 0u);
    EXPECT_TRUE(std::isnan(median));
}

} // namespace
