/* The lines of `gantry train` and its summary. On a terminal the lines stand in columns under a header; elsewhere single spaces
 * part them. Their first three columns are exactly the tutorial's in both cases. */
#include "cli/train_report.h"

#include "cli/command.h"
#include "cli/scores.h"
#include "cli/terminal.h"
#include "io/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TUTORIAL_COLUMNS "iteration acc_real acc_fake"

static int width_of(const gt_score *score) { return (int)strlen(score->name) > 7 ? (int)strlen(score->name) : 7; }

void gt_train_print_header(const gt_spec *spec) {
    bool bold = gt_terminal_colours(stdout);
    printf("%s" TUTORIAL_COLUMNS, bold ? "\033[1m" : "");
    const gt_score *score;
    for (int i = 0; (score = gt_score_of_line(spec, i)) != NULL; i++) printf("  %*s", width_of(score), score->name);
    printf("%s\n", bold ? "\033[0m" : "");
}

void gt_train_print_row(const gt_spec *spec, const gt_metrics *row) {
    const bool columns = gt_terminal_is(stdout);
    char acc_real[GT_NUMBER_CHARS], acc_fake[GT_NUMBER_CHARS], tutorial[96], text[GT_NUMBER_CHARS];
    /* The tutorial counts iterations from 0. */
    snprintf(tutorial, sizeof tutorial, "%" PRIu64 " %s %s", row->iteration - 1, gt_number_format_repr(row->acc_real, acc_real),
             gt_number_format_repr(row->acc_fake, acc_fake));
    printf("%-*s", columns ? (int)strlen(TUTORIAL_COLUMNS) : 0, tutorial);
    const gt_score *score;
    for (int i = 0; (score = gt_score_of_line(spec, i)) != NULL; i++) {
        gt_score_format(score, gt_score_value(score, row), spec, text);
        printf(columns ? "  %*s" : " %*s", columns ? width_of(score) : 0, text);
    }
    putchar('\n');
}

/* ---------------------------------------------------------------- divergence */

/* The name of parameter index of a net. */
static char *tensor_name(const gt_net_spec *net, const char *net_name, size_t index) {
    for (int l = 0; l < net->n_layers; l++) {
        size_t n_weights = (size_t)net->size[l] * (size_t)net->size[l + 1], n_biases = (size_t)net->size[l + 1];
        if (index < n_weights) return gt_cli_text("%s.%d.weight", net_name, l);
        if (index < n_weights + n_biases) return gt_cli_text("%s.%d.bias", net_name, l);
        index -= n_weights + n_biases;
    }
    return NULL;
}

static char *bad_tensor_of(const gt_trainer *trainer, gt_net net, gt_state_part part) {
    static const char *const part_names[] = {[GT_WEIGHTS] = "", [GT_ADAM_M] = "Adam's m of ", [GT_ADAM_V] = "Adam's v of "};
    const gt_spec *spec = gt_trainer_get_spec(trainer);
    size_t n = gt_spec_n_parameters(spec, net);
    float *state = gt_cli_resize(NULL, n, sizeof *state);
    char *name = NULL, *line = NULL;
    if (gt_trainer_get_state(trainer, 0, net, part, state) == GT_OK)
        for (size_t i = 0; i < n && name == NULL; i++)
            if (!isfinite(state[i]))
                name = net == GT_GENERATOR ? tensor_name(&spec->generator, "generator", i)
                                           : tensor_name(&spec->discriminator, "discriminator", i);
    if (name != NULL) line = gt_cli_text("%s%s", part_names[part], name);
    free(name);
    free(state);
    return line;
}

char *gt_train_bad_tensor(const gt_trainer *trainer) {
    static const gt_net nets[] = {GT_DISCRIMINATOR, GT_GENERATOR};
    static const gt_state_part parts[] = {GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V};
    char *line = NULL;
    for (int p = 0; p < 3; p++)
        for (int n = 0; n < 2 && line == NULL; n++) line = bad_tensor_of(trainer, nets[n], parts[p]);
    return line != NULL ? line : gt_cli_text("a generated point or a logit");
}

/* ---------------------------------------------------------------- the summary */

static const char *colour_of(gt_outcome outcome) {
    if (outcome == GT_OUTCOME_STABLE || outcome == GT_OUTCOME_CONVERGED) return "\033[32m";
    if (outcome == GT_OUTCOME_DIVERGED || outcome == GT_OUTCOME_COLLAPSED) return "\033[31m";
    return "\033[33m";
}

static void print_outcome(const gt_train_result *result, const gt_metrics *last) {
    gt_outcome_rules rules = gt_outcome_rules_of(result->record->spec);
    gt_outcome outcome = gt_outcome_of(result->rows, result->n_rows, &rules);
    bool colour = gt_terminal_colours(stdout);
    printf("outcome   %s%s%s after %" PRIu64 " iterations", colour ? colour_of(outcome) : "", gt_outcome_name(outcome),
           colour ? "\033[0m" : "", last->iteration);
    if (last->diverged) {
        char *tensor = gt_train_bad_tensor(result->trainer);
        printf(", frozen in iteration %" PRIu64 ": %s is not finite", last->diverged_at, tensor);
        free(tensor);
    } else if (outcome == GT_OUTCOME_DIVERGED && rules.kind == GT_TARGET_FUNCTION) {
        printf(": of the generated x only %.1f %% lie inside the domain", 100 * last->support);
    }
    putchar('\n');
}

/* The score that tells most beside the tutorial's accuracies. */
static void print_score(const gt_spec *spec, const gt_metrics *last) {
    const gt_score *score = gt_score_of_line(spec, gt_target_kind_of(&spec->target) <= GT_TARGET_MIXTURE ? 1 : 0);
    char value[GT_NUMBER_CHARS], perfect[GT_NUMBER_CHARS];
    gt_score_format(score, gt_score_value(score, last), spec, value);
    gt_score_format(score, gt_score_perfect(score, spec, last), spec, perfect);
    printf("%-9s %s, where a perfect generator shows %s (N = %d)\n", score->name, value, perfect,
           gt_target_kind_of(&spec->target) <= GT_TARGET_MIXTURE ? last->n_samples : last->n_energy);
}

gt_status gt_train_print_summary(const gt_train_result *result) {
    char digest[GT_DIGEST_CHARS];
    gt_status status = gt_trainer_digest(result->trainer, 0, digest);
    if (status != GT_OK) return status;
    gt_trainer_info info = gt_trainer_get_info(result->trainer);
    const gt_metrics *last = &result->rows[result->n_rows - 1];
    uint64_t trained = info.iteration - result->first_iteration;

    printf("\nseed      %" PRIu64 "\n", info.first_seed);
    printf("time      %.3f s of training", result->training_seconds);
    if (trained > 0) printf(" (%.0f iterations/s)", (double)trained / result->training_seconds);
    printf(", %.2f s in all\n", result->total_seconds);
    print_outcome(result, last);
    print_score(result->record->spec, last);
    printf("digest    %s%s\n", digest, result->digest_note != NULL ? result->digest_note : "");
    printf("engine    %s on %s, %s: %s\n", info.engine, info.device, info.isa, info.why);
    printf("files     %s/", result->folder->path);
    if (result->n_pictures > 0) printf(" with %zu picture%s", result->n_pictures, result->n_pictures == 1 ? "" : "s");
    if (result->animation != NULL) printf(" and %s", result->animation);
    putchar('\n');
    return GT_OK;
}
