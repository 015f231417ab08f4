/* private. Order statistics of many numbers, faster than a sort that compares: scores of thousands of points a run are asked
 * for every few hundred iterations. */
#ifndef GT_CORE_ORDER_H
#define GT_CORE_ORDER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sorts values[n], all finite, upwards; +0 and -0 count as equal. spare: as many. */
void gt_sort_floats(float *values, float *spare, size_t n);

/* The key of this rank, from 0, of keys[n]. spare: as many; both are overwritten. guess: a key that is likely to be a little
 * below it; a good one saves time, a bad one costs some. */
uint32_t gt_select_key(uint32_t *keys, uint32_t *spare, size_t n, size_t rank, uint32_t guess);

#ifdef __cplusplus
}
#endif
#endif
