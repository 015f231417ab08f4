/* An option in words: its value, what it takes, how it is written. */
#include "cli/command.h"
#include "cli/options.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *gt_option_choices(const gt_option *option) {
    char *list = gt_cli_text("%s", option->choice(0));
    for (int i = 1; option->choice(i) != NULL; i++) {
        char *longer = gt_cli_text("%s, %s", list, option->choice(i));
        free(list);
        list = longer;
    }
    return list;
}

char *gt_option_takes(const gt_option *option) {
    char min[GT_NUMBER_CHARS], max[GT_NUMBER_CHARS];
    snprintf(min, sizeof min, "%.10g", option->min);
    snprintf(max, sizeof max, "%.10g", option->max);
    switch (option->kind) {
    case GT_OPTION_INT:
    case GT_OPTION_U64:
        return gt_cli_text("a whole number from %s to %s", min, max);
    case GT_OPTION_REAL:
        return option->flags & GT_OPTION_ABOVE_MIN ? gt_cli_text("a number above %s, at most %s", min, max)
                                                   : gt_cli_text("a number from %s to %s", min, max);
    case GT_OPTION_SEED:
        return gt_cli_text("a whole number from 0 to %" PRIu64 ", or random", UINT64_MAX);
    case GT_OPTION_SWITCH:
    case GT_OPTION_BOOL:
        return gt_cli_text("true or false");
    case GT_OPTION_PICTURE:
        return gt_cli_text("a file name that ends in .png, or none");
    case GT_OPTION_GPUS:
        return gt_cli_text("at most %d numbers of GPUs from 0 to %s, each once, such as 0,1; gantry devices lists them",
                           GT_MAX_GPUS, max);
    case GT_OPTION_SET:
        return gt_cli_text("key=value, where key is a flag without its dashes");
    case GT_OPTION_CHOICE: {
        char *list = gt_option_choices(option), *text = gt_cli_text("one of %s", list);
        free(list);
        return text;
    }
    default:
        return gt_cli_text("%s", option->takes != NULL ? option->takes : "a name");
    }
}

static const char *format_gpus(const gt_gpu_list *list, char text[GT_OPTION_CHARS]) {
    size_t length = 0;
    for (int k = 0; k < list->n && length < GT_OPTION_CHARS; k++)
        length += (size_t)snprintf(text + length, GT_OPTION_CHARS - length, k == 0 ? "%d" : ",%d", list->gpus[k]);
    return list->n > 0 ? text : NULL;
}

const char *gt_option_format(const gt_option *option, const void *settings, char text[GT_OPTION_CHARS]) {
    const char *member = (const char *)settings + option->member[0];
    switch (option->kind) {
    case GT_OPTION_INT:
        snprintf(text, GT_OPTION_CHARS, "%d", *(const int *)member);
        return text;
    case GT_OPTION_U64:
    case GT_OPTION_SEED:
        snprintf(text, GT_OPTION_CHARS, "%" PRIu64, *(const uint64_t *)member);
        return text;
    case GT_OPTION_REAL:
        return gt_number_format(*(const double *)member, text);
    case GT_OPTION_CHOICE:
        return option->choice(*(const int *)member);
    case GT_OPTION_TEXT:
    case GT_OPTION_PICTURE:
        return *(const char *const *)member;
    case GT_OPTION_GPUS:
        return format_gpus((const gt_gpu_list *)member, text);
    case GT_OPTION_SWITCH:
        return (const char *const[]){NULL, "true", "false"}[*(const gt_switch *)member];
    case GT_OPTION_BOOL:
        return *(const bool *)member ? "true" : "false";
    case GT_OPTION_PARSED:
        return option->format(member, text);
    default:
        return NULL;
    }
}

char *gt_option_usage(const gt_option *option, char text[GT_OPTION_USAGE_CHARS]) {
    const char *value = option->value != NULL ? option->value : "";
    const char letter[] = {'-', option->letter, ',', ' ', '\0'};
    if (option->flags & GT_OPTION_POSITIONAL)
        snprintf(text, GT_OPTION_USAGE_CHARS, "%s", value);
    else
        snprintf(text, GT_OPTION_USAGE_CHARS, "%s--%s%s%s", option->letter != 0 ? letter : "", option->name,
                 *value != '\0' ? " " : "", value);
    return text;
}
