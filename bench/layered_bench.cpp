// The layered engine on the CPU: an iteration of the image GAN, and the matrix products in it as OpenBLAS alone does them.
#include "gantry/gantry.h"

#include <benchmark/benchmark.h>

#include <cblas.h>

#include <vector>

namespace {

// Images of noise: what they show does not count here.
std::vector<unsigned char> noise(size_t n) {
    std::vector<unsigned char> pixels(n);
    uint32_t state = 1;
    for (unsigned char &p : pixels) p = static_cast<unsigned char>((state = state * 1664525u + 1013904223u) >> 24);
    return pixels;
}

gt_trainer *image_trainer(int n_threads, size_t n_runs) {
    static const std::vector<unsigned char> pixels = noise(1000 * 784);
    gt_spec spec;
    gt_trainer *trainer = nullptr;
    gt_trainer_options options{};
    options.first_seed = 1;
    options.n_runs = n_runs;
    options.n_threads = n_threads;
    options.device = GT_DEVICE_CPU;
    if (gt_spec_preset("mlp-mnist-literal", &spec) != GT_OK) return nullptr;
    spec.target.pixels = pixels.data();
    spec.target.n_points = 1000;
    return gt_trainer_create(&spec, &options, &trainer) == GT_OK ? trainer : nullptr;
}

void iteration(benchmark::State &state) {
    gt_trainer *trainer = image_trainer(static_cast<int>(state.range(0)), static_cast<size_t>(state.range(1)));
    if (trainer == nullptr) {
        state.SkipWithError(gt_last_error());
        return;
    }
    (void)gt_trainer_advance(trainer, 2);
    for (auto _ : state)
        if (gt_trainer_advance(trainer, 4) != GT_OK) state.SkipWithError(gt_last_error());
    state.counters["iterations/s"] =
        benchmark::Counter(4.0 * static_cast<double>(state.range(1) * state.iterations()), benchmark::Counter::kIsRate);
    gt_trainer_destroy(trainer);
}
BENCHMARK(iteration)
    ->ArgNames({"threads", "runs"})
    ->Args({1, 1})
    ->Args({2, 1})
    ->Args({2, 2})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

struct product {
    bool transpose_a, transpose_b;
    int m, n, k;
};

// The products of an iteration, as engine/layered_iteration.c asks for them.
std::vector<product> products() {
    const std::vector<int> g{100, 256, 512, 1024, 784}, d{784, 1024, 512, 256, 1};
    std::vector<product> list;
    auto forward = [&](const std::vector<int> &net, int n) {
        for (size_t l = 0; l + 1 < net.size(); l++) list.push_back({false, true, n, net[l + 1], net[l]});
    };
    auto backward = [&](const std::vector<int> &net, int n, bool weights, bool inputs) {
        for (size_t l = net.size() - 1; l-- > 0;) {
            if (weights) list.push_back({true, false, net[l + 1], net[l], n});
            if (l > 0 || inputs) list.push_back({false, false, n, net[l], net[l + 1]});
        }
    };
    forward(g, 128);
    forward(d, 256);
    backward(d, 256, true, false);
    forward(g, 128);
    forward(d, 128);
    backward(d, 128, false, true);
    backward(g, 128, true, false);
    return list;
}

void openblas_alone(benchmark::State &state) {
    openblas_set_num_threads(static_cast<int>(state.range(0)));
    const std::vector<product> list = products();
    std::vector<float> a(1 << 21, 0.01f), b(1 << 21, 0.01f), c(1 << 21);
    double flops = 0;
    for (const product &p : list) flops += 2.0 * p.m * p.n * p.k;
    for (auto _ : state)
        for (const product &p : list)
            cblas_sgemm(CblasRowMajor, p.transpose_a ? CblasTrans : CblasNoTrans, p.transpose_b ? CblasTrans : CblasNoTrans,
                        p.m, p.n, p.k, 1, a.data(), p.transpose_a ? p.m : p.k, b.data(), p.transpose_b ? p.k : p.n, 0, c.data(),
                        p.n);
    state.counters["GFLOP/s"] =
        benchmark::Counter(flops * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
    openblas_set_num_threads(1);
}
BENCHMARK(openblas_alone)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
