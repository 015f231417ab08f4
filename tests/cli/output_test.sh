#!/usr/bin/env bash
# What gantry prints, and where.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

run --version
check "version" grep -Eqx 'gantry [0-9]+\.[0-9]+\.[0-9]+' "$out"
run --help
check "help lists train" grep -Eq '^  train ' "$out"
check "and devices" grep -Eq '^  devices ' "$out"
run help train
cp "$out" "$folder.help"
run train --help
check "help train is train --help" cmp -s "$out" "$folder.help"
rm "$folder.help"
check "help shows a flag with its default" grep -Eq '^  --iterations N .*\(10000\)$' "$out"
run
check "without a command: exit code 2 and the usage on stderr" eval '[ $code = 2 ] && grep -q usage "$err" && [ ! -s "$out" ]'
refuses 2 'did you mean "train"' trian
refuses 2 'gantry help lists them' frobnicate

gives 0 "the tutorial" train --no-plots
line='(0|1)\.[0-9]{1,2} (0|1)\.[0-9]{1,2} [0-9]\.[0-9]{4} [0-9]\.[0-9]{4} [0-9]+/20'
check "five lines with the tutorial's columns first" [ "$(head -5 "$out" | grep -Ecx "(1|3|5|7|9)999 $line")" -eq 5 ]
for key in seed time outcome w1_x digest engine files; do check "summary has $key" grep -Eq "^$key  +[^ ]" "$out"; done
check "the digest has 32 hexadecimal digits" grep -Eqx '[0-9a-f]{32}' <(digest)
check "w1_x stands beside that of a perfect generator" grep -Eq '^w1_x .* 0\.003[0-9] \(N = 10000\)$' "$out"
check "no escape codes and no header in a pipe" eval '! grep -q "$(printf "\033")\|acc_real" "$out"'
check "nothing on stderr" [ ! -s "$err" ]
first=$(digest)

gives 0 "a run again" train --no-plots
check "the same seed gives the same digest" [ "$(digest)" = "$first" ]
gives 0 "another seed" train --no-plots --seed 17
check "another seed gives another digest" [ "$(digest)" != "$first" ]
for isa in avx512 avx2 portable; do
    run train --no-plots --isa $isa
    if [ $code -eq 3 ]; then
        skip "--isa $isa" "$(cat "$err")"
        check "without the instruction set: one line" [ "$(wc -l <"$err")" -eq 1 ]
    else
        check "--isa $isa gives the same digest" [ "$(digest)" = "$first" ]
    fi
done

run train --no-plots --device cuda
if [ $code -eq 3 ]; then
    skip "--device cuda" "$(cat "$err")"
    check "without a GPU: one line with the reason and the way out" \
        eval '[ "$(wc -l <"$err")" -eq 1 ] && grep -Eq "(built without CUDA|no GPU: .+|GPU 0.*); .*(--device cpu|newer)" "$err"'
else
    check "--device cuda gives the same digest" [ "$(digest)" = "$first" ]
fi
gives 0 "gantry devices" devices
check "lists the CPU's plain C, and GPUs or why there are none" eval 'grep -q "^cpu - yes portable: " "$out" && grep -Eq "^cuda ([0-9]+|-) (yes|no) .+" "$out"'
gives 0 "gantry devices --help" devices --help
check "has its flags" grep -q '^  --json ' "$out"

gives 0 "--seed random" train --no-plots --seed random --iterations 100
seed=$(sed -n 's/^seed *//p' "$out") && random=$(digest)
gives 0 "the seed that it printed" train --no-plots --seed "$seed" --iterations 100
check "--seed random prints the seed that repeats it" [ "$(digest)" = "$random" ]

gives 0 "an end off the schedule" train --no-plots --iterations 2500 --quiet
check "has a line of its own; --quiet prints nothing else" eval '[ "$(cut -d" " -f1 "$out" | tr "\n" " ")" = "1999 2499 " ]'

diverging='--lr 1e6 --eps 1e-20 --beta2 0 --iterations 3000'
gives 0 "a diverging run" train --no-plots $diverging --out d
check "prints nan in the tutorial's columns" grep -Eqx '1999 nan nan nan nan nan' "$out"
check "names the iteration and what was not finite" \
    grep -Eq '^outcome +diverged .*iteration [0-9]+: a generated point or a logit is not finite' "$out"
check "metrics.csv has nan in its cells" grep -q '^2000,nan,nan,' d/metrics.csv

gives 0 "a run whose points leave the domain" train --no-plots --lr 100 --iterations 2000
check "has finite scores, and says why it diverged" \
    eval 'grep -Eq "^1999 0.0 1.0 [0-9.]+e\+[0-9]+ " "$out" && grep -q "^outcome   diverged .*only 0.0 % lie inside" "$out"'

gives 0 "--json" train --no-plots --json
check "one object and nothing else" eval '[ "$(grep -c "^{" "$out")" = 1 ] && [ "$(grep -c "^}" "$out")" = 1 ]'
check "with the digest" grep -q "\"digest\":	*\"$first\"" "$out"
cp "$out" ../${folder##*/}.json
gives 0 "--json of a diverging run" train --no-plots --json $diverging
if command -v jq >/dev/null; then
    parse() { jq -es "length == 1 and (.[0] | $2)" "$1" >/dev/null; }
    check "parses" parse "$folder.json" \
        '.options.batch == 128 and .spec.generator.sizes == [5, 15, 2] and (.checkpoints | length) == 5 and .interrupted == false
         and .checkpoints[4].iteration == 10000 and .checkpoints[4].energy < 0.01 and .seconds.training > 0'
    check "NaN is null" parse "$out" '.outcome == "diverged" and .checkpoints[0].acc_real == null and .diverged.tensor == "a generated point or a logit"'
elif command -v python3 >/dev/null; then
    check "parses" python3 -c 'import json, sys; json.load(open(sys.argv[1])); json.load(open(sys.argv[2]))' "$folder.json" "$out"
else
    skip "--json parses" "neither jq nor python3 is installed"
fi
rm "$folder.json"

# Progress
endless='--iterations 4000000000 --eval-every 4000000000'
timeout -s INT 11 "$GANTRY" train --no-plots --out long $endless >"$out" 2>"$err"
check "a long run elsewhere has a plain line every ten seconds" \
    eval '[ "$(grep -Ecx "gantry: [0-9]+ of 4000000000 iterations \(0%\), [0-9]+ it/s, ETA .*" "$err")" = 1 ]'
timeout -s INT 2 "$GANTRY" train --no-plots --out longer $endless --json >"$out" 2>"$err"
check "an interrupted run gives its JSON, too" eval 'grep -q "\"interrupted\":.*true" "$out" && grep -q "\"outcome\":.*null" "$out"'

# A pseudo-terminal for stdout and stderr.
if command -v script >/dev/null; then
    # on_terminal "FLAGS" VARIABLE=VALUE... : two seconds at most
    on_terminal() {
        env "${@:2}" timeout -k 5 60 script -qec "timeout --foreground -s INT 2 '$GANTRY' train --no-plots --out t$RANDOM $1" \
            /dev/null </dev/null >"$out" 2>&1
    }
    escape=$(printf '\033')
    on_terminal "" TERM=xterm
    check "a terminal shows a header" grep -q 'iteration acc_real acc_fake  resid_mean' "$out"
    check "and the tutorial's columns" grep -Eq '1999 [01]\.[0-9]+ [01]\.[0-9]+ ' "$out"
    check "and colours" grep -q "$escape\[1m" "$out"
    on_terminal "" TERM=xterm NO_COLOR=1
    check "no colours with NO_COLOR" eval '! grep -q "$escape\[[0-9]*m" "$out"'
    on_terminal "$endless" TERM=xterm
    check "a long run has a progress bar with rate and time to go" grep -Eq '\[#* *\] [0-9]+% [0-9]+ it/s, ETA [0-9]+' "$out"
    check "which is erased" grep -q "$(printf '\r')$escape\[Kgantry: interrupted" "$out"
    on_terminal "$endless" TERM=dumb
    check "TERM=dumb has none" eval '! grep -q "$escape\|ETA" "$out" && grep -q "gantry: interrupted" "$out"'
else
    skip "output on a terminal" "the program script (bsdutils) is not installed"
fi

# stdout that doesn't take what is printed
"$GANTRY" train --no-plots --out closed >&- 2>"$err"
code=$?
check "a closed stdout is noticed before training" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ] && [ ! -e closed ]'
"$GANTRY" train --no-plots --out full >/dev/full 2>"$err"
code=$?
check "a full stdout is noticed" eval '[ $code = 1 ] && grep -q "No space left.*--resume full" "$err"'
"$GANTRY" --help >/dev/full 2>"$err"
check "of --help too" [ $? = 1 ]
"$GANTRY" train --no-plots --out pipe 2>"$err" | head -1 >/dev/null
code=${PIPESTATUS[0]}
check "a pipe whose reader goes away is no crash" eval '[ $code -le 1 ] && [ "$(grep -cv "^gantry: " "$err")" = 0 ]'
