/* Balls to the k-th nearest neighbour, and what lies in them. */
#include "core/neighbours.h"

#include "core/pairs.h"
#include "core/status.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- radii */

typedef struct {
    gt_features points;
    size_t k;
    double *nearest; /* [n, k], upwards: the squared distances of the nearest so far */
} search;

static void insert(double *nearest, size_t k, double value) {
    size_t place = k - 1;
    for (; place > 0 && nearest[place - 1] > value; place--) nearest[place] = nearest[place - 1];
    nearest[place] = value;
}

static void search_row(void *context, const gt_pair_row *pairs) {
    const search *s = context;
    const size_t d = s->points.d, k = s->k;
    const float *point = s->points.values + pairs->row * d;
    double *nearest = s->nearest + pairs->row * k;
    for (size_t j = 0; j < pairs->n; j++) {
        if (!(gt_pair_lower(pairs, j) < nearest[k - 1]) || pairs->first + j == pairs->row) continue;
        const double distance = gt_squared_distance(point, s->points.values + (pairs->first + j) * d, d);
        if (distance < nearest[k - 1]) insert(nearest, k, distance);
    }
}

gt_status gt_balls_of(gt_features centres, int k, gt_balls *out) {
    const size_t n = centres.n, n_nearest = (size_t)k;
    *out = (gt_balls){.centres = centres, .k = k};
    if (n <= n_nearest)
        return gt_fail(GT_ERR_ARGUMENT, "%zu points have no neighbour number %d; it takes more than %d", n, k, k);
    search s = {centres, n_nearest, malloc(n * n_nearest * sizeof(double))};
    gt_status status = GT_OK;
    out->radius2 = malloc(n * sizeof *out->radius2);
    if (s.nearest == NULL || out->radius2 == NULL)
        GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory for the neighbours of %zu points", n), cleanup);
    for (size_t i = 0; i < n * n_nearest; i++) s.nearest[i] = INFINITY;
    GT_TRY_GOTO(gt_visit_pairs(centres, centres, search_row, &s), cleanup);
    for (size_t i = 0; i < n; i++) out->radius2[i] = s.nearest[i * n_nearest + n_nearest - 1];
cleanup:
    free(s.nearest);
    return status;
}

void gt_balls_free(gt_balls *balls) {
    free(balls->radius2);
    *balls = (gt_balls){0};
}

/* ---------------------------------------------------------------- scores */

typedef struct {
    const gt_balls *reference, *samples;
    unsigned char *covered, *recalled; /* [reference] its ball holds a sample; it is in a sample's ball */
    unsigned char *precise;            /* [samples] in a ball of the reference */
    uint64_t *n_inside;                /* [reference] samples in its ball */
} count;

/* Whether the distance of pair j is at most sqrt(radius2): by the bounds, or as it is. */
static bool reaches(const count *c, const gt_pair_row *pairs, size_t j, double radius2) {
    if (gt_pair_lower(pairs, j) > radius2) return false;
    if (gt_pair_upper(pairs, j) <= radius2) return true;
    const gt_features reference = c->reference->centres, samples = c->samples->centres;
    return gt_squared_distance(reference.values + pairs->row * reference.d, samples.values + (pairs->first + j) * samples.d,
                               reference.d) <= radius2;
}

static void count_row(void *context, const gt_pair_row *pairs) {
    const count *c = context;
    const double own = c->reference->radius2[pairs->row], *theirs = c->samples->radius2 + pairs->first;
    for (size_t j = 0; j < pairs->n; j++) {
        const bool is_recalled = c->recalled[pairs->row];
        if (gt_pair_lower(pairs, j) > (is_recalled ? own : fmax(own, theirs[j]))) continue;
        if (reaches(c, pairs, j, own)) {
            c->n_inside[pairs->row]++;
            c->covered[pairs->row] = 1;
#pragma omp atomic write
            c->precise[pairs->first + j] = 1;
        }
        if (!is_recalled && reaches(c, pairs, j, theirs[j])) c->recalled[pairs->row] = 1;
    }
}

static double share(const unsigned char *marks, size_t n) {
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += marks[i];
    return (double)sum / (double)n;
}

gt_status gt_score_neighbours(const gt_balls *reference, const gt_balls *samples, gt_neighbour_scores *out) {
    const size_t n = reference->centres.n, n_samples = samples->centres.n;
    unsigned char *marks = calloc(2 * n + n_samples, 1);
    uint64_t *n_inside = calloc(n, sizeof *n_inside), inside = 0;
    gt_status status = GT_OK;
    if (marks == NULL || n_inside == NULL)
        GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory for the neighbours of %zu and %zu points", n, n_samples), cleanup);
    count c = {reference, samples, .covered = marks, .recalled = marks + n, .precise = marks + 2 * n, .n_inside = n_inside};
    GT_TRY_GOTO(gt_visit_pairs(reference->centres, samples->centres, count_row, &c), cleanup);
    for (size_t i = 0; i < n; i++) inside += n_inside[i];
    *out = (gt_neighbour_scores){
        .precision = share(c.precise, n_samples),
        .recall = share(c.recalled, n),
        .density = (double)inside / ((double)reference->k * (double)n_samples),
        .coverage = share(c.covered, n),
    };
cleanup:
    free(marks);
    free(n_inside);
    return status;
}
