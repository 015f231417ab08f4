/* Two studies side by side. Specs are compared as the JSON that stores hold, so that every member has a name and a text. */
#include "io/store_difference.h"

#include "core/spec_json.h"
#include "core/status.h"
#include "core/target_data.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 96, VALUE = 64 };

typedef struct {
    gt_difference_visitor visit;
    void *context;
} listener;

static gt_status no_memory(void) { return gt_fail(GT_ERR_MEMORY, "no memory to compare two studies"); }

/* ---------------------------------------------------------------- specs */

static char *text_of(const cJSON *item) { return item != NULL ? cJSON_PrintUnformatted(item) : strdup("absent"); }

static gt_status compare_leaf(const char *path, const cJSON *a, const cJSON *b, const listener *to) {
    char *in_a = text_of(a), *in_b = text_of(b);
    const bool memory = in_a != NULL && in_b != NULL;
    if (memory && strcmp(in_a, in_b) != 0) to->visit(to->context, path, in_a, in_b);
    free(in_a);
    free(in_b);
    return memory ? GT_OK : no_memory();
}

/* Members of objects, an object in an object as "target.lo". */
static gt_status compare_objects(const char *prefix, const cJSON *a, const cJSON *b, const listener *to) {
    const cJSON *item;
    cJSON_ArrayForEach(item, a) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(b, item->string);
        char path[NAME];
        snprintf(path, sizeof path, "%s%s%s", prefix, *prefix != '\0' ? "." : "", item->string);
        if (cJSON_IsObject(item) && cJSON_IsObject(other))
            GT_TRY(compare_objects(path, item, other, to));
        else
            GT_TRY(compare_leaf(path, item, other, to));
    }
    return GT_OK;
}

static gt_status parse(const gt_spec *spec, cJSON **out) {
    char text[GT_SPEC_JSON_CHARS];
    GT_TRY(gt_spec_to_json(spec, text));
    *out = cJSON_Parse(text);
    return *out != NULL ? GT_OK : no_memory();
}

static void compare_points(const gt_target_spec *a, const gt_target_spec *b, const listener *to) {
    if (a->n_points == 0 || a->n_points != b->n_points || a->n_columns != b->n_columns) return; /* told with the members */
    if (gt_target_is_images(a) != gt_target_is_images(b)) return;
    if (memcmp(gt_target_data(a), gt_target_data(b), gt_target_data_bytes(a)) != 0)
        to->visit(to->context, "target.points", "its points", "other points");
}

gt_status gt_spec_each_difference(const gt_spec *a, const gt_spec *b, gt_difference_visitor visit, void *context) {
    const listener to = {visit, context};
    cJSON *json_a = NULL, *json_b = NULL;
    gt_status status = parse(a, &json_a);
    if (status == GT_OK) status = parse(b, &json_b);
    if (status == GT_OK) status = compare_objects("", json_a, json_b, &to);
    if (status == GT_OK) compare_points(&a->target, &b->target, &to);
    cJSON_Delete(json_a);
    cJSON_Delete(json_b);
    return status;
}

/* ---------------------------------------------------------------- studies */

static void compare_numbers(const char *what, uint64_t a, uint64_t b, const listener *to) {
    char in_a[VALUE], in_b[VALUE];
    snprintf(in_a, sizeof in_a, "%" PRIu64, a);
    snprintf(in_b, sizeof in_b, "%" PRIu64, b);
    if (a != b) to->visit(to->context, what, in_a, in_b);
}

static void compare_texts(const char *what, const char *a, const char *b, const listener *to) {
    if (strcmp(a, b) != 0) to->visit(to->context, what, a, b);
}

static void compare_seeds(const gt_study_plan *a, const gt_study_plan *b, const listener *to) {
    char in_a[VALUE], in_b[VALUE];
    snprintf(in_a, sizeof in_a, "%" PRIu64 ":%" PRIu64, a->first_seed, a->first_seed + a->n_seeds);
    snprintf(in_b, sizeof in_b, "%" PRIu64 ":%" PRIu64, b->first_seed, b->first_seed + b->n_seeds);
    compare_texts("seeds", in_a, in_b, to);
}

static void compare_arithmetic(const gt_study_arithmetic *a, const gt_study_arithmetic *b, const listener *to) {
    compare_texts("engine", gt_engine_kind_name(a->engine), gt_engine_kind_name(b->engine), to);
    compare_texts("precision", gt_precision_name(a->precision), gt_precision_name(b->precision), to);
    compare_texts("rng", gt_rng_name(a->rng), gt_rng_name(b->rng), to);
}

void gt_study_each_difference(const gt_store_study *a, const gt_store_study *b, gt_difference_visitor visit, void *context) {
    const listener to = {visit, context};
    const gt_evaluate_options *scored_a = &a->plan.evaluate, *scored_b = &b->plan.evaluate;
    compare_texts("version of gantry", a->version, b->version, &to);
    compare_texts("name", a->name, b->name, &to);
    compare_seeds(&a->plan, &b->plan, &to);
    compare_numbers("iterations", a->plan.iterations, b->plan.iterations, &to);
    compare_numbers("eval-every", a->plan.eval_every, b->plan.eval_every, &to);
    compare_numbers("eval-samples", (uint64_t)scored_a->n_samples, (uint64_t)scored_b->n_samples, &to);
    compare_numbers("points for the accuracies", (uint64_t)scored_a->n_accuracy, (uint64_t)scored_b->n_accuracy, &to);
    compare_numbers("points for the energy distance", (uint64_t)scored_a->n_energy, (uint64_t)scored_b->n_energy, &to);
    compare_numbers("settings", a->plan.n_settings, b->plan.n_settings, &to);
    compare_texts("keep-weights", a->keep_weights, b->keep_weights, &to);
    compare_arithmetic(&a->plan.arithmetic, &b->plan.arithmetic, &to);
}

/* ---------------------------------------------------------------- the first one */

typedef struct {
    const char *where; /* "" or "setting 3: " */
    char *text;
    bool found;
} first_difference;

static void take_first(void *context, const char *what, const char *in_a, const char *in_b) {
    static const char form[] = "%s%s is %s and %s";
    first_difference *first = context;
    if (first->found) return;
    const int length = snprintf(NULL, 0, form, first->where, what, in_a, in_b);
    first->found = true;
    first->text = malloc((size_t)length + 1);
    if (first->text != NULL) sprintf(first->text, form, first->where, what, in_a, in_b);
}

gt_status gt_study_first_difference(const gt_store_study *a, const gt_store_study *b, char **difference) {
    char where[VALUE] = "";
    first_difference first = {.where = where};
    gt_status status = GT_OK;
    gt_study_each_difference(a, b, take_first, &first);
    for (size_t s = 0; status == GT_OK && !first.found && s < a->plan.n_settings; s++) {
        if (a->plan.n_settings > 1) snprintf(where, sizeof where, "setting %zu: ", s);
        status = gt_spec_each_difference(&a->plan.settings[s], &b->plan.settings[s], take_first, &first);
    }
    *difference = first.text;
    if (status == GT_OK && first.found && first.text == NULL) status = no_memory();
    return status;
}
