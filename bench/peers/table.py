"""The rows: printed, and appended to a file in bench/results."""

import csv
import datetime
import os
import pathlib
import statistics

from machine import NOISY, output, processor_name

HERE = pathlib.Path(__file__).resolve().parent


class Table:
    def __init__(self, task):
        self.task = task
        self.path = HERE.parent / "results" / task.results
        self.columns = (
            "date commit machine device framework variant seeds threads iterations "
            f"ms_per_{task.unit} {task.unit}s_per_s cv_percent others_percent check"
        ).split()
        commit = output("git", "rev-parse", "--short", "HEAD", cwd=HERE) or "unknown"
        sources = ("../../src", "../../kernels", "../../include", ".")
        if output("git", "status", "--porcelain", "--", *sources, cwd=HERE):
            commit += "+changes"
        self.machine = processor_name()
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%F")
        self.first = [date, commit, self.machine]
        self.failed = False
        self.n_rows = 0
        self.line(
            "framework",
            "variant",
            "seeds",
            "threads",
            f"ms/{task.unit}",
            f"{task.unit}s/s",
            "+-",
        )

    @staticmethod
    def line(framework, variant, seeds, threads, ms, rate, spread, *notes):
        row = f"{framework:<18} {variant:<34} {seeds:>5} {threads:>7} {ms:>12} {rate:>12}"
        print("  ".join((row, f"{spread:>6}", *notes)), flush=True)

    def fail(self, what):
        self.failed = True
        print(f"FAILED: {what}", flush=True)

    def add(self, device, framework, variant, seeds, threads, iterations, seconds, others, check):
        """seconds: of repeats of so many iterations of all seeds. threads: "" on a GPU."""
        ms = 1e3 * statistics.median(seconds) / seeds * self.task.unit_iterations / iterations
        cv = 100 * statistics.stdev(seconds) / statistics.mean(seconds)
        notes = [f"from {iterations} iterations"] if iterations < self.task.unit_iterations else []
        if others > NOISY:
            notes.append(f"NOISY: others took {100 * others:.0f} % of the processors")
        ms, rate = f"{ms:.4g}", f"{1e3 / ms:.4g}"
        self.line(framework, variant, seeds, threads, ms, rate, f"{cv:.1f}%", *notes)
        numbers = [seeds, threads, iterations, ms, rate, f"{cv:.1f}", f"{100 * others:.0f}"]
        self.n_rows += 1
        new = not self.path.exists()
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(self.columns)
            writer.writerow(self.first + [device, framework, variant] + numbers + [check])

    def end(self):
        print(f"{self.n_rows} rows appended to {os.path.relpath(self.path)}")
