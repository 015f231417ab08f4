/* Parts of a study that ranks train. */
#include "cli/study_parts.h"

#include "cli/command.h"
#include "cli/study_weights.h"
#include "io/store_merge.h"

#include <dirent.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *gt_study_part_path(const char *path, const gt_ranks *ranks) {
    return ranks->n == 1 ? gt_cli_text("%s", path) : gt_cli_text("%s.rank-%d-of-%d", path, ranks->rank, ranks->n);
}

/* ---------------------------------------------------------------- finding */

typedef struct {
    char **paths;      /* [n], with room for one more */
    gt_store **stores; /* locked while they are joined */
    size_t n;
} part_list;

/* Behind `text` and at least one digit; NULL: that is not there. */
static const char *skip_number(const char *at, const char *text) {
    const size_t length = strlen(text);
    if (strncmp(at, text, length) != 0) return NULL;
    const size_t digits = strspn(at + length, "0123456789");
    return digits > 0 ? at + length + digits : NULL;
}

/* NAME.rank-R-of-N, and nothing behind it. */
static bool is_part(const char *name, const char *of) {
    const size_t length = strlen(of);
    const char *at = strncmp(name, of, length) == 0 ? skip_number(name + length, ".rank-") : NULL;
    if (at != NULL) at = skip_number(at, "-of-");
    return at != NULL && *at == '\0';
}

static part_list find_parts(const char *path) {
    part_list list = {.paths = gt_cli_resize(NULL, 1, sizeof *list.paths)};
    char *for_folder = gt_cli_text("%s", path), *for_name = gt_cli_text("%s", path);
    const char *folder = dirname(for_folder), *name = basename(for_name);
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        if (!is_part(entry->d_name, name)) continue;
        list.paths = gt_cli_resize(list.paths, list.n + 2, sizeof *list.paths);
        list.paths[list.n++] = gt_cli_text("%s/%s", folder, entry->d_name);
    }
    if (entries != NULL) closedir(entries);
    free(for_folder);
    free(for_name);
    return list;
}

static void close_parts(part_list *list) {
    for (size_t k = 0; list->stores != NULL && k < list->n; k++) gt_store_close(list->stores[k]);
    free(list->stores);
    list->stores = NULL;
}

static void free_parts(part_list *list) {
    close_parts(list);
    for (size_t k = 0; k < list->n; k++) free(list->paths[k]);
    free(list->paths);
}

bool gt_study_parts_exist(const char *path) {
    part_list list = find_parts(path);
    const bool exist = list.n > 0;
    free_parts(&list);
    return exist;
}

/* None of them is written by another process from here on. */
static int lock_parts(part_list *list) {
    gt_status status = GT_OK;
    list->stores = gt_cli_resize(NULL, list->n, sizeof *list->stores);
    for (size_t k = 0; k < list->n; k++) list->stores[k] = NULL;
    for (size_t k = 0; status == GT_OK && k < list->n; k++) status = gt_store_open(list->paths[k], true, &list->stores[k]);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static void remove_store(const char *path) {
    static const char *const endings[] = {"-wal", "-shm", ""};
    gt_study_weights_remove(path);
    for (size_t e = 0; e < sizeof endings / sizeof *endings; e++) {
        char *name = gt_cli_text("%s%s", path, endings[e]);
        unlink(name);
        free(name);
    }
}

static void remove_parts(part_list *list) {
    close_parts(list);
    for (size_t k = 0; k < list->n; k++) remove_store(list->paths[k]);
}

/* ---------------------------------------------------------------- joining and taking */

static int merge(char **parts, size_t n, const char *out, const gt_ranks *ranks) {
    const gt_store_merge_options how = {
        .shard = (uint64_t)ranks->rank, .n_shards = (uint64_t)ranks->n, .replace = true, .allow_missing = true};
    gt_store_merge_result result;
    const gt_status status = gt_store_merge((const char *const *)parts, n, out, &how, &result);
    gt_store_merge_result_free(&result);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static int join_weights(char **parts, size_t n, const char *out) {
    gt_store *store = NULL;
    const gt_status status = gt_store_open(out, false, &store);
    const int code = status == GT_OK ? gt_study_weights_join(store, (const char *const *)parts, n) : gt_cli_fail_status(status);
    gt_store_close(store);
    return code;
}

int gt_study_parts_join(const char *path) {
    const gt_ranks whole = {.n = 1};
    part_list list = find_parts(path);
    int code = GT_EXIT_OK;
    if (list.n > 0) {
        size_t n = list.n;
        code = lock_parts(&list);
        if (access(path, F_OK) == 0) list.paths[n++] = gt_cli_text("%s", path);
        if (code == GT_EXIT_OK) code = merge(list.paths, n, path, &whole);
        if (code == GT_EXIT_OK) code = join_weights(list.paths, n, path);
        if (n > list.n) free(list.paths[list.n]);
        if (code == GT_EXIT_OK) remove_parts(&list);
    }
    free_parts(&list);
    return code;
}

/* Ranks divide whole studies alone: the shards of a shard would be other ones. */
static int check_whole(const char *path) {
    gt_store *store = NULL;
    const gt_status status = gt_store_open(path, false, &store);
    int code = status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
    if (status == GT_OK && gt_store_get_study(store)->plan.n_shards > 1)
        code = gt_cli_fail(GT_EXIT_USAGE, "%s is one shard of a study; go on with it without MPI, or merge the shards first",
                           path);
    gt_store_close(store);
    return code;
}

int gt_study_parts_take(const char *path, const gt_ranks *ranks) {
    char *from = gt_cli_text("%s", path), *part = gt_study_part_path(path, ranks);
    int code = check_whole(path);
    if (code == GT_EXIT_OK) code = merge(&from, 1, part, ranks);
    free(from);
    free(part);
    return code;
}

int gt_study_parts_remove(const char *path, const gt_ranks *ranks) {
    part_list list = find_parts(path);
    if (ranks->n > 1 && access(path, F_OK) == 0) list.paths[list.n++] = gt_cli_text("%s", path);
    const int code = lock_parts(&list);
    if (code == GT_EXIT_OK) remove_parts(&list);
    free_parts(&list);
    return code;
}
