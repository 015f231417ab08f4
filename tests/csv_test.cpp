// metrics.csv: what is written reads back to the same bits, and files of before columns were added are still read.
#include "folder.h"
#include "io/csv.h"

#include <cmath>
#include <cstring>

namespace {

gt_metrics row(uint64_t iteration) {
    gt_metrics out{};
    double value = (double)iteration + 1.0 / 3;
    for (const gt_csv_column *c = gt_metrics_columns; c->name != nullptr; c++) {
        if (c->kind == GT_CSV_DOUBLE) *(double *)((char *)&out + c->offset) = value *= 1.1;
        if (c->kind == GT_CSV_INT) *(int *)((char *)&out + c->offset) = (int)iteration + 5;
    }
    out.iteration = iteration;
    out.energy = NAN;
    return out;
}

struct Rows {
    gt_status status;
    std::vector<gt_metrics> rows;
};

Rows read(const std::string &path) {
    void *rows = nullptr;
    size_t n = 0;
    Rows out{gt_csv_read(path.c_str(), gt_metrics_columns, sizeof(gt_metrics), &rows, &n), {}};
    if (rows != nullptr) out.rows.assign((gt_metrics *)rows, (gt_metrics *)rows + n);
    free(rows);
    return out;
}

// The file without its last n columns.
std::string without_last(const std::string &text, int n) {
    std::string out;
    size_t start = 0;
    for (size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
        std::string line = text.substr(start, end - start);
        for (int k = 0; k < n; k++) line.resize(line.rfind(','));
        out += line + "\n";
    }
    return out;
}

class Csv : public ::testing::Test {
  protected:
    void SetUp() override {
        const gt_metrics rows[] = {row(10), row(20)};
        ASSERT_EQ(gt_csv_write(path.c_str(), gt_metrics_columns, rows, 2, sizeof *rows), GT_OK) << gt_last_error();
        text = bytes_of(path);
    }
    Rows read_text(const std::string &changed) {
        put_bytes(path, changed);
        return read(path);
    }
    Folder folder;
    const std::string path = folder / "metrics.csv";
    std::string text;
};

TEST_F(Csv, MetricsReadBackToTheSameBits) {
    const Rows got = read(path);
    ASSERT_EQ(got.rows.size(), 2u) << gt_last_error();
    for (size_t i = 0; i < 2; i++) {
        const gt_metrics expected = row(10 * (i + 1));
        EXPECT_EQ(got.rows[i].iteration, expected.iteration);
        EXPECT_EQ(got.rows[i].jsd, expected.jsd);
        EXPECT_EQ(got.rows[i].spread, expected.spread);
        EXPECT_EQ(got.rows[i].n_energy, expected.n_energy);
        EXPECT_TRUE(std::isnan(got.rows[i].energy));
    }
}

// Version 0.2 ended with diverged_at.
TEST_F(Csv, FilesOfBeforeColumnsWereAdded) {
    const std::string old = without_last(text, 6);
    ASSERT_EQ(old.substr(0, old.find('\n')),
              "iteration,acc_real,acc_fake,resid_mean,resid_p95,w1_x,w1_x_floor,coverage,support,std_x,energy,d_loss_real,"
              "d_loss_fake,g_loss,n_accuracy,n_samples,n_energy,diverged,diverged_at");
    const Rows got = read_text(old);
    ASSERT_EQ(got.rows.size(), 2u) << gt_last_error();
    EXPECT_EQ(got.rows[1].iteration, 20u);
    EXPECT_EQ(got.rows[1].g_loss, row(20).g_loss);
    for (auto member : {&gt_metrics::modes, &gt_metrics::hq, &gt_metrics::reverse_kl, &gt_metrics::jsd,
                        &gt_metrics::energy_coefficient, &gt_metrics::spread})
        EXPECT_TRUE(std::isnan(got.rows[1].*member));
}

TEST_F(Csv, OtherColumnsAreRefused) {
    EXPECT_EQ(read_text(without_last(text, 7)).status, GT_ERR_FILE);
    EXPECT_NE(std::string(gt_last_error()).find(":1: not the header of this kind of file"), std::string::npos);
    std::string changed = text;
    changed.replace(changed.find("jsd"), 3, "JSD");
    EXPECT_EQ(read_text(changed).status, GT_ERR_FILE);
    EXPECT_EQ(read_text("a,column,of,mine\n").status, GT_ERR_FILE);
    // as many values as the header says
    EXPECT_EQ(read_text(text.substr(0, text.find('\n') + 1) + without_last(text.substr(text.find('\n') + 1), 6)).status,
              GT_ERR_FILE);
    EXPECT_NE(std::string(gt_last_error()).find(":2: a damaged line"), std::string::npos);
    EXPECT_EQ(read_text(without_last(text.substr(0, text.find('\n') + 1), 6) + text.substr(text.find('\n') + 1)).status,
              GT_ERR_FILE);
}

} // namespace
