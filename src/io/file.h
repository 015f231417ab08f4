/* private. Whole files: written so that they appear complete or not at all, read up to a size limit. */
#ifndef GT_IO_FILE_H
#define GT_IO_FILE_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes size bytes to a temporary name beside path, flushes them to the disk and renames. After a failure (GT_ERR_IO, the line
 * names path and cause) what was at path is untouched and the temporary file is gone. A symbolic link is followed. A path that
 * is no regular file (/dev/stdout, a pipe) is written in place. */
gt_status gt_file_write(const char *path, const void *data, size_t size);

/* The same from several pieces, in order, so that large arrays need no second copy. */
typedef struct gt_file_part {
    const void *data;
    size_t size;
} gt_file_part;

gt_status gt_file_write_parts(const char *path, const gt_file_part *parts, size_t n_parts);

/* Reads a regular file or a pipe to its end. *data: size bytes and a NUL that is not counted; the caller frees it.
 * GT_ERR_FILE: it can't be read or is longer than max_bytes; GT_ERR_MEMORY. */
gt_status gt_file_read(const char *path, size_t max_bytes, char **data, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
