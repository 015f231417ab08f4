#!/bin/bash
# A study as a Slurm job array: each task trains one shard, into a file of its own (docs/cluster.md).
#
#   id=$(sbatch --parsable --array=0-7 examples/slurm_study.sh FOLDER --seeds 0:8000 [flags of gantry study])
#   sbatch --dependency=afterok:$id --wrap "gantry merge FOLDER/shard-*.sqlite --out FOLDER/study.sqlite"
#
# Two minutes before the time limit Slurm sends SIGUSR1: gantry saves where it is and exits with 138, and the task asks to be queued
# again. The next time it finds its file and goes on. So --time is how long a task waits for nothing if a node is needed, not how
# long the study takes. Flags of sbatch on the command line win over those here.
#SBATCH --job-name=gantry-study
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --time=01:00:00
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

folder=${1:?say into which folder: sbatch --array=0-7 slurm_study.sh FOLDER --seeds 0:8000}
mkdir -p "$folder"
shard=$folder/shard-$SLURM_ARRAY_TASK_ID.sqlite
if [ -e "$shard" ]; then
    study=(--resume "$shard")
else
    study=(--shard slurm --out "$shard" "${@:2}")
fi

# srun makes it a step, which is what --signal reaches; since Slurm 22.05 srun has to be told the processors again.
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
code=0
srun "${GANTRY:-gantry}" study "${study[@]}" || code=$?
if [ "$code" -eq 138 ]; then # 128 + SIGUSR1
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
