/* Settings side by side. */
#include "io/store_sweep.h"

#include "core/status.h"
#include "io/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double share(const gt_group_summary *group) {
    return group->n_finished > 0 ? (double)group->n_converged / (double)group->n_finished : -1;
}

size_t gt_sweep_best(const gt_store_summary *summary) {
    size_t best = 0;
    for (size_t g = 1; g < summary->n_settings; g++)
        if (share(&summary->settings[g]) > share(&summary->settings[best])) best = g;
    return best;
}

/* ---------------------------------------------------------------- pairs */

static gt_pair_counts count_pairs(const gt_store_summary *s, const gt_group_summary *first, const gt_group_summary *second) {
    gt_pair_counts counts = {0};
    size_t j = second->first;
    for (size_t i = first->first; i < first->end; i++) {
        while (j < second->end && s->runs[j].seed < s->runs[i].seed) j++;
        if (j == second->end) break;
        if (s->runs[j].seed != s->runs[i].seed || !s->runs[i].finished || !s->runs[j].finished) continue;
        const bool a = gt_store_run_converged(&s->runs[i]), b = gt_store_run_converged(&s->runs[j]);
        counts.both += a && b;
        counts.only_first += a && !b;
        counts.only_second += !a && b;
        counts.neither += !a && !b;
    }
    return counts;
}

static int by_p(const void *a, const void *b) {
    const gt_setting_pair *x = *(gt_setting_pair *const *)a, *y = *(gt_setting_pair *const *)b;
    return (x->shares.p > y->shares.p) - (x->shares.p < y->shares.p);
}

/* The k-th smallest of n p-values (from 0) times n - k, at most 1, and no smaller than those before it. */
static gt_status correct(gt_setting_pair *pairs, size_t n) {
    gt_setting_pair **order = calloc(n > 0 ? n : 1, sizeof *order);
    double largest = 0;
    if (order == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for %zu pairs of settings", n);
    for (size_t k = 0; k < n; k++) order[k] = &pairs[k];
    qsort(order, n, sizeof(gt_setting_pair *), by_p);
    for (size_t k = 0; k < n; k++) {
        const double p = order[k]->shares.p * (double)(n - k);
        if (p > largest) largest = p < 1 ? p : 1;
        order[k]->p_holm = largest;
    }
    free(order);
    return GT_OK;
}

gt_status gt_sweep_pairs(const gt_store_summary *summary, gt_setting_pair **pairs, size_t *n) {
    const size_t n_settings = summary->n_settings, best = gt_sweep_best(summary);
    const bool all = n_settings <= GT_SWEEP_ALL_PAIRS;
    *n = 0;
    *pairs = calloc(all ? n_settings * n_settings : n_settings, sizeof **pairs);
    if (*pairs == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for pairs of %zu settings", n_settings);
    for (size_t a = all ? 0 : best; a < (all ? n_settings : best + 1); a++)
        for (size_t b = all ? a + 1 : 0; b < n_settings; b++) {
            if (a == b) continue;
            gt_setting_pair pair = {.first = a, .second = b};
            pair.counts = count_pairs(summary, &summary->settings[a], &summary->settings[b]);
            pair.shares = gt_compare_pairs(pair.counts);
            (*pairs)[(*n)++] = pair;
        }
    return correct(*pairs, *n);
}

/* ---------------------------------------------------------------- axes */

typedef struct {
    const char *text;
    double number;
} value;

static int by_number(const void *a, const void *b) {
    const value *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

static bool distinct_values(const gt_store_axis *axis, size_t n_settings, value *values, size_t *n) {
    bool numbers = true;
    *n = 0;
    for (size_t s = 0; s < n_settings; s++) {
        size_t v = 0;
        while (v < *n && strcmp(values[v].text, axis->values[s]) != 0) v++;
        if (v < *n) continue;
        values[*n].text = axis->values[s];
        numbers = gt_number_parse_real(axis->values[s], &values[*n].number) && numbers;
        ++*n;
    }
    return numbers;
}

gt_status gt_sweep_levels_of(const gt_store_axis *axis, size_t n_settings, gt_sweep_levels *out) {
    value *values = calloc(n_settings, sizeof *values);
    *out = (gt_sweep_levels){.level = calloc(n_settings, sizeof *out->level), .value = calloc(n_settings, sizeof *out->value)};
    if (values == NULL || out->level == NULL || out->value == NULL) {
        free(values);
        gt_sweep_levels_free(out);
        return gt_fail(GT_ERR_MEMORY, "out of memory for the values of --%s", axis->name);
    }
    if (distinct_values(axis, n_settings, values, &out->n_levels)) qsort(values, out->n_levels, sizeof *values, by_number);
    for (size_t v = 0; v < out->n_levels; v++) {
        out->value[v] = values[v].text;
        for (size_t s = 0; s < n_settings; s++)
            if (strcmp(axis->values[s], values[v].text) == 0) out->level[s] = v;
    }
    free(values);
    return GT_OK;
}

void gt_sweep_levels_free(gt_sweep_levels *levels) {
    free(levels->level);
    free(levels->value);
    *levels = (gt_sweep_levels){0};
}

gt_sweep_cell gt_sweep_cell_of(const gt_store_summary *summary, const gt_sweep_levels *a, size_t level_a,
                               const gt_sweep_levels *b, size_t level_b) {
    gt_sweep_cell cell = {0};
    for (size_t s = 0; s < summary->n_settings; s++) {
        if (a->level[s] != level_a || (b != NULL && b->level[s] != level_b)) continue;
        cell.n += summary->settings[s].n_finished;
        cell.n_converged += summary->settings[s].n_converged;
    }
    cell.converged = gt_wilson_interval(cell.n_converged, cell.n);
    return cell;
}

char *gt_sweep_setting_name(const gt_store_study *study, size_t setting) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) return NULL;
    for (size_t a = 0; a < study->n_axes; a++)
        fprintf(out, "%s%s=%s", a > 0 ? " " : "", study->axes[a].name, study->axes[a].values[setting]);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}
