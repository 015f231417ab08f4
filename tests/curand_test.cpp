// Philox words and uniforms against cuRAND's own headers, compiled for the host. Needs the toolkit's headers, no GPU.
#include <gtest/gtest.h>

#if __has_include(<curand_kernel.h>)
#define QUALIFIERS static inline
#pragma GCC diagnostic ignored "-Wunused-function"
#include <curand_kernel.h>

#include "reference.h"

#include <random>

namespace {

// Block i / 4 of a draw is where curand_init(seed, stream, 4 * (iteration * 2^32 + i / 4)) starts.
TEST(Curand, WordsAndUniforms) {
    std::mt19937_64 rng(7);
    for (int trial = 0; trial < 20000; trial++) {
        const uint64_t seed = rng();
        const auto stream = (uint32_t)rng(), number = (uint32_t)rng();
        const auto iteration = (uint32_t)rng() >> 2; // 4 * (iteration << 32) is a 64-bit offset
        curandStatePhilox4_32_10_t curand;
        curand_init(seed, stream, 4 * ((uint64_t)iteration << 32 | number), &curand);
        const uint4 expected = curand4(&curand);
        const reference::Words got = reference::block(seed, stream, iteration, number);
        ASSERT_EQ(got, (reference::Words{expected.x, expected.y, expected.z, expected.w})) << "trial " << trial;
        for (uint32_t word : got) ASSERT_EQ(reference::uniform(word), _curand_uniform(word));
    }
    for (uint32_t word : {0u, 1u, 127u, 128u, 255u, 256u, 257u, 0x7fffffffu, 0x80000000u, 0xffffff7fu, 0xffffff80u, ~0u})
        EXPECT_EQ(reference::uniform(word), _curand_uniform(word)) << word;
}

} // namespace
#else
TEST(Curand, WordsAndUniforms) { GTEST_SKIP() << "the headers of cuRAND are not on the include path"; }
#endif
