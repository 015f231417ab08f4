#!/usr/bin/env bash
# Wrong flags and values: one line that names the value and what is allowed, exit code 2, nothing written.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

refuses 2 'did you mean --batch' train --bacth 64
refuses 2 'did you mean --iterations' train --iteration=5
refuses 2 '--help lists them' train --wavelength 5
refuses 2 'takes flags only' train 64
refuses 2 '--batch needs a value.* whole number from 1 to 65536' train --batch
refuses 2 '--batch needs a value' train --batch --json
for value in 0 -2 12x 1e2 nan inf 0x10 ' 8' 65538 99999999999999999999 ''; do
    refuses 2 '--batch .*it takes a whole number from 1 to 65536' train --batch "$value"
done
for value in 1 7 127; do refuses 2 "batch $value; it takes an even number.* or a half batch beside it" train --batch $value; done
refuses 2 '--batch 0' train --batch=0
for value in 0 -0.001 nan inf -inf 1e999 2e6 0.1x 0x1p3 1,5 ''; do
    refuses 2 '--lr .*a number above 0, at most 1000000' train --lr "$value"
    refuses 2 '--g-lr .*a number above 0' train "--g-lr=$value"
done
for flag in beta1 d-beta1 g-beta1 beta2 d-beta2 g-beta2; do
    for value in 1 -0.1 nan; do refuses 2 "--$flag .*a number from 0 to 0.999999" train --$flag $value; done
done
for value in 0 -1 2 nan; do refuses 2 '--eps .*a number from 1e-20 to 1' train --eps $value; done
for flag in iterations eval-every; do
    for value in 0 -1 4294967296 1.5; do refuses 2 "--$flag .*from 1 to 4294967295" train --$flag $value; done
done
refuses 2 '--eval-samples 999.*from 1000 to 10000000' train --eval-samples 999
refuses 2 '--save-every -1' train --save-every -1
for value in -1 18446744073709551616 rand 1.0; do refuses 2 '--seed .*18446744073709551615, or random' train --seed $value; done
refuses 2 'x3: it takes one of x2, ' train --preset x3
refuses 2 'tpu: it takes one of auto, cpu, cuda$' train --device tpu
gpus='at most 16 numbers of GPUs from 0 to 255, each once'
for value in 0,0 1,01 ',' '0,' ,0 0,,1 256 gpu 0,x 1.5 -1 '0, 1' '0 1' 4294967296 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 ''; do
    refuses 2 "--devices .*it takes $gpus" train --devices "$value"
done
refuses 2 '--devices 0,0: it takes' train --set devices=0,0
refuses 2 "--devices needs a value: it takes $gpus" train --devices
refuses 2 '--devices 0,1: these are GPUs, but --device is cpu' train --device cpu --devices 0,1
refuses 2 '--isa avx2: this is of the CPU, but --device is cuda' train --device cuda --isa avx2
refuses 2 '--isa portable: this is of the CPU, but --devices is 0,3' train --devices 0,3 --isa portable
refuses 2 'did you mean --json' devices --jsn
refuses 2 'takes flags only' devices 0
refuses 2 'one of auto, fused' train --engine fast
refuses 2 'one of auto, avx512, avx2, portable' train --isa sse
refuses 2 '--quiet maybe: it takes true or false' train --quiet=maybe
refuses 2 'no such flag' train --no-batch
refuses 2 'key=value' train --set batch
refuses 2 'did you mean batch' train --set bach=64
refuses 2 '--batch 0' train --set batch=0
refuses 2 'on the command line' train --set json=true
refuses 2 'on the command line' train --set config=x

# What is right is taken in each form.
gives 0 "--flag=value, --flag value, --set" train --no-plots --batch=64 --d-lr 0.002 --set g-lr=0.003 --lr 0.1 --iterations 10
check "the flag of one net wins over that of both, whatever their order" \
    eval 'grep -qx "d-lr: 0.002" runs/*/config.yaml && grep -qx "g-lr: 0.003" runs/*/config.yaml'
gives 0 "the largest seed" train --no-plots --seed 18446744073709551615 --iterations 10
check "keeps all its digits" grep -qx 'seed      18446744073709551615' "$out"
gives 0 "the last of two" train --no-plots --batch 64 --batch 32 --iterations 10 --out twice
check "wins" grep -qx 'batch: 32' twice/config.yaml
{ printf '\0\0\010\003\0\0\0\012\0\0\0\034\0\0\0\034' && head -c $((10 * 28 * 28)) /dev/zero; } >ten-images-idx3-ubyte
for preset in $("$GANTRY" presets | cut -d' ' -f1); do
    how=(--iterations 100)
    [ "${preset#mlp-mnist}" = "$preset" ] || how=(--iterations 2 --data ten-images-idx3-ubyte)
    gives 0 "--preset $preset" train --no-plots --preset $preset "${how[@]}"
    check "goes into its own folder" [ -s runs/$preset-seed5/checkpoint.safetensors ]
done
