#!/usr/bin/env bash
# The same GAN in gantry, PyTorch and JAX: bench/peers/run.sh [FOLDER WITH gantry_runs [FLAGS OF peers.py]]
# PEERS_PYTHON: a python that has numpy and torch or jax; without it, a virtual environment in build/peers gets them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
build=${1:-$root/build/release/bench}
[ $# -eq 0 ] || shift

python=${PEERS_PYTHON:-}
if [ -z "$python" ]; then
    environment=$root/build/peers
    python=$environment/bin/python
    wanted=("-r" "$here/requirements.txt")
    # JAX's CUDA part comes apart from it; PyTorch from PyPI has its own.
    if nvidia-smi -L >/dev/null 2>&1; then
        wanted+=("$(sed -n 's/^jax==/jax[cuda13]==/p' "$here/requirements.txt")")
    fi
    stamp="${wanted[*]} $(cksum <"$here/requirements.txt")"
    if [ "$(cat "$environment/installed" 2>/dev/null)" != "$stamp" ]; then
        echo "peers: PyTorch and JAX go to build/peers (about 6 GB)"
        python3 -m venv "$environment"
        "$python" -m pip install --quiet --disable-pip-version-check "${wanted[@]}"
        echo "$stamp" >"$environment/installed"
    fi
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$python" "$here/peers.py" --gantry "$build/gantry_runs" "$@"
