/* The store's rows: runs, checkpoints, saved states. */
#include "io/store_sql.h"

#include "core/status.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- metrics */

const gt_csv_column *gt_store_metric_column(int index) {
    for (const gt_csv_column *column = gt_metrics_columns; column->name != NULL; column++)
        if (column->kind == GT_CSV_DOUBLE && index-- == 0) return column;
    return NULL;
}

const char *gt_store_metric_name(int index) {
    const gt_csv_column *column = gt_store_metric_column(index);
    return column != NULL ? column->name : NULL;
}

double gt_store_metric(const gt_metrics *row, int index) {
    double value;
    memcpy(&value, (const char *)row + gt_store_metric_column(index)->offset, sizeof value);
    return value;
}

/* ---------------------------------------------------------------- statements */

static const char put_run[] = "UPDATE run SET finished = 1, outcome = ?2, distance = ?3, n_checkpoints = ?4, n_converged = ?5, "
                              "n_relapses = ?6, first_converged = ?7, first_relapse = ?8, diverged_at = ?9, digest = ?10, "
                              "converged = ?11 WHERE run = ?1";

static const char *const sql_of[GT_STORE_N_STATEMENTS] = {
    [GT_STORE_BEGIN] = "BEGIN",
    [GT_STORE_COMMIT] = "COMMIT",
    [GT_STORE_ROLLBACK] = "ROLLBACK",
    [GT_STORE_PUT_STATE] = "INSERT OR REPLACE INTO state VALUES (?, ?, ?)",
    [GT_STORE_PUT_RUN] = put_run,
    [GT_STORE_PUT_TIME] = "INSERT OR REPLACE INTO time VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
    [GT_STORE_DROP_STATE] = "DELETE FROM state WHERE run = ?",
    [GT_STORE_GET_ROW] = "SELECT * FROM checkpoint WHERE iteration = ? AND run = ?",
    [GT_STORE_GET_STATE] = "SELECT state FROM state WHERE run = ?",
    [GT_STORE_GET_STATE_ITERATION] = "SELECT iteration FROM state WHERE run = ?",
};

enum { ROW_HEAD = 4 /* columns of checkpoint before its metrics */ };

static gt_status prepare_put_row(gt_store *store) {
    sqlite3_str *sql = sqlite3_str_new(store->db);
    sqlite3_str_appendall(sql, "INSERT INTO checkpoint VALUES (?, ?, ?, ?");
    for (int i = 0; gt_store_metric_column(i) != NULL; i++) sqlite3_str_appendall(sql, ", ?");
    sqlite3_str_appendchar(sql, 1, ')');
    char *text = sqlite3_str_finish(sql);
    if (text == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a statement");
    gt_status status = gt_store_prepare(store, text, &store->statements[GT_STORE_PUT_ROW]);
    sqlite3_free(text);
    return status;
}

/* The statement, ready for its values. */
static gt_status take(gt_store *store, gt_store_statement which, sqlite3_stmt **out) {
    sqlite3_stmt **statement = &store->statements[which];
    if (*statement == NULL)
        GT_TRY(which == GT_STORE_PUT_ROW ? prepare_put_row(store) : gt_store_prepare(store, sql_of[which], statement));
    sqlite3_reset(*statement);
    *out = *statement;
    return GT_OK;
}

/* To its end. It is reset, for one that stands open keeps its transaction. */
static gt_status run(gt_store *store, sqlite3_stmt *statement) {
    bool row;
    gt_status status = gt_store_step(store, statement, &row);
    sqlite3_reset(statement);
    return status;
}

static gt_status run_plain(gt_store *store, gt_store_statement which) {
    sqlite3_stmt *statement;
    GT_TRY(take(store, which, &statement));
    return run(store, statement);
}

gt_status gt_store_begin(gt_store *store) { return run_plain(store, GT_STORE_BEGIN); }

gt_status gt_store_commit(gt_store *store) { return run_plain(store, GT_STORE_COMMIT); }

/* After a full disk SQLite has done it already. */
void gt_store_rollback(gt_store *store) {
    if (sqlite3_get_autocommit(store->db) == 0) sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---------------------------------------------------------------- writing */

static void bind_number(sqlite3_stmt *statement, int at, uint64_t value) {
    sqlite3_bind_int64(statement, at, (sqlite3_int64)value);
}

static void bind_or_null(sqlite3_stmt *statement, int at, bool is, uint64_t value) {
    if (is)
        bind_number(statement, at, value);
    else
        sqlite3_bind_null(statement, at);
}

gt_status gt_store_put_row(gt_store *store, uint64_t run_id, const gt_metrics *row, bool converged) {
    sqlite3_stmt *statement;
    int at = ROW_HEAD;
    GT_TRY(take(store, GT_STORE_PUT_ROW, &statement));
    bind_number(statement, 1, row->iteration);
    bind_number(statement, 2, run_id);
    bind_number(statement, 3, converged);
    bind_or_null(statement, 4, row->diverged, row->diverged_at);
    for (const gt_csv_column *column = gt_metrics_columns; column->name != NULL; column++) {
        double value;
        if (column->kind != GT_CSV_DOUBLE) continue;
        memcpy(&value, (const char *)row + column->offset, sizeof value);
        sqlite3_bind_double(statement, ++at, value); /* SQLite makes NULL of NaN */
    }
    return run(store, statement);
}

gt_status gt_store_put_state(gt_store *store, uint64_t run_id, uint64_t iteration, const void *state, size_t bytes) {
    sqlite3_stmt *statement;
    GT_TRY(take(store, GT_STORE_PUT_STATE, &statement));
    bind_number(statement, 1, run_id);
    bind_number(statement, 2, iteration);
    sqlite3_bind_blob64(statement, 3, state, bytes, SQLITE_STATIC);
    return run(store, statement);
}

gt_status gt_store_put_run(gt_store *store, const gt_store_run *of) {
    const gt_study_result *result = &of->result;
    const gt_judge *judge = &result->judge;
    sqlite3_stmt *statement;
    GT_TRY(take(store, GT_STORE_PUT_RUN, &statement));
    bind_number(statement, 1, of->run);
    sqlite3_bind_text(statement, 2, gt_outcome_name(result->outcome), -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, 3, result->distance);
    bind_number(statement, 4, judge->n_checkpoints);
    bind_number(statement, 5, judge->n_converged);
    bind_number(statement, 6, judge->n_relapses);
    bind_or_null(statement, 7, judge->first_converged > 0, judge->first_converged);
    bind_or_null(statement, 8, judge->first_relapse > 0, judge->first_relapse);
    bind_or_null(statement, 9, result->diverged, result->diverged_at);
    sqlite3_bind_text(statement, 10, result->digest, -1, SQLITE_STATIC);
    bind_number(statement, 11, judge->recent & 1);
    GT_TRY(run(store, statement));
    GT_TRY(take(store, GT_STORE_PUT_TIME, &statement));
    bind_number(statement, 1, of->run);
    sqlite3_bind_double(statement, 2, result->seconds);
    GT_TRY(run(store, statement));
    GT_TRY(take(store, GT_STORE_DROP_STATE, &statement));
    bind_number(statement, 1, of->run);
    return run(store, statement);
}

/* ---------------------------------------------------------------- reading runs */

static gt_outcome outcome_named(const char *name) {
    for (int k = 0; name != NULL && k < GT_N_OUTCOMES; k++)
        if (strcmp(gt_outcome_name((gt_outcome)k), name) == 0) return (gt_outcome)k;
    return GT_N_OUTCOMES;
}

static uint64_t number_at(sqlite3_stmt *statement, int column) { return (uint64_t)sqlite3_column_int64(statement, column); }

static gt_status read_run(gt_store *store, sqlite3_stmt *statement, gt_store_run *out) {
    const gt_study_plan *plan = &store->study.plan;
    *out = (gt_store_run){.run = number_at(statement, 0),
                          .setting = (size_t)number_at(statement, 1),
                          .seed = number_at(statement, 2),
                          .finished = sqlite3_column_int(statement, 3) != 0};
    if (out->setting >= plan->n_settings || out->seed < plan->first_seed || out->seed - plan->first_seed >= plan->n_seeds ||
        out->run != gt_study_run_id(plan, out->setting, out->seed))
        return gt_store_damaged(store, "a run is not one of the study's");
    if (!out->finished) return GT_OK;
    const char *digest = (const char *)sqlite3_column_text(statement, 12);
    gt_study_result *result = &out->result;
    *result = (gt_study_result){
        .judge = {.n_checkpoints = number_at(statement, 6),
                  .n_converged = number_at(statement, 7),
                  .n_relapses = number_at(statement, 8),
                  .first_converged = number_at(statement, 9),
                  .first_relapse = number_at(statement, 10),
                  .recent = number_at(statement, 13)},
        .outcome = outcome_named((const char *)sqlite3_column_text(statement, 4)),
        .distance = sqlite3_column_type(statement, 5) == SQLITE_NULL ? INFINITY : sqlite3_column_double(statement, 5),
        .diverged = sqlite3_column_type(statement, 11) != SQLITE_NULL,
        .diverged_at = number_at(statement, 11),
    };
    if (result->outcome == GT_N_OUTCOMES || digest == NULL || strlen(digest) != GT_DIGEST_CHARS - 1)
        return gt_store_damaged(store, "a run has no outcome or no digest");
    memcpy(result->digest, digest, GT_DIGEST_CHARS);
    return GT_OK;
}

gt_status gt_store_read_runs(gt_store *store, gt_store_run **runs, size_t *n) {
    sqlite3_stmt *statement;
    size_t capacity = 0;
    bool row = true;
    *runs = NULL;
    *n = 0;
    GT_TRY(gt_store_prepare(store,
                            "SELECT run, setting, seed, finished, outcome, distance, n_checkpoints, n_converged, n_relapses, "
                            "first_converged, first_relapse, diverged_at, digest, converged FROM run ORDER BY run",
                            &statement));
    gt_status status = GT_OK;
    while ((status = gt_store_step(store, statement, &row)) == GT_OK && row) {
        if (*n == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 1024;
            gt_store_run *more = realloc(*runs, capacity * sizeof *more);
            if (more == NULL) {
                status = gt_fail(GT_ERR_MEMORY, "no memory for %zu runs", capacity);
                break;
            }
            *runs = more;
        }
        if ((status = read_run(store, statement, &(*runs)[*n])) != GT_OK) break;
        ++*n;
    }
    sqlite3_finalize(statement);
    if (status == GT_OK) return GT_OK;
    free(*runs);
    *runs = NULL;
    return status;
}

/* ---------------------------------------------------------------- reading checkpoints */

/* SELECT * FROM checkpoint. */
static void read_row(const gt_store *store, sqlite3_stmt *statement, uint64_t *run_id, gt_metrics *row) {
    const gt_evaluate_options *evaluate = &store->study.plan.evaluate;
    int at = ROW_HEAD;
    *run_id = number_at(statement, 1);
    *row = (gt_metrics){.iteration = number_at(statement, 0),
                        .diverged = sqlite3_column_type(statement, 3) != SQLITE_NULL,
                        .diverged_at = number_at(statement, 3),
                        .n_accuracy = evaluate->n_accuracy,
                        .n_samples = evaluate->n_samples,
                        .n_energy = evaluate->n_energy};
    for (const gt_csv_column *column = gt_metrics_columns; column->name != NULL; column++) {
        if (column->kind != GT_CSV_DOUBLE) continue;
        const double value =
            sqlite3_column_type(statement, at) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(statement, at);
        memcpy((char *)row + column->offset, &value, sizeof value);
        at++;
    }
}

gt_status gt_store_each_row(gt_store *store, gt_store_row_visitor visit, void *context) {
    sqlite3_stmt *statement;
    bool found;
    GT_TRY(gt_store_prepare(store, "SELECT * FROM checkpoint ORDER BY iteration, run", &statement));
    gt_status status;
    while ((status = gt_store_step(store, statement, &found)) == GT_OK && found) {
        uint64_t run_id;
        gt_metrics row;
        read_row(store, statement, &run_id, &row);
        if ((status = visit(context, run_id, &row)) != GT_OK) break;
    }
    sqlite3_finalize(statement);
    return status;
}

/* The table is sorted by iteration, so one look for each scheduled one. */
gt_status gt_store_read_run_rows(gt_store *store, uint64_t run_id, gt_metrics **rows, size_t *n) {
    const gt_study_plan *plan = &store->study.plan;
    const uint64_t n_scheduled = (plan->iterations + plan->eval_every - 1) / plan->eval_every;
    sqlite3_stmt *statement;
    gt_status status = GT_OK;
    *n = 0;
    *rows = malloc((size_t)n_scheduled * sizeof **rows);
    if (*rows == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the checkpoints of a run");
    for (uint64_t k = 1; status == GT_OK && k <= n_scheduled; k++) {
        bool found = false;
        uint64_t id;
        if ((status = take(store, GT_STORE_GET_ROW, &statement)) != GT_OK) break;
        bind_number(statement, 1, k * plan->eval_every < plan->iterations ? k * plan->eval_every : plan->iterations);
        bind_number(statement, 2, run_id);
        status = gt_store_step(store, statement, &found);
        if (found) read_row(store, statement, &id, &(*rows)[(*n)++]);
        sqlite3_reset(statement);
        if (!found) break;
    }
    if (status == GT_OK) return GT_OK;
    free(*rows);
    *rows = NULL;
    return status;
}

/* ---------------------------------------------------------------- going on */

gt_status gt_store_state_iteration(gt_store *store, uint64_t run_id, uint64_t *iteration) {
    sqlite3_stmt *statement;
    bool found;
    GT_TRY(take(store, GT_STORE_GET_STATE_ITERATION, &statement));
    bind_number(statement, 1, run_id);
    gt_status status = gt_store_step(store, statement, &found);
    *iteration = status == GT_OK && found ? number_at(statement, 0) : 0;
    sqlite3_reset(statement);
    return status;
}

gt_status gt_store_get_state(gt_store *store, uint64_t run_id, void *state, size_t bytes) {
    sqlite3_stmt *statement;
    bool found;
    GT_TRY(take(store, GT_STORE_GET_STATE, &statement));
    bind_number(statement, 1, run_id);
    gt_status status = gt_store_step(store, statement, &found);
    if (status == GT_OK && (!found || (size_t)sqlite3_column_bytes(statement, 0) != bytes))
        status = gt_store_damaged(store, "a saved state has another size than its run's");
    else if (status == GT_OK)
        memcpy(state, sqlite3_column_blob(statement, 0), bytes);
    sqlite3_reset(statement);
    return status;
}

gt_status gt_store_drop_rows_ahead(gt_store *store) {
    return gt_store_execute(store,
                            "DELETE FROM checkpoint WHERE run IN (SELECT run FROM run WHERE NOT finished) AND iteration > "
                            "coalesce((SELECT iteration FROM state WHERE state.run = checkpoint.run), 0)");
}
