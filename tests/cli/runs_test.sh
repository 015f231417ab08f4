#!/usr/bin/env bash
# gantry sample, evaluate and show: a run, from its folder or its checkpoint.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

gives 0 "a run" train --no-plots --iterations 4000 --eval-samples 2000 --out run
digest=$(digest)
printf '%s\n' 1,2,3 4,5,6 7,8,10 >d.csv
gives 0 "a run of data" train --no-plots --iterations 500 --data d.csv --out data
rm d.csv # the checkpoint holds the points
gives 0 "a run of a mixture" train --no-plots --iterations 300 --preset ring8-pacgan --g-hidden 8 --d-hidden 8 --out ring
cp run/checkpoint.safetensors alone.safetensors

# ---------------------------------------------------------------- sample

gives 0 "samples" sample run -n 250
check "are 250 lines behind a header" eval '[ "$(wc -l <"$out")" = 251 ] && [ "$(head -1 "$out")" = x,y ]'
cp "$out" a.txt
for from in run/ run/checkpoint.safetensors alone.safetensors; do
    gives 0 "from $from" sample -n250 $from
    check "the same" cmp "$out" a.txt
done
gives 0 "fewer" sample run --points=100
check "are the first of them" cmp "$out" <(head -101 a.txt)
gives 0 "another draw" sample run -n 250 --draw 1
check "is another" eval '! cmp -s "$out" a.txt'
gives 0 "into a file" sample run -n 250 --out s.csv
check "the same, and nothing on stdout" eval 'cmp s.csv a.txt && [ ! -s "$out" ]'
gives 0 "as .npy" sample run -n 250 --out s.npy
check "has 250 x 2 floats behind NumPy's header" eval \
    '[ "$(head -c 6 s.npy | tail -c 5)" = NUMPY ] && grep -aq "250, 2" s.npy && [ "$(stat -c %s s.npy)" -ge $((250 * 8 + 64)) ]'
refuses 2 's.csv: the file exists; name another, or replace it with --force' sample run --out s.csv
gives 0 "--force" sample run -n 3 --out s.csv --force
check "replaces it" [ "$(wc -l <s.csv)" -eq 4 ]
gives 0 "points of data" sample data -n 5
check "have its columns" eval '[ "$(head -1 "$out")" = x1,x2,x3 ] && awk -F, "NF != 3 {exit 1}" "$out"'
gives 0 "--untrained" sample --untrained -n 100
check "is 100 points of a generator with its initial weights" [ "$(wc -l <"$out")" -eq 101 ]
cp "$out" u.txt
gives 0 "--untrained with another seed" sample --untrained --seed 6
check "gives others" eval '! cmp -s "$out" u.txt'
gives 0 "--untrained with flags" sample --untrained --latent 3 --target moons -n 7
check "takes them" [ "$(wc -l <"$out")" -eq 8 ]

refuses 2 'gantry sample needs a RUN' sample
refuses 2 'run and --untrained: leave one' sample run --untrained
refuses 2 '--lr 1: run was trained as it is' sample run --lr 1
refuses 2 '--points 0: it takes a whole number from 1' sample run -n 0
refuses 2 '--points needs a value' sample run -n
refuses 2 'x.txt: it takes a file name that ends in .csv or .npy' sample run --out x.txt
refuses 1 'nowhere/x.csv' sample run --out nowhere/x.csv
"$GANTRY" sample run >/dev/full 2>"$err"
code=$?
check "a full stdout is one line" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ]'
for kind in csv npy; do
    ln -s /dev/full full.$kind
    refuses 1 "full.$kind: No space left" sample run --out full.$kind
done
"$GANTRY" sample run -n 1000000 2>"$err" | head -1 >/dev/null
code=${PIPESTATUS[0]}
check "a pipe whose reader goes away is one line" eval '[ $code -eq 1 ] && [ "$(wc -l <"$err")" = 1 ]'

# ---------------------------------------------------------------- evaluate

gives 0 "evaluate" evaluate run --eval-samples 2000
for score in acc_real acc_fake d_loss_real d_loss_fake g_loss resid_mean resid_p95 w1_x support coverage std_x energy; do
    check "has $score with its meaning" grep -Eq "^$score +[0-9./-]+ +[a-zA-Z].*" "$out"
done
check "no score of mixtures" eval '! grep -q "^modes" "$out"'
check "the value of a perfect generator" grep -Eq '^w1_x .*; perfect: 0\.00[0-9]+$' "$out"
check "and the outcome" grep -Eq '^outcome +[a-z]+$' "$out"
train_resid=$(tail -1 run/metrics.csv | cut -d, -f"$(head -1 run/metrics.csv | tr , '\n' | grep -nx resid_mean | cut -d: -f1)")
check "the same scores as in training" grep -Eq "^resid_mean +$(printf %.4f "$train_resid") " "$out"
gives 0 "of a mixture" evaluate ring
check "has its scores" eval 'grep -Eq "^modes +[0-8]/8 " "$out" && grep -q "^hq .*perfect: 0.9889" "$out" && ! grep -q "^w1_x" "$out"'
gives 0 "of data" evaluate data --energy 500
check "has its scores" eval 'grep -q "^energy_coefficient " "$out" && grep -q " 500 for the energy" "$out" && ! grep -q "^hq" "$out"'
gives 0 "--json" evaluate alone.safetensors --json
if command -v jq >/dev/null; then
    check "parses" jq -e '.command == "evaluate" and .metrics.iteration == 4000 and .metrics.n_samples == 10000
        and .perfect.coverage == 20 and .metrics.modes == null and (.outcome | type) == "string"' "$out"
fi
gives 0 "evaluate of several" evaluate run alone.safetensors --eval-samples 2000
resid=$(sed -n 's/^resid_mean  *\([0-9.]*\) .*/\1/p' "$out")
check "has the mean, its interval, and the ends" grep -Eq "^resid_mean +$(printf %.4f "$train_resid") +0.0000 +$resid +$resid$" "$out"
check "and the outcomes" grep -Eq '^outcomes +[a-z]+ 2$' "$out"
gives 0 "as JSON" evaluate run alone.safetensors run --json
if command -v jq >/dev/null; then
    check "has each run, and the summary" jq -e '(.runs | length) == 3 and .runs[1].metrics.iteration == 4000
        and (.summary.resid_mean.mean - .runs[0].metrics.resid_mean | fabs) < 1e-12 and .summary.w1_x.runs == 3' "$out"
fi
for other in ring data; do
    refuses 2 "$other/checkpoint.safetensors learns something else than run/checkpoint.safetensors" evaluate run $other
done
refuses 4 'nowhere' evaluate run nowhere
refuses 2 'gantry evaluate needs RUN ...: it takes' evaluate
refuses 2 '--eval-samples 10: it takes a whole number from 1000' evaluate run --eval-samples 10
refuses 2 '--device tpu' evaluate run --device tpu
"$GANTRY" evaluate run >/dev/full 2>"$err"
code=$?
check "a full disk is one line" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ]'

# ---------------------------------------------------------------- show

gives 0 "show" show run
check "has the digest" grep -qx "digest              $digest" "$out"
for line in 'iterations +4000' '  generator +5-15-2' '  target +x2' '  domain +-0.5:0.5' '  seed +5' '  eval-samples +2000' '  resid_mean +0.*' \
    ' +[0-9]+  checkpoint.safetensors' '  outcome +[a-z]+'; do
    check "has a line $line" grep -Eqx "$line" "$out"
done
gives 0 "of a checkpoint alone" show alone.safetensors
check "has the spec, and no scores" eval 'grep -q "  generator  *5-15-2" "$out" && ! grep -q "resid_mean\|Files" "$out"'
gives 0 "of data" show data
check "says that the points are in the checkpoint" grep -q '3 points of 3 columns, held by the checkpoint' "$out"
gives 0 "--json" show data --json
if command -v jq >/dev/null; then
    check "parses" jq -e '.spec.columns == 3 and .config.data == "d.csv" and .options.batch == 128 and .metrics.iteration == 500
        and .files."checkpoint.safetensors" > 1000' "$out"
fi
"$GANTRY" show run >/dev/full 2>"$err"
code=$?
check "a full disk is one line" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ]'

# ---------------------------------------------------------------- devices

for command in 'sample run -n 250' 'evaluate run' 'fit-discriminator --epochs 3'; do
    # shellcheck disable=SC2086 # several words
    run $command --device cuda
    if [ "$code" -eq 3 ]; then
        check "$command --device cuda without a GPU: one line" [ "$(wc -l <"$err")" -eq 1 ]
    else
        cp "$out" gpu.txt
        # shellcheck disable=SC2086
        run $command --device cpu
        check "$command is the same on a GPU" cmp "$out" gpu.txt
    fi
done
refuses 2 '--devices 0: these are GPUs, but --device is cpu' evaluate run --device cpu --devices 0

# ---------------------------------------------------------------- what is no run

mkdir empty
head -c 5000 run/checkpoint.safetensors >short.safetensors
head -c 3000 /dev/urandom >noise.safetensors
for command in sample evaluate show; do
    refuses 4 'nowhere: there is no nowhere; name the folder of a run or a checkpoint file' $command nowhere
    refuses 4 'empty: there is no empty/checkpoint.safetensors' $command empty
    refuses 4 'short.safetensors' $command short.safetensors
    refuses 4 'noise.safetensors' $command noise.safetensors
    refuses 4 'generator.safetensors is no gantry checkpoint' $command run/generator.safetensors
    [ $command = evaluate ] || refuses 2 "gantry $command takes one RUN alone" $command run data
done
sed -i 's/^seed.*/seed: "5/' data/config.yaml
refuses 4 'data/config.yaml' show data

# ---------------------------------------------------------------- pictures

if ! command -v gnuplot >/dev/null; then
    skip "the pictures" "gnuplot is not installed"
    exit
fi
for from in run data ring alone.safetensors --untrained; do
    gives 0 "a picture of $from" sample $from --plot
done
check "has the run's name" is_png sample_run.png 800
for name in data ring alone untrained; do check "of $name, too" is_png sample_$name.png 800; done
refuses 2 'sample_run.png: the file exists' sample run --plot
