#!/usr/bin/env python3
"""What the kernels cost, from their machine code; needs nvcc, no GPU. Writes bench/results/kernels.csv.

For every shape of kernels/shapes/ and each architecture: registers, spills and stack (ptxas), shared memory, instructions, and for
fused_train the instructions that a warp issues in one iteration in the middle of a launch (bench/sass.py says how they are counted),
halved, since a warp trains two GANs: "slots". An issue slot is what a multiprocessor has four of in each clock, whatever the instruction.
The columns behind split them by the unit that executes them: fma (FP32 and integer multiply-add), alu (the rest of integer, comparisons,
minima, logic; half as many units on sm_80 and sm_90, so that 2 alu bound the clocks as well), mufu (a sixteenth, eight clocks a slot),
memory, other (branches, barriers, votes, moves between register files).

  bench/kernel_report.py                                  all, to bench/results/kernels.csv
  bench/kernel_report.py --shape x2 --arch 90             rows to the screen
  bench/kernel_report.py --shape x2 --stages              slots by what they are for
  bench/kernel_report.py --shape x2 --clocks               about how many clocks an iteration takes (bench/scoreboard.py)
  bench/kernel_report.py --shape x2 --approximate         what approximate functions would take
  bench/kernel_report.py --check bench/results/kernels.csv   exit 1 where fresh figures differ, 77 where another nvcc made those
"""
import argparse
import csv
import glob
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sass
import scoreboard

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHAPES = os.path.join(ROOT, "kernels/shapes")
ITERATIONS = 3  # of the longer of two launches, whose difference is one iteration in the middle
COLUMNS = ("nvcc", "arch", "shape", "kernel", "registers", "spill_stores", "spill_loads", "stack", "shared_bytes", "instructions",
           "slots", "fma", "alu", "mufu", "memory", "other")


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(77)


# ---------------------------------------------------------------- tools


def find_nvcc():
    home = os.environ.get("CUDA_HOME", "/usr/local/cuda")
    nvcc = os.environ.get("CUDACXX") or shutil.which("nvcc") or shutil.which("nvcc", path=os.path.join(home, "bin"))
    return nvcc or skip("no nvcc")


def find_disassembler():
    """nvdisasm from the PATH or the toolkit; else from PyPI, in build/kernel-tools."""
    near = os.path.dirname(find_nvcc())
    found = shutil.which("nvdisasm") or shutil.which("nvdisasm", path=near)
    if found:
        return found
    folder = os.path.join(ROOT, "build/kernel-tools")
    pattern = os.path.join(folder, "lib/python*/site-packages/nvidia/cu13/bin/nvdisasm")
    if not glob.glob(pattern):
        for command in ([sys.executable, "-m", "venv", folder],
                        [os.path.join(folder, "bin/pip"), "install", "--quiet", "nvidia-cuda-nvdisasm==13.2.*"]):
            if subprocess.run(command, stdout=sys.stderr).returncode != 0:
                skip("no nvdisasm, and it can't be installed")
    return (glob.glob(pattern) or [skip("the package has no nvdisasm")])[0]


def nvcc_version(nvcc):
    text = subprocess.run([nvcc, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"V(\d+\.\d+\.\d+)", text).group(1)


def host_numbers(shape, folder):
    """What the host knows of a shape: offsets and sizes of fused_train_args, shared memory."""
    source, program = os.path.join(folder, "numbers.c"), os.path.join(folder, "numbers")
    with open(source, "w") as f:
        f.write(f"""#include "{shape}"
#include "kernels/fused_kernels.h"
#include <stddef.h>
#include <stdio.h>
static const fused_gan_shape gan = FUSED_GAN_OF_MACROS;
int main(void) {{
    printf("%zu %zu %zu %d %d", sizeof(fused_train_args), offsetof(fused_train_args, n_runs), offsetof(fused_train_args, n_iterations),
           2 * 16 * fused_shared_quads(&gan), fused_evaluate_shared_bytes(&gan));
    return 0;
}}
""")
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", f"-I{ROOT}", source, "-o", program], check=True)
    out = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return [int(x) for x in out.split()]


def section_sizes(path):
    """{name: bytes} of an ELF file."""
    data = open(path, "rb").read()
    start, = struct.unpack_from("<Q", data, 0x28)
    entry, n, names = struct.unpack_from("<HHH", data, 0x3a)
    headers = [struct.unpack_from("<IIQQQQ", data, start + k * entry) for k in range(n)]
    base = headers[names][4]
    return {data[base + h[0]:data.index(b"\0", base + h[0])].decode(): h[5] for h in headers}


def compile_shape(args, shape, arch, folder, lines):
    nvcc = find_nvcc()
    cubin = os.path.join(folder, f"{args.name(shape)}-{arch}{'-lines' if lines else ''}.cubin")
    command = [nvcc, "-std=c++17", "-O3", f"-arch=sm_{arch}", "-fmad=false", "-Xptxas=-v", "-cubin", "-o", cubin,
               f"-DFUSED_NAME={args.name(shape)}", "-include", shape]
    if args.approximate:
        command += [f"-I{ROOT}/bench/approximate", "-use_fast_math", "-fmad=true"]
    command += [f"-I{ROOT}"] + (["-lineinfo"] if lines else []) + args.flags.split() + [os.path.join(ROOT, "kernels/fused.cu")]
    out = subprocess.run(command, capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(out.stderr)
    return cubin, out.stderr


# ---------------------------------------------------------------- figures


def ptxas_figures(text, kernel):
    part = text[text.index(f"Compiling entry function '{kernel}'"):]
    stack, stores, loads = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part).groups()
    used = re.search(r"Used (\d+) registers", part).group(1)
    return int(used), int(stores), int(loads), int(stack)


def constants_of(base, numbers, n_iterations):
    """Bank 0 as a launch of one warp, two runs, has it. base: where arguments start, which tells the layout before them."""
    _, at_runs, at_iterations, _, _ = numbers
    stack = 0xfffdc0
    fixed = {0x360: 32, 0x364: 1, 0x368: 1, 0x370: 1, 0x37c: stack} if base >= 0x380 else {0: 32, 4: 1, 8: 1, 0xc: 1, 0x28: stack}
    return {**fixed, base + at_runs: 2, base + at_iterations: n_iterations}


def iteration_counts(program, kernel, cubin, numbers):
    base = section_sizes(cubin)[f".nv.constant0.{kernel}"] - numbers[0]
    longer, shorter = (sass.count(program, kernel, constants_of(base, numbers, n)) for n in (ITERATIONS, ITERATIONS - 1))
    return [a - b for a, b in zip(longer, shorter)]


UNIT = {"fma": ("FFMA", "FMUL", "FADD", "IMAD", "HFMA2", "FFMA32I", "FMUL32I", "FADD32I"),
        "mufu": ("MUFU", "I2F", "F2I", "F2F"),
        "memory": ("LDS", "STS", "LDG", "STG", "LDL", "STL", "LD", "ST", "SHFL", "LDC", "ATOMS", "ATOMG", "LDSM"),
        "other": ("BRA", "BSSY", "BSYNC", "NOP", "WARPSYNC", "BAR", "EXIT", "CALL", "RET", "VOTE", "VOTEU", "S2R", "CS2R", "R2UR", "S2UR", "BREAK",
                  "DADD", "DMUL", "DFMA", "ENDCOLLECTIVE", "BMOV", "YIELD", "DEPBAR")}


def unit_of(i):
    for unit, names in UNIT.items():
        if i.name in names:
            return unit
    return "other" if i.name[0] == "U" else "alu"


def report(args, shape, arch, folder, nvdisasm):
    name, numbers = args.name(shape), host_numbers(shape, folder)
    cubin, log = compile_shape(args, shape, arch, folder, lines=False)
    listing = subprocess.run([nvdisasm, "-c", cubin], capture_output=True, text=True, check=True).stdout
    program = sass.Program(listing)
    for kernel, shared in ((f"fused_train_{name}", numbers[3]), (f"fused_evaluate_{name}", numbers[4])):
        row = dict(zip(COLUMNS, (args.version, f"sm_{arch}", name, kernel.rsplit("_" + name, 1)[0]) + ptxas_figures(log, kernel) +
                       (shared, program.size(kernel))))
        if "train" in kernel:
            counts = iteration_counts(program, kernel, cubin, numbers)
            units = Counter()
            for i, n in zip(program.code, counts):
                units[unit_of(i)] += n / 2
            row.update({"slots": sum(units.values()), **{unit: units[unit] for unit in COLUMNS[11:]}})
            if args.opcodes:
                opcodes = Counter()
                for i, n in zip(program.code, counts):
                    opcodes[i.name] += n / 2
                for opcode, n in opcodes.most_common():
                    print(f"  {n:9.1f}  {opcode}")
        yield row


# ---------------------------------------------------------------- stages

FUNCTION = re.compile(r"^(?:template <.*?> ?)?(?:static |extern |LANES_FN |FUSED_CONST_FN |QUALIFIERS |__forceinline__ |__device__ )+"
                      r".*?(\w+)\(")


class Sources:
    """Which function of a source a line is in."""

    def __init__(self):
        self.files = {}

    def function(self, path, line):
        if path not in self.files:
            names, name = [], ""
            try:
                text = open(path).read().splitlines()
            except OSError:
                text = []
            for number, words in enumerate(text):
                if words[:1].strip() and not words.startswith(("#", "}", "/", " ", "*")):
                    match = re.search(r"(\w+)\(", words if "__launch_bounds__" not in words else words.split(")", 1)[1])
                    if match:
                        name = match.group(1)
                names.append(name)
            self.files[path] = names
        names = self.files[path]
        return names[line - 1] if 0 < line <= len(names) else os.path.basename(path)


def print_stages(args, shape, arch, folder, nvdisasm):
    """Slots by function: the step, the function that it calls, and apart from that what goes to Adam, Philox and exact functions."""
    name, numbers = args.name(shape), host_numbers(shape, folder)
    cubin, _ = compile_shape(args, shape, arch, folder, lines=True)
    program = sass.Program(subprocess.run([nvdisasm, "-c", "-gi", cubin], capture_output=True, text=True, check=True).stdout)
    counts = iteration_counts(program, f"fused_train_{name}", cubin, numbers)
    sources, stages, inner = Sources(), Counter(), Counter()
    for i, n in zip(program.code, counts):
        if n == 0:
            continue
        chain = [sources.function(*place) for place in reversed(i.where)]  # outermost first
        steps = [k for k, f in enumerate(chain) if f in ("d_step", "g_step")]
        at = steps[0] if steps else 0
        stages[" > ".join(chain[at:at + 2]) if steps else "the loop around"] += n / 2
        for f in chain[::-1]:
            if f in ("adam_quads", "adam_update", "sum_quads", "put_quad") or f.startswith(("draw_", "exact_", "curand_Philox", "vf_rcp", "vf_sqrt")):
                inner[f] += n / 2
    total = sum(counts) / 2
    print(f"{name}, sm_{arch}, compiled with line numbers, which can change it a little: {total:.1f} slots")
    for title, table in (("by step and what it calls", stages), ("of these in (a function with all that it calls)", inner)):
        print(f" {title}")
        for key, n in table.most_common():
            print(f"  {n:9.1f} {100 * n / total:5.1f} %  {key}")


def print_clocks(args, shape, arch, folder, nvdisasm):
    """Clocks of a scheduler by the model of bench/scoreboard.py, and what they would mean on an H100 or H200."""
    sms, schedulers, hertz, iterations = 132, 4, 1.98e9, 10000
    name, numbers = args.name(shape), host_numbers(shape, folder)
    cubin, _ = compile_shape(args, shape, arch, folder, lines=False)
    program = sass.Program(subprocess.run([nvdisasm, "-c", cubin], capture_output=True, text=True, check=True).stdout)
    kernel = f"fused_train_{name}"
    base = section_sizes(cubin)[f".nv.constant0.{kernel}"] - numbers[0]
    traces = [sass.run(program, kernel, constants_of(base, numbers, n)).trace for n in (4, 3)]
    print(f"{name}, sm_{arch}, {iterations} iterations on {sms} multiprocessors at {hertz / 1e9} GHz")
    for warps in (1, 2, 3, 4):
        issued, clocks = scoreboard.estimate(*traces, program.code, unit_of, sass.NO_RESULT, warps)
        runs = sms * schedulers * warps * 2
        seconds = clocks * iterations / hertz
        print(f"  {warps} warps a scheduler ({runs} runs in flight): {clocks:.0f} clocks for {warps * issued} instructions, "
              f"{100 * warps * issued / clocks:.0f} % of the issue slots; {1000 * seconds:.0f} ms, {runs / seconds:.0f} runs/s")


# ---------------------------------------------------------------- the report


def as_text(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"{v:g}" if isinstance(v, float) and v < 1e5 else int(v) if isinstance(v, float) else v for k, v in row.items()})
    return out.getvalue()


def differences(old, new):
    """Registers, spills and shared memory must be equal, counts of instructions within 1 %."""
    key = lambda row: (row["arch"], row["shape"], row["kernel"])
    known = {key(row): row for row in old}
    for row in new:
        if key(row) not in known:
            yield f"{'/'.join(key(row))} is not in the file"
            continue
        before = known[key(row)]
        for column in COLUMNS[4:11]:
            a, b = before[column], row[column]
            exact = column not in ("instructions", "slots")
            if a != b and (exact or abs(float(b) - float(a)) > 0.01 * float(a)):
                yield f"{'/'.join(key(row))}: {column} {a} in the file, {b} now"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", action="append", help="a name in kernels/shapes/, or a path; all by default")
    parser.add_argument("--arch", action="append", help="90 for sm_90; 80 and 90 by default")
    parser.add_argument("--flags", default="", help="more flags for nvcc")
    parser.add_argument("--approximate", action="store_true", help="with the functions of bench/approximate/")
    parser.add_argument("--stages", action="store_true")
    parser.add_argument("--clocks", action="store_true")
    parser.add_argument("--opcodes", action="store_true", help="slots by opcode too")
    parser.add_argument("--check", metavar="CSV")
    parser.add_argument("--output", metavar="CSV")
    args = parser.parse_args()
    args.name = lambda shape: os.path.basename(shape)[:-2]
    args.version = nvcc_version(find_nvcc())
    custom = bool(args.shape or args.arch or args.flags or args.approximate)
    shapes = [s if s.endswith(".h") else f"{SHAPES}/{s}.h" for s in args.shape or sorted(glob.glob(f"{SHAPES}/*.h"))]
    shapes = [os.path.abspath(s) for s in shapes]
    archs = args.arch or ["80", "90"]
    if args.check:
        old = list(csv.DictReader(open(args.check)))
        if not any(row["nvcc"] == args.version for row in old):
            skip(f"{args.check} was made by another nvcc than {args.version}")
    with tempfile.TemporaryDirectory() as folder:
        nvdisasm = find_disassembler()
        if args.stages or args.clocks:
            for shape in shapes:
                for arch in args.arch or ["90"]:
                    (print_clocks if args.clocks else print_stages)(args, shape, arch, folder, nvdisasm)
            return
        rows = [row for shape in shapes for arch in archs for row in report(args, shape, arch, folder, nvdisasm)]
    text = as_text(rows)
    if args.check:
        found = list(differences(old, csv.DictReader(io.StringIO(text))))
        print("\n".join(found) or "as in the file")
        if found:
            print("if that is meant: bench/kernel_report.py, and commit bench/results/kernels.csv")
        sys.exit(1 if found else 0)
    output = args.output or (None if custom else f"{ROOT}/bench/results/kernels.csv")
    if output:
        open(output, "w").write(text)
    print(text, end="")


if __name__ == "__main__":
    sys.setrecursionlimit(5000)
    main()
