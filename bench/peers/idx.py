"""Images of a folder of IDX files, as MNIST and Fashion-MNIST come."""

import gzip
import pathlib
import zlib

import numpy as np


def read_training_images(folder):
    """uint8 [n, height * width], rows from the top. OSError or ValueError: missing, or damaged."""
    for name in ("train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"):
        path = pathlib.Path(folder) / name
        if path.exists():
            return pixels_of(path)
    raise FileNotFoundError(f"{folder} has no train-images-idx3-ubyte[.gz]")


def pixels_of(path):
    data = path.read_bytes()
    try:
        data = gzip.decompress(data) if path.suffix == ".gz" else data
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"{path} can't be unpacked: {error}") from error
    magic, n, height, width = map(int, np.frombuffer(data.ljust(16, b"\0"), ">u4", 4))
    if magic != 0x803 or len(data) != 16 + n * height * width:
        raise ValueError(f"{path} is no whole IDX file of images ({len(data)} bytes)")
    return np.frombuffer(data, np.uint8, offset=16).reshape(n, height * width)
