// Several settings in one trainer of the CUDA engine: every run is what its spec has alone on the CPU, whatever the settings of
// its neighbours in the warp. Compiled twice, as cuda_engine_test.cpp.
#include "cuda_shapes.h"
#include "settings.h"

#include "core/trainer.h"
#include "engine/fused_cuda.h"

namespace {

using CudaSettings = OnGpu;

class CudaSettingsOf : public CudaSettings, public ::testing::WithParamInterface<NamedSpec> {};

// Three seeds a setting, so that two settings share every third warp.
TEST_P(CudaSettingsOf, GiveTheRunsOfEachAlone) {
    const std::vector<gt_spec> settings = settings_of(GetParam().spec);
    Trainer trainer = make_settings(settings, options_for(GT_DEVICE_CUDA, 30, 3));
    EXPECT_STREQ(gt_trainer_get_info(trainer.get()).device, "cuda");
    train(trainer, 1);
    rows_of(trainer, scored(100)); // looking changes nothing
    train(trainer, 29);
    expect_runs_alone(trainer, settings, 30, scored(300, 50));
}

std::vector<NamedSpec> shapes() {
    return join({{"x2", preset("x2")},
                 {"x2_leaky", preset("x2-leaky")},
                 {"x2_deep", preset("x2-deep")},
                 {"g_deep_d_shallow", spec_of(5, {16, 16}, {25}, GT_LEAKY_RELU)},
                 {"mixed", mixed_spec(66)}},
                recipe_shapes());
}

INSTANTIATE_TEST_SUITE_P(Specs, CudaSettingsOf, ::testing::ValuesIn(shapes()), spec_name);

// One seed each: every warp has two settings.
TEST_F(CudaSettings, OfOneSeed) {
    const std::vector<gt_spec> settings = settings_of(preset("x2-leaky"));
    Trainer trainer = make_settings(settings, options_for(GT_DEVICE_CUDA, 3));
    train(trainer, 40);
    expect_runs_alone(trainer, settings, 40, scored(300));
}

// A setting that diverges leaves its neighbour in the warp alone, and the other way round.
TEST_F(CudaSettings, DivergingNeighbours) {
    gt_spec spec = preset("x2"), wild = spec;
    let_diverge(wild);
    for (const std::vector<gt_spec> &settings : {std::vector<gt_spec>{spec, wild}, std::vector<gt_spec>{wild, spec}}) {
        Trainer trainer = make_settings(settings, options_for(GT_DEVICE_CUDA, 60, 3));
        train(trainer, 100);
        const std::vector<gt_metrics> rows = rows_of(trainer, scored(100));
        for (size_t run = 0; run < 6; run++)
            EXPECT_EQ(rows[run].diverged, gt_trainer_get_setting(trainer.get(), run)->generator_adam.lr == 1e6);
        train(trainer, 100); // a launch in which some are frozen from the start
        expect_runs_alone(trainer, settings, 200, scored(100));
    }
}

// Adam's step sizes in stretches of a few steps, and runs of which one is ahead of the others.
TEST_F(CudaSettings, StepSizesInStretches) {
    const std::vector<gt_spec> settings = settings_of(preset("x2"));
    const size_t ahead = 5; // its betas of D are its own
    ASSERT_NE(settings[ahead].discriminator_adam.beta1, settings[0].discriminator_adam.beta1);
    const std::vector<float> x = {0.1f, 0.2f, -0.3f, 0.4f, 0.5f, 0.25f}, y = {1, 0, 1};
    for (size_t n_floats : {1, 50, 1000}) {
        SCOPED_TRACE(n_floats);
        Trainer gpu = make_settings(settings, options_for(GT_DEVICE_CUDA, 5)),
                cpu = make_settings(settings, options_for(GT_DEVICE_CPU, 5));
        fused_cuda_set_step_floats(gpu->engine, n_floats);
        for (gt_trainer *trainer : {gpu.get(), cpu.get()}) {
            ASSERT_EQ(gt_trainer_advance(trainer, 20), GT_OK);
            for (int k = 0; k < 31; k++)
                ASSERT_EQ(gt_trainer_train_on_batch(trainer, ahead, GT_DISCRIMINATOR, x.data(), y.data(), 3, nullptr), GT_OK);
            ASSERT_EQ(gt_trainer_advance(trainer, 1), GT_OK);
            ASSERT_EQ(gt_trainer_advance(trainer, 40), GT_OK);
        }
        expect_equal(gpu, cpu);
    }
}

// A step size that stays the same from the start, and one that does so soon.
TEST_F(CudaSettings, StepSizesThatStayTheSame) {
    gt_spec spec = preset("x2"), other = spec;
    for (gt_adam_spec *adam : {&spec.generator_adam, &spec.discriminator_adam}) adam->beta1 = adam->beta2 = 0;
    for (gt_adam_spec *adam : {&other.generator_adam, &other.discriminator_adam}) adam->beta1 = 0.1, adam->beta2 = 0.2;
    for (const std::vector<gt_spec> &settings : {std::vector<gt_spec>{spec}, std::vector<gt_spec>{spec, other}}) {
        Trainer gpu = make_settings(settings, options_for(GT_DEVICE_CUDA, 5, 3));
        for (uint64_t n : {1, 2, 50, 60}) train(gpu, n);
        expect_runs_alone(gpu, settings, 113, scored(100));
    }
}

#ifdef GT_EMULATOR

// Parts and slices that begin amid the seeds of a setting.
TEST_F(CudaSettings, AreDividedAmongGpus) {
    const std::vector<gt_spec> settings = settings_of(preset("x2"));
    emulator::settings().devices = 3;
    Trainer trainer = make_settings(settings, options_for(GT_DEVICE_CUDA, 20, 5));
    EXPECT_EQ(gt_trainer_get_info(trainer.get()).n_gpus, 3);
    train(trainer, 20);
    expect_runs_alone(trainer, settings, 20, scored(200));
}

TEST_F(CudaSettings, BeyondTheMemory) {
    const std::vector<gt_spec> settings = settings_of(preset("x2"));
    emulator::settings().memory = 100000; // about 30 runs
    Trainer trainer = make_settings(settings, options_for(GT_DEVICE_CUDA, 20, 5));
    train(trainer, 5);
    train(trainer, 5);
    EXPECT_LE(emulator::counters().bytes, 100000u);
    expect_runs_alone(trainer, settings, 10, scored(100));
}

TEST_F(CudaSettings, InEveryOrderOfLanes) {
    const std::vector<gt_spec> settings = settings_of(recipe_shape("wasserstein_3_columns"));
    for (auto order : {emulator::Order::descending, emulator::Order::random}) {
        emulator::settings().order = order;
        Trainer trainer = make_settings(settings, options_for(GT_DEVICE_CUDA, 1, 3));
        train(trainer, 10);
        expect_runs_alone(trainer, settings, 10, scored(100));
    }
}

#endif

} // namespace
