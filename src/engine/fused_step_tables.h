/* private. Adam's step sizes for the steps that lie ahead, of all settings of one net: what a GPU can't compute for itself,
 * since they are made in double. Settings with the same learning rate and betas share a table.
 *
 * Only a stretch of steps is there at a time, so memory depends on the number of tables and not on how long runs are. */
#ifndef GT_ENGINE_FUSED_STEP_TABLES_H
#define GT_ENGINE_FUSED_STEP_TABLES_H

#include "engine/fused_adam.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fused_step_tables {
    size_t n_tables;
    fused_adam *adam;     /* [n_tables] */
    fused_powers *powers; /* [n_tables] after `next` steps */
    uint64_t next;
    uint64_t constant_from; /* a step, counted from 0, from which on sizes stay the same */
    uint64_t first;         /* the step of the first row */
    size_t n, capacity;     /* rows; where the last is not before constant_from, it holds for all that follow */
    float *steps;           /* [n][n_tables] */
    uint64_t version;       /* another number for each content of steps */
} fused_step_tables;

/* Tables without rows for a net of n_settings specs, and the number of each one's in table_of[n_settings]. Destroy also what
 * could not be created. net: not GT_GAN. */
gt_status fused_step_tables_create(const gt_spec *settings, size_t n_settings, gt_net net, uint32_t *table_of,
                                   fused_step_tables *out);
void fused_step_tables_destroy(fused_step_tables *tables);

/* How many steps from step `first` on a number of floats is enough for; UINT64_MAX: for all. */
uint64_t fused_step_tables_reach(const fused_step_tables *tables, uint64_t first, size_t n_floats);

/* Makes the rows reach from step `first` to first + n - 1. */
gt_status fused_step_tables_fill(fused_step_tables *tables, uint64_t first, uint64_t n, int n_threads);

#ifdef __cplusplus
}
#endif
#endif
