"""What the checks share: a count of failures, gantry's programs, and a dense net in NumPy."""

import subprocess
import sys

import numpy as np

TOLERANCE = 1e-6  # of outputs around 1, which is what gantry promises

n_checks = n_failed = 0


def check(name, ok, detail=""):
    global n_checks, n_failed
    n_checks += 1
    if not ok:
        n_failed += 1
    print(f"{'ok' if ok else 'not ok'} - {name}{'' if ok else f': {detail}'}", flush=True)


def close(name, got, wanted, terms=1, unit=1):
    """Shapes are equal, and every value to TOLERANCE. In long sums each term may cost a rounding (2^-24), in whatever order.
    unit: what 1 of the net's output is here."""
    tolerance = max(TOLERANCE, terms * 2**-24)
    if got.shape != wanted.shape:
        check(name, False, f"shape {got.shape}, not {wanted.shape}")
        return
    error = np.max(np.abs(got - wanted) / np.maximum(unit, np.abs(wanted)))
    check(f"{name} ({error:.1e})", error <= tolerance, f"off by {error:.3g}")


def finish():
    print(f"{n_checks} checks, {n_failed} failed")
    sys.exit(n_failed > 0)


def run(*command):
    """Standard output; a failure ends the test."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def refusal(*command):
    """The line of a command that must fail; None where it doesn't."""
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr if done.returncode > 0 else None


ACTIVATIONS = {
    "linear": lambda x, slope: x,
    "relu": lambda x, slope: np.maximum(x, 0),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "tanh": lambda x, slope: np.tanh(x),
    "sigmoid": lambda x, slope: 1 / (1 + np.exp(-x)),
    "elu": lambda x, slope: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}


class Net:
    """weights: [(weight [out, in], bias [out])] in double; activations by gantry's names."""

    def __init__(self, weights, activations, slope):
        self.weights, self.activations, self.slope = weights, activations, slope

    @classmethod
    def of_safetensors(cls, path):
        import safetensors

        with safetensors.safe_open(path, "np") as file:
            meta = file.metadata()
            activations = meta["activations"].split(",")
            weights = [
                tuple(file.get_tensor(f"{meta['net']}.{layer}.{kind}").astype(np.float64) for kind in ("weight", "bias"))
                for layer in range(len(activations))
            ]
            return cls(weights, activations, float(meta["leaky_slope"]))

    @property
    def sizes(self):
        return [self.weights[0][0].shape[1]] + [len(bias) for _, bias in self.weights]

    @property
    def terms(self):
        return max(self.sizes[:-1])

    @property
    def flat(self):
        return np.concatenate([np.concatenate([weight.ravel(), bias]) for weight, bias in self.weights])

    def __call__(self, x):
        x = x.astype(np.float64)
        for (weight, bias), activation in zip(self.weights, self.activations):
            x = ACTIVATIONS[activation](x @ weight.T + bias, self.slope)
        return x
