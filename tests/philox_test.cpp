// Philox: the plain one of the tests against Random123's known answers, then the engine's lanes against the plain one.
#include "engine/lanes_portable.h"
//
#include "engine/fused_cpu.h"
#include "engine/philox.h"
#include "reference.h"
#include "specs.h"

#include <random>

namespace {

using reference::Words;

// Random123, tests/kat_vectors, the lines "philox4x32 10".
TEST(Philox, PlainOneGivesTheKnownAnswers) {
    EXPECT_EQ(reference::philox({0, 0, 0, 0}, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(reference::philox({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(reference::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
              (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, LanesGiveThePlainOnesWords) {
    std::mt19937_64 rng(5);
    for (int trial = 0; trial < 1000; trial++) {
        const uint64_t seed = trial == 0 ? 0 : rng();
        const auto stream = trial == 0 ? 0 : (uint32_t)rng(), iteration = trial == 0 ? 0 : (uint32_t)rng();
        uint32_t number[2][16];
        for (auto &lanes : number)
            for (uint32_t &n : lanes) n = trial == 0 ? 0 : (uint32_t)rng();
        const int n_blocks = 1 + trial % 2;
        const vu blocks[2] = {vu_load(number[0]), vu_load(number[1])};
        vu words[2][4];
        philox(seed, stream, iteration, blocks, n_blocks, words);
        for (int b = 0; b < n_blocks; b++)
            for (int w = 0; w < 4; w++) {
                uint32_t got[16];
                vu_store(got, words[b][w]);
                for (int l = 0; l < 16; l++)
                    ASSERT_EQ(got[l], reference::block(seed, stream, iteration, number[b][l])[(size_t)w]) << "trial " << trial;
            }
    }
}

// A draw as the engine lays it out: element i is word i mod 4 of block i / 4, whatever the length.
TEST(Philox, DrawsOfEveryInstructionSet) {
    for (gt_isa isa : available_isas()) {
        const fused_kernels *kernels = isa == GT_ISA_AVX512 ? &fused_avx512
                                       : isa == GT_ISA_AVX2 ? &fused_avx2
                                                            : &fused_portable;
        for (size_t n : {1u, 3u, 4u, 63u, 64u, 65u, 1000u}) {
            const uint64_t seed = 0x123456789abcdef0;
            std::vector<float> uniforms(n + 1, -7.0f), normals(n + 1, -7.0f);
            std::vector<float> symmetric(n + 1, -7.0f), truncated(n + 1, -7.0f);
            kernels->draw(DRAW_UNIFORM, seed, 3, 70000, 0, n, uniforms.data());
            kernels->draw(DRAW_NORMAL, seed, 3, 70000, 0, n, normals.data());
            kernels->draw(DRAW_SYMMETRIC, seed, 3, 70000, 0, n, symmetric.data());
            kernels->draw(DRAW_TRUNCATED, seed, 3, 70000, 0, n, truncated.data());
            reference::Vector u = reference::uniforms(seed, 3, 70000, n), z = reference::normals(seed, 3, 70000, n);
            for (size_t i = 0; i < n; i++) {
                ASSERT_EQ(uniforms[i], u[i]) << gt_isa_name(isa) << " n " << n << " i " << i;
                ASSERT_NEAR(normals[i], z[i], 4e-6) << gt_isa_name(isa) << " n " << n << " i " << i;
                ASSERT_EQ(symmetric[i], 2 * (float)u[i] - 1) << gt_isa_name(isa) << " n " << n << " i " << i;
                ASSERT_NEAR(truncated[i], reference::truncated_normal(u[i]), 1e-6)
                    << gt_isa_name(isa) << " n " << n << " i " << i;
            }
            EXPECT_EQ(uniforms[n], -7.0f) << "wrote past its end";
            EXPECT_EQ(normals[n], -7.0f) << "wrote past its end";
            EXPECT_EQ(symmetric[n], -7.0f) << "wrote past its end";
            EXPECT_EQ(truncated[n], -7.0f) << "wrote past its end";
        }
    }
}

// Real points of the engine: the streams of kernels/streams.h, mapped to the domain.
TEST(Philox, RealPointsOfTheEvaluationStream) {
    const gt_spec spec = preset("x2");
    Trainer trainer = make_trainer(spec, 99);
    for (uint64_t steps : {0, 3}) {
        ASSERT_EQ(gt_trainer_advance(trainer.get(), steps), GT_OK);
        const auto iteration = (uint32_t)gt_trainer_get_info(trainer.get()).iteration;
        std::vector<float> real(2 * 301);
        ASSERT_EQ(gt_trainer_evaluation_points(trainer.get(), 0, 301, real.data(), nullptr), GT_OK);
        reference::Vector u = reference::uniforms(99, GT_STREAM_EVAL_REAL, iteration, 301);
        for (size_t i = 0; i < 301; i++) {
            float x = (float)(u[i] - 0.5);
            ASSERT_EQ(real[2 * i], x);
            ASSERT_EQ(real[2 * i + 1], x * x);
        }
    }
}

} // namespace
