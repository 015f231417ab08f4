/* `gantry train --json`: one object. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/train_report.h"

#include <math.h>
#include <stdlib.h>

static void add_checkpoints(cJSON *array, const gt_run_record *record) {
    for (size_t i = 0; i < record->n_rows; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(array, row);
        gt_json_add_metrics(row, &record->rows[i]);
    }
}

/* What became of the run so far: null before its first checkpoint. */
static void add_outcome(cJSON *json, const gt_train_result *result) {
    const gt_metrics *last = result->n_rows > 0 ? &result->rows[result->n_rows - 1] : NULL;
    gt_outcome_rules rules = gt_outcome_rules_of(result->record->spec);
    if (last == NULL)
        cJSON_AddNullToObject(json, "outcome");
    else
        cJSON_AddStringToObject(json, "outcome", gt_outcome_name(gt_outcome_of(result->rows, result->n_rows, &rules)));
    if (last == NULL || !last->diverged) {
        cJSON_AddNullToObject(json, "diverged");
        return;
    }
    cJSON *diverged = cJSON_AddObjectToObject(json, "diverged");
    char *tensor = gt_train_bad_tensor(result->trainer);
    gt_json_add_u64(diverged, "iteration", last->diverged_at);
    cJSON_AddStringToObject(diverged, "tensor", tensor);
    free(tensor);
}

gt_status gt_train_json(const gt_train_result *result, const char *command, cJSON **out) {
    char digest[GT_DIGEST_CHARS];
    gt_status status = gt_trainer_digest(result->trainer, 0, digest);
    if (status != GT_OK) return status;
    const gt_train_settings *settings = result->settings;
    gt_trainer_info info = gt_trainer_get_info(result->trainer);
    uint64_t trained = info.iteration - result->first_iteration;

    cJSON *json = gt_json_begin(command);
    gt_json_add_spec(cJSON_AddObjectToObject(json, "spec"), result->record->spec);
    gt_json_add_options(cJSON_AddObjectToObject(json, "options"), gt_train_options, settings);
    gt_json_add_u64(json, "seed", info.first_seed);
    gt_json_add_u64(json, "iteration", info.iteration);
    cJSON_AddBoolToObject(json, "interrupted", result->interrupted);
    add_checkpoints(cJSON_AddArrayToObject(json, "checkpoints"), result->record);
    add_outcome(json, result);
    cJSON *seconds = cJSON_AddObjectToObject(json, "seconds");
    gt_json_add_real(seconds, "training", result->training_seconds);
    gt_json_add_real(seconds, "total", result->total_seconds);
    gt_json_add_real(json, "iterations_per_second", trained > 0 ? (double)trained / result->training_seconds : NAN);
    cJSON_AddStringToObject(json, "digest", digest);
    cJSON *engine = cJSON_AddObjectToObject(json, "engine");
    cJSON_AddStringToObject(engine, "name", info.engine);
    cJSON_AddStringToObject(engine, "device", info.device);
    cJSON_AddNumberToObject(engine, "gpus", info.n_gpus);
    cJSON_AddStringToObject(engine, "isa", info.isa);
    cJSON_AddStringToObject(engine, "why", info.why);
    cJSON_AddStringToObject(json, "folder", result->folder->path);
    cJSON_AddNumberToObject(json, "pictures", (double)result->n_pictures);
    *out = json;
    return GT_OK;
}

gt_status gt_train_print_json(const gt_train_result *result) {
    cJSON *json;
    gt_status status = gt_train_json(result, "train", &json);
    if (status == GT_OK) gt_cli_print_json(json);
    return status;
}
