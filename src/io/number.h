/* private. Numbers as text: the shortest form that reads back to the same bits, and strict reading (the whole text or nothing).
 */
#ifndef GT_IO_NUMBER_H
#define GT_IO_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GT_NUMBER_CHARS 32

/* "0.001", "1e-07", "128", "nan", "inf". Returns text. */
char *gt_number_format(double value, char text[GT_NUMBER_CHARS]);
char *gt_number_format_float(float value, char text[GT_NUMBER_CHARS]);

/* The same as Python's repr() prints a float: "1.0" where gt_number_format() gives "1". */
char *gt_number_format_repr(double value, char text[GT_NUMBER_CHARS]);

/* False where text is empty, has anything before or after the number, or overflows. Only decimal digits make a whole number;
 * reals may be "nan" or "inf": whoever can't use them checks. */
bool gt_number_parse_u64(const char *text, uint64_t *out);
bool gt_number_parse_real(const char *text, double *out);

#ifdef __cplusplus
}
#endif
#endif
