#!/usr/bin/env bash
# gantry classifier, and scores of images in its features: gantry evaluate and train --classifier.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

# images N SEED SIDE FOLDER PART: N grey images of SIDE x SIDE, each with a bright row that is its class, 0 to 2, as IDX files.
images() {
    mkdir -p "$4"
    awk -v n="$1" -v seed="$2" -v side="$3" -v images="$4/$5-images-idx3-ubyte" -v labels="$4/$5-labels-idx1-ubyte" '
        function byte(x) { return sprintf("\\%03o", x) }
        BEGIN {
            srand(seed)
            for (i = 0; i < n; i++) {
                class = int(3 * rand())
                l = l byte(class)
                for (p = 0; p < side * side; p++) x = x byte(int(80 * rand()) + (int(p / side) == 2 * class ? 150 : 0))
            }
            zero = byte(0) byte(0)
            size = zero byte(int(n / 256)) byte(n % 256)
            print zero byte(8) byte(3) size zero byte(0) byte(side) zero byte(0) byte(side) x > images ".text"
            print zero byte(8) byte(1) size l > labels ".text"
        }'
    for file in images-idx3-ubyte labels-idx1-ubyte; do
        printf '%b' "$(sed 's/\\/\\0/g' "$4/$5-$file.text")" >"$4/$5-$file"
        rm "$4/$5-$file.text"
    done
}
images 300 1 6 data train
images 90 2 6 data t10k
images 60 3 4 other train
images 60 4 6 alone train

gives 0 "a classifier" classifier train --data data --epochs 4 --hidden 20,8 --lr 0.01 --out c.safetensors
check "prints each epoch" [ "$(grep -c '^epoch [1-4]  loss .* test accuracy' "$out")" = 4 ]
check "is right about nearly all test images" grep -Eq '^test accuracy  (0\.9[0-9]*|1\.0000) of 90 images' "$out"
hash=$(sed -n 's/^hash *//p' "$out")
check "has a hash" eval '[[ $hash =~ ^[0-9a-f]{32}$ ]]'
gives 0 "its file" classifier show c.safetensors
check "says the same" grep -qx "hash           $hash" "$out"
check "and what it is for" grep -qx 'images         6 x 6, 1 channel, 3 classes' "$out"
check "and its layers" grep -qx 'layers         36-20-8-3, 8 features' "$out"
gives 0 "the same seed" classifier train --data data --epochs 4 --hidden 20,8 --lr 0.01 --out again.safetensors --json
check "is the same file" cmp c.safetensors again.safetensors
check "JSON has the hash" grep -q "\"hash\":	\"$hash\"" "$out"
check "and the epochs" [ "$(grep -c '"test_loss"' "$out")" = 4 ]
gives 0 "another seed" classifier train --data data --epochs 4 --hidden 20,8 --lr 0.01 --seed 2 --out d.safetensors
check "is another classifier" [ "$(sed -n 's/^hash *//p' "$out")" != "$hash" ]
gives 0 "images without a test part" classifier train --data alone --epochs 1 --out alone.safetensors
check "are tested on a sixth" grep -q ' of 10 images' "$out"
# npy FILE HEADER-BYTES DESCR SHAPE: as numpy.save() writes it, of the IDX file on stdin.
npy() {
    tail -c +$(($2 + 1)) >"$1.bytes"
    printf "\\x93NUMPY\\x01\\x00\\x76\\x00%-117s\\n" "{'descr': '$3', 'fortran_order': False, 'shape': $4, }" | cat - "$1.bytes" >"$1"
    rm "$1.bytes"
}
npy X.npy 16 '|u1' '(60, 6, 6)' <alone/train-images-idx3-ubyte
refuses 2 'the images have no labels' classifier train --data X.npy --out x.safetensors
npy y.npy 8 '|u1' '(60,)' <alone/train-labels-idx1-ubyte
gives 0 "a .npy file with labels beside it" classifier train --data X.npy --epochs 1 --out npy.safetensors
check "is the same classifier" cmp npy.safetensors alone.safetensors
gives 0 "target" target --data X.npy
check "counts its classes" grep -Eq '^classes   3, of [0-9]+, [0-9]+, [0-9]+ images$' "$out"
npy y.npy 8 '|u1' '(30, 2)' <alone/train-labels-idx1-ubyte
refuses 4 'y.npy: an array of 2 dimensions; labels of images are \[n\]' classifier train --data X.npy --out z.safetensors

refuses 2 'needs --data DIR' classifier train
refuses 2 'gantry classifier show needs a FILE' classifier show
refuses 2 '--lr 1: only gantry classifier train takes it' classifier show c.safetensors --lr 1
refuses 2 'reads --data DIR and writes --out FILE' classifier train x --data data
refuses 2 'it exists; take another name, or --force' classifier train --data data --out c.safetensors
refuses 2 'data: this is a folder' classifier train --data data --out data --force
refuses 1 "none/x.safetensors: No such file or directory; name another file" classifier train --data data --out none/x.safetensors
refuses 2 'lr 1e\+06: the classifier diverged' classifier train --data data --lr 1e6 --epochs 200 --hidden 8,8,8,8,8,8,8 --out x.safetensors --json
refuses 4 'nothing' classifier train --data nothing
refuses 4 'nothing.safetensors' classifier show nothing.safetensors
head -c 1000 c.safetensors >cut.safetensors
refuses 4 'cut.safetensors' classifier show cut.safetensors

gan=(train --data data --generator 4-12-36 --discriminator 36-12-1 --g-output tanh --eval-every 10 --eval-samples 1000 --no-plots --quiet)
gives 0 "a run" "${gan[@]}" --iterations 25 --classifier c.safetensors --out run
check "has a line a checkpoint" [ "$(cut -d, -f1,2 run/image-scores.csv | tr '\n' ' ')" = "iteration,classifier 10,$hash 20,$hash 25,$hash " ]
check "with all scores" awk -F, 'NR > 1 { for (k = 3; k <= NF; k++) if ($k !~ /^[0-9.e+-]+$|^inf$/) exit 1 } NF != 17 { exit 1 }' run/image-scores.csv
sed -i '$p; $s/^25/30/' run/image-scores.csv # as if it had been killed behind its checkpoint
gives 0 "the run goes on" train --resume run --iterations 35 --quiet
gives 0 "the same in one go" "${gan[@]}" --iterations 35 --classifier c.safetensors --out whole
check "has scores at 35 too" grep -q "^35,$hash" whole/image-scores.csv
check "and the same ones" cmp run/image-scores.csv whole/image-scores.csv
gives 0 "a run that is done, into another folder" train --resume whole --out moved --quiet
check "takes its scores along" cmp moved/image-scores.csv whole/image-scores.csv
refuses 2 "its hash is [0-9a-f]*, but run/image-scores.csv has scores of $hash" train --resume run --iterations 40 --classifier d.safetensors
echo "36,$hash" >>run/image-scores.csv
refuses 4 'image-scores.csv:6: a damaged line' train --resume run --iterations 40
sed -i '$d' run/image-scores.csv
printf '36,%s\033,1000\n' "${hash%?}" >>run/image-scores.csv # what a terminal would take for a command
refuses 4 'image-scores.csv:6: a damaged line' train --resume run --iterations 40

# frechet_infinity, where it is asked for
infinity() { awk -F, 'NR == 1 { for (k = 1; k <= NF; k++) if ($k == "frechet_infinity") at = k } NR > 1 && at > 0 { printf "%s:%s ", $1, $at }' "$1/image-scores.csv"; }
check "has no column that was not asked for" [ -z "$(infinity whole)" ]
gives 0 "--fid-infinity" "${gan[@]}" --iterations 25 --classifier c.safetensors --fid-infinity --out far
check "a number a checkpoint" eval '[[ "$(infinity far)" =~ ^10:[0-9.e+-]+\ 20:[0-9.e+-]+\ 25:[0-9.e+-]+\ $ ]]'
check "the other columns are as without" cmp <(head -n 3 far/image-scores.csv | cut -d, -f1-10,12-) <(head -n 3 whole/image-scores.csv)
gives 0 "scores of it" evaluate far --classifier c.safetensors -n 1000 --fid-infinity
check "are those of the record" [ "$(sed -n 's/^frechet_infinity  *\([0-9.]*\) .*/\1/p' "$out")" = "$(infinity far | tr ' ' '\n' | sed -n 's/^25://p' | xargs printf '%.4f')" ]
gives 0 "it goes on" train --resume far --iterations 35 --quiet
check "with that column" eval '[[ "$(infinity far)" =~ ^10:.*\ 20:.*\ 30:.*\ 35:[0-9.e+-]+\ $ ]]'
refuses 2 '--no-fid-infinity: far/image-scores.csv began with that score' train --resume far --iterations 40 --no-fid-infinity
refuses 2 '--fid-infinity: whole/image-scores.csv began without that score' train --resume whole --iterations 40 --fid-infinity
refuses 2 '--fid-infinity: it belongs to scores of images; add --classifier' train --data data --fid-infinity --out no

gives 0 "a run in its place, without a classifier" "${gan[@]}" --iterations 10 --out run --force
check "has no scores" [ ! -e run/image-scores.csv ]
refuses 2 'the run learns x2, not images' train --classifier c.safetensors --iterations 10 --out points

gives 0 "scores of a run" evaluate whole --classifier c.safetensors -n 1000
check "are those of the record" [ "$(sed -n 's/^frechet  *\([0-9.]*\) .*/\1/p' "$out")" = "$(tail -n 1 whole/image-scores.csv | cut -d, -f10 | xargs printf '%.4f')" ]
check "name the classifier" grep -q "in features of classifier $hash, k = 5" "$out"
check "have classes" [ "$(grep -cE '^ +[0-2] +[0-9]+  [01]\.[0-9]{4}  [01]\.[0-9]{4}$' "$out")" = 3 ]
check "without what is not asked for" eval '! grep -q frechet_infinity "$out"'
gives 0 "against other images" evaluate whole --classifier c.safetensors --data data --neighbour 3 --fid-infinity --json
check "counts these" grep -q '"reference":	90' "$out"
check "has k" grep -q '"k":	3' "$out"
check "and the distance at infinity" grep -q '"frechet_infinity":	[0-9]' "$out"
gives 0 "several runs" evaluate whole far --classifier c.safetensors -n 1000
check "have a mean" grep -Eq '^frechet( +[0-9.]+){4}$' "$out"
check "by one classifier" grep -q "in features of classifier $hash, k = 5" "$out"
refuses 2 '--neighbour: it belongs to scores of images; add --classifier' evaluate whole --neighbour 3
refuses 2 'trained on images of 6 x 6 x 1, but other has 4 x 4 x 1' evaluate whole --classifier c.safetensors --data other
refuses 2 '60 real images have no neighbour number 60' evaluate whole --classifier alone.safetensors --data alone --neighbour 60
refuses 2 'is a file of the run itself' export whole --onnx whole/image-scores.csv
refuses 4 'is no classifier of gantry' evaluate whole --classifier whole/generator.safetensors
