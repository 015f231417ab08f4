// The file of a study: all comes back that was put in, and one process writes it.
#include "stores.h"

#include "core/spec_json.h"
#include "io/store_sql.h"
#include "rows.h"

#include <thread>

namespace {

std::string json_of(const gt_spec &spec) {
    std::vector<char> text(GT_SPEC_JSON_CHARS);
    EXPECT_EQ(gt_spec_to_json(&spec, text.data()), GT_OK) << gt_last_error();
    return text.data();
}

void expect_same_study(const gt_store_study &a, const gt_store_study &b) {
    EXPECT_STREQ(a.name, b.name);
    EXPECT_STREQ(a.command, b.command);
    EXPECT_STREQ(a.version, b.version);
    EXPECT_STREQ(a.created, b.created);
    EXPECT_STREQ(a.keep_weights, b.keep_weights);
    EXPECT_EQ(a.plan.first_seed, b.plan.first_seed);
    EXPECT_EQ(a.plan.n_seeds, b.plan.n_seeds);
    EXPECT_EQ(a.plan.shard, b.plan.shard);
    EXPECT_EQ(a.plan.n_shards, b.plan.n_shards);
    EXPECT_EQ(a.plan.iterations, b.plan.iterations);
    EXPECT_EQ(a.plan.eval_every, b.plan.eval_every);
    EXPECT_EQ(a.plan.evaluate.n_samples, b.plan.evaluate.n_samples);
    EXPECT_EQ(a.plan.evaluate.n_accuracy, b.plan.evaluate.n_accuracy);
    EXPECT_EQ(a.plan.evaluate.n_energy, b.plan.evaluate.n_energy);
    EXPECT_EQ(a.plan.arithmetic.engine, b.plan.arithmetic.engine);
    EXPECT_EQ(a.plan.arithmetic.precision, b.plan.arithmetic.precision);
    EXPECT_EQ(a.plan.arithmetic.rng, b.plan.arithmetic.rng);
    ASSERT_EQ(a.plan.n_settings, b.plan.n_settings);
    for (size_t s = 0; s < a.plan.n_settings; s++) EXPECT_EQ(json_of(a.plan.settings[s]), json_of(b.plan.settings[s]));
    ASSERT_EQ(a.n_axes, b.n_axes);
    for (size_t x = 0; x < a.n_axes; x++) {
        EXPECT_STREQ(a.axes[x].name, b.axes[x].name);
        for (size_t s = 0; s < a.plan.n_settings; s++) EXPECT_STREQ(a.axes[x].values[s], b.axes[x].values[s]);
    }
}

std::vector<gt_metrics> rows_of(gt_store *store, uint64_t run) {
    gt_metrics *rows = nullptr;
    size_t n = 0;
    EXPECT_EQ(gt_store_read_run_rows(store, run, &rows, &n), GT_OK) << gt_last_error();
    std::vector<gt_metrics> out(rows, rows + n);
    free(rows);
    return out;
}

// ---------------------------------------------------------------- what goes in

TEST(Store, TheStudyComesBack) {
    const Folder folder;
    for (uint64_t shard : {0, 2}) {
        const SmallStudy small(shard, shard == 0 ? 1 : 3);
        const std::string path = folder / ("s" + std::to_string(shard) + ".sqlite");
        expect_same_study(*gt_store_get_study(create_store(path, small.study).get()), small.study);
        for (bool to_write : {false, true}) {
            const Store store = open_store(path, to_write);
            expect_same_study(*gt_store_get_study(store.get()), small.study);
            EXPECT_EQ(gt_store_path(store.get()), path);
            uint64_t first, end;
            gt_study_shard(&small.study.plan, &first, &end);
            const Runs runs(store.get());
            ASSERT_EQ(runs.n, 4 * (end - first));
            for (size_t r = 0; r < runs.n; r++) {
                const gt_store_run &run = runs.runs[r];
                EXPECT_EQ(run.setting, r / (end - first));
                EXPECT_EQ(run.seed, 100 + first + r % (end - first));
                EXPECT_EQ(run.run, gt_study_run_id(&small.study.plan, run.setting, run.seed));
                EXPECT_FALSE(run.finished);
            }
        }
    }
    EXPECT_EQ(folder.files().size(), 2u); // nothing beside them
}

TEST(Store, LargestSeedsAndNumbers) {
    const Folder folder;
    SmallStudy small;
    small.study.plan.first_seed = (uint64_t)INT64_MAX - 10;
    small.study.plan.iterations = GT_MAX_ITERATIONS;
    small.study.plan.eval_every = GT_MAX_ITERATIONS;
    const Store store = create_store(folder / "s.sqlite", small.study);
    expect_same_study(*gt_store_get_study(store.get()), small.study);
    const Runs runs(store.get());
    ASSERT_EQ(runs.n, 40u);
    EXPECT_EQ(runs.runs[39].seed, (uint64_t)INT64_MAX - 1);
}

TEST(Store, PointsOfADataTarget) {
    const Folder folder;
    SmallStudy small;
    for (gt_spec &spec : small.settings) spec = data_spec(3, 1000);
    for (gt_spec &spec : small.settings) spec.target.points = small.settings[0].target.points;
    create_store(folder / "s.sqlite", small.study);
    const Store store = open_store(folder / "s.sqlite");
    for (size_t s = 0; s < 4; s++) {
        const gt_target_spec &of = gt_store_get_study(store.get())->plan.settings[s].target;
        ASSERT_EQ(of.n_points, 1000u);
        ASSERT_EQ(of.n_columns, 3);
        EXPECT_NE(of.points, small.settings[0].target.points);
        EXPECT_EQ(memcmp(of.points, small.settings[0].target.points, 3000 * sizeof(float)), 0);
    }
}

TEST(Store, RowsKeepEveryBit) {
    const Folder folder;
    const SmallStudy small;
    const std::string path = folder / "s.sqlite";
    {
        const Store store = create_store(path, small.study);
        ASSERT_EQ(gt_store_begin(store.get()), GT_OK);
        for (uint64_t run = 0; run < 40; run++)
            for (uint64_t iteration : {300, 600, 900, 1000}) {
                const gt_metrics row = row_of(run, iteration);
                ASSERT_EQ(gt_store_put_row(store.get(), run, &row, run % 2 == 0), GT_OK) << gt_last_error();
            }
        ASSERT_EQ(gt_store_commit(store.get()), GT_OK);
    }
    const Store store = open_store(path);
    for (uint64_t run = 0; run < 40; run++) {
        SCOPED_TRACE(run);
        expect_same_rows(rows_of(store.get(), run), {row_of(run, 300), row_of(run, 600), row_of(run, 900), row_of(run, 1000)});
    }
    std::vector<std::pair<uint64_t, uint64_t>> order;
    const auto visit = [](void *context, uint64_t run, const gt_metrics *row) {
        expect_same_row(*row, row_of(run, row->iteration));
        static_cast<decltype(order) *>(context)->emplace_back(row->iteration, run);
        return GT_OK;
    };
    ASSERT_EQ(gt_store_each_row(store.get(), visit, &order), GT_OK);
    EXPECT_EQ(order.size(), 160u);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    const auto stop = [](void *, uint64_t, const gt_metrics *) { return GT_ERR_IO; };
    EXPECT_EQ(gt_store_each_row(store.get(), stop, nullptr), GT_ERR_IO);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint WHERE converged"), 80);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint WHERE diverged_at IS NOT NULL"), 4 * 13);
    gt_metrics zero = row_of(0, 300);
    zero.energy = -0.0;
    const Store other = create_store(folder / "t.sqlite", small.study);
    ASSERT_EQ(gt_store_put_row(other.get(), 0, &zero, false), GT_OK);
    EXPECT_EQ(rows_of(other.get(), 0).at(0).energy, 0.0); // SQLite keeps whole numbers as such: the sign of a zero is lost
    EXPECT_FALSE(std::signbit(rows_of(other.get(), 0)[0].energy));
}

TEST(Store, ResultsComeBackAndEndTheState) {
    const Folder folder;
    const SmallStudy small;
    const std::string path = folder / "s.sqlite";
    const char state[] = "state";
    {
        const Store store = create_store(path, small.study);
        for (uint64_t run = 0; run < 40; run += 2) {
            const gt_store_run result = result_of(run);
            ASSERT_EQ(gt_store_put_state(store.get(), run, 300, state, sizeof state), GT_OK);
            ASSERT_EQ(gt_store_put_state(store.get(), run + 1, 600, state, sizeof state), GT_OK);
            ASSERT_EQ(gt_store_put_run(store.get(), &result), GT_OK) << gt_last_error();
        }
    }
    const Store store = open_store(path);
    const Runs runs(store.get());
    ASSERT_EQ(runs.n, 40u);
    for (uint64_t run = 0; run < 40; run++) {
        SCOPED_TRACE(run);
        const gt_store_run &got = runs.runs[run], expected = result_of(run);
        uint64_t iteration;
        EXPECT_EQ(got.finished, run % 2 == 0);
        EXPECT_EQ(gt_store_state_iteration(store.get(), run, &iteration), GT_OK);
        EXPECT_EQ(iteration, run % 2 == 0 ? 0u : 600u);
        if (!got.finished) continue;
        expect_same_judge(got.result.judge, expected.result.judge);
        EXPECT_EQ(got.result.outcome, expected.result.outcome);
        EXPECT_EQ(got.result.distance, expected.result.distance);
        EXPECT_EQ(got.result.diverged, expected.result.diverged);
        EXPECT_EQ(got.result.diverged_at, expected.result.diverged_at);
        EXPECT_STREQ(got.result.digest, expected.result.digest);
    }
}

TEST(Store, StatesAndTheRowsAheadOfThem) {
    const Folder folder;
    const SmallStudy small;
    const Store store = create_store(folder / "s.sqlite", small.study);
    const std::vector<char> first(1000, 'a'), second(1000, 'b');
    std::vector<char> got(1000);
    ASSERT_EQ(gt_store_put_state(store.get(), 3, 300, first.data(), 1000), GT_OK);
    ASSERT_EQ(gt_store_put_state(store.get(), 3, 650, second.data(), 1000), GT_OK); // in its place
    uint64_t iteration;
    ASSERT_EQ(gt_store_state_iteration(store.get(), 3, &iteration), GT_OK);
    EXPECT_EQ(iteration, 650u);
    ASSERT_EQ(gt_store_get_state(store.get(), 3, got.data(), 1000), GT_OK);
    EXPECT_EQ(got, second);
    EXPECT_EQ(gt_store_get_state(store.get(), 3, got.data(), 999), GT_ERR_FILE);
    EXPECT_EQ(gt_store_get_state(store.get(), 4, got.data(), 1000), GT_ERR_FILE);
    for (uint64_t run : {2, 3, 4})
        for (uint64_t at : {300, 600, 900}) {
            const gt_metrics row = row_of(run, at);
            ASSERT_EQ(gt_store_put_row(store.get(), run, &row, false), GT_OK);
        }
    const gt_store_run done = result_of(4);
    ASSERT_EQ(gt_store_put_run(store.get(), &done), GT_OK);
    ASSERT_EQ(gt_store_drop_rows_ahead(store.get()), GT_OK);
    EXPECT_EQ(rows_of(store.get(), 2).size(), 0u); // no state
    EXPECT_EQ(rows_of(store.get(), 3).size(), 2u);
    EXPECT_EQ(rows_of(store.get(), 4).size(), 3u); // finished
}

TEST(Store, FactsTheLastOneCounts) {
    const Folder folder;
    const SmallStudy small;
    const Store store = create_store(folder / "s.sqlite", small.study);
    char *value = nullptr;
    ASSERT_EQ(gt_store_get_fact(store.get(), "machine", &value), GT_OK);
    EXPECT_EQ(value, nullptr);
    for (const char *fact : {"one", "it's \"two\""}) ASSERT_EQ(gt_store_set_fact(store.get(), "machine", fact), GT_OK);
    ASSERT_EQ(gt_store_get_fact(store.get(), "machine", &value), GT_OK);
    EXPECT_STREQ(value, "it's \"two\"");
    free(value);
}

TEST(Store, NamesOfMetricsAreThoseOfItsColumns) {
    const Folder folder;
    const SmallStudy small;
    create_store(folder / "s.sqlite", small.study);
    for (int m = 0; gt_store_metric_name(m) != nullptr; m++)
        EXPECT_EQ(number_of(folder / "s.sqlite", "SELECT count(*) FROM pragma_table_info('checkpoint') WHERE type = 'REAL' AND "
                                                 "name = '" +
                                                     std::string(gt_store_metric_name(m)) + "'"),
                  1);
    gt_metrics row{};
    row.acc_real = 0.25;
    EXPECT_EQ(gt_store_metric(&row, 0), 0.25);
}

// A file in a folder that can't be written, on a path that has characters of URIs.
TEST(Store, ReadWhereNothingCanBeWritten) {
    if (geteuid() == 0 && setegid(65534) == 0 && seteuid(65534) != 0) GTEST_SKIP() << "the super-user may write anywhere";
    const Folder folder; // of the unprivileged user
    const SmallStudy small;
    const std::string path = folder / "50% of #1?.sqlite";
    create_store(path, small.study);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    {
        const Store store = open_store(path);
        if (store != nullptr) expect_same_study(*gt_store_get_study(store.get()), small.study);
        gt_store *writer = nullptr;
        EXPECT_EQ(gt_store_open(path.c_str(), true, &writer), GT_ERR_IO);
    }
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
    EXPECT_EQ(seteuid(getuid()), 0);
    EXPECT_EQ(setegid(getgid()), 0);
}

// ---------------------------------------------------------------- processes

TEST(Store, OneProcessWritesOthersRead) {
    const Folder folder;
    const SmallStudy small;
    const std::string path = folder / "s.sqlite";
    const Store store = create_store(path, small.study);
    const gt_metrics row = row_of(1, 300);
    const auto rows_seen_elsewhere = [&] {
        return in_child([&] {
            gt_store *reader;
            gt_metrics *rows;
            size_t n;
            if (gt_store_open(path.c_str(), false, &reader) != GT_OK) return 100;
            if (gt_store_read_run_rows(reader, 1, &rows, &n) != GT_OK) return 101;
            return (int)n;
        });
    };
    const auto write_elsewhere = [&] {
        return in_child([&] {
            gt_store *writer;
            if (gt_store_open(path.c_str(), true, &writer) != GT_ERR_IO) return 1;
            return std::string(gt_last_error()).find("another process is writing") != std::string::npos ? 0 : 2;
        });
    };
    ASSERT_EQ(gt_store_begin(store.get()), GT_OK);
    ASSERT_EQ(gt_store_put_row(store.get(), 1, &row, false), GT_OK);
    EXPECT_EQ(rows_seen_elsewhere(), 0);
    EXPECT_EQ(write_elsewhere(), 0);
    ASSERT_EQ(gt_store_commit(store.get()), GT_OK);
    EXPECT_EQ(rows_seen_elsewhere(), 1);
    EXPECT_EQ(write_elsewhere(), 0);
    EXPECT_EQ(in_child([&] {
                  gt_store *other; // nor is it replaced
                  return gt_store_create(path.c_str(), &small.study, true, &other) == GT_ERR_IO ? 0 : 1;
              }),
              0);
    EXPECT_EQ(rows_of(store.get(), 1).size(), 1u);
}

TEST(Store, AKilledProcessLeavesAStore) {
    const Folder folder;
    const SmallStudy small;
    const std::string path = folder / "s.sqlite";
    const auto killed = [&](bool with_row) {
        return in_child([&] {
            gt_store *store;
            const gt_metrics row = row_of(1, 300);
            if (gt_store_create(path.c_str(), &small.study, true, &store) != GT_OK) return 1;
            if (!with_row) _exit(0);
            gt_store_begin(store);
            gt_store_put_row(store, 1, &row, false);
            gt_store_commit(store);
            gt_store_begin(store);
            gt_store_put_row(store, 2, &row, false);
            _exit(0);
        });
    };
    for (bool with_row : {false, true}) {
        ASSERT_EQ(killed(with_row), 0);
        const Store store = open_store(path, true);
        expect_same_study(*gt_store_get_study(store.get()), small.study);
        EXPECT_EQ(rows_of(store.get(), 1).size(), with_row ? 1u : 0u);
        EXPECT_EQ(rows_of(store.get(), 2).size(), 0u);
    }
    EXPECT_EQ(folder.files().size(), 1u);
}

TEST(Store, EightAtOnceCreateOneFile) {
    const Folder folder;
    const SmallStudy small;
    const std::string path = folder / "s.sqlite";
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    std::vector<pid_t> children;
    for (int k = 0; k < 8; k++) {
        const pid_t child = fork();
        if (child == 0) {
            char nothing;
            gt_store *store;
            close(ends[1]);
            (void)!read(ends[0], &nothing, 1); // until the parent closes its end
            const gt_status status = gt_store_create(path.c_str(), &small.study, k % 2 == 0, &store);
            if (status == GT_OK) usleep(300000); // longer than the others take
            _exit(status == GT_OK ? 0 : status == GT_ERR_IO ? 1 : 2);
        }
        children.push_back(child);
    }
    close(ends[0]);
    close(ends[1]);
    int n_won = 0;
    for (pid_t child : children) {
        int status;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFEXITED(status));
        EXPECT_LT(WEXITSTATUS(status), 2);
        n_won += WEXITSTATUS(status) == 0;
    }
    EXPECT_EQ(n_won, 1);
    expect_same_study(*gt_store_get_study(open_store(path, true).get()), small.study);
    EXPECT_EQ(folder.files().size(), 1u);
}

// ---------------------------------------------------------------- what is in the way

TEST(Store, AnExistingFileStays) {
    const Folder folder;
    const SmallStudy small;
    const std::string path = folder / "s.sqlite";
    create_store(path, small.study);
    put_bytes(folder / "text", "a text of more than a hundred bytes, so that it is as long as the header of a database, at the "
                               "least, and a bit more");
    execute_sql(folder / "other", "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const auto before = snapshot(folder);
    gt_store *store = nullptr;
    EXPECT_EQ(gt_store_create(path.c_str(), &small.study, false, &store), GT_ERR_IO);
    EXPECT_NE(std::string(gt_last_error()).find("--resume " + path), std::string::npos) << gt_last_error();
    for (const char *name : {"text", "other"}) {
        EXPECT_EQ(gt_store_create((folder / name).c_str(), &small.study, false, &store), GT_ERR_IO);
        EXPECT_EQ(gt_store_create((folder / name).c_str(), &small.study, true, &store), GT_ERR_FILE);
    }
    EXPECT_EQ(gt_store_create((folder / "nowhere/s.sqlite").c_str(), &small.study, false, &store), GT_ERR_IO);
    EXPECT_NE(std::string(gt_last_error()).find("No such file"), std::string::npos) << gt_last_error();
    EXPECT_EQ(store, nullptr);
    EXPECT_EQ(snapshot(folder), before);
}

TEST(Store, AStoreIsReplacedWhole) {
    const Folder folder;
    SmallStudy small;
    const std::string path = folder / "s.sqlite";
    EXPECT_EQ(in_child([&] { // killed: its rows are in the journal yet
                  gt_store *store;
                  const gt_metrics row = row_of(1, 300);
                  if (gt_store_create(path.c_str(), &small.study, false, &store) != GT_OK) return 1;
                  return (int)gt_store_put_row(store, 1, &row, false);
              }),
              0);
    ASSERT_TRUE(std::filesystem::exists(path + "-wal"));
    small.study.name = "another";
    put_bytes(path + ".new", "what a killed process left");
    const Store store = create_store(path, small.study, true);
    expect_same_study(*gt_store_get_study(store.get()), small.study);
    EXPECT_TRUE(rows_of(store.get(), 1).empty());
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

} // namespace
