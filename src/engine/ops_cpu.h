/* private. The operations on the CPU. A view of some runs is a copy of the struct whose pointers begin with the first of them.
 */
#ifndef GT_ENGINE_OPS_CPU_H
#define GT_ENGINE_OPS_CPU_H

#include "engine/cpu_isa.h"
#include "engine/ops.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ops_cpu {
    ops_device base;
    const gt_cpu_isa *isa;
    const layered_setting *settings;
    layered_run *runs;  /* [R] */
    float *state[2];    /* of each net [R][parts * stride]: GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V, and GT_EMA where G has it */
    float *gradient[2]; /* [R][stride] */
    fused_plan points;  /* how the fused engine draws real points; not for images */
    int n_threads;      /* of an operation that is not called from within a team */
} ops_cpu;

extern const ops_table ops_cpu_table;

/* Over all runs of a plan; the caller fills in the pointers. */
ops_cpu ops_cpu_of(const ops_plan *plan, const gt_cpu_isa *isa, const layered_setting *settings, int n_threads);

/* A view of one run. gradient: that of the one who works on it, each net's behind the other's. */
ops_cpu ops_cpu_view(const ops_cpu *all, size_t run, float *gradient);

/* Parts of a net's state. */
static inline size_t ops_cpu_parts(const ops_plan *plan, int net) { return net == LAYERED_G && plan->ema ? 4 : 3; }

/* n real points of a run with that seed, from point `first` of a draw on: out[n, X]. */
void ops_cpu_real(const ops_cpu *device, uint64_t seed, uint32_t stream, uint32_t noise_stream, uint64_t iteration,
                  uint64_t first, size_t n, float *out);

#ifdef __cplusplus
}
#endif
#endif
