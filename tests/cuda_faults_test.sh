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

compile() {
    # shellcheck disable=SC2086 # a list of flags
    "$CXX" -std=c++17 -O1 -ffp-contract=off -DGT_EMULATOR -Wno-unknown-pragmas "$@" -I"$root/include" -I"$root/tests" -I"$root/src" \
        -I"$root" $CXXFLAGS
}
compile -c "$root/tests/cuda_fault_main.cpp" -o "$work/main.o"

# build NAME SHAPE: compiles the kernels in $work/NAME/kernels.
build() {
    local shape=$root/tests/shapes/$2.h
    [ -f "$shape" ] || shape=$root/kernels/shapes/$2.h
    cat >"$work/$1/program.cpp" <<PROGRAM
#define FUSED_NAME faulty
#include "$shape"
#include "kernels/fused.cu"
extern "C" const fused_kernels *const fused_kernel_sets[] = {&fused_kernels_faulty, nullptr};
PROGRAM
    compile -I"$work/$1" -c "$work/$1/program.cpp" -o "$work/$1/kernels.o"
    # shellcheck disable=SC2086 # lists of flags
    "$CXX" $CXXFLAGS "$work/main.o" "$work/$1/kernels.o" -o "$work/$1/program" $LIBS
}

copy() {
    mkdir "$work/$1"
    cp -r "$root/kernels" "$work/$1/kernels"
}

for shape in x2 x2_leaky wasserstein_3_steps least_squares_curve hinge_modes; do
    copy "$shape"
    build "$shape" "$shape"
    "$work/$shape/program" "$shape" || { echo "FAIL: without a fault the bits of $shape differ"; exit 1; }
done

failures=0
# plant NAME FILE SED [SHAPE]: the fault must change the file, and be caught.
plant() {
    local shape=${4:-x2}
    copy "$1"
    sed -i "$3" "$work/$1/kernels/$2"
    if cmp -s "$work/$1/kernels/$2" "$root/kernels/$2"; then
        echo "FAIL: $1: nothing to change in kernels/$2"
        failures=$((failures + 1))
        return
    fi
    build "$1" "$shape"
    local code=0
    (ulimit -c 0 && exec "$work/$1/program" "$shape") >"$work/$1/log" 2>&1 || code=$?
    if [ "$code" -eq 0 ] || [ "$code" -eq 2 ]; then
        echo "FAIL: $1: not caught (exit code $code)"
        failures=$((failures + 1))
    else
        echo "caught: $1: $(head -n 1 "$work/$1/log")"
    fi
}

plant missing_barrier_before_the_sums fused_rows.cuh '/const int quad = first + gan.lane;/{n;s/__syncwarp();//}'
plant missing_barrier_after_the_update fused_rows.cuh '/state\[2 \* N::quads + quad\] = v;/,/^}/s/__syncwarp();//'
plant swapped_sign_of_the_step fused_rows.cuh 's/Adam adam = {-steps.at/Adam adam = {steps.at/'
plant swapped_sign_of_the_label loss.h 's/vf_sub(zero, label_share)/label_share/'
plant doubled_gradient fused_rows.cuh 's/if constexpr (N::kind != FUSED_MOMENTS) return sum;/if constexpr (N::kind != FUSED_MOMENTS) return add_quads(sum, sum);/'
plant bias_counted_twice fused_moments.cuh 's/sum.z = vf_add(sum.z, g);/sum.z = vf_add(vf_add(sum.z, g), g);/'
plant short_buffer fused_shape.h 's/FUSED_ROW_PITCH = FUSED_LANES + 1/FUSED_ROW_PITCH = FUSED_LANES + 3/'
plant vote_in_a_divergent_branch fused_train.cuh 's/if (!all_finite(zero) && t.gan.alive)/if (t.gan.alive \&\& !all_finite(zero))/'
plant another_order_of_lanes fused_rows.cuh 's/add_quads(add_quads(s\[0\], s\[1\]), add_quads(s\[2\], s\[3\]))/add_quads(add_quads(s[0], s[2]), add_quads(s[1], s[3]))/'
plant wrong_stream fused_train.cuh 's/GT_STREAM_G_LATENTS/GT_STREAM_D_LATENTS/'
plant product_and_sum_apart fused_moments.cuh 's/vf_fma(record.x, x\[0\]\[s\], record.z)/vf_add(vf_mul(record.x, x[0][s]), record.z)/'
plant samples_of_every_step_the_same fused_train.cuh 's/j \* B::samples + //' wasserstein_3_steps
plant clip_before_the_look fused_rows.cuh '/zero = vf_fma(w, 0.0f, zero);/{h;d};/if constexpr (N::is_clipped) w =/G' wasserstein_3_steps
plant averages_before_the_update fused_rows.cuh \
    's/state\[quad\] = w;/const float4 before = state[quad]; &/;s/state\[3 \* N::quads + quad\], w)/state[3 * N::quads + quad], before)/' \
    wasserstein_3_steps
plant generated_samples_before_real_ones fused_train.cuh \
    's/d_points<B>(t, args, FUSED_REAL, j, real/d_points<B>(t, args, FUSED_FAKE, j, real/;s/FUSED_FAKE, j, generated/FUSED_REAL, j, generated/' \
    least_squares_curve
plant undecayed_weight_decay fused_rows.cuh 's/hyper.g_weight_decay), factor);/hyper.g_weight_decay), 1.0f);/' least_squares_curve
plant wrong_stream_of_noise fused_train.cuh 's/GT_STREAM_REAL_NOISE/GT_STREAM_REAL/' hinge_modes
plant setting_of_the_neighbour fused_setting.cuh 's/settings.n_before + run)/settings.n_before + run \/ 2 * 2)/'
plant step_sizes_of_the_first_setting fused_rows.cuh 's/ \* steps.n_tables + /&0 * /'
plant missing_barrier_before_the_setting fused_train.cuh '/setting_quad(t.gan.rows, t.gan.lane) =/{n;n;s/__syncwarp();//}' x2_leaky
plant slope_of_the_other_net fused_train.cuh 's/rows, hyper.d_slope)/rows, hyper.g_slope)/' x2_leaky
plant low_bits_choose_the_row fused_points.cuh 's/__umulhi(word, table.n_rows)/word % table.n_rows/' hinge_modes

rm -rf "$work"
[ "$failures" -eq 0 ]
