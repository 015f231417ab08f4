"""What gantry export makes of runs, against gantry's own outputs: runs.py EXCHANGE_MAIN GANTRY FOLDER."""

import os
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import onnxruntime
from common import Net, check, close, finish, refusal, run
from keras import Sequential
from keras.layers import Dense

exchange_main, gantry, folder = sys.argv[1:]


def define_generator(latent_dim, n_outputs=2):
    model = Sequential()
    model.add(Dense(15, activation='relu', kernel_initializer='he_uniform', input_dim=latent_dim))
    model.add(Dense(n_outputs, activation='linear'))
    return model


def outputs(path, x):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def check_run(name, *flags, unit=1):
    out = f"{folder}/{name}"
    checkpoint = f"{out}/checkpoint.safetensors"
    run(gantry, "train", "--iterations", "500", "--no-plots", "--out", out, *flags)
    g, d = f"{out}/g.onnx", f"{out}/d.onnx"
    lines = run(gantry, "export", out, "--onnx", g, "--keras", f"{out}/g.weights.h5", "--safetensors", f"{out}/g.safetensors")
    lines += run(gantry, "export", checkpoint, "--net", "discriminator", "--onnx", d, "--probability", "--safetensors",
                 f"{out}/d.safetensors")
    check(f"{name}: a line a file", len(lines.splitlines()) == 5, lines)

    # Latents, gantry's own samples from them in the units of the data, and D's probabilities for these.
    paths = [f"{out}/{file}.npy" for file in ("latents", "samples", "probabilities")]
    run(exchange_main, "samples", checkpoint, *paths)
    latents, samples, probabilities = map(np.load, paths)
    close(f"{name}: G in onnxruntime gives gantry's samples", outputs(g, latents), samples, unit=unit)
    close(f"{name}: D in onnxruntime gives gantry's probabilities", outputs(d, samples), probabilities)
    for file in "generator", "discriminator":
        ours, trains = Net.of_safetensors(f"{out}/{file[0]}.safetensors"), Net.of_safetensors(f"{out}/{file}.safetensors")
        check(f"{name}: the {file} of train and of export are the same", np.array_equal(ours.flat, trains.flat)
              and (ours.activations, ours.slope) == (trains.activations, trains.slope))
    return latents, samples


latents, samples = check_run("tutorial", "--seed", "5")
warnings.filterwarnings("ignore", "Do not pass an `input_shape`")
model = define_generator(5)
model.load_weights(f"{folder}/tutorial/g.weights.h5")
close("the tutorial's define_generator(5) gives gantry's samples", model.predict(latents, verbose=0), samples)
for preset in "x2-leaky", "x2-tanh", "x2-wide", "x2-deep":
    check_run(preset, "--preset", preset)
check_run("scaled", "--scaling", "symmetric", "--domain", "1:4", unit=7.5)  # y, 1 to 16, is scaled to -1 to 1

for name, arguments, text in (
    ("no format", [f"{folder}/tutorial"], "nothing to write"),
    ("no run", [], "which run"),
    ("a run that isn't there", ["nowhere", "--onnx", "g.onnx"], "nowhere"),
    ("a name that Keras can't load", [f"{folder}/tutorial", "--keras", "g.keras"], ".weights.h5"),
    ("probabilities of a generator", [f"{folder}/tutorial", "--onnx", "g.onnx", "--probability"], "discriminator"),
    ("a net as a run", [f"{folder}/tutorial/generator.safetensors", "--onnx", "g.onnx"], "no gantry checkpoint"),
    ("a folder that isn't there", [f"{folder}/tutorial", "--onnx", "nowhere/g.onnx"], "nowhere/g.onnx"),
):
    line = refusal(gantry, "export", *arguments)
    check(f"refused: {name}: {(line or '').strip()}", line is not None and line.count("\n") == 1 and text in line, line)
check("help", "--onnx" in run(gantry, "export", "--help"))
finish()
