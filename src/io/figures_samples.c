/* The gallery: points of single runs, with the same axes. */
#include "io/figures.h"

#include "core/status.h"
#include "io/plots_view.h"

#include <inttypes.h>
#include <stdlib.h>

gt_status gt_figures_samples(const gt_figures_input *input, gt_figures *figures) {
    gt_picture *pictures = calloc(input->n_samples > 0 ? input->n_samples : 1, sizeof *pictures);
    if (pictures == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the pictures");
    for (size_t i = 0; i < input->n_samples; i++) pictures[i] = input->samples[i].picture;
    gt_status status = GT_OK;
    for (size_t i = 0; i < input->n_samples && status == GT_OK; i++) {
        const gt_store_run *run = &input->summary->runs[input->samples[i].run];
        const gt_target_spec *target = &input->study->plan.settings[run->setting].target;
        char name[64];
        snprintf(name, sizeof name, "samples-%zu-seed%" PRIu64, i + 1, run->seed);
        const bool matrix = target->n_columns > 2;
        FILE *script = gt_figure_begin(figures, GT_FIGURE_SAMPLES, matrix ? 800 : GT_FIGURE_SMALL, matrix ? 800 : 400, name);
        if (script == NULL) {
            status = GT_ERR_MEMORY;
            break;
        }
        gt_figure_title(figures, script, "%s", pictures[i].title);
        fputs("set title offset 0,-0.6\nset xlabel offset 0,0.8\n", script); /* a smaller frame than plots.c draws for */
        gt_plot_view view;
        status = gt_plot_view_of(target, pictures, input->n_samples, &view);
        if (status == GT_OK) {
            gt_plot_write_setup(script, &view);
            gt_plot_write_picture(script, &view, &pictures[i]);
        }
        const gt_status ended = gt_figure_end(figures, script);
        if (status == GT_OK) status = ended;
    }
    free(pictures);
    return status;
}
