#!/bin/bash
# The example in README.md is examples/quickstart.c, letter for letter.
set -euo pipefail
cd "$(dirname "$0")/.."
sed -n '/^<!-- examples\/quickstart.c -->$/,/^```$/p' README.md | sed '1,2d;$d' | diff - examples/quickstart.c
