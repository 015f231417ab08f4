// Points from files: dialects of CSV, .npy, bad rows, and speed.
#include "folder.h"
#include "gantry/gantry.h"
#include "io/npy.h"

#include <chrono>
#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

class PointsFile : public ::testing::Test {
  protected:
    std::string path(const std::string &name) { return folder / name; }

    std::string write(const std::string &text, const std::string &name = "points.csv") {
        put_bytes(path(name), text);
        return path(name);
    }

    struct Result {
        std::vector<float> values;
        int n_columns;
    };

    Result read(const std::string &path) {
        float *points = nullptr;
        size_t n = 0;
        Result result{{}, 0};
        EXPECT_EQ(gt_points_read(path.c_str(), &points, &n, &result.n_columns), GT_OK) << gt_last_error();
        if (points != nullptr) result.values.assign(points, points + n * (size_t)result.n_columns);
        gt_free(points);
        return result;
    }

    void expect(const std::string &text, const std::vector<float> &values, int n_columns) {
        const Result result = read(write(text));
        EXPECT_EQ(result.values, values) << text;
        EXPECT_EQ(result.n_columns, n_columns) << text;
    }

    // The line behind the file's name.
    std::string refusal(const std::string &path, gt_status status = GT_ERR_FILE) {
        float *points = (float *)&status;
        size_t n = 7;
        int n_columns = 7;
        EXPECT_EQ(gt_points_read(path.c_str(), &points, &n, &n_columns), status);
        EXPECT_EQ(points, nullptr);
        const std::string line = gt_last_error();
        EXPECT_EQ(line.find('\n'), std::string::npos);
        const size_t at = line.find(path);
        EXPECT_NE(at, std::string::npos) << line;
        return line.substr(at + path.size());
    }

    Folder folder;
};

TEST_F(PointsFile, Separators) {
    const std::vector<float> points = {1, 2, -3.5f, 4e-3f};
    expect("1,2\n-3.5,4e-3\n", points, 2);
    expect("1;2\n-3.5;4e-3\n", points, 2);
    expect("1\t2\n-3.5\t4e-3\n", points, 2);
    expect("1 2\n-3.5  4e-3\n", points, 2);
    expect("  1 , 2\t\n -3.5 ,\t4e-3  \n", points, 2);
    expect(" 1 \t 2 \n\t-3.5\t\t4e-3\n", points, 2);
    expect("1\n2\n-3.5\n4e-3\n", points, 1);
    expect("1,2,-3.5,.004", points, 4); // no newline at the end
}

TEST_F(PointsFile, HeadersCommentsBlankLinesAndCarriageReturns) {
    const std::vector<float> points = {1, 2, 3, 4};
    expect("x,y\n1,2\n3,4\n", points, 2);
    expect("x y\n1 2\n3 4\n", points, 2);
    expect("the horizontal;the vertical\n1;2\n3;4\n", points, 2);
    expect("# made by hand\n\n  \nx,y\n# more\n1,2\n\n3,4\n\n", points, 2);
    expect("x,y\r\n1,2\r\n\r\n3,4\r\n", points, 2);
    expect("\xEF\xBB\xBFx,y\n1,2\n3,4\n", points, 2);
    expect("\xEF\xBB\xBF"
           "1,2\n3,4\n",
           points, 2);
}

TEST_F(PointsFile, SixtyFourColumns) {
    std::string line;
    for (int c = 0; c < 64; c++) line += (c > 0 ? "," : "") + std::to_string(c);
    EXPECT_EQ(read(write(line + "\n" + line + "\n")).values.size(), 128u);
    EXPECT_EQ(refusal(write(line + ",64\n")), ": line 1 has more than 64 columns, the most that are taken");
}

TEST_F(PointsFile, ABadRowIsNamedByItsLine) {
    const auto bad = [&](const std::string &text) { return refusal(write(text)); };
    const std::string takes = "; it takes finite numbers within +-1e30: correct or remove the line";
    EXPECT_EQ(bad("x,y\n1,2\n# no\n3,four\n"), ": line 4 has \"four\" in column 2" + takes);
    EXPECT_EQ(bad("\n1,2\n\n\n3,four\n"), ": line 5 has \"four\" in column 2" + takes);
    EXPECT_EQ(bad("1,2\r\n3,nan\r\n"), ": line 2 has \"nan\" in column 2" + takes);
    EXPECT_EQ(bad("nan,nan\n1,2\n"), ": line 1 has \"nan\" in column 1" + takes); // numbers of a kind, so no header
    for (const char *value : {"inf", "-Infinity", "1e400", "1e31", "0x10", "1.5.2", "1,", "\"1\"", "1e", "--1", "1_0", "1 2"})
        EXPECT_EQ(bad(std::string("7,8\n5,") + value + "\n").find(": line 2 has \""), 0u) << value << gt_last_error();
    EXPECT_EQ(bad("1,2\n3,\n"), ": line 2 has \"\" in column 2" + takes);
    EXPECT_EQ(bad("1,2\n,3\n"), ": line 2 has \"\" in column 1" + takes);
    EXPECT_EQ(bad("1;2\n1,5;2\n"), ": line 2 has \"1,5\" in column 1" + takes); // a decimal comma
    EXPECT_EQ(bad("1,2\n3\n"), ": line 2 has 1 columns, but the rows before have 2; correct or remove it");
    EXPECT_EQ(bad("1,2\n3,4,5\n"), ": line 2 has 3 columns, but the rows before have 2; correct or remove it");
    EXPECT_EQ(bad("x,y\nz,w\n"), ": line 2 has \"z\" in column 1" + takes); // one header at most
    EXPECT_EQ(bad("1\n" + std::string(1000, 'a') + "\n"),
              ": line 2 has \"" + std::string(40, 'a') + "...\" in column 1" + takes);
    EXPECT_EQ(bad(std::string("1,2\n3,\0004\n", 9)).find(": line 2 has \""), 0u);
    EXPECT_EQ(bad(std::string("1,2\n3,4\0\n", 9)).find(": line 2 has \""), 0u);
}

TEST_F(PointsFile, FilesWithoutPoints) {
    for (const char *text : {"", "\n\n", "# nothing\n", "x,y\n"})
        EXPECT_EQ(refusal(write(text)), " has no points; it takes a row of numbers a point") << text;
    EXPECT_NE(refusal(path("missing.csv")).find("No such file"), std::string::npos) << gt_last_error();
    EXPECT_NE(refusal(path("missing.npy")).find("No such file"), std::string::npos) << gt_last_error();
    EXPECT_NE(refusal(path("")).size(), 0u); // a folder
}

TEST_F(PointsFile, Npy) {
    const std::vector<float> points = {1, 2, 3, 4, 5, 6};
    for (const char *name : {"points.npy", "points", "points.csv"}) { // by its first bytes, whatever its name
        ASSERT_EQ(gt_npy_write(path(name).c_str(), points.data(), 2, 3), GT_OK) << gt_last_error();
        const Result result = read(path(name));
        EXPECT_EQ(result.values, points);
        EXPECT_EQ(result.n_columns, 3);
    }
    const std::vector<float> bad = {1, 2, 3, NAN};
    ASSERT_EQ(gt_npy_write(path("bad.npy").c_str(), bad.data(), 2, 2), GT_OK);
    EXPECT_EQ(refusal(path("bad.npy")), ": element [1, 1] is nan; it takes finite numbers within +-1e30: leave its row out");
    const std::vector<float> wide(65);
    ASSERT_EQ(gt_npy_write(path("wide.npy").c_str(), wide.data(), 1, 65), GT_OK);
    EXPECT_EQ(refusal(path("wide.npy")), " has 65 columns; it takes 1 to 64");
    EXPECT_NE(refusal(write("1,2\n", "text.npy")).find(".npy"), std::string::npos);
    EXPECT_NE(refusal(write("\x93NUMPY\x01", "cut.csv")).find("cut short"), std::string::npos) << gt_last_error();
}

TEST_F(PointsFile, AMillionRows) {
    std::string text = "x,y\n";
    char line[64];
    for (int i = 0; i < 1000000; i++) {
        snprintf(line, sizeof line, "%.7g,%.7g\n", i * 1e-6 - 0.5, i * 3e-7);
        text += line;
    }
    write(text);
    const auto start = std::chrono::steady_clock::now();
    const Result result = read(path("points.csv"));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_EQ(result.values.size(), 2000000u);
    EXPECT_EQ(result.values[2 * 999999], 0.499999f);
    std::printf("%.3f s for a million rows\n", seconds);
    EXPECT_LT(seconds, 20); // 0.2 s on a machine with nothing else to do; a quadratic reader takes hours
}

} // namespace
