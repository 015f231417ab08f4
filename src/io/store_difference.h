/* private. What distinguishes two studies, by name and value. */
#ifndef GT_IO_STORE_DIFFERENCE_H
#define GT_IO_STORE_DIFFERENCE_H

#include "io/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Told of one difference: "generator_adam.lr", "0.001", "0.0003". The texts are valid during the call. */
typedef void (*gt_difference_visitor)(void *context, const char *what, const char *in_a, const char *in_b);

/* Members of two specs that differ; a data target's points count by their values. GT_ERR_MEMORY. */
gt_status gt_spec_each_difference(const gt_spec *a, const gt_spec *b, gt_difference_visitor visit, void *context);

/* Seeds, schedule, evaluation, weights that are kept, the version that made it; not the settings, the shards, or how it was
 * computed. */
void gt_study_each_difference(const gt_store_study *a, const gt_store_study *b, gt_difference_visitor visit, void *context);

/* The first difference in any of these, settings included, as "generator_adam.lr is 0.001 and 0.0003"; NULL: none. The caller
 * frees. GT_ERR_MEMORY. */
gt_status gt_study_first_difference(const gt_store_study *a, const gt_store_study *b, char **difference);

#ifdef __cplusplus
}
#endif
#endif
