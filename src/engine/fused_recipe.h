/* private. A spec as the fused engine's kernels take it, on either device. */
#ifndef GT_ENGINE_FUSED_RECIPE_H
#define GT_ENGINE_FUSED_RECIPE_H

#include "core/target.h"
#include "kernels/fused_recipe.h"

#ifdef __cplusplus
extern "C" {
#endif

/* spec has passed gt_spec_check(). */
fused_recipe fused_recipe_of(const gt_spec *spec, const gt_target_model *target);
fused_hyper fused_hyper_of(const gt_spec *spec);
fused_target_numbers fused_target_numbers_of(const gt_spec *spec, const gt_target_model *target);

#ifdef __cplusplus
}
#endif
#endif
