// A study's sink that keeps everything in memory, as a store would: what it holds survives the end of gt_study_run(), and rows
// behind the last saved states are forgotten before it goes on.
#ifndef GT_TESTS_STUDY_SINK_H
#define GT_TESTS_STUDY_SINK_H

#include "core/status.h"
#include "core/study.h"
#include "specs.h"

#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

struct KeptRun {
    std::vector<gt_metrics> rows;
    std::vector<bool> converged;
    uint64_t saved = 0; // iteration of the state
    std::vector<char> state;
    bool finished = false;
    int n_finished = 0;
    gt_study_result result{};
};

enum class Call { progress, load, rows, save, finish, stop };

class MemorySink {
  public:
    explicit MemorySink(const gt_study_plan &plan) : plan_(plan) {}

    std::map<uint64_t, KeptRun> runs;
    std::vector<size_t> block_sizes;           // in order
    std::map<Call, int> n_calls;               // of the last go
    std::function<bool(int)> stop_at;          // of the how-manieth question, from 0
    std::function<bool(Call, int)> fail_at;    // such a call, counted from 0
    size_t last_block_size = 0;                // that it was asked about
    uint64_t last_stop_iteration = UINT64_MAX; // at which the last go was stopped
    gt_study_machine machine{};
    bool stopped = false;

    gt_status go(const gt_trainer_options &how = {}, double save_seconds = 1e9) {
        n_calls.clear();
        stopped = false;
        for (auto &[id, run] : runs) { // as gt_store_drop_rows_ahead()
            if (run.finished) continue;
            const size_t n = (size_t)(run.saved / plan_.eval_every);
            run.rows.resize(n), run.converged.resize(n);
        }
        const gt_study_options options{how, save_seconds};
        const gt_study_sink sink{this, progress, load, rows_, save, finish, stop};
        return gt_study_run(&plan_, &options, &sink, &stopped, &machine);
    }

  private:
    static MemorySink *of(void *context) { return static_cast<MemorySink *>(context); }

    gt_status call(Call which) {
        const int n = n_calls[which]++;
        if (fail_at && fail_at(which, n)) return gt_fail(GT_ERR_IO, "sink %d fails at call %d", (int)which, n);
        return GT_OK;
    }

    static uint64_t progress(void *context, uint64_t id) {
        of(context)->n_calls[Call::progress]++;
        const auto found = of(context)->runs.find(id);
        if (found == of(context)->runs.end()) return 0;
        return found->second.finished ? GT_STUDY_FINISHED : found->second.saved;
    }

    static gt_status load(void *context, uint64_t id, void *state, size_t bytes, gt_judge *judge) {
        MemorySink *s = of(context);
        GT_TRY(s->call(Call::load));
        const KeptRun &run = s->runs.at(id);
        EXPECT_EQ(run.state.size(), bytes);
        memcpy(state, run.state.data(), bytes);
        const gt_outcome_rules rules = gt_outcome_rules_of(&s->plan_.settings[id / s->plan_.n_seeds]);
        for (const gt_metrics &row : run.rows) gt_judge_add(judge, &row, &rules);
        return GT_OK;
    }

    static gt_status rows_(void *context, const gt_study_block *block, const gt_metrics *rows, const bool *converged) {
        MemorySink *s = of(context);
        GT_TRY(s->call(Call::rows));
        for (size_t r = 0; r < gt_study_block_size(block); r++) {
            KeptRun &run = s->runs[gt_study_block_run_id(&s->plan_, block, r)];
            EXPECT_FALSE(run.finished);
            run.rows.push_back(rows[r]);
            run.converged.push_back(converged[r]);
        }
        return GT_OK;
    }

    static gt_status save(void *context, const gt_study_block *block, uint64_t iteration, void *states, size_t bytes) {
        MemorySink *s = of(context);
        const gt_status status = s->call(Call::save);
        for (size_t r = 0; status == GT_OK && r < gt_study_block_size(block); r++) {
            KeptRun &run = s->runs[gt_study_block_run_id(&s->plan_, block, r)];
            const char *state = (const char *)states + r * bytes;
            EXPECT_EQ(run.rows.size(), iteration / s->plan_.eval_every) << "rows before states";
            run.saved = iteration;
            run.state.assign(state, state + bytes);
        }
        free(states);
        return status;
    }

    static gt_status finish(void *context, const gt_study_block *block, const gt_study_result *results, gt_trainer *trainer) {
        MemorySink *s = of(context);
        GT_TRY(s->call(Call::finish));
        s->block_sizes.push_back(gt_study_block_size(block));
        EXPECT_EQ(gt_trainer_get_info(trainer).iteration, s->plan_.iterations);
        for (size_t r = 0; r < gt_study_block_size(block); r++) {
            KeptRun &run = s->runs[gt_study_block_run_id(&s->plan_, block, r)];
            run.finished = true;
            run.n_finished++;
            run.result = results[r];
            EXPECT_EQ(digest(trainer, r), results[r].digest);
        }
        return GT_OK;
    }

    static bool stop(void *context, const gt_study_block *block, uint64_t iteration) {
        MemorySink *s = of(context);
        s->last_block_size = gt_study_block_size(block);
        const int n = s->n_calls[Call::stop]++;
        const bool answer = s->stop_at && s->stop_at(n);
        if (answer) s->last_stop_iteration = iteration;
        return answer;
    }

    const gt_study_plan plan_;
};

#endif
