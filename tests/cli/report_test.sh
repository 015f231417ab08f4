#!/usr/bin/env bash
# gantry report: the page's numbers against SQL on the store, the page in a browser, and what can go wrong.
# shellcheck disable=SC1003,SC1091,SC2016,SC2034,SC2154 # check.sh has the variables; eval expands what is quoted
. "$(dirname "$(readlink -f "$0")")/idx.sh"

if ! command -v sqlite3 >/dev/null; then
    skip "all of it" "sqlite3 is not installed"
    exit 77
fi
gives 0 "a study" study --seeds 0:20 --iterations 2000 --eval-every 500 --eval-samples 1000 --out study.sqlite --quiet
sql() { sqlite3 -readonly "${2:-study.sqlite}" "$1"; }

# ---------------------------------------------------------------- without gnuplot

mkdir empty
PATH=$folder/empty "$GANTRY" report study.sqlite >"$out" 2>"$err"
code=$?
check "without gnuplot: exit code 1, and how to install it" \
    eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ] && grep -q "apt install gnuplot-nox.*--no-charts" "$err" && [ ! -e report.html ]'
PATH=$folder/empty "$GANTRY" report study.sqlite --no-charts >"$out" 2>"$err"
code=$?
check "tables alone need none" eval '[ $code = 0 ] && [ -s report.html ] && ! grep -q "<svg" report.html'

# ---------------------------------------------------------------- the numbers

# text FILE: the page as lines, a cell each, entities as they were.
text() {
    sed -e 's/<small>[^<]*<\/small>//g' -e 's/<t[hd][^>]*>/\n/g' -e 's/<[^>]*>//g' \
        -e "s/&lt;/</g; s/&gt;/>/g; s/&quot;/\"/g; s/&#39;/'/g; s/&amp;/\&/g" "$1"
}

# row TABLE NAME [FILE]: the cells of the row that begins with NAME in the table with that id, joined by "|".
row() {
    awk -v table="id=\"$1\"" 'index($0, table) {on = 1} on; /<\/table>/ {if (on) exit}' "${3:-report.html}" >table.html
    grep -E "<t[hd][^>]*>$2</t[hd]>" table.html | head -1 >row.html
    text row.html | sed 's/ *$//' | grep -v '^$' | paste -sd'|'
}

# Wilson's interval of K in N, in percent.
wilson() {
    awk -v k="$1" -v n="$2" 'BEGIN {z = 1.959964; p = k / n; c = p + z * z / (2 * n); r = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        d = 1 + z * z / n; low = (c - r) / d; high = (c + r) / d; if (k == 0) low = 0; if (k == n) high = 1; printf "%.1f–%.1f %%", 100 * low, 100 * high}'
}

for outcome in $(sql 'SELECT DISTINCT outcome FROM run'); do
    k=$(sql "SELECT count(*) FROM run WHERE outcome = '$outcome'")
    want="$outcome|$k|$(awk -v k="$k" 'BEGIN {printf "%.1f %%", 5 * k}')|$(wilson "$k" 20)"
    check "outcomes: $want" [ "$(row outcomes "$outcome")" = "$want" ]
done
for iteration in 500 1000 1500 2000; do
    k=$(sql "SELECT sum(converged) FROM checkpoint WHERE iteration = $iteration")
    name=$(sed -E 's/^([0-9])([0-9]{3})$/\1,\2/' <<<$iteration)
    want="$name|20|$(awk -v k="$k" 'BEGIN {printf "%.1f %%", 5 * k}')|$(wilson "$k" 20)"
    check "share converged: $want" [ "$(row checkpoints "$name")" = "$want" ]
done
# NumPy's percentiles: the median of 20 lies between the 10th and 11th, the 95th at rank 18.05.
for metric in resid_mean w1_x acc_real d_loss_fake; do
    want=$(sql "SELECT $metric FROM checkpoint WHERE iteration = 2000 ORDER BY $metric" |
        awk '{v[NR] = $1} END {printf "%.4g|%.4g", (v[10] + v[11]) / 2, v[19] + 0.05 * (v[20] - v[19])}')
    have=$(row percentiles "$metric" | awk -F'|' '{print $6 "|" $8}')
    check "percentiles of $metric: $want" [ "$have" = "$want" ]
done
n_relapsed=$(sql 'SELECT count(*) FROM run WHERE n_relapses > 0') n_relapses=$(sql 'SELECT sum(n_relapses) FROM run')
n_ever=$(sql 'SELECT count(*) FROM run WHERE first_converged > 0')
check "times: $n_ever converged, $n_relapsed lost it, $n_relapses times" \
    eval 'row times 20 | grep -Eq "^20\|.*\|$n_ever · [0-9.]+ %\|$n_relapsed · [0-9.]+ %\|$n_relapses\$"'
ranked="SELECT seed FROM run ORDER BY CASE WHEN diverged_at IS NULL THEN coalesce(distance, 9e999) ELSE 9e999 END, seed"
for which in best:0 median:9 worst:19; do
    seed=$(sql "$ranked LIMIT 1 OFFSET ${which#*:}")
    check "the ${which%:*} run has seed $seed" eval 'row runs "${which%:*}" | grep -q "^${which%:*}|$seed|.*gantry replay study.sqlite --seed $seed\$"'
done
check "the command that repeats it" eval 'text report.html | grep -qF -- "$(sql "SELECT value FROM study WHERE key = '\''command'\''")"'
check "every metric is defined" eval '(for m in acc_real resid_mean resid_p95 w1_x support coverage std_x g_loss; do
    grep -q "<dt><code>$m</code></dt><dd>[A-Z0-9]" report.html || exit 1; done)'

# ---------------------------------------------------------------- what is refused

refuses 2 "report.html: the file exists.*--force" report study.sqlite
refuses 2 "the study itself" report study.sqlite --out study.sqlite --force
refuses 2 "settings 0 to 0" report study.sqlite --out new.html --setting 1 --no-charts
refuses 2 "leave one of the two out" report study.sqlite --out new.html --no-charts --figures figures
refuses 4 "no-such.sqlite" report no-such.sqlite --out new.html --no-charts
refuses 1 "no/where.html" report study.sqlite --out no/where.html --no-charts
echo "no store" >text.sqlite
refuses 4 "text.sqlite" report text.sqlite --out new.html --no-charts
head -c 20000 study.sqlite >half.sqlite
refuses 4 "half.sqlite" report half.sqlite --out new.html --no-charts
cp study.sqlite later.sqlite
sqlite3 later.sqlite 'PRAGMA user_version = 99' >/dev/null
rm -f later.sqlite-wal later.sqlite-shm
refuses 4 "later.sqlite" report later.sqlite --out new.html --no-charts

# ---------------------------------------------------------------- other studies

cp study.sqlite unfinished.sqlite
sqlite3 unfinished.sqlite 'UPDATE run SET finished = 0 WHERE seed >= 12; DELETE FROM checkpoint WHERE run >= 15'
gives 0 "an unfinished study" report unfinished.sqlite --out unfinished.html --no-charts
check "says how much is there" grep -q "12 of 20 runs are done.*gantry study --resume unfinished.sqlite" unfinished.html
check "and counts these" eval '[ "$(row times 15 unfinished.html | cut -d"|" -f1)" = 15 ] && grep -q "Of 12 runs" unfinished.html'
gives 0 "one run" study --seeds 7:8 --iterations 100 --eval-every 100 --eval-samples 1000 --out 'a <b>&"c'\''.sqlite' --quiet
name='a <b>&"c'\''.sqlite'
gives 0 "a name that HTML must not see" report "$name" --out one.html --no-charts
check "is escaped" eval '! grep -q "<b>" one.html && text one.html | grep -qF "gantry replay '\''a <b>&\"c'\''\\'\'''\''.sqlite'\'' --seed 7"'

if ! command -v gnuplot >/dev/null; then
    skip "the charts" "gnuplot is not installed"
    exit
fi

# ---------------------------------------------------------------- charts

mkdir temporary
TMPDIR=$folder/temporary gives 0 "a page with charts" report study.sqlite --out full.html --figures figures
gives 0 "a diverging study" study --seeds 3 --lr 1e6 --eps 1e-20 --beta2 0 --iterations 400 --eval-every 100 --eval-samples 1000 \
    --out diverged.sqlite --quiet
gives 0 "a sweep" study --seeds 12 --iterations 2000 --eval-every 500 --eval-samples 1000 --sweep lr=1e-3,4e-3 --sweep loss=bce,hinge \
    --out sweep.sqlite --quiet
gives 0 "a mixture" study --seeds 4 --preset ring8-pacgan --iterations 100 --eval-every 100 --eval-samples 1000 --out mixture.sqlite --quiet
gives 0 "a curve" study --seeds 4 --target moons --iterations 200 --eval-every 100 --eval-samples 1000 --out curve.sqlite --quiet
awk 'BEGIN {srand(1); for (i = 0; i < 200; i++) printf "%f,%f,%f\n", rand(), rand() + 2, -rand()}' >points.csv
gives 0 "data" study --seeds 4 --data points.csv --iterations 200 --eval-every 100 --eval-samples 1000 --out data.sqlite --quiet
idx stripes-images-idx3-ubyte 64 8 8
gives 0 "images" study --data stripes-images-idx3-ubyte --generator 5-32-64 --discriminator 64-32-1 --g-output tanh --batch 32 --seeds 4 \
    --iterations 100 --eval-every 50 --eval-samples 1000 --out images.sqlite --quiet
for study in diverged sweep mixture curve data images "$name"; do
    TMPDIR=$folder/temporary gives 0 "the page of $study" report "${study%.sqlite}.sqlite" --out "${study%.sqlite}.html" --force
done
mv "${name%.sqlite}.html" odd.html
check "no temporary file is left" [ -z "$(ls -A temporary)" ]
n_svg=$(find figures -name '*.svg' | wc -l)
check "as many PNG as SVG files ($n_svg), all whole" eval '[ "$n_svg" -gt 30 ] && [ "$(find figures -type f | wc -l)" -eq $((2 * n_svg)) ] &&
    (for f in figures/*.png; do is_png "$f" 0 || exit 1; done; for f in figures/*.svg; do tail -c 9 "$f" | grep -q "</svg>" || exit 1; done)'
check "each is in the page" [ "$(grep -o '<svg ' full.html | wc -l)" -eq "$n_svg" ]
check "three charts a metric" eval '(for m in acc_real resid_mean coverage; do for k in fan histogram ecdf; do
    [ -s figures/$m-$k.svg ] || exit 1; done; done)'
check "a heat map" grep -q "aria-label=\"Share converged, %: loss against lr\"" sweep.html
n_pairs=$(awk '/id="pairs"/ {on = 1} on; /<\/table>/ {if (on) exit}' sweep.html | grep -c '<tr><th scope')
check "six pairs of four settings" [ "$n_pairs" -eq 6 ]
both=$(sql "SELECT sum(a.converged AND NOT b.converged) || '|' || sum(b.converged AND NOT a.converged) FROM run a JOIN run b USING (seed)
    WHERE a.setting = 0 AND b.setting = 2" sweep.sqlite)
check "McNemar's counts of 0 and 2: $both" eval 'grep "<th scope=\"row\">0: .*<th scope=\"row\">2: " sweep.html >row.html; text row.html | paste -sd"|" | grep -qF "|12|$both|"'
check "nothing is asked of a network" eval '! grep -Eiq "https?://|//[a-z]|@import|url\(|<link|<script|<img|<iframe" full.html sweep.html odd.html'
check "no element has the name of another" eval '[ -z "$(grep -Eo " id=[\"'\''][^\"'\'']*" full.html | sort | uniq -d)" ]'

seed=$(sql "$ranked LIMIT 1")
cp study.sqlite other.sqlite
sqlite3 other.sqlite "UPDATE run SET digest = '00000000000000000000000000000000' WHERE seed = $seed"
gives 0 "a run that ends in other bits" report other.sqlite --out other.html
check "is left out of the gallery, with a word" eval 'grep -q "seed $seed .*other bits" "$err" && grep -q "seed $seed .*other bits" other.html &&
    ! grep -q "aria-label=\"best" other.html && grep -q "aria-label=\"best.*seed $seed" full.html'
(
    ulimit -f 100
    TMPDIR=$folder/temporary "$GANTRY" report study.sqlite --out disk.html >"$out" 2>"$err"
)
code=$?
check "no room for the page: exit code 1, nothing of it" eval '[ $code = 1 ] && [ "$(wc -l <"$err")" = 1 ] && [ ! -e disk.html ] && [ -z "$(ls -A temporary)" ]'

# ---------------------------------------------------------------- in a browser

browser=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$browser" ]; then
    skip "the page in a browser" "chromium is not installed"
    exit
fi
check "the images are in their page" [ "$(grep -o '<img ' images.html | wc -l)" -ge 3 ]
# A script that only the test adds: how many charts there are, how many are not drawn, and what was loaded beside the page.
look='<script>addEventListener("load", () => {
    const charts = [...document.querySelectorAll("svg, img")];
    const empty = charts.filter((c) => {
        const box = c.getBoundingClientRect();
        if (c.tagName == "IMG") return box.width < 300 || Math.abs(box.width - box.height) > 1 || c.naturalWidth != 346;
        const marks = [...c.querySelectorAll("path, polygon, use, rect, circle")];
        return box.width < 100 || box.height < 60 || marks.filter((m) => { const b = m.getBoundingClientRect(); return b.width + b.height > 0; }).length < 8;
    });
    const wide = document.documentElement.scrollWidth > innerWidth ? "wide" : "fits";
    document.documentElement.setAttribute("data-seen", [charts.length, empty.length, performance.getEntriesByType("resource").length, wide].join(" "));
});</script>'
for page in full sweep diverged mixture curve data images odd; do
    { cat $page.html && echo "$look"; } >look.html
    timeout 100 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$folder/browser" --enable-logging=stderr --virtual-time-budget=5000 \
        --window-size=1280,900 --dump-dom "file://$folder/look.html" >dom.html 2>console
    seen=$(grep -o 'data-seen="[^"]*"' dom.html)
    check "$page.html: every chart is drawn, nothing is loaded, it fits ($seen)" [ "$seen" = "data-seen=\"$(grep -Eo '<(svg|img) ' $page.html | wc -l) 0 0 fits\"" ]
    check "$page.html: nothing on the console" eval '! grep CONSOLE console'
done
