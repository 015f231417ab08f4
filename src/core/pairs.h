/* private. All pairs of two sets of points by blocks, with bounds of their squared distances from products of matrices. */
#ifndef GT_CORE_PAIRS_H
#define GT_CORE_PAIRS_H

#include "core/features.h"

#ifdef __cplusplus
extern "C" {
#endif

/* sum (a - b)^2 in double: the distance that bounds are of. */
double gt_squared_distance(const float *a, const float *b, size_t d);

/* The pairs of one row point with the column points first to first + n - 1. lower() and upper() hold their squared distances.
 */
typedef struct gt_pair_row {
    size_t row, first, n;
    double row_norm;            /* |a|^2 */
    const double *column_norms; /* [n] |b|^2 */
    const float *products;      /* [n] ab */
    double tolerance, tiny;
} gt_pair_row;

/* Centred at c and rounded to float, a and b give |a|^2 + |b|^2 - 2ab, which is off |x - y|^2 by at most
 *   2 gamma |a||b| from the product, gamma = d u / (1 - d u), u = 2^-24, whatever the order of its sum (Higham, Accuracy and
 *     stability of numerical algorithms, 2nd ed., section 3.1), and
 *   (2u + u^2) (|a| + |b|)^2 from rounding a and b,
 * together, by |a||b| <= (|a|^2 + |b|^2) / 2 and (|a| + |b|)^2 <= 2 (|a|^2 + |b|^2), at most tolerance (|a|^2 + |b|^2) with
 * tolerance = 1.01 (d + 6) u; and by tiny where products underflow. */
static inline double gt_pair_lower(const gt_pair_row *p, size_t j) {
    return (1 - p->tolerance) * (p->row_norm + p->column_norms[j]) - 2 * (double)p->products[j] - p->tiny;
}
static inline double gt_pair_upper(const gt_pair_row *p, size_t j) {
    return (1 + p->tolerance) * (p->row_norm + p->column_norms[j]) - 2 * (double)p->products[j] + p->tiny;
}

/* Calls visit for each row with each block of columns, a row's blocks in order by one thread, other rows by others at the same
 * time. The same d. GT_ERR_MEMORY. */
typedef void (*gt_pair_visitor)(void *context, const gt_pair_row *pairs);
gt_status gt_visit_pairs(gt_features rows, gt_features columns, gt_pair_visitor visit, void *context);

#ifdef __cplusplus
}
#endif
#endif
