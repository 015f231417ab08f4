#!/usr/bin/env bash
# Builds an image and trains in it as an ordinary user with a mounted folder: docker/check.sh [cpu|cuda]
#
# With a Docker engine by docker. Without one, as root on Debian, by buildah: the same Dockerfile's steps in a chroot, on a
# Debian 12 made by debootstrap in place of the images of a registry, which then is never asked (apt-get install buildah
# debootstrap). For cuda that Debian also gets this machine's CUDA toolkit (CUDA_HOME, or /usr/local/cuda), so that Ubuntu's
# packages and NVIDIA's images themselves are not checked.
# MIRROR: Debian packages for debootstrap come from there.
set -euo pipefail
kind=${1:-cpu}
mirror=${MIRROR:-http://deb.debian.org/debian}
cd "$(dirname "$0")/.."
image=localhost/gantry-check:$kind
case $kind in
cpu | cuda) ;;
*)
    echo "usage: docker/check.sh [cpu|cuda]" >&2
    exit 2
    ;;
esac

work=$(mktemp -d)
run_folder=$work/mounted
mkdir "$run_folder"
chmod 755 "$work"
chown 4321:4321 "$run_folder" 2>/dev/null || true # neither root nor the image's own user; without root, one's own
uid=$(stat -c %u "$run_folder")
train=(train --iterations 2000 --device cpu)

if docker info >/dev/null 2>&1; then
    trap 'rm -rf "$work"' EXIT
    docker build -f "docker/Dockerfile.$kind" -t "$image" .
    entrypoint=$(docker inspect --format '{{.Config.Entrypoint}}' "$image")
    docker run --rm -v "$run_folder:/work" -u "$uid:$uid" "$image" "${train[@]}"
elif command -v buildah >/dev/null && command -v debootstrap >/dev/null && [ "$(id -u)" = 0 ]; then
    # All images and containers of this check lie in one folder, which goes with it. vfs and chroot ask nothing of the kernel.
    store=(--root "$work/images" --runroot "$work/state" --storage-driver vfs)
    bud=(buildah "${store[@]}" bud --isolation chroot --layers=false --pull-never)
    trap 'buildah "${store[@]}" unmount --all >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
    debootstrap --variant=minbase bookworm "$work/debian" "$mirror" >"$work/debootstrap.log" ||
        { tail -n 20 "$work/debootstrap.log"; exit 1; }
    printf 'FROM scratch\nCOPY . /\n' >"$work/base"
    "${bud[@]}" -f "$work/base" -t localhost/base:runtime "$work/debian"
    args=(--build-arg BASE=localhost/base:runtime)
    if [ "$kind" = cuda ]; then
        toolkit=$(realpath "${CUDA_HOME:-/usr/local/cuda}")
        printf 'FROM localhost/base:runtime\nCOPY . /usr/local/cuda/\n' >"$work/devel"
        "${bud[@]}" -f "$work/devel" -t localhost/base:devel "$toolkit"
        args+=(--build-arg BUILD_BASE=localhost/base:devel)
    fi
    "${bud[@]}" "${args[@]}" -f "docker/Dockerfile.$kind" -t "$image" .
    entrypoint=$(buildah "${store[@]}" inspect --type image --format '{{.OCIv1.Config.Entrypoint}}' "$image")
    container=$(buildah "${store[@]}" from --pull-never "$image")
    buildah "${store[@]}" run --isolation chroot --user "$uid:$uid" -v "$run_folder:/work" "$container" -- gantry "${train[@]}"
else
    rm -rf "$work"
    echo "docker/check.sh: needs a Docker engine, or root with buildah and debootstrap" >&2
    exit 1
fi

[ "$entrypoint" = "[gantry]" ] || { echo "check: entry point is $entrypoint" >&2; exit 1; }
pictures=$(find "$run_folder" -name '*.png' -size +1k -user "$uid" | wc -l)
weights=$(find "$run_folder" -name '*.safetensors' -user "$uid" | wc -l)
if [ "$pictures" -lt 1 ] || [ "$weights" -lt 1 ]; then
    echo "check: $pictures pictures, $weights safetensors files written" >&2
    exit 1
fi
echo "docker/Dockerfile.$kind: built; trained as user $uid in the mounted folder: $pictures pictures, $weights safetensors files"
