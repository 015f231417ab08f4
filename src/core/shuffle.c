/* Random orders from words of a stream. */
#include "core/shuffle.h"

#include "core/status.h"
#include "engine/fused_cpu.h"
#include "kernels/streams.h"

#include <stdlib.h>
#include <string.h>

gt_status gt_shuffle(uint64_t seed, uint32_t index, uint32_t *order, size_t n) {
    float *words = malloc((n + 1) * sizeof *words);
    if (words == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for an order of %zu", n);
    fused_portable.draw(DRAW_WORD, seed, GT_STREAM_SHUFFLE, index, 0, n, words);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, &words[i], sizeof word);
        const size_t j = i + (size_t)(((uint64_t)word * (n - i)) >> 32);
        const uint32_t taken = order[j];
        order[j] = order[i];
        order[i] = taken;
    }
    free(words);
    return GT_OK;
}
