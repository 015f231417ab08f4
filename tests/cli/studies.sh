# shellcheck shell=bash disable=SC2154 # check.sh has the variables
# Sourced by the tests of studies: what a study's file holds, as sqlite3 tells it.
command -v sqlite3 >/dev/null || { echo "skipped - all: sqlite3 is not installed" && exit 77; }

# With a sanitizer a build reserves addresses by the terabyte, and trains at a twentieth of the speed: less work then.
instrumented() { ! { (ulimit -v 1500000 && "$GANTRY" --version); } >/dev/null 2>&1; }

# value FILE SQL: what a query gives.
value() { sqlite3 "$1" "$2"; }

# content FILE: all that a study has found, and what it is; not where and when it was computed.
content() { sqlite3 "$1" '.dump study setting axis axis_value run checkpoint'; }

# same_content A B: two studies, bit for bit, with nothing left to do.
same_content() {
    [ -s "$1" ] && [ -s "$2" ] && cmp <(content "$1") <(content "$2") && [ "$(value "$2" 'SELECT count(*) FROM state')" = 0 ]
}

# names FOLDER: what is in it, on one line.
names() { find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' '; }

# says CODE PATTERN: the exit code of the last run, and the one line on stderr that matches.
says() {
    [ "$code" -eq "$1" ] && [ "$(wc -l <"$err")" -eq 1 ] && grep -Eq "^gantry: .*$2" "$err" && return
    echo "exit code $code: $(cat "$err")"
    return 1
}

# begin ARGUMENTS...: gantry study in the background, its process in $pid.
begin() {
    "$GANTRY" study "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
}

# wait_for FILE: until it is there, ten seconds at most.
wait_for() {
    local k
    for ((k = 0; k < 200; k++)); do
        [ -s "$1" ] && return
        sleep 0.05
    done
}

# end_with SIGNAL SECONDS: ends what was begun after so long, if it still runs; the exit code in $code.
end_with() {
    sleep "$2"
    kill "-$1" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    code=$?
}

# A study of 40 seeds that is over in a tenth of a second.
# shellcheck disable=SC2034 # the tests use it
short=(--iterations 200 --eval-every 50 --eval-samples 1000 --quiet)

# Whether a merge has left nothing beside its file.
is_tidy() { [ -z "$(find . -name '*merging*' -o -name '*.new' -o -name '*-wal' -o -name '*-shm' -o -name '*.rank-*')" ]; }
