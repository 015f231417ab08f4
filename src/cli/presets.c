/* gantry presets: the experiments that have a name. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/options.h"

#include <stdio.h>

typedef struct {
    gt_switch json;
} settings;

static const gt_option options[] = {
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", .n_members = 1, .member = {offsetof(settings, json)}},
    {NULL, .kind = GT_OPTION_END},
};

static int print_json(void) {
    cJSON *json = gt_json_begin("presets");
    cJSON *array = cJSON_AddArrayToObject(json, "presets");
    for (int i = 0; gt_preset_name(i) != NULL; i++) {
        gt_spec spec;
        gt_status status = gt_spec_preset(gt_preset_name(i), &spec);
        if (status != GT_OK) {
            cJSON_Delete(json);
            return gt_cli_fail_status(status);
        }
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(array, row);
        cJSON_AddStringToObject(row, "name", gt_preset_name(i));
        cJSON_AddStringToObject(row, "summary", gt_preset_summary(i));
        gt_json_add_spec(cJSON_AddObjectToObject(row, "spec"), &spec);
    }
    gt_cli_print_json(json);
    return gt_cli_flush();
}

static int run(int argc, char **argv) {
    settings s = {0};
    int code = gt_cli_read(options, argc, argv, &s);
    if (code != GT_EXIT_OK || s.json == GT_SWITCH_ON) return code == GT_EXIT_OK ? print_json() : code;
    for (int i = 0; gt_preset_name(i) != NULL; i++) printf("%-17s  %s\n", gt_preset_name(i), gt_preset_summary(i));
    return gt_cli_flush();
}

const gt_command gt_command_presets = {
    .name = "presets",
    .summary = "list the experiments that have a name",
    .run = run,
    .usage = "[flags]",
    .about = "Lists the experiments that --preset starts from, the tutorial first. Every flag can be changed beside it.",
    .options = options,
};
