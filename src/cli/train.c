/* gantry train: one run from one seed, as in the tutorial, with its lines, pictures and files. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/run_session.h"
#include "core/clock.h"
#include "core/target_data.h"
#include "io/plots.h"

#include <inttypes.h>
#include <stdlib.h>

typedef gt_run_session session;

static bool on(gt_switch value) { return value == GT_SWITCH_ON; }

/* ---------------------------------------------------------------- beginning */

/* A net that is of the wrong shape for G may be a D. */
static int init_either_from(session *s, const char *path) {
    gt_status status = gt_trainer_init_from(s->trainer, 0, GT_GENERATOR, path);
    if (status != GT_ERR_ARGUMENT) return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
    char *as_generator = gt_cli_text("%s", gt_last_error());
    status = gt_trainer_init_from(s->trainer, 0, GT_DISCRIMINATOR, path);
    if (status != GT_OK) gt_cli_fail(0, "--init-from: %s; as a discriminator it does not fit either", as_generator);
    free(as_generator);
    return gt_cli_exit_code(status);
}

static int init_from(session *s) {
    const gt_train_settings *settings = &s->settings;
    gt_status status = GT_OK;
    if (settings->init_from != NULL) {
        const int code = init_either_from(s, settings->init_from);
        if (code != GT_EXIT_OK) return code;
    }
    if (settings->g_init_from != NULL) status = gt_trainer_init_from(s->trainer, 0, GT_GENERATOR, settings->g_init_from);
    if (status == GT_OK && settings->d_init_from != NULL)
        status = gt_trainer_init_from(s->trainer, 0, GT_DISCRIMINATOR, settings->d_init_from);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static int make_trainer(session *s) {
    const gt_train_settings *settings = &s->settings;
    const gt_trainer_options options = gt_spec_settings_options(&settings->base);
    const bool resumed = settings->resume != NULL;
    gt_status status = resumed ? gt_trainer_load(settings->source.checkpoint, &options, &s->trainer)
                               : gt_trainer_create(&settings->base.spec, &options, &s->trainer);
    if (status != GT_OK) return gt_cli_fail_status(status);
    s->iteration = s->first_iteration = gt_trainer_get_info(s->trainer).iteration;
    return resumed ? gt_train_settings_adopt(&s->settings, s->trainer) : init_from(s);
}

/* The folder of the run, and what an interrupted run has in it. */
static int open_folder(session *s) {
    const gt_train_settings *settings = &s->settings;
    s->record = (gt_run_record){
        .eval_every = settings->eval_every, .total = settings->iterations, .spec = gt_trainer_get_spec(s->trainer)};
    if (settings->source.folder != NULL) {
        gt_run_folder source;
        gt_run_folder_reopen(settings->source.folder, &source);
        gt_status status = gt_run_record_read(&s->record, &source, s->iteration);
        if (status == GT_OK && settings->out == NULL) {
            s->folder = source;
            return GT_EXIT_OK;
        }
        gt_run_folder_free(&source);
        if (status != GT_OK) return gt_cli_fail_status(status);
    }
    char *name = gt_spec_settings_name(&settings->base);
    char *path = gt_cli_text("runs/%s-seed%" PRIu64, name, settings->base.seed);
    int code = gt_run_folder_create(settings->out, path, on(settings->force), &s->folder);
    free(name);
    free(path);
    return code;
}

static int open_image_record(session *s) {
    const gt_train_settings *settings = &s->settings;
    if (settings->classifier == NULL) return GT_EXIT_OK;
    const gt_image_judge_options how = {.infinity = on(settings->infinity)};
    const int code =
        gt_image_record_open(settings->classifier, &how, &s->record, settings->source.folder, s->iteration, &s->image_record);
    if (code != GT_EXIT_OK) gt_run_folder_discard(&s->folder);
    return code;
}

/* ---------------------------------------------------------------- the end */

static int interrupted(session *s) {
    gt_train_result result = gt_run_session_result(s, true);
    if (on(s->settings.json)) {
        gt_status status = gt_train_print_json(&result);
        if (status != GT_OK) return gt_cli_fail_status(status);
    }
    return gt_run_session_interrupted(s);
}

static int finish(session *s) {
    int code = gt_run_session_export(s);
    if (code != GT_EXIT_OK) return code;
    code = gt_run_session_draw(s);
    gt_train_result result = gt_run_session_result(s, false);
    gt_status status = GT_OK;
    if (on(s->settings.json))
        status = gt_train_print_json(&result);
    else if (!on(s->settings.quiet))
        status = gt_train_print_summary(&result);
    if (status != GT_OK) return gt_cli_fail_status(status);
    return code == GT_EXIT_OK ? gt_run_session_flush(s) : code;
}

static int train(session *s) {
    bool finished;
    s->way_on = gt_cli_text("go on with: gantry train --resume %s", s->folder.path);
    int code = gt_run_session_train(s, &finished);
    if (code != GT_EXIT_OK) return code;
    return finished ? finish(s) : interrupted(s);
}

static int run(int argc, char **argv) {
    session s = {.began = gt_seconds()};
    int code = gt_train_settings_resolve(argc, argv, &s.settings);
    if (code == GT_EXIT_OK) code = make_trainer(&s);
    if (code == GT_EXIT_OK && on(s.settings.plots) && !gt_plots_available() &&
        !gt_target_is_images(&gt_trainer_get_spec(s.trainer)->target))
        code = gt_cli_fail(GT_EXIT_USAGE, "--plots: " GT_PLOTS_MISSING);
    gt_interrupt_catch();
    if (code == GT_EXIT_OK) code = open_folder(&s);
    if (code == GT_EXIT_OK) code = open_image_record(&s);
    if (code == GT_EXIT_OK) code = train(&s);
    gt_run_session_free(&s);
    return code;
}

const gt_command gt_command_train = {
    .name = "train",
    .summary = "train one GAN: the tutorial, or what the flags change in it",
    .run = run,
    .usage = "[flags]",
    .about =
        "Trains a GAN that learns to draw points of a target. Without flags it is the tutorial: y = x^2, 10,000 iterations of\n"
        "batch 128. Each line of output: iteration (from 0), accuracy of the discriminator on 100 real and on 100 generated\n"
        "points, then what these don't tell, of many generated points: for functions resid_mean, w1_x and coverage, for\n"
        "mixtures modes, hq and reverse_kl, for curves, data and images energy_coefficient and spread.",
    .options = gt_train_options,
    .defaults = gt_train_defaults,
};
