/* private. y = f(x) from its text, by muParser (beltoforion.de/en/muparser): the variable x, the constants pi and e, the
 * target's parameters by name, and muParser's functions and operators. */
#ifndef GT_CORE_TARGET_FUNCTION_H
#define GT_CORE_TARGET_FUNCTION_H

#include "gantry/gantry.h"
#include "kernels/fused_recipe.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a table takes its values: the ends of the segments and two points between them. */
enum { GT_FUNCTION_NODES = 3 * FUSED_CURVE_SEGMENTS + 1 };

/* x of a node, or of a place between nodes. */
static inline double gt_function_node(const gt_target_spec *target, double node) {
    return target->lo + (target->hi - target->lo) * (node / (GT_FUNCTION_NODES - 1));
}

/* f at x[n], which have been checked to be inside the domain of a target that has passed gt_target_check(). GT_ERR_ARGUMENT: f
 * can't be read, or is not finite (as a float) somewhere. */
gt_status gt_function_values(const gt_target_spec *target, const double *x, size_t n, double *y);

#ifdef __cplusplus
}
#endif
#endif
