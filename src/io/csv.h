/* private. CSV files of arrays of structs: a header with the columns' names, then a line a row. A table of columns says which
 * members are written. Reals are written so that they read back to the same bits; a value that does not exist is "nan". */
#ifndef GT_IO_CSV_H
#define GT_IO_CSV_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum gt_csv_kind { GT_CSV_BOOL, GT_CSV_INT, GT_CSV_U64, GT_CSV_FLOAT, GT_CSV_DOUBLE } gt_csv_kind;

typedef struct gt_csv_column {
    const char *name; /* NULL ends a table */
    gt_csv_kind kind;
    size_t offset;    /* of the member in the row */
    bool added_later; /* a double at the table's end that older files lack: read as NaN */
} gt_csv_column;

/* The members of gt_metrics, for metrics.csv. */
extern const gt_csv_column gt_metrics_columns[];

/* One point of a checkpoint's picture, real beside generated, for points.csv. */
typedef struct gt_point_row {
    uint64_t iteration; /* completed iterations */
    float real[GT_MAX_COLUMNS], generated[GT_MAX_COLUMNS];
} gt_point_row;

/* What a column of a point is called: x and y in the plane, x alone, or x1, x2, ... Returns name. */
#define GT_COLUMN_NAME_CHARS 16
char *gt_point_column_name(int n_columns, int column, char name[GT_COLUMN_NAME_CHARS]);

/* The columns of points.csv for points with n_columns: iteration, x_real, ..., x_generated, ... */
typedef struct gt_point_table {
    gt_csv_column columns[2 * GT_MAX_COLUMNS + 2];
    char names[2 * GT_MAX_COLUMNS][GT_COLUMN_NAME_CHARS + 16];
} gt_point_table;

void gt_point_table_fill(int n_columns, gt_point_table *out);

/* One member of a row as text, as in the file. text: GT_NUMBER_CHARS. */
char *gt_csv_format(const gt_csv_column *column, const void *row, char *text);

gt_status gt_csv_write(const char *path, const gt_csv_column *columns, const void *rows, size_t n_rows, size_t row_bytes);

/* Reads what gt_csv_write() wrote, now or before columns were added; the caller frees *rows. GT_ERR_FILE: unreadable, another
 * header, or a damaged line. */
gt_status gt_csv_read(const char *path, const gt_csv_column *columns, size_t row_bytes, void **rows, size_t *n_rows);

#ifdef __cplusplus
}
#endif
#endif
