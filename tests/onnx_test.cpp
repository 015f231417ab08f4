// ONNX models: what is written is read again, bit for bit; models of other writers; everything else refused with one line.
#include "nets.h"

namespace {

const std::vector<gt_activation> all = {GT_RELU, GT_LEAKY_RELU, GT_TANH, GT_SIGMOID, GT_ELU, GT_LINEAR};

std::string written(const NetFile &net, const Folder &folder) {
    EXPECT_EQ(gt_net_file_write(&net.file, GT_NET_ONNX, (folder / "a.onnx").c_str()), GT_OK) << gt_last_error();
    return bytes_of(folder / "a.onnx");
}

TEST(Onnx, ReadsWhatItWroteWithEveryActivation) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    NetFile net;
    random_net({3, 4, 7, 1, 5, 6, 2}, all, &net, 0.2);
    written(net, folder);
    expect_read(folder / "a.onnx", net);
    for (gt_activation last : all) {
        NetFile small;
        random_net({2, 1, 3}, {GT_LINEAR, last}, &small, last == GT_LEAKY_RELU ? 0.3 : 0);
        written(small, folder);
        expect_read(folder / "a.onnx", small);
    }
}

TEST(Onnx, KeepsTheMapsAtBothEnds) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    NetFile net, read;
    tutorial(&net);
    set_map(&net.file.input, {2, 1, 1, 1, 0.5f}, {0, 0, -1, 0, 0.25f});
    set_map(&net.file.output, {3, -0.1f}, {0.3f, 7});
    written(net, folder);
    ASSERT_EQ(gt_net_file_read((folder / "a.onnx").c_str(), &read.file), GT_OK) << gt_last_error();
    EXPECT_EQ(read.weights(), net.weights());
    for (int i = 0; i < 5; i++) {
        EXPECT_EQ(read.file.input.scale[i], net.file.input.scale[i]);
        EXPECT_EQ(read.file.input.offset[i], net.file.input.offset[i]);
    }
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(read.file.output.scale[i], net.file.output.scale[i]);
        EXPECT_EQ(read.file.output.offset[i], net.file.output.offset[i]);
    }
}

TEST(Onnx, LeavesOutAMapThatDoesNothing) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    NetFile net, same, scales;
    for (NetFile *n : {&net, &same, &scales}) tutorial(n);
    set_map(&same.file.output, {1, 1}, {0, 0});
    set_map(&scales.file.output, {2, 1}, {0, 0});
    const std::string plain = written(net, folder), with_scale = written(scales, folder);
    EXPECT_EQ(written(same, folder), plain);
    EXPECT_EQ(plain.find("Mul"), std::string::npos);
    EXPECT_NE(with_scale.find("Mul"), std::string::npos);
    EXPECT_EQ(with_scale.find("Add"), std::string::npos);
}

TEST(Onnx, NamesItsEnds) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    NetFile net;
    random_net({2, 3, 1}, {GT_RELU, GT_LINEAR}, &net);
    const auto has = [](const std::string &bytes, const char *name) { return bytes.find(name) != std::string::npos; };
    std::string bytes = written(net, folder);
    EXPECT_TRUE(has(bytes, "latent") && has(bytes, "sample") && !has(bytes, "logit")) << "generator";
    net.file.role = GT_DISCRIMINATOR;
    bytes = written(net, folder);
    EXPECT_TRUE(has(bytes, "point") && has(bytes, "logit") && !has(bytes, "Sigmoid")) << "discriminator";
    net.file.probability = true;
    bytes = written(net, folder);
    EXPECT_TRUE(has(bytes, "point") && has(bytes, "probability") && has(bytes, "Sigmoid")) << "probabilities";
    NetFile read;
    ASSERT_EQ(gt_net_file_read((folder / "a.onnx").c_str(), &read.file), GT_OK) << gt_last_error();
    EXPECT_EQ(read.activations(), (std::vector<gt_activation>{GT_RELU, GT_SIGMOID}));
}

TEST(Onnx, AFailedWriteLeavesTheOldFile) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    NetFile net;
    tutorial(&net);
    put_bytes(folder / "a.onnx", "old");
    {
        const FileSizeLimit limit(100);
        EXPECT_EQ(gt_net_file_write(&net.file, GT_NET_ONNX, (folder / "a.onnx").c_str()), GT_ERR_IO);
    }
    EXPECT_EQ(bytes_of(folder / "a.onnx"), "old");
    EXPECT_EQ(folder.files().size(), 1u);
}

// ---------------------------------------------------------------- models of other writers

// The wire format of protobuf, by hand.
std::string varint(uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7) out += (char)(value | 0x80);
    return out + (char)value;
}
std::string number(int field, int64_t value) { return varint((uint64_t)field << 3) + varint((uint64_t)value); }
std::string bytes(int field, const std::string &value) {
    return varint((uint64_t)field << 3 | 2) + varint(value.size()) + value;
}
std::string real(int field, float value) {
    return varint((uint64_t)field << 3 | 5) + std::string((const char *)&value, sizeof value);
}

enum class Data { raw, packed, unpacked };

std::string tensor(const std::string &name, const std::vector<int64_t> &dims, const std::vector<float> &values,
                   Data data = Data::raw, const std::string &more = "") {
    std::string out, floats((const char *)values.data(), values.size() * sizeof(float));
    for (int64_t dim : dims) out += number(1, dim);
    out += number(2, 1) + bytes(8, name) + more;
    if (data == Data::raw) out += bytes(9, floats);
    if (data == Data::packed) out += bytes(4, floats);
    for (size_t i = 0; data == Data::unpacked && i < values.size(); i++) out += real(4, values[i]);
    return bytes(5, out);
}

std::string node(const std::string &type, const std::vector<std::string> &inputs, const std::string &output,
                 const std::string &attributes = "", const std::string &domain = "") {
    std::string out;
    for (const std::string &input : inputs) out += bytes(1, input);
    out += bytes(2, output) + bytes(4, type) + attributes;
    return bytes(1, domain.empty() ? out : out + bytes(7, domain));
}

std::string integer(const std::string &name, int64_t value) {
    return bytes(5, bytes(1, name) + number(3, value) + number(20, 2));
}
std::string alpha(float value) { return bytes(5, bytes(1, "alpha") + real(2, value) + number(20, 1)); }
std::string input(const std::string &name) { return bytes(11, bytes(1, name)); }
std::string output(const std::string &name) { return bytes(12, bytes(1, name)); }

std::string model(const std::string &graph, const std::string &opset = bytes(8, bytes(1, "") + number(2, 17))) {
    return number(1, 8) + bytes(7, graph) + opset;
}

const std::string ends = input("x") + output("y");

// W [[1, 2, 3], [4, 5, 6]], b (7, 8) from 3 inputs to 2 outputs
const std::vector<float> w = {1, 2, 3, 4, 5, 6}, w_transposed = {1, 4, 2, 5, 3, 6}, b = {7, 8};
const std::string tensors = tensor("w", {2, 3}, w) + tensor("b", {2}, b),
                  gemm = node("Gemm", {"x", "w", "b"}, "y", integer("transB", 1));

void reads_layer(const std::string &graph, const std::vector<float> &bias = b) {
    Folder folder;
    put_bytes(folder / "m.onnx", model(graph));
    NetFile net;
    ASSERT_EQ(gt_net_file_read((folder / "m.onnx").c_str(), &net.file), GT_OK) << gt_last_error();
    EXPECT_EQ(net.sizes(), (std::vector<int>{3, 2}));
    std::vector<float> expected = w;
    expected.insert(expected.end(), bias.begin(), bias.end());
    EXPECT_EQ(net.weights(), expected);
    EXPECT_TRUE(net.file.activations_known);
}

TEST(Onnx, ReadsTheWaysToWriteALayer) {
    SKIP_WITHOUT(GT_NET_ONNX);
    reads_layer(ends + tensors + gemm);
    reads_layer(gemm + tensors + ends);
    reads_layer(ends + input("w") + input("b") + tensors + gemm); // as IR version 3 had it
    const std::string transposed = tensor("t", {3, 2}, w_transposed) + tensor("b", {2}, b);
    reads_layer(ends + transposed + node("Gemm", {"x", "t", "b"}, "y"));
    reads_layer(ends + transposed + node("Gemm", {"x", "t", "b"}, "y", integer("transB", 0) + integer("transA", 0) + alpha(1)));
    reads_layer(ends + transposed + node("MatMul", {"x", "t"}, "h") + node("Add", {"h", "b"}, "y"));
    reads_layer(ends + transposed + node("MatMul", {"x", "t"}, "h") + node("Add", {"b", "h"}, "y", "", "ai.onnx"));
    reads_layer(ends + transposed + node("MatMul", {"x", "t"}, "y"), {0, 0});
    reads_layer(ends + transposed + node("Gemm", {"x", "t"}, "y"), {0, 0});
    reads_layer(ends + transposed + node("Gemm", {"x", "t", ""}, "y"), {0, 0});
    for (Data data : {Data::raw, Data::packed, Data::unpacked})
        reads_layer(ends + tensor("w", {2, 3}, w, data) + tensor("b", {1, 2}, b, data) + gemm);
}

TEST(Onnx, ReadsLeakyReluWithoutAnAlpha) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    const std::string hidden = node("Gemm", {"x", "w", "b"}, "h", integer("transB", 1));
    NetFile net;
    put_bytes(folder / "m.onnx", model(ends + tensors + hidden + node("LeakyRelu", {"h"}, "y")));
    ASSERT_EQ(gt_net_file_read((folder / "m.onnx").c_str(), &net.file), GT_OK) << gt_last_error();
    EXPECT_EQ(net.file.net.leaky_slope, 0.01);
}

TEST(Onnx, RefusesOtherModels) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    const std::string path = folder / "m.onnx";
    const auto refused = [&](const std::string &bytes, const std::string &text) {
        put_bytes(path, bytes);
        expect_refused(path, text);
    };
    const std::string h = node("Gemm", {"x", "w", "b"}, "h", integer("transB", 1)), two = tensor("v", {2, 2}, {1, 2, 3, 4});
    refused(model(ends + tensors + h + node("Softmax", {"h"}, "y")), "type Softmax is none that gantry knows");
    refused(model(ends + tensors + h + node("\x1b[1m\nbad", {"h"}, "y")), "type ?[1m?bad is none");
    refused(model(ends + tensors + h + node("Relu", {"h"}, "y", "", "com.example")), "type Relu is none of ONNX's own");
    refused(model(ends + tensors + h + node("Elu", {"h"}, "y", alpha(0.5f))), "type Elu has an alpha other than 1");
    refused(model(ends + tensors + h + node("Relu", {"h"}, "r") + node("Tanh", {"r"}, "y")),
            "type Tanh doesn't follow a layer");
    refused(model(ends + tensors + node("Relu", {"x"}, "r") + node("Gemm", {"r", "w", "b"}, "y")),
            "type Relu doesn't follow a layer");
    refused(model(ends + tensors + h + node("Relu", {"other"}, "y")), "type Relu doesn't take what");
    refused(model(ends + tensors + two + h + node("LeakyRelu", {"h"}, "r", alpha(0.5f)) + node("Gemm", {"r", "v"}, "g") +
                  node("LeakyRelu", {"g"}, "y", alpha(0.25f))),
            "type LeakyRelu has another alpha");
    refused(model(ends + tensors + node("Gemm", {"x", "w", "b"}, "y", integer("transA", 1))), "type Gemm has an alpha");
    refused(model(ends + tensors + node("Gemm", {"x", "w", "b"}, "y", integer("transB", 1) + alpha(2))),
            "type Gemm has an alpha");
    refused(model(ends + tensors + node("Gemm", {"x", "n", "b"}, "y")), "type Gemm has weights that are not constants");
    refused(model(ends + tensors + node("Gemm", {"w", "x", "b"}, "y")), "type Gemm has weights that are not constants");
    refused(model(ends + tensors + node("Gemm", {"x"}, "y")), "type Gemm has weights that are not constants");
    refused(model(ends + tensors + node("Gemm", {}, "y")), "type Gemm doesn't take what");
    refused(model(ends + tensors + node("Gemm", {"x", "w", "b"}, "y")), "type Gemm has a bias that is not one");
    refused(model(ends + tensors + two + h + node("Add", {"h", "v"}, "y")), "a Mul or Add by a constant");
    refused(model(ends + tensors + h + node("Add", {"h", "h"}, "y")), "type Add adds something");
    refused(model(ends + tensors + h + node("Mul", {"h", "h"}, "y")), "type Mul multiplies by something");
    refused(model(ends + tensors + h + node("Add", {"h", "b"}, "a") + node("Add", {"a", "b"}, "y")),
            "type Add follows another");
    refused(model(ends + tensors + h + node("Add", {"h", "b"}, "a") + node("Mul", {"a", "b"}, "y")),
            "type Mul follows another");
    refused(model(ends + tensors + two + h + node("Mul", {"h", "b"}, "a") + node("Gemm", {"a", "v"}, "y")),
            "type Gemm stands behind");
    refused(model(ends + tensors + h + node("Mul", {"h", "b"}, "a") + node("Relu", {"a"}, "y")), "type Relu doesn't follow");
    refused(model(ends + tensors + h + node("Gemm", {"h", "w", "b"}, "y", integer("transB", 1))),
            "layer 1 has 3 inputs, but the layer");
    refused(model(ends + tensors + h), "its output is not what its last node gives");
    refused(model(ends + tensors), "has no dense layer");
    refused(model(ends + tensor("s", {1}, {2}) + node("Mul", {"x", "s"}, "y")), "has no dense layer");
    refused(model(output("y") + tensors + gemm), "1 outputs and no input");
    refused(model(input("x") + tensors + gemm), "0 outputs and one input");
    refused(model(ends + input("x2") + tensors + gemm), "several inputs");
    refused(model(ends + output("z") + tensors + gemm), "2 outputs and one input");
    refused(model(ends + tensors + gemm, ""), "it asks for no version");
    refused(model(ends + tensors + gemm, bytes(8, bytes(1, "ai.onnx.ml") + number(2, 3))), "it asks for no version");
    refused(model(ends + tensors + gemm, bytes(8, number(2, 6))), "operators of version 6; gantry reads those from 7");
    refused(number(1, 8) + bytes(8, number(2, 17)), "is not an ONNX model");
    refused("", "is not an ONNX model");
    refused("not a model at all", "is not an ONNX model");
    const std::string bad_weight = "type Gemm has a weight that is not a matrix of 32-bit floats in the file";
    const std::string bias = tensor("b", {2}, b);
    refused(model(ends + bias + tensor("w", {6}, w) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {2, 3, 1}, w) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {2, 4}, w) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {2, -3}, w) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {0, 3}, {}) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {int64_t{1} << 62, 8}, {}) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {2, 3}, w, Data::packed, bytes(9, "")) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {2, 3}, w, Data::raw, number(2, 11)) + gemm), bad_weight);
    refused(model(ends + bias + tensor("w", {2, 3}, w, Data::raw, number(14, 1)) + gemm), bad_weight);
    refused(model(ends + tensor("w", {2, 3}, w) + tensor("b", {2, 1}, b) + gemm), "type Gemm has a bias");
    refused(model(ends + tensor("w", {2, 3}, w) + tensor("b", {3}, {1, 2, 3}) + gemm), "type Gemm has a bias");
    std::vector<float> many(5000);
    refused(model(ends + tensor("w", {5000, 1}, many) + tensor("b", {5000}, many) + gemm),
            "5000 outputs; gantry takes 1 to 4096");
    std::string nine = ends + tensor("s", {1, 1}, {1}), value = "x";
    for (int l = 0; l < 9; l++)
        nine += node("Gemm", {value, "s"}, l == 8 ? "y" : "h" + std::to_string(l)), value = "h" + std::to_string(l);
    refused(model(nine), "more than 8 dense layers");
}

TEST(Onnx, SurvivesDamage) {
    SKIP_WITHOUT(GT_NET_ONNX);
    Folder folder;
    NetFile net;
    random_net({2, 3, 2}, {GT_LEAKY_RELU, GT_TANH}, &net, 0.2);
    set_map(&net.file.output, {3, 2}, {0.3f, 7});
    written(net, folder);
    expect_survives(folder / "a.onnx", 1);
}

} // namespace
