/* private to the CLI. What the tables of options say, as texts: --help, the manual page, bash's completion. */
#ifndef GT_CLI_HELP_H
#define GT_CLI_HELP_H

#include "cli/command.h"
#include "cli/options.h"

#include <stdio.h>

/* The list of commands, and the help of one. */
void gt_help_print(FILE *out);
void gt_help_print_command(const gt_command *command, FILE *out);

/* The help of an option, with the names of a choice: "where to compute: auto, cpu, cuda (auto)", but for one that the option
 * before it (NULL: none) has, too, and with its value in defaults (or NULL). The caller frees. */
char *gt_help_of_option(const gt_option *option, const gt_option *before, const void *defaults);

/* gantry.1, for man. */
void gt_man_page_print(FILE *out);

/* A script for bash: completion of commands, flags, choices and files. */
void gt_completion_print(FILE *out);

#define GT_EXIT_CODES_TEXT                                                                                                     \
    "0 done, 1 failed at run time, 2 wrong usage, 3 no usable device, 4 unreadable or damaged input file,\n"                   \
    "128 + a signal's number interrupted, all saved (Ctrl-C: 130, SIGTERM: 143, SIGUSR1: 138): go on with --resume"

#endif
