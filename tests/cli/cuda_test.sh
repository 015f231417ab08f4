#!/usr/bin/env bash
# The command on emulated GPUs: the results of the CPU, the choice of a device, GPUs that are missing, unfit or fail, interruption.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
if [ -z "${GANTRY_EMULATED:-}" ]; then
    echo "skipped: this gantry was built without CUDA"
    exit 77
fi
GANTRY=$GANTRY_EMULATED
. "$(dirname "$(readlink -f "$0")")/check.sh"

one_line() { [ "$(wc -l <"$err")" -eq 1 ]; }
engine() { sed -n 's/^engine *//p' "$out"; }
short='--eval-every 300 --eval-samples 1000'
run_of() { run train --no-plots --out "$@"; }

# ---------------------------------------------------------------- the same results

gives 0 "on the CPU" train --iterations 1000 --eval-every 400 --out cpu --device cpu
cpu=$(digest)
gives 0 "on a GPU" train --iterations 1000 --eval-every 400 --out gpu --device cuda
check "the same digest" [ "$(digest)" = "$cpu" ]
check "and files" same_runs cpu gpu
check "the summary says what was taken" eval 'engine | grep -Eqx "fused on cuda, sm_90: 1 x emulated device 0, .*"'
check "the config keeps the device" grep -qx 'device: cuda' gpu/config.yaml
check "and names no GPUs" eval '! grep -q "^devices" gpu/config.yaml'
if command -v gnuplot >/dev/null; then
    for picture in cpu/*.png; do check "${picture#*/} is the same" cmp "$picture" "gpu/${picture#*/}"; done
    check "three pictures" [ "$(find gpu -name '*.png' | wc -l)" -eq 3 ]
else
    skip "the same pictures" "gnuplot is not installed"
fi
for preset in x2-leaky x2-tanh x2-wide x2-deep; do
    gives 0 "$preset on the CPU" train --no-plots --preset $preset --iterations 100 --quiet --out c-$preset
    gives 0 "$preset on a GPU" train --no-plots --preset $preset --iterations 100 --quiet --out g-$preset --device cuda
    check "are the same" same_runs c-$preset g-$preset
done
diverging='--lr 1e6 --eps 1e-20 --beta2 0 --iterations 600 --eval-every 300'
for device in cpu cuda; do
    # shellcheck disable=SC2086 # flags
    gives 0 "a diverging run on $device" train --no-plots $diverging --out d-$device --device $device
    grep '^outcome' "$out" >d-$device.outcome
done
check "freezes in the same iteration" cmp d-cpu.outcome d-cuda.outcome
check "and state" same_runs d-cpu d-cuda

# ---------------------------------------------------------------- the choice

gives 0 "--device auto" train --no-plots --iterations 10 --device auto
check "takes the CPU for one run, and says why" eval 'engine | grep -q "^fused on cpu, .*: a CPU trains one run faster than a GPU"'
export GT_EMULATOR_DEVICES=2
for devices in "--devices 0,1" "--devices 1 --device auto" "--device cuda --devices=1,0" "--set devices=1"; do
    # shellcheck disable=SC2086 # flags
    gives 0 "$devices" train --no-plots --iterations 1000 --eval-every 400 --out two $devices
    list=$(echo "$devices" | grep -Eo '[01](,[01])?$|[01] ' | tr -d ' ')
    check "takes the first that is named" eval 'engine | grep -q "^fused on cuda, sm_90: 1 x emulated device ${list%,*},"'
    check "with the same results" same_runs cpu two
    check "the config has devices: $list" grep -qx "devices: $list" two/config.yaml
    rm -r two
done
printf 'devices: 0,1\niterations: 20\n' >c.yaml
gives 0 "devices in a config" train --no-plots --config c.yaml --json
if command -v jq >/dev/null; then
    check "and in the JSON" jq -e '.options.devices == [0, 1] and .engine.device == "cuda" and .engine.gpus == 1 and
        .engine.isa == "sm_90" and .engine.name == "fused" and (.engine.why | length) > 10' "$out" >/dev/null
fi
for flags in "--device cpu" "--isa portable"; do
    # shellcheck disable=SC2086 # flags
    gives 0 "$flags beside a config with GPUs" train --no-plots --config c.yaml $flags
    check "wins" eval 'engine | grep -q "^fused on cpu"'
done
printf 'device: cpu\nisa: portable\n' >c.yaml
for flags in "--device cuda" "--devices 1"; do
    # shellcheck disable=SC2086 # flags
    gives 0 "$flags beside a config with an instruction set" train --no-plots --iterations 20 --config c.yaml $flags
    check "wins" eval 'engine | grep -q "^fused on cuda"'
done
printf 'device: cpu\ndevices: 0\n' >c.yaml
refuses 2 '--devices 0: these are GPUs, but --device is cpu' train --config c.yaml
refuses 3 'GPU 2: this machine shows 2, counted from 0; gantry devices lists them' train --devices 0,2

# ---------------------------------------------------------------- gantry devices

gives 0 "devices" devices
check "lists plain C" grep -Eqx 'cpu - yes portable: .+' "$out"
check "and both GPUs" [ "$(grep -Ecx 'cuda [01] yes emulated device [01]: sm_90, .+' "$out")" -eq 2 ]
gives 0 "devices --json" devices --json
if command -v jq >/dev/null; then
    check "parses" jq -es 'length == 1 and (.[0] | .command == "devices" and ([.devices[] | select(.device == "cuda")] ==
        [{device: "cuda", number: 0, usable: true, name: "emulated device 0", note: .devices[-2].note},
         {device: "cuda", number: 1, usable: true, name: "emulated device 1", note: .devices[-1].note}])
        and ([.devices[] | select(.name == "portable")] | length == 1 and .[0].usable and .[0].number == null))' "$out" >/dev/null
else
    skip "devices --json parses" "jq is not installed"
fi
if command -v script >/dev/null; then
    TERM=dumb script -qec "'$GANTRY' devices" /dev/null </dev/null >"$out"
    check "on a terminal: aligned columns under a header" [ "$(tr -d '\r' <"$out" | cut -c 1-24 | grep -Ec \
        '^device  number  usable  $|^cpu     -       (yes|no )     $|^cuda    [01]       yes     $')" -eq "$(wc -l <"$out")" ]
    check "on dumb ones without escape codes" eval '! grep -q "$(printf "\033")" "$out"'
fi
export GT_EMULATOR_DEVICES=0
gives 0 "devices without a GPU" devices
check "says so" grep -qx 'cuda - no no NVIDIA GPU is visible' "$out"
gives 0 "devices --json without a GPU" devices --json
if command -v jq >/dev/null; then
    check "too" jq -e '.devices[-1] | .device == "cuda" and .number == null and .name == null and .usable == false' "$out" >/dev/null
fi

# ---------------------------------------------------------------- GPUs that are missing or unfit

refuses 3 'no GPU: no NVIDIA GPU is visible; take --device cpu$' train --device cuda
refuses 3 'no GPU: no NVIDIA GPU is visible' train --devices 0
gives 0 "--device auto without a GPU" train --no-plots --iterations 1000 --eval-every 400 --out none
check "takes the CPU" eval 'engine | grep -q "^fused on cpu"'
check "with the same results" same_runs cpu none
refuses 3 'no GPU: ' train --no-plots --resume gpu --iterations 1100
gives 0 "a run from a GPU goes on without one" train --no-plots --resume gpu --iterations 1300 --device cpu
gpu_then_cpu=$(digest)
unset GT_EMULATOR_DEVICES
gives 0 "a run from the CPU goes on with one" train --no-plots --resume cpu --iterations 1300 --device cuda
check "both come to the same" [ "$(digest)" = "$gpu_then_cpu" ]
check "in all files" same_runs cpu gpu
gives 0 "a straight run" train --no-plots --iterations 1300 --eval-every 400 --out straight
check "too" same_runs cpu straight

export GT_EMULATOR_CAPABILITY=7.0
refuses 3 'emulated device 0, has compute capability 7.0, and gantry needs 7.5 or newer' train --device cuda
gives 0 "devices with an old GPU" devices
check "says what is wrong" grep -Eqx 'cuda 0 no emulated device 0: .*7\.5 or newer.*' "$out"
unset GT_EMULATOR_CAPABILITY

# ---------------------------------------------------------------- GPUs that fail

# shellcheck disable=SC2086 # flags
run_of whole $short --iterations 1200 --save-every 100
GT_EMULATOR_FAIL=cudaMalloc:1:2 refuses 1 'out of memory \(cudaMalloc' train --device cuda
GT_EMULATOR_FAIL=cudaStreamCreateWithFlags:1:999 refuses 1 'cudaStreamCreate.*cudaErrorUnknown' train --device cuda

# fails CALL N ERROR NAME: the N-th call of a run fails; exit code 1, one line with the error's name, and what is on disk goes on.
fails() {
    local call=$1 n=$2 error=$3 words=$4
    rm -rf f
    # shellcheck disable=SC2086 # flags
    GT_EMULATOR_FAIL=$call:$n:$error run_of f $short --iterations 1200 --save-every 100 --device cuda
    check "$call $n: exit code 1, one line with call and error" \
        eval '[ $code = 1 ] && one_line && grep -Eq "^gantry: .*($call.*$words|$words.*$call)" "$err"'
    check "no half of a file" eval '[ -z "$(find f -name "*.tmp" 2>/dev/null)" ]'
    if [ -e f ]; then
        check "its line says how to go on" grep -q 'gantry train --resume f' "$err"
        gives 0 "--resume on the CPU" train --no-plots --resume f --device cpu
        check "comes to the same" same_runs f whole
    fi
}
fails cudaLaunchKernel 1 719 cudaErrorLaunchFailure
fails cudaLaunchKernel 3 719 cudaErrorLaunchFailure
fails cudaLaunchKernel 12 719 cudaErrorLaunchFailure
for n in 1 2 5 10 25; do
    fails cudaMemcpyAsync $n 700 cudaErrorIllegalAddress
    fails cudaStreamSynchronize $n 700 cudaErrorIllegalAddress
done
for n in 1 4; do fails cudaMalloc $n 2 'out of memory'; done
fails cudaEventRecord 9 719 cudaErrorLaunchFailure

# ---------------------------------------------------------------- interruption

# No checkpoint line is due, so only the length of a call stands between the signal and its answer.
"$GANTRY" train --no-plots --iterations 4000000000 --eval-every 4000000000 --out i --device cuda >"$out" 2>"$err" &
pid=$!
for _ in $(seq 1200); do
    [ -e i/checkpoint.safetensors ] && break
    sleep 0.05
done
sleep 1
began=${EPOCHREALTIME//[.,]/}
kill -s INT $pid
for _ in $(seq 1000); do
    kill -0 $pid 2>/dev/null || break
    sleep 0.01
done
milliseconds=$(((${EPOCHREALTIME//[.,]/} - began) / 1000))
kill -9 $pid 2>/dev/null
wait $pid
code=$?
check "Ctrl-C: exit code 130" [ $code -eq 130 ]
check "at once ($milliseconds ms; other programs have the processors, too)" [ $milliseconds -lt 2000 ]
check "one line that says how to go on" eval 'one_line && grep -q "gantry train --resume i$" "$err"'
stopped=$(sed -n 's/.*interrupted after \([0-9]*\) of.*/\1/p' "$err")
gives 0 "--resume on the CPU after ${stopped:-no} iterations" train --no-plots --resume i --device cpu --iterations $((stopped + 500))
run_of j --eval-every 4000000000 --iterations $((stopped + 500))
check "gives what a straight run does" same_runs i j
