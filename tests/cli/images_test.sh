#!/usr/bin/env bash
# Images: what gantry reads, trains on and draws of them, and what it refuses.
# shellcheck disable=SC1091,SC2016,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/idx.sh"

idx stripes-images-idx3-ubyte 64 8 8
gzip -k stripes-images-idx3-ubyte
nets=(--generator 5-32-64 --discriminator 64-32-1 --g-output tanh --batch 32 --eval-samples 1000)
plain=("${nets[@]}" --data stripes-images-idx3-ubyte)
pictures() { find "$1" -name 'samples-*.png' -printf '%f\n' | sort -V | paste -sd' '; }
same_pictures() { for file in "$1"/samples-*.png; do cmp "$file" "$2/${file##*/}" || return 1; done; }
same_images_runs() {
    for file in metrics.csv checkpoint.safetensors generator.safetensors discriminator.safetensors; do
        cmp "$1/$file" "$2/$file" || return 1
    done
}

# ---------------------------------------------------------------- gantry train
gives 0 "images" train "${plain[@]}" --iterations 40 --eval-every 10 --out a
check "a line a checkpoint" [ "$(grep -c '^[0-9]*9 ' "$out")" -eq 4 ]
check "pictures are counted" grep -q '^files *a/ with 4 pictures$' "$out"
check "a picture a checkpoint" [ "$(pictures a)" = "samples-10.png samples-20.png samples-30.png samples-40.png" ]
check "ten tiles of 8 pixels, seven times as large, with gaps of 2" is_png a/samples-40.png $((10 * 8 * 7 + 9 * 2))
check "that change" eval '! cmp -s a/samples-10.png a/samples-40.png'
check "no points" [ ! -e a/points.csv ]
check "the config names the data" grep -q '^data: stripes-images-idx3-ubyte$' a/config.yaml
gives 0 "its config" train --config a/config.yaml --out b --quiet
check "the same run" same_images_runs a b
check "with the same pictures" same_pictures a b
gives 0 "compressed" train "${nets[@]}" --data stripes-images-idx3-ubyte.gz --iterations 40 --eval-every 10 --out b --force --quiet
check "the same run" cmp a/metrics.csv b/metrics.csv
gives 0 "half of it" train "${plain[@]}" --iterations 20 --eval-every 10 --out b --force --quiet
cp -r b early
touch early/samples-30.png
gives 0 "resumed without pictures" train --resume early --iterations 40 --no-plots --quiet
check "none is left that the run hadn't come to" [ "$(pictures early)" = "samples-10.png samples-20.png" ]
touch b/samples-15.png b/samples-30.png b/samples-x.png
mv stripes-images-idx3-ubyte elsewhere
gives 0 "resumed, the data gone" train --resume b --iterations 40 --quiet
mv elsewhere stripes-images-idx3-ubyte
check "the same run" same_images_runs a b
check "with the same pictures" same_pictures a b
check "and no others of its own" [ "$(pictures b)" = "$(pictures a) samples-x.png" ]
cp -r a other
rm other/samples-40.png
cp other/samples-20.png other/samples-10.png # of another run
touch other/image-scores.csv
gives 0 "half of it again" train "${plain[@]}" --iterations 20 --eval-every 10 --out half --quiet
gives 0 "resumed into a folder of another run" train --resume half --iterations 40 --out other --force --quiet
check "the same run" same_images_runs a other
check "with all its pictures" eval 'same_pictures a other && [ "$(pictures other)" = "$(pictures a)" ]'
check "and nothing of the other run" [ ! -e other/image-scores.csv ]
check "the former folder has its own" [ "$(pictures half)" = "samples-10.png samples-20.png" ]
gives 0 "resumed into its own folder by name" train --resume half --iterations 40 --out ./half --force --quiet
check "the same pictures" same_pictures a half
rm half/samples-10.png
mkdir half/samples-10.png
refuses 1 "half/samples-10.png: Is a directory$" train --resume half --iterations 50 --out no
PATH_ALL=$PATH
PATH=$folder
run train "${plain[@]}" --iterations 5 --plots --out c --quiet
PATH=$PATH_ALL
check "pictures need no gnuplot" [ "$code" -eq 0 ]
check "there is one" is_png c/samples-5.png 0
gives 0 "--no-plots" train "${plain[@]}" --iterations 5 --no-plots --out d
check "no picture" [ -z "$(pictures d)" ]
gives 0 "points" train --iterations 5 --out e --eval-samples 1000 --no-plots --quiet
gives 0 "images in their place" train "${plain[@]}" --iterations 5 --out e --force --quiet
check "no points are left" [ ! -e e/points.csv ]
gives 0 "more checkpoints than pictures" train "${plain[@]}" --iterations 210 --eval-every 2 --out f --quiet
check "every second has one" [ "$(find f -name 'samples-*.png' | wc -l)" -eq 53 ]
check "of those that stay" [ "$(pictures f | cut -d' ' -f1-2)" = "samples-4.png samples-8.png" ]
check "and the last" [ -e f/samples-210.png ]

# The latents are the same at each checkpoint: nets that hardly learn make the same pictures, by their average too.
gives 0 "no learning" train "${plain[@]}" --iterations 20 --eval-every 10 --lr 1e-30 --out g --quiet
check "the same picture" cmp g/samples-10.png g/samples-20.png
gives 0 "no learning, averaged" train "${plain[@]}" --iterations 20 --eval-every 10 --lr 1e-30 --ema 0.9 --out h --quiet
check "the same picture" cmp g/samples-20.png h/samples-20.png
gives 0 "averaged" train "${plain[@]}" --iterations 40 --eval-every 10 --ema 0.9 --out h --force --quiet
check "another picture than by the last weights" eval '! cmp -s a/samples-40.png h/samples-40.png'
check "of the same run: the picture leaves the weights as they are" cmp a/discriminator.safetensors h/discriminator.safetensors

# ---------------------------------------------------------------- epochs
gives 0 "epochs" train "${plain[@]}" --epochs 3 --epoch-iterations 7 --out i --quiet
check "a checkpoint each" [ "$(cut -d, -f1 i/metrics.csv | paste -sd,)" = "iteration,7,14,21" ]
check "the config has them in iterations" eval 'grep -q "^iterations: 21$" i/config.yaml && grep -q "^eval-every: 7$" i/config.yaml'
gives 0 "epochs with --eval-every" train "${plain[@]}" --epochs 3 --epoch-iterations 7 --eval-every 10 --out i --force --quiet
check "checkpoints as it says" [ "$(cut -d, -f1 i/metrics.csv | paste -sd,)" = "iteration,10,20,21" ]
gives 0 "128 iterations an epoch" train --epochs 2 --eval-samples 1000 --no-plots --out j --quiet
check "as in the document" [ "$(cut -d, -f1 j/metrics.csv | paste -sd,)" = "iteration,128,256" ]
gives 0 "more epochs of a run" train --resume j --epochs 3 --no-plots --quiet
check "go on" [ "$(cut -d, -f1 j/metrics.csv | paste -sd,)" = "iteration,128,256,384" ]
printf 'epochs: 2\nepoch-iterations: 5\n' >epochs.yaml
gives 0 "epochs of a file" train --config epochs.yaml --eval-samples 1000 --no-plots --out k --quiet
check "are taken" [ "$(cut -d, -f1 k/metrics.csv | paste -sd,)" = "iteration,5,10" ]
gives 0 "iterations over a file's epochs" train --config epochs.yaml --iterations 3 --eval-samples 1000 --no-plots --out k --force --quiet
check "win" [ "$(cut -d, -f1 k/metrics.csv | paste -sd,)" = "iteration,3" ]
refuses 2 "epochs 2 and iterations 3: .*leave one of the two out" train --epochs 2 --iterations 3
refuses 2 "--epoch-iterations 3: how many epochs\?" train --epoch-iterations 3
refuses 2 "--epochs 4000000000 of 128 iterations; a run takes up to" train --epochs 4000000000
printf 'epochs: 2\niterations: 5\n' >both.yaml
refuses 2 "both.yaml: epochs 2 and iterations 5" train --config both.yaml
refuses 2 "epochs 2 and iterations 3" study --epochs 2 --iterations 3

# ---------------------------------------------------------------- what tells of a run
gives 0 "show" show a
check "tells of the images" grep -q 'target *64 images of 8 x 8 pixels in grey, held by the checkpoint' "$out"
gives 0 "show --json" show a --json
check "their shape" eval 'tr -d " \t\n" <"$out" | grep -q "\"image\":\[8,8,1\]"'
gives 0 "target" target --data stripes-images-idx3-ubyte --plot t.png
check "tells of the images" eval 'grep -q "^images    64 of 8 x 8 pixels in grey$" "$out" && grep -q "^classes   none" "$out"'
check "and draws some" is_png t.png $((10 * 8 * 7 + 9 * 2))
gives 0 "target --samples" target --data stripes-images-idx3-ubyte --samples 3
check "their values" eval '[ "$(wc -l <"$out")" -eq 4 ] && [ "$(tail -1 "$out" | tr "," "\n" | sort -u | wc -l)" -eq 2 ]'
gives 0 "summary" summary generator --data stripes-images-idx3-ubyte
check "the nets' ends follow the data" grep -q '(None, 64)' "$out"
gives 0 "export" export a --safetensors g.safetensors
check "tells how to come to bytes" grep -q 'the data are its output times 127.5 plus 127.5$' "$out"
gives 0 "evaluate" evaluate a
check "scores it" grep -q energy_coefficient "$out"

# ---------------------------------------------------------------- gantry sample
gives 0 "sample" sample a -n 3
check "CSV of all values" eval '[ "$(wc -l <"$out")" -eq 4 ] && [ "$(head -1 "$out" | tr "," "\n" | wc -l)" -eq 64 ]'
gives 0 "--out" sample a -n 3 --out s.npy
check "float32 [3, 64]" [ "$(wc -c <s.npy)" -eq $((128 + 4 * 3 * 64)) ]
gives 0 "--grid" sample a --grid grid.png
check "draws 10 x 10" is_png grid.png 578
check "and prints nothing" [ ! -s "$out" ]
gives 0 "--columns" sample a --grid grid.png --force -n 6 --columns 3
check "draws 2 x 3" is_png grid.png $((3 * 56 + 2 * 2))
gives 0 "a name by default" sample a --grid
check "after the run" is_png grid_a.png 578
gives 0 "untrained" sample --untrained "${plain[@]:0:6}" --data stripes-images-idx3-ubyte --grid u.png
check "draws, too" is_png u.png 578
gives 0 "--interpolate" sample a --interpolate 5 --points 2 --grid i.png --out i.csv
check "two rows of five" is_png i.png $((5 * 56 + 4 * 2))
check "ten images" [ "$(wc -l <i.csv)" -eq 11 ]
gives 0 "--interpolate, the ends alone" sample a --interpolate 2 --points 2 --grid i.png --out ends.csv --force
check "are the ends" eval 'cmp <(sed -n "2p;6p;7p;11p" i.csv) <(sed 1d ends.csv)'
gives 0 "--nearest" sample a --nearest 3 --grid n.png
check "ten rows of a sample and three images" is_png n.png $((4 * 56 + 3 * 2))
check "a distance each, growing" eval '[ "$(wc -l <"$out")" -eq 31 ] && sed 1d "$out" | awk -F, "\$2 == 1 { last = 0 } \$4 < last { bad = 1 } { last = \$4 } END { exit bad }"'
check "and beside it how far the data lie apart" grep -Eq '^median distance to the nearest image of the data: [0-9.]+ of these 10 samples, 32.0 of 64 images of the data to the others$' "$err"
idx one-images-idx3-ubyte 1 8 8
gives 0 "--nearest of a single image" sample --untrained "${plain[@]:0:6}" --data one-images-idx3-ubyte --nearest 1 --grid one.png
check "says nothing about others" grep -Eqx 'median distance to the nearest image of the data: [0-9.]+ of these 10 samples' "$err"
refuses 2 "--nearest 65: the data has 64 images" sample a --nearest 65 --grid no.png
refuses 2 "--plot draws points" sample a --plot
refuses 2 "--nearest 3: .*add --grid" sample a --nearest 3
refuses 2 "--interpolate 3: .*add --grid" sample a --interpolate 3
refuses 2 "--columns 3: .*add --grid" sample a --columns 3
refuses 2 "--columns 3: --nearest says" sample a --columns 3 --nearest 2 --grid no.png
refuses 2 "--interpolate 3 and --nearest 3" sample a --interpolate 3 --nearest 3 --grid no.png
refuses 2 "--interpolate 1: " sample a --interpolate 1 --grid no.png
refuses 2 "grid.png: the file exists" sample a --grid grid.png
refuses 2 "--grid none/g.png: there is no folder none" sample a --grid none/g.png
refuses 2 "--grid g.jpg: it takes a file name that ends in .png" sample a --grid g.jpg
refuses 2 "--grid draws images, .*take --plot" sample j --grid no.png

# ---------------------------------------------------------------- studies
gives 0 "study" study "${plain[@]}" --seeds 3:5 --epochs 2 --epoch-iterations 10 --out s.sqlite --quiet
gives 0 "train of one of its seeds" train "${plain[@]}" --seed 4 --iterations 20 --eval-every 10 --out l
one=$(digest)
gives 0 "replay" replay s.sqlite --seed 4 --every 10 --out m
check "the same run" [ "$(digest)" = "$one as in the study" ]
check "and the same rows" grep -q "^rows *2 as in the study$" "$out"
check "its pictures" [ "$(pictures m)" = "samples-10.png samples-20.png" ]
check "the data beside it" [ "$(wc -c <m/data.npy)" -eq $((128 + 64 * 64)) ]
gives 0 "train from its config" train --config m/config.yaml --out o --quiet
check "the same run" same_images_runs m o

# ---------------------------------------------------------------- the gallery of gantry report
# grid PAGE N: the picture of the N-th run, in a file of its own.
grid() { grep -o 'src="data:image/png;base64,[^"]*' "$1" | sed -n "$(($2 + 1))s/.*base64,//p" | base64 -d >"grid-$2.png"; }
if ! command -v gnuplot >/dev/null || ! command -v sqlite3 >/dev/null; then
    skip "the gallery of a report" "gnuplot or sqlite3 is not installed"
else
    gives 0 "a study with outcomes" study "${plain[@]}" --seeds 0:12 --iterations 200 --eval-every 20 --lr 0.01 --keep-weights all --out w.sqlite --quiet
    # Of all runs, and of those of each outcome, by distance: the first, the middle one, the last.
    chosen=$(sqlite3 -readonly w.sqlite "WITH run_at AS (SELECT seed, outcome, CASE WHEN diverged_at IS NULL THEN coalesce(distance, 9e999) ELSE 9e999 END d FROM run),
        place AS (SELECT seed, row_number() OVER (ORDER BY d, seed) - 1 a, count(*) OVER () n,
            row_number() OVER (PARTITION BY outcome ORDER BY d, seed) - 1 b, count(*) OVER (PARTITION BY outcome) m FROM run_at)
        SELECT seed FROM place WHERE a IN (0, (n - 1) / 2, n - 1) OR b IN (0, (m - 1) / 2, m - 1) ORDER BY seed" | paste -sd' ')
    gives 0 "report" report w.sqlite --out r.html --figures kept
    check "images of the runs $chosen" \
        [ "$(find kept -name 'samples-*-seed*.png' | sed 's/.*-seed\(.*\).png/\1/' | sort -n | paste -sd' ')" = "$chosen" ]
    n_chosen=$(wc -w <<<"$chosen")
    check "are in the page, behind real ones" [ "$(grep -o '<img [^>]*src="data:image/png;base64,' r.html | wc -l)" -eq $((n_chosen + 1)) ]
    check "and nothing else is" [ "$(grep -o '<img ' r.html | wc -l)" -eq $((n_chosen + 1)) ]
    grid r.html 0
    check "the real ones" eval 'cmp grid-0.png kept/samples-real.png && is_png grid-0.png $((6 * 8 * 7 + 5 * 2))'
    for n in $(seq "$n_chosen"); do
        grid r.html "$n"
        check "picture $n is that of the file" eval 'cmp grid-$n.png kept/samples-$n-seed*.png && is_png grid-$n.png $((6 * 8 * 7 + 5 * 2))'
    done
    check "with a line each" [ "$(grep -c '<figcaption>.*seed [0-9]*, ' r.html)" -eq "$n_chosen" ]
    check "each has another picture" [ "$(cat kept/samples-*-seed*.png | wc -c)" -gt 0 -a "$(md5sum kept/samples-*.png | cut -d' ' -f1 | sort -u | wc -l)" -eq $((n_chosen + 1)) ]
    mv w-weights elsewhere-weights
    gives 0 "without the checkpoints" report w.sqlite --out again.html --figures again
    check "trained again to the same pictures" eval '(for f in kept/samples-*.png; do cmp "$f" "again/${f##*/}" || exit 1; done)'
    mkdir w-weights
    for file in elsewhere-weights/*; do head -c 5000 "$file" >"w-weights/${file##*/}"; done
    gives 0 "with damaged checkpoints" report w.sqlite --out again.html --figures again --force
    check "the same pictures" eval '(for f in kept/samples-*.png; do cmp "$f" "again/${f##*/}" || exit 1; done) && ! grep -q "gallery" again.html'
    first=${chosen%% *}
    for file in elsewhere-weights/*; do cp "elsewhere-weights/seed$first.safetensors" "w-weights/${file##*/}"; done
    gives 0 "with checkpoints of another run" report w.sqlite --out again.html --figures again --force
    check "the same pictures" eval '(for f in kept/samples-*.png; do cmp "$f" "again/${f##*/}" || exit 1; done) && ! grep -q "gallery" again.html'
    rm -r w-weights
    sqlite3 w.sqlite "UPDATE fact SET value = '7200' WHERE key = 'seconds'" >/dev/null
    gives 0 "of a study that took hours" report w.sqlite --out long.html
    check "none is trained again unasked" eval '! grep -q "<img" long.html && grep -q "Runs that the gallery lacks: $n_chosen, .* takes about [0-9]* min" long.html'
    check "says so on stderr, too" grep -q "^gantry: Runs that the gallery lacks: $n_chosen, .*gantry report --gallery trains them" "$err"
    gives 0 "--gallery" report w.sqlite --gallery --out long.html --force
    check "asks for it" [ "$(grep -o '<img ' long.html | wc -l)" -eq $((n_chosen + 1)) ]
    gives 0 "--no-gallery" report w.sqlite --no-gallery --out none.html
    check "and not" eval '! grep -Eq "<img|lacks" none.html'
    gives 0 "--no-charts" report w.sqlite --no-charts --out none.html --force
    check "tables alone" eval '! grep -Eq "<img|lacks" none.html'
fi

idx others-images-idx3-ubyte 64 8 8
printf 'x' | dd of=others-images-idx3-ubyte bs=1 seek=99 conv=notrunc status=none
gives 0 "a study of other images" study "${nets[@]}" --data others-images-idx3-ubyte --seeds 3:5 --epochs 2 --epoch-iterations 10 --out t.sqlite --quiet
run studies diff s.sqlite t.sqlite
check "studies diff sees that" grep -q "other points" "$out"

if command -v sqlite3 >/dev/null; then
    gives 0 "a sweep" study "${plain[@]}" --seeds 0:1 --iterations 5 --sweep lr=1e-3,1e-2 --out u.sqlite --quiet
    gives 0 "replay of a setting" replay u.sqlite --seed 0 --setting 1 --out v --quiet
    sqlite3 -batch u.sqlite 'UPDATE setting SET spec = replace(spec, '\''"images"'\'', '\''"data"'\'') WHERE setting = 1'
    refuses 4 "u.sqlite is damaged: its settings have different points" replay u.sqlite --seed 0 --setting 1
else
    skip "a tampered study" "sqlite3 is not installed"
fi

# ---------------------------------------------------------------- what it refuses
bad() { # PATTERN: of bad-images-idx3-ubyte
    refuses 4 "--data bad-images-idx3-ubyte: .*$1" train --data bad-images-idx3-ubyte
}
head -c 100 stripes-images-idx3-ubyte >bad-images-idx3-ubyte
bad "cut short"
echo more | cat stripes-images-idx3-ubyte - >bad-images-idx3-ubyte
bad "goes on behind what its header promises"
echo "x,y" >bad-images-idx3-ubyte
bad "no IDX file of images"
head -c 60 stripes-images-idx3-ubyte.gz >bad-images-idx3-ubyte
bad "cut short"
cp stripes-images-idx3-ubyte bad-images-idx3-ubyte
cp stripes-images-idx3-ubyte bad-labels-idx1-ubyte
bad "no IDX file of labels"
mkdir empty pngs
refuses 4 "empty has no images" train --data empty
cp a/samples-10.png pngs/a.png
refuses 4 "pngs/a.png can't be read as a PNG file: it has too many pixels" train --data pngs
refuses 4 "is one PNG file" train --data pngs/a.png
refuses 4 "can't read none" train --data none
refuses 2 "generator|64" train "${plain[@]}" --generator 5-32-63

# ---------------------------------------------------------------- Fashion-MNIST
fashion=/usr/share/datasets/fashion-mnist
if [ -d $fashion ]; then
    gives 0 "Fashion-MNIST" target --data $fashion
    check "60,000 images" grep -q '^images    60000 of 28 x 28 pixels in grey$' "$out"
    check "ten classes" grep -q '^classes   10, of 6000, ' "$out"
else
    skip "Fashion-MNIST" "no $fashion; Debian: apt install dataset-fashion-mnist"
fi
