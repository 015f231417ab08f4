#!/bin/bash
# gantry study by ranks of MPI: any number of them gives the same study; signals, ranks that fail or are killed, and going on with
# another number of ranks.
# shellcheck source=tests/cli/studies.sh
. "$(dirname "$0")/studies.sh"
# shellcheck source=tests/cli/check.sh
. "$(dirname "$0")/check.sh"

skip_all() {
    skip "ranks" "$1"
    exit 77
}
command -v mpirun >/dev/null || skip_all "mpirun is not installed"
command -v sqlite3 >/dev/null || skip_all "sqlite3 is not installed"
if ! ldd "$GANTRY" | grep -q libmpi; then
    OMPI_COMM_WORLD_SIZE=2 refuses 2 'built without MPI.*--shard' study --seeds 0:4 --out x.sqlite
    skip_all "gantry is built without MPI"
fi
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# MPI keeps memory to the end, which is no leak of gantry's.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

# ranks N ARGUMENTS...: as run does.
ranks() {
    timeout 120 mpirun --oversubscribe -n "$1" "$GANTRY" "${@:2}" >"$out" 2>"$err" </dev/null
    code=$?
}
# is_clean: the study's file alone is there.
is_clean() { [ -e study.sqlite ] && [ -z "$(find . -name 'study.sqlite?*')" ]; }
n_parts() { find . -regex '.*\.rank-[0-9]+-of-[0-9]+' | wc -l; }

# ---------------------------------------------------------------- any number of ranks

run study --seeds 0:40 "${short[@]}" --out whole.sqlite
for n in 1 2 4; do
    ranks "$n" study --seeds 0:40 "${short[@]}" --out study.sqlite --force
    check "$n ranks: exit code 0" [ "$code" -eq 0 ]
    check "$n ranks give the study" same_content whole.sqlite study.sqlite
    check "$n ranks leave no parts" is_clean
done
ranks 2 study --seeds 0:40 "${short[@]:0:6}" --out study.sqlite --force
check "one rank prints the table" [ "$(grep -c '^converged' "$out")" -eq 1 ]
check "and what it does" grep -q 'seeds 0:40, .*into study.sqlite, by 2 ranks' "$err"
run study --seeds 0:40 "${short[@]}" --keep-weights worst:5 --out kept.sqlite
ranks 3 study --seeds 0:40 "${short[@]}" --keep-weights worst:5 --out study.sqlite --force
check "--keep-weights" diff -r kept-weights study-weights
check "leaves no other folders" [ -z "$(find . -name '*rank*')" ]

ranks 2 study --seeds 0:40 "${short[@]}" --out study.sqlite
check "a study that exists is refused" [ "$code" -eq 2 ] && grep -q 'study.sqlite: the file exists' "$err"
ranks 3 study --seeds 0:2 "${short[@]}" --out x.sqlite
check "more ranks than seeds are refused" [ "$code" -eq 2 ] && grep -q '3 ranks for 2 seeds' "$err"
run study --seeds 0:40 "${short[@]}" --shard 0/2 --out shard.sqlite
ranks 2 study --resume shard.sqlite
check "a shard is not divided" [ "$code" -eq 2 ] && grep -q 'shard.sqlite is one shard' "$err"
mpirun --oversubscribe -n 2 bash -c "exec '$GANTRY' study --seeds 0:40 ${short[*]} --shard \$OMPI_COMM_WORLD_RANK/2 --out by-hand\$OMPI_COMM_WORLD_RANK.sqlite" 2>"$err"
run merge by-hand0.sqlite by-hand1.sqlite --out by-hand.sqlite
check "processes with --shard are no ranks" same_content whole.sqlite by-hand.sqlite
SLURM_STEP_NUM_TASKS=4 refuses 2 'srun started 4 processes.*--mpi=pmix' study --seeds 0:40 --out x.sqlite
OMPI_COMM_WORLD_SIZE='' SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=1 ranks 2 study --seeds 0:40 "${short[@]}" --out x.sqlite
check "ranks in a job array are refused" [ "$code" -eq 2 ] && grep -q '2 ranks, and a task of a job array' "$err"

# ---------------------------------------------------------------- interruption

# As many seeds as take five seconds, however fast the machine is.
run study --seeds 0:40 --iterations 2000 --eval-every 1000 --eval-samples 1000 --quiet --out speed.sqlite
seeds=$(sqlite3 speed.sqlite "SELECT min(1000, max(12, CAST(5 * 8 / value AS INTEGER))) FROM fact WHERE key = 'seconds'")
long=(--seeds "0:$seeds" --iterations 10000 --eval-every 500 --eval-samples 1000 --quiet)
run study "${long[@]}" --out whole.sqlite --force

# begin COMMAND...: in the background, until every rank has begun; its process in $pid.
begin() {
    "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    for _ in $(seq 200); do
        [ "$(n_parts)" -eq 3 ] && break
        sleep 0.05
    done
    sleep 0.7
}
goes_on() {
    if [ "$1" -eq 1 ]; then run study --resume study.sqlite --quiet; else ranks "$1" study --resume study.sqlite --quiet; fi
    [ "$code" -eq 0 ] || cat "$err"
    check "$2: $1 rank(s) go on" [ "$code" -eq 0 ]
    check "$2: to the same study" same_content whole.sqlite study.sqlite
    check "$2: without parts" is_clean
}

rm -rf study.sqlite study-weights
begin mpirun --oversubscribe -n 3 "$GANTRY" study "${long[@]}" --out study.sqlite
kill -USR1 $pid
wait $pid
check "SIGUSR1: exit code 138" [ $? -eq 138 ]
check "SIGUSR1: one rank tells the way on" [ "$(grep -c 'stopped; go on with: gantry study --resume study.sqlite' "$err")" -eq 1 ]
check "SIGUSR1: the parts stay" [ "$(n_parts)" -eq 3 ]
ranks 2 study "${long[@]}" --out study.sqlite
check "a new study does not overwrite them" [ "$code" -eq 2 ] && grep -q 'parts of it are there' "$err"
goes_on 2 SIGUSR1

rm -rf study.sqlite study-weights
begin mpirun --oversubscribe -n 3 "$GANTRY" study "${long[@]}" --out study.sqlite
kill -TERM $pid
wait $pid
goes_on 1 SIGTERM

# One of the processes, and that is not the first; mpirun ends the others.
rm -rf study.sqlite study-weights
begin mpirun --oversubscribe -n 3 bash -c "echo \$\$ >pid\$OMPI_COMM_WORLD_RANK; exec '$GANTRY' study ${long[*]} --out study.sqlite"
kill -KILL "$(cat pid1)"
wait $pid
check "a killed rank: exit code 137" [ $? -eq 137 ]
goes_on 4 "a killed rank"

# A rank whose file can't grow. What it has saved before is not lost.
rm -rf study.sqlite study-weights
echo 'ulimit -f 60; exec "$@"' >small.sh
timeout 120 mpirun --oversubscribe -n 2 "$GANTRY" study "${long[@]}" --out study.sqlite : -n 1 bash small.sh "$GANTRY" study "${long[@]}" --out study.sqlite 2>"$err"
check "a rank that fails: exit code 1" [ $? -eq 1 ]
check "a rank that fails says so" [ "$(grep -c '^gantry: rank 2: .*--resume study.sqlite' "$err")" -eq 1 ]
check "the others stop and save" [ "$(sqlite3 study.sqlite.rank-0-of-3 'SELECT count(*) > 0 FROM state')" -eq 1 ]
goes_on 3 "a rank that fails"
