/* An animated GIF from one generated gnuplot script. Its surfaces go to gnuplot as binary data, the rest as text. */
#define _GNU_SOURCE /* asprintf */
#include "io/animation.h"

#include "core/status.h"
#include "io/gif.h"
#include "io/plots_process.h"

#include <math.h>
#include <stdlib.h>

enum {
    FRAME_HUNDREDTHS = 7, /* of a second */
    HOLD_HUNDREDTHS = 250,
    BANDS = 16 /* colours of the surface: even, so that one of their edges is the threshold; few, so that the file is small */
};

/* Blue against orange: told apart with each kind of colour blindness (Okabe and Ito's pair, and tints of it). The surface jumps
 * from one to the other at the threshold. */
#define REAL      "'#b34700'"
#define GENERATED "'#004c80'"
#define HALO      "'#ffffff'"
#define PALETTE   "-1 '#2b7bb0', 0 '#dbeaf4', 0 '#fde9d6', 1 '#dd7a24'"

/* ---------------------------------------------------------------- the boundary */

typedef struct {
    double x, y, value;
} corner;

/* Where the edge from a to b meets the level. */
static bool crosses(const corner *a, const corner *b, double level, double *x, double *y) {
    if ((a->value > level) == (b->value > level)) return false;
    const double t = (level - a->value) / (b->value - a->value);
    *x = a->x + t * (b->x - a->x);
    *y = a->y + t * (b->y - a->y);
    return true;
}

/* The level in a triangle, where the surface is taken to be flat: nothing, or a piece of a line. */
static size_t write_triangle(FILE *script, const corner *const c[3], double level) {
    double x[2], y[2];
    int n = 0;
    for (int k = 0; k < 3; k++)
        if (!isfinite(c[k]->value)) return 0;
    for (int k = 0; k < 3 && n < 2; k++) n += crosses(c[k], c[(k + 1) % 3], level, &x[n], &y[n]);
    if (n < 2) return 0;
    fprintf(script, "%.6g %.6g\n%.6g %.6g\n\n", x[0], y[0], x[1], y[1]);
    return 1;
}

double gt_surface_place(gt_plot_range axis, int k, int n) { return axis.lo + (axis.hi - axis.lo) * (k + 0.5) / n; }

static corner corner_of(const gt_animation *a, const float *surface, int row, int column) {
    return (corner){gt_surface_place(a->view->column[0], column, GT_SURFACE_COLUMNS),
                    gt_surface_place(a->view->column[1], row, GT_SURFACE_ROWS), surface[row * GT_SURFACE_COLUMNS + column]};
}

/* The pieces of the line on which D is at its threshold; returns how many. */
static size_t write_boundary(FILE *script, const gt_animation *a, const float *surface) {
    size_t n = 0;
    fputs("$boundary << END\n", script);
    for (int row = 0; row + 1 < GT_SURFACE_ROWS; row++)
        for (int column = 0; column + 1 < GT_SURFACE_COLUMNS; column++) {
            const corner c00 = corner_of(a, surface, row, column), c01 = corner_of(a, surface, row, column + 1),
                         c10 = corner_of(a, surface, row + 1, column), c11 = corner_of(a, surface, row + 1, column + 1);
            n += write_triangle(script, (const corner *const[]){&c00, &c01, &c11}, a->threshold);
            n += write_triangle(script, (const corner *const[]){&c00, &c11, &c10}, a->threshold);
        }
    fputs("END\n", script);
    return n;
}

/* ---------------------------------------------------------------- frames of points in the plane */

static void write_surface_command(FILE *script, const gt_animation *a) {
    const gt_plot_range x = a->view->column[0], y = a->view->column[1];
    fprintf(script,
            "'-' binary array=(%d,%d) dx=%.9g dy=%.9g origin=(%.9g,%.9g) format='%%float32' using 1 with image pixels "
            "notitle",
            GT_SURFACE_COLUMNS, GT_SURFACE_ROWS, (x.hi - x.lo) / GT_SURFACE_COLUMNS, (y.hi - y.lo) / GT_SURFACE_ROWS,
            gt_surface_place(x, 0, GT_SURFACE_COLUMNS), gt_surface_place(y, 0, GT_SURFACE_ROWS));
}

/* What lies beyond the scale has the colour of its end. */
static void write_surface_data(FILE *script, const gt_animation *a, const float *surface) {
    const gt_plot_range scale = {a->threshold - a->surface_half, a->threshold + a->surface_half};
    for (int k = 0; k < GT_SURFACE_POINTS; k++) {
        const float value = isnan(surface[k]) ? surface[k] : (float)gt_plot_clamp(surface[k], scale);
        fwrite(&value, sizeof value, 1, script);
    }
}

/* Points with a halo, so that they are seen on every colour. */
static void write_marks(FILE *script, const char *block, size_t n, const char *colour, int mark, const char *title) {
    const double size = n <= 200 ? 1.1 : 1.0;
    if (n > 0) fprintf(script, ", %s with points pt %d ps %g lc rgb " HALO " notitle", block, mark, size + 0.4);
    fprintf(script, ", %s with points pt %d ps %g lc rgb %s title '%s'", n > 0 ? block : "1/0", mark, size, colour, title);
}

static void write_plane_frame(FILE *script, const gt_animation *a, const gt_animation_frame *frame) {
    const gt_plot_points generated = {frame->generated, a->n_generated, (size_t)a->target->n_columns};
    const size_t n_real = gt_plot_write_points(script, "real", a->view, &a->real, 0, 1, false);
    const size_t n_inside = gt_plot_write_points(script, "generated", a->view, &generated, 0, 1, false);
    const size_t n_outside = gt_plot_write_points(script, "outside", a->view, &generated, 0, 1, true);
    const bool boundary = write_boundary(script, a, frame->surface) > 0;
    char outside[48];
    snprintf(outside, sizeof outside, "outside: %-4zu", n_outside);
    fputs("set title ", script);
    gt_plot_write_quoted(script, frame->title);
    fputs("\nplot ", script);
    write_surface_command(script, a);
    fprintf(script, ", %s with lines lw 2 lc rgb '#404040' title 'D(x, y) = %g'", boundary ? "$boundary" : "1/0", a->threshold);
    write_marks(script, "$real", n_real, REAL, 7, "real");
    write_marks(script, "$generated", n_inside, GENERATED, 7, "generated");
    write_marks(script, "$outside", n_outside, GENERATED, 9, outside);
    fputc('\n', script);
    write_surface_data(script, a, frame->surface);
}

static void write_plane(FILE *script, const gt_animation *a) {
    fprintf(script,
            "set terminal gif animate delay %d loop 0 noenhanced font 'sans,11' size 640,480\n"
            "set margins screen 0.11, screen 0.84, screen 0.16, screen 0.89\n"
            "set xlabel 'x' offset 0,0.5\nset ylabel 'y' offset 2.5\n"
            "set key at screen 0.475, 0.045 center horizontal Left reverse maxcols 4 samplen 1 width -2\n"
            "set palette maxcolors %d defined (" PALETTE ")\nset format cb '%%.2g'\nset cbrange [%.9g:%.9g]\nset cblabel ",
            FRAME_HUNDREDTHS, BANDS, a->threshold - a->surface_half, a->threshold + a->surface_half);
    gt_plot_write_quoted(script, a->surface_title);
    fputc('\n', script);
    gt_plot_write_ranges(script, a->view, 0, 1);
    for (size_t f = 0; f < a->n_frames; f++) write_plane_frame(script, a, &a->frames[f]);
}

/* ---------------------------------------------------------------- frames of other points */

static gt_status write_others(FILE *script, const gt_animation *a) {
    gt_plot_view view;
    gt_picture *pictures = calloc(a->n_frames, sizeof *pictures);
    if (pictures == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu frames", a->n_frames);
    for (size_t f = 0; f < a->n_frames; f++)
        pictures[f] = (gt_picture){.title = a->frames[f].title,
                                   .real = a->real,
                                   .generated = {a->frames[f].generated, a->n_generated, (size_t)a->target->n_columns}};
    gt_status status = gt_plot_view_of(a->target, pictures, a->n_frames, &view);
    if (status == GT_OK) {
        fprintf(script, "set terminal gif animate delay %d loop 0 noenhanced font 'sans,11' size 640,%d\n", FRAME_HUNDREDTHS,
                view.n > 2 ? 640 : 480);
        gt_plot_write_setup(script, &view);
        fputs("set tmargin screen 0.89\n", script); /* titles have two lines */
        for (size_t f = 0; f < a->n_frames; f++) gt_plot_write_picture(script, &view, &pictures[f]);
    }
    free(pictures);
    return status;
}

/* ---------------------------------------------------------------- the file */

static gt_status write_script(FILE *script, const gt_animation *a, const char *part) {
    fputs("set output ", script);
    gt_plot_write_quoted(script, part);
    fputc('\n', script);
    if (a->frames[0].surface == NULL) return write_others(script, a);
    write_plane(script, a);
    return GT_OK;
}

static gt_status hold_last_frame(const char *folder, const char *part) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, part) < 0) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", folder);
    gt_status status = gt_gif_hold_last(path, HOLD_HUNDREDTHS);
    free(path);
    return status == GT_ERR_FILE ? GT_OK : status; /* one that isn't whole is not published */
}

gt_status gt_animation_draw(const char *folder, const char *name, const gt_animation *animation) {
    gt_drawing drawing;
    char *argv[] = {"gnuplot", "--default-settings", "-", NULL};
    char *part = gt_drawing_part(name);
    if (part == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", name);
    gt_status status = gt_drawing_begin(folder, argv, &drawing);
    if (status == GT_OK) {
        status = write_script(drawing.script, animation, part);
        gt_status ended = gt_drawing_end(&drawing);
        if (status == GT_OK) status = ended;
        if (status == GT_OK) status = hold_last_frame(folder, part);
        status = gt_drawing_publish(status, argv[0], folder, &name, 1);
    }
    free(part);
    return status;
}
