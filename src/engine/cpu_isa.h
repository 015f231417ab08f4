/* private. The instruction sets of the CPU, and the loops that are compiled for each. */
#ifndef GT_ENGINE_CPU_ISA_H
#define GT_ENGINE_CPU_ISA_H

#include "engine/fused_cpu.h"
#include "engine/layered_loops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_cpu_isa {
    gt_isa isa;
    const fused_kernels *kernels;
    const layered_loops *loops;
    const char *why;
    bool available;
} gt_cpu_isa;

/* GT_ERR_DEVICE: this processor lacks it. */
gt_status gt_cpu_isa_choose(gt_isa wanted, gt_cpu_isa *out);

/* As gt_devices(). */
size_t gt_cpu_isa_list(gt_device_info *out, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
