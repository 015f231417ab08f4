// The thread that writes a store: everything arrives in order, a transaction whole or not at all, and a failure is told by
// every call that follows it.
#include "io/store_writer.h"
#include "rows.h"
#include "stores.h"

#include <cstdlib>
#include <cstring>

namespace {

class Writer : public testing::Test {
  protected:
    void SetUp() override {
        small.study.plan.iterations = 100000, small.study.plan.eval_every = 1;
        store = create_store(path, small.study);
        ASSERT_EQ(gt_store_writer_begin(store.get(), &writer), GT_OK);
    }

    // A row of each run of a block, all scores the iteration's.
    gt_status rows(const gt_study_block &of, uint64_t iteration) {
        std::vector<gt_metrics> row(gt_study_block_size(&of));
        std::vector<char> converged(row.size());
        for (size_t r = 0; r < row.size(); r++) {
            row[r].iteration = iteration;
            row[r].resid_mean = (double)iteration + 0.25;
            converged[r] = r % 2 == 0;
        }
        const gt_status status = gt_store_writer_rows(writer, &of, row.data(), (const bool *)converged.data());
        memset((void *)row.data(), 0xff, row.size() * sizeof row[0]); // they were copied
        return status;
    }

    gt_status states(const gt_study_block &of, uint64_t iteration, size_t bytes = 100) {
        const size_t n = gt_study_block_size(&of);
        char *data = (char *)malloc(n * bytes);
        for (size_t r = 0; r < n; r++) memset(data + r * bytes, (int)(iteration + r), bytes);
        return gt_store_writer_states(writer, &of, iteration, data, bytes);
    }

    gt_status results(const gt_study_block &of) {
        std::vector<gt_study_result> result(gt_study_block_size(&of));
        for (size_t r = 0; r < result.size(); r++) {
            result[r].judge.n_checkpoints = r;
            snprintf(result[r].digest, sizeof result[r].digest, "%032d", (int)r);
        }
        const gt_status status = gt_store_writer_results(writer, &of, result.data());
        memset((void *)result.data(), 0xff, result.size() * sizeof result[0]);
        return status;
    }

    gt_status end() {
        gt_store_writer *ended = writer;
        writer = nullptr;
        return gt_store_writer_end(ended, nullptr);
    }

    const Folder folder;
    SmallStudy small;
    const std::string path = folder / "s.sqlite";
    Store store{nullptr, &gt_store_close};
    gt_store_writer *writer = nullptr;
    const size_t settings[2] = {1, 3};
    const gt_study_block block = {settings, 2, 102, 5};
};

TEST_F(Writer, EverythingArrivesAtItsRuns) {
    for (uint64_t k = 1; k <= 20; k++) {
        ASSERT_EQ(rows(block, k), GT_OK) << gt_last_error();
        ASSERT_EQ(states(block, k), GT_OK);
    }
    const size_t other[] = {0};
    const gt_study_block done = {other, 1, 100, 3};
    ASSERT_EQ(states(done, 7), GT_OK);
    ASSERT_EQ(results(done), GT_OK); // after its state, which goes
    ASSERT_EQ(gt_store_writer_flush(writer), GT_OK) << gt_last_error();
    // what is flushed is there for others
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint"), 20 * 10);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint WHERE resid_mean = iteration + 0.25"), 20 * 10);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint WHERE converged"), 20 * 5);
    EXPECT_EQ(number_of(path,
                        "SELECT count(DISTINCT run) FROM checkpoint JOIN run USING (run) WHERE setting IN (1, 3) AND seed "
                        "BETWEEN 102 AND 106"),
              10);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM state WHERE iteration = 20 AND length(state) = 100"), 10);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM state"), 10);
    EXPECT_EQ(number_of(path, "SELECT sum(run * finished) FROM run"), 0 + 1 + 2);
    EXPECT_EQ(number_of(path, "SELECT sum(n_checkpoints) FROM run"), 0 + 1 + 2);
    double busy = -1;
    EXPECT_EQ(gt_store_writer_end(writer, &busy), GT_OK);
    EXPECT_GT(busy, 0);
    EXPECT_EQ(gt_store_writer_end(nullptr, nullptr), GT_OK);
}

TEST_F(Writer, EndingWaitsForWhatIsQueued) {
    for (uint64_t k = 1; k <= 2000; k++) ASSERT_EQ(rows(block, k), GT_OK);
    ASSERT_EQ(end(), GT_OK);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint"), 2000 * 10);
}

TEST_F(Writer, AFailureStays) {
    const gt_study_block last = {settings + 1, 1, 106, 1}; // of the block's runs
    ASSERT_EQ(rows(last, 1), GT_OK);
    ASSERT_EQ(gt_store_writer_flush(writer), GT_OK);
    ASSERT_EQ(rows(block, 1), GT_OK); // its last row is there already: the table refuses it
    EXPECT_EQ(gt_store_writer_flush(writer), GT_ERR_IO);
    const std::string line = gt_last_error();
    EXPECT_NE(line.find(path), std::string::npos) << line;
    EXPECT_EQ(rows(block, 2), GT_ERR_IO);
    EXPECT_EQ(states(block, 2), GT_ERR_IO); // and freed
    EXPECT_EQ(results(block), GT_ERR_IO);
    EXPECT_EQ(gt_store_writer_flush(writer), GT_ERR_IO);
    EXPECT_EQ(gt_last_error(), line);
    EXPECT_EQ(end(), GT_ERR_IO);
    EXPECT_EQ(gt_last_error(), line);
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint"), 1); // nor is any other of its rows there
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM state"), 0);
}

// What had been handed over when a write failed is not written behind it.
TEST_F(Writer, NothingIsWrittenBehindAFailure) {
    ASSERT_EQ(rows(block, 1), GT_OK);
    ASSERT_EQ(gt_store_writer_flush(writer), GT_OK);
    sqlite3 *other; // holds the writer up
    ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    ASSERT_EQ(rows(block, 1), GT_OK); // will fail
    usleep(100000);
    ASSERT_EQ(rows(block, 2), GT_OK); // waits
    ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(other);
    EXPECT_EQ(gt_store_writer_flush(writer), GT_ERR_IO);
    EXPECT_EQ(end(), GT_ERR_IO);
    EXPECT_EQ(number_of(path, "SELECT max(iteration) FROM checkpoint"), 1);
}

// A disk that is full in the middle: what was handed over in one call is there whole or not at all, and the file goes on later.
TEST_F(Writer, AFullDisk) {
    gt_status status = GT_OK;
    uint64_t handed = 0;
    {
        const FileSizeLimit limit(400000);
        while (status == GT_OK && handed < 100000) {
            status = rows(block, ++handed);
            if (status == GT_OK && handed % 10 == 0) status = states(block, handed, 1000);
            if (status == GT_OK && handed % 7 == 0) status = gt_store_writer_flush(writer);
        }
        EXPECT_EQ(status, GT_ERR_IO);
        const std::string line = gt_last_error();
        EXPECT_NE(line.find(path), std::string::npos) << line;
        EXPECT_EQ(gt_store_writer_flush(writer), GT_ERR_IO);
        EXPECT_EQ(end(), GT_ERR_IO);
        EXPECT_EQ(gt_last_error(), line);
        store.reset();
    }
    store = open_store(path, true);
    ASSERT_NE(store, nullptr);
    const long long n = number_of(path, "SELECT count(DISTINCT iteration) FROM checkpoint");
    EXPECT_GT(n, 10);
    EXPECT_LT(n, (long long)handed);
    EXPECT_EQ(number_of(path, "SELECT max(iteration) FROM checkpoint"), n); // the first ones
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint"), 10 * n);
    EXPECT_EQ(number_of(path, "SELECT count(DISTINCT iteration) FROM state"), 1);
    EXPECT_LE(number_of(path, "SELECT max(iteration) FROM state"), n);
    ASSERT_EQ(gt_store_writer_begin(store.get(), &writer), GT_OK);
    ASSERT_EQ(rows(block, (uint64_t)n + 1), GT_OK);
    EXPECT_EQ(end(), GT_OK) << gt_last_error();
    EXPECT_EQ(number_of(path, "SELECT count(*) FROM checkpoint"), 10 * (n + 1));
}

} // namespace
