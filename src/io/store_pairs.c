/* Pairs of runs with the same seed. */
#include "io/store_pairs.h"

#include "core/spec_json.h"
#include "core/status.h"
#include "io/store_summary.h"

#include <stdlib.h>
#include <string.h>

static void add_pair(gt_study_pairs *pairs, const gt_store_run *a, const gt_store_run *b) {
    const bool in_a = gt_store_run_converged(a), in_b = gt_store_run_converged(b);
    pairs->moved[a->result.outcome][b->result.outcome]++;
    pairs->converged.both += in_a && in_b;
    pairs->converged.only_first += in_a && !in_b;
    pairs->converged.only_second += !in_a && in_b;
    pairs->converged.neither += !in_a && !in_b;
    if (strcmp(a->result.digest, b->result.digest) == 0)
        pairs->n_same_bits++;
    else if (pairs->n_same_bits == pairs->n || a->seed < pairs->first_other)
        pairs->first_other = a->seed;
    pairs->n++;
}

void gt_study_pairs_add(gt_study_pairs *pairs, const gt_store_run *a, size_t n_a, const gt_store_run *b, size_t n_b) {
    for (size_t i = 0, j = 0; i < n_a && j < n_b;) {
        if (a[i].seed == b[j].seed && a[i].finished && b[j].finished) add_pair(pairs, &a[i], &b[j]);
        const uint64_t seed = a[i].seed;
        i += seed <= b[j].seed;
        j += b[j].seed <= seed;
    }
}

/* ---------------------------------------------------------------- settings */

static gt_status texts_of(const gt_study_plan *plan, char ***out) {
    char json[GT_SPEC_JSON_CHARS];
    *out = calloc(plan->n_settings, sizeof **out);
    if (*out == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu settings", plan->n_settings);
    for (size_t s = 0; s < plan->n_settings; s++) {
        GT_TRY(gt_spec_to_json(&plan->settings[s], json));
        if (((*out)[s] = strdup(json)) == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu settings", plan->n_settings);
    }
    return GT_OK;
}

static void free_texts(char **texts, size_t n) {
    for (size_t s = 0; texts != NULL && s < n; s++) free(texts[s]);
    free(texts);
}

gt_status gt_study_match_settings(const gt_study_plan *a, const gt_study_plan *b, size_t *of) {
    char **texts_a = NULL, **texts_b = NULL;
    size_t n_equal = 0;
    gt_status status = texts_of(a, &texts_a);
    if (status == GT_OK) status = texts_of(b, &texts_b);
    for (size_t s = 0; status == GT_OK && s < a->n_settings; s++) {
        of[s] = GT_NO_SETTING;
        for (size_t t = 0; t < b->n_settings && of[s] == GT_NO_SETTING; t++)
            if (strcmp(texts_a[s], texts_b[t]) == 0) of[s] = t;
        n_equal += of[s] != GT_NO_SETTING;
    }
    if (status == GT_OK && n_equal == 0 && a->n_settings == b->n_settings)
        for (size_t s = 0; s < a->n_settings; s++) of[s] = s;
    free_texts(texts_a, a->n_settings);
    free_texts(texts_b, b->n_settings);
    return status;
}
