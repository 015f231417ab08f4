# shellcheck shell=bash
# shellcheck disable=SC1091 # check.sh lies beside it
# Sourced by tests that make images; sources check.sh.
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/check.sh"

# be N: four bytes, the highest first.
be() { printf '%b' "$(printf '\\0%03o\\0%03o\\0%03o\\0%03o' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"; }

# idx FILE N H W: images of light and dark stripes, each shifted.
idx() {
    {
        printf '\0\0\010\003'
        be "$2"
        be "$3"
        be "$4"
        printf '%b' "$(awk -v n="$2" -v h="$3" -v w="$4" 'BEGIN { for (i = 0; i < n; i++) for (y = 0; y < h; y++)
            for (x = 0; x < w; x++) printf "\\0%03o", (x + y + i) % 4 < 2 ? 250 - i : 5 + i }')"
    } >"$1"
}
