/* The training loop of a run and its files. */
#include "cli/run_session.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/run_images.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/target_data.h"
#include "io/plots.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SECONDS 0.05 /* a signal waits this long at most, except within one long iteration */
#define SAVE_SECONDS  0.2  /* evaluations closer together than this share one saved checkpoint */

static bool on(gt_switch value) { return value == GT_SWITCH_ON; }

static bool has_images(const gt_run_session *s) { return gt_target_is_images(&s->record.spec->target); }

/* ---------------------------------------------------------------- files */

static gt_status save_checkpoint(gt_run_session *s) {
    char *path = gt_run_folder_file(&s->folder, GT_FILE_CHECKPOINT);
    gt_status status = gt_trainer_save(s->trainer, path);
    free(path);
    if (status == GT_OK) s->saved_iteration = s->iteration;
    return status;
}

/* The record goes first: a run that is killed in between has rows too many, which --resume drops, and never too few. */
static gt_status save(gt_run_session *s) {
    double began = gt_seconds();
    gt_status status = s->record.changed ? gt_run_record_write(&s->record, &s->folder) : GT_OK;
    if (status != GT_OK) return status;
    s->record.changed = false;
    status = save_checkpoint(s);
    double now = gt_seconds(), took = now - began;
    s->next_save = now + (10 * took > SAVE_SECONDS ? 10 * took : SAVE_SECONDS);
    return status;
}

/* Also shows before training that the folder takes files. A run that goes on in another folder takes its pictures along. */
static gt_status save_first(gt_run_session *s) {
    const char *from = s->settings.source.folder;
    const bool stays = from != NULL && gt_run_folder_is(&s->folder, from);
    char *path = gt_run_folder_file(&s->folder, GT_FILE_CONFIG);
    gt_status status = gt_train_settings_write(&s->settings, path);
    free(path);
    s->record.changed = true;
    if (status == GT_OK) status = save(s);
    if (status == GT_OK && (s->first_iteration == 0 || !stays)) gt_run_folder_clear(&s->folder);
    if (status == GT_OK && has_images(s) && from != NULL && !stays)
        status = gt_run_images_bring(&s->record, from, &s->folder, s->first_iteration);
    if (status == GT_OK) status = gt_image_record_write(&s->image_record, &s->folder);
    if (status == GT_OK && has_images(s)) {
        gt_run_folder_remove(&s->folder, GT_FILE_POINTS); /* of a run that was there before */
        gt_run_images_keep(&s->record, &s->folder, s->first_iteration);
    }
    s->next_save = 0;
    return status;
}

static gt_status export_weights(gt_run_session *s, gt_net net, const char *name) {
    char *path = gt_run_folder_file(&s->folder, name);
    gt_status status = gt_trainer_export(s->trainer, net, path);
    free(path);
    return status;
}

/* ---------------------------------------------------------------- failures */

static int fail_with_way_on(gt_run_session *s, int code, const char *what) {
    gt_progress_erase(&s->progress);
    if (s->saved_iteration == 0) return gt_cli_fail(code, "%s", what);
    return gt_cli_fail(code, "%s; once that is mended, %s", what, s->way_on);
}

/* With a GPU that fails the state in its memory is lost; what was saved isn't. */
static int compute_failed(gt_run_session *s, gt_status status) {
    gt_progress_erase(&s->progress);
    if (gt_trainer_get_info(s->trainer).n_gpus == 0) return gt_cli_fail_status(status);
    return gt_cli_fail(gt_cli_exit_code(status), "%s; iteration %" PRIu64 " is saved; %s (with --device cpu: without the GPU)",
                       gt_last_error(), s->saved_iteration, s->way_on);
}

static int write_failed(gt_run_session *s) { return fail_with_way_on(s, GT_EXIT_FAILURE, gt_last_error()); }

/* The state comes from the GPU before it is written. */
static int save_failed(gt_run_session *s, gt_status status) {
    return status == GT_ERR_CUDA ? compute_failed(s, status) : write_failed(s);
}

int gt_run_session_flush(gt_run_session *s) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return GT_EXIT_OK;
    char *what = gt_cli_text("can't write to standard output: %s", strerror(errno));
    int code = save(s) == GT_OK ? fail_with_way_on(s, GT_EXIT_FAILURE, what) : write_failed(s);
    free(what);
    return code;
}

/* ---------------------------------------------------------------- training */

static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_multiple(uint64_t of, uint64_t after) { return of == 0 ? UINT64_MAX : (after / of + 1) * of; }

static uint64_t next_stop(const gt_run_session *s) {
    const gt_train_settings *settings = &s->settings;
    const uint64_t own =
        min_u64(next_multiple(settings->eval_every, s->iteration), next_multiple(settings->save_every, s->iteration));
    const uint64_t watched = s->watch != NULL ? s->watch->next(s->watch->context, s->iteration) : UINT64_MAX;
    return min_u64(settings->iterations, min_u64(own, watched));
}

/* Trains up to the next stop or look at the clock. */
static gt_status advance(gt_run_session *s) {
    uint64_t n = min_u64(s->chunk, next_stop(s) - s->iteration);
    double began = gt_seconds();
    gt_status status = gt_trainer_advance(s->trainer, n);
    double took = gt_seconds() - began;
    s->training_seconds += took;
    s->iteration += n;
    if (took < CHUNK_SECONDS / 2 && n == s->chunk) s->chunk *= 2;
    if (took > CHUNK_SECONDS && s->chunk > 1) s->chunk /= 2;
    return status;
}

static bool prints_lines(const gt_run_session *s) { return !on(s->settings.json) && s->watch == NULL; }

static int evaluate(gt_run_session *s) {
    gt_status status = gt_run_record_evaluate(&s->record, s->trainer, s->settings.eval_samples);
    if (status != GT_OK) return compute_failed(s, status);
    if (has_images(s) && s->settings.plots != GT_SWITCH_OFF) {
        status = gt_run_images_write(&s->record, &s->folder, s->trainer);
        if (status != GT_OK) return save_failed(s, status);
    }
    status = gt_image_record_evaluate(&s->image_record, &s->folder, s->trainer, &s->record.rows[s->record.n_rows - 1],
                                      (size_t)s->settings.eval_samples);
    if (status != GT_OK) return save_failed(s, status);
    if (gt_seconds() >= s->next_save && (status = save(s)) != GT_OK) return save_failed(s, status);
    if (!prints_lines(s)) return GT_EXIT_OK;
    gt_progress_erase(&s->progress);
    gt_train_print_row(s->record.spec, &s->record.rows[s->record.n_rows - 1]);
    return gt_run_session_flush(s);
}

static bool is_evaluated(const gt_run_session *s) {
    return s->record.n_rows > 0 && s->record.rows[s->record.n_rows - 1].iteration == s->iteration;
}

/* What is due at this iteration. */
static int visit(gt_run_session *s) {
    const gt_train_settings *settings = &s->settings;
    int code = GT_EXIT_OK;
    if (s->iteration % settings->eval_every == 0 || (s->iteration == settings->iterations && !is_evaluated(s)))
        code = evaluate(s);
    if (code == GT_EXIT_OK && s->watch != NULL) {
        gt_status status = s->watch->look(s->watch->context, s);
        if (status != GT_OK) return compute_failed(s, status);
    }
    gt_status status = GT_OK;
    if (code == GT_EXIT_OK && settings->save_every > 0 && s->iteration % settings->save_every == 0 &&
        s->saved_iteration != s->iteration)
        status = save(s);
    return status == GT_OK ? code : save_failed(s, status);
}

/* Until the last iteration or a signal. */
static int train(gt_run_session *s) {
    const gt_train_settings *settings = &s->settings;
    int code = GT_EXIT_OK;
    s->chunk = 1;
    if (prints_lines(s) && !on(settings->quiet) && gt_terminal_is(stdout)) gt_train_print_header(s->record.spec);
    s->progress = gt_progress_begin(s->iteration, settings->iterations, on(settings->quiet));
    if (s->iteration == settings->iterations && !is_evaluated(s)) code = visit(s);
    while (code == GT_EXIT_OK && gt_interrupt_signal() == 0 && s->iteration < settings->iterations) {
        gt_status status = advance(s);
        if (status != GT_OK) return compute_failed(s, status);
        code = visit(s);
        gt_progress_show(&s->progress, s->iteration, NULL);
    }
    gt_progress_erase(&s->progress);
    return code;
}

int gt_run_session_train(gt_run_session *s, bool *finished) {
    *finished = false;
    if (save_first(s) != GT_OK) {
        s->saved_iteration = 0; /* it goes with the folder */
        int code = write_failed(s);
        gt_run_folder_discard(&s->folder);
        return code;
    }
    int code = train(s);
    if (code != GT_EXIT_OK) return code;
    const gt_status status = save(s);
    if (status != GT_OK) return save_failed(s, status);
    *finished = gt_interrupt_signal() == 0;
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- the end */

static gt_status draw(gt_run_session *s) {
    size_t n = 0;
    gt_status status = gt_run_record_draw(&s->record, &s->folder, &n);
    if (status == GT_OK && s->watch != NULL) status = s->watch->draw(s->watch->context, s);
    if (status == GT_OK) s->n_pictures = n;
    return status;
}

int gt_run_session_export(gt_run_session *s) {
    gt_status status = export_weights(s, GT_GENERATOR, GT_FILE_GENERATOR);
    if (status == GT_OK) status = export_weights(s, GT_DISCRIMINATOR, GT_FILE_DISCRIMINATOR);
    return status == GT_OK ? GT_EXIT_OK : save_failed(s, status);
}

int gt_run_session_draw(gt_run_session *s) {
    if (s->settings.plots == GT_SWITCH_OFF) return GT_EXIT_OK;
    if (has_images(s)) {
        s->n_pictures = gt_run_images_keep(&s->record, &s->folder, s->iteration);
        return GT_EXIT_OK;
    }
    if (gt_plots_available()) return draw(s) == GT_OK ? GT_EXIT_OK : write_failed(s);
    if (!on(s->settings.quiet)) gt_cli_fail(GT_EXIT_OK, GT_PLOTS_MISSING);
    return GT_EXIT_OK;
}

int gt_run_session_interrupted(const gt_run_session *s) {
    return gt_cli_fail(GT_EXIT_SIGNAL + gt_interrupt_signal(), "interrupted after %" PRIu64 " of %" PRIu64 " iterations; %s",
                       s->iteration, s->settings.iterations, s->way_on);
}

gt_train_result gt_run_session_result(const gt_run_session *s, bool interrupted) {
    return (gt_train_result){.settings = &s->settings,
                             .trainer = s->trainer,
                             .record = &s->record,
                             .folder = &s->folder,
                             .rows = s->record.rows,
                             .n_rows = s->record.n_rows,
                             .first_iteration = s->first_iteration,
                             .training_seconds = s->training_seconds,
                             .total_seconds = gt_seconds() - s->began,
                             .n_pictures = s->n_pictures,
                             .animation = s->animation,
                             .interrupted = interrupted};
}

void gt_run_session_free(gt_run_session *s) {
    gt_trainer_destroy(s->trainer);
    gt_run_record_free(&s->record);
    gt_image_record_free(&s->image_record);
    gt_run_folder_free(&s->folder);
    gt_train_settings_free(&s->settings);
    free(s->way_on);
}
