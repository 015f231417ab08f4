/* private. The readers behind gt_images_read(), one a kind of file, and what they share. */
#ifndef GT_IO_IMAGES_H
#define GT_IO_IMAGES_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GT_IMAGES_MAX_BYTES   ((size_t)1 << 32) /* of pixels, and of a file */
#define GT_IMAGES_MAX_CLASSES 256

/* Whether a path holds images, not points: a folder, an IDX or gzip or PNG file, a .npy file of three or more dimensions or of
 * bytes. A path that can't be opened holds none. */
bool gt_images_are_at(const char *path);

/* Fills n and sizes, and allocates the pixels. GT_ERR_FILE: none, empty ones, neither 1 nor 3 channels, or too many values an
 * image or in all. `path` is for the line. Sizes that a file claims are to be compared with the file's own before. */
gt_status gt_images_allocate(const char *path, uint64_t n, uint64_t height, uint64_t width, uint64_t channels, gt_images *out);

/* n_classes from the labels: the largest, and one. */
void gt_images_count_classes(gt_images *images);

/* Readers: *out is zeroed before; after a failure the caller destroys it. GT_ERR_FILE, GT_ERR_MEMORY. */

/* One IDX file of images, and the file of labels beside it, if there is one. */
gt_status gt_images_read_idx(const char *path, gt_images *out);

/* The path in `folder` of its IDX images of a part, or of the other part where it has only that; NULL: no such file, or no
 * memory. The caller frees. */
char *gt_images_find_idx(const char *folder, gt_images_part part);

/* [n, h, w], [n, h, w, c], or [n, p] with p a square. Bytes as they are; other integers from 0 to 255; floats all from 0 to 1
 * are multiplied by 255, else they are from 0 to 255, and both are rounded. Labels, integers [n] or [n, 1], are those of the
 * file beside it that docs/file-formats.md tells the names of, if there is one. */
gt_status gt_images_read_npy(const char *path, gt_images *out);

/* A folder of PNG files, or of folders of them, a class each, in the order of their names as bytes. With folders train and test
 * in it: one of these. */
gt_status gt_images_read_pngs(const char *folder, gt_images_part part, gt_images *out);

/* One PNG file: its size and channels, then its pixels [height, width, channels], which the caller frees. 16 bits are scaled to
 * 8, a palette is applied, an alpha channel is dropped where all of it is opaque. No gamma is applied. */
typedef struct gt_png {
    int height, width, channels;
    unsigned char *pixels;
} gt_png;

gt_status gt_png_read(const char *path, gt_png *out);

#ifdef __cplusplus
}
#endif
#endif
