#!/bin/bash
# Scores, and statistics of studies, against NumPy and SciPy from PyPI. SCORES: scores_main; STATISTICS: statistics_main;
# IMAGE_SCORES: image_scores_main; SCORES_PYTHON: a python that has the packages, in place of one in build/scores-venv.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=/dev/null
. "$here/python_environment.sh"
python=${SCORES_PYTHON:-}
[ -n "$python" ] || make_python scores-venv "$here/scores/requirements.txt" "250 MB" 400

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
"$python" "$here/scores/scores.py" "$SCORES" "$work"
"$python" "$here/scores/image_scores.py" "$IMAGE_SCORES" "$work"
"$python" "$here/scores/statistics_of_studies.py" "$STATISTICS"
