// What a spec may be: every refusal of gt_spec_check() with its line, and the presets.
#include "specs.h"

#include <cmath>
#include <functional>
#include <set>

namespace {

struct Refusal {
    const char *name;
    std::function<void(gt_spec &)> change;
    const char *line; // a part of it
};

std::ostream &operator<<(std::ostream &out, const Refusal &r) { return out << r.name; }

class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, InOneLine) {
    gt_spec spec = preset("x2");
    ASSERT_EQ(gt_spec_check(&spec), GT_OK) << gt_last_error();
    GetParam().change(spec);
    EXPECT_EQ(gt_spec_check(&spec), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find(GetParam().line), std::string::npos) << gt_last_error();
    gt_trainer_options options{};
    options.n_runs = 1;
    gt_trainer *trainer = nullptr;
    EXPECT_EQ(gt_trainer_create(&spec, &options, &trainer), GT_ERR_ARGUMENT);
    EXPECT_EQ(trainer, nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Specs, Refused,
    ::testing::Values(
        Refusal{"no_hidden_layer", [](gt_spec &s) { s.generator.n_layers = 1; }, "generator: 1 layers; it takes 2 to 8"},
        Refusal{"no_units", [](gt_spec &s) { s.generator.size[1] = 0; }, "generator: a layer of 0 units; it takes 1 to 4096"},
        Refusal{"too_wide", [](gt_spec &s) { s.discriminator.size[1] = 4097; }, "a layer of 4097 units"},
        Refusal{"activation", [](gt_spec &s) { s.generator.activation[0] = GT_N_ACTIVATIONS; }, "is not one of gt_activation"},
        Refusal{"slope", [](gt_spec &s) { s.discriminator.leaky_slope = 1.5; }, "leaky slope 1.5; it takes 0 to 1"},
        Refusal{"initialiser", [](gt_spec &s) { s.generator.output_init = (gt_initializer)9; }, "of gt_initializer"},
        Refusal{"g_ends", [](gt_spec &s) { s.generator.size[2] = 3; }, "a point has 2 values, but the generator gives 3"},
        Refusal{"d_ends", [](gt_spec &s) { s.discriminator.size[0] = 1; }, "the discriminator takes 1"},
        Refusal{"logits", [](gt_spec &s) { s.discriminator.size[2] = 2; }, "it must give one logit"},
        Refusal{"d_output", [](gt_spec &s) { s.discriminator.activation[1] = GT_SIGMOID; }, "must be linear"},
        Refusal{"lr", [](gt_spec &s) { s.generator_adam.lr = 0; }, "learning rate 0; it takes a number above 0"},
        Refusal{"lr_nan", [](gt_spec &s) { s.generator_adam.lr = NAN; }, "learning rate"},
        Refusal{"beta1", [](gt_spec &s) { s.discriminator_adam.beta1 = 1; }, "beta1 1; it takes 0 to 0.999999"},
        Refusal{"beta2", [](gt_spec &s) { s.discriminator_adam.beta2 = -1; }, "beta2 -1"},
        Refusal{"eps", [](gt_spec &s) { s.discriminator_adam.eps = 0; }, "eps 0; it takes 1e-20 to 1"},
        Refusal{"weight_decay", [](gt_spec &s) { s.generator_adam.weight_decay = 1000; },
                "weight decay 1000; it takes 0 or more"},
        Refusal{"odd_batch", [](gt_spec &s) { s.batch = 3; }, "batch 3; it takes an even number"},
        Refusal{"batch", [](gt_spec &s) { s.batch = 65538; }, "batch 65538; it takes 1 to 65536"},
        Refusal{"half_batch", [](gt_spec &s) { s.half_batch = -1; }, "half batch -1; it takes 1 to 65536"},
        Refusal{"d_steps", [](gt_spec &s) { s.d_steps = 0; }, "0 steps of the discriminator an iteration; it takes 1 to 100"},
        Refusal{"loss", [](gt_spec &s) { s.loss = GT_N_LOSSES; }, "is not one of gt_loss"},
        Refusal{"label", [](gt_spec &s) { s.real_label = 1.1; }, "labels 1.1 and 0; the loss bce takes 0 to 1"},
        Refusal{"no_labels", [](gt_spec &s) { s.loss = GT_HINGE, s.real_label = 0.9; }, "the loss hinge has none"},
        Refusal{"no_clip", [](gt_spec &s) { s.loss = GT_WASSERSTEIN; }, "clip 0; wasserstein takes a number above 0"},
        Refusal{"clip", [](gt_spec &s) { s.clip = 0.01; }, "only the loss wasserstein clips"},
        Refusal{"decay", [](gt_spec &s) { s.decay = GT_N_DECAYS; }, "is not one of gt_decay"},
        Refusal{"decay_iterations", [](gt_spec &s) { s.decay = GT_DECAY_LINEAR; }, "decay over 0 iterations; it takes 1"},
        Refusal{"decay_final", [](gt_spec &s) { s.decay_final = 2; }, "final factor 2 of the learning rates; it takes 0 to 1"},
        Refusal{"ema", [](gt_spec &s) { s.ema = 1; }, "ema 1; it takes 0 (none) to 0.9999999"},
        Refusal{"noise", [](gt_spec &s) { s.noise = GT_N_NOISES; }, "is not one of gt_noise"},
        Refusal{"scaling", [](gt_spec &s) { s.scaling = GT_N_SCALINGS; }, "is not one of gt_scaling"},
        Refusal{"domain", [](gt_spec &s) { s.target.lo = 1; }, "domain 1:0.5; it takes two numbers, the smaller first"},
        Refusal{"target", [](gt_spec &s) { s.target.name[0] = 'y'; }, "no target is called \"y2\""}),
    [](const auto &tested) { return tested.param.name; });

TEST(Presets, CanBeTrainedAndAreToldApart) {
    std::set<std::string> names, specs;
    const std::vector<unsigned char> pixels(28 * 28, 100);
    for (int i = 0; gt_preset_name(i) != nullptr; i++) {
        SCOPED_TRACE(gt_preset_name(i));
        gt_spec spec = preset(gt_preset_name(i));
        if (std::string(spec.target.name) == "images") { // they are the caller's to give
            EXPECT_EQ(gt_spec_check(&spec), GT_ERR_ARGUMENT);
            spec.target.pixels = pixels.data();
            spec.target.n_points = 1;
        }
        EXPECT_EQ(gt_spec_check(&spec), GT_OK) << gt_last_error();
        EXPECT_TRUE(names.insert(gt_preset_name(i)).second);
        EXPECT_GT(std::string(gt_preset_summary(i)).size(), 10u);
        Trainer trainer = make_trainer(spec);
        ASSERT_EQ(gt_trainer_advance(trainer.get(), 3), GT_OK) << gt_last_error();
        gt_metrics row;
        ASSERT_EQ(gt_trainer_evaluate(trainer.get(), nullptr, &row), GT_OK) << gt_last_error();
        EXPECT_TRUE(specs.insert(digest(trainer.get())).second) << "trains as another one does";
    }
    EXPECT_EQ(gt_preset_name(-1), nullptr);
    EXPECT_EQ(gt_preset_summary((int)names.size()), nullptr);
    gt_spec spec;
    EXPECT_EQ(gt_spec_preset("x3", &spec), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("no preset is called \"x3\"; there are x2, x2-leaky"), std::string::npos);
}

// The draws that a caller may ask for: their streams, their kind, and that training does not touch them.
TEST(Draws, AreWhatTheySay) {
    const gt_spec spec = changed(preset("x2-scaled"), [](gt_spec &s) { s.noise = GT_NOISE_UNIFORM; });
    Trainer trainer = make_trainer(spec, 7, 2);
    std::vector<float> real(200), uniform(200), latents(500), again(500);
    const auto draw = [&](gt_draw what, uint32_t index, std::vector<float> &out) {
        ASSERT_EQ(gt_trainer_draw(trainer.get(), 1, what, index, 100, out.data()), GT_OK) << gt_last_error();
    };
    draw(GT_DRAW_REAL, 0, real);
    draw(GT_DRAW_UNIFORM, 0, uniform);
    draw(GT_DRAW_LATENTS, 0, latents);
    for (float x : real) EXPECT_LE(std::fabs(x), 1);
    for (float x : uniform) EXPECT_LE(std::fabs(x), 1);
    for (float x : latents) EXPECT_LE(std::fabs(x), 1);
    EXPECT_NE(std::vector<float>(latents.begin(), latents.begin() + 200), uniform);
    gt_trainer_to_data(trainer.get(), real.data(), 100);
    for (size_t i = 0; i < 100; i++) {
        EXPECT_LE(std::fabs(real[2 * i]), 0.5f + 1e-6f);
        EXPECT_NEAR(real[2 * i + 1], real[2 * i] * real[2 * i], 1e-6);
    }
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 3), GT_OK);
    draw(GT_DRAW_LATENTS, 0, again);
    EXPECT_EQ(again, latents) << "depends on training";
    draw(GT_DRAW_LATENTS, 1, again);
    EXPECT_NE(again, latents) << "depends on no index";
    EXPECT_EQ(gt_trainer_draw(trainer.get(), 2, GT_DRAW_REAL, 0, 1, real.data()), GT_ERR_ARGUMENT);
    EXPECT_EQ(gt_trainer_draw(trainer.get(), 0, (gt_draw)9, 0, 1, real.data()), GT_ERR_ARGUMENT);
}

// Averaged weights are what samples come from and what is exported; the loss decides what D's output is.
TEST(Recipes, SamplesComeFromAveragedWeights) {
    Trainer trainer = make_trainer(preset("x2-ema"), 3);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 200), GT_OK);
    std::vector<float> samples(20), weights = state(trainer.get(), GT_GENERATOR, GT_EMA);
    ASSERT_NE(weights, state(trainer.get(), GT_GENERATOR, GT_WEIGHTS));
    ASSERT_EQ(gt_trainer_sample(trainer.get(), 0, 0, 10, samples.data()), GT_OK);
    Trainer plain = make_trainer(preset("x2"), 3);
    ASSERT_EQ(gt_trainer_advance(plain.get(), 200), GT_OK);
    EXPECT_EQ(state(plain.get(), GT_GENERATOR, GT_WEIGHTS), state(trainer.get(), GT_GENERATOR, GT_WEIGHTS));
    ASSERT_EQ(gt_trainer_set_state(plain.get(), 0, GT_GENERATOR, GT_WEIGHTS, weights.data()), GT_OK);
    std::vector<float> expected(20);
    ASSERT_EQ(gt_trainer_sample(plain.get(), 0, 0, 10, expected.data()), GT_OK);
    EXPECT_EQ(samples, expected);
    EXPECT_EQ(gt_trainer_get_state(plain.get(), 0, GT_GENERATOR, GT_EMA, expected.data()), GT_ERR_ARGUMENT);
    EXPECT_EQ(gt_trainer_get_state(trainer.get(), 0, GT_DISCRIMINATOR, GT_EMA, expected.data()), GT_ERR_ARGUMENT);
}

// With labels -1 and 1 a logit of 0.2 is nearer to real, though it is below 1/2.
TEST(Recipes, LeastSquaresTakesTheNearerLabel) {
    const gt_spec spec = changed(preset("x2-lsgan"), [](gt_spec &s) { s.fake_label = -1; });
    Trainer trainer = make_trainer(spec, 3), usual = make_trainer(preset("x2-lsgan"), 3);
    const float point[2] = {0.1f, 0.01f}, real = 1;
    for (gt_trainer *t : {trainer.get(), usual.get()}) {
        std::vector<float> w(gt_spec_n_parameters(&spec, GT_DISCRIMINATOR), 0.0f);
        w.back() = 0.2f; // the logit of every point
        ASSERT_EQ(gt_trainer_set_state(t, 0, GT_DISCRIMINATOR, GT_WEIGHTS, w.data()), GT_OK);
    }
    gt_batch_result result;
    ASSERT_EQ(gt_trainer_evaluate_on_batch(trainer.get(), 0, GT_DISCRIMINATOR, point, &real, 1, &result), GT_OK);
    EXPECT_EQ(result.accuracy, 1);
    ASSERT_EQ(gt_trainer_evaluate_on_batch(usual.get(), 0, GT_DISCRIMINATOR, point, &real, 1, &result), GT_OK);
    EXPECT_EQ(result.accuracy, 0);
}

TEST(Recipes, WassersteinKeepsTheWeightsOfDWithinTheClip) {
    const gt_spec spec = changed(preset("x2-wgan"), [](gt_spec &s) { s.clip = 0.05; });
    Trainer trainer = make_trainer(spec, 3);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 20), GT_OK);
    size_t at_the_edge = 0;
    for (float w : state(trainer.get(), GT_DISCRIMINATOR, GT_WEIGHTS)) {
        EXPECT_LE(std::fabs(w), 0.05f);
        at_the_edge += std::fabs(w) == 0.05f;
    }
    EXPECT_GT(at_the_edge, 10u);
    EXPECT_EQ(gt_trainer_adam_steps(trainer.get(), 0, GT_DISCRIMINATOR), 20u * 5 * 2);
    float point[2] = {0.1f, 0.01f}, score;
    ASSERT_EQ(gt_trainer_predict(trainer.get(), 0, GT_DISCRIMINATOR, point, 1, &score), GT_OK);
    EXPECT_LT(std::fabs(score), 1.0f); // a score: no sigmoid has made it a probability
}

} // namespace
