#!/usr/bin/env bash
# gantry study: what it prints is what its file holds, and that is what gantry train gives; its flags; what goes wrong.
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
here=$(dirname "$(readlink -f "$0")")
. "$here/check.sh"
. "$here/studies.sh"

# Thirteen seeds, so that the median is one of them.
flags='--iterations 3000 --eval-every 700 --eval-samples 1000 --eval-energy 1000'
gives 0 "a study" study --seeds 3:16 $flags --keep-weights worst:3 --out s.sqlite
tables=$(cat "$out")
check "writes its file, its weights, and nothing else" [ "$(names .)" = 's-weights s.sqlite ' ]
check "a row a run" [ "$(value s.sqlite 'SELECT count(*), min(seed), max(seed), sum(finished) FROM run')" = '13|3|15|13' ]
check "a row a run and checkpoint" \
    [ "$(value s.sqlite 'SELECT iteration, count(*) FROM checkpoint GROUP BY 1' | tr '\n' ' ')" = '700|13 1400|13 2100|13 2800|13 3000|13 ' ]
check "no state of a run that is finished" [ "$(value s.sqlite 'SELECT count(*) FROM state')" = 0 ]
check "runs sum up their checkpoints" [ "$(value s.sqlite 'SELECT count(*) FROM run r WHERE
    n_checkpoints IS NOT (SELECT count(*) FROM checkpoint c WHERE c.run = r.run) OR
    n_converged IS NOT (SELECT sum(converged) FROM checkpoint c WHERE c.run = r.run) OR
    first_converged IS NOT (SELECT min(iteration) FROM checkpoint c WHERE c.run = r.run AND converged) OR
    converged IS NOT (SELECT converged FROM checkpoint c WHERE c.run = r.run AND iteration = 3000)')" = 0 ]
check "some converged, some not: the figures below say something" \
    [ "$(value s.sqlite 'SELECT sum(converged) BETWEEN 1 AND 12 AND count(DISTINCT outcome) > 1 FROM run')" = 1 ]

# ---------------------------------------------------------------- what is printed

silent() { "$@" >/dev/null; }

check "table of outcomes" [ "$(awk '/^outcome/ {on = 1; next} /at the last/ {exit} on {print $1, $2}' <<<"$tables" | sort)" = \
    "$(value s.sqlite "SELECT outcome || ' ' || count(*) FROM run GROUP BY outcome ORDER BY outcome")" ]
check "converged at the last checkpoint" [ "$(awk '/at the last/ {print $2}' <<<"$tables")" = "$(value s.sqlite 'SELECT sum(converged) FROM run')" ]
check "median of a score" [ "$(awk '/^w1_x / {print $5}' <<<"$tables")" = \
    "$(value s.sqlite "SELECT printf('%.4g', w1_x) FROM checkpoint WHERE iteration = 3000 ORDER BY w1_x LIMIT 1 OFFSET 6")" ]
check "relapses" grep -q "^relapses: $(value s.sqlite "SELECT sum(n_relapses > 0) || ' runs lost it again, ' || sum(n_relapses)
    FROM run") times" <<<"$tables"
check "who ever converged" grep -q "; $(value s.sqlite "SELECT count(first_converged) || ' of 13' FROM run") ever did" <<<"$tables"
for which in "best distance, seed" "worst -distance, -seed"; do
    seed=$(value s.sqlite "SELECT seed FROM run ORDER BY ${which#* } LIMIT 1")
    check "${which%% *} run" grep -Eq "^${which%% *} +seed $seed, .*gantry replay s.sqlite --seed $seed\$" <<<"$tables"
done
if command -v jq >/dev/null; then
    gives 0 "--json" study --resume s.sqlite --json
    check "one object of the same figures" silent jq -es "length == 1 and (.[0] | .command == \"study\" and .all.runs == 13 and .all.converged ==
        $(value s.sqlite 'SELECT sum(converged) FROM run') and .all.best_seed ==
        $(value s.sqlite 'SELECT seed FROM run ORDER BY distance, seed LIMIT 1') and .all.worst_seed ==
        $(value s.sqlite 'SELECT seed FROM run ORDER BY distance DESC, seed DESC LIMIT 1') and .all.relapses ==
        $(value s.sqlite 'SELECT sum(n_relapses) FROM run') and .all.ever_converged ==
        $(value s.sqlite 'SELECT count(first_converged) FROM run') and ([.all.outcomes[]] | add) == 13 and (.settings | length) == 1)" "$out"
    check "share of each outcome" [ "$(jq -r '.all.outcomes | to_entries[] | select(.value > 0) | "\(.key)|\(.value)"' "$out" | sort)" = \
        "$(value s.sqlite 'SELECT outcome, count(*) FROM run GROUP BY outcome ORDER BY outcome')" ]
    check "percentiles" [ "$(jq '.all.percentiles.resid_mean.p50' "$out" | xargs printf '%.12g')" = \
        "$(value s.sqlite "SELECT printf('%.12g', resid_mean) FROM checkpoint WHERE iteration = 3000 ORDER BY resid_mean LIMIT 1 OFFSET 6")" ]
else
    skip "--json" "jq is not installed"
fi

# ---------------------------------------------------------------- what gantry train gives

# rows_of_train FOLDER SEED: the rows of metrics.csv are the study's, to the last digit that SQLite reads.
rows_of_train() {
    local columns
    columns=$(value s.sqlite "SELECT group_concat('coalesce(abs(a.' || name || ' - CAST(b.' || name || ' AS REAL)) > 1e-14 * abs(a.' || name ||
        '), 0) OR (a.' || name || ' IS NULL) <> (b.' || name || \" = 'nan')\", ' OR ')
        FROM pragma_table_info('checkpoint') WHERE type = 'REAL'")
    [ "$(sqlite3 :memory: "ATTACH 's.sqlite' AS s" ".import --csv $1/metrics.csv csv" "SELECT count(*), sum($columns) FROM checkpoint a JOIN run USING (run)
        JOIN csv b ON a.iteration = CAST(b.iteration AS INTEGER) WHERE seed = $2" 2>&1)" = '5|0' ]
}
train_flags=${flags/--eval-energy 1000/}
for seed in 3 9 15; do
    gives 0 "gantry train --seed $seed" train --no-plots --seed $seed $train_flags --out t$seed
    check "its digest" [ "$(digest)" = "$(value s.sqlite "SELECT digest FROM run WHERE seed = $seed")" ]
    check "its rows" rows_of_train t$seed $seed
done
check "rows of another seed are others" eval '! rows_of_train t9 15'
worst=$(value s.sqlite "SELECT 'seed' || seed || '.safetensors' FROM run ORDER BY distance DESC, seed LIMIT 3" | sort | tr '\n' ' ')
check "the worst runs' checkpoints were kept" [ "$(names s-weights)" = "$worst" ]
seed=${worst#seed} seed=${seed%%.*}
gives 0 "gantry evaluate on one" evaluate s-weights/seed$seed.safetensors --eval-samples 1000 --json
for score in resid_mean w1_x std_x energy acc_fake g_loss; do
    check "has the stored $score" [ "$(sed -n "s/.*\"$score\":[[:space:]]*\([^,]*\),*/\1/p" "$out" | head -1 | xargs printf '%.12g')" = \
        "$(value s.sqlite "SELECT printf('%.12g', $score) FROM checkpoint JOIN run USING (run) WHERE iteration = 3000 AND seed = $seed")" ]
done
gives 0 "gantry train goes on with it" train --no-plots --resume s-weights/seed$seed.safetensors --iterations 3000 --out from-weights
check "its digest" [ "$(digest)" = "$(value s.sqlite "SELECT digest FROM run WHERE seed = $seed")" ]

# ---------------------------------------------------------------- the same in any way

ways=("--threads 1" "--isa avx2")
instrumented || ways+=("--threads 3" "--isa portable")
for way in "${ways[@]}"; do
    run study --seeds 3:16 $flags --keep-weights worst:3 --out way.sqlite --force --quiet $way
    if [ $code = 3 ]; then
        skip "$way" "not here"
        continue
    fi
    check "$way: quiet" [ ! -s "$out" ] && check "on stderr, too" [ ! -s "$err" ]
    check "$way: the same content" same_content s.sqlite way.sqlite
    check "$way: the same weights kept" diff -r s-weights way-weights
done
command=$(value s.sqlite "SELECT value FROM study WHERE key = 'command'")
check "the command that repeats it" [ "$command" = "gantry study --seeds 3:16 --iterations 3000 --eval-every 700 --eval-samples 1000 --eval-energy 1000 --keep-weights worst:3" ]
gives 0 "repeats it" ${command#gantry} --out again.sqlite --quiet
check "to the same content" same_content s.sqlite again.sqlite
rm -rf ./*

short='--seeds 4 --iterations 40 --eval-every 20 --eval-samples 1000'
gives 0 "--keep-weights all" study $short --keep-weights all --out k.sqlite --quiet
check "a file a run" [ "$(names k-weights)" = 'seed0.safetensors seed1.safetensors seed2.safetensors seed3.safetensors ' ]
gives 0 "without --out" study $short --quiet
gives 0 "twice" study $short --quiet
gives 0 "a part" study $short --quiet --shard 1/2
check "names by preset and seeds, numbered" [ "$(names studies)" = 'x2-seeds0-4-2.sqlite x2-seeds0-4-shard1of2.sqlite x2-seeds0-4.sqlite ' ]
check "alike" same_content studies/x2-seeds0-4.sqlite studies/x2-seeds0-4-2.sqlite
check "the part has its seeds" [ "$(value studies/x2-seeds0-4-shard1of2.sqlite 'SELECT group_concat(seed) FROM run')" = 2,3 ]
gives 0 "--force" study --seeds 2 --iterations 20 --eval-samples 1000 --out k.sqlite --force --quiet
check "replaces" [ "$(value k.sqlite 'SELECT count(*) FROM run')" = 2 ]
check "and the checkpoints of the study that was there" [ ! -e k-weights ]
gives 0 "--keep-weights again" study $short --keep-weights all --out k.sqlite --force --quiet
touch k-weights/own k-weights/seed.safetensors && mv k.sqlite moved.sqlite
refuses 2 'k-weights has checkpoints of another study' study $short --keep-weights worst:1 --out k.sqlite
mv moved.sqlite k.sqlite
gives 0 "--force" study --seeds 2 --iterations 20 --eval-samples 1000 --keep-weights worst:1 --out k.sqlite --force --quiet
check "leaves what is the user's own" [ "$(names k-weights | sed 's/seed[01]/seedN/')" = 'own seed.safetensors seedN.safetensors ' ]
gives 0 "the largest seeds" study --seeds 9223372036854775805:9223372036854775807 --iterations 20 --eval-samples 1000 --out l.sqlite --quiet
gives 0 "of gantry train" train --no-plots --seed 9223372036854775806 --iterations 20 --out l
check "have its digest" [ "$(digest)" = "$(value l.sqlite 'SELECT digest FROM run WHERE seed = 9223372036854775806')" ]
printf 'seeds: "2"\niterations: 30\neval-samples: 1000\nlr: 0.01\n' >c.yaml
gives 0 "--config" study --config c.yaml --set eval-every=10 --out c.sqlite --quiet
check "its keys count" [ "$(value c.sqlite "SELECT value FROM study WHERE key = 'command'")" = 'gantry study --seeds 2 --lr 0.01 --iterations 30 --eval-every 10 --eval-samples 1000' ]

# ---------------------------------------------------------------- what goes wrong

for seeds in 5:5 5:3 a:b 3: :3 -1:5 0 '' 1.5 0:9223372036854775808 0:18446744073709551616; do
    refuses 2 "--seeds" study --seeds "$seeds"
done
refuses 2 '100000000 runs' study --seeds 0:200000000
for flag in "--eval-samples 10" "--eval-every 0" "--iterations 0" "--iterations x" "--eval-energy -1" "--keep-weights some" "--keep-weights worst:0" \
    "--keep-weights worst:" "--shard 2/2" "--shard 1" "--shard 0/0" "--shard 0/101" "--save-seconds -1" "--random 5" "--random 10001" \
    "--threads x" "--isa sse" "--device tpu" "--lr 0" "--preset nothing" "--nonsense 1" "--batch 7"; do
    refuses 2 "${flag%% *}|${flag#--}|batch 7" study $flag --out new.sqlite
done
refuses 2 '--seed 3: a study .*--seeds 3:B' study --seed 3
refuses 2 'out k.sqlite: the file exists.*--resume.*--force' study $short --out k.sqlite
for flag in "--seeds 5" "--iterations 9" "--lr 0.1" "--sweep lr=1,2" "--shard 0/2" "--keep-weights all" "--config c.yaml" "--out x.sqlite" --force; do
    refuses 2 'goes on as it began' study --resume k.sqlite $flag
done
refuses 4 'missing.yaml' study --config missing.yaml
refuses 4 'nowhere.sqlite: No such file' study --resume nowhere.sqlite
refuses 4 'c.yaml is no study of gantry' study --resume c.yaml
refuses 4 'c.yaml is no study of gantry' study $short --out c.yaml --force
refuses 1 'nowhere/s.sqlite.*No such file.*--out' study --quiet $short --out nowhere/s.sqlite
refuses 1 'proc/s.sqlite.*--out' study --quiet $short --out /proc/s.sqlite
cp k.sqlite v.sqlite && sqlite3 v.sqlite 'PRAGMA user_version = 2'
refuses 4 'v.sqlite has store version 2; .* reads version 1' study --resume v.sqlite
cp k.sqlite d.sqlite && sqlite3 d.sqlite "UPDATE study SET value = 'most' WHERE key = 'keep_weights'"
refuses 4 'd.sqlite is damaged.*most' study --quiet --resume d.sqlite
cp k.sqlite d.sqlite && sqlite3 d.sqlite "UPDATE run SET seed = 77, finished = 0 WHERE run = 1"
refuses 4 'd.sqlite is damaged: a run is not one of the study.s$' study --quiet --resume d.sqlite

# A limit on the size of files stands for a disk that is full.
(
    ulimit -f 150
    "$GANTRY" study --seeds 200 --iterations 40 --eval-every 2 --eval-samples 1000 --out full.sqlite --quiet >"$out" 2>"$err"
)
code=$?
check "no room: exit code 1, one line with the way on" says 1 'full.sqlite.*go on with: gantry study --resume full.sqlite'
gives 0 "with room" study --resume full.sqlite --quiet
gives 0 "a study without trouble" study --seeds 200 --iterations 40 --eval-every 2 --eval-samples 1000 --out whole.sqlite --quiet
check "has the same content" same_content whole.sqlite full.sqlite
(
    ulimit -f 4
    "$GANTRY" study $short --out none.sqlite --quiet >"$out" 2>"$err"
)
code=$?
check "no room from the start: one line, nothing left" eval 'says 1 none.sqlite && ! ls none* 2>/dev/null'

# ---------------------------------------------------------------- many

n_many=20000 limit=1500000
if instrumented; then
    skip "20,000 runs within 1.5 GB of addresses" "a sanitizer needs more; 2,000 without a limit"
    n_many=2000 limit=unlimited
fi
(
    ulimit -v $limit
    exec "$GANTRY" study --seeds $n_many --iterations 20 --eval-every 10 --eval-samples 1000 --threads 2 --out many.sqlite --quiet
) >"$out" 2>"$err"
code=$?
[ $code = 0 ] || cat "$err"
check "many runs" [ $code = 0 ]
check "are all there" [ "$(value many.sqlite 'SELECT count(*), sum(finished), count(DISTINCT digest) FROM run')" = "$n_many|$n_many|$n_many" ]
check "with all rows" [ "$(value many.sqlite 'SELECT count(*) FROM checkpoint')" = $((2 * n_many)) ]
check "$n_many runs took $(value many.sqlite "SELECT value FROM fact WHERE key = 'seconds'") s, the file has $(stat -c %s many.sqlite) bytes" \
    [ "$(stat -c %s many.sqlite)" -lt $((1000 * n_many)) ]
