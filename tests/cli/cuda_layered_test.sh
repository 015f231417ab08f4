#!/usr/bin/env bash
# The layered engine on emulated GPUs by the commands: images, precision and random numbers, what is kept of them, studies, failures.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
if [ -z "${GANTRY_EMULATED:-}" ]; then
    echo "skipped: this gantry was built without CUDA"
    exit 77
fi
GANTRY=$GANTRY_EMULATED
. "$(dirname "$(readlink -f "$0")")/idx.sh"

idx data 50 8 8
common=(--generator 6-33-64 --discriminator 64-33-1 --g-output tanh --batch 8 --data data --eval-samples 1000 --eval-every 3)
image=("${common[@]}" --no-plots --iterations 6)
engine() { sed -n 's/^engine *//p' "$out"; }
# near A B: equal rows of two metrics.csv, numbers to 1e-5.
near() {
    paste -d, "$1" "$2" | awk -F, 'NR > 1 { for (k = 1; k <= NF / 2; k++) { a = $k; b = $(k + NF / 2)
        if (a != b && (a - b) ^ 2 > (1e-5 * a) ^ 2) exit 1 } } END { exit NR < 3 }'
}

run train "${image[@]}" --device cuda --out cuda
if grep -q 'built without cuBLAS' "$err"; then
    skip "the layered engine on a GPU" "this gantry was built without cuBLAS"
    exit 77
fi
check "images on a GPU" [ "$code" -eq 0 ]
check "by the layered engine" eval 'engine | grep -qx "layered on cuda, sm_90: 1 x emulated device 0, products by cuBLASLt in fp32"'
fp32=$(digest)
gives 0 "on the CPU" train "${image[@]}" --device cpu --out cpu --quiet
check "to rounding the same" near cuda/metrics.csv cpu/metrics.csv

# ---------------------------------------------------------------- precision and random numbers
for flag in "precision tf32" "precision bf16" "rng curand"; do
    # shellcheck disable=SC2086 # two words
    gives 0 "$flag" train "${image[@]}" --device cuda --${flag% *} ${flag#* } --iterations 9 --out whole --force
    whole=$(digest)
    check "other bits" [ "$whole" != "$fp32" ]
    # shellcheck disable=SC2086
    gives 0 "a part of it" train "${image[@]}" --device cuda --${flag% *} ${flag#* } --out part --force --quiet
    check "the config has it" grep -qx "${flag% *}: ${flag#* }" part/config.yaml
    gives 0 "goes on" train --resume part --iterations 9
    check "to the same bits" [ "$(digest)" = "$whole" ]
done
refuses 2 "rng curand is of .* and this is the layered engine on cpu; take rng gantry" train --resume part --iterations 12 --device cpu --rng curand
refuses 2 "precision tf32 is of .* this is the layered engine on cpu; take precision fp32" train "${image[@]}" --device cpu --precision tf32
refuses 2 "precision bf16 is of .* this is the fused engine on cuda" train --device cuda --precision bf16
gives 0 "on the CPU, with its random numbers" train --resume part --iterations 12 --device cpu
check "goes on there" eval 'engine | grep -q "^layered on cpu" && grep -qx "rng: gantry" part/config.yaml'
gives 0 "sample, wherever it was trained" sample part -n 3
check "three images" [ "$(wc -l <"$out")" -eq 4 ]

# ---------------------------------------------------------------- studies
study=("${common[@]}" --iterations 6 --seeds 0:3 --device cuda)
gives 0 "a study in tf32" study "${study[@]}" --precision tf32 --out s.sqlite --quiet
gives 0 "its seed 2 alone" train "${image[@]}" --device cuda --precision tf32 --seed 2 --out alone
alone=$(digest)
gives 0 "replay" replay s.sqlite --seed 2 --device cuda --out r
check "is in tf32 unasked" grep -qx "digest *$alone as in the study" "$out"
refuses 2 "precision tf32 is of the layered engine on a GPU alone" replay s.sqlite --seed 2 --device cpu --out r2
export GT_EMULATOR_DEVICES=2
gives 0 "the same on two GPUs" study "${study[@]}" --precision tf32 --out t.sqlite --quiet
unset GT_EMULATOR_DEVICES
run studies diff s.sqlite t.sqlite
check "the same bits" grep -q "the digests of all 3 pairs are equal" "$out"
gives 0 "a study of points in bf16" study --engine layered --device cuda --precision bf16 --seeds 0:2 --iterations 6 --eval-every 3 \
    --eval-samples 1000 --out p.sqlite --quiet
gives 0 "a study of images with checkpoints" study "${study[@]}" --precision bf16 --keep-weights all --out k.sqlite --quiet
export GT_EMULATOR_DEVICES=0
gives 0 "its page where no GPU is" report k.sqlite --out k.html
check "has a gallery from these" eval '! grep -q gallery k.html && [ "$(grep -o "<img " k.html | wc -l)" -eq 4 ]'
gives 0 "its page where no GPU is" report p.sqlite --out p.html
check "has no gallery" grep -q "The gallery is left out, for its runs can.* be trained again here: precision bf16" p.html
unset GT_EMULATOR_DEVICES

# ---------------------------------------------------------------- GPUs that fail
# fails CALL N ERROR PATTERN: exit code 1, one line, no half of a file; where there is a run, it goes on.
fails() {
    local call=$1 n=$2 error=$3 words=$4
    rm -rf f
    GT_EMULATOR_FAIL=$call:$n:$error run train "${image[@]}" --device cuda --out f
    check "$call $n: exit code 1, one line: $words" \
        eval '[ "$code" = 1 ] && [ "$(wc -l <"$err")" = 1 ] && grep -Eq "^gantry: .*$words" "$err"'
    check "no half of a file" eval '[ -z "$(find . -name "*.tmp")" ]'
    [ -e f ] || return
    gives 0 "it goes on" train --resume f --no-plots --device cuda
    check "to the same bits" [ "$(digest)" = "$fp32" ]
}
for n in 1 2 3; do fails cudaMalloc $n 2 'out of memory \(.*: cudaErrorMemoryAllocation\)'; done
fails cudaGraphInstantiate 1 2 'out of memory \(cudaGraphInstantiate: cudaErrorMemoryAllocation\)'
fails cudaStreamBeginCapture 1 900 'cudaErrorStreamCaptureUnsupported'
for n in 1 4; do fails cudaGraphLaunch $n 700 'cudaGraphLaunch.*cudaErrorIllegalAddress'; done
for n in 1 9; do fails cudaLaunchKernel $n 719 'cudaLaunchKernel.*cudaErrorLaunchFailure'; done
for n in 1 3; do fails cudaStreamSynchronize $n 700 'cudaStreamSynchronize.*cudaErrorIllegalAddress'; done
GT_EMULATOR_MEMORY=100000 refuses 1 '1 run needs [0-9.]+ GiB, and GPU 0 has' train "${image[@]}" --device cuda
GT_EMULATOR_LIBRARIES=0 refuses 3 'cuBLASLt .*install the CUDA toolkit .*or take --device cpu' train "${image[@]}" --device cuda
