// A study's runs are those of trainers alone, bit for bit: in any division into blocks and shards, and however often it was
// stopped, cut off or refused by its sink on the way.
#include "rows.h"
#include "study_sink.h"

#include <algorithm>
#include <numeric>

namespace {

gt_trainer_options on_cpu(int n_threads, gt_isa isa = GT_ISA_AUTO) {
    gt_trainer_options how{};
    how.device = GT_DEVICE_CPU;
    how.n_threads = n_threads;
    how.isa = isa;
    return how;
}

gt_study_plan plan_of(const std::vector<gt_spec> &settings, uint64_t first_seed, uint64_t n_seeds, uint64_t iterations,
                      uint64_t eval_every, gt_evaluate_options evaluate = {200, 100, 0}) {
    return {settings.data(), settings.size(), first_seed, n_seeds, 0, 1, iterations, eval_every, evaluate, {}};
}

gt_spec with_lr(gt_spec spec, double lr) {
    spec.generator_adam.lr = spec.discriminator_adam.lr = lr;
    return spec;
}

// A run of the plan by the public functions alone.
KeptRun alone(const gt_study_plan &plan, uint64_t id) {
    const gt_spec &spec = plan.settings[id / plan.n_seeds];
    const gt_outcome_rules rules = gt_outcome_rules_of(&spec);
    const Trainer trainer = make_trainer(spec, plan.first_seed + id % plan.n_seeds);
    KeptRun run;
    for (uint64_t done = 0; done < plan.iterations;) {
        const uint64_t n = std::min(plan.eval_every, plan.iterations - done);
        EXPECT_EQ(gt_trainer_advance(trainer.get(), n), GT_OK);
        done += n;
        gt_metrics row;
        EXPECT_EQ(gt_trainer_evaluate(trainer.get(), &plan.evaluate, &row), GT_OK);
        run.rows.push_back(row);
        run.converged.push_back(gt_metrics_converged(&row, &rules));
        gt_judge_add(&run.result.judge, &row, &rules);
    }
    const gt_metrics &last = run.rows.back();
    run.result.outcome = gt_outcome_of(run.rows.data(), run.rows.size(), &rules);
    run.result.distance = gt_metrics_distance(&last, &rules);
    run.result.diverged = last.diverged;
    run.result.diverged_at = last.diverged_at;
    EXPECT_EQ(gt_trainer_digest(trainer.get(), 0, run.result.digest), GT_OK);
    return run;
}

std::map<uint64_t, KeptRun> all_alone(const gt_study_plan &plan) {
    std::map<uint64_t, KeptRun> runs;
    for (uint64_t id = 0; id < plan.n_settings * plan.n_seeds; id++) runs[id] = alone(plan, id);
    return runs;
}

void expect_same(const KeptRun &a, const KeptRun &b) {
    expect_same_rows(a.rows, b.rows);
    EXPECT_EQ(a.converged, b.converged);
    expect_same_judge(a.result.judge, b.result.judge);
    EXPECT_EQ(a.result.outcome, b.result.outcome);
    EXPECT_TRUE(same_bits(a.result.distance, b.result.distance)) << a.result.distance << " and " << b.result.distance;
    EXPECT_EQ(a.result.diverged, b.result.diverged);
    EXPECT_EQ(a.result.diverged_at, b.result.diverged_at);
    EXPECT_STREQ(a.result.digest, b.result.digest);
}

void expect_complete(const std::map<uint64_t, KeptRun> &runs, const std::map<uint64_t, KeptRun> &expected) {
    ASSERT_EQ(runs.size(), expected.size());
    for (const auto &[id, run] : runs) {
        SCOPED_TRACE("run " + std::to_string(id));
        EXPECT_EQ(run.n_finished, 1);
        expect_same(run, expected.at(id));
    }
}

// ---------------------------------------------------------------- blocks

TEST(Study, RunsAreThoseOfTrainersAlone) {
    const std::vector<gt_spec> settings = {preset("x2"), with_lr(preset("x2"), 0.003), spec_of(3, {7}, {9, 8}, GT_TANH, 32)};
    const gt_study_plan plan = plan_of(settings, 5, 70, 13, 5, {50, 20, 0});
    const auto expected = all_alone(plan);
    for (int threads : {1, 3}) {
        SCOPED_TRACE(threads);
        MemorySink sink(plan);
        ASSERT_EQ(sink.go(on_cpu(threads)), GT_OK) << gt_last_error();
        EXPECT_FALSE(sink.stopped);
        expect_complete(sink.runs, expected);
        EXPECT_GT(sink.block_sizes.size(), threads == 1 ? 3u : 1u); // more than one block, so that it says something
        EXPECT_STREQ(sink.machine.device, "cpu");
    }
}

// States of 408 and 12.4 MB: not 64 runs a thread are taken at once, but what fits 1 GB.
TEST(Study, BlocksOfWideNetsFitMemory) {
    for (const auto &[width, most] : {std::pair{4096, 2}, {700, 86}}) {
        const gt_spec wide = spec_of(64, {width, width}, {width, width}, GT_RELU, 32);
        for (size_t n_settings : {1, 300}) {
            const std::vector<gt_spec> settings(n_settings, wide);
            const gt_study_plan plan = plan_of(settings, 0, 1000, 10, 5);
            MemorySink sink(plan);
            sink.stop_at = [](int) { return true; };
            ASSERT_EQ(sink.go(on_cpu(64)), GT_OK) << gt_last_error();
            EXPECT_LE(sink.last_block_size, (size_t)most) << width;
            EXPECT_GT(2 * sink.last_block_size, (size_t)most) << width;
        }
    }
}

TEST(Study, EveryInstructionSetGivesTheSame) {
    const std::vector<gt_spec> settings = {preset("x2")};
    const gt_study_plan plan = plan_of(settings, 1, 20, 12, 5);
    const auto expected = all_alone(plan);
    for (gt_isa isa : available_isas()) {
        SCOPED_TRACE(gt_isa_name(isa));
        MemorySink sink(plan);
        ASSERT_EQ(sink.go(on_cpu(2, isa)), GT_OK) << gt_last_error();
        EXPECT_STREQ(sink.machine.isa, gt_isa_name(isa));
        expect_complete(sink.runs, expected);
    }
}

TEST(Study, ScoresOfOtherTargets) {
    for (const NamedSpec &s : targets()) {
        SCOPED_TRACE(s.name);
        const std::vector<gt_spec> settings = {s.spec, with_lr(s.spec, 0.01)};
        const gt_study_plan plan = plan_of(settings, 3, 4, 8, 3, {100, 50, 40});
        MemorySink sink(plan);
        ASSERT_EQ(sink.go(on_cpu(2)), GT_OK) << gt_last_error();
        expect_complete(sink.runs, all_alone(plan));
    }
}

TEST(Study, TheLargestSeeds) {
    const std::vector<gt_spec> settings = {preset("x2"), with_lr(preset("x2"), 0.01)};
    const gt_study_plan plan = plan_of(settings, (uint64_t)INT64_MAX - 3, 3, 6, 2);
    MemorySink sink(plan);
    ASSERT_EQ(sink.go(on_cpu(1)), GT_OK) << gt_last_error();
    expect_complete(sink.runs, all_alone(plan));
}

TEST(Study, AnyScheduleOfCheckpoints) {
    const std::vector<gt_spec> settings = {preset("x2")};
    const struct {
        uint64_t iterations, eval_every;
        std::vector<uint64_t> expected;
    } schedules[] = {{10, 3, {3, 6, 9, 10}}, {10, 10, {10}},        {10, 11, {10}}, {10, UINT64_MAX, {10}}, {1, 1, {1}},
                     {4, 1, {1, 2, 3, 4}},   {64, 31, {31, 62, 64}}};
    for (const auto &s : schedules) {
        SCOPED_TRACE(std::to_string(s.iterations) + " by " + std::to_string(s.eval_every));
        const gt_study_plan plan = plan_of(settings, 0, 2, s.iterations, s.eval_every);
        MemorySink sink(plan);
        ASSERT_EQ(sink.go(on_cpu(1)), GT_OK) << gt_last_error();
        std::vector<uint64_t> seen;
        for (const gt_metrics &row : sink.runs[1].rows) seen.push_back(row.iteration);
        EXPECT_EQ(seen, s.expected);
        expect_complete(sink.runs, all_alone(plan));
    }
}

TEST(Study, ARunThatDivergesTouchesNoOther) {
    const gt_spec wild = changed(with_lr(preset("x2"), 1e6), [](gt_spec &s) {
        s.generator.activation[0] = s.discriminator.activation[0] = GT_LINEAR; // no unit that could die before
    });
    const std::vector<gt_spec> settings = {preset("x2"), wild};
    const gt_study_plan plan = plan_of(settings, 0, 3, 40, 10);
    const auto expected = all_alone(plan);
    for (int stop : {-1, 3, 5}) {
        MemorySink sink(plan);
        sink.stop_at = [&](int n) { return n == stop; };
        ASSERT_EQ(sink.go(on_cpu(1)), GT_OK) << gt_last_error();
        sink.stop_at = nullptr;
        if (sink.stopped) {
            ASSERT_EQ(sink.go(on_cpu(1)), GT_OK) << gt_last_error();
        }
        expect_complete(sink.runs, expected);
        for (uint64_t id = 3; id < 6; id++) {
            const gt_study_result &result = sink.runs[id].result;
            EXPECT_TRUE(result.diverged);
            EXPECT_LT(result.diverged_at, 40u);
            EXPECT_EQ(result.outcome, GT_OUTCOME_DIVERGED);
            EXPECT_TRUE(std::isinf(result.distance));
            EXPECT_EQ(result.judge.n_checkpoints, 4u); // it has rows to the end
        }
        EXPECT_FALSE(sink.runs[0].result.diverged);
    }
}

// ---------------------------------------------------------------- stopped, cut off, refused

class Interrupted : public testing::Test {
  protected:
    const std::vector<gt_spec> settings = {changed(spec_of(5, {15}, {25}, GT_RELU, 16), [](gt_spec &s) { s.ema = 0.9; }),
                                           spec_of(3, {7}, {9}, GT_RELU, 16)};
    const gt_study_plan plan = plan_of(settings, 9, 66, 30, 7, {50, 20, 0}); // two blocks of seeds
    const std::map<uint64_t, KeptRun> expected = all_alone(plan);

    // Goes on until it is done.
    void finish(MemorySink &sink) {
        sink.stop_at = nullptr, sink.fail_at = nullptr;
        ASSERT_EQ(sink.go(on_cpu(1)), GT_OK) << gt_last_error();
        EXPECT_FALSE(sink.stopped);
        expect_complete(sink.runs, expected);
    }
};

TEST_F(Interrupted, StoppedAtEveryQuestion) {
    for (int k = 0;; k++) {
        SCOPED_TRACE(k);
        MemorySink sink(plan);
        sink.stop_at = [&](int n) { return n == k; };
        ASSERT_EQ(sink.go(on_cpu(1)), GT_OK) << gt_last_error();
        if (!sink.stopped) { // no more questions
            EXPECT_GT(k, 10);
            expect_complete(sink.runs, expected);
            break;
        }
        EXPECT_EQ(sink.n_calls[Call::stop], k + 1); // asked no more
        EXPECT_EQ(sink.n_calls[Call::save], sink.last_stop_iteration > 0 ? 1 : 0);
        finish(sink);
    }
}

TEST_F(Interrupted, StoppedAgainAndAgain) {
    MemorySink sink(plan);
    int goes = 0;
    do {
        sink.stop_at = [&](int n) { return n == 1 + goes % 3; };
        ASSERT_EQ(sink.go(on_cpu(1 + goes % 2)), GT_OK) << gt_last_error();
        ASSERT_LT(++goes, 200);
    } while (sink.stopped);
    EXPECT_GT(goes, 10);
    expect_complete(sink.runs, expected);
}

// A sink that fails ends the study with its status; what it has kept until then is enough to go on.
TEST_F(Interrupted, FailingAtEveryCall) {
    for (Call call : {Call::rows, Call::save, Call::finish, Call::load}) {
        for (int k = 0;; k++) {
            SCOPED_TRACE(std::to_string((int)call) + " call " + std::to_string(k));
            MemorySink sink(plan);
            if (call == Call::load) { // a study that was stopped has something to load
                sink.stop_at = [](int n) { return n == 4; };
                ASSERT_EQ(sink.go(on_cpu(1)), GT_OK);
                sink.stop_at = nullptr;
            }
            sink.fail_at = [&](Call c, int n) { return c == call && n == k; };
            const gt_status status = sink.go(on_cpu(1), 0);
            if (status == GT_OK) {
                EXPECT_GT(k, 1) << "nothing failed";
                break;
            }
            EXPECT_EQ(status, GT_ERR_IO);
            EXPECT_EQ(gt_last_error(), "sink " + std::to_string((int)call) + " fails at call " + std::to_string(k));
            EXPECT_EQ(sink.n_calls[call], k + 1);
            finish(sink);
            if (HasFailure() || k == 12) break;
        }
    }
}

TEST_F(Interrupted, ADamagedStateIsRefused) {
    MemorySink sink(plan);
    sink.stop_at = [](int n) { return n == 3; };
    ASSERT_EQ(sink.go(on_cpu(1)), GT_OK);
    sink.stop_at = nullptr;
    std::vector<char> &state = sink.runs[5].state;
    ASSERT_FALSE(state.empty());
    state[state.size() / 2] ^= 1;
    EXPECT_EQ(sink.go(on_cpu(1)), GT_ERR_FILE);
    EXPECT_NE(std::string(gt_last_error()).find("seed 14"), std::string::npos) << gt_last_error();
    state[state.size() / 2] ^= 1;
    finish(sink);
}

// What a store holds that other processes with other blocks began: some runs finished, others anywhere.
TEST_F(Interrupted, EveryRunSomewhereElse) {
    std::vector<MemorySink> at;
    for (int k : {1, 2, 3, 4, 5}) {
        at.emplace_back(plan);
        for (uint64_t shard = 0; shard < 66; shard++) { // a seed a block: states of each run at each of these moments
            gt_study_plan one = plan;
            one.shard = shard, one.n_shards = 66;
            MemorySink sink(one);
            sink.runs = at.back().runs;
            for (int go = 0; go < 2; go++) { // a block of each setting
                sink.stop_at = [&](int n) { return n == k; };
                ASSERT_EQ(sink.go(on_cpu(1)), GT_OK) << gt_last_error();
                for (auto &[id, run] : sink.runs)
                    if (!run.finished && go == 0) at.back().runs[id] = run;
            }
        }
    }
    MemorySink mixed(plan);
    uint32_t random = 7;
    int n_saved = 0, n_finished = 0;
    for (const auto &[id, run] : expected) {
        random = random * 1664525u + 1013904223u;
        const unsigned pick = random >> 24;
        if (pick % 8 == 7) {
            mixed.runs[id] = run;
            mixed.runs[id].finished = true;
            mixed.runs[id].n_finished = 1;
            n_finished++;
        } else if (pick % 8 < 5 && at[pick % 8].runs.count(id) != 0) {
            mixed.runs[id] = at[pick % 8].runs[id];
            n_saved++;
        }
    }
    EXPECT_GT(n_saved, 30);
    EXPECT_GT(n_finished, 5);
    finish(mixed);
    const size_t trained = std::accumulate(mixed.block_sizes.begin(), mixed.block_sizes.end(), (size_t)0);
    EXPECT_EQ(trained, 132u - (size_t)n_finished);
}

TEST_F(Interrupted, AFinishedStudyHasNothingLeft) {
    MemorySink sink(plan);
    finish(sink);
    ASSERT_EQ(sink.go(on_cpu(2)), GT_OK);
    EXPECT_EQ(sink.n_calls[Call::rows] + sink.n_calls[Call::finish] + sink.n_calls[Call::stop], 0);
}

TEST(Study, StatesAreSavedAsOftenAsAsked) {
    const std::vector<gt_spec> settings = {preset("x2")};
    const gt_study_plan plan = plan_of(settings, 0, 2, 3000, 1000);
    MemorySink often(plan), never(plan);
    ASSERT_EQ(often.go(on_cpu(1), 0), GT_OK);
    ASSERT_EQ(never.go(on_cpu(1), 1e9), GT_OK);
    EXPECT_GT(often.n_calls[Call::save], 1);
    EXPECT_EQ(never.n_calls[Call::save], 0);
}

// ---------------------------------------------------------------- shards

TEST(Study, ShardsAreAsEqualAsCanBe) {
    for (uint64_t n_seeds : {1u, 2u, 7u, 100u, 101u}) {
        for (uint64_t n_shards = 1; n_shards <= n_seeds; n_shards++) {
            uint64_t at = 0, least = UINT64_MAX, most = 0;
            for (uint64_t shard = 0; shard < n_shards; shard++) {
                gt_study_plan plan{};
                uint64_t first, end;
                plan.n_seeds = n_seeds, plan.shard = shard, plan.n_shards = n_shards;
                gt_study_shard(&plan, &first, &end);
                EXPECT_EQ(first, at);
                at = end;
                least = std::min(least, end - first), most = std::max(most, end - first);
            }
            EXPECT_EQ(at, n_seeds);
            EXPECT_LE(most - least, 1u);
            EXPECT_GE(least, 1u);
        }
    }
}

TEST(Study, ShardsTogetherAreTheWhole) {
    const std::vector<gt_spec> settings = {preset("x2"), with_lr(preset("x2"), 0.01)};
    const gt_study_plan plan = plan_of(settings, 2, 20, 12, 5);
    const auto expected = all_alone(plan);
    for (uint64_t n_shards : {1, 3, 7}) {
        SCOPED_TRACE(n_shards);
        std::map<uint64_t, KeptRun> together;
        for (uint64_t shard = 0; shard < n_shards; shard++) {
            gt_study_plan part = plan;
            part.shard = shard, part.n_shards = n_shards;
            MemorySink sink(part);
            ASSERT_EQ(sink.go(on_cpu(2)), GT_OK) << gt_last_error();
            for (const auto &[id, run] : sink.runs) EXPECT_TRUE(together.emplace(id, run).second) << id << " twice";
        }
        expect_complete(together, expected);
    }
}

} // namespace
