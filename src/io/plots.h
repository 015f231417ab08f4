/* private. Pictures of points, drawn by gnuplot: real points red, generated points blue; and diagrams of nets, by graphviz. */
#ifndef GT_IO_PLOTS_H
#define GT_IO_PLOTS_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* [n, X], `stride` floats from one point to the next. */
typedef struct gt_plot_points {
    const float *values;
    size_t n, stride;
} gt_plot_points;

typedef struct gt_picture {
    const char *name;  /* of the file, without a folder */
    const char *title; /* NULL: none */
    gt_plot_points real, generated;
    bool curve;  /* of a function: its graph beneath the points */
    bool joined; /* the real points stand on it, few enough to be seen one by one */
} gt_picture;

#define GT_PICTURE_NAME_CHARS 48

/* "generated_plot_e2000.png": the tutorial's name for the picture after this many iterations. Returns name. */
char *gt_picture_name(uint64_t iteration, char name[GT_PICTURE_NAME_CHARS]);

/* Whether gnuplot is installed and starts, and graphviz' dot. */
bool gt_plots_available(void);
bool gt_diagrams_available(void);

/* Draws all pictures into folder, from one gnuplot process, with the same axes so that they can be flipped through: points in
 * the plane as they are, a histogram of points with one column, and a matrix of histograms and pairs of columns (the first
 * four) of points with more. A point beyond the axes shows as a triangle on the frame. Each file appears whole or not at all.
 * GT_ERR_IO. The caller ignores SIGPIPE. */
gt_status gt_plots_draw(const char *folder, const gt_target_spec *target, const gt_picture *pictures, size_t n_pictures);

/* A layer of a diagram; inputs and outputs are sizes of points. */
typedef struct gt_diagram_layer {
    char name[32], type[16];
    int inputs, outputs;
} gt_diagram_layer;

/* A chain of layers from top to bottom, as Keras' plot_model(show_shapes=True) draws it. GT_ERR_IO, GT_ERR_MEMORY. */
gt_status gt_diagram_draw(const char *folder, const char *name, const gt_diagram_layer *layers, size_t n);

#ifdef __cplusplus
}
#endif
#endif
