/* The statements of a merge. A part is attached to the connection, and SQLite copies row by row, so memory stays bounded
 * whatever the number of runs is. */
#include "io/store_merge_part.h"

#include "core/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gt_status gt_store_merge_begin(gt_store *merged) {
    return gt_store_execute(merged, "CREATE TEMP TABLE taken (run INTEGER PRIMARY KEY);"
                                    "CREATE TEMP TABLE both (run INTEGER PRIMARY KEY);"
                                    "CREATE TEMP TABLE overlap (run INTEGER PRIMARY KEY);");
}

/* ---------------------------------------------------------------- a part */

/* The path as a URI (sqlite.org/uri.html); the caller frees. NULL: no memory. */
static char *uri_of(const char *path, const char *parameter) {
    static const char digits[] = "0123456789ABCDEF";
    char *uri = malloc(3 * strlen(path) + strlen(parameter) + 16), *at = uri;
    if (uri == NULL) return NULL;
    at += sprintf(at, *path == '/' ? "file://" : "file:");
    for (; *path != '\0'; path++) {
        const unsigned char c = (unsigned char)*path;
        if (strchr("?#%", c) != NULL)
            at += sprintf(at, "%%%c%c", digits[c >> 4], digits[c & 15]);
        else
            *at++ = (char)c;
    }
    sprintf(at, "?%s", parameter);
    return uri;
}

static gt_status attach_as(gt_store *merged, const char *path, const char *parameter, const char *name) {
    char *uri = uri_of(path, parameter),
         *sql = sqlite3_mprintf("ATTACH %Q AS %s; SELECT 1 FROM %s.run LIMIT 1", uri, name, name);
    gt_status status = GT_OK;
    if (uri == NULL || sql == NULL)
        status = gt_fail(GT_ERR_MEMORY, "no memory to read %s", path);
    else if (sqlite3_exec(merged->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        status = gt_fail(GT_ERR_FILE, "can't read %s: %s", path, sqlite3_errmsg(merged->db));
    sqlite3_free(sql);
    free(uri);
    return status;
}

/* Only to read, but a connection that could not write would leave files behind. What lies in a folder that can't be written has
 * no journal, or it could not be read at all. */
static gt_status attach(gt_store *merged, const char *path, const char *name) {
    char detach[32];
    gt_status status = attach_as(merged, path, "mode=rw", name);
    const int code = sqlite3_errcode(merged->db) & 0xff;
    if (status != GT_ERR_FILE || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)) return status;
    snprintf(detach, sizeof detach, "DETACH %s", name);
    sqlite3_exec(merged->db, detach, NULL, NULL, NULL);
    return attach_as(merged, path, "immutable=1", name);
}

/* ---------------------------------------------------------------- runs that were finished twice */

static gt_status find_text(gt_store *merged, const char *sql, sqlite3_int64 run, char **text) {
    sqlite3_stmt *statement;
    bool row;
    *text = NULL;
    GT_TRY(gt_store_prepare(merged, sql, &statement));
    sqlite3_bind_int64(statement, 1, run);
    gt_status status = gt_store_step(merged, statement, &row);
    const char *found = status == GT_OK && row ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (found != NULL && (*text = strdup(found)) == NULL) status = gt_fail(GT_ERR_MEMORY, "no memory for a digest");
    sqlite3_finalize(statement);
    return status;
}

/* The part before k that has the run finished, and its digest of it. */
static gt_status find_other(gt_store *merged, const char *const *parts, size_t k, sqlite3_int64 run, size_t *other,
                            char **digest) {
    *digest = NULL;
    for (*other = 0; *other < k; ++*other) {
        GT_TRY(attach(merged, parts[*other], "other"));
        gt_status status = find_text(merged, "SELECT digest FROM other.run WHERE run = ? AND finished", run, digest);
        if (status == GT_OK) status = gt_store_execute(merged, "DETACH other");
        if (status != GT_OK || *digest != NULL) return status;
    }
    return GT_OK;
}

static gt_status refuse_run(gt_store *merged, const char *const *parts, size_t k, sqlite3_int64 run) {
    size_t other;
    char *where = NULL, *before = NULL, *here = NULL;
    gt_status status =
        find_text(merged, "SELECT printf('setting %d, seed %d', setting, seed) FROM part.run WHERE run = ?", run, &where);
    if (status == GT_OK) status = find_text(merged, "SELECT digest FROM part.run WHERE run = ?", run, &here);
    if (status == GT_OK) status = find_other(merged, parts, k, run, &other, &before);
    if (status == GT_OK && where != NULL && here != NULL && before != NULL)
        status = gt_fail(GT_ERR_FILE,
                         strcmp(here, before) != 0
                             ? "%s and %s differ in %s, which both have finished (digests %s and %s); leave one of them out"
                             : "%s and %s differ in the checkpoints of %s, which both have finished (digests %s and %s); leave "
                               "one of them out",
                         parts[other], parts[k], where, before, here);
    else if (status == GT_OK)
        status = gt_fail(GT_ERR_FILE, "%s is damaged: run %" PRId64 " has no digest", parts[k], (int64_t)run);
    free(where);
    free(before);
    free(here);
    return status;
}

/* The first row of a query, if there is one. */
static gt_status find_run(gt_store *merged, const char *sql, bool *found, sqlite3_int64 *run) {
    sqlite3_stmt *statement;
    GT_TRY(gt_store_prepare(merged, sql, &statement));
    gt_status status = gt_store_step(merged, statement, found);
    *run = status == GT_OK && *found ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return status;
}

/* Exact runs leave no choice: what is finished twice is equal in every column, or a file is wrong. */
static gt_status check_overlap(gt_store *merged, const char *const *parts, size_t k) {
    static const char *const differing[] = {
        "SELECT run FROM (SELECT * FROM part.run WHERE run IN both EXCEPT SELECT * FROM main.run)",
        "SELECT run FROM (SELECT * FROM part.checkpoint WHERE run IN both EXCEPT SELECT * FROM main.checkpoint WHERE run IN "
        "both)",
        "SELECT run FROM (SELECT * FROM main.checkpoint WHERE run IN both EXCEPT SELECT * FROM part.checkpoint WHERE run IN "
        "both)",
    };
    bool found;
    sqlite3_int64 run;
    GT_TRY(gt_store_execute(merged,
                            "DELETE FROM both; INSERT INTO both SELECT p.run FROM part.run p JOIN main.run m USING (run) "
                            "WHERE p.finished AND m.finished; INSERT OR IGNORE INTO overlap SELECT run FROM both"));
    GT_TRY(find_run(merged, "SELECT run FROM both LIMIT 1", &found, &run));
    if (!found) return GT_OK;
    for (size_t d = 0; d < sizeof differing / sizeof *differing; d++) {
        GT_TRY(find_run(merged, differing[d], &found, &run));
        if (found) return refuse_run(merged, parts, k, run);
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- what is taken */

/* A run that is finished wins over one that is not; else the one whose state is of a later iteration. Of a run that is not
 * finished, the rows up to its state are taken, from which it goes on. */
static const char take_runs[] =
    "DELETE FROM taken;"
    "INSERT INTO taken SELECT p.run FROM part.run p JOIN main.run m USING (run) LEFT JOIN part.state s USING (run) "
    "LEFT JOIN main.state t USING (run) "
    "WHERE NOT m.finished AND (p.finished OR coalesce(s.iteration, 0) > coalesce(t.iteration, 0));"
    "DELETE FROM main.checkpoint WHERE EXISTS (SELECT 1 FROM taken JOIN main.state USING (run)) AND run IN taken;"
    "DELETE FROM main.state WHERE run IN taken;"
    "INSERT INTO main.state SELECT * FROM part.state WHERE run IN taken;"
    "INSERT OR REPLACE INTO main.run SELECT * FROM part.run WHERE run IN taken;"
    "INSERT OR REPLACE INTO main.time SELECT * FROM part.time WHERE run IN taken;"
    "INSERT INTO main.checkpoint SELECT c.* FROM part.checkpoint c CROSS JOIN taken t ON t.run = c.run "
    "LEFT JOIN part.state s ON s.run = c.run WHERE s.run IS NULL AND (SELECT finished FROM part.run r WHERE r.run = c.run) "
    "OR c.iteration <= s.iteration;";

static const char take_facts[] =
    "INSERT INTO main.fact SELECT key, value FROM part.fact WHERE true ON CONFLICT (key) DO UPDATE SET value = CASE "
    "WHEN key = 'created' THEN min(value, excluded.value) "
    "WHEN key IN ('seconds', 'writer_seconds') THEN printf('%.3f', value + excluded.value) "
    "WHEN instr('; ' || value || '; ', '; ' || excluded.value || '; ') THEN value "
    "ELSE value || '; ' || excluded.value END;";

gt_status gt_store_merge_take(gt_store *merged, const char *const *parts, size_t k) {
    GT_TRY(attach(merged, parts[k], "part"));
    GT_TRY(check_overlap(merged, parts, k));
    GT_TRY(gt_store_execute(merged, "BEGIN"));
    GT_TRY(gt_store_execute(merged, take_runs));
    GT_TRY(gt_store_execute(merged, take_facts));
    return gt_store_execute(merged, "COMMIT; DETACH part");
}

/* ---------------------------------------------------------------- the sum */

static gt_status add_missing(gt_store_merge_result *result, uint64_t seed) {
    gt_seed_gap *last = result->n_missing > 0 ? &result->missing[result->n_missing - 1] : NULL;
    if (last != NULL && last->end == seed) {
        last->end++;
        return GT_OK;
    }
    gt_seed_gap *more = realloc(result->missing, (result->n_missing + 1) * sizeof *more);
    if (more == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for the seeds that are missing");
    result->missing = more;
    more[result->n_missing++] = (gt_seed_gap){seed, seed + 1};
    return GT_OK;
}

gt_status gt_store_merge_count(gt_store *merged, gt_store_merge_result *result) {
    sqlite3_stmt *seeds;
    bool row;
    GT_TRY(gt_store_count(merged, "SELECT count(*) FROM main.run", &result->n_runs));
    GT_TRY(gt_store_count(merged, "SELECT count(*) FROM main.run WHERE finished", &result->n_finished));
    GT_TRY(gt_store_count(merged, "SELECT count(*) FROM main.state", &result->n_resumable));
    GT_TRY(gt_store_count(merged, "SELECT count(*) FROM overlap", &result->n_overlapping));
    GT_TRY(gt_store_prepare(merged, "SELECT DISTINCT seed FROM main.run WHERE NOT finished ORDER BY seed", &seeds));
    gt_status status;
    while ((status = gt_store_step(merged, seeds, &row)) == GT_OK && row)
        if ((status = add_missing(result, (uint64_t)sqlite3_column_int64(seeds, 0))) != GT_OK) break;
    sqlite3_finalize(seeds);
    return status;
}
