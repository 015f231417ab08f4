#!/usr/bin/env bash
# shellcheck disable=SC2317,SC2016 # functions are called through part()

# Everything there is to learn on a machine with a GPU, in one call of under eight minutes, from a tree that was built elsewhere:
# tests, compute-sanitizer, benchmarks, peers. Builds nothing and needs no network. Without a GPU every part says why it skips.
# Usage: [OUT=FOLDER] bench/on_gpu.sh BUILD_FOLDER. Logs and rows go to $OUT (bench/results); fails if a test did.
set -uo pipefail
build=$(cd "$1" && pwd) || exit 2
cd "$(dirname "$0")/.." || exit 2
export OUT=${OUT:-bench/results}
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
budget=470 # seconds for all parts together
failed=0
table=()

# part NAME SECONDS COMMAND...: output to $OUT/NAME.log; one line of the table.
part() {
    local name=$1 limit=$2 log=$OUT/$1.log begin=$SECONDS code what
    shift 2
    [ "$limit" -lt $((budget - SECONDS)) ] || limit=$((budget - SECONDS))
    [ "$limit" -gt 1 ] || limit=1
    timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1 </dev/null
    code=$?
    case $code in
    0) what=ok ;;
    77) what="skipped: $(tail -n 1 "$log")" ;;
    124 | 137) what="FAILED: out of time ($limit s)" ;;
    *) what="FAILED ($code): $(grep -m 1 -iE 'error|fail' "$log" || tail -n 1 "$log")" ;;
    esac
    case $what in FAILED*) failed=1 ;; esac
    table+=("$(printf '%-28s %4d s  %s' "$name" $((SECONDS - begin)) "$what")")
    echo "${table[-1]}"
}

machine() {
    uname -srm
    lscpu | sed -n 's/^Model name: */CPU: /p'
    nvidia-smi 2>/dev/null || echo "no nvidia-smi"
    nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.max.sm,clocks.mem,power.limit,persistence_mode --format=csv 2>/dev/null || true
    "$1"/gantry devices 2>/dev/null || true
}

# A program of GoogleTest; where tests of it skip, so says its line of the table.
tests() {
    local program=$1 code skipped
    "$program" --gtest_brief=1 "${@:2}" | tee "$OUT/.tests"
    code=${PIPESTATUS[0]}
    [ "$code" -eq 0 ] || return "$code"
    skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]* tests*\).*/\1/p' "$OUT/.tests" | head -n 1)
    if [ -n "$skipped" ]; then
        echo "$skipped: no GPU, or none that they can use"
        return 77
    fi
}

# Short trainings under one tool of compute-sanitizer: five runs of the tutorial, one run of every other preset, with scores, and one
# by the layered engine.
sanitize() {
    local tool=$1 build=$2 preset out
    command -v compute-sanitizer >/dev/null || { echo "no compute-sanitizer"; return 77; }
    nvidia-smi -L >/dev/null 2>&1 || { echo "no GPU"; return 77; }
    out=$(mktemp -d)
    compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/bench/gantry_runs" cuda 5 1 2 1 || return
    for preset in x2-leaky x2-wide x2-deep x2-tanh; do
        echo "== $preset"
        compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/gantry" train --preset "$preset" --device cuda --seed 1 \
            --iterations 3 --eval-samples 1000 --no-plots --out "$out/$preset" || return
    done
    compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/gantry" train --preset x2-wide --engine layered --device cuda --seed 1 \
        --iterations 4 --eval-samples 1000 --no-plots --out "$out/layered" || return
    rm -rf "$out"
}

bench() {
    nvidia-smi -L >/dev/null 2>&1 || { echo "no GPU"; return 77; }
    ONLY=cuda RESULTS=$OUT bench/run.sh "$1/bench"
}

peers() {
    [ -x bench/peers/run.sh ] || { echo "no bench/peers/run.sh"; return 77; }
    nvidia-smi -L >/dev/null 2>&1 || { echo "no GPU"; return 77; }
    local python
    python=${PEERS_PYTHON:-$(command -v python3)}
    "$python" -c 'import numpy; import torch' 2>/dev/null || "$python" -c 'import numpy; import jax' 2>/dev/null ||
        { echo "neither PyTorch nor JAX here"; return 77; }
    PEERS_PYTHON=$python bench/peers/run.sh "$1/bench"
}

export -f machine tests sanitize bench peers
part machine 30 bash -c 'machine "$1"' - "$build"
sed 's/^/    /' "$OUT/machine.log"
for program in "$build"/tests/cuda_*_test; do
    case $program in *emulated*) continue ;; esac
    [ -x "$program" ] && part "$(basename "$program")" 110 bash -c 'tests "$1"' - "$program"
done
for tool in memcheck racecheck synccheck; do part "$tool" 30 bash -c 'sanitize "$1" "$2"' - $tool "$build"; done
part cuda_bench 150 bash -c 'bench "$1"' - "$build"
part peers 60 bash -c 'peers "$1"' - "$build"
rm -f "$OUT/.tests"

echo
printf '%s\n' "${table[@]}" | tee "$OUT/on_gpu.txt"
[ ! -s "$OUT/cuda.csv" ] || tail -n 40 "$OUT/cuda.csv" | cut -d, -f6-
exit $failed
