/* The settings of `gantry study`: the table of its flags, and the plan that they make. */
#include "cli/study_settings.h"

#include "cli/command.h"
#include "core/target_data.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_ITERATIONS ((double)GT_MAX_ITERATIONS)
#define FIXED          GT_OPTION_FIXED
#define LASTING        (GT_OPTION_FIXED | GT_OPTION_ARITHMETIC)
#define ALONE          GT_OPTION_NO_CONFIG
#define AT(member_)    .n_members = 1, .member = {offsetof(gt_study_settings, member_)}
#define HEADING(text)                                                                                                          \
    { .help = text }

static int parse_seeds(const char *text, void *member, char **complaint);
static const char *format_seeds(const void *member, char text[GT_OPTION_CHARS]);
static const char *format_keep(const void *member, char text[GT_OPTION_CHARS]);

#define SEEDS_TAKE "A:B, the seeds from A to B - 1, or N for 0:N"
#define KEEP_TAKE  "none, all, or worst:N"

/* clang-format off */
const gt_option gt_study_options_table[] = {
    HEADING("Which runs"),
    {"seeds", GT_OPTION_PARSED, "A:B", "a run for each seed from A to B - 1; N means 0:N", FIXED, AT(seeds),
     .parse = parse_seeds, .format = format_seeds, .takes = SEEDS_TAKE},
    {"sweep", GT_OPTION_TEXTS, "FLAG=X,X,...",
     "train every value of a flag with every seed; a range is FROM:TO:COUNT[:log]; several sweeps make a grid", FIXED | ALONE,
     AT(sweep), .takes = "flag=value,value,... or flag=from:to:count"},
    {"random", GT_OPTION_U64, "N", "N settings at random from the sweeps' ranges instead of their grid", FIXED, .min = 0,
     .max = GT_MAX_SETTINGS, AT(random)},
    {.kind = GT_OPTION_PART, .part = gt_spec_options},
    {"iterations", GT_OPTION_U64, "N", "of each run", FIXED, .min = 1, .max = MAX_ITERATIONS, AT(iterations)},
    GT_EPOCH_ROWS(gt_study_settings, epochs, FIXED, MAX_ITERATIONS),
    HEADING("What to look at"),
    {"eval-every", GT_OPTION_U64, "N", "iterations from one checkpoint to the next; the end is one too", FIXED, .min = 1,
     .max = MAX_ITERATIONS, AT(eval_every)},
    {"eval-samples", GT_OPTION_INT, "N", "generated points that each checkpoint scores", FIXED, .min = 1000, .max = 10e6,
     AT(eval_samples)},
    {"eval-energy", GT_OPTION_INT, "N",
     "points of each kind for the energy distance, which costs N^2; 0: none, but 1000 for curves and data", FIXED, .min = 0,
     .max = 100000, AT(eval_energy)},
    HEADING("Files"),
    {"out", GT_OPTION_TEXT, "FILE", "the study's file (studies/PRESET-seedsA-B.sqlite, with a number if that exists)",
     .n_members = 1, .member = {offsetof(gt_study_settings, out)}},
    {"force", GT_OPTION_SWITCH, "", "replace a study that exists", ALONE, AT(force)},
    {"resume", GT_OPTION_TEXT, "FILE", "go on with a study: train what is missing", ALONE, AT(resume)},
    {"save-seconds", GT_OPTION_REAL, "X",
     "save runs that are not finished every X seconds, or less often where that takes more than a twentieth of the time",
     .min = 0, .max = 1e6, AT(save_seconds)},
    {"keep-weights", GT_OPTION_PARSED, "none|all|worst:N",
     "keep final checkpoints of runs, in a folder beside the file; gantry sample and others read them", FIXED, AT(keep),
     .parse = gt_keep_weights_parse, .format = format_keep, .takes = KEEP_TAKE},
    {"config", GT_OPTION_TEXT, "FILE", "YAML with flags as keys; flags on the command line win", ALONE | FIXED,
     AT(config_path)},
    {"set", GT_OPTION_SET, "KEY=VALUE", "the same as --KEY VALUE", ALONE, .n_members = 0},
    {.kind = GT_OPTION_PART, .part = gt_device_options},
    {"threads", GT_OPTION_U64, "N", "of the CPU; 0: one a processor", .min = 0, .max = 4096, AT(threads)},
    {"shard", GT_OPTION_PARSED, "I/N|slurm|all",
     "train part I (from 0) of N of the seeds alone; gantry merge joins the parts; slurm: as the job array says, which is taken "
     "unasked where there is one", FIXED | ALONE, AT(shard), .parse = gt_shard_parse, .format = gt_shard_format,
     .takes = GT_SHARD_TAKES},
    HEADING("What to print"),
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of tables", ALONE, AT(json)},
    {"quiet", GT_OPTION_SWITCH, "", "errors, nothing else", ALONE, AT(quiet)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static gt_study_settings defaults(void) {
    return (gt_study_settings){.base = gt_spec_settings_defaults(),
                               .seeds = {0, 100},
                               .iterations = 10000,
                               .epochs = {.iterations = GT_EPOCH_ITERATIONS},
                               .eval_every = 200,
                               .eval_samples = 10000};
}

const void *gt_study_defaults(void) {
    static gt_study_settings settings;
    settings = defaults();
    return &settings;
}

/* ---------------------------------------------------------------- values */

/* "A:B" or "A/B" into numbers. */
static bool parse_pair(const char *text, char separator, uint64_t *a, uint64_t *b) {
    const char *at = strchr(text, separator);
    char first[GT_NUMBER_CHARS];
    if (at == NULL || (size_t)(at - text) >= sizeof first) return false;
    snprintf(first, sizeof first, "%.*s", (int)(at - text), text);
    return gt_number_parse_u64(first, a) && gt_number_parse_u64(at + 1, b);
}

static int complain(char **complaint, const char *takes) {
    *complaint = gt_cli_text("it takes %s", takes);
    return GT_EXIT_USAGE;
}

static int parse_seeds(const char *text, void *member, char **complaint) {
    gt_seed_range *seeds = member;
    *seeds = (gt_seed_range){0};
    if (!parse_pair(text, ':', &seeds->first, &seeds->end) && !gt_number_parse_u64(text, &seeds->end))
        return complain(complaint, SEEDS_TAKE);
    if (seeds->end <= seeds->first) {
        *complaint = gt_cli_text("there is no seed in it; it takes " SEEDS_TAKE);
        return GT_EXIT_USAGE;
    }
    if (seeds->end > INT64_MAX) {
        *complaint = gt_cli_text("a study's seeds are at most %" PRId64, INT64_MAX - 1);
        return GT_EXIT_USAGE;
    }
    return GT_EXIT_OK;
}

static const char *format_seeds(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_seed_range *seeds = member;
    snprintf(text, GT_OPTION_CHARS, "%" PRIu64 ":%" PRIu64, seeds->first, seeds->end);
    return text;
}

int gt_keep_weights_parse(const char *text, void *member, char **complaint) {
    static const char worst[] = "worst:";
    gt_keep_weights *keep = member;
    *keep = (gt_keep_weights){0};
    if (strcmp(text, "none") == 0) return GT_EXIT_OK;
    if (strcmp(text, "all") == 0) {
        keep->kind = GT_KEEP_ALL;
        return GT_EXIT_OK;
    }
    keep->kind = GT_KEEP_WORST;
    if (strncmp(text, worst, sizeof worst - 1) == 0 && gt_number_parse_u64(text + sizeof worst - 1, &keep->n) && keep->n > 0 &&
        keep->n <= GT_STUDY_MAX_RUNS)
        return GT_EXIT_OK;
    return complain(complaint, KEEP_TAKE);
}

static const char *format_keep(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_keep_weights *keep = member;
    if (keep->kind == GT_KEEP_WORST)
        snprintf(text, GT_OPTION_CHARS, "worst:%" PRIu64, keep->n);
    else
        snprintf(text, GT_OPTION_CHARS, "%s", keep->kind == GT_KEEP_ALL ? "all" : "none");
    return text;
}

/* ---------------------------------------------------------------- the plan */

/* What every setting's flags are given by. */
typedef struct {
    gt_option_values file, command_line;
} sources;

/* A copy of the sources with the values of a setting in place of those of its flags. */
static int resolve_setting(const gt_study_settings *s, const sources *from, size_t setting, gt_study_settings *out) {
    gt_option_values file = from->file, command_line = from->command_line;
    *out = defaults();
    for (size_t a = 0; a < s->axes.n_axes; a++)
        gt_option_give(&command_line, gt_study_options_table, s->axes.axes[a].option->name,
                       gt_sweep_value(&s->axes, setting, a));
    int code = gt_spec_settings_apply(gt_study_options_table, &file, &command_line, out);
    return code == GT_EXIT_OK ? gt_spec_settings_check(&out->base, s->iterations) : code;
}

/* "setting lr 1e-3, beta1 0.5" */
static char *label_of(const gt_sweep *sweep, size_t setting) {
    char *label = gt_cli_text("setting");
    for (size_t a = 0; a < sweep->n_axes; a++) {
        char *longer =
            gt_cli_text("%s%s %s %s", label, a > 0 ? "," : "", sweep->axes[a].option->name, gt_sweep_value(sweep, setting, a));
        free(label);
        label = longer;
    }
    return label;
}

static int resolve_specs(gt_study_settings *s, const sources *from) {
    const size_t n = s->axes.n_settings;
    s->specs = gt_cli_resize(NULL, n, sizeof *s->specs);
    for (size_t k = 0; k < n; k++) {
        gt_study_settings one;
        char *label = s->axes.n_axes > 0 ? label_of(&s->axes, k) : NULL;
        gt_cli_fail_about(label);
        int code = resolve_setting(s, from, k, &one);
        s->specs[k] = one.base.spec;
        if (s->base.data != NULL) gt_target_set_data(&s->specs[k].target, gt_target_data(&s->base.spec.target)); /* the same */
        gt_spec_settings_free(&one.base);
        gt_cli_fail_about(NULL);
        free(label);
        if (code != GT_EXIT_OK) return code;
    }
    return GT_EXIT_OK;
}

static void resolve_axes(gt_study_settings *s) {
    const size_t n = s->axes.n_settings, n_axes = s->axes.n_axes;
    s->store_axes = gt_cli_resize(NULL, n_axes + 1, sizeof *s->store_axes);
    for (size_t a = 0; a < n_axes; a++) {
        const char **values = gt_cli_resize(NULL, n, sizeof *values);
        for (size_t k = 0; k < n; k++) values[k] = gt_sweep_value(&s->axes, k, a);
        s->store_axes[a] = (gt_store_axis){s->axes.axes[a].option->name, values};
    }
}

/* A word of a shell's command line. */
static char *quoted(const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+:=,@%";
    if (*text != '\0' && strspn(text, plain) == strlen(text)) return gt_cli_text("%s", text);
    char *out = gt_cli_resize(NULL, 4 * strlen(text) + 3, 1), *at = out;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            at += sprintf(at, "'\\''");
        else
            *at++ = *text;
    }
    strcpy(at, "'");
    return out;
}

/* The flags that make the study what it is; not where it was computed, or into which file. */
static char *command_of(const sources *from) {
    char *command = gt_cli_text("gantry study");
    GT_FOR_OPTIONS(option, gt_study_options_table) {
        if (option->name == NULL || !(option->flags & LASTING) || strcmp(option->name, "config") == 0 ||
            strcmp(option->name, "shard") == 0)
            continue;
        const gt_option_values *values = gt_option_given(&from->command_line, gt_study_options_table, option->name) != NULL
                                             ? &from->command_line
                                             : &from->file;
        for (size_t i = 0; i < values->n; i++) {
            if (values->given[i].option != option) continue;
            char *value = quoted(values->given[i].text), *longer;
            const bool is_switch = option->kind == GT_OPTION_BOOL;
            if (is_switch)
                longer =
                    gt_cli_text("%s --%s%s", command, strcmp(values->given[i].text, "true") == 0 ? "" : "no-", option->name);
            else
                longer = gt_cli_text("%s --%s %s", command, option->name, value);
            free(value);
            free(command);
            command = longer;
        }
    }
    return command;
}

static gt_evaluate_options evaluation_of(const gt_study_settings *s) {
    const int n_accuracy = 100, n_energy = 1000; /* as gt_trainer_evaluate() takes them */
    gt_evaluate_options evaluate = {.n_samples = s->eval_samples, .n_accuracy = n_accuracy, .n_energy = s->eval_energy};
    for (size_t k = 0; k < s->axes.n_settings && evaluate.n_energy == 0; k++) {
        const gt_target_kind kind = gt_target_kind_of(&s->specs[k].target);
        if (kind == GT_TARGET_CURVE || kind == GT_TARGET_DATA) evaluate.n_energy = n_energy;
    }
    return evaluate;
}

static const char *now(char text[32]) {
    const time_t seconds = time(NULL);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

static int make_plan(gt_study_settings *s, const sources *from) {
    static char created[32];
    char keep[GT_OPTION_CHARS];
    const uint64_t n_seeds = s->seeds.end - s->seeds.first;
    int code = gt_shard_resolve(&s->shard, &s->shard_from);
    if (code == GT_EXIT_OK) code = gt_sweep_parse(gt_study_options_table, &s->sweep, s->random, s->seeds.first, &s->axes);
    if (code == GT_EXIT_OK && n_seeds > GT_STUDY_MAX_RUNS / s->axes.n_settings)
        code = gt_cli_fail(GT_EXIT_USAGE, "%" PRIu64 " seeds under %zu settings; a study takes up to %d runs: divide it",
                           n_seeds, s->axes.n_settings, GT_STUDY_MAX_RUNS);
    if (code == GT_EXIT_OK && s->shard.n > n_seeds)
        code = gt_cli_fail(GT_EXIT_USAGE,
                           "--shard %" PRIu64 "/%" PRIu64 ": there are %" PRIu64 " seeds to divide; ask for as "
                           "many parts at most",
                           s->shard.index, s->shard.n, n_seeds);
    if (code == GT_EXIT_OK) code = resolve_specs(s, from);
    if (code != GT_EXIT_OK) return code;
    resolve_axes(s);
    s->name = gt_spec_settings_name(&s->base);
    s->command = command_of(from);
    s->keep_text = gt_cli_text("%s", format_keep(&s->keep, keep));
    s->study = (gt_store_study){
        .name = s->name,
        .command = s->command,
        .version = gt_version(),
        .created = now(created),
        .plan = {.settings = s->specs,
                 .n_settings = s->axes.n_settings,
                 .first_seed = s->seeds.first,
                 .n_seeds = n_seeds,
                 .shard = s->shard.index,
                 .n_shards = s->shard.n,
                 .iterations = s->iterations,
                 .eval_every = s->eval_every < s->iterations ? s->eval_every : s->iterations,
                 .evaluate = evaluation_of(s),
                 .arithmetic = {(gt_engine_kind)s->base.engine, (gt_precision)s->base.precision, (gt_rng)s->base.rng}},
        .axes = s->store_axes,
        .n_axes = s->axes.n_axes,
        .keep_weights = s->keep_text,
    };
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- all sources */

static int refuse_fixed(const gt_option_values *values) {
    for (size_t i = 0; i < values->n; i++)
        if ((values->given[i].option->flags & LASTING) || strcmp(values->given[i].option->name, "out") == 0 ||
            strcmp(values->given[i].option->name, "force") == 0)
            return gt_cli_fail(GT_EXIT_USAGE,
                               "--%s %s: a study goes on as it began; leave the flag out, or start a new one without --resume",
                               values->given[i].option->name, values->given[i].text);
    return GT_EXIT_OK;
}

static int refuse_seed(const gt_option_values *values) {
    const char *seed = gt_option_given(values, gt_study_options_table, "seed");
    if (seed == NULL) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE, "%s%sseed %s: a study has a run for each of many seeds; say which with --seeds %s:B",
                       values->file != NULL ? values->file : "--", values->file != NULL ? ": " : "", seed, seed);
}

int gt_study_settings_resolve(int argc, char **argv, gt_study_settings *out) {
    sources from = {0};
    *out = defaults();
    int code = gt_options_parse(gt_study_options_table, argc, argv, &from.command_line);
    for (const char *const *name = (const char *const[]){"config", "resume", NULL}; code == GT_EXIT_OK && *name; name++)
        code = gt_option_apply(gt_study_options_table, *name, &from.command_line, out);
    if (code == GT_EXIT_OK && out->resume != NULL) code = refuse_fixed(&from.command_line);
    if (code == GT_EXIT_OK && out->config_path != NULL) {
        const gt_status status = gt_config_read(out->config_path, &out->config);
        code = status != GT_OK ? gt_cli_fail_status(status)
                               : gt_options_read_file(gt_study_options_table, &out->config, out->config_path, &from.file);
    }
    if (code == GT_EXIT_OK) code = refuse_seed(&from.file);
    if (code == GT_EXIT_OK) code = refuse_seed(&from.command_line);
    gt_option_values file = from.file;
    if (code == GT_EXIT_OK) code = gt_spec_settings_apply(gt_study_options_table, &file, &from.command_line, out);
    if (code != GT_EXIT_OK || out->resume != NULL) return code;
    code = gt_epochs_resolve(gt_study_options_table, &from.file, &from.command_line, &out->epochs, &out->iterations,
                             &out->eval_every);
    return code == GT_EXIT_OK ? make_plan(out, &from) : code;
}

void gt_study_settings_free(gt_study_settings *settings) {
    for (size_t a = 0; settings->store_axes != NULL && a < settings->axes.n_axes; a++)
        free((void *)settings->store_axes[a].values);
    free(settings->store_axes);
    gt_sweep_free(&settings->axes);
    gt_spec_settings_free(&settings->base);
    gt_config_free(&settings->config);
    free(settings->specs);
    free(settings->path);
    free(settings->command);
    free(settings->name);
    free(settings->keep_text);
    free(settings->shard_from);
}

gt_study_options gt_study_settings_how(const gt_study_settings *settings) {
    gt_study_options options = {.how = gt_spec_settings_options(&settings->base), .save_seconds = settings->save_seconds};
    options.how.n_threads = (int)settings->threads;
    return options;
}
