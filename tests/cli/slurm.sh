# shellcheck shell=bash
# Sourced by the test of Slurm, after check.sh: a Slurm of one node, with a key, ports and files of its own, that lives in the folder of
# the test and as long as it. Debian's slurmctld, slurmd, slurm-client and munge; as root, since slurmd starts the jobs.

slurm_pids=()
slurm_runs=''

# Everything of it ends, whatever became of the test; jobs first, for they are no children of this shell.
slurm_stop() {
    local pid
    if [ -n "$slurm_runs" ]; then
        timeout 10 scancel --user=root 2>/dev/null
        for _ in $(seq 50); do
            [ -n "$(timeout 5 squeue --noheader 2>/dev/null)" ] || break
            sleep 0.2
        done
    fi
    for pid in "${slurm_pids[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${slurm_pids[@]}"; do wait "$pid" 2>/dev/null; done
    slurm_pids=()
}

# Says why where it does not start.
slurm_start() {
    local home=$1 port=$((20000 + RANDOM % 20000)) host
    host=$(hostname -s)
    chmod 755 "$(dirname "$home")" # munged wants its socket in folders that all may enter
    mkdir -m 755 "$home" "$home/munge" "$home/state" "$home/spool"
    head -c 1024 /dev/urandom >"$home/munge/key"
    chmod 400 "$home/munge/key"
    # Daemons of a test that is killed end by themselves.
    timeout 600 munged --foreground --key-file="$home/munge/key" --socket="$home/munge/socket" --pid-file="$home/munge/pid" \
        --log-file="$home/munge/log" --seed-file="$home/munge/seed" >"$home/munge/out" 2>&1 &
    slurm_pids+=($!)
    cat >"$home/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$home/munge/socket,cred_expire=5
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd.pid
SlurmctldLogFile=$home/slurmctld.log
SlurmdLogFile=$home/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0
KillWait=10
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$home/slurm.conf
    for _ in $(seq 50); do
        [ -S "$home/munge/socket" ] && break
        sleep 0.1
    done
    if [ ! -S "$home/munge/socket" ]; then
        tail -n 3 "$home/munge/out"
        return 1
    fi
    timeout 600 slurmctld -D -c >"$home/slurmctld.out" 2>&1 &
    slurm_pids+=($!)
    timeout 600 slurmd -D -c >"$home/slurmd.out" 2>&1 &
    slurm_pids+=($!)
    for _ in $(seq 40); do
        [ "$(timeout 2 sinfo --noheader --format=%t 2>/dev/null)" = idle ] && slurm_runs=1 && return 0
        sleep 0.2
    done
    tail -n 3 "$home"/*.log "$home"/*.out "$home/munge/log" 2>/dev/null
    return 1
}
