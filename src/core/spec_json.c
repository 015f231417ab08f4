/* A spec as JSON: the members of gt_spec under their own names, choices by name. */
#include "core/spec_json.h"

#include "core/status.h"
#include "core/target.h"
#include "io/number.h"

#include <cjson/cJSON.h>
#include <string.h>

/* cJSON's own numbers lose the last bit of some doubles. */
static const char *number_text(double value, char text[GT_NUMBER_CHARS]) {
    gt_number_format(value, text);
    char *comma = strchr(text, ','); /* the decimal point of a program that has called setlocale() */
    if (comma != NULL) *comma = '.';
    return text;
}

static bool add_double(cJSON *object, const char *key, double value) {
    char text[GT_NUMBER_CHARS];
    return cJSON_AddRawToObject(object, key, number_text(value, text)) != NULL;
}

static bool add_net(cJSON *spec, const char *key, const gt_net_spec *net) {
    const char *names[GT_MAX_LAYERS];
    for (int l = 0; l < net->n_layers; l++) names[l] = gt_activation_name(net->activation[l]);
    cJSON *object = cJSON_AddObjectToObject(spec, key);
    return cJSON_AddItemToObject(object, "sizes", cJSON_CreateIntArray(net->size, net->n_layers + 1)) &&
           cJSON_AddItemToObject(object, "activations", cJSON_CreateStringArray(names, net->n_layers)) &&
           add_double(object, "leaky_slope", net->leaky_slope) &&
           cJSON_AddStringToObject(object, "hidden_init", gt_initializer_name(net->hidden_init)) != NULL &&
           cJSON_AddStringToObject(object, "output_init", gt_initializer_name(net->output_init)) != NULL;
}

static bool add_adam(cJSON *spec, const char *key, const gt_adam_spec *adam) {
    cJSON *object = cJSON_AddObjectToObject(spec, key);
    return add_double(object, "lr", adam->lr) && add_double(object, "beta1", adam->beta1) &&
           add_double(object, "beta2", adam->beta2) && add_double(object, "eps", adam->eps) &&
           add_double(object, "weight_decay", adam->weight_decay);
}

static bool add_target(cJSON *spec, const char *key, const gt_target_spec *target) {
    cJSON *object = cJSON_AddObjectToObject(spec, key), *parameters = cJSON_CreateArray();
    bool ok = cJSON_AddStringToObject(object, "name", target->name) != NULL &&
              cJSON_AddStringToObject(object, "expression", target->expression) != NULL &&
              add_double(object, "lo", target->lo) && add_double(object, "hi", target->hi) &&
              cJSON_AddItemToObject(object, "parameters", parameters);
    for (int k = 0; ok && k < GT_MAX_TARGET_PARAMETERS; k++) {
        char text[GT_NUMBER_CHARS];
        ok = cJSON_AddItemToArray(parameters, cJSON_CreateRaw(number_text(target->parameter[k], text)));
    }
    ok = ok && cJSON_AddNumberToObject(object, "columns", target->n_columns) != NULL &&
         cJSON_AddNumberToObject(object, "points", (double)target->n_points) != NULL;
    if (!ok || !gt_target_is_images(target)) return ok;
    const int shape[] = {target->height, target->width, target->channels};
    return cJSON_AddItemToObject(object, "image", cJSON_CreateIntArray(shape, 3));
}

static bool add_recipe(cJSON *json, const gt_spec *spec) {
    return cJSON_AddStringToObject(json, "scaling", gt_scaling_name(spec->scaling)) != NULL &&
           cJSON_AddStringToObject(json, "noise", gt_noise_name(spec->noise)) != NULL &&
           cJSON_AddStringToObject(json, "loss", gt_loss_name(spec->loss)) != NULL &&
           add_double(json, "real_label", spec->real_label) && add_double(json, "fake_label", spec->fake_label) &&
           add_double(json, "clip", spec->clip) && cJSON_AddNumberToObject(json, "batch", spec->batch) != NULL &&
           cJSON_AddNumberToObject(json, "half_batch", spec->half_batch) != NULL &&
           cJSON_AddBoolToObject(json, "combined_batch", spec->combined_batch) != NULL &&
           cJSON_AddNumberToObject(json, "d_steps", spec->d_steps) != NULL &&
           cJSON_AddStringToObject(json, "decay", gt_decay_name(spec->decay)) != NULL &&
           cJSON_AddNumberToObject(json, "decay_iterations", (double)spec->decay_iterations) != NULL &&
           add_double(json, "decay_final", spec->decay_final) && add_double(json, "ema", spec->ema);
}

gt_status gt_spec_to_json(const gt_spec *spec, char text[GT_SPEC_JSON_CHARS]) {
    cJSON *json = cJSON_CreateObject();
    bool ok = add_net(json, "generator", &spec->generator) && add_net(json, "discriminator", &spec->discriminator) &&
              add_adam(json, "generator_adam", &spec->generator_adam) &&
              add_adam(json, "discriminator_adam", &spec->discriminator_adam) && add_target(json, "target", &spec->target) &&
              add_recipe(json, spec) && cJSON_PrintPreallocated(json, text, GT_SPEC_JSON_CHARS, false);
    cJSON_Delete(json);
    return ok ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for the text of a spec");
}

/* Getters leave *out where there is no such key; false: it is there and wrong. What every format has is asked for by has_all().
 */

static bool has_all(const cJSON *object, const char *const *keys) {
    for (; *keys != NULL; keys++)
        if (!cJSON_HasObjectItem(object, *keys)) return false;
    return true;
}
#define HAS(object, ...) has_all(object, (const char *const[]){__VA_ARGS__, NULL})

static bool get_double(const cJSON *object, const char *key, double *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (item == NULL) return true;
    if (!cJSON_IsNumber(item)) return false;
    *out = item->valuedouble;
    return true;
}

static bool is_int(const cJSON *item, int *out) {
    if (!cJSON_IsNumber(item) || item->valuedouble != item->valueint) return false;
    *out = item->valueint;
    return true;
}

static bool get_int(const cJSON *object, const char *key, int *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return item == NULL || is_int(item, out);
}

/* A whole number up to 2^53. */
static bool get_count(const cJSON *object, const char *key, double *out) {
    return get_double(object, key, out) && *out >= 0 && *out <= 0x1p53 && *out == (double)(uint64_t)*out;
}

/* The index of a name; name(index) tells them, n of them. */
static bool is_choice(const cJSON *item, const char *(*name)(int), int n, int *out) {
    const char *text = cJSON_GetStringValue(item);
    for (*out = 0; text != NULL && *out < n; ++*out)
        if (strcmp(text, name(*out)) == 0) return true;
    return false;
}

static bool get_choice(const cJSON *object, const char *key, const char *(*name)(int), int n, int *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return item == NULL || is_choice(item, name, n, out);
}

#define CHOICE(type)                                                                                                           \
    static const char *type##_at(int index) { return type##_name((type)index); }
CHOICE(gt_activation)
CHOICE(gt_initializer)
CHOICE(gt_scaling)
CHOICE(gt_noise)
CHOICE(gt_loss)
CHOICE(gt_decay)

/* GET_CHOICE(gt_loss, GT_N_LOSSES, object, "loss", spec->loss) */
#define GET_CHOICE(type, n, object, key, member)                                                                               \
    (index = (int)(member), get_choice(object, key, type##_at, n, &index) && ((member) = (type)index, true))

static bool get_net(const cJSON *spec, const char *key, gt_net_spec *out) {
    const cJSON *net = cJSON_GetObjectItemCaseSensitive(spec, key);
    const cJSON *sizes = cJSON_GetObjectItemCaseSensitive(net, "sizes");
    const cJSON *activations = cJSON_GetObjectItemCaseSensitive(net, "activations");
    out->n_layers = cJSON_GetArraySize(activations);
    if (out->n_layers < 1 || out->n_layers > GT_MAX_LAYERS || cJSON_GetArraySize(sizes) != out->n_layers + 1) return false;
    const cJSON *size = sizes->child, *activation = activations->child;
    bool ok = is_int(size, &out->size[0]);
    int index;
    for (int l = 0; ok && l < out->n_layers; l++, activation = activation->next) {
        ok = is_int(size = size->next, &out->size[l + 1]) && is_choice(activation, gt_activation_at, GT_N_ACTIVATIONS, &index);
        if (ok) out->activation[l] = (gt_activation)index;
    }
    return ok && HAS(net, "leaky_slope") && get_double(net, "leaky_slope", &out->leaky_slope) &&
           GET_CHOICE(gt_initializer, GT_N_INITIALIZERS, net, "hidden_init", out->hidden_init) &&
           GET_CHOICE(gt_initializer, GT_N_INITIALIZERS, net, "output_init", out->output_init);
}

static bool get_adam(const cJSON *spec, const char *key, gt_adam_spec *out) {
    const cJSON *adam = cJSON_GetObjectItemCaseSensitive(spec, key);
    return HAS(adam, "lr", "beta1", "beta2", "eps") && get_double(adam, "lr", &out->lr) &&
           get_double(adam, "beta1", &out->beta1) && get_double(adam, "beta2", &out->beta2) &&
           get_double(adam, "eps", &out->eps) && get_double(adam, "weight_decay", &out->weight_decay);
}

/* Keeps the text in out, which has room for size chars. */
static bool get_text(const cJSON *object, const char *key, size_t size, char *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    const char *text = cJSON_GetStringValue(item);
    if (item == NULL) return true;
    if (text == NULL || strlen(text) >= size) return false;
    strcpy(out, text);
    return true;
}

/* Height, width and channels of images. */
static bool get_image(const cJSON *target, gt_target_spec *out) {
    const cJSON *image = cJSON_GetObjectItemCaseSensitive(target, "image");
    if (image == NULL) return !gt_target_is_images(out);
    return cJSON_GetArraySize(image) == 3 && is_int(cJSON_GetArrayItem(image, 0), &out->height) &&
           is_int(cJSON_GetArrayItem(image, 1), &out->width) && is_int(cJSON_GetArrayItem(image, 2), &out->channels);
}

static bool get_target(const cJSON *spec, const char *key, gt_target_spec *out) {
    const cJSON *target = cJSON_GetObjectItemCaseSensitive(spec, key), *parameter;
    double n_points = 0;
    bool ok = HAS(target, "lo", "hi") && get_text(target, "name", sizeof out->name, out->name) &&
              get_text(target, "expression", sizeof out->expression, out->expression) && get_double(target, "lo", &out->lo) &&
              get_double(target, "hi", &out->hi) && get_int(target, "columns", &out->n_columns) &&
              get_count(target, "points", &n_points);
    int k = 0;
    cJSON_ArrayForEach(parameter, cJSON_GetObjectItemCaseSensitive(target, "parameters")) {
        if (k == GT_MAX_TARGET_PARAMETERS || !cJSON_IsNumber(parameter)) return false;
        out->parameter[k++] = parameter->valuedouble;
    }
    out->n_points = (size_t)n_points;
    return ok && get_image(target, out);
}

static bool get_recipe(const cJSON *json, gt_spec *out) {
    const cJSON *combined = cJSON_GetObjectItemCaseSensitive(json, "combined_batch");
    double decay_iterations = (double)out->decay_iterations;
    int index;
    bool ok = GET_CHOICE(gt_scaling, GT_N_SCALINGS, json, "scaling", out->scaling) &&
              GET_CHOICE(gt_noise, GT_N_NOISES, json, "noise", out->noise) &&
              GET_CHOICE(gt_loss, GT_N_LOSSES, json, "loss", out->loss) && get_double(json, "real_label", &out->real_label) &&
              get_double(json, "fake_label", &out->fake_label) && get_double(json, "clip", &out->clip) &&
              get_int(json, "batch", &out->batch) && get_int(json, "half_batch", &out->half_batch) &&
              (combined == NULL || cJSON_IsBool(combined)) && get_int(json, "d_steps", &out->d_steps) &&
              GET_CHOICE(gt_decay, GT_N_DECAYS, json, "decay", out->decay) &&
              get_count(json, "decay_iterations", &decay_iterations) && get_double(json, "decay_final", &out->decay_final) &&
              get_double(json, "ema", &out->ema);
    out->combined_batch = cJSON_IsTrue(combined);
    out->decay_iterations = (uint64_t)decay_iterations;
    return ok;
}

gt_status gt_spec_from_json(const char *text, gt_spec *out) {
    GT_TRY(gt_spec_preset(gt_preset_name(0), out));
    out->scaling = GT_SCALING_NONE;
    cJSON *json = cJSON_ParseWithOpts(text, NULL, true);
    bool ok = HAS(json, "batch") && get_net(json, "generator", &out->generator) &&
              get_net(json, "discriminator", &out->discriminator) && get_adam(json, "generator_adam", &out->generator_adam) &&
              get_adam(json, "discriminator_adam", &out->discriminator_adam) && get_target(json, "target", &out->target) &&
              get_recipe(json, out);
    cJSON_Delete(json);
    return ok ? GT_OK : gt_fail(GT_ERR_FILE, "the spec in it is incomplete or malformed");
}
