/* Tiles into one picture, and that into a PNG file by libpng's simplified API. */
#include "io/image_grid.h"

#include "core/status.h"
#include "io/file.h"

#include <inttypes.h>
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PIXELS   ((uint64_t)1 << 28)
#define SEEN_AT_SIDE 56

enum { WHITE = 255 };

/* The whole picture. */
typedef struct {
    unsigned char *pixels; /* [height, width, channels]; owned */
    size_t height, width, channels;
} picture;

int gt_image_grid_scale(int height, int width) {
    const int side = height > width ? height : width;
    return side < SEEN_AT_SIDE ? (SEEN_AT_SIDE + side / 2) / side : 1;
}

unsigned char gt_image_byte(float value) {
    if (!(value > 0)) return 0; /* NaN, too */
    return value < 255 ? (unsigned char)lrintf(value) : 255;
}

/* Pixels of n tiles with gaps between. */
static uint64_t side_of(uint64_t n, int size, int scale, int gap) {
    return n * (uint64_t)size * (uint64_t)scale + (n - 1) * (uint64_t)gap;
}

static int scale_of(const gt_image_grid *grid) {
    return grid->scale > 0 ? grid->scale : gt_image_grid_scale(grid->height, grid->width);
}

void gt_image_grid_size(const gt_image_grid *grid, uint64_t *height, uint64_t *width) {
    const uint64_t columns = grid->n < (size_t)grid->columns ? grid->n : (uint64_t)grid->columns;
    *height = side_of((grid->n + columns - 1) / columns, grid->height, scale_of(grid), grid->gap);
    *width = side_of(columns, grid->width, scale_of(grid), grid->gap);
}

static gt_status make_picture(const gt_image_grid *grid, picture *out) {
    uint64_t height, width, size;
    gt_image_grid_size(grid, &height, &width);
    if (__builtin_mul_overflow(height, width, &size) || size > MAX_PIXELS)
        return gt_fail(GT_ERR_ARGUMENT,
                       "a picture of %" PRIu64 " x %" PRIu64 " pixels; it takes up to %" PRIu64 " in all: ask for fewer images",
                       height, width, MAX_PIXELS);
    *out = (picture){.height = (size_t)height, .width = (size_t)width, .channels = (size_t)grid->channels};
    size *= out->channels;
    out->pixels = malloc((size_t)size);
    if (out->pixels == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a picture of %" PRIu64 " bytes", size);
    memset(out->pixels, WHITE, (size_t)size);
    return GT_OK;
}

/* One image with its first pixel at (top, left). */
static void put_tile(const gt_image_grid *grid, size_t index, int scale, size_t top, size_t left, picture *out) {
    const size_t channels = out->channels, width = (size_t)grid->width;
    const float *image = grid->values + index * (size_t)grid->height * width * channels;
    for (size_t y = 0; y < (size_t)grid->height * (size_t)scale; y++) {
        const float *row = image + y / (size_t)scale * width * channels;
        unsigned char *to = out->pixels + ((top + y) * out->width + left) * channels;
        for (size_t x = 0; x < width * (size_t)scale; x++)
            for (size_t c = 0; c < channels; c++) *to++ = gt_image_byte(row[x / (size_t)scale * channels + c]);
    }
}

static gt_status write_png(const char *path, const picture *p) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)p->width,
                       .height = (png_uint_32)p->height,
                       .format = p->channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image), room = size;
    unsigned char *data = malloc(room);
    if (data == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to write %s", path);
    gt_status status;
    if (png_image_write_to_memory(&image, data, &size, 0, p->pixels, 0, NULL))
        status = gt_file_write(path, data, size);
    else
        status = gt_fail(GT_ERR_IO, "can't write %s: %s", path, image.message);
    free(data);
    return status;
}

gt_status gt_image_grid_write(const char *path, const gt_image_grid *grid) {
    const int scale = scale_of(grid);
    const size_t columns = (size_t)grid->columns;
    picture p = {0};
    GT_TRY(make_picture(grid, &p));
    for (size_t i = 0; i < grid->n; i++)
        put_tile(grid, i, scale, i / columns * (size_t)(grid->height * scale + grid->gap),
                 i % columns * (size_t)(grid->width * scale + grid->gap), &p);
    const gt_status status = write_png(path, &p);
    free(p.pixels);
    return status;
}
