// NumPy's .npy files: exact bytes written, every element type and order read, everything damaged refused with one line.
#include "folder.h"
#include "io/npy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace {

std::string header(const std::string &dictionary, int version = 1) {
    const size_t before = version == 1 ? 10 : 12;
    std::string text = dictionary;
    while ((before + text.size() + 1) % 64 != 0) text += ' ';
    text += '\n';
    std::string out = "\x93NUMPY";
    out += (char)version;
    out += '\0';
    for (size_t i = 0; i < before - 8; i++) out += (char)(text.size() >> 8 * i & 0xFF);
    return out + text;
}

std::string dictionary(const std::string &descr, const std::string &shape, const std::string &fortran = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

template <typename T> std::string raw(const std::vector<T> &values, bool swap = false) {
    std::string out;
    for (T value : values) {
        std::string bytes((const char *)&value, sizeof value);
        if (swap) std::reverse(bytes.begin(), bytes.end());
        out += bytes;
    }
    return out;
}

struct Array {
    std::vector<float> values;
    size_t n = 0, d = 0;
};

Array read(const std::string &path) {
    float *points = nullptr;
    Array array;
    EXPECT_EQ(gt_npy_read(path.c_str(), &points, &array.n, &array.d), GT_OK) << gt_last_error();
    if (points != nullptr) array.values.assign(points, points + array.n * array.d);
    free(points);
    return array;
}

Array read_bytes(const Folder &folder, const std::string &bytes) {
    put_bytes(folder / "a.npy", bytes);
    return read(folder / "a.npy");
}

// One line that names the file and holds the text.
void refuses(const Folder &folder, const std::string &bytes, const std::string &text) {
    put_bytes(folder / "bad.npy", bytes);
    float guard, *points = &guard;
    size_t n = 1, d = 1;
    const std::string path = folder / "bad.npy";
    EXPECT_EQ(gt_npy_read(path.c_str(), &points, &n, &d), GT_ERR_FILE) << text;
    EXPECT_EQ(points, nullptr);
    EXPECT_EQ(n + d, 0u);
    const std::string line = gt_last_error();
    EXPECT_NE(line.find(path), std::string::npos) << line;
    EXPECT_NE(line.find(text), std::string::npos) << line;
    for (unsigned char c : line) EXPECT_TRUE(c >= ' ' && c < 0x7F) << line;
}

const std::vector<float> six = {1, 2.5f, -3, 4, 5, 6e-20f};

TEST(Npy, WritesTheFormatsBytes) {
    Folder folder;
    ASSERT_EQ(gt_npy_write((folder / "a.npy").c_str(), six.data(), 3, 2), GT_OK) << gt_last_error();
    const std::string bytes = bytes_of(folder / "a.npy");
    EXPECT_EQ(bytes, header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }") + raw(six));
    EXPECT_EQ((bytes.size() - 24) % 64, 0u);
}

TEST(Npy, ReadsWhatItWrote) {
    Folder folder;
    const float odd[] = {NAN, INFINITY, -INFINITY, -0.0f, std::numeric_limits<float>::denorm_min(), 3};
    for (size_t d : {1, 2, 3, 6}) {
        ASSERT_EQ(gt_npy_write((folder / "a.npy").c_str(), odd, 6 / d, d), GT_OK) << gt_last_error();
        const Array array = read(folder / "a.npy");
        EXPECT_EQ(array.n, 6 / d);
        EXPECT_EQ(array.d, d);
        ASSERT_EQ(array.values.size(), 6u);
        EXPECT_EQ(memcmp(array.values.data(), odd, sizeof odd), 0);
    }
}

TEST(Npy, AFailedWriteLeavesTheOldFile) {
    Folder folder;
    put_bytes(folder / "a.npy", "old");
    const std::vector<float> many(10000, 1);
    {
        const FileSizeLimit limit(1000);
        EXPECT_EQ(gt_npy_write((folder / "a.npy").c_str(), many.data(), 5000, 2), GT_ERR_IO);
    }
    EXPECT_EQ(bytes_of(folder / "a.npy"), "old");
    EXPECT_EQ(folder.files().size(), 1u);
}

template <typename T> void check_type(const Folder &folder, const std::string &type, const std::vector<T> &values) {
    std::vector<float> expected;
    for (T value : values) expected.push_back((float)value);
    const std::string shape = "(" + std::to_string(values.size()) + ", 1)";
    for (bool swap : {false, true}) {
        const std::string descr = (sizeof(T) == 1 ? "|" : swap ? ">" : "<") + type;
        SCOPED_TRACE(descr);
        EXPECT_EQ(read_bytes(folder, header(dictionary(descr, shape)) + raw(values, swap)).values, expected);
    }
}

TEST(Npy, ReadsEveryTypeInBothByteOrders) {
    Folder folder;
    check_type<float>(folder, "f4", {1.5f, -2, 1e-40f, 3e38f});
    check_type<double>(folder, "f8", {1.5, -0.1, 1e-50, 1e30});
    check_type<int8_t>(folder, "i1", {0, 127, -128, -1});
    check_type<uint8_t>(folder, "u1", {0, 127, 128, 255});
    check_type<int16_t>(folder, "i2", {0, 258, -32768, -1});
    check_type<uint16_t>(folder, "u2", {0, 258, 65535});
    check_type<int32_t>(folder, "i4", {0, 16909060, INT32_MIN, INT32_MAX, -1});
    check_type<uint32_t>(folder, "u4", {0, UINT32_MAX});
    check_type<int64_t>(folder, "i8", {0, INT64_MIN, INT64_MAX, -1, 72623859790382856});
    check_type<uint64_t>(folder, "u8", {0, UINT64_MAX});
}

TEST(Npy, ReadsOrdersShapesAndVersions) {
    Folder folder;
    const std::vector<float> by_columns = {1, -3, 5, 2.5f, 4, 6e-20f};
    Array array = read_bytes(folder, header(dictionary("<f4", "(3, 2)", "True")) + raw(by_columns));
    EXPECT_EQ(array.values, six);
    EXPECT_EQ(array.n, 3u);
    EXPECT_EQ(array.d, 2u);
    array = read_bytes(folder, header(dictionary("<f4", "(6,)")) + raw(six));
    EXPECT_EQ(array.values, six);
    EXPECT_EQ(array.n, 6u);
    EXPECT_EQ(array.d, 1u);
    for (int version : {1, 2, 3})
        EXPECT_EQ(read_bytes(folder, header(dictionary("<f4", "(2, 3)"), version) + raw(six)).values, six) << version;
    // Python 2's integers, other quotes, another order, no comma at the end, no space
    EXPECT_EQ(read_bytes(folder, header("{\"shape\":(2L,3L),'fortran_order':False,\"descr\":\"<f4\"}") + raw(six)).values, six);
}

TEST(Npy, RefusesOtherArrays) {
    Folder folder;
    const std::string data = raw(six), not_numpys = "its header is not NumPy's";
    refuses(folder, "", "is not a .npy file");
    refuses(folder, "x,y\n1,2\n", "is not a .npy file");
    refuses(folder, "\x93NUMPZ" + std::string(100, ' '), "is not a .npy file");
    refuses(folder, header(dictionary("<f4", "(2, 3)"), 4) + data, "version 4.0");
    refuses(folder, header(dictionary("<f4", "(1, 2, 3)")) + data, "3 dimensions");
    refuses(folder, header(dictionary("<f4", "()")) + raw<float>({1}), "0 dimensions");
    refuses(folder, header(dictionary("<f4", "(0, 2)")), "0 rows and 2 columns");
    refuses(folder, header(dictionary("<f4", "(2, 0)")), "2 rows and 0 columns");
    for (const char *type : {"<f2", "<c8", "|b1", "|S4", "<U1", "<M8[ns]", "|V8", "<f16", "f", "<f44"})
        refuses(folder, header(dictionary(type, "(2, 3)")) + data, std::string("dtype ") + type + "; gantry takes floats");
    refuses(folder, header(dictionary("|O", "(2, 3)")) + data, "dtype object; gantry takes floats");
    refuses(folder, header("{'descr': [('x', '<f4'), ('y', '<f4')], 'fortran_order': False, 'shape': (3,), }") + data,
            "dtype with named fields");
    refuses(folder, header(dictionary("\x1b[1m", "(2, 3)")) + data, not_numpys);
    refuses(folder, header(dictionary("<f4", "(2, 4)")) + data, "24 bytes of data, but its header promises 2 rows of 4 values");
    refuses(folder, header(dictionary("<f4", "(2, 2)")) + data, "24 bytes of data, but its header promises 2 rows of 2 values");
    refuses(folder, header(dictionary("<f4", "(4611686018427387904, 4)")) + data, "24 bytes of data");
    for (const char *shape : {"(2 3)", "(2, 3", "2, 3)", "(-2, 3)", "(2.0, 3)", "(,)", "(18446744073709551616, 1)"})
        refuses(folder, header(dictionary("<f4", shape)) + data, not_numpys);
    for (const char *whole :
         {"", "[]", "{}", "{'descr': '<f4', 'shape': (2, 3)}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'shape': (2, 3)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} + {}",
          "{'descr': '<\\f4', 'fortran_order': False, 'shape': (2, 3)}", "{'descr': '<f4"})
        refuses(folder, header(whole) + data, not_numpys);
    float *points;
    size_t n, d;
    EXPECT_EQ(gt_npy_read((folder / "none.npy").c_str(), &points, &n, &d), GT_ERR_FILE);
    EXPECT_EQ(gt_npy_read(folder.path().c_str(), &points, &n, &d), GT_ERR_FILE);
}

TEST(Npy, RefusesEveryTruncation) {
    Folder folder;
    const std::string whole = header(dictionary("<f4", "(3, 2)")) + raw(six);
    for (size_t size = 0; size < whole.size(); size++) refuses(folder, whole.substr(0, size), "");
    refuses(folder, whole + '\0', "");
}

// Any one byte changed: an array or one line, and nothing read out of bounds.
TEST(Npy, SurvivesEveryChangedByte) {
    Folder folder;
    const std::string whole = header(dictionary("<f4", "(3, 2)")) + raw(six);
    for (size_t i = 0; i < whole.size(); i++)
        for (int bit = 0; bit < 8; bit++) {
            std::string bytes = whole;
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            put_bytes(folder / "a.npy", bytes);
            float *points;
            size_t n, d;
            const gt_status status = gt_npy_read((folder / "a.npy").c_str(), &points, &n, &d);
            EXPECT_EQ(status == GT_OK, points != nullptr);
            if (status == GT_OK)
                EXPECT_TRUE(n * d == 6 || n * d == 12 || n * d == 3 || n * d == 24) << n << " " << d;
            else
                EXPECT_EQ(status, GT_ERR_FILE);
            free(points);
        }
}

} // namespace
