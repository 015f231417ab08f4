#!/bin/bash
# Installs the Debian packages of the groups named (build, test, bench, lint, cuda, mpi, python) that are missing, as root or through
# sudo. Asks the network for nothing when all are there.
set -euo pipefail

declare -A packages=(
    [build]="gcc libc6-dev cmake ninja-build pkg-config libcjson-dev libmuparser-dev libyaml-dev libsqlite3-dev libxxhash-dev libhdf5-dev
        libprotobuf-c-dev protobuf-c-compiler libopenblas-dev liblapacke-dev libpng-dev zlib1g-dev gnuplot-nox graphviz"
    [test]="g++ libgtest-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user jq python3
        python3-venv sqlite3 dataset-fashion-mnist chromium libopenmpi-dev openmpi-bin slurmd slurmctld slurm-client munge"
    [bench]="g++ libbenchmark-dev dataset-fashion-mnist"
    [cuda]="g++"
    [mpi]="libopenmpi-dev openmpi-bin"
    [python]="python3 python3-venv"
    [lint]="clang-format-14 clang-tidy-14 libomp-14-dev shellcheck"
)

if ! command -v dpkg-query >/dev/null; then
    echo "deps: no dpkg here, so install what the configure step finds missing yourself" >&2
    exit 0
fi
missing=()
for group in "$@"; do
    for package in ${packages[$group]}; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing+=("$package")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "deps: missing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps: neither root nor sudo; run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@"; }
apt update || echo "deps: no package lists from the network; trying those on this machine" >&2
if ! apt install --yes --no-install-recommends "${missing[@]}"; then
    echo "deps: not installed: ${missing[*]} (is there a network?)" >&2
    exit 1
fi
