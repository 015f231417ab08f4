/* private. Digests: XXH3 of 128 bits as 32 hexadecimal digits in its canonical order, as Python's xxhash prints it. */
#ifndef GT_CORE_DIGEST_H
#define GT_CORE_DIGEST_H

#include "gantry/gantry.h"
#include "io/file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Over the states of runs first to first + n - 1, one after another, each as gt_trainer_digest has it. GT_ERR_MEMORY. */
gt_status gt_digest_runs(const gt_trainer *trainer, size_t first, size_t n, char out[GT_DIGEST_CHARS]);

/* Of each run of a trainer, as gt_trainer_digest has it: [R]. GT_ERR_MEMORY. */
gt_status gt_digest_each(const gt_trainer *trainer, char (*out)[GT_DIGEST_CHARS]);

/* Over pieces of memory as if they were one. */
void gt_digest_parts(const gt_file_part *parts, size_t n_parts, char out[GT_DIGEST_CHARS]);

#ifdef __cplusplus
}
#endif
#endif
