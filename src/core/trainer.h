/* private. What a trainer holds; core/trainer.c and core/checkpoint.c share it. */
#ifndef GT_CORE_TRAINER_H
#define GT_CORE_TRAINER_H

#include "engine/engine.h"
#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

struct gt_trainer {
    gt_spec *settings; /* [n_settings]; the points are the trainer's own, the same for all */
    size_t n_settings, n_seeds;
    gt_target_model *target; /* of all settings */
    size_t n_runs;           /* n_settings n_seeds */
    uint64_t first_seed;
    uint64_t iteration; /* completed; the same for every run that is not frozen */
    gt_engine *engine;
};

/* run: below n_runs. */
static inline const gt_spec *gt_trainer_setting_of(const gt_trainer *trainer, size_t run) {
    return &trainer->settings[run / trainer->n_seeds];
}
static inline uint64_t gt_trainer_seed_of(const gt_trainer *trainer, size_t run) {
    return trainer->first_seed + run % trainer->n_seeds;
}

#ifdef __cplusplus
}
#endif
#endif
