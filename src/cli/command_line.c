/* A command line into values of options (options.h). */
#include "cli/command.h"
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const gt_option *table;
    int argc, at; /* the argument at hand */
    char **argv;
    bool flags_ended; /* after "--" */
} command_line;

static const gt_option *find_letter(const gt_option *table, char letter) {
    GT_FOR_OPTIONS(option, table)
    if (option->letter != 0 && option->letter == letter) return option;
    return NULL;
}

/* "--name" or "-n"; a minus in front of anything else is part of a value, such as "-1:1" or "-x". */
static bool is_flag(const command_line *line, const char *argument) {
    return strncmp(argument, "--", 2) == 0 || (argument[0] == '-' && find_letter(line->table, argument[1]) != NULL);
}

static int unknown_flag(const command_line *line, const char *flag) {
    const char *best = NULL;
    GT_FOR_OPTIONS(option, line->table)
    if (option->name != NULL && !gt_option_is_positional(option)) gt_cli_suggest(flag + 2, option->name, &best);
    if (best != NULL) return gt_cli_fail(GT_EXIT_USAGE, "%s: no such flag; did you mean --%s?", flag, best);
    return gt_cli_fail(GT_EXIT_USAGE, "%s: no such flag; gantry %s --help lists them", flag, line->argv[0]);
}

/* The option that name ("--batch", "--no-plots") stands for, and the value that the name alone gives a switch; else *text
 * stays. */
static const gt_option *find_flag(const gt_option *table, const char *name, const char **text) {
    const gt_option *option = gt_option_find(table, name + 2);
    if (option != NULL && gt_option_is_positional(option)) return NULL;
    if (option != NULL) {
        if ((option->kind == GT_OPTION_SWITCH || option->kind == GT_OPTION_BOOL) && *text == NULL) *text = "true";
        return option;
    }
    if (*text != NULL || strncmp(name, "--no-", 5) != 0) return NULL;
    option = gt_option_find(table, name + 5);
    if (option == NULL || (option->kind != GT_OPTION_SWITCH && option->kind != GT_OPTION_BOOL)) return NULL;
    *text = "false";
    return option;
}

/* The value of an option whose flag says none: the next argument, if that can be one. */
static const char *next_value(command_line *line, const gt_option *option) {
    const char *next = line->at + 1 < line->argc ? line->argv[line->at + 1] : NULL;
    const bool fits = next != NULL && !is_flag(line, next);
    if (option->kind == GT_OPTION_PICTURE && !(fits && gt_option_is_picture(next))) return "";
    if (fits) line->at++;
    return fits ? next : NULL;
}

static int take(command_line *line, const gt_option *option, const char *text, gt_option_values *values) {
    if (text == NULL) text = next_value(line, option);
    if (text == NULL) {
        char *takes = gt_option_takes(option);
        gt_cli_fail(0, "--%s needs a value: it takes %s", option->name, takes);
        free(takes);
        return GT_EXIT_USAGE;
    }
    if (option->kind == GT_OPTION_SET) return gt_option_set_key(line->table, text, values);
    gt_option_give(values, line->table, option->name, text);
    return GT_EXIT_OK;
}

static int take_flag(command_line *line, const char *argument, gt_option_values *values) {
    if (argument[1] != '-') {
        const char *rest = argument[2] == '=' ? argument + 3 : argument + 2;
        return take(line, find_letter(line->table, argument[1]), argument[2] != '\0' ? rest : NULL, values);
    }
    const char *equals = strchr(argument, '='), *text = equals != NULL ? equals + 1 : NULL;
    char *name = gt_cli_text("%.*s", (int)strcspn(argument, "="), argument);
    const gt_option *option = find_flag(line->table, name, &text);
    int code = option != NULL ? take(line, option, text, values) : unknown_flag(line, name);
    free(name);
    return code;
}

/* The first row of its kind that has no value yet. */
static int take_positional(const command_line *line, const char *argument, gt_option_values *values) {
    const gt_option *last = NULL;
    GT_FOR_OPTIONS(option, line->table)
    if (gt_option_is_positional(option)) {
        if (option->kind == GT_OPTION_REST) {
            gt_rest *list = &values->rest;
            list->texts = gt_cli_resize(list->texts, list->n + 1, sizeof *list->texts);
            list->texts[list->n++] = argument;
        }
        if (option->kind == GT_OPTION_REST || gt_option_given(values, line->table, option->name) == NULL) {
            gt_option_give(values, line->table, option->name, argument);
            return GT_EXIT_OK;
        }
        last = option;
    }
    const size_t n = values->n;
    if (n > 0 && values->given[n - 1].option->kind == GT_OPTION_PICTURE && *values->given[n - 1].text == '\0')
        return gt_cli_fail(GT_EXIT_USAGE, "--%s %s: it takes a file name that ends in .png", values->given[n - 1].option->name,
                           argument);
    if (last == NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "%s: gantry %s takes flags only; --help lists them", argument, line->argv[0]);
    return gt_cli_fail(GT_EXIT_USAGE, "%s: gantry %s takes one %s alone, and that is %s already", argument, line->argv[0],
                       last->value, gt_option_given(values, line->table, last->name));
}

int gt_options_parse(const gt_option *table, int argc, char **argv, gt_option_values *values) {
    command_line line = {.table = table, .argc = argc, .argv = argv};
    int code = GT_EXIT_OK;
    for (line.at = 1; code == GT_EXIT_OK && line.at < argc; line.at++) {
        const char *argument = strcmp(argv[line.at], "-h") == 0 ? "--help" : argv[line.at];
        if (line.flags_ended || !is_flag(&line, argument))
            code = take_positional(&line, argument, values);
        else if (strcmp(argument, "--") == 0)
            line.flags_ended = true;
        else
            code = take_flag(&line, argument, values);
    }
    GT_FOR_OPTIONS(option, table) {
        if (code != GT_EXIT_OK || !(option->flags & GT_OPTION_REQUIRED) || gt_option_given(values, table, option->name) != NULL)
            continue;
        char *takes = gt_option_takes(option), usage[GT_OPTION_USAGE_CHARS];
        code = gt_cli_fail(GT_EXIT_USAGE, "gantry %s needs %s: it takes %s", argv[0], gt_option_usage(option, usage), takes);
        free(takes);
    }
    return code;
}
