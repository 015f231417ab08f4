/* private. Random orders. */
#ifndef GT_CORE_SHUFFLE_H
#define GT_CORE_SHUFFLE_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* order[n]: the numbers 0 to n - 1 in random order, n < 2^32. Order `index` of a seed is the same each time
 * (GT_STREAM_SHUFFLE). Place i = 0, 1, ... takes what stands at i + floor(word_i (n - i) / 2^32), which takes its (Fisher and
 * Yates; Durstenfeld, Commun. ACM 7, 1964, algorithm 235); a place is off its fair chance by n / 2^32 of it at most.
 * GT_ERR_MEMORY. */
gt_status gt_shuffle(uint64_t seed, uint32_t index, uint32_t *order, size_t n);

#ifdef __cplusplus
}
#endif
#endif
