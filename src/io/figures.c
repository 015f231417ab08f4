/* The list of charts, their common style, and gnuplot. */
#define _GNU_SOURCE /* asprintf */
#include "io/figures.h"

#include "core/status.h"
#include "io/plots_process.h"
#include "io/plots_view.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const gt_figure_colours[8] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                          "#e69f00", "#56b4e9", "#8c8c8c", "#7a5c00"};

const char *const gt_outcome_colours[GT_N_OUTCOMES] = {
    [GT_OUTCOME_STABLE] = "#009e73",  [GT_OUTCOME_OSCILLATING] = "#56b4e9", [GT_OUTCOME_CONVERGED] = "#0072b2",
    [GT_OUTCOME_PARTIAL] = "#e69f00", [GT_OUTCOME_COLLAPSED] = "#d55e00",   [GT_OUTCOME_DIVERGED] = "#cc79a7",
    [GT_OUTCOME_OTHER] = "#8c8c8c",
};

/* ---------------------------------------------------------------- the list */

static gt_status no_memory(void) { return gt_fail(GT_ERR_MEMORY, "out of memory for the charts"); }

static const char style[] = "reset\n"
                            "set encoding utf8\n"
                            "set border 3 lc rgb '" GT_INK "'\n"
                            "set tics nomirror out scale 0.5 textcolor rgb '" GT_INK "'\n"
                            "set title textcolor rgb '" GT_INK "'\n"
                            "set xlabel textcolor rgb '" GT_INK "'\n"
                            "set ylabel textcolor rgb '" GT_INK "'\n"
                            "set cblabel textcolor rgb '" GT_INK "'\n"
                            "set key textcolor rgb '" GT_INK "' samplen 2\n"
                            "set grid lt 1 lc rgb '" GT_GRID "' lw 0.7\n"
                            "set pointintervalbox 0\n"
                            "set style fill solid 0.8 noborder\n"
                            "set palette defined (0 '#440154', 0.25 '#3b528b', 0.5 '#21918c', 0.75 '#5ec962', 1 '#fde725')\n";

/* NULL: no memory, recorded. */
static gt_figure *append(gt_figures *figures, gt_figure_section section, int width, int height, const char *name) {
    gt_figure *larger = reallocarray(figures->list, figures->n + 1, sizeof *larger);
    if (larger != NULL) figures->list = larger;
    char *own_name = larger != NULL ? strdup(name) : NULL;
    if (own_name == NULL) {
        no_memory();
        return NULL;
    }
    larger[figures->n] = (gt_figure){.section = section, .name = own_name, .width = width, .height = height};
    return &larger[figures->n++];
}

FILE *gt_figure_begin(gt_figures *figures, gt_figure_section section, int width, int height, const char *name) {
    gt_figure *figure = append(figures, section, width, height, name);
    if (figure == NULL) return NULL;
    FILE *script = open_memstream(&figure->script, &figure->script_size);
    if (script == NULL)
        no_memory();
    else
        fputs(style, script);
    return script;
}

gt_status gt_figure_images(gt_figures *figures, gt_figure_section section, const char *name, const char *title,
                           const gt_image_grid *grid) {
    uint64_t height, width;
    gt_image_grid_size(grid, &height, &width);
    gt_figure *figure = append(figures, section, (int)width, (int)height, name);
    if (figure == NULL) return GT_ERR_MEMORY;
    figure->grid = *grid;
    figure->title = strdup(title);
    return figure->title != NULL ? GT_OK : no_memory();
}

void gt_figure_title(gt_figures *figures, FILE *script, const char *format, ...) {
    gt_figure *figure = &figures->list[figures->n - 1];
    va_list args;
    va_start(args, format);
    if (vasprintf(&figure->title, format, args) < 0) figure->title = NULL; /* gt_figure_end() tells */
    va_end(args);
    if (figure->title != NULL) gt_figure_set(script, "title", "%s", figure->title);
}

gt_status gt_figure_end(gt_figures *figures, FILE *script) {
    const gt_figure *figure = &figures->list[figures->n - 1];
    return fclose(script) == 0 && figure->title != NULL ? GT_OK : no_memory();
}

void gt_figures_free(gt_figures *figures) {
    for (size_t f = 0; f < figures->n; f++) {
        free(figures->list[f].name);
        free(figures->list[f].title);
        free(figures->list[f].script);
    }
    free(figures->list);
    *figures = (gt_figures){0};
}

gt_status gt_figures_of(const gt_figures_input *input, gt_figures *figures) {
    gt_status (*const families[])(const gt_figures_input *, gt_figures *) = {
        gt_figures_outcomes, gt_figures_convergence, gt_figures_times,    gt_figures_settings,
        gt_figures_axes,     gt_figures_samples,     gt_figures_accuracy, gt_figures_scores,
    };
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) GT_TRY(families[f](input, figures));
    return GT_OK;
}

/* ---------------------------------------------------------------- parts of charts */

void gt_figure_set(FILE *script, const char *command, const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) text = NULL;
    va_end(args);
    fprintf(script, "set %s ", command);
    gt_plot_write_quoted(script, text != NULL ? text : "");
    fputc('\n', script);
    free(text);
}

char *gt_figure_count(uint64_t value, char text[GT_FIGURE_COUNT_CHARS]) {
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *to = text;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

/* Ticks at the multiples of 1, 2 or 5 times a power of ten of which the axis holds at most five. */
void gt_figure_iterations_axis(FILE *script, uint64_t last) {
    uint64_t step = 1;
    for (int k = 0; last / step > 5; k++) step = k % 3 == 1 ? step / 2 * 5 : step * 2;
    fprintf(script, "set xrange [0:%" PRIu64 "]\nset xlabel 'iteration'\nset xtics (", last > 0 ? last : 1);
    for (uint64_t at = 0; at <= last; at += step) {
        char text[GT_FIGURE_COUNT_CHARS];
        fprintf(script, "%s'%s' %" PRIu64, at > 0 ? ", " : "", gt_figure_count(at, text), at);
    }
    fputs(")\n", script);
}

void gt_figure_percent_axis(FILE *script, const char *axis, const char *label) {
    fprintf(script, "set %srange [0:100]\nset format %s '%%g %%%%'\nset %stics 25\n", axis, axis, axis);
    char command[16];
    snprintf(command, sizeof command, "%slabel", axis);
    gt_figure_set(script, command, "%s", label);
}

char *gt_figure_setting(const gt_figures_input *input, size_t setting, char text[GT_FIGURE_SETTING_CHARS]) {
    text[0] = '\0';
    if (input->summary->n_settings == 1) return text;
    char *name = gt_sweep_setting_name(input->study, setting);
    const int n = snprintf(text, GT_FIGURE_SETTING_CHARS, "%s", name != NULL ? name : "");
    if (n >= GT_FIGURE_SETTING_CHARS) {
        size_t end = GT_FIGURE_SETTING_CHARS - sizeof "…";
        while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) end--; /* not inside a character */
        strcpy(text + end, "…");
    }
    free(name);
    return text;
}

/* ---------------------------------------------------------------- drawing */

enum { PNG_SCALE = 2 };

static bool write_figure(FILE *script, const gt_figure *figure, const char *file, bool png) {
    char *part = gt_drawing_part(file);
    if (part == NULL) return false;
    if (png)
        fprintf(script, "set terminal pngcairo size %d,%d noenhanced font 'sans,%d' linewidth %d pointscale %d\n",
                PNG_SCALE * figure->width, PNG_SCALE * figure->height, 10 * PNG_SCALE, PNG_SCALE, PNG_SCALE);
    else
        fprintf(script,
                "set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,12' background rgb '#ffffff' name 'chart'\n",
                figure->width, figure->height);
    fputs("set output ", script);
    gt_plot_write_quoted(script, part);
    fputc('\n', script);
    free(part);
    fwrite(figure->script, 1, figure->script_size, script);
    fputs("unset output\n", script);
    return true;
}

static const char *const endings[] = {"svg", "png"};

size_t gt_figures_count_images(const gt_figures *figures) {
    size_t n = 0;
    for (size_t f = 0; f < figures->n; f++) n += gt_figure_is_images(&figures->list[f]);
    return n;
}

/* NAME.svg of each chart, then NAME.png: [n_kinds][n_charts]. */
static char **file_names(const gt_figures *figures, size_t n_kinds, size_t n_charts) {
    char **names = calloc(n_kinds * n_charts, sizeof *names), **name = names;
    bool all = names != NULL;
    for (size_t kind = 0; all && kind < n_kinds; kind++)
        for (size_t f = 0; all && f < figures->n; f++)
            if (!gt_figure_is_images(&figures->list[f]))
                all = asprintf(name++, "%s.%s", figures->list[f].name, endings[kind]) >= 0;
    if (all) return names;
    for (size_t i = 0; names != NULL && names + i + 1 < name; i++) free(names[i]);
    free(names);
    return NULL;
}

static gt_status write_figures(FILE *script, const gt_figures *figures, char *const *names, size_t n_kinds) {
    bool written = true;
    for (size_t kind = 0; kind < n_kinds; kind++)
        for (size_t f = 0; f < figures->n; f++)
            if (!gt_figure_is_images(&figures->list[f]))
                written = write_figure(script, &figures->list[f], *names++, kind > 0) && written;
    return written ? GT_OK : no_memory();
}

static gt_status draw_images(const char *folder, const gt_figures *figures) {
    for (size_t f = 0; f < figures->n; f++) {
        const gt_figure *figure = &figures->list[f];
        char *path = NULL;
        if (!gt_figure_is_images(figure)) continue;
        if (asprintf(&path, "%s/%s.png", folder, figure->name) < 0) return no_memory();
        const gt_status status = gt_image_grid_write(path, &figure->grid);
        free(path);
        GT_TRY(status);
    }
    return GT_OK;
}

gt_status gt_figures_draw(const char *folder, const gt_figures *figures, bool png) {
    const size_t n_charts = figures->n - gt_figures_count_images(figures), n_kinds = png ? 2 : 1, n = n_kinds * n_charts;
    char *argv[] = {"gnuplot", "--default-settings", "-", NULL};
    gt_drawing drawing;
    GT_TRY(draw_images(folder, figures));
    if (n == 0) return GT_OK;
    char **names = file_names(figures, n_kinds, n_charts);
    if (names == NULL) return no_memory();
    gt_status status = gt_drawing_begin(folder, argv, &drawing);
    if (status == GT_OK) {
        status = write_figures(drawing.script, figures, names, n_kinds);
        const gt_status ended = gt_drawing_end(&drawing);
        status = gt_drawing_publish(status != GT_OK ? status : ended, argv[0], folder, (const char *const *)names, n);
    }
    for (size_t i = 0; i < n; i++) free(names[i]);
    free(names);
    return status;
}
