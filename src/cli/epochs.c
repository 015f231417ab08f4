/* Epochs into iterations. */
#include "cli/epochs.h"

#include "cli/command.h"

#include <inttypes.h>

static int refuse_both(const gt_option *table, const gt_option_values *values) {
    const char *epochs = gt_option_given(values, table, "epochs"), *iterations = gt_option_given(values, table, "iterations");
    if (epochs == NULL || iterations == NULL || (epochs[0] == '0' && epochs[1] == '\0')) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE, "%s%sepochs %s and iterations %s: both say how long; leave one of the two out",
                       values->file != NULL ? values->file : "", values->file != NULL ? ": " : "", epochs, iterations);
}

int gt_epochs_resolve(const gt_option *table, const gt_option_values *file, const gt_option_values *command_line,
                      const gt_epochs *epochs, uint64_t *iterations, uint64_t *eval_every) {
    int code = refuse_both(table, file);
    if (code == GT_EXIT_OK) code = refuse_both(table, command_line);
    if (code != GT_EXIT_OK) return code;
    const bool asked = gt_option_given(command_line, table, "epochs") != NULL;
    if (epochs->n == 0 || (!asked && gt_option_given(command_line, table, "iterations") != NULL)) {
        const char *length = gt_option_given(command_line, table, "epoch-iterations");
        if (length == NULL) return GT_EXIT_OK;
        return gt_cli_fail(GT_EXIT_USAGE, "--epoch-iterations %s: how many epochs? add --epochs N", length);
    }
    if (epochs->iterations > GT_MAX_ITERATIONS / epochs->n)
        return gt_cli_fail(GT_EXIT_USAGE,
                           "--epochs %" PRIu64 " of %" PRIu64 " iterations; a run takes up to %" PRIu32 " iterations",
                           epochs->n, epochs->iterations, GT_MAX_ITERATIONS);
    *iterations = epochs->n * epochs->iterations;
    if (gt_option_given(file, table, "eval-every") == NULL && gt_option_given(command_line, table, "eval-every") == NULL)
        *eval_every = epochs->iterations;
    return GT_EXIT_OK;
}
