#!/usr/bin/env bash
# gantry summary: the tables of the tutorial's notebooks 03, 05 and 07, to the letter, and its diagrams.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

# Trailing blanks are Keras' own.
gives 0 "the discriminator" summary discriminator
check "is the tutorial's table" diff "$out" - <<'EOF'
_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
dense_1 (Dense)              (None, 25)                75        
_________________________________________________________________
dense_2 (Dense)              (None, 1)                 26        
=================================================================
Total params: 101
Trainable params: 101
Non-trainable params: 0
_________________________________________________________________
EOF
gives 0 "the generator" summary generator
check "is the tutorial's table" diff "$out" - <<'EOF'
_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
dense_1 (Dense)              (None, 15)                90        
_________________________________________________________________
dense_2 (Dense)              (None, 2)                 32        
=================================================================
Total params: 122
Trainable params: 122
Non-trainable params: 0
_________________________________________________________________
EOF
gives 0 "the composite" summary gan
check "is the tutorial's table" diff "$out" - <<'EOF'
_________________________________________________________________
Layer (type)                 Output Shape              Param #   
=================================================================
sequential_2 (Sequential)    (None, 2)                 122       
_________________________________________________________________
sequential_1 (Sequential)    (None, 1)                 101       
=================================================================
Total params: 223
Trainable params: 122
Non-trainable params: 101
_________________________________________________________________
EOF
gives 0 "a large net" summary discriminator --discriminator 2-1024-2048-1
check "has commas in its totals, none in its rows" \
    eval 'grep -q "^dense_2 (Dense)  *(None, 2048)  *2099200 *$" "$out" && grep -qx "Total params: 2,104,321" "$out"'
gives 0 "a preset" summary generator --preset x2-deep
check "has its layers" [ "$(grep -c '^dense_' "$out")" -eq 3 ]
printf '1,2,3\n4,5,6\n' >d.csv
gives 0 "data" summary gan --data d.csv
check "give the ends of the nets" grep -Eq '^sequential_2 \(Sequential\) +\(None, 3\) +138 ' "$out"

refuses 2 'gantry summary needs discriminator\|generator\|gan: it takes one of discriminator, generator, gan' summary
refuses 2 'critic: it takes one of discriminator, generator, gan' summary critic
refuses 2 'generator gives 3 and the discriminator takes 2' summary gan --generator 5-15-3
"$GANTRY" summary gan >/dev/full 2>"$err"
code=$?
check "a full disk is one line" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ]'

PATH=$folder/nothing "$GANTRY" summary gan --plot >/dev/null 2>"$err"
code=$?
check "without graphviz: exit code 2 and how to install it" eval '[ $code = 2 ] && grep -q "apt install graphviz" "$err"'
if ! command -v dot >/dev/null; then
    skip "the diagrams" "graphviz is not installed"
    exit
fi
for net in discriminator generator gan; do
    gives 0 "a diagram of $net" summary $net --plot
    check "is ${net}_plot.png" is_png ${net}_plot.png 0
done
refuses 2 'gan_plot.png: the file exists' summary gan --plot
gives 0 "another name" summary gan --plot other.png
check "is the same picture" cmp other.png gan_plot.png
