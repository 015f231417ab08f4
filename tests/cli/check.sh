# shellcheck shell=bash
# Sourced by the tests of the command line. Each test runs in a fresh folder; GANTRY names the program to test. A line "ok" or
# "not ok" a check; the script fails if one failed.
set -u
: "${GANTRY:?set it to the path of the gantry to test}"
folder=$(mktemp -d)
cd "$folder" || exit 1
n_failed=0
# finish STATUS: of the script so far; 77 stays where nothing has failed.
finish() {
    cd / && rm -rf "$folder" "$folder.out" "$folder.err"
    [ "$n_failed" -eq 0 ] || echo "$n_failed checks failed"
    [ "$n_failed" -gt 0 ] || [ "$1" -ne 77 ] || exit 77
    exit "$((n_failed > 0))"
}
trap 'finish $?' EXIT

ok() { echo "ok - $1"; }
not_ok() {
    echo "not ok - $1"
    n_failed=$((n_failed + 1))
}

# check NAME COMMAND...: the command succeeds.
check() {
    local name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name ($*)"; fi
}

skip() { echo "skipped - $1: $2"; }

# run ARGUMENTS...: gantry with its output in the files out and err outside the folder that it writes into; the exit code in $code.
out=$folder.out
err=$folder.err
run() {
    "$GANTRY" "$@" >"$out" 2>"$err" </dev/null
    code=$?
}

# gives CODE NAME ARGUMENTS...: runs, and checks the exit code.
gives() {
    local want=$1 name=$2
    shift 2
    run "$@"
    [ "$code" -eq "$want" ] || cat "$err"
    check "$name: exit code $want" [ "$code" -eq "$want" ]
}

# What lies in the folder; SQLite keeps an index in memory beside a database that is read.
files() { find . -mindepth 1 ! -name '*.sqlite-shm' ! -name '*.sqlite-wal' -printf '%p %s %T@\n' | sort; }

# refuses CODE PATTERN ARGUMENTS...: exit code, one line on stderr that matches, nothing on stdout, and nothing written.
refuses() {
    local want=$1 pattern=$2 before after
    shift 2
    before=$(files)
    run "$@"
    after=$(files)
    if [ "$code" -ne "$want" ]; then
        not_ok "$*: exit code $code, not $want"
    elif [ "$(wc -l <"$err")" -ne 1 ] || ! grep -Eq "^gantry: .*$pattern" "$err"; then
        not_ok "$*: says \"$(cat "$err")\""
    elif [ -s "$out" ]; then
        not_ok "$*: prints on stdout"
    elif [ "$before" != "$after" ]; then
        not_ok "$*: wrote something"
    else
        ok "$*: $(cat "$err")"
    fi
}

# The digest of a run that "run" printed.
digest() { sed -n 's/^digest *//p' "$out"; }

# same_runs A B: two folders hold the same results, byte for byte.
same_runs() {
    local file
    for file in metrics.csv points.csv checkpoint.safetensors generator.safetensors discriminator.safetensors; do
        cmp "$1/$file" "$2/$file" || return 1
    done
}

# is_png FILE WIDTH: a whole PNG of that width; 0: of any.
is_png() {
    [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || return 1
    [ "$(tail -c 8 "$1" | head -c 4)" = IEND ] || return 1
    [ "$2" -eq 0 ] || [ "$(head -c 20 "$1" | tail -c 4 | od -An -tu1 | awk '{print (($1 * 256 + $2) * 256 + $3) * 256 + $4}')" -eq "$2" ]
}
