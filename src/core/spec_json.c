/* A spec as JSON: the members of gt_spec under their own names, activations by name. */
#include "core/spec_json.h"

#include "core/status.h"
#include "io/number.h"

#include <cjson/cJSON.h>
#include <string.h>

/* cJSON's own numbers lose the last bit of some doubles. */
static bool add_double(cJSON *object, const char *key, double value) {
    char text[GT_NUMBER_CHARS];
    gt_number_format(value, text);
    char *comma = strchr(text, ','); /* the decimal point of a program that has called setlocale() */
    if (comma != NULL) *comma = '.';
    return cJSON_AddRawToObject(object, key, text) != NULL;
}

static bool add_net(cJSON *spec, const char *key, const gt_net_spec *net) {
    const char *names[GT_MAX_LAYERS];
    for (int l = 0; l < net->n_layers; l++) names[l] = gt_activation_name(net->activation[l]);
    cJSON *object = cJSON_AddObjectToObject(spec, key);
    return cJSON_AddItemToObject(object, "sizes", cJSON_CreateIntArray(net->size, net->n_layers + 1)) &&
           cJSON_AddItemToObject(object, "activations", cJSON_CreateStringArray(names, net->n_layers)) &&
           add_double(object, "leaky_slope", net->leaky_slope);
}

static bool add_adam(cJSON *spec, const char *key, const gt_adam_spec *adam) {
    cJSON *object = cJSON_AddObjectToObject(spec, key);
    return add_double(object, "lr", adam->lr) && add_double(object, "beta1", adam->beta1) &&
           add_double(object, "beta2", adam->beta2) && add_double(object, "eps", adam->eps);
}

static bool add_target(cJSON *spec, const char *key, const gt_target_spec *target) {
    cJSON *object = cJSON_AddObjectToObject(spec, key);
    return add_double(object, "lo", target->lo) && add_double(object, "hi", target->hi);
}

gt_status gt_spec_to_json(const gt_spec *spec, char text[GT_SPEC_JSON_CHARS]) {
    cJSON *json = cJSON_CreateObject();
    bool ok = add_net(json, "generator", &spec->generator) && add_net(json, "discriminator", &spec->discriminator) &&
              add_adam(json, "generator_adam", &spec->generator_adam) &&
              add_adam(json, "discriminator_adam", &spec->discriminator_adam) && add_target(json, "target", &spec->target) &&
              cJSON_AddNumberToObject(json, "batch", spec->batch) != NULL &&
              cJSON_PrintPreallocated(json, text, GT_SPEC_JSON_CHARS, false);
    cJSON_Delete(json);
    return ok ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for the text of a spec");
}

static bool get_double(const cJSON *object, const char *key, double *out) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(item)) return false;
    *out = item->valuedouble;
    return true;
}

static bool get_int(const cJSON *item, int *out) {
    if (!cJSON_IsNumber(item) || item->valuedouble != item->valueint) return false;
    *out = item->valueint;
    return true;
}

static bool get_activation(const cJSON *item, gt_activation *out) {
    const char *name = cJSON_GetStringValue(item);
    for (*out = 0; name != NULL && *out < GT_N_ACTIVATIONS; ++*out)
        if (strcmp(name, gt_activation_name(*out)) == 0) return true;
    return false;
}

static bool get_net(const cJSON *spec, const char *key, gt_net_spec *out) {
    const cJSON *net = cJSON_GetObjectItemCaseSensitive(spec, key);
    const cJSON *sizes = cJSON_GetObjectItemCaseSensitive(net, "sizes");
    const cJSON *activations = cJSON_GetObjectItemCaseSensitive(net, "activations");
    out->n_layers = cJSON_GetArraySize(activations);
    if (out->n_layers > GT_MAX_LAYERS || cJSON_GetArraySize(sizes) != out->n_layers + 1) return false;
    const cJSON *size = sizes->child, *activation = activations->child;
    bool ok = get_int(size, &out->size[0]);
    for (int l = 0; ok && l < out->n_layers; l++, activation = activation->next)
        ok = get_int(size = size->next, &out->size[l + 1]) && get_activation(activation, &out->activation[l]);
    return ok && get_double(net, "leaky_slope", &out->leaky_slope);
}

static bool get_adam(const cJSON *spec, const char *key, gt_adam_spec *out) {
    const cJSON *adam = cJSON_GetObjectItemCaseSensitive(spec, key);
    return get_double(adam, "lr", &out->lr) && get_double(adam, "beta1", &out->beta1) &&
           get_double(adam, "beta2", &out->beta2) && get_double(adam, "eps", &out->eps);
}

static bool get_target(const cJSON *spec, const char *key, gt_target_spec *out) {
    const cJSON *target = cJSON_GetObjectItemCaseSensitive(spec, key);
    return get_double(target, "lo", &out->lo) && get_double(target, "hi", &out->hi);
}

gt_status gt_spec_from_json(const char *text, gt_spec *out) {
    *out = (gt_spec){0};
    cJSON *json = cJSON_ParseWithOpts(text, NULL, true);
    bool ok = get_net(json, "generator", &out->generator) && get_net(json, "discriminator", &out->discriminator) &&
              get_adam(json, "generator_adam", &out->generator_adam) &&
              get_adam(json, "discriminator_adam", &out->discriminator_adam) && get_target(json, "target", &out->target) &&
              get_int(cJSON_GetObjectItemCaseSensitive(json, "batch"), &out->batch);
    cJSON_Delete(json);
    return ok ? GT_OK : gt_fail(GT_ERR_FILE, "the spec in it is incomplete or malformed");
}
