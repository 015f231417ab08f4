/* gantry evaluate: every score of a run as it is now. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/run_folder.h"
#include "cli/run_record.h"
#include "cli/run_source.h"
#include "cli/scores.h"
#include "cli/spec_settings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENERGY = 1000 };

typedef struct {
    gt_spec_settings base; /* the devices of it */
    const char *run;
    int samples, energy;
    gt_switch json;
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
/* clang-format off */
static const gt_option options[] = {
    {"run", GT_OPTION_TEXT, "RUN", GT_RUN_TAKES, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(run), .takes = GT_RUN_TAKES},
    {.help = "What to score"},
    {"eval-samples", GT_OPTION_INT, "N", "generated points that are scored", .min = 1000, .max = 10e6, AT(samples)},
    {"energy", GT_OPTION_INT, "N", "points of each kind for the energy distance, which costs N^2", .min = 2, .max = 100000,
     AT(energy)},
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", AT(json)},
    {.kind = GT_OPTION_PART, .part = gt_device_options},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static settings defaults(void) { return (settings){.base = gt_spec_settings_defaults(), .samples = 10000, .energy = ENERGY}; }

static const void *help_defaults(void) {
    static settings shown;
    shown = defaults();
    return &shown;
}

static void print_lines(const gt_spec *spec, const gt_metrics *row, gt_outcome outcome) {
    printf("iteration           %" PRIu64 "\n", row->iteration);
    for (const gt_score *score = gt_scores; score->name != NULL; score++) {
        char value[GT_NUMBER_CHARS], perfect[GT_NUMBER_CHARS];
        if (!gt_score_is_of(score, spec)) continue;
        const double best = gt_score_perfect(score, spec, row);
        printf("%-19s %-8s %s", score->name, gt_score_format(score, gt_score_value(score, row), spec, value), score->meaning);
        if (!isnan(best)) printf("; perfect: %s", gt_score_format(score, best, spec, perfect));
        putchar('\n');
    }
    printf("outcome             %s\n", gt_outcome_name(outcome));
    printf("points              %d for the accuracies, %d generated, %d for the energy distance\n", row->n_accuracy,
           row->n_samples, row->n_energy);
}

static void print_json(const gt_run_source *source, const gt_spec *spec, const gt_metrics *row, gt_outcome outcome) {
    cJSON *json = gt_json_begin("evaluate");
    cJSON_AddStringToObject(json, "checkpoint", source->checkpoint);
    gt_json_add_u64(json, "seed", gt_trainer_get_info(source->trainer).first_seed);
    gt_json_add_metrics(cJSON_AddObjectToObject(json, "metrics"), row);
    cJSON *perfect = cJSON_AddObjectToObject(json, "perfect");
    for (const gt_score *score = gt_scores; score->name != NULL; score++)
        if (gt_score_is_of(score, spec)) gt_json_add_real(perfect, score->name, gt_score_perfect(score, spec, row));
    cJSON_AddStringToObject(json, "outcome", gt_outcome_name(outcome));
    gt_cli_print_json(json);
}

static int evaluate(const settings *s, const gt_run_source *source) {
    const gt_spec *spec = gt_trainer_get_spec(source->trainer);
    const gt_evaluate_options how = {.n_samples = s->samples, .n_energy = s->energy};
    const gt_outcome_rules rules = gt_outcome_rules_of(spec);
    gt_metrics row;
    gt_status status = gt_trainer_evaluate(source->trainer, &how, &row);
    if (status != GT_OK) return gt_cli_fail_status(status);
    const gt_outcome outcome = gt_outcome_of(&row, 1, &rules);
    if (s->json == GT_SWITCH_ON)
        print_json(source, spec, &row, outcome);
    else
        print_lines(spec, &row, outcome);
    return gt_cli_flush();
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_option_values values = {0};
    gt_run_source source = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = gt_spec_settings_apply(options, NULL, &values, &s);
    if (code == GT_EXIT_OK) {
        const gt_trainer_options how = gt_spec_settings_options(&s.base);
        code = gt_run_source_open(s.run, &how, &source);
    }
    if (code == GT_EXIT_OK) code = evaluate(&s, &source);
    gt_run_source_free(&source);
    return code;
}

const gt_command gt_command_evaluate = {
    .name = "evaluate",
    .summary = "score a run as it is now",
    .run = run,
    .usage = "RUN [flags]",
    .about = "Prints every score of a run at its checkpoint, what it means, and what a perfect generator would show, then the\n"
             "outcome by this checkpoint alone. RUN is the folder of a run or a checkpoint file.",
    .options = options,
    .defaults = help_defaults,
};
