/* The gallery: points of single runs, with the same axes; or their images, behind some real ones. */
#include "io/figures.h"

#include "core/status.h"
#include "core/target_data.h"
#include "io/plots_view.h"

#include <inttypes.h>
#include <stdlib.h>

enum { COLUMNS = 6, GAP = 2 }; /* of a grid */

static gt_status add_images(const gt_target_spec *target, gt_plot_points images, const char *name, const char *title,
                            gt_figures *figures) {
    const gt_image_grid grid = {.values = images.values,
                                .n = images.n,
                                .height = target->height,
                                .width = target->width,
                                .channels = target->channels,
                                .columns = COLUMNS,
                                .gap = GAP};
    return gt_figure_images(figures, GT_FIGURE_SAMPLES, name, title, &grid);
}

/* pictures[n_samples]: all, as they share their axes. */
static gt_status add_points(const gt_figures_input *input, const gt_target_spec *target, const gt_picture *pictures,
                            size_t which, const char *name, gt_figures *figures) {
    const bool matrix = target->n_columns > 2;
    FILE *script = gt_figure_begin(figures, GT_FIGURE_SAMPLES, matrix ? 800 : GT_FIGURE_SMALL, matrix ? 800 : 400, name);
    if (script == NULL) return GT_ERR_MEMORY;
    gt_figure_title(figures, script, "%s", pictures[which].title);
    fputs("set title offset 0,-0.6\nset xlabel offset 0,0.8\n", script); /* a smaller frame than plots.c draws for */
    gt_plot_view view;
    const gt_status status = gt_plot_view_of(target, pictures, input->n_samples, &view);
    if (status == GT_OK) {
        gt_plot_write_setup(script, &view);
        gt_plot_write_picture(script, &view, &pictures[which]);
    }
    const gt_status ended = gt_figure_end(figures, script);
    return status == GT_OK ? ended : status;
}

static gt_status add_sample(const gt_figures_input *input, const gt_picture *pictures, size_t which, gt_figures *figures) {
    const gt_store_run *run = &input->summary->runs[input->samples[which].run];
    const gt_target_spec *target = &input->study->plan.settings[run->setting].target;
    const gt_picture *picture = &pictures[which];
    char name[64];
    snprintf(name, sizeof name, "samples-%zu-seed%" PRIu64, which + 1, run->seed);
    if (!gt_target_is_images(target)) return add_points(input, target, pictures, which, name, figures);
    if (which == 0) GT_TRY(add_images(target, picture->real, "samples-real", "some of the real images", figures));
    return add_images(target, picture->generated, name, picture->title, figures);
}

gt_status gt_figures_samples(const gt_figures_input *input, gt_figures *figures) {
    gt_picture *pictures = calloc(input->n_samples > 0 ? input->n_samples : 1, sizeof *pictures);
    if (pictures == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the pictures");
    for (size_t i = 0; i < input->n_samples; i++) pictures[i] = input->samples[i].picture;
    gt_status status = GT_OK;
    for (size_t i = 0; i < input->n_samples && status == GT_OK; i++) status = add_sample(input, pictures, i, figures);
    free(pictures);
    return status;
}
