#!/bin/bash
# Format, static analysis, shell scripts and headers, warnings as errors: lint.sh BUILD_DIR (configured, for compile_commands.json).
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

git ls-files '*.c' '*.h' '*.cpp' '*.cu' '*.cuh' | xargs clang-format-14 --dry-run --Werror
git ls-files '*.sh' .ci/run | xargs shellcheck
bash tests/headers_test.sh
git ls-files 'src/*.c' 'examples/*.c' | xargs -n 1 -P "$(nproc)" clang-tidy-14 -p "$build" --quiet
