/* The parts of --json that several commands have. */
#include "cli/json.h"

#include "cli/command.h"
#include "core/target_data.h"
#include "io/csv.h"
#include "io/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cJSON *gt_json_begin(const char *command) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "gantry", gt_version());
    cJSON_AddStringToObject(json, "command", command);
    return json;
}

void gt_cli_print_json(cJSON *json) {
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    if (text == NULL) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    puts(text);
    cJSON_free(text);
}

void gt_json_add_real(cJSON *object, const char *key, double value) {
    char text[GT_NUMBER_CHARS];
    cJSON_AddRawToObject(object, key, isfinite(value) ? gt_number_format(value, text) : "null");
}

void gt_json_add_u64(cJSON *object, const char *key, uint64_t value) {
    char text[GT_NUMBER_CHARS];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cJSON_AddRawToObject(object, key, text);
}

static void add_net(cJSON *spec, const char *key, const gt_net_spec *net) {
    const char *names[GT_MAX_LAYERS];
    for (int l = 0; l < net->n_layers; l++) names[l] = gt_activation_name(net->activation[l]);
    cJSON *object = cJSON_AddObjectToObject(spec, key);
    cJSON_AddItemToObject(object, "sizes", cJSON_CreateIntArray(net->size, net->n_layers + 1));
    cJSON_AddItemToObject(object, "activations", cJSON_CreateStringArray(names, net->n_layers));
}

void gt_json_add_spec(cJSON *object, const gt_spec *spec) {
    add_net(object, "generator", &spec->generator);
    add_net(object, "discriminator", &spec->discriminator);
    cJSON_AddStringToObject(object, "target", spec->target.name);
    cJSON_AddNumberToObject(object, "columns", spec->target.n_columns);
    if (!gt_target_is_images(&spec->target)) return;
    const int shape[] = {spec->target.height, spec->target.width, spec->target.channels};
    cJSON_AddItemToObject(object, "image", cJSON_CreateIntArray(shape, 3));
}

void gt_json_add_options(cJSON *object, const gt_option *table, const void *settings) {
    GT_FOR_OPTIONS(option, table) {
        char text[GT_OPTION_CHARS];
        if (!(option->flags & GT_OPTION_SAVED)) continue;
        const char *value = gt_option_format(option, settings, text);
        if (value == NULL) continue;
        if (option->kind == GT_OPTION_GPUS) {
            const gt_gpu_list *list = (const void *)((const char *)settings + option->member[0]);
            cJSON_AddItemToObject(object, option->name, cJSON_CreateIntArray(list->gpus, list->n));
        } else if (option->kind == GT_OPTION_CHOICE || option->kind == GT_OPTION_TEXT || option->kind == GT_OPTION_PARSED) {
            cJSON_AddStringToObject(object, option->name, value);
        } else {
            cJSON_AddRawToObject(object, option->name, value);
        }
    }
}

void gt_json_add_metrics(cJSON *object, const gt_metrics *row) {
    char text[GT_NUMBER_CHARS];
    for (const gt_csv_column *c = gt_metrics_columns; c->name != NULL; c++) {
        gt_csv_format(c, row, text);
        if (c->kind == GT_CSV_BOOL)
            cJSON_AddBoolToObject(object, c->name, text[0] == '1');
        else
            cJSON_AddRawToObject(object, c->name, strspn(text, "+-.e0123456789") == strlen(text) ? text : "null");
    }
}
