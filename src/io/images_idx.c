/* IDX files (yann.lecun.com/exdb/mnist): two zero bytes, the type, the number of dimensions, each dimension as a big-endian
 * 32-bit number, the data. Images are bytes [n, height, width], labels bytes [n]. */
#include "io/images.h"

#include "core/status.h"
#include "io/gzip.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TYPE_BYTE = 0x08, IMAGE_DIMS = 3, LABEL_DIMS = 1 };

/* ---------------------------------------------------------------- names */

/* "train-images-idx3-ubyte.gz", and "train-images.idx3-ubyte" as some programs unpack it. */
static char *name_file(const char *folder, const char *stem, const char *end) {
    const size_t size = strlen(folder) + strlen(stem) + strlen(end) + 2;
    char *path = malloc(size);
    if (path != NULL) snprintf(path, size, "%s/%s%s", folder, stem, end);
    return path;
}

char *gt_images_find_idx(const char *folder, gt_images_part part) {
    static const char *const stems[] = {[GT_IMAGES_TRAIN] = "train-images", [GT_IMAGES_TEST] = "t10k-images"};
    static const char *const ends[] = {"-idx3-ubyte", "-idx3-ubyte.gz", ".idx3-ubyte", ".idx3-ubyte.gz"};
    for (int other = 0; other < 2; other++)
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            char *path = name_file(folder, stems[other ? GT_IMAGES_TEST - part : part], ends[e]);
            if (path != NULL && access(path, F_OK) == 0) return path;
            free(path);
        }
    return NULL;
}

/* Of "x-images-idx3-ubyte": "x-labels-idx1-ubyte", with and without .gz behind it, whichever exists; else NULL. */
static char *find_labels(const char *images) {
    const char *slash = strrchr(images, '/'), *base = slash != NULL ? slash + 1 : images;
    const char *word = strstr(base, "images"), *digit = strstr(base, "idx3");
    if (word == NULL || digit == NULL || digit < word) return NULL;
    const size_t length = strlen(images);
    char *path = malloc(length + sizeof ".gz");
    if (path == NULL) return NULL;
    memcpy(path, images, length + 1);
    memcpy(path + (word - images), "labels", strlen("labels"));
    path[digit - images + (long)strlen("idx")] = '1';
    if (access(path, F_OK) == 0) return path;
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
        path[length - 3] = '\0';
    else
        memcpy(path + length, ".gz", sizeof ".gz");
    if (access(path, F_OK) == 0) return path;
    free(path);
    return NULL;
}

/* ---------------------------------------------------------------- files */

static gt_status bad_magic(const char *path, const unsigned char magic[4], int n_dims) {
    return gt_fail(GT_ERR_FILE,
                   "%s is no IDX file of %s: it begins with %02x %02x %02x %02x, not 00 00 08 %02x (bytes in %d dimension%s)",
                   path, n_dims == IMAGE_DIMS ? "images" : "labels", magic[0], magic[1], magic[2], magic[3], n_dims, n_dims,
                   n_dims == 1 ? "" : "s");
}

static gt_status read_header(const char *path, gt_gzip *file, int n_dims, uint64_t *dims) {
    unsigned char magic[4], number[4];
    GT_TRY(gt_gzip_take(file, magic, sizeof magic));
    if (magic[0] != 0 || magic[1] != 0 || magic[2] != TYPE_BYTE || magic[3] != n_dims) return bad_magic(path, magic, n_dims);
    for (int d = 0; d < n_dims; d++) {
        GT_TRY(gt_gzip_take(file, number, sizeof number));
        dims[d] = (uint64_t)number[0] << 24 | (uint64_t)number[1] << 16 | (uint64_t)number[2] << 8 | number[3];
    }
    return GT_OK;
}

static gt_status check_claim(const char *path, const gt_gzip *file, uint64_t n, uint64_t values) {
    uint64_t bytes;
    if (!__builtin_mul_overflow(n, values, &bytes) && gt_gzip_can_give(file, bytes)) return GT_OK;
    return gt_fail(GT_ERR_FILE,
                   "%s is cut short, or damaged: its header promises %" PRIu64 " times %" PRIu64
                   " bytes, more than the file can hold",
                   path, n, values);
}

static gt_status read_images(const char *path, gt_gzip *file, gt_images *out) {
    uint64_t dims[IMAGE_DIMS] = {0}, values;
    GT_TRY(read_header(path, file, IMAGE_DIMS, dims));
    if (__builtin_mul_overflow(dims[1], dims[2], &values)) values = UINT64_MAX;
    GT_TRY(check_claim(path, file, dims[0], values));
    GT_TRY(gt_images_allocate(path, dims[0], dims[1], dims[2], 1, out));
    GT_TRY(gt_gzip_take(file, out->pixels, out->n * (size_t)values));
    return gt_gzip_end(file);
}

static gt_status read_labels(const char *path, gt_gzip *file, gt_images *out) {
    uint64_t n = 0;
    GT_TRY(read_header(path, file, LABEL_DIMS, &n));
    if (n != out->n || n == 0)
        return gt_fail(GT_ERR_FILE, "%s has %" PRIu64 " labels, but there are %zu images; the two files don't belong together",
                       path, n, out->n);
    out->labels = malloc(out->n);
    if (out->labels == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the labels of %s", path);
    GT_TRY(gt_gzip_take(file, out->labels, out->n));
    gt_images_count_classes(out);
    return gt_gzip_end(file);
}

static gt_status read_file(const char *path, gt_status (*read)(const char *, gt_gzip *, gt_images *), gt_images *out) {
    gt_gzip *file = NULL;
    GT_TRY(gt_gzip_open(path, GT_IMAGES_MAX_BYTES, &file));
    const gt_status status = read(path, file, out);
    gt_gzip_close(file);
    return status;
}

gt_status gt_images_read_idx(const char *path, gt_images *out) {
    GT_TRY(read_file(path, read_images, out));
    char *labels = find_labels(path);
    const gt_status status = labels != NULL ? read_file(labels, read_labels, out) : GT_OK;
    free(labels);
    return status;
}
