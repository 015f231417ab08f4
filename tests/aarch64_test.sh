#!/bin/bash
# The same bits on another processor family: digests from an aarch64 build, run under qemu, against those of this machine's build.
# DIGEST: digest_main of this machine. Headers are lent from this machine, nothing else of it is: in muParser's place, which Debian doesn't
# have for another processor, stands what knows the presets' functions, with that processor's sin, cos and exp; in OpenBLAS' place nothing,
# for its results are not held to be the same.
set -euo pipefail
cd "$(dirname "$0")/.."
cross=aarch64-linux-gnu-gcc
qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
if [ -z "$qemu" ] || ! command -v $cross >/dev/null; then
    echo "SKIPPED: needs $cross and qemu-aarch64 (make deps-test)"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/lent/cjson"
for header in xxhash.h cjson/cJSON.h muParserDLL.h; do cp "/usr/include/$header" "$work/lent/$header"; done
cp "$(pkg-config --variable=includedir openblas)"/{cblas,openblas_config}.h "$work/lent"
flags=(-std=gnu11 -O2 -ffp-contract=off -fno-math-errno -fno-trapping-math -fopenmp -DFUSED_NAME=fused_portable -DLAYERED_NAME=layered_portable
    -I include -I src -I . -isystem "$work/lent")
for source in src/core/*.c src/io/*.c src/engine/*.c; do
    case $source in *_avx*.c | *cuda*) continue ;; src/io/config* | src/io/csv* | src/io/plots*) continue ;; esac
    if grep -qE '#include <(lapacke|png|zlib|yaml|sqlite3)' "$source"; then continue; fi # of no use to the program
    $cross "${flags[@]}" -c "$source" -o "$work/$(basename "$source" .c).o"
done
# An archive, so that what reads and writes files (and needs cJSON) is left out of the program.
aarch64-linux-gnu-ar rcs "$work/libgantry.a" "$work"/*.o
$cross "${flags[@]}" tests/digest_main.c tests/muparser_stand_in.c tests/openblas_stand_in.c "$work/libgantry.a" -lm -o "$work/digest_aarch64"

iterations=60
"$qemu" -L /usr/aarch64-linux-gnu "$work/digest_aarch64" $iterations portable >"$work/aarch64"
"$DIGEST" $iterations auto >"$work/here"
diff "$work/here" "$work/aarch64"
echo "$(wc -l <"$work/here") digests after $iterations iterations are the same on aarch64 and on $(uname -m)"
