/* private to the CLI. What a command is, its exit codes, and how it reports a failure. One file a command; main.c dispatches.
 */
#ifndef GT_CLI_COMMAND_H
#define GT_CLI_COMMAND_H

#include "gantry/gantry.h"

struct gt_option;

typedef struct gt_command {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an exit code */

    /* For --help, the manual and the shell's completion, which need nothing more of a command. */
    const char *usage;               /* what stands behind its name: "RUN [flags]" */
    const char *about;               /* what it does: lines, the last without its end */
    const struct gt_option *options; /* none of them is --help: that is answered before the command runs */
    const void *(*defaults)(void);   /* settings whose values --help shows; NULL: shows none */
} gt_command;

/* The heading of each group in gantry --help, and its commands. */
typedef struct gt_command_group {
    const char *heading;
    const gt_command *commands[8]; /* NULL behind the last */
} gt_command_group;

extern const gt_command_group gt_command_groups[]; /* a NULL heading behind the last */

#define GT_FOR_COMMANDS(command)                                                                                               \
    for (const gt_command_group *group_ = gt_command_groups; group_->heading != NULL; group_++)                                \
        for (const gt_command *const *command##_at = group_->commands, *(command); ((command) = *command##_at) != NULL;        \
             command##_at++)

extern const gt_command gt_command_train, gt_command_devices, gt_command_target, gt_command_summary, gt_command_sample,
    gt_command_evaluate, gt_command_show, gt_command_study, gt_command_report, gt_command_replay, gt_command_merge,
    gt_command_studies, gt_command_classifier, gt_command_presets, gt_command_fit_discriminator, gt_command_export,
    gt_command_help;

/* The command of that name; where there is none, *code is the exit code, and the error is printed. */
const gt_command *gt_command_find(const char *name, int *code);

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

/* Until the next call failures begin with what they are about, the caller's; NULL: with nothing. */
void gt_cli_fail_about(const char *what);

/* What stands before the line from now on, as "rank 3: "; it is kept. NULL: lines are not printed, for another process prints
 * the same. */
void gt_cli_speak_as(const char *who);

/* The exit code that belongs to a failed status, and a failure with that code and gt_last_error(). */
int gt_cli_exit_code(gt_status status);
int gt_cli_fail_status(gt_status status);

/* asprintf() that ends the program when there is no memory. The caller frees. */
char *gt_cli_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a command's command line says, into settings. Returns an exit code, the error printed. */
int gt_cli_read(const struct gt_option *options, int argc, char **argv, void *settings);

/* Whether all that was printed has reached stdout; else the error is printed, and the exit code is that of a failure. */
int gt_cli_flush(void);

/* realloc() to n elements that ends the program when there is no memory. */
void *gt_cli_resize(void *array, size_t n, size_t element_bytes);

/* The candidate that a mistyped word most likely stands for: keeps *best, the closest so far, and its distance. Start with
 * NULL. */
void gt_cli_suggest(const char *word, const char *candidate, const char **best);

#endif
