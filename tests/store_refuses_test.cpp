// What is no store, of another version, or damaged, is refused and left as it is.
#include "stores.h"

#include "io/store_sql.h"

namespace {

class Refused : public testing::Test {
  protected:
    void SetUp() override {
        create_store(path, small.study);
        const Store store = open_store(path, true);
        ASSERT_EQ(gt_store_begin(store.get()), GT_OK);
        for (uint64_t run = 0; run < 40; run++) {
            const gt_metrics row = row_of(run, 300);
            const gt_store_run result = result_of(run);
            ASSERT_EQ(gt_store_put_row(store.get(), run, &row, false), GT_OK);
            ASSERT_EQ(gt_store_put_run(store.get(), &result), GT_OK);
        }
        ASSERT_EQ(gt_store_commit(store.get()), GT_OK);
    }

    // Opened either way it is refused, and neither it nor its folder changes. Returns the line.
    std::string refusal() {
        const auto before = snapshot(folder);
        gt_store *store = nullptr;
        for (bool to_write : {false, true}) {
            gt_status status = gt_store_open(path.c_str(), to_write, &store);
            gt_store_run *runs = nullptr;
            size_t n;
            if (status == GT_OK) { // a wrong run is found where it is read
                status = gt_store_read_runs(store, &runs, &n);
                gt_store_close(store);
            }
            EXPECT_EQ(status, GT_ERR_FILE) << "to write: " << to_write;
            free(runs);
            EXPECT_TRUE(snapshot(folder) == before) << "to write: " << to_write;
            if (HasFailure()) break;
        }
        const std::string line = gt_last_error();
        EXPECT_NE(line.find(path), std::string::npos) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
        return line;
    }

    void after(const std::string &sql) { execute_sql(path, sql); }

    const Folder folder;
    const SmallStudy small;
    const std::string path = folder / "s.sqlite";
};

TEST_F(Refused, ItIsFineAsItIs) {
    EXPECT_EQ(Runs(open_store(path).get()).n, 40u);
    const std::map<std::string, std::string> before = snapshot(folder);
    EXPECT_EQ(before.size(), 1u);
    EXPECT_EQ(Runs(open_store(path).get()).n, 40u);
    EXPECT_TRUE(snapshot(folder) == before); // nothing is left by a reader
}

TEST_F(Refused, OtherFiles) {
    const std::string whole = bytes_of(path);
    for (const std::string &bytes : {std::string(), std::string("text"), std::string(1000, 't'), whole.substr(0, 99),
                                     "SQLite format 4" + whole.substr(15)}) {
        put_bytes(path, bytes);
        EXPECT_NE(refusal().find("no study of gantry"), std::string::npos);
    }
    std::filesystem::remove(path);
    EXPECT_NE(refusal().find("No such file"), std::string::npos);
    execute_sql(path, "PRAGMA journal_mode=WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    EXPECT_NE(refusal().find("no study of gantry"), std::string::npos);
}

TEST_F(Refused, OtherVersionsAndPrograms) {
    after("PRAGMA user_version = " + std::to_string(GT_STORE_VERSION + 1));
    EXPECT_NE(refusal().find("store version 2; gantry " + std::string(gt_version()) + " reads version 1"), std::string::npos);
    after("PRAGMA user_version = 0");
    EXPECT_NE(refusal().find("store version 0"), std::string::npos);
    after("PRAGMA user_version = 1; PRAGMA application_id = 1");
    EXPECT_NE(refusal().find("no study of gantry"), std::string::npos);
}

TEST_F(Refused, Truncated) {
    const std::string whole = bytes_of(path);
    for (size_t size : {(size_t)100, (size_t)4096, (size_t)5000, whole.size() / 2, whole.size() - 4096, whole.size() - 1}) {
        SCOPED_TRACE(size);
        put_bytes(path, whole.substr(0, size));
        EXPECT_NE(refusal().find("is damaged"), std::string::npos);
    }
}

TEST_F(Refused, PagesOfNoise) {
    const std::string whole = bytes_of(path);
    const size_t n_pages = whole.size() / 4096;
    uint32_t random = 3;
    ASSERT_GT(n_pages, 10u);
    for (size_t page = 1; page < n_pages; page++) {
        SCOPED_TRACE(page);
        std::string bytes = whole;
        for (size_t k = 0; k < 4096; k++) bytes[4096 * page + k] = (char)((random = random * 1664525u + 1013904223u) >> 24);
        put_bytes(path, bytes);
        EXPECT_NE(refusal().find("is damaged"), std::string::npos);
        if (HasFailure()) break;
    }
}

TEST_F(Refused, WhatAKilledProcessLeftIsLeftToo) {
    ASSERT_EQ(in_child([&] { // rows in the journal
                  gt_store *store;
                  const gt_metrics row = row_of(1, 600);
                  if (gt_store_open(path.c_str(), true, &store) != GT_OK) return 1;
                  return (int)gt_store_put_row(store, 1, &row, false);
              }),
              0);
    ASSERT_GT(std::filesystem::file_size(path + "-wal"), 0u);
    std::string bytes = bytes_of(path);
    bytes[4096 * 3 + 1] ^= 0x55; // some page of a table
    put_bytes(path, bytes.substr(0, bytes.size() - 5000));
    const std::string wal = bytes_of(path + "-wal");
    gt_store *store = nullptr;
    for (bool to_write : {false, true}) EXPECT_EQ(gt_store_open(path.c_str(), to_write, &store), GT_ERR_FILE);
    EXPECT_EQ(bytes_of(path).size(), bytes.size() - 5000);
    EXPECT_TRUE(bytes_of(path + "-wal") == wal);
}

TEST_F(Refused, ImpossibleNumbers) {
    const std::string whole = bytes_of(path);
    const char *const keys[] = {"first_seed", "n_seeds",   "n_shards",   "shard",   "iterations",
                                "eval_every", "n_samples", "n_accuracy", "n_energy"};
    const auto changed_to = [&](const std::string &key, const std::string &value) {
        SCOPED_TRACE(key + " " + value);
        put_bytes(path, whole);
        after("UPDATE study SET value = " + value + " WHERE key = '" + key + "'");
        EXPECT_NE(refusal().find("is damaged"), std::string::npos);
    };
    for (const std::string key : keys) {
        for (const char *value : {"-1", "9223372036854775807", "'x'", "NULL", "1.5", "x'00'"}) changed_to(key, value);
        put_bytes(path, whole);
        after("DELETE FROM study WHERE key = '" + key + "'");
        EXPECT_NE(refusal().find("it has no " + key), std::string::npos);
    }
    for (const char *key : {"n_seeds", "n_shards", "iterations", "eval_every", "n_samples", "n_accuracy"}) changed_to(key, "0");
    changed_to("shard", "1");
    changed_to("n_shards", "11");        // more than seeds
    changed_to("n_seeds", "1000000000"); // more runs than any study has
    changed_to("n_seeds", "5");          // fewer than there are
}

TEST_F(Refused, WrongSettingsAxesAndRuns) {
    const std::string whole = bytes_of(path);
    const char *const changes[] = {
        "DELETE FROM setting",
        "DELETE FROM setting WHERE setting = 3",
        "UPDATE setting SET setting = 7 WHERE setting = 3",
        "UPDATE setting SET spec = 'x' WHERE setting = 2",
        "UPDATE setting SET spec = '{}' WHERE setting = 0",
        "UPDATE setting SET spec = '' WHERE setting = 0",
        "UPDATE setting SET spec = replace(spec, '128', '127')", // an odd batch
        "DELETE FROM axis_value WHERE axis = 1 AND setting = 2",
        "DELETE FROM study WHERE key = 'name'",
        "DELETE FROM study WHERE key = 'keep_weights'",
        "DROP TABLE run",
        "DROP TABLE study",
        "UPDATE run SET seed = 99 WHERE run = 0",
        "UPDATE run SET seed = 110 WHERE run = 9",
        "UPDATE run SET seed = 105 WHERE run = 4",
        "UPDATE run SET seed = -1 WHERE run = 4",
        "UPDATE run SET setting = 4 WHERE run = 39",
        "UPDATE run SET run = 1000 WHERE run = 39",
        "UPDATE run SET outcome = 'fine' WHERE run = 7",
        "UPDATE run SET outcome = NULL WHERE run = 7",
        "UPDATE run SET digest = 'abc' WHERE run = 7",
        "UPDATE run SET digest = NULL WHERE run = 7",
    };
    for (const char *sql : changes) {
        SCOPED_TRACE(sql);
        put_bytes(path, whole);
        after(sql);
        EXPECT_NE(refusal().find("is damaged"), std::string::npos);
    }
}

} // namespace
