/* The store's file: created whole, recognised before it is opened, locked while it is written. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "io/store_sql.h"

#include "core/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Far behind every page, and beside the bytes at 1 GiB that SQLite itself locks. */
#define LOCK_BYTE ((off_t)1 << 62)

enum { BUSY_MS = 10000 }; /* to wait for another process that opens, closes or checkpoints the file */

/* ---------------------------------------------------------------- errors */

gt_status gt_store_fail(const gt_store *store) {
    const int code = sqlite3_errcode(store->db) & 0xff;
    if (code == SQLITE_NOMEM) return gt_fail(GT_ERR_MEMORY, "no memory for %s", store->path);
    /* SQLITE_ERROR: a table or column is missing. */
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR)
        return gt_store_damaged(store, sqlite3_errmsg(store->db));
    const int cause = sqlite3_system_errno(store->db);
    if (code == SQLITE_IOERR && cause != 0)
        return gt_fail(GT_ERR_IO, "%s: %s: %s", store->path, sqlite3_errmsg(store->db), strerror(cause));
    return gt_fail(GT_ERR_IO, "%s: %s", store->path, sqlite3_errmsg(store->db));
}

gt_status gt_store_damaged(const gt_store *store, const char *what) {
    return gt_fail(GT_ERR_FILE, "%s is damaged: %s", store->path, what);
}

static gt_status no_memory(void) { return gt_fail(GT_ERR_MEMORY, "no memory for a study's store"); }

/* ---------------------------------------------------------------- SQL */

gt_status gt_store_execute(gt_store *store, const char *sql) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GT_OK : gt_store_fail(store);
}

gt_status gt_store_prepare(gt_store *store, const char *sql, sqlite3_stmt **out) {
    return sqlite3_prepare_v2(store->db, sql, -1, out, NULL) == SQLITE_OK ? GT_OK : gt_store_fail(store);
}

gt_status gt_store_step(gt_store *store, sqlite3_stmt *statement, bool *row) {
    const int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? GT_OK : gt_store_fail(store);
}

gt_status gt_store_count(gt_store *store, const char *sql, uint64_t *out) {
    sqlite3_stmt *statement;
    bool row;
    GT_TRY(gt_store_prepare(store, sql, &statement));
    gt_status status = gt_store_step(store, statement, &row);
    *out = status == GT_OK && row ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return status;
}

const char *gt_store_keep_text(gt_store *store, const char *text) {
    char **texts = realloc(store->texts, (store->n_texts + 1) * sizeof *texts);
    if (texts == NULL) return NULL;
    store->texts = texts;
    texts[store->n_texts] = strdup(text);
    return texts[store->n_texts] != NULL ? texts[store->n_texts++] : NULL;
}

/* ---------------------------------------------------------------- the file */

static char *beside(const char *path, const char *ending) {
    char *name = malloc(strlen(path) + strlen(ending) + 1);
    if (name != NULL) sprintf(name, "%s%s", path, ending);
    return name;
}

/* Another process may hold it only to write. Open file description locks (fcntl(2)) end with the process, work on network file
 * systems, and leave SQLite's own locks alone. */
static gt_status lock_file(const char *path, int *lock) {
    *lock = open(path, O_RDWR | O_CLOEXEC);
    if (*lock < 0) return gt_fail(GT_ERR_IO, "can't open %s to write: %s", path, strerror(errno));
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
    if (fcntl(*lock, F_OFD_SETLK, &range) == 0) return GT_OK;
    const int cause = errno;
    close(*lock);
    *lock = -1;
    if (cause == EAGAIN || cause == EACCES)
        return gt_fail(GT_ERR_IO, "%s: another process is writing this study; wait for it, or end it", path);
    return gt_fail(GT_ERR_IO, "can't lock %s: %s", path, strerror(cause));
}

static uint32_t big_endian(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

enum { HEADER = 100, PAGE_SIZE = 16, N_PAGES = 28, USER_VERSION = 60, APPLICATION = 68 };

/* Whether it is a store that this version reads, without SQLite, which would change a file that has a journal. Offsets:
 * SQLite's database file format (sqlite.org/fileformat.html, section 1.3). */
static gt_status recognise(const char *path, unsigned char header[HEADER]) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return gt_fail(GT_ERR_FILE, "can't read %s: %s", path, strerror(errno));
    const size_t n = fread(header, 1, HEADER, file);
    const int cause = ferror(file) ? errno : 0;
    fclose(file);
    if (cause != 0) return gt_fail(GT_ERR_FILE, "can't read %s: %s", path, strerror(cause));
    if (n < HEADER || memcmp(header, "SQLite format 3", 16) != 0 || big_endian(header + APPLICATION) != GT_STORE_APPLICATION)
        return gt_fail(GT_ERR_FILE, "%s is no study of gantry; give a file that gantry study wrote", path);
    const uint32_t version = big_endian(header + USER_VERSION);
    if (version != GT_STORE_VERSION)
        return gt_fail(GT_ERR_FILE, "%s has store version %u; gantry %s reads version %d: use the gantry that made it", path,
                       version, gt_version(), GT_STORE_VERSION);
    return GT_OK;
}

static int open_file(gt_store *store, const char *name, int flags) {
    int code = sqlite3_open_v2(name, &store->db, flags, NULL);
    if (code != SQLITE_OK) return code;
    sqlite3_busy_timeout(store->db, BUSY_MS);
    return sqlite3_exec(store->db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL);
}

/* "file:a%20b.sqlite?immutable=1"; sqlite3_free() frees. */
static char *immutable_uri(const char *path) {
    sqlite3_str *uri = sqlite3_str_new(NULL);
    sqlite3_str_appendall(uri, "file:");
    for (; *path != '\0'; path++) sqlite3_str_appendf(uri, strchr("%?#", *path) != NULL ? "%%%02X" : "%c", *path);
    sqlite3_str_appendall(uri, "?immutable=1");
    return sqlite3_str_finish(uri);
}

/* As it stands: nothing is written beside it, nor is any lock looked at. */
static int open_immutable(gt_store *store) {
    char *uri = immutable_uri(store->path);
    const int code = uri != NULL ? open_file(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI) : SQLITE_NOMEM;
    sqlite3_free(uri);
    return code;
}

/* Without a journal no process has the file open, and all of it is there. */
static bool is_at_rest(const char *path) {
    char *wal = beside(path, "-wal");
    const bool none = wal != NULL && access(wal, F_OK) != 0;
    free(wal);
    return none;
}

/* To read, too, it is opened so that it could be written: only such a connection tidies up where it is the last. A file that
 * can't be written, on a medium that can't either, is read as it is. */
static gt_status open_database(gt_store *store, bool to_write) {
    int code = open_file(store, store->path, SQLITE_OPEN_READWRITE);
    if (code == SQLITE_OK && !to_write) code = sqlite3_exec(store->db, "PRAGMA query_only=1", NULL, NULL, NULL);
    if ((code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && !to_write && is_at_rest(store->path)) {
        sqlite3_close(store->db);
        code = open_immutable(store);
    }
    if (store->db == NULL) return no_memory();
    return code == SQLITE_OK ? GT_OK : gt_store_fail(store);
}

/* The structure of the file; a wrong number in a row is not found. */
static gt_status check_structure(gt_store *store) {
    sqlite3_stmt *check;
    bool row = false;
    GT_TRY(gt_store_prepare(store, "PRAGMA quick_check(1)", &check));
    gt_status status = gt_store_step(store, check, &row);
    if (status == GT_OK && (!row || strcmp((const char *)sqlite3_column_text(check, 0), "ok") != 0))
        status = gt_store_damaged(store, row ? (const char *)sqlite3_column_text(check, 0) : "it can't be checked");
    sqlite3_finalize(check);
    return status;
}

static gt_status new_store(const char *path, gt_store **out) {
    gt_store *store = calloc(1, sizeof *store);
    if (store == NULL) return no_memory();
    store->lock = -1;
    store->path = *path == ':' ? beside("./", path) : strdup(path); /* SQLite has names of its own with a colon */
    if (store->path == NULL) {
        free(store);
        return no_memory();
    }
    *out = store;
    return GT_OK;
}

/* SQLite takes a missing end for zeros. */
static gt_status check_length(const gt_store *store, const unsigned char header[HEADER]) {
    const uint32_t size = (uint32_t)header[PAGE_SIZE] << 8 | header[PAGE_SIZE + 1], page = size == 1 ? 65536 : size;
    struct stat of;
    if (stat(store->path, &of) != 0) return gt_fail(GT_ERR_FILE, "can't read %s: %s", store->path, strerror(errno));
    return (uint64_t)of.st_size >= (uint64_t)page * big_endian(header + N_PAGES)
               ? GT_OK
               : gt_store_damaged(store, "its end is missing");
}

/* Opening a file leaves others beside it, so one that is to be refused is not opened: a look at it as it stands. */
static gt_status check_at_rest(const char *path, const unsigned char header[HEADER]) {
    gt_store *store = NULL;
    GT_TRY(new_store(path, &store));
    gt_status status = check_length(store, header);
    if (status == GT_OK && open_immutable(store) != SQLITE_OK) status = store->db != NULL ? gt_store_fail(store) : no_memory();
    if (status == GT_OK) status = check_structure(store);
    if (status == GT_OK) status = gt_store_read_study(store);
    gt_store_close(store);
    return status;
}

gt_status gt_store_open(const char *path, bool to_write, gt_store **out) {
    unsigned char header[HEADER] = {0};
    gt_store *store = NULL;
    gt_status status;
    GT_TRY(recognise(path, header));
    GT_TRY(new_store(path, &store));
    if (to_write) GT_TRY_GOTO(lock_file(path, &store->lock), fail);
    bool checked = is_at_rest(path);
    if (checked) {
        status = check_at_rest(path, header);
        checked = status == GT_OK;
        if (!checked && is_at_rest(path)) goto fail; /* else a process has begun to write it meanwhile */
    }
    GT_TRY_GOTO(open_database(store, to_write), fail);
    if (!checked) GT_TRY_GOTO(check_structure(store), fail);
    GT_TRY_GOTO(gt_store_read_study(store), fail);
    if (to_write) GT_TRY_GOTO(gt_store_execute(store, "PRAGMA synchronous=NORMAL"), fail);
    *out = store;
    return GT_OK;
fail:
    if (store->db != NULL) sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    gt_store_close(store);
    return status;
}

gt_status gt_store_close(gt_store *store) {
    if (store == NULL) return GT_OK;
    for (int s = 0; s < GT_STORE_N_STATEMENTS; s++) sqlite3_finalize(store->statements[s]);
    gt_status status = GT_OK;
    if (store->lock >= 0 && store->db != NULL && sqlite3_db_readonly(store->db, "main") == 0)
        sqlite3_exec(store->db, "PRAGMA incremental_vacuum", NULL, NULL, NULL); /* what saved states took; else it stays */
    if (sqlite3_close(store->db) != SQLITE_OK) status = gt_store_fail(store);
    if (store->lock >= 0) close(store->lock);
    for (size_t t = 0; t < store->n_texts; t++) free(store->texts[t]);
    free(store->texts);
    for (size_t a = 0; store->axes != NULL && a < store->study.n_axes; a++) free((void *)store->axes[a].values);
    free(store->axes);
    free(store->points);
    free(store->settings);
    free(store->path);
    free(store);
    return status;
}

const gt_store_study *gt_store_get_study(const gt_store *store) { return &store->study; }

const char *gt_store_path(const gt_store *store) { return store->path; }

/* ---------------------------------------------------------------- creating */

/* What stands at path may be replaced: nothing, an empty file, or with `replace` a store that nobody writes. */
static gt_status may_replace(const char *path, bool replace) {
    unsigned char header[HEADER];
    struct stat stat_;
    int lock;
    if (stat(path, &stat_) != 0 || (S_ISREG(stat_.st_mode) && stat_.st_size == 0)) return GT_OK;
    if (!replace)
        return gt_fail(GT_ERR_IO, "%s exists; go on with it (--resume %s), replace it (--force), or name another (--out)", path,
                       path);
    GT_TRY(recognise(path, header));
    GT_TRY(lock_file(path, &lock));
    close(lock);
    return GT_OK;
}

/* The new file, empty and locked until it stands in its place: a second process that creates the same one is refused. */
static gt_status claim(const char *temporary, int *lock) {
    struct stat of_path, of_lock;
    const int file = open(temporary, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return gt_fail(GT_ERR_IO, "can't create %s: %s; name a file in a folder that you may write with --out", temporary,
                       strerror(errno));
    close(file);
    GT_TRY(lock_file(temporary, lock));
    /* Its first owner may have put it in place meanwhile. */
    if (fstat(*lock, &of_lock) == 0 && stat(temporary, &of_path) == 0 && of_lock.st_ino == of_path.st_ino &&
        ftruncate(*lock, 0) == 0)
        return GT_OK;
    close(*lock);
    *lock = -1;
    return gt_fail(GT_ERR_IO, "%s: another process creates this study", temporary);
}

/* In one transaction of a file that no one sees yet. */
static gt_status fill(gt_store *store, const gt_store_study *study) {
    if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return store->db != NULL ? gt_store_fail(store) : no_memory();
    char *numbers = sqlite3_mprintf("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA application_id=%d; PRAGMA user_version=%d; BEGIN",
                                    GT_STORE_APPLICATION, GT_STORE_VERSION);
    gt_status status = numbers != NULL ? gt_store_execute(store, numbers) : no_memory();
    sqlite3_free(numbers);
    if (status == GT_OK) status = gt_store_create_tables(store);
    if (status == GT_OK) status = gt_store_write_study(store, study);
    if (status == GT_OK) status = gt_store_execute(store, "COMMIT; PRAGMA journal_mode=WAL");
    return status;
}

static void remove_beside(const char *path, const char *ending) {
    char *name = beside(path, ending);
    if (name != NULL) unlink(name);
    free(name);
}

static gt_status put_in_place(const char *temporary, const char *path) {
    remove_beside(path, "-wal"); /* of the store that is replaced */
    remove_beside(path, "-shm");
    if (rename(temporary, path) != 0) return gt_fail(GT_ERR_IO, "can't write %s: %s", path, strerror(errno));
    return GT_OK;
}

static void remove_all_beside(const char *path) {
    remove_beside(path, "-journal");
    remove_beside(path, "-wal");
    remove_beside(path, "-shm");
}

gt_status gt_store_create(const char *path, const gt_store_study *study, bool replace, gt_store **out) {
    gt_store *store = NULL;
    int lock = -1;
    GT_TRY(may_replace(path, replace));
    char *temporary = beside(path, ".new");
    if (temporary == NULL) return no_memory();
    gt_status status = claim(temporary, &lock);
    if (status == GT_OK) {
        remove_all_beside(temporary); /* of a process that was killed */
        status = new_store(temporary, &store);
    }
    if (status == GT_OK) status = fill(store, study);
    const gt_status closed = gt_store_close(store);
    if (status == GT_OK) status = closed;
    if (status == GT_OK) status = may_replace(path, replace); /* no one else has been faster */
    if (status == GT_OK) status = put_in_place(temporary, path);
    if (status != GT_OK && lock >= 0) {
        unlink(temporary);
        remove_all_beside(temporary);
    }
    if (lock >= 0) close(lock);
    free(temporary);
    return status == GT_OK ? gt_store_open(path, true, out) : status;
}
