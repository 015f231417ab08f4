/* Step sizes of Adam for many settings. */
#include "engine/fused_step_tables.h"

#include "core/status.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    double lr;
    float beta1, beta2;
    uint32_t setting;
} key;

static int compare_numbers(double a, double b) { return (a > b) - (a < b); }

static int compare(const void *left, const void *right) {
    const key *a = left, *b = right;
    int order = compare_numbers(a->lr, b->lr);
    if (order == 0) order = compare_numbers((double)a->beta1, (double)b->beta1);
    if (order == 0) order = compare_numbers((double)a->beta2, (double)b->beta2);
    return order;
}

/* A beta^t becomes 0 below 2^-60, and when both are, a step's size is the learning rate with its folded factor. The running
 * products are exact enough for one step more to cover their rounding. */
static uint64_t steps_until_constant(const fused_adam *adam) {
    const double beta = (double)(adam->beta1 > adam->beta2 ? adam->beta1 : adam->beta2);
    return beta > 0 ? (uint64_t)(log(0x1p-60) / log(beta)) + 2 : 1;
}

gt_status fused_step_tables_create(const gt_spec *settings, size_t n_settings, gt_net net, uint32_t *table_of,
                                   fused_step_tables *out) {
    *out =
        (fused_step_tables){.adam = malloc(n_settings * sizeof *out->adam), .powers = malloc(n_settings * sizeof *out->powers)};
    key *keys = malloc(n_settings * sizeof *keys);
    if (out->adam == NULL || out->powers == NULL || keys == NULL) {
        free(keys);
        return gt_fail(GT_ERR_MEMORY, "no memory for the step sizes of %zu settings", n_settings);
    }
#define ADAM_OF(s) fused_adam_of(net == GT_DISCRIMINATOR ? &settings[s].discriminator_adam : &settings[s].generator_adam)
    for (size_t s = 0; s < n_settings; s++) {
        const fused_adam adam = ADAM_OF(s);
        keys[s] = (key){adam.lr, adam.beta1, adam.beta2, (uint32_t)s};
    }
    qsort(keys, n_settings, sizeof *keys, compare);
    for (size_t k = 0; k < n_settings; k++) {
        if (k == 0 || compare(&keys[k - 1], &keys[k]) != 0) {
            fused_adam *adam = &out->adam[out->n_tables];
            *adam = ADAM_OF(keys[k].setting);
            out->powers[out->n_tables++] = (fused_powers){1.0, 1.0};
            const uint64_t from = steps_until_constant(adam);
            if (from > out->constant_from) out->constant_from = from;
        }
        table_of[keys[k].setting] = (uint32_t)(out->n_tables - 1);
    }
#undef ADAM_OF
    free(keys);
    return GT_OK;
}

void fused_step_tables_destroy(fused_step_tables *tables) {
    free(tables->adam);
    free(tables->powers);
    free(tables->steps);
}

uint64_t fused_step_tables_reach(const fused_step_tables *tables, uint64_t first, size_t n_floats) {
    const uint64_t rows = n_floats / tables->n_tables;
    return first >= tables->constant_from || rows > tables->constant_from - first ? UINT64_MAX : rows;
}

static gt_status reserve(fused_step_tables *tables, size_t n) {
    if (n <= tables->capacity) return GT_OK;
    float *steps = n <= SIZE_MAX / sizeof *steps / tables->n_tables ? malloc(n * tables->n_tables * sizeof *steps) : NULL;
    if (steps == NULL)
        return gt_fail(GT_ERR_MEMORY, "no memory for %zu step sizes of Adam of each of %zu settings", n, tables->n_tables);
    free(tables->steps);
    tables->steps = steps;
    tables->capacity = n;
    return GT_OK;
}

gt_status fused_step_tables_fill(fused_step_tables *tables, uint64_t first, uint64_t n, int n_threads) {
    const uint64_t constant = tables->constant_from, end = tables->first + tables->n, n_tables = tables->n_tables;
    const uint64_t until_constant = first < constant ? constant - first + 1 : 1, rows = n < until_constant ? n : until_constant;
    if (first >= tables->first && (first + rows <= end || end > constant)) return GT_OK;
    GT_TRY(reserve(tables, (size_t)rows));
#pragma omp parallel for schedule(static) num_threads(n_tables < 16 ? 1 : n_threads)
    for (size_t t = 0; t < n_tables; t++) {
        const fused_adam adam = tables->adam[t];
        fused_powers powers = tables->next == first ? tables->powers[t] : fused_powers_after(&adam, first);
        for (uint64_t k = 0; k < rows; k++) tables->steps[k * n_tables + t] = fused_adam_next_step(&adam, &powers);
        tables->powers[t] = powers;
    }
    tables->first = first;
    tables->n = (size_t)rows;
    tables->next = first + rows;
    tables->version++;
    return GT_OK;
}
