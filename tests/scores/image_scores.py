"""Every score of image_scores_main against NumPy's and SciPy's on the same features: image_scores.py IMAGE_SCORES_MAIN FOLDER.
image_scores.py --stored prints the values that tests/image_scores_test.cpp keeps."""

import subprocess
import sys

import numpy as np
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from scipy.special import log_softmax, rel_entr, softmax
from scipy.stats import linregress

rng = np.random.default_rng(2)
failed = 0


def uniform(which, n, d):
    """The same numbers as uniform() of image_scores_test.cpp."""
    h = (np.arange(n * d, dtype=np.uint64) * 0x9E3779B9 + which * 0x7FEB352D) & 0xFFFFFFFF
    for shift, factor in (16, 0x85EBCA6B), (13, 0xC2B2AE35):
        h = ((h ^ (h >> shift)) * factor) & 0xFFFFFFFF
    h ^= h >> 16
    return ((h >> 8) / 2**24).reshape(n, d)


def words(seed, stream, index, n):
    """Philox4x32-10 with counters (i, index, stream, 0)."""
    c = [np.arange((n + 3) // 4, dtype=np.uint64), *(np.full((n + 3) // 4, x, np.uint64) for x in (index, stream, 0))]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return [int(w) for w in np.stack(c, 1).ravel()[:n]]


def shuffle(seed, index, n):
    order = list(range(n))
    for i, word in enumerate(words(seed, 15, index, n)):
        j = i + (word * (n - i) >> 32)
        order[i], order[j] = order[j], order[i]
    return np.array(order)


def frechet(a, b):
    """By sqrtm, which needs covariances that are far from singular."""
    s, t = np.cov(a, rowvar=False, ddof=1), np.cov(b, rowvar=False, ddof=1)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * np.trace(sqrtm(s @ t)).real


def frechet_singular(a, b):
    """By singular values of the centred features: the nuclear norm of S^(1/2) T^(1/2) is that of A B' over the numbers."""
    x, y = (f - f.mean(0) for f in (a, b))
    of_root = np.linalg.svd(x @ y.T, compute_uv=False).sum() / np.sqrt((len(a) - 1) * (len(b) - 1))
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + (x**2).sum() / (len(a) - 1) + (y**2).sum() / (len(b) - 1) - 2 * of_root


def frechet_line(a, b, distance):
    n = len(b)
    sizes = [n // 10 + (n - n // 10) * i // 14 for i in range(15)]
    values = [distance(a, b[shuffle(3, i + 1, n)[:size]]) for i, size in enumerate(sizes)]
    line = linregress(1 / np.array(sizes), values)
    return {"frechet_infinity": line.intercept, "frechet_slope": line.slope}


def neighbours(a, b, k):
    within_a = np.sort(cdist(a, a, "sqeuclidean"), 1)[:, k]  # the first is the point itself
    within_b = np.sort(cdist(b, b, "sqeuclidean"), 1)[:, k]
    between = cdist(a, b, "sqeuclidean")
    in_a, in_b = between <= within_a[:, None], between <= within_b
    return {"precision": in_a.any(0).mean(), "recall": in_b.any(1).mean(), "density": in_a.sum() / (k * len(b)), "coverage": in_a.any(1).mean()}


def classes(z):
    out = {}
    z = z[shuffle(3, 0, len(z))]
    for n_splits in 1, 10:
        scores = []
        for s in range(n_splits):
            part = z[s * len(z) // n_splits : (s + 1) * len(z) // n_splits]
            p = softmax(part, 1)
            scores.append(np.exp((p * (log_softmax(part, 1) - np.log(p.mean(0)))).sum(1).mean()))
        out |= {f"is_{n_splits}": np.mean(scores), f"is_{n_splits}_deviation": np.std(scores)}
    counts = np.bincount(z.argmax(1), minlength=z.shape[1])
    p, q = counts / counts.sum(), counts[::-1] / counts.sum()
    return out | {"total_variation": abs(p - q).sum() / 2, "kl": rel_entr(p, q).sum(), "missing": ((p == 0) & (q > 0)).sum()}


def compare(title, a, b, z, k=5, distance=frechet, tolerance=1e-10):
    global failed
    a, b, z = (np.asarray(x, np.float32) for x in (a, b, z))
    for name, values in ("a", a), ("b", b), ("z", z):
        np.save(f"{folder}/{name}.npy", values)
    files = [f"{folder}/{name}.npy" for name in "abz"]
    lines = subprocess.run([program, *files, str(k)], check=True, capture_output=True, text=True).stdout.splitlines()
    got = {name: float(value) for name, value in (line.split() for line in lines)}
    a, b, z = (x.astype(float) for x in (a, b, z))
    expected = {"frechet": distance(a, b), **(frechet_line(a, b, distance) if len(b) >= 100 else {}), **neighbours(a, b, k), **classes(z)}
    if got.keys() != expected.keys():
        print(f"not ok - {title}: {sorted(got.keys() ^ expected.keys())} on one side only")
        failed += 1
    for name, value in expected.items():
        limit = tolerance if name.startswith("frechet") else 1e-12
        if got[name] != value and not abs(got[name] - value) <= limit * max(1, abs(value)):
            print(f"not ok - {title}: {name} is {got[name]!r}, but {value!r} by SciPy")
            failed += 1
    print(f"{title}: {', '.join(expected)}")


def stored():
    """The cases of image_scores_test.cpp."""
    a, b = uniform(1, 300, 12) - 0.5, 1.25 * (uniform(2, 200, 12) - 0.5) + 0.125
    z = 20 * uniform(3, 1003, 10) ** 2
    return np.float32(a), np.float32(b), np.float32(z)


if sys.argv[1:] == ["--stored"]:
    a, b, z = (x.astype(float) for x in stored())
    for name, value in {"frechet": frechet(a, b), **frechet_line(a, b, frechet), **neighbours(a, b, 5), **classes(z)}.items():
        print(name, repr(float(value)))
    sys.exit()
program, folder = sys.argv[1:]
compare("stored", *stored())
z = rng.normal(0, 3, (997, 10))
for d in 2, 17, 64, 130:
    by = (frechet, 1e-10) if d < 60 else (frechet_singular, 1e-7)  # subsets begin with 60 samples
    compare(f"{d} features", rng.normal(0, 1, (500, d)), rng.normal(0.2, 1.3, (601, d)) * rng.uniform(0.5, 2, d), z, 5, *by)
compare("k = 1, far from 0", rng.normal(1000, 1, (300, 9)), rng.normal(1000.5, 1, (301, 9)), np.c_[z, z - 50], 1, tolerance=1e-8)
features = np.maximum(rng.normal(0, 1, (400, 50)) @ rng.normal(0, 1, (50, 128)), 0)
compare("after ReLU", features[:200], features[200:], 1000 * z, 3, frechet_singular, 1e-6)
compare("fewer rows than features", rng.normal(0, 1, (40, 100)), rng.normal(0, 1, (30, 100)), z, 5, frechet_singular, 1e-6)
compare("collapsed", rng.normal(0, 1, (300, 20)), np.tile(rng.normal(0, 1, 20), (250, 1)), np.tile(z[:1], (50, 1)), 5, frechet_singular)
grid = rng.integers(0, 4, (400, 3))
compare("ties", grid[:200], grid[200:], np.round(z), 5)
compare("constant features", np.c_[grid[:200], np.ones((200, 2))], np.c_[grid[200:], np.full((200, 2), 3)], z, 2, frechet_singular, 1e-7)
sys.exit(failed > 0)
