/* private. What the layered engine keeps of its runs in the device's memory beside the nets' state, so that an iteration can be
 * repeated without the host. C and CUDA. Two values of a kind: of D, of G, by gt_net. */
#ifndef GT_KERNELS_LAYERED_RUN_H
#define GT_KERNELS_LAYERED_RUN_H

#include "kernels/adam.h"
#include "kernels/fused_recipe.h"

#include <stdint.h>

enum { LAYERED_D, LAYERED_G };

typedef struct layered_run {
    uint64_t seed;
    uint64_t iteration; /* completed: also the position in the random streams */
    uint64_t steps[2];  /* of Adam */
    fused_powers powers[2];
    double losses[3]; /* of the last steps, by fused_role */
    uint64_t diverged_at;
    int diverged; /* frozen: nothing of it changes any more */
    int setting;
} layered_run;

/* The numbers that runs of one setting share. */
typedef struct layered_setting {
    fused_hyper hyper;
    fused_adam adam[2];
} layered_setting;

#endif
