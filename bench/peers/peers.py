"""The tutorial's GAN in gantry, PyTorch and JAX: checks each, times it, appends to peers.csv.

Every row runs in a process of its own, so that no thread pool or memory of one framework is in the
way of another. README.md says what is compared and how it is checked.
"""

import argparse
import csv
import datetime
import importlib
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE.parent / "results" / "peers.csv"
COLUMNS = (
    "date commit machine device framework variant seeds threads iterations ms_per_gan gans_per_s "
    "cv_percent others_percent check"
).split()

ITERATIONS = 10_000  # of the tutorial; times are given for so many
BLOCK = 100  # a peer advances by whole blocks
REPEATS = 5
POINTS = 10_000  # generated points that score a seed
CHECK_SEEDS = {False: 3, True: 64}  # batched or not
SEEDS = {"cpu": (1, 64, 512), "cuda": (1, 512, 4224)}

# framework, variant, module, class, its options, devices, many seeds at once
PEERS = [
    ("pytorch", "eager", "torch_gan", "One", {}, ("cpu", "cuda"), False),
    ("pytorch", "eager; fused Adam", "torch_gan", "One", {"fused": True}, ("cpu", "cuda"), False),
    ("pytorch", "CUDA graph", "torch_gan", "One", {"fused": True, "graph": True}, ("cuda",), False),
    ("pytorch", "batched", "torch_gan", "Batched", {}, ("cpu", "cuda"), True),
    ("pytorch", "batched; CUDA graph", "torch_gan", "Batched", {"graph": True}, ("cuda",), True),
    ("pytorch", "batched; torch.compile", "torch_gan", "Compiled", {}, ("cpu", "cuda"), True),
    (
        "pytorch",
        "batched; torch.compile; CUDA graph",
        "torch_gan",
        "Compiled",
        {"graph": True},
        ("cuda",),
        True,
    ),
    ("jax", "jit(scan)", "jax_gan", "Scan", {}, ("cpu", "cuda"), False),
    ("jax", "jit(scan); rbg", "jax_gan", "Scan", {"rng": "rbg"}, ("cuda",), False),
    ("jax", "jit(vmap(scan))", "jax_gan", "Scan", {}, ("cpu", "cuda"), True),
    ("jax", "jit(vmap(scan)); rbg", "jax_gan", "Scan", {"rng": "rbg"}, ("cuda",), True),
]


# ---------------------------------------------------------------- the check


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


# ---------------------------------------------------------------- one row in a process of its own


def train_and_save(make, seeds, batched, path):
    """10,000 iterations; the generated points go to path."""
    points = []
    for seed in [1] if batched else range(1, seeds + 1):
        trainer = make(seeds if batched else 1, seed)
        trainer.advance(ITERATIONS)
        trainer.sync()
        points.append(trainer.sample(POINTS))
    np.save(path, np.concatenate(points))


def measure(make, seeds, budget_s):
    trainer = make(seeds, 1)
    for _ in range(2):  # compiles, fills caches; the second also tells how long a block takes
        start = time.perf_counter()
        trainer.advance(BLOCK)
        trainer.sync()
        block_s = time.perf_counter() - start
    n = BLOCK * max(1, min(ITERATIONS // BLOCK, round(budget_s / block_s)))
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        trainer.advance(n)
        trainer.sync()
        seconds.append(time.perf_counter() - start)
    return n, seconds


def child(job):
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[: job["threads"] or len(allowed)])
    module = importlib.import_module(job["module"])
    module.use_threads(job["threads"] or len(allowed))

    def make(seeds, seed):
        return getattr(module, job["class"])(job["device"], seeds, seed, **job["options"])

    answer = {"framework": module.version(), "device": module.device_name(job["device"])}
    if job["save"]:
        train_and_save(make, job["seeds"], job["batched"], job["save"])
    else:
        answer["iterations"], answer["seconds"] = measure(make, job["seeds"], job["budget_s"])
    print(json.dumps(answer))


def run_child(**job):
    """The child's answer, or None: what went wrong is on stderr already."""
    command = [sys.executable, str(HERE / "peers.py"), "--child", json.dumps(job)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


# ---------------------------------------------------------------- a shared machine


def busy_s():
    """Processor seconds, of all processes, since the machine started."""
    user, nice, system, _, _, irq, softirq = map(
        int, pathlib.Path("/proc/stat").read_text().split(None, 8)[1:8]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def own_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def others_share(run):
    """run()'s answer, and the share of the processors that other processes took meanwhile."""
    start, others = time.monotonic(), busy_s() - own_s()
    answer = run()
    share = (busy_s() - own_s() - others) / (time.monotonic() - start) / os.cpu_count()
    return answer, max(0.0, share)


def quietly(run, patience_s):
    """run() until the others take less than 5 %, or patience_s are over: the quietest answer, and
    their share."""
    end = time.monotonic() + patience_s
    best = None
    while best is None or (best[1] > 0.05 and time.monotonic() < end):
        while time.monotonic() < end and others_share(lambda: time.sleep(1))[1] > 0.05:
            pass
        answer = others_share(run)
        if best is None or (answer[0] is not None and answer[1] < best[1]):
            best = answer
    return best


# ---------------------------------------------------------------- gantry


def gantry(program, device, seeds, threads=0, iterations=ITERATIONS, repeats=1, points=None):
    """(version, instruction set, threads, milliseconds of each repeat), or None."""
    command = [program, device, seeds, threads, iterations, repeats] + (
        [points, POINTS] if points else []
    )
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        return None
    version, _, isa, used_threads, *ms = done.stdout.split()
    return version, isa, int(used_threads), [float(t) for t in ms]


# ---------------------------------------------------------------- all rows


class Table:
    def __init__(self):
        commit = self.output("git", "rev-parse", "--short", "HEAD") or "unknown"
        if self.output(
            "git", "status", "--porcelain", "--", "../../src", "../../kernels", "../../include", "."
        ):
            commit += "+changes"
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        model = next(
            (line.split(":")[1].strip() for line in lines if line.startswith("model name")),
            os.uname().machine,
        )
        self.machine = f"{len(os.sched_getaffinity(0))} x {model}".replace(",", " ")
        self.first = [
            datetime.datetime.now(datetime.timezone.utc).strftime("%F"),
            commit,
            self.machine,
        ]
        self.failed = False
        self.n_rows = 0
        self.line("framework", "variant", "seeds", "threads", "s a GAN", "GANs/s", "+-")

    @staticmethod
    def line(framework, variant, seeds, threads, seconds, rate, spread, *notes):
        row = f"{framework:<18} {variant:<34} {seeds:>5} {threads:>7} {seconds:>9} {rate:>9}"
        print("  ".join((row, f"{spread:>6}", *notes)), flush=True)

    @staticmethod
    def output(*command):
        try:
            return subprocess.run(
                command, cwd=HERE, capture_output=True, text=True, check=True
            ).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return ""

    def fail(self, what):
        self.failed = True
        print(f"FAILED: {what}", flush=True)

    def add(
        self, device, framework, variant, seeds, threads, iterations, seconds, others, check_text
    ):
        ms = 1e3 * statistics.median(seconds) / seeds * ITERATIONS / iterations
        cv = 100 * statistics.stdev(seconds) / statistics.mean(seconds)
        notes = [f"from {iterations} iterations"] if iterations < ITERATIONS else []
        if others > 0.05:
            notes.append(f"NOISY: others took {100 * others:.0f} % of the processors")
        s, rate, spread = f"{ms / 1e3:.5f}", f"{1e3 / ms:.4g}", f"{cv:.1f}%"
        self.line(framework, variant, seeds, threads, s, rate, spread, *notes)
        numbers = [
            seeds,
            threads,
            iterations,
            f"{ms:.4g}",
            f"{1e3 / ms:.4g}",
            f"{cv:.1f}",
            f"{100 * others:.0f}",
        ]
        self.n_rows += 1
        new = not RESULTS.exists()
        RESULTS.parent.mkdir(exist_ok=True)
        with RESULTS.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(COLUMNS)
            writer.writerow(self.first + [device, framework, variant] + numbers + [check_text])


def gantry_rows(table, program, device, patience_s, scratch):
    path = scratch / "points.f32"
    if gantry(program, device, CHECK_SEEDS[True], points=path) is None:
        return table.fail(f"gantry on {device}")
    right, text = check(np.fromfile(path, np.float32).reshape(CHECK_SEEDS[True], POINTS, 2))
    if not right:
        return table.fail(f"gantry on {device} trains wrongly: {text}")
    for seeds in SEEDS[device]:
        answer, others = quietly(
            lambda: gantry(program, device, seeds, repeats=REPEATS), patience_s
        )
        if answer is None:
            table.fail(f"gantry on {device}, {seeds} seeds")
            continue
        version, isa, threads, ms = answer
        name = "cpu" if device == "cpu" else gpu_name()
        table.add(
            name,
            f"gantry {version}",
            f"library; {isa}",
            seeds,
            threads if device == "cpu" else "",
            ITERATIONS,
            [t / 1e3 for t in ms],
            others,
            text,
        )


def gpu_name():
    return (
        Table.output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").split("\n")[0]
        or "cuda"
    )


def peer_rows(table, peer, device, budget_s, patience_s, scratch):
    framework, variant, module, name, options, _, batched = peer
    job = {
        "module": module,
        "class": name,
        "options": options,
        "device": device,
        "batched": batched,
        "budget_s": budget_s,
    }
    path = scratch / "points.npy"
    if run_child(**job, seeds=CHECK_SEEDS[batched], threads=0, save=str(path)) is None:
        return table.fail(f"{framework} {variant} on {device}")
    right, text = check(np.load(path))
    if not right:
        return table.fail(f"{framework} {variant} on {device} trains wrongly: {text}")
    n_processors = len(os.sched_getaffinity(0))
    for seeds in [s for s in SEEDS[device] if s > 1] if batched else [1]:
        answers = []
        # one GAN may be faster without threads: both are tried, the faster one is the row
        for threads in (
            [1, n_processors]
            if device == "cpu" and seeds == 1 and n_processors > 1
            else [n_processors]
        ):
            answer, others = quietly(
                lambda: run_child(**job, seeds=seeds, threads=threads, save=None), patience_s
            )
            if answer is not None:
                answers.append(
                    (
                        statistics.median(answer["seconds"]) / answer["iterations"],
                        threads,
                        answer,
                        others,
                    )
                )
        if not answers:
            table.fail(f"{framework} {variant} on {device}, {seeds} seeds")
            continue
        _, threads, best, others = min(answers, key=lambda a: a[0])
        table.add(
            best["device"],
            best["framework"],
            variant,
            seeds,
            threads if device == "cpu" else "",
            best["iterations"],
            best["seconds"],
            others,
            text,
        )


def importable(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cpu", "cuda", "all"), default="all")
    parser.add_argument(
        "--gantry", metavar="PROGRAM", help="the build's gantry_runs; without it gantry has no rows"
    )
    parser.add_argument(
        "--budget",
        type=float,
        default=2,
        metavar="S",
        help="seconds a repeat may take, of five (default: 2)",
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=0,
        metavar="S",
        help="seconds to try, a row, for a quiet machine (0)",
    )
    parser.add_argument(
        "--only", default="", help="only rows whose framework and variant have this in them"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return child(json.loads(args.child))

    has = {
        ("pytorch", "cpu"): importable("import torch"),
        ("pytorch", "cuda"): importable("import torch; assert torch.cuda.is_available()"),
        ("jax", "cpu"): importable("import jax"),
        ("jax", "cuda"): importable("import jax; jax.devices('cuda')"),
    }
    has_gpu = subprocess.run("nvidia-smi -L", shell=True, capture_output=True).returncode == 0
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        for device in ("cpu", "cuda") if args.device == "all" else (args.device,):
            here = gpu_name() if device == "cuda" and has_gpu else "a GPU"
            print(f"on {table.machine if device == 'cpu' else here}:")
            if args.gantry is None or args.only not in "gantry":
                print("skipped: gantry: not asked for")
            elif device == "cuda" and not has_gpu:
                print("skipped: gantry: no GPU here")
            else:
                gantry_rows(table, args.gantry, device, args.patience, scratch)
            for peer in PEERS:
                if device not in peer[5] or args.only not in f"{peer[0]} {peer[1]}":
                    continue
                if not has[peer[0], device]:
                    why = "can't be imported" if not has[peer[0], "cpu"] else "finds no GPU here"
                    print(f"skipped: {peer[0]} {peer[1]}: {peer[0]} {why}")
                    continue
                peer_rows(table, peer, device, args.budget, args.patience, scratch)
    print(f"{table.n_rows} rows appended to {os.path.relpath(RESULTS)}")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
