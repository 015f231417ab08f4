#!/usr/bin/env bash
# Studies on emulated GPUs: the content of the CPU's, whatever the number of GPUs, also of a sweep and after an interruption.
# shellcheck disable=SC1091,SC2034,SC2154 # check.sh has the variables
if [ -z "${GANTRY_EMULATED:-}" ]; then
    echo "skipped: this gantry was built without CUDA"
    exit 77
fi
. "$(dirname "$(readlink -f "$0")")/studies.sh"
GANTRY=$GANTRY_EMULATED
. "$(dirname "$(readlink -f "$0")")/check.sh"

few=(--iterations 60 --eval-every 25 --eval-samples 1000 --quiet)
# Shapes and recipes that are compiled in: the emulator can't load others.
for study in "--seeds 3:14" "--seeds 5 --sweep preset=x2,x2-leaky --sweep lr=1e-3,3e-3 --sweep d-beta1=0.5,0.9" \
    "--seeds 3 --sweep lr=1e-3,1e6 --sweep eps=1e-7,1e-20 --sweep beta2=0,0.999"; do
    # shellcheck disable=SC2086 # flags
    gives 0 "on the CPU: $study" study $study "${few[@]}" --device cpu --out cpu.sqlite --force
    for devices in 1 3; do
        export GT_EMULATOR_DEVICES=$devices
        # shellcheck disable=SC2086 # flags
        gives 0 "on $devices GPUs" study $study "${few[@]}" --device cuda --out gpu.sqlite --force
        check "the same content" same_content cpu.sqlite gpu.sqlite
        check "computed by GPUs" eval 'value gpu.sqlite "SELECT value FROM fact WHERE key = '\''computed_by'\''" | grep -q "on cuda"'
    done
done

gives 0 "the whole of a study" study --seeds 4 --iterations 3000 --eval-every 500 --eval-samples 1000 --quiet --device cpu --out whole.sqlite
begin --seeds 4 --iterations 3000 --eval-every 500 --eval-samples 1000 --quiet --device cuda --out part.sqlite
wait_for part.sqlite
end_with INT 0.7
check "is interrupted on a GPU" [ "$code" -eq 130 ]
check "with a saved state" [ "$(value part.sqlite 'SELECT count(*) FROM state')" -eq 4 ]
gives 0 "goes on on the CPU" study --resume part.sqlite --quiet --device cpu
check "to the same content" same_content whole.sqlite part.sqlite
