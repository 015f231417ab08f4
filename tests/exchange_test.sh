#!/bin/bash
# Files for and from other programs, with those programs: onnxruntime, Keras, safetensors and NumPy from PyPI, in a virtual
# environment that only this test uses, made once (build/exchange-venv, 800 MB).
# EXCHANGE: exchange_main; GANTRY: the command; EXCHANGE_PYTHON: a python that has the packages, in place of the environment.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
here=$root/tests/exchange

skip() {
    echo "skipped: $1"
    exit 77
}

python=${EXCHANGE_PYTHON:-}
if [ -z "$python" ]; then
    environment=$root/build/exchange-venv
    python=$environment/bin/python
    stamp=$(cksum <"$here/requirements.txt")
    mkdir -p "$root/build"
    exec 9>"$environment.lock" # one of several builds makes it
    flock 9
    if [ "$(cat "$environment/installed" 2>/dev/null)" != "$stamp" ] || ! "$python" -c '' 2>/dev/null; then
        rm -rf "$environment"
        python3 -m venv "$environment" >/dev/null || skip "no virtual environment (make deps-test installs python3-venv)"
        echo "Packages from PyPI go to build/exchange-venv (800 MB)"
        timeout 900 "$python" -m pip install --quiet --disable-pip-version-check --no-input --timeout 20 --retries 2 \
            -r "$here/requirements.txt" || skip "pip can't install tests/exchange/requirements.txt (is there a network?)"
        echo "$stamp" >"$environment/installed"
    fi
    flock -u 9
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/written" "$work/read" "$work/runs"
export PYTHONDONTWRITEBYTECODE=1 KERAS_BACKEND=jax KERAS_HOME=$work JAX_PLATFORMS=cpu
failed=0
echo "What gantry writes"
"$python" "$here/written.py" "$EXCHANGE" "$work/written" || failed=1
echo "What gantry reads"
"$python" "$here/read.py" "$EXCHANGE" "$work/read" || failed=1
if [ -n "${GANTRY:-}" ]; then
    echo "Runs"
    "$python" "$here/runs.py" "$EXCHANGE" "$GANTRY" "$work/runs" || failed=1
fi
exit $failed
