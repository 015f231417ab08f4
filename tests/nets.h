// Dense nets for the tests of files that other programs read.
#ifndef GT_TESTS_NETS_H
#define GT_TESTS_NETS_H

#include "core/spec.h"
#include "folder.h"
#include "io/net_file.h"

#include <cstring>
#include <random>

// A gt_net_file with its arrays.
struct NetFile {
    gt_net_file file{};
    NetFile() = default;
    NetFile(const NetFile &) = delete;
    NetFile &operator=(const NetFile &) = delete;
    ~NetFile() { gt_net_file_free(&file); }

    std::vector<float> weights() const {
        const size_t n = file.net.n_layers > 0 ? gt_net_n_parameters(&file.net) : 0;
        return {file.weights, file.weights + n};
    }
    std::vector<int> sizes() const { return {file.net.size, file.net.size + file.net.n_layers + 1}; }
    std::vector<gt_activation> activations() const { return {file.net.activation, file.net.activation + file.net.n_layers}; }
};

inline float *new_floats(const std::vector<float> &values) {
    float *out = (float *)malloc(values.size() * sizeof *out);
    std::copy(values.begin(), values.end(), out);
    return out;
}

inline void set_map(gt_net_map *map, const std::vector<float> &scale, const std::vector<float> &offset) {
    *map = {new_floats(scale), new_floats(offset)};
}

inline void random_net(const std::vector<int> &sizes, const std::vector<gt_activation> &activations, NetFile *out,
                       double leaky_slope = 0) {
    gt_net_spec &net = out->file.net;
    net.n_layers = (int)activations.size();
    std::copy(sizes.begin(), sizes.end(), net.size);
    std::copy(activations.begin(), activations.end(), net.activation);
    net.leaky_slope = leaky_slope;
    std::mt19937 random(7);
    std::vector<float> weights(gt_net_n_parameters(&net));
    for (float &w : weights) w = (float)random() / 4294967296.0f - 0.5f;
    out->file.weights = new_floats(weights);
    out->file.role = GT_GENERATOR;
}

inline void tutorial(NetFile *out) { random_net({5, 15, 2}, {GT_RELU, GT_LINEAR}, out); }

// A read that must fail with one line that names the file and holds the text; nothing is left behind.
inline void expect_refused(const std::string &path, const std::string &text, gt_status status = GT_ERR_FILE) {
    NetFile net;
    EXPECT_EQ(gt_net_file_read(path.c_str(), &net.file), status) << text;
    EXPECT_EQ(net.file.weights, nullptr);
    EXPECT_EQ(net.file.net.n_layers, 0);
    const std::string line = gt_last_error();
    EXPECT_NE(line.find(path), std::string::npos) << line;
    EXPECT_NE(line.find(text), std::string::npos) << line << "\n  should hold: " << text;
    for (unsigned char c : line) EXPECT_TRUE(c >= ' ' && c < 0x7F) << line;
}

inline void expect_read(const std::string &path, const NetFile &expected) {
    NetFile net;
    ASSERT_EQ(gt_net_file_read(path.c_str(), &net.file), GT_OK) << gt_last_error();
    EXPECT_EQ(net.sizes(), expected.sizes());
    EXPECT_EQ(net.weights(), expected.weights());
    if (net.file.activations_known) {
        EXPECT_EQ(net.activations(), expected.activations());
        EXPECT_EQ(net.file.net.leaky_slope, expected.file.net.leaky_slope);
    }
}

// Every prefix of the file is refused, and no changed bit makes the reader fail in another way than with GT_ERR_FILE.
inline void expect_survives(const std::string &path, size_t step) {
    const std::string whole = bytes_of(path), bad = path + ".bad";
    for (size_t size = 0; size < whole.size(); size += step) {
        put_bytes(bad, whole.substr(0, size));
        expect_refused(bad, "");
    }
    for (size_t i = 0; i < whole.size(); i += step) {
        std::string bytes = whole;
        bytes[i] = (char)(bytes[i] ^ 1 << i / step % 8);
        put_bytes(bad, bytes);
        NetFile net;
        const gt_status status = gt_net_file_read(bad.c_str(), &net.file);
        EXPECT_TRUE(status == GT_OK || status == GT_ERR_FILE) << "byte " << i << ": " << gt_last_error();
        EXPECT_EQ(status == GT_OK, net.file.weights != nullptr);
    }
}

// For tests of a format that this build may lack.
#define SKIP_WITHOUT(format)                                                                                                   \
    do {                                                                                                                       \
        Folder folder_;                                                                                                        \
        NetFile net_;                                                                                                          \
        tutorial(&net_);                                                                                                       \
        if (gt_net_file_write(&net_.file, format, (folder_ / "net").c_str()) == GT_ERR_ARGUMENT)                               \
            GTEST_SKIP() << gt_last_error();                                                                                   \
    } while (0)

#endif
