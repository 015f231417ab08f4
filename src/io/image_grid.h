/* private. Images side by side in one PNG file. */
#ifndef GT_IO_IMAGE_GRID_H
#define GT_IO_IMAGE_GRID_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_image_grid {
    const float *values;         /* [n, height, width, channels], as gt_image_byte() takes them */
    size_t n;                    /* at least 1 */
    int height, width, channels; /* channels: 1 or 3 */
    int columns;                 /* of tiles; the last row may be shorter */
    int gap;                     /* white pixels between tiles */
    int scale;                   /* each pixel is a square of scale x scale; 0: gt_image_grid_scale() */
} gt_image_grid;

/* As a byte: rounded, and clamped to 0 and 255; NaN is 0. */
unsigned char gt_image_byte(float value);

/* Enough that images can be seen: their longer side has about 56 pixels then. */
int gt_image_grid_scale(int height, int width);

/* Pixels of the whole picture. */
void gt_image_grid_size(const gt_image_grid *grid, uint64_t *height, uint64_t *width);

/* The file appears whole or not at all. GT_ERR_IO, GT_ERR_MEMORY; GT_ERR_ARGUMENT: more than 2^28 pixels. */
gt_status gt_image_grid_write(const char *path, const gt_image_grid *grid);

#ifdef __cplusplus
}
#endif
#endif
