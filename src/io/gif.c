/* Walks over the blocks of a GIF. */
#include "io/gif.h"

#include "core/status.h"
#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BYTES = 1 << 28,
    HEADER = 13, /* signature and logical screen */
    EXTENSION = 0x21,
    GRAPHIC_CONTROL = 0xf9,
    IMAGE = 0x2c,
    IMAGE_DESCRIPTOR = 10,
    TRAILER = 0x3b
};

typedef struct {
    const unsigned char *data;
    size_t size, at;
} walk;

/* The byte at a distance; -1 behind the end. */
static int peek(const walk *w, size_t ahead) { return ahead < w->size - w->at ? w->data[w->at + ahead] : -1; }

static bool skip(walk *w, size_t n) {
    if (n > w->size - w->at) return false;
    w->at += n;
    return true;
}

/* A colour table, if the packed byte says that there is one. */
static bool skip_colours(walk *w, int packed) {
    return packed >= 0 && ((packed & 0x80) == 0 || skip(w, (size_t)3 << ((packed & 7) + 1)));
}

/* Sub-blocks: each its length, then its bytes; one of length 0 ends them. */
static bool skip_sub_blocks(walk *w) {
    for (int length; (length = peek(w, 0)) >= 0;) {
        if (!skip(w, (size_t)length + 1)) return false;
        if (length == 0) return true;
    }
    return false;
}

static bool skip_image(walk *w) {
    const int packed = peek(w, IMAGE_DESCRIPTOR - 1);
    return packed >= 0 && skip(w, IMAGE_DESCRIPTOR) && skip_colours(w, packed) && skip(w, 1) && skip_sub_blocks(w);
}

/* Whether the trailer is reached. */
static bool scan(walk *w, gt_gif_info *out) {
    const int packed = peek(w, 10);
    if (w->size < HEADER || memcmp(w->data, "GIF89a", 6) != 0 || !skip(w, HEADER) || !skip_colours(w, packed)) return false;
    for (int kind; (kind = peek(w, 0)) != TRAILER;) {
        bool whole = false;
        if (kind == EXTENSION) {
            if (peek(w, 1) == GRAPHIC_CONTROL) out->last_delay = w->at + 4;
            whole = skip(w, 2) && skip_sub_blocks(w);
        } else if (kind == IMAGE) {
            out->n_frames++;
            whole = skip_image(w);
        }
        if (!whole) return false;
    }
    return out->n_frames > 0;
}

gt_status gt_gif_scan(const char *path, gt_gif_info *out) {
    char *data;
    *out = (gt_gif_info){0};
    GT_TRY(gt_file_read(path, MAX_BYTES, &data, &out->size));
    walk w = {(const unsigned char *)data, out->size, 0};
    const bool whole = scan(&w, out);
    free(data);
    return whole ? GT_OK : gt_fail(GT_ERR_FILE, "%s: no whole GIF", path);
}

gt_status gt_gif_hold_last(const char *path, unsigned hundredths) {
    gt_gif_info info;
    GT_TRY(gt_gif_scan(path, &info));
    if (info.last_delay == 0) return GT_OK;
    const unsigned char delay[2] = {(unsigned char)(hundredths & 0xff), (unsigned char)(hundredths >> 8)};
    FILE *file = fopen(path, "r+b");
    if (file == NULL) return gt_fail(GT_ERR_IO, "%s: %m", path);
    const bool written = fseek(file, (long)info.last_delay, SEEK_SET) == 0 && fwrite(delay, sizeof delay, 1, file) == 1;
    if (fclose(file) != 0 || !written) return gt_fail(GT_ERR_IO, "%s: %m", path);
    return GT_OK;
}
