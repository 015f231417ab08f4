#!/bin/bash
# gantry merge: shards of a study in one file, whatever their number and order; parts that are missing, unfinished, overlap, differ
# or are of other studies; shards from a Slurm array; full disks.
# shellcheck source=tests/cli/studies.sh
. "$(dirname "$0")/studies.sh"
# shellcheck source=tests/cli/check.sh
. "$(dirname "$0")/check.sh"
command -v sqlite3 >/dev/null || {
    skip "gantry merge" "sqlite3 is not installed"
    exit 77
}

# shards N FLAG...: s<i>of<N>.sqlite, the shards of a study of 40 seeds.
shards() {
    local n=$1 i
    shift
    for ((i = 0; i < n; i++)); do
        run study --seeds 0:40 "${short[@]}" "$@" --shard "$i/$n" --out "s${i}of$n.sqlite"
        [ "$code" -eq 0 ] || not_ok "shard $i of $n: $(cat "$err")"
    done
}

# ---------------------------------------------------------------- any number of shards, in any order

run study --seeds 0:40 "${short[@]}" --out whole.sqlite
for n in 1 3 7; do
    shards "$n"
    gives 0 "merging $n shards" merge s?of"$n".sqlite --out "m$n.sqlite"
    check "$n shards merged are the study" same_content whole.sqlite "m$n.sqlite"
done
check "it says what was merged" grep -Eq '^merged +7 files, 40 of 40 runs' "$out"
run merge s5of7.sqlite s1of7.sqlite s6of7.sqlite s0of7.sqlite s4of7.sqlite s2of7.sqlite s3of7.sqlite --out other-order.sqlite
check "in another order, too" same_content whole.sqlite other-order.sqlite
run merge s0of3.sqlite s1of7.sqlite s2of7.sqlite s3of7.sqlite s4of7.sqlite s5of7.sqlite s6of7.sqlite --out mixed.sqlite
check "shards of different numbers" same_content whole.sqlite mixed.sqlite
check "overlapping runs are told of" grep -Eq '^overlap +[0-9]+ runs .*bit for bit' "$out"
check "nothing is left beside the files" is_tidy

run study --seeds 5:25 --sweep lr=1e-3,1e-4 "${short[@]}" --out sweep.sqlite
for i in 0 1 2; do run study --seeds 5:25 --sweep lr=1e-3,1e-4 "${short[@]}" --shard "$i/3" --out "w$i.sqlite"; done
run merge w2.sqlite w0.sqlite w1.sqlite --out sweep-merged.sqlite
check "shards of a sweep" same_content sweep.sqlite sweep-merged.sqlite

for keep in all worst:3; do
    run study --seeds 0:40 "${short[@]}" --keep-weights "$keep" --out kept.sqlite
    shards 3 --keep-weights "$keep" --force
    run merge s?of3.sqlite --out kept-merged.sqlite
    check "--keep-weights $keep: the checkpoints come along" diff -r kept-weights kept-merged-weights
    check "--keep-weights $keep: there are some" test -n "$(ls kept-weights)"
    rm -r kept* s?of3-weights
done
shards 3 --force

# ---------------------------------------------------------------- what is missing

refuses 2 'seeds 14:27 of 0:40 are missing.*--allow-missing' merge s0of3.sqlite s2of3.sqlite --out missing.sqlite
gives 0 "--allow-missing" merge s0of3.sqlite s2of3.sqlite --allow-missing --out missing.sqlite
check "the missing seeds are named" grep -Eq '^missing +13 runs, of seeds 14:27$' "$out"
check "and the way to them" grep -q 'gantry study --resume missing.sqlite' "$out"
gives 0 "training them" study --resume missing.sqlite --quiet
check "gives the whole study" same_content whole.sqlite missing.sqlite

# A shard that was stopped: some of its runs are finished, others have a state, others nothing.
long=(--seeds 0:40 --iterations 20000 --eval-every 1000 --eval-samples 1000)
"$GANTRY" study "${long[@]}" --quiet --threads 1 --shard 0/2 --out stopped.sqlite 2>"$err" &
pid=$!
for _ in $(seq 200); do
    [ -s stopped.sqlite ] && break
    sleep 0.05
done
sleep 0.5
kill -USR1 $pid
wait $pid
check "SIGUSR1 stops with its code, saved" [ $? -eq 138 ]
check "the way on is told" grep -q 'stopped; go on with: gantry study --resume stopped.sqlite' "$err"
run study "${long[@]}" --quiet --shard 1/2 --out second.sqlite
run merge second.sqlite stopped.sqlite --allow-missing --out goes-on.sqlite
check "saved states are told of" grep -q 'of them have a saved state' "$out"
states=$(sqlite3 stopped.sqlite 'SELECT count(*) FROM state')
check "they come along" [ "$(sqlite3 goes-on.sqlite 'SELECT count(*) FROM state')" -eq "$states" ] && [ "$states" -gt 0 ]
run study --resume goes-on.sqlite --quiet
run study --resume stopped.sqlite --quiet
run merge stopped.sqlite second.sqlite --out stopped-whole.sqlite
check "what goes on from them is what the shard comes to" same_content stopped-whole.sqlite goes-on.sqlite

# ---------------------------------------------------------------- what does not fit

cp s0of3.sqlite damaged.sqlite
sqlite3 damaged.sqlite "UPDATE run SET digest = '0123456789abcdef0123456789abcdef' WHERE seed = 7"
refuses 4 's0of3.sqlite and damaged.sqlite differ in setting 0, seed 7, .*digests' merge s0of3.sqlite s1of3.sqlite s2of3.sqlite damaged.sqlite --out x.sqlite
cp s0of3.sqlite damaged.sqlite
sqlite3 damaged.sqlite "UPDATE checkpoint SET w1_x = w1_x + 1e-9 WHERE run = 3 AND iteration = 100"
refuses 4 'damaged.sqlite and s0of3.sqlite differ in the checkpoints of setting 0, seed 3' merge damaged.sqlite s1of3.sqlite s2of3.sqlite s0of3.sqlite --out x.sqlite
cp s0of3.sqlite damaged.sqlite
sqlite3 damaged.sqlite "DELETE FROM checkpoint WHERE run = 3 AND iteration = 100"
refuses 4 'differ in the checkpoints of setting 0, seed 3' merge damaged.sqlite s0of3.sqlite --out x.sqlite

# other NAME FLAG...: a shard of another study is refused for that.
other() {
    local name=$1
    shift
    run study --seeds 0:40 "${short[@]}" "$@" --shard 1/3 --out other.sqlite --force
    refuses 2 "s0of3.sqlite and other.sqlite are not of one study: $name" merge s0of3.sqlite other.sqlite --out x.sqlite
}
other 'discriminator_adam.lr is 0.001 and 0.0003' --d-lr 3e-4
other 'seeds is 0:40 and 1:41' --seeds 1:41
other 'iterations is 200 and 250' --iterations 250
other 'eval-every is 50 and 100' --eval-every 100
other 'eval-samples is 1000 and 1001' --eval-samples 1001
other 'settings is 1 and 2' --sweep lr=1e-3,1e-4
other 'keep-weights is none and all' --keep-weights all
sqlite3 other.sqlite "PRAGMA user_version = 99"
refuses 4 'other.sqlite has store version 99' merge s0of3.sqlite other.sqlite --out x.sqlite
printf 'no study' >text
refuses 4 'text is no study of gantry' merge s0of3.sqlite text --out x.sqlite
refuses 4 "can't read nowhere" merge s0of3.sqlite nowhere --out x.sqlite
refuses 2 'needs FILE' merge --out x.sqlite
refuses 2 'needs --out FILE' merge s0of3.sqlite
refuses 2 'whole.sqlite exists.*--force' merge s?of3.sqlite --out whole.sqlite
gives 0 "--force" merge s?of3.sqlite --out m1.sqlite --force
check "replaces" same_content whole.sqlite m1.sqlite
refuses 4 'text is no study' merge s?of3.sqlite --out text --force

# ---------------------------------------------------------------- full disks

before=$(ls)
(
    ulimit -f 40
    "$GANTRY" merge s?of3.sqlite --out full.sqlite >"$out" 2>"$err"
)
check "a file that can't grow: exit code 1" [ $? -eq 1 ]
check "one line" [ "$(wc -l <"$err")" -eq 1 ]
check "nothing is left of it" [ "$before" = "$(ls)" ]
if mkdir small && mount -t tmpfs -o size=64k none small 2>/dev/null; then
    run merge s?of3.sqlite --out small/full.sqlite
    check "a full disk: exit code 1" [ "$code" -eq 1 ]
    check "it says so" grep -q 'full' "$err"
    check "nothing is left there" [ -z "$(ls small)" ]
    umount small
else
    skip "a full disk" "no tmpfs can be mounted here"
fi

# ---------------------------------------------------------------- the shards of a job array

# in_array ID MIN MAX STEP COUNT COMMAND...
in_array() {
    SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_MIN=$2 SLURM_ARRAY_TASK_MAX=$3 SLURM_ARRAY_TASK_STEP=$4 SLURM_ARRAY_TASK_COUNT=$5 "${@:6}"
}
# takes SHARD ID MIN MAX STEP COUNT FLAG...: n_shards/shard
takes() {
    local want=$1
    shift
    in_array "${@:1:5}" run study --seeds 0:40 "${short[@]}" "${@:6}" --out array.sqlite --force
    check "task $1 of an array $2-$3:$4 ${*:6}: $want" [ "$(sqlite3 array.sqlite "SELECT (SELECT value FROM study WHERE key = 'shard') || '/' || (SELECT value FROM study WHERE key = 'n_shards')")" = "$want" ]
}
takes 2/4 2 0 3 1 4
check "it is told of" grep -q 'shard 2 of 4, from 0: task 2 of Slurm' "$err"
takes 1/4 2 1 4 1 4
takes 3/5 6 0 8 2 5
takes 2/4 2 0 3 1 4 --shard slurm
takes 0/1 2 0 3 1 4 --shard all
takes 1/9 2 0 3 1 4 --shard 1/9
in_array 3 3 5 1 2 refuses 2 'task 3 of an array of 2 from 3 to 5.*--shard 3/N' study --seeds 0:40 --out x.sqlite
in_array 3 3 3 1 1 refuses 2 'task 3 of an array of 1' study --seeds 0:40 --out x.sqlite
refuses 2 'this is no task of a job array' study --seeds 0:40 --shard slurm --out x.sqlite
SLURM_JOB_ID=17 run study --seeds 0:40 "${short[@]}" --out array.sqlite --force
check "another job is no array" [ "$(sqlite3 array.sqlite "SELECT value FROM study WHERE key = 'n_shards'")" -eq 1 ]
for text in 3 3/3 a/3 1/ /3 -1/3 1/0; do refuses 2 "--shard $text: it takes i/n" study --shard "$text" --out x.sqlite; done
