#!/bin/bash
# gantry studies diff: the outcomes of two studies side by side, the same seeds in both, what differs in their settings, and equal
# bits. Counts are checked against queries of the stores.
# shellcheck source=tests/cli/studies.sh
. "$(dirname "$0")/studies.sh"
# shellcheck source=tests/cli/check.sh
. "$(dirname "$0")/check.sh"
for tool in sqlite3 jq python3; do
    command -v $tool >/dev/null && continue
    skip "gantry studies diff" "$tool is not installed"
    exit 77
done

# A study with several outcomes.
flags=(--iterations 3000 --eval-every 500 --eval-samples 1000 --quiet)
run study --seeds 0:60 "${flags[@]}" --out a.sqlite
run study --seeds 20:90 "${flags[@]}" --lr 2e-3 --out b.sqlite
run study --seeds 0:60 "${flags[@]}" --threads 1 --out again.sqlite

# both QUERY: of the pairs, the run of A as a and that of B as b.
both() {
    sqlite3 a.sqlite "ATTACH 'b.sqlite' AS other; SELECT $1 FROM main.run a JOIN other.run b USING (seed) ${2:-}"
}

gives 0 "two studies" studies diff a.sqlite b.sqlite
cp "$out" text
check "which they are" grep -Eq '^B +b.sqlite: x2, seeds 20:90, 70 of 70 runs finished' text
check "seeds that differ" grep -Eq '^seeds +0:60 +20:90$' text
check "settings that differ" grep -Eq '^generator_adam.lr +0.001 +0.002$' text
check "nothing else differs" [ "$(grep -c '' <(sed -n '/^difference/,/^$/p' text))" -eq 5 ]
check "the pairs" grep -q "^$(both 'count(*)') pairs of runs" text
check "how many kept their outcome" grep -q " $(both 'sum(a.outcome = b.outcome)') have the same outcome" text
while IFS='|' read -r from to n; do
    check "$n went from $from to $to" grep -Eq "^$from +$to +$n\$" text
done < <(both 'a.outcome, b.outcome, count(*)' 'WHERE a.outcome <> b.outcome GROUP BY 1, 2')
check "some changed" [ "$(both 'sum(a.outcome <> b.outcome)')" -gt 0 ]
check "no bits are equal" grep -q '^no digest is equal' text
for outcome in $(sqlite3 a.sqlite 'SELECT DISTINCT outcome FROM run'); do
    n=$(sqlite3 a.sqlite "SELECT count(*) FROM run WHERE outcome = '$outcome'")
    check "$n in A are $outcome" grep -Eq "^$outcome +$n +[0-9.]+ %" text
done

gives 0 "as JSON" studies diff a.sqlite b.sqlite --json
check "differences" jq -e '[.differences[] | .what] == ["seeds", "generator_adam.lr", "discriminator_adam.lr"]' "$out" >/dev/null
check "pairs" [ "$(jq '.pairs | .runs, .same_outcome' "$out" | xargs)" = "$(both 'count(*), sum(a.outcome = b.outcome)' | tr '|' ' ')" ]
last="(SELECT converged FROM main.checkpoint c WHERE c.run = a.run AND iteration = 3000)"
other="(SELECT converged FROM other.checkpoint c WHERE c.run = b.run AND iteration = 3000)"
read -r in_a in_b < <(both "sum($last AND NOT $other), sum($other AND NOT $last)" | tr '|' ' ')
check "converged in one alone: $in_a, $in_b" [ "$(jq '.pairs | .converged_in_a_alone, .converged_in_b_alone' "$out" | xargs)" = "$in_a $in_b" ]
# McNemar's exact test: 2 P(X <= min) of Binomial(b + c, 1/2).
p=$(python3 -c "
import math, sys
b, c = map(int, sys.argv[1:])
print(min(1, 2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)))" "$in_a" "$in_b")
check "McNemar's p is $p" jq -e "(.pairs.p - $p) | fabs < 1e-12" "$out" >/dev/null

gives 0 "the same study" studies diff a.sqlite again.sqlite
check "has no differences" grep -q '^the same settings, seeds and schedule' "$out"
check "and equal bits" grep -q '^identical, bit for bit: the digests of all 60 pairs' "$out"
sqlite3 again.sqlite "UPDATE run SET digest = '0123456789abcdef0123456789abcdef' WHERE seed IN (33, 47)"
run studies diff a.sqlite again.sqlite
check "a digest that is not" grep -q '^58 of 60 digests are equal; the first that is not: seed 33' "$out"

# Settings that both have are paired, whatever their order.
run study --seeds 0:10 "${short[@]}" --sweep lr=1e-3,1e-4 --out s1.sqlite
run study --seeds 0:10 "${short[@]}" --sweep lr=1e-2,1e-4,1e-3 --out s2.sqlite
gives 0 "two sweeps" studies diff s1.sqlite s2.sqlite
check "the settings that they share are the same" grep -q '^identical, bit for bit: the digests of all 20 pairs' "$out"
check "a line each" grep -Eq '^ +1 +10 .* 10 +lr=1e-4$' "$out"
gives 0 "the other way round" studies diff s2.sqlite s1.sqlite
check "a setting that the other has not" grep -Eq '^ +0 +is not in B +lr=1e-2$' "$out"

refuses 2 'needs FILE' studies diff a.sqlite
refuses 2 'takes one FILE alone' studies diff a.sqlite b.sqlite again.sqlite
refuses 2 'it takes one of diff' studies merge a.sqlite b.sqlite
refuses 4 "can't read nowhere" studies diff a.sqlite nowhere
check "nothing is left beside the files" is_tidy
