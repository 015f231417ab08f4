/* The layered engine on the GPU of this machine: an iteration of the image GAN (G 100-256-512-1024-784, D 784-1024-512-256-1,
 * batch 128, D on 128 real and 128 generated points at once), alone and for 32 runs at once, in each precision. Results are
 * checked first. Without a GPU it says so and ends well.
 *
 * us: of the clock, for an iteration of all runs. TFLOP/s: those of the matrix products. GB/s: what Adam reads and writes. */
#include "engine/cuda_devices.h"
#include "gantry/gantry.h"

#include <benchmark/benchmark.h>
#include <cuda_runtime_api.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace {

using Trainer = std::unique_ptr<gt_trainer, decltype(&gt_trainer_destroy)>;

constexpr size_t N_IMAGES = 10000, N_PIXELS = 784;

/* Images of noise: what they show does not count here. */
const std::vector<unsigned char> &pixels() {
    static std::vector<unsigned char> all;
    uint32_t state = 1;
    while (all.size() < N_IMAGES * N_PIXELS)
        all.push_back(static_cast<unsigned char>((state = state * 1664525u + 1013904223u) >> 24));
    return all;
}

gt_spec image_spec() {
    gt_spec spec;
    gt_spec_preset("mlp-mnist-literal", &spec);
    spec.target.pixels = pixels().data();
    spec.target.n_points = N_IMAGES;
    return spec;
}

Trainer make(gt_device device, size_t n_runs, gt_precision precision, gt_rng rng) {
    const gt_spec spec = image_spec();
    gt_trainer_options options = {};
    options.first_seed = 1;
    options.n_runs = n_runs;
    options.device = device;
    options.precision = precision;
    options.rng = rng;
    options.n_gpus = device == GT_DEVICE_CUDA ? 1 : 0; /* the first */
    gt_trainer *trainer = nullptr;
    gt_trainer_create(&spec, &options, &trainer);
    return Trainer(trainer, gt_trainer_destroy);
}

/* Products of an iteration: G forward for D's step and for its own, and its backward; D forward twice, its backward with
 * weights, and that of G's step without. */
double flops_of_products(const gt_spec &spec) {
    const auto weights = [](const gt_net_spec &net, int from) {
        double n = 0;
        for (int l = from; l < net.n_layers; l++) n += static_cast<double>(net.size[l]) * net.size[l + 1];
        return n;
    };
    const double g = weights(spec.generator, 0), d = weights(spec.discriminator, 0), d_hidden = weights(spec.discriminator, 1),
                 g_hidden = weights(spec.generator, 1), half = spec.half_batch, batch = spec.batch;
    return 2 * (half * g + 2 * half * (d + d + d_hidden) + batch * (g + d + d + g + g_hidden));
}

/* "" or what is wrong: after one iteration from the same numbers the losses are the CPU's. */
std::string check(gt_precision precision) {
    const Trainer gpu = make(GT_DEVICE_CUDA, 1, precision, GT_RNG_GANTRY),
                  cpu = make(GT_DEVICE_CPU, 1, GT_PRECISION_FP32, GT_RNG_GANTRY);
    gt_metrics rows[2];
    gt_evaluate_options options = {};
    options.n_samples = options.n_accuracy = 16;
    options.n_energy = 0;
    if (!gpu || !cpu) return gt_last_error();
    for (int k = 0; k < 2; k++) {
        gt_trainer *trainer = k == 0 ? gpu.get() : cpu.get();
        if (gt_trainer_advance(trainer, 1) != GT_OK || gt_trainer_evaluate(trainer, &options, &rows[k]) != GT_OK)
            return gt_last_error();
    }
    const double allowed = precision == GT_PRECISION_FP32 ? 1e-4 : 0.05;
    if (std::fabs(rows[0].g_loss - rows[1].g_loss) > allowed || std::fabs(rows[0].d_loss_real - rows[1].d_loss_real) > allowed)
        return "the GPU's losses are not the CPU's";
    return "";
}

const std::string &check_once(gt_precision precision) {
    static std::map<gt_precision, std::string> known;
    if (!known.count(precision)) known[precision] = check(precision);
    return known[precision];
}

/* The trainer of the last benchmark, which is called for each repetition, or another: 32 runs take seconds to make. */
const Trainer &make_once(size_t n_runs, gt_precision precision, gt_rng rng) {
    static Trainer last(nullptr, gt_trainer_destroy);
    static std::tuple<size_t, gt_precision, gt_rng> of;
    if (last && of == std::tuple{n_runs, precision, rng}) return last;
    last.reset();
    last = make(GT_DEVICE_CUDA, n_runs, precision, rng);
    of = {n_runs, precision, rng};
    return last;
}

void Iterations(benchmark::State &state, size_t n_runs, gt_precision precision, gt_rng rng) {
    const uint64_t n = n_runs == 1 ? 1000 : 100;
    const std::string wrong = check_once(precision);
    if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
    const Trainer &trainer = make_once(n_runs, precision, rng);
    if (!trainer || gt_trainer_advance(trainer.get(), n) != GT_OK) return state.SkipWithError(gt_last_error());
    for (auto _ : state)
        if (gt_trainer_advance(trainer.get(), n) != GT_OK) return state.SkipWithError(gt_last_error());
    using benchmark::Counter;
    const gt_spec spec = image_spec();
    const double iterations = static_cast<double>(n), of_runs = iterations * static_cast<double>(n_runs);
    const double adam_bytes = 28.0 * static_cast<double>(gt_spec_n_parameters(&spec, GT_GAN)); /* w, m, v both ways, gradient */
    state.counters["us"] = Counter(1e-6 * iterations, Counter::kIsIterationInvariantRate | Counter::kInvert);
    state.counters["iterations/s"] = Counter(of_runs, Counter::kIsIterationInvariantRate);
    state.counters["TFLOP/s"] = Counter(1e-12 * of_runs * flops_of_products(spec), Counter::kIsIterationInvariantRate);
    state.counters["GB/s"] = Counter(1e-9 * of_runs * adam_bytes, Counter::kIsIterationInvariantRate);
}

void add_all() {
    for (gt_precision precision : {GT_PRECISION_FP32, GT_PRECISION_TF32, GT_PRECISION_BF16})
        for (size_t n_runs : {1u, 32u})
            for (gt_rng rng : {GT_RNG_GANTRY, GT_RNG_CURAND}) {
                const std::string name = "mlp-mnist/" + std::string(gt_precision_name(precision)) +
                                         "/R:" + std::to_string(n_runs) + "/rng:" + gt_rng_name(rng);
                if (rng == GT_RNG_CURAND && precision != GT_PRECISION_TF32) continue;
                benchmark::RegisterBenchmark(name.c_str(), Iterations, n_runs, precision, rng)
                    ->UseRealTime()
                    ->Unit(benchmark::kMillisecond);
            }
}

} // namespace

int main(int argc, char **argv) {
    const char *why = nullptr;
    gt_cuda_device device;
    benchmark::Initialize(&argc, argv);
    if (gt_cuda_count(&why) == 0 || gt_cuda_describe(0, &device) != GT_OK) {
        fprintf(stderr, "layered_cuda_bench: skipped, %s\n", why != nullptr ? why : gt_last_error());
        return 0;
    }
    int runtime = 0;
    cudaRuntimeGetVersion(&runtime);
    benchmark::AddCustomContext("gpu", device.name);
    benchmark::AddCustomContext("cuda_runtime", std::to_string(runtime));
    add_all();
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
