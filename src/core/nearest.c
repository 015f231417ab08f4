/* Nearest images by looking at all. A sum that has passed the k-th best so far is given up, which ends most after a few rows.
 */
#include "core/nearest.h"

#include "core/statistics.h"
#include "core/status.h"

#include <math.h>
#include <stdlib.h>

enum { PIECE = 112 }; /* values between two looks at the sum: four rows of MNIST */

#define NONE SIZE_MAX

/* Sum of squares of the differences; anything above `limit` where it is above that. At most 4096 * 255^2: fits. */
static uint32_t squared_distance(const unsigned char *a, const unsigned char *b, size_t n, uint32_t limit) {
    uint32_t sum = 0;
    for (size_t from = 0; from < n && sum <= limit; from += PIECE) {
        const size_t end = from + PIECE < n ? from + PIECE : n;
        for (size_t i = from; i < end; i++) {
            const int32_t difference = (int32_t)a[i] - (int32_t)b[i];
            sum += (uint32_t)(difference * difference);
        }
    }
    return sum;
}

/* best[k], filled up to *n, the smallest first: distances are squared here. */
static void insert(gt_neighbour *best, size_t *n, size_t k, size_t index, uint32_t distance) {
    size_t at = *n < k ? (*n)++ : k - 1;
    for (; at > 0 && best[at - 1].distance > distance; at--) best[at] = best[at - 1];
    best[at] = (gt_neighbour){index, distance};
}

/* skip: an image of the set that doesn't count, or NONE. */
static void search(const gt_image_set *set, const unsigned char *query, size_t skip, size_t k, gt_neighbour *best) {
    size_t n = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (i == skip) continue;
        const uint32_t limit = n < k ? UINT32_MAX : (uint32_t)best[k - 1].distance;
        const uint32_t distance = squared_distance(query, set->pixels + i * set->n_values, set->n_values, limit);
        if (n < k || distance < limit) insert(best, &n, k, i, distance);
    }
    for (size_t j = 0; j < n; j++) best[j].distance = sqrt(best[j].distance);
}

gt_status gt_nearest_images(const gt_image_set *set, const gt_image_set *queries, size_t k, gt_neighbour *out) {
    if (k < 1 || k > set->n || set->n_values != queries->n_values || set->n_values > GT_MAX_WIDTH)
        return gt_fail(GT_ERR_ARGUMENT, "the %zu nearest of %zu images; it takes 1 to as many as there are, of the same size",
                       k, set->n);
#pragma omp parallel for schedule(dynamic)
    for (size_t q = 0; q < queries->n; q++) search(set, queries->pixels + q * queries->n_values, NONE, k, out + q * k);
    return GT_OK;
}

gt_status gt_nearest_images_among(const gt_image_set *set, size_t max_n, double *median, size_t *n) {
    *n = set->n < 2 ? 0 : set->n < max_n ? set->n : max_n;
    *median = NAN;
    if (*n == 0) return GT_OK;
    double *distance = malloc(*n * sizeof *distance);
    if (distance == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu distances", *n);
#pragma omp parallel for schedule(dynamic)
    for (size_t q = 0; q < *n; q++) {
        const size_t index = q * set->n / *n;
        gt_neighbour nearest = {0};
        search(set, set->pixels + index * set->n_values, index, 1, &nearest);
        distance[q] = nearest.distance;
    }
    *median = gt_percentile(distance, gt_sort_numbers(distance, *n), 50);
    free(distance);
    return GT_OK;
}
