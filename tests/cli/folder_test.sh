#!/usr/bin/env bash
# The folder of a run: its files, its name, and targets that take no files.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

files='checkpoint.safetensors config.yaml discriminator.safetensors generator.safetensors metrics.csv points.csv'
# holds FOLDER FILES: exactly these files.
holds() { [ "$(find "$1" -mindepth 1 -printf '%P\n' | sort | tr '\n' ' ')" = "$2 " ]; }

gives 0 "a run" train --no-plots --iterations 300 --eval-every 100
check "writes its files into runs/PRESET-seedN" holds runs/x2-seed5 "$files"
check "says so" grep -qx 'files     runs/x2-seed5/' "$out"
check "a row a checkpoint" [ "$(wc -l <runs/x2-seed5/metrics.csv)" -eq 4 ]
check "100 points a checkpoint" [ "$(wc -l <runs/x2-seed5/points.csv)" -eq 301 ]
gives 0 "the next" train --no-plots --iterations 300
check "takes a number" holds runs/x2-seed5-2 "$files"
gives 0 "parents" train --no-plots --iterations 300 --out deep/er/run/
check "are made" holds deep/er/run "$files"

refuses 2 'deep/er/run: the folder exists.*--force' train --out deep/er/run
refuses 2 'this is a file' train --out runs/x2-seed5/metrics.csv --force
touch deep/er/run/generated_plot_e700.png deep/er/run/mine.txt
gives 0 "--force" train --no-plots --iterations 200 --force --out deep/er/run
check "replaces the run, its pictures too, and nothing else" holds deep/er/run \
    'checkpoint.safetensors config.yaml discriminator.safetensors generator.safetensors metrics.csv mine.txt points.csv'
check "with the new config" grep -qx 'iterations: 200' deep/er/run/config.yaml

refuses 1 "can't create deep/er/run/mine.txt/x: Not a directory" train --out deep/er/run/mine.txt/x
refuses 1 "can't create /proc/gantry/x" train --out /proc/gantry/x
refuses 1 "can't create" train --out "a/b/$(printf 'x%.0s' {1..300})"
check "leaves no parent behind" [ ! -e a ]

# A limit on the size of files stands for a disk that is full: the checkpoint has more than 4 KiB, points.csv of three
# checkpoints more than 12, a picture more than 16.
(
    ulimit -f 4
    "$GANTRY" train --no-plots --out new/small >"$out" 2>"$err"
)
code=$?
check "no room from the start: exit code 1, one line, nothing left" \
    eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ] && grep -q "can.t write new/small/checkpoint" "$err" && [ ! -e new ]'
mkdir mine && touch mine/own
(
    ulimit -f 4
    "$GANTRY" train --no-plots --force --out mine >"$out" 2>"$err"
)
code=$?
check "in a folder of the user's own: it stays, with no half-written file" eval '[ $code = 1 ] && [ -e mine/own ] && ! ls -A mine | grep -q tmp'
(
    ulimit -f 12
    "$GANTRY" train --no-plots --out later --save-every 1000 >"$out" 2>"$err"
)
code=$?
check "no room later: exit code 1, one line with the way on" \
    eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ] && grep -q "later/points.csv.*--resume later" "$err"'
gives 0 "--resume" train --no-plots --resume later
gives 0 "a run without trouble" train --no-plots --out straight --save-every 1000
check "has the same results" same_runs later straight

if mkdir small && mount -t tmpfs -o size=12k tmpfs small 2>/dev/null; then
    run train --no-plots --out small/run
    check "a full disk: exit code 1, one line, nothing left" \
        eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ] && grep -q "No space left" "$err" && [ -z "$(ls -A small)" ]'
    mount -o remount,ro small
    refuses 1 "can't create small/run: Read-only file system" train --out small/run
    umount small
else
    skip "a full and a read-only disk" "mounting a tmpfs needs root"
fi
