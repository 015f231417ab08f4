#!/usr/bin/env bash
# Interrupted and extended runs go on bit for bit as if never stopped; damaged ones are refused.
# shellcheck disable=SC1091,SC2016,SC2034,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/check.sh"

gives 0 "3,000 iterations" train --no-plots --iterations 3000 --eval-every 700 --eval-samples 2000 --out a
gives 0 "then 5,000 in all" train --no-plots --resume a --iterations 5000
resumed=$(digest)
gives 0 "5,000 at once" train --no-plots --iterations 5000 --eval-every 700 --eval-samples 2000 --out b
check "give the same files" same_runs a b
check "and the same config" cmp a/config.yaml b/config.yaml
check "and digest" [ "$(digest)" = "$resumed" ]
gives 0 "a finished run resumed" train --no-plots --resume b
check "stays as it is" same_runs a b
cp a/checkpoint.safetensors alone.safetensors
gives 0 "a checkpoint file alone" train --no-plots --resume alone.safetensors --iterations 6000 --isa portable
check "goes on in a new folder" [ -s runs/x2-seed5/checkpoint.safetensors ]
gives 0 "a checkpoint file in its folder, into another" train --no-plots --resume a/checkpoint.safetensors --iterations 6000 --out c
gives 0 "6,000 at once" train --no-plots --iterations 6000 --eval-every 700 --eval-samples 2000 --out d
check "same files as straight" same_runs c d
check "same weights from the file alone" cmp runs/x2-seed5/generator.safetensors d/generator.safetensors

for flag in "--seed 1" "--batch 64" "--lr 0.1" "--d-eps 0.1" "--preset x2" "--config c.yaml" "--eval-every 5" "--set batch=64"; do
    refuses 2 'goes on as it began' train --resume a $flag
done
refuses 2 '--iterations 4999: the run has done 5000' train --resume a --iterations 4999
refuses 4 'nowhere: there is no' train --resume nowhere
refuses 4 'runs: there is no runs/checkpoint' train --resume runs

# A config from a GPU; this run might as well have been there.
cp -r a gpu
sed -i 's/^device: .*/device: cuda/; s/^precision: .*/precision: tf32/; s/^rng: .*/rng: curand/' gpu/config.yaml
cp -r gpu quiet
gives 0 "a run from a GPU goes on without one" train --no-plots --resume gpu --iterations 6000 --device cpu
check "says which arithmetic it leaves" [ "$(cat "$err")" = "gantry: gpu/config.yaml says precision tf32, which is of a GPU alone; on the CPU it is fp32, which changes the results
gantry: gpu/config.yaml says rng curand, which is of a GPU alone; on the CPU it is gantry, which changes the results" ]
check "is one of the CPU now" eval 'grep -qx "precision: fp32" gpu/config.yaml && grep -qx "rng: gantry" gpu/config.yaml'
gives 0 "resumed once more" train --no-plots --resume gpu --iterations 6100 --device cpu
check "has nothing to say" [ ! -s "$err" ]
gives 0 "--quiet" train --no-plots --resume quiet --iterations 6000 --device cpu --quiet
check "says nothing" [ ! -s "$err" ]

# damage COMMAND...: resumes a copy of a run in which the command changed something.
damage() {
    rm -rf copy && cp -r a copy
    (cd copy && eval "$1")
    refuses 4 "$2" train --no-plots --resume copy --iterations 9000
}
damage 'head -c 100 ../a/checkpoint.safetensors >checkpoint.safetensors' 'copy/checkpoint'
damage 'head -c -1 ../a/checkpoint.safetensors >checkpoint.safetensors' 'copy/checkpoint'
damage ': >checkpoint.safetensors' 'copy/checkpoint'
damage 'head -c 5000 /dev/urandom >checkpoint.safetensors' 'copy/checkpoint'
damage 'cp generator.safetensors checkpoint.safetensors' 'copy/checkpoint'
damage 'printf "\\xff" | dd of=checkpoint.safetensors bs=1 seek=4000 conv=notrunc status=none' 'copy/checkpoint'
damage 'echo "seed: \"5" >config.yaml' 'copy/config.yaml'
damage 'sed -i "s/^batch.*/batch: 64/" config.yaml' 'copy/config.yaml says batch 64, but the checkpoint was made with 128'
damage 'sed -i 1s/acc/axx/ metrics.csv' 'copy/metrics.csv:1'
damage 'sed -i 3s/,/,x/ metrics.csv' 'copy/metrics.csv:3: a damaged line'
damage 'head -c -1 ../a/metrics.csv >metrics.csv' 'copy/metrics.csv:[0-9]+: cut short'
damage 'sed -i "5s/.*/2000,1,2/" points.csv' 'copy/points.csv:5: a damaged line'

# Interruption. The run would take hours; how far it came is asked for afterwards.
endless() {
    rm -rf i
    "$GANTRY" train --no-plots --iterations 4000000000 --eval-every 3000 --eval-samples 1000 --out i "$@" >"$out" 2>"$err" &
    pid=$!
    for _ in $(seq 600); do
        [ -e i/metrics.csv ] && [ "$(wc -l <i/metrics.csv)" -ge 3 ] && return
        sleep 0.05
    done
}
# continues NAME: the run in i goes on for a while and equals one that was never stopped.
continues() {
    run train --resume i --iterations 1
    so_far=$(sed -n 's/.*the run has done \([0-9]*\).*/\1/p' "$err")
    check "$1 after ${so_far:-no} iterations" [ "${so_far:-0}" -gt 0 ]
    gives 0 "--resume" train --no-plots --resume i --iterations $((so_far + 1234))
    local resumed
    resumed=$(digest)
    rm -rf straight
    gives 0 "a straight run" train --no-plots --iterations $((so_far + 1234)) --eval-every 3000 --eval-samples 1000 --out straight
    check "has the same digest" [ "$(digest)" = "$resumed" ]
    check "and the same files" same_runs i straight
}
for signal in "INT 130" "TERM 143"; do
    endless
    kill -s ${signal% *} $pid
    wait $pid
    check "SIG${signal% *}: exit code ${signal#* }" [ $? -eq ${signal#* } ]
    check "one line that says how to go on" eval '[ "$(wc -l <"$err")" = 1 ] && grep -q "gantry train --resume i$" "$err"'
    stopped=$(sed -n 's/.*interrupted after \([0-9]*\) of.*/\1/p' "$err")
    continues "SIG${signal% *}"
    check "from the very iteration that it stopped in" [ "$stopped" = "$so_far" ]
done
endless --save-every 2000
kill -9 $pid
wait $pid 2>/dev/null
continues "kill -9"
