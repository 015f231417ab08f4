"""The machine that rows are measured on, and how much of it other processes take."""

import os
import pathlib
import resource
import subprocess
import time

NOISY = 0.05  # share of the processors


def output(*command, cwd=None):
    """What the command prints, or nothing where it fails."""
    try:
        return subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def processor_name():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")),
        os.uname().machine,
    )
    return f"{len(os.sched_getaffinity(0))} x {model}".replace(",", " ")


def has_gpu():
    return output("nvidia-smi", "-L") != ""


def gpu_name():
    names = output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    return names.split("\n")[0] or "cuda"


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
    while best is None or (best[1] > NOISY and time.monotonic() < end):
        while time.monotonic() < end and others_share(lambda: time.sleep(1))[1] > NOISY:
            pass
        answer = others_share(run)
        if best is None or (answer[0] is not None and answer[1] < best[1]):
            best = answer
    return best
