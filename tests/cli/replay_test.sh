#!/usr/bin/env bash
# gantry replay: the run that a study holds, found by seed and by name, the same bits, its files and its animation; stores that were
# tampered with; refusals.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
if ! command -v sqlite3 >/dev/null; then
    echo "skipped - gantry replay: sqlite3 is not installed"
    exit 77
fi
. "$(dirname "$(readlink -f "$0")")/check.sh"
sql() { sqlite3 -batch "$1" "$2"; }

# --every 100: scoring 200 rows is most of a replay, and has its own test below.
gives 0 "a study" study --seeds 0:6 --iterations 400 --eval-every 100 --eval-samples 1000 --out s.sqlite
digest_of() { sql s.sqlite "SELECT digest FROM run WHERE seed = $1"; }
ranked() { sql s.sqlite "SELECT seed FROM run ORDER BY distance, seed LIMIT 1 OFFSET $1"; }

# ---------------------------------------------------------------- which run
for seed in 0 3 5; do
    gives 0 "seed $seed" replay s.sqlite --seed $seed --every 100 --no-plots
    check "its digest is the study's" eval 'grep -q "^digest *$(digest_of $seed) as in the study$" "$out"'
    check "and its rows are" grep -q "^rows *4 as in the study$" "$out"
    check "in a folder named after it" [ -s "replay/x2-seed$seed/metrics.csv" ]
done
for name in "best 0" "median 2" "worst 5"; do
    gives 0 "${name% *}" replay s.sqlite --seed "${name% *}" --every 100 --no-plots --out named --force
    check "is seed $(ranked "${name#* }")" grep -q "^seed *$(ranked "${name#* }")$" "$out"
done
check "none has relapsed" [ "$(sql s.sqlite 'SELECT max(n_relapses) FROM run')" = 0 ]
refuses 1 "none of the 6 finished runs relapsed" replay s.sqlite --seed first-relapse
cp s.sqlite relapsed.sqlite
sql relapsed.sqlite 'UPDATE run SET first_relapse = 300 WHERE seed = 1; UPDATE run SET first_relapse = 200 WHERE seed IN (2, 4)'
gives 0 "first-relapse" replay relapsed.sqlite --seed first-relapse --every 100 --no-plots --out named --force
check "is the smaller of two seeds that relapsed first" grep -q "^seed *2$" "$out"

# ---------------------------------------------------------------- the run's files
gives 0 "train from its config" train --config replay/x2-seed3/config.yaml --out again
check "makes the same files" same_runs replay/x2-seed3 again
gives 0 "train --resume of it" train --resume again --iterations 600 --no-plots --out longer
gives 0 "the same in one go" train --config replay/x2-seed3/config.yaml --iterations 600 --no-plots --out straight
check "has the same metrics at its end" eval '[ "$(tail -n 1 longer/metrics.csv)" = "$(tail -n 1 straight/metrics.csv)" ]'
gives 0 "--every" replay s.sqlite --seed 3 --every 150 --no-plots --out every
check "rows at each multiple and at the end" [ "$(cut -d, -f1 every/metrics.csv | paste -sd,)" = "iteration,150,300,400" ]
check "the study's own checkpoints are compared all the same" grep -q "^rows *4 as in the study$" "$out"
gives 0 "without --every" replay s.sqlite --seed 3 --no-plots --out every --force --json
check "about 200 rows" [ "$(wc -l <every/metrics.csv)" -eq 201 ]
check "JSON tells of the study" eval 'grep -q "\"command\":.*\"replay\"" "$out" && grep -q "\"difference\":.*null" "$out" && \
    grep -q "\"digest\":.*$(digest_of 3)" "$out"'
gives 0 "--quiet" replay s.sqlite --seed 3 --every 100 --no-plots --out every --force --quiet
check "prints nothing" eval '[ ! -s "$out" ] && [ ! -s "$err" ]'
gives 0 "plain C" replay s.sqlite --seed 3 --every 100 --no-plots --isa portable --out every --force
check "the same bits" grep -q "as in the study$" "$out"

# ---------------------------------------------------------------- the engine
gives 0 "a study on the layered engine" study --seeds 0:3 --iterations 60 --eval-every 20 --eval-samples 1000 --engine layered --out l.sqlite
check "its command says so" [ "$(sql l.sqlite "SELECT value FROM study WHERE key = 'command'")" = \
    "gantry study --seeds 0:3 --iterations 60 --eval-every 20 --eval-samples 1000 --engine layered" ]
gives 0 "replay" replay l.sqlite --seed 1 --no-plots --out l
check "takes the same engine" eval 'grep -q "^engine *layered on cpu" "$out" && grep -q "as in the study$" "$out"'
check "as its config does" grep -q "^engine: layered$" l/config.yaml
gives 0 "the page" report l.sqlite --out l.html
check "has its gallery" eval '! grep -q "left out" "$err"'
refuses 2 "--engine fused: a run is trained again as the study did it" replay l.sqlite --seed 1 --engine fused
refuses 2 "--engine fused: a study goes on as it began" study --resume l.sqlite --engine fused
gives 0 "the same on the fused engine" study --seeds 0:3 --iterations 60 --eval-every 20 --eval-samples 1000 --out f.sqlite --quiet
run studies diff l.sqlite f.sqlite
check "studies diff names the engines" grep -Eq "engine +layered +auto" "$out"
refuses 2 "not of one study: engine is layered and auto" merge l.sqlite f.sqlite --out lf.sqlite
cp l.sqlite t.sqlite
sql t.sqlite "UPDATE study SET value = 'steam' WHERE key = 'engine'"
refuses 4 "t.sqlite is damaged: its engine is unknown" replay t.sqlite --seed 1
cp f.sqlite t.sqlite
sql t.sqlite "DELETE FROM study WHERE key IN ('engine', 'precision', 'rng')"
gives 0 "a study of an earlier version" replay t.sqlite --seed 1 --no-plots --out t
sql t.sqlite "INSERT INTO study VALUES ('engine', 'layered')"
run replay t.sqlite --seed 1 --no-plots --out t --force
check "other bits are told" eval '[ "$code" -eq 1 ] && grep -q "last bits: the study.s were fused on cpu" "$err"'
rm -r t t.sqlite

# ---------------------------------------------------------------- what was tampered with
# differs PATTERN SQL: the replay of seed 3 names the first difference, and its folder is whole.
differs() {
    local pattern=$1
    cp s.sqlite t.sqlite
    sql t.sqlite "$2"
    rm -rf t
    run replay t.sqlite --seed 3 --every 100 --no-plots --out t
    check "$2: exit code 1" [ "$code" -eq 1 ]
    check "one line: $(cat "$err")" eval '[ "$(wc -l <"$err")" = 1 ] && grep -Eq "^gantry: $pattern: this is not the run of seed 3 that t.sqlite holds" "$err"'
    check "no claim, and whole files" eval '! grep -q "as in the study" "$out" && [ -s t/generator.safetensors ]'
}
differs "the digest is $(digest_of 3), and 0{32} in the study" "UPDATE run SET digest = '00000000000000000000000000000000' WHERE seed = 3"
differs "at iteration 300 w1_x is 0\.[0-9]+, and 0\.5 in the study" "UPDATE checkpoint SET w1_x = 0.5 WHERE run = 3 AND iteration = 300"
differs "at iteration 200 energy is nan, and 0\.25 in the study" "UPDATE checkpoint SET energy = 0.25 WHERE run = 3 AND iteration = 200"
differs "at iteration 100 std_x is 0\.[0-9]+, and nan in the study" "UPDATE checkpoint SET std_x = NULL WHERE run = 3 AND iteration = 100"
differs "the study has no row of iteration 200" "DELETE FROM checkpoint WHERE run = 3 AND iteration = 200"
differs "the study has no row of iteration 400" "DELETE FROM checkpoint WHERE run = 3 AND iteration = 400"
differs "the outcome is [a-z]+, and diverged in the study" "UPDATE run SET outcome = 'diverged' WHERE seed = 3"

cp s.sqlite u.sqlite
sql u.sqlite 'UPDATE run SET finished = 0, outcome = NULL, digest = NULL WHERE seed = 3; DELETE FROM checkpoint WHERE run = 3 AND iteration > 200'
gives 0 "a run that is not finished" replay u.sqlite --seed 3 --every 100 --no-plots --out u
check "says that there is no digest, and compares the rows" eval 'grep -q "^rows *2 as in the study$" "$out" && \
    grep -q "^digest *$(digest_of 3), and none in the study" "$out"'

# ---------------------------------------------------------------- settings, other targets, divergence
gives 0 "a sweep" study --seeds 7:9 --sweep lr=1e-3,5e-3 --loss hinge --iterations 200 --eval-samples 1000 --out w.sqlite
refuses 2 "2 settings; choose one with --setting: 0 \(lr=1e-3\), 1 \(lr=5e-3\)" replay w.sqlite --seed 7
refuses 2 "--setting 2: it takes one of 0 \(lr=1e-3\), 1 \(lr=5e-3\)" replay w.sqlite --seed 7 --setting 2
refuses 2 "--setting x: it takes one of" replay w.sqlite --seed 7 --setting x
gives 0 "a setting of it" replay w.sqlite --seed 8 --setting 1 --every 100 --no-plots
check "is the one with its values" eval 'grep -q "^d-lr: 0.005$" replay/x2-setting1-seed8/config.yaml && grep -q "as in the study$" "$out"'

awk 'BEGIN {srand(1); for (i = 0; i < 300; i++) print rand()}' >d1.csv
gives 0 "a study of data" study --seeds 0:2 --data d1.csv --iterations 200 --eval-samples 1000 --out d.sqlite
rm d1.csv
gives 0 "replays without the file" replay d.sqlite --seed worst --every 100 --no-plots --out d
gives 0 "train from its config" train --config d/config.yaml --no-plots --out d-again
check "makes the same files" same_runs d d-again

gives 0 "a study that diverges" study --seeds 0:2 --lr 1e6 --eps 1e-20 --beta2 0 --iterations 300 --eval-every 70 --eval-samples 1000 --out x.sqlite
gives 0 "replays" replay x.sqlite --seed worst --no-plots --out x
check "with all its rows" eval 'grep -q "^rows *5 as in the study$" "$out" && grep -q "^outcome *diverged" "$out"'

# ---------------------------------------------------------------- refusals
refuses 2 "--seed 6: the study has the seeds 0 to 5" replay s.sqlite --seed 6
refuses 2 "--seed wurst: it takes a number from 0 to 5, or best, median, worst or first-relapse" replay s.sqlite --seed wurst
refuses 2 "--seed is missing; it takes a seed of the study, or best" replay s.sqlite
refuses 2 "STUDY" replay --seed 1
refuses 2 "has only one, 0" replay s.sqlite --seed 1 --setting 1
refuses 2 "the folder exists" replay s.sqlite --seed 1 --out named
refuses 2 "it takes" replay s.sqlite --seed 1 --every 0
refuses 4 "nowhere.sqlite" replay nowhere.sqlite --seed 1
echo "not a store at all" >text.sqlite
refuses 4 "text.sqlite" replay text.sqlite --seed 1
cp s.sqlite newer.sqlite
sql newer.sqlite 'PRAGMA user_version = 99'
refuses 4 "newer.sqlite" replay newer.sqlite --seed 1
head -c 20000 s.sqlite >cut.sqlite
refuses 4 "cut.sqlite" replay cut.sqlite --seed 1

# ---------------------------------------------------------------- interruption
gives 0 "a study to interrupt" study --seeds 0:1 --iterations 10 --eval-samples 1000 --out long.sqlite
sql long.sqlite "UPDATE study SET value = 1000000000 WHERE key = 'iterations'; UPDATE study SET value = 100000 WHERE key = 'eval_every'; UPDATE run SET finished = 0, outcome = NULL, digest = NULL; DELETE FROM checkpoint"
"$GANTRY" replay long.sqlite --seed 0 --no-plots --out long >"$out" 2>"$err" &
pid=$!
for _ in $(seq 100); do
    [ -s long/checkpoint.safetensors ] && break
    sleep 0.1
done
sleep 0.3
kill -INT $pid
wait $pid
check "SIGINT: exit code 130" [ $? -eq 130 ]
check "one line that says how to repeat it: $(cat "$err")" eval '[ "$(wc -l <"$err")" = 1 ] && \
    grep -q "repeat it with: gantry replay long.sqlite --seed 0 --setting 0 --out long --force$" "$err"'

# ---------------------------------------------------------------- the animation
if ! command -v gnuplot >/dev/null || ! command -v python3 >/dev/null; then
    skip "the animation" "it takes gnuplot, and python3 to look at it"
    exit
fi
# frames FILE: how many frames a GIF has, how many of them differ from the one before, its size, and the last delay.
cat >frames.py <<'END'
import struct, sys
data = open(sys.argv[1], 'rb').read()
assert data[:6] == b'GIF89a' and data[-1] == 0x3b, 'no whole GIF'
width, height, packed = struct.unpack('<HHB', data[6:11])
table = lambda bits: 3 << (bits & 7) + 1 if bits & 0x80 else 0
at, frames, delay = 13 + table(packed), [], 0
def blocks(at):
    start = at
    while data[at]: at += data[at] + 1
    return data[start:at], at + 1
while data[at] != 0x3b:
    if data[at] == 0x21:
        if data[at + 1] == 0xf9: delay = struct.unpack('<H', data[at + 4:at + 6])[0]
        _, at = blocks(at + 2)
    else:
        assert data[at] == 0x2c, 'a block that is none'
        pixels, at = blocks(at + 11 + table(data[at + 9]))
        frames.append(pixels)
changes = sum(a != b for a, b in zip(frames, frames[1:]))
print(len(frames), changes, width, height, delay)
END
gives 0 "with pictures" replay s.sqlite --seed 3 --every 20 --out g
check "says that there is one" grep -q "^files *g/ with 20 pictures and training.gif$" "$out"
read -r n changes width height delay <<<"$(python3 frames.py g/training.gif)"
check "a frame for the beginning and one each 20 iterations ($n)" [ "$n" -eq 21 ]
check "in each of which something moves ($changes)" [ "$changes" -eq 20 ]
check "of 640 x 480, the last held longest ($delay)" [ "$width $height $delay" = "640 480 250" ]
check "no other file of theirs" eval '! ls -A g | grep -q "part\|tmp"'
gives 0 "train from its config" train --config g/config.yaml --out pictures
check "draws the same pictures" eval 'for picture in g/*.png; do cmp "$picture" "pictures/${picture#g/}" || return 1; done; [ "$(ls pictures/*.png | wc -l)" -eq 20 ]'
gives 0 "without pictures" replay s.sqlite --seed 3 --every 20 --out g --force --no-plots
check "the old animation is gone" [ ! -e g/training.gif ]
for study in "w --setting 1" d x; do
    name=${study%% *}
    # shellcheck disable=SC2086 # several words
    gives 0 "$name" replay $name.sqlite ${study#"$name"} --seed best --every 50 --out g --force
    read -r n changes _ <<<"$(python3 frames.py g/training.gif)"
    check "its animation ($n frames)" [ "$n" -ge 5 ]
done

# A gnuplot on a full disk: whole pictures, but a GIF that is cut off.
gives 0 "an animation" replay s.sqlite --seed 3 --every 100 --out g --force
mkdir bin
cat >bin/gnuplot <<END
#!/bin/sh
[ "\$1" = --version ] && exit 0
sed -n "s/^set output '\(.*part\)'$/\1/p" | while read -r part; do
    case \$part in
    *gif.part) head -c 2000 "$folder/g/training.gif" >"\$part" ;;
    *) cat "$folder/g/generated_plot_e400.png" >"\$part" ;;
    esac
done
END
chmod +x bin/gnuplot
PATH=$folder/bin:$PATH run replay s.sqlite --seed 3 --every 100 --out broken
check "a GIF that is cut off is not published: $(cat "$err")" eval '[ $code = 1 ] && grep -q "training.gif: gnuplot couldn.t write it whole" "$err" && \
    ! ls -A broken | grep -q "gif\|part" && [ -s broken/generator.safetensors ] && [ -s broken/generated_plot_e100.png ]'
