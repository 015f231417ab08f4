/* private. Memory of the CPU engines. */
#ifndef GT_ENGINE_CPU_MEMORY_H
#define GT_ENGINE_CPU_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* n * size bytes in whole cache lines, zeroed; NULL when there is no memory or the size overflows. What spans megabytes lies in
 * large pages where the system grants them, which spares Adam and products misses of the address translation. */
static inline void *gt_allocate_zeroed(size_t n, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) return NULL;
    const size_t large_page = (size_t)1 << 21, unit = bytes > large_page ? large_page : 64;
    if (bytes > SIZE_MAX - unit) return NULL;
    bytes = (bytes + unit - 1) / unit * unit;
    void *memory = aligned_alloc(unit, bytes);
#ifdef MADV_HUGEPAGE
    if (memory != NULL && unit == large_page) (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    if (memory != NULL) memset(memory, 0, bytes);
    return memory;
}

#endif
