/* private. The blocks of a GIF file (CompuServe 1990, "Graphics Interchange Format, Version 89a"): enough to see whether one
 * is whole, and how long its frames stay. */
#ifndef GT_IO_GIF_H
#define GT_IO_GIF_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_gif_info {
    size_t n_frames;
    size_t last_delay; /* place in the file of the last frame's delay, two bytes; 0: it has none */
    size_t size;       /* of the file, in bytes */
} gt_gif_info;

/* GT_ERR_FILE: no GIF, or it ends before its trailer. */
gt_status gt_gif_scan(const char *path, gt_gif_info *out);

/* The last frame stays for so many hundredths of a second before the first comes again. GT_ERR_FILE, GT_ERR_IO. */
gt_status gt_gif_hold_last(const char *path, unsigned hundredths);

#ifdef __cplusplus
}
#endif
#endif
