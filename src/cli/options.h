/* private to the CLI. Flags from a table. One table of a command's options feeds the parsing of its command line, its --help,
 * its part of the manual and of the shell's completion, the keys of its config files, --set key=value, the config that it
 * writes, and the texts of errors. */
#ifndef GT_CLI_OPTIONS_H
#define GT_CLI_OPTIONS_H

#include "gantry/gantry.h"
#include "io/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum gt_option_kind {
    GT_OPTION_HEADING, /* a line of --help alone */
    GT_OPTION_PART,    /* the rows of another table, whose settings are the first member of this one's */
    GT_OPTION_INT,     /* int */
    GT_OPTION_U64,     /* uint64_t */
    GT_OPTION_REAL,    /* double */
    GT_OPTION_SEED,    /* uint64_t; "random" draws one */
    GT_OPTION_CHOICE,  /* int or enum: the index of a name */
    GT_OPTION_TEXT,    /* const char *, not empty; lives as long as its source */
    GT_OPTION_PICTURE, /* const char *: --name [FILE.png]; "" without a file */
    GT_OPTION_GPUS,    /* gt_gpu_list: numbers up to max, each once */
    GT_OPTION_SWITCH,  /* gt_switch: --name, --no-name */
    GT_OPTION_BOOL,    /* bool: the same, with no third state */
    GT_OPTION_PARSED,  /* anything: parse and format below */
    GT_OPTION_TEXTS,   /* gt_text_list: may be given several times; on the command line alone */
    GT_OPTION_REST,    /* gt_rest: all positional arguments from here on; the last positional row */
    GT_OPTION_SET,     /* --name key=value gives another option its value */
    GT_OPTION_END      /* the last row of a table */
} gt_option_kind;

typedef struct gt_gpu_list {
    int n, gpus[GT_MAX_GPUS];
} gt_gpu_list;

enum { GT_MAX_TEXTS = 8 };

typedef struct gt_text_list {
    size_t n;
    const char *texts[GT_MAX_TEXTS]; /* live as long as the command line */
} gt_text_list;

/* The array is the settings' own. */
typedef struct gt_rest {
    size_t n;
    const char **texts; /* live as long as the command line */
} gt_rest;

typedef enum gt_switch { GT_SWITCH_AUTO, GT_SWITCH_ON, GT_SWITCH_OFF } gt_switch;

enum {
    GT_OPTION_ABOVE_MIN = 1,   /* reals: min itself is not allowed */
    GT_OPTION_NO_CONFIG = 2,   /* stands on the command line alone */
    GT_OPTION_SAVED = 4,       /* belongs into the config that a run writes */
    GT_OPTION_FIXED = 8,       /* part of what a checkpoint holds */
    GT_OPTION_SCHEDULE = 16,   /* fixed for a run, though a checkpoint doesn't hold it */
    GT_OPTION_POSITIONAL = 32, /* given by its place, without a flag; rows in their order */
    GT_OPTION_REQUIRED = 64,
    GT_OPTION_ARITHMETIC = 128 /* says how to compute, and changes a run's bits: a study keeps to it */
};

#define GT_OPTION_CHARS 512

typedef struct gt_option gt_option;
struct gt_option {
    const char *name; /* the long flag without its dashes; NULL for a heading */
    gt_option_kind kind;
    const char *value; /* what --help calls the value; what has FILE, DIR or RUN in it is completed as a path */
    const char *help;
    unsigned flags;
    double min, max;
    const char *(*choice)(int index); /* NULL past the end */
    size_t n_members, member[2];      /* offsets in the settings; an option may set two members alike */
    char letter;                      /* its short name, -n; 0: none */
    const gt_option *part;

    /* Of PARSED. parse: an exit code, and where it isn't 0 *complaint is what the user is told behind flag and value; the
     * caller frees it. format: NULL where there is no value. takes: what is allowed, half a sentence. */
    int (*parse)(const char *text, void *member, char **complaint);
    const char *(*format)(const void *member, char text[GT_OPTION_CHARS]);

    const char *takes; /* what is allowed, half a sentence; of PARSED, and of TEXT where it isn't any name */
};

/* The rows of a table and its parts, without PART and END. */
typedef struct gt_option_cursor {
    const gt_option *row, *back; /* next in the table at hand; and, in a part, in the one around it */
} gt_option_cursor;

const gt_option *gt_option_next(gt_option_cursor *cursor);

#define GT_FOR_OPTIONS(option, table)                                                                                          \
    for (gt_option_cursor option##_at = {.row = (table)}; option##_at.row != NULL; option##_at.row = NULL)                     \
        for (const gt_option *(option); ((option) = gt_option_next(&option##_at)) != NULL;)

/* One source of values: the command line, or a config file. Zero it first. */
#define GT_MAX_OPTIONS 128
typedef struct gt_option_value {
    const gt_option *option;
    const char *text;
    int line;
} gt_option_value;

typedef struct gt_option_values {
    const char *file; /* NULL for the command line */
    size_t n;
    gt_option_value given[GT_MAX_OPTIONS]; /* each option once: the last value counts; but all of TEXTS */
    gt_rest rest;                          /* of REST; gt_cli_read() frees it */
} gt_option_values;

/* The option of that name; NULL: none. */
const gt_option *gt_option_find(const gt_option *table, const char *name);

/* The text that it was given; NULL: none. And to give it one, or take it back (NULL). */
const char *gt_option_given(const gt_option_values *values, const gt_option *table, const char *name);
void gt_option_give(gt_option_values *values, const gt_option *table, const char *name, const char *text);

bool gt_option_is_positional(const gt_option *option);

/* Whether a text can be the file of a PICTURE. */
bool gt_option_is_picture(const char *text);

/* Functions that return int give an exit code and have printed the error where it isn't 0. */
int gt_options_parse(const gt_option *table, int argc, char **argv, gt_option_values *values);
int gt_options_read_file(const gt_option *table, const gt_config *config, const char *path, gt_option_values *values);

/* "key=value": as if the option named key had been given value. */
int gt_option_set_key(const gt_option *table, const char *assignment, gt_option_values *values);

/* Writes the values into settings in the order of the table: what comes later there wins. */
int gt_options_apply(const gt_option *table, const gt_option_values *values, void *settings);

/* The same for one option. */
int gt_option_apply(const gt_option *table, const char *name, const gt_option_values *values, void *settings);

/* The value of an option in settings as its flag takes it; NULL where there is none (no text, no GPUs, a switch left to
 * itself). */
const char *gt_option_format(const gt_option *option, const void *settings, char text[GT_OPTION_CHARS]);

/* What an option takes, half a sentence, and the names of a choice: "auto, cpu, cuda". The caller frees. */
char *gt_option_takes(const gt_option *option);
char *gt_option_choices(const gt_option *option);

/* How it is written: "-n, --points N", "--plot [FILE.png]", "RUN". Returns text. */
#define GT_OPTION_USAGE_CHARS 96
char *gt_option_usage(const gt_option *option, char text[GT_OPTION_USAGE_CHARS]);

#endif
