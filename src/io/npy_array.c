/* NumPy's .npy files: a magic string, a version, the length of a header, the header (a Python dictionary), the data. Only the
 * dictionary that NumPy itself writes is taken, in any order of its three keys. Assumes a little-endian machine. */
#include "io/npy_array.h"

#include "core/status.h"
#include "io/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the machine must be little-endian");

#define MAGIC       "\x93NUMPY"
#define MAGIC_BYTES 6
#define ALIGNMENT   64 /* of the data, as NumPy has it */

gt_status gt_npy_write_array(const char *path, const char *descr, const size_t *shape, int n_dims, const void *data,
                             size_t bytes) {
    char text[4 * ALIGNMENT], dictionary[160], dims[96] = "";
    int length = 0;
    for (int k = 0; k < n_dims; k++)
        length += snprintf(dims + length, sizeof dims - (size_t)length, k == 0 ? "%zu" : ", %zu", shape[k]);
    const int size = snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }",
                              descr, dims, n_dims == 1 ? "," : "");
    const int before = MAGIC_BYTES + 4, padding = -(before + size + 1) & (ALIGNMENT - 1);
    length = size + padding + 1;
    memcpy(text, MAGIC "\x01\x00", MAGIC_BYTES + 2);
    text[MAGIC_BYTES + 2] = (char)(length & 0xFF);
    text[MAGIC_BYTES + 3] = (char)(length >> 8);
    snprintf(text + before, sizeof text - (size_t)before, "%s%*s\n", dictionary, padding, "");
    const gt_file_part parts[] = {{text, (size_t)(before + length)}, {data, bytes}};
    return gt_file_write_parts(path, parts, 2);
}

/* ---------------------------------------------------------------- the header */

typedef struct {
    const char *path, *at, *end; /* what is left of the header */
    char descr[16];
    bool fortran_order;
    int n_dims;
    uint64_t shape[GT_NPY_MAX_DIMS];
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
        if (h->n_dims < GT_NPY_MAX_DIMS) h->shape[h->n_dims] = dim;
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
    return gt_fail(GT_ERR_FILE,
                   "%s: an array of dtype %s; gantry takes floats of 32 or 64 bits and integers: save "
                   "array.astype(\"float32\"), or labels as integers",
                   h->path, dtype);
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

/* ---------------------------------------------------------------- elements */

static gt_status parse_descr(const header *h, gt_npy_array *out) {
    const char *text = h->descr;
    out->swap = text[0] == '>';
    if (text[0] == '<' || text[0] == '>' || text[0] == '|' || text[0] == '=') text++;
    bool whole = text[0] == 'i' || text[0] == 'u';
    if ((whole || text[0] == 'f') && text[1] != '\0' && strchr(whole ? "1248" : "48", text[1]) != NULL && text[2] == '\0') {
        out->kind = text[0];
        out->element_bytes = (size_t)(text[1] - '0');
        return GT_OK;
    }
    /* A damaged file may have anything here; it must not reach a terminal. */
    for (const char *c = h->descr; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~') return not_npy(h);
    return bad_dtype(h, h->descr[0] == '|' && h->descr[1] == 'O' ? "object" : h->descr);
}

static float to_float(const char *data, const gt_npy_array *e) {
    uint64_t bits = 0;
    for (size_t i = 0; i < e->element_bytes; i++)
        bits = bits << 8 | (unsigned char)data[e->swap ? i : e->element_bytes - 1 - i];
    if (e->kind == 'f' && e->element_bytes == 4) {
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
    return e->element_bytes == 1   ? (float)(int8_t)bits
           : e->element_bytes == 2 ? (float)(int16_t)bits
           : e->element_bytes == 4 ? (float)(int32_t)bits
                                   : (float)(int64_t)bits;
}

/* Where element `index` of C's order stands in a file in Fortran's, whose first index runs fastest. */
static size_t place_of(const gt_npy_array *array, size_t index) {
    const uint64_t *shape = array->shape;
    size_t place = 0, step = 1, index_of[GT_NPY_MAX_DIMS];
    for (int k = GT_NPY_MAX_DIMS; k-- > 0; index /= shape[k]) index_of[k] = index % shape[k];
    for (int k = 0; k < GT_NPY_MAX_DIMS; step *= shape[k++]) place += index_of[k] * step;
    return place;
}

float gt_npy_element(const gt_npy_array *array, const char *data, size_t index) {
    return to_float(data + (array->fortran_order ? place_of(array, index) : index) * array->element_bytes, array);
}

/* ---------------------------------------------------------------- the file */

bool gt_npy_begins(const char *data, size_t size) { return size >= MAGIC_BYTES && memcmp(data, MAGIC, MAGIC_BYTES) == 0; }

gt_status gt_npy_parse(const char *path, const char *data, size_t size, gt_npy_array *out) {
    if (!gt_npy_begins(data, size))
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
    *out = (gt_npy_array){.n_dims = h.n_dims, .fortran_order = h.fortran_order, .start = start + length};
    for (int k = 0; k < GT_NPY_MAX_DIMS; k++) out->shape[k] = k < h.n_dims ? h.shape[k] : 1;
    return parse_descr(&h, out);
}
