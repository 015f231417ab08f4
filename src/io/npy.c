/* NumPy's .npy files: a magic string, a version, the length of a header, the header (a Python dictionary), the data. Only the
 * dictionary that NumPy itself writes is taken, in any order of its three keys. Assumes a little-endian machine. */
#include "io/npy.h"

#include "core/status.h"
#include "io/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the machine must be little-endian");

#define MAGIC       "\x93NUMPY"
#define MAGIC_BYTES 6
#define ALIGNMENT   64 /* of the data, as NumPy has it */
#define MAX_BYTES   ((size_t)1 << 31)

gt_status gt_npy_write(const char *path, const float *points, size_t n, size_t d) {
    char text[2 * ALIGNMENT + 64], dictionary[128];
    int size = snprintf(dictionary, sizeof dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", n, d);
    int before = MAGIC_BYTES + 4, padding = -(before + size + 1) & (ALIGNMENT - 1);
    int length = size + padding + 1;
    memcpy(text, MAGIC "\x01\x00", MAGIC_BYTES + 2);
    text[MAGIC_BYTES + 2] = (char)(length & 0xFF);
    text[MAGIC_BYTES + 3] = (char)(length >> 8);
    snprintf(text + before, sizeof text - (size_t)before, "%s%*s\n", dictionary, padding, "");
    const gt_file_part parts[] = {{text, (size_t)(before + length)}, {points, n * d * sizeof *points}};
    return gt_file_write_parts(path, parts, 2);
}

/* ---------------------------------------------------------------- the header */

typedef struct {
    const char *path, *at, *end; /* what is left of the header */
    char descr[16];
    bool fortran_order;
    int n_dims;
    uint64_t shape[2];
} header;

static void skip_space(header *h) {
    while (h->at < h->end && strchr(" \t\r\n", *h->at) != NULL && *h->at != '\0') h->at++;
}

static bool take(header *h, const char *token) {
    skip_space(h);
    size_t size = strlen(token);
    if ((size_t)(h->end - h->at) < size || memcmp(h->at, token, size) != 0) return false;
    h->at += size;
    return true;
}

/* A quoted string without escapes. */
static bool take_string(header *h, char *out, size_t capacity) {
    skip_space(h);
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"')) return false;
    const char *from = h->at + 1, *to = memchr(from, *h->at, (size_t)(h->end - from));
    if (to == NULL || (size_t)(to - from) >= capacity || memchr(from, '\\', (size_t)(to - from)) != NULL) return false;
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
    h->at = to + 1;
    return true;
}

static bool take_integer(header *h, uint64_t *out) {
    skip_space(h);
    const char *from = h->at;
    for (*out = 0; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++)
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, (uint64_t)(*h->at - '0'), out)) return false;
    if (h->at == from) return false;
    take(h, "L"); /* Python 2 wrote long integers so */
    return true;
}

/* "()", "(7,)", "(3, 2)", "(3, 2, )" */
static bool take_shape(header *h) {
    if (!take(h, "(")) return false;
    for (h->n_dims = 0; !take(h, ")"); h->n_dims++) {
        uint64_t dim;
        if (!take_integer(h, &dim)) return false;
        if (h->n_dims < 2) h->shape[h->n_dims] = dim;
        if (!take(h, ",")) {
            h->n_dims++;
            return take(h, ")");
        }
    }
    return true;
}

static gt_status not_npy(const header *h) {
    return gt_fail(GT_ERR_FILE, "%s is not a .npy file that can be read, or damaged: its header is not NumPy's", h->path);
}

static gt_status bad_dtype(const header *h, const char *dtype) {
    return gt_fail(
        GT_ERR_FILE,
        "%s: an array of dtype %s; gantry takes floats of 32 or 64 bits and integers: save array.astype(\"float32\")", h->path,
        dtype);
}

static gt_status parse_header(header *h) {
    enum { DESCR = 1, ORDER = 2, SHAPE = 4, ALL = 7 };
    int seen = 0;
    if (!take(h, "{")) return not_npy(h);
    while (!take(h, "}")) {
        char key[16];
        if (!take_string(h, key, sizeof key) || !take(h, ":")) return not_npy(h);
        int bit = strcmp(key, "descr") == 0           ? DESCR
                  : strcmp(key, "fortran_order") == 0 ? ORDER
                  : strcmp(key, "shape") == 0         ? SHAPE
                                                      : 0;
        if (bit == 0 || (seen & bit)) return not_npy(h);
        seen |= bit;
        if (bit == DESCR) {
            if (take(h, "[")) return bad_dtype(h, "with named fields");
            if (!take_string(h, h->descr, sizeof h->descr)) return not_npy(h);
        } else if (bit == ORDER) {
            h->fortran_order = take(h, "True");
            if (!h->fortran_order && !take(h, "False")) return not_npy(h);
        } else if (!take_shape(h)) {
            return not_npy(h);
        }
        if (!take(h, ",")) {
            if (!take(h, "}")) return not_npy(h);
            break;
        }
    }
    skip_space(h);
    return seen == ALL && h->at == h->end ? GT_OK : not_npy(h);
}

/* ---------------------------------------------------------------- the data */

typedef struct {
    char kind; /* f, i, u */
    size_t bytes;
    bool swap;
} element;

static gt_status parse_descr(const header *h, element *out) {
    const char *text = h->descr;
    *out = (element){.swap = text[0] == '>'};
    if (text[0] == '<' || text[0] == '>' || text[0] == '|' || text[0] == '=') text++;
    bool whole = text[0] == 'i' || text[0] == 'u';
    if ((whole || text[0] == 'f') && text[1] != '\0' && strchr(whole ? "1248" : "48", text[1]) != NULL && text[2] == '\0') {
        out->kind = text[0];
        out->bytes = (size_t)(text[1] - '0');
        return GT_OK;
    }
    /* A damaged file may have anything here; it must not reach a terminal. */
    for (const char *c = h->descr; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~') return not_npy(h);
    return bad_dtype(h, h->descr[0] == '|' && h->descr[1] == 'O' ? "object" : h->descr);
}

static float to_float(const char *data, const element *e) {
    uint64_t bits = 0;
    for (size_t i = 0; i < e->bytes; i++) bits = bits << 8 | (unsigned char)data[e->swap ? i : e->bytes - 1 - i];
    if (e->kind == 'f' && e->bytes == 4) {
        uint32_t half = (uint32_t)bits;
        float value;
        memcpy(&value, &half, sizeof value);
        return value;
    }
    if (e->kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return (float)value;
    }
    if (e->kind == 'u') return (float)bits;
    return e->bytes == 1   ? (float)(int8_t)bits
           : e->bytes == 2 ? (float)(int16_t)bits
           : e->bytes == 4 ? (float)(int32_t)bits
                           : (float)(int64_t)bits;
}

static gt_status read_data(const header *h, const char *data, size_t size, float **points, size_t *n, size_t *d) {
    element e;
    GT_TRY(parse_descr(h, &e));
    if (h->n_dims != 1 && h->n_dims != 2)
        return gt_fail(GT_ERR_FILE, "%s: an array of %d dimensions; gantry takes points as rows, so 2 (or 1 for one column)",
                       h->path, h->n_dims);
    const uint64_t rows = h->shape[0], columns = h->n_dims == 2 ? h->shape[1] : 1;
    if (rows == 0 || columns == 0)
        return gt_fail(GT_ERR_FILE, "%s: an array of %" PRIu64 " rows and %" PRIu64 " columns; it takes at least one of each",
                       h->path, rows, columns);
    uint64_t needed, count;
    if (__builtin_mul_overflow(rows, columns, &count) || __builtin_mul_overflow(count, e.bytes, &needed) || needed != size)
        return gt_fail(GT_ERR_FILE,
                       "%s is damaged: %zu bytes of data, but its header promises %" PRIu64 " rows of %" PRIu64
                       " values with %zu bytes each",
                       h->path, size, rows, columns, e.bytes);
    float *out = malloc((size_t)count * sizeof *out);
    if (out == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the %" PRIu64 " values of %s", count, h->path);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            out[r * columns + c] = to_float(data + (h->fortran_order ? c * rows + r : r * columns + c) * e.bytes, &e);
    *points = out;
    *n = (size_t)rows;
    *d = (size_t)columns;
    return GT_OK;
}

static gt_status parse(const char *path, const char *data, size_t size, float **points, size_t *n, size_t *d) {
    if (size < MAGIC_BYTES || memcmp(data, MAGIC, MAGIC_BYTES) != 0)
        return gt_fail(GT_ERR_FILE, "%s is not a .npy file: it doesn't begin as numpy.save() begins one", path);
    const unsigned char *bytes = (const unsigned char *)data;
    if (size < MAGIC_BYTES + 2) return gt_fail(GT_ERR_FILE, "%s is cut short", path);
    int version = bytes[MAGIC_BYTES];
    if (version < 1 || version > 3 || bytes[MAGIC_BYTES + 1] != 0)
        return gt_fail(GT_ERR_FILE, "%s has version %d.%d of the .npy format; gantry reads 1.0, 2.0 and 3.0", path, version,
                       bytes[MAGIC_BYTES + 1]);
    size_t length_bytes = version == 1 ? 2 : 4, start = MAGIC_BYTES + 2 + length_bytes, length = 0;
    if (size < start) return gt_fail(GT_ERR_FILE, "%s is cut short", path);
    for (size_t i = 0; i < length_bytes; i++) length |= (size_t)bytes[MAGIC_BYTES + 2 + i] << 8 * i;
    if (length > size - start)
        return gt_fail(GT_ERR_FILE, "%s is cut short, or damaged: it asks for a header of %zu bytes", path, length);
    header h = {.path = path, .at = data + start, .end = data + start + length};
    GT_TRY(parse_header(&h));
    return read_data(&h, data + start + length, size - start - length, points, n, d);
}

gt_status gt_npy_read(const char *path, float **points, size_t *n, size_t *d) {
    char *data;
    size_t size;
    *points = NULL;
    *n = *d = 0;
    GT_TRY(gt_file_read(path, MAX_BYTES, &data, &size));
    gt_status status = parse(path, data, size, points, n, d);
    free(data);
    return status;
}
