#!/usr/bin/env bash
# gantry fit-discriminator: notebook 04 of the tutorial.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

gives 0 "the tutorial's" fit-discriminator
check "has 1,000 lines of epoch and two accuracies of 64 points" \
    [ "$(grep -Ecx '[0-9]+ (1\.0|0\.[0-9]{1,6}) (1\.0|0\.[0-9]{1,6})' "$out")" -eq 1000 ]
check "from 0 to 999" eval '[ "$(head -1 "$out" | cut -d" " -f1)" = 0 ] && [ "$(tail -1 "$out" | cut -d" " -f1)" = 999 ]'
# One batch of 64 points is off by several hundredths, so the last 100 together.
check "takes all real points for real at the end, and most uniform ones for fake" \
    awk 'NR > 900 {real += $2; fake += $3} END {exit !(real / 100 > 0.98 && fake / 100 > 0.8 && fake / 100 < 0.96)}' "$out"
cp "$out" a.txt
gives 0 "the same again" fit-discriminator --isa portable
check "is the same, on every instruction set" cmp "$out" a.txt
gives 0 "another seed" fit-discriminator --seed 6 --epochs 1000
check "is another" eval '! cmp -s "$out" a.txt'
gives 0 "ten epochs of another net" fit-discriminator --epochs 10 --discriminator 2-8-8-1 --batch 32 --target moons
check "are ten lines, of sixteenths" eval '[ "$(wc -l <"$out")" = 10 ] && awk "(\$2 * 16) % 1 {exit 1}" "$out"'

refuses 2 '--epochs 0: it takes a whole number from 1' fit-discriminator --epochs 0
refuses 2 'takes flags only' fit-discriminator x2
refuses 2 'did you mean --epochs' fit-discriminator --epoch 3
"$GANTRY" fit-discriminator >/dev/full 2>"$err"
code=$?
check "a full disk is one line" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ]'
"$GANTRY" fit-discriminator --epochs 100000000 2>"$err" | head -1 >/dev/null
code=${PIPESTATUS[0]}
check "a pipe whose reader goes away ends it" eval '[ $code -eq 1 ] && [ "$(wc -l <"$err")" = 1 ]'
