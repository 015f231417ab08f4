#!/bin/bash
# Faults planted in the kernels are caught: by the comparison with the CPU engine in some order of lanes, or by the emulator itself.
# Environment: CXX; CXXFLAGS and LIBS, with which kernels/fused.cu becomes a program on the emulator; BUILD for what is made.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${LIBS:-}" ]; then
    echo "SKIP: built without CUDA"
    exit 77
fi
work=$BUILD/cuda_faults
rm -rf "$work"
mkdir -p "$work"

# build NAME: compiles the kernels in $work/NAME/kernels.
build() {
    cat >"$work/$1/program.cpp" <<'PROGRAM'
#define FUSED_NAME x2
#include "kernels/shapes/x2.h"
#include "kernels/fused.cu"
extern "C" const fused_kernels *const fused_kernel_sets[] = {&fused_kernels_x2, nullptr};
PROGRAM
    # shellcheck disable=SC2086 # lists of flags
    "$CXX" -std=c++17 -O1 -ffp-contract=off -DGT_EMULATOR -Wno-unknown-pragmas -I"$work/$1" -I"$root/include" -I"$root/tests" \
        -I"$root" $CXXFLAGS "$work/$1/program.cpp" "$root/tests/cuda_fault_main.cpp" -o "$work/$1/program" $LIBS
}

copy() {
    mkdir "$work/$1"
    cp -r "$root/kernels" "$work/$1/kernels"
}

copy none
build none
"$work/none/program" || { echo "FAIL: without a fault the bits differ"; exit 1; }

failures=0
# plant NAME FILE SED: the fault must change the file, and be caught.
plant() {
    copy "$1"
    sed -i "$3" "$work/$1/kernels/$2"
    if cmp -s "$work/$1/kernels/$2" "$root/kernels/$2"; then
        echo "FAIL: $1: nothing to change in kernels/$2"
        failures=$((failures + 1))
        return
    fi
    build "$1"
    local code=0
    (ulimit -c 0 && exec "$work/$1/program") >"$work/$1/log" 2>&1 || code=$?
    if [ "$code" -eq 0 ] || [ "$code" -eq 2 ]; then
        echo "FAIL: $1: not caught (exit code $code)"
        failures=$((failures + 1))
    else
        echo "caught: $1: $(head -n 1 "$work/$1/log")"
    fi
}

plant missing_barrier_before_the_sums fused_rows.cuh '/const int quad = first + gan.lane;/{n;s/__syncwarp();//}'
plant missing_barrier_after_the_update fused_rows.cuh '/state\[2 \* N::quads + quad\] = v;/{n;n;s/__syncwarp();//}'
plant swapped_sign_of_the_step fused_rows.cuh 's/return {-args.steps\[t\]/return {args.steps[t]/'
plant swapped_sign_of_the_label fused_train.cuh 's/share, -vf_mul(label, share)/share, vf_mul(label, share)/'
plant doubled_gradient fused_rows.cuh 's/if constexpr (N::kind != FUSED_MOMENTS) return sum;/if constexpr (N::kind != FUSED_MOMENTS) return add_quads(sum, sum);/'
plant bias_counted_twice fused_moments.cuh 's/sum.z = vf_add(sum.z, g);/sum.z = vf_add(vf_add(sum.z, g), g);/'
plant short_buffer fused_shape.h 's/FUSED_ROW_PITCH = FUSED_LANES + 1/FUSED_ROW_PITCH = FUSED_LANES + 3/'
plant vote_in_a_divergent_branch fused_train.cuh 's/if (!all_finite(zero) && t.gan.alive)/if (t.gan.alive \&\& !all_finite(zero))/'
plant another_order_of_lanes fused_rows.cuh 's/add_quads(add_quads(s\[0\], s\[1\]), add_quads(s\[2\], s\[3\]))/add_quads(add_quads(s[0], s[2]), add_quads(s[1], s[3]))/'
plant wrong_stream fused_train.cuh 's/GT_STREAM_G_LATENTS/GT_STREAM_D_LATENTS/'
plant product_and_sum_apart fused_moments.cuh 's/vf_fma(record.x, x\[0\]\[s\], record.z)/vf_add(vf_mul(record.x, x[0][s]), record.z)/'

rm -rf "$work"
[ "$failures" -eq 0 ]
