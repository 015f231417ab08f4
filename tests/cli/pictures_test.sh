#!/usr/bin/env bash
# The scatter pictures, with gnuplot and without.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

# Without gnuplot: a PATH that has nothing in it.
mkdir empty
PATH=$folder/empty "$GANTRY" train --iterations 200 --out without >"$out" 2>"$err"
code=$?
PATH=$folder/empty "$GANTRY" train --iterations 200 --plots --out never >/dev/null 2>"$err.plots"
code_plots=$?
check "without gnuplot the run succeeds" [ $code -eq 0 ]
check "and says how to install it" eval '[ "$(wc -l <"$err")" = 1 ] && grep -q "apt install gnuplot-nox" "$err"'
check "--plots without gnuplot is refused before training" eval '[ $code_plots = 2 ] && grep -q gnuplot "$err.plots" && [ ! -e never ]'
rm -f "$err.plots"

# A gnuplot that fails.
printf '#!/bin/sh\n[ "$1" = --version ] && exit 0\ncat >/dev/null\necho "line 0: no terminal" >&2\nexit 1\n' >empty/gnuplot
chmod +x empty/gnuplot
PATH=$folder/empty:$PATH "$GANTRY" train --iterations 200 --out failed >"$out" 2>"$err"
code=$?
check "when gnuplot fails: exit code 1 with its words" eval '[ $code = 1 ] && grep -q "line 0: no terminal" "$err"'
check "and the other files whole" eval '[ -s failed/generator.safetensors ] && [ -s failed/metrics.csv ] && ! ls -A failed | grep -q "png\|tmp"'

if ! command -v gnuplot >/dev/null; then
    skip "the pictures themselves" "gnuplot is not installed"
    exit
fi
printf '#!/bin/sh\n[ "$1" = --version ] || echo started >>"%s/count"\nexec "%s" "$@"\n' "$folder" "$(command -v gnuplot)" >empty/gnuplot
PATH=$folder/empty:$PATH run train --out 'a '\''run'\'
check "the tutorial's five pictures" eval '[ $code = 0 ] && [ "$(cd a*run*; echo *.png)" = \
    "generated_plot_e10000.png generated_plot_e2000.png generated_plot_e4000.png generated_plot_e6000.png generated_plot_e8000.png" ]'
check "from one gnuplot" [ "$(wc -l <count)" -eq 1 ]
check "and no other file of theirs" eval '! ls -A a*run* | grep -q "part\|tmp"'
mv a*run* a

# pixels FILE: its number of pixels, of red and of blue ones. gnuplot reads PNG, too.
pixels() {
    gnuplot -e "set table '/dev/stdout'; plot '$1' binary filetype=png with rgbimage" 2>/dev/null |
        awk '$1 ~ /^[0-9]/ && NF >= 5 {n++; if ($3 > 200 && $4 < 110 && $5 < 110) red++; if ($5 > 200 && $3 < 110 && $4 < 110) blue++}
             END {print n + 0, red + 0, blue + 0}'
}
for picture in a/*.png; do
    read -r n red blue <<<"$(pixels "$picture")"
    check "$picture shows red and blue points ($red and $blue pixels of $n)" [ "$n" -eq 480000 -a "$red" -gt 1500 -a "$blue" -gt 1500 ]
done

gives 0 "a diverging run" train --lr 1e6 --eps 1e-20 --beta2 0 --iterations 2000 --out d
read -r n red blue <<<"$(pixels d/generated_plot_e2000.png)"
check "its picture still has the real points ($red red, $blue blue)" [ "$red" -gt 1500 ]

# Other points than on a curve.
awk 'BEGIN {srand(1); for (i = 0; i < 500; i++) print rand(), rand() + 2, rand() * 5, -rand(), rand()}' | tr ' ' , >d5.csv
cut -d, -f1 d5.csv >d1.csv
for arguments in "--preset ring8-pacgan" "--data d1.csv" "--data d5.csv" "--target moons"; do
    # shellcheck disable=SC2086 # several words
    gives 0 "$arguments" train --iterations 300 --out kind $arguments --force
    read -r n red blue <<<"$(pixels kind/generated_plot_e300.png)"
    check "a picture with red and blue ($red and $blue pixels of $n)" [ "$n" -ge 480000 -a "$red" -gt 500 -a "$blue" -gt 500 ]
done

gives 0 "many checkpoints" train --iterations 3000 --eval-every 10 --eval-samples 1000 --out many
check "have at most 100 pictures" eval 'n=$(ls many/*.png | wc -l); [ $n -gt 50 -a $n -le 100 ]'

(
    ulimit -f 17 # KiB: enough for the other files of one checkpoint
    "$GANTRY" train --iterations 200 --out full >"$out" 2>"$err"
)
code=$?
check "no room for a picture: exit code 1 and no half of one" eval '[ $code = 1 ] && grep -q "png.*disk full" "$err" && ! ls -A full | grep -q "png"'
