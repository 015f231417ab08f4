/* gantry replay: one run of a study trained again with everything to look at, and compared with what the study stored. */
#include "cli/replay.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "core/clock.h"
#include "core/target_data.h"
#include "io/npy.h"
#include "io/npy_array.h"
#include "io/plots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 200 }; /* at most, unless --every says more */

#define AT(member_) .n_members = 1, .member = {offsetof(gt_replay_flags, member_)}
#define SEED_TAKES  "a seed of the study, or best, median, worst, first-relapse"
#define STUDY_TAKES "the FILE of a study"
#define MAX_EVERY   ((double)GT_MAX_ITERATIONS)
#define HEADING(text)                                                                                                          \
    { .help = text }
/* clang-format off */
static const gt_option options[] = {
    {"study", GT_OPTION_TEXT, "STUDY", STUDY_TAKES, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(study),
     .takes = STUDY_TAKES},
    HEADING("Which run"),
    {"seed", GT_OPTION_TEXT, "N|NAME", "a seed of the study, or a run by its name", AT(seed), .choice = gt_replay_run_name,
     .takes = SEED_TAKES},
    {"setting", GT_OPTION_TEXT, "K", "setting of a sweep, from 0; needed when the study has several", AT(setting),
     .takes = "the number of a setting, from 0"},
    HEADING("What to look at"),
    {"every", GT_OPTION_U64, "N", "iterations from one row of metrics.csv to the next (so that there are up to 200)", .min = 1,
     .max = MAX_EVERY, AT(every)},
    {"plots", GT_OPTION_SWITCH, "", "draw the pictures and, but of images, the animation (--no-plots: don't); needs gnuplot, but for images", AT(plots)},
    HEADING("Files"),
    {"out", GT_OPTION_TEXT, "DIR", "folder of the run (replay/NAME-seedN, with a number if that exists)", AT(out)},
    {"force", GT_OPTION_SWITCH, "", "replace the run in a folder that exists", AT(force)},
    {.kind = GT_OPTION_PART, .part = gt_device_options},
    HEADING("What to print"),
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", AT(json)},
    {"quiet", GT_OPTION_SWITCH, "", "errors, nothing else", AT(quiet)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static bool on(gt_switch value) { return value == GT_SWITCH_ON; }

static bool has_images(const gt_replay *r) { return gt_target_is_images(&r->session.settings.base.spec.target); }

static const gt_study_plan *plan_of(const gt_replay *r) { return &gt_store_get_study(r->store)->plan; }

/* ---------------------------------------------------------------- beginning */

/* The run as gantry train is told of it. */
static void set_up_session(gt_replay *r) {
    const gt_study_plan *plan = plan_of(r);
    const gt_replay_flags *flags = &r->flags;
    gt_train_settings *own = &r->session.settings;
    *own = (gt_train_settings){.base = flags->base,
                               .iterations = plan->iterations,
                               .eval_every = flags->every > 0 ? flags->every : (plan->iterations + FRAMES - 1) / FRAMES,
                               .eval_samples = plan->evaluate.n_samples,
                               .plots = flags->plots,
                               .out = flags->out,
                               .force = flags->force,
                               .json = flags->json,
                               .quiet = flags->quiet};
    own->base.spec = plan->settings[r->chosen.run.setting];
    own->base.seed = r->chosen.run.seed;
    own->base.engine = (int)plan->arithmetic.engine;
    own->base.precision = (int)plan->arithmetic.precision;
    own->base.rng = (int)plan->arithmetic.rng;
    own->base.preset = gt_train_preset_of(&own->base);
}

static int make_trainer(gt_replay *r) {
    gt_run_session *s = &r->session;
    const gt_trainer_options how = gt_spec_settings_options(&s->settings.base);
    gt_status status = gt_trainer_create(&s->settings.base.spec, &how, &s->trainer);
    if (status != GT_OK) return gt_cli_fail_status(status);
    s->record = (gt_run_record){
        .eval_every = s->settings.eval_every, .total = s->settings.iterations, .spec = gt_trainer_get_spec(s->trainer)};
    return GT_EXIT_OK;
}

/* "x2-seed5", and the setting's number where there are several. The caller frees. */
static char *name_of(const gt_replay *r, const char *before_setting, const char *before_seed) {
    const char *name = gt_store_get_study(r->store)->name;
    if (plan_of(r)->n_settings == 1) return gt_cli_text("%s%s%" PRIu64, name, before_seed, r->chosen.run.seed);
    return gt_cli_text("%s%s%zu%s%" PRIu64, name, before_setting, r->chosen.run.setting, before_seed, r->chosen.run.seed);
}

/* uint8 [n, height, width], or with the channels behind. */
static gt_status write_images(const gt_target_spec *target, const char *path) {
    const size_t shape[] = {target->n_points, (size_t)target->height, (size_t)target->width, (size_t)target->channels};
    return gt_npy_write_array(path, "|u1", shape, target->channels == 1 ? 3 : 4, target->pixels, gt_target_data_bytes(target));
}

/* A study holds the points or images that it learns; the config of a run names a file of them. */
static gt_status write_data(gt_replay *r, char **path) {
    const gt_target_spec *target = &r->session.settings.base.spec.target;
    if (gt_target_kind_of(target) != GT_TARGET_DATA) return GT_OK;
    *path = gt_run_folder_file(&r->session.folder, GT_FILE_DATA);
    r->session.settings.base.data = *path;
    if (gt_target_is_images(target)) return write_images(target, *path);
    return gt_npy_write(*path, target->points, target->n_points, (size_t)target->n_columns);
}

static int open_folder(gt_replay *r) {
    gt_run_session *s = &r->session;
    char *name = name_of(r, "-setting", "-seed"), *path = gt_cli_text("replay/%s", name);
    int code = gt_run_folder_create(s->settings.out, path, on(s->settings.force), &s->folder);
    if (code == GT_EXIT_OK)
        s->way_on = gt_cli_text("repeat it with: gantry replay %s --seed %" PRIu64 " --setting %zu --out %s --force",
                                gt_store_path(r->store), r->chosen.run.seed, r->chosen.run.setting, s->folder.path);
    free(name);
    free(path);
    return code;
}

/* ---------------------------------------------------------------- training */

static uint64_t next(void *context, uint64_t iteration) {
    const gt_replay *r = context;
    return gt_replay_check_next(&r->check, iteration);
}

static gt_status look(void *context, gt_run_session *s) {
    gt_replay *r = context;
    gt_status status = gt_replay_check_look(&r->check, s->trainer, s->iteration);
    if (status == GT_OK && r->traced && (s->iteration % r->trace.every == 0 || s->iteration == s->settings.iterations))
        status = gt_trace_add(&r->trace, &s->record.rows[s->record.n_rows - 1]);
    return status;
}

static gt_status draw(void *context, gt_run_session *s) {
    const gt_replay *r = context;
    if (!r->traced) return GT_OK;
    gt_status status = gt_trace_draw(&r->trace, &s->folder, GT_FILE_ANIMATION);
    if (status == GT_OK) s->animation = GT_FILE_ANIMATION;
    return status;
}

/* ---------------------------------------------------------------- the end */

/* The run came out otherwise. */
static int is_another(const gt_replay *r) {
    const bool layered = strcmp(gt_trainer_get_info(r->session.trainer).engine, "layered") == 0;
    char *by = NULL;
    (void)gt_store_get_fact(r->store, "computed_by", &by);
    int code =
        gt_cli_fail(GT_EXIT_FAILURE,
                    "%s: this is not the run of seed %" PRIu64 " that %s holds: the file was changed, or a machine computed "
                    "wrong%s%s%s",
                    r->check.difference, r->chosen.run.seed, gt_store_path(r->store),
                    layered ? "; or the device or its libraries are others, which changes the layered engine's last bits: "
                              "the study's were "
                            : "",
                    layered && by != NULL ? by : "", layered && by == NULL ? "not noted" : "");
    free(by);
    return code;
}

static int finish(gt_replay *r) {
    gt_run_session *s = &r->session;
    gt_status status = gt_replay_check_end(&r->check, s->trainer);
    if (status != GT_OK) return gt_cli_fail_status(status);
    int code = gt_run_session_export(s);
    if (code != GT_EXIT_OK) return code;
    const int drawn = gt_run_session_draw(s);
    code = gt_replay_print_result(r, false);
    if (code == GT_EXIT_OK) code = gt_run_session_flush(s);
    if (code == GT_EXIT_OK && r->check.difference != NULL) code = is_another(r);
    return code == GT_EXIT_OK ? drawn : code;
}

static int interrupted(const gt_replay *r) {
    int code = gt_replay_print_result(r, true);
    return code == GT_EXIT_OK ? gt_run_session_interrupted(&r->session) : code;
}

static int train(gt_replay *r) {
    gt_run_session *s = &r->session;
    bool finished;
    char *data = NULL;
    r->watch = (gt_run_watch){r, next, look, draw};
    s->watch = &r->watch;
    gt_status status = gt_replay_check_begin(&r->check, r->store, &r->chosen.run);
    r->traced = status == GT_OK && s->settings.plots != GT_SWITCH_OFF && gt_plots_available() && !has_images(r);
    if (r->traced)
        status = gt_trace_begin(&r->trace, s->trainer, name_of(r, ", setting ", ", seed "), s->settings.eval_every,
                                s->settings.iterations);
    int code = status == GT_OK ? open_folder(r) : gt_cli_fail_status(status);
    if (code != GT_EXIT_OK) return code;
    status = write_data(r, &data);
    if (status != GT_OK) {
        code = gt_cli_fail_status(status);
        gt_run_folder_discard(&s->folder);
    } else {
        if (!on(r->flags.json) && !on(r->flags.quiet)) gt_replay_print_run(r);
        code = gt_run_session_train(s, &finished);
        if (code == GT_EXIT_OK) code = finished ? finish(r) : interrupted(r);
    }
    free(data);
    return code;
}

/* ---------------------------------------------------------------- the command */

static int refuse_arithmetic(const gt_option_values *values) {
    for (size_t i = 0; i < values->n; i++)
        if (values->given[i].option->flags & GT_OPTION_ARITHMETIC)
            return gt_cli_fail(GT_EXIT_USAGE, "--%s %s: a run is trained again as the study did it; leave the flag out",
                               values->given[i].option->name, values->given[i].text);
    return GT_EXIT_OK;
}

static int read_flags(int argc, char **argv, gt_replay_flags *flags) {
    gt_option_values values = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = refuse_arithmetic(&values);
    if (code == GT_EXIT_OK) code = gt_spec_settings_apply(options, NULL, &values, flags);
    if (code == GT_EXIT_OK && flags->seed == NULL) code = gt_cli_fail(GT_EXIT_USAGE, "--seed is missing; it takes " SEED_TAKES);
    return code;
}

static int run_of_study(gt_replay *r) {
    int code = gt_replay_run_find(r->store, r->flags.seed, r->flags.setting, &r->chosen);
    if (code != GT_EXIT_OK) return code;
    set_up_session(r);
    if (on(r->flags.plots) && !gt_plots_available() && !has_images(r))
        return gt_cli_fail(GT_EXIT_USAGE, "--plots: " GT_PLOTS_MISSING);
    code = make_trainer(r);
    return code == GT_EXIT_OK ? train(r) : code;
}

static int run(int argc, char **argv) {
    gt_replay r = {.flags = {.base = gt_spec_settings_defaults()}, .session = {.began = gt_seconds()}};
    int code = read_flags(argc, argv, &r.flags);
    gt_interrupt_catch();
    if (code == GT_EXIT_OK) {
        gt_status status = gt_store_open(r.flags.study, false, &r.store);
        code = status == GT_OK ? run_of_study(&r) : gt_cli_fail_status(status);
    }
    gt_trace_free(&r.trace);
    gt_replay_check_free(&r.check);
    gt_replay_run_free(&r.chosen);
    gt_run_session_free(&r.session);
    gt_status closed = gt_store_close(r.store);
    return code == GT_EXIT_OK && closed != GT_OK ? gt_cli_fail_status(closed) : code;
}

const gt_command gt_command_replay = {
    .name = "replay",
    .summary = "train one run of a study again, with pictures and an animation",
    .run = run,
    .usage = "STUDY --seed N|NAME [flags]",
    .about =
        "Trains one run of a study again, exactly, with everything to look at: a row of scores and a frame of an animation\n"
        "every few iterations, pictures, weights, and a config.yaml with which gantry train repeats it. best, median and\n"
        "worst are by the distance from convergence at the end; first-relapse is the run that first lost what it had reached.\n"
        "Every row that the study stored of the run, its outcome and its digest must come out again, bit for bit: the exit\n"
        "code is 1 where one does not, and the first difference is named.",
    .options = options,
};
