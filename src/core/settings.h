/* private. Settings of a trainer: specs for which one kernel and one set of real points serve. */
#ifndef GT_CORE_SETTINGS_H
#define GT_CORE_SETTINGS_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* GT_ERR_ARGUMENT, with the first member that tells setting number `index` from the first one in more than numbers. Both have
 * passed gt_spec_check_recipe(). */
gt_status gt_settings_check(const gt_spec *first, const gt_spec *setting, size_t index);

#ifdef __cplusplus
}
#endif
#endif
