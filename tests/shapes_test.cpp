// Odd sizes: they train, stay finite, and give the same bits on every instruction set.
#include "specs.h"

#include <cmath>

namespace {

class Shapes : public ::testing::TestWithParam<NamedSpec> {};

TEST_P(Shapes, TrainFiniteAndEqual) {
    const gt_spec &spec = GetParam().spec;
    const size_t parameters = gt_spec_n_parameters(&spec, GT_GAN);
    const uint64_t iterations = parameters > 100000 ? 3 : 40;
    std::string expected;
    std::vector<float> expected_points;
    for (gt_isa isa : available_isas()) {
        SCOPED_TRACE(gt_isa_name(isa));
        Trainer trainer = make_trainer(spec, 8, 1, isa);
        ASSERT_NE(trainer, nullptr);
        ASSERT_EQ(gt_trainer_advance(trainer.get(), iterations), GT_OK);
        for (gt_net which : {GT_DISCRIMINATOR, GT_GENERATOR})
            for (gt_state_part part : {GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V})
                for (float x : state(trainer.get(), which, part)) ASSERT_TRUE(std::isfinite(x));
        gt_evaluate_options options{};
        options.n_samples = 1001; // no multiple of anything
        options.n_accuracy = 77;
        gt_metrics row{};
        ASSERT_EQ(gt_trainer_evaluate(trainer.get(), &options, &row), GT_OK) << gt_last_error();
        EXPECT_FALSE(row.diverged);
        EXPECT_TRUE(std::isfinite(row.w1_x) && std::isfinite(row.resid_mean));
        EXPECT_EQ(row.iteration, iterations);

        std::vector<float> points(2 * 1001 + 1, -7.0f);
        ASSERT_EQ(gt_trainer_sample(trainer.get(), 0, 0, 1001, points.data()), GT_OK);
        EXPECT_EQ(points.back(), -7.0f) << "wrote past its end";
        if (expected.empty()) expected = digest(trainer.get()), expected_points = points;
        EXPECT_EQ(digest(trainer.get()), expected);
        EXPECT_EQ(points, expected_points);
    }
}

// The first points of a draw don't depend on how many are drawn; predict gives what sample gave, whatever the number of rows.
TEST_P(Shapes, PointsDoNotDependOnTheirNumber) {
    const gt_spec &spec = GetParam().spec;
    Trainer trainer = make_trainer(spec, 8);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 2), GT_OK);
    std::vector<float> all(2 * 300), real(2 * 300), p_all(300);
    ASSERT_EQ(gt_trainer_sample(trainer.get(), 0, 3, 300, all.data()), GT_OK);
    ASSERT_EQ(gt_trainer_evaluation_points(trainer.get(), 0, 300, real.data(), nullptr), GT_OK);
    ASSERT_EQ(gt_trainer_predict(trainer.get(), 0, GT_DISCRIMINATOR, real.data(), 300, p_all.data()), GT_OK);
    for (size_t n : {1u, 2u, 15u, 16u, 17u, 127u, 128u, 129u, 255u}) {
        std::vector<float> some(2 * n), some_real(2 * n), p(n);
        ASSERT_EQ(gt_trainer_sample(trainer.get(), 0, 3, n, some.data()), GT_OK);
        ASSERT_EQ(gt_trainer_evaluation_points(trainer.get(), 0, n, some_real.data(), nullptr), GT_OK);
        ASSERT_EQ(gt_trainer_predict(trainer.get(), 0, GT_DISCRIMINATOR, real.data(), n, p.data()), GT_OK);
        EXPECT_EQ(some, std::vector<float>(all.begin(), all.begin() + 2 * (std::ptrdiff_t)n)) << n;
        EXPECT_EQ(some_real, std::vector<float>(real.begin(), real.begin() + 2 * (std::ptrdiff_t)n)) << n;
        EXPECT_EQ(p, std::vector<float>(p_all.begin(), p_all.begin() + (std::ptrdiff_t)n)) << n;
    }
}

std::vector<NamedSpec> shapes() {
    std::vector<NamedSpec> out;
    for (int batch : {2, 6, 16, 30, 32, 34, 50, 126, 130, 254, 256, 258, 1000})
        out.push_back({"batch_" + std::to_string(batch), spec_of(5, {15}, {25}, GT_RELU, batch)});
    for (int hidden : {1, 2, 15, 16, 17, 100, 1000}) {
        out.push_back({"hidden_" + std::to_string(hidden), spec_of(5, {hidden}, {hidden}, GT_RELU)});
        out.push_back({"hidden_leaky_batch_50_" + std::to_string(hidden), spec_of(5, {hidden}, {hidden}, GT_LEAKY_RELU, 50)});
    }
    for (int latent : {1, 2, 3, 4, 6, 8, 100})
        out.push_back({"latent_" + std::to_string(latent), spec_of(latent, {15}, {25}, GT_RELU, 130)});
    out.push_back({"three_hidden", spec_of(5, {12, 11, 10}, {16, 15, 14}, GT_TANH, 50)});
    out.push_back({"seven_hidden", spec_of(3, {9, 8, 7, 6, 5, 4, 3}, {3, 4, 5, 6, 7, 8, 9}, GT_LEAKY_RELU, 20)});
    out.push_back({"g_deep_d_shallow", spec_of(5, {16, 16}, {25}, GT_SIGMOID)});
    out.push_back({"g_shallow_d_deep", spec_of(5, {15}, {16, 16}, GT_LINEAR)});
    out.push_back({"all_ones", spec_of(1, {1, 1}, {1, 1}, GT_TANH, 2)});
    return out;
}

INSTANTIATE_TEST_SUITE_P(Specs, Shapes, ::testing::ValuesIn(shapes()), spec_name);

} // namespace
