/* private. The data of a target that has some: a user's points, or images. */
#ifndef GT_CORE_TARGET_DATA_H
#define GT_CORE_TARGET_DATA_H

#include "gantry/gantry.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline bool gt_target_is_images(const gt_target_spec *target) { return strcmp(target->name, "images") == 0; }

/* The bytes of a user's points or images; and where they are, NULL for other targets. */
static inline size_t gt_target_data_bytes(const gt_target_spec *target) {
    return target->n_points * (size_t)target->n_columns * (gt_target_is_images(target) ? 1 : sizeof(float));
}
static inline const void *gt_target_data(const gt_target_spec *target) {
    return gt_target_is_images(target) ? (const void *)target->pixels : (const void *)target->points;
}
/* Takes a copy of them in their place. */
static inline void gt_target_set_data(gt_target_spec *target, const void *data) {
    if (gt_target_is_images(target))
        target->pixels = (const unsigned char *)data;
    else
        target->points = (const float *)data;
}

#ifdef __cplusplus
}
#endif
#endif
