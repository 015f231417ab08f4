"""What gantry writes, in the programs that it is for: written.py EXCHANGE_MAIN FOLDER."""

import glob
import os
import shutil
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
import onnx
import onnxruntime
from common import ACTIVATIONS, Net, check, close, finish, run
from keras import Sequential
from keras.layers import Dense

exchange_main, folder = sys.argv[1:]
run(exchange_main, "write", folder)
rng = np.random.default_rng(1)


# The tutorial's own code.
def define_generator(latent_dim, n_outputs=2):
    model = Sequential()
    model.add(Dense(15, activation='relu', kernel_initializer='he_uniform', input_dim=latent_dim))
    model.add(Dense(n_outputs, activation='linear'))
    return model


def keras_model(net):
    layers = [keras.Input((net.sizes[0],))]
    for size, activation in zip(net.sizes[1:], net.activations):
        leaky = activation == "leaky_relu"
        layers.append(Dense(size, activation=None if leaky else activation))
        if leaky:
            layers.append(keras.layers.LeakyReLU(negative_slope=net.slope))
    return Sequential(layers)


def check_onnx(name, net, x, wanted, generator, probability):
    path = f"{folder}/{name}.onnx"
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (x_info,), (y_info,) = session.get_inputs(), session.get_outputs()
    outputs = "sample" if generator else "probability" if probability else "logit"
    check(f"{name}: names and shapes in ONNX", (x_info.name, x_info.shape, y_info.name, y_info.shape)
          == ("latent" if generator else "point", ["batch", net.sizes[0]], outputs, ["batch", net.sizes[-1]]),
          f"{x_info.name} {x_info.shape} {y_info.name} {y_info.shape}")
    for n in (1, 7, 1000):
        close(f"{name}: onnxruntime, batch {n}", session.run(None, {x_info.name: x[:n]})[0], wanted[:n], net.terms)


def check_keras(name, net, x, wanted):
    path, old_path = f"{folder}/{name}.weights.h5", f"{folder}/{name}.h5"
    shutil.copy(path, old_path)  # Keras goes by the end of the name
    for kind, file in ("Keras 3", path), ("Keras 2", old_path):
        model = keras_model(net)
        model.load_weights(file)
        close(f"{name}: {kind}'s layout", model.predict(x, verbose=0), wanted, net.terms)


names = sorted(os.path.basename(path)[:-len(".safetensors")] for path in glob.glob(f"{folder}/*.safetensors"))
check("there are nets", len(names) >= 9, names)
seen = set()
for name in names:
    net = Net.of_safetensors(f"{folder}/{name}.safetensors")
    seen.update(net.activations)
    x = rng.standard_normal((1000, net.sizes[0])).astype(np.float32)
    check_keras(name, net, x, net(x))

    generator = net.sizes[-1] != 1
    probability = name in ("d_maps", "one")
    scale, offset = 1, 0
    if os.path.exists(f"{folder}/{name}.scale.npy"):
        scale, offset = (np.load(f"{folder}/{name}.{part}.npy").astype(np.float64) for part in ("scale", "offset"))
        check(f"{name}: scale and offset are rows of 32-bit floats", scale.shape == offset.shape and scale.ndim == 2)
    wanted = net(x) * scale + offset if generator else net(x * scale + offset)
    check_onnx(name, net, x, ACTIVATIONS["sigmoid"](wanted, 0) if probability else wanted, generator, probability)
check("every activation was among them", seen == set(ACTIVATIONS), seen)

tutorial = Net.of_safetensors(f"{folder}/tutorial.safetensors")
x = rng.standard_normal((100, 5)).astype(np.float32)
warnings.filterwarnings("ignore", "Do not pass an `input_shape`")
for path in "tutorial.weights.h5", "tutorial.h5":
    model = define_generator(5)
    model.load_weights(f"{folder}/{path}")
    close(f"the tutorial's define_generator(5) with {path}", model.predict(x, verbose=0), tutorial(x))
finish()
