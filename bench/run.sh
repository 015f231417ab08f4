#!/usr/bin/env bash
# Runs every benchmark of a build folder and appends its rows to bench/results/cpu.csv: date, commit, processor, compiler, then
# the medians of Google Benchmark with their spread. Usage: bench/run.sh BUILD_FOLDER/bench [FLAGS OF GOOGLE BENCHMARK]
set -euo pipefail
folder=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")"
results=results/cpu.csv
mkdir -p results
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

header="date,commit,processor,compiler,benchmark,median_ms,cv_percent,runs_per_s,gflop_per_s,points_per_s"
[ -s "$results" ] || echo "$header" >"$results"
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain -- ../src ../kernels ../include . ':!results' 2>/dev/null)" ] || commit="$commit+changes"
processor=$(lscpu | sed -n 's/^Model name: *//p' | head -n 1 | tr ',' ' ')
compiler=$(${CC:-cc} --version | head -n 1 | tr ',' ' ')

for program in "$folder"/*_bench; do
    "$program" --benchmark_repetitions=7 --benchmark_min_time=0.05 --benchmark_enable_random_interleaving=true \
        --benchmark_report_aggregates_only=true --benchmark_out="$scratch/rows.json" --benchmark_out_format=json "$@"
    # one object a line in Google Benchmark's JSON: medians and coefficients of variation are paired by name
    awk -v prefix="$(date -u +%F),$commit,$processor,$compiler" '
        function text(line) { sub(/^[^:]*: *"?/, "", line); sub(/"?,?$/, "", line); return line }
        /"run_name":/ { name = text($0) }
        /"aggregate_name":/ { aggregate = text($0) }
        /"real_time":/ { time[name, aggregate] = text($0) }
        /"runs\/s":/ { runs[name, aggregate] = text($0) }
        /"GFLOP\/s":/ { gflops[name, aggregate] = text($0) }
        /"points\/s":/ { points[name, aggregate] = text($0) }
        /"run_name":/ && !(name in seen) { seen[name] = 1; order[++n] = name }
        function number(x) { return x == "" ? "" : sprintf("%.4g", x) }
        END {
            for (k = 1; k <= n; k++) {
                name = order[k]
                printf "%s,%s,%s,%.1f,%s,%s,%s\n", prefix, name, number(time[name, "median"]), 100 * time[name, "cv"],
                    number(runs[name, "median"]), number(gflops[name, "median"]), number(points[name, "median"])
            }
        }' "$scratch/rows.json" | sort >>"$results"
done
echo "rows appended to bench/$results"
