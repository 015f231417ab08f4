/* The folder of a run: created late, after all checks, and taken back when the run comes to nothing. */
#include "cli/run_folder.h"

#include "cli/command.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const end_files[] = {GT_FILE_GENERATOR, GT_FILE_DISCRIMINATOR, GT_FILE_ANIMATION, GT_FILE_IMAGE_SCORES};
static const char *const state_files[] = {GT_FILE_CONFIG, GT_FILE_METRICS, GT_FILE_POINTS, GT_FILE_CHECKPOINT, GT_FILE_DATA};

/* mkdir -p of the parents, mkdir of the last part. *kept: length of the part that existed before. -1 with errno. */
static int create(const char *path, size_t *kept) {
    size_t length = strlen(path);
    int result = 0;
    *kept = 0;
    char *part = gt_cli_text("%s", path);
    for (size_t i = 1; result == 0 && i <= length; i++) {
        if (i < length && (path[i] != '/' || path[i - 1] == '/')) continue;
        part[i] = '\0';
        result = mkdir(part, 0777);
        if (result != 0 && errno == EEXIST) {
            *kept = i;
            if (i < length) result = 0;
        }
        part[i] = path[i];
    }
    free(part);
    return result;
}

static int cannot_create(const gt_run_folder *folder) {
    int code =
        gt_cli_fail(GT_EXIT_FAILURE, "can't create %s: %s; name another folder with --out", folder->path, strerror(errno));
    gt_run_folder_discard(folder);
    return code;
}

static int create_named(const char *path, bool force, gt_run_folder *out) {
    struct stat info;
    out->path = gt_cli_text("%s", path);
    for (size_t end = strlen(path); end > 1 && path[end - 1] == '/'; end--) out->path[end - 1] = '\0';
    if (create(out->path, &out->kept) == 0) return GT_EXIT_OK;
    if (errno != EEXIST) return cannot_create(out);
    if (stat(out->path, &info) == 0 && !S_ISDIR(info.st_mode))
        return gt_cli_fail(GT_EXIT_USAGE, "--out %s: this is a file; name a folder", path);
    if (!force)
        return gt_cli_fail(GT_EXIT_USAGE, "--out %s: the folder exists; take another, or replace the run in it with --force",
                           path);
    return GT_EXIT_OK;
}

int gt_run_folder_create(const char *named, const char *default_path, bool force, gt_run_folder *out) {
    *out = (gt_run_folder){0};
    if (named != NULL) return create_named(named, force, out);
    out->path = gt_cli_text("%s", default_path);
    for (int n = 2; create(out->path, &out->kept) != 0; n++) {
        if (errno != EEXIST) return cannot_create(out);
        free(out->path);
        out->path = gt_cli_text("%s-%d", default_path, n);
    }
    return GT_EXIT_OK;
}

void gt_run_folder_reopen(const char *path, gt_run_folder *out) {
    *out = (gt_run_folder){.path = gt_cli_text("%s", path), .kept = strlen(path)};
}

bool gt_run_folder_is(const gt_run_folder *folder, const char *path) {
    struct stat own, other;
    return stat(folder->path, &own) == 0 && stat(path, &other) == 0 && own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

char *gt_run_folder_file(const gt_run_folder *folder, const char *name) { return gt_cli_text("%s/%s", folder->path, name); }

void gt_run_folder_remove(const gt_run_folder *folder, const char *name) {
    char *path = gt_run_folder_file(folder, name);
    unlink(path);
    free(path);
}

void gt_run_folder_clear(const gt_run_folder *folder) {
    for (size_t i = 0; i < sizeof end_files / sizeof *end_files; i++) gt_run_folder_remove(folder, end_files[i]);
    DIR *entries = opendir(folder->path);
    if (entries == NULL) return;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (fnmatch("generated_plot_e*.png", entry->d_name, 0) == 0 || fnmatch("samples-*.png", entry->d_name, 0) == 0)
            gt_run_folder_remove(folder, entry->d_name);
    closedir(entries);
}

void gt_run_folder_discard(const gt_run_folder *folder) {
    size_t end = strlen(folder->path);
    if (folder->kept == end) return;
    gt_run_folder_clear(folder);
    for (size_t i = 0; i < sizeof state_files / sizeof *state_files; i++) gt_run_folder_remove(folder, state_files[i]);
    char *path = gt_cli_text("%s", folder->path);
    while (end > folder->kept) {
        rmdir(path); /* fails, as it should, where something else is in it */
        while (end > folder->kept && path[--end] != '/') continue;
        path[end] = '\0';
    }
    free(path);
}

void gt_run_folder_free(gt_run_folder *folder) { free(folder->path); }
