/* `gantry train --json`: one object. Keys are never renamed; a value that does not exist is null. */
#include "cli/command.h"
#include "cli/train_report.h"
#include "io/number.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers go in as text: cJSON's own lose bits of large whole numbers and of some doubles. */
static void add_real(cJSON *object, const char *key, double value) {
    char text[GT_NUMBER_CHARS];
    cJSON_AddRawToObject(object, key, isfinite(value) ? gt_number_format(value, text) : "null");
}

static void add_u64(cJSON *object, const char *key, uint64_t value) {
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

/* The options of config.yaml under the same names, each with its own type. */
static void add_options(cJSON *object, const gt_train_settings *settings) {
    GT_FOR_OPTIONS(option, gt_train_options) {
        char text[GT_OPTION_CHARS];
        const char *value = gt_option_format(option, settings, text);
        if (!(option->flags & GT_OPTION_SAVED) || value == NULL) continue;
        if (option->kind == GT_OPTION_CHOICE)
            cJSON_AddStringToObject(object, option->name, value);
        else if (option->kind == GT_OPTION_GPUS)
            cJSON_AddItemToObject(object, option->name, cJSON_CreateIntArray(settings->devices.gpus, settings->devices.n));
        else
            cJSON_AddRawToObject(object, option->name, value);
    }
}

static void add_checkpoints(cJSON *array, const gt_run_record *record) {
    char text[GT_NUMBER_CHARS];
    for (size_t i = 0; i < record->n_rows; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(array, row);
        for (const gt_csv_column *c = gt_metrics_columns; c->name != NULL; c++) {
            gt_csv_format(c, &record->rows[i], text);
            if (c->kind == GT_CSV_BOOL)
                cJSON_AddBoolToObject(row, c->name, text[0] == '1');
            else
                cJSON_AddRawToObject(row, c->name, strspn(text, "+-.e0123456789") == strlen(text) ? text : "null");
        }
    }
}

/* What became of the run so far: null before its first checkpoint. */
static void add_outcome(cJSON *json, const gt_train_result *result) {
    const gt_run_record *record = result->record;
    const gt_metrics *last = record->n_rows > 0 ? &record->rows[record->n_rows - 1] : NULL;
    gt_outcome_rules rules = gt_outcome_rules_default();
    if (last == NULL)
        cJSON_AddNullToObject(json, "outcome");
    else
        cJSON_AddStringToObject(json, "outcome", gt_outcome_name(gt_outcome_of(record->rows, record->n_rows, &rules)));
    if (last == NULL || !last->diverged) {
        cJSON_AddNullToObject(json, "diverged");
        return;
    }
    cJSON *diverged = cJSON_AddObjectToObject(json, "diverged");
    char *tensor = gt_train_bad_tensor(result->trainer);
    add_u64(diverged, "iteration", last->diverged_at);
    cJSON_AddStringToObject(diverged, "tensor", tensor);
    free(tensor);
}

gt_status gt_train_print_json(const gt_train_result *result) {
    char digest[GT_DIGEST_CHARS];
    gt_status status = gt_trainer_digest(result->trainer, 0, digest);
    if (status != GT_OK) return status;
    const gt_train_settings *settings = result->settings;
    gt_trainer_info info = gt_trainer_get_info(result->trainer);
    uint64_t trained = info.iteration - result->first_iteration;

    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "gantry", gt_version());
    cJSON_AddStringToObject(json, "command", "train");
    cJSON *spec = cJSON_AddObjectToObject(json, "spec");
    add_net(spec, "generator", &settings->spec.generator);
    add_net(spec, "discriminator", &settings->spec.discriminator);
    add_options(cJSON_AddObjectToObject(json, "options"), settings);
    add_u64(json, "seed", info.first_seed);
    add_u64(json, "iteration", info.iteration);
    cJSON_AddBoolToObject(json, "interrupted", result->interrupted);
    add_checkpoints(cJSON_AddArrayToObject(json, "checkpoints"), result->record);
    add_outcome(json, result);
    cJSON *seconds = cJSON_AddObjectToObject(json, "seconds");
    add_real(seconds, "training", result->training_seconds);
    add_real(seconds, "total", result->total_seconds);
    add_real(json, "iterations_per_second", trained > 0 ? (double)trained / result->training_seconds : NAN);
    cJSON_AddStringToObject(json, "digest", digest);
    cJSON *engine = cJSON_AddObjectToObject(json, "engine");
    cJSON_AddStringToObject(engine, "name", info.engine);
    cJSON_AddStringToObject(engine, "device", info.device);
    cJSON_AddNumberToObject(engine, "gpus", info.n_gpus);
    cJSON_AddStringToObject(engine, "isa", info.isa);
    cJSON_AddStringToObject(engine, "why", info.why);
    cJSON_AddStringToObject(json, "folder", result->folder->path);
    cJSON_AddNumberToObject(json, "pictures", (double)result->n_pictures);
    gt_cli_print_json(json);
    return GT_OK;
}
