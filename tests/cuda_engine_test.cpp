// The fused engine on CUDA against the fused engine on the CPU: the same bits. Compiled twice: against the GPU of this machine,
// where there is one, and against the emulator, where the same host code launches the same kernels compiled for the CPU.
#include "cuda_shapes.h"
#include "same_bits.h"
#include "targets.h"

#include "core/trainer.h"
#include "engine/fused_cuda_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace {

#ifdef GT_EMULATOR
constexpr bool on_gpu = false;
#else
constexpr bool on_gpu = true;
#endif

using CudaEngine = OnGpu;

// ---------------------------------------------------------------- the same bits

class CudaShapes : public CudaEngine, public ::testing::WithParamInterface<NamedSpec> {};

TEST_P(CudaShapes, TrainLikeTheCpu) {
    const gt_spec &spec = GetParam().spec;
    const size_t work = gt_spec_n_parameters(&spec, GT_GAN) * (size_t)(spec.batch + spec.d_steps * spec.half_batch);
    const uint64_t iterations = work > 200000 ? 50 : 200;
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 40, 3), cpu = on(GT_DEVICE_CPU, spec, 40, 3);
    ASSERT_NE(gpu, nullptr);
    EXPECT_STREQ(gt_trainer_get_info(gpu.get()).device, "cuda");
    expect_equal(gpu, cpu); // initial weights, there and back
    train(gpu, 1);
    train(cpu, 1);
    expect_equal(gpu, cpu);
    train(gpu, iterations - 1);
    train(cpu, iterations - 1);
    expect_equal(gpu, cpu);
    const auto a = rows_of(gpu, scored(1001, 100, 77)), b = rows_of(cpu, scored(1001, 100, 77));
    for (size_t run = 0; run < a.size(); run++) expect_equal(a[run], b[run]);
    // what the target's kind has of scores is there
    const gt_target_kind kind = gt_target_kind_of(&spec.target);
    for (const gt_metrics &row : a) {
        EXPECT_EQ(std::isnan(row.resid_mean), kind != GT_TARGET_FUNCTION);
        EXPECT_EQ(std::isnan(row.w1_x), kind != GT_TARGET_FUNCTION);
        EXPECT_EQ(std::isnan(row.hq), kind != GT_TARGET_MIXTURE);
        EXPECT_FALSE(std::isnan(row.energy) || std::isnan(row.spread) || std::isnan(row.acc_fake));
    }
}

std::vector<NamedSpec> all_shapes() { return join(preset_shapes(), other_shapes()); }

INSTANTIATE_TEST_SUITE_P(Specs, CudaShapes, ::testing::ValuesIn(join(all_shapes(), other_numbers())), spec_name);

TEST_F(CudaEngine, TheTutorialFor10000Iterations) {
    const gt_spec spec = preset("x2");
    const size_t n_runs = on_gpu ? 4224 : 2;
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 1, n_runs), cpu = on(GT_DEVICE_CPU, spec, 1, n_runs);
    train(gpu, 10000);
    train(cpu, 10000);
    for (size_t run = 0; run < n_runs; run++) ASSERT_EQ(digest(gpu.get(), run), digest(cpu.get(), run)) << "run " << run;
}

TEST_F(CudaEngine, AloneAndAmongMany) {
    const gt_spec spec = preset("x2");
    const size_t n_runs = on_gpu ? 9001 : 37;
    Trainer many = on(GT_DEVICE_CUDA, spec, 500, n_runs);
    train(many, 20);
    for (size_t run : {(size_t)0, (size_t)1, (size_t)2, (size_t)15, (size_t)31, n_runs - 2, n_runs - 1}) {
        Trainer alone = on(GT_DEVICE_CUDA, spec, 500 + run);
        train(alone, 20);
        EXPECT_EQ(digest(many.get(), run), digest(alone.get())) << "run " << run;
    }
}

TEST_F(CudaEngine, ManyShortLaunchesAndLooks) {
    const gt_spec spec = preset("x2");
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 7, 3), cpu = on(GT_DEVICE_CPU, spec, 7, 3);
    for (uint64_t n : {1u, 2u, 1u, 5u, 16u, 17u, 40u}) {
        train(gpu, n);
        train(cpu, n);
        const auto a = rows_of(gpu, scored(1000)), b = rows_of(cpu, scored(1000));
        for (size_t run = 0; run < 3; run++) expect_equal(a[run], b[run]);
        EXPECT_EQ(digest(gpu.get(), n % 3), digest(cpu.get(), n % 3));
    }
    expect_equal(gpu, cpu);
}

TEST_F(CudaEngine, PointsAndPredictionsOfARun) {
    const gt_spec spec = preset("x2");
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 7, 3), cpu = on(GT_DEVICE_CPU, spec, 7, 3);
    train(gpu, 30);
    train(cpu, 30);
    for (size_t run = 0; run < 3; run++) {
        std::vector<float> a(2 * 101), b(a), p(101), q(p);
        for (auto [trainer, points, probabilities] : {std::tuple{gpu.get(), &a, &p}, std::tuple{cpu.get(), &b, &q}}) {
            ASSERT_EQ(gt_trainer_sample(trainer, run, 2, 101, points->data()), GT_OK);
            ASSERT_EQ(gt_trainer_predict(trainer, run, GT_DISCRIMINATOR, points->data(), 101, probabilities->data()), GT_OK);
        }
        EXPECT_EQ(a, b);
        EXPECT_EQ(p, q);
        ASSERT_EQ(gt_trainer_evaluation_points(gpu.get(), run, 101, a.data(), b.data()), GT_OK);
        std::vector<float> c(a), d(b);
        ASSERT_EQ(gt_trainer_evaluation_points(cpu.get(), run, 101, c.data(), d.data()), GT_OK);
        EXPECT_EQ(a, c);
        EXPECT_EQ(b, d);
    }
}

// ---------------------------------------------------------------- from one device to the other

struct TemporaryFile {
    std::string path = (std::filesystem::temp_directory_path() / ("gantry-cuda-test-" + std::to_string(getpid()))).string();
    ~TemporaryFile() { std::filesystem::remove(path); }
};

class CudaCheckpoints : public CudaEngine, public ::testing::WithParamInterface<NamedSpec> {};

TEST_P(CudaCheckpoints, GoOnOnTheOtherDevice) {
    const gt_spec &spec = GetParam().spec;
    Trainer straight = on(GT_DEVICE_CPU, spec, 77, 3);
    train(straight, 60);
    for (gt_device first : {GT_DEVICE_CPU, GT_DEVICE_CUDA}) {
        gt_device device = first;
        Trainer trainer = on(device, spec, 77, 3);
        train(trainer, 21);
        for (uint64_t n : {10, 29}) { // there and back
            TemporaryFile file;
            ASSERT_EQ(gt_trainer_save(trainer.get(), file.path.c_str()), GT_OK) << gt_last_error();
            gt_trainer_options options{};
            device = device == GT_DEVICE_CPU ? GT_DEVICE_CUDA : GT_DEVICE_CPU;
            options.device = device;
            gt_trainer *loaded = nullptr;
            ASSERT_EQ(gt_trainer_load(file.path.c_str(), &options, &loaded), GT_OK) << gt_last_error();
            trainer.reset(loaded);
            EXPECT_STREQ(gt_trainer_get_info(loaded).device, device == GT_DEVICE_CPU ? "cpu" : "cuda");
            train(trainer, n);
        }
        EXPECT_EQ(gt_trainer_get_info(trainer.get()).iteration, 60u);
        expect_equal(trainer, straight);
    }
}

INSTANTIATE_TEST_SUITE_P(Specs, CudaCheckpoints, ::testing::ValuesIn(join({{"x2_leaky", preset("x2-leaky")}}, recipe_shapes())),
                         spec_name);

TEST_F(CudaEngine, BatchesOfTheCallerAndStateBetweenLaunches) {
    const gt_spec spec = preset("x2");
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 5, 3), cpu = on(GT_DEVICE_CPU, spec, 5, 3);
    const std::vector<float> x = {0.1f, 0.2f, -0.3f, 0.4f, 0.5f, 0.25f}, y = {1, 0, 1};
    for (gt_trainer *trainer : {gpu.get(), cpu.get()}) {
        ASSERT_EQ(gt_trainer_advance(trainer, 10), GT_OK);
        // run 1 takes other numbers of Adam steps than its neighbours from here on
        for (int k = 0; k < 3; k++)
            ASSERT_EQ(gt_trainer_train_on_batch(trainer, 1, GT_DISCRIMINATOR, x.data(), y.data(), 3, nullptr), GT_OK);
        std::vector<float> w = state(trainer, GT_GENERATOR, GT_WEIGHTS, 2);
        for (float &value : w) value *= 0.5f;
        ASSERT_EQ(gt_trainer_set_state(trainer, 2, GT_GENERATOR, GT_WEIGHTS, w.data()), GT_OK);
        ASSERT_EQ(gt_trainer_advance(trainer, 30), GT_OK);
    }
    EXPECT_EQ(gt_trainer_adam_steps(gpu.get(), 1, GT_DISCRIMINATOR), 83u);
    expect_equal(gpu, cpu);
}

// ---------------------------------------------------------------- divergence

class CudaDivergence : public CudaEngine, public ::testing::WithParamInterface<NamedSpec> {};

TEST_P(CudaDivergence, FreezesInTheSameIteration) {
    const gt_spec &spec = GetParam().spec;
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 3, 5), cpu = on(GT_DEVICE_CPU, spec, 3, 5);
    size_t n_diverged = 0;
    for (uint64_t n : {1u, 1u, 3u, 60u, 100u}) {
        train(gpu, n);
        train(cpu, n);
        const auto a = rows_of(gpu, scored(1000)), b = rows_of(cpu, scored(1000));
        n_diverged = 0;
        for (size_t run = 0; run < a.size(); run++) {
            expect_equal(a[run], b[run]);
            n_diverged += a[run].diverged;
        }
        expect_equal(gpu, cpu);
    }
    EXPECT_GT(n_diverged, 0u);
}

std::vector<NamedSpec> diverging() {
    std::vector<NamedSpec> specs = {
        {"x2", preset("x2")}, {"x2_leaky", preset("x2-leaky")}, {"x2_wide", preset("x2-wide")}, {"x2_deep", preset("x2-deep")}};
    for (const char *name : {"hinge_modes", "minimax_noisy_curve", "bce_1_column"}) specs.push_back({name, recipe_shape(name)});
    for (NamedSpec &s : specs) {
        s.spec.generator_adam.lr = s.spec.discriminator_adam.lr = 1e6;
        s.spec.generator_adam.weight_decay *= 1e-3 / s.spec.generator_adam.lr; // their product stays below 1
        s.spec.discriminator_adam.weight_decay *= 1e-3 / s.spec.discriminator_adam.lr;
    }
    return specs;
}

INSTANTIATE_TEST_SUITE_P(Specs, CudaDivergence, ::testing::ValuesIn(diverging()), spec_name);

TEST_F(CudaEngine, ClippedWeightsDiverge) {
    gt_spec spec = recipe_shape("wasserstein_3_steps");
    spec.generator_adam.lr = spec.discriminator_adam.lr = 1e-30;
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 3, 2), cpu = on(GT_DEVICE_CPU, spec, 3, 2);
    for (gt_trainer *trainer : {gpu.get(), cpu.get()}) {
        make_clipped_weights_overflow(trainer, 1);
        ASSERT_EQ(gt_trainer_advance(trainer, 10), GT_OK);
    }
    const auto a = rows_of(gpu, scored(100)), b = rows_of(cpu, scored(100));
    expect_equal(a[0], b[0]);
    expect_equal(a[1], b[1]);
    EXPECT_FALSE(a[0].diverged);
    EXPECT_TRUE(a[1].diverged);
    expect_equal(gpu, cpu);
    for (float w : state(gpu.get(), GT_DISCRIMINATOR, GT_WEIGHTS, 1)) EXPECT_LE(std::abs(w), (float)spec.clip);
    const std::vector<float> m = state(gpu.get(), GT_DISCRIMINATOR, GT_ADAM_M, 1);
    EXPECT_TRUE(std::any_of(m.begin(), m.end(), [](float x) { return !std::isfinite(x); }));
}

TEST_F(CudaEngine, ADivergedRunLeavesItsNeighboursAlone) {
    const gt_spec spec = preset("x2");
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 60, 4);
    std::vector<float> w = state(gpu.get(), GT_GENERATOR, GT_WEIGHTS, 2);
    for (float &x : w) x = 3e38f;
    ASSERT_EQ(gt_trainer_set_state(gpu.get(), 2, GT_GENERATOR, GT_WEIGHTS, w.data()), GT_OK);
    train(gpu, 60);
    for (size_t run : {0u, 1u, 3u}) {
        Trainer alone = on(GT_DEVICE_CPU, spec, 60 + run);
        train(alone, 60);
        EXPECT_EQ(digest(gpu.get(), run), digest(alone.get())) << "run " << run;
    }
    const auto rows = rows_of(gpu, scored(1000));
    EXPECT_TRUE(rows[2].diverged);
    EXPECT_EQ(rows[2].diverged_at, 0u);
    EXPECT_TRUE(std::isnan(rows[2].resid_mean) && std::isnan(rows[2].acc_real) && std::isnan(rows[2].g_loss));
}

// ---------------------------------------------------------------- scores

class CudaScores : public CudaEngine, public ::testing::WithParamInterface<NamedSpec> {};

TEST_P(CudaScores, OfAllSizes) {
    const gt_spec &spec = GetParam().spec;
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 9, 2), cpu = on(GT_DEVICE_CPU, spec, 9, 2);
    train(gpu, 100);
    train(cpu, 100);
    for (auto options : {scored(1, 0, 1), scored(2, 1, 2), scored(5, 5, 3), scored(255, 2, 255), scored(256, 255, 1),
                         scored(257, 257, 257), scored(1000, 600, 1000), scored(10000)}) {
        SCOPED_TRACE(options.n_samples);
        const auto a = rows_of(gpu, options), b = rows_of(cpu, options);
        for (size_t run = 0; run < a.size(); run++) expect_equal(a[run], b[run]);
    }
}

INSTANTIATE_TEST_SUITE_P(Specs, CudaScores,
                         ::testing::Values(NamedSpec{"function", preset("x2")},
                                           NamedSpec{"table", recipe_shape("least_squares_curve")},
                                           NamedSpec{"mixture", recipe_shape("hinge_modes")},
                                           NamedSpec{"curve", recipe_shape("minimax_noisy_curve")},
                                           NamedSpec{"data", recipe_shape("wasserstein_3_columns")}),
                         spec_name);

TEST_F(CudaEngine, PointsThatAreNotFiniteHaveNoScores) {
    const gt_spec spec = preset("x2");
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 9, 2), cpu = on(GT_DEVICE_CPU, spec, 9, 2);
    for (gt_trainer *trainer : {gpu.get(), cpu.get()}) {
        std::vector<float> w = state(trainer, GT_GENERATOR, GT_WEIGHTS, 1);
        for (float &x : w) x = 3e38f;
        ASSERT_EQ(gt_trainer_set_state(trainer, 1, GT_GENERATOR, GT_WEIGHTS, w.data()), GT_OK);
    }
    const auto a = rows_of(gpu, scored(1000)), b = rows_of(cpu, scored(1000));
    EXPECT_TRUE(std::isnan(a[1].resid_mean));
    for (size_t run = 0; run < 2; run++) expect_equal(a[run], b[run]);
}

// ---------------------------------------------------------------- what is refused

TEST_F(CudaEngine, ShapesThatDoNotFitAreRefused) {
    gt_trainer *trainer = nullptr;
    gt_trainer_options options = options_for(GT_DEVICE_CUDA);
    options.engine = GT_ENGINE_FUSED;
    gt_spec wide = spec_of(5, {4000}, {4000}, GT_RELU);
    EXPECT_EQ(gt_trainer_create(&wide, &options, &trainer), GT_ERR_DEVICE);
    EXPECT_NE(std::string(gt_last_error()).find("--device cpu"), std::string::npos) << gt_last_error();
    gt_spec large = spec_of(5, {15}, {25}, GT_RELU, 65536);
    EXPECT_EQ(gt_trainer_create(&large, &options, &trainer), GT_ERR_DEVICE);
    EXPECT_NE(std::string(gt_last_error()).find("batch"), std::string::npos) << gt_last_error();
    options.isa = GT_ISA_AVX2;
    gt_spec spec = preset("x2");
    EXPECT_EQ(gt_trainer_create(&spec, &options, &trainer), GT_ERR_ARGUMENT);
    options.isa = GT_ISA_AUTO;
    options.n_gpus = 1;
    options.gpus[0] = 99;
    EXPECT_EQ(gt_trainer_create(&spec, &options, &trainer), GT_ERR_DEVICE);
    options.n_gpus = 2;
    options.gpus[0] = options.gpus[1] = 0;
    EXPECT_EQ(gt_trainer_create(&spec, &options, &trainer), GT_ERR_ARGUMENT);
}

TEST_F(CudaEngine, AutoTakesTheGpuForManyRunsOnly) {
    gt_spec spec = preset("x2");
    for (size_t n_runs : {1u, 200u}) {
        gt_trainer_options options = options_for(GT_DEVICE_AUTO, 1, n_runs);
        options.n_threads = 2;
        Trainer trainer = make_trainer(spec, options);
        const gt_trainer_info info = gt_trainer_get_info(trainer.get());
        EXPECT_STREQ(info.device, n_runs == 1 ? "cpu" : "cuda");
        EXPECT_NE(std::string(info.why).find("faster"), std::string::npos) << info.why;
    }
    // what no GPU holds goes to the CPU, with the reason
    gt_spec wide = spec_of(5, {4000}, {4000}, GT_RELU, 2);
    gt_trainer_options options = options_for(GT_DEVICE_AUTO, 1, 40);
    options.engine = GT_ENGINE_FUSED;
    options.n_threads = 2;
    Trainer trainer = make_trainer(wide, options);
    EXPECT_STREQ(gt_trainer_get_info(trainer.get()).device, "cpu");
    EXPECT_NE(std::string(gt_trainer_get_info(trainer.get()).why).find("shared memory"), std::string::npos);
}

// ---------------------------------------------------------------- what only the emulator can show
#ifdef GT_EMULATOR

// Whatever order the lanes run in between barriers, nothing depends on it.
TEST_F(CudaEngine, EveryOrderOfLanes) {
    for (const auto &[name, spec] : join(preset_shapes(), recipe_shapes())) {
        Trainer cpu = on(GT_DEVICE_CPU, spec, 3, 5);
        train(cpu, 30);
        const auto expected = rows_of(cpu, scored(500, 50));
        for (auto [order, seed] : {std::pair{emulator::Order::descending, 0}, std::pair{emulator::Order::random, 1},
                                   std::pair{emulator::Order::random, 2}}) {
            SCOPED_TRACE(testing::Message() << name << ", order " << (int)order << ", seed " << seed);
            emulator::settings().order = order;
            emulator::settings().seed = (uint64_t)seed;
            Trainer gpu = on(GT_DEVICE_CUDA, spec, 3, 5);
            train(gpu, 30);
            expect_equal(gpu, cpu);
            const auto rows = rows_of(gpu, scored(500, 50));
            for (size_t run = 0; run < rows.size(); run++) expect_equal(rows[run], expected[run]);
        }
    }
}

TEST_F(CudaEngine, SeveralGpusDivideTheRuns) {
    const gt_spec spec = preset("x2");
    emulator::settings().devices = 3;
    Trainer cpu = on(GT_DEVICE_CPU, spec, 20, 13);
    train(cpu, 20);
    const auto expected = rows_of(cpu, scored(500));
    for (std::vector<int> gpus : {std::vector<int>{}, {0}, {2, 0}, {0, 1, 2}}) {
        gt_trainer_options options = options_for(GT_DEVICE_CUDA, 20, 13);
        options.n_gpus = (int)gpus.size();
        std::copy(gpus.begin(), gpus.end(), options.gpus);
        Trainer gpu = make_trainer(spec, options);
        EXPECT_EQ(gt_trainer_get_info(gpu.get()).n_gpus, gpus.empty() ? 3 : (int)gpus.size());
        train(gpu, 20);
        expect_equal(gpu, cpu);
        const auto rows = rows_of(gpu, scored(500));
        for (size_t run = 0; run < rows.size(); run++) expect_equal(rows[run], expected[run]);
    }
    // a GPU for which no run is left is not used
    EXPECT_EQ(gt_trainer_get_info(on(GT_DEVICE_CUDA, spec, 20, 2).get()).n_gpus, 1);
}

// Runs that don't fit the memory at once take turns.
TEST_F(CudaEngine, RunsBeyondTheMemory) {
    const gt_spec spec = preset("x2");
    emulator::settings().memory = 200000; // about 60 runs
    Trainer gpu = on(GT_DEVICE_CUDA, spec, 20, 151), cpu = on(GT_DEVICE_CPU, spec, 20, 151);
    EXPECT_LE(emulator::counters().bytes, 200000u);
    train(gpu, 5);
    train(cpu, 5);
    std::vector<float> w = state(gpu.get(), GT_GENERATOR, GT_WEIGHTS, 70);
    for (float &x : w) x *= 0.5f;
    for (gt_trainer *trainer : {gpu.get(), cpu.get()})
        ASSERT_EQ(gt_trainer_set_state(trainer, 70, GT_GENERATOR, GT_WEIGHTS, w.data()), GT_OK);
    train(gpu, 5);
    train(cpu, 5);
    const auto a = rows_of(gpu, scored(100)), b = rows_of(cpu, scored(100));
    for (size_t run = 0; run < a.size(); run++) expect_equal(a[run], b[run]);
    expect_equal(gpu, cpu);

    gt_evaluate_options options = scored(1000000);
    std::vector<gt_metrics> rows(151);
    EXPECT_EQ(gt_trainer_evaluate(gpu.get(), &options, rows.data()), GT_ERR_MEMORY);
    EXPECT_NE(std::string(gt_last_error()).find("score fewer"), std::string::npos) << gt_last_error();
}

TEST_F(CudaEngine, MemoryOfARun) {
    const gt_spec spec = preset("x2");
    Trainer trainer = on(GT_DEVICE_CUDA, spec, 1, 1000);
    train(trainer, 1);
    EXPECT_LE(gt_trainer_get_info(trainer.get()).state_bytes_per_run, 8192u);
    EXPECT_LE(emulator::counters().bytes, 1000 * gt_trainer_get_info(trainer.get()).state_bytes_per_run + 4096);
}

// Each call of the runtime in turn fails once: an error that names it, nothing leaked, and no crash in what follows.
TEST_F(CudaEngine, EveryCallThatFailsIsReported) {
    const gt_spec spec = recipe_shape("hinge_modes"); // with tables
    const auto everything = [&](gt_trainer **trainer) {
        gt_trainer_options options = options_for(GT_DEVICE_CUDA, 1, 3);
        gt_evaluate_options scores = scored(100);
        std::vector<gt_metrics> rows(3);
        std::vector<float> w(gt_spec_n_parameters(&spec, GT_GENERATOR));
        gt_status status = gt_trainer_create(&spec, &options, trainer);
        if (status == GT_OK) status = gt_trainer_advance(*trainer, 20);
        if (status == GT_OK) status = gt_trainer_evaluate(*trainer, &scores, rows.data());
        if (status == GT_OK) status = gt_trainer_get_state(*trainer, 2, GT_GENERATOR, GT_WEIGHTS, w.data());
        if (status == GT_OK) status = gt_trainer_set_state(*trainer, 2, GT_GENERATOR, GT_WEIGHTS, w.data());
        return status == GT_OK ? gt_trainer_advance(*trainer, 1) : status;
    };
    gt_trainer *trainer = nullptr;
    ASSERT_EQ(everything(&trainer), GT_OK) << gt_last_error();
    gt_trainer_destroy(trainer);
    const size_t allocations = emulator::counters().allocations, handles = emulator::counters().handles;
    for (const char *function :
         {"cudaGetDeviceCount", "cudaGetDeviceProperties", "cudaSetDevice", "cudaGetDevice", "cudaDeviceGetAttribute",
          "cudaFuncGetAttributes", "cudaFuncSetAttribute", "cudaOccupancyMaxActiveBlocksPerMultiprocessor",
          "cudaStreamCreateWithFlags", "cudaEventCreate", "cudaMemGetInfo", "cudaMalloc", "cudaMemcpyAsync",
          "cudaStreamSynchronize", "cudaEventRecord", "cudaLaunchKernel", "cudaEventElapsedTime"}) {
        const size_t before = emulator::calls(function);
        trainer = nullptr;
        ASSERT_EQ(everything(&trainer), GT_OK);
        gt_trainer_destroy(trainer);
        size_t n_calls = emulator::calls(function) - before;
        EXPECT_GT(n_calls, 0u) << function << " is not called any more";
        for (size_t n = 1; n <= n_calls; n++) {
            SCOPED_TRACE(std::string(function) + ", call " + std::to_string(n));
            emulator::fail(function, (int)n, cudaErrorIllegalAddress);
            trainer = nullptr;
            const gt_status status = everything(&trainer);
            if (emulator::faults_left() == 0) { // not left for destroy()
                EXPECT_TRUE(status == GT_ERR_CUDA || (status == GT_ERR_DEVICE && std::string(function) == "cudaGetDeviceCount"))
                    << gt_status_name(status);
                EXPECT_NE(std::string(gt_last_error()).find(status == GT_ERR_CUDA ? "cudaErrorIllegalAddress" : "no GPU"),
                          std::string::npos)
                    << gt_last_error();
            }
            gt_trainer_destroy(trainer);
            EXPECT_EQ(emulator::counters().allocations, allocations);
            EXPECT_EQ(emulator::counters().handles, handles);
            emulator::reset();
        }
    }
}

TEST_F(CudaEngine, LaunchesTakeATenthOfASecond) {
    const gt_spec spec = preset("x2");
    Trainer gpu = on(GT_DEVICE_CUDA, spec);
    train(gpu, 16);
    const size_t before = emulator::counters().launches;
    train(gpu, 2000); // 0.2 s or more here
    const size_t launches = emulator::counters().launches - before;
    EXPECT_GE(launches, 2u);
    EXPECT_LE(launches, 200u);
}

TEST(CudaDevices, AreListed) {
    emulator::reset();
    emulator::settings().devices = 2;
    gt_device_info rows[8];
    const size_t n = gt_devices(rows, 8), n_cpu = n - 2;
    ASSERT_LE(n, 8u);
    for (size_t k = 0; k < 2; k++) {
        EXPECT_EQ(rows[n_cpu + k].device, GT_DEVICE_CUDA);
        EXPECT_EQ(rows[n_cpu + k].gpu, (int)k);
        EXPECT_TRUE(rows[n_cpu + k].usable);
        EXPECT_NE(std::string(rows[n_cpu + k].note).find("sm_90"), std::string::npos);
    }
    EXPECT_EQ(gt_devices(rows, n_cpu + 1), n);
    emulator::settings().major = 7, emulator::settings().minor = 0;
    gt_devices(rows, 8);
    EXPECT_FALSE(rows[n_cpu].usable);
    EXPECT_NE(std::string(rows[n_cpu].note).find("7.5"), std::string::npos) << rows[n_cpu].note;
    emulator::settings().devices = 0;
    EXPECT_EQ(gt_devices(rows, 8), n_cpu + 1);
    EXPECT_EQ(rows[n_cpu].gpu, -1);
    EXPECT_FALSE(rows[n_cpu].usable);
    EXPECT_NE(rows[n_cpu].note[0], 0);
    emulator::reset();
}

#endif

// ---------------------------------------------------------------- texts of shapes

fused_gan_shape shape_of(const gt_spec &spec) { return fused_cuda_shape_of(&spec, make_model(spec).get()); }

TEST(CudaShapeText, IsThatOfTheFiles) {
    for (const auto &[folder, shapes] :
         {std::pair{"kernels/shapes/", preset_shapes()}, std::pair{"tests/shapes/", other_shapes()}})
        for (const NamedSpec &shape : shapes) {
            char text[FUSED_SHAPE_CHARS];
            const fused_gan_shape gan = shape_of(shape.spec);
            fused_cuda_shape_text(&gan, text);
            std::stringstream file;
            file << std::ifstream(std::string(GANTRY_SOURCE_DIR "/") + folder + shape.name + ".h").rdbuf();
            EXPECT_EQ(file.str(), text) << folder << shape.name;
        }
}

TEST(CudaShapeText, EveryParameterHasAPlaceOfItsOwn) {
    for (const NamedSpec &shape : all_shapes()) {
        const fused_gan_shape gan = shape_of(shape.spec);
        for (int is_d : {0, 1}) {
            const fused_net_shape &net = is_d ? gan.d : gan.g;
            const int kind = fused_kind_of(&net, is_d);
            std::vector<int> taken(4 * (size_t)fused_net_quads(&net, kind));
            for (int l = 0; l < net.n_layers; l++)
                for (int o = 0; o < net.size[l + 1]; o++)
                    for (int i = 0; i <= net.size[l]; i++) taken.at((size_t)fused_place(&net, kind, l, o, i))++;
            for (int n : taken) ASSERT_LE(n, 1) << shape.name;
        }
    }
}

} // namespace
