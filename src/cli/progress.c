/* Progress on stderr. */
#include "cli/progress.h"

#include "cli/terminal.h"
#include "core/clock.h"

#include <inttypes.h>
#include <stdio.h>

#define BAR_SECONDS  0.1
#define LINE_SECONDS 10.0
#define FIRST_BAR    0.5 /* a bar that flashes by helps nobody */
#define BAR_CHARS    24

gt_progress gt_progress_begin(uint64_t first, uint64_t total, bool quiet) {
    bool bar = gt_terminal_moves(stderr);
    double now = gt_seconds();
    return (gt_progress){.quiet = quiet,
                         .bar = bar,
                         .first = first,
                         .total = total,
                         .began = now,
                         .next = now + (bar ? FIRST_BAR : LINE_SECONDS)};
}

char *gt_duration_format(double seconds, char text[GT_DURATION_CHARS]) {
    const uint64_t s = (uint64_t)(seconds + 0.5);
    if (s < 60)
        snprintf(text, GT_DURATION_CHARS, "%" PRIu64 " s", s);
    else if (s < 3600)
        snprintf(text, GT_DURATION_CHARS, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
    else
        snprintf(text, GT_DURATION_CHARS, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s / 60 % 60);
    return text;
}

void gt_progress_show(gt_progress *progress, uint64_t done, const char *note) {
    double now = gt_seconds();
    if (progress->quiet || now < progress->next || done == progress->first || done >= progress->total) return;
    double rate = (double)(done - progress->first) / (now - progress->began);
    int percent = (int)(100.0 * (double)done / (double)progress->total);
    char left[GT_DURATION_CHARS], iterations[32];
    gt_duration_format((double)(progress->total - done) / rate, left);
    snprintf(iterations, sizeof iterations, "%.0f it/s", rate);
    if (note == NULL) note = iterations;
    if (progress->bar) {
        int full = percent * BAR_CHARS / 100;
        fprintf(stderr, "\r[%.*s%*s] %d%% %s, ETA %s\033[K", full, "########################", BAR_CHARS - full, "", percent,
                note, left);
        fflush(stderr);
        progress->shown = true;
    } else {
        fprintf(stderr, "gantry: %" PRIu64 " of %" PRIu64 " iterations (%d%%), %s, ETA %s\n", done, progress->total, percent,
                note, left);
    }
    progress->next = now + (progress->bar ? BAR_SECONDS : LINE_SECONDS);
}

void gt_progress_erase(gt_progress *progress) {
    if (!progress->shown) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->shown = false;
}
