/* private. Which images lie nearest to others, by the Euclidean distance of their bytes: a generator that only repeats its data
 * gives images that lie nearer to these than these lie to each other. */
#ifndef GT_CORE_NEAREST_H
#define GT_CORE_NEAREST_H

#include "gantry/gantry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Images [n, n_values]; n_values is at most GT_MAX_WIDTH. */
typedef struct gt_image_set {
    const unsigned char *pixels;
    size_t n, n_values;
} gt_image_set;

typedef struct gt_neighbour {
    size_t index; /* in the set */
    double distance;
} gt_neighbour;

/* Of each query the k nearest images of a set, the nearest first, of equal ones that with the smaller index: out[queries->n,
 * k]. Both have the same n_values, and k <= set->n. All of the set is looked at. GT_ERR_MEMORY. */
gt_status gt_nearest_images(const gt_image_set *set, const gt_image_set *queries, size_t k, gt_neighbour *out);

/* The median distance of an image of a set to the nearest other one, over at most max_n of them with equal steps between; NaN
 * where there is no other. *n: over how many. GT_ERR_MEMORY. */
gt_status gt_nearest_images_among(const gt_image_set *set, size_t max_n, double *median, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
