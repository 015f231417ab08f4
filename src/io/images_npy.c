/* Images from .npy files, and the labels that lie beside them. */
#include "io/images.h"

#include "core/status.h"
#include "io/file.h"
#include "io/npy_array.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    uint64_t n, height, width, channels;
} shape;

static uint64_t square_root(uint64_t p) {
    const uint64_t root = (uint64_t)lround(sqrt((double)p));
    return root * root == p ? root : 0;
}

static gt_status find_shape(const char *path, const gt_npy_array *array, shape *out) {
    const uint64_t *dim = array->shape;
    *out = (shape){dim[0], dim[1], dim[2], dim[3]};
    if (array->n_dims == 2) {
        out->height = out->width = dim[1] <= GT_MAX_WIDTH ? square_root(dim[1]) : 0;
        if (out->height == 0)
            return gt_fail(GT_ERR_FILE,
                           "%s: rows of %" PRIu64 " values, which are no square images of up to %d pixels; save the array as "
                           "[n, height, width]",
                           path, dim[1], GT_MAX_WIDTH);
    } else if (array->n_dims == 4 && (dim[1] == 1 || dim[1] == 3) && dim[3] != 1 && dim[3] != 3) {
        return gt_fail(GT_ERR_FILE, "%s: its channels stand before the rows; save array.transpose(0, 2, 3, 1)", path);
    } else if (array->n_dims != 3 && array->n_dims != 4) {
        return gt_fail(GT_ERR_FILE,
                       "%s: an array of %d dimensions; images are [n, height, width], [n, height, width, channels], or "
                       "[n, pixels] where they are square",
                       path, array->n_dims);
    }
    return GT_OK;
}

static gt_status check_size(const char *path, const gt_npy_array *array, size_t size) {
    uint64_t bytes = array->element_bytes;
    bool overflows = false;
    for (int d = 0; d < GT_NPY_MAX_DIMS; d++) overflows |= __builtin_mul_overflow(bytes, array->shape[d], &bytes);
    if (!overflows && bytes == size) return GT_OK;
    return gt_fail(GT_ERR_FILE, "%s is damaged: %zu bytes of data, but its header promises %s%" PRIu64, path, size,
                   overflows ? "more than " : "", overflows ? UINT64_MAX : bytes);
}

static gt_status bad_value(const char *path, const gt_npy_array *array, size_t index, float value) {
    return gt_fail(GT_ERR_FILE, "%s: value %zu is %g; it takes %s from 0 to 255%s", path, index, (double)value,
                   array->kind == 'f' ? "numbers" : "integers", array->kind == 'f' ? ", or all of them from 0 to 1" : "");
}

/* Numbers other than bytes. */
static gt_status convert(const char *path, const gt_npy_array *array, const char *data, size_t n, unsigned char *pixels) {
    bool unit = array->kind == 'f';
    for (size_t i = 0; i < n; i++) {
        const float value = gt_npy_element(array, data, i);
        if (!(value >= 0 && value <= 255)) return bad_value(path, array, i, value);
        unit = unit && value <= 1;
    }
    for (size_t i = 0; i < n; i++) pixels[i] = (unsigned char)lrintf(gt_npy_element(array, data, i) * (unit ? 255.0f : 1.0f));
    return GT_OK;
}

static gt_status read_array(const char *path, const char *data, size_t size, gt_images *out) {
    gt_npy_array array;
    shape s;
    GT_TRY(gt_npy_parse(path, data, size, &array));
    GT_TRY(find_shape(path, &array, &s));
    GT_TRY(check_size(path, &array, size - array.start));
    GT_TRY(gt_images_allocate(path, s.n, s.height, s.width, s.channels, out));
    const size_t n = (size_t)(s.n * s.height * s.width * s.channels);
    if (array.kind != 'u' || array.element_bytes != 1 || array.fortran_order)
        return convert(path, &array, data + array.start, n, out->pixels);
    memcpy(out->pixels, data + array.start, n);
    return GT_OK;
}

/* ---------------------------------------------------------------- labels */

/* The path with `length` of its characters at `at` replaced; NULL: no such file, or no memory. */
static char *find_beside(const char *path, const char *at, size_t length, const char *by) {
    const size_t size = strlen(path) + strlen(by) + 1;
    char *found = malloc(size);
    if (found != NULL) snprintf(found, size, "%.*s%s%s", (int)(at - path), path, by, at + length);
    if (found != NULL && access(found, F_OK) == 0) return found;
    free(found);
    return NULL;
}

/* Names that go together: train-images.npy and train-labels.npy, X_train.npy and y_train.npy, a.npy and a-labels.npy. */
static char *find_labels(const char *images) {
    const char *slash = strrchr(images, '/'), *base = slash != NULL ? slash + 1 : images, *word = strstr(base, "images"),
               *dot = strrchr(base, '.'), *end = dot != NULL ? dot : base + strlen(base);
    const bool is_x = (*base == 'X' || *base == 'x') && strchr("._-", base[1]) != NULL;
    char *path = NULL;
    if (word != NULL)
        path = find_beside(images, word, strlen("images"), "labels");
    else if (is_x)
        path = find_beside(images, base, 1, "y");
    if (path == NULL) path = find_beside(images, end, 0, "-labels");
    return path != NULL ? path : find_beside(images, end, 0, "_labels");
}

static gt_status check_labels(const char *path, const gt_npy_array *array, const gt_images *images) {
    if (array->kind == 'f')
        return gt_fail(
            GT_ERR_FILE,
            "%s: an array of floats; labels of images are integers: save array.astype(\"uint8\"), or rename the file if it "
            "holds none",
            path);
    if (array->n_dims != 1 && (array->n_dims != 2 || array->shape[1] != 1))
        return gt_fail(
            GT_ERR_FILE,
            "%s: an array of %d dimensions; labels of images are [n], one for each: save array.argmax(1) of rows with "
            "a 1 in each, or rename the file if it holds none",
            path, array->n_dims);
    if (array->shape[0] == images->n) return GT_OK;
    return gt_fail(GT_ERR_FILE, "%s has %" PRIu64 " labels, but there are %zu images; the two files don't belong together",
                   path, array->shape[0], images->n);
}

static gt_status read_labels(const char *path, const char *data, size_t size, gt_images *out) {
    gt_npy_array array;
    GT_TRY(gt_npy_parse(path, data, size, &array));
    GT_TRY(check_labels(path, &array, out));
    GT_TRY(check_size(path, &array, size - array.start));
    out->labels = malloc(out->n);
    if (out->labels == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the labels of %s", path);
    for (size_t i = 0; i < out->n; i++) {
        const float value = gt_npy_element(&array, data + array.start, i);
        if (!(value >= 0 && value < GT_IMAGES_MAX_CLASSES))
            return gt_fail(GT_ERR_FILE, "%s: label %zu is %.0f; it takes classes from 0 to %d", path, i, (double)value,
                           GT_IMAGES_MAX_CLASSES - 1);
        out->labels[i] = (unsigned char)value;
    }
    gt_images_count_classes(out);
    return GT_OK;
}

/* ---------------------------------------------------------------- the file */

static gt_status read_file(const char *path, gt_status (*read)(const char *, const char *, size_t, gt_images *),
                           gt_images *out) {
    char *data;
    size_t size;
    GT_TRY(gt_file_read(path, GT_IMAGES_MAX_BYTES, &data, &size));
    const gt_status status = read(path, data, size, out);
    free(data);
    return status;
}

gt_status gt_images_read_npy(const char *path, gt_images *out) {
    GT_TRY(read_file(path, read_array, out));
    char *labels = find_labels(path);
    const gt_status status = labels != NULL ? read_file(labels, read_labels, out) : GT_OK;
    free(labels);
    return status;
}
