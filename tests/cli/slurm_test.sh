#!/bin/bash
# examples/slurm_study.sh, as it is, in a Slurm of one node: an array of three tasks with a merge job behind it; SIGUSR1, by hand and
# before a time limit, that has a task queued again, where it goes on; ranks in a job step.
# shellcheck source=tests/cli/studies.sh
. "$(dirname "$0")/studies.sh"
# shellcheck source=tests/cli/slurm.sh
. "$(dirname "$0")/slurm.sh"
script=$(realpath "$(dirname "$0")/../../examples/slurm_study.sh")
# shellcheck source=tests/cli/check.sh
. "$(dirname "$0")/check.sh"
stop() {
    slurm_stop
    finish "$1"
}
trap 'stop $?' EXIT

skip_all() {
    skip "a job array" "$1"
    exit 77
}
for tool in munged slurmctld slurmd sbatch sqlite3; do command -v $tool >/dev/null || skip_all "$tool is not installed"; done
[ "$(id -u)" -eq 0 ] || skip_all "slurmd has to be started by root"
slurm_start "$folder/slurm" || skip_all "Slurm does not start here"
export GANTRY ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

# submit FLAG...: a job's number.
submit() { timeout 20 sbatch --parsable --cpus-per-task=1 --output="$folder/log-%a" "$@"; }
# waits SECONDS COMMAND...: until it succeeds.
waits() {
    local until=$((SECONDS + $1))
    while [ $SECONDS -lt $until ]; do
        "${@:2}" && return 0
        sleep 0.3
    done
    return 1
}
is_over() { [ -z "$(timeout 5 squeue --noheader --job="$1" 2>/dev/null)" ]; }
state_of() { timeout 5 scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p' | sort -u | xargs; }

# ---------------------------------------------------------------- an array, a signal, and what is merged

# As many seeds as take a task about four seconds.
run study --seeds 0:40 --threads 1 --iterations 2000 --eval-every 1000 --eval-samples 1000 --quiet --out speed.sqlite
seeds=$(sqlite3 speed.sqlite "SELECT 3 * min(1000, max(4, CAST(4 * 8 / value AS INTEGER))) FROM fact WHERE key = 'seconds'")
flags=(--seeds "0:$seeds" --iterations 10000 --eval-every 500 --eval-samples 1000 --quiet)
id=$(submit --array=0-2 "$script" shards "${flags[@]}")
merge=$(submit --dependency=afterok:"$id" --wrap "\"$GANTRY\" merge shards/shard-*.sqlite --out shards/study.sqlite" --output="$folder/log-merge")
has_begun() { [ -s shards/shard-1.sqlite ]; }
check "the tasks begin" waits 60 has_begun
sleep 1
scancel --signal=USR1 "${id}_1"
is_again() { timeout 5 scontrol show job "${id}_1" | grep -q 'Restarts=1'; }
check "SIGUSR1: the task is queued again" waits 30 is_again
check "it has saved and told how to go on" grep -q 'stopped; go on with: gantry study --resume shards/shard-1.sqlite' log-1
check "before its end" [ "$(sqlite3 shards/shard-1.sqlite 'SELECT min(finished) FROM run')" -eq 0 ]
check "all jobs end" waits 150 is_over "$merge"
check "the merge job after the array, and well" [ "$(state_of "$merge")" = COMPLETED ]
run study "${flags[@]}" --out whole.sqlite
check "what is merged is the study" same_content whole.sqlite shards/study.sqlite
[ -e shards/study.sqlite ] || tail -n 5 log-*

# ---------------------------------------------------------------- the time limit

# Far longer than the limit of a minute. Slurm looks at limits twice a minute, and so may be that early.
id=$(submit --array=0-1 --time=1 --signal=USR1@40 "$script" limited --seeds 0:100000 --iterations 100000 --eval-samples 1000)
is_signalled() { grep -q 'stopped; go on with: gantry study --resume limited/shard-0.sqlite' log-0; }
check "before its time limit a task is signalled" waits 90 is_signalled
goes_on() { [ "$(grep -c 'iterations, scored every' log-0)" -ge 2 ]; }
states() { sqlite3 limited/shard-0.sqlite 'SELECT count(*) FROM state'; }
check "with states saved" [ "$(states)" -gt 0 ]
check "it is queued again and goes on" waits 60 goes_on
scancel "$id"
check "what is cancelled ends" waits 30 is_over "$id"

# ---------------------------------------------------------------- ranks in a step

if ldd "$GANTRY" | grep -q libmpi && srun --mpi=list 2>&1 | grep -q pmix && [ "$(nproc)" -ge 2 ]; then
    run study --seeds 0:40 "${short[@]}" --out whole.sqlite --force
    timeout 60 srun --ntasks=2 --mpi=pmix "$GANTRY" study --seeds 0:40 "${short[@]:0:6}" --out ranks.sqlite >"$out" 2>"$err"
    check "srun --mpi=pmix: exit code 0" [ $? -eq 0 ]
    check "srun --mpi=pmix: two ranks give the study" same_content whole.sqlite ranks.sqlite
    check "srun --mpi=pmix: two ranks did" grep -q 'into ranks.sqlite, by 2 ranks' "$err"
    timeout 60 srun --ntasks=2 --mpi=none "$GANTRY" study --seeds 0:40 --out bare.sqlite >"$out" 2>"$err"
    check "srun without MPI is refused" grep -q 'srun started 2 processes that do not know of each other' "$err"
else
    skip "srun --mpi=pmix" "needs two processors, MPI in gantry, and PMIx in Slurm"
fi
