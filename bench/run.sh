#!/usr/bin/env bash
# Runs every benchmark of a build folder and appends its rows: bench/results/cpu.csv (date, commit, processor, compiler, then the
# medians of Google Benchmark with their spread) and, where there is a GPU, bench/results/cuda.csv (date, commit, GPU, driver, CUDA,
# the same, and the benchmark's own figures as name=value). Usage: bench/run.sh BUILD_FOLDER/bench [FLAGS OF GOOGLE BENCHMARK]
# ONLY=cpu or ONLY=cuda runs one of the two; RESULTS is the folder for the rows.
set -euo pipefail
folder=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")"
results=${RESULTS:-results}
mkdir -p "$results"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

commit=${GANTRY_COMMIT:-$(git rev-parse --short HEAD 2>/dev/null || echo unknown)}
[ -z "$(git status --porcelain -- ../src ../kernels ../include . ':!results' 2>/dev/null)" ] || commit="$commit+changes"

# run PROGRAM FLAG...: its rows to $scratch/rows.json
run() {
    rm -f "$scratch/rows.json"
    "$@" --benchmark_report_aggregates_only=true --benchmark_out="$scratch/rows.json" --benchmark_out_format=json
}

# shellcheck disable=SC2016 # dollars of awk
# One object a line in Google Benchmark's JSON: medians and coefficients of variation are paired by name.
parse='
    function text(line) { sub(/^[^:]*: *"?/, "", line); sub(/"?,?$/, "", line); return line }
    function number(x) { return x == "" ? "" : sprintf("%.4g", x) }
    /"run_name":/ { name = text($0) }
    /"run_name":/ && !(name in seen) { seen[name] = 1; order[++n] = name }
    /"error_message":/ { failed[name] = text($0) }
    /"aggregate_name":/ { aggregate = text($0) }
    /"real_time":/ { time[name, aggregate] = text($0) }
    /"time_unit":/ { own = 1 }
    /^ *}/ { own = 0 }
    own && !/"time_unit":/ && aggregate == "median" && /^ *"/ {
        key = $0; sub(/^ *"/, "", key); sub(/".*/, "", key)
        value[name, key] = text($0); keys[name] = keys[name] " " key
    }'

cpu() {
    local file=$results/cpu.csv processor compiler
    [ -s "$file" ] || echo "date,commit,processor,compiler,benchmark,median_ms,cv_percent,runs_per_s,gflop_per_s,points_per_s" >"$file"
    processor=$(lscpu | sed -n 's/^Model name: *//p' | head -n 1 | tr ',' ' ')
    compiler=$(${CC:-cc} --version | head -n 1 | tr ',' ' ')
    for program in "$folder"/*_bench; do
        [[ "$program" == *_cuda_bench ]] && continue
        run "$program" --benchmark_repetitions=7 --benchmark_min_time=0.05 --benchmark_enable_random_interleaving=true "$@"
        awk -v prefix="$(date -u +%F),$commit,$processor,$compiler" "$parse"'
            END {
                for (k = 1; k <= n; k++) {
                    name = order[k]
                    printf "%s,%s,%s,%.1f,%s,%s,%s\n", prefix, name, number(time[name, "median"]), 100 * time[name, "cv"],
                        number(value[name, "runs/s"]), number(value[name, "GFLOP/s"]), number(value[name, "points/s"])
                }
            }' "$scratch/rows.json" | sort >>"$file"
    done
    echo "rows appended to $file"
}

cuda() {
    local program any=no
    for program in "$folder"/{fused,layered}_cuda_bench; do
        [ -x "$program" ] || continue
        any=yes
        cuda_rows "$program" "$@"
    done
    [ $any = yes ] || echo "cuda: skipped, built without CUDA"
}

# cuda_rows PROGRAM FLAG...
cuda_rows() {
    local file=$results/cuda.csv program=$1 gpu
    shift
    gpu=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | head -n 1 | sed 's/, */,/') || gpu=
    # in the order of registration: the shares need the peak, which comes first
    run "$program" --benchmark_repetitions=3 --benchmark_min_time=0.05 "$@"
    [ -s "$scratch/rows.json" ] || return 0 # it has said why
    local runtime
    runtime=$(sed -n 's/.*"cuda_runtime": *"\([0-9]*\)".*/\1/p' "$scratch/rows.json")
    [ -s "$file" ] || echo "date,commit,gpu,driver,cuda,benchmark,median_ms,cv_percent,runs_per_s,issue_share,figures" >"$file"
    awk -v prefix="$(date -u +%F),$commit,${gpu:-unknown,unknown},$runtime" "$parse"'
        END {
            for (k = 1; k <= n; k++) {
                name = order[k]
                if (name in failed) { print prefix "," name ",,,,," failed[name]; continue }
                figures = ""
                count = split(keys[name], own_keys, " ")
                for (j = 1; j <= count; j++)
                    if (own_keys[j] != "runs/s" && own_keys[j] != "issue_share")
                        figures = figures (figures == "" ? "" : " ") own_keys[j] "=" number(value[name, own_keys[j]])
                printf "%s,%s,%s,%.1f,%s,%s,%s\n", prefix, name, number(time[name, "median"]), 100 * time[name, "cv"],
                    number(value[name, "runs/s"]), number(value[name, "issue_share"]), figures
            }
        }' "$scratch/rows.json" >>"$file"
    echo "rows appended to $file"
}

[ "${ONLY:-cpu}" != cpu ] || cpu "$@"
[ "${ONLY:-cuda}" != cuda ] || cuda "$@"
