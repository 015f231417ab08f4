/* private. The store of a study: one SQLite file (schema and example queries: docs/file-formats.md), in WAL mode, so that it
 * can be read while the study writes it. One process writes a store at a time.
 *
 * store.c creates, opens and locks; store_write.c and store_read.c hold the statements; store_writer.c is the thread that
 * writes while the study computes. Functions give GT_ERR_IO where the disk or SQLite fails, GT_ERR_FILE where the file is no
 * store, of another version, or damaged, and GT_ERR_MEMORY. */
#ifndef GT_IO_STORE_H
#define GT_IO_STORE_H

#include "core/study.h"
#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_store gt_store;

/* One swept flag, and its values under each setting as they were given. */
typedef struct gt_store_axis {
    const char *name;          /* the flag's: "lr" */
    const char *const *values; /* [n_settings], texts as the flag takes them */
} gt_store_axis;

/* What a store holds beside runs. Texts and arrays live as long as the store they are read from. */
typedef struct gt_store_study {
    const char *name;    /* what is trained: "x2" */
    const char *command; /* that repeats the study */
    const char *version; /* of gantry, that made it */
    const char *created; /* UTC, ISO 8601 */
    gt_study_plan plan;  /* points of a data target are the store's */
    const gt_store_axis *axes;
    size_t n_axes;
    const char *keep_weights; /* "none", "all", "worst:10" */
} gt_store_study;

/* A new store; an existing file is not touched, but replaced when `replace`. Locked for writing. GT_ERR_IO: it exists. */
gt_status gt_store_create(const char *path, const gt_store_study *study, bool replace, gt_store **out);

/* An existing one. to_write: locked, GT_ERR_IO where another process has it. A file that is refused is left unchanged. */
gt_status gt_store_open(const char *path, bool to_write, gt_store **out);
gt_status gt_store_close(gt_store *store); /* NULL is fine */

const gt_store_study *gt_store_get_study(const gt_store *store);
const char *gt_store_path(const gt_store *store);

/* Facts about how it was computed, text by key ("device", "machine", "seconds"): the last value counts. NULL: not there. */
gt_status gt_store_set_fact(gt_store *store, const char *key, const char *value);
gt_status gt_store_get_fact(gt_store *store, const char *key, char **value); /* the caller frees */

/* ---------------------------------------------------------------- reading */

typedef struct gt_store_run {
    uint64_t run, seed;
    size_t setting;
    bool finished;          /* the rest only then */
    gt_study_result result; /* of its judge's `recent` only the last checkpoint */
} gt_store_run;

/* All runs in this store, by id; the caller frees *runs. A shard has its own alone. */
gt_status gt_store_read_runs(gt_store *store, gt_store_run **runs, size_t *n);

/* The checkpoints of one run, oldest first; the caller frees *rows. */
gt_status gt_store_read_run_rows(gt_store *store, uint64_t run, gt_metrics **rows, size_t *n);

/* Every checkpoint, by iteration and then by run; a status that isn't GT_OK ends it. */
typedef gt_status (*gt_store_row_visitor)(void *context, uint64_t run, const gt_metrics *row);
gt_status gt_store_each_row(gt_store *store, gt_store_row_visitor visit, void *context);

/* The metrics that are stored: names of columns, which are those of gt_metrics, and their doubles. NULL past the end. */
const char *gt_store_metric_name(int index);
double gt_store_metric(const gt_metrics *row, int index);

/* ---------------------------------------------------------------- writing */

/* A transaction's worth: rows, states, results of a block; begin and commit around them. */
gt_status gt_store_begin(gt_store *store);
gt_status gt_store_commit(gt_store *store);
void gt_store_rollback(gt_store *store);
gt_status gt_store_put_row(gt_store *store, uint64_t run, const gt_metrics *row, bool converged);
gt_status gt_store_put_state(gt_store *store, uint64_t run, uint64_t iteration, const void *state, size_t bytes);
gt_status gt_store_put_run(gt_store *store, const gt_store_run *of); /* finished: its state goes */

/* ---------------------------------------------------------------- going on */

/* The iteration at which the state of a run is saved; 0: none. */
gt_status gt_store_state_iteration(gt_store *store, uint64_t run, uint64_t *iteration);
gt_status gt_store_get_state(gt_store *store, uint64_t run, void *state, size_t bytes);
/* Removes the rows of unfinished runs behind their saved states. */
gt_status gt_store_drop_rows_ahead(gt_store *store);

#ifdef __cplusplus
}
#endif
#endif
