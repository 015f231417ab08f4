/* private. The charts of a study's report: each is a script for gnuplot, drawn as SVG for the page and as PNG for other uses;
 * and grids of images, which are PNG alone. figures.c keeps and draws them; one file figures_*.c a family of charts.
 *
 * Colours are those of Okabe and Ito (2008), which people with any kind of colour vision can tell apart. */
#ifndef GT_IO_FIGURES_H
#define GT_IO_FIGURES_H

#include "io/image_grid.h"
#include "io/plots.h"
#include "io/store_summary.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a chart stands in the page. */
typedef enum gt_figure_section {
    GT_FIGURE_OUTCOMES,
    GT_FIGURE_CONVERGENCE, /* share converged over iterations, time to convergence */
    GT_FIGURE_SETTINGS,
    GT_FIGURE_SAMPLES,
    GT_FIGURE_ACCURACY,
    GT_FIGURE_SCORES /* three charts a metric */
} gt_figure_section;

typedef struct gt_figure {
    gt_figure_section section;
    char *name;  /* of the files, without their ending */
    char *title; /* one line */
    char *script;
    size_t script_size;
    gt_image_grid grid; /* n > 0: this instead of a script; its values are the samples' */
    int width, height;
} gt_figure;

typedef struct gt_figures {
    gt_figure *list;
    size_t n;
} gt_figures;

/* A run as it ended. */
typedef struct gt_figure_sample {
    size_t run; /* of the summary */
    char role[64];
    gt_picture picture; /* its points or images; name is not used */
} gt_figure_sample;

typedef struct gt_figures_input {
    const gt_store_study *study;
    const gt_store_summary *summary;
    size_t setting;        /* whose checkpoints and scores are drawn */
    const double *perfect; /* by metric: what a perfect generator shows; NaN: not known */
    const gt_figure_sample *samples;
    size_t n_samples;
} gt_figures_input;

/* All charts that the study has something for. The samples' values must live as long. GT_ERR_MEMORY. figures: zeroed; to be
 * freed after a failure, too. */
gt_status gt_figures_of(const gt_figures_input *input, gt_figures *figures);
void gt_figures_free(gt_figures *figures);

static inline bool gt_figure_is_images(const gt_figure *figure) { return figure->grid.n > 0; }
size_t gt_figures_count_images(const gt_figures *figures);

/* Draws NAME.svg of each into folder, and NAME.png where asked to, from one gnuplot; of images NAME.png alone, in any case.
 * Each file appears whole or not at all. GT_ERR_IO. The caller ignores SIGPIPE. */
gt_status gt_figures_draw(const char *folder, const gt_figures *figures, bool png);

/* ---------------------------------------------------------------- for figures_*.c */

enum { GT_FIGURE_SMALL = 430 }; /* pixels: charts as narrow stand three in a row */

#define GT_INK  "#2f2f2f" /* text and axes: the page gives them its own colour */
#define GT_GRID "#d8d8d8"

extern const char *const gt_figure_colours[8], *const gt_outcome_colours[GT_N_OUTCOMES];

/* A new chart, whose commands go to the stream that is returned; NULL: GT_ERR_MEMORY, recorded. */
FILE *gt_figure_begin(gt_figures *figures, gt_figure_section section, int width, int height, const char *name);
void gt_figure_title(gt_figures *figures, FILE *script, const char *format, ...) __attribute__((format(printf, 3, 4)));
gt_status gt_figure_end(gt_figures *figures, FILE *script);

/* A new picture of images; its height and width are the grid's. GT_ERR_MEMORY. */
gt_status gt_figure_images(gt_figures *figures, gt_figure_section section, const char *name, const char *title,
                           const gt_image_grid *grid);

/* "set COMMAND 'text'" */
void gt_figure_set(FILE *script, const char *command, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The x axis from 0 to the last iteration, and the y axis of a share in percent. */
void gt_figure_iterations_axis(FILE *script, uint64_t last);
void gt_figure_percent_axis(FILE *script, const char *axis, const char *label);

/* "1,234,567". Returns text. */
#define GT_FIGURE_COUNT_CHARS 32
char *gt_figure_count(uint64_t value, char text[GT_FIGURE_COUNT_CHARS]);

/* "setting 3: lr=0.001", cut off where it is long; "" in a study of one setting. Returns text. */
#define GT_FIGURE_SETTING_CHARS 64
char *gt_figure_setting(const gt_figures_input *input, size_t setting, char text[GT_FIGURE_SETTING_CHARS]);

gt_status gt_figures_outcomes(const gt_figures_input *input, gt_figures *figures);
gt_status gt_figures_convergence(const gt_figures_input *input, gt_figures *figures);
gt_status gt_figures_times(const gt_figures_input *input, gt_figures *figures);
gt_status gt_figures_settings(const gt_figures_input *input, gt_figures *figures);
gt_status gt_figures_axes(const gt_figures_input *input, gt_figures *figures);
gt_status gt_figures_samples(const gt_figures_input *input, gt_figures *figures);
gt_status gt_figures_accuracy(const gt_figures_input *input, gt_figures *figures);
gt_status gt_figures_scores(const gt_figures_input *input, gt_figures *figures);

#ifdef __cplusplus
}
#endif
#endif
