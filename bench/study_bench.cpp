/* What a study costs beside the training of its runs: scores each 200 iterations into a store, and the store alone, at the rows
 * of runs much faster than these. */
#include "core/study.h"
#include "gantry/gantry.h"
#include "io/store_writer.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

constexpr int kIterations = 2000, kRuns = 64, kEvery = 200, kPoints = 1000;

/* A store in a scratch folder; gone with its object. */
struct Store {
    gt_store *handle = nullptr;
    std::string folder, path;
    gt_spec spec;
    Store(uint64_t n_runs, uint64_t iterations, uint64_t eval_every) {
        char scratch[] = "/tmp/gantry-study-bench-XXXXXX";
        folder = mkdtemp(scratch);
        path = folder + "/study.sqlite";
        gt_spec_preset("x2", &spec);
        gt_store_study study = {};
        study.name = study.command = study.version = study.created = "";
        study.keep_weights = "none";
        study.plan.settings = &spec;
        study.plan.n_settings = 1;
        study.plan.first_seed = 1;
        study.plan.n_seeds = n_runs;
        study.plan.n_shards = 1;
        study.plan.iterations = iterations;
        study.plan.eval_every = eval_every;
        study.plan.evaluate = {kPoints, 100, 0};
        gt_store_create(path.c_str(), &study, false, &handle);
    }
    ~Store() {
        gt_store_close(handle);
        std::remove(path.c_str());
        std::remove((path + "-wal").c_str());
        std::remove((path + "-shm").c_str());
        rmdir(folder.c_str());
    }
    Store(const Store &) = delete;
    Store &operator=(const Store &) = delete;
};

uint64_t Nothing(void *, uint64_t) { return 0; }
gt_status Rows(void *writer, const gt_study_block *block, const gt_metrics *rows, const bool *converged) {
    return gt_store_writer_rows(static_cast<gt_store_writer *>(writer), block, rows, converged);
}
gt_status Save(void *writer, const gt_study_block *block, uint64_t iteration, void *states, size_t bytes) {
    return gt_store_writer_states(static_cast<gt_store_writer *>(writer), block, iteration, states, bytes);
}
gt_status Finish(void *writer, const gt_study_block *block, const gt_study_result *results, gt_trainer *) {
    return gt_store_writer_results(static_cast<gt_store_writer *>(writer), block, results);
}
bool Never(void *, const gt_study_block *, uint64_t) { return false; }

/* One thread, so that the writing thread has a processor of its own. */
void Study(benchmark::State &state) {
    for (auto _ : state) {
        state.PauseTiming();
        {
            Store store(kRuns, kIterations, kEvery);
            if (store.handle == nullptr) return state.SkipWithError(gt_last_error());
            gt_store_writer *writer = nullptr;
            gt_store_writer_begin(store.handle, &writer);
            gt_study_sink sink = {};
            sink.context = writer;
            sink.progress = Nothing;
            sink.rows = Rows;
            sink.save = Save;
            sink.finish = Finish;
            sink.stop = Never;
            gt_study_options options = {};
            options.how.device = GT_DEVICE_CPU;
            options.how.n_threads = 1;
            options.save_seconds = 10;
            bool stopped = false;
            gt_study_machine machine;
            state.ResumeTiming();
            if (gt_study_run(&gt_store_get_study(store.handle)->plan, &options, &sink, &stopped, &machine) != GT_OK ||
                gt_store_writer_end(writer, nullptr) != GT_OK)
                return state.SkipWithError(gt_last_error());
            state.PauseTiming();
        }
        state.ResumeTiming();
    }
    state.counters["runs/s"] = benchmark::Counter(kRuns, benchmark::Counter::kIsIterationInvariantRate);
}

/* The same runs without scores and store. */
void BareTraining(benchmark::State &state) {
    gt_spec spec;
    gt_spec_preset("x2", &spec);
    gt_trainer_options options = {};
    options.first_seed = 1;
    options.n_runs = kRuns;
    options.device = GT_DEVICE_CPU;
    options.n_threads = 1;
    for (auto _ : state) {
        gt_trainer *trainer = nullptr;
        gt_trainer_create(&spec, &options, &trainer);
        gt_trainer_advance(trainer, kIterations);
        gt_trainer_destroy(trainer);
    }
    state.counters["runs/s"] = benchmark::Counter(kRuns, benchmark::Counter::kIsIterationInvariantRate);
}

/* Checkpoints of 10,000 runs through the writing thread, until they are committed. A GPU that finishes 10,000 runs a second and
 * scores each 20 times makes 200,000 rows a second. */
void StoreRows(benchmark::State &state) {
    const uint64_t n = 10000, checkpoints = 20;
    std::vector<gt_metrics> rows(n);
    const size_t setting = 0;
    const gt_study_block block = {&setting, 1, 1, n};
    bool *converged = static_cast<bool *>(std::calloc(n, sizeof(bool)));
    for (auto _ : state) {
        state.PauseTiming();
        {
            Store store(n, checkpoints, 1);
            if (store.handle == nullptr) return state.SkipWithError(gt_last_error());
            gt_store_writer *writer = nullptr;
            gt_store_writer_begin(store.handle, &writer);
            state.ResumeTiming();
            for (uint64_t k = 1; k <= checkpoints; k++) {
                for (uint64_t r = 0; r < n; r++) {
                    gt_metrics row = {};
                    row.iteration = k;
                    row.resid_mean = 0.01 + 1e-6 * static_cast<double>(r);
                    row.w1_x = row.resid_p95 = row.std_x = row.d_loss_fake = row.g_loss = 1.0 / static_cast<double>(k + r);
                    rows[r] = row;
                }
                gt_store_writer_rows(writer, &block, rows.data(), converged);
            }
            if (gt_store_writer_end(writer, nullptr) != GT_OK) return state.SkipWithError(gt_last_error());
            state.PauseTiming();
        }
        state.ResumeTiming();
    }
    state.counters["runs/s"] = benchmark::Counter(static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
    std::free(converged);
}

BENCHMARK(BareTraining)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(Study)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(StoreRows)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
