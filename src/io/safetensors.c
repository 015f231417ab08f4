/* The safetensors format. Reading trusts nothing: a header is taken only if it is well-formed and describes the rest of the
 * file exactly, as the reference implementation demands (safetensors/src/tensor.rs). */
#define _XOPEN_SOURCE 700
#include "io/safetensors.h"

#include "core/status.h"
#include "io/file.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian, and so must be the machine");

#define LENGTH_BYTES     8
#define MAX_HEADER_BYTES 100000000          /* the limit of the reference implementation */
#define MAX_INTEGER      9007199254740992.0 /* 2^53: up to here cJSON's doubles hold every integer */

#define DTYPE_TEXT(name, text, bytes)  text,
#define DTYPE_BYTES(name, text, bytes) bytes,
static const char *const dtype_texts[] = {GT_DTYPE_LIST(DTYPE_TEXT)};
static const size_t dtype_bytes[] = {GT_DTYPE_LIST(DTYPE_BYTES)};

size_t gt_tensor_n_elements(const gt_tensor *tensor) {
    size_t n = 1;
    for (int i = 0; i < tensor->n_dims; i++) n *= tensor->shape[i];
    return n;
}

static size_t tensor_bytes(const gt_tensor *tensor) { return gt_tensor_n_elements(tensor) * dtype_bytes[tensor->dtype]; }

/* ---------------------------------------------------------------- writing */

/* cJSON_CreateNumber would print 10^15 as 1e+15, which readers of integers refuse. NULL: out of memory. */
static cJSON *integers_json(const uint64_t *values, int n) {
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < n; i++) {
        char digits[24];
        snprintf(digits, sizeof digits, "%" PRIu64, values[i]);
        if (!cJSON_AddItemToArray(array, cJSON_CreateRaw(digits))) {
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

static bool add_tensor(cJSON *header, const gt_tensor *tensor, uint64_t begin) {
    const uint64_t offsets[] = {begin, begin + tensor_bytes(tensor)};
    cJSON *json = cJSON_AddObjectToObject(header, tensor->name);
    return cJSON_AddStringToObject(json, "dtype", dtype_texts[tensor->dtype]) != NULL &&
           cJSON_AddItemToObject(json, "shape", integers_json(tensor->shape, tensor->n_dims)) &&
           cJSON_AddItemToObject(json, "data_offsets", integers_json(offsets, 2));
}

/* The header's text, to be freed; NULL: out of memory. */
static char *header_text(const gt_metadata *metadata, int n_metadata, const gt_tensor *tensors, int n_tensors) {
    cJSON *header = cJSON_CreateObject();
    cJSON *pairs = cJSON_AddObjectToObject(header, "__metadata__");
    bool ok = pairs != NULL;
    for (int i = 0; ok && i < n_metadata; i++) ok = cJSON_AddStringToObject(pairs, metadata[i].key, metadata[i].value) != NULL;
    uint64_t begin = 0;
    for (int i = 0; ok && i < n_tensors; i++) {
        ok = add_tensor(header, &tensors[i], begin);
        begin += tensor_bytes(&tensors[i]);
    }
    char *text = ok ? cJSON_PrintUnformatted(header) : NULL;
    cJSON_Delete(header);
    return text;
}

gt_status gt_safetensors_write(const char *path, const gt_metadata *metadata, int n_metadata, const gt_tensor *tensors,
                               int n_tensors) {
    char *header = header_text(metadata, n_metadata, tensors, n_tensors);
    gt_file_part *parts = malloc((3 + (size_t)n_tensors) * sizeof *parts);
    gt_status status;
    if (header == NULL || parts == NULL) {
        status = gt_fail(GT_ERR_MEMORY, "no memory to write %s", path);
    } else {
        size_t size = strlen(header), padding = -size % 8;
        uint64_t length = size + padding;
        parts[0] = (gt_file_part){&length, LENGTH_BYTES};
        parts[1] = (gt_file_part){header, size};
        parts[2] = (gt_file_part){"       ", padding};
        for (int i = 0; i < n_tensors; i++) parts[3 + i] = (gt_file_part){tensors[i].data, tensor_bytes(&tensors[i])};
        status = gt_file_write_parts(path, parts, 3 + (size_t)n_tensors);
    }
    cJSON_free(header);
    free(parts);
    return status;
}

/* ---------------------------------------------------------------- reading */

typedef struct {
    const char *name;
    const cJSON *shape;
    gt_dtype dtype;
    uint64_t begin, end; /* bytes from the start of the data */
} entry;

struct gt_safetensors {
    char *path;
    FILE *stream;
    cJSON *header;
    uint64_t data_at; /* bytes from the start of the file */
    entry *entries;   /* by name */
    size_t n_entries;
};

static gt_status read_bytes(const gt_safetensors *file, void *out, size_t size) {
    if (fread(out, 1, size, file->stream) == size) return GT_OK;
    return gt_fail(GT_ERR_FILE, "can't read %s: %s", file->path, ferror(file->stream) ? strerror(errno) : "it is cut short");
}

/* cJSON takes any bytes. This takes UTF-8 (Unicode 15, table 3-7) without control characters other than white space. */
static bool is_text(const unsigned char *s, size_t size) {
    for (size_t i = 0; i < size;) {
        unsigned char c = s[i++];
        if (c < 0x80) {
            if (c < ' ' && c != '\t' && c != '\n' && c != '\r') return false;
            continue;
        }
        if (c < 0xC2 || c > 0xF4) return false;
        int n_more = 1 + (c >= 0xE0) + (c >= 0xF0);
        unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80, high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        for (; n_more > 0; n_more--, low = 0x80, high = 0xBF)
            if (i == size || s[i] < low || s[i++] > high) return false;
    }
    return true;
}

static gt_status parse_header(gt_safetensors *file, const char *text, size_t size) {
    if (!is_text((const unsigned char *)text, size))
        return gt_fail(GT_ERR_FILE, "%s is not a safetensors file: its header is not UTF-8 text", file->path);
    const char *end = NULL;
    file->header = cJSON_ParseWithLengthOpts(text, size, &end, false);
    while (file->header != NULL && end < text + size && strchr(" \t\r\n", *end) != NULL) end++;
    if (!cJSON_IsObject(file->header) || text[0] != '{' || end != text + size)
        return gt_fail(GT_ERR_FILE, "%s is not a safetensors file: its header is not one JSON object", file->path);
    return GT_OK;
}

static bool get_integer(const cJSON *item, uint64_t *out) {
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= MAX_INTEGER)) return false;
    *out = (uint64_t)item->valuedouble;
    return (double)*out == item->valuedouble;
}

static int compare_keys(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* cJSON keeps all of several members of an object with the same name and finds the first. */
static gt_status check_unique_keys(const gt_safetensors *file, const cJSON *object) {
    size_t n = 0;
    const char **keys = malloc(((size_t)cJSON_GetArraySize(object) + 1) * sizeof *keys);
    if (keys == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to read %s", file->path);
    const cJSON *item;
    cJSON_ArrayForEach(item, object) { keys[n++] = item->string; }
    qsort(keys, n, sizeof *keys, compare_keys);
    gt_status status = GT_OK;
    for (size_t i = 1; status == GT_OK && i < n; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            status = gt_fail(GT_ERR_FILE, "%s: its header has \"%s\" twice", file->path, keys[i]);
    free(keys);
    return status;
}

static gt_status parse_tensor(const gt_safetensors *file, const cJSON *item, entry *out) {
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    *out = (entry){.name = item->string, .shape = cJSON_GetObjectItemCaseSensitive(item, "shape")};
    if (!cJSON_IsObject(item) || !cJSON_IsString(dtype) || !cJSON_IsArray(out->shape) || !cJSON_IsArray(offsets) ||
        cJSON_GetArraySize(offsets) != 2)
        return gt_fail(GT_ERR_FILE, "%s: tensor \"%s\" must have a dtype, a shape and two data_offsets", file->path, out->name);
    GT_TRY(check_unique_keys(file, item));
    if (!get_integer(offsets->child, &out->begin) || !get_integer(offsets->child->next, &out->end) || out->begin > out->end)
        return gt_fail(GT_ERR_FILE, "%s: data_offsets of tensor \"%s\" are not two integers in order", file->path, out->name);
    while (out->dtype < GT_N_DTYPES && strcmp(dtype->valuestring, dtype_texts[out->dtype]) != 0) out->dtype++;
    if (out->dtype == GT_N_DTYPES)
        return gt_fail(GT_ERR_FILE, "%s: tensor \"%s\" has dtype \"%s\", which gantry doesn't read", file->path, out->name,
                       dtype->valuestring);

    uint64_t size = dtype_bytes[out->dtype], n;
    const cJSON *dim;
    cJSON_ArrayForEach(dim, out->shape) {
        if (!get_integer(dim, &n) || __builtin_mul_overflow(size, n, &size))
            return gt_fail(GT_ERR_FILE, "%s: tensor \"%s\" has an impossible shape", file->path, out->name);
    }
    if (size != out->end - out->begin)
        return gt_fail(GT_ERR_FILE, "%s: tensor \"%s\" has %" PRIu64 " bytes, but its shape needs %" PRIu64, file->path,
                       out->name, out->end - out->begin, size);
    return GT_OK;
}

static gt_status check_metadata(const gt_safetensors *file, const cJSON *metadata) {
    if (!cJSON_IsObject(metadata)) return gt_fail(GT_ERR_FILE, "%s: __metadata__ is not a JSON object", file->path);
    const cJSON *item;
    cJSON_ArrayForEach(item, metadata) {
        if (!cJSON_IsString(item))
            return gt_fail(GT_ERR_FILE, "%s: \"%s\" in __metadata__ is not a string", file->path, item->string);
    }
    return check_unique_keys(file, metadata);
}

static int compare_offsets(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end != y->end ? (x->end < y->end ? -1 : 1) : 0;
}

/* The data must be the tensors, one after another, and nothing else. */
static gt_status check_layout(gt_safetensors *file, uint64_t file_bytes) {
    uint64_t at = 0;
    qsort(file->entries, file->n_entries, sizeof *file->entries, compare_offsets);
    for (size_t i = 0; i < file->n_entries; at = file->entries[i++].end)
        if (file->entries[i].begin != at)
            return gt_fail(GT_ERR_FILE,
                           "%s: tensor \"%s\" begins at byte %" PRIu64 " of the data; the one before ends at %" PRIu64,
                           file->path, file->entries[i].name, file->entries[i].begin, at);
    if (at != file_bytes - file->data_at)
        return gt_fail(GT_ERR_FILE, "%s has %" PRIu64 " bytes of data where its tensors need %" PRIu64 ": it is damaged",
                       file->path, file_bytes - file->data_at, at);
    return GT_OK;
}

static gt_status parse_tensors(gt_safetensors *file) {
    file->entries = calloc((size_t)cJSON_GetArraySize(file->header) + 1, sizeof *file->entries);
    if (file->entries == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to read %s", file->path);
    GT_TRY(check_unique_keys(file, file->header));
    const cJSON *item;
    cJSON_ArrayForEach(item, file->header) {
        if (strcmp(item->string, "__metadata__") == 0)
            GT_TRY(check_metadata(file, item));
        else
            GT_TRY(parse_tensor(file, item, &file->entries[file->n_entries++]));
    }
    return GT_OK;
}

static gt_status read_header(gt_safetensors *file) {
    off_t file_bytes = fseeko(file->stream, 0, SEEK_END) == 0 ? ftello(file->stream) : -1;
    if (file_bytes < 0) return gt_fail(GT_ERR_FILE, "can't read %s: %s", file->path, strerror(errno));
    rewind(file->stream);
    uint64_t length;
    GT_TRY(read_bytes(file, &length, LENGTH_BYTES));
    if (length > MAX_HEADER_BYTES || length > (uint64_t)file_bytes - LENGTH_BYTES)
        return gt_fail(GT_ERR_FILE,
                       "%s is not a safetensors file, or cut short: its first bytes ask for a header of %" PRIu64 " bytes",
                       file->path, length);
    file->data_at = LENGTH_BYTES + length;
    char *text = malloc(length + 1);
    if (text == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to read %s", file->path);
    gt_status status = read_bytes(file, text, length);
    if (status == GT_OK) status = parse_header(file, text, length);
    free(text);
    GT_TRY(status);
    GT_TRY(parse_tensors(file));
    return check_layout(file, (uint64_t)file_bytes);
}

gt_status gt_safetensors_open(const char *path, gt_safetensors **out) {
    gt_safetensors *file = calloc(1, sizeof *file);
    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        return gt_fail(GT_ERR_MEMORY, "no memory to read %s", path);
    }
    file->stream = fopen(path, "rb");
    gt_status status =
        file->stream != NULL ? read_header(file) : gt_fail(GT_ERR_FILE, "can't read %s: %s", path, strerror(errno));
    if (status == GT_OK)
        *out = file;
    else
        gt_safetensors_close(file);
    return status;
}

void gt_safetensors_close(gt_safetensors *file) {
    if (file == NULL) return;
    if (file->stream != NULL) fclose(file->stream);
    cJSON_Delete(file->header);
    free(file->entries);
    free(file->path);
    free(file);
}

const char *gt_safetensors_metadata(const gt_safetensors *file, const char *key) {
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->header, "__metadata__");
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
}

size_t gt_safetensors_n_tensors(const gt_safetensors *file) { return file->n_entries; }

gt_tensor_info gt_safetensors_tensor(const gt_safetensors *file, size_t index) {
    const entry *from = &file->entries[index];
    gt_tensor_info info = {.name = from->name, .dtype = from->dtype};
    const cJSON *dim;
    cJSON_ArrayForEach(dim, from->shape) {
        if (info.n_dims < GT_TENSOR_MAX_DIMS) info.shape[info.n_dims] = (uint64_t)dim->valuedouble;
        info.n_dims++;
    }
    return info;
}

static const entry *find(const gt_safetensors *file, const char *name) {
    for (size_t i = 0; i < file->n_entries; i++)
        if (strcmp(file->entries[i].name, name) == 0) return &file->entries[i];
    return NULL;
}

static bool same_shape(const gt_tensor *tensor, const cJSON *shape) {
    int n = 0;
    const cJSON *dim;
    cJSON_ArrayForEach(dim, shape) {
        if (n == tensor->n_dims || (uint64_t)dim->valuedouble != tensor->shape[n++]) return false;
    }
    return n == tensor->n_dims;
}

gt_status gt_safetensors_expect(const gt_safetensors *file, const gt_tensor *tensor) {
    const entry *found = find(file, tensor->name);
    if (found == NULL) return gt_fail(GT_ERR_FILE, "%s has no tensor \"%s\"", file->path, tensor->name);
    if (found->dtype == tensor->dtype && same_shape(tensor, found->shape)) return GT_OK;

    char is[64] = "[...]", expected[64] = "";
    cJSON *shape = integers_json(tensor->shape, tensor->n_dims);
    cJSON_PrintPreallocated((cJSON *)found->shape, is, sizeof is, false);
    cJSON_PrintPreallocated(shape, expected, sizeof expected, false);
    cJSON_Delete(shape);
    return gt_fail(GT_ERR_FILE, "%s: tensor \"%s\" is %s %s; expected is %s %s", file->path, tensor->name,
                   dtype_texts[found->dtype], is, dtype_texts[tensor->dtype], expected);
}

gt_status gt_safetensors_read(const gt_safetensors *file, const gt_tensor *tensor, void *out) {
    GT_TRY(gt_safetensors_expect(file, tensor));
    if (fseeko(file->stream, (off_t)(file->data_at + find(file, tensor->name)->begin), SEEK_SET) != 0)
        return gt_fail(GT_ERR_FILE, "can't read %s: %s", file->path, strerror(errno));
    return read_bytes(file, out, tensor_bytes(tensor));
}
