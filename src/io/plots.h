/* private. The scatter pictures of a run's checkpoints, drawn by gnuplot: real points red, generated points blue. */
#ifndef GT_IO_PLOTS_H
#define GT_IO_PLOTS_H

#include "gantry/gantry.h"
#include "io/csv.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_picture {
    uint64_t iteration; /* completed */
    double acc_real, acc_fake;
    const gt_point_row *points;
    size_t n_points;
} gt_picture;

#define GT_PICTURE_NAME_CHARS 48

/* "generated_plot_e2000.png": the tutorial's name for the picture after this many iterations. Returns name. */
char *gt_picture_name(uint64_t iteration, char name[GT_PICTURE_NAME_CHARS]);

/* Whether gnuplot is installed and starts. */
bool gt_plots_available(void);

/* Draws all pictures into folder, from one gnuplot process, with the same axes so that they can be flipped through. A point
 * beyond the axes shows as a triangle on the frame. Each file appears whole or not at all. GT_ERR_IO. The caller ignores
 * SIGPIPE. */
gt_status gt_plots_draw(const char *folder, const gt_target_spec *target, const gt_picture *pictures, size_t n_pictures);

#ifdef __cplusplus
}
#endif
#endif
