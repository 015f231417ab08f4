/* private to the CLI. Flags from a table. One table of a command's options feeds the parsing of its command line, its --help,
 * the keys of its config files, --set key=value, the config that it writes, and the texts of errors. */
#ifndef GT_CLI_OPTIONS_H
#define GT_CLI_OPTIONS_H

#include "gantry/gantry.h"
#include "io/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum gt_option_kind {
    GT_OPTION_HEADING, /* a line of --help alone */
    GT_OPTION_INT,     /* int */
    GT_OPTION_U64,     /* uint64_t */
    GT_OPTION_REAL,    /* double */
    GT_OPTION_SEED,    /* uint64_t; "random" draws one */
    GT_OPTION_CHOICE,  /* int: the index of a name */
    GT_OPTION_TEXT,    /* const char *, not empty; lives as long as its source */
    GT_OPTION_GPUS,    /* gt_gpu_list: numbers up to max, each once */
    GT_OPTION_SWITCH,  /* gt_switch: --name, --no-name */
    GT_OPTION_SET,     /* --name key=value gives another option its value */
    GT_OPTION_END      /* the last row of a table */
} gt_option_kind;

typedef struct gt_gpu_list {
    int n, gpus[GT_MAX_GPUS];
} gt_gpu_list;

typedef enum gt_switch { GT_SWITCH_AUTO, GT_SWITCH_ON, GT_SWITCH_OFF } gt_switch;

enum {
    GT_OPTION_EVEN = 1,      /* whole numbers: even ones */
    GT_OPTION_ABOVE_MIN = 2, /* reals: min itself is not allowed */
    GT_OPTION_NO_CONFIG = 4, /* stands on the command line alone */
    GT_OPTION_SAVED = 8,     /* belongs into the config that a run writes */
    GT_OPTION_FIXED = 16,    /* part of what a checkpoint holds */
    GT_OPTION_SCHEDULE = 32  /* fixed for a run, though a checkpoint doesn't hold it */
};

typedef struct gt_option {
    const char *name; /* the long flag without its dashes; NULL for a heading */
    gt_option_kind kind;
    const char *value; /* what --help calls the value */
    const char *help;
    unsigned flags;
    double min, max;
    const char *(*choice)(int index); /* NULL past the end */
    size_t n_members, member[2];      /* offsets in the settings; an option may set two members alike */
} gt_option;

/* One source of values: the command line, or a config file. Zero it first. An option's text is NULL where it wasn't given. */
#define GT_MAX_OPTIONS 48
typedef struct gt_option_values {
    const char *file; /* NULL for the command line */
    const char *text[GT_MAX_OPTIONS];
    int line[GT_MAX_OPTIONS];
} gt_option_values;

/* The option of that name; NULL: none. Its text in a gt_option_values is that of its row. */
const gt_option *gt_option_find(const gt_option *table, const char *name);

/* Functions that return int give an exit code and have printed the error where it isn't 0. */
int gt_options_parse(const gt_option *table, int argc, char **argv, gt_option_values *values);
int gt_options_read_file(const gt_option *table, const gt_config *config, const char *path, gt_option_values *values);

/* Writes the values into settings in the order of the table: what comes later there wins. */
int gt_options_apply(const gt_option *table, const gt_option_values *values, void *settings);

/* The same for one option. */
int gt_option_apply(const gt_option *table, const char *name, const gt_option_values *values, void *settings);

/* The value of an option in settings as its flag takes it; NULL where there is none (no text, no GPUs, a switch left to
 * itself). text: GT_OPTION_CHARS for the numbers. */
#define GT_OPTION_CHARS 64
const char *gt_option_format(const gt_option *option, const void *settings, char text[GT_OPTION_CHARS]);

/* --help: a line an option, with its value in defaults. */
void gt_options_print_help(const gt_option *table, const void *defaults, FILE *out);

#define GT_FOR_OPTIONS(option, table) for (const gt_option *option = (table); option->kind != GT_OPTION_END; option++)

#endif
