/* The model of a target: what devices draw from (scaled for the nets) and what scores know (in the units of the data). */
#include "core/target.h"

#include "core/status.h"
#include "core/target_list.h"
#include "core/target_table.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a target before it is scaled. */
typedef struct {
    double lo[GT_MAX_COLUMNS], hi[GT_MAX_COLUMNS]; /* the range of each column, noise included */
    double noise;                                  /* standard deviation, of every column */
    float y[GT_FUNCTION_NODES];                    /* FUNCTION */
    float nodes[8 * FUSED_CURVE_SEGMENTS];         /* CURVE: [FUSED_CURVE_SEGMENTS, 4, 2] */
    float modes[2 * SCORE_MAX_MODES];              /* MIXTURE: [., 2] */
} source;

static void widen(source *s, int column, double value) {
    s->lo[column] = fmin(s->lo[column], value);
    s->hi[column] = fmax(s->hi[column], value);
}

/* Points [n, X]. */
static void find_range(source *s, const float *points, size_t n, int n_columns) {
    for (int c = 0; c < n_columns; c++) {
        s->lo[c] = s->hi[c] = (double)points[c];
        for (size_t i = 0; i < n; i++) widen(s, c, (double)points[i * (size_t)n_columns + (size_t)c]);
        s->lo[c] -= 4 * s->noise;
        s->hi[c] += 4 * s->noise;
    }
}

/* ---------------------------------------------------------------- scaling */

static gt_scaling scaling_of(const gt_spec *spec) {
    if (spec->scaling != GT_SCALING_AUTO) return spec->scaling;
    switch (spec->generator.activation[spec->generator.n_layers - 1]) {
    case GT_TANH:
        return GT_SCALING_SYMMETRIC;
    case GT_SIGMOID:
        return GT_SCALING_UNIT;
    default:
        return GT_SCALING_NONE;
    }
}

/* The map of one column that lies in [lo, hi]; returns its width. */
static double scale_column(gt_target_model *model, int c, double lo, double hi, gt_scaling scaling) {
    const bool symmetric = scaling == GT_SCALING_SYMMETRIC;
    const double width = hi - lo;
    model->scaled = scaling != GT_SCALING_NONE;
    model->scale[c] = 1;
    if (!model->scaled) return width;
    model->scale[c] = (float)(symmetric ? width / 2 : width);
    model->offset[c] = (float)(symmetric ? (lo + hi) / 2 : lo);
    return width;
}

static gt_status choose_scaling(gt_target_model *model, const source *s, gt_scaling scaling) {
    const bool symmetric = scaling == GT_SCALING_SYMMETRIC;
    for (int c = 0; c < model->n_columns; c++) {
        const double width = scale_column(model, c, s->lo[c], s->hi[c], scaling);
        if (!model->scaled) continue;
        if (!(width > 1e-6 * fmax(fabs(s->lo[c]), fabs(s->hi[c])) && model->scale[c] >= FLT_MIN))
            return gt_fail(
                GT_ERR_ARGUMENT,
                "column %d of the target goes from %.9g to %.9g, too little to be scaled to [%d, 1]; leave it out, or "
                "take --scaling none with a linear output of the generator",
                c + 1, s->lo[c], s->hi[c], symmetric ? -1 : 0);
    }
    return GT_OK;
}

static double to_nets(const gt_target_model *model, int column, double value) {
    return model->scaled ? (value - (double)model->offset[column]) / (double)model->scale[column] : value;
}

void gt_target_to_data(const gt_target_model *model, float *points, size_t n) {
    if (!model->scaled) return;
    const size_t columns = model->pixels != NULL ? 1 : (size_t)model->n_columns;
    if (model->pixels != NULL) n *= (size_t)model->n_columns;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < columns; c++)
            points[i * columns + c] = fmaf(points[i * columns + c], model->scale[c], model->offset[c]);
}

/* ---------------------------------------------------------------- tables */

static gt_status allocate(float **table, size_t n) {
    *table = malloc(n * sizeof **table);
    return *table != NULL ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for the %zu numbers of a target", n);
}

/* Rows of points [n, X]. */
static gt_status fill_rows(gt_target_model *model, const float *points, size_t n) {
    const size_t columns = (size_t)model->n_columns;
    model->draw = FUSED_POINTS;
    model->n = (uint32_t)n;
    GT_TRY(allocate(&model->table, n * columns));
    for (size_t i = 0; i < n * columns; i++) model->table[i] = (float)to_nets(model, (int)(i % columns), (double)points[i]);
    return GT_OK;
}

/* Cubics of one column. node: its values at the four nodes of a segment. */
static void fill_segment(gt_target_model *model, int segment, int column, const float *node, int stride) {
    double y[4];
    for (int j = 0; j < 4; j++) y[j] = to_nets(model, column, (double)node[j * stride]);
    gt_cubic_through(y, model->table + (segment * 2 + column) * 4);
}

static gt_status begin_curve(gt_target_model *model) {
    model->draw = FUSED_CURVE;
    model->n = FUSED_CURVE_SEGMENTS;
    return allocate(&model->table, (size_t)8 * FUSED_CURVE_SEGMENTS);
}

/* ---------------------------------------------------------------- kinds */

static gt_status make_function(gt_target_model *model, const gt_spec *spec, source *s) {
    const gt_target_spec *target = &spec->target;
    GT_TRY(gt_function_nodes(target, s->y, &model->y_range));
    find_range(s, s->y, GT_FUNCTION_NODES, 1);
    s->lo[1] = s->lo[0];
    s->hi[1] = s->hi[0];
    s->lo[0] = target->lo;
    s->hi[0] = target->hi;
    GT_TRY(choose_scaling(model, s, scaling_of(spec)));

    const bool square = gt_target_is_square(target);
    float *score_table = NULL;
    if (!square) {
        GT_TRY(allocate(&score_table, (size_t)4 * FUSED_CURVE_SEGMENTS));
        gt_function_table(s->y, score_table);
    }
    model->score = (score_target){.kind = square ? SCORE_SQUARE : SCORE_FUNCTION,
                                  .lo = target->lo,
                                  .hi = target->hi,
                                  .good_below = 0.03 * (model->y_range / 0.25),
                                  .table = score_table};
    if (square && !model->scaled) {
        model->draw = FUSED_SQUARE;
        return GT_OK;
    }
    GT_TRY(begin_curve(model));
    const double lo = to_nets(model, 0, target->lo), width = to_nets(model, 0, target->hi) - lo;
    for (int k = 0; k < FUSED_CURVE_SEGMENTS; k++) {
        float *x = model->table + (size_t)8 * (size_t)k;
        x[0] = (float)(lo + width * (k / (double)FUSED_CURVE_SEGMENTS));
        x[1] = (float)(width / FUSED_CURVE_SEGMENTS);
        x[2] = x[3] = 0;
        fill_segment(model, k, 1, s->y + 3 * k, 1);
    }
    return GT_OK;
}

static gt_status make_mixture(gt_target_model *model, const gt_spec *spec, source *s) {
    int n;
    float *score_table;
    GT_TRY(
        gt_builtin_target_find(spec->target.name)->modes(spec->target.name, spec->target.parameter, s->modes, &n, &s->noise));
    find_range(s, s->modes, (size_t)n, 2);
    GT_TRY(choose_scaling(model, s, scaling_of(spec)));
    GT_TRY(allocate(&score_table, (size_t)(2 * n)));
    memcpy(score_table, s->modes, (size_t)(2 * n) * sizeof *score_table);
    model->score = (score_target){.kind = SCORE_MIXTURE, .n_modes = n, .sigma = s->noise, .table = score_table};
    return fill_rows(model, s->modes, (size_t)n);
}

static gt_status make_curve(gt_target_model *model, const gt_spec *spec, source *s) {
    GT_TRY(gt_builtin_target_find(spec->target.name)->curve(spec->target.name, spec->target.parameter, s->nodes, &s->noise));
    find_range(s, s->nodes, (size_t)4 * FUSED_CURVE_SEGMENTS, 2);
    GT_TRY(choose_scaling(model, s, scaling_of(spec)));
    model->score.kind = SCORE_OTHER;
    GT_TRY(begin_curve(model));
    for (int k = 0; k < FUSED_CURVE_SEGMENTS; k++)
        for (int c = 0; c < 2; c++) fill_segment(model, k, c, s->nodes + 8 * k + c, 2);
    return GT_OK;
}

static gt_status make_data(gt_target_model *model, const gt_spec *spec, source *s) {
    find_range(s, spec->target.points, spec->target.n_points, spec->target.n_columns);
    GT_TRY(choose_scaling(model, s, scaling_of(spec)));
    model->score.kind = SCORE_OTHER;
    return fill_rows(model, spec->target.points, spec->target.n_points);
}

static void make_images(gt_target_model *model, const gt_spec *spec) {
    scale_column(model, 0, 0, 255, scaling_of(spec));
    model->score.kind = SCORE_OTHER;
    model->draw = FUSED_IMAGES;
    model->n = (uint32_t)spec->target.n_points;
    model->pixels = spec->target.pixels;
}

static gt_status make(gt_target_model *model, const gt_spec *spec, source *s) {
    switch (model->kind) {
    case GT_TARGET_FUNCTION:
        GT_TRY(make_function(model, spec, s));
        break;
    case GT_TARGET_MIXTURE:
        GT_TRY(make_mixture(model, spec, s));
        break;
    case GT_TARGET_CURVE:
        GT_TRY(make_curve(model, spec, s));
        break;
    case GT_TARGET_DATA:
        if (gt_target_is_images(&spec->target))
            make_images(model, spec);
        else
            GT_TRY(make_data(model, spec, s));
        break;
    }
    model->score.n_columns = model->n_columns;
    model->has_noise = s->noise > 0;
    for (int c = 0; model->has_noise && c < model->n_columns; c++)
        model->noise[c] = (float)(s->noise / (double)model->scale[c]);
    return GT_OK;
}

gt_status gt_target_model_create(const gt_spec *spec, gt_target_model **out) {
    GT_TRY(gt_target_check(&spec->target));
    gt_target_model *model = calloc(1, sizeof *model);
    source *s = calloc(1, sizeof *s);
    gt_status status;
    if (model == NULL || s == NULL) {
        status = gt_fail(GT_ERR_MEMORY, "no memory for a target");
    } else {
        model->kind = gt_target_kind_of(&spec->target);
        model->n_columns = spec->target.n_columns;
        status = make(model, spec, s);
    }
    free(s);
    if (status != GT_OK) {
        gt_target_model_destroy(model);
        return status;
    }
    *out = model;
    return GT_OK;
}

void gt_target_model_destroy(gt_target_model *model) {
    if (model == NULL) return;
    free(model->table);
    free((void *)model->score.table);
    free(model);
}
