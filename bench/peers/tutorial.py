"""The tutorial's GAN: who trains it, and what a right trainer makes of it."""

import statistics

import numpy as np
from task import Peer, Task

ITERATIONS = 10_000  # of the tutorial
SEEDS = {"cpu": (1, 64, 512), "cuda": (1, 512, 4224)}

PEERS = [
    Peer("pytorch", "eager", "torch_gan", "One"),
    Peer("pytorch", "eager; fused Adam", "torch_gan", "One", {"fused": True}),
    Peer("pytorch", "CUDA graph", "torch_gan", "One", {"fused": True, "graph": True}, ("cuda",)),
    Peer("pytorch", "batched", "torch_gan", "Batched", kind="batched"),
    Peer(
        "pytorch",
        "batched; CUDA graph",
        "torch_gan",
        "Batched",
        {"graph": True},
        ("cuda",),
        "batched",
    ),
    Peer("pytorch", "batched; torch.compile", "torch_gan", "Compiled", kind="batched"),
    Peer(
        "pytorch",
        "batched; torch.compile; CUDA graph",
        "torch_gan",
        "Compiled",
        {"graph": True},
        ("cuda",),
        "batched",
    ),
    Peer("jax", "jit(scan)", "jax_gan", "Scan"),
    Peer("jax", "jit(scan); rbg", "jax_gan", "Scan", {"rng": "rbg"}, ("cuda",)),
    Peer("jax", "jit(vmap(scan))", "jax_gan", "Scan", kind="batched"),
    Peer("jax", "jit(vmap(scan)); rbg", "jax_gan", "Scan", {"rng": "rbg"}, ("cuda",), "batched"),
]


def rows(device, kind):
    if kind == "one":  # may be faster without threads: both are tried
        return [(1, (1, 0) if device == "cpu" else (0,))]
    return [(seeds, (0,)) for seeds in SEEDS[device] if kind == "gantry" or seeds > 1]


def scores(points):
    """points [N, 2] of one seed: mean residual, and whether it converged (docs/study.md)."""
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    residual = np.abs(y - x * x)
    n = len(x)
    w1_x = np.mean(np.abs(np.sort(x) - ((np.arange(n) + 0.5) / n - 0.5)))
    good = x[(residual < 0.03) & (x >= -0.5) & (x < 0.5)]
    coverage = np.sum(np.bincount(((good + 0.5) * 20).astype(int), minlength=20) >= n / 80)
    return residual.mean(), bool(residual.mean() < 0.02 and w1_x < 0.05 and coverage >= 16)


def check(points):
    """points [R, N, 2] after 10,000 iterations. A right trainer converges in 81 % of the seeds: of
    64 within three standard deviations, 15 points. Returns (right, text)."""
    rows = [scores(p) for p in points]
    residual, converged = statistics.median(r for r, _ in rows), sum(c for _, c in rows)
    right = residual < 0.02 and (len(rows) < 64 or abs(converged / len(rows) - 0.81) < 0.15)
    return right, f"median residual {residual:.4f}; {converged} of {len(rows)} converged"


TASK = Task(
    results="peers.csv",
    unit="gan",
    unit_iterations=ITERATIONS,
    peers=PEERS,
    gantry={"cpu": [("", [])], "cuda": [("", [])]},
    rows=rows,
    check=check,
    check_iterations=ITERATIONS,
    check_seeds={"gantry": 64, "one": 3, "batched": 64},
    points=10_000,
    block=100,
    max_iterations=ITERATIONS,
    gantry_iterations=ITERATIONS,
)
