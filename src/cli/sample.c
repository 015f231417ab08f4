/* gantry sample: points from a generator, trained or not (the tutorial's notebook 06). */
#include "cli/command.h"
#include "cli/points_file.h"
#include "cli/run_source.h"
#include "cli/sample_images.h"
#include "cli/spec_settings.h"
#include "core/target_data.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    gt_spec_settings base;
    const char *run; /* NULL: untrained */
    uint64_t n, draw;
    const char *out, *plot;
    gt_switch untrained, force;
    gt_sample_images images;
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
/* clang-format off */
static const gt_option options[] = {
    {"run", GT_OPTION_TEXT, "RUN", GT_RUN_TAKES, GT_OPTION_POSITIONAL, AT(run), .takes = GT_RUN_TAKES},
    {.help = "What to draw"},
    {"points", GT_OPTION_U64, "N", "how many points", .min = 1, .max = 16777216, AT(n), .letter = 'n'},
    {"draw", GT_OPTION_U64, "D", "which draw: each number gives other points, and the same ones each time", .min = 0,
     .max = 4294967279.0, AT(draw)},
    {"untrained", GT_OPTION_SWITCH, "", "from a generator with its initial weights, instead of a RUN's", AT(untrained)},
    {"out", GT_OPTION_TEXT, "FILE", "write them to a .csv or .npy file, instead of CSV on stdout (--grid: neither)", AT(out)},
    {"plot", GT_OPTION_PICTURE, "[FILE.png]", "draw them (sample_RUN.png)", AT(plot)},
    {"force", GT_OPTION_SWITCH, "", "replace files that exist", AT(force)},
    {.help = "Pictures of images"},
    {"grid", GT_OPTION_PICTURE, "[FILE.png]", "draw the images side by side (grid_RUN.png)", AT(images.grid)},
    {"columns", GT_OPTION_U64, "N", "images in a row of it; 0: about as many as there are rows", .max = 1000,
     AT(images.columns)},
    {"interpolate", GT_OPTION_U64, "N", "each of --points rows (10) goes from one latent to another in N images; 0: no rows",
     .max = 1000, AT(images.interpolate)},
    {"nearest", GT_OPTION_U64, "K",
     "each of --points samples (10) with the K nearest images of the data behind it, and their distances on stdout; 0: without",
     .max = 100, AT(images.nearest)},
    {.kind = GT_OPTION_PART, .part = gt_device_options},
    {.kind = GT_OPTION_PART, .part = gt_spec_options},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

enum { TUTORIAL_POINTS = 100 };

static settings defaults(void) { return (settings){.base = gt_spec_settings_defaults(), .n = TUTORIAL_POINTS}; }

static const void *help_defaults(void) {
    static settings shown;
    shown = defaults();
    return &shown;
}

/* A run has its spec. */
static int refuse_spec(const gt_option_values *values, const char *run) {
    GT_FOR_OPTIONS(option, gt_spec_options) {
        const char *text = option->name != NULL ? gt_option_given(values, options, option->name) : NULL;
        if (text != NULL)
            return gt_cli_fail(GT_EXIT_USAGE, "--%s %s: %s was trained as it is; leave the flag out, or sample --untrained",
                               option->name, text, run);
    }
    return GT_EXIT_OK;
}

static int read(int argc, char **argv, settings *s) {
    gt_option_values values = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code != GT_EXIT_OK) return code;
    const char *run = gt_option_given(&values, options, "run");
    code = gt_option_apply(options, "untrained", &values, s);
    if (code != GT_EXIT_OK) return code;
    const bool untrained = s->untrained == GT_SWITCH_ON;
    if (run == NULL && !untrained)
        return gt_cli_fail(GT_EXIT_USAGE,
                           "gantry sample needs a RUN: the folder of a run or a checkpoint file; or --untrained");
    if (run != NULL && untrained) return gt_cli_fail(GT_EXIT_USAGE, "%s and --untrained: leave one of the two out", run);
    if (run != NULL) code = refuse_spec(&values, run);
    if (code == GT_EXIT_OK) code = gt_spec_settings_read(options, &values, s);
    if (code == GT_EXIT_OK && s->out != NULL) code = gt_points_check_path(s->out, s->force == GT_SWITCH_ON);
    const bool rows = s->images.interpolate > 0 || s->images.nearest > 0;
    if (rows && gt_option_given(&values, options, "points") == NULL) s->n = GT_SAMPLE_ROWS;
    return code;
}

/* Real points beside those of a trained generator. */
static gt_status draw_real(gt_trainer *trainer, const settings *s, float *real) {
    gt_status status = gt_trainer_draw(trainer, 0, GT_DRAW_REAL, (uint32_t)s->draw, s->n, real);
    if (status == GT_OK) gt_trainer_to_data(trainer, real, s->n);
    return status;
}

static gt_status draw_points(const settings *s, gt_trainer *trainer, size_t n, float *points) {
    if (s->images.interpolate > 0)
        return gt_sample_interpolate(trainer, (uint32_t)s->draw, s->n, (size_t)s->images.interpolate, points);
    return gt_trainer_sample(trainer, 0, (uint32_t)s->draw, n, points);
}

static int sample(const settings *s, gt_trainer *trainer, const gt_picture_file *file) {
    const gt_target_spec *target = &gt_trainer_get_spec(trainer)->target;
    const size_t x = (size_t)target->n_columns, n = gt_sample_images_count(&s->images, s->n);
    const bool with_real = s->plot != NULL && s->untrained != GT_SWITCH_ON;
    float *points = gt_cli_resize(NULL, n, x * sizeof *points), *real = NULL;
    gt_status status = draw_points(s, trainer, n, points);
    if (status == GT_OK && s->out != NULL) status = gt_points_write(s->out, points, n, target->n_columns);
    if (status == GT_OK && with_real) status = draw_real(trainer, s, real = gt_cli_resize(NULL, s->n, x * sizeof *real));
    int code = status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK && s->out == NULL && s->images.grid == NULL) {
        gt_points_print(points, n, target->n_columns, stdout);
        code = gt_cli_flush();
    }
    if (code == GT_EXIT_OK && s->plot != NULL) {
        char *title = gt_cli_text("%zu generated points after %llu iterations", (size_t)s->n,
                                  (unsigned long long)gt_trainer_get_info(trainer).iteration);
        code = gt_picture_file_draw(
            file, target,
            (gt_picture){.title = title, .real = {real, with_real ? s->n : 0, x}, .generated = {points, s->n, x}});
        free(title);
    }
    if (code == GT_EXIT_OK && s->images.grid != NULL) code = gt_sample_images_draw(&s->images, target, points, n, file);
    free(points);
    free(real);
    return code;
}

/* The picture's file, where one is asked for. */
static int open_picture(const settings *s, const gt_run_source *source, gt_picture_file *file) {
    const bool images = gt_target_is_images(&gt_trainer_get_spec(source->trainer)->target), force = s->force == GT_SWITCH_ON;
    int code = gt_sample_images_check(&s->images, images, s->plot != NULL);
    if (code != GT_EXIT_OK || (s->plot == NULL && s->images.grid == NULL)) return code;
    char *name = s->run != NULL ? gt_run_source_name(source) : gt_cli_text("untrained");
    char *default_name = gt_cli_text(images ? "grid_%s.png" : "sample_%s.png", name);
    if (images)
        code = gt_grid_file_open("grid", s->images.grid, default_name, force, file);
    else
        code = gt_picture_file_open(s->plot, default_name, force, file);
    free(name);
    free(default_name);
    return code;
}

static int open_source(const settings *s, gt_run_source *source) {
    const gt_trainer_options how = gt_spec_settings_options(&s->base);
    if (s->run != NULL) return gt_run_source_open(s->run, &how, source);
    gt_status status = gt_trainer_create(&s->base.spec, &how, &source->trainer);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_run_source source = {0};
    gt_picture_file file = {0};
    int code = read(argc, argv, &s);
    if (code == GT_EXIT_OK) code = open_source(&s, &source);
    if (code == GT_EXIT_OK) code = open_picture(&s, &source, &file);
    if (code == GT_EXIT_OK) code = sample(&s, source.trainer, &file);
    gt_picture_file_free(&file);
    gt_run_source_free(&source);
    gt_spec_settings_free(&s.base);
    return code;
}

const gt_command gt_command_sample = {
    .name = "sample",
    .summary = "draw points from the generator of a run, or from an untrained one",
    .run = run,
    .usage = "RUN|--untrained [flags]",
    .about =
        "Draws points from the generator of a run, in the units of its data. RUN is the folder of a run or a checkpoint file.\n"
        "With --untrained the flags from \"What to train\" on say from which generator.",
    .options = options,
    .defaults = help_defaults,
};
