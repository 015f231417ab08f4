// The layered engine on a GPU as a whole: against the CPU, replayed against launched, resumed, among others, and what is
// refused. Compiled twice, as cuda_engine_test.cpp.
#include "cuda_shapes.h"
#include "folder.h"
#include "settings.h"

#include "core/trainer.h"
#include "engine/layered_cuda.h"

#include <cmath>
#include <set>

namespace {

#ifdef GT_EMULATOR
constexpr bool on_gpu = false;
#else
constexpr bool on_gpu = true;
#endif

using CudaLayered = OnGpu;

gt_trainer_options layered_options(gt_device device, uint64_t first_seed = 1, size_t n_runs = 1) {
    gt_trainer_options options = options_for(device, first_seed, n_runs);
    options.engine = GT_ENGINE_LAYERED;
    return options;
}

Trainer layered(gt_device device, const gt_spec &spec, uint64_t first_seed = 1, size_t n_runs = 1) {
    return make_trainer(spec, layered_options(device, first_seed, n_runs));
}

Trainer with_rng(gt_rng rng, const gt_spec &spec, uint64_t first_seed, size_t n_runs) {
    gt_trainer_options options = layered_options(GT_DEVICE_CUDA, first_seed, n_runs);
    options.rng = rng;
    return make_trainer(spec, options);
}

// The image GAN in small: layers for cuBLASLt and layers that are not, one combined step of D, a soft label.
gt_spec image_spec() {
    static std::vector<unsigned char> pixels;
    if (pixels.empty())
        for (int i = 0; i < 90 * 36; i++) pixels.push_back((unsigned char)((unsigned)i * 2654435761u >> 13));
    gt_images images{};
    images.pixels = pixels.data();
    images.n = 90, images.height = images.width = 6, images.channels = 1;
    gt_spec spec = preset("x2");
    spec.generator = net(7, {40, 48}, GT_RELU, 36);
    spec.generator.activation[2] = GT_TANH;
    spec.discriminator = net(36, {44, 33}, GT_RELU, 1);
    spec.batch = spec.half_batch = 16;
    spec.combined_batch = true;
    spec.real_label = 0.9;
    EXPECT_EQ(gt_target_from_images(&images, &spec.target), GT_OK) << gt_last_error();
    return spec;
}

// Other activations, updates of D on each half, several of them, averages, decay, and a wide batch.
gt_spec deep_spec() {
    gt_spec spec = spec_of(3, {33, 40}, {40, 35, 32}, GT_LEAKY_RELU, 34);
    spec.generator.activation[0] = GT_ELU;
    spec.generator.activation[1] = GT_TANH;
    spec.discriminator.activation[1] = GT_SIGMOID;
    spec.d_steps = 2, spec.half_batch = 9;
    spec.ema = 0.9;
    spec.decay = GT_DECAY_COSINE, spec.decay_iterations = 50, spec.decay_final = 0.1;
    spec.discriminator_adam.weight_decay = 0.1;
    spec.noise = GT_NOISE_TRUNCATED_NORMAL;
    return spec;
}

std::vector<NamedSpec> specs() {
    gt_spec wasserstein = spec_of(4, {40}, {36, 36}, GT_RELU, 20);
    wasserstein.loss = GT_WASSERSTEIN, wasserstein.clip = 0.05, wasserstein.d_steps = 3;
    gt_spec ring = target_spec("ring8-pacgan", GT_LINEAR, {64, 40});
    ring.batch = 30, ring.noise = GT_NOISE_UNIFORM;
    return {{"image", image_spec()},
            {"deep", deep_spec()},
            {"wasserstein", wasserstein},
            {"ring", ring},
            {"tutorial", preset("x2")},
            {"curve", target_spec("swissroll", GT_LINEAR, {33, 9})},
            {"data", data_spec(3, 50, GT_SIGMOID, 12)}};
}

class CudaLayeredSpecs : public OnGpu, public ::testing::WithParamInterface<NamedSpec> {};
INSTANTIATE_TEST_SUITE_P(Specs, CudaLayeredSpecs, ::testing::ValuesIn(specs()), spec_name);

double worst_difference(const Trainer &a, const Trainer &b, gt_state_part part, size_t run) {
    double worst = 0;
    for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR}) {
        if (part == GT_EMA && (net != GT_GENERATOR || gt_trainer_get_spec(a.get())->ema == 0)) continue;
        const std::vector<float> x = state(a.get(), net, part, run), y = state(b.get(), net, part, run);
        for (size_t k = 0; k < x.size(); k++) worst = std::fmax(worst, std::fabs((double)x[k] - (double)y[k]));
    }
    return worst;
}

TEST_P(CudaLayeredSpecs, BeginsWithTheBitsOfTheCpuAndGoesOnToRounding) {
    const gt_spec &spec = GetParam().spec;
    const Trainer gpu = layered(GT_DEVICE_CUDA, spec, 3, 2), cpu = layered(GT_DEVICE_CPU, spec, 3, 2);
    EXPECT_STREQ(gt_trainer_get_info(gpu.get()).engine, "layered");
    EXPECT_STREQ(gt_trainer_get_info(gpu.get()).device, "cuda");
    expect_equal(gpu, cpu);
    train(gpu, 20);
    train(cpu, 20);
    for (size_t run = 0; run < 2; run++) {
        EXPECT_LT(worst_difference(gpu, cpu, GT_WEIGHTS, run), 1e-5);
        EXPECT_LT(worst_difference(gpu, cpu, GT_EMA, run), 1e-5);
        for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR})
            EXPECT_EQ(gt_trainer_adam_steps(gpu.get(), run, net), gt_trainer_adam_steps(cpu.get(), run, net));
    }
    const std::vector<gt_metrics> a = rows_of(gpu, scored(200, 50)), b = rows_of(cpu, scored(200, 50));
    for (size_t run = 0; run < 2; run++) {
        EXPECT_NEAR(a[run].d_loss_real, b[run].d_loss_real, 1e-4);
        EXPECT_NEAR(a[run].d_loss_fake, b[run].d_loss_fake, 1e-4);
        EXPECT_NEAR(a[run].g_loss, b[run].g_loss, 1e-4);
        EXPECT_NEAR(a[run].energy, b[run].energy, 1e-4 * (1 + std::fabs(b[run].energy)));
    }
}

TEST_P(CudaLayeredSpecs, AReplayedIterationIsALaunchedOne) {
    const Trainer replayed = layered(GT_DEVICE_CUDA, GetParam().spec, 3, 3),
                  launched = layered(GT_DEVICE_CUDA, GetParam().spec, 3, 3);
    layered_cuda_set_plain(launched->engine);
    for (uint64_t n : {1, 1, 7, 3}) {
        train(replayed, n);
        train(launched, n);
        expect_equal(replayed, launched);
        expect_equal(rows_of(replayed, scored(50, 0, 50))[1], rows_of(launched, scored(50, 0, 50))[1]);
    }
}

TEST_P(CudaLayeredSpecs, GoesOnFromACheckpointBitForBit) {
    for (gt_rng rng : {GT_RNG_GANTRY, GT_RNG_CURAND}) {
        const Folder folder;
        const std::string path = folder / "checkpoint.safetensors";
        const Trainer straight = with_rng(rng, GetParam().spec, 4, 2), first = with_rng(rng, GetParam().spec, 4, 2);
        train(straight, 20);
        train(first, 13);
        ASSERT_EQ(gt_trainer_save(first.get(), path.c_str()), GT_OK) << gt_last_error();
        gt_trainer_options options = layered_options(GT_DEVICE_CUDA);
        options.rng = rng;
        gt_trainer *loaded = nullptr;
        ASSERT_EQ(gt_trainer_load(path.c_str(), &options, &loaded), GT_OK) << gt_last_error();
        const Trainer second(loaded, &gt_trainer_destroy);
        train(second, 7);
        expect_equal(straight, second);
    }
}

// What is seen of a run, and what is changed, goes from one memory to the other and back.
TEST_F(CudaLayered, AChangedRunGoesOnAndTheOthersToo) {
    const gt_spec spec = image_spec();
    const Trainer a = layered(GT_DEVICE_CUDA, spec, 4, 3), b = layered(GT_DEVICE_CUDA, spec, 4, 3);
    for (const Trainer *t : {&a, &b}) train(*t, 5);
    const std::vector<float> before = state(b.get(), GT_DISCRIMINATOR, GT_ADAM_M, 1);
    std::vector<float> half = before;
    for (float &m : half) m *= 0.5f;
    ASSERT_EQ(gt_trainer_set_state(b.get(), 1, GT_DISCRIMINATOR, GT_ADAM_M, half.data()), GT_OK);
    EXPECT_EQ(state(b.get(), GT_DISCRIMINATOR, GT_ADAM_M, 1), half);
    ASSERT_EQ(gt_trainer_set_state(b.get(), 1, GT_DISCRIMINATOR, GT_ADAM_M, before.data()), GT_OK);
    for (const Trainer *t : {&a, &b}) train(*t, 5);
    expect_equal(a, b);
    ASSERT_EQ(gt_trainer_set_state(b.get(), 1, GT_DISCRIMINATOR, GT_ADAM_M, half.data()), GT_OK);
    for (const Trainer *t : {&a, &b}) train(*t, 5);
    EXPECT_EQ(digest(a.get(), 0), digest(b.get(), 0));
    EXPECT_NE(digest(a.get(), 1), digest(b.get(), 1));
    EXPECT_EQ(digest(a.get(), 2), digest(b.get(), 2));
}

// cuBLASLt may take other algorithms for other numbers of runs.
TEST_F(CudaLayered, AloneAndAmongOthers) {
    for (gt_rng rng : {GT_RNG_GANTRY, GT_RNG_CURAND}) {
        const Trainer among = with_rng(rng, image_spec(), 4, 3), alone = with_rng(rng, image_spec(), 5, 1);
        train(among, 20);
        train(alone, 20);
        double worst = 0;
        for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR}) {
            const std::vector<float> x = state(among.get(), net, GT_WEIGHTS, 1), y = state(alone.get(), net, GT_WEIGHTS, 0);
            for (size_t k = 0; k < x.size(); k++) worst = std::fmax(worst, std::fabs((double)x[k] - (double)y[k]));
        }
        EXPECT_LE(worst, on_gpu ? 1e-5 : 0.0);
        EXPECT_NE(digest(among.get(), 0), digest(among.get(), 1));
    }
}

TEST_F(CudaLayered, SettingsHaveTheirOwnNumbersAndADivergedRunIsFrozen) {
    gt_spec settings[2] = {image_spec(), image_spec()};
    settings[1].generator_adam.lr = 3e-4, settings[1].real_label = 0.8;
    gt_trainer_options options = layered_options(GT_DEVICE_CUDA, 9, 2);
    gt_trainer *made = nullptr;
    ASSERT_EQ(gt_trainer_create_settings(settings, 2, &options, &made), GT_OK) << gt_last_error();
    const Trainer all(made, &gt_trainer_destroy), last = layered(GT_DEVICE_CUDA, settings[1], 9, 2);
    train(all, 10);
    std::vector<float> w = state(all.get(), GT_DISCRIMINATOR, GT_WEIGHTS, 1);
    w.back() = INFINITY; // the bias of the logit
    ASSERT_EQ(gt_trainer_set_state(all.get(), 1, GT_DISCRIMINATOR, GT_WEIGHTS, w.data()), GT_OK);
    const std::string frozen = digest(all.get(), 1);
    train(all, 10);
    const std::vector<gt_metrics> rows = rows_of(all, scored(50, 0, 50));
    for (size_t run : {0, 1, 2, 3}) EXPECT_EQ(rows[run].diverged, run == 1);
    EXPECT_EQ(rows[1].diverged_at, 10u);
    EXPECT_EQ(digest(all.get(), 1), frozen);
    EXPECT_EQ(gt_trainer_adam_steps(all.get(), 1, GT_DISCRIMINATOR), 10u);
    EXPECT_EQ(gt_trainer_adam_steps(all.get(), 3, GT_DISCRIMINATOR), 20u);
    train(last, 20);
    if (!on_gpu) {
        EXPECT_EQ(digest(all.get(), 3), digest(last.get(), 1));
    }
    EXPECT_NE(digest(all.get(), 0), digest(all.get(), 2)); // the same seed
}

// Rounding the factors of products is seen, and is as small as it has to be.
TEST_F(CudaLayered, PrecisionIsOfProductsAlone) {
    const gt_spec spec = image_spec();
    const Trainer exact = layered(GT_DEVICE_CUDA, spec);
    train(exact, 1);
    double worst[GT_N_PRECISIONS] = {};
    for (gt_precision precision : {GT_PRECISION_FP32, GT_PRECISION_TF32, GT_PRECISION_BF16}) {
        gt_trainer_options options = layered_options(GT_DEVICE_CUDA);
        options.precision = precision;
        const Trainer trainer = make_trainer(spec, options);
        EXPECT_NE(std::string(gt_trainer_get_info(trainer.get()).why).find(gt_precision_name(precision)), std::string::npos);
        train(trainer, 1);
        worst[precision] = worst_difference(trainer, exact, GT_ADAM_M, 0);
    }
    EXPECT_EQ(worst[GT_PRECISION_FP32], 0.0);
    EXPECT_GT(worst[GT_PRECISION_TF32], 1e-7);
    EXPECT_GT(worst[GT_PRECISION_BF16], worst[GT_PRECISION_TF32]);
    EXPECT_LT(worst[GT_PRECISION_BF16], 0.05);
}

// cuRAND's numbers are others, but as well distributed: D can't tell them, and its first losses are alike.
TEST_F(CudaLayered, NumbersByCurand) {
    for (gt_noise noise : {GT_NOISE_GAUSSIAN, GT_NOISE_UNIFORM, GT_NOISE_TRUNCATED_NORMAL}) {
        gt_spec spec = image_spec();
        spec.noise = noise;
        spec.batch = spec.half_batch = 64;
        spec.generator_adam.lr = spec.discriminator_adam.lr = 1e-12; // nothing is learned
        const Trainer own = with_rng(GT_RNG_GANTRY, spec, 3, 2), other = with_rng(GT_RNG_CURAND, spec, 3, 2);
        double losses[2][3] = {};
        std::set<double> drawn; // no block of numbers is that of another iteration
        for (int k = 0; k < 20; k++)
            for (const Trainer *t : {&own, &other}) {
                train(*t, 1);
                const gt_metrics row = rows_of(*t, scored(1, 0, 1))[1];
                const double of[] = {row.d_loss_real, row.d_loss_fake, row.g_loss};
                for (int l = 0; l < 3; l++) losses[t == &other][l] += of[l] / 20;
                if (t == &other) drawn.insert({of[0], of[1], of[2]});
            }
        EXPECT_EQ(drawn.size(), 3u * 20);
        for (int l = 0; l < 3; l++) {
            EXPECT_NE(losses[0][l], losses[1][l]) << gt_noise_name(noise);
            EXPECT_NEAR(losses[0][l], losses[1][l], 0.03) << gt_noise_name(noise) << ", loss " << l;
        }
    }
}

// ---------------------------------------------------------------- what is refused

void expect_refused(const gt_spec &spec, const gt_trainer_options &options, gt_status status, const char *text) {
    gt_trainer *trainer = nullptr;
    EXPECT_EQ(gt_trainer_create(&spec, &options, &trainer), status);
    EXPECT_NE(std::string(gt_last_error()).find(text), std::string::npos) << gt_last_error();
    gt_trainer_destroy(trainer);
}

TEST(CudaLayeredOptions, OfAGpuAreRefusedElsewhere) {
    const gt_spec spec = image_spec();
    gt_trainer_options options = layered_options(GT_DEVICE_CPU);
    options.precision = GT_PRECISION_TF32;
    expect_refused(spec, options, GT_ERR_ARGUMENT, "precision tf32 is of the layered engine on a GPU");
    options.precision = GT_PRECISION_FP32, options.rng = GT_RNG_CURAND;
    expect_refused(spec, options, GT_ERR_ARGUMENT, "rng curand is of the layered engine on a GPU");
    options.rng = GT_N_RNGS;
    expect_refused(spec, options, GT_ERR_ARGUMENT, "rng 2");
    options.rng = GT_RNG_GANTRY, options.precision = GT_N_PRECISIONS;
    expect_refused(spec, options, GT_ERR_ARGUMENT, "precision 3");
}

#ifdef GT_EMULATOR

TEST_F(CudaLayered, TheFusedEngineTakesNoPrecision) {
    gt_trainer_options options = options_for(GT_DEVICE_CUDA);
    options.precision = GT_PRECISION_BF16;
    expect_refused(preset("x2"), options, GT_ERR_ARGUMENT, "this is the fused engine on cuda");
}

TEST_F(CudaLayered, WithoutItsLibraries) {
    emulator::settings().libraries = false;
    gt_trainer_options options = layered_options(GT_DEVICE_CUDA);
    expect_refused(image_spec(), options, GT_ERR_DEVICE, "libcublasLt.so");
    options.rng = GT_RNG_CURAND;
    expect_refused(preset("x2"), options, GT_ERR_DEVICE, "libcurand.so");
    // nets without a wide layer need none
    const Trainer narrow = layered(GT_DEVICE_CUDA, preset("x2"));
    train(narrow, 2);
    EXPECT_NE(std::string(gt_trainer_get_info(narrow.get()).why).find("its own kernels"), std::string::npos);
}

TEST_F(CudaLayered, WithoutAGpu) {
    emulator::settings().devices = 0;
    expect_refused(image_spec(), layered_options(GT_DEVICE_CUDA), GT_ERR_DEVICE, "no GPU");
}

TEST_F(CudaLayered, RunsThatDoNotFitAreRefused) {
    emulator::settings().memory = 40 << 20;
    expect_refused(image_spec(), layered_options(GT_DEVICE_CUDA, 1, 500), GT_ERR_MEMORY, "500 runs need");
    EXPECT_EQ(emulator::counters().allocations, 0u);
    const Trainer fewer = layered(GT_DEVICE_CUDA, image_spec(), 1, 3);
    train(fewer, 3);
}

// One launch of a graph an iteration, from the third on.
TEST_F(CudaLayered, IterationsAreReplayed) {
    const Trainer trainer = layered(GT_DEVICE_CUDA, image_spec());
    train(trainer, 2);
    const size_t kernels = emulator::calls("cudaLaunchKernel"), products = emulator::calls("cublasLtMatmul"),
                 graphs = emulator::calls("cudaGraphLaunch"), recorded = emulator::calls("cudaGraphInstantiate");
    train(trainer, 50);
    EXPECT_EQ(emulator::calls("cudaLaunchKernel"), kernels);
    EXPECT_EQ(emulator::calls("cublasLtMatmul"), products);
    EXPECT_EQ(emulator::calls("cudaGraphLaunch"), graphs + 50);
    EXPECT_EQ(emulator::calls("cudaGraphInstantiate"), recorded);
}

// The image GAN's layers in small: as many launches as docs/cuda.md says that its graph has nodes.
TEST_F(CudaLayered, LaunchesOfAnIterationOfTheImageGan) {
    gt_spec spec = image_spec();
    spec.generator = net(40, {40, 33, 35}, GT_RELU, 36);
    spec.generator.activation[3] = GT_TANH;
    spec.discriminator = net(36, {34, 40, 32}, GT_RELU, 1);
    const Trainer trainer = layered(GT_DEVICE_CUDA, spec);
    const size_t kernels = emulator::calls("cudaLaunchKernel"), products = emulator::calls("cublasLtMatmul");
    train(trainer, 1);
    EXPECT_EQ(emulator::calls("cublasLtMatmul") - products, 29u);
    EXPECT_EQ(emulator::calls("cudaLaunchKernel") - kernels, 17u);
}

TEST_F(CudaLayered, SeveralGpusDivideTheRuns) {
    emulator::settings().devices = 3;
    const gt_spec spec = image_spec();
    gt_trainer_options one = layered_options(GT_DEVICE_CUDA, 20, 5);
    one.n_gpus = 1;
    for (gt_rng rng : {GT_RNG_GANTRY, GT_RNG_CURAND}) {
        one.rng = rng;
        const Trainer all = with_rng(rng, spec, 20, 5), alone = make_trainer(spec, one);
        EXPECT_EQ(gt_trainer_get_info(all.get()).n_gpus, 3);
        train(all, 20);
        train(alone, 20);
        expect_equal(all, alone);
    }
    EXPECT_EQ(gt_trainer_get_info(layered(GT_DEVICE_CUDA, spec, 20, 2).get()).n_gpus, 2);
}

TEST_F(CudaLayered, EveryOrderOfLanesAndBlocks) {
    const Trainer ascending = layered(GT_DEVICE_CUDA, deep_spec(), 3, 2);
    train(ascending, 4);
    for (auto order : {emulator::Order::descending, emulator::Order::random}) {
        emulator::settings().order = order;
        const Trainer other = layered(GT_DEVICE_CUDA, deep_spec(), 3, 2);
        train(other, 4);
        expect_equal(ascending, other);
    }
}

// Each call in turn fails once: an error, nothing leaked, and no crash in what follows.
TEST_F(CudaLayered, EveryCallThatFailsIsReported) {
    gt_spec spec = image_spec();
    spec.batch = spec.half_batch = 2;
    const auto everything = [&](gt_trainer **trainer) {
        gt_trainer_options options = layered_options(GT_DEVICE_CUDA, 1, 2);
        options.rng = GT_RNG_CURAND;
        std::vector<float> w(gt_spec_n_parameters(&spec, GT_GENERATOR));
        gt_status status = gt_trainer_create(&spec, &options, trainer);
        if (status == GT_OK) status = gt_trainer_advance(*trainer, 3);
        if (status == GT_OK) status = gt_trainer_get_state(*trainer, 1, GT_GENERATOR, GT_WEIGHTS, w.data());
        if (status == GT_OK) status = gt_trainer_set_state(*trainer, 1, GT_GENERATOR, GT_WEIGHTS, w.data());
        return status == GT_OK ? gt_trainer_advance(*trainer, 1) : status;
    };
    gt_trainer *trainer = nullptr;
    ASSERT_EQ(everything(&trainer), GT_OK) << gt_last_error();
    gt_trainer_destroy(trainer);
    const size_t allocations = emulator::counters().allocations, handles = emulator::counters().handles;
    for (const char *function : {"cudaGetDeviceProperties",
                                 "cudaSetDevice",
                                 "cudaStreamCreateWithFlags",
                                 "cudaMemGetInfo",
                                 "cudaMalloc",
                                 "cudaMemcpyAsync",
                                 "cudaMemsetAsync",
                                 "cudaStreamSynchronize",
                                 "cudaLaunchKernel",
                                 "cudaStreamBeginCapture",
                                 "cudaStreamEndCapture",
                                 "cudaGraphInstantiate",
                                 "cudaGraphLaunch",
                                 "cublasLtCreate",
                                 "cublasLtMatmul",
                                 "cublasLtMatmulPreferenceCreate",
                                 "curandCreateGenerator",
                                 "curandSetGeneratorOffset",
                                 "curandGenerateNormal",
                                 "curandGenerate"}) {
        const size_t before = emulator::calls(function);
        trainer = nullptr;
        ASSERT_EQ(everything(&trainer), GT_OK);
        gt_trainer_destroy(trainer);
        const size_t n_calls = emulator::calls(function) - before;
        EXPECT_GT(n_calls, 0u) << function << " is not called any more";
        const bool is_malloc = std::string(function) == "cudaMalloc"; // masks can do without
        size_t reported = 0;
        for (size_t n = 1; n <= n_calls; n += 1 + n_calls / 12) {
            SCOPED_TRACE(std::string(function) + ", call " + std::to_string(n));
            emulator::fail(function, (int)n, cudaErrorIllegalAddress);
            trainer = nullptr;
            const gt_status status = everything(&trainer);
            if (emulator::faults_left() == 0 && !(is_malloc && status == GT_OK)) { // not left for destroy()
                EXPECT_TRUE(status == GT_ERR_CUDA || status == GT_ERR_DEVICE) << gt_status_name(status);
                reported++;
            }
            gt_trainer_destroy(trainer);
            EXPECT_EQ(emulator::counters().allocations, allocations);
            EXPECT_EQ(emulator::counters().handles, handles);
            emulator::reset();
        }
        EXPECT_GT(reported, 0u) << function;
    }
}

#endif

} // namespace
