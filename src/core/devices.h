/* private. Which engine computes a trainer's runs, on which device. */
#ifndef GT_CORE_DEVICES_H
#define GT_CORE_DEVICES_H

#include "engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An engine as the options ask for, or the one that is faster for the number of runs; engine->why says which and why. */
gt_status gt_engine_create(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                           const gt_trainer_options *options, gt_engine **out);

#ifdef __cplusplus
}
#endif
#endif
