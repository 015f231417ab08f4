/* private to the CLI. How far a long command is, on stderr: a bar on a terminal, a plain line every ten seconds elsewhere. */
#ifndef GT_CLI_PROGRESS_H
#define GT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct gt_progress {
    bool quiet, bar;
    bool shown; /* a bar stands on the terminal */
    uint64_t first, total;
    double began, next; /* seconds */
} gt_progress;

/* Work from step first to step total. quiet: shows nothing. */
gt_progress gt_progress_begin(uint64_t first, uint64_t total, bool quiet);

/* Shows step done, if it is time for it. note: what is told beside the share that is done; NULL: the rate in iterations. */
void gt_progress_show(gt_progress *progress, uint64_t done, const char *note);

/* "12 s", "3 min 05 s", "2 h 10 min" */
#define GT_DURATION_CHARS 32
char *gt_duration_format(double seconds, char text[GT_DURATION_CHARS]);

/* Erases the bar, before anything else is printed. */
void gt_progress_erase(gt_progress *progress);

#endif
