/* Axes of pictures of points. */
#include "io/plots_view.h"

#include "core/status.h"

#include <math.h>

/* The range that shows wanted and every value up to the limit, with a margin. */
typedef struct {
    gt_plot_range shown, limit;
} growing_range;

static growing_range range_around(double lo, double hi) {
    double size = hi > lo ? hi - lo : 1;
    return (growing_range){{lo, hi}, {lo - size, hi + size}};
}

static void grow(growing_range *r, double value) {
    if (value < r->shown.lo) r->shown.lo = fmax(value, r->limit.lo);
    if (value > r->shown.hi) r->shown.hi = fmin(value, r->limit.hi);
}

static gt_plot_range with_margin(gt_plot_range r, double share) {
    double margin = share * (r.hi - r.lo);
    return (gt_plot_range){r.lo - margin, r.hi + margin};
}

static void include(gt_plot_range *r, double value) {
    if (!isfinite(value)) return;
    r->lo = fmin(r->lo, value);
    r->hi = fmax(r->hi, value);
}

/* What of a column must be seen: the target, by its graph or the real points; where no picture shows it, the generated ones. */
static gt_plot_range wanted(const gt_target_spec *target, const gt_plot_view *v, const gt_picture *pictures, size_t n,
                            int column) {
    gt_plot_range r = {INFINITY, -INFINITY};
    bool shown = false;
    for (size_t p = 0; p < n; p++) shown = shown || pictures[p].real.n > 0;
    if (shown && gt_target_kind_of(target) == GT_TARGET_FUNCTION)
        for (int k = 0; k < GT_PLOT_CURVE_POINTS; k++) include(&r, v->curve[k][column]);
    for (size_t p = 0; p < n; p++) {
        const gt_plot_points *points = shown ? &pictures[p].real : &pictures[p].generated;
        for (size_t i = 0; i < points->n; i++) include(&r, gt_plot_at(points, i, column));
    }
    return r.lo <= r.hi ? r : (gt_plot_range){0, 1};
}

/* A column of one value gets room around it. */
static void widen_constant(gt_plot_range *r) {
    const double size = fmax(fabs(r->lo), fabs(r->hi));
    if (r->hi - r->lo > 1e-6 * size) return;
    const double room = size > 0 ? 0.1 * size : 1;
    r->lo -= room;
    r->hi += room;
}

static gt_status compute_curve(const gt_target_spec *target, gt_plot_view *v) {
    double x[GT_PLOT_CURVE_POINTS], y[GT_PLOT_CURVE_POINTS];
    for (int k = 0; k < GT_PLOT_CURVE_POINTS; k++)
        x[k] = target->lo + (target->hi - target->lo) * k / (GT_PLOT_CURVE_POINTS - 1);
    GT_TRY(gt_target_function(target, x, GT_PLOT_CURVE_POINTS, y));
    for (int k = 0; k < GT_PLOT_CURVE_POINTS; k++) {
        v->curve[k][0] = x[k];
        v->curve[k][1] = y[k];
    }
    return GT_OK;
}

static gt_status begin_view(const gt_target_spec *target, gt_plot_view *v) {
    v->n = target->n_columns < GT_PLOT_COLUMNS ? target->n_columns : GT_PLOT_COLUMNS;
    return gt_target_kind_of(target) == GT_TARGET_FUNCTION ? compute_curve(target, v) : GT_OK;
}

gt_status gt_plot_view_of(const gt_target_spec *target, const gt_picture *pictures, size_t n, gt_plot_view *v) {
    GT_TRY(begin_view(target, v));
    for (int c = 0; c < v->n; c++) {
        gt_plot_range r = wanted(target, v, pictures, n, c);
        widen_constant(&r);
        growing_range growing = range_around(r.lo, r.hi);
        for (size_t p = 0; p < n; p++)
            for (size_t i = 0; i < pictures[p].generated.n; i++) grow(&growing, gt_plot_at(&pictures[p].generated, i, c));
        v->column[c] = with_margin(growing.shown, 0.06);
    }
    return GT_OK;
}

gt_status gt_plot_view_of_target(const gt_target_spec *target, gt_plot_points real, double margin, gt_plot_view *v) {
    const gt_picture picture = {.real = real};
    GT_TRY(begin_view(target, v));
    for (int c = 0; c < v->n; c++) {
        gt_plot_range r = wanted(target, v, &picture, 1, c);
        widen_constant(&r);
        v->column[c] = with_margin(r, margin);
    }
    return GT_OK;
}

double gt_plot_clamp(double value, gt_plot_range r) { return fmin(fmax(value, r.lo), r.hi); }
