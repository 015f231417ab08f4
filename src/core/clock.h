/* private. A clock for durations. */
#ifndef GT_CORE_CLOCK_H
#define GT_CORE_CLOCK_H

#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds of a clock that never jumps. */
static inline double gt_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#ifdef __cplusplus
}
#endif
#endif
