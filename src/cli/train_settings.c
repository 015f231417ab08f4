/* The settings of `gantry train`: the table of its flags, and how its sources are put together. */
#include "cli/train_settings.h"

#include "cli/command.h"
#include "cli/run_folder.h"
#include "io/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *device_choice(int index) { return index < GT_N_DEVICES ? gt_device_name((gt_device)index) : NULL; }

static const char *engine_choice(int index) {
    static const char *const names[] = {"auto", "fused"};
    return index < (int)(sizeof names / sizeof *names) ? names[index] : NULL;
}

static const char *isa_choice(int index) { return index < GT_N_ISAS ? gt_isa_name((gt_isa)index) : NULL; }

#define MAX_ITERATIONS ((double)GT_MAX_ITERATIONS)
#define SPEC           (GT_OPTION_SAVED | GT_OPTION_FIXED)
#define SCHEDULE       (GT_OPTION_SAVED | GT_OPTION_SCHEDULE)
#define AT(member_)    .n_members = 1, .member = {offsetof(gt_train_settings, member_)}
#define HEADING(text)                                                                                                          \
    { .help = text }

/* A hyper-parameter of Adam: a flag for both nets and one for each, which wins over it. */
#define ADAM(name_, member_, text, ...)                                                                                        \
    {.name = name_,                                                                                                            \
     .kind = GT_OPTION_REAL,                                                                                                   \
     .value = "X",                                                                                                             \
     .help = text,                                                                                                             \
     .n_members = 2,                                                                                                           \
     .member = {offsetof(gt_train_settings, spec.discriminator_adam.member_),                                                  \
                offsetof(gt_train_settings, spec.generator_adam.member_)},                                                     \
     .flags = GT_OPTION_FIXED __VA_ARGS__},                                                                                    \
        {.name = "d-" name_,                                                                                                   \
         .kind = GT_OPTION_REAL,                                                                                               \
         .value = "X",                                                                                                         \
         .help = "the same for the discriminator alone",                                                                       \
         AT(spec.discriminator_adam.member_),                                                                                  \
         .flags = SPEC __VA_ARGS__},                                                                                           \
    {                                                                                                                          \
        .name = "g-" name_, .kind = GT_OPTION_REAL, .value = "X", .help = "the same for the generator alone",                  \
        AT(spec.generator_adam.member_), .flags = SPEC __VA_ARGS__                                                             \
    }

/* clang-format off */
const gt_option gt_train_options[] = {
    HEADING("What to train"),
    {"preset", GT_OPTION_CHOICE, "NAME", "nets and target to start from", SPEC, .choice = gt_preset_name, AT(preset)},
    {"seed", GT_OPTION_SEED, "N|random", "all random numbers follow from it", SPEC, AT(seed)},
    {"iterations", GT_OPTION_U64, "N", "D on real, D on generated, G through D: one iteration", GT_OPTION_SAVED,
     .min = 1, .max = MAX_ITERATIONS, AT(iterations)},
    {"batch", GT_OPTION_INT, "N", "even: half real, half generated points for D, as many for G", SPEC | GT_OPTION_EVEN,
     .min = 2, .max = 65536, AT(spec.batch)},
    ADAM("lr", lr, "learning rate of both nets", | GT_OPTION_ABOVE_MIN, .min = 0, .max = 1e6),
    ADAM("beta1", beta1, "Adam's decay of the mean", , .min = 0, .max = 0.999999),
    ADAM("beta2", beta2, "Adam's decay of the mean square", , .min = 0, .max = 0.999999),
    ADAM("eps", eps, "Adam's epsilon", , .min = 1e-20, .max = 1),
    HEADING("What to look at"),
    {"eval-every", GT_OPTION_U64, "N", "iterations from one checkpoint line to the next; the end has one too", SCHEDULE,
     .min = 1, .max = MAX_ITERATIONS, AT(eval_every)},
    {"eval-samples", GT_OPTION_INT, "N", "generated points that each line scores", SCHEDULE,
     .min = 1000, .max = 10e6, AT(eval_samples)},
    {"plots", GT_OPTION_SWITCH, "", "draw the pictures (--no-plots: don't); needs gnuplot", GT_OPTION_SAVED, AT(plots)},
    HEADING("Files"),
    {"out", GT_OPTION_TEXT, "DIR", "folder of the run (runs/PRESET-seedN, with a number if that exists)", AT(out)},
    {"force", GT_OPTION_SWITCH, "", "replace the run in a folder that exists", GT_OPTION_NO_CONFIG, AT(force)},
    {"config", GT_OPTION_TEXT, "FILE", "YAML with flags as keys; flags on the command line win",
     GT_OPTION_NO_CONFIG | GT_OPTION_FIXED, AT(config_path)},
    {"set", GT_OPTION_SET, "KEY=VALUE", "the same as --KEY VALUE", GT_OPTION_NO_CONFIG, .n_members = 0},
    {"resume", GT_OPTION_TEXT, "RUN", "go on with a run: its folder, or a checkpoint file", GT_OPTION_NO_CONFIG, AT(resume)},
    {"save-every", GT_OPTION_U64, "N", "save a checkpoint every N iterations, beside those at evaluations; 0: don't", GT_OPTION_SAVED,
     .min = 0, .max = MAX_ITERATIONS, AT(save_every)},
    HEADING("How to compute (the results are the same bits)"),
    {"device", GT_OPTION_CHOICE, "NAME", "where to compute; auto takes what is faster", GT_OPTION_SAVED, .choice = device_choice, AT(device)},
    {"devices", GT_OPTION_GPUS, "N,N,...", "GPUs by their numbers in gantry devices; means --device cuda (all of them)", GT_OPTION_SAVED,
     .max = 255, AT(devices)},
    {"engine", GT_OPTION_CHOICE, "NAME", "way to compute", GT_OPTION_SAVED, .choice = engine_choice, AT(engine)},
    {"isa", GT_OPTION_CHOICE, "NAME", "instruction set of the CPU", GT_OPTION_SAVED, .choice = isa_choice, AT(isa)},
    HEADING("What to print"),
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", GT_OPTION_NO_CONFIG, AT(json)},
    {"quiet", GT_OPTION_SWITCH, "", "the checkpoint lines and errors, nothing else", GT_OPTION_NO_CONFIG, AT(quiet)},
    {"help", GT_OPTION_SWITCH, "", "this text", GT_OPTION_NO_CONFIG, AT(help)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

_Static_assert(sizeof gt_train_options / sizeof *gt_train_options <= GT_MAX_OPTIONS, "GT_MAX_OPTIONS is too small");

/* The seed is one of those whose run goes as the tutorial tells it: half of the curve first, all of it at the end. */
static gt_train_settings defaults(void) {
    return (gt_train_settings){.seed = 5, .iterations = 10000, .eval_every = 2000, .eval_samples = 10000};
}

/* ---------------------------------------------------------------- --resume */

static bool exists(const char *path) { return access(path, F_OK) == 0; }

/* Finds the checkpoint that --resume names, and whether it lies in the folder of a run. */
static int locate(gt_train_settings *settings) {
    struct stat info;
    char *folder;
    if (stat(settings->resume, &info) == 0 && S_ISDIR(info.st_mode)) {
        folder = gt_cli_text("%s", settings->resume);
        settings->checkpoint = gt_cli_text("%s/%s", folder, GT_FILE_CHECKPOINT);
    } else {
        const char *slash = strrchr(settings->resume, '/');
        folder = slash != NULL ? gt_cli_text("%.*s", (int)(slash - settings->resume + 1), settings->resume) : gt_cli_text(".");
        settings->checkpoint = gt_cli_text("%s", settings->resume);
    }
    char *config = gt_cli_text("%s/%s", folder, GT_FILE_CONFIG);
    if (exists(config)) {
        settings->run_folder = folder;
    } else {
        free(folder);
    }
    free(config);
    if (exists(settings->checkpoint)) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_FILE, "--resume %s: there is no %s; name the folder of a run or a checkpoint file",
                       settings->resume, settings->checkpoint);
}

/* Flags that can't accompany --resume. */
static int refuse_fixed(const gt_option_values *values, const gt_train_settings *settings) {
    unsigned fixed = GT_OPTION_FIXED | (settings->run_folder != NULL ? GT_OPTION_SCHEDULE : 0);
    for (size_t i = 0; i < GT_MAX_OPTIONS; i++)
        if (values->text[i] != NULL && (gt_train_options[i].flags & fixed))
            return gt_cli_fail(GT_EXIT_USAGE,
                               "--%s %s: a run goes on as it began; leave the flag out, or start a new run "
                               "without --resume",
                               gt_train_options[i].name, values->text[i]);
    return GT_EXIT_OK;
}

static bool same_net(const gt_net_spec *a, const gt_net_spec *b) {
    bool same = a->n_layers == b->n_layers && a->size[0] == b->size[0] && a->leaky_slope == b->leaky_slope;
    for (int l = 0; same && l < a->n_layers; l++)
        same = a->size[l + 1] == b->size[l + 1] && a->activation[l] == b->activation[l];
    return same;
}

/* The preset with the nets and target of a spec; -1: none. */
static int preset_of(const gt_spec *spec) {
    gt_spec preset;
    for (int i = 0; gt_preset_name(i) != NULL; i++)
        if (gt_spec_preset(gt_preset_name(i), &preset) == GT_OK && same_net(&preset.generator, &spec->generator) &&
            same_net(&preset.discriminator, &spec->discriminator) && preset.target.lo == spec->target.lo &&
            preset.target.hi == spec->target.hi)
            return i;
    return -1;
}

int gt_train_settings_adopt(gt_train_settings *settings, const gt_trainer *trainer) {
    gt_trainer_info info = gt_trainer_get_info(trainer);
    gt_train_settings from_config = *settings;
    if (info.n_runs != 1)
        return gt_cli_fail(GT_EXIT_USAGE, "%s: it holds %zu runs; gantry train goes on with one", settings->checkpoint,
                           info.n_runs);
    settings->spec = *gt_trainer_get_spec(trainer);
    settings->seed = info.first_seed;
    settings->preset = preset_of(&settings->spec);
    if (settings->preset < 0)
        return gt_cli_fail(GT_EXIT_USAGE, "%s: its nets are of no preset; go on with the program that made it",
                           settings->checkpoint);
    if (settings->run_folder != NULL) GT_FOR_OPTIONS(option, gt_train_options) {
            char mine[GT_OPTION_CHARS], its[GT_OPTION_CHARS];
            if (!(option->flags & GT_OPTION_FIXED) || !(option->flags & GT_OPTION_SAVED)) continue;
            const char *a = gt_option_format(option, &from_config, mine), *b = gt_option_format(option, settings, its);
            if (strcmp(a, b) != 0)
                return gt_cli_fail(GT_EXIT_FILE, "%s/%s says %s %s, but the checkpoint was made with %s; restore the file",
                                   settings->run_folder, GT_FILE_CONFIG, option->name, a, b);
        }
    if (settings->iterations < info.iteration)
        return gt_cli_fail(GT_EXIT_USAGE, "--iterations %llu: the run has done %llu already; ask for at least as many in all",
                           (unsigned long long)settings->iterations, (unsigned long long)info.iteration);
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- all sources */

/* These three flags choose between CPU and GPU. */
static const char *const device_flags[] = {"device", "devices", "isa"};
enum { N_DEVICE_FLAGS = sizeof device_flags / sizeof *device_flags };

/* The device that flag f of them asks for; auto: leaves it open. */
static gt_device device_asked_for(const gt_option_values *values, size_t f) {
    const char *text = values->text[gt_option_find(gt_train_options, device_flags[f]) - gt_train_options];
    if (text == NULL || strcmp(text, "auto") == 0) return GT_DEVICE_AUTO;
    if (strcmp(device_flags[f], "devices") == 0) return GT_DEVICE_CUDA;
    if (strcmp(device_flags[f], "isa") == 0) return GT_DEVICE_CPU;
    return strcmp(text, gt_device_name(GT_DEVICE_CUDA)) == 0 ? GT_DEVICE_CUDA : GT_DEVICE_CPU;
}

/* Where the command line chooses a device, what the file says of another is void: a run from a GPU goes on with --device cpu.
 */
static void drop_other_device(gt_option_values *file, const gt_option_values *command_line) {
    gt_device chosen = GT_DEVICE_AUTO;
    for (size_t f = 0; f < N_DEVICE_FLAGS; f++)
        if (device_asked_for(command_line, f) != GT_DEVICE_AUTO) chosen = device_asked_for(command_line, f);
    for (size_t f = 0; f < N_DEVICE_FLAGS && chosen != GT_DEVICE_AUTO; f++)
        if (device_asked_for(file, f) != chosen)
            file->text[gt_option_find(gt_train_options, device_flags[f]) - gt_train_options] = NULL;
}

static int refuse_two_devices(const gt_train_settings *settings) {
    char text[GT_OPTION_CHARS];
    const char *gpus = gt_option_format(gt_option_find(gt_train_options, "devices"), settings, text);
    if (settings->device == GT_DEVICE_CPU && gpus != NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "--devices %s: these are GPUs, but --device is cpu; leave one of the two out", gpus);
    if (settings->isa != GT_ISA_AUTO && (settings->device == GT_DEVICE_CUDA || gpus != NULL))
        return gt_cli_fail(GT_EXIT_USAGE, "--isa %s: this is of the CPU, but --device%s is %s; leave one of the two out",
                           gt_isa_name((gt_isa)settings->isa), gpus != NULL ? "s" : "", gpus != NULL ? gpus : "cuda");
    return GT_EXIT_OK;
}

static int apply_all(gt_option_values *file, const gt_option_values *command_line, gt_train_settings *settings) {
    /* The preset first, whichever source names it: it fills the spec that the others change. */
    int code = gt_option_apply(gt_train_options, "preset", file, settings);
    if (code == GT_EXIT_OK) code = gt_option_apply(gt_train_options, "preset", command_line, settings);
    if (code != GT_EXIT_OK) return code;
    gt_status status = gt_spec_preset(gt_preset_name(settings->preset), &settings->spec);
    if (status != GT_OK) return gt_cli_fail_status(status);
    drop_other_device(file, command_line);
    code = gt_options_apply(gt_train_options, file, settings);
    if (code == GT_EXIT_OK) code = gt_options_apply(gt_train_options, command_line, settings);
    return code == GT_EXIT_OK ? refuse_two_devices(settings) : code;
}

int gt_train_settings_resolve(int argc, char **argv, gt_train_settings *out) {
    gt_option_values command_line = {0}, file = {0};
    *out = defaults();
    int code = gt_options_parse(gt_train_options, argc, argv, &command_line);
    for (const char *const *name = (const char *const[]){"help", "config", "resume", NULL}; code == GT_EXIT_OK && *name; name++)
        code = gt_option_apply(gt_train_options, *name, &command_line, out);
    if (code != GT_EXIT_OK || out->help == GT_SWITCH_ON) return code;
    if (out->resume != NULL && (code = locate(out)) != GT_EXIT_OK) return code;
    if (out->resume != NULL && (code = refuse_fixed(&command_line, out)) != GT_EXIT_OK) return code;

    char *path = NULL;
    if (out->run_folder != NULL)
        path = gt_cli_text("%s/%s", out->run_folder, GT_FILE_CONFIG);
    else if (out->config_path != NULL)
        path = gt_cli_text("%s", out->config_path);
    if (path != NULL) {
        gt_status status = gt_config_read(path, &out->config);
        code = status != GT_OK ? gt_cli_fail_status(status) : gt_options_read_file(gt_train_options, &out->config, path, &file);
    }
    if (code == GT_EXIT_OK) code = apply_all(&file, &command_line, out);
    free(path);
    if (code != GT_EXIT_OK) return code;
    gt_status status = gt_spec_check(&out->spec);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

void gt_train_settings_print_help(FILE *out) {
    gt_train_settings settings = defaults();
    if (gt_spec_preset(gt_preset_name(settings.preset), &settings.spec) != GT_OK) return;
    fputs(
        "usage: gantry train [flags]\n\n"
        "Trains a GAN that learns to draw points of a curve. Without flags it is the tutorial: y = x^2, 10,000 iterations of "
        "batch 128.\n"
        "Each line of output: iteration (from 0), accuracy of the discriminator on 100 real and on 100 generated points, then\n"
        "resid_mean, w1_x and coverage of many generated points. In brackets: what a flag is when it isn't given.\n",
        out);
    gt_options_print_help(gt_train_options, &settings, out);
    fputs("\nPresets\n", out);
    for (int i = 0; gt_preset_name(i) != NULL; i++) fprintf(out, "  %-22s %s\n", gt_preset_name(i), gt_preset_summary(i));
}

void gt_train_settings_free(gt_train_settings *settings) {
    free(settings->checkpoint);
    free(settings->run_folder);
    gt_config_free(&settings->config);
}

gt_status gt_train_settings_write(const gt_train_settings *settings, const char *path) {
    char *data, text[GT_OPTION_CHARS];
    size_t size;
    FILE *memory = open_memstream(&data, &size);
    if (memory == NULL) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    fprintf(memory, "# gantry %s; gantry train --config this file repeats the run\n", gt_version());
    GT_FOR_OPTIONS(option, gt_train_options) {
        const char *value = gt_option_format(option, settings, text);
        if ((option->flags & GT_OPTION_SAVED) && value != NULL) fprintf(memory, "%s: %s\n", option->name, value);
    }
    if (fclose(memory) != 0) exit(gt_cli_fail(GT_EXIT_FAILURE, "out of memory"));
    gt_status status = gt_file_write(path, data, size);
    free(data);
    return status;
}
