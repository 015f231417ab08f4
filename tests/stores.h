// A small study for tests of its file, and what they do to such files.
#ifndef GT_TESTS_STORES_H
#define GT_TESTS_STORES_H

#include "folder.h"
#include "io/store.h"
#include "specs.h"

#include <functional>
#include <map>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

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
        study.plan = {settings, 4, 100, 10, shard, n_shards, 1000, 300, {5000, 77, 12}};
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

#endif
