/* Points from files: CSV in the usual dialects, or .npy. */
#include "gantry/gantry.h"

#include "core/status.h"
#include "io/file.h"
#include "io/npy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)1 << 32)
#define LARGEST   1e30f /* a square of a difference must be finite in float */

/* ---------------------------------------------------------------- CSV */

typedef struct {
    const char *path;
    size_t line;    /* from 1 */
    char separator; /* ',', ';', ' ' for blanks and tabs; '\0' before the first line with content */
    float *values;  /* owned until handed out */
    size_t n, room; /* values */
    size_t n_rows;
    size_t n_columns; /* 0 before the first row */
} csv;

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* The next cell of a line that ends at `end`, without the blanks around it; *at: behind its separator, or NULL after the last.
 */
static const char *next_cell(const csv *file, const char **at, const char *end, size_t *size) {
    const char *from = *at, *to;
    while (from < end && is_blank(*from)) from++;
    for (to = from; to < end && *to != file->separator && !(file->separator == ' ' && *to == '\t');) to++;
    *at = to < end ? to + 1 : NULL;
    if (file->separator == ' ') {
        while (*at != NULL && *at < end && is_blank(**at)) ++*at;
        if (*at == end) *at = NULL;
    }
    while (to > from && is_blank(to[-1])) to--;
    *size = (size_t)(to - from);
    return from;
}

/* The whole cell as a decimal number, or as nan or inf. */
static bool parse_cell(const char *cell, size_t size, float *out) {
    char *end;
    if (size == 0 || (unsigned char)*cell <= ' ') return false; /* strtof would pass over a line's end */
    *out = strtof(cell, &end);
    return end == cell + size && memchr(cell, 'x', size) == NULL && memchr(cell, 'X', size) == NULL;
}

/* A first line without a number. */
static bool is_header(const csv *file, const char *line, const char *end) {
    size_t size;
    float value;
    while (line != NULL) {
        const char *cell = next_cell(file, &line, end, &size);
        if (parse_cell(cell, size, &value)) return false;
    }
    return true;
}

static gt_status append(csv *file, float value) {
    if (file->n == file->room) {
        const size_t room = file->room > 0 ? 2 * file->room : 4096;
        float *values = realloc(file->values, room * sizeof *values);
        if (values == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the points of %s", file->path);
        file->values = values;
        file->room = room;
    }
    file->values[file->n++] = value;
    return GT_OK;
}

static gt_status bad_cell(const csv *file, size_t column, const char *cell, size_t size) {
    return gt_fail(
        GT_ERR_FILE,
        "%s: line %zu has \"%.*s%s\" in column %zu; it takes finite numbers within +-1e30: correct or remove the line",
        file->path, file->line, size < 40 ? (int)size : 40, cell, size < 40 ? "" : "...", column);
}

static gt_status parse_row(csv *file, const char *line, const char *end) {
    size_t column = 0, size;
    while (line != NULL) {
        const char *cell = next_cell(file, &line, end, &size);
        float value;
        if (!parse_cell(cell, size, &value) || !(fabsf(value) <= LARGEST)) return bad_cell(file, column + 1, cell, size);
        if (++column > GT_MAX_COLUMNS)
            return gt_fail(GT_ERR_FILE, "%s: line %zu has more than %d columns, the most that are taken", file->path,
                           file->line, GT_MAX_COLUMNS);
        GT_TRY(append(file, value));
    }
    if (file->n_columns == 0) file->n_columns = column;
    if (column != file->n_columns)
        return gt_fail(GT_ERR_FILE, "%s: line %zu has %zu columns, but the rows before have %zu; correct or remove it",
                       file->path, file->line, column, file->n_columns);
    file->n_rows++;
    return GT_OK;
}

static gt_status parse_csv(csv *file, const char *data, size_t size) {
    const char *const data_end = data + size;
    if (size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) data += 3; /* the mark of UTF-8 */
    for (const char *line = data, *next; line < data_end; line = next) {
        const char *end = memchr(line, '\n', (size_t)(data_end - line));
        if (end == NULL) end = data_end;
        next = end + 1;
        file->line++;
        while (end > line && (is_blank(end[-1]) || end[-1] == '\r')) end--;
        while (line < end && is_blank(*line)) line++;
        if (line == end || *line == '#') continue;
        if (file->separator == '\0') {
            const size_t length = (size_t)(end - line);
            file->separator = memchr(line, ';', length) != NULL ? ';' : memchr(line, ',', length) != NULL ? ',' : ' ';
            if (is_header(file, line, end)) continue;
        }
        GT_TRY(parse_row(file, line, end));
    }
    if (file->n_rows == 0) return gt_fail(GT_ERR_FILE, "%s has no points; it takes a row of numbers a point", file->path);
    return GT_OK;
}

/* ---------------------------------------------------------------- .npy */

static gt_status check_array(const char *path, const float *points, size_t n, size_t d) {
    if (d > GT_MAX_COLUMNS) return gt_fail(GT_ERR_FILE, "%s has %zu columns; it takes 1 to %d", path, d, GT_MAX_COLUMNS);
    for (size_t i = 0; i < n * d; i++)
        if (!(fabsf(points[i]) <= LARGEST))
            return gt_fail(GT_ERR_FILE,
                           "%s: element [%zu, %zu] is %g; it takes finite numbers within +-1e30: leave its row out", path,
                           i / d, i % d, (double)points[i]);
    return GT_OK;
}

static gt_status read_npy(const char *path, float **points, size_t *n, int *n_columns) {
    size_t d;
    GT_TRY(gt_npy_read(path, points, n, &d));
    const gt_status status = check_array(path, *points, *n, d);
    if (status != GT_OK) {
        free(*points);
        *points = NULL;
    }
    *n_columns = (int)d;
    return status;
}

/* ---------------------------------------------------------------- either */

gt_status gt_points_read(const char *path, float **points, size_t *n, int *n_columns) {
    static const char magic[] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};
    const char *dot = strrchr(path, '.');
    char *data;
    size_t size;
    *points = NULL;
    *n = 0;
    *n_columns = 0;
    if (dot != NULL && strcmp(dot, ".npy") == 0) return read_npy(path, points, n, n_columns);
    GT_TRY(gt_file_read(path, MAX_BYTES, &data, &size));
    if (size >= sizeof magic && memcmp(data, magic, sizeof magic) == 0) {
        free(data);
        return read_npy(path, points, n, n_columns);
    }
    csv file = {.path = path};
    const gt_status status = parse_csv(&file, data, size);
    free(data);
    if (status != GT_OK) {
        free(file.values);
        return status;
    }
    *points = file.values;
    *n = file.n_rows;
    *n_columns = (int)file.n_columns;
    return GT_OK;
}

void gt_free(void *memory) { free(memory); }
