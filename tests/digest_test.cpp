// The contract of exactness: one spec and seed give the same bits on every instruction set, with any number of threads, alone
// or among others, in one go or resumed; and a run that diverges is frozen at the same iteration everywhere.
#include "specs.h"

#include "core/trainer.h"
#include "engine/fused_cpu.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <unistd.h>

namespace {

Trainer trained(const gt_spec &spec, uint64_t iterations, uint64_t seed = 1, size_t n_runs = 1, gt_isa isa = GT_ISA_AUTO,
                int n_threads = 1) {
    Trainer trainer = make_trainer(spec, seed, n_runs, isa, n_threads);
    EXPECT_EQ(gt_trainer_advance(trainer.get(), iterations), GT_OK) << gt_last_error();
    return trainer;
}

gt_metrics row_of(gt_trainer *trainer, size_t run) {
    std::vector<gt_metrics> rows(gt_trainer_get_info(trainer).n_runs);
    gt_evaluate_options options{};
    options.n_samples = 100;
    EXPECT_EQ(gt_trainer_evaluate(trainer, &options, rows.data()), GT_OK) << gt_last_error();
    return rows[run];
}

class Digest : public ::testing::TestWithParam<NamedSpec> {};

TEST_P(Digest, InstructionSetsAndThreads) {
    const size_t n_runs = 5;
    std::vector<std::string> expected;
    for (gt_isa isa : available_isas())
        for (int n_threads : {1, 2, 3}) {
            SCOPED_TRACE(std::string(gt_isa_name(isa)) + ", threads: " + std::to_string(n_threads));
            Trainer trainer = trained(GetParam().spec, 300, 40, n_runs, isa, n_threads);
            EXPECT_STREQ(gt_trainer_get_info(trainer.get()).isa, gt_isa_name(isa));
            std::vector<std::string> got;
            for (size_t run = 0; run < n_runs; run++) got.push_back(digest(trainer.get(), run));
            if (expected.empty()) expected = got;
            EXPECT_EQ(got, expected);
        }
    for (size_t run = 1; run < n_runs; run++) EXPECT_NE(expected[run], expected[0]) << "two seeds, one result";
}

// The version for processors without FMA, which this one would not take: its fmaf is libm's.
TEST_P(Digest, PlainCForAnyProcessor) {
    const uint64_t iterations = 20;
    Trainer trainer = make_trainer(GetParam().spec, 3);
    fused_cpu_set_kernels(trainer.get()->engine, &fused_portable);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), iterations), GT_OK) << gt_last_error();
    EXPECT_EQ(digest(trainer.get()), digest(trained(GetParam().spec, iterations, 3).get()));
}

TEST_P(Digest, AloneAndOneOfAThousand) {
    const uint64_t seed = 1000, iterations = 30;
    Trainer thousand = trained(GetParam().spec, iterations, seed, 1000, GT_ISA_AUTO, 2);
    for (size_t run : {0u, 1u, 15u, 16u, 499u, 500u, 998u, 999u})
        EXPECT_EQ(digest(thousand.get(), run), digest(trained(GetParam().spec, iterations, seed + run).get())) << "run " << run;
}

TEST_P(Digest, StraightAndResumed) {
    const uint64_t total = 400;
    const std::string expected = digest(trained(GetParam().spec, total, 77, 2).get(), 1);
    const std::string path =
        (std::filesystem::temp_directory_path() / ("gantry-digest-test-" + std::to_string(getpid()))).string();
    std::mt19937 rng(std::hash<std::string>{}(GetParam().name));
    for (int trial = 0; trial < 3; trial++) {
        const uint64_t first = trial == 0 ? 0 : rng() % (total + 1);
        SCOPED_TRACE("interrupted at " + std::to_string(first));
        Trainer trainer = trained(GetParam().spec, first, 77, 2);
        // neither looking nor drawing changes anything
        row_of(trainer.get(), 1);
        std::vector<float> points((size_t)GetParam().spec.target.n_columns * 10);
        EXPECT_EQ(gt_trainer_sample(trainer.get(), 1, 0, 10, points.data()), GT_OK);
        ASSERT_EQ(gt_trainer_save(trainer.get(), path.c_str()), GT_OK) << gt_last_error();
        EXPECT_EQ(gt_trainer_advance(trainer.get(), total - first), GT_OK);
        EXPECT_EQ(digest(trainer.get(), 1), expected) << "went on";

        for (gt_isa isa : available_isas()) {
            gt_trainer_options options{};
            options.isa = isa;
            gt_trainer *loaded = nullptr;
            ASSERT_EQ(gt_trainer_load(path.c_str(), &options, &loaded), GT_OK) << gt_last_error();
            trainer.reset(loaded);
            EXPECT_EQ(gt_trainer_get_info(loaded).iteration, first);
            EXPECT_EQ(gt_trainer_advance(loaded, total - first), GT_OK);
            EXPECT_EQ(digest(loaded, 1), expected) << "loaded, " << gt_isa_name(isa);
        }
    }
    remove(path.c_str());
}

TEST_P(Digest, OneIterationAtATime) {
    Trainer trainer = make_trainer(GetParam().spec, 5);
    for (int i = 0; i < 50; i++) ASSERT_EQ(gt_trainer_advance(trainer.get(), 1), GT_OK);
    EXPECT_EQ(digest(trainer.get()), digest(trained(GetParam().spec, 50, 5).get()));
}

INSTANTIATE_TEST_SUITE_P(Specs, Digest,
                         ::testing::Values(NamedSpec{"tutorial", preset("x2")}, NamedSpec{"leaky", preset("x2-leaky")},
                                           NamedSpec{"tanh", preset("x2-tanh")}, NamedSpec{"deep", preset("x2-deep")},
                                           NamedSpec{"sigmoid_batch_50", spec_of(3, {7}, {9}, GT_SIGMOID, 50)},
                                           NamedSpec{"linear_batch_34", spec_of(2, {5, 4}, {3}, GT_LINEAR, 34)}),
                         spec_name);

INSTANTIATE_TEST_SUITE_P(Recipes, Digest, ::testing::ValuesIn(join(recipes(), targets())), spec_name);

// Another layout of the nets would give the same digests from the slower loop.
TEST(DigestOf, TheTutorialRunsInTheLoopMadeForIt) {
    EXPECT_TRUE(fused_cpu_is_compiled_in(make_trainer(preset("x2")).get()->engine));
    EXPECT_FALSE(fused_cpu_is_compiled_in(make_trainer(preset("x2-wide")).get()->engine));
}

TEST(DigestOf, TheTutorialOverTenThousandIterations) {
    std::string expected;
    for (gt_isa isa : available_isas()) {
        Trainer trainer = trained(preset("x2"), 10000, 1, 1, isa);
        if (expected.empty()) expected = digest(trainer.get());
        EXPECT_EQ(digest(trainer.get()), expected) << gt_isa_name(isa);
    }
}

TEST(DigestOf, SeesEveryPartOfTheState) {
    const gt_spec spec = preset("x2-ema");
    Trainer trainer = trained(spec, 3);
    for (gt_net which : {GT_DISCRIMINATOR, GT_GENERATOR})
        for (gt_state_part part : parts_of(spec, which)) {
            const std::string before = digest(trainer.get());
            std::vector<float> x = state(trainer.get(), which, part);
            x.back() = std::nextafterf(x.back(), 1e9f);
            ASSERT_EQ(gt_trainer_set_state(trainer.get(), 0, which, part, x.data()), GT_OK);
            EXPECT_NE(digest(trainer.get()), before) << name_of(which) << " " << name_of(part);
        }
}

// Learning rates with which these seeds diverge: at once, soon, and after hundreds of iterations.
struct Divergence {
    const char *preset;
    double lr;
    uint64_t seed;
};

std::ostream &operator<<(std::ostream &out, const Divergence &d) { return out << d.preset << ", lr " << d.lr; }

class Diverging : public ::testing::TestWithParam<Divergence> {};

TEST_P(Diverging, FrozenAtTheSameIterationEverywhere) {
    gt_spec spec = preset(GetParam().preset);
    spec.generator_adam.lr = spec.discriminator_adam.lr = GetParam().lr;
    const uint64_t total = 1000, seed = GetParam().seed;
    std::string expected;
    uint64_t diverged_at = 0;
    for (gt_isa isa : available_isas()) {
        SCOPED_TRACE(gt_isa_name(isa));
        Trainer trainer = trained(spec, total, seed, 1, isa);
        gt_metrics row = row_of(trainer.get(), 0);
        ASSERT_TRUE(row.diverged);
        EXPECT_LT(row.diverged_at, total);
        EXPECT_TRUE(std::isnan(row.resid_mean));
        if (expected.empty()) expected = digest(trainer.get()), diverged_at = row.diverged_at;
        EXPECT_EQ(row.diverged_at, diverged_at);
        EXPECT_EQ(digest(trainer.get()), expected);

        EXPECT_EQ(gt_trainer_advance(trainer.get(), 100), GT_OK);
        EXPECT_EQ(digest(trainer.get()), expected) << "a frozen run moved";
        EXPECT_EQ(row_of(trainer.get(), 0).diverged_at, diverged_at);

        // in steps, it stops in the same iteration with the same state
        trainer = make_trainer(spec, seed, 1, isa);
        for (uint64_t i = 0; i <= diverged_at; i++) {
            ASSERT_FALSE(row_of(trainer.get(), 0).diverged) << i;
            ASSERT_EQ(gt_trainer_advance(trainer.get(), 1), GT_OK);
        }
        EXPECT_EQ(row_of(trainer.get(), 0).diverged_at, diverged_at);
        EXPECT_EQ(digest(trainer.get()), expected);
    }
}

INSTANTIATE_TEST_SUITE_P(Specs, Diverging,
                         ::testing::Values(Divergence{"x2", 1e6, 3}, Divergence{"x2-leaky", 1e4, 3},
                                           Divergence{"x2-wide", 1e5, 4}, Divergence{"x2-deep", 1e6, 4}));

// Neighbours of a run that diverges: one run of four gets a weight that overflows.
TEST(DigestOf, NeighboursOfADivergedRun) {
    const gt_spec spec = preset("x2");
    Trainer trainer = make_trainer(spec, 60, 4, GT_ISA_AUTO, 2);
    std::vector<float> w = state(trainer.get(), GT_GENERATOR, GT_WEIGHTS, 2);
    for (float &x : w) x = 3e38f;
    ASSERT_EQ(gt_trainer_set_state(trainer.get(), 2, GT_GENERATOR, GT_WEIGHTS, w.data()), GT_OK);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 100), GT_OK);
    for (size_t run : {0u, 1u, 3u}) {
        EXPECT_FALSE(row_of(trainer.get(), run).diverged);
        EXPECT_EQ(digest(trainer.get(), run), digest(trained(spec, 100, 60 + run).get())) << "run " << run;
    }
    EXPECT_TRUE(row_of(trainer.get(), 2).diverged);
    EXPECT_EQ(row_of(trainer.get(), 2).diverged_at, 0u);
}

} // namespace
