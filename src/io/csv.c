/* CSV files of arrays of structs, and the two tables of columns that a training run writes. */
#include "io/csv.h"

#include "core/status.h"
#include "io/file.h"
#include "io/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)1 << 32)

#define METRIC(kind, member)                                                                                                   \
    { #member, kind, offsetof(gt_metrics, member), false }
#define ADDED_METRIC(member)                                                                                                   \
    { #member, GT_CSV_DOUBLE, offsetof(gt_metrics, member), true }
const gt_csv_column gt_metrics_columns[] = {
    METRIC(GT_CSV_U64, iteration),
    METRIC(GT_CSV_DOUBLE, acc_real),
    METRIC(GT_CSV_DOUBLE, acc_fake),
    METRIC(GT_CSV_DOUBLE, resid_mean),
    METRIC(GT_CSV_DOUBLE, resid_p95),
    METRIC(GT_CSV_DOUBLE, w1_x),
    METRIC(GT_CSV_DOUBLE, w1_x_floor),
    METRIC(GT_CSV_DOUBLE, coverage),
    METRIC(GT_CSV_DOUBLE, support),
    METRIC(GT_CSV_DOUBLE, std_x),
    METRIC(GT_CSV_DOUBLE, energy),
    METRIC(GT_CSV_DOUBLE, d_loss_real),
    METRIC(GT_CSV_DOUBLE, d_loss_fake),
    METRIC(GT_CSV_DOUBLE, g_loss),
    METRIC(GT_CSV_INT, n_accuracy),
    METRIC(GT_CSV_INT, n_samples),
    METRIC(GT_CSV_INT, n_energy),
    METRIC(GT_CSV_BOOL, diverged),
    METRIC(GT_CSV_U64, diverged_at),
    ADDED_METRIC(modes),
    ADDED_METRIC(hq),
    ADDED_METRIC(reverse_kl),
    ADDED_METRIC(jsd),
    ADDED_METRIC(energy_coefficient),
    ADDED_METRIC(spread),
    {NULL},
};

char *gt_point_column_name(int n_columns, int column, char name[GT_COLUMN_NAME_CHARS]) {
    if (n_columns <= 2)
        snprintf(name, GT_COLUMN_NAME_CHARS, "%s", column == 0 ? "x" : "y");
    else
        snprintf(name, GT_COLUMN_NAME_CHARS, "x%d", column + 1);
    return name;
}

void gt_point_table_fill(int n_columns, gt_point_table *out) {
    static const char *const kinds[] = {"real", "generated"};
    static const size_t offsets[] = {offsetof(gt_point_row, real), offsetof(gt_point_row, generated)};
    int n = 0;
    out->columns[n++] = (gt_csv_column){"iteration", GT_CSV_U64, offsetof(gt_point_row, iteration), false};
    for (int kind = 0; kind < 2; kind++)
        for (int c = 0; c < n_columns; c++, n++) {
            char column[GT_COLUMN_NAME_CHARS];
            snprintf(out->names[n - 1], sizeof out->names[0], "%s_%s", gt_point_column_name(n_columns, c, column), kinds[kind]);
            out->columns[n] =
                (gt_csv_column){out->names[n - 1], GT_CSV_FLOAT, offsets[kind] + (size_t)c * sizeof(float), false};
        }
    out->columns[n] = (gt_csv_column){0};
}

char *gt_csv_format(const gt_csv_column *column, const void *row, char *text) {
    const char *member = (const char *)row + column->offset;
    switch (column->kind) {
    case GT_CSV_BOOL:
        sprintf(text, "%d", *(const bool *)member);
        break;
    case GT_CSV_INT:
        sprintf(text, "%d", *(const int *)member);
        break;
    case GT_CSV_U64:
        sprintf(text, "%llu", (unsigned long long)*(const uint64_t *)member);
        break;
    case GT_CSV_FLOAT:
        return gt_number_format_float(*(const float *)member, text);
    case GT_CSV_DOUBLE:
        return gt_number_format(*(const double *)member, text);
    }
    return text;
}

static bool parse(const gt_csv_column *column, const char *text, void *row) {
    char *member = (char *)row + column->offset;
    uint64_t whole = 0;
    double real = 0;
    bool is_real = column->kind == GT_CSV_FLOAT || column->kind == GT_CSV_DOUBLE;
    if (is_real ? !gt_number_parse_real(text, &real) : !gt_number_parse_u64(text, &whole)) return false;
    switch (column->kind) {
    case GT_CSV_BOOL:
        *(bool *)member = whole == 1;
        return whole <= 1;
    case GT_CSV_INT:
        *(int *)member = (int)whole;
        return whole <= INT32_MAX;
    case GT_CSV_U64:
        *(uint64_t *)member = whole;
        return true;
    case GT_CSV_FLOAT:
        *(float *)member = (float)real;
        return true;
    case GT_CSV_DOUBLE:
        *(double *)member = real;
        return true;
    }
    return false;
}

gt_status gt_csv_write(const char *path, const gt_csv_column *columns, const void *rows, size_t n_rows, size_t row_bytes) {
    char *data = NULL, text[GT_NUMBER_CHARS];
    size_t size = 0;
    FILE *memory = open_memstream(&data, &size);
    if (memory == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", path);
    for (const gt_csv_column *c = columns; c->name != NULL; c++) fprintf(memory, c == columns ? "%s" : ",%s", c->name);
    fputc('\n', memory);
    for (size_t i = 0; i < n_rows; i++) {
        const char *row = (const char *)rows + i * row_bytes;
        for (const gt_csv_column *c = columns; c->name != NULL; c++)
            fprintf(memory, c == columns ? "%s" : ",%s", gt_csv_format(c, row, text));
        fputc('\n', memory);
    }
    gt_status status =
        fclose(memory) == 0 ? gt_file_write(path, data, size) : gt_fail(GT_ERR_MEMORY, "%s: out of memory", path);
    free(data);
    return status;
}

/* Cuts the next line off *text; NULL at the end. A last line without its newline was cut short, so it counts as damaged. */
static char *cut_line(char **text) {
    char *line = *text, *end = strchr(line, '\n');
    if (end == NULL) return NULL;
    *end = '\0';
    *text = end + 1;
    return line;
}

/* A row of the first n_columns; the others are NaN. */
static bool parse_row(const gt_csv_column *columns, size_t n_columns, char *line, void *row) {
    for (const gt_csv_column *c = columns; c->name != NULL; c++) {
        if (c >= columns + n_columns) {
            *(double *)((char *)row + c->offset) = NAN;
            continue;
        }
        char *cell = strsep(&line, ",");
        if (cell == NULL || !parse(c, cell, row)) return false;
    }
    return line == NULL;
}

/* How many columns a header has: all, or those of before some were added. 0: it isn't one of this table. */
static size_t match_header(const gt_csv_column *columns, char *line) {
    const gt_csv_column *c = columns;
    for (; c->name != NULL && line != NULL; c++)
        if (strcmp(strsep(&line, ","), c->name) != 0) return 0;
    return line == NULL && (c->name == NULL || c->added_later) ? (size_t)(c - columns) : 0;
}

gt_status gt_csv_read(const char *path, const gt_csv_column *columns, size_t row_bytes, void **rows, size_t *n_rows) {
    *rows = NULL;
    *n_rows = 0;
    char *data;
    size_t size;
    GT_TRY(gt_file_read(path, MAX_BYTES, &data, &size));

    char *rest = data, *line = cut_line(&rest);
    size_t n_lines = 0, n_columns = 0;
    for (const char *c = rest; *c != '\0'; c++) n_lines += *c == '\n';
    char *out = calloc(n_lines + 1, row_bytes);
    gt_status status = GT_OK;
    if (out == NULL)
        status = gt_fail(GT_ERR_MEMORY, "%s: out of memory", path);
    else if (line == NULL || (n_columns = match_header(columns, line)) == 0)
        status = gt_fail(GT_ERR_FILE, "%s:1: not the header of this kind of file; restore the file or start a new run", path);
    for (size_t i = 0; status == GT_OK && i < n_lines; i++)
        if (!parse_row(columns, n_columns, cut_line(&rest), out + i * row_bytes))
            status = gt_fail(GT_ERR_FILE, "%s:%zu: a damaged line; restore the file or start a new run", path, i + 2);
    if (status == GT_OK && (size_t)(rest - data) != size)
        status = gt_fail(GT_ERR_FILE, "%s:%zu: cut short; restore the file or start a new run", path, n_lines + 2);
    free(data);
    if (status != GT_OK) {
        free(out);
        return status;
    }
    *rows = out;
    *n_rows = n_lines;
    return GT_OK;
}
