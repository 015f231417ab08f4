/* Points as CSV and .npy, and single pictures. */
#include "cli/points_file.h"

#include "cli/command.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/image_grid.h"
#include "io/npy.h"
#include "io/number.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- points */

void gt_points_print(const float *points, size_t n, int n_columns, FILE *out) {
    char name[GT_COLUMN_NAME_CHARS], text[GT_NUMBER_CHARS];
    for (int c = 0; c < n_columns; c++) fprintf(out, c == 0 ? "%s" : ",%s", gt_point_column_name(n_columns, c, name));
    fputc('\n', out);
    for (size_t i = 0; i < n && !ferror(out); i++) {
        for (int c = 0; c < n_columns; c++)
            fprintf(out, c == 0 ? "%s" : ",%s", gt_number_format_float(points[i * (size_t)n_columns + (size_t)c], text));
        fputc('\n', out);
    }
}

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static bool is_file(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int refuse_existing(const char *path, bool force) {
    if (force || !is_file(path)) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE, "%s: the file exists; name another, or replace it with --force", path);
}

int gt_points_check_path(const char *path, bool force) {
    if (!ends_with(path, ".csv") && !ends_with(path, ".npy"))
        return gt_cli_fail(GT_EXIT_USAGE, "--out %s: it takes a file name that ends in .csv or .npy", path);
    return refuse_existing(path, force);
}

static gt_status write_csv(const char *path, const float *points, size_t n, int n_columns) {
    char *data;
    size_t size;
    FILE *memory = open_memstream(&data, &size);
    if (memory == NULL) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    gt_points_print(points, n, n_columns, memory);
    if (fclose(memory) != 0) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    gt_status status = gt_file_write(path, data, size);
    free(data);
    return status;
}

gt_status gt_points_write(const char *path, const float *points, size_t n, int n_columns) {
    return ends_with(path, ".npy") ? gt_npy_write(path, points, n, (size_t)n_columns) : write_csv(path, points, n, n_columns);
}

/* ---------------------------------------------------------------- pictures */

static int open_file(const char *flag, const char *given, const char *default_name, bool force, gt_picture_file *out) {
    const char *path = *given != '\0' ? given : default_name, *slash = strrchr(path, '/');
    *out = (gt_picture_file){
        .folder = slash == NULL ? gt_cli_text(".") : gt_cli_text("%.*s", (int)(slash - path + (slash == path)), path),
        .name = gt_cli_text("%s", slash == NULL ? path : slash + 1),
    };
    struct stat info;
    if (stat(out->folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return gt_cli_fail(GT_EXIT_USAGE, "--%s %s: there is no folder %s; create it, or name another", flag, path,
                           out->folder);
    return refuse_existing(path, force);
}

int gt_picture_file_open(const char *given, const char *default_name, bool force, gt_picture_file *out) {
    int code = open_file("plot", given, default_name, force, out);
    if (code != GT_EXIT_OK || gt_plots_available()) return code;
    return gt_cli_fail(GT_EXIT_USAGE, "--plot: pictures need gnuplot; install it (Debian: apt install gnuplot-nox)");
}

int gt_diagram_file_open(const char *given, const char *default_name, bool force, gt_picture_file *out) {
    int code = open_file("plot", given, default_name, force, out);
    if (code != GT_EXIT_OK || gt_diagrams_available()) return code;
    return gt_cli_fail(GT_EXIT_USAGE, "--plot: diagrams need graphviz' dot; install it (Debian: apt install graphviz)");
}

int gt_grid_file_open(const char *flag, const char *given, const char *default_name, bool force, gt_picture_file *out) {
    return open_file(flag, given, default_name, force, out);
}

void gt_picture_file_free(gt_picture_file *file) {
    free(file->folder);
    free(file->name);
}

static int say(const gt_picture_file *file, gt_status status) {
    if (status != GT_OK) return gt_cli_fail_status(status);
    if (strcmp(file->folder, ".") == 0)
        fprintf(stderr, "picture: %s\n", file->name);
    else
        fprintf(stderr, "picture: %s/%s\n", file->folder, file->name);
    return GT_EXIT_OK;
}

int gt_picture_file_draw(const gt_picture_file *file, const gt_target_spec *target, gt_picture picture) {
    picture.name = file->name;
    return say(file, gt_plots_draw(file->folder, target, &picture, 1));
}

int gt_grid_file_draw(const gt_picture_file *file, const gt_target_spec *target, const float *values, size_t n,
                      size_t columns) {
    enum { GAP = 2 };
    char *path = gt_cli_text("%s/%s", file->folder, file->name);
    gt_status status = gt_image_grid_write(path, &(gt_image_grid){.values = values,
                                                                  .n = n,
                                                                  .height = target->height,
                                                                  .width = target->width,
                                                                  .channels = target->channels,
                                                                  .columns = (int)columns,
                                                                  .gap = GAP});
    free(path);
    return say(file, status);
}

int gt_diagram_file_draw(const gt_picture_file *file, const gt_diagram_layer *layers, size_t n) {
    return say(file, gt_diagram_draw(file->folder, file->name, layers, n));
}
