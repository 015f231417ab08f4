/* private to the CLI. What an animation of a training needs, kept as the training goes on: frames with the same latents and the
 * same real points in each, so that what moves is the nets. */
#ifndef GT_CLI_TRACE_H
#define GT_CLI_TRACE_H

#include "cli/run_folder.h"
#include "gantry/gantry.h"
#include "io/animation.h"

#define GT_MAX_FRAMES 240 /* past so many only every 2nd is kept, past twice as many every 4th, ... */

typedef struct gt_trace {
    char *name;            /* "x2, seed 5" */
    uint64_t every;        /* iterations from frame to frame */
    gt_trainer *trainer;   /* of one run */
    size_t n;              /* points of each kind in a frame */
    gt_plot_view view;     /* of points in the plane */
    float *real, *latents; /* [n, X], [n, Z] */
    float *cells;          /* [n_cells, 2] in the units that the nets see, where D is computed; NULL: no surface */
    int coarse;            /* each so many cells of a surface's row and column have one of them */
    gt_animation_frame *frames;
    size_t n_frames;
} gt_trace;

/* Of an untrained run that will be scored every `every` iterations. Takes the first frame. name: the trace's from now on. */
gt_status gt_trace_begin(gt_trace *trace, gt_trainer *trainer, char *name, uint64_t every, uint64_t total);

/* The frame of this moment, with its scores. */
gt_status gt_trace_add(gt_trace *trace, const gt_metrics *row);

gt_status gt_trace_draw(const gt_trace *trace, const gt_run_folder *folder, const char *name);

void gt_trace_free(gt_trace *trace);

#endif
