/* private. The GPUs of this machine, as CUDA_VISIBLE_DEVICES lets them be seen. */
#ifndef GT_ENGINE_CUDA_DEVICES_H
#define GT_ENGINE_CUDA_DEVICES_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_cuda_device {
    int gpu;
    char name[256];
    char sm[16];      /* "sm_90" */
    int architecture; /* 90 */
    int n_sms;
    size_t shared_bytes; /* that a block can have */
    size_t memory_bytes;
} gt_cuda_device;

enum { GT_CUDA_MIN_ARCHITECTURE = 75 };

/* How many there are; 0 with the reason in why, "the driver is not installed" and the like. */
int gt_cuda_count(const char **why);

/* GT_ERR_DEVICE: there is no such GPU, or it is too old. */
gt_status gt_cuda_describe(int gpu, gt_cuda_device *out);

/* Rows for gt_devices(): a GPU each, or one that says why there are none. Fills at most `capacity`; returns how many there are.
 */
size_t gt_cuda_list(gt_device_info *out, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
