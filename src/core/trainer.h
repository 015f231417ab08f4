/* private. What a trainer holds; core/trainer.c and core/checkpoint.c share it. */
#ifndef GT_CORE_TRAINER_H
#define GT_CORE_TRAINER_H

#include "engine/engine.h"
#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

struct gt_trainer {
    gt_spec spec; /* its points are the trainer's own */
    gt_target_model *target;
    size_t n_runs;
    uint64_t first_seed;
    uint64_t iteration; /* completed; the same for every run that is not frozen */
    gt_engine *engine;
};

#ifdef __cplusplus
}
#endif
#endif
