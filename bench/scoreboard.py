"""About how many clocks the warps of one scheduler take for an iteration of fused_train: a model of an SM of Hopper that issues in order.

A warp's next instruction issues when its registers and predicates are ready and its unit is free; one instruction a clock, the warp
that has waited longest first. What the model takes for granted:
 - latencies and rates below; the fixed ones are those that microbenchmarks report for Volta to Hopper (Jia et al. 2018, "Dissecting the NVIDIA
   Volta GPU architecture via microbenchmarking", table 4.1; Luo et al. 2024, "Benchmarking and dissecting the NVIDIA Hopper GPU
   architecture", table 5), rates those of the CUDA programming guide, "Arithmetic instructions";
 - memory of an SM is shared by four schedulers, so an access takes four clocks of one for each of its wavefronts (128 bytes);
 - code comes from the instruction cache in time, but a taken branch costs BRANCH clocks;
 - shared memory has no bank conflicts, local and device memory hit the first-level cache.
Real clocks are more where the instruction cache misses, and that is not known before it is measured.
"""
import re

#                   latency of the result, clocks of the unit
FIXED = {"fma": (4, 1), "alu": (5, 2), "mufu": (23, 8), "memory": (29, 4), "other": (8, 1)}
OWN = {"IMAD": (5, 2), "SHFL": (24, 4), "LDC": (30, 2), "LDG": (220, 16), "LDL": (33, 16), "VOTE": (12, 2), "S2R": (25, 2)}
BRANCH = 8


def registers_of(operand, wide):
    """Names of the registers in an operand; wide: how many of them it stands for."""
    out = []
    for match in re.finditer(r"(U?R)(\d+)|(U?P)(\d)", operand):
        if match.group(1):
            out += [f"{match.group(1)}{int(match.group(2)) + n}" for n in range(wide)]
        else:
            out.append(match.group(0))
    return out


class Op:
    """What the model needs of an instruction."""

    def __init__(self, i, unit, no_result):
        self.latency, self.clocks = OWN.get(i.name, FIXED[unit])
        words = 4 if "128" in i.parts else 2 if "64" in i.parts or "WIDE" in i.parts or i.name == "CS2R" else 1
        if i.name in ("LDS", "STS"):
            self.clocks = 4 * words if words > 1 else 4
        self.unit = "fma" if i.name == "IMAD" else unit
        self.taken = False
        sources = [i.guard] if i.guard else []
        self.results = []
        for n, operand in enumerate(i.operands):
            is_result = i.name not in no_result and (n == 0 or (n == 1 and re.match(r"^U?P", operand)))
            if is_result:
                self.results += registers_of(operand, words if n == 0 else 1)
            else:
                data = i.name in ("STS", "STG", "STL") and n == 1 and "[" not in operand
                sources.append((operand, words if data else 2 if "WIDE" in i.parts and n == 3 else 1))
        self.sources = []
        for s in sources:
            self.sources += registers_of(*(s if isinstance(s, tuple) else (s, 1)))
        self.is_branch = i.name in ("BRA", "CALL", "RET")


def period_of(trace, length):
    """One iteration in the middle of a launch: the first stretch of this length that comes twice in a row."""
    for begin in range(len(trace) - 2 * length):
        if trace[begin:begin + length] == trace[begin + length:begin + 2 * length]:
            return trace[begin:begin + length]
    raise ValueError("no iteration repeats")


def clocks_of(ops, n_warps, iterations=3):
    """Clocks an iteration of n_warps warps side by side, each its own ops; the first iteration warms up."""
    ready = [{} for _ in range(n_warps)]   # when a register can be read
    at = [0] * n_warps                     # the next instruction
    may = [3 * w for w in range(n_warps)]  # when it can issue at the earliest
    last = list(range(n_warps))            # when the warp issued, for fairness
    free = {}                              # when a unit takes the next
    total, now, begun = len(ops) * iterations, 0, None
    while min(at) < total:
        best, soonest = None, None
        for w in range(n_warps):
            if at[w] >= total:
                continue
            op = ops[at[w] % len(ops)]
            when = max([may[w], free.get(op.unit, 0)] + [ready[w].get(r, 0) for r in op.sources + op.results])
            if when <= now and (best is None or last[w] < last[best]):
                best = w
            soonest = when if soonest is None else min(soonest, when)
        if best is None:
            now = soonest
            continue
        op = ops[at[best] % len(ops)]
        for r in op.results:
            ready[best][r] = now + op.latency
        free[op.unit] = now + op.clocks
        at[best] += 1
        last[best] = now
        may[best] = now + (BRANCH if op.taken else 1)
        if begun is None and min(at) >= len(ops):
            begun = now
        now += 1
    return (now - begun) / (iterations - 1)


def estimate(trace, shorter, code, unit_of, no_result, n_warps):
    """(instructions, clocks) of an iteration; trace and shorter: of launches that differ by one iteration."""
    ops = []
    period = period_of(trace, len(trace) - len(shorter))
    for k, following in zip(period, period[1:] + period[:1]):
        op = Op(code[k], unit_of(code[k]), no_result)
        op.taken = op.is_branch and following != k + 1
        ops.append(op)
    return len(ops), clocks_of(ops, n_warps)
