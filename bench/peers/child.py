"""One trainer of a framework, in a process of its own: child.py JOB, a JSON object. Trains it for
the check, or times it, and prints what came of it as JSON."""

import importlib
import json
import os
import sys
import time

import numpy as np

REPEATS = 5


def train_and_save(make, job):
    """The generated points of all seeds, after all iterations, go to the job's file."""
    points = []
    for seed in [1] if job["kind"] == "batched" else range(1, job["seeds"] + 1):
        trainer = make(job["seeds"] if job["kind"] == "batched" else 1, seed)
        trainer.advance(job["iterations"])
        trainer.sync()
        points.append(trainer.sample(job["points"]))
    np.save(job["save"], np.concatenate(points))


def measure(make, job):
    trainer = make(job["seeds"], 1)
    block = job["block"]
    for _ in range(2):  # compiles, fills caches; the second also tells how long a block takes
        start = time.perf_counter()
        trainer.advance(block)
        trainer.sync()
        block_s = time.perf_counter() - start
    n = block * max(1, min(job["iterations"] // block, round(job["budget_s"] / block_s)))
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        trainer.advance(n)
        trainer.sync()
        seconds.append(time.perf_counter() - start)
    return n, seconds


def main(job):
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, allowed[: job["threads"] or len(allowed)])
    module = importlib.import_module(job["module"])
    module.use_threads(job["threads"] or len(allowed))

    def make(seeds, seed):
        return getattr(module, job["trainer"])(job["device"], seeds, seed, **job["options"])

    answer = {"framework": module.version(), "device": module.device_name(job["device"])}
    if job["save"]:
        train_and_save(make, job)
    else:
        answer["iterations"], answer["seconds"] = measure(make, job)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
