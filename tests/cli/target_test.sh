#!/usr/bin/env bash
# gantry target: what a generator learns, as numbers and pictures (notebooks 01 and 02 of the tutorial).
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

gives 0 "the tutorial's values" target
check "are these" diff "$out" - <<'EOF'
x,y
-0.5,0.25
-0.4,0.16
-0.3,0.09
-0.2,0.04
-0.1,0.01
0,0
0.1,0.01
0.2,0.04
0.3,0.09
0.4,0.16
0.5,0.25
EOF
gives 0 "an expression" target 'sin(2*pi*x)*exp(-x)' --domain -1:1 --points 5
check "is 0 at multiples of 1/2, without noise of the last digit" diff "$out" - <<'EOF'
x,y
-1,0
-0.5,0
0,0
0.5,0
1,0
EOF
gives 0 "an expression that begins with a minus" target -x --points 3
check "is no flag" diff "$out" <(printf 'x,y\n-0.5,0.5\n0,0\n0.5,-0.5\n')
gives 0 "a parameter" target quadratic --target-params a=4,c=1 --domain 0:1 --points 3
check "changes the values" diff "$out" <(printf 'x,y\n0,1\n0.5,2.25\n1,5.5\n')
gives 0 "--target" target --target cosine --points 3
check "is the same as the name alone" grep -qx '0,0.5' "$out"

# columns N ROWS: as many columns in each of so many lines.
columns() { awk -F, -v n="$1" 'NF != n {exit 1} END {if (NR != '"$2"') exit 1}' "$out"; }
gives 0 "random points" target --samples 100
check "are 100 lines behind a header" columns 2 101
check "on the parabola" awk -F, 'NR > 1 && ($1 * $1 - $2 > 1e-7 || $2 - $1 * $1 > 1e-7 || $1 < -0.5 || $1 > 0.5) {exit 1}' "$out"
cp "$out" a.txt
gives 0 "the same seed" target --samples 100
check "gives the same points" cmp "$out" a.txt
gives 0 "another seed" target --samples 100 --seed 6
check "gives others" eval '! cmp -s "$out" a.txt'
gives 0 "a ring" target ring8-pacgan --verbose
check "has 100 points, of radius 1" eval \
    'columns 2 101 && awk -F, "NR > 1 && (\$1^2 + \$2^2 < 0.9 || \$1^2 + \$2^2 > 1.1) {exit 1}" "$out"'
check "--verbose speaks on stderr alone" grep -qx 'target: ring8-pacgan, a mixture of Gaussians of 2 columns' "$err"
gives 0 "--verbose of a function" target sine --verbose
check "says how exact the table is" grep -Eqx 'target: sine, a function of 2 columns; the table .* off by [0-9.e-]+ at most' "$err"
gives 0 "--verbose of the tutorial's" target --verbose
check "says that there is none" grep -q 'drawn from exactly' "$err"

printf 'a,b,c\n1,2,3\n4,5,6\n' >d.csv
gives 0 "data" target --data d.csv --samples 50
check "are drawn from their rows" eval 'columns 3 51 && [ "$(sed 1d "$out" | sort -u)" = "$(printf "1,2,3\n4,5,6")" ]'
check "with names for the columns" grep -qx 'x1,x2,x3' "$out"

gives 0 "--list" target --list
for name in x2 quadratic sine cosine polynomial bell ring8-pacgan ring8-wgangp grid25-pacgan grid25-wgangp swissroll moons; do
    check "has $name" grep -Eq "^$name +[^ ]" "$out"
done
check "with parameters" grep -Eq '^ +--target-params amplitude=0.5,frequency=1,phase=0$' "$out"

refuses 2 '--target sinee: no such target; did you mean sine\?$' target sinee
refuses 2 '--target frobnicate: no such target, and no expression of x' target frobnicate
refuses 2 'muParser' target 'sin(x'
refuses 2 'not finite at x = ' target '1/x' --points 3
refuses 2 'sine and --target cosine: leave one of the two out' target sine --target cosine
refuses 2 'gantry target takes one TARGET alone, and that is sine already' target sine cosine
refuses 2 '--points 1: it takes a whole number from 2' target --points 1
refuses 2 'only a function has values' target moons --points 5
refuses 2 '--points 5 and --samples 5: leave one' target --points 5 --samples 5
refuses 2 '--domain 1:0: it takes two numbers, the smaller first' target --domain 1:0
refuses 2 'the target moons has no domain' target moons --domain 0:1
refuses 2 'quadratic takes some of a=NUMBER,b=NUMBER,c=NUMBER' target quadratic --target-params d=1
refuses 2 'the target x2 has no parameters' target --target-params a=1
refuses 4 'no.csv' target --data no.csv
printf '1,2\n3,oops\n' >bad.csv
refuses 4 '--data bad.csv: line 2 has "oops" in column 2' target --data bad.csv
refuses 2 'target sine and data d.csv: a generator learns one of the two' target sine --data d.csv
check "values are those of f, not of its table" eval '"$GANTRY" target "x==0" --points 3 | grep -qx "0,1"'
refuses 2 '--plot=x.jpg|--plot x.jpg' target --plot=x.jpg
refuses 2 'there is no folder nowhere' target --plot nowhere/x.png

"$GANTRY" target --samples 1000000 2>"$err" | head -1 >/dev/null
code=${PIPESTATUS[0]}
check "a pipe whose reader goes away is one line" eval '[ $code -eq 1 ] && [ "$(wc -l <"$err")" = 1 ]'
"$GANTRY" target >/dev/full 2>"$err"
code=$?
check "a full disk, too" eval '[ $code = 1 ] && grep -q "No space left" "$err"'

PATH=$folder/nothing "$GANTRY" target --plot >/dev/null 2>"$err"
code=$?
check "without gnuplot: exit code 2 and how to install it" eval '[ $code = 2 ] && grep -q "apt install gnuplot-nox" "$err"'
if ! command -v gnuplot >/dev/null; then
    skip "the pictures" "gnuplot is not installed"
    exit
fi
for arguments in "x2" "sine --samples 200" "moons" "--data d.csv"; do
    # shellcheck disable=SC2086 # several words
    gives 0 "a picture of $arguments" target $arguments --plot
    picture=$(sed -n 's/^picture: //p' "$err")
    check "is a PNG of 800 columns" is_png "${picture:-none}" 800
done
check "the default name has the target's, or the file's" ls target_x2.png target_sine.png target_moons.png target_d.png
printf '1,1,1\n1,2,1\n' >constant.csv
gives 0 "columns of one value are drawn" target --data constant.csv --plot
gives 0 "a constant function, too" target 'x*0+1' --plot constant.png
refuses 2 'target_x2.png: the file exists; name another, or replace it with --force' target --plot
gives 0 "--force" target --plot --force
mkdir 'a b'
gives 0 "a name in a folder" target --plot "a b/it's.png"
check "is taken" is_png "a b/it's.png" 800
check "nothing else is left" eval '! find . -name "*.part" | grep -q .'
