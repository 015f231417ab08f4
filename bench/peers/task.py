"""What a comparison is: the work, who does it, and how it is judged."""

import dataclasses
from typing import Callable


@dataclasses.dataclass
class Peer:
    framework: str
    variant: str
    module: str  # where its trainer is
    trainer: str  # a class there; methods advance(n), sync(), sample(n): [R, n, X]
    options: dict = dataclasses.field(default_factory=dict)  # of the class
    devices: tuple = ("cpu", "cuda")
    kind: str = "one"  # or batched: many seeds at once


@dataclasses.dataclass
class Task:
    """Kinds of trainers are "gantry", "one" and "batched"."""

    results: str  # the file of rows in bench/results
    unit: str  # times are given for one such, a seed
    unit_iterations: int
    peers: list
    gantry: dict  # variants on a device: [(name, flags of gantry_runs)]
    rows: Callable  # (device, kind) to [(seeds, thread counts)]: 0 is all, the fastest is the row

    check: Callable  # (points [R, n, X]) to (right, text)
    check_iterations: int
    check_seeds: dict  # by kind
    points: int  # that judge a seed

    block: int  # a peer advances by whole blocks
    max_iterations: int  # of a repeat
    gantry_iterations: int = 0  # of a repeat; 0: as many as fit
    flags: list = dataclasses.field(default_factory=list)  # of gantry_runs
    options: dict = dataclasses.field(default_factory=dict)  # of every peer's trainer
    check_flags: list = dataclasses.field(default_factory=list)  # in the check alone
    check_options: dict = dataclasses.field(default_factory=dict)
