/* Images from files: which reader it takes, and what the readers share. */
#include "io/images.h"

#include "core/status.h"
#include "io/gzip.h"
#include "io/npy_array.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- what is at a path */

enum { PREFIX_BYTES = 4096 }; /* NumPy's headers have some hundred */

typedef enum { NOTHING, FOLDER, IDX, NPY, PNG, OTHER } kind;

/* IDX files begin with two zero bytes, which no text does. */
static kind kind_of_bytes(const char *data, size_t size) {
    if (gt_npy_begins(data, size)) return NPY;
    if (gt_gzip_begins(data, size)) return IDX;
    if (size >= 2 && data[0] == 0 && data[1] == 0) return IDX;
    if (size >= 4 && memcmp(data, "\x89PNG", 4) == 0) return PNG;
    return OTHER;
}

/* The kind of a path, and the first *size bytes of a file. A damaged file is still known by its name. */
static kind kind_of(const char *path, char prefix[PREFIX_BYTES], size_t *size) {
    struct stat info;
    *size = 0;
    if (stat(path, &info) != 0) return NOTHING;
    if (S_ISDIR(info.st_mode)) return FOLDER;
    if (!S_ISREG(info.st_mode)) return OTHER; /* a pipe can't be read twice */
    FILE *file = fopen(path, "rbe");
    if (file == NULL) return NOTHING;
    *size = fread(prefix, 1, PREFIX_BYTES, file);
    fclose(file);
    const kind found = kind_of_bytes(prefix, *size);
    return found == OTHER && strstr(path, "-ubyte") != NULL ? IDX : found;
}

bool gt_images_are_at(const char *path) {
    char prefix[PREFIX_BYTES];
    size_t size;
    gt_npy_array array;
    const kind found = kind_of(path, prefix, &size);
    if (found != NPY) return found == FOLDER || found == IDX || found == PNG;
    return gt_npy_parse(path, prefix, size, &array) == GT_OK &&
           (array.n_dims > 2 || (array.n_dims == 2 && array.kind == 'u' && array.element_bytes == 1));
}

/* ---------------------------------------------------------------- what readers share */

gt_status gt_images_allocate(const char *path, uint64_t n, uint64_t height, uint64_t width, uint64_t channels, gt_images *out) {
    uint64_t pixels, values, bytes;
    if (n < 1 || n > INT32_MAX) return gt_fail(GT_ERR_FILE, "%s has %" PRIu64 " images; it takes 1 to %d", path, n, INT32_MAX);
    if (channels != 1 && channels != 3)
        return gt_fail(GT_ERR_FILE, "%s has images with %" PRIu64 " channels; it takes 1 (grey) or 3 (red, green, blue)", path,
                       channels);
    if (height < 1 || width < 1)
        return gt_fail(GT_ERR_FILE, "%s has images of %" PRIu64 " x %" PRIu64 " pixels; it takes at least one", path, height,
                       width);
    if (__builtin_mul_overflow(height, width, &pixels) || __builtin_mul_overflow(pixels, channels, &values) ||
        values > GT_MAX_WIDTH)
        return gt_fail(GT_ERR_FILE,
                       "%s has images of %" PRIu64 " x %" PRIu64 " pixels with %" PRIu64
                       " channel%s; it takes up to %d values an image: make them smaller",
                       path, height, width, channels, channels == 1 ? "" : "s", GT_MAX_WIDTH);
    if (__builtin_mul_overflow(n, values, &bytes) || bytes > GT_IMAGES_MAX_BYTES)
        return gt_fail(GT_ERR_FILE, "%s has %" PRIu64 " images with %" PRIu64 " values each; it takes up to %zu values in all",
                       path, n, values, GT_IMAGES_MAX_BYTES);
    out->n = (size_t)n;
    out->height = (int)height;
    out->width = (int)width;
    out->channels = (int)channels;
    out->pixels = malloc((size_t)bytes);
    return out->pixels != NULL ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for the %" PRIu64 " bytes of %s", bytes, path);
}

void gt_images_count_classes(gt_images *images) {
    for (size_t i = 0; i < images->n; i++)
        if (images->labels[i] >= images->n_classes) images->n_classes = images->labels[i] + 1;
}

/* ---------------------------------------------------------------- the dispatch */

static gt_status read_folder(const char *path, gt_images_part part, gt_images *out) {
    char *idx = gt_images_find_idx(path, part);
    if (idx == NULL) return gt_images_read_pngs(path, part, out);
    const gt_status status = gt_images_read_idx(idx, out);
    free(idx);
    return status;
}

static gt_status read_path(const char *path, gt_images_part part, gt_images *out) {
    char prefix[PREFIX_BYTES];
    size_t size;
    switch (kind_of(path, prefix, &size)) {
    case FOLDER:
        return read_folder(path, part, out);
    case IDX:
        return gt_images_read_idx(path, out);
    case NPY:
        return gt_images_read_npy(path, out);
    case PNG:
        return gt_fail(GT_ERR_FILE, "%s is one PNG file; name the folder of many", path);
    case NOTHING:
        return gt_fail(GT_ERR_FILE, "can't read %s: %s", path, strerror(errno));
    case OTHER:
        break;
    }
    return gt_fail(GT_ERR_FILE,
                   "%s holds no images that can be read; it takes a folder of IDX or PNG files, an IDX file, or a .npy file",
                   path);
}

gt_status gt_images_read(const char *path, gt_images_part part, gt_images *out) {
    *out = (gt_images){0};
    const gt_status status = read_path(path, part, out);
    if (status != GT_OK) gt_images_destroy(out);
    return status;
}

void gt_images_destroy(gt_images *images) {
    free(images->pixels);
    free(images->labels);
    *images = (gt_images){0};
}
