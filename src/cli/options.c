/* Values of options, by a table (options.h): from a config file, and into settings. */
#include "cli/options.h"

#include "cli/command.h"
#include "io/number.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const gt_option *gt_option_next(gt_option_cursor *cursor) {
    for (;;) {
        const gt_option *row = cursor->row++;
        if (row->kind == GT_OPTION_PART) {
            assert(cursor->back == NULL); /* parts have no parts */
            cursor->back = cursor->row;
            cursor->row = row->part;
        } else if (row->kind != GT_OPTION_END) {
            return row;
        } else if (cursor->back != NULL) {
            cursor->row = cursor->back;
            cursor->back = NULL;
        } else {
            cursor->row = row;
            return NULL;
        }
    }
}

const gt_option *gt_option_find(const gt_option *table, const char *name) {
    GT_FOR_OPTIONS(option, table)
    if (option->name != NULL && strcmp(option->name, name) == 0) return option;
    return NULL;
}

bool gt_option_is_positional(const gt_option *option) { return (option->flags & GT_OPTION_POSITIONAL) != 0; }

static bool is_key(const gt_option *option) { return option->name != NULL && !(option->flags & GT_OPTION_NO_CONFIG); }

/* ---------------------------------------------------------------- values */

static const gt_option_value *value_of(const gt_option_values *values, const gt_option *option) {
    for (size_t i = 0; i < values->n; i++)
        if (values->given[i].option == option) return &values->given[i];
    return NULL;
}

static void take_back(gt_option_values *values, const gt_option *option) {
    size_t n = 0;
    for (size_t i = 0; i < values->n; i++)
        if (values->given[i].option != option) values->given[n++] = values->given[i];
    values->n = n;
}

static void give(gt_option_values *values, const gt_option *option, const char *text, int line) {
    if (option->kind != GT_OPTION_TEXTS) take_back(values, option);
    if (values->n == GT_MAX_OPTIONS) return; /* no table has so many rows: one of TEXTS has more values than its list holds */
    values->given[values->n++] = (gt_option_value){option, text, line};
}

const char *gt_option_given(const gt_option_values *values, const gt_option *table, const char *name) {
    const gt_option_value *value = value_of(values, gt_option_find(table, name));
    return value != NULL ? value->text : NULL;
}

void gt_option_give(gt_option_values *values, const gt_option *table, const char *name, const char *text) {
    if (text == NULL)
        take_back(values, gt_option_find(table, name));
    else
        give(values, gt_option_find(table, name), text, 0);
}

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

bool gt_option_is_picture(const char *text) {
    const size_t length = strlen(text);
    return length > 4 && strcmp(text + length - 4, ".png") == 0;
}

/* Writes the value of text into one member; false where it isn't allowed. */
static bool set_member(const gt_option *option, const char *text, void *member) {
    uint64_t whole;
    switch (option->kind) {
    case GT_OPTION_INT:
    case GT_OPTION_U64:
        if (!gt_number_parse_u64(text, &whole) || (double)whole < option->min || (double)whole > option->max) return false;
        if (option->kind == GT_OPTION_INT)
            *(int *)member = (int)whole;
        else
            *(uint64_t *)member = whole;
        return true;
    case GT_OPTION_REAL: {
        double *real = member;
        if (!gt_number_parse_real(text, real) || !(*real >= option->min && *real <= option->max)) return false;
        return !(option->flags & GT_OPTION_ABOVE_MIN) || *real > option->min;
    }
    case GT_OPTION_SEED:
        if (strcmp(text, "random") == 0) return getrandom(member, sizeof(uint64_t), 0) == sizeof(uint64_t);
        return gt_number_parse_u64(text, member);
    case GT_OPTION_CHOICE:
        return parse_choice(option, text, member);
    case GT_OPTION_TEXT:
        *(const char **)member = text;
        return *text != '\0';
    case GT_OPTION_PICTURE:
        *(const char **)member = text;
        return *text == '\0' || gt_option_is_picture(text);
    case GT_OPTION_GPUS:
        return parse_gpus(option, text, member);
    case GT_OPTION_SWITCH:
        return parse_switch(text, member);
    case GT_OPTION_BOOL: {
        gt_switch value;
        if (!parse_switch(text, &value)) return false;
        *(bool *)member = value == GT_SWITCH_ON;
        return true;
    }
    default:
        return false;
    }
}

/* ---------------------------------------------------------------- applying */

/* "--batch 3", "my.yaml:2: batch 3" or "x3", then the complaint. */
static int refuse(int code, const gt_option_value *value, const char *file, const char *complaint) {
    const gt_option *option = value->option;
    const char *text = *value->text == '\0' ? "\"\"" : value->text;
    if (file != NULL) return gt_cli_fail(code, "%s:%d: %s %s: %s", file, value->line, option->name, value->text, complaint);
    if (gt_option_is_positional(option)) return gt_cli_fail(code, "%s: %s", text, complaint);
    return gt_cli_fail(code, "--%s %s: %s", option->name, text, complaint);
}

static int apply_texts(const gt_option *option, const gt_option_values *values, void *settings) {
    gt_text_list *list = (gt_text_list *)((char *)settings + option->member[0]);
    list->n = 0;
    for (size_t i = 0; i < values->n; i++) {
        if (values->given[i].option != option) continue;
        if (list->n == GT_MAX_TEXTS)
            return gt_cli_fail(GT_EXIT_USAGE, "--%s %s: it can be given %d times; leave some out", option->name,
                               values->given[i].text, GT_MAX_TEXTS);
        list->texts[list->n++] = values->given[i].text;
    }
    return GT_EXIT_OK;
}

static int apply_one(const gt_option *option, const gt_option_values *values, void *settings) {
    const gt_option_value *value = value_of(values, option);
    if (option != NULL && option->kind == GT_OPTION_TEXTS) return apply_texts(option, values, settings);
    int code = GT_EXIT_OK;
    for (size_t m = 0; value != NULL && code == GT_EXIT_OK && m < option->n_members; m++) {
        void *member = (char *)settings + option->member[m];
        char *complaint = NULL;
        if (option->kind == GT_OPTION_PARSED) {
            code = option->parse(value->text, member, &complaint);
        } else if (!set_member(option, value->text, member)) {
            char *takes = gt_option_takes(option);
            code = GT_EXIT_USAGE;
            complaint = gt_cli_text("it takes %s", takes);
            free(takes);
        }
        if (code != GT_EXIT_OK) refuse(code, value, values->file, complaint);
        free(complaint);
    }
    return code;
}

int gt_option_apply(const gt_option *table, const char *name, const gt_option_values *values, void *settings) {
    return apply_one(gt_option_find(table, name), values, settings);
}

int gt_options_apply(const gt_option *table, const gt_option_values *values, void *settings) {
    int code = GT_EXIT_OK;
    GT_FOR_OPTIONS(option, table)
    if (code == GT_EXIT_OK) code = apply_one(option, values, settings);
    return code;
}

/* ---------------------------------------------------------------- config files and --set */

/* where: "--set " or "FILE:LINE: ", for the error. Headings and command-line flags are no keys. */
static const gt_option *find_key(const gt_option *table, const char *where, const char *key) {
    const gt_option *option = gt_option_find(table, key);
    if (option != NULL && is_key(option)) return option;
    const char *best = NULL;
    GT_FOR_OPTIONS(known, table)
    if (is_key(known)) gt_cli_suggest(key, known->name, &best);
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
        give(values, option, entry->value, entry->line);
    }
    return GT_EXIT_OK;
}

int gt_option_set_key(const gt_option *table, const char *assignment, gt_option_values *values) {
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment)
        return gt_cli_fail(GT_EXIT_USAGE, "--set %s: it takes key=value, such as --set batch=128", assignment);
    char *key = gt_cli_text("%.*s", (int)(equals - assignment), assignment);
    const gt_option *option = find_key(table, "--set ", key);
    free(key);
    if (option == NULL) return GT_EXIT_USAGE;
    give(values, option, equals + 1, 0);
    return GT_EXIT_OK;
}
