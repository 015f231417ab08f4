/* gantry devices: what there is to compute on, and why something isn't. On a terminal in columns under a header; elsewhere
 * single spaces part the first three columns, and a name ends with a colon. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gt_switch json;
} settings;

static const gt_option options[] = {
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", .n_members = 1, .member = {offsetof(settings, json)}},
    {NULL, .kind = GT_OPTION_END},
};

static const char *number_of(const gt_device_info *row, char text[16]) {
    snprintf(text, 16, "%d", row->gpu);
    return row->gpu >= 0 ? text : "-";
}

static void print_columns(const gt_device_info *rows, size_t n) {
    const bool bold = gt_terminal_colours(stdout);
    char number[16];
    int width = (int)strlen("name");
    for (size_t k = 0; k < n; k++)
        if ((int)strlen(rows[k].name) > width) width = (int)strlen(rows[k].name);
    printf("%sdevice  number  usable  %-*s  note%s\n", bold ? "\033[1m" : "", width, "name", bold ? "\033[0m" : "");
    for (size_t k = 0; k < n; k++)
        printf("%-6s  %-6s  %-6s  %-*s  %s\n", gt_device_name(rows[k].device), number_of(&rows[k], number),
               rows[k].usable ? "yes" : "no", width, rows[k].name[0] != '\0' ? rows[k].name : "-", rows[k].note);
}

static void print_lines(const gt_device_info *rows, size_t n) {
    char number[16];
    for (size_t k = 0; k < n; k++)
        printf("%s %s %s %s%s%s\n", gt_device_name(rows[k].device), number_of(&rows[k], number), rows[k].usable ? "yes" : "no",
               rows[k].name, rows[k].name[0] != '\0' ? ": " : "", rows[k].note);
}

static void print_json(const gt_device_info *rows, size_t n) {
    cJSON *json = gt_json_begin("devices");
    cJSON *array = cJSON_AddArrayToObject(json, "devices");
    for (size_t k = 0; k < n; k++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(array, row);
        cJSON_AddStringToObject(row, "device", gt_device_name(rows[k].device));
        cJSON_AddItemToObject(row, "number", rows[k].gpu >= 0 ? cJSON_CreateNumber(rows[k].gpu) : cJSON_CreateNull());
        cJSON_AddBoolToObject(row, "usable", rows[k].usable);
        cJSON_AddItemToObject(row, "name", rows[k].name[0] != '\0' ? cJSON_CreateString(rows[k].name) : cJSON_CreateNull());
        cJSON_AddStringToObject(row, "note", rows[k].note);
    }
    gt_cli_print_json(json);
}

/* A listing succeeds whatever it has to say. */
static int run(int argc, char **argv) {
    settings flags = {0};
    int code = gt_cli_read(options, argc, argv, &flags);
    if (code != GT_EXIT_OK) return code;
    size_t n = gt_devices(NULL, 0);
    gt_device_info *rows = gt_cli_resize(NULL, n, sizeof *rows);
    const size_t filled = gt_devices(rows, n);
    if (filled < n) n = filled;
    if (flags.json == GT_SWITCH_ON)
        print_json(rows, n);
    else if (gt_terminal_is(stdout))
        print_columns(rows, n);
    else
        print_lines(rows, n);
    free(rows);
    return gt_cli_flush();
}

const gt_command gt_command_devices = {
    .name = "devices",
    .summary = "list what there is to compute on: instruction sets and GPUs",
    .run = run,
    .usage = "[flags]",
    .about =
        "Lists what gantry can compute on here: the instruction sets of the CPU (gantry train --isa) and the GPUs (--devices,\n"
        "by number), and of what it can't use, why.",
    .options = options,
};
