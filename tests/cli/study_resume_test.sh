#!/usr/bin/env bash
# A study that is killed, stopped or runs out of disk at any moment goes on to the same bits; one process writes it at a time.
# shellcheck disable=SC1091,SC2016,SC2086,SC2154 # check.sh has the variables; eval expands what is quoted
here=$(dirname "$(readlink -f "$0")")
. "$here/check.sh"
. "$here/studies.sh"

iterations=4000
instrumented && iterations=320
flags="--seeds 100 --sweep lr=1e-3,3e-3 --iterations $iterations --eval-every $((iterations / 8)) --eval-samples 1000 --keep-weights worst:5 --quiet"
ways=("" "--threads 1" "--threads 3" "--threads 2")
"$GANTRY" devices | grep -q 'avx2.*yes' && ways+=("--isa avx2")
RANDOM=${SEED:-$$}
echo "moments from SEED=${SEED:-$$}"

gives 0 "a study without trouble" study $flags --out whole.sqlite
tables=$("$GANTRY" study --resume whole.sqlite 2>/dev/null)

# ---------------------------------------------------------------- kill -9

# go_on FILE: the study begun, or gone on with, in the next of the ways, in the background.
turn=0
go_on() {
    local way=${ways[turn++ % ${#ways[@]}]}
    if [ -e "$1" ]; then
        begin --resume "$1" --save-seconds 0.1 --quiet $way
    else
        begin $flags --out "$1" --save-seconds 0.1 $way
    fi
}

n_whole=0 n_saved=0
for ((k = 0; k < 20; k++)); do
    moment=$(printf '0.%03d' $((RANDOM % (k % 4 == 0 ? 30 : 300))))
    go_on k.sqlite
    end_with KILL "$moment"
    if [ "$code" = 0 ] && [ -e k.sqlite ]; then # it was faster
        n_whole=$((n_whole + 1))
        check "kill $k, after $moment s: finished before" same_content whole.sqlite k.sqlite
        rm -rf k.sqlite k-weights
    elif [ "$code" != 137 ]; then
        not_ok "kill $k, after $moment s: exit code $code: $(cat "$err")"
    elif [ -e k.sqlite ]; then
        n_saved=$((n_saved + $(value k.sqlite 'SELECT count(*) > 0 FROM state')))
        check "kill $k, after $moment s: the database is whole" [ "$(value k.sqlite 'PRAGMA integrity_check')" = ok ]
    fi
done
mkdir -p k-weights && touch k-weights/setting1-seed3.safetensors.7082-0.tmp # as a kill in the middle of writing leaves it
gives 0 "then to the end, $n_saved times from saved runs" study --resume k.sqlite --quiet
check "states had been saved" [ $((n_saved + n_whole)) -gt 0 ]
check "the same content as straight" same_content whole.sqlite k.sqlite
check "the same weights kept" diff -r whole-weights k-weights
check "no file is left beside" eval '! ls k.sqlite-* k.sqlite.new 2>/dev/null'

# ---------------------------------------------------------------- signals

for signal in INT:130 TERM:143; do
    rm -rf s.sqlite s-weights
    begin $flags --out s.sqlite --threads 1
    wait_for s.sqlite
    end_with "${signal%:*}" 0.2
    check "SIG${signal%:*}: exit code and a line with the way on" says "${signal#*:}" 'stopped; go on with: gantry study --resume s.sqlite$'
    check "every run begun is saved or done" [ "$(value s.sqlite 'SELECT count(*) FROM run r WHERE NOT finished AND
        EXISTS (SELECT * FROM checkpoint c WHERE c.run = r.run) AND run NOT IN (SELECT run FROM state)')" = 0 ]
    gives 0 "--resume" study --resume s.sqlite --quiet --threads 3
    check "the same content as straight" same_content whole.sqlite s.sqlite
done

cp whole.sqlite finished.sqlite && cp -r whole-weights finished-weights
before=$(sha256sum finished.sqlite finished-weights/*)
gives 0 "--resume of a finished study" study --resume finished.sqlite
check "prints its tables" [ "$(sed s/finished.sqlite/whole.sqlite/ "$out")" = "$tables" ]
check "and changes nothing" [ "$(sha256sum finished.sqlite finished-weights/*)" = "$before" ]

# ---------------------------------------------------------------- two processes

begin ${flags/--iterations $iterations/--iterations 100000} --out two.sqlite
wait_for two.sqlite
run study --resume two.sqlite
check "a second process is refused" says 1 'two.sqlite: another process is writing this study'
run study $flags --out two.sqlite --force
check "with --force, too" says 1 'two.sqlite: another process is writing this study'
check "others read meanwhile" [ "$(value two.sqlite 'SELECT count(*) FROM run')" = 200 ]
end_with KILL 0.2
check "the first one knew nothing of it" [ "$code" = 137 ]
begin --resume two.sqlite --quiet
end_with INT 0.5
check "when it is gone another may" says 130 'stopped'
rm -rf two*

# ---------------------------------------------------------------- power loss

# A process killed in the middle of writing, then the end of the journal lost.
begin $flags --out p.sqlite --save-seconds 0.05 --threads 1
wait_for p.sqlite
end_with KILL 0.4
size=$(stat -c %s p.sqlite-wal 2>/dev/null || echo 0)
check "a journal to be cut off: $size bytes" [ "$size" -gt 0 ]
for ((k = 0; k < 6; k++)); do
    length=$((k == 0 ? 0 : (RANDOM * 32768 + RANDOM) % (size + 1)))
    rm -rf cut*
    cp p.sqlite cut.sqlite
    cp -r p-weights cut-weights 2>/dev/null
    head -c $length p.sqlite-wal >cut.sqlite-wal
    run study --resume cut.sqlite --quiet
    if [ $code = 0 ]; then
        check "the journal cut off after $length bytes: the same content" same_content whole.sqlite cut.sqlite
        check "the same weights kept" diff -r whole-weights cut-weights
    else
        check "the journal cut off after $length bytes: refused" says 4 'cut.sqlite'
    fi
done

# ---------------------------------------------------------------- a full disk

if mkdir small && mount -t tmpfs -o size=700k tmpfs small 2>/dev/null; then
    run study $flags --out small/s.sqlite --save-seconds 0.1
    check "a full disk: exit code 1, a line with the way on" says 1 'small/.*once that is mended, go on with: gantry study --resume small/s.sqlite'
    run study --resume small/s.sqlite --quiet
    check "full yet: the same" says 1 'small/s.sqlite'
    mount -o remount,size=100m small
    gives 0 "with room" study --resume small/s.sqlite --quiet
    check "the same content as straight" same_content whole.sqlite small/s.sqlite
    check "the same weights kept" diff -r whole-weights small/s-weights
    umount small
else
    skip "a full disk" "mounting a tmpfs needs root"
fi
