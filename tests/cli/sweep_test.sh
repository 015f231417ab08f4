#!/usr/bin/env bash
# gantry study --sweep: which settings it makes, that their runs are those of gantry train with the same flags, and what it
# refuses.
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # check.sh has the variables
here=$(dirname "$(readlink -f "$0")")
. "$here/check.sh"
. "$here/studies.sh"

once='--seeds 1 --iterations 1 --eval-samples 1000 --quiet --force --out s.sqlite'

# settings FILE: the values of each setting, in their order: "0.1 16|0.1 32|"
settings() {
    value "$1" "SELECT group_concat(value, ' ') FROM (SELECT setting, value FROM axis_value ORDER BY setting, axis) GROUP BY setting ORDER BY setting" |
        tr '\n' '|'
}

# makes SETTINGS NAME SWEEP...: the settings that sweeps make.
makes() {
    local want=$1 name=$2 sweep sweeps=()
    shift 2
    for sweep in "$@"; do sweeps+=(--sweep "$sweep"); done
    run study $once "${sweeps[@]}"
    [ "$code" = 0 ] || cat "$err"
    check "$name" [ "$(settings s.sqlite)" = "$want" ]
}

# ---------------------------------------------------------------- values

makes '0.1|1e-3|.01|' "a list, as it was given" lr=0.1,1e-3,.01
makes '0.1 16|0.1 32|0.1 64|1 16|1 32|1 64|' "a grid, the last sweep changing fastest" lr=0.1,1 batch=16,32,64
check "its axes" [ "$(value s.sqlite 'SELECT name FROM axis ORDER BY axis' | tr '\n' ' ')" = 'lr batch ' ]
makes '16 0.1|16 1|32 0.1|32 1|' "the other way round" batch=16,32 lr=0.1,1
makes '0|0.1|0.2|0.3|0.4|0.5|0.6|0.7|0.8|0.9|' "a range to the digit" beta1=0:0.9:10
makes '0.9|0.6|0.3|0|' "downwards" beta1=0.9:0:4
makes '1e-05|3.16228e-05|0.0001|0.000316228|0.001|0.00316228|0.01|' "in even ratios" lr=1e-5:1e-2:7:log
makes '0.1|0.01|' "of two" lr=0.1:0.01:2:log
makes '1|4|7|10|' "of whole numbers" latent=1:10:4
makes '2|4|8|16|32|' "in even ratios" batch=2:32:5:log
makes '1|2|4|5|' "to the nearest one" latent=1:5:4
makes '25,25|50|' "values with commas, parted by semicolons" 'd-hidden=25,25;50'
check "have two and one hidden layers" [ "$(value s.sqlite "SELECT json_array_length(spec, '\$.discriminator.sizes') FROM setting ORDER BY setting" | tr '\n' ' ')" = '4 3 ' ]
makes 'min(x,0.1)|x^3|' "expressions" 'target=min(x,0.1);x^3'
makes '-1:1|0:2|' "a flag that takes no number has no ranges" domain=-1:1,0:2
makes 'bell height=0.3,sd=0.1|bell height=1|' "texts with equals signs" target=bell 'target-params=height=0.3,sd=0.1;height=1'
makes '0.1 0.2|' "several sweeps of one value" lr=0.1 beta1=0.2
makes '1 2 3 4 0.5 0.6 0.7 0.8|' "as many as it takes" latent=1 batch=2 half-batch=3 d-steps=4 lr=0.5 weight-decay=0.6 real-label=0.7 fake-label=0.8

# ---------------------------------------------------------------- at random

random() { run study --seeds "$1" --iterations 1 --eval-samples 1000 --quiet --force --out "$2" --random "$3" "${@:4}"; }
ranges=(--sweep lr=1e-4:1e-1:log --sweep beta1=0.2:0.8 --sweep 'loss=bce,hinge' --sweep latent=2:9:8)
random 5:6 r.sqlite 200 "${ranges[@]}"
check "200 settings at random" [ "$(value r.sqlite 'SELECT count(*) FROM setting')" = 200 ]
check "differ" [ "$(settings r.sqlite | tr '|' '\n' | sort -u | wc -l)" = 200 ]
# of a number in axis A: its least and largest, and how many of 200 lie below a half of the range: 100 +- 4 deviations of 7
spread() { value r.sqlite "SELECT min(0.0 + value) >= $2 AND max(0.0 + value) <= $3 AND sum(0.0 + value < $4) BETWEEN 72 AND 128 FROM axis_value WHERE axis = $1"; }
check "in even ratios over their range" [ "$(spread 0 1e-4 1e-1 0.00316)" = 1 ]
check "evenly over their range" [ "$(spread 1 0.2 0.8 0.5)" = 1 ]
check "from a list" [ "$(value r.sqlite "SELECT count(DISTINCT value), sum(value = 'bce') BETWEEN 72 AND 128 FROM axis_value WHERE axis = 2 AND value IN ('bce', 'hinge')")" = '2|1' ]
check "from a range with a count: its values" [ "$(value r.sqlite 'SELECT group_concat(value) FROM (SELECT DISTINCT value FROM axis_value WHERE axis = 3 ORDER BY 0 + value)')" = 2,3,4,5,6,7,8,9 ]
check "axes that do not follow each other" [ "$(value r.sqlite "SELECT sum((0.0 + a.value < 0.00316) = (0.0 + b.value < 0.5)) BETWEEN 72 AND 128
    FROM axis_value a JOIN axis_value b USING (setting) WHERE a.axis = 0 AND b.axis = 1")" = 1 ]
random 5:7 again.sqlite 200 "${ranges[@]}"
check "the same each time" [ "$(settings again.sqlite)" = "$(settings r.sqlite)" ]
random 5:6 fewer.sqlite 20 "${ranges[@]}"
check "fewer are the first ones" [ "$(settings fewer.sqlite)" = "$(settings r.sqlite | cut -d '|' -f 1-20)|" ]
random 6:7 other.sqlite 200 "${ranges[@]}"
check "others for another first seed" [ "$(settings other.sqlite)" != "$(settings r.sqlite)" ]

# ---------------------------------------------------------------- their runs are those of gantry train

# as_train NAME FLAGS SWEEP...: every setting's run of seed 8 has the digest that gantry train has with the same flags.
as_train() {
    local name=$1 flags=$2 sweep sweeps=() n=0 n_same=0 set setting
    shift 2
    for sweep in "$@"; do sweeps+=(--sweep "$sweep"); done
    run study --seeds 7:9 --iterations 30 --eval-every 20 --eval-samples 1000 $flags "${sweeps[@]}" --quiet --force --out s.sqlite
    [ "$code" = 0 ] || cat "$err"
    for setting in $(value s.sqlite 'SELECT setting FROM setting'); do
        set=()
        while read -r sweep; do set+=(--set "$sweep"); done < <(value s.sqlite "SELECT name || '=' || value FROM axis_value JOIN axis USING (axis) WHERE setting = $setting")
        run train --no-plots --seed 8 --iterations 30 $flags "${set[@]}" --out t --force
        n=$((n + 1))
        if [ "$(digest)" = "$(value s.sqlite "SELECT digest FROM run WHERE setting = $setting AND seed = 8")" ]; then
            n_same=$((n_same + 1))
        else
            echo "setting $setting differs: ${set[*]}"
        fi
    done
    check "$name: $n settings as gantry train has them" [ $n_same = $n ] && check "which differ" [ "$(value s.sqlite 'SELECT count(DISTINCT digest) FROM run')" -eq $((2 * n)) ]
}
as_train "rates" "" lr=1e-3,0.01 beta1=0.5:0.9:2 d-eps=1e-7,1e-3
as_train "one net's rate stays" "--d-lr 0.01" lr=1e-3,0.1
as_train "the flag given beside it" "--lr 0.5" lr=1e-3,0.1
as_train "nets" "" 'd-hidden=25;9,8' latent=3,5 activation=relu,leaky_relu:0.3
as_train "losses" "" loss=bce,minimax,least_squares,hinge,wasserstein
as_train "targets" "" target=x2,sine,moons,ring8-pacgan scaling=none,symmetric
as_train "expressions" "--domain -1:1" 'target=x^3;min(x,0.2)' g-output=linear,tanh
as_train "presets" "" "preset=$("$GANTRY" presets | awk 'NF {print $1}' | grep -x '[a-z0-9-]*' | head -3 | paste -sd,)"
as_train "batches and steps" "" batch=16,32 combined-batch=true,false d-steps=1,2
as_train "averages and decay" "--lr-decay cosine" ema=0,0.9 decay-iterations=10,20 noise=gaussian,uniform
printf '0,1\n1,0\n2,2\n0.5,0.25\n' >points.csv
as_train "points of a file" "--data points.csv" lr=1e-3,0.01 half-batch=8,9

# ---------------------------------------------------------------- what is told of it

rm -rf ./*
flags='--iterations 2000 --eval-every 500 --eval-samples 1000'
gives 0 "a sweep" study --seeds 20 $flags --sweep lr=1e-3,0.01 --sweep beta1=0.5,0.9 --out s.sqlite
shares=$(value s.sqlite "SELECT setting || ' ' || printf('%.1f', 100 * avg(converged)) FROM run GROUP BY setting")
check "share of each setting" [ "$(awk '/^setting/ {on = 1; next} !NF {on = 0} on {print $1, $2}' "$out")" = "$shares" ]
check "its values" [ "$(awk '/^setting/ {on = 1; next} !NF {on = 0} on {print $(NF - 1), $NF}' "$out" | tr '\n' '|')" = 'lr=1e-3 beta1=0.5|lr=1e-3 beta1=0.9|lr=0.01 beta1=0.5|lr=0.01 beta1=0.9|' ]
check "each pair of settings" [ "$(grep -c '^[0-3] and [0-3]: ' "$out")" = 6 ]
check "the same seeds under two settings" grep -q "^0 and 3: $(value s.sqlite 'SELECT sum(a.converged > b.converged) || ", " || sum(a.converged < b.converged)
    FROM run a JOIN run b USING (seed) WHERE a.setting = 0 AND b.setting = 3'); " "$out"
check "the worst run's setting" grep -q "^worst .*--setting $(value s.sqlite 'SELECT setting FROM run ORDER BY distance DESC, run DESC LIMIT 1')\$" "$out"
for threads in 1 3; do
    gives 0 "--threads $threads" study --seeds 20 $flags --sweep lr=1e-3,0.01 --sweep beta1=0.5,0.9 --out t.sqlite --threads $threads --force --quiet
    check "the same content" same_content s.sqlite t.sqlite
done
if command -v jq >/dev/null; then
    gives 0 "--json" study --resume s.sqlite --json
    check "settings, their values and counts" [ "$(jq -r '.settings[] | "\(.values.lr) \(.values.beta1) \(.runs) \(.converged)"' "$out" | tr '\n' '|')" = \
        "$(value s.sqlite "SELECT group_concat(value, ' ') || ' 20 ' || (SELECT sum(converged) FROM run WHERE run.setting = v.setting)
            FROM (SELECT * FROM axis_value ORDER BY setting, axis) v GROUP BY setting ORDER BY setting" | tr '\n' '|')" ]
fi
command=$(value s.sqlite "SELECT value FROM study WHERE key = 'command'")
gives 0 "the command that repeats it" ${command#gantry} --out again.sqlite --quiet
check "repeats it" same_content s.sqlite again.sqlite
rm -rf ./*

# ---------------------------------------------------------------- what is refused

refuses 2 'lr: it takes flag=value' study --sweep lr
refuses 2 '=1,2: it takes flag=value' study --sweep =1,2
refuses 2 'lr=: a value is empty' study --sweep lr=
refuses 2 'lr=1,,2: a value is empty' study --sweep lr=1,,2
refuses 2 'lr=1,: a value is empty' study --sweep lr=1,
refuses 2 'did you mean lr\?' study --sweep lrx=1,2
refuses 2 "quite-other can't be swept" study --sweep quite-other=1
for flag in seed seeds data iterations eval-every eval-samples keep-weights shard random out threads isa config sweep json; do
    refuses 2 "$flag can't be swept; flags of nets, target and training can" study --sweep $flag=1,2
done
refuses 2 'lr=2,1: this flag is swept already' study --sweep lr=1,2 --sweep lr=2,1
refuses 2 'lr=1,2,1: 1 comes twice' study --sweep lr=1,2,1
refuses 2 'lr=1e-3,0.01,.001: .001 comes twice' study --sweep lr=1e-3,0.01,.001
refuses 2 'latent=1:3:5: 2 comes twice' study --sweep latent=1:3:5
for range in 1:2:3:4:log 1:2:3:4 1:x:3 x:2:3 1:2:1 1:2:0 1:2:x 1:2:-3 1:2:10001 1: :2 1:inf:2 nan:1:2 1:2:3:lg log:1:2; do
    refuses 2 "lr=$range: no range; it takes" study --sweep "lr=$range"
done
refuses 2 'lr=1:2: a range needs a count.*--random' study --sweep lr=1:2
refuses 2 'lr=0:1:3:log: .*above 0' study --sweep lr=0:1:3:log
refuses 2 'lr=-1:-2:3:log: .*above 0' study --sweep lr=-1:-2:3:log
refuses 2 'it takes up to 10000' study --sweep lr=1:2:200 --sweep eps=0.1:0.2:200
refuses 2 'it takes up to 10000|0 to 10000' study --sweep lr=1:2 --random 10001
refuses 2 'random 5: .*add --sweep' study --random 5
refuses 2 'can be given 8 times' study --sweep lr=1 --sweep eps=1 --sweep beta1=0 --sweep beta2=0 --sweep batch=2 --sweep latent=2 --sweep loss=bce \
    --sweep noise=uniform --sweep ema=0
refuses 2 '100000000 runs' study --seeds 200000 --sweep lr=1:2:1000
# One line names the setting that can't be trained.
refuses 2 'setting batch 7: batch 7; it takes an even number' study --sweep batch=8,7
refuses 2 'setting lr 0: --lr 0: it takes' study --sweep lr=1,0
refuses 2 'setting lr 0.1, d-hidden x: --d-hidden x: it takes' study --sweep lr=0.1,1 --sweep d-hidden=5,x
refuses 2 'setting loss bce, clip 0.5: ' study --sweep loss=wasserstein,bce --sweep clip=0.5
refuses 2 'setting target nothing: --target nothing' study --sweep target=x2,nothing
refuses 2 'setting preset x3: ' study --sweep preset=x2,x3
printf 'sweep: lr=1,2\n' >c.yaml
refuses 2 'sweep.*on the command line' study --config c.yaml
