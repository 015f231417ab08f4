// A small study for tests of its file, and what they do to such files.
#ifndef GT_TESTS_STORES_H
#define GT_TESTS_STORES_H

#include "folder.h"
#include "io/csv.h"
#include "io/store.h"
#include "specs.h"

#include <cfloat>
#include <functional>
#include <limits>
#include <map>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

const double nan_ = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

// Two axes, four settings, ten seeds from 100 on, of which a shard has its part.
struct SmallStudy {
    explicit SmallStudy(uint64_t shard = 0, uint64_t n_shards = 1) {
        for (size_t s = 0; s < 4; s++) {
            settings[s] = preset("x2");
            settings[s].generator_adam.lr = settings[s].discriminator_adam.lr = s < 2 ? 1e-3 : 0.1;
            settings[s].loss = s % 2 == 0 ? GT_BCE : GT_HINGE;
        }
        study.name = "x2";
        study.command = "gantry study --sweep 'lr=1e-3,0.1' --sweep loss=bce,hinge";
        study.version = "1.2.3";
        study.created = "2026-02-03T04:05:06Z";
        study.keep_weights = "worst:2";
        study.plan = {settings,
                      4,
                      100,
                      10,
                      shard,
                      n_shards,
                      1000,
                      300,
                      {5000, 77, 12},
                      {GT_ENGINE_LAYERED, GT_PRECISION_TF32, GT_RNG_CURAND}};
        study.axes = axes;
        study.n_axes = 2;
    }
    SmallStudy(const SmallStudy &) = delete;
    SmallStudy &operator=(const SmallStudy &) = delete;

    gt_spec settings[4];
    const char *const lr[4] = {"1e-3", "1e-3", "0.1", "0.1"}, *const loss[4] = {"bce", "hinge", "bce", "hinge"};
    const gt_store_axis axes[2] = {{"lr", lr}, {"loss", loss}};
    gt_store_study study{};
};

using Store = std::unique_ptr<gt_store, decltype(&gt_store_close)>;

inline Store create_store(const std::string &path, const gt_store_study &study, bool replace = false) {
    gt_store *store = nullptr;
    EXPECT_EQ(gt_store_create(path.c_str(), &study, replace, &store), GT_OK) << gt_last_error();
    return Store(store, &gt_store_close);
}

inline Store open_store(const std::string &path, bool to_write = false) {
    gt_store *store = nullptr;
    EXPECT_EQ(gt_store_open(path.c_str(), to_write, &store), GT_OK) << gt_last_error();
    return Store(store, &gt_store_close);
}

// SQL by another connection, as the sqlite3 shell would.
inline void execute_sql(const std::string &path, const std::string &sql) {
    sqlite3 *db;
    char *error = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << sql << ": " << error;
    sqlite3_free(error);
    sqlite3_close(db);
}

// The one number that a query gives.
inline long long number_of(const std::string &path, const std::string &sql) {
    sqlite3 *db;
    sqlite3_stmt *statement = nullptr;
    EXPECT_EQ(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << sql;
    const long long value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

// What another process makes of it: its exit code.
inline int in_child(const std::function<int()> &what) {
    const pid_t child = fork();
    if (child == 0) _exit(what());
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The names and bytes of all files of a folder.
inline std::map<std::string, std::string> snapshot(const Folder &folder) {
    std::map<std::string, std::string> files;
    for (const std::string &name : folder.files()) files[name] = bytes_of(folder / name);
    return files;
}

struct Runs {
    explicit Runs(gt_store *store) { EXPECT_EQ(gt_store_read_runs(store, &runs, &n), GT_OK) << gt_last_error(); }
    ~Runs() { free(runs); }
    gt_store_run *runs = nullptr;
    size_t n = 0;
};

// A row with numbers of its own for each run and checkpoint, among them those that are hard to keep.
inline gt_metrics row_of(uint64_t run, uint64_t iteration) {
    static const double hard[] = {nan_, inf, -inf, DBL_MAX, DBL_TRUE_MIN, 0.1, -1e-300, 3, 1.0 / 3};
    gt_metrics row{};
    size_t k = (size_t)(run + iteration);
    row.iteration = iteration;
    row.diverged = run % 3 == 2;
    row.diverged_at = row.diverged ? run : 0;
    for (const gt_csv_column *column = gt_metrics_columns; column->name != nullptr; column++) {
        if (column->kind != GT_CSV_DOUBLE) continue;
        const double value = k % 2 == 0 ? hard[k / 2 % 9] : (double)k * 1.7 + 1e-9 * (double)run;
        memcpy((char *)&row + column->offset, &value, sizeof value);
        k++;
    }
    row.n_samples = 5000, row.n_accuracy = 77, row.n_energy = 12; // as the study has it
    return row;
}

inline gt_store_run result_of(uint64_t run) {
    gt_store_run out{};
    out.run = run;
    out.finished = true;
    out.result.judge = {4, 3, run % 2, 300 * (run % 3), run % 2 == 1 ? 600u : 0u, run % 2};
    out.result.outcome = (gt_outcome)(run % GT_N_OUTCOMES);
    out.result.distance = run % 4 == 0 ? inf : 0.1 * (double)run;
    out.result.diverged = run % 4 == 0;
    out.result.diverged_at = run % 4 == 0 ? 17 : 0;
    snprintf(out.result.digest, sizeof out.result.digest, "%032llx", (unsigned long long)run * 0x123456789abcdefull);
    return out;
}

#endif
