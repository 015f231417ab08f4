/* Flags from a table (options.h). */
#include "cli/options.h"

#include "cli/command.h"
#include "io/config.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const gt_option *gt_option_find(const gt_option *table, const char *name) {
    GT_FOR_OPTIONS(option, table)
    if (option->name != NULL && strcmp(option->name, name) == 0) return option;
    return NULL;
}

/* ---------------------------------------------------------------- texts */

/* "auto, avx512, avx2" */
static char *choices(const gt_option *option) {
    char *list = gt_cli_text("%s", option->choice(0));
    for (int i = 1; option->choice(i) != NULL; i++) {
        char *longer = gt_cli_text("%s, %s", list, option->choice(i));
        free(list);
        list = longer;
    }
    return list;
}

/* What an option takes, for the error's one line. */
static char *allowed(const gt_option *option) {
    char min[GT_NUMBER_CHARS], max[GT_NUMBER_CHARS];
    snprintf(min, sizeof min, "%.10g", option->min);
    snprintf(max, sizeof max, "%.10g", option->max);
    switch (option->kind) {
    case GT_OPTION_INT:
    case GT_OPTION_U64:
        return gt_cli_text("%s whole number from %s to %s", option->flags & GT_OPTION_EVEN ? "an even" : "a", min, max);
    case GT_OPTION_REAL:
        return option->flags & GT_OPTION_ABOVE_MIN ? gt_cli_text("a number above %s, at most %s", min, max)
                                                   : gt_cli_text("a number from %s to %s", min, max);
    case GT_OPTION_SEED:
        return gt_cli_text("a whole number from 0 to %" PRIu64 ", or random", UINT64_MAX);
    case GT_OPTION_SWITCH:
        return gt_cli_text("true or false");
    case GT_OPTION_GPUS:
        return gt_cli_text("at most %d numbers of GPUs from 0 to %s, each once, such as 0,1; gantry devices lists them",
                           GT_MAX_GPUS, max);
    case GT_OPTION_SET:
        return gt_cli_text("key=value, where key is a flag without its dashes");
    case GT_OPTION_CHOICE: {
        char *list = choices(option), *text = gt_cli_text("one of %s", list);
        free(list);
        return text;
    }
    default:
        return gt_cli_text("a name");
    }
}

/* "--batch 3" or "my.yaml:2: batch 3", then what is allowed. */
static int refuse(const gt_option *option, const gt_option_values *values, size_t index) {
    char *takes = allowed(option);
    const char *text = values->text[index];
    if (values->file != NULL)
        gt_cli_fail(0, "%s:%d: %s %s: it takes %s", values->file, values->line[index], option->name, text, takes);
    else
        gt_cli_fail(0, "--%s %s: it takes %s", option->name, *text == '\0' ? "\"\"" : text, takes);
    free(takes);
    return GT_EXIT_USAGE;
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
        return *(const char *const *)member;
    case GT_OPTION_GPUS:
        return format_gpus((const gt_gpu_list *)member, text);
    case GT_OPTION_SWITCH:
        return (const char *const[]){NULL, "true", "false"}[*(const gt_switch *)member];
    default:
        return NULL;
    }
}

void gt_options_print_help(const gt_option *table, const void *defaults, FILE *out) {
    GT_FOR_OPTIONS(option, table) {
        if (option->name == NULL) {
            fprintf(out, "\n%s\n", option->help);
            continue;
        }
        char text[GT_OPTION_CHARS], flag[64];
        const char *value = gt_option_format(option, defaults, text);
        snprintf(flag, sizeof flag, "--%s %s", option->name, option->value);
        fprintf(out, "  %-22s %s", flag, option->help);
        if (option->kind == GT_OPTION_CHOICE) {
            char *list = choices(option);
            fprintf(out, ": %s", list);
            free(list);
        }
        fprintf(out, value != NULL ? " (%s)\n" : "\n", value);
    }
}

/* ---------------------------------------------------------------- values */

static bool parse_switch(const char *text, gt_switch *out) {
    *out = strcmp(text, "true") == 0 ? GT_SWITCH_ON : GT_SWITCH_OFF;
    return *out == GT_SWITCH_ON || strcmp(text, "false") == 0;
}

static bool parse_choice(const gt_option *option, const char *text, int *out) {
    for (*out = 0; option->choice(*out) != NULL; ++*out)
        if (strcmp(option->choice(*out), text) == 0) return true;
    return false;
}

static bool parse_gpus(const gt_option *option, const char *text, gt_gpu_list *out) {
    bool more = true;
    for (out->n = 0; more; out->n++) {
        char number[GT_NUMBER_CHARS];
        uint64_t gpu;
        const size_t length = strcspn(text, ",");
        if (out->n == GT_MAX_GPUS || length >= sizeof number) return false;
        snprintf(number, sizeof number, "%.*s", (int)length, text);
        if (!gt_number_parse_u64(number, &gpu) || (double)gpu > option->max) return false;
        for (int k = 0; k < out->n; k++)
            if (out->gpus[k] == (int)gpu) return false;
        out->gpus[out->n] = (int)gpu;
        more = text[length] == ',';
        text += length + more;
    }
    return true;
}

/* Writes the value of text into one member; false where it isn't allowed. */
static bool set_member(const gt_option *option, const char *text, void *member) {
    uint64_t whole;
    switch (option->kind) {
    case GT_OPTION_INT:
    case GT_OPTION_U64:
        if (!gt_number_parse_u64(text, &whole) || (double)whole < option->min || (double)whole > option->max) return false;
        if ((option->flags & GT_OPTION_EVEN) && whole % 2 != 0) return false;
        if (option->kind == GT_OPTION_INT)
            *(int *)member = (int)whole;
        else
            *(uint64_t *)member = whole;
        return true;
    case GT_OPTION_REAL: {
        double *real = member;
        return gt_number_parse_real(text, real) && *real <= option->max &&
               (option->flags & GT_OPTION_ABOVE_MIN ? *real > option->min : *real >= option->min);
    }
    case GT_OPTION_SEED:
        if (strcmp(text, "random") == 0) return getrandom(member, sizeof(uint64_t), 0) == sizeof(uint64_t);
        return gt_number_parse_u64(text, member);
    case GT_OPTION_CHOICE:
        return parse_choice(option, text, member);
    case GT_OPTION_TEXT:
        *(const char **)member = text;
        return *text != '\0';
    case GT_OPTION_GPUS:
        return parse_gpus(option, text, member);
    case GT_OPTION_SWITCH:
        return parse_switch(text, member);
    default:
        return false;
    }
}

static int apply_one(const gt_option *table, const gt_option *option, const gt_option_values *values, void *settings) {
    size_t index = (size_t)(option - table);
    if (values->text[index] == NULL) return GT_EXIT_OK;
    for (size_t m = 0; m < option->n_members; m++)
        if (!set_member(option, values->text[index], (char *)settings + option->member[m]))
            return refuse(option, values, index);
    return GT_EXIT_OK;
}

int gt_option_apply(const gt_option *table, const char *name, const gt_option_values *values, void *settings) {
    return apply_one(table, gt_option_find(table, name), values, settings);
}

int gt_options_apply(const gt_option *table, const gt_option_values *values, void *settings) {
    GT_FOR_OPTIONS(option, table) {
        int code = apply_one(table, option, values, settings);
        if (code != GT_EXIT_OK) return code;
    }
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- sources */

/* where: "--set " or "FILE:LINE: ", for the error. Headings and command-line flags are no keys. */
static const gt_option *find_key(const gt_option *table, const char *where, const char *key) {
    const gt_option *option = gt_option_find(table, key);
    if (option != NULL && !(option->flags & GT_OPTION_NO_CONFIG)) return option;
    const char *best = NULL;
    GT_FOR_OPTIONS(known, table)
    if (known->name != NULL && !(known->flags & GT_OPTION_NO_CONFIG)) gt_cli_suggest(key, known->name, &best);
    if (option != NULL)
        gt_cli_fail(0, "%s%s: give it as --%s on the command line", where, key, key);
    else if (best != NULL)
        gt_cli_fail(0, "%s%s: no such key; did you mean %s?", where, key, best);
    else
        gt_cli_fail(0, "%s%s: no such key; the keys are the long flags that --help lists", where, key);
    return NULL;
}

int gt_options_read_file(const gt_option *table, const gt_config *config, const char *path, gt_option_values *values) {
    values->file = path;
    for (size_t i = 0; i < config->n_entries; i++) {
        const gt_config_entry *entry = &config->entries[i];
        char *where = gt_cli_text("%s:%d: ", path, entry->line);
        const gt_option *option = find_key(table, where, entry->key);
        free(where);
        if (option == NULL) return GT_EXIT_USAGE;
        values->text[option - table] = entry->value;
        values->line[option - table] = entry->line;
    }
    return GT_EXIT_OK;
}

static int set_key(const gt_option *table, const char *assignment, gt_option_values *values) {
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment)
        return gt_cli_fail(GT_EXIT_USAGE, "--set %s: it takes key=value, such as --set batch=128", assignment);
    char *key = gt_cli_text("%.*s", (int)(equals - assignment), assignment);
    const gt_option *option = find_key(table, "--set ", key);
    free(key);
    if (option == NULL) return GT_EXIT_USAGE;
    values->text[option - table] = equals + 1;
    return GT_EXIT_OK;
}

static int unknown_flag(const gt_option *table, const char *command, const char *flag) {
    const char *best = NULL;
    GT_FOR_OPTIONS(option, table)
    if (option->name != NULL) gt_cli_suggest(flag + 2, option->name, &best);
    if (best != NULL) return gt_cli_fail(GT_EXIT_USAGE, "%s: no such flag; did you mean --%s?", flag, best);
    return gt_cli_fail(GT_EXIT_USAGE, "%s: no such flag; gantry %s --help lists them", flag, command);
}

/* The option that name ("--batch", "--no-plots") stands for, and the value that the name alone gives a switch; else *text
 * stays. */
static const gt_option *find_flag(const gt_option *table, const char *name, const char **text) {
    const gt_option *option = gt_option_find(table, name + 2);
    if (option != NULL) {
        if (option->kind == GT_OPTION_SWITCH && *text == NULL) *text = "true";
        return option;
    }
    if (*text != NULL || strncmp(name, "--no-", 5) != 0) return NULL;
    option = gt_option_find(table, name + 5);
    if (option == NULL || option->kind != GT_OPTION_SWITCH) return NULL;
    *text = "false";
    return option;
}

/* text: NULL where the value is missing. */
static int take(const gt_option *table, const gt_option *option, const char *text, gt_option_values *values) {
    if (text == NULL) {
        char *takes = allowed(option);
        gt_cli_fail(0, "--%s needs a value: it takes %s", option->name, takes);
        free(takes);
        return GT_EXIT_USAGE;
    }
    if (option->kind == GT_OPTION_SET) return set_key(table, text, values);
    values->text[option - table] = text;
    return GT_EXIT_OK;
}

int gt_options_parse(const gt_option *table, int argc, char **argv, gt_option_values *values) {
    int code = GT_EXIT_OK;
    for (int i = 1; code == GT_EXIT_OK && i < argc; i++) {
        const char *argument = strcmp(argv[i], "-h") == 0 ? "--help" : argv[i];
        if (strncmp(argument, "--", 2) != 0)
            return gt_cli_fail(GT_EXIT_USAGE, "%s: gantry %s takes flags only; --help lists them", argument, argv[0]);
        const char *equals = strchr(argument, '='), *text = equals != NULL ? equals + 1 : NULL;
        char *name = gt_cli_text("%.*s", (int)strcspn(argument, "="), argument);
        const gt_option *option = find_flag(table, name, &text);
        if (option != NULL && text == NULL && i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0) text = argv[++i];
        code = option != NULL ? take(table, option, text, values) : unknown_flag(table, argv[0], name);
        free(name);
    }
    return code;
}
