/* Points as .npy files. */
#include "io/npy.h"

#include "core/status.h"
#include "io/file.h"
#include "io/npy_array.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_BYTES ((size_t)1 << 31)

gt_status gt_npy_write(const char *path, const float *points, size_t n, size_t d) {
    return gt_npy_write_array(path, "<f4", (const size_t[]){n, d}, 2, points, n * d * sizeof *points);
}

static gt_status read_data(const char *path, const gt_npy_array *array, const char *data, size_t size, float **points,
                           size_t *n, size_t *d) {
    if (array->n_dims != 1 && array->n_dims != 2)
        return gt_fail(GT_ERR_FILE, "%s: an array of %d dimensions; gantry takes points as rows, so 2 (or 1 for one column)",
                       path, array->n_dims);
    const uint64_t rows = array->shape[0], columns = array->shape[1];
    if (rows == 0 || columns == 0)
        return gt_fail(GT_ERR_FILE, "%s: an array of %" PRIu64 " rows and %" PRIu64 " columns; it takes at least one of each",
                       path, rows, columns);
    uint64_t needed, count;
    if (__builtin_mul_overflow(rows, columns, &count) || __builtin_mul_overflow(count, array->element_bytes, &needed) ||
        needed != size)
        return gt_fail(GT_ERR_FILE,
                       "%s is damaged: %zu bytes of data, but its header promises %" PRIu64 " rows of %" PRIu64
                       " values with %zu bytes each",
                       path, size, rows, columns, array->element_bytes);
    float *out = malloc((size_t)count * sizeof *out);
    if (out == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the %" PRIu64 " values of %s", count, path);
    for (size_t i = 0; i < count; i++) out[i] = gt_npy_element(array, data, i);
    *points = out;
    *n = (size_t)rows;
    *d = (size_t)columns;
    return GT_OK;
}

gt_status gt_npy_read(const char *path, float **points, size_t *n, size_t *d) {
    gt_npy_array array;
    char *data;
    size_t size;
    *points = NULL;
    *n = *d = 0;
    GT_TRY(gt_file_read(path, MAX_BYTES, &data, &size));
    gt_status status = gt_npy_parse(path, data, size, &array);
    if (status == GT_OK) status = read_data(path, &array, data + array.start, size - array.start, points, n, d);
    free(data);
    return status;
}
