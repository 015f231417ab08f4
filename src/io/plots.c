/* Pictures of points: one generated gnuplot script, with its data inline. */
#include "io/plots.h"

#include "core/status.h"
#include "io/number.h"
#include "io/plots_process.h"
#include "io/plots_view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BINS = 40 };

/* ---------------------------------------------------------------- scatter pictures */

#define RED  "'#30ff0000'"
#define BLUE "'#300000ff'"

static bool in(double value, gt_plot_range r) { return value >= r.lo && value <= r.hi; }

size_t gt_plot_write_points(FILE *script, const char *name, const gt_plot_view *v, const gt_plot_points *points, int cx, int cy,
                            bool outside) {
    size_t n = 0;
    fprintf(script, "$%s << END\n", name);
    for (size_t i = 0; i < points->n; i++) {
        const double x = gt_plot_at(points, i, cx), y = gt_plot_at(points, i, cy);
        if (isnan(x) || isnan(y) || (in(x, v->column[cx]) && in(y, v->column[cy])) == outside) continue;
        fprintf(script, "%.9g %.9g\n", gt_plot_clamp(x, v->column[cx]), gt_plot_clamp(y, v->column[cy]));
        n++;
    }
    fputs("END\n", script);
    return n;
}

void gt_plot_write_ranges(FILE *script, const gt_plot_view *v, int cx, int cy) {
    fprintf(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", v->column[cx].lo, v->column[cx].hi, v->column[cy].lo,
            v->column[cy].hi);
}

static void write_curve(FILE *script, const gt_plot_view *v) {
    fputs("$curve << END\n", script);
    for (int k = 0; k < GT_PLOT_CURVE_POINTS; k++) fprintf(script, "%.9g %.9g\n", v->curve[k][0], v->curve[k][1]);
    fputs("END\n", script);
}

/* Large points where there are as few as in the tutorial. */
static double point_size(const gt_picture *picture) {
    const size_t n = picture->real.n > picture->generated.n ? picture->real.n : picture->generated.n;
    return n <= 200 ? 1.1 : n <= 1000 ? 0.7 : 0.4;
}

static void write_scatter(FILE *script, const gt_plot_view *v, const gt_picture *picture) {
    const double size = point_size(picture);
    const char *separator = "plot ";
    gt_plot_write_ranges(script, v, 0, 1);
    if (picture->curve) write_curve(script, v);
    gt_plot_write_points(script, "real", v, &picture->real, 0, 1, false);
    size_t n_generated = gt_plot_write_points(script, "generated", v, &picture->generated, 0, 1, false);
    size_t n_outside = gt_plot_write_points(script, "outside", v, &picture->generated, 0, 1, true);
    if (picture->curve) {
        fputs("plot $curve with lines lw 2 lc rgb '#808080' title 'y = f(x)'", script);
        separator = ", ";
    }
    if (picture->real.n > 0) {
        fprintf(script, "%s$real with points pt 7 ps %g lc rgb " RED " title '%s'", separator, picture->joined ? 1.4 : size,
                picture->joined ? "values" : "real");
        separator = ", ";
    }
    /* 1/0 is gnuplot's undefined: the legend keeps its line when there is nothing to draw. */
    if (picture->generated.n > 0)
        fprintf(script, "%s%s with points pt 7 ps %g lc rgb " BLUE " title 'generated'", separator,
                n_generated > 0 ? "$generated" : "1/0", size);
    if (n_outside > 0) fprintf(script, ", $outside with points pt 9 ps 1.6 lc rgb " BLUE " title 'outside: %zu'", n_outside);
    fputc('\n', script);
}

/* ---------------------------------------------------------------- histograms and the matrix */

void gt_plot_write_quoted(FILE *script, const char *text) {
    fputc('\'', script);
    for (; *text != '\0'; text++) fputs(*text == '\'' ? "''" : *text == '\n' ? "'.\"\\n\".'" : (char[]){*text, '\0'}, script);
    fputc('\'', script);
}

static void write_bins(FILE *script, const char *name, const gt_plot_view *v, const gt_plot_points *points, int column) {
    const gt_plot_range r = v->column[column];
    size_t count[BINS] = {0}, n = 0;
    for (size_t i = 0; i < points->n; i++) {
        const double value = gt_plot_at(points, i, column);
        if (isnan(value)) continue;
        const int bin = (int)((gt_plot_clamp(value, r) - r.lo) / (r.hi - r.lo) * BINS);
        count[bin < BINS ? bin : BINS - 1]++;
        n++;
    }
    fprintf(script, "$%s << END\n", name);
    for (int b = 0; b < BINS; b++)
        fprintf(script, "%.9g %.9g\n", r.lo + (r.hi - r.lo) * (b + 0.5) / BINS, n > 0 ? (double)count[b] / (double)n : 0);
    fputs("END\n", script);
}

/* Shares of the points in bins; what lies beyond the axes is in the outer ones. */
static void write_histogram(FILE *script, const gt_plot_view *v, const gt_picture *picture, int column) {
    const char *separator = "plot ";
    fprintf(script, "set xrange [%.9g:%.9g]\nset yrange [0:*]\nset style fill solid 0.35 border\nset boxwidth 1 relative\n",
            v->column[column].lo, v->column[column].hi);
    write_bins(script, "real", v, &picture->real, column);
    write_bins(script, "generated", v, &picture->generated, column);
    if (picture->real.n > 0) {
        fprintf(script, "%s$real with boxes lc rgb '#ff0000' title 'real'", separator);
        separator = ", ";
    }
    if (picture->generated.n > 0) fprintf(script, "%s$generated with boxes lc rgb '#0000ff' title 'generated'", separator);
    fputc('\n', script);
}

static void write_pair(FILE *script, const gt_plot_view *v, const gt_picture *picture, int cx, int cy) {
    gt_plot_write_ranges(script, v, cx, cy);
    size_t n_real = gt_plot_write_points(script, "real", v, &picture->real, cx, cy, false);
    size_t n_generated = gt_plot_write_points(script, "generated", v, &picture->generated, cx, cy, false);
    /* 1/0 again: an empty block is an error. */
    fprintf(script, "plot %s with points pt 7 ps 0.4 lc rgb " RED ", %s with points pt 7 ps 0.4 lc rgb " BLUE "\n",
            n_real > 0 ? "$real" : "1/0", n_generated > 0 ? "$generated" : "1/0");
}

/* Histograms on the diagonal, column x against column y elsewhere, cells edge to edge. */
static void write_matrix(FILE *script, const gt_plot_view *v, const gt_picture *picture) {
    const double left = 0.08, right = 0.98, bottom = 0.09, top = 0.92, gap = 0.012;
    const double width = (right - left) / v->n, height = (top - bottom) / v->n;
    fputs("set multiplot title ", script);
    gt_plot_write_quoted(script, picture->title != NULL ? picture->title : "");
    fputs("\nset key off\nset xtics font ',9'\nset ytics font ',9'\n", script);
    for (int row = 0; row < v->n; row++)
        for (int column = 0; column < v->n; column++) {
            const double x = left + column * width, y = top - (row + 1) * height;
            fprintf(script, "set margins screen %g, screen %g, screen %g, screen %g\n", x, x + width - gap, y,
                    y + height - gap);
            fprintf(script, row == v->n - 1 ? "set xlabel 'x%d'\nset format x '%%g'\n" : "unset xlabel\nset format x ''\n",
                    column + 1);
            fprintf(script, column == 0 ? "set ylabel 'x%d' offset 1\nset format y '%%g'\n" : "unset ylabel\nset format y ''\n",
                    row + 1);
            if (row == column) {
                fputs("set format y ''\n", script); /* a share, other than the rest of the row */
                write_histogram(script, v, picture, column);
            } else {
                write_pair(script, v, picture, column, row);
            }
        }
    fputs("unset multiplot\n", script);
}

/* ---------------------------------------------------------------- pictures */

void gt_plot_write_setup(FILE *script, const gt_plot_view *v) {
    fputs("set margins screen 0.11, screen 0.97, screen 0.17, screen 0.92\n" /* the same frame in each picture */
          "set xlabel 'x'\nset grid lt 1 lc rgb '#e4e4e4'\nset key at screen 0.54, 0.05 center horizontal\n",
          script);
    fputs(v->n == 1 ? "set ylabel 'share of the points'\n" : "set ylabel 'y'\n", script);
}

void gt_plot_write_picture(FILE *script, const gt_plot_view *v, const gt_picture *picture) {
    fputs("set title ", script);
    gt_plot_write_quoted(script, v->n <= 2 && picture->title != NULL ? picture->title : "");
    fputc('\n', script);
    if (v->n == 1)
        write_histogram(script, v, picture, 0);
    else if (v->n == 2)
        write_scatter(script, v, picture);
    else
        write_matrix(script, v, picture);
}

static gt_status write_file(FILE *script, const gt_plot_view *v, const gt_picture *picture) {
    char *part = gt_drawing_part(picture->name);
    if (part == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", picture->name);
    fputs("set output ", script);
    gt_plot_write_quoted(script, part);
    free(part);
    fputc('\n', script);
    gt_plot_write_picture(script, v, picture);
    fputs("unset output\n", script);
    return GT_OK;
}

static gt_status write_script(FILE *script, const gt_plot_view *v, const gt_picture *pictures, size_t n_pictures) {
    fprintf(script, "set terminal pngcairo size 800,%d noenhanced font 'sans,12'\n", v->n > 2 ? 800 : 600);
    gt_plot_write_setup(script, v);
    for (size_t p = 0; p < n_pictures; p++) GT_TRY(write_file(script, v, &pictures[p]));
    return GT_OK;
}

char *gt_picture_name(uint64_t iteration, char name[GT_PICTURE_NAME_CHARS]) {
    snprintf(name, GT_PICTURE_NAME_CHARS, "generated_plot_e%03" PRIu64 ".png", iteration);
    return name;
}

bool gt_plots_available(void) {
    char *argv[] = {"gnuplot", "--version", NULL};
    return gt_drawing_available(argv);
}

gt_status gt_plots_draw(const char *folder, const gt_target_spec *target, const gt_picture *pictures, size_t n_pictures) {
    if (n_pictures == 0) return GT_OK;
    gt_plot_view v;
    gt_drawing drawing;
    char *argv[] = {"gnuplot", "--default-settings", "-", NULL}; /* a user's own gnuplot settings would change the pictures */
    const char **names = calloc(n_pictures, sizeof *names);
    if (names == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", folder);
    for (size_t p = 0; p < n_pictures; p++) names[p] = pictures[p].name;
    gt_status status = gt_plot_view_of(target, pictures, n_pictures, &v);
    if (status == GT_OK) status = gt_drawing_begin(folder, argv, &drawing);
    if (status == GT_OK) {
        status = write_script(drawing.script, &v, pictures, n_pictures);
        gt_status ended = gt_drawing_end(&drawing);
        status = gt_drawing_publish(status != GT_OK ? status : ended, argv[0], folder, names, n_pictures);
    }
    free(names);
    return status;
}
