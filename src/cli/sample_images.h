/* private to the CLI. Pictures of images that gantry sample draws: side by side, from one latent to another, or beside the
 * nearest images of the data. */
#ifndef GT_CLI_SAMPLE_IMAGES_H
#define GT_CLI_SAMPLE_IMAGES_H

#include "cli/options.h"
#include "cli/points_file.h"

typedef struct gt_sample_images {
    const char *grid;     /* the picture's file, "" for the default; NULL: none */
    uint64_t columns;     /* images in a row; 0: about as many as rows */
    uint64_t interpolate; /* images in a row from one latent to another; 0: no such rows */
    uint64_t nearest;     /* images of the data behind each sample; 0: none */
} gt_sample_images;

enum { GT_SAMPLE_ROWS = 10 }; /* of --interpolate and --nearest, unless --points says how many */

/* Refuses flags that don't go together. images: whether that is what the run learns; plot: --plot was given. Returns an exit
 * code, the error printed. */
int gt_sample_images_check(const gt_sample_images *what, bool images, bool plot);

/* How many images `n` samples or rows become. */
size_t gt_sample_images_count(const gt_sample_images *what, size_t n);

/* Rows from latent 2 r of draw `draw` to latent 2 r + 1: out[n_rows, steps, X], in the units of the data. By great circles
 * where latents are normal (Shoemake 1985; White 2016, section 2.1), in straight lines where they are uniform. */
gt_status gt_sample_interpolate(gt_trainer *trainer, uint32_t draw, size_t n_rows, size_t steps, float *out);

/* Writes the picture of points[n, X] (of --interpolate: of all its images), and of --nearest its distances to stdout. Returns
 * an exit code, the error printed. */
int gt_sample_images_draw(const gt_sample_images *what, const gt_target_spec *target, const float *points, size_t n,
                          const gt_picture_file *file);

#endif
