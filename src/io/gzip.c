/* Files compressed by gzip or not, by zlib. A gzip file may have several parts, as `cat a.gz b.gz` makes it. */
#include "io/gzip.h"

#include "core/status.h"
#include "io/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LARGEST_RATIO 1032       /* of deflate: zlib's technical notes, "Maximum Compression Factor" */
#define PIECE         (1u << 30) /* zlib counts in unsigned int */

struct gt_gzip {
    char *path;
    char *data; /* the file */
    size_t size, at;
    bool compressed, ended; /* ended: the last part of it is whole */
    z_stream stream;        /* where it is compressed */
};

bool gt_gzip_begins(const char *data, size_t size) { return size >= 2 && memcmp(data, "\x1f\x8b", 2) == 0; }

static gt_status no_memory(const char *path) { return gt_fail(GT_ERR_MEMORY, "no memory to read %s", path); }

gt_status gt_gzip_open(const char *path, size_t max_bytes, gt_gzip **out) {
    gt_gzip *file = calloc(1, sizeof *file);
    if (file == NULL) return no_memory(path);
    gt_status status;
    file->path = strdup(path);
    if (file->path == NULL)
        status = no_memory(path);
    else
        status = gt_file_read(path, max_bytes, &file->data, &file->size);
    const int gzip_only = 16 + MAX_WBITS;
    if (status == GT_OK && gt_gzip_begins(file->data, file->size)) {
        if (inflateInit2(&file->stream, gzip_only) == Z_OK)
            file->compressed = true;
        else
            status = no_memory(path);
    }
    if (status != GT_OK) {
        gt_gzip_close(file);
        return status;
    }
    *out = file;
    return GT_OK;
}

static uInt piece(size_t left) { return left < PIECE ? (uInt)left : PIECE; }

static gt_status cut_short(const gt_gzip *file) { return gt_fail(GT_ERR_FILE, "%s is cut short", file->path); }

/* A part ended: another may follow, nothing else. */
static gt_status next_part(gt_gzip *file) {
    file->ended = file->at == file->size;
    if (file->ended) return GT_OK;
    if (!gt_gzip_begins(file->data + file->at, file->size - file->at))
        return gt_fail(GT_ERR_FILE, "%s is damaged: %zu bytes follow its compressed content", file->path,
                       file->size - file->at);
    return inflateReset(&file->stream) == Z_OK ? GT_OK : no_memory(file->path);
}

/* Up to `size` bytes more, as many as there are: *n. */
static gt_status inflate_some(gt_gzip *file, unsigned char *out, size_t size, size_t *n) {
    z_stream *stream = &file->stream;
    *n = 0;
    while (*n < size && !file->ended) {
        stream->next_in = (unsigned char *)file->data + file->at;
        stream->avail_in = piece(file->size - file->at);
        stream->next_out = out + *n;
        stream->avail_out = piece(size - *n);
        const int result = inflate(stream, Z_NO_FLUSH);
        file->at = (size_t)((char *)stream->next_in - file->data);
        *n = (size_t)(stream->next_out - out);
        if (result == Z_STREAM_END)
            GT_TRY(next_part(file));
        else if (result == Z_BUF_ERROR && file->at == file->size)
            return cut_short(file);
        else if (result == Z_MEM_ERROR)
            return no_memory(file->path);
        else if (result != Z_OK)
            return gt_fail(GT_ERR_FILE, "%s is damaged: it can't be decompressed (%s)", file->path,
                           stream->msg != NULL ? stream->msg : zError(result));
    }
    return GT_OK;
}

gt_status gt_gzip_take(gt_gzip *file, void *out, size_t size) {
    if (file->compressed) {
        size_t n;
        GT_TRY(inflate_some(file, out, size, &n));
        return n == size ? GT_OK : cut_short(file);
    }
    if (size > file->size - file->at) return cut_short(file);
    memcpy(out, file->data + file->at, size);
    file->at += size;
    return GT_OK;
}

bool gt_gzip_can_give(const gt_gzip *file, uint64_t size) {
    const uint64_t left = file->size - file->at;
    if (!file->compressed) return size <= left;
    const uint64_t taken = 8; /* bytes that inflate() has taken in, but not all that they stand for */
    return size / LARGEST_RATIO <= left + taken;
}

gt_status gt_gzip_end(gt_gzip *file) {
    unsigned char more;
    size_t n = 0;
    if (file->compressed)
        GT_TRY(inflate_some(file, &more, 1, &n));
    else
        n = file->size - file->at;
    return n == 0 ? GT_OK : gt_fail(GT_ERR_FILE, "%s is damaged: it goes on behind what its header promises", file->path);
}

void gt_gzip_close(gt_gzip *file) {
    if (file == NULL) return;
    if (file->compressed) inflateEnd(&file->stream);
    free(file->data);
    free(file->path);
    free(file);
}
