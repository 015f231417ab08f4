/* private to the CLI. What a command is, its exit codes, and how it reports a failure. One file a command; main.c dispatches.
 */
#ifndef GT_CLI_COMMAND_H
#define GT_CLI_COMMAND_H

#include "gantry/gantry.h"

typedef struct gt_command {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an exit code */
} gt_command;

extern const gt_command gt_command_train, gt_command_devices;

enum {
    GT_EXIT_OK = 0,
    GT_EXIT_FAILURE = 1, /* at run time: a full disk, a closed pipe, a GPU that fails */
    GT_EXIT_USAGE = 2,   /* the user's mistake */
    GT_EXIT_DEVICE = 3,  /* no usable device */
    GT_EXIT_FILE = 4,    /* an unreadable or damaged input file */
    GT_EXIT_SIGNAL = 128 /* plus the signal's number: interrupted, can be resumed */
};

/* Prints "gantry: " and the line to stderr; returns exit_code. */
int gt_cli_fail(int exit_code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit code that belongs to a failed status, and a failure with that code and gt_last_error(). */
int gt_cli_exit_code(gt_status status);
int gt_cli_fail_status(gt_status status);

/* asprintf() that ends the program when there is no memory. The caller frees. */
char *gt_cli_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a JSON object on stdout and deletes it. */
struct cJSON;
void gt_cli_print_json(struct cJSON *json);

/* realloc() to n elements that ends the program when there is no memory. */
void *gt_cli_resize(void *array, size_t n, size_t element_bytes);

/* The candidate that a mistyped word most likely stands for: keeps *best, the closest so far, and its distance. Start with
 * NULL. */
void gt_cli_suggest(const char *word, const char *candidate, const char **best);

#endif
