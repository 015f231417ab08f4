"""What other programs write, in gantry: read.py EXCHANGE_MAIN FOLDER."""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

import absl.logging
import h5py
import keras
import numpy as np
import onnx
import safetensors.numpy
from common import Net, check, finish, refusal, run
from keras.layers import Dense
from onnx import TensorProto, helper, numpy_helper

absl.logging.set_verbosity("error")  # model.save() to HDF5 is "legacy", which is what is wanted here
exchange_main, folder = sys.argv[1:]
rng = np.random.default_rng(2)


def random_net(sizes, activations, slope=0.0):
    return Net([(rng.standard_normal((n_out, n_in)).astype(np.float32), rng.standard_normal(n_out).astype(np.float32))
                for n_in, n_out in zip(sizes, sizes[1:])], activations, slope)


def reads(name, path, net, activations_known, maps=()):
    """The file holds this net, bit for bit. maps: "output:2:0.5" and the like."""
    sizes, activations, slope, *found = run(exchange_main, "read", path).split()
    flat = np.load(path + ".npy")
    known = ",".join(net.activations) if activations_known else ",".join("?" * len(net.activations))
    ok = (sizes == "-".join(map(str, net.sizes)) and activations == known
          and (not activations_known or "leaky_relu" not in net.activations or float(slope) == net.slope)
          and flat.dtype == np.float32 and flat.shape == (len(net.flat), 1) and np.array_equal(flat[:, 0], net.flat)
          and found == list(maps))
    check(f"read: {name}", ok, f"{sizes} {activations} {slope} {found}")


def refused(name, path, *texts):
    line = refusal(exchange_main, "read", path)
    check(f"refused: {name}: {(line or '').strip()}",
          line is not None and line.count("\n") == 1 and all(text in line for text in (path, *texts)), line)


# ---------------------------------------------------------------- Keras


def set_weights(model, net):
    layers = [layer for layer in model.layers if isinstance(layer, Dense)]
    for layer, (weight, bias) in zip(layers, net.weights):
        layer.set_weights([weight.T, bias] if layer.use_bias else [weight.T])


def save(name, layers, net, activations_known=False):
    model = keras.Sequential([keras.Input((net.sizes[0],)), *layers])
    set_weights(model, net)
    model.save_weights(f"{folder}/{name}.weights.h5")
    model.save(f"{folder}/{name}.model.h5")
    reads(f"{name}: Keras 3's weights", f"{folder}/{name}.weights.h5", net, activations_known)
    reads(f"{name}: a whole model in HDF5", f"{folder}/{name}.model.h5", net, activations_known)
    with h5py.File(f"{folder}/{name}.model.h5") as whole, h5py.File(f"{folder}/{name}.old.h5", "w") as old:
        for key, value in whole["model_weights"].attrs.items():
            old.attrs[key] = value
        for child in whole["model_weights"]:
            whole.copy(f"model_weights/{child}", old)
        for group in old.values():  # Keras 2's names, in strings of a fixed length, as it wrote them
            names = [name + ":0" for name in group.attrs["weight_names"]]
            for new in names:
                group.move(new[:-2], new)
            group.attrs["weight_names"] = np.array(names, dtype="S")
        old.attrs["layer_names"] = np.array(list(old.attrs["layer_names"]), dtype="S")
    reads(f"{name}: Keras 2's weights", f"{folder}/{name}.old.h5", net, activations_known)


tutorial = random_net([5, 15, 2], ["relu", "linear"])
save("tutorial", [Dense(15, "relu"), Dense(2)], tutorial)
save("layers without weights",
     [Dense(16), keras.layers.LeakyReLU(0.2), keras.layers.Dropout(0.1), Dense(7), keras.layers.ReLU(), Dense(1, "sigmoid")],
     random_net([2, 16, 7, 1], ["leaky_relu", "relu", "sigmoid"]))
save("eight layers", [Dense(3 + i, "tanh") for i in range(7)] + [Dense(2)],
     random_net([5, *range(3, 10), 2], ["tanh"] * 7 + ["linear"]))
no_bias = random_net([4, 6, 2], ["tanh", "linear"])
for _, bias in no_bias.weights:
    bias[:] = 0
save("no biases", [Dense(6, "tanh", use_bias=False), Dense(2, use_bias=False)], no_bias)

model = keras.Sequential([keras.Input((5,)), Dense(4), keras.layers.BatchNormalization(), Dense(2)])
model.save_weights(f"{folder}/normal.weights.h5")
model.save(f"{folder}/normal.h5")
refused("batch normalization, Keras 3", f"{folder}/normal.weights.h5", "batch_normalization", "not Dense")
refused("batch normalization, Keras 2", f"{folder}/normal.h5", "batch_normalization", "not Dense")
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten(), Dense(2)])
model.save_weights(f"{folder}/conv.weights.h5")
refused("a convolution", f"{folder}/conv.weights.h5", "conv2d", "not Dense")
model = keras.Sequential([keras.Input((5,)), keras.Sequential([Dense(4)]), Dense(2)])
model.save_weights(f"{folder}/nested.weights.h5")
refused("a model in a model", f"{folder}/nested.weights.h5", "sequential", "not Dense")
model = keras.Sequential([keras.Input((5,)), Dense(5000)])
model.save_weights(f"{folder}/wide.weights.h5")
refused("a layer too wide", f"{folder}/wide.weights.h5", "5000 outputs", "1 to 4096")
with h5py.File(f"{folder}/other.h5", "w") as file:
    file["x"] = np.zeros(3)
refused("HDF5 without weights", f"{folder}/other.h5", "none of Keras' weights")
with h5py.File(f"{folder}/link.weights.h5", "w") as file:
    file["layers/dense/vars/1"] = np.zeros(2, "f4")
    file["layers/dense/vars/0"] = h5py.ExternalLink(f"{folder}/tutorial.weights.h5", "layers/dense/vars/0")
refused("a link to another file", f"{folder}/link.weights.h5", "dense")
with h5py.File(f"{folder}/external.weights.h5", "w") as file:
    file.create_dataset("layers/dense/vars/0", (2, 2), "f4", external=[(f"{folder}/tutorial.weights.h5", 0, 16)])
refused("an array in another file", f"{folder}/external.weights.h5", "dense")
with h5py.File(f"{folder}/double.weights.h5", "w") as file:  # other floats, compressed
    for layer, (weight, bias) in enumerate(tutorial.weights):
        group = file.create_group(f"layers/dense{'_1' if layer else ''}/vars")
        group.create_dataset("0", data=weight.T.astype(">f8"), compression="gzip", chunks=True)
        group["1"] = bias.astype("f8")
reads("compressed doubles", f"{folder}/double.weights.h5", tutorial, False)

# ---------------------------------------------------------------- safetensors


def save_tensors(name, net, names, **more):
    tensors = {}
    for (weight, bias), stem in zip(net.weights, names):
        tensors[stem + ".weight"], tensors[stem + ".bias"] = weight, bias
    safetensors.numpy.save_file(tensors | more, f"{folder}/{name}.safetensors")
    return f"{folder}/{name}.safetensors"


many = random_net([3, 4, 5, 6, 7, 8, 9, 2], ["tanh"] * 6 + ["linear"])
reads("nn.Sequential", save_tensors("sequential", tutorial, ["0", "2"]), tutorial, False)
reads("nn.Sequential in a module", save_tensors("module", tutorial, ["net.0", "net.2"]), tutorial, False)
reads("layers fc1, fc2", save_tensors("fc", tutorial, ["fc1", "fc2"]), tutorial, False)
reads("numbers of two digits, by value", save_tensors("many", many, [f"layers.{2 * i}" for i in range(7)]), many, False)
reads("gantry's own names", save_tensors("own", tutorial, ["generator.0", "generator.1"]), tutorial, False)
refused("two nets", save_tensors("two", tutorial, ["g.0", "d.2"]), "several nets")
refused("other names", save_tensors("names", tutorial, ["first", "second"]), "tensor called")
refused("other tensors", save_tensors("steps", tutorial, ["0", "2"], steps=np.zeros(1, np.float32)), "steps")
refused("doubles", save_tensors("f64", Net([(w.astype(np.float64), b) for w, b in tutorial.weights], [], 0), ["0", "2"]),
        "not F32")
refused("half floats", save_tensors("f16", Net([(w.astype(np.float16), b) for w, b in tutorial.weights], [], 0), ["0", "2"]),
        "F16")

# ---------------------------------------------------------------- ONNX


def value(name, n):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", n])


def save_onnx(name, sizes, nodes, tensors, opset=17, **more):
    graph = helper.make_graph(nodes, name, [value("x", sizes[0])], [value("y", sizes[-1])],
                              [tensor if isinstance(tensor, TensorProto) else numpy_helper.from_array(tensor, key)
                               for key, tensor in tensors.items()], **more)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    onnx.checker.check_model(model)
    onnx.save(model, f"{folder}/{name}.onnx")
    return f"{folder}/{name}.onnx"


node = helper.make_node
net = random_net([3, 4, 5, 6, 2], ["leaky_relu", "elu", "sigmoid", "tanh"], 0.25)
(w0, b0), (w1, b1), (w2, b2), (w3, b3) = net.weights
path = save_onnx("mixed", net.sizes, [
    node("Gemm", ["x", "w0", "b0"], ["h0"], transB=1), node("LeakyRelu", ["h0"], ["a0"], alpha=0.25),
    node("Gemm", ["a0", "w1", "b1"], ["h1"]), node("Elu", ["h1"], ["a1"], alpha=1.0),
    node("MatMul", ["a1", "w2"], ["m2"]), node("Add", ["b2", "m2"], ["h2"]), node("Sigmoid", ["h2"], ["a2"]),
    node("MatMul", ["a2", "w3"], ["m3"]), node("Add", ["m3", "b3"], ["h3"]), node("Tanh", ["h3"], ["y"]),
], {"w0": w0, "b0": b0, "w1": np.ascontiguousarray(w1.T), "b1": b1[None, :], "b2": b2,
    "w2": helper.make_tensor("w2", TensorProto.FLOAT, w2.T.shape, w2.T.ravel()),  # as float_data
    "w3": np.ascontiguousarray(w3.T), "b3": b3})
reads("Gemm, MatMul and Add, every activation", path, net, True)

two = random_net([3, 4, 2], ["relu", "linear"])
(w0, b0), (w1, b1) = two.weights
layers = {"w0": w0, "b0": b0, "w1": w1, "b1": b1}
first = [node("Gemm", ["x", "w0", "b0"], ["h"], transB=1), node("Relu", ["h"], ["a"])]
last = node("Gemm", ["a", "w1", "b1"], ["y"], transB=1)
reads("a net of two layers", save_onnx("two_layers", two.sizes, [*first, last], layers), two, True)
to_z = node("Gemm", ["a", "w1", "b1"], ["z"], transB=1)
path = save_onnx("scaled", two.sizes, [*first, to_z, node("Mul", ["z", "s"], ["m"]), node("Add", ["m", "o"], ["y"])],
                 layers | {"s": np.array([2, 3], np.float32), "o": np.array(0.5, np.float32)})
reads("a scaled output", path, two, True, ["output:2:0.5", "output:3:0.5"])
for op, attributes in ("Softmax", {}), ("Selu", {}), ("Identity", {}), ("Elu", {"alpha": 0.5}):
    path = save_onnx(op, two.sizes, [*first, to_z, node(op, ["z"], ["y"], **attributes)], layers)
    refused(op, path, f"type {op}")
refused("a sum of two branches", save_onnx("skip", [2, 2], [
    node("Gemm", ["x", "w"], ["h"]), node("Relu", ["h"], ["a"]), node("Add", ["a", "h"], ["y"])],
    {"w": np.eye(2, dtype=np.float32)}), "type Add")
path = save_onnx("alpha", two.sizes, [*first, node("Gemm", ["a", "w1", "b1"], ["y"], transB=1, alpha=2.0)], layers)
refused("a Gemm with an alpha", path, "type Gemm")
path = save_onnx("row", two.sizes, [*first, to_z, node("Relu", ["z"], ["r"]), node("Tanh", ["r"], ["y"])], layers)
refused("two activations in a row", path, "type Tanh")
doubles = helper.make_model(helper.make_graph(
    [node("Gemm", ["x", "w"], ["y"])], "d", [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["n", 2])],
    [helper.make_tensor_value_info("y", TensorProto.DOUBLE, ["n", 2])], [numpy_helper.from_array(np.eye(2), "w")]))
onnx.save(doubles, f"{folder}/doubles.onnx")
refused("an ONNX model of doubles", f"{folder}/doubles.onnx", "32-bit floats")
model = onnx.load(f"{folder}/two_layers.onnx")
onnx.save(model, f"{folder}/outside.onnx", save_as_external_data=True, location="outside.bin", size_threshold=0)
refused("weights outside of the file", f"{folder}/outside.onnx", "in the file")

# ---------------------------------------------------------------- .npy

arrays = {"values": rng.standard_normal((7, 3)) * 1000, "one column": rng.standard_normal(5) * 100,
          "one value": np.array([[7.0]])}
for name, array in arrays.items():
    for dtype in "<f4", ">f4", "<f8", ">f8", "<i4", ">i4", "<i8", ">i8", "i1", "<u2":
        for order in "C", "F":
            for version in (1, 0), (2, 0), (3, 0):
                cast = np.asarray(np.abs(array) % 100 if dtype == "i1" or "u" in dtype else array).astype(dtype, order=order)
                with open(f"{folder}/in.npy", "wb") as file:
                    np.lib.format.write_array(file, cast, version=version)
                run(exchange_main, "points", f"{folder}/in.npy", f"{folder}/out.npy")
                got, wanted = np.load(f"{folder}/out.npy"), cast.astype(np.float32).reshape(len(cast), -1)
                if not (got.dtype == np.float32 and np.array_equal(got, wanted)):
                    check(f".npy: {name}, {dtype}, {order}, version {version}", False, got)
check(".npy: types, byte orders, orders and versions", True)
for name, array in ("three dimensions", np.zeros((2, 2, 2))), ("objects", np.array([{}, None])), ("none", np.zeros((0, 2))), \
        ("text", np.array(["x"])), ("complex numbers", np.zeros(2, complex)), ("fields", np.zeros(2, [("x", "f4")])):
    np.save(f"{folder}/in.npy", array)
    line = refusal(exchange_main, "points", f"{folder}/in.npy", f"{folder}/out.npy")
    check(f"refused: .npy of {name}: {(line or '').strip()}", line is not None and line.count("\n") == 1)
finish()
