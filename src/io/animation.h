/* private. An animated GIF of a training, drawn by gnuplot: what D makes of the plane, as a heat map, behind the real and the
 * generated points. */
#ifndef GT_IO_ANIMATION_H
#define GT_IO_ANIMATION_H

#include "io/plots_view.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GT_SURFACE_COLUMNS = 180, GT_SURFACE_ROWS = 126, GT_SURFACE_POINTS = GT_SURFACE_COLUMNS * GT_SURFACE_ROWS };

/* The middle of cell k of n over an axis. */
double gt_surface_place(gt_plot_range axis, int k, int n);

typedef struct gt_animation_frame {
    const char *title;
    const float *generated; /* [n_generated, X] */
    const float *surface;   /* D at the cells [ROWS, COLUMNS], the lowest row first; NULL: points alone */
} gt_animation_frame;

typedef struct gt_animation {
    const gt_target_spec *target;
    const gt_plot_view *view; /* axes of points in the plane, which the surfaces cover */
    gt_plot_points real;      /* the same in each frame */
    size_t n_generated;
    const gt_animation_frame *frames;
    size_t n_frames;
    const char *surface_title;      /* of D's scale */
    double surface_half, threshold; /* the scale is threshold +- half; above the threshold D takes a point for real */
} gt_animation;

/* Draws it as `name` into folder; points without a plane as pictures of plots.h. The file appears whole or not at all.
 * GT_ERR_IO, GT_ERR_MEMORY. The caller ignores SIGPIPE. */
gt_status gt_animation_draw(const char *folder, const char *name, const gt_animation *animation);

#ifdef __cplusplus
}
#endif
#endif
