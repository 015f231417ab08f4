/* What a stream can show, and the clock that progress is measured with. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool gt_terminal_is(FILE *stream) { return isatty(fileno(stream)); }

bool gt_terminal_moves(FILE *stream) {
    const char *term = getenv("TERM");
    return gt_terminal_is(stream) && term != NULL && strcmp(term, "dumb") != 0;
}

bool gt_terminal_colours(FILE *stream) {
    const char *no_color = getenv("NO_COLOR");
    return gt_terminal_moves(stream) && (no_color == NULL || *no_color == '\0');
}
