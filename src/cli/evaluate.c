/* gantry evaluate: every score of runs as they are now. */
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/image_scores.h"
#include "cli/run_source.h"
#include "cli/spec_settings.h"
#include "core/target_data.h"

#include <stdlib.h>
#include <string.h>

enum { ENERGY = 1000 };

typedef struct {
    gt_spec_settings base; /* the devices of it */
    gt_rest runs;
    int samples, energy, k;
    const char *classifier, *data;
    gt_switch infinity, json;
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
/* clang-format off */
static const gt_option options[] = {
    {"run", GT_OPTION_REST, "RUN ...", GT_RUN_TAKES, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(runs),
     .takes = GT_RUN_TAKES},
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

/* A flag that only images have. */
static int check(const settings *s, const gt_option_values *values) {
    for (const char *const *flag = (const char *const[]){"data", "neighbour", "fid-infinity", NULL}; *flag != NULL; flag++)
        if (s->classifier == NULL && gt_option_given(values, options, *flag) != NULL) return gt_image_flag_refuse(*flag);
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- each run */

/* The first run stays open: its target is that of all. */
typedef struct {
    const settings *s;
    gt_run_source first;
    gt_image_scorer scorer; /* made with the first run */
    gt_evaluation *list;
    size_t n;
} evaluations;

static bool same_target(const gt_target_spec *a, const gt_target_spec *b) {
    const size_t bytes = gt_target_data_bytes(a);
    bool same = strcmp(a->name, b->name) == 0 && strcmp(a->expression, b->expression) == 0 && a->lo == b->lo &&
                a->hi == b->hi && a->n_points == b->n_points && a->n_columns == b->n_columns && a->height == b->height &&
                a->width == b->width;
    for (int k = 0; k < GT_MAX_TARGET_PARAMETERS; k++) same = same && a->parameter[k] == b->parameter[k];
    return same && (bytes == 0 || memcmp(gt_target_data(a), gt_target_data(b), bytes) == 0);
}

static int check_target(const evaluations *all, const gt_run_source *source) {
    if (same_target(&gt_trainer_get_spec(all->first.trainer)->target, &gt_trainer_get_spec(source->trainer)->target))
        return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE, "%s learns something else than %s; evaluate them apart", source->checkpoint,
                       all->first.checkpoint);
}

static gt_status score(const evaluations *all, const gt_run_source *source, gt_evaluation *out) {
    const settings *s = all->s;
    const gt_evaluate_options how = {.n_samples = s->samples, .n_energy = s->energy};
    const gt_outcome_rules rules = gt_outcome_rules_of(gt_trainer_get_spec(source->trainer));
    gt_status status = gt_trainer_evaluate(source->trainer, &how, &out->row);
    if (status != GT_OK) return status;
    out->seed = gt_trainer_get_info(source->trainer).first_seed;
    out->outcome = gt_outcome_of(&out->row, 1, &rules);
    out->has_images = s->classifier != NULL && (s->runs.n == 1 || !out->row.diverged);
    if (out->has_images) status = gt_image_scorer_score(&all->scorer, source->trainer, (size_t)s->samples, &out->images);
    return status;
}

static int add(evaluations *all, const gt_run_source *source) {
    gt_evaluation *next = &all->list[all->n++];
    *next = (gt_evaluation){.checkpoint = gt_cli_text("%s", source->checkpoint)};
    const gt_status status = score(all, source, next);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static int add_first(evaluations *all, const gt_trainer_options *how) {
    const settings *s = all->s;
    const gt_image_judge_options judge = {.k = s->k, .infinity = s->infinity == GT_SWITCH_ON};
    int code = gt_run_source_open(s->runs.texts[0], how, &all->first);
    if (code == GT_EXIT_OK && s->classifier != NULL)
        code = gt_image_scorer_open(s->classifier, s->data, &gt_trainer_get_spec(all->first.trainer)->target, &judge,
                                    &all->scorer);
    return code == GT_EXIT_OK ? add(all, &all->first) : code;
}

static int add_other(evaluations *all, const char *named, const gt_trainer_options *how) {
    gt_run_source source = {0};
    int code = gt_run_source_open(named, how, &source);
    if (code == GT_EXIT_OK) code = check_target(all, &source);
    if (code == GT_EXIT_OK) code = add(all, &source);
    gt_run_source_free(&source);
    return code;
}

static void free_evaluations(evaluations *all) {
    for (size_t i = 0; i < all->n; i++) free(all->list[i].checkpoint);
    free(all->list);
    gt_image_scorer_free(&all->scorer);
    gt_run_source_free(&all->first);
}

/* ---------------------------------------------------------------- all of it */

static void print(const evaluations *all) {
    const gt_spec *spec = gt_trainer_get_spec(all->first.trainer);
    cJSON *json = all->s->json == GT_SWITCH_ON ? gt_json_begin("evaluate") : NULL;
    if (json == NULL && all->n == 1)
        gt_evaluation_print(all->list, spec);
    else if (json == NULL)
        gt_evaluations_print(all->list, all->n, spec);
    else if (all->n == 1)
        gt_evaluation_add_json(json, all->list, spec);
    else
        gt_evaluations_add_json(json, all->list, all->n, spec);
    if (json != NULL) gt_cli_print_json(json);
}

static int evaluate(const settings *s) {
    const gt_trainer_options how = gt_spec_settings_options(&s->base);
    evaluations all = {.s = s, .list = gt_cli_resize(NULL, s->runs.n, sizeof *all.list)};
    int code = add_first(&all, &how);
    for (size_t i = 1; code == GT_EXIT_OK && i < s->runs.n; i++) code = add_other(&all, s->runs.texts[i], &how);
    if (code == GT_EXIT_OK) {
        print(&all);
        code = gt_cli_flush();
    }
    free_evaluations(&all);
    return code;
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_option_values values = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = gt_spec_settings_apply(options, NULL, &values, &s);
    if (code == GT_EXIT_OK) code = check(&s, &values);
    if (code == GT_EXIT_OK) code = evaluate(&s);
    free(s.runs.texts);
    free(values.rest.texts);
    return code;
}

const gt_command gt_command_evaluate = {
    .name = "evaluate",
    .summary = "score runs as they are now",
    .run = run,
    .usage = "RUN ... [flags]",
    .about =
        "Prints every score of a run at its checkpoint, what it means, and what a perfect generator would show, then the\n"
        "outcome by this checkpoint alone. RUN is the folder of a run or a checkpoint file. Of several that learn the same,\n"
        "as the seeds of a study, each score's mean with its 95 % interval (Student's t), lowest and highest. With "
        "--classifier\n"
        "images get their own scores: Inception Score, Frechet distance, precision, recall, density, coverage, and the "
        "classes\n"
        "they are of.",
    .options = options,
    .defaults = help_defaults,
};
