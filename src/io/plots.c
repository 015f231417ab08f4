/* Pictures of points: one generated gnuplot script, with its data inline. */
#include "io/plots.h"

#include "core/status.h"
#include "io/number.h"
#include "io/plots_process.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_SHOWN = 4, /* columns */
    CURVE_POINTS = 401,
    BINS = 40
};

/* ---------------------------------------------------------------- axes */

typedef struct {
    double lo, hi;
} range;

/* The range that shows wanted and every value up to the limit, with a margin. */
typedef struct {
    range shown, limit;
} growing_range;

typedef struct {
    int n; /* columns that are shown */
    range column[MAX_SHOWN];
    double curve[CURVE_POINTS][2]; /* of a function */
} view;

static growing_range range_around(double lo, double hi) {
    double size = hi > lo ? hi - lo : 1;
    return (growing_range){{lo, hi}, {lo - size, hi + size}};
}

static void grow(growing_range *r, double value) {
    if (value < r->shown.lo) r->shown.lo = fmax(value, r->limit.lo);
    if (value > r->shown.hi) r->shown.hi = fmin(value, r->limit.hi);
}

static range with_margin(range r) {
    double margin = 0.06 * (r.hi - r.lo);
    return (range){r.lo - margin, r.hi + margin};
}

static float at(const gt_plot_points *points, size_t i, int column) {
    return points->values[i * points->stride + (size_t)column];
}

static void include(range *r, double value) {
    if (!isfinite(value)) return;
    r->lo = fmin(r->lo, value);
    r->hi = fmax(r->hi, value);
}

/* What of a column must be seen: the target, by its graph or the real points; where no picture shows it, the generated ones. */
static range wanted(const gt_target_spec *target, const view *v, const gt_picture *pictures, size_t n, int column) {
    range r = {INFINITY, -INFINITY};
    bool shown = false;
    for (size_t p = 0; p < n; p++) shown = shown || pictures[p].real.n > 0;
    if (shown && gt_target_kind_of(target) == GT_TARGET_FUNCTION)
        for (int k = 0; k < CURVE_POINTS; k++) include(&r, v->curve[k][column]);
    for (size_t p = 0; p < n; p++) {
        const gt_plot_points *points = shown ? &pictures[p].real : &pictures[p].generated;
        for (size_t i = 0; i < points->n; i++) include(&r, at(points, i, column));
    }
    return r.lo <= r.hi ? r : (range){0, 1};
}

/* A column of one value gets room around it. */
static void widen_constant(range *r) {
    const double size = fmax(fabs(r->lo), fabs(r->hi));
    if (r->hi - r->lo > 1e-6 * size) return;
    const double room = size > 0 ? 0.1 * size : 1;
    r->lo -= room;
    r->hi += room;
}

static gt_status compute_curve(const gt_target_spec *target, view *v) {
    double x[CURVE_POINTS], y[CURVE_POINTS];
    for (int k = 0; k < CURVE_POINTS; k++) x[k] = target->lo + (target->hi - target->lo) * k / (CURVE_POINTS - 1);
    GT_TRY(gt_target_function(target, x, CURVE_POINTS, y));
    for (int k = 0; k < CURVE_POINTS; k++) {
        v->curve[k][0] = x[k];
        v->curve[k][1] = y[k];
    }
    return GT_OK;
}

/* The axes of all pictures. */
static gt_status compute_view(const gt_target_spec *target, const gt_picture *pictures, size_t n, view *v) {
    v->n = target->n_columns < MAX_SHOWN ? target->n_columns : MAX_SHOWN;
    if (gt_target_kind_of(target) == GT_TARGET_FUNCTION) GT_TRY(compute_curve(target, v));
    for (int c = 0; c < v->n; c++) {
        range r = wanted(target, v, pictures, n, c);
        widen_constant(&r);
        growing_range growing = range_around(r.lo, r.hi);
        for (size_t p = 0; p < n; p++)
            for (size_t i = 0; i < pictures[p].generated.n; i++) grow(&growing, at(&pictures[p].generated, i, c));
        v->column[c] = with_margin(growing.shown);
    }
    return GT_OK;
}

static double clamp(double value, range r) { return fmin(fmax(value, r.lo), r.hi); }

static bool in(double value, range r) { return value >= r.lo && value <= r.hi; }

/* ---------------------------------------------------------------- scatter pictures */

#define RED  "'#30ff0000'"
#define BLUE "'#300000ff'"

/* A data block of the points inside the axes of two columns, or outside, moved to the frame; returns how many. A value that is
 * not finite has no place in a picture. */
static size_t write_points(FILE *script, const char *name, const view *v, const gt_plot_points *points, int cx, int cy,
                           bool outside) {
    size_t n = 0;
    fprintf(script, "$%s << END\n", name);
    for (size_t i = 0; i < points->n; i++) {
        const double x = at(points, i, cx), y = at(points, i, cy);
        if (isnan(x) || isnan(y) || (in(x, v->column[cx]) && in(y, v->column[cy])) == outside) continue;
        fprintf(script, "%.9g %.9g\n", clamp(x, v->column[cx]), clamp(y, v->column[cy]));
        n++;
    }
    fputs("END\n", script);
    return n;
}

static void write_ranges(FILE *script, const view *v, int cx, int cy) {
    fprintf(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", v->column[cx].lo, v->column[cx].hi, v->column[cy].lo,
            v->column[cy].hi);
}

static void write_curve(FILE *script, const view *v) {
    fputs("$curve << END\n", script);
    for (int k = 0; k < CURVE_POINTS; k++) fprintf(script, "%.9g %.9g\n", v->curve[k][0], v->curve[k][1]);
    fputs("END\n", script);
}

/* Large points where there are as few as in the tutorial. */
static double point_size(const gt_picture *picture) {
    const size_t n = picture->real.n > picture->generated.n ? picture->real.n : picture->generated.n;
    return n <= 200 ? 1.1 : n <= 1000 ? 0.7 : 0.4;
}

static void write_scatter(FILE *script, const view *v, const gt_picture *picture) {
    const double size = point_size(picture);
    const char *separator = "plot ";
    write_ranges(script, v, 0, 1);
    if (picture->curve) write_curve(script, v);
    write_points(script, "real", v, &picture->real, 0, 1, false);
    size_t n_generated = write_points(script, "generated", v, &picture->generated, 0, 1, false);
    size_t n_outside = write_points(script, "outside", v, &picture->generated, 0, 1, true);
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

static void write_bins(FILE *script, const char *name, const view *v, const gt_plot_points *points, int column) {
    const range r = v->column[column];
    size_t count[BINS] = {0}, n = 0;
    for (size_t i = 0; i < points->n; i++) {
        const double value = at(points, i, column);
        if (isnan(value)) continue;
        const int bin = (int)((clamp(value, r) - r.lo) / (r.hi - r.lo) * BINS);
        count[bin < BINS ? bin : BINS - 1]++;
        n++;
    }
    fprintf(script, "$%s << END\n", name);
    for (int b = 0; b < BINS; b++)
        fprintf(script, "%.9g %.9g\n", r.lo + (r.hi - r.lo) * (b + 0.5) / BINS, n > 0 ? (double)count[b] / (double)n : 0);
    fputs("END\n", script);
}

/* Shares of the points in bins; what lies beyond the axes is in the outer ones. */
static void write_histogram(FILE *script, const view *v, const gt_picture *picture, int column) {
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

static void write_pair(FILE *script, const view *v, const gt_picture *picture, int cx, int cy) {
    write_ranges(script, v, cx, cy);
    size_t n_real = write_points(script, "real", v, &picture->real, cx, cy, false);
    size_t n_generated = write_points(script, "generated", v, &picture->generated, cx, cy, false);
    /* 1/0 again: an empty block is an error. */
    fprintf(script, "plot %s with points pt 7 ps 0.4 lc rgb " RED ", %s with points pt 7 ps 0.4 lc rgb " BLUE "\n",
            n_real > 0 ? "$real" : "1/0", n_generated > 0 ? "$generated" : "1/0");
}

/* Histograms on the diagonal, column x against column y elsewhere, cells edge to edge. */
static void write_matrix(FILE *script, const view *v, const gt_picture *picture) {
    const double left = 0.08, right = 0.98, bottom = 0.09, top = 0.92, gap = 0.012;
    const double width = (right - left) / v->n, height = (top - bottom) / v->n;
    fputs("set multiplot title ", script);
    gt_drawing_write_quoted(script, picture->title != NULL ? picture->title : "");
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

static void write_style(FILE *script, const view *v) {
    fputs("set margins screen 0.11, screen 0.97, screen 0.17, screen 0.92\n" /* the same frame in each picture */
          "set xlabel 'x'\nset grid lt 1 lc rgb '#e4e4e4'\nset key at screen 0.54, 0.05 center horizontal\n",
          script);
    fputs(v->n == 1 ? "set ylabel 'share of the points'\n" : "set ylabel 'y'\n", script);
}

static void write_body(FILE *script, const view *v, const gt_picture *picture) {
    fputs("set title ", script);
    gt_drawing_write_quoted(script, v->n <= 2 && picture->title != NULL ? picture->title : "");
    fputc('\n', script);
    if (v->n == 1)
        write_histogram(script, v, picture, 0);
    else if (v->n == 2)
        write_scatter(script, v, picture);
    else
        write_matrix(script, v, picture);
}

static gt_status write_picture(FILE *script, const view *v, const gt_picture *picture) {
    char *part = gt_drawing_part(picture->name);
    if (part == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", picture->name);
    fputs("set output ", script);
    gt_drawing_write_quoted(script, part);
    fputc('\n', script);
    free(part);
    write_body(script, v, picture);
    fputs("unset output\n", script);
    return GT_OK;
}

static gt_status write_script(FILE *script, const view *v, const gt_picture *pictures, size_t n_pictures) {
    fprintf(script, "set terminal pngcairo size 800,%d noenhanced font 'sans,12'\n", v->n > 2 ? 800 : 600);
    write_style(script, v);
    for (size_t p = 0; p < n_pictures; p++) GT_TRY(write_picture(script, v, &pictures[p]));
    return GT_OK;
}

gt_status gt_plots_write(FILE *script, const gt_target_spec *target, const gt_picture *pictures, size_t n_pictures,
                         const gt_picture *picture) {
    view v;
    GT_TRY(compute_view(target, pictures, n_pictures, &v));
    write_style(script, &v);
    write_body(script, &v, picture);
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
    view v;
    gt_drawing drawing;
    char *argv[] = {"gnuplot", "--default-settings", "-", NULL}; /* a user's own gnuplot settings would change the pictures */
    const char **names = calloc(n_pictures, sizeof *names);
    if (names == NULL) return gt_fail(GT_ERR_MEMORY, "%s: out of memory", folder);
    for (size_t p = 0; p < n_pictures; p++) names[p] = pictures[p].name;
    gt_status status = compute_view(target, pictures, n_pictures, &v);
    if (status == GT_OK) status = gt_drawing_begin(folder, argv, &drawing);
    if (status == GT_OK) {
        status = write_script(drawing.script, &v, pictures, n_pictures);
        gt_status ended = gt_drawing_end(&drawing);
        status = gt_drawing_publish(status != GT_OK ? status : ended, argv[0], folder, names, n_pictures);
    }
    free(names);
    return status;
}
