// Nets from and to files: the format by content, gantry's and PyTorch's safetensors, what is refused.
#include "io/safetensors.h"
#include "nets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

struct Tensor {
    std::string name;
    std::vector<uint64_t> shape;
    std::vector<float> values;
};

void write_tensors(const std::string &path, const std::vector<Tensor> &tensors, const std::vector<gt_metadata> &metadata = {},
                   gt_dtype dtype = GT_F32) {
    std::vector<gt_tensor> out;
    std::vector<std::vector<double>> doubles;
    for (const Tensor &t : tensors) {
        gt_tensor tensor{};
        strcpy(tensor.name, t.name.c_str());
        tensor.dtype = dtype;
        tensor.n_dims = (int)t.shape.size();
        std::copy(t.shape.begin(), t.shape.end(), tensor.shape);
        doubles.emplace_back(t.values.begin(), t.values.end());
        tensor.data = dtype == GT_F32 ? (const void *)t.values.data() : doubles.back().data();
        out.push_back(tensor);
    }
    ASSERT_EQ(gt_safetensors_write(path.c_str(), metadata.data(), (int)metadata.size(), out.data(), (int)out.size()), GT_OK)
        << gt_last_error();
}

// 2-3-1 under the names of two layers
std::vector<Tensor> two_layers(const std::string &first, const std::string &second) {
    return {{first + ".weight", {3, 2}, {1, 2, 3, 4, 5, 6}},
            {first + ".bias", {3}, {7, 8, 9}},
            {second + ".weight", {1, 3}, {10, 11, 12}},
            {second + ".bias", {1}, {13}}};
}

void expect_two_layers(const std::string &path) {
    NetFile net;
    ASSERT_EQ(gt_net_file_read(path.c_str(), &net.file), GT_OK) << gt_last_error();
    EXPECT_EQ(net.sizes(), (std::vector<int>{2, 3, 1}));
    EXPECT_EQ(net.weights(), (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}));
}

TEST(NetFile, KnowsTheFormatByTheContent) {
    Folder folder;
    const std::string path = folder / "net"; // no name to go by
    for (int format = 0; format < GT_N_NET_FORMATS; format++) {
        NetFile net;
        tutorial(&net);
        SCOPED_TRACE(gt_net_format_name((gt_net_format)format));
        const gt_status status = gt_net_file_write(&net.file, (gt_net_format)format, path.c_str());
        if (status == GT_ERR_ARGUMENT) {
            std::cout << "[  SKIPPED ] " << gt_last_error() << "\n";
            continue;
        }
        ASSERT_EQ(status, GT_OK) << gt_last_error();
        expect_read(path, net);
    }
}

TEST(NetFile, SafetensorsKeepEveryActivation) {
    Folder folder;
    NetFile net, read;
    random_net({3, 4, 7, 1, 5, 6, 2}, {GT_RELU, GT_LEAKY_RELU, GT_TANH, GT_SIGMOID, GT_ELU, GT_LINEAR}, &net, 0.2);
    net.file.role = GT_DISCRIMINATOR;
    ASSERT_EQ(gt_net_file_write(&net.file, GT_NET_SAFETENSORS, (folder / "a").c_str()), GT_OK) << gt_last_error();
    EXPECT_NE(bytes_of(folder / "a").find("discriminator.5.bias"), std::string::npos);
    expect_read(folder / "a", net);
    ASSERT_EQ(gt_net_file_read((folder / "a").c_str(), &read.file), GT_OK);
    EXPECT_TRUE(read.file.activations_known);
}

TEST(NetFile, ReadsTheNamesOfPyTorch) {
    Folder folder;
    const std::pair<const char *, const char *> names[] = {
        {"0", "2"}, {"net.0", "net.2"}, {"fc1", "fc2"}, {"generator.0", "generator.1"}, {"model.layers.9", "model.layers.10"}};
    for (const auto &[first, second] : names) {
        SCOPED_TRACE(first);
        std::vector<Tensor> tensors = two_layers(first, second);
        for (int turn = 0; turn < 4; turn++) { // in whatever order they lie in the file
            write_tensors(folder / "a", tensors);
            expect_two_layers(folder / "a");
            std::rotate(tensors.begin(), tensors.begin() + 1, tensors.end());
        }
    }
}

TEST(NetFile, LayersWithoutABiasHaveOneOfZeros) {
    Folder folder;
    NetFile net;
    write_tensors(folder / "a", {{"0.weight", {2, 1}, {1, 2}}, {"1.weight", {1, 2}, {3, 4}}});
    ASSERT_EQ(gt_net_file_read((folder / "a").c_str(), &net.file), GT_OK) << gt_last_error();
    EXPECT_EQ(net.weights(), (std::vector<float>{1, 2, 0, 0, 3, 4, 0}));
    EXPECT_FALSE(net.file.activations_known);
}

TEST(NetFile, TakesOneRunOfAStudyOnly) {
    Folder folder;
    std::vector<Tensor> one = two_layers("generator.0", "generator.1"), two = one;
    for (Tensor &t : one) t.shape.insert(t.shape.begin(), 1);
    for (Tensor &t : two) {
        t.shape.insert(t.shape.begin(), 2);
        t.values.insert(t.values.end(), t.values.begin(), t.values.end());
    }
    write_tensors(folder / "one", one);
    expect_two_layers(folder / "one");
    write_tensors(folder / "two", two);
    expect_refused(folder / "two", "holds the nets of 2 runs; it must hold one");
}

TEST(NetFile, RefusesOtherTensors) {
    Folder folder;
    const std::string path = folder / "a";
    const auto refused = [&](const std::vector<Tensor> &tensors, const std::string &text,
                             const std::vector<gt_metadata> &metadata = {}, gt_dtype dtype = GT_F32) {
        write_tensors(path, tensors, metadata, dtype);
        expect_refused(path, text);
    };
    const Tensor weight = {"0.weight", {2, 1}, {1, 2}}, bias = {"0.bias", {2}, {3, 4}};
    refused({}, "has 0 tensors");
    refused(std::vector<Tensor>(1, {"weight", {2, 1}, {1, 2}}), "called \"weight\"");
    refused({{"first.weight", {2, 1}, {1, 2}}}, "called \"first.weight\"");
    refused({weight, {"0.running_mean", {2}, {3, 4}}}, "called \"0.running_mean\"");
    refused({{"99999999999999999999.weight", {2, 1}, {1, 2}}}, "called \"99999999999999999999.weight\"");
    refused({{"0.w\x1b[1meight", {2, 1}, {1, 2}}}, "called \"0.w?[1meight\"");
    refused({weight, {"a.1.weight", {1, 2}, {1, 2}}}, "several nets");
    refused({{"a.0.weight", {2, 1}, {1, 2}}, {"b.1.weight", {1, 2}, {1, 2}}}, "several nets");
    refused({weight, {"00.weight", {2, 1}, {1, 2}}}, "layer 0 twice");
    refused({bias}, "layer 0 has a bias and no weight");
    refused({weight, bias, {"1.bias", {2}, {3, 4}}}, "layer 1 has a bias and no weight");
    refused({{"0.weight", {2}, {1, 2}}}, "1 dimensions; the weight [out, in] of a dense layer has 2");
    refused({weight, {"0.bias", {2, 1}, {3, 4}}}, "2 dimensions; the bias [out] of a dense layer has 1");
    refused({weight, {"0.bias", {1}, {3}}}, "layer 0 has 2 outputs and 1 biases");
    refused({weight, {"1.weight", {1, 3}, {1, 2, 3}}}, "layer 1 has 3 inputs, but the layer before it 2 outputs");
    refused({{"0.weight", {0, 2}, {}}}, "2 inputs and 0 outputs; gantry takes 1 to 4096");
    refused({{"0.weight", {4097, 1}, std::vector<float>(4097)}}, "4097 outputs; gantry takes 1 to 4096");
    refused({weight}, "is not F32", {}, GT_F64);
    refused({weight}, "is a checkpoint, not a net", {{"format", "gantry-checkpoint"}});
    const std::string not_one = "are not one for each of the 1 layers";
    for (const char *activations : {"", "relu,relu", "softplus", "relu,", "rel", "relux"})
        refused({weight}, not_one, {{"activations", activations}});
    for (const char *slope : {"", "x", "-0.1", "1.1", "nan"})
        refused({weight}, "not a number from 0 to 1", {{"activations", "leaky_relu"}, {"leaky_slope", slope}});
    std::vector<Tensor> nine, many;
    for (int l = 0; l < 9; l++) nine.push_back({std::to_string(l) + ".weight", {1, 1}, {1}});
    refused(nine, "more than 8 dense layers");
    for (int l = 0; l < 17; l++) many.push_back({std::to_string(l) + ".weight", {1, 1}, {1}});
    refused(many, "has 17 tensors");
}

TEST(NetFile, RefusesWhatIsNoFile) {
    Folder folder;
    expect_refused(folder / "none", "No such file");
    expect_refused(folder.path(), "");
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    { // a writer, so that opening it doesn't wait
        const int fd = open((folder / "pipe").c_str(), O_RDWR);
        ASSERT_GE(fd, 0);
        expect_refused(folder / "pipe", "it is not a file");
        close(fd);
    }
    for (const std::string &bytes : {std::string(), std::string("x"), std::string(100, '\0'), std::string("\x89HDF\r\n\x1a\n"),
                                     std::string("\x10\0\0\0\0\0\0\0{", 9)}) {
        put_bytes(folder / "a", bytes);
        NetFile net;
        const gt_status status = gt_net_file_read((folder / "a").c_str(), &net.file);
        EXPECT_TRUE(status == GT_ERR_FILE || (status == GT_ERR_ARGUMENT && strstr(gt_last_error(), "built without") != nullptr))
            << gt_last_error();
    }
}

TEST(NetFile, SurvivesDamage) {
    SKIP_WITHOUT(GT_NET_ONNX); // what is no safetensors file any more is taken for ONNX
    Folder folder;
    NetFile net;
    random_net({2, 3, 2}, {GT_LEAKY_RELU, GT_TANH}, &net, 0.2);
    ASSERT_EQ(gt_net_file_write(&net.file, GT_NET_SAFETENSORS, (folder / "a").c_str()), GT_OK) << gt_last_error();
    expect_survives(folder / "a", 1);
}

TEST(NetFile, Sizes) {
    NetFile net;
    char text[GT_NET_SIZES_CHARS];
    tutorial(&net);
    EXPECT_STREQ(gt_net_sizes(&net.file.net, text), "5-15-2");
    net.file.net.n_layers = GT_MAX_LAYERS;
    for (int &size : net.file.net.size) size = GT_MAX_WIDTH;
    EXPECT_STREQ(gt_net_sizes(&net.file.net, text), "4096-4096-4096-4096-4096-4096-4096-4096-4096");
}

} // namespace
