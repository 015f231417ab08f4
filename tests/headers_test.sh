#!/bin/bash
# Every header compiles alone, as C11 and as C++17, without a warning. The exceptions are C with GCC's extensions: the lanes headers
# need their instruction set, and what is written in lane operations comes after a lanes header. Headers that name CUDA's are passed over
# where those are not found.
set -euo pipefail
cd "$(dirname "$0")/.."
CC=${CC:-cc} CXX=${CXX:-c++}
machine=$($CC -dumpmachine)
failed=0

check() { # HEADERS COMPILER FLAG...
    local headers=$1
    shift
    for header in $headers; do echo "#include \"$header\""; done |
        "$@" -fsyntax-only -Wall -Wextra -Werror -Iinclude -Isrc -I. - && return
    echo "does not compile alone: $headers ($*)" >&2
    failed=1
}

cuda=''
for folder in "${CUDA_PATH:-/usr/local/cuda}/include" build/cuda-toolkit/include; do
    [ -z "$cuda" ] && [ -e "$folder/cuda_runtime_api.h" ] && cuda=$folder
done

n=0
while read -r header; do
    n=$((n + 1))
    case $header in
    engine/lanes_avx512.h) isa=-mavx512dq ;;
    engine/lanes_avx2.h) isa='-mavx2 -mfma' ;;
    *) isa='' ;;
    esac
    case $header in
    engine/lanes_parts.h) ;; # the second half of lanes_avx2.h and lanes_portable.h
    engine/lanes_avx*.h)
        # shellcheck disable=SC2086 # several flags
        case $machine in x86_64*) check "$header" "$CC" -xc -std=gnu11 $isa ;; *) echo "skipped on $machine: $header" ;; esac
        ;;
    engine/lanes_portable.h) check "$header" "$CC" -xc -std=gnu11 ;;
    kernels/draw.h | kernels/exact.h | kernels/loss.h | engine/philox.h | engine/lanes_activation.h | engine/lanes_adam.h)
        check "engine/lanes_portable.h $header" "$CC" -xc -std=gnu11
        ;;
    engine/layered_loops_body.h)
        check "engine/lanes_portable.h $header" "$CC" -xc -std=gnu11 -DLAYERED_NAME=layered_portable
        ;;
    engine/fused_dense.h | engine/fused_draw.h | engine/fused_moments.h | engine/fused_steps.h | engine/fused_body.h)
        check "engine/lanes_portable.h $header" "$CC" -xc -std=gnu11 -DSLOT_BLOCK=4 -DFUSED_NAME=fused_portable
        ;;
    kernels/shapes/*) ;; # macros
    engine/cuda_*.h | engine/fused_cuda_*.h | engine/layered_cuda*.h | engine/ops_cuda*.h)
        if [ -z "$cuda" ]; then
            echo "skipped without CUDA's headers: $header"
            continue
        fi
        check "$header" "$CC" -xc -std=gnu11 -isystem "$cuda"
        case $header in *_try.h) ;; *) check "$header" "$CXX" -xc++ -std=c++17 -isystem "$cuda" ;; esac
        ;;
    *)
        check "$header" "$CC" -xc -std=c11 -Wpedantic
        check "$header" "$CXX" -xc++ -std=c++17 -Wpedantic
        ;;
    esac
done < <(find include src kernels -name '*.h' | sed 's:^include/::; s:^src/::' | sort)
echo "$n headers"
exit $failed
