/* How the sources of the shared flags are put together: command line over file over preset. */
#include "cli/spec_settings.h"

#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

/* The seed is one of those whose run goes as the tutorial tells it: half of the curve first, all of it at the end. */
gt_spec_settings gt_spec_settings_defaults(void) {
    gt_spec_settings settings = {.seed = 5};
    if (gt_spec_preset(gt_preset_name(settings.preset), &settings.spec) != GT_OK) abort(); /* the first one always exists */
    return settings;
}

/* These flags choose between CPU and GPU. */
static const char *const device_flags[] = {"device", "devices", "isa", "precision", "rng"};
enum { N_DEVICE_FLAGS = sizeof device_flags / sizeof *device_flags };

/* The device that flag f of them asks for; auto: leaves it open. */
static gt_device device_asked_for(const gt_option *table, const gt_option_values *values, size_t f) {
    const char *text = gt_option_given(values, table, device_flags[f]);
    if (text == NULL || strcmp(text, "auto") == 0) return GT_DEVICE_AUTO;
    if (strcmp(text, gt_precision_name(GT_PRECISION_FP32)) == 0 || strcmp(text, gt_rng_name(GT_RNG_GANTRY)) == 0)
        return GT_DEVICE_AUTO;
    if (strcmp(device_flags[f], "devices") == 0 || strcmp(device_flags[f], "precision") == 0 ||
        strcmp(device_flags[f], "rng") == 0)
        return GT_DEVICE_CUDA;
    if (strcmp(device_flags[f], "isa") == 0) return GT_DEVICE_CPU;
    return strcmp(text, gt_device_name(GT_DEVICE_CUDA)) == 0 ? GT_DEVICE_CUDA : GT_DEVICE_CPU;
}

/* A GPU's arithmetic is no detail of where it is computed: results change without it. */
static void tell_of_arithmetic(const gt_option *table, const gt_option_values *file, const gt_option_values *command_line,
                               const char *flag) {
    const char *said = gt_option_given(file, table, flag), *quiet = gt_option_given(command_line, table, "quiet");
    const bool is_precision = strcmp(flag, "precision") == 0;
    if ((!is_precision && strcmp(flag, "rng") != 0) || (quiet != NULL && strcmp(quiet, "true") == 0)) return;
    gt_cli_fail(GT_EXIT_OK, "%s says %s %s, which is of a GPU alone; on the CPU it is %s, which changes the results",
                file->file, flag, said, is_precision ? gt_precision_name(GT_PRECISION_FP32) : gt_rng_name(GT_RNG_GANTRY));
}

/* Where the command line chooses a device, what the file says of another is void: a run from a GPU goes on with --device cpu.
 */
static void drop_other_device(const gt_option *table, gt_option_values *file, const gt_option_values *command_line) {
    gt_device chosen = GT_DEVICE_AUTO;
    for (size_t f = 0; f < N_DEVICE_FLAGS; f++)
        if (device_asked_for(table, command_line, f) != GT_DEVICE_AUTO) chosen = device_asked_for(table, command_line, f);
    for (size_t f = 0; f < N_DEVICE_FLAGS && chosen != GT_DEVICE_AUTO; f++) {
        const gt_device its = device_asked_for(table, file, f);
        if (its == chosen) continue;
        if (its == GT_DEVICE_CUDA) tell_of_arithmetic(table, file, command_line, device_flags[f]);
        gt_option_give(file, table, device_flags[f], NULL);
    }
}

static bool names_target(const gt_option *table, const gt_option_values *values) {
    return gt_option_given(values, table, "target") != NULL || gt_option_given(values, table, "data") != NULL;
}

/* Where the command line names a target, what the file says of its own is void. */
static void drop_other_target(const gt_option *table, gt_option_values *file, const gt_option_values *command_line) {
    if (!names_target(table, command_line)) return;
    for (const char *const *flag = (const char *const[]){"target", "domain", "target-params", "data", NULL}; *flag != NULL;
         flag++)
        gt_option_give(file, table, *flag, NULL);
}

/* The preset first, whichever source names it: it fills the spec that the others change. */
static int apply_preset(const gt_option *table, const gt_option_values *values, gt_spec_settings *settings) {
    int code = gt_option_apply(table, "preset", values, settings);
    if (code != GT_EXIT_OK || gt_option_given(values, table, "preset") == NULL) return code;
    gt_status status = gt_spec_preset(gt_preset_name(settings->preset), &settings->spec);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

/* Whether the file's value of an option is that of its own preset. Returns an exit code. */
static int repeats_preset(const gt_option_values *file, size_t index, const gt_spec_settings *preset, bool *repeats) {
    const gt_option *option = file->given[index].option;
    const gt_option_values alone = {.file = file->file, .n = 1, .given = {file->given[index]}};
    gt_spec_settings changed = *preset;
    char before[GT_OPTION_CHARS], after[GT_OPTION_CHARS];
    *repeats = false;
    if (strcmp(option->name, "seed") == 0 || strcmp(option->name, "data") == 0) return GT_EXIT_OK; /* no preset has these */
    int code = gt_options_apply(gt_spec_options, &alone, &changed);
    if (code != GT_EXIT_OK) return code;
    const char *a = gt_option_format(option, preset, before), *b = gt_option_format(option, &changed, after);
    *repeats = a != NULL && b != NULL && strcmp(a, b) == 0;
    return GT_EXIT_OK;
}

/* Where the command line names another preset, the file's is void with all that the file only repeats of it: the config that a
 * run writes holds every value, and only those that were changed are meant. */
static int drop_other_preset(const gt_option *table, gt_option_values *file, const gt_option_values *command_line) {
    gt_spec_settings preset = gt_spec_settings_defaults();
    if (gt_option_given(command_line, table, "preset") == NULL || gt_option_given(file, table, "preset") == NULL)
        return GT_EXIT_OK;
    int code = apply_preset(table, file, &preset);
    for (size_t i = file->n; code == GT_EXIT_OK && i-- > 0;) {
        const gt_option *option = file->given[i].option;
        bool repeats = false;
        if (gt_option_find(gt_spec_options, option->name) == option) code = repeats_preset(file, i, &preset, &repeats);
        if (repeats) gt_option_give(file, table, option->name, NULL);
    }
    return code;
}

static int refuse_two_targets(const gt_option *table, const gt_option_values *values) {
    const char *target = gt_option_given(values, table, "target"), *data = gt_option_given(values, table, "data");
    if (target == NULL || data == NULL) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE, "%s%starget %s and data %s: a generator learns one of the two; leave the other out",
                       values->file != NULL ? values->file : "", values->file != NULL ? ": " : "", target, data);
}

static int refuse_two_devices(const gt_option *table, const gt_spec_settings *settings) {
    char text[GT_OPTION_CHARS];
    const gt_option *devices = gt_option_find(table, "devices"); /* NULL: a command that computes nothing */
    const char *gpus = devices != NULL ? gt_option_format(devices, settings, text) : NULL;
    if (settings->device == GT_DEVICE_CPU && gpus != NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "--devices %s: these are GPUs, but --device is cpu; leave one of the two out", gpus);
    if (settings->isa != GT_ISA_AUTO && (settings->device == GT_DEVICE_CUDA || gpus != NULL))
        return gt_cli_fail(GT_EXIT_USAGE, "--isa %s: this is of the CPU, but --device%s is %s; leave one of the two out",
                           gt_isa_name((gt_isa)settings->isa), gpus != NULL ? "s" : "", gpus != NULL ? gpus : "cuda");
    return GT_EXIT_OK;
}

int gt_spec_settings_apply(const gt_option *table, gt_option_values *file, const gt_option_values *command_line,
                           void *settings) {
    gt_option_values none = {0};
    if (file == NULL) file = &none;
    drop_other_device(table, file, command_line);
    drop_other_target(table, file, command_line);
    int code = drop_other_preset(table, file, command_line);
    if (code == GT_EXIT_OK) code = refuse_two_targets(table, file);
    if (code == GT_EXIT_OK) code = refuse_two_targets(table, command_line);
    if (code == GT_EXIT_OK) code = apply_preset(table, file, settings);
    if (code == GT_EXIT_OK) code = apply_preset(table, command_line, settings);
    if (code == GT_EXIT_OK) code = gt_options_apply(table, file, settings);
    if (code == GT_EXIT_OK) code = gt_options_apply(table, command_line, settings);
    return code == GT_EXIT_OK ? refuse_two_devices(table, settings) : code;
}

int gt_spec_settings_check(gt_spec_settings *settings, uint64_t n_iterations) {
    gt_spec *spec = &settings->spec;
    if (spec->decay == GT_DECAY_NONE && (spec->decay_iterations != 0 || spec->decay_final != 0))
        return gt_cli_fail(GT_EXIT_USAGE, "--decay-iterations and --lr-final are of a decay; add --lr-decay linear or cosine");
    if (spec->decay != GT_DECAY_NONE && spec->decay_iterations == 0) spec->decay_iterations = n_iterations;
    gt_status status = gt_spec_check(spec);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

int gt_spec_settings_read(const gt_option *table, const gt_option_values *command_line, void *settings) {
    const uint64_t tutorial = 10000;
    int code = gt_spec_settings_apply(table, NULL, command_line, settings);
    return code == GT_EXIT_OK ? gt_spec_settings_check(settings, tutorial) : code;
}

void gt_spec_settings_free(gt_spec_settings *settings) {
    gt_free(settings->points);
    settings->points = NULL;
    gt_images_destroy(&settings->images);
}

gt_trainer_options gt_spec_settings_options(const gt_spec_settings *settings) {
    gt_trainer_options options = {.first_seed = settings->seed,
                                  .n_runs = 1,
                                  .device = (gt_device)settings->device,
                                  .engine = (gt_engine_kind)settings->engine,
                                  .isa = (gt_isa)settings->isa,
                                  .precision = (gt_precision)settings->precision,
                                  .rng = (gt_rng)settings->rng,
                                  .n_gpus = settings->devices.n};
    memcpy(options.gpus, settings->devices.gpus, sizeof options.gpus);
    return options;
}

static bool is_of_preset(const gt_spec_settings *settings) {
    gt_spec preset;
    return settings->preset >= 0 && gt_spec_preset(gt_preset_name(settings->preset), &preset) == GT_OK &&
           strcmp(preset.target.name, settings->spec.target.name) == 0;
}

char *gt_spec_settings_name(const gt_spec_settings *settings) {
    if (is_of_preset(settings)) return gt_cli_text("%s", gt_preset_name(settings->preset));
    if (settings->data == NULL) return gt_cli_text("%s", settings->spec.target.name);
    size_t end = strlen(settings->data), begin;
    while (end > 1 && settings->data[end - 1] == '/') end--;
    for (begin = end; begin > 0 && settings->data[begin - 1] != '/';) begin--;
    char *name = gt_cli_text("%.*s", (int)(end - begin), settings->data + begin), *dot = strrchr(name, '.');
    if (dot != NULL && dot != name) *dot = '\0';
    return name;
}
