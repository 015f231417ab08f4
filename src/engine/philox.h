/* private. Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3") for 16 counters at
 * once, and draws laid out for the lanes. Written in the operations of a lanes header, which the includer includes first. */
#ifndef GT_ENGINE_PHILOX_H
#define GT_ENGINE_PHILOX_H

#include "kernels/draw.h"

#define PHILOX_M0 0xd2511f53u
#define PHILOX_M1 0xcd9e8d57u
#define PHILOX_W0 0x9e3779b9u
#define PHILOX_W1 0xbb67ae85u

/* The words of n blocks a lane (n a constant, 1 or 2: two chains keep the multipliers busy) with counters
 * (block, iteration, stream, 0). The first two rounds multiply what is the same in all lanes only once. */
LANES_FN void philox(uint64_t seed, uint32_t stream, uint32_t iteration, const vu *block, int n, vu (*words)[4]) {
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    uint64_t one = (uint64_t)PHILOX_M1 * stream;
    uint64_t two = (uint64_t)PHILOX_M0 * ((uint32_t)(one >> 32) ^ iteration ^ k0);
    vu hi0, lo0, hi1, lo1;
    for (int j = 0; j < n; j++) {
        vu *c = words[j];
        vu_mul_wide(block[j], PHILOX_M0, &hi0, &lo0);
        vu_mul_wide(vu_xor(hi0, vu_set(k1)), PHILOX_M1, &hi1, &lo1);
        c[0] = vu_xor(hi1, vu_set((uint32_t)one ^ (k0 + PHILOX_W0)));
        c[1] = lo1;
        c[2] = vu_xor(lo0, vu_set((uint32_t)(two >> 32) ^ (k1 + PHILOX_W1)));
        c[3] = vu_set((uint32_t)two);
    }
    k0 += PHILOX_W0, k1 += PHILOX_W1;
#pragma GCC unroll 8
    for (int round = 2; round < 10; round++) {
        k0 += PHILOX_W0, k1 += PHILOX_W1;
        for (int j = 0; j < n; j++) {
            vu *c = words[j];
            vu_mul_wide(c[0], PHILOX_M0, &hi0, &lo0);
            vu_mul_wide(c[2], PHILOX_M1, &hi1, &lo1);
            c[0] = vu_xor(vu_xor(hi1, c[1]), vu_set(k0));
            c[1] = lo1;
            c[2] = vu_xor(vu_xor(hi0, c[3]), vu_set(k1));
            c[3] = lo0;
        }
    }
}

LANES_FN void draw_blocks(uint64_t seed, uint32_t stream, uint32_t iteration, fused_draw kind, vu first, int n, float *rows) {
    vu block[2], words[2][4];
    for (int j = 0; j < n; j++) block[j] = vu_add(first, vu_set((uint32_t)j));
    philox(seed, stream, iteration, block, n, words);
    for (int j = 0; j < n; j++) {
        vf x[4];
        if (kind == DRAW_NORMAL) {
            exact_normal_pair(words[j][0], words[j][1], &x[0], &x[1]);
            exact_normal_pair(words[j][2], words[j][3], &x[2], &x[3]);
        } else {
            for (int k = 0; k < 4; k++) x[k] = draw_of_word(kind, words[j][k]);
        }
        for (int k = 0; k < 4; k++) vf_store(rows + (j * 4 + k) * 16, x[k]);
    }
}

static const uint32_t lane_numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* rows[t][l], t < count: element base + l * stride + t of a draw. rows has room for count rounded up to 4, plus 4 rows. */
LANES_FN void draw(uint64_t seed, uint32_t stream, uint32_t iteration, fused_draw kind, uint64_t base, int stride, int count,
                   float *rows) {
    const bool aligned = base % 4 == 0 && stride % 4 == 0;
    const vu lanes = vu_load(lane_numbers);
    vu first = vu_set((uint32_t)(base / 4)), offset;
    if (aligned) {
        first = vu_add(first, vu_mul(lanes, (uint32_t)stride / 4));
    } else {
        vu element = vu_add(vu_set((uint32_t)(base % 4)), vu_mul(lanes, (uint32_t)stride));
        first = vu_add(first, vu_shr(element, 2));
        offset = vu_and(element, vu_set(3));
    }
    const int n_blocks = aligned ? (count + 3) / 4 : (count + 6) / 4;
    int k = 0;
    for (; k + 2 <= n_blocks; k += 2)
        draw_blocks(seed, stream, iteration, kind, vu_add(first, vu_set((uint32_t)k)), 2, rows + k * 64);
    if (k < n_blocks) draw_blocks(seed, stream, iteration, kind, vu_add(first, vu_set((uint32_t)k)), 1, rows + k * 64);
    if (aligned) return;
    /* a lane's first element is word `offset` of its first block: shift each lane's rows up by as many */
    vm by1 = vu_eq(offset, vu_set(1)), by2 = vu_eq(offset, vu_set(2)), by3 = vu_eq(offset, vu_set(3));
    for (int t = 0; t < count; t++) {
        vf x = vf_load(rows + t * 16);
        x = vf_select(by1, vf_load(rows + (t + 1) * 16), x);
        x = vf_select(by2, vf_load(rows + (t + 2) * 16), x);
        x = vf_select(by3, vf_load(rows + (t + 3) * 16), x);
        vf_store(rows + t * 16, x);
    }
}

#endif
