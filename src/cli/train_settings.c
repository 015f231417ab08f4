/* The settings of `gantry train`: the table of its flags, and how its sources are put together. */
#include "cli/train_settings.h"

#include "cli/command.h"
#include "cli/image_scores.h"
#include "cli/run_folder.h"
#include "io/file.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ITERATIONS ((double)GT_MAX_ITERATIONS)
#define SCHEDULE       (GT_OPTION_SAVED | GT_OPTION_SCHEDULE)
#define AT(member_)    .n_members = 1, .member = {offsetof(gt_train_settings, member_)}
#define HEADING(text)                                                                                                          \
    { .help = text }

/* clang-format off */
const gt_option gt_train_options[] = {
    {.kind = GT_OPTION_PART, .part = gt_spec_options},
    {"iterations", GT_OPTION_U64, "N", "the discriminator's steps, then one of the generator: one iteration", GT_OPTION_SAVED,
     .min = 1, .max = MAX_ITERATIONS, AT(iterations)},
    GT_EPOCH_ROWS(gt_train_settings, epochs, 0, MAX_ITERATIONS),
    {"init-from", GT_OPTION_TEXT, "FILE", "initial weights of the net that they fit: safetensors, ONNX or Keras weights",
     GT_OPTION_SAVED | GT_OPTION_FIXED, AT(init_from)},
    {"g-init-from", GT_OPTION_TEXT, "FILE", "the same for the generator", GT_OPTION_SAVED | GT_OPTION_FIXED, AT(g_init_from)},
    {"d-init-from", GT_OPTION_TEXT, "FILE", "the same for the discriminator", GT_OPTION_SAVED | GT_OPTION_FIXED,
     AT(d_init_from)},
    HEADING("What to look at"),
    {"eval-every", GT_OPTION_U64, "N", "iterations from one checkpoint line to the next; the end has one too", SCHEDULE,
     .min = 1, .max = MAX_ITERATIONS, AT(eval_every)},
    {"eval-samples", GT_OPTION_INT, "N", "generated points that each line scores", SCHEDULE, .min = 1000, .max = 10e6,
     AT(eval_samples)},
    {"classifier", GT_OPTION_TEXT, "FILE", "score the images of each checkpoint in its features, into image-scores.csv",
     GT_OPTION_SAVED, AT(classifier), .takes = GT_CLASSIFIER_TAKES},
    {"fid-infinity", GT_OPTION_SWITCH, "", GT_FID_INFINITY_HELP, GT_OPTION_SAVED, AT(infinity)},
    {"plots", GT_OPTION_SWITCH, "", "draw the pictures (--no-plots: don't); needs gnuplot, but for images", GT_OPTION_SAVED,
     AT(plots)},
    HEADING("Files"),
    {"out", GT_OPTION_TEXT, "DIR", "folder of the run (runs/PRESET-seedN or runs/TARGET-seedN, with a number if that exists)",
     AT(out)},
    {"force", GT_OPTION_SWITCH, "", "replace the run in a folder that exists", GT_OPTION_NO_CONFIG, AT(force)},
    {"config", GT_OPTION_TEXT, "FILE", "YAML with flags as keys; flags on the command line win",
     GT_OPTION_NO_CONFIG | GT_OPTION_FIXED, AT(config_path)},
    {"set", GT_OPTION_SET, "KEY=VALUE", "the same as --KEY VALUE", GT_OPTION_NO_CONFIG, .n_members = 0},
    {"resume", GT_OPTION_TEXT, "RUN", "go on with a run: its folder, or a checkpoint file", GT_OPTION_NO_CONFIG, AT(resume)},
    {"save-every", GT_OPTION_U64, "N", "save a checkpoint every N iterations, beside those at evaluations; 0: don't",
     GT_OPTION_SAVED, .min = 0, .max = MAX_ITERATIONS, AT(save_every)},
    {.kind = GT_OPTION_PART, .part = gt_device_options},
    HEADING("What to print"),
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", GT_OPTION_NO_CONFIG, AT(json)},
    {"quiet", GT_OPTION_SWITCH, "", "the checkpoint lines and errors, nothing else", GT_OPTION_NO_CONFIG, AT(quiet)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static gt_train_settings defaults(void) {
    return (gt_train_settings){.base = gt_spec_settings_defaults(),
                               .iterations = 10000,
                               .epochs = {.iterations = GT_EPOCH_ITERATIONS},
                               .eval_every = 2000,
                               .eval_samples = 10000};
}

const void *gt_train_defaults(void) {
    static gt_train_settings settings;
    settings = defaults();
    return &settings;
}

/* ---------------------------------------------------------------- --resume */

/* Flags that can't accompany --resume. */
static int refuse_fixed(const gt_option_values *values, const gt_train_settings *settings) {
    unsigned fixed = GT_OPTION_FIXED | (settings->source.folder != NULL ? GT_OPTION_SCHEDULE : 0);
    for (size_t i = 0; i < values->n; i++)
        if (values->given[i].option->flags & fixed)
            return gt_cli_fail(GT_EXIT_USAGE,
                               "--%s %s: a run goes on as it began; leave the flag out, or start a new run "
                               "without --resume",
                               values->given[i].option->name, values->given[i].text);
    return GT_EXIT_OK;
}

/* What the file says of the spec is not applied, since the checkpoint has it, but compared with that. */
static void set_recorded_apart(gt_option_values *file, gt_option_values *recorded) {
    recorded->file = file->file;
    GT_FOR_OPTIONS(option, gt_spec_options)
    for (size_t i = 0; i < file->n; i++)
        if (file->given[i].option == option) recorded->given[recorded->n++] = file->given[i];
    for (size_t i = 0; i < recorded->n; i++) gt_option_give(file, gt_train_options, recorded->given[i].option->name, NULL);
}

static bool same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

static bool is(const gt_option *option, const char *name) { return strcmp(option->name, name) == 0; }

/* Whether one line of the config says what the checkpoint has. The line is applied to a copy, so that 1e-3 is 0.001. A file of
 * points may be gone, since the checkpoint holds them. */
static int check_line(const gt_train_settings *settings, const gt_option_values *line) {
    const gt_option *option = line->given[0].option;
    gt_spec_settings scratch = settings->base;
    char has[GT_OPTION_CHARS], says[GT_OPTION_CHARS];
    if (is(option, "preset") || !(option->flags & GT_OPTION_SAVED)) return GT_EXIT_OK;
    const bool is_data = is(option, "data");
    int code = is_data ? GT_EXIT_OK : gt_options_apply(gt_spec_options, line, &scratch);
    if (code != GT_EXIT_OK) return code;
    const char *its = gt_option_format(option, &settings->base, has), *mine = gt_option_format(option, &scratch, says);
    if (is_data ? gt_target_kind_of(&settings->base.spec.target) == GT_TARGET_DATA : same_text(its, mine)) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_FILE, "%s says %s %s, but the checkpoint was made with %s; restore the file",
                       settings->config_file, option->name, line->given[0].text, its != NULL ? its : "another target");
}

static int check_recorded(const gt_train_settings *settings) {
    int code = GT_EXIT_OK;
    for (size_t i = 0; code == GT_EXIT_OK && i < settings->recorded.n; i++) {
        const gt_option_values line = {.file = settings->recorded.file, .n = 1, .given = {settings->recorded.given[i]}};
        code = check_line(settings, &line);
    }
    return code;
}

int gt_train_preset_of(const gt_spec_settings *settings) {
    for (int i = 0; gt_preset_name(i) != NULL; i++) {
        gt_spec_settings preset = {.preset = i, .seed = settings->seed};
        bool same = gt_spec_preset(gt_preset_name(i), &preset.spec) == GT_OK;
        GT_FOR_OPTIONS(option, gt_spec_options) {
            char a[GT_OPTION_CHARS], b[GT_OPTION_CHARS];
            if (!same || !(option->flags & GT_OPTION_SAVED) || is(option, "preset")) continue;
            same = same_text(gt_option_format(option, settings, a), gt_option_format(option, &preset, b));
        }
        if (same) return i;
    }
    return -1;
}

int gt_train_settings_adopt(gt_train_settings *settings, const gt_trainer *trainer) {
    gt_trainer_info info = gt_trainer_get_info(trainer);
    int code = gt_run_source_check(&settings->source, trainer);
    if (code != GT_EXIT_OK) return code;
    settings->base.spec = *gt_trainer_get_spec(trainer);
    settings->base.seed = info.first_seed;
    settings->base.preset = gt_train_preset_of(&settings->base);
    code = check_recorded(settings);
    /* A changed preset is still the one that the run began with. */
    if (code == GT_EXIT_OK) code = gt_option_apply(gt_train_options, "preset", &settings->recorded, settings);
    if (code != GT_EXIT_OK) return code;
    settings->base.data = gt_option_given(&settings->recorded, gt_train_options, "data");
    if (settings->iterations < info.iteration)
        return gt_cli_fail(GT_EXIT_USAGE, "--iterations %llu: the run has done %llu already; ask for at least as many in all",
                           (unsigned long long)settings->iterations, (unsigned long long)info.iteration);
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- all sources */

static int read_config(const char *path, gt_config *config, gt_option_values *file) {
    gt_status status = gt_config_read(path, config);
    if (status != GT_OK) return gt_cli_fail_status(status);
    return gt_options_read_file(gt_train_options, config, path, file);
}

/* The length of the UTF-8 character that text begins with; 0: it is none. */
static size_t utf8_length(const char *text) {
    const unsigned char first = (unsigned char)*text;
    const size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    for (size_t k = 1; k < length; k++)
        if (((unsigned char)text[k] & 0xc0) != 0x80) return 0;
    return length;
}

/* Names of files are bytes, config.yaml is UTF-8. */
static int refuse_what_yaml_cannot_hold(const gt_train_settings *settings) {
    char text[GT_OPTION_CHARS];
    GT_FOR_OPTIONS(option, gt_train_options) {
        const char *value = option->flags & GT_OPTION_SAVED ? gt_option_format(option, settings, text) : NULL;
        while (value != NULL && *value != '\0') {
            const size_t length = utf8_length(value);
            if (length == 0)
                return gt_cli_fail(GT_EXIT_USAGE, "--%s: its value is not UTF-8, as the run's config.yaml is; rename the file",
                                   option->name);
            value += length;
        }
    }
    return GT_EXIT_OK;
}

int gt_train_settings_resolve(int argc, char **argv, gt_train_settings *out) {
    gt_option_values command_line = {0}, file = {0};
    *out = defaults();
    int code = gt_options_parse(gt_train_options, argc, argv, &command_line);
    for (const char *const *name = (const char *const[]){"config", "resume", NULL}; code == GT_EXIT_OK && *name; name++)
        code = gt_option_apply(gt_train_options, *name, &command_line, out);
    if (code == GT_EXIT_OK && out->resume != NULL) code = gt_run_source_locate("--resume ", out->resume, &out->source);
    if (code == GT_EXIT_OK && out->resume != NULL) code = refuse_fixed(&command_line, out);
    if (code != GT_EXIT_OK) return code;

    if (out->source.folder != NULL)
        out->config_file = gt_cli_text("%s/%s", out->source.folder, GT_FILE_CONFIG);
    else if (out->config_path != NULL)
        out->config_file = gt_cli_text("%s", out->config_path);
    if (out->config_file != NULL) code = read_config(out->config_file, &out->config, &file);
    if (code == GT_EXIT_OK && out->resume != NULL) set_recorded_apart(&file, &out->recorded);
    if (code == GT_EXIT_OK) code = gt_spec_settings_apply(gt_train_options, &file, &command_line, out);
    if (code == GT_EXIT_OK)
        code = gt_epochs_resolve(gt_train_options, &file, &command_line, &out->epochs, &out->iterations, &out->eval_every);
    if (code == GT_EXIT_OK && out->resume == NULL) code = gt_spec_settings_check(&out->base, out->iterations);
    if (code == GT_EXIT_OK && out->infinity == GT_SWITCH_ON && out->classifier == NULL)
        code = gt_image_flag_refuse("fid-infinity");
    return code == GT_EXIT_OK ? refuse_what_yaml_cannot_hold(out) : code;
}

void gt_train_settings_free(gt_train_settings *settings) {
    gt_run_source_free(&settings->source);
    gt_spec_settings_free(&settings->base);
    gt_config_free(&settings->config);
    free(settings->config_file);
}

/* A value as YAML: in quotes where it isn't a plain word. */
static void write_value(const char *value, FILE *out) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+:=,";
    const size_t length = strlen(value);
    const bool leading_word = isalnum((unsigned char)value[0]) || (value[0] == '-' && isdigit((unsigned char)value[1]));
    if (leading_word && strspn(value, plain) == length && value[length - 1] != ':') {
        fputs(value, out);
        return;
    }
    fputc('"', out);
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ')
            fprintf(out, "\\x%02x", (unsigned)*c);
        else
            fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    }
    fputc('"', out);
}

gt_status gt_train_settings_write(const gt_train_settings *settings, const char *path) {
    char *data, text[GT_OPTION_CHARS];
    size_t size;
    FILE *memory = open_memstream(&data, &size);
    if (memory == NULL) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    fprintf(memory, "# gantry %s; gantry train --config this file repeats the run\n", gt_version());
    GT_FOR_OPTIONS(option, gt_train_options) {
        const char *value = option->flags & GT_OPTION_SAVED ? gt_option_format(option, settings, text) : NULL;
        if (value == NULL) continue;
        fprintf(memory, "%s: ", option->name);
        write_value(value, memory);
        fputc('\n', memory);
    }
    if (fclose(memory) != 0) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    gt_status status = gt_file_write(path, data, size);
    free(data);
    return status;
}
