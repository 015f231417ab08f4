// What is told of a study: against the same figures worked out from the rows of a small made-up one.
#include "folder.h"
#include "io/store_summary.h"
#include "io/store_sweep.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace {

const double nan_ = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

// A checkpoint of a function's run; all scores follow from one residual, below 0.02 where it has converged.
gt_metrics row_of(uint64_t iteration, double residual, double acc_real, double acc_fake) {
    gt_metrics row{};
    row.iteration = iteration;
    row.acc_real = acc_real;
    row.acc_fake = acc_fake;
    row.d_loss_real = row.d_loss_fake = row.g_loss = 0.7;
    row.resid_mean = row.resid_p95 = residual;
    row.w1_x = 0.01;
    row.w1_x_floor = 0.0031;
    row.support = 1;
    row.coverage = 20;
    row.std_x = 0.3;
    row.modes = row.hq = row.reverse_kl = row.jsd = nan_;
    row.energy = row.energy_coefficient = nan_;
    row.spread = 1;
    row.n_samples = 10000;
    row.n_accuracy = 100;
    return row;
}

gt_metrics diverged_row(uint64_t iteration) {
    gt_metrics row = row_of(iteration, nan_, nan_, nan_);
    row.d_loss_real = row.d_loss_fake = row.g_loss = row.w1_x = row.support = row.coverage = row.std_x = row.spread = nan_;
    row.diverged = true;
    return row;
}

// A store of runs at iterations 100, 200, ...; each is a list of residuals, NaN where it has diverged.
class Study {
  public:
    Study(size_t n_settings, uint64_t n_seeds) : settings_(n_settings) {
        for (gt_spec &spec : settings_) EXPECT_EQ(gt_spec_preset("x2", &spec), GT_OK);
        study_.name = "x2";
        study_.command = "gantry study";
        study_.version = "0";
        study_.created = "2026-01-01T00:00:00Z";
        study_.keep_weights = "none";
        study_.plan = {settings_.data(), n_settings, 40, n_seeds, 0, 1, 300, 100, {10000, 100, 0}, {}};
        study_.n_axes = 0;
    }
    ~Study() {
        gt_store_summary_free(&summary);
        gt_store_close(store);
    }
    Study(const Study &) = delete;
    Study &operator=(const Study &) = delete;

    void axis(const char *name, std::vector<const char *> values) {
        values_.push_back(std::move(values));
        names_.push_back(name);
    }

    void begin() {
        for (size_t a = 0; a < names_.size(); a++) axes_.push_back({names_[a], values_[a].data()});
        study_.axes = axes_.data();
        study_.n_axes = axes_.size();
        ASSERT_EQ(gt_store_create((folder_ / "study.sqlite").c_str(), &study_, false, &store), GT_OK) << gt_last_error();
        ASSERT_EQ(gt_store_begin(store), GT_OK);
    }

    void run(size_t setting, uint64_t seed, const std::vector<double> &residuals, bool finished = true,
             gt_outcome outcome = GT_OUTCOME_OTHER, double acc_real = 0.5, double acc_fake = 0.5) {
        const gt_outcome_rules rules = gt_outcome_rules_of(&settings_[setting]);
        gt_store_run run{};
        run.run = gt_study_run_id(&study_.plan, setting, seed);
        run.seed = seed;
        run.setting = setting;
        run.finished = finished;
        for (size_t i = 0; i < residuals.size(); i++) {
            const gt_metrics row = std::isnan(residuals[i]) ? diverged_row(100 * (i + 1))
                                                            : row_of(100 * (i + 1), residuals[i], acc_real, acc_fake);
            gt_judge_add(&run.result.judge, &row, &rules);
            run.result.diverged = row.diverged;
            ASSERT_EQ(gt_store_put_row(store, run.run, &row, gt_metrics_converged(&row, &rules)), GT_OK);
        }
        run.result.outcome = outcome;
        /* a diverged run is the worst whatever its distance says */
        run.result.distance = residuals.empty() ? inf : run.result.diverged ? 0 : residuals.back() / 0.02;
        snprintf(run.result.digest, sizeof run.result.digest, "%032d", static_cast<int>(run.run));
        if (finished) {
            ASSERT_EQ(gt_store_put_run(store, &run), GT_OK) << gt_last_error();
        }
    }

    void end() {
        ASSERT_EQ(gt_store_commit(store), GT_OK) << gt_last_error();
        ASSERT_EQ(gt_store_summarise(store, &summary), GT_OK) << gt_last_error();
    }

    gt_store *store = nullptr;
    gt_store_summary summary{};

  private:
    Folder folder_;
    std::vector<gt_spec> settings_;
    std::vector<std::vector<const char *>> values_;
    std::vector<const char *> names_;
    std::vector<gt_store_axis> axes_;
    gt_store_study study_{};
};

uint64_t seed_of(const gt_store_summary &s, size_t run) { return s.runs[run].seed; }

// Five runs of one setting: three ways to converge, one that never does, one that diverges.
class OneSetting : public testing::Test {
  protected:
    void SetUp() override {
        study.begin();
        study.run(0, 40, {0.01, 0.01, 0.011}, true, GT_OUTCOME_CONVERGED, 0.5, 0.5);
        study.run(0, 41, {0.05, 0.01, 0.013}, true, GT_OUTCOME_CONVERGED, 0.7, 0.3);
        study.run(0, 42, {0.01, 0.05, 0.012}, true, GT_OUTCOME_CONVERGED, 0.4, 0.44);
        study.run(0, 43, {0.05, 0.06, 0.07}, true, GT_OUTCOME_PARTIAL, 0.55, 0.65);
        study.run(0, 44, {0.01, nan_, nan_}, true, GT_OUTCOME_DIVERGED);
        study.end();
    }
    Study study{1, 5};
    const gt_group_summary &all() { return study.summary.all; }
};

TEST_F(OneSetting, CountsOutcomes) {
    EXPECT_EQ(all().n_finished, 5u);
    EXPECT_EQ(all().n_outcome[GT_OUTCOME_CONVERGED], 3u);
    EXPECT_EQ(all().n_outcome[GT_OUTCOME_PARTIAL], 1u);
    EXPECT_EQ(all().n_outcome[GT_OUTCOME_DIVERGED], 1u);
    EXPECT_EQ(all().n_outcome[GT_OUTCOME_STABLE], 0u);
    // Wilson's interval of 3 in 5
    EXPECT_NEAR(all().outcome[GT_OUTCOME_CONVERGED].low, 0.2307, 1e-4);
    EXPECT_NEAR(all().outcome[GT_OUTCOME_CONVERGED].high, 0.8824, 1e-4);
}

TEST_F(OneSetting, SharesConvergedByCheckpoint) {
    const gt_store_summary &s = study.summary;
    ASSERT_EQ(s.n_checkpoints, 3u);
    const uint64_t converged[] = {3, 2, 3};
    for (size_t c = 0; c < 3; c++) {
        EXPECT_EQ(s.iterations[c], 100 * (c + 1));
        EXPECT_EQ(all().checkpoints[c].n, 5u);
        EXPECT_EQ(all().checkpoints[c].n_converged, converged[c]) << c;
    }
    EXPECT_NEAR(all().checkpoints[1].converged.low, 0.1176, 1e-4); // 2 in 5
}

TEST_F(OneSetting, PercentilesLeaveOutWhatDoesNotExist) {
    const int residual = gt_store_metric_index("resid_mean");
    ASSERT_GE(residual, 0);
    const gt_metric_summary &last = all().checkpoints[2].metric[residual];
    EXPECT_EQ(last.n, 4u);
    EXPECT_DOUBLE_EQ(last.percentile[3], 0.0125);                                  // between 0.012 and 0.013
    EXPECT_DOUBLE_EQ(last.percentile[5], 0.013 + (0.07 - 0.013) * (0.95 * 3 - 2)); // rank 2.85
    EXPECT_TRUE(study.summary.exists[residual]);
    EXPECT_FALSE(study.summary.exists[gt_store_metric_index("modes")]);
    EXPECT_EQ(all().checkpoints[2].metric[gt_store_metric_index("modes")].n, 0u);
    EXPECT_TRUE(std::isnan(study.summary.last[residual][4]));
    EXPECT_DOUBLE_EQ(study.summary.last[residual][3], 0.07);
    EXPECT_DOUBLE_EQ(study.summary.w1_x_floor, 0.0031);
}

TEST_F(OneSetting, TimesToConvergence) {
    // three runs at 100, one at 200, one never: S = 2/5, then 1/5
    ASSERT_EQ(all().n_steps, 2u);
    EXPECT_EQ(all().n_timed, 5u);
    EXPECT_DOUBLE_EQ(all().steps[0].time, 100);
    EXPECT_DOUBLE_EQ(all().steps[0].survival, 0.4);
    EXPECT_DOUBLE_EQ(all().steps[1].survival, 0.2);
    EXPECT_DOUBLE_EQ(all().first_converged.time, 100);
}

TEST_F(OneSetting, Relapses) {
    EXPECT_EQ(all().n_ever, 4u);
    EXPECT_EQ(all().n_relapsed, 2u); // 42, and 44, which diverged
    EXPECT_EQ(all().n_relapses, 2u);
}

TEST_F(OneSetting, BestMedianWorst) {
    EXPECT_EQ(seed_of(study.summary, all().best), 40u);
    EXPECT_EQ(seed_of(study.summary, all().median), 41u);
    EXPECT_EQ(seed_of(study.summary, all().worst), 44u);
}

TEST_F(OneSetting, AccuracyAsDetector) {
    // failed: 0.55 and 0.65 (the diverged run has none); converged: 0.5 and 0.5, 0.7 and 0.3, 0.4 and 0.44
    EXPECT_DOUBLE_EQ(all().auc.real, 2.0 / 3);
    EXPECT_DOUBLE_EQ(all().auc.fake, 1);
    EXPECT_DOUBLE_EQ(all().auc.mean, 1);                // 0.6 of 0.5, 0.5, 0.42
    EXPECT_DOUBLE_EQ(all().auc.mean_off_half, 1);       // 0.1 of 0, 0, 0.08
    EXPECT_DOUBLE_EQ(all().auc.each_off_half, 2.0 / 3); // 0.2 of 0, 0.4, 0.16
    EXPECT_EQ(all().auc.n_failed, 2u);
}

TEST(StoreSummary, TiesGoToTheSmallerSeed) {
    Study study(1, 4);
    study.begin();
    for (uint64_t seed = 40; seed < 44; seed++) study.run(0, seed, {0.01});
    study.end();
    EXPECT_EQ(seed_of(study.summary, study.summary.all.best), 40u);
    EXPECT_EQ(seed_of(study.summary, study.summary.all.median), 41u); // the second of four
    EXPECT_EQ(seed_of(study.summary, study.summary.all.worst), 43u);
}

TEST(StoreSummary, AnUnfinishedStudyCountsWhatIsThere) {
    Study study(1, 4);
    study.begin();
    study.run(0, 40, {0.05, 0.05, 0.01}, true, GT_OUTCOME_CONVERGED);
    study.run(0, 41, {0.05, 0.01}, false);
    study.run(0, 42, {0.05}, false);
    study.end();
    const gt_group_summary &all = study.summary.all;
    EXPECT_EQ(study.summary.n_runs, 4u);
    EXPECT_EQ(all.n_finished, 1u);
    EXPECT_EQ(all.n_timed, 3u); // 43 has not been scored
    EXPECT_EQ(all.checkpoints[0].n, 3u);
    EXPECT_EQ(all.checkpoints[1].n, 2u);
    EXPECT_EQ(all.checkpoints[2].n, 1u);
    ASSERT_EQ(all.n_steps, 2u); // 42 was seen no more after 100
    EXPECT_DOUBLE_EQ(all.steps[0].survival, 0.5);
    EXPECT_DOUBLE_EQ(all.steps[1].survival, 0);
    EXPECT_EQ(seed_of(study.summary, all.worst), 40u);
}

TEST(StoreSummary, NothingYet) {
    Study study(2, 2);
    study.begin();
    study.end();
    EXPECT_EQ(study.summary.n_checkpoints, 0u);
    EXPECT_EQ(study.summary.all.best, GT_NO_RUN);
    EXPECT_EQ(study.summary.settings[1].n_finished, 0u);
    EXPECT_TRUE(std::isinf(study.summary.all.first_converged.time));
    EXPECT_TRUE(std::isnan(study.summary.all.auc.mean));
}

// Four settings of two axes, ten seeds each, of which so many converge: 2, 10, 5, 5 (other ones).
class Sweep : public testing::Test {
  protected:
    void SetUp() override {
        study.axis("lr", {"0.01", "0.01", "0.001", "0.001"});
        study.axis("loss", {"bce", "hinge", "bce", "hinge"});
        study.begin();
        for (uint64_t k = 0; k < 10; k++) {
            const bool good[] = {k < 2, true, k < 5, k >= 5};
            for (size_t g = 0; g < 4; g++) study.run(g, 40 + k, {good[g] ? 0.01 : 0.05});
        }
        study.end();
    }
    Study study{4, 10};
};

TEST_F(Sweep, CountsEachSetting) {
    const uint64_t converged[] = {2, 10, 5, 5};
    for (size_t g = 0; g < 4; g++) {
        EXPECT_EQ(study.summary.settings[g].n_converged, converged[g]);
        EXPECT_EQ(study.summary.settings[g].checkpoints[0].n_converged, converged[g]);
    }
    EXPECT_EQ(study.summary.all.n_converged, 22u);
    EXPECT_EQ(study.summary.all.checkpoints[0].n, 40u);
    EXPECT_EQ(gt_sweep_best(&study.summary), 1u);
}

TEST_F(Sweep, PairsOfSettings) {
    gt_setting_pair *pairs;
    size_t n;
    ASSERT_EQ(gt_sweep_pairs(&study.summary, &pairs, &n), GT_OK);
    ASSERT_EQ(n, 6u); // each with each
    EXPECT_EQ(pairs[0].first, 0u);
    EXPECT_EQ(pairs[0].second, 1u);
    EXPECT_EQ(pairs[0].counts.both, 2u);
    EXPECT_EQ(pairs[0].counts.only_second, 8u);
    EXPECT_DOUBLE_EQ(pairs[0].shares.p, 2.0 / 256);   // both tails of 8 in 8
    EXPECT_DOUBLE_EQ(pairs[0].p_holm, 6 * 2.0 / 256); // the smallest of six
    EXPECT_EQ(pairs[5].first, 2u);
    EXPECT_EQ(pairs[5].counts.only_first, 5u);
    EXPECT_EQ(pairs[5].counts.only_second, 5u);
    EXPECT_EQ(pairs[5].counts.both, 0u);
    EXPECT_DOUBLE_EQ(pairs[5].p_holm, 1);
    std::sort(pairs, pairs + n, [](const gt_setting_pair &a, const gt_setting_pair &b) { return a.shares.p < b.shares.p; });
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        largest = std::min(1.0, std::max(largest, static_cast<double>(n - i) * pairs[i].shares.p));
        EXPECT_DOUBLE_EQ(pairs[i].p_holm, largest) << i;
    }
    free(pairs);
}

TEST_F(Sweep, SharesByAxis) {
    const gt_store_axis *axes = gt_store_get_study(study.store)->axes;
    gt_sweep_levels lr, loss;
    ASSERT_EQ(gt_sweep_levels_of(&axes[0], 4, &lr), GT_OK);
    ASSERT_EQ(gt_sweep_levels_of(&axes[1], 4, &loss), GT_OK);
    ASSERT_EQ(lr.n_levels, 2u);
    EXPECT_STREQ(lr.value[0], "0.001"); // by number
    EXPECT_STREQ(loss.value[0], "bce"); // as given
    EXPECT_EQ(gt_sweep_cell_of(&study.summary, &lr, 0, nullptr, 0).n_converged, 10u);
    EXPECT_EQ(gt_sweep_cell_of(&study.summary, &lr, 1, nullptr, 0).n, 20u);
    EXPECT_EQ(gt_sweep_cell_of(&study.summary, &lr, 1, &loss, 1).n_converged, 10u);
    EXPECT_EQ(gt_sweep_cell_of(&study.summary, &loss, 0, nullptr, 0).n_converged, 7u);
    char *name = gt_sweep_setting_name(gt_store_get_study(study.store), 3);
    EXPECT_STREQ(name, "lr=0.001 loss=hinge");
    free(name);
    gt_sweep_levels_free(&lr);
    gt_sweep_levels_free(&loss);
}

// Settings 3 and 5 are equally good.
TEST(StoreSweep, ManySettingsAreComparedWithTheFirstBest) {
    Study study(7, 4);
    study.begin();
    for (size_t g = 0; g < 7; g++)
        for (uint64_t k = 0; k < 4; k++) study.run(g, 40 + k, {g == 3 || g == 5 || k > g ? 0.01 : 0.05});
    study.end();
    gt_setting_pair *pairs;
    size_t n;
    ASSERT_EQ(gt_sweep_pairs(&study.summary, &pairs, &n), GT_OK);
    ASSERT_EQ(n, 6u);
    for (size_t i = 0; i < n; i++) EXPECT_EQ(pairs[i].first, 3u);
    free(pairs);
}

} // namespace
