/* Tables of functions: how they are made, what they say, and how far they are off. */
#include "core/target_table.h"

#include "core/status.h"
#include "core/target_list.h"
#include "kernels/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gt_cubic_through(const double y[4], float c[4]) {
    c[0] = (float)y[0];
    c[1] = (float)((-11 * y[0] + 18 * y[1] - 9 * y[2] + 2 * y[3]) / 2);
    c[2] = (float)((18 * y[0] - 45 * y[1] + 36 * y[2] - 9 * y[3]) / 2);
    c[3] = (float)((-9 * y[0] + 27 * y[1] - 27 * y[2] + 9 * y[3]) / 2);
}

bool gt_target_is_square(const gt_target_spec *target) { return strcmp(target->name, gt_target_name(0)) == 0; }

/* A parabola's smallest value need not be on a node. */
static double square_range(double lo, double hi) {
    const double largest = fmax(lo * lo, hi * hi), smallest = lo <= 0 && hi >= 0 ? 0 : fmin(lo * lo, hi * hi);
    return largest - smallest;
}

gt_status gt_function_nodes(const gt_target_spec *target, float *y, double *range) {
    double x[GT_FUNCTION_NODES], exact[GT_FUNCTION_NODES], least, most;
    for (int i = 0; i < GT_FUNCTION_NODES; i++) x[i] = gt_function_node(target, i);
    GT_TRY(gt_function_values(target, x, GT_FUNCTION_NODES, exact));
    least = most = (double)(float)exact[0];
    for (int i = 0; i < GT_FUNCTION_NODES; i++) {
        y[i] = (float)exact[i];
        least = fmin(least, (double)y[i]);
        most = fmax(most, (double)y[i]);
    }
    *range = gt_target_is_square(target) ? square_range(target->lo, target->hi) : most - least;
    if (*range == 0) *range = (target->hi - target->lo) / 4;
    return GT_OK;
}

void gt_function_table(const float *y, float *table) {
    for (int k = 0; k < FUSED_CURVE_SEGMENTS; k++) {
        const float *node = y + 3 * k;
        gt_cubic_through((double[]){(double)node[0], (double)node[1], (double)node[2], (double)node[3]}, table + 4 * k);
    }
}

static gt_status check_is_function(const gt_target_spec *target) {
    if (gt_target_kind_of(target) == GT_TARGET_FUNCTION) return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT, "target %s is no function of x", target->name);
}

/* What scores need to know f; table: room for it. */
static gt_status score_target_of(const gt_target_spec *target, float *table, score_target *out) {
    float y[GT_FUNCTION_NODES];
    double range;
    GT_TRY(gt_target_check(target));
    GT_TRY(check_is_function(target));
    *out = (score_target){.kind = gt_target_is_square(target) ? SCORE_SQUARE : SCORE_FUNCTION,
                          .lo = target->lo,
                          .hi = target->hi,
                          .table = table};
    if (out->kind == SCORE_SQUARE) return GT_OK;
    GT_TRY(gt_function_nodes(target, y, &range));
    gt_function_table(y, table);
    return GT_OK;
}

gt_status gt_target_function(const gt_target_spec *target, const double *x, size_t n, double *y) {
    GT_TRY(gt_target_check(target));
    GT_TRY(check_is_function(target));
    if (gt_target_is_square(target)) {
        for (size_t i = 0; i < n; i++) y[i] = x[i] * x[i];
        return GT_OK;
    }
    double *clamped = malloc((n > 0 ? n : 1) * sizeof *clamped);
    if (clamped == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu values of a function", n);
    for (size_t i = 0; i < n; i++) clamped[i] = fmin(fmax(x[i], target->lo), target->hi);
    const gt_status status = gt_function_values(target, clamped, n, y);
    free(clamped);
    return status;
}

gt_status gt_target_table_error(const gt_target_spec *target, double *out) {
    enum { PLACES = 8, N = PLACES * FUSED_CURVE_SEGMENTS };
    float table[4 * FUSED_CURVE_SEGMENTS];
    score_target score = {0};
    double x[N], exact[N];
    *out = 0;
    if (gt_target_kind_of(target) != GT_TARGET_FUNCTION) return gt_target_check(target);
    GT_TRY(score_target_of(target, table, &score));
    if (score.kind == SCORE_SQUARE) return GT_OK;
    for (int i = 0; i < N; i++) x[i] = gt_function_node(target, 3 * ((i + 0.5) / PLACES));
    GT_TRY(gt_function_values(target, x, N, exact));
    for (int i = 0; i < N; i++) {
        const float *c = table + 4 * (i / PLACES), r = (float)((i % PLACES + 0.5) / PLACES);
        const float drawn = fmaf(fmaf(fmaf(c[3], r, c[2]), r, c[1]), r, c[0]);
        *out = fmax(*out, fabs((double)drawn - exact[i]));
    }
    return GT_OK;
}
