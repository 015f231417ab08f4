/* private. Curves as tables of cubics, a segment each (docs/numerics.md, "Real points"). */
#ifndef GT_CORE_TARGET_TABLE_H
#define GT_CORE_TARGET_TABLE_H

#include "core/target_function.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The cubic through y at 0, 1/3, 2/3 and 1, coefficients from the constant one up, in double and rounded once. */
void gt_cubic_through(const double y[4], float c[4]);

/* f at the nodes, each rounded to float: y[GT_FUNCTION_NODES]; and its range, the largest value less the smallest, or a quarter
 * of the domain where f is constant (x^2 has that range on the tutorial's domain). Errors: gt_function_values(). */
gt_status gt_function_nodes(const gt_target_spec *target, float *y, double *range);

/* The table by which scores know f, in the units of the data: table[FUSED_CURVE_SEGMENTS, 4] from y[GT_FUNCTION_NODES]. */
void gt_function_table(const float *y, float *table);

/* Whether points are (x, x^2) without a table: the tutorial's target, in the units of the data. */
bool gt_target_is_square(const gt_target_spec *target);

#ifdef __cplusplus
}
#endif
#endif
