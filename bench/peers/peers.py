"""A GAN in gantry and in other frameworks: checks each trainer, times it, appends its rows.

Every row runs in a process of its own, so that no thread pool or memory of one framework is in the
way of another. README.md says what is compared and how it is checked.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import images
import numpy as np
import tutorial
from child import REPEATS
from machine import gpu_name, has_gpu, quietly
from table import Table

HERE = pathlib.Path(__file__).resolve().parent


class Comparison:
    def __init__(self, task, args, scratch):
        self.task, self.args = task, args
        self.path = scratch / "points"
        self.table = Table(task)

    def time_rows(self, device, kind, run, name_of, text):
        """run(seeds, threads) to (what ran, its threads, iterations, seconds of each repeat), or
        None; name_of(what ran): device, framework, variant."""
        for seeds, thread_counts in self.task.rows(device, kind):
            best = None
            for threads in thread_counts:
                answer, others = quietly(lambda: run(seeds, threads), self.args.patience)
                if answer is None:
                    continue
                speed = statistics.median(answer[3]) / answer[2]
                if best is None or speed < best[0]:
                    best = speed, answer, others
            if best is None:
                self.table.fail(f"{kind} on {device}, {seeds} seeds")
                continue
            _, (what, threads, iterations, seconds), others = best
            self.table.add(
                *name_of(what),
                seeds,
                threads if device == "cpu" else "",
                iterations,
                seconds,
                others,
                text,
            )

    # ------------------------------------------------------------ gantry

    def gantry(self, flags, device, seeds, threads, iterations, repeats, save=()):
        """((version, instruction set), threads, iterations, seconds of each repeat), or None."""
        command = [self.args.gantry, *self.task.flags, *flags]
        command += [device, seeds, threads, iterations, repeats, *save]
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            return None
        version, _, isa, used_threads, *ms = done.stdout.split()
        return (version, isa), int(used_threads), iterations, [float(t) / 1e3 for t in ms]

    def gantry_rows(self, device, variant, flags):
        task, seeds = self.task, self.task.check_seeds["gantry"]
        answer = self.gantry(
            flags + task.check_flags,
            device,
            seeds,
            0,
            task.check_iterations,
            1,
            (self.path, task.points),
        )
        if answer is None:
            return self.table.fail(f"gantry{variant} on {device}")
        points = np.fromfile(self.path, np.float32).reshape(seeds, task.points, -1)
        right, text = task.check(points)
        if not right:
            return self.table.fail(f"gantry{variant} on {device} trains wrongly: {text}")
        _, all_threads, _, (check_s,) = answer

        def run(seeds, threads):
            slower = all_threads / (threads or all_threads)
            iteration_s = check_s / task.check_iterations / task.check_seeds["gantry"]
            fit = round(self.args.budget / (iteration_s * slower * seeds))
            n = task.gantry_iterations or min(max(fit, 1), task.max_iterations)
            return self.gantry(flags, device, seeds, threads, n, REPEATS)

        name = "cpu" if device == "cpu" else gpu_name()
        self.time_rows(
            device,
            "gantry",
            run,
            lambda what: (name, f"gantry {what[0]}", f"library; {what[1]}{variant}"),
            text,
        )

    # ------------------------------------------------------------ the others

    def child(self, peer, device, seeds, threads, iterations, options, save=None):
        """The answer of child.py, or None: what went wrong is on stderr already."""
        job = {
            "module": peer.module,
            "trainer": peer.trainer,
            "kind": peer.kind,
            "options": self.task.options | peer.options | options,
            "device": device,
            "seeds": seeds,
            "threads": threads,
            "iterations": iterations,
            "block": self.task.block,
            "budget_s": self.args.budget,
            "points": self.task.points,
            "save": save,
        }
        command = [sys.executable, str(HERE / "child.py"), json.dumps(job)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None

    def peer_rows(self, device, peer):
        task, name = self.task, f"{peer.framework} {peer.variant} on {device}"
        save = f"{self.path}.npy"
        seeds = task.check_seeds[peer.kind]
        if not self.child(peer, device, seeds, 0, task.check_iterations, task.check_options, save):
            return self.table.fail(name)
        right, text = task.check(np.load(save))
        if not right:
            return self.table.fail(f"{name} trains wrongly: {text}")

        def run(seeds, threads):
            answer = self.child(peer, device, seeds, threads, task.max_iterations, {})
            used = threads or len(os.sched_getaffinity(0))
            return answer and (answer, used, answer["iterations"], answer["seconds"])

        self.time_rows(
            device,
            peer.kind,
            run,
            lambda answer: (answer["device"], answer["framework"], peer.variant),
            text,
        )


def importable(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


FOUND_BY = {
    ("pytorch", "cpu"): "import torch",
    ("pytorch", "cuda"): "import torch; assert torch.cuda.is_available()",
    ("jax", "cpu"): "import jax",
    ("jax", "cuda"): "import jax; jax.devices('cuda')",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--images",
        metavar="FOLDER",
        nargs="?",
        const=images.FOLDER,
        help=f"the GAN of images, on IDX files, in place of the tutorial's ({images.FOLDER})",
    )
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
    return parser.parse_args()


def main():
    args = arguments()
    try:
        task = images.task(args.images) if args.images else tutorial.TASK
    except (OSError, ValueError) as error:
        print(f"peers: {error}; {images.FOLDER} is of dataset-fashion-mnist", file=sys.stderr)
        return 4
    found = {key: importable(FOUND_BY[key]) for key in FOUND_BY}
    gpu = has_gpu()
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(task, args, pathlib.Path(folder))
        for device in ("cpu", "cuda") if args.device == "all" else (args.device,):
            here = gpu_name() if device == "cuda" and gpu else "a GPU"
            print(f"on {comparison.table.machine if device == 'cpu' else here}:")
            if args.gantry is None or args.only not in "gantry":
                print("skipped: gantry: not asked for")
            elif device == "cuda" and not gpu:
                print("skipped: gantry: no GPU here")
            else:
                for variant, flags in task.gantry[device]:
                    comparison.gantry_rows(device, variant, flags)
            for peer in task.peers:
                name = f"{peer.framework} {peer.variant}"
                if device not in peer.devices or args.only not in name:
                    continue
                if not found[peer.framework, device]:
                    has_it = found[peer.framework, "cpu"]
                    why = "finds no GPU here" if has_it else "can't be imported"
                    print(f"skipped: {name}: {peer.framework} {why}")
                    continue
                comparison.peer_rows(device, peer)
    comparison.table.end()
    return 1 if comparison.table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
