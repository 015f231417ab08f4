/* Final checkpoints of a study's runs. */
#include "cli/study_weights.h"

#include "cli/command.h"
#include "core/run_state.h"
#include "core/status.h"
#include "io/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder_of(const char *store_path) {
    static const char ending[] = ".sqlite";
    size_t length = strlen(store_path);
    if (length >= sizeof ending && strcmp(store_path + length - (sizeof ending - 1), ending) == 0) length -= sizeof ending - 1;
    return gt_cli_text("%.*s-weights", (int)length, store_path);
}

static bool is_half_written(const char *ending) {
    const char *dot = strrchr(ending, '.');
    return strcmp(dot, ".tmp") == 0;
}

/* The next of the checkpoints in a folder, or of those that a killed process left half written; NULL: no more. */
static const char *next_kept(DIR *folder, bool half_written) {
    static const char ending[] = ".safetensors";
    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        const char *name = entry->d_name, *end = strstr(name, ending);
        const size_t head = strncmp(name, "seed", 4) == 0 ? 4 : strncmp(name, "setting", 7) == 0 ? 7 : 0;
        if (head > 0 && isdigit((unsigned char)name[head]) && end != NULL &&
            (half_written ? is_half_written(end) : strcmp(end, ending) == 0))
            return name;
    }
    return NULL;
}

int gt_study_weights_refuse_others(const char *store_path) {
    char *name = folder_of(store_path);
    DIR *folder = opendir(name);
    int code = GT_EXIT_OK;
    if (next_kept(folder, false) != NULL)
        code = gt_cli_fail(GT_EXIT_USAGE,
                           "%s has checkpoints of another study; move it away, replace them (--force), or name another (--out)",
                           name);
    if (folder != NULL) closedir(folder);
    free(name);
    return code;
}

static void remove_kept(const char *name, bool half_written) {
    DIR *folder = opendir(name);
    for (const char *kept; (kept = next_kept(folder, half_written)) != NULL;) unlinkat(dirfd(folder), kept, 0);
    if (folder != NULL) closedir(folder);
}

void gt_study_weights_remove_others(const char *store_path) {
    char *name = folder_of(store_path);
    remove_kept(name, false);
    remove_kept(name, true);
    rmdir(name); /* where nothing else is in it */
    free(name);
}

static char *path_in(const char *folder, const gt_store_study *study, size_t setting, uint64_t seed) {
    if (study->plan.n_settings == 1) return gt_cli_text("%s/seed%" PRIu64 ".safetensors", folder, seed);
    return gt_cli_text("%s/setting%zu-seed%" PRIu64 ".safetensors", folder, setting, seed);
}

char *gt_study_weights_path(const gt_store *store, size_t setting, uint64_t seed) {
    char *folder = folder_of(gt_store_path(store)), *path = path_in(folder, gt_store_get_study(store), setting, seed);
    free(folder);
    return path;
}

static char *path_of(const gt_study_weights *weights, size_t setting, uint64_t seed) {
    return path_in(weights->folder, weights->study, setting, seed);
}

/* Where a run belongs among the worst; ties by setting and seed, so that the order does not decide. */
static bool is_worse(const gt_kept_run *a, const gt_kept_run *b) {
    if (a->distance != b->distance) return a->distance > b->distance;
    return a->setting != b->setting ? a->setting < b->setting : a->seed < b->seed;
}

static void remove_file(const gt_study_weights *weights, const gt_kept_run *run) {
    char *path = path_of(weights, run->setting, run->seed);
    unlink(path);
    free(path);
}

/* Whether the run is one of the worst so far; the one that it drives out loses its file. */
static bool take_among_worst(gt_study_weights *weights, const gt_kept_run *run) {
    size_t at = weights->n;
    while (at > 0 && is_worse(run, &weights->worst[at - 1])) at--;
    if (at == weights->keep.n) return false;
    if (weights->n == weights->keep.n)
        remove_file(weights, &weights->worst[--weights->n]);
    else
        weights->worst = gt_cli_resize(weights->worst, weights->n + 1, sizeof *weights->worst);
    memmove(weights->worst + at + 1, weights->worst + at, (weights->n - at) * sizeof *weights->worst);
    weights->worst[at] = *run;
    weights->n++;
    return true;
}

int gt_study_weights_begin(gt_store *store, const gt_store_run *runs, size_t n, gt_study_weights *out) {
    char *complaint = NULL;
    *out = (gt_study_weights){.study = gt_store_get_study(store)};
    if (gt_keep_weights_parse(out->study->keep_weights, &out->keep, &complaint) != GT_EXIT_OK) {
        free(complaint);
        return gt_cli_fail(GT_EXIT_FILE, "%s is damaged: keep_weights is %s", gt_store_path(store), out->study->keep_weights);
    }
    if (out->keep.kind == GT_KEEP_NONE) return GT_EXIT_OK;
    out->folder = folder_of(gt_store_path(store));
    if (mkdir(out->folder, 0777) != 0 && errno != EEXIST)
        return gt_cli_fail(GT_EXIT_FAILURE, "can't create %s: %s", out->folder, strerror(errno));
    remove_kept(out->folder, true); /* the study's lock is ours, so nobody writes them */
    for (size_t r = 0; out->keep.kind == GT_KEEP_WORST && r < n; r++) {
        const gt_kept_run run = {runs[r].result.distance, runs[r].setting, runs[r].seed};
        if (runs[r].finished) take_among_worst(out, &run);
    }
    return GT_EXIT_OK;
}

void gt_study_weights_free(gt_study_weights *weights) {
    free(weights->folder);
    free(weights->worst);
}

gt_status gt_study_weights_add(gt_study_weights *weights, const gt_study_block *block, const gt_study_result *results,
                               const gt_trainer *trainer) {
    const size_t n = gt_study_block_size(block);
    for (size_t r = 0; weights->keep.kind != GT_KEEP_NONE && r < n; r++) {
        const gt_kept_run run = {results[r].distance, block->settings[r / block->n_seeds],
                                 block->first_seed + r % block->n_seeds};
        gt_trainer *one = NULL;
        if (weights->keep.kind == GT_KEEP_WORST && !take_among_worst(weights, &run)) {
            remove_file(weights, &run); /* of a process that ended before it was driven out */
            continue;
        }
        GT_TRY(gt_run_extract(trainer, r, &one));
        char *path = path_of(weights, run.setting, run.seed);
        const gt_status status = gt_trainer_save(one, path);
        free(path);
        gt_trainer_destroy(one);
        GT_TRY(status);
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- of merged studies */

static bool is_kept(const gt_study_weights *weights, const gt_kept_run *run) {
    if (weights->keep.kind == GT_KEEP_ALL) return true;
    return weights->n > 0 && !is_worse(&weights->worst[weights->n - 1], run);
}

/* From the first part that has it. *found: it stands in the folder. */
static gt_status bring(const gt_study_weights *weights, const gt_kept_run *run, char *const *folders, size_t n, bool *found) {
    char *to = path_of(weights, run->setting, run->seed);
    gt_status status = GT_OK;
    *found = false;
    for (size_t p = 0; status == GT_OK && !*found && p < n; p++) {
        char *from = path_in(folders[p], weights->study, run->setting, run->seed), *data = NULL;
        size_t size = 0;
        *found = access(from, F_OK) == 0;
        if (*found && strcmp(from, to) != 0) {
            status = gt_file_read(from, SIZE_MAX / 2, &data, &size);
            if (status == GT_OK) status = gt_file_write(to, data, size);
        }
        free(data);
        free(from);
    }
    free(to);
    return status;
}

static gt_status bring_all(const gt_study_weights *weights, const gt_store_run *runs, size_t n, char *const *folders,
                           size_t n_folders, size_t *n_lacking) {
    *n_lacking = 0;
    for (size_t r = 0; r < n; r++) {
        const gt_kept_run run = {runs[r].result.distance, runs[r].setting, runs[r].seed};
        bool found = true;
        if (!runs[r].finished) continue;
        if (is_kept(weights, &run))
            GT_TRY(bring(weights, &run, folders, n_folders, &found));
        else
            remove_file(weights, &run);
        *n_lacking += !found;
    }
    return GT_OK;
}

int gt_study_weights_join(gt_store *store, const char *const *parts, size_t n_parts) {
    gt_study_weights weights = {0};
    gt_store_run *runs = NULL;
    size_t n = 0, n_lacking = 0;
    gt_status status = gt_store_read_runs(store, &runs, &n);
    int code = status == GT_OK ? gt_study_weights_begin(store, runs, n, &weights) : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK && weights.keep.kind != GT_KEEP_NONE) {
        char **folders = gt_cli_resize(NULL, n_parts, sizeof *folders);
        for (size_t p = 0; p < n_parts; p++) folders[p] = folder_of(parts[p]);
        status = bring_all(&weights, runs, n, folders, n_parts, &n_lacking);
        for (size_t p = 0; p < n_parts; p++) free(folders[p]);
        free(folders);
        if (status != GT_OK) code = gt_cli_fail_status(status);
        if (n_lacking > 0)
            gt_cli_fail(0, "the checkpoints of %zu runs, which --keep-weights %s asks for, are not beside the parts", n_lacking,
                        weights.study->keep_weights);
    }
    gt_study_weights_free(&weights);
    free(runs);
    return code;
}

void gt_study_weights_remove(const char *store_path) {
    char *path = folder_of(store_path);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL) closedir(folder);
    rmdir(path);
    free(path);
}
