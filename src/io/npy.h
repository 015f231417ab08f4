/* private. NumPy's .npy files (numpy.org/doc/stable/reference/generated/numpy.lib.format.html) as rows of points. */
#ifndef GT_IO_NPY_H
#define GT_IO_NPY_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An array [n, d], or [n] as one column, of 32- or 64-bit floats or of integers, in either byte order and in C's or Fortran's
 * order, as floats [n, d] in C's. The caller frees *points. Values may be anything, also NaN. GT_ERR_FILE: unreadable, damaged,
 * empty, another shape or type. */
gt_status gt_npy_read(const char *path, float **points, size_t *n, size_t *d);

/* points [n, d], as numpy.save() writes it. GT_ERR_IO, GT_ERR_MEMORY. */
gt_status gt_npy_write(const char *path, const float *points, size_t n, size_t d);

#ifdef __cplusplus
}
#endif
#endif
