# shellcheck shell=bash
# Sourced by tests that need packages from PyPI.

# make_python NAME REQUIREMENTS SIZE SECONDS: sets `python` to that of a virtual environment with these packages in build/NAME, made
# once by one of several builds; exits as skipped where it can't be made in this time. SIZE tells the user what it takes.
make_python() {
    local environment stamp
    environment=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/$1
    python=$environment/bin/python
    stamp=$(cksum <"$2")
    mkdir -p "$(dirname "$environment")"
    exec 9>"$environment.lock"
    flock 9
    if [ "$(cat "$environment/installed" 2>/dev/null)" != "$stamp" ] || ! "$python" -c '' 2>/dev/null; then
        rm -rf "$environment"
        if ! python3 -m venv "$environment" >/dev/null; then
            echo "skipped: no virtual environment (make deps-test installs python3-venv)"
            exit 77
        fi
        echo "Packages from PyPI go to build/$1 ($3)"
        if ! timeout "$4" "$python" -m pip install --quiet --disable-pip-version-check --no-input --timeout 20 --retries 2 -r "$2"; then
            echo "skipped: pip can't install $2 (is there a network?)"
            exit 77
        fi
        echo "$stamp" >"$environment/installed"
    fi
    flock -u 9
}
