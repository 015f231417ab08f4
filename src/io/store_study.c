/* What a study is: the store's schema, and the tables study, fact, setting, axis, axis_value. */
#include "io/store_sql.h"

#include "core/spec_json.h"
#include "core/status.h"
#include "core/target_data.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* docs/file-formats.md explains it. */
static const char tables[] =
    "CREATE TABLE study (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE setting (setting INTEGER PRIMARY KEY, spec TEXT NOT NULL);"
    "CREATE TABLE axis (axis INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE axis_value (setting INTEGER, axis INTEGER, value TEXT NOT NULL, PRIMARY KEY (setting, axis)) WITHOUT ROWID;"
    "CREATE TABLE run (run INTEGER PRIMARY KEY, setting INTEGER NOT NULL, seed INTEGER NOT NULL, finished INTEGER NOT NULL,"
    " outcome TEXT, converged INTEGER, distance REAL, n_checkpoints INTEGER, n_converged INTEGER, n_relapses INTEGER, "
    "first_converged INTEGER,"
    " first_relapse INTEGER, diverged_at INTEGER, digest TEXT);"
    "CREATE TABLE time (run INTEGER PRIMARY KEY, seconds REAL NOT NULL, finished_at TEXT NOT NULL);"
    "CREATE TABLE state (run INTEGER PRIMARY KEY, iteration INTEGER NOT NULL, state BLOB NOT NULL);";

gt_status gt_store_create_tables(gt_store *store) {
    const gt_csv_column *column;
    GT_TRY(gt_store_execute(store, tables));
    sqlite3_str *sql = sqlite3_str_new(store->db);
    sqlite3_str_appendall(sql, "CREATE TABLE checkpoint (iteration INTEGER, run INTEGER, converged INTEGER, "
                               "diverged_at INTEGER");
    for (int i = 0; (column = gt_store_metric_column(i)) != NULL; i++) sqlite3_str_appendf(sql, ", %s REAL", column->name);
    sqlite3_str_appendall(sql, ", PRIMARY KEY (iteration, run)) WITHOUT ROWID");
    char *text = sqlite3_str_finish(sql);
    gt_status status = text != NULL ? gt_store_execute(store, text) : gt_fail(GT_ERR_MEMORY, "no memory for a schema");
    sqlite3_free(text);
    return status;
}

/* ---------------------------------------------------------------- writing */

static gt_status run_once(gt_store *store, sqlite3_stmt *statement) {
    bool row;
    gt_status status = gt_store_step(store, statement, &row);
    sqlite3_finalize(statement);
    return status;
}

static gt_status put_text(gt_store *store, const char *key, const char *value) {
    sqlite3_stmt *statement;
    GT_TRY(gt_store_prepare(store, "INSERT INTO study VALUES (?, ?)", &statement));
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
    return run_once(store, statement);
}

static gt_status put_number(gt_store *store, const char *key, uint64_t value) {
    sqlite3_stmt *statement;
    GT_TRY(gt_store_prepare(store, "INSERT INTO study VALUES (?, ?)", &statement));
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)value);
    return run_once(store, statement);
}

/* The points of a data target, float32, or its images, a byte a value; row-major. */
static gt_status put_points(gt_store *store, const gt_target_spec *target) {
    sqlite3_stmt *statement;
    if (target->n_points == 0) return GT_OK;
    GT_TRY(gt_store_prepare(store, "INSERT INTO study VALUES ('points', ?)", &statement));
    if (sqlite3_bind_blob64(statement, 1, gt_target_data(target), gt_target_data_bytes(target), SQLITE_STATIC) != SQLITE_OK) {
        sqlite3_finalize(statement);
        return gt_fail(GT_ERR_ARGUMENT, "%zu points are more than a study's file holds; take fewer than 1 GB of them",
                       target->n_points);
    }
    return run_once(store, statement);
}

static gt_status put_setting(gt_store *store, size_t setting, const gt_spec *spec) {
    char json[GT_SPEC_JSON_CHARS];
    sqlite3_stmt *statement;
    GT_TRY(gt_spec_to_json(spec, json));
    GT_TRY(gt_store_prepare(store, "INSERT INTO setting VALUES (?, ?)", &statement));
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)setting);
    sqlite3_bind_text(statement, 2, json, -1, SQLITE_STATIC);
    return run_once(store, statement);
}

static gt_status put_axis(gt_store *store, size_t axis, const gt_store_axis *of, size_t n_settings) {
    sqlite3_stmt *statement;
    GT_TRY(gt_store_prepare(store, "INSERT INTO axis VALUES (?, ?)", &statement));
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)axis);
    sqlite3_bind_text(statement, 2, of->name, -1, SQLITE_STATIC);
    GT_TRY(run_once(store, statement));
    for (size_t s = 0; s < n_settings; s++) {
        GT_TRY(gt_store_prepare(store, "INSERT INTO axis_value VALUES (?, ?, ?)", &statement));
        sqlite3_bind_int64(statement, 1, (sqlite3_int64)s);
        sqlite3_bind_int64(statement, 2, (sqlite3_int64)axis);
        sqlite3_bind_text(statement, 3, of->values[s], -1, SQLITE_STATIC);
        GT_TRY(run_once(store, statement));
    }
    return GT_OK;
}

/* A row for each run of the shard, not finished yet. */
static gt_status put_runs(gt_store *store, const gt_study_plan *plan) {
    uint64_t first, end;
    sqlite3_stmt *statement;
    gt_status status = GT_OK;
    gt_study_shard(plan, &first, &end);
    GT_TRY(gt_store_prepare(store, "INSERT INTO run (run, setting, seed, finished) VALUES (?, ?, ?, 0)", &statement));
    for (size_t s = 0; status == GT_OK && s < plan->n_settings; s++)
        for (uint64_t seed = plan->first_seed + first; status == GT_OK && seed < plan->first_seed + end; seed++) {
            bool row;
            sqlite3_reset(statement);
            sqlite3_bind_int64(statement, 1, (sqlite3_int64)gt_study_run_id(plan, s, seed));
            sqlite3_bind_int64(statement, 2, (sqlite3_int64)s);
            sqlite3_bind_int64(statement, 3, (sqlite3_int64)seed);
            status = gt_store_step(store, statement, &row);
        }
    sqlite3_finalize(statement);
    return status;
}

gt_status gt_store_write_study(gt_store *store, const gt_store_study *study) {
    const gt_study_plan *plan = &study->plan;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"first_seed", plan->first_seed},
        {"n_seeds", plan->n_seeds},
        {"shard", plan->shard},
        {"n_shards", plan->n_shards},
        {"iterations", plan->iterations},
        {"eval_every", plan->eval_every},
        {"n_samples", (uint64_t)plan->evaluate.n_samples},
        {"n_accuracy", (uint64_t)plan->evaluate.n_accuracy},
        {"n_energy", (uint64_t)plan->evaluate.n_energy},
    };
    GT_TRY(put_text(store, "name", study->name));
    GT_TRY(put_text(store, "command", study->command));
    GT_TRY(put_text(store, "version", study->version));
    GT_TRY(put_text(store, "keep_weights", study->keep_weights));
    GT_TRY(put_text(store, "engine", gt_engine_kind_name(plan->arithmetic.engine)));
    GT_TRY(put_text(store, "precision", gt_precision_name(plan->arithmetic.precision)));
    GT_TRY(put_text(store, "rng", gt_rng_name(plan->arithmetic.rng)));
    GT_TRY(gt_store_set_fact(store, "created", study->created));
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) GT_TRY(put_number(store, numbers[k].key, numbers[k].value));
    GT_TRY(put_points(store, &plan->settings[0].target));
    for (size_t s = 0; s < plan->n_settings; s++) GT_TRY(put_setting(store, s, &plan->settings[s]));
    for (size_t a = 0; a < study->n_axes; a++) GT_TRY(put_axis(store, a, &study->axes[a], plan->n_settings));
    return put_runs(store, plan);
}

gt_status gt_store_set_fact(gt_store *store, const char *key, const char *value) {
    sqlite3_stmt *statement;
    GT_TRY(gt_store_prepare(store, "INSERT OR REPLACE INTO fact VALUES (?, ?)", &statement));
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
    return run_once(store, statement);
}

gt_status gt_store_get_fact(gt_store *store, const char *key, char **value) {
    sqlite3_stmt *statement;
    bool row;
    *value = NULL;
    GT_TRY(gt_store_prepare(store, "SELECT value FROM fact WHERE key = ?", &statement));
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    gt_status status = gt_store_step(store, statement, &row);
    const char *text = status == GT_OK && row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (text != NULL && (*value = strdup(text)) == NULL) status = gt_fail(GT_ERR_MEMORY, "no memory for a fact of a study");
    sqlite3_finalize(statement);
    return status;
}

/* ---------------------------------------------------------------- reading */

static gt_status no_memory(const gt_store *store) { return gt_fail(GT_ERR_MEMORY, "no memory for %s", store->path); }

/* The value of a key of `study`, or of a query with one column; the caller finalizes *statement. */
static gt_status find(gt_store *store, const char *key, sqlite3_stmt **statement) {
    bool row = false;
    GT_TRY(gt_store_prepare(store, "SELECT value FROM study WHERE key = ?", statement));
    sqlite3_bind_text(*statement, 1, key, -1, SQLITE_STATIC);
    gt_status status = gt_store_step(store, *statement, &row);
    if (status == GT_OK && !row) {
        char what[64];
        snprintf(what, sizeof what, "it has no %s", key);
        status = gt_store_damaged(store, what);
    }
    if (status != GT_OK) sqlite3_finalize(*statement);
    return status;
}

static gt_status get_text(gt_store *store, const char *key, const char **out) {
    sqlite3_stmt *statement;
    GT_TRY(find(store, key, &statement));
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    *out = gt_store_keep_text(store, text != NULL ? text : "");
    sqlite3_finalize(statement);
    return *out != NULL ? GT_OK : no_memory(store);
}

static gt_status get_number(gt_store *store, const char *key, uint64_t max, uint64_t *out) {
    sqlite3_stmt *statement;
    GT_TRY(find(store, key, &statement));
    const sqlite3_int64 value = sqlite3_column_int64(statement, 0);
    const bool right = sqlite3_column_type(statement, 0) == SQLITE_INTEGER && value >= 0 && (uint64_t)value <= max;
    sqlite3_finalize(statement);
    *out = (uint64_t)value;
    return right ? GT_OK : gt_store_damaged(store, "a number of the study is impossible");
}

static gt_status read_points(gt_store *store, gt_target_spec *target) {
    sqlite3_stmt *statement;
    const size_t bytes = gt_target_data_bytes(target);
    if (target->n_points == 0) return GT_OK;
    GT_TRY(find(store, "points", &statement));
    gt_status status = GT_OK;
    if ((size_t)sqlite3_column_bytes(statement, 0) != bytes || bytes == 0)
        status = gt_store_damaged(store, "its points are not as many as its settings say");
    else if ((store->points = malloc(bytes)) == NULL)
        status = no_memory(store);
    else
        memcpy(store->points, sqlite3_column_blob(statement, 0), bytes);
    sqlite3_finalize(statement);
    return status;
}

static gt_status damaged_setting(const gt_store *store) {
    char why[256];
    snprintf(why, sizeof why, "%s", gt_last_error());
    return gt_store_damaged(store, why);
}

static gt_status read_settings(gt_store *store) {
    gt_study_plan *plan = &store->study.plan;
    sqlite3_stmt *statement;
    bool row = false;
    uint64_t n;
    GT_TRY(gt_store_count(store, "SELECT count(*) FROM setting", &n));
    plan->n_settings = (size_t)n;
    if (plan->n_settings == 0) return gt_store_damaged(store, "it has no settings");
    if (plan->n_seeds > GT_STUDY_MAX_RUNS / plan->n_settings)
        return gt_store_damaged(store, "it has more runs than a study can have");
    store->settings = calloc(plan->n_settings, sizeof *store->settings);
    if (store->settings == NULL) return no_memory(store);
    plan->settings = store->settings;
    GT_TRY(gt_store_prepare(store, "SELECT spec, setting FROM setting ORDER BY setting", &statement));
    gt_status status = GT_OK;
    for (size_t s = 0; status == GT_OK && s < plan->n_settings; s++) {
        status = gt_store_step(store, statement, &row);
        if (status != GT_OK) break;
        const char *json = row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        if (row && sqlite3_column_int64(statement, 1) != (sqlite3_int64)s)
            status = gt_store_damaged(store, "a setting is missing");
        else if (json == NULL || gt_spec_from_json(json, &store->settings[s]) != GT_OK)
            status = damaged_setting(store);
    }
    sqlite3_finalize(statement);
    if (status == GT_OK) status = read_points(store, &store->settings[0].target);
    for (size_t s = 0; status == GT_OK && s < plan->n_settings; s++) {
        gt_target_spec *target = &store->settings[s].target;
        if (target->n_points != store->settings[0].target.n_points ||
            gt_target_data_bytes(target) != gt_target_data_bytes(&store->settings[0].target))
            return gt_store_damaged(store, "its settings have different points");
        gt_target_set_data(target, store->points);
        if (gt_spec_check(&store->settings[s]) != GT_OK) status = damaged_setting(store);
    }
    return status;
}

static gt_status read_axis(gt_store *store, size_t axis, sqlite3_stmt *values) {
    const size_t n = store->study.plan.n_settings;
    const char **texts = calloc(n, sizeof *texts);
    gt_status status = texts != NULL ? GT_OK : no_memory(store);
    for (size_t s = 0; status == GT_OK && s < n; s++) {
        bool row;
        sqlite3_reset(values);
        sqlite3_bind_int64(values, 1, (sqlite3_int64)axis);
        sqlite3_bind_int64(values, 2, (sqlite3_int64)s);
        status = gt_store_step(store, values, &row);
        if (status == GT_OK && !row) status = gt_store_damaged(store, "a swept flag lacks a value");
        if (status == GT_OK && (texts[s] = gt_store_keep_text(store, (const char *)sqlite3_column_text(values, 0))) == NULL)
            status = no_memory(store);
    }
    store->axes[axis].values = texts; /* freed when the store is closed */
    return status;
}

static gt_status read_axes(gt_store *store) {
    sqlite3_stmt *names, *values = NULL;
    bool row;
    uint64_t n;
    GT_TRY(gt_store_count(store, "SELECT count(*) FROM axis", &n));
    store->study.n_axes = (size_t)n;
    store->axes = calloc(store->study.n_axes + 1, sizeof *store->axes);
    if (store->axes == NULL) return no_memory(store);
    store->study.axes = store->axes;
    GT_TRY(gt_store_prepare(store, "SELECT name FROM axis ORDER BY axis", &names));
    gt_status status = gt_store_prepare(store, "SELECT value FROM axis_value WHERE axis = ? AND setting = ?", &values);
    for (size_t a = 0; status == GT_OK && a < store->study.n_axes; a++) {
        status = gt_store_step(store, names, &row);
        if (status == GT_OK && row)
            store->axes[a].name = gt_store_keep_text(store, (const char *)sqlite3_column_text(names, 0));
        if (status == GT_OK && store->axes[a].name == NULL) status = no_memory(store);
        if (status == GT_OK) status = read_axis(store, a, values);
    }
    sqlite3_finalize(names);
    sqlite3_finalize(values);
    return status;
}

static const char *engine_name(int index) { return gt_engine_kind_name((gt_engine_kind)index); }
static const char *precision_name(int index) { return gt_precision_name((gt_precision)index); }
static const char *rng_name(int index) { return gt_rng_name((gt_rng)index); }

/* One of n names by its number; 0 where the key is not there, as in stores of earlier versions. */
static gt_status get_choice(gt_store *store, const char *key, const char *(*name)(int index), int n, int *out) {
    const char *text;
    uint64_t there;
    char query[64], what[64];
    snprintf(query, sizeof query, "SELECT count(*) FROM study WHERE key = '%s'", key);
    *out = 0;
    GT_TRY(gt_store_count(store, query, &there));
    if (there == 0) return GT_OK;
    GT_TRY(get_text(store, key, &text));
    while (*out < n && strcmp(name(*out), text) != 0) ++*out;
    snprintf(what, sizeof what, "its %s is unknown", key);
    return *out < n ? GT_OK : gt_store_damaged(store, what);
}

static gt_status read_arithmetic(gt_store *store, gt_study_arithmetic *out) {
    int engine, precision, rng;
    GT_TRY(get_choice(store, "engine", engine_name, GT_N_ENGINES, &engine));
    GT_TRY(get_choice(store, "precision", precision_name, GT_N_PRECISIONS, &precision));
    GT_TRY(get_choice(store, "rng", rng_name, GT_N_RNGS, &rng));
    *out = (gt_study_arithmetic){(gt_engine_kind)engine, (gt_precision)precision, (gt_rng)rng};
    return GT_OK;
}

gt_status gt_store_read_study(gt_store *store) {
    gt_store_study *study = &store->study;
    gt_study_plan *plan = &study->plan;
    uint64_t samples[3];
    char *created = NULL;
    GT_TRY(gt_store_execute(store, "SELECT 1 FROM run, state, checkpoint LIMIT 0")); /* they are there */
    GT_TRY(get_text(store, "name", &study->name));
    GT_TRY(get_text(store, "command", &study->command));
    GT_TRY(get_text(store, "version", &study->version));
    GT_TRY(get_text(store, "keep_weights", &study->keep_weights));
    GT_TRY(gt_store_get_fact(store, "created", &created));
    study->created = gt_store_keep_text(store, created != NULL ? created : "");
    free(created);
    if (study->created == NULL) return no_memory(store);
    GT_TRY(get_number(store, "first_seed", INT64_MAX, &plan->first_seed));
    GT_TRY(get_number(store, "n_seeds", INT64_MAX - plan->first_seed, &plan->n_seeds));
    GT_TRY(get_number(store, "n_shards", plan->n_seeds, &plan->n_shards));
    GT_TRY(get_number(store, "shard", plan->n_shards - 1, &plan->shard));
    GT_TRY(get_number(store, "iterations", GT_MAX_ITERATIONS, &plan->iterations));
    GT_TRY(get_number(store, "eval_every", GT_MAX_ITERATIONS, &plan->eval_every));
    GT_TRY(get_number(store, "n_samples", INT32_MAX, &samples[0]));
    GT_TRY(get_number(store, "n_accuracy", INT32_MAX, &samples[1]));
    GT_TRY(get_number(store, "n_energy", INT32_MAX, &samples[2]));
    if (plan->n_shards == 0 || plan->iterations == 0 || plan->eval_every == 0 || samples[0] == 0 || samples[1] == 0)
        return gt_store_damaged(store, "a number of the study is impossible");
    plan->evaluate = (gt_evaluate_options){(int)samples[0], (int)samples[1], (int)samples[2]};
    GT_TRY(read_arithmetic(store, &plan->arithmetic));
    GT_TRY(read_settings(store));
    return read_axes(store);
}
