/* private. Memory of the CPU engines. */
#ifndef GT_ENGINE_CPU_MEMORY_H
#define GT_ENGINE_CPU_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* n * size bytes in whole cache lines, zeroed; NULL when there is no memory or the size overflows. */
static inline void *gt_allocate_zeroed(size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - 63) return NULL;
    bytes = (bytes + 63) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    if (memory != NULL) memset(memory, 0, bytes);
    return memory;
}

#endif
