// Several settings in one trainer: which specs go together, and that every run is what its spec has alone.
#include "nets.h"
#include "settings.h"

#include "core/init_from.h"

#include <filesystem>
#include <set>

namespace {

// ---------------------------------------------------------------- which specs go together

std::vector<NamedSpec> specs() {
    return join({{"x2", preset("x2")}, {"x2_leaky", preset("x2-leaky")}, {"x2_deep", preset("x2-deep")}},
                join(recipes(), {{"ring", target_spec("ring8-pacgan", GT_LINEAR)}, {"data", data_spec(3, 1000)}}));
}

TEST(Settings, NumbersMayDiffer) {
    for (const auto &[name, spec] : specs())
        for (const Change &number : changes_of_numbers(spec)) {
            gt_spec other = spec;
            number.change(other);
            ASSERT_EQ(gt_spec_check(&other), GT_OK) << name << " " << number.member << ": " << gt_last_error();
            EXPECT_TRUE(gt_spec_shares_trainer(&spec, &other)) << name << " " << number.member;
            EXPECT_TRUE(gt_spec_shares_trainer(&other, &spec)) << name << " " << number.member;
        }
}

TEST(Settings, AllElseMayNot) {
    static const float points[] = {1, 2, 3, 4}, others[] = {1, 2, 3, 5};
    const auto target = [](gt_spec &s, const char *name) { ASSERT_EQ(gt_target_by_name(name, &s.target), GT_OK); };
    const Change changes[] = {
        {"generator.n_layers",
         [](gt_spec &s) {
             s.generator = net(5, {15, 15}, GT_RELU, 2);
         }},
        {"generator.size[0]", [](gt_spec &s) { s.generator.size[0] = 6; }},
        {"generator.activation[1]", [](gt_spec &s) { s.generator.activation[1] = GT_TANH; }},
        {"discriminator.size[1]", [](gt_spec &s) { s.discriminator.size[1] = 26; }},
        {"discriminator.activation[0]", [](gt_spec &s) { s.discriminator.activation[0] = GT_TANH; }},
        {"target.name", [&](gt_spec &s) { target(s, "sine"); }},
        {"target.lo", [](gt_spec &s) { s.target.lo = -1; }},
        {"target.hi", [](gt_spec &s) { s.target.hi = 1; }},
        {"scaling", [](gt_spec &s) { s.scaling = GT_SCALING_UNIT; }},
        {"noise", [](gt_spec &s) { s.noise = GT_NOISE_UNIFORM; }},
        {"loss", [](gt_spec &s) { s.loss = GT_HINGE; }},
        {"batch", [](gt_spec &s) { s.batch = 64; }},
        {"half_batch", [](gt_spec &s) { s.half_batch = 63; }},
        {"combined_batch", [](gt_spec &s) { s.combined_batch = true; }},
        {"d_steps", [](gt_spec &s) { s.d_steps = 2; }},
        {"decay", [](gt_spec &s) { s.decay = GT_DECAY_COSINE, s.decay_iterations = 5; }},
        {"weight_decay", [](gt_spec &s) { s.generator_adam.weight_decay = 1; }},
        {"weight_decay", [](gt_spec &s) { s.discriminator_adam.weight_decay = 1; }},
        {"ema", [](gt_spec &s) { s.ema = 0.9; }},
    };
    gt_trainer *trainer = nullptr;
    gt_trainer_options options{};
    options.n_runs = 1;
    const auto expect_refused = [&](const gt_spec &first, const gt_spec &other, const std::string &member) {
        const std::vector<gt_spec> settings = {first, first, other};
        EXPECT_FALSE(gt_spec_shares_trainer(&first, &other)) << member;
        EXPECT_FALSE(gt_spec_shares_trainer(&other, &first)) << member;
        EXPECT_EQ(gt_trainer_create_settings(settings.data(), 3, &options, &trainer), GT_ERR_ARGUMENT);
        EXPECT_EQ(std::string(gt_last_error()).find(member + " of setting 2 is "), 0u) << member << ": " << gt_last_error();
        EXPECT_NE(std::string(gt_last_error()).find("a trainer of its own"), std::string::npos) << gt_last_error();
        EXPECT_EQ(trainer, nullptr);
    };
    for (const Change &change : changes) {
        const gt_spec first = preset("x2");
        gt_spec other = first;
        change.change(other);
        expect_refused(first, other, change.member);
    }
    gt_spec sine = target_spec("ring8-pacgan", GT_LINEAR), other = sine;
    other.target.parameter[1] *= 2;
    expect_refused(sine, other, "target.parameter[1]");
    ASSERT_EQ(gt_target_from_expression("sin(x)", 0, 1, &sine.target), GT_OK);
    other = sine;
    ASSERT_EQ(gt_target_from_expression("cos(x)", 0, 1, &other.target), GT_OK);
    expect_refused(sine, other, "target.expression");
    gt_spec data = preset("x2");
    ASSERT_EQ(gt_target_from_points(points, 2, 2, &data.target), GT_OK);
    other = data;
    other.target.points = others;
    expect_refused(data, other, "target.points[3]");
    other.target.n_points = 1;
    expect_refused(data, other, "target.n_points");
}

TEST(Settings, EqualPointsAndHalfBatchesAreTheSameOnes) {
    static const float points[] = {1, 2, 3, 4}, same[] = {1, 2, 3, 4};
    gt_spec a = preset("x2"), b = a;
    b.half_batch = 64; // what 0 means
    EXPECT_TRUE(gt_spec_shares_trainer(&a, &b));
    ASSERT_EQ(gt_target_from_points(points, 2, 2, &a.target), GT_OK);
    b.target = a.target;
    b.target.points = same;
    EXPECT_TRUE(gt_spec_shares_trainer(&a, &b));
}

TEST(Settings, WhatIsNoTrainer) {
    std::vector<gt_spec> settings = {preset("x2"), preset("x2")};
    gt_trainer *trainer = nullptr;
    gt_trainer_options options{};
    options.n_runs = 1;
    EXPECT_EQ(gt_trainer_create_settings(settings.data(), 0, &options, &trainer), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("0 settings"), std::string::npos) << gt_last_error();
    options.n_runs = SIZE_MAX / 2 + 1;
    EXPECT_EQ(gt_trainer_create_settings(settings.data(), 2, &options, &trainer), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("2 settings of"), std::string::npos) << gt_last_error();
    options.n_runs = 1;
    settings[1].generator_adam.lr = -1; // each is checked
    EXPECT_EQ(gt_trainer_create_settings(settings.data(), 2, &options, &trainer), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("learning rate -1"), std::string::npos) << gt_last_error();
    EXPECT_EQ(trainer, nullptr);
}

// ---------------------------------------------------------------- every run is that of its spec alone

class SettingsOf : public ::testing::TestWithParam<NamedSpec> {};

TEST_P(SettingsOf, GiveTheRunsOfEachAlone) {
    const std::vector<gt_spec> settings = settings_of(GetParam().spec);
    for (gt_isa isa : available_isas()) {
        gt_trainer_options options = options_for(GT_DEVICE_CPU, 30, 3);
        options.isa = isa;
        options.n_threads = 2;
        Trainer trainer = make_settings(settings, options);
        train(trainer, 25);
        train(trainer, 25);
        expect_runs_alone(trainer, settings, 50, scored(500, 100));
    }
}

INSTANTIATE_TEST_SUITE_P(Specs, SettingsOf, ::testing::ValuesIn(specs()), spec_name);

TEST(Settings, MakeADifference) {
    const gt_spec spec = preset("x2");
    const std::vector<gt_spec> settings = settings_of(spec);
    Trainer trainer = make_settings(settings, options_for(GT_DEVICE_CPU, 1, 2));
    train(trainer, 20);
    std::set<std::string> digests;
    const size_t n_slopes = 2; // which relu has not
    size_t n_diverged = 0;
    for (const gt_metrics &row : rows_of(trainer, scored(100))) n_diverged += row.diverged;
    for (size_t run = 0; run < 2 * settings.size(); run++) digests.insert(digest(trainer.get(), run));
    EXPECT_GT(n_diverged, 1u);
    size_t n_equal = 0; // settings that diverge are all the same
    for (size_t s = 0; s < settings.size(); s++) n_equal += settings[s].generator_adam.lr == 1e6;
    EXPECT_EQ(digests.size(), 2 * (settings.size() - n_slopes - (n_equal - 1)));
}

TEST(Settings, StandInTheirOrder) {
    gt_spec a = preset("x2"), b = a, c = a;
    b.generator_adam.lr = 0.002;
    c.generator_adam.lr = 0.003;
    Trainer trainer = make_settings({a, b, c}, options_for(GT_DEVICE_CPU, 7, 5));
    const gt_trainer_info info = gt_trainer_get_info(trainer.get());
    EXPECT_EQ(info.n_runs, 15u);
    EXPECT_EQ(info.n_settings, 3u);
    EXPECT_EQ(info.first_seed, 7u);
    EXPECT_EQ(gt_trainer_get_spec(trainer.get())->generator_adam.lr, a.generator_adam.lr);
    for (size_t run = 0; run < 15; run++)
        EXPECT_EQ(gt_trainer_get_setting(trainer.get(), run)->generator_adam.lr, run < 5    ? a.generator_adam.lr
                                                                                 : run < 10 ? 0.002
                                                                                            : 0.003);
    EXPECT_EQ(gt_trainer_get_setting(trainer.get(), 15), nullptr);
    EXPECT_EQ(gt_trainer_get_info(make_trainer(a).get()).n_settings, 1u);
}

// ---------------------------------------------------------------- what is asked of single runs

TEST(Settings, RunsAnswerByTheirOwn) {
    gt_spec spec = preset("x2-leaky");
    spec.loss = GT_LEAST_SQUARES;
    spec.ema = 0.9;
    gt_spec other = spec;
    other.real_label = 8, other.fake_label = -3; // another threshold
    other.generator.leaky_slope = 0.5, other.discriminator.leaky_slope = 0.05;
    other.ema = 0.5;
    other.generator_adam.beta1 = 0.3;
    Trainer both = make_settings({spec, other}, options_for(GT_DEVICE_CPU, 1, 3));
    Trainer alone = on(GT_DEVICE_CPU, other, 1, 3);
    const std::vector<float> x = {0.1f, 0.2f, -0.3f, 0.4f, 0.5f, 0.25f}, y = {1, 0, 1};
    const std::vector<float> z = {0.1f, 0.2f, -0.3f, 0.4f, 0.5f};
    for (auto [trainer, run] : {std::pair{both.get(), (size_t)4}, std::pair{alone.get(), (size_t)1}}) {
        ASSERT_EQ(gt_trainer_advance(trainer, 20), GT_OK);
        ASSERT_EQ(gt_trainer_train_on_batch(trainer, run, GT_DISCRIMINATOR, x.data(), y.data(), 3, nullptr), GT_OK);
        ASSERT_EQ(gt_trainer_train_on_batch(trainer, run, GT_GAN, z.data(), y.data(), 1, nullptr), GT_OK);
        ASSERT_EQ(gt_trainer_advance(trainer, 20), GT_OK);
    }
    EXPECT_EQ(digest(both.get(), 4), digest(alone.get(), 1));
    gt_batch_result a, b;
    std::vector<float> p(2 * 50), q(p);
    for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR, GT_GAN}) {
        ASSERT_EQ(gt_trainer_predict(both.get(), 4, net, p.data(), 2, q.data()), GT_OK);
        const std::vector<float> first = q;
        ASSERT_EQ(gt_trainer_predict(alone.get(), 1, net, p.data(), 2, q.data()), GT_OK);
        EXPECT_EQ(first, q) << name_of(net);
    }
    ASSERT_EQ(gt_trainer_evaluate_on_batch(both.get(), 4, GT_DISCRIMINATOR, x.data(), y.data(), 3, &a), GT_OK);
    ASSERT_EQ(gt_trainer_evaluate_on_batch(alone.get(), 1, GT_DISCRIMINATOR, x.data(), y.data(), 3, &b), GT_OK);
    EXPECT_EQ(a.loss, b.loss);
    EXPECT_EQ(a.accuracy, b.accuracy);
    ASSERT_EQ(gt_trainer_sample(both.get(), 4, 3, 50, p.data()), GT_OK);
    ASSERT_EQ(gt_trainer_sample(alone.get(), 1, 3, 50, q.data()), GT_OK);
    EXPECT_EQ(p, q);
    ASSERT_EQ(gt_trainer_evaluation_points(both.get(), 4, 50, nullptr, p.data()), GT_OK);
    ASSERT_EQ(gt_trainer_evaluation_points(alone.get(), 1, 50, nullptr, q.data()), GT_OK);
    EXPECT_EQ(p, q);
}

TEST(Settings, ThresholdsOfAccuracyAreEachItsOwn) {
    gt_spec spec = preset("x2");
    spec.loss = GT_LEAST_SQUARES;
    gt_spec other = spec;
    other.real_label = -90, other.fake_label = -100; // below every logit of an untrained D
    Trainer trainer = make_settings({spec, other}, options_for(GT_DEVICE_CPU));
    const std::vector<gt_metrics> rows = rows_of(trainer, scored(100));
    EXPECT_LT(rows[0].acc_real, 1.0);
    EXPECT_EQ(rows[1].acc_real, 1.0);
    EXPECT_EQ(rows[1].acc_fake, 0.0);
    std::vector<float> x(2 * 100), y(100, 1.0f);
    ASSERT_EQ(gt_trainer_evaluation_points(trainer.get(), 0, 100, x.data(), nullptr), GT_OK);
    gt_batch_result result;
    ASSERT_EQ(gt_trainer_evaluate_on_batch(trainer.get(), 0, GT_DISCRIMINATOR, x.data(), y.data(), 100, &result), GT_OK);
    EXPECT_LT(result.accuracy, 1.0);
    ASSERT_EQ(gt_trainer_evaluate_on_batch(trainer.get(), 1, GT_DISCRIMINATOR, x.data(), y.data(), 100, &result), GT_OK);
    EXPECT_EQ(result.accuracy, 1.0);
}

TEST(Settings, FilesOfANetHaveTheSlopeAndSeedOfTheRun) {
    gt_spec spec = preset("x2-leaky"), other = spec;
    other.generator.leaky_slope = 0.3;
    Trainer trainer = make_settings({spec, other}, options_for(GT_DEVICE_CPU, 11, 3));
    for (size_t run : {0u, 2u, 3u, 5u}) {
        NetFile file;
        ASSERT_EQ(gt_trainer_net_file(trainer.get(), run, GT_GENERATOR, &file.file), GT_OK) << gt_last_error();
        EXPECT_EQ(file.file.net.leaky_slope, run < 3 ? spec.generator.leaky_slope : 0.3);
        EXPECT_EQ(file.file.seed, 11 + run % 3);
    }
}

// ---------------------------------------------------------------- files of all runs hold one setting

TEST(Settings, FilesOfAllRunsAreRefused) {
    gt_spec spec = preset("x2-leaky"), other = spec;
    other.generator.leaky_slope = 0.3;
    const Folder folder;
    Trainer one = make_settings({other}, options_for(GT_DEVICE_CPU, 1, 2)),
            two = make_settings({spec, other}, options_for(GT_DEVICE_CPU));
    const std::string path = folder / "file";
    for (auto write : {+[](const gt_trainer *t, const char *to) { return gt_trainer_save(t, to); },
                       +[](const gt_trainer *t, const char *to) { return gt_trainer_export(t, GT_GENERATOR, to); }}) {
        EXPECT_EQ(write(two.get(), path.c_str()), GT_ERR_ARGUMENT);
        EXPECT_NE(std::string(gt_last_error()).find("2 settings"), std::string::npos) << gt_last_error();
        EXPECT_FALSE(std::filesystem::exists(path));
        ASSERT_EQ(write(one.get(), path.c_str()), GT_OK) << gt_last_error();
        EXPECT_TRUE(std::filesystem::remove(path));
    }
}

TEST(Settings, WeightsFromAFileGoToTheRunWithItsSlope) {
    gt_spec spec = preset("x2-leaky"), other = spec;
    other.generator.leaky_slope = 0.3;
    const Folder folder;
    const std::string path = folder / "net";
    Trainer source = make_settings({other}, options_for(GT_DEVICE_CPU)),
            trainer = make_settings({spec, other}, options_for(GT_DEVICE_CPU));
    ASSERT_EQ(gt_trainer_export(source.get(), GT_GENERATOR, path.c_str()), GT_OK) << gt_last_error();
    EXPECT_EQ(gt_trainer_init_from(trainer.get(), 0, GT_GENERATOR, path.c_str()), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("slope"), std::string::npos) << gt_last_error();
    EXPECT_EQ(gt_trainer_init_from(trainer.get(), 1, GT_GENERATOR, path.c_str()), GT_OK) << gt_last_error();
    EXPECT_EQ(gt_trainer_init_from(trainer.get(), 2, GT_GENERATOR, path.c_str()), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("run 2"), std::string::npos) << gt_last_error();
}

} // namespace
