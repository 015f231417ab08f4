/* private to the CLI. What a stream can show. */
#ifndef GT_CLI_TERMINAL_H
#define GT_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

bool gt_terminal_is(FILE *stream);

/* A terminal that moves its cursor (TERM is not "dumb"). */
bool gt_terminal_moves(FILE *stream);

/* Such a terminal, unless NO_COLOR is set (https://no-color.org). */
bool gt_terminal_colours(FILE *stream);

#endif
