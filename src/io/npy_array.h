/* private. What the header of a .npy file says of its array (numpy.org/doc/stable/reference/generated/numpy.lib.format.html),
 * and the array's elements. */
#ifndef GT_IO_NPY_ARRAY_H
#define GT_IO_NPY_ARRAY_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GT_NPY_MAX_DIMS 4

typedef struct gt_npy_array {
    int n_dims;                      /* as many as the header has */
    uint64_t shape[GT_NPY_MAX_DIMS]; /* the first of them; 1 behind the last */
    bool fortran_order;
    char kind;            /* of the elements: f, i (signed) or u */
    size_t element_bytes; /* 1, 2, 4, 8 */
    bool swap;            /* they are big-endian */
    size_t start;         /* of the data: bytes of the file before them */
} gt_npy_array;

/* Whether a file begins as numpy.save() begins one. */
bool gt_npy_begins(const char *data, size_t size);

/* The header of a file of which the first size bytes are there. GT_ERR_FILE: no .npy file, damaged, or neither integers nor
 * floats of 32 or 64 bits. */
gt_status gt_npy_parse(const char *path, const char *data, size_t size, gt_npy_array *out);

/* Element `index`, counted in C's order, of the data; up to GT_NPY_MAX_DIMS dimensions. */
float gt_npy_element(const gt_npy_array *array, const char *data, size_t index);

/* An array in C's order, as numpy.save() writes it. descr: the type, such as "<f4"; bytes: of data. GT_ERR_IO, GT_ERR_MEMORY.
 */
gt_status gt_npy_write_array(const char *path, const char *descr, const size_t *shape, int n_dims, const void *data,
                             size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
