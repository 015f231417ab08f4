/* private. A target as devices draw from it and scores judge by it, made once from its spec. */
#ifndef GT_CORE_TARGET_H
#define GT_CORE_TARGET_H

#include "core/target_data.h"
#include "gantry/gantry.h"
#include "kernels/fused_recipe.h"
#include "kernels/score.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_target_model {
    gt_target_kind kind;
    int n_columns; /* X */

    /* drawing, in the units that the nets see (docs/numerics.md, "Real points") */
    int draw;                    /* fused_target */
    uint32_t n;                  /* CURVE: FUSED_CURVE_SEGMENTS; POINTS, IMAGES: rows; SQUARE: 0 */
    float *table;                /* CURVE: [n][X][4]; POINTS: [n][X]; SQUARE, IMAGES: NULL; owned */
    const unsigned char *pixels; /* IMAGES: [n][X], of the spec, in the units of the data */
    bool has_noise;
    float noise[GT_MAX_COLUMNS]; /* standard deviations */

    /* what is in the units of the nets becomes data by fma(value, scale, offset), a column each; of images all as the first */
    bool scaled;
    float scale[GT_MAX_COLUMNS], offset[GT_MAX_COLUMNS];

    /* judging, in the units of the data; its table is owned */
    score_target score;
    double y_range; /* of a function: the largest value less the smallest; a quarter of the domain if they are equal */
} gt_target_model;

/* GT_ERR_ARGUMENT: the target can't be made sense of (an expression that is wrong or not finite, an empty domain, parameters
 * out of range). The generator's output activation decides where scaling is auto. GT_ERR_MEMORY. */
gt_status gt_target_model_create(const gt_spec *spec, gt_target_model **out);
void gt_target_model_destroy(gt_target_model *model); /* NULL is fine */

/* Points from the nets' units to those of the data, in place: points[n, X]. */
void gt_target_to_data(const gt_target_model *model, float *points, size_t n);

#ifdef __cplusplus
}
#endif
#endif
