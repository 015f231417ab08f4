/* private. The content of a file that is compressed by gzip or not, taken piece by piece, so that nothing that the file claims
 * of itself decides how much memory it gets. */
#ifndef GT_IO_GZIP_H
#define GT_IO_GZIP_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_gzip gt_gzip;

bool gt_gzip_begins(const char *data, size_t size);

/* Reads the file, of up to max_bytes, into memory. GT_ERR_FILE, GT_ERR_MEMORY. */
gt_status gt_gzip_open(const char *path, size_t max_bytes, gt_gzip **out);

/* The next `size` bytes of the content. GT_ERR_FILE: it has fewer, or is damaged. */
gt_status gt_gzip_take(gt_gzip *file, void *out, size_t size);

/* Whether so many bytes can follow: what is left of the file, times what deflate can make of a byte at most if it is
 * compressed. */
bool gt_gzip_can_give(const gt_gzip *file, uint64_t size);

/* Whether the content ends here, its checksum as it should be. GT_ERR_FILE: it goes on, or is damaged. */
gt_status gt_gzip_end(gt_gzip *file);

void gt_gzip_close(gt_gzip *file); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
