#!/usr/bin/env bash
# gantry help and presets, the manual page and bash's completion: all of them from the same tables.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

commands='target summary fit-discriminator train sample evaluate show export presets devices help'
gives 0 "gantry help" help
check "has three groups" [ "$(grep -c '^[A-Z]' "$out")" -ge 3 ]
cp "$out" all.txt
for command in $commands; do
    check "help lists $command" grep -Eq "^  $command +[^ ]" all.txt
    gives 0 "help $command" help "$command"
    cp "$out" one.txt
    check "begins with its usage" grep -q "^usage: gantry $command " one.txt
    check "has no line of more than 130 columns" awk 'length > 130 {exit 1}' one.txt
    gives 0 "$command --help" "$command" --help
    check "is the same" cmp "$out" one.txt
done
gives 0 "--help behind a wrong flag" train --wrong --help
check "is help" grep -q '^usage: gantry train' "$out"
refuses 2 'no command is called "trian"; did you mean "train"' help trian
"$GANTRY" help >/dev/full 2>"$err"
code=$?
check "a full disk is one line" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ]'

gives 0 "presets" presets
check "has the tutorial first" eval '[ "$(head -1 "$out" | cut -d" " -f1)" = x2 ]'
check "one line each, with what it is" eval '[ "$(wc -l <"$out")" -ge 20 ] && ! grep -Evq "^[a-z0-9-]+ +[^ ].*" "$out"'
gives 0 "presets --json" presets --json
if command -v jq >/dev/null; then
    check "parses" jq -e '.presets[0] | .name == "x2" and .spec.generator.sizes == [5, 15, 2] and .spec.target == "x2"' "$out"
fi
refuses 2 'takes flags only' presets x2

# ---------------------------------------------------------------- man

gives 0 "the manual page" help --man
cp "$out" gantry.1
for text in '.B \-\-half\-batch N' '.B \-n, \-\-points N' '.SS gantry fit\-discriminator' '.SH EXIT STATUS'; do
    check "has $text" grep -Fqx -- "$text" gantry.1
done
check "each flag of each command" eval '[ "$(grep -c "^\.TP" gantry.1)" -gt 150 ]'
check "has no character that a terminal would show as another" eval "! grep -q '[\`^~]' gantry.1 && ! grep -Fq \"'\" gantry.1"
if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww gantry.1 >page.txt 2>"$err"
    check "groff has no warnings" [ ! -s "$err" ]
    check "and shows what can be copied" grep -q -- "'sin(2\*pi\*x)\*exp(-x)' --domain -1:1" page.txt
else
    skip "the manual page in groff" "groff is not installed"
fi

# ---------------------------------------------------------------- completion

gives 0 "the completion" help --completion
cp "$out" gantry.bash
# completes WORDS...: the last one, of which a part is typed; the answers, one a line.
completes() {
    bash -c '. ./gantry.bash
        COMP_WORDS=(gantry "$@") COMP_CWORD=$#
        _gantry gantry "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort
}
# is EXPECTED WORDS...: exactly these completions.
is() {
    local expected=$1
    shift
    check "gantry $* completes to $expected" [ "$(completes "$@" | tr '\n' ' ')" = "$expected " ]
}
touch points.csv
mkdir runs
is 'train' tr
is 'sample show study summary' s
is '--half-batch' train --half
is 'cosine linear none' train --lr-decay ''
is 'cpu cuda' train --device c
is 'ring8-pacgan ring8-wgangp' train --preset ring
is 'points.csv' train --data po
is 'runs' evaluate ru
is 'discriminator' summary d
is '--epochs' fit-discriminator --epo
is 'fit-discriminator' help f
is '' train --lr ''
check "bash loads it for gantry" eval 'bash -c ". ./gantry.bash; complete -p gantry" | grep -qx "complete -F _gantry gantry"'
if command -v shellcheck >/dev/null; then
    check "shellcheck has nothing to say" shellcheck -s bash gantry.bash
fi
