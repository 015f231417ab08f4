/* private. The whole state of one run as bytes: counters, weights and Adam's moments of both nets, G's averaged weights, and a
 * checksum. What a study keeps of runs that are not finished. Little endian, as all machines here. */
#ifndef GT_CORE_RUN_STATE_H
#define GT_CORE_RUN_STATE_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

size_t gt_run_state_bytes(const gt_spec *spec);

/* States of all runs of a trainer: out[R][bytes]. */
gt_status gt_run_states_get(const gt_trainer *trainer, void *out);

/* Puts all runs into states[R][bytes] of an iteration. GT_ERR_FILE: a checksum, a seed or an iteration is not right. */
gt_status gt_run_states_set(gt_trainer *trainer, uint64_t iteration, const void *states);

/* A trainer on the CPU with one run of another, as far as that is. */
gt_status gt_run_extract(const gt_trainer *trainer, size_t run, gt_trainer **out);

#ifdef __cplusplus
}
#endif
#endif
