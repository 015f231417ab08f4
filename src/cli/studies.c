/* gantry studies diff: two studies side by side, and what became of the same seeds in both. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/options.h"
#include "core/status.h"
#include "io/store_difference.h"
#include "io/store_pairs.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int verb;
    const char *path[2];
    gt_switch json;
} settings;

static const char *verb_choice(int index) { return index == 0 ? "diff" : NULL; }

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
#define STUDY_TAKES "a file that gantry study wrote"
/* clang-format off */
static const gt_option options[] = {
    {"verb", GT_OPTION_CHOICE, "diff", "what to do", GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, .choice = verb_choice, AT(verb)},
    {"a", GT_OPTION_TEXT, "FILE", STUDY_TAKES, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(path[0]), .takes = STUDY_TAKES},
    {"b", GT_OPTION_TEXT, "FILE", "another one", GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(path[1]), .takes = STUDY_TAKES},
    {.help = "What to print"},
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of tables", AT(json)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

/* One of the two. */
typedef struct {
    gt_store *store;
    const gt_store_study *study;
    gt_store_run *runs; /* by setting and seed */
    size_t n_runs;
    uint64_t n_finished, n_outcome[GT_N_OUTCOMES], n_converged;
} side;

typedef struct {
    const settings *s;
    side side[2];
    size_t *match; /* [settings of A]: that of B, or GT_NO_SETTING */
    size_t n_matched;
    gt_study_pairs *pairs; /* [settings of A] */
    gt_study_pairs all;
} comparison;

/* ---------------------------------------------------------------- reading */

static gt_status open_side(const char *path, side *out) {
    GT_TRY(gt_store_open(path, false, &out->store));
    out->study = gt_store_get_study(out->store);
    GT_TRY(gt_store_read_runs(out->store, &out->runs, &out->n_runs));
    for (size_t r = 0; r < out->n_runs; r++) {
        const gt_store_run *run = &out->runs[r];
        if (!run->finished) continue;
        out->n_finished++;
        out->n_outcome[run->result.outcome]++;
        out->n_converged += gt_store_run_converged(run);
    }
    return GT_OK;
}

/* The runs of a setting, which stand together. */
static const gt_store_run *runs_of(const side *of, size_t setting, size_t *n) {
    size_t first = 0, end;
    while (first < of->n_runs && of->runs[first].setting < setting) first++;
    for (end = first; end < of->n_runs && of->runs[end].setting == setting; end++) {
    }
    *n = end - first;
    return of->runs + first;
}

static gt_status compare(comparison *c) {
    const gt_study_plan *a = &c->side[0].study->plan, *b = &c->side[1].study->plan;
    c->match = gt_cli_resize(NULL, a->n_settings, sizeof *c->match);
    c->pairs = gt_cli_resize(NULL, a->n_settings, sizeof *c->pairs);
    GT_TRY(gt_study_match_settings(a, b, c->match));
    for (size_t s = 0; s < a->n_settings; s++) {
        size_t n_a, n_b;
        c->pairs[s] = (gt_study_pairs){0};
        if (c->match[s] == GT_NO_SETTING) continue;
        c->n_matched++;
        const gt_store_run *in_a = runs_of(&c->side[0], s, &n_a), *in_b = runs_of(&c->side[1], c->match[s], &n_b);
        gt_study_pairs_add(&c->pairs[s], in_a, n_a, in_b, n_b);
        gt_study_pairs_add(&c->all, in_a, n_a, in_b, n_b);
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- differences */

typedef struct {
    const char *where;
    cJSON *json; /* NULL: printed */
    size_t n;
} difference_list;

static void take_difference(void *context, const char *what, const char *in_a, const char *in_b) {
    difference_list *list = context;
    char *name = gt_cli_text("%s%s", list->where, what);
    list->n++;
    if (list->json != NULL) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "what", name);
        cJSON_AddStringToObject(object, "a", in_a);
        cJSON_AddStringToObject(object, "b", in_b);
        cJSON_AddItemToArray(list->json, object);
    } else {
        if (list->n == 1) printf("\n%-32s %-20s %s\n", "difference", "A", "B");
        printf("%-32s %-20s %s\n", name, in_a, in_b);
    }
    free(name);
}

/* Those of the studies, and of settings that belong together. */
static gt_status tell_differences(const comparison *c, difference_list *list) {
    const gt_store_study *a = c->side[0].study, *b = c->side[1].study;
    gt_status status = GT_OK;
    list->where = "";
    gt_study_each_difference(a, b, take_difference, list);
    for (size_t s = 0; status == GT_OK && s < a->plan.n_settings; s++) {
        if (c->match[s] == GT_NO_SETTING) continue;
        char *where = gt_cli_text(a->plan.n_settings > 1 ? "setting %zu: " : "", s);
        list->where = where;
        status = gt_spec_each_difference(&a->plan.settings[s], &b->plan.settings[c->match[s]], take_difference, list);
        free(where);
    }
    return status;
}

/* ---------------------------------------------------------------- tables */

static void print_share(uint64_t n, uint64_t of) {
    const gt_interval interval = gt_wilson_interval(n, of);
    if (of == 0)
        printf("  %6s  %7s  %15s  ", "-", "", "");
    else
        printf("  %6" PRIu64 "  %5.1f %%  %5.1f to %5.1f %%", n, 100 * (double)n / (double)of, 100 * interval.low,
               100 * interval.high);
}

static void print_outcomes(const comparison *c) {
    const side *a = &c->side[0], *b = &c->side[1];
    printf("\n%-11s  %6s  %7s  %-17s%6s  %7s  %s\n", "outcome", "A", "share", "95 % interval", "B", "share", "95 % interval");
    for (int o = 0; o < GT_N_OUTCOMES; o++) {
        if (a->n_outcome[o] + b->n_outcome[o] == 0) continue;
        printf("%-11s", gt_outcome_name((gt_outcome)o));
        print_share(a->n_outcome[o], a->n_finished);
        print_share(b->n_outcome[o], b->n_finished);
        putchar('\n');
    }
    printf("%-11s", "converged");
    print_share(a->n_converged, a->n_finished);
    print_share(b->n_converged, b->n_finished);
    printf("  at the last checkpoint\n");
}

static uint64_t n_stayed(const gt_study_pairs *pairs) {
    uint64_t n = 0;
    for (int o = 0; o < GT_N_OUTCOMES; o++) n += pairs->moved[o][o];
    return n;
}

static void print_moves(const gt_study_pairs *pairs) {
    if (n_stayed(pairs) == pairs->n) return;
    printf("%-11s  %-11s  runs\n", "from", "to");
    for (int from = 0; from < GT_N_OUTCOMES; from++)
        for (int to = 0; to < GT_N_OUTCOMES; to++)
            if (from != to && pairs->moved[from][to] > 0)
                printf("%-11s  %-11s  %" PRIu64 "\n", gt_outcome_name((gt_outcome)from), gt_outcome_name((gt_outcome)to),
                       pairs->moved[from][to]);
}

static void print_bits(const gt_study_pairs *pairs) {
    if (pairs->n_same_bits == pairs->n)
        printf("identical, bit for bit: the digests of all %" PRIu64 " pairs are equal\n", pairs->n);
    else if (pairs->n_same_bits == 0)
        printf("no digest is equal\n");
    else
        printf("%" PRIu64 " of %" PRIu64 " digests are equal; the first that is not: seed %" PRIu64 "\n", pairs->n_same_bits,
               pairs->n, pairs->first_other);
}

static void print_pairs(const gt_study_pairs *pairs) {
    const gt_paired_shares shares = gt_compare_pairs(pairs->converged);
    printf("\n%" PRIu64 " pairs of runs with the same seed: %" PRIu64 " have the same outcome, %" PRIu64 " changed\n", pairs->n,
           n_stayed(pairs), pairs->n - n_stayed(pairs));
    print_moves(pairs);
    printf("converged at the end in A alone %" PRIu64 ", in B alone %" PRIu64
           "; A - B %+.1f points (95 %%: %+.1f to %+.1f), McNemar's p %.2g\n",
           pairs->converged.only_first, pairs->converged.only_second, 100 * shares.difference,
           100 * shares.difference_interval.low, 100 * shares.difference_interval.high, shares.p);
    print_bits(pairs);
}

static void print_settings(const comparison *c) {
    const gt_store_study *a = c->side[0].study;
    printf("\nsetting   pairs  A alone  B alone  p        equal digests  values in A\n");
    for (size_t s = 0; s < a->plan.n_settings; s++) {
        const gt_study_pairs *pairs = &c->pairs[s];
        char *name = gt_sweep_setting_name(a, s);
        if (c->match[s] == GT_NO_SETTING)
            printf("%7zu   is not in B %35s  %s\n", s, "", name != NULL ? name : "");
        else
            printf("%7zu  %6" PRIu64 "  %7" PRIu64 "  %7" PRIu64 "  %-7.2g  %13" PRIu64 "  %s\n", s, pairs->n,
                   pairs->converged.only_first, pairs->converged.only_second, gt_compare_pairs(pairs->converged).p,
                   pairs->n_same_bits, name != NULL ? name : "");
        free(name);
    }
}

static int print_tables(const comparison *c) {
    difference_list differences = {0};
    for (int k = 0; k < 2; k++) {
        const side *of = &c->side[k];
        const gt_study_plan *plan = &of->study->plan;
        printf("%c  %s: %s, seeds %" PRIu64 ":%" PRIu64 ", %" PRIu64 " of %zu runs finished\n", 'A' + k, c->s->path[k],
               of->study->name, plan->first_seed, plan->first_seed + plan->n_seeds, of->n_finished, of->n_runs);
    }
    const gt_status status = tell_differences(c, &differences);
    if (status != GT_OK) return gt_cli_fail_status(status);
    if (differences.n == 0) printf("\nthe same settings, seeds and schedule\n");
    print_outcomes(c);
    if (c->n_matched == 0)
        printf("\nno setting of A is one of B's, so nothing can be paired\n");
    else if (c->all.n == 0)
        printf("\nno seed has finished in both\n");
    else
        print_pairs(&c->all);
    if (c->side[0].study->plan.n_settings > 1 && c->all.n > 0) print_settings(c);
    return gt_cli_flush();
}

/* ---------------------------------------------------------------- --json */

static void add_side(cJSON *json, const char *key, const char *path, const side *of) {
    cJSON *object = cJSON_AddObjectToObject(json, key), *outcomes;
    cJSON_AddStringToObject(object, "file", path);
    cJSON_AddStringToObject(object, "name", of->study->name);
    gt_json_add_u64(object, "runs", of->n_runs);
    gt_json_add_u64(object, "finished", of->n_finished);
    gt_json_add_u64(object, "converged", of->n_converged);
    outcomes = cJSON_AddObjectToObject(object, "outcomes");
    for (int o = 0; o < GT_N_OUTCOMES; o++) gt_json_add_u64(outcomes, gt_outcome_name((gt_outcome)o), of->n_outcome[o]);
}

static void add_pairs(cJSON *json, const gt_study_pairs *pairs) {
    const gt_paired_shares shares = gt_compare_pairs(pairs->converged);
    cJSON *object = cJSON_AddObjectToObject(json, "pairs"), *moved = cJSON_CreateArray();
    gt_json_add_u64(object, "runs", pairs->n);
    gt_json_add_u64(object, "same_outcome", n_stayed(pairs));
    gt_json_add_u64(object, "same_digest", pairs->n_same_bits);
    gt_json_add_u64(object, "converged_in_a_alone", pairs->converged.only_first);
    gt_json_add_u64(object, "converged_in_b_alone", pairs->converged.only_second);
    gt_json_add_real(object, "p", shares.p);
    cJSON_AddItemToObject(object, "moved", moved);
    for (int from = 0; from < GT_N_OUTCOMES; from++)
        for (int to = 0; to < GT_N_OUTCOMES; to++) {
            if (pairs->moved[from][to] == 0) continue;
            cJSON *move = cJSON_CreateObject();
            cJSON_AddStringToObject(move, "from", gt_outcome_name((gt_outcome)from));
            cJSON_AddStringToObject(move, "to", gt_outcome_name((gt_outcome)to));
            gt_json_add_u64(move, "runs", pairs->moved[from][to]);
            cJSON_AddItemToArray(moved, move);
        }
}

static int print_json(const comparison *c) {
    cJSON *json = gt_json_begin("studies diff");
    add_side(json, "a", c->s->path[0], &c->side[0]);
    add_side(json, "b", c->s->path[1], &c->side[1]);
    difference_list differences = {.json = cJSON_AddArrayToObject(json, "differences")};
    const gt_status status = tell_differences(c, &differences);
    add_pairs(json, &c->all);
    if (status != GT_OK) {
        cJSON_Delete(json);
        return gt_cli_fail_status(status);
    }
    gt_cli_print_json(json);
    return gt_cli_flush();
}

static int run(int argc, char **argv) {
    settings s = {0};
    comparison c = {.s = &s};
    int code = gt_cli_read(options, argc, argv, &s);
    if (code != GT_EXIT_OK) return code;
    gt_status status = open_side(s.path[0], &c.side[0]);
    if (status == GT_OK) status = open_side(s.path[1], &c.side[1]);
    if (status == GT_OK) status = compare(&c);
    if (status != GT_OK)
        code = gt_cli_fail_status(status);
    else
        code = s.json == GT_SWITCH_ON ? print_json(&c) : print_tables(&c);
    for (int k = 0; k < 2; k++) {
        free(c.side[k].runs);
        gt_store_close(c.side[k].store);
    }
    free(c.match);
    free(c.pairs);
    return code;
}

const gt_command gt_command_studies = {
    .name = "studies",
    .summary = "compare two studies: gantry studies diff A B",
    .run = run,
    .usage = "diff FILE FILE [flags]",
    .about =
        "Prints two studies side by side: what differs in their settings, how many runs came to which outcome, and what\n"
        "became of the same seeds in both, with McNemar's test of the share converged. Says whether the weights are the same,\n"
        "bit for bit.",
    .options = options,
};
