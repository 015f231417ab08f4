/* Axes of a sweep. */
#include "cli/sweep.h"

#include "cli/command.h"
#include "cli/spec_settings.h"
#include "io/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAKES "it takes flag=value,value,... or flag=from:to:count, 2 values to 10000, with :log behind for even ratios"

static int refuse(const char *text, const char *complaint) {
    return gt_cli_fail(GT_EXIT_USAGE, "--sweep %s: %s", text, complaint);
}

/* ---------------------------------------------------------------- values */

static void add_value(gt_sweep_axis *axis, char *value) {
    axis->values = gt_cli_resize(axis->values, axis->n + 1, sizeof *axis->values);
    axis->values[axis->n++] = value;
}

static bool is_whole(const gt_option *option) { return option->kind == GT_OPTION_INT || option->kind == GT_OPTION_U64; }

static bool is_number(const gt_option *option) { return is_whole(option) || option->kind == GT_OPTION_REAL; }

/* Twelve digits where a value is exact but for rounding: 0.3 and not 0.30000000000000004; six inside even ratios and of random
 * ones: 0.000316228. */
static char *number_value(const gt_option *option, double value, bool exact) {
    return is_whole(option) ? gt_cli_text("%.0f", value) : gt_cli_text(exact ? "%.12g" : "%.6g", value);
}

/* share 0 to 1 of the way along a range. */
static double along(const gt_sweep_axis *axis, double share) {
    if (axis->log) return axis->from * pow(axis->to / axis->from, share);
    return axis->from * (1 - share) + axis->to * share;
}

static int parse_list(const char *text, const char *list, gt_sweep_axis *axis) {
    const char *const separator = strchr(list, ';') != NULL ? ";" : ",";
    for (const char *at = list;; at++) {
        const size_t length = strcspn(at, separator);
        if (length == 0) return refuse(text, "a value is empty; " TAKES);
        add_value(axis, gt_cli_text("%.*s", (int)length, at));
        at += length;
        if (*at == '\0') break;
    }
    return GT_EXIT_OK;
}

/* "from:to", "from:to:count", "from:to:log", "from:to:count:log" of a number. */
static int parse_range(const char *text, const char *range, bool random, gt_sweep_axis *axis) {
    char *copy = gt_cli_text("%s", range), *parts[4] = {NULL};
    size_t n = 0;
    int code = GT_EXIT_OK;
    uint64_t count = 0;
    for (char *part = copy; part != NULL && n < 5; n++) {
        char *colon = strchr(part, ':');
        if (colon != NULL) *colon++ = '\0';
        if (n < 4) parts[n] = part;
        part = colon;
    }
    if (n >= 2 && n <= 4 && strcmp(parts[n - 1], "log") == 0) {
        axis->log = true;
        n--;
    }
    if (n < 2 || n > 3 || !gt_number_parse_real(parts[0], &axis->from) || !gt_number_parse_real(parts[1], &axis->to) ||
        !isfinite(axis->from) || !isfinite(axis->to) ||
        (n == 3 && (!gt_number_parse_u64(parts[2], &count) || count < 2 || count > GT_MAX_SETTINGS)))
        code = refuse(text, "no range; " TAKES);
    else if (axis->log && (axis->from <= 0 || axis->to <= 0))
        code = refuse(text, "a range in even ratios needs ends above 0");
    else if (n == 2 && !random)
        code = refuse(text, "a range needs a count, from:to:count, unless --random draws from it");
    for (uint64_t k = 0; code == GT_EXIT_OK && k < count; k++)
        add_value(axis, number_value(axis->option, along(axis, (double)k / (double)(count - 1)),
                                     !axis->log || k == 0 || k == count - 1));
    free(copy);
    return code;
}

/* 1e-3 and 0.001 are one value. */
static bool same_value(const gt_option *option, const char *a, const char *b) {
    double x, y;
    if (strcmp(a, b) == 0) return true;
    return is_number(option) && gt_number_parse_real(a, &x) && gt_number_parse_real(b, &y) && x == y;
}

static int refuse_twice(const char *text, const gt_sweep_axis *axis) {
    for (size_t a = 0; a < axis->n; a++)
        for (size_t b = a + 1; b < axis->n; b++)
            if (same_value(axis->option, axis->values[a], axis->values[b]))
                return gt_cli_fail(GT_EXIT_USAGE, "--sweep %s: %s comes twice; leave one out", text, axis->values[b]);
    return GT_EXIT_OK;
}

/* What a spec has; the points of a data target are the same under all settings. */
static bool can_sweep(const gt_option *option) {
    return option != NULL && gt_option_find(gt_spec_options, option->name) == option && strcmp(option->name, "seed") != 0 &&
           strcmp(option->name, "data") != 0;
}

static int parse_axis(const gt_option *table, const char *text, bool random, gt_sweep_axis *axis) {
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) return refuse(text, TAKES);
    char *name = gt_cli_text("%.*s", (int)(equals - text), text);
    const char *best = NULL;
    axis->option = gt_option_find(table, name);
    if (!can_sweep(axis->option)) {
        GT_FOR_OPTIONS(option, table)
        if (option->name != NULL && can_sweep(option)) gt_cli_suggest(name, option->name, &best);
        if (best != NULL && axis->option == NULL)
            gt_cli_fail(0, "--sweep %s: no such flag; did you mean %s?", text, best);
        else
            gt_cli_fail(0, "--sweep %s: %s can't be swept; flags of nets, target and training can", text, name);
        free(name);
        return GT_EXIT_USAGE;
    }
    free(name);
    const bool range = is_number(axis->option) && strchr(equals, ':') != NULL;
    const int code = range ? parse_range(text, equals + 1, random, axis) : parse_list(text, equals + 1, axis);
    return code == GT_EXIT_OK ? refuse_twice(text, axis) : code;
}

/* ---------------------------------------------------------------- settings */

static int too_many(uint64_t n) {
    return gt_cli_fail(GT_EXIT_USAGE, "the sweep has %llu settings or more; it takes up to %d: fewer values, or --random",
                       (unsigned long long)n, GT_MAX_SETTINGS);
}

/* The last axis changes fastest. */
static int make_grid(gt_sweep *sweep) {
    uint64_t n = 1;
    for (size_t a = 0; a < sweep->n_axes; a++)
        if ((n *= sweep->axes[a].n) > GT_MAX_SETTINGS) return too_many(n);
    sweep->n_settings = (size_t)n;
    sweep->values = gt_cli_resize(NULL, sweep->n_settings * sweep->n_axes + 1, sizeof *sweep->values);
    for (size_t s = 0; s < sweep->n_settings; s++)
        for (size_t a = sweep->n_axes, rest = s; a-- > 0; rest /= sweep->axes[a].n)
            sweep->values[s * sweep->n_axes + a] = gt_cli_text("%s", sweep->axes[a].values[rest % sweep->axes[a].n]);
    return GT_EXIT_OK;
}

/* A share of an axis: a value of its list, or a place in its range. */
static char *value_along(const gt_sweep_axis *axis, double share) {
    if (axis->n == 0) return number_value(axis->option, along(axis, share), false);
    const size_t k = (size_t)(share * (double)axis->n);
    return gt_cli_text("%s", axis->values[k < axis->n ? k : axis->n - 1]);
}

/* Numbers come from a trainer's stream of uniform points (gt_trainer_draw), one draw a setting. */
static int make_random(gt_sweep *sweep, uint64_t n, uint64_t seed) {
    const gt_trainer_options options = {.first_seed = seed, .n_runs = 1, .device = GT_DEVICE_CPU};
    gt_spec spec;
    gt_trainer *trainer = NULL;
    gt_status status = gt_spec_preset(gt_preset_name(0), &spec);
    if (status == GT_OK) status = gt_trainer_create(&spec, &options, &trainer);
    sweep->values = gt_cli_resize(NULL, (size_t)n * sweep->n_axes, sizeof *sweep->values);
    for (uint64_t s = 0; status == GT_OK && s < n; s++) {
        float shares[2 * GT_MAX_TEXTS]; /* points of two columns */
        status = gt_trainer_draw(trainer, 0, GT_DRAW_UNIFORM, (uint32_t)s, GT_MAX_TEXTS, shares);
        for (size_t a = 0; status == GT_OK && a < sweep->n_axes; a++)
            sweep->values[s * sweep->n_axes + a] = value_along(&sweep->axes[a], ((double)shares[a] + 1) / 2);
        if (status == GT_OK) sweep->n_settings++;
    }
    gt_trainer_destroy(trainer);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

int gt_sweep_parse(const gt_option *table, const gt_text_list *texts, uint64_t n_random, uint64_t seed, gt_sweep *out) {
    int code = GT_EXIT_OK;
    *out = (gt_sweep){0};
    if (n_random > 0 && texts->n == 0)
        return gt_cli_fail(GT_EXIT_USAGE, "--random %llu: it draws from ranges; add --sweep", (unsigned long long)n_random);
    if (n_random > GT_MAX_SETTINGS) return too_many(n_random);
    for (size_t a = 0; code == GT_EXIT_OK && a < texts->n; a++) {
        code = parse_axis(table, texts->texts[a], n_random > 0, &out->axes[a]);
        out->n_axes = a + 1;
        for (size_t b = 0; code == GT_EXIT_OK && b < a; b++)
            if (out->axes[b].option == out->axes[a].option)
                code = gt_cli_fail(GT_EXIT_USAGE, "--sweep %s: this flag is swept already; give all its values at once",
                                   texts->texts[a]);
    }
    if (code != GT_EXIT_OK) return code;
    return n_random > 0 ? make_random(out, n_random, seed) : make_grid(out);
}

void gt_sweep_free(gt_sweep *sweep) {
    for (size_t a = 0; a < sweep->n_axes; a++) {
        for (size_t k = 0; k < sweep->axes[a].n; k++) free(sweep->axes[a].values[k]);
        free(sweep->axes[a].values);
    }
    for (size_t k = 0; k < sweep->n_settings * sweep->n_axes; k++) free(sweep->values[k]);
    free(sweep->values);
}
