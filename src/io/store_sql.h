/* private. What the files of the store share: its connection, and SQLite's errors as ours. */
#ifndef GT_IO_STORE_SQL_H
#define GT_IO_STORE_SQL_H

#include "io/csv.h"
#include "io/store.h"

#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GT_STORE_APPLICATION = 0x67747279 /* "gtry" */, GT_STORE_VERSION = 1 };

/* Statements that are prepared once. */
typedef enum gt_store_statement {
    GT_STORE_BEGIN,
    GT_STORE_COMMIT,
    GT_STORE_ROLLBACK,
    GT_STORE_PUT_ROW,
    GT_STORE_PUT_STATE,
    GT_STORE_PUT_RUN,
    GT_STORE_PUT_TIME,
    GT_STORE_DROP_STATE,
    GT_STORE_GET_ROW,
    GT_STORE_GET_STATE,
    GT_STORE_GET_STATE_ITERATION,
    GT_STORE_N_STATEMENTS
} gt_store_statement;

struct gt_store {
    sqlite3 *db;
    char *path;
    int lock; /* a file descriptor that holds the lock; -1: only read */
    gt_store_study study;
    gt_spec *settings; /* owned, as are the next */
    void *points;      /* or images */
    gt_store_axis *axes;
    char **texts; /* every text of `study` */
    size_t n_texts;
    sqlite3_stmt *statements[GT_STORE_N_STATEMENTS];
};

/* A failure of the connection as a status, with the path and SQLite's words. */
gt_status gt_store_fail(const gt_store *store);
gt_status gt_store_damaged(const gt_store *store, const char *what);

/* One or more statements without results. */
gt_status gt_store_execute(gt_store *store, const char *sql);

/* A statement of the caller's, to be finalized by it. */
gt_status gt_store_prepare(gt_store *store, const char *sql, sqlite3_stmt **out);

/* A step: *row where there is one. */
gt_status gt_store_step(gt_store *store, sqlite3_stmt *statement, bool *row);

/* The whole number that a query gives. */
gt_status gt_store_count(gt_store *store, const char *sql, uint64_t *out);

/* A copy of a text that the store frees when it is closed. NULL: no memory. */
const char *gt_store_keep_text(gt_store *store, const char *text);

/* The columns of gt_metrics that are stored, and their number. */
const gt_csv_column *gt_store_metric_column(int index); /* NULL past the end */

/* store_study.c: the schema, and the tables of what a study is. */
gt_status gt_store_create_tables(gt_store *store);
gt_status gt_store_write_study(gt_store *store, const gt_store_study *study);
gt_status gt_store_read_study(gt_store *store);

#ifdef __cplusplus
}
#endif
#endif
