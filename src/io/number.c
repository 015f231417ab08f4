/* Numbers as text. The program never calls setlocale(), so the decimal point is a point. */
#include "io/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *gt_number_format(double value, char text[GT_NUMBER_CHARS]) {
    if (isnan(value)) return strcpy(text, "nan"); /* printf would show its sign */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, GT_NUMBER_CHARS, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return text;
}

char *gt_number_format_float(float value, char text[GT_NUMBER_CHARS]) {
    if (isnan(value)) return strcpy(text, "nan");
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, GT_NUMBER_CHARS, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    return text;
}

char *gt_number_format_repr(double value, char text[GT_NUMBER_CHARS]) {
    gt_number_format(value, text);
    if (strspn(text, "-0123456789") == strlen(text)) strcat(text, ".0");
    return text;
}

bool gt_number_parse_u64(const char *text, uint64_t *out) {
    if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text)) return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
}

bool gt_number_parse_real(const char *text, double *out) {
    char *end;
    if (text[0] == '\0' || isspace((unsigned char)text[0]) || strpbrk(text, "xX") != NULL) return false; /* no hexadecimal */
    *out = strtod(text, &end);
    return *end == '\0' && end != text && !(isinf(*out) && strchr("0123456789", end[-1]) != NULL); /* 1e999 overflows */
}
