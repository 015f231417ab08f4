/* What all commands share: reporting of failures, memory for texts, and suggestions for mistyped words. */
#define _GNU_SOURCE /* vasprintf */
#include "cli/command.h"

#include "cli/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *speaker = ""; /* NULL: another process prints the same lines */
static const char *about;        /* what failures are about */

void gt_cli_speak_as(const char *who) { speaker = who; }

void gt_cli_fail_about(const char *what) { about = what; }

static void print_line(const char *format, va_list args) {
    if (speaker == NULL) return;
    fprintf(stderr, "gantry: %s", speaker);
    if (about != NULL) fprintf(stderr, "%s: ", about);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int gt_cli_fail(int exit_code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_line(format, args);
    va_end(args);
    return exit_code;
}

int gt_cli_exit_code(gt_status status) {
    switch (status) {
    case GT_OK:
        return GT_EXIT_OK;
    case GT_ERR_ARGUMENT:
        return GT_EXIT_USAGE;
    case GT_ERR_DEVICE:
        return GT_EXIT_DEVICE;
    case GT_ERR_FILE:
        return GT_EXIT_FILE;
    default:
        return GT_EXIT_FAILURE;
    }
}

int gt_cli_fail_status(gt_status status) { return gt_cli_fail(gt_cli_exit_code(status), "%s", gt_last_error()); }

char *gt_cli_text(const char *format, ...) {
    char *text;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    return text;
}

int gt_cli_read(const gt_option *options, int argc, char **argv, void *settings) {
    gt_option_values values = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = gt_options_apply(options, &values, settings);
    free(values.rest.texts);
    return code;
}

int gt_cli_flush(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_FAILURE, "can't write to standard output: %s", strerror(errno));
}

void *gt_cli_resize(void *array, size_t n, size_t element_bytes) {
    void *larger = reallocarray(array, n, element_bytes);
    if (larger == NULL) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    return larger;
}

#define MAX_WORD 32

/* Levenshtein's distance, by rows of the usual table. Words longer than MAX_WORD are too far from everything. */
static size_t distance(const char *a, const char *b) {
    size_t n = strlen(b), row[MAX_WORD + 1];
    if (strlen(a) > MAX_WORD || n > MAX_WORD) return MAX_WORD;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

void gt_cli_suggest(const char *word, const char *candidate, const char **best) {
    size_t limit = *best != NULL ? distance(word, *best) : 1 + (strlen(word) + 1) / 3;
    if (distance(word, candidate) < limit) *best = candidate;
}
