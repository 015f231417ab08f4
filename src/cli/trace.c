/* Frames of an animation. */
#include "cli/trace.h"

#include "cli/command.h"
#include "cli/run_record.h"
#include "cli/scores.h"
#include "core/spec.h"
#include "io/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLOUD_POINTS = 300 }; /* as many as GT_CLOUD_POINTS would cover the surface */

#define MAX_WORK 2e10 /* parameters times points that D is computed at: some seconds */
#define MARGIN   0.3  /* of the target on each side: what D makes of the rest of the plane is part of the story */

static const gt_spec *spec_of(const gt_trace *trace) { return gt_trainer_get_spec(trace->trainer); }

static bool has_probabilities(const gt_spec *spec) { return spec->loss == GT_BCE || spec->loss == GT_MINIMAX; }

static int columns_of(const gt_trace *trace) { return GT_SURFACE_COLUMNS / trace->coarse; }
static int rows_of(const gt_trace *trace) { return GT_SURFACE_ROWS / trace->coarse; }

/* Every cell of the tutorial's surfaces is computed; of wide nets' fewer, so that an animation takes seconds. */
static int coarseness(const gt_spec *spec, uint64_t n_frames) {
    static const int divisors[] = {1, 2, 3, 6}; /* of both sides */
    const double work = (double)n_frames * GT_SURFACE_POINTS * (double)gt_spec_n_parameters(spec, GT_DISCRIMINATOR);
    int k = 0;
    while (k < 3 && work / (divisors[k] * divisors[k]) > MAX_WORK) k++;
    return divisors[k];
}

/* The cells' middles, from the units of the data to those of the nets: the inverse of gt_trainer_to_data()'s affine map. */
static void place_cells(gt_trace *trace) {
    const int columns = columns_of(trace), n = columns * rows_of(trace);
    float ends[2][2] = {{0, 0}, {1, 1}};
    gt_trainer_to_data(trace->trainer, ends[0], 2);
    trace->cells = gt_cli_resize(NULL, (size_t)2 * (size_t)n, sizeof *trace->cells);
    for (int k = 0; k < n; k++) {
        const double data[2] = {gt_surface_place(trace->view.column[0], k % columns, columns),
                                gt_surface_place(trace->view.column[1], k / columns, rows_of(trace))};
        for (int c = 0; c < 2; c++) trace->cells[2 * k + c] = (float)((data[c] - ends[0][c]) / (ends[1][c] - ends[0][c]));
    }
}

/* Cell k's place among n coarser ones: between *first and the next, share of the way. */
static float place_among(int k, int coarse, int n, int *first) {
    const double place = fmin(fmax((k + 0.5) / coarse - 0.5, 0), n - 1);
    *first = (int)fmin(place, n - 2);
    return (float)(place - *first);
}

/* All cells from the coarser ones, bilinear. */
static void refine(const gt_trace *trace, const float *coarse, float *surface) {
    const int columns = columns_of(trace);
    for (int k = 0; k < GT_SURFACE_POINTS; k++) {
        int row, column;
        const float v = place_among(k / GT_SURFACE_COLUMNS, trace->coarse, rows_of(trace), &row),
                    u = place_among(k % GT_SURFACE_COLUMNS, trace->coarse, columns, &column);
        const float *low = &coarse[row * columns + column], *high = low + columns;
        surface[k] = (1 - v) * ((1 - u) * low[0] + u * low[1]) + v * ((1 - u) * high[0] + u * high[1]);
    }
}

static gt_status compute_surface(gt_trace *trace, float *surface) {
    const size_t n = (size_t)columns_of(trace) * (size_t)rows_of(trace);
    if (trace->coarse == 1) return gt_trainer_predict(trace->trainer, 0, GT_DISCRIMINATOR, trace->cells, n, surface);
    float *coarse = gt_cli_resize(NULL, n, sizeof *coarse);
    gt_status status = gt_trainer_predict(trace->trainer, 0, GT_DISCRIMINATOR, trace->cells, n, coarse);
    if (status == GT_OK) refine(trace, coarse, surface);
    free(coarse);
    return status;
}

static gt_status begin_plane(gt_trace *trace) {
    const gt_plot_points real = {trace->real, trace->n, 2};
    gt_status status = gt_plot_view_of_target(&spec_of(trace)->target, real, MARGIN, &trace->view);
    if (status == GT_OK) place_cells(trace);
    return status;
}

static uint64_t frame_distance(uint64_t every, uint64_t total) {
    while (total / every > GT_MAX_FRAMES) every *= 2;
    return every;
}

gt_status gt_trace_begin(gt_trace *trace, gt_trainer *trainer, char *name, uint64_t every, uint64_t total) {
    const gt_spec *spec = gt_trainer_get_spec(trainer);
    const bool is_function = gt_target_kind_of(&spec->target) == GT_TARGET_FUNCTION;
    *trace = (gt_trace){.name = name,
                        .every = frame_distance(every, total),
                        .trainer = trainer,
                        .coarse = coarseness(spec, total / frame_distance(every, total) + 1),
                        .n = is_function ? GT_PICTURE_POINTS : CLOUD_POINTS};
    trace->real = gt_cli_resize(NULL, trace->n * (size_t)spec->target.n_columns, sizeof *trace->real);
    trace->latents = gt_cli_resize(NULL, trace->n * (size_t)spec->generator.size[0], sizeof *trace->latents);
    gt_status status = gt_trainer_evaluation_points(trainer, 0, trace->n, trace->real, NULL);
    if (status == GT_OK) status = gt_trainer_draw(trainer, 0, GT_DRAW_LATENTS, 0, trace->n, trace->latents);
    if (status == GT_OK && spec->target.n_columns == 2) status = begin_plane(trace);
    gt_metrics row;
    if (status == GT_OK) status = gt_trainer_evaluate(trainer, NULL, &row);
    return status == GT_OK ? gt_trace_add(trace, &row) : status;
}

/* ---------------------------------------------------------------- frames */

static char *title_of(const gt_trace *trace, const gt_metrics *row) {
    char text[GT_NUMBER_CHARS];
    const gt_score *score;
    char *title = gt_cli_text("%s, iteration %" PRIu64, trace->name, row->iteration);
    for (int i = 0; (score = gt_score_of_line(spec_of(trace), i)) != NULL; i++) {
        gt_score_format(score, gt_score_value(score, row), spec_of(trace), text);
        char *longer = gt_cli_text("%s%s%s %s", title, i == 0 ? "\n" : "   ", score->name, text);
        free(title);
        title = longer;
    }
    return title;
}

/* What the scores are of, too: with averaged weights these, whose latents can't be chosen. */
static gt_status generate(gt_trace *trace, float *out) {
    if (spec_of(trace)->ema != 0) return gt_trainer_evaluation_points(trace->trainer, 0, trace->n, NULL, out);
    gt_status status = gt_trainer_predict(trace->trainer, 0, GT_GENERATOR, trace->latents, trace->n, out);
    if (status == GT_OK) gt_trainer_to_data(trace->trainer, out, trace->n);
    return status;
}

gt_status gt_trace_add(gt_trace *trace, const gt_metrics *row) {
    float *generated = gt_cli_resize(NULL, trace->n * (size_t)spec_of(trace)->target.n_columns, sizeof *generated);
    float *surface = trace->cells != NULL ? gt_cli_resize(NULL, GT_SURFACE_POINTS, sizeof *surface) : NULL;
    trace->frames = gt_cli_resize(trace->frames, trace->n_frames + 1, sizeof *trace->frames);
    trace->frames[trace->n_frames++] =
        (gt_animation_frame){.title = title_of(trace, row), .generated = generated, .surface = surface};
    gt_status status = generate(trace, generated);
    if (status != GT_OK || surface == NULL) return status;
    return compute_surface(trace, surface);
}

/* ---------------------------------------------------------------- the animation */

static int compare(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Logits have no natural scale: nearly all of them are within the one taken, the few large ones don't flatten it. */
static double logit_scale(const gt_trace *trace, double threshold) {
    enum { EVERY = 37 };
    float *distance = gt_cli_resize(NULL, trace->n_frames * (GT_SURFACE_POINTS / EVERY + 1), sizeof *distance);
    size_t n = 0;
    for (size_t f = 0; f < trace->n_frames; f++)
        for (int k = 0; k < GT_SURFACE_POINTS; k += EVERY) {
            const float value = fabsf(trace->frames[f].surface[k] - (float)threshold);
            if (isfinite(value)) distance[n++] = value;
        }
    qsort(distance, n, sizeof *distance, compare);
    const double scale = n > 0 ? distance[n * 9 / 10] : 0;
    free(distance);
    return scale > 0 ? scale : 1;
}

gt_status gt_trace_draw(const gt_trace *trace, const gt_run_folder *folder, const char *name) {
    const gt_spec *spec = spec_of(trace);
    gt_animation animation = {.target = &spec->target,
                              .view = &trace->view,
                              .real = {trace->real, trace->n, (size_t)spec->target.n_columns},
                              .n_generated = trace->n,
                              .frames = trace->frames,
                              .n_frames = trace->n_frames};
    if (has_probabilities(spec)) {
        animation.surface_title = "D(x, y): probability that a point is real";
        animation.threshold = animation.surface_half = 0.5;
    } else {
        animation.surface_title = "D(x, y): logit";
        animation.threshold = (double)gt_spec_threshold(spec);
        animation.surface_half = trace->cells != NULL ? logit_scale(trace, animation.threshold) : 1;
    }
    return gt_animation_draw(folder->path, name, &animation);
}

void gt_trace_free(gt_trace *trace) {
    for (size_t f = 0; f < trace->n_frames; f++) {
        free((char *)trace->frames[f].title);
        free((float *)trace->frames[f].generated);
        free((float *)trace->frames[f].surface);
    }
    free(trace->frames);
    free(trace->cells);
    free(trace->latents);
    free(trace->real);
    free(trace->name);
}
