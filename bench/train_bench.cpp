/* Whole runs of the tutorial and of other shapes: each instruction set beside the plain C of plain_gan.h, many
 * runs over threads, and the scoring of a run. Every result is checked before its timing counts. */
#include "gantry/gantry.h"
#include "plain_gan.h"

#include <benchmark/benchmark.h>

#include <cmath>

namespace {

constexpr int kIterations = 10000;

struct Trainer {
    gt_trainer *handle = nullptr;
    Trainer(const gt_spec &spec, gt_isa isa, size_t n_runs, int n_threads) {
        gt_trainer_options options = {};
        options.first_seed = 1;
        options.n_runs = n_runs;
        options.isa = isa;
        options.n_threads = n_threads;
        gt_trainer_create(&spec, &options, &handle);
    }
    ~Trainer() { gt_trainer_destroy(handle); }
    Trainer(const Trainer &) = delete;
    Trainer &operator=(const Trainer &) = delete;
};

gt_spec tutorial() {
    gt_spec spec;
    gt_spec_preset("x2", &spec);
    return spec;
}

/* Multiply-adds of an iteration's nets, twice: forward, gradients of weights, gradients to inputs; no random numbers, no Adam.
 */
double flops(const gt_spec &spec) {
    const double z = spec.generator.size[0], g = spec.generator.size[1], d = spec.discriminator.size[1], x = 2;
    const double g_forward = g * z + x * g, d_forward = d * x + d;
    const double d_step = 2 * d_forward, half = spec.batch / 2.0;
    const double g_step = g_forward + d_forward + d * x + x * g + g * z + x * g;
    return 2 * (half * (2 * d_step + g_forward) + spec.batch * g_step);
}

void ReportRun(benchmark::State &state, const gt_spec &spec, double runs) {
    state.counters["runs/s"] = benchmark::Counter(runs, benchmark::Counter::kIsIterationInvariantRate);
    state.counters["GFLOP/s"] =
        benchmark::Counter(flops(spec) * kIterations * runs * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

/* One thread, one run of the tutorial. */
void OneRun(benchmark::State &state, gt_isa isa) {
    const gt_spec spec = tutorial();
    Trainer trainer(spec, isa, 1, 1);
    if (trainer.handle == nullptr) return state.SkipWithError(gt_last_error());
    gt_trainer_advance(trainer.handle, kIterations);
    gt_metrics row;
    gt_trainer_evaluate(trainer.handle, nullptr, &row);
    if (!(row.resid_mean < 0.05)) return state.SkipWithError("the trained generator is off the curve");
    for (auto _ : state) gt_trainer_advance(trainer.handle, kIterations);
    ReportRun(state, spec, 1);
}

/* The same in plain C. Right if it stays beside gantry's weights for 50 iterations. */
void OneRunPlain(benchmark::State &state, void (*train)(plain_gan *, int)) {
    const gt_spec spec = tutorial();
    Trainer trainer(spec, GT_ISA_AUTO, 1, 1);
    plain_gan gan = {};
    gan.seed = 1;
    gt_trainer_get_state(trainer.handle, 0, GT_DISCRIMINATOR, GT_WEIGHTS, gan.d);
    gt_trainer_get_state(trainer.handle, 0, GT_GENERATOR, GT_WEIGHTS, gan.g);
    train(&gan, 50);
    gt_trainer_advance(trainer.handle, 50);
    float g[PLAIN_G_PARAMETERS];
    gt_trainer_get_state(trainer.handle, 0, GT_GENERATOR, GT_WEIGHTS, g);
    for (int k = 0; k < PLAIN_G_PARAMETERS; k++)
        if (!(std::fabs(g[k] - gan.g[k]) < 2e-6f)) return state.SkipWithError("it does not compute what gantry computes");
    for (auto _ : state) train(&gan, kIterations);
    ReportRun(state, spec, 1);
}

/* Hidden units of G and D as arguments: what a shape costs that is not compiled in. */
void OtherShape(benchmark::State &state) {
    gt_spec spec = tutorial();
    spec.generator.size[1] = static_cast<int>(state.range(0));
    spec.discriminator.size[1] = static_cast<int>(state.range(1));
    Trainer trainer(spec, GT_ISA_AUTO, 1, 1);
    if (trainer.handle == nullptr) return state.SkipWithError(gt_last_error());
    for (auto _ : state) gt_trainer_advance(trainer.handle, kIterations / 10);
    state.counters["GFLOP/s"] =
        benchmark::Counter(flops(spec) * kIterations / 10 * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

/* 32 runs over a number of threads. */
void ManyRuns(benchmark::State &state) {
    const gt_spec spec = tutorial();
    constexpr int runs = 32;
    Trainer trainer(spec, GT_ISA_AUTO, runs, static_cast<int>(state.range(0)));
    for (auto _ : state) gt_trainer_advance(trainer.handle, kIterations);
    ReportRun(state, spec, runs);
}

/* One run scored with N points. */
void Evaluate(benchmark::State &state) {
    const gt_spec spec = tutorial();
    Trainer trainer(spec, GT_ISA_AUTO, 1, 1);
    gt_trainer_advance(trainer.handle, 2000);
    gt_evaluate_options options = {};
    options.n_samples = static_cast<int>(state.range(0));
    gt_metrics row;
    for (auto _ : state) gt_trainer_evaluate(trainer.handle, &options, &row);
    state.counters["points/s"] =
        benchmark::Counter(static_cast<double>(state.range(0)), benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK_CAPTURE(OneRun, avx512, GT_ISA_AVX512)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OneRun, avx2, GT_ISA_AVX2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OneRun, portable, GT_ISA_PORTABLE)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OneRunPlain, scalar, plain_gan_train_scalar)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(OneRunPlain, vectorized, plain_gan_train_vectorized)->Unit(benchmark::kMillisecond);
BENCHMARK(OtherShape)
    ->ArgNames({"g", "d"})
    ->Args({15, 25})
    ->Args({16, 26})
    ->Args({64, 64})
    ->Args({256, 256})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(ManyRuns)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(Evaluate)->ArgName("N")->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

} // namespace
