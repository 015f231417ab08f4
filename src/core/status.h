/* private. Recording and forwarding of errors. The first failure writes one line for a person with gt_fail(); callers forward.
 */
#ifndef GT_CORE_STATUS_H
#define GT_CORE_STATUS_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets gt_last_error() of this thread to the formatted line and returns status. */
gt_status gt_fail(gt_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define GT_TRY(call)                                                                                                           \
    do {                                                                                                                       \
        gt_status try_status_ = (call);                                                                                        \
        if (try_status_ != GT_OK) return try_status_;                                                                          \
    } while (0)

/* For functions that hold something: needs a gt_status called status in scope. */
#define GT_TRY_GOTO(call, label)                                                                                               \
    do {                                                                                                                       \
        if ((status = (call)) != GT_OK) goto label;                                                                            \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
