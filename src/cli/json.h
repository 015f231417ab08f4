/* private to the CLI. What commands put into the objects of their --json. Keys are never renamed; a value that does not exist
 * is null. */
#ifndef GT_CLI_JSON_H
#define GT_CLI_JSON_H

#include "cli/options.h"
#include "gantry/gantry.h"

#include <cjson/cJSON.h>

/* {"gantry": version, "command": name} */
cJSON *gt_json_begin(const char *command);

/* Prints it on stdout and deletes it. */
void gt_cli_print_json(cJSON *json);

/* Numbers go in as text: cJSON's own lose bits of large whole numbers and of some doubles. */
void gt_json_add_real(cJSON *object, const char *key, double value);
void gt_json_add_u64(cJSON *object, const char *key, uint64_t value);

/* Sizes and activations of both nets, the name of the target and the number of its columns. */
void gt_json_add_spec(cJSON *object, const gt_spec *spec);

/* The options that a config would hold under the same names, each with its own type. */
void gt_json_add_options(cJSON *object, const gt_option *table, const void *settings);

/* The columns of metrics.csv under the same names. */
void gt_json_add_metrics(cJSON *object, const gt_metrics *row);

#endif
