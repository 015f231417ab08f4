/* gantry evaluate: every score of a run as it is now. */
#include "cli/command.h"
#include "cli/image_scores.h"
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
    int samples, energy, k;
    const char *classifier, *data;
    gt_switch infinity, json;
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
/* clang-format off */
static const gt_option options[] = {
    {"run", GT_OPTION_TEXT, "RUN", GT_RUN_TAKES, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(run), .takes = GT_RUN_TAKES},
    {.help = "What to score"},
    {"eval-samples", GT_OPTION_INT, "N", "generated points that are scored", .min = 1000, .max = 10e6, AT(samples),
     .letter = 'n'},
    {"energy", GT_OPTION_INT, "N", "points of each kind for the energy distance, which costs N^2", .min = 2, .max = 100000,
     AT(energy)},
    {.help = "How to score images"},
    {"classifier", GT_OPTION_TEXT, "FILE", "score them in the features of this classifier, too: " GT_CLASSIFIER_TAKES, AT(classifier),
     .takes = GT_CLASSIFIER_TAKES},
    {"data", GT_OPTION_TEXT, "DIR", "real images to compare with, the test part of DIR; else those that the run learns",
     AT(data)},
    {"neighbour", GT_OPTION_INT, "K", "precision to coverage reach to the K-th nearest neighbour", .min = 1, .max = 64, AT(k)},
    {"fid-infinity", GT_OPTION_SWITCH, "", GT_FID_INFINITY_HELP, AT(infinity)},
    {.help = "What to print"},
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", AT(json)},
    {.kind = GT_OPTION_PART, .part = gt_device_options},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static settings defaults(void) {
    return (settings){.base = gt_spec_settings_defaults(), .samples = 10000, .energy = ENERGY, .k = 5};
}

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

/* images: NULL where they are not asked for. */
static void print_json(const gt_run_source *source, const gt_spec *spec, const gt_metrics *row, gt_outcome outcome,
                       const gt_image_scores *images) {
    cJSON *json = gt_json_begin("evaluate");
    cJSON_AddStringToObject(json, "checkpoint", source->checkpoint);
    gt_json_add_u64(json, "seed", gt_trainer_get_info(source->trainer).first_seed);
    gt_json_add_metrics(cJSON_AddObjectToObject(json, "metrics"), row);
    cJSON *perfect = cJSON_AddObjectToObject(json, "perfect");
    for (const gt_score *score = gt_scores; score->name != NULL; score++)
        if (gt_score_is_of(score, spec)) gt_json_add_real(perfect, score->name, gt_score_perfect(score, spec, row));
    cJSON_AddStringToObject(json, "outcome", gt_outcome_name(outcome));
    if (images != NULL) gt_image_scores_add_json(cJSON_AddObjectToObject(json, "images"), images);
    gt_cli_print_json(json);
}

/* A flag that only images have. */
static int check(const settings *s, const gt_option_values *values) {
    for (const char *const *flag = (const char *const[]){"data", "neighbour", "fid-infinity", NULL}; *flag != NULL; flag++)
        if (s->classifier == NULL && gt_option_given(values, options, *flag) != NULL) return gt_image_flag_refuse(*flag);
    return GT_EXIT_OK;
}

static int score_images(const settings *s, gt_trainer *trainer, gt_image_scores *out) {
    const gt_image_judge_options how = {.k = s->k, .infinity = s->infinity == GT_SWITCH_ON};
    gt_image_scorer scorer = {0};
    int code = gt_image_scorer_open(s->classifier, s->data, &gt_trainer_get_spec(trainer)->target, &how, &scorer);
    if (code == GT_EXIT_OK) {
        const gt_status status = gt_image_scorer_score(&scorer, trainer, (size_t)s->samples, out);
        if (status != GT_OK) code = gt_cli_fail_status(status);
    }
    gt_image_scorer_free(&scorer);
    return code;
}

static int evaluate(const settings *s, const gt_run_source *source) {
    const gt_spec *spec = gt_trainer_get_spec(source->trainer);
    const gt_evaluate_options how = {.n_samples = s->samples, .n_energy = s->energy};
    const gt_outcome_rules rules = gt_outcome_rules_of(spec);
    const bool with_images = s->classifier != NULL;
    gt_metrics row;
    gt_image_scores images;
    gt_status status = gt_trainer_evaluate(source->trainer, &how, &row);
    if (status != GT_OK) return gt_cli_fail_status(status);
    const gt_outcome outcome = gt_outcome_of(&row, 1, &rules);
    if (with_images) {
        const int code = score_images(s, source->trainer, &images);
        if (code != GT_EXIT_OK) return code;
    }
    if (s->json == GT_SWITCH_ON) {
        print_json(source, spec, &row, outcome, with_images ? &images : NULL);
    } else {
        print_lines(spec, &row, outcome);
        if (with_images) gt_image_scores_print(&images);
    }
    return gt_cli_flush();
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_option_values values = {0};
    gt_run_source source = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = gt_spec_settings_apply(options, NULL, &values, &s);
    if (code == GT_EXIT_OK) code = check(&s, &values);
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
    .about =
        "Prints every score of a run at its checkpoint, what it means, and what a perfect generator would show, then the\n"
        "outcome by this checkpoint alone. RUN is the folder of a run or a checkpoint file. With --classifier images get "
        "their\n"
        "own scores: Inception Score, Frechet distance, precision, recall, density, coverage, and the classes they are of.",
    .options = options,
    .defaults = help_defaults,
};
