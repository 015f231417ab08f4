/* Order statistics by counting: sort by radix (Knuth, TAOCP 3, 5.2.5) over small integers in the order of the values,
 * selection by histograms. Loops over a block are written so that compilers vectorise them. */
#include "core/order.h"

#include "kernels/score.h"

#include <stdbool.h>
#include <string.h>

enum { BLOCK = 32, MAX_BITS = 11 };

static size_t block_at(size_t i, size_t n) { return n - i < BLOCK ? n - i : BLOCK; }

/* ---------------------------------------------------------------- sorting */

typedef struct {
    float low, scale;
} grid; /* cell of x: (x - low) scale, rounded down; rounding keeps the order */

static void range_of(const float *values, size_t n, float *low, float *high) {
    float lows[BLOCK], highs[BLOCK];
    for (int k = 0; k < BLOCK; k++) lows[k] = highs[k] = values[0];
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t m = block_at(i, n);
        for (size_t k = 0; k < m; k++) {
            const float x = values[i + k];
            lows[k] = x < lows[k] ? x : lows[k];
            highs[k] = x > highs[k] ? x : highs[k];
        }
    }
    *low = lows[0], *high = highs[0];
    for (int k = 1; k < BLOCK; k++) {
        if (lows[k] < *low) *low = lows[k];
        if (highs[k] > *high) *high = highs[k];
    }
}

static void cells_of(const float *values, size_t n, grid grid, uint32_t *cells) {
    for (size_t k = 0; k < n; k++) cells[k] = (uint32_t)(int32_t)((values[k] - grid.low) * grid.scale);
}

static void starts_of_counts(uint32_t *counts, uint32_t n) {
    uint32_t start = 0;
    for (uint32_t b = 0; b < n; b++) {
        const uint32_t count = counts[b];
        counts[b] = start;
        start += count;
    }
}

/* By cells of a grid, two digits of so many bits: a constant, because shifts by a variable take longer. */
static inline __attribute__((always_inline)) void sort_by_cells(float *values, float *spare, size_t n, int bits, float low,
                                                                float high) {
    const grid grid = {low, (float)((1 << 2 * bits) - 1) / (high - low)};
    uint32_t next[2][1 << MAX_BITS];
    uint32_t cells[BLOCK];
    const uint32_t buckets = 1u << bits;
    for (int d = 0; d < 2; d++) memset(next[d], 0, (size_t)buckets * sizeof **next);
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t m = block_at(i, n);
        cells_of(values + i, m, grid, cells);
        for (size_t k = 0; k < m; k++) {
            next[0][cells[k] & (buckets - 1)]++;
            next[1][cells[k] >> bits]++;
        }
    }
    const float *from = values;
    float *to = spare;
    for (int d = 0; d < 2; d++) {
        starts_of_counts(next[d], buckets);
        for (size_t i = 0; i < n; i += BLOCK) {
            const size_t m = block_at(i, n);
            cells_of(from + i, m, grid, cells);
            for (size_t k = 0; k < m; k++) to[next[d][cells[k] >> (d * bits) & (buckets - 1)]++] = from[i + k];
        }
        from = spare;
        to = values;
    }
}

/* Insertion sort, given up after so many moves. */
static bool finish_sort(float *values, size_t n, size_t moves) {
    for (size_t i = 1; i < n; i++) {
        const float x = values[i];
        size_t at = i;
        for (; at > 0 && x < values[at - 1]; at--) values[at] = values[at - 1];
        values[at] = x;
        if (i - at > moves) return false;
        moves -= i - at;
    }
    return true;
}

/* By the bits of the values, whatever their distribution. */
static void sort_by_bits(float *values, float *spare, size_t n) {
    enum { DIGITS = 4, DIGIT_BITS = 8, BUCKETS = 1 << DIGIT_BITS };
    uint32_t next[DIGITS][BUCKETS] = {{0}};
    uint32_t key;
    for (size_t i = 0; i < n; i++) {
        memcpy(&key, &values[i], sizeof key);
        key = score_key_of_bits(key);
        memcpy(&values[i], &key, sizeof key);
        for (int d = 0; d < DIGITS; d++) next[d][key >> d * DIGIT_BITS & (BUCKETS - 1)]++;
    }
    float *from = values, *to = spare;
    for (int d = 0; d < DIGITS; d++) {
        starts_of_counts(next[d], BUCKETS);
        for (size_t i = 0; i < n; i++) {
            memcpy(&key, &from[i], sizeof key);
            memcpy(&to[next[d][key >> d * DIGIT_BITS & (BUCKETS - 1)]++], &key, sizeof key);
        }
        float *swap = from;
        from = to;
        to = swap;
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(&key, &values[i], sizeof key);
        key = score_bits_of_key(key);
        memcpy(&values[i], &key, sizeof key);
    }
}

void gt_sort_floats(float *values, float *spare, size_t n) {
    float low, high;
    if (n < 2) return;
    range_of(values, n, &low, &high);
    if (low == high) return;
    const float scale = (float)(1 << 2 * MAX_BITS) / (high - low);
    if (scale > 0 && isfinite(scale)) { /* as long as the range neither overflows nor vanishes */
        if (n < 1 << 12)                /* few values share a cell then */
            sort_by_cells(values, spare, n, 8, low, high);
        else
            sort_by_cells(values, spare, n, MAX_BITS, low, high);
        if (finish_sort(values, n, 4 * n)) return;
    }
    sort_by_bits(values, spare, n);
}

/* ---------------------------------------------------------------- selection */

/* Those of keys[n] from first to last to out, which may be keys; returns how many. */
static size_t collect(const uint32_t *keys, size_t n, uint32_t first, uint32_t last, uint32_t *out) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t key = keys[i];
        out[m] = key;
        m += key - first <= last - first;
    }
    return m;
}

static void insertion_sort(uint32_t *keys, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const uint32_t key = keys[i];
        size_t at = i;
        for (; at > 0 && key < keys[at - 1]; at--) keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

uint32_t gt_select_key(uint32_t *keys, uint32_t *spare, size_t n, size_t rank, uint32_t guess) {
    enum { BUCKETS = 256, FEW = 24 };
    const size_t above = collect(keys, n, guess, UINT32_MAX, spare), below = n - above;
    if (below <= rank) {
        keys = spare;
        n = above;
        rank -= below;
    }
    while (n > FEW) {
        uint32_t count[BUCKETS] = {0}, low = keys[0], high = keys[0];
        for (size_t i = 0; i < n; i++) {
            low = keys[i] < low ? keys[i] : low;
            high = keys[i] > high ? keys[i] : high;
        }
        int shift = 0, b = 0;
        while ((high - low) >> shift >= BUCKETS) shift++;
        for (size_t i = 0; i < n; i++) count[(keys[i] - low) >> shift]++;
        for (; rank >= count[b]; b++) rank -= count[b];
        if (shift == 0) return low + (uint32_t)b;
        low += (uint32_t)b << shift;
        n = collect(keys, n, low, low + ((1u << shift) - 1), keys);
    }
    insertion_sort(keys, n);
    return keys[rank];
}
