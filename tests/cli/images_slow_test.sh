#!/usr/bin/env bash
# A GAN on Fashion-MNIST, smaller than the preset's, learns: the Frechet distance of its samples to the data falls to less than half
# from iteration 100 to 600 (three seeds on a CPU: to 0.26 to 0.33), and its samples come to be of more classes.
# shellcheck disable=SC1091,SC2016,SC2154 # check.sh has the variables; eval expands what is quoted
fashion=/usr/share/datasets/fashion-mnist
if [ ! -d $fashion ]; then
    echo "skipped - no $fashion; Debian: apt install dataset-fashion-mnist"
    exit 77
fi
. "$(dirname "$(readlink -f "$0")")/check.sh"

score() { awk -F, -v row="$1" -v name="$2" 'NR == 1 { for (k = 1; k <= NF; k++) if ($k == name) column = k } NR == row { print $column }' run/image-scores.csv; }
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

gives 0 "a classifier" classifier train --data $fashion --epochs 2 --hidden 64,32 --out classifier.safetensors
check "knows the classes" eval 'less 0.8 "$(sed -n "s/^test accuracy *\([0-9.]*\) of 10000 images$/\1/p" "$out")"'
gives 0 "a GAN" train --preset mlp-mnist --generator 32-128-784 --discriminator 784-128-1 --batch 64 --half-batch 64 --lr 1e-3 \
    --data $fashion --classifier classifier.safetensors --iterations 600 --eval-every 100 --eval-samples 1000 --out run --quiet
check "six checkpoints" [ "$(wc -l <run/image-scores.csv)" -eq 7 ]
first=$(score 2 frechet) last=$(score 7 frechet)
echo "Frechet distance $first after 100 iterations, $last after 600; Inception Score $(score 2 is_1), $(score 7 is_1)"
check "the Frechet distance falls to less than half" less "$last" "$(awk -v x="$first" 'BEGIN { print x / 2 }')"
check "the Inception Score rises" less "$(score 2 is_1)" "$(score 7 is_1)"
check "coverage does" less "$(score 2 coverage)" "$(score 7 coverage)"
