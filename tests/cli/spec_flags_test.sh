#!/usr/bin/env bash
# The flags of what is trained: each reaches the run, its config and its checkpoint; wrong values are refused.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

quick='--no-plots --iterations 40 --eval-samples 1000'
printf '0.1,2,3\n0.4,5,6\n0.7,8,10\n' >d3.csv
gives 0 "the tutorial" train $quick --out base
base=$(digest)

# takes FLAGS KEY VALUE [KEY VALUE...]: the run with these flags is another than the tutorial's, has the keys in its config, comes
# again from that config, and goes on from its checkpoint as if never stopped.
n=0
takes() {
    local flags=$1 first
    n=$((n + 1))
    shift
    run train $quick $flags --out r$n
    if [ $code -ne 0 ]; then
        not_ok "$flags: $(cat "$err")"
        return
    fi
    first=$(digest)
    check "$flags: another run than the tutorial's" [ "$first" != "$base" ]
    while [ $# -ge 2 ]; do
        check "$flags: $1 is $2 in the config" grep -Fqx "$1: $2" r$n/config.yaml
        shift 2
    done
    run train --config r$n/config.yaml --out again$n
    check "$flags: the config repeats it" [ $code -eq 0 -a "$(digest)" = "$first" ]
    run train $quick $flags --iterations 20 --decay-iterations ${decay:-0} --out part$n
    run train --no-plots --resume part$n --iterations 40
    check "$flags: resumed it is the same" [ $code -eq 0 -a "$(digest)" = "$first" ]
}

takes '--generator 5-15-2 --discriminator 2-8-1' discriminator 2-8-1
takes '--generator 3-7-9-2' generator 3-7-9-2 g-activation relu
takes '--latent 3' generator 3-15-2
takes '--g-hidden 4,6 --d-hidden 5' generator 5-4-6-2 discriminator 2-5-1
takes '--activation tanh' g-activation tanh d-activation tanh
takes '--g-activation leaky_relu:0.1 --d-activation elu' g-activation leaky_relu:0.1 d-activation elu
takes '--g-hidden 4,6 --g-activation relu,sigmoid' g-activation relu,sigmoid
takes '--g-output tanh' g-output tanh scaling auto
takes '--g-output sigmoid --scaling symmetric' scaling symmetric
takes '--init glorot_normal' g-init glorot_normal d-init glorot_normal
takes '--g-init he_normal --output-init he_uniform' g-init he_normal d-init he_uniform g-output-init he_uniform
takes '--noise uniform' noise uniform
takes '--noise truncated_normal' noise truncated_normal
takes '--target sine --target-params frequency=2' target sine target-params amplitude=0.5,frequency=2,phase=0
takes '--target sin(2*pi*x)*exp(-x) --domain -1:1' target '"sin(2*pi*x)*exp(-x)"' domain -1:1
takes '--domain 0:1' target x2 domain 0:1
takes '--target moons' target moons
takes '--data d3.csv' data d3.csv generator 5-15-3 discriminator 3-25-1
takes '--real-label 0.9 --fake-label 0.1' real-label 0.9 fake-label 0.1
takes '--half-batch 20 --batch 33' half-batch 20 batch 33
takes '--combined-batch' combined-batch true
takes '--d-steps 3' d-steps 3
takes '--loss minimax' loss minimax
takes '--loss least_squares --real-label 1 --fake-label -1' loss least_squares fake-label -1
takes '--loss hinge' loss hinge
takes '--loss wasserstein' loss wasserstein clip 0.01
takes '--loss wasserstein --clip 0.1' clip 0.1
takes '--weight-decay 0.1' d-weight-decay 0.1 g-weight-decay 0.1
decay=40
takes '--lr-decay linear --decay-iterations 40' lr-decay linear decay-iterations 40
takes '--lr-decay cosine --lr-final 0.1 --decay-iterations 40' lr-decay cosine lr-final 0.1
decay=0
takes '--ema 0.9' ema 0.9

gives 0 "a decay without a length" train $quick --lr-decay linear --out decay
check "lasts as long as the run" grep -qx 'decay-iterations: 40' decay/config.yaml
gives 0 "--target without a preset of its name" train $quick --target bell
check "names the folder" [ -s runs/bell-seed5/checkpoint.safetensors ]
gives 0 "--data" train $quick --data d3.csv
check "too" [ -s runs/d3-seed5/checkpoint.safetensors ]
check "points.csv has the columns" eval \
    '[ "$(head -1 runs/d3-seed5/points.csv)" = iteration,x1_real,x2_real,x3_real,x1_generated,x2_generated,x3_generated ]'
mv d3.csv gone.csv
gives 0 "--resume when the data's file is gone" train --no-plots --resume runs/d3-seed5 --iterations 60
check "goes on from the checkpoint's points" eval 'grep -qx "data: d3.csv" runs/d3-seed5/config.yaml'
refuses 4 'd3.csv' train --config runs/d3-seed5/config.yaml
mv gone.csv d3.csv
cp r3/checkpoint.safetensors bare.safetensors
gives 0 "a checkpoint alone, of no preset" train --no-plots --resume bare.safetensors --iterations 60 --out bare
check "its config has the spec and no preset" eval 'grep -qx "generator: 3-15-2" bare/config.yaml && ! grep -q ^preset bare/config.yaml'
digest=$(digest)
gives 0 "that config" train --config bare/config.yaml --out bare2
check "repeats the run" [ "$(digest)" = "$digest" ]
sed -i 's/^noise.*/noise: uniform/' r3/config.yaml
refuses 4 'r3/config.yaml says noise uniform, but the checkpoint was made with gaussian; restore' train --resume r3
sed -i 's/^target: .*/target: sine/' r4/config.yaml
refuses 4 'r4/config.yaml says target sine, but the checkpoint was made with x2' train --resume r4

gives 0 "--json" train $quick --json --generator 3-8-2 --target 'x*x' --loss hinge --combined-batch --out json
if command -v jq >/dev/null; then
    check "has the flags, each with its type" jq -e '.options | .generator == "3-8-2" and .target == "x*x" and .loss == "hinge"
        and ."combined-batch" == true and ."d-steps" == 1 and .ema == 0 and .domain == "-0.5:0.5"' "$out"
    check "and the spec" jq -e '.spec | .generator.sizes == [3, 8, 2] and .target == "expression" and .columns == 2' "$out"
fi

# A target on the command line stands for all that the file says of its own.
printf 'target: sine\ntarget-params: frequency=2\ndomain: 0:1\nno-such: 1\n' >c.yaml
refuses 2 'c.yaml:4: no-such' train --config c.yaml
sed -i '$d' c.yaml
gives 0 "--target beside a config" train $quick --config c.yaml --target bell --out bell
check "has its own domain and parameters" eval 'grep -qx "domain: -0.5:0.5" bell/config.yaml && grep -q "^target-params: height" bell/config.yaml'
printf 'data: gone.csv\n' >c.yaml
gives 0 "--target beside a config whose data is gone" train $quick --config c.yaml --target bell --out bell --force
printf 'target: sine\ndata: d3.csv\n' >c.yaml
refuses 2 'c.yaml: target sine and data d3.csv' train --config c.yaml

# So does a preset, for what the file says of its own preset.
gives 0 "--preset beside the config of a run" train --config r1/config.yaml --preset sine --out preset
check "is that preset, but for what was changed" eval \
    'grep -qx "target: sine" preset/config.yaml && grep -qx "generator: 5-32-32-2" preset/config.yaml && grep -qx "discriminator: 2-8-1" preset/config.yaml'
printf 'preset: x2\nlr: fast\n' >c.yaml
refuses 2 'c.yaml:2: lr fast: it takes a number above 0' train --config c.yaml --preset sine

# A loss resets what only another has.
gives 0 "--loss beside a preset with clipping" train $quick --preset x2-wgan --loss bce --out unclipped
check "clips no more" grep -qx 'clip: 0' unclipped/config.yaml

# Weights from files.
gives 0 "--g-init-from, --d-init-from" train $quick --g-init-from base/generator.safetensors --d-init-from base/discriminator.safetensors --out from
check "begin elsewhere" [ "$(digest)" != "$base" ]
check "and are noted" grep -qx 'g-init-from: base/generator.safetensors' from/config.yaml
refuses 2 'both must have the same layers' train --generator 4-15-2 --g-init-from base/generator.safetensors
gives 0 "--init-from finds the net that fits" train $quick --init-from base/discriminator.safetensors --out either
check "the discriminator's first row is that of the other way" diff <(head -1 either/metrics.csv) <(head -1 from/metrics.csv)
refuses 2 'as a discriminator it does not fit either' train --generator 4-15-2 --discriminator 2-24-1 --init-from base/generator.safetensors
refuses 4 'no.safetensors' train --init-from no.safetensors
cp points.csv $'p\xff.csv' 2>/dev/null || printf '1,2\n2,3\n' >$'p\xff.csv'
refuses 2 'is a file of the run itself' export base --safetensors base/checkpoint.safetensors
refuses 2 'not UTF-8' train --data $'p\xff.csv'
refuses 4 'no.safetensors' train --g-init-from no.safetensors
refuses 2 'goes on as it began' train --resume base --g-init-from base/generator.safetensors

for value in 5 5-2 5-15 5--2 5-0-2 5-x-2 5-5000-2 1-1-1-1-1-1-1-1-1-2 5,15,2 ''; do
    refuses 2 '--generator .*sizes of inputs, hidden layers and outputs, such as 5-15-2' train --generator "$value"
done
refuses 2 'the generator gives 3 and the discriminator takes 2' train --generator 5-15-3
refuses 2 'must give one logit' train --discriminator 2-25-2
for value in 0 1,0 25-25 '' 1,1,1,1,1,1,1,1; do refuses 2 '--g-hidden .*such as 25,25' train --g-hidden "$value"; done
refuses 2 '--latent 0' train --latent 0
for value in rely 'tanh,' ,relu leaky_relu:2 leaky_relu: relu:0.1 leaky_relu:x ''; do
    refuses 2 '--activation .*it takes one for all hidden layers.*leaky_relu:0.1' train --activation "$value"
done
refuses 2 'these are 2 activations, but there is 1 hidden layer' train --activation relu,tanh
refuses 2 'all leaky_relu of a net have one slope, not 0.1 and 0.2' train --g-hidden 4,4 --g-activation leaky_relu:0.1,leaky_relu:0.2
refuses 2 '--g-output softmax: it takes one of linear' train --g-output softmax
refuses 2 'one of he_uniform' train --init zeros
refuses 2 'one of gaussian, uniform, truncated_normal' train --noise cauchy
refuses 2 'one of auto, none, symmetric, unit' train --scaling log
refuses 2 'one of bce, minimax, least_squares, hinge, wasserstein' train --loss focal
refuses 2 'one of none, linear, cosine' train --lr-decay step
refuses 2 'add --lr-decay linear or cosine' train --lr-final 0.1
refuses 2 'labels 0.9 and 0: the loss hinge has none' train --loss hinge --real-label 0.9
refuses 2 'labels 1.5 and 0; the loss bce takes 0 to 1' train --real-label 1.5
refuses 2 'only the loss wasserstein clips' train --clip 0.1
refuses 2 '--d-steps 101' train --d-steps 101
refuses 2 '--ema 1: ' train --ema 1
refuses 2 '--weight-decay -1' train --weight-decay -1
refuses 2 'weight decay 2000' train --weight-decay 2000
refuses 2 '--combined-batch maybe: it takes true or false' train --combined-batch=maybe
refuses 2 '--domain 1: it takes two numbers' train --domain 1
refuses 2 '--domain a:b: it takes two numbers' train --domain a:b
refuses 2 'did you mean ring8-pacgan' train --target ring8pacgan
refuses 2 'target "?sin\(' train --target 'sin('
printf '0.1,2\n0.4,5,6\n' >ragged.csv
refuses 4 '--data ragged.csv: line 2' train --data ragged.csv
refuses 2 '--data "": it takes the name of a file' train --data ''
printf 'a,b\n' >empty.csv
refuses 4 'empty.csv' train --data empty.csv
: >nothing.npy
refuses 4 'nothing.npy' train --data nothing.npy
