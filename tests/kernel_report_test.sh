#!/bin/bash
# Registers, spills and instructions of the kernels are those of bench/results/kernels.csv, where the compiler is the same.
cd "$(dirname "$0")/.." || exit 1
command -v python3 >/dev/null || { echo "SKIPPED: no python3"; exit 77; }
exec python3 bench/kernel_report.py --check bench/results/kernels.csv --arch 90
