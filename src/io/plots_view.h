/* private. The axes of pictures of points, and the gnuplot commands that pictures and animations share. */
#ifndef GT_IO_PLOTS_VIEW_H
#define GT_IO_PLOTS_VIEW_H

#include "io/plots.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GT_PLOT_COLUMNS = 4, GT_PLOT_CURVE_POINTS = 401 };

typedef struct gt_plot_range {
    double lo, hi;
} gt_plot_range;

typedef struct gt_plot_view {
    int n; /* columns that are shown */
    gt_plot_range column[GT_PLOT_COLUMNS];
    double curve[GT_PLOT_CURVE_POINTS][2]; /* of a function */
} gt_plot_view;

/* The axes of all pictures: what of the target must be seen, and the generated points as far as they are not too far away. */
gt_status gt_plot_view_of(const gt_target_spec *target, const gt_picture *pictures, size_t n, gt_plot_view *view);

/* Axes that hold the target, with a margin of so large a share of it on each side. */
gt_status gt_plot_view_of_target(const gt_target_spec *target, gt_plot_points real, double margin, gt_plot_view *view);

static inline float gt_plot_at(const gt_plot_points *points, size_t i, int column) {
    return points->values[i * points->stride + (size_t)column];
}

double gt_plot_clamp(double value, gt_plot_range range);

/* In gnuplot's single quotes; a line's end among them, too. */
void gt_plot_write_quoted(FILE *script, const char *text);

void gt_plot_write_ranges(FILE *script, const gt_plot_view *view, int cx, int cy);

/* A data block of the points inside the axes of two columns, or outside, moved to the frame; returns how many. A value that is
 * not finite has no place in a picture. */
size_t gt_plot_write_points(FILE *script, const char *name, const gt_plot_view *view, const gt_plot_points *points, int cx,
                            int cy, bool outside);

/* What stands before the first picture, and a picture itself. */
void gt_plot_write_setup(FILE *script, const gt_plot_view *view);
void gt_plot_write_picture(FILE *script, const gt_plot_view *view, const gt_picture *picture);

#ifdef __cplusplus
}
#endif
#endif
