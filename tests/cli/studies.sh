# shellcheck shell=bash
# Sourced by tests of studies, before check.sh, which leaves the folder: studies that take a moment, and their stores as text.

# A study of 40 seeds that is over in a tenth of a second.
# shellcheck disable=SC2034 # the tests use it
short=(--iterations 200 --eval-every 50 --eval-samples 1000 --quiet)

# What a store holds but for how it was computed.
content() { sqlite3 "$1" .dump | grep -v '^INSERT INTO fact '; }

# same_studies A B
same_studies() { cmp <(content "$1") <(content "$2"); }

# Whether a merge has left nothing beside its file.
is_tidy() { [ -z "$(find . -name '*merging*' -o -name '*.new' -o -name '*-wal' -o -name '*-shm' -o -name '*.rank-*')" ]; }
