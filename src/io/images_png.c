/* One PNG file as 8-bit pixels, by libpng. The file is in memory, so that nothing behind its end goes unseen. */
#include "io/images.h"

#include "core/status.h"
#include "io/file.h"

#include <inttypes.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES ((size_t)1 << 26) /* an image of GT_MAX_WIDTH values, with whatever text beside it */

typedef struct {
    const char *path;
    const unsigned char *data;
    size_t size, at;
    char why[96];                   /* of libpng */
    unsigned char *volatile pixels; /* with alpha, if it has some; owned */
    int height, width, n_components;
} source;

static void fail(png_structp png, png_const_charp message) {
    source *s = png_get_error_ptr(png);
    snprintf(s->why, sizeof s->why, "%s", message);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void take(png_structp png, png_bytep out, size_t size) {
    source *s = png_get_io_ptr(png);
    if (size > s->size - s->at) png_error(png, "it is cut short");
    memcpy(out, s->data + s->at, size);
    s->at += size;
}

static void read_pixels(png_structp png, png_infop info, source *s) {
    png_read_info(png, info);
    png_set_expand(png); /* palettes, fewer than 8 bits, a transparent colour */
    png_set_scale_16(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    s->height = (int)png_get_image_height(png, info);
    s->width = (int)png_get_image_width(png, info);
    s->n_components = png_get_channels(png, info);
    const size_t row_bytes = (size_t)s->width * (size_t)s->n_components;
    if ((size_t)s->height * (size_t)s->width > GT_MAX_WIDTH || png_get_rowbytes(png, info) != row_bytes)
        png_error(png, "it has too many pixels");
    s->pixels = malloc((size_t)s->height * row_bytes);
    if (s->pixels == NULL) png_error(png, "no memory");
    png_bytep rows[GT_MAX_WIDTH];
    for (int y = 0; y < s->height; y++) rows[y] = s->pixels + (size_t)y * row_bytes;
    png_read_image(png, rows);
    png_read_end(png, NULL);
    if (s->at != s->size) png_error(png, "something follows its end");
}

/* Whether all went well; else `why` tells. */
static bool decode(source *s) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, s, fail, ignore);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    bool done = false;
    if (info == NULL) {
        snprintf(s->why, sizeof s->why, "no memory");
    } else if (setjmp(png_jmpbuf(png)) == 0) {
        png_set_read_fn(png, s, take);
        png_set_user_limits(png, GT_MAX_WIDTH, GT_MAX_WIDTH);
        png_set_chunk_malloc_max(png, MAX_FILE_BYTES);
        read_pixels(png, info, s);
        done = true;
    }
    png_destroy_read_struct(&png, &info, NULL);
    return done;
}

/* Takes the alpha channel out, if there is one. */
static gt_status drop_alpha(const source *s, int n_channels) {
    const size_t n = (size_t)s->height * (size_t)s->width, step = (size_t)s->n_components, kept = (size_t)n_channels;
    for (size_t i = 0; step > kept && i < n; i++) {
        if (s->pixels[i * step + kept] != 255)
            return gt_fail(GT_ERR_FILE, "%s has transparent pixels; put it on a background first", s->path);
        memmove(s->pixels + i * kept, s->pixels + i * step, kept);
    }
    return GT_OK;
}

gt_status gt_png_read(const char *path, gt_png *out) {
    char *data;
    size_t size;
    GT_TRY(gt_file_read(path, MAX_FILE_BYTES, &data, &size));
    source s = {.path = path, .data = (const unsigned char *)data, .size = size};
    gt_status status = GT_OK;
    if (size < 8 || png_sig_cmp(s.data, 0, 8) != 0)
        status = gt_fail(GT_ERR_FILE, "%s is no PNG file", path);
    else if (!decode(&s))
        status = gt_fail(GT_ERR_FILE, "%s can't be read as a PNG file: %s", path, s.why);
    const int n_channels = s.n_components >= 3 ? 3 : 1;
    if (status == GT_OK) status = drop_alpha(&s, n_channels);
    free(data);
    if (status != GT_OK) {
        free(s.pixels);
        return status;
    }
    *out = (gt_png){s.height, s.width, n_channels, s.pixels};
    return GT_OK;
}
