/* gantry train: one run from one seed, as in the tutorial, with its lines, pictures and files. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/run_folder.h"
#include "cli/run_record.h"
#include "cli/terminal.h"
#include "cli/train_report.h"
#include "cli/train_settings.h"
#include "io/plots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SECONDS 0.05 /* a signal waits this long at most, except within one long iteration */
#define SAVE_SECONDS  0.2  /* evaluations closer together than this share one saved checkpoint */
#define PLOTS_MISSING "pictures need gnuplot; install it (Debian: apt install gnuplot-nox)"

typedef struct {
    gt_train_settings settings;
    gt_trainer *trainer;
    gt_run_folder folder;
    gt_run_record record;
    gt_progress progress;
    uint64_t iteration, first_iteration, saved_iteration;
    uint64_t chunk;                            /* iterations that take about CHUNK_SECONDS */
    double began, training_seconds, next_save; /* seconds */
    size_t n_pictures;
} session;

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

/* ---------------------------------------------------------------- files */

static gt_status save_checkpoint(session *s) {
    char *path = gt_run_folder_file(&s->folder, GT_FILE_CHECKPOINT);
    gt_status status = gt_trainer_save(s->trainer, path);
    free(path);
    if (status == GT_OK) s->saved_iteration = s->iteration;
    return status;
}

/* The record goes first: a run that is killed in between has rows too many, which --resume drops, and never too few. */
static gt_status save(session *s) {
    double began = gt_seconds();
    gt_status status = s->record.changed ? gt_run_record_write(&s->record, &s->folder) : GT_OK;
    if (status != GT_OK) return status;
    s->record.changed = false;
    status = save_checkpoint(s);
    double now = gt_seconds(), took = now - began;
    s->next_save = now + (10 * took > SAVE_SECONDS ? 10 * took : SAVE_SECONDS);
    return status;
}

/* What a run needs to be resumed from its first moment; also shows before training that the folder takes files. */
static gt_status save_first(session *s) {
    char *path = gt_run_folder_file(&s->folder, GT_FILE_CONFIG);
    gt_status status = gt_train_settings_write(&s->settings, path);
    free(path);
    s->record.changed = true;
    if (status == GT_OK) status = save(s);
    if (status == GT_OK && s->first_iteration == 0) gt_run_folder_clear(&s->folder);
    s->next_save = 0;
    return status;
}

static gt_status export_weights(session *s, gt_net net, const char *name) {
    char *path = gt_run_folder_file(&s->folder, name);
    gt_status status = gt_trainer_export(s->trainer, net, path);
    free(path);
    return status;
}

/* ---------------------------------------------------------------- training */

static int fail_with_way_on(session *s, int code, const char *what) {
    gt_progress_erase(&s->progress);
    if (s->saved_iteration == 0) return gt_cli_fail(code, "%s", what);
    return gt_cli_fail(code, "%s; once that is mended, go on with: gantry train --resume %s", what, s->folder.path);
}

/* With a GPU that fails the state in its memory is lost; what was saved isn't. */
static int compute_failed(session *s, gt_status status) {
    gt_progress_erase(&s->progress);
    if (gt_trainer_get_info(s->trainer).n_gpus == 0) return gt_cli_fail_status(status);
    return gt_cli_fail(gt_cli_exit_code(status),
                       "%s; iteration %" PRIu64
                       " is saved; go on with: gantry train --resume %s (with --device cpu: without the GPU)",
                       gt_last_error(), s->saved_iteration, s->folder.path);
}

static int write_failed(session *s) { return fail_with_way_on(s, GT_EXIT_FAILURE, gt_last_error()); }

static int flush_stdout(session *s) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return GT_EXIT_OK;
    char *what = gt_cli_text("can't write to standard output: %s", strerror(errno));
    int code = save(s) == GT_OK ? fail_with_way_on(s, GT_EXIT_FAILURE, what) : write_failed(s);
    free(what);
    return code;
}

static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_multiple(uint64_t of, uint64_t after) { return of == 0 ? UINT64_MAX : (after / of + 1) * of; }

/* Trains up to the next evaluation, saving or look at the clock. */
static gt_status advance(session *s) {
    const gt_train_settings *settings = &s->settings;
    uint64_t stop = min_u64(settings->iterations, min_u64(next_multiple(settings->eval_every, s->iteration),
                                                          next_multiple(settings->save_every, s->iteration)));
    uint64_t n = min_u64(s->chunk, stop - s->iteration);
    double began = gt_seconds();
    gt_status status = gt_trainer_advance(s->trainer, n);
    double took = gt_seconds() - began;
    s->training_seconds += took;
    s->iteration += n;
    if (took < CHUNK_SECONDS / 2 && n == s->chunk) s->chunk *= 2;
    if (took > CHUNK_SECONDS && s->chunk > 1) s->chunk /= 2;
    return status;
}

static int evaluate(session *s) {
    gt_status status = gt_run_record_evaluate(&s->record, s->trainer, s->settings.eval_samples);
    if (status != GT_OK) return compute_failed(s, status);
    if (gt_seconds() >= s->next_save && save(s) != GT_OK) return write_failed(s);
    if (on(s->settings.json)) return GT_EXIT_OK;
    gt_progress_erase(&s->progress);
    gt_train_print_row(s->record.spec, &s->record.rows[s->record.n_rows - 1]);
    return flush_stdout(s);
}

static bool is_evaluated(const session *s) {
    return s->record.n_rows > 0 && s->record.rows[s->record.n_rows - 1].iteration == s->iteration;
}

/* Until the last iteration or a signal. */
static int train(session *s) {
    const gt_train_settings *settings = &s->settings;
    int code = GT_EXIT_OK;
    while (code == GT_EXIT_OK && gt_interrupt_signal() == 0 && s->iteration < settings->iterations) {
        gt_status status = advance(s);
        if (status != GT_OK) return compute_failed(s, status);
        if (s->iteration % settings->eval_every == 0) code = evaluate(s);
        if (code == GT_EXIT_OK && settings->save_every > 0 && s->iteration % settings->save_every == 0 &&
            s->saved_iteration != s->iteration && save(s) != GT_OK)
            code = write_failed(s);
        gt_progress_show(&s->progress, s->iteration, NULL);
    }
    if (code == GT_EXIT_OK && s->iteration == settings->iterations && !is_evaluated(s)) code = evaluate(s);
    gt_progress_erase(&s->progress);
    return code;
}

/* ---------------------------------------------------------------- the end */

static gt_train_result result_of(const session *s, bool interrupted) {
    return (gt_train_result){.settings = &s->settings,
                             .trainer = s->trainer,
                             .record = &s->record,
                             .folder = &s->folder,
                             .first_iteration = s->first_iteration,
                             .training_seconds = s->training_seconds,
                             .total_seconds = gt_seconds() - s->began,
                             .n_pictures = s->n_pictures,
                             .interrupted = interrupted};
}

static int interrupted(session *s) {
    if (save(s) != GT_OK) return write_failed(s);
    gt_train_result result = result_of(s, true);
    if (on(s->settings.json)) {
        gt_status status = gt_train_print_json(&result);
        if (status != GT_OK) return gt_cli_fail_status(status);
    }
    return gt_cli_fail(GT_EXIT_SIGNAL + gt_interrupt_signal(),
                       "interrupted after %" PRIu64 " of %" PRIu64 " iterations; go on with: gantry train --resume %s",
                       s->iteration, s->settings.iterations, s->folder.path);
}

/* Pictures last: whatever becomes of them, the other files are whole. */
static int finish(session *s) {
    if (save(s) != GT_OK || export_weights(s, GT_GENERATOR, GT_FILE_GENERATOR) != GT_OK ||
        export_weights(s, GT_DISCRIMINATOR, GT_FILE_DISCRIMINATOR) != GT_OK)
        return write_failed(s);
    int code = GT_EXIT_OK;
    if (s->settings.plots != GT_SWITCH_OFF && !gt_plots_available()) {
        if (!on(s->settings.quiet)) gt_cli_fail(code, PLOTS_MISSING);
    } else if (s->settings.plots != GT_SWITCH_OFF && gt_run_record_draw(&s->record, &s->folder, &s->n_pictures) != GT_OK) {
        code = write_failed(s);
        s->n_pictures = 0;
    }
    gt_train_result result = result_of(s, false);
    gt_status status = GT_OK;
    if (on(s->settings.json))
        status = gt_train_print_json(&result);
    else if (!on(s->settings.quiet))
        status = gt_train_print_summary(&result);
    if (status != GT_OK) return gt_cli_fail_status(status);
    return code == GT_EXIT_OK ? flush_stdout(s) : code;
}

static int run_session(session *s) {
    if (save_first(s) != GT_OK) {
        int code = write_failed(s);
        gt_run_folder_discard(&s->folder);
        return code;
    }
    bool lines_only = on(s->settings.quiet) || on(s->settings.json);
    if (!lines_only && gt_terminal_is(stdout)) gt_train_print_header(s->record.spec);
    s->progress = gt_progress_begin(s->iteration, s->settings.iterations, on(s->settings.quiet));
    int code = train(s);
    if (code != GT_EXIT_OK) return code;
    return gt_interrupt_signal() != 0 ? interrupted(s) : finish(s);
}

static int run(int argc, char **argv) {
    session s = {.began = gt_seconds(), .chunk = 1};
    int code = gt_train_settings_resolve(argc, argv, &s.settings);
    if (code == GT_EXIT_OK && on(s.settings.plots) && !gt_plots_available())
        code = gt_cli_fail(GT_EXIT_USAGE, "--plots: " PLOTS_MISSING);
    if (code == GT_EXIT_OK) code = make_trainer(&s);
    gt_interrupt_catch();
    if (code == GT_EXIT_OK) code = open_folder(&s);
    if (code == GT_EXIT_OK) code = run_session(&s);
    gt_trainer_destroy(s.trainer);
    gt_run_record_free(&s.record);
    gt_run_folder_free(&s.folder);
    gt_train_settings_free(&s.settings);
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
        "mixtures modes, hq and reverse_kl, for curves and data energy_coefficient and spread.",
    .options = gt_train_options,
    .defaults = gt_train_defaults,
};
