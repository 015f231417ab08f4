/* private. A clock for durations. */
#ifndef GT_CORE_CLOCK_H
#define GT_CORE_CLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds of a clock that never jumps. */
double gt_seconds(void);

#ifdef __cplusplus
}
#endif
#endif
