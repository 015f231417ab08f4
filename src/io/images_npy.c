/* Images from .npy files. */
#include "io/images.h"

#include "core/status.h"
#include "io/file.h"
#include "io/npy_array.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

gt_status gt_images_read_npy(const char *path, gt_images *out) {
    char *data;
    size_t size;
    GT_TRY(gt_file_read(path, GT_IMAGES_MAX_BYTES, &data, &size));
    const gt_status status = read_array(path, data, size, out);
    free(data);
    return status;
}
