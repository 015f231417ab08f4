/* Merging: whether the parts are of one study, and the file that comes out of them. It is made under another name without a
 * journal, since a half-made one is thrown away, and put in place when it is whole and on the disk. */
#include "io/store_merge.h"

#include "core/status.h"
#include "io/store_difference.h"
#include "io/store_merge_part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static gt_status no_memory(void) { return gt_fail(GT_ERR_MEMORY, "no memory to merge studies"); }

/* ---------------------------------------------------------------- the parts */

static gt_status check_part(const gt_store *first, const char *path) {
    gt_store *part = NULL;
    char *difference = NULL;
    GT_TRY(gt_store_open(path, false, &part));
    gt_status status = gt_study_first_difference(gt_store_get_study(first), gt_store_get_study(part), &difference);
    if (status == GT_OK && difference != NULL)
        status = gt_fail(GT_ERR_ARGUMENT, "%s and %s are not of one study: %s", gt_store_path(first), path, difference);
    free(difference);
    gt_store_close(part);
    return status;
}

/* ---------------------------------------------------------------- the new file */

static char *with_ending(const char *path, const char *ending) {
    char *name = malloc(strlen(path) + strlen(ending) + 1);
    if (name != NULL) sprintf(name, "%s%s", path, ending);
    return name;
}

/* A file of its own, so that two merges at once do not meet. The caller frees. */
static gt_status make_temporary(const char *out, char **temporary) {
    *temporary = with_ending(out, ".merging-XXXXXX");
    const int file = *temporary != NULL ? mkstemp(*temporary) : -1;
    if (file < 0) return *temporary != NULL ? gt_fail(GT_ERR_IO, "can't write %s: %s", out, strerror(errno)) : no_memory();
    close(file);
    return GT_OK;
}

/* What stands at `out` may go: nothing, or with `replace` a store that no one writes. */
static gt_status check_out(const char *out, bool replace) {
    gt_store *old = NULL;
    if (access(out, F_OK) != 0) return GT_OK;
    if (!replace) return gt_fail(GT_ERR_ARGUMENT, "%s exists; name another file (--out), or replace it (--force)", out);
    GT_TRY(gt_store_open(out, true, &old));
    return gt_store_close(old);
}

static gt_status create(const char *path, const gt_store_study *of, const gt_store_merge_options *options) {
    gt_store_study study = *of;
    gt_store *store = NULL;
    study.plan.shard = options->shard;
    study.plan.n_shards = options->n_shards;
    GT_TRY(gt_store_create(path, &study, true, &store));
    return gt_store_close(store);
}

static gt_status open_merged(char *path, gt_store *merged) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI;
    *merged = (gt_store){.path = path, .lock = -1};
    if (sqlite3_open_v2(path, &merged->db, flags, NULL) != SQLITE_OK)
        return merged->db != NULL ? gt_store_fail(merged) : no_memory();
    return gt_store_execute(merged, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768");
}

/* Onto the disk, and then under its name. */
static gt_status put_in_place(const char *temporary, const char *out) {
    const int file = open(temporary, O_RDONLY | O_CLOEXEC);
    const bool flushed = file >= 0 && fsync(file) == 0;
    const int cause = errno;
    if (file >= 0) close(file);
    if (!flushed) return gt_fail(GT_ERR_IO, "can't write %s: %s", out, strerror(cause));
    if (rename(temporary, out) != 0) return gt_fail(GT_ERR_IO, "can't write %s: %s", out, strerror(errno));
    return GT_OK;
}

static void discard(const char *temporary) {
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
        char *name = with_ending(temporary, endings[k]);
        if (name != NULL) unlink(name);
        free(name);
    }
}

static gt_status check_missing(const gt_store_study *study, const gt_store_merge_result *result) {
    if (result->n_missing == 0) return GT_OK;
    char *ranges = gt_seed_gaps_format(result->missing, result->n_missing);
    if (ranges == NULL) return no_memory();
    gt_status status =
        gt_fail(GT_ERR_ARGUMENT,
                "seeds %s of %" PRIu64 ":%" PRIu64 " are missing; give the shards that have them, or merge without "
                "(--allow-missing) and train them then (gantry study --resume)",
                ranges, study->plan.first_seed, study->plan.first_seed + study->plan.n_seeds);
    free(ranges);
    return status;
}

static gt_status fill(gt_store *merged, const char *const *parts, size_t n_parts, gt_store_merge_result *result) {
    GT_TRY(gt_store_merge_begin(merged));
    for (size_t k = 0; k < n_parts; k++) GT_TRY(gt_store_merge_take(merged, parts, k));
    GT_TRY(gt_store_merge_count(merged, result));
    return gt_store_execute(merged, "PRAGMA journal_mode=WAL");
}

static gt_status make(char *temporary, const gt_store_study *study, const char *const *parts, size_t n_parts,
                      const gt_store_merge_options *options, gt_store_merge_result *result) {
    gt_store merged;
    gt_status status = create(temporary, study, options);
    if (status != GT_OK) return status;
    status = open_merged(temporary, &merged);
    if (status == GT_OK) status = fill(&merged, parts, n_parts, result);
    if (sqlite3_close(merged.db) != SQLITE_OK && status == GT_OK) status = gt_store_fail(&merged);
    if (status == GT_OK && !options->allow_missing) status = check_missing(study, result);
    return status;
}

gt_status gt_store_merge(const char *const *parts, size_t n_parts, const char *out, const gt_store_merge_options *options,
                         gt_store_merge_result *result) {
    gt_store *first = NULL;
    *result = (gt_store_merge_result){0};
    GT_TRY(check_out(out, options->replace));
    GT_TRY(gt_store_open(parts[0], false, &first));
    char *temporary = NULL;
    gt_status status = GT_OK;
    for (size_t k = 1; status == GT_OK && k < n_parts; k++) status = check_part(first, parts[k]);
    if (status == GT_OK) status = make_temporary(out, &temporary);
    if (status == GT_OK) status = make(temporary, gt_store_get_study(first), parts, n_parts, options, result);
    gt_store_close(first); /* it may stand where the new one goes */
    if (status == GT_OK) status = put_in_place(temporary, out);
    if (status != GT_OK && temporary != NULL) discard(temporary);
    free(temporary);
    return status;
}

void gt_store_merge_result_free(gt_store_merge_result *result) { free(result->missing); }

char *gt_seed_gaps_format(const gt_seed_gap *ranges, size_t n) {
    enum { SHOWN = 8, CHARS = 48 };
    char *text = malloc((SHOWN + 1) * CHARS), *at = text;
    for (size_t k = 0; text != NULL && k < n && k < SHOWN; k++)
        at += snprintf(at, CHARS, "%s%" PRIu64 ":%" PRIu64, k > 0 ? ", " : "", ranges[k].first, ranges[k].end);
    if (text != NULL && n > SHOWN) snprintf(at, CHARS, " and %zu more ranges", n - SHOWN);
    return text;
}
