/* private to the CLI. Points and pictures that a command writes where the user says. */
#ifndef GT_CLI_POINTS_FILE_H
#define GT_CLI_POINTS_FILE_H

#include "gantry/gantry.h"
#include "io/plots.h"

#include <stdio.h>

/* CSV: a header with the columns' names, then a line a point, with the digits that give its bits back. points[n, X] */
void gt_points_print(const float *points, size_t n, int n_columns, FILE *out);

/* Refuses a name that is neither .csv nor .npy, and a file that exists, unless force. Returns an exit code, the error printed.
 */
int gt_points_check_path(const char *path, bool force);

/* By the end of the name. */
gt_status gt_points_write(const char *path, const float *points, size_t n, int n_columns);

/* Where a picture goes. */
typedef struct gt_picture_file {
    char *folder, *name;
} gt_picture_file;

/* given: what --plot was given, "" for default_name. Refuses a file that exists, unless force, and a program that is missing.
 * Returns an exit code, the error printed. Free in any case. */
int gt_picture_file_open(const char *given, const char *default_name, bool force, gt_picture_file *out);
int gt_diagram_file_open(const char *given, const char *default_name, bool force, gt_picture_file *out);

/* The same for images, which need no other program. flag: what names the file. */
int gt_grid_file_open(const char *flag, const char *given, const char *default_name, bool force, gt_picture_file *out);
void gt_picture_file_free(gt_picture_file *file);

/* Draws one picture, or a diagram, into it and says so on stderr. picture->name is filled in. */
int gt_picture_file_draw(const gt_picture_file *file, const gt_target_spec *target, gt_picture picture);

/* Images [n, X] of a target, so many in a row. */
int gt_grid_file_draw(const gt_picture_file *file, const gt_target_spec *target, const float *values, size_t n, size_t columns);
int gt_diagram_file_draw(const gt_picture_file *file, const gt_diagram_layer *layers, size_t n);

#endif
