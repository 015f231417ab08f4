/* private. A program that draws pictures (gnuplot, graphviz' dot): it gets its script through a pipe, draws under temporary
 * names, and the pictures are renamed when all are whole. */
#ifndef GT_IO_PLOTS_PROCESS_H
#define GT_IO_PLOTS_PROCESS_H

#include "gantry/gantry.h"

#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_drawing {
    const char *program;
    FILE *script; /* write to it */
    FILE *errors;
    pid_t pid;
} gt_drawing;

/* Starts it in folder. GT_ERR_IO. It gets its own process group, so that an interrupt from the keyboard lets it finish what it
 * has. The caller ignores SIGPIPE. */
gt_status gt_drawing_begin(const char *folder, char *const argv[], gt_drawing *out);

/* Ends the script and waits. GT_ERR_IO with the program's last words. */
gt_status gt_drawing_end(gt_drawing *drawing);

/* Whether the program is installed and starts. */
bool gt_drawing_available(char *const argv[]);

/* The temporary name of a picture: ".NAME.part". The caller frees; NULL: no memory. */
char *gt_drawing_part(const char *name);

/* After gt_drawing_end() gave `status`: renames the pictures, each of which must be a whole PNG, or GIF or SVG by its name, or
 * removes what there is of them. Returns status, or what went wrong here. */
gt_status gt_drawing_publish(gt_status status, const char *program, const char *folder, const char *const *names, size_t n);

#ifdef __cplusplus
}
#endif
#endif
