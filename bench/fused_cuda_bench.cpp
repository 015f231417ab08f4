/* The fused engine on the GPU of this machine: whole runs, shapes, scores; what the GPU itself can issue; random numbers beside
 * cuRAND's; what each stage and exactness cost. Results are checked first. Without a GPU it says so and ends well.
 *
 * issue_share: issue slots of the work (bench/results/kernels.csv) over those that the GPU has by the peak measured here, one
 * FMA of a warp being one slot. */
#include "fused_cuda_kernels.h"

#include "engine/cuda_devices.h"
#include "gantry/gantry.h"
#include "kernels/fused_kernels.h"

#include <benchmark/benchmark.h>
#include <cuda_runtime_api.h>
#ifdef BENCH_CURAND
#include <curand.h>
#include <dlfcn.h>
#endif

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
extern const fused_kernels fused_kernels_bench_whole, fused_kernels_bench_without_random, fused_kernels_bench_without_adam,
    fused_kernels_bench_without_d_step, fused_kernels_bench_without_g_step, fused_kernels_bench_approximate;
}

namespace {

using Trainer = std::unique_ptr<gt_trainer, decltype(&gt_trainer_destroy)>;

Trainer make(const gt_spec &spec, gt_device device, size_t n_runs) {
    gt_trainer_options options = {};
    options.first_seed = 1;
    options.n_runs = n_runs;
    options.device = device;
    options.n_gpus = device == GT_DEVICE_CUDA ? 1 : 0; /* the first */
    gt_trainer *trainer = nullptr;
    gt_trainer_create(&spec, &options, &trainer);
    return Trainer(trainer, gt_trainer_destroy);
}

gt_spec preset(const char *name) {
    gt_spec spec;
    gt_spec_preset(name, &spec);
    return spec;
}

gt_spec with_units(int g, int d, int batch) {
    gt_spec spec = preset("x2");
    spec.generator.size[1] = g;
    spec.discriminator.size[1] = d;
    spec.batch = batch;
    return spec;
}

/* "" or why the GPU's bits are not the CPU's. */
std::string check(const gt_spec &spec) {
    Trainer gpu = make(spec, GT_DEVICE_CUDA, 2), cpu = make(spec, GT_DEVICE_CPU, 2);
    if (!gpu || !cpu) return gt_last_error();
    char a[GT_DIGEST_CHARS], b[GT_DIGEST_CHARS];
    for (gt_trainer *trainer : {gpu.get(), cpu.get()})
        if (gt_trainer_advance(trainer, 100) != GT_OK) return gt_last_error();
    if (gt_trainer_digest(gpu.get(), 1, a) != GT_OK || gt_trainer_digest(cpu.get(), 1, b) != GT_OK) return gt_last_error();
    return std::string(a) == b ? "" : "the GPU's weights are not the CPU's";
}

/* Issue slots of an iteration of a GAN from kernels.csv; 0: the shape is not in it. */
double slots_of(const std::string &sm, const std::string &shape) {
    std::ifstream file(std::getenv("GANTRY_KERNELS_CSV") ? std::getenv("GANTRY_KERNELS_CSV") : BENCH_KERNELS_CSV);
    std::string line;
    while (std::getline(file, line)) {
        std::vector<std::string> cells;
        std::stringstream row(line);
        for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
        if (cells.size() > 10 && cells[1] == sm && cells[2] == shape && cells[3] == "fused_train")
            return std::strtod(cells[10].c_str(), nullptr);
    }
    return 0;
}

gt_cuda_device device;
double peak_slots; /* of the whole GPU, a second; measured by Kernel(), which is registered first */

void report(benchmark::State &state, const std::string &shape, double iterations) {
    state.counters["runs/s"] = benchmark::Counter(iterations / 10000, benchmark::Counter::kIsIterationInvariantRate);
    const double slots = slots_of(device.sm, shape);
    if (slots > 0 && peak_slots > 0)
        state.counters["issue_share"] =
            benchmark::Counter(slots * iterations / peak_slots, benchmark::Counter::kIsIterationInvariantRate);
}

/* n iterations of R runs of one trainer, which has done as many before. The time is that of the call: launches, waiting,
 * counters. */
void Runs(benchmark::State &state, const std::string &shape, const gt_spec &spec, size_t n_runs, uint64_t n) {
    const std::string wrong = check(spec);
    if (!wrong.empty()) return state.SkipWithError(wrong.c_str());
    Trainer trainer = make(spec, GT_DEVICE_CUDA, n_runs);
    if (!trainer || gt_trainer_advance(trainer.get(), n) != GT_OK) return state.SkipWithError(gt_last_error());
    for (auto _ : state)
        if (gt_trainer_advance(trainer.get(), n) != GT_OK) return state.SkipWithError(gt_last_error());
    report(state, shape, static_cast<double>(n) * static_cast<double>(n_runs));
    state.counters["bytes/run"] = static_cast<double>(gt_trainer_get_info(trainer.get()).state_bytes_per_run);
}

/* Every run scored with N points. */
void Scores(benchmark::State &state, size_t n_runs, int n_samples) {
    Trainer trainer = make(preset("x2"), GT_DEVICE_CUDA, n_runs);
    gt_evaluate_options options = {};
    options.n_samples = n_samples;
    std::vector<gt_metrics> rows(n_runs);
    if (!trainer || gt_trainer_advance(trainer.get(), 2000) != GT_OK ||
        gt_trainer_evaluate(trainer.get(), &options, rows.data()) != GT_OK)
        return state.SkipWithError(gt_last_error());
    for (auto _ : state) gt_trainer_evaluate(trainer.get(), &options, rows.data());
    state.counters["scores/s"] = benchmark::Counter(static_cast<double>(n_runs), benchmark::Counter::kIsIterationInvariantRate);
}

/* ---------------------------------------------------------------- kernels by themselves */

struct Events {
    cudaEvent_t begin = nullptr, end = nullptr;
    Events() {
        cudaEventCreate(&begin);
        cudaEventCreate(&end);
    }
    ~Events() {
        cudaEventDestroy(begin);
        cudaEventDestroy(end);
    }
    double seconds() {
        float ms = 0;
        cudaEventRecord(end);
        cudaEventSynchronize(end);
        cudaEventElapsedTime(&ms, begin, end);
        return 1e-3 * ms;
    }
};

struct DeviceMemory {
    void *at = nullptr;
    explicit DeviceMemory(size_t bytes) {
        if (cudaMalloc(&at, bytes) == cudaSuccess) cudaMemset(at, 0, bytes);
    }
    ~DeviceMemory() { cudaFree(at); }
    DeviceMemory(const DeviceMemory &) = delete;
    DeviceMemory &operator=(const DeviceMemory &) = delete;
};

/* 2,048 threads a multiprocessor. */
void Kernel(benchmark::State &state, const bench_kernel &kernel) {
    const unsigned blocks = 8 * static_cast<unsigned>(device.n_sms), threads = 256;
    DeviceMemory out(sizeof(float) * blocks * threads);
    bench_args args = {static_cast<float *>(out.at), 20000u / static_cast<unsigned>(kernel.per_round > 8 ? 20 : 1)};
    void *arguments[] = {&args};
    Events events;
    double best = 1e30;
    for (int warm = 0; warm < 2; warm++) cudaLaunchKernel(kernel.handle, dim3(blocks), dim3(threads), arguments, 0, nullptr);
    for (auto _ : state) {
        cudaEventRecord(events.begin);
        cudaLaunchKernel(kernel.handle, dim3(blocks), dim3(threads), arguments, 0, nullptr);
        const double seconds = events.seconds();
        state.SetIterationTime(seconds);
        if (seconds < best) best = seconds;
    }
    if (const cudaError_t error = cudaGetLastError()) return state.SkipWithError(cudaGetErrorString(error));
    const double n = static_cast<double>(blocks) * threads * args.rounds * kernel.per_round;
    state.counters[kernel.counter] = benchmark::Counter(n, benchmark::Counter::kIsIterationInvariantRate);
    if (&kernel != &bench_kernels[0]) return;
    peak_slots = n / 32 / best;
    state.counters["slots/s"] = peak_slots;
    state.counters["GHz_if_4_a_clock"] = peak_slots / device.n_sms / 4 * 1e-9;
}

#ifdef BENCH_CURAND
/* cuRAND's host interface, found at run time. */
void CurandHost(benchmark::State &state) {
    void *library = dlopen("libcurand.so.10", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return state.SkipWithError("libcurand.so.10 is not here");
    const auto create = reinterpret_cast<decltype(&curandCreateGenerator)>(dlsym(library, "curandCreateGenerator"));
    const auto normal = reinterpret_cast<decltype(&curandGenerateNormal)>(dlsym(library, "curandGenerateNormal"));
    const auto destroy = reinterpret_cast<decltype(&curandDestroyGenerator)>(dlsym(library, "curandDestroyGenerator"));
    const size_t n = (size_t)1 << 28;
    DeviceMemory out(sizeof(float) * n);
    curandGenerator_t generator = nullptr;
    if (create == nullptr || normal == nullptr || destroy == nullptr || out.at == nullptr ||
        create(&generator, CURAND_RNG_PSEUDO_PHILOX4_32_10) != CURAND_STATUS_SUCCESS)
        return state.SkipWithError("cuRAND gives no generator");
    Events events;
    normal(generator, static_cast<float *>(out.at), n, 0.0f, 1.0f);
    for (auto _ : state) {
        cudaEventRecord(events.begin);
        normal(generator, static_cast<float *>(out.at), n, 0.0f, 1.0f);
        state.SetIterationTime(events.seconds());
    }
    destroy(generator);
    state.counters["normals/s"] = benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
}
#endif

/* A full wave of runs of the tutorial through one build of its training kernel, 500 iterations a launch. */
void Variant(benchmark::State &state, const fused_kernels &kernels) {
    const size_t gan_bytes = 16 * static_cast<size_t>(fused_shared_quads(&kernels.shape)),
                 quads = (size_t)fused_state_quads(&kernels.shape);
    int blocks = 0;
    const int threads = 128, gans = threads / FUSED_LANES;
    const size_t shared = gan_bytes * gans;
    cudaFuncSetAttribute(kernels.train, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared));
    cudaFuncSetAttribute(kernels.train, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared);
    if (cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernels.train, threads, shared) != cudaSuccess || blocks == 0)
        return state.SkipWithError("the kernel does not fit");
    const unsigned grid = static_cast<unsigned>(blocks * device.n_sms);
    const size_t n_runs = static_cast<size_t>(grid) * gans, n = 500;
    DeviceMemory states(n_runs * quads * 16), counters(n_runs * sizeof(fused_counters)), steps(sizeof(float)),
        settings(sizeof(fused_setting));
    std::vector<float> weights(n_runs * quads * 4);
    for (size_t i = 0; i < weights.size(); i++)
        weights[i] = 1e-3f * static_cast<float>(i * 2654435761u % 1000); /* m', v' too */
    std::vector<fused_counters> of_run(n_runs);
    for (size_t r = 0; r < n_runs; r++) of_run[r].seed = r;
    const float step = 1e-4f;
    cudaMemcpy(states.at, weights.data(), weights.size() * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemcpy(counters.at, of_run.data(), n_runs * sizeof(fused_counters), cudaMemcpyHostToDevice);
    cudaMemcpy(steps.at, &step, sizeof step, cudaMemcpyHostToDevice);
    fused_setting setting = {};
    setting.d_adam = setting.g_adam = {0.9f, 0.999f, 1e-6f, 0};
    setting.hyper.label[FUSED_REAL] = setting.hyper.label[FUSED_G] = 1.0f;
    cudaMemcpy(settings.at, &setting, sizeof setting, cudaMemcpyHostToDevice);
    fused_train_args args = {};
    args.states = static_cast<float *>(states.at);
    args.counters = static_cast<fused_counters *>(counters.at);
    args.n_runs = static_cast<uint32_t>(n_runs);
    args.n_iterations = n;
    args.settings = {static_cast<fused_setting *>(settings.at), static_cast<uint32_t>(n_runs), 0};
    args.d_steps = args.g_steps = {static_cast<float *>(steps.at), 0, 1, 1};
    args.table.numbers.lo = -0.5f;
    args.table.numbers.width = 1.0f;
    void *arguments[] = {&args};
    Events events;
    cudaLaunchKernel(kernels.train, dim3(grid), dim3(threads), arguments, shared, nullptr);
    for (auto _ : state) {
        cudaEventRecord(events.begin);
        cudaLaunchKernel(kernels.train, dim3(grid), dim3(threads), arguments, shared, nullptr);
        state.SetIterationTime(events.seconds());
    }
    if (const cudaError_t error = cudaGetLastError()) return state.SkipWithError(cudaGetErrorString(error));
    cudaMemcpy(of_run.data(), counters.at, n_runs * sizeof(fused_counters), cudaMemcpyDeviceToHost);
    size_t frozen = 0;
    for (const fused_counters &c : of_run) frozen += c.diverged != 0;
    if (frozen > 0) return state.SkipWithError("runs diverged, so the time says nothing");
    state.counters["runs/s"] =
        benchmark::Counter(static_cast<double>(n_runs * n) / 10000, benchmark::Counter::kIsIterationInvariantRate);
    state.counters["ns/iteration"] = benchmark::Counter(
        static_cast<double>(n_runs * n) * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void add_all() {
    const auto by_device = [](benchmark::internal::Benchmark *b) { b->UseManualTime()->Unit(benchmark::kMillisecond); };
    const auto by_clock = [](benchmark::internal::Benchmark *b) { b->UseRealTime()->Unit(benchmark::kMillisecond); };
    for (int k = 0; k < n_bench_kernels; k++)
        by_device(benchmark::RegisterBenchmark(bench_kernels[k].name, Kernel, bench_kernels[k]));
#ifdef BENCH_CURAND
    by_device(benchmark::RegisterBenchmark("normals_curand_host", CurandHost));
#endif
    for (size_t r : {1, 2, 64, 528, 1056, 2112, 4224, 8448, 16896, 65536}) {
        const uint64_t n = r <= 64 ? 10000 : r <= 8448 ? 2000 : 500;
        const std::string name = "x2/R:" + std::to_string(r) + "/iterations:" + std::to_string(n);
        by_clock(benchmark::RegisterBenchmark(name.c_str(), Runs, std::string("x2"), preset("x2"), r, n));
    }
    const std::map<std::string, gt_spec> shapes = {{"x2_leaky", preset("x2-leaky")},
                                                   {"x2_wide", preset("x2-wide")},
                                                   {"x2_deep", preset("x2-deep")},
                                                   {"x2_tanh", preset("x2-tanh")},
                                                   {"g15_d25_b256", with_units(15, 25, 256)},
                                                   {"g16_d32_b64", with_units(16, 32, 64)},
                                                   {"g64_d64_b128", with_units(64, 64, 128)}};
    for (const auto &[name, spec] : shapes)
        by_clock(benchmark::RegisterBenchmark((name + "/R:4224/iterations:200").c_str(), Runs, name, spec, (size_t)4224,
                                              (uint64_t)200));
    for (int n : {1000, 10000})
        by_clock(benchmark::RegisterBenchmark(("scores/R:4224/N:" + std::to_string(n)).c_str(), Scores, (size_t)4224, n));
    const std::pair<const char *, const fused_kernels *> variants[] = {
        {"stages/whole", &fused_kernels_bench_whole},
        {"stages/without_random", &fused_kernels_bench_without_random},
        {"stages/without_adam", &fused_kernels_bench_without_adam},
        {"stages/without_d_step", &fused_kernels_bench_without_d_step},
        {"stages/without_g_step", &fused_kernels_bench_without_g_step},
        {"stages/approximate", &fused_kernels_bench_approximate}};
    for (const auto &[name, kernels] : variants) by_device(benchmark::RegisterBenchmark(name, Variant, *kernels));
}

} // namespace

int main(int argc, char **argv) {
    const char *why = nullptr;
    benchmark::Initialize(&argc, argv);
    if (gt_cuda_count(&why) == 0 || gt_cuda_describe(0, &device) != GT_OK) {
        fprintf(stderr, "fused_cuda_bench: skipped, %s\n", why != nullptr ? why : gt_last_error());
        return 0;
    }
    cudaSetDevice(0);
    int driver = 0, runtime = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    benchmark::AddCustomContext("gpu", device.name);
    benchmark::AddCustomContext("cuda_driver", std::to_string(driver));
    benchmark::AddCustomContext("cuda_runtime", std::to_string(runtime));
    add_all();
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
