#!/bin/bash
# Where no CUDA compiler is found that the build can use, installs one from PyPI into build/cuda-toolkit, where the build looks for it:
# compiler, runtime, NVRTC, cuRAND and cuBLAS of CUDA 13.0 (NVIDIA's licences lie in its folder licenses). Leaves the system as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

# cuRAND counts its own versions: 10.4.0 is that of CUDA 13.0
packages=(nvidia-{cuda-nvcc,cuda-crt,nvvm,cuda-runtime,cuda-cccl,cuda-nvrtc,cublas}'==13.0.*' 'nvidia-curand==10.4.0.*')

if nvcc=$(cmake -P cmake/find-nvcc.cmake 2>&1); then
    echo "deps-cuda: $nvcc is there already"
    exit 0
fi
python3 -c 'import venv, ensurepip' 2>/dev/null || bash cmake/deps.sh python

toolkit=build/cuda-toolkit
work=build/cuda-toolkit.new
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
echo "deps-cuda: installing ${packages[*]} into $toolkit (about 1.3 GB)"
mkdir -p build
python3 -m venv "$work"
if ! "$work/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --no-deps --target "$work/packages" "${packages[@]}"; then
    echo "deps-cuda: not installed (is there a network?)" >&2
    exit 1
fi

# The layout of a toolkit, with the names that a linker and CMake look for.
made=$work/packages/nvidia/cu13
[ -e "$made/lib64" ] || ln -s lib "$made/lib64"
for library in cudart nvrtc; do
    file=$(cd "$made/lib" && echo "lib$library".so.*)
    [ -e "$made/lib/lib$library.so" ] || ln -s "$file" "$made/lib/lib$library.so"
done
mkdir "$made/licenses"
for license in "$work"/packages/*.dist-info/licenses/License.txt; do
    name=$(basename "$(dirname "$(dirname "$license")")" .dist-info)
    cp "$license" "$made/licenses/$name.txt"
done
rm -rf "$toolkit"
mv "$made" "$toolkit"
"$toolkit/bin/nvcc" --version | tail -n 1
