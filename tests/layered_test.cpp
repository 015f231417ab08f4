// The layered engine on the CPU as a whole: against the fused one, alone and among others, resumed, on images.
#include "folder.h"
#include "same_bits.h"

#include <cmath>
#include <random>

namespace {

Trainer trainer_by(gt_engine_kind engine, const gt_spec &spec, uint64_t first_seed = 1, size_t n_runs = 1, int n_threads = 2) {
    gt_trainer_options options = options_for(GT_DEVICE_CPU, first_seed, n_runs);
    options.engine = engine;
    options.n_threads = n_threads;
    return make_trainer(spec, options);
}

Trainer layered(const gt_spec &spec, uint64_t first_seed = 1, size_t n_runs = 1, int n_threads = 2) {
    return trainer_by(GT_ENGINE_LAYERED, spec, first_seed, n_runs, n_threads);
}

std::vector<NamedSpec> all_specs() {
    std::vector<NamedSpec> list = join(recipes(), targets());
    for (const char *name : {"x2", "x2-leaky", "x2-tanh", "x2-wide", "x2-deep", "x2-wgan", "ring8-pacgan"}) {
        std::string plain = name;
        for (char &c : plain)
            if (c == '-') c = '_';
        list.push_back({"preset_" + plain, preset(name)});
    }
    list.push_back({"mixed", mixed_spec()});
    return list;
}

class LayeredAndFused : public ::testing::TestWithParam<NamedSpec> {};
INSTANTIATE_TEST_SUITE_P(Specs, LayeredAndFused, ::testing::ValuesIn(all_specs()), spec_name);

TEST_P(LayeredAndFused, StartFromTheSameBits) {
    const Trainer a = trainer_by(GT_ENGINE_FUSED, GetParam().spec, 3, 2), b = layered(GetParam().spec, 3, 2);
    expect_equal(a, b);
}

// Same streams, same recipe, other orders of summation. The tutorial asks for 1e-6; deeper nets and steps of sign-like size
// (Adam's first ones: m / sqrt(v) of gradients near 0) amplify rounding more.
TEST_P(LayeredAndFused, AgreeAfter50Iterations) {
    const gt_spec &spec = GetParam().spec;
    const Trainer fused = trainer_by(GT_ENGINE_FUSED, spec, 7), other = layered(spec, 7);
    const bool tutorial = GetParam().name == "preset_x2";
    train(fused, 50);
    train(other, 50);
    for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR}) {
        EXPECT_EQ(gt_trainer_adam_steps(fused.get(), 0, net), gt_trainer_adam_steps(other.get(), 0, net));
        for (gt_state_part part : parts_of(spec, net)) {
            if (part == GT_ADAM_M || part == GT_ADAM_V) continue;
            const std::vector<float> x = state(fused.get(), net, part), y = state(other.get(), net, part);
            double worst = 0;
            for (size_t k = 0; k < x.size(); k++) worst = std::fmax(worst, std::fabs((double)x[k] - (double)y[k]));
            EXPECT_LT(worst, tutorial ? 1e-6 : 2e-4) << name_of(net) << " " << name_of(part);
        }
    }
    const std::vector<gt_metrics> a = rows_of(fused, scored(200, 100)), b = rows_of(other, scored(200, 100));
    EXPECT_NEAR(a[0].d_loss_real, b[0].d_loss_real, 1e-3);
    EXPECT_NEAR(a[0].d_loss_fake, b[0].d_loss_fake, 1e-3);
    EXPECT_NEAR(a[0].g_loss, b[0].g_loss, 1e-3);
    EXPECT_NEAR(a[0].energy, b[0].energy, 1e-3 * (1 + std::fabs(a[0].energy)));
}

// Nets wide enough to be cut into tiles.
gt_spec wide_spec() {
    gt_spec spec = spec_of(10, {300, 128}, {200, 300}, GT_LEAKY_RELU, 96);
    spec.ema = 0.99;
    spec.discriminator_adam.beta1 = spec.generator_adam.beta1 = 0.5;
    return spec;
}

TEST(Layered, IsTakenForWideNetsAlone) {
    const Trainer wide = make_trainer(wide_spec()), narrow = make_trainer(preset("x2"));
    EXPECT_STREQ(gt_trainer_get_info(wide.get()).engine, "layered");
    EXPECT_STREQ(gt_trainer_get_info(narrow.get()).engine, "fused");
}

TEST(Layered, ARunIsTheSameAloneAmongOthersOnAnyNumberOfThreadsAndInParts) {
    const Trainer among = layered(wide_spec(), 4, 3, 2), alone = layered(wide_spec(), 5, 1, 3),
                  parts = layered(wide_spec(), 4, 3, 1);
    train(among, 12);
    train(alone, 12);
    for (uint64_t n : {5, 1, 6}) train(parts, n);
    expect_equal(among, parts);
    EXPECT_EQ(digest(among.get(), 1), digest(alone.get()));
    EXPECT_NE(digest(among.get(), 0), digest(alone.get()));
}

TEST(Layered, EveryInstructionSetGivesTheSameBits) {
    std::vector<std::string> digests;
    for (gt_isa isa : available_isas()) {
        gt_trainer_options options = options_for(GT_DEVICE_CPU);
        options.isa = isa;
        const Trainer trainer = make_trainer(wide_spec(), options);
        train(trainer, 10);
        digests.push_back(digest(trainer.get()));
    }
    for (const std::string &d : digests) EXPECT_EQ(d, digests[0]);
}

TEST(Layered, GoesOnFromACheckpointBitForBit) {
    const Folder folder;
    const Trainer straight = layered(wide_spec(), 4, 2), first = layered(wide_spec(), 4, 2);
    train(straight, 20);
    train(first, 9);
    const std::string path = folder / "checkpoint.safetensors";
    ASSERT_EQ(gt_trainer_save(first.get(), path.c_str()), GT_OK) << gt_last_error();
    gt_trainer *loaded = nullptr;
    ASSERT_EQ(gt_trainer_load(path.c_str(), nullptr, &loaded), GT_OK) << gt_last_error();
    const Trainer second(loaded, &gt_trainer_destroy);
    train(second, 11);
    expect_equal(straight, second);
    expect_equal(rows_of(straight, scored(300))[1], rows_of(second, scored(300))[1]);
}

TEST(Layered, SettingsHaveTheirOwnNumbers) {
    gt_spec settings[2] = {wide_spec(), wide_spec()};
    settings[1].generator_adam.lr = 3e-4;
    settings[1].discriminator.leaky_slope = 0.01;
    settings[1].real_label = 0.8;
    gt_trainer_options options = options_for(GT_DEVICE_CPU, 9, 2);
    gt_trainer *both = nullptr;
    ASSERT_EQ(gt_trainer_create_settings(settings, 2, &options, &both), GT_OK) << gt_last_error();
    const Trainer together(both, &gt_trainer_destroy), apart = layered(settings[1], 9, 2);
    train(together, 8);
    train(apart, 8);
    EXPECT_EQ(digest(together.get(), 2), digest(apart.get(), 0));
    EXPECT_EQ(digest(together.get(), 3), digest(apart.get(), 1));
    EXPECT_NE(digest(together.get(), 0), digest(apart.get(), 0));
}

TEST(Layered, ADivergedRunIsFrozenAndLeavesTheOthersAlone) {
    gt_spec wild = wide_spec();
    wild.generator_adam.lr = wild.discriminator_adam.lr = 1e6;
    gt_spec settings[2] = {wide_spec(), wild};
    gt_trainer_options options = options_for(GT_DEVICE_CPU, 2, 1);
    gt_trainer *made = nullptr;
    ASSERT_EQ(gt_trainer_create_settings(settings, 2, &options, &made), GT_OK) << gt_last_error();
    const Trainer both(made, &gt_trainer_destroy), calm = layered(wide_spec(), 2);
    for (int k = 0; k < 20; k++) train(both, 5);
    train(calm, 100);
    const std::vector<gt_metrics> rows = rows_of(both, scored(100));
    EXPECT_FALSE(rows[0].diverged);
    EXPECT_TRUE(rows[1].diverged);
    EXPECT_EQ(digest(both.get(), 0), digest(calm.get(), 0));
}

TEST(Layered, TrainOnBatchOfTheLosingNetAloneChangesItAlone) {
    const Trainer trainer = layered(wide_spec()), fused = trainer_by(GT_ENGINE_FUSED, wide_spec());
    const std::vector<float> d = state(trainer.get(), GT_DISCRIMINATOR, GT_WEIGHTS);
    std::vector<float> z(150 * 10), x(150 * 2), y(150);
    for (size_t k = 0; k < z.size(); k++) z[k] = std::sin((float)k);
    for (size_t k = 0; k < x.size(); k++) x[k] = std::cos((float)k);
    for (size_t k = 0; k < y.size(); k++) y[k] = k % 3 == 0 ? 1.0f : 0.1f;
    for (const Trainer *t : {&trainer, &fused}) {
        gt_batch_result result;
        ASSERT_EQ(gt_trainer_train_on_batch(t->get(), 0, GT_GAN, z.data(), y.data(), 150, &result), GT_OK) << gt_last_error();
        if (t == &trainer) {
            EXPECT_EQ(state(trainer.get(), GT_DISCRIMINATOR, GT_WEIGHTS), d);
        }
        ASSERT_EQ(gt_trainer_train_on_batch(t->get(), 0, GT_DISCRIMINATOR, x.data(), y.data(), 150, &result), GT_OK);
    }
    for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR}) {
        const std::vector<float> a = state(trainer.get(), net, GT_WEIGHTS), b = state(fused.get(), net, GT_WEIGHTS);
        const std::vector<float> initial = state(layered(wide_spec()).get(), net, GT_WEIGHTS);
        EXPECT_NE(a, initial);
        for (size_t k = 0; k < a.size(); k++) ASSERT_NEAR(a[k], b[k], 1e-4) << name_of(net) << " " << k;
    }
    std::vector<float> p(150), q(150);
    ASSERT_EQ(gt_trainer_predict(trainer.get(), 0, GT_GAN, z.data(), 150, p.data()), GT_OK);
    ASSERT_EQ(gt_trainer_predict(fused.get(), 0, GT_GAN, z.data(), 150, q.data()), GT_OK);
    for (size_t k = 0; k < p.size(); k++) ASSERT_NEAR(p[k], q[k], 1e-3);
}

// Images that grow brighter in one direction, every one in its own.
gt_spec slopes(std::vector<unsigned char> *pixels) {
    std::mt19937 random(3);
    std::uniform_real_distribution<double> uniform(-15, 15);
    pixels->clear();
    for (int i = 0; i < 400; i++) {
        const double u = uniform(random), v = uniform(random);
        for (int k = 0; k < 64; k++) pixels->push_back((unsigned char)(128 + u * (k % 8 - 3.5) + v * (k / 8 - 3.5)));
    }
    gt_images images{};
    images.pixels = pixels->data();
    images.n = 400, images.height = images.width = 8, images.channels = 1;
    gt_spec spec = preset("x2");
    spec.generator = net(16, {64, 64}, GT_RELU, 64);
    spec.generator.activation[2] = GT_TANH;
    spec.discriminator = net(64, {64, 32}, GT_LEAKY_RELU, 1);
    spec.generator_adam.beta1 = spec.discriminator_adam.beta1 = 0.5;
    spec.generator_adam.lr = spec.discriminator_adam.lr = 2e-4;
    spec.real_label = 0.9;
    EXPECT_EQ(gt_target_from_images(&images, &spec.target), GT_OK) << gt_last_error();
    return spec;
}

TEST(Layered, LearnsImages) {
    std::vector<unsigned char> pixels;
    const gt_spec spec = slopes(&pixels);
    const Trainer trainer = make_trainer(spec);
    std::fill(pixels.begin(), pixels.end(), 0); // the trainer has its own
    train(trainer, 3000);
    const gt_metrics after = rows_of(trainer, scored(1000, 400))[0];
    EXPECT_LT(after.energy_coefficient, 0.02);
    EXPECT_NEAR(after.spread, 1, 0.3);
    std::vector<float> image(64);
    ASSERT_EQ(gt_trainer_sample(trainer.get(), 0, 0, 1, image.data()), GT_OK);
    for (float p : image) EXPECT_TRUE(p >= 0 && p <= 255) << p;
}

TEST(Layered, ImagesStandInTheCheckpoint) {
    const Folder folder;
    std::vector<unsigned char> pixels;
    const Trainer first = make_trainer(slopes(&pixels));
    train(first, 10);
    const std::string path = folder / "checkpoint.safetensors";
    ASSERT_EQ(gt_trainer_save(first.get(), path.c_str()), GT_OK) << gt_last_error();
    pixels.clear();
    gt_trainer *loaded = nullptr;
    ASSERT_EQ(gt_trainer_load(path.c_str(), nullptr, &loaded), GT_OK) << gt_last_error();
    const Trainer second(loaded, &gt_trainer_destroy);
    train(first, 10);
    train(second, 10);
    expect_equal(first, second);
}

TEST(Layered, TheFusedEngineRefusesImagesAndWidePoints) {
    std::vector<unsigned char> pixels;
    const gt_spec spec = slopes(&pixels);
    gt_trainer_options options = options_for(GT_DEVICE_CPU);
    options.engine = GT_ENGINE_FUSED;
    gt_trainer *trainer = nullptr;
    EXPECT_EQ(gt_trainer_create(&spec, &options, &trainer), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("engine layered"), std::string::npos) << gt_last_error();
}

TEST(Layered, ImagesWithoutPixelsOrOfOtherSizesAreRefused) {
    gt_spec spec = preset("mlp-mnist-literal");
    EXPECT_EQ(gt_spec_check(&spec), GT_ERR_ARGUMENT);
    std::vector<unsigned char> pixels(784);
    spec.target.pixels = pixels.data();
    spec.target.n_points = 1;
    EXPECT_EQ(gt_spec_check(&spec), GT_OK) << gt_last_error();
    for (int channels : {0, 2, 4}) {
        gt_spec wrong = spec;
        wrong.target.channels = channels;
        EXPECT_EQ(gt_spec_check(&wrong), GT_ERR_ARGUMENT) << channels;
    }
    spec.target.width = 27;
    EXPECT_EQ(gt_spec_check(&spec), GT_ERR_ARGUMENT);
}

} // namespace
