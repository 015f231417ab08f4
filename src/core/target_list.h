/* private. The built-in targets: what each name stands for. */
#ifndef GT_CORE_TARGET_LIST_H
#define GT_CORE_TARGET_LIST_H

#include "core/target_sets.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_builtin_target {
    const char *name, *summary;
    gt_target_kind kind;    /* FUNCTION, MIXTURE or CURVE */
    const char *expression; /* FUNCTION: f(x) with the parameters' names */
    double lo, hi;          /* FUNCTION: the domain by default */
    gt_target_modes *modes; /* MIXTURE */
    gt_target_curve *curve; /* CURVE */
    struct {
        const char *name;
        double value;
    } parameter[GT_MAX_TARGET_PARAMETERS]; /* those it has, with their defaults */
} gt_builtin_target;

/* NULL: no such built-in target. */
const gt_builtin_target *gt_builtin_target_find(const char *name);

/* GT_ERR_ARGUMENT: a name, a number of columns, parameters, a domain or points that no target has. Whether f(x) can be read is
 * left to core/target_function.h. */
gt_status gt_target_check(const gt_target_spec *target);

#ifdef __cplusplus
}
#endif
#endif
