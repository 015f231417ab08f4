"""Every score of scores_main against NumPy's and SciPy's on the same points: scores.py SCORES_MAIN FOLDER."""

import subprocess
import sys

import numpy as np
from scipy.spatial.distance import cdist, jensenshannon, pdist
from scipy.special import rel_entr
from scipy.stats import energy_distance, wasserstein_distance

program, folder = sys.argv[1:]
rng = np.random.default_rng(1)
failed = 0


def gantry(target, generated, real):
    for name, points in ("generated", generated), ("real", real):
        np.savetxt(f"{folder}/{name}.csv", points, delimiter=",", fmt="%.9g")
    lines = subprocess.run([program, target, f"{folder}/generated.csv", f"{folder}/real.csv"], check=True, capture_output=True, text=True)
    return {name: float(value) for name, value in (line.split() for line in lines.stdout.splitlines())}


def compare(title, got, expected, tolerance=1e-12):
    global failed
    for name, value in expected.items():
        limit = tolerance if np.isscalar(tolerance) else tolerance.get(name, 1e-12)
        same = np.isnan(got[name]) if np.isnan(value) else abs(got[name] - value) <= limit * max(1, abs(value))
        if not same:
            print(f"not ok - {title}: {name} is {got[name]!r}, but {value!r} by SciPy")
            failed += 1
    names = [name for name, value in got.items() if name not in expected and not np.isnan(value)]
    if names:
        print(f"not ok - {title}: no expectation for {names}")
        failed += 1
    print(f"{title}: {', '.join(expected)}")


def float32(points):
    return np.asarray(points, np.float32).astype(float)


def for_all(generated, real):
    """Energy distance, its coefficient and spread of as many generated points as there are real ones."""
    g, n = generated[: len(real)], len(real)
    between = cdist(g, real).mean()
    energy = 2 * between - pdist(g).mean() - pdist(real).mean()
    spread = np.sqrt(((g - g.mean(0)) ** 2).sum() / ((real - real.mean(0)) ** 2).sum())
    if g.shape[1] == 1:  # SciPy has it as a square root, with the pairs of a point and itself
        v = energy_distance(g[:, 0], real[:, 0]) ** 2
        compare_energy = 2 * between - (2 * between - v) * n / (n - 1)
        assert abs(energy - compare_energy) < 1e-12, (energy, compare_energy)
    return {"energy": energy, "energy_coefficient": energy / (2 * between), "spread": spread}


def functions():
    cases = {
        "x2": (-0.5, 0.5, lambda x: x**2),
        "sine": (-0.5, 0.5, lambda x: 0.5 * np.sin(2 * np.pi * x)),
        "polynomial": (-1, 1, lambda x: 1.25 * x - 5 * x**3 + 4 * x**5),
        "bell": (-0.5, 0.5, lambda x: 0.5 * np.exp(-((x / 0.15) ** 2) / 2)),
    }
    for name, (lo, hi, f) in cases.items():
        n, width, grid = 1003, hi - lo, f(np.linspace(lo, hi, 3073))
        y_range = grid.max() - grid.min()
        x = float32(rng.uniform(lo - 0.05 * width, hi - 0.2 * width, n))
        y = float32(f(np.clip(x, lo, hi) if name != "x2" else x) + rng.normal(0, 0.1 * y_range, n))
        x_real = float32(rng.uniform(lo, hi, 300))
        generated, real = np.c_[x, y], np.c_[x_real, float32(f(x_real))]
        residual = abs(y - f(np.clip(x, lo, hi) if name != "x2" else x))
        good = np.histogram(x[residual < 0.03 * (y_range / 0.25)], 20, (lo, hi))[0]
        expected = {
            "resid_mean": residual.mean(),
            "resid_p95": np.percentile(residual, 95, method="inverted_cdf"),
            "w1_x": wasserstein_distance(x, lo + width * (np.arange(n) + 0.5) / n),
            "w1_x_floor": width * np.sqrt(2 / np.pi) * np.pi / 8 / np.sqrt(n),
            "support": ((x >= lo) & (x <= hi)).mean(),
            "coverage": (good >= n / 80).sum(),
            "std_x": x.std(),
            **for_all(generated, real),
        }
        # residuals from a table of floats; the percentile is rounded to float
        compare(name, gantry(name, generated, real), expected, {"resid_mean": 1e-12 if name == "x2" else 1e-7, "resid_p95": 1e-7})


def mixtures():
    ring = np.exp(2j * np.pi * np.arange(8) / 8)
    grid = np.array([(2.0 * i, 2.0 * j) for i in range(-2, 3) for j in range(-2, 3)])
    cases = {
        "ring8-pacgan": (np.c_[ring.real, ring.imag], 0.01),
        "ring8-wgangp": (np.c_[ring.real, ring.imag] * 2 / 1.414, 0.02 / 1.414),
        "grid25-pacgan": (grid, 0.05),
        "grid25-wgangp": (grid / 2.828, 0.05 / 2.828),
    }
    for name, (modes, sigma) in cases.items():
        k, n = len(modes), 2000
        for title, share in ("uneven", rng.dirichlet(np.ones(k))), ("three of them", np.r_[np.ones(3) / 3, np.zeros(k - 3)]):
            generated = float32(modes[rng.choice(k, n, p=share)] + rng.normal(0, 1.7 * sigma, (n, 2)))
            real = float32(modes[rng.integers(k, size=500)] + rng.normal(0, sigma, (500, 2)))
            distance = cdist(generated, modes)
            nearest, high = distance.argmin(1), distance.min(1) < 3 * sigma
            counts, uniform = np.bincount(nearest, minlength=k) / n, np.full(k, 1 / k)
            of_high = np.bincount(nearest[high], minlength=k)
            expected = {
                "modes": (of_high > 0).sum(),
                "hq": high.mean(),
                "reverse_kl": rel_entr(counts, uniform).sum(),
                "jsd": jensenshannon(of_high / of_high.sum(), uniform) ** 2,
                **for_all(generated, real),
            }
            compare(f"{name}, {title}", gantry(name, generated, real), expected)


def curves_and_data():
    t = np.pi * rng.random(400)
    moons = float32(np.c_[np.cos(t), np.sin(t)] + rng.normal(0, 0.05, (400, 2)))
    compare("moons", gantry("moons", moons[:300], moons[100:]), for_all(moons[:300], moons[100:]))
    for d in (1, 2, 3, 17, 64):
        real, generated = float32(rng.normal(0, 1, (200, d))), float32(rng.standard_t(3, (257, d)))
        compare(f"data of {d} columns", gantry("data", generated, real), for_all(generated, real))


functions()
mixtures()
curves_and_data()
sys.exit(failed > 0)
