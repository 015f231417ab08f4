/* gantry report: a study told in one page. */
#include "io/report.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/report_samples.h"
#include "cli/scores.h"
#include "io/number.h"
#include "io/store_sweep.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *study, *out, *figures, *setting;
    gt_switch charts, gallery, force;
} settings;

#define STUDY_TAKES "the FILE of a study"

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
/* clang-format off */
static const gt_option options[] = {
    {"study", GT_OPTION_TEXT, "FILE", STUDY_TAKES, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(study), .takes = STUDY_TAKES},
    {.help = "What to write"},
    {"out", GT_OPTION_TEXT, "FILE", "the page", AT(out)},
    {"figures", GT_OPTION_TEXT, "DIR", "the charts, too, each as PNG and SVG, and the images", AT(figures)},
    {"setting", GT_OPTION_TEXT, "K", "setting of a sweep whose scores are shown, from 0; unless said the best", AT(setting),
     .takes = "the number of a setting"},
    {"charts", GT_OPTION_SWITCH, "", "draw charts (--no-charts: tables alone); needs gnuplot", AT(charts)},
    {"gallery", GT_OPTION_SWITCH, "", "show points or images of a few runs, however long they train again (--no-gallery: don't)", AT(gallery)},
    {"force", GT_OPTION_SWITCH, "", "replace files that exist", AT(force)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static settings defaults(void) { return (settings){.out = "report.html"}; }

static const void *help_defaults(void) {
    static settings shown;
    shown = defaults();
    return &shown;
}

/* ---------------------------------------------------------------- before any work */

static bool is_same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check(const settings *s) {
    const bool force = s->force == GT_SWITCH_ON, charts = s->charts != GT_SWITCH_OFF;
    struct stat info;
    if (is_same_file(s->out, s->study))
        return gt_cli_fail(GT_EXIT_USAGE, "--out %s: this is the study itself; name another file", s->out);
    if (!force && stat(s->out, &info) == 0 && S_ISREG(info.st_mode))
        return gt_cli_fail(GT_EXIT_USAGE, "--out %s: the file exists; name another, or replace it with --force", s->out);
    if (!charts && s->figures != NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "--figures %s and --no-charts: leave one of the two out", s->figures);
    if (s->figures != NULL && stat(s->figures, &info) == 0) {
        if (!S_ISDIR(info.st_mode))
            return gt_cli_fail(GT_EXIT_USAGE, "--figures %s: this is a file; name a folder", s->figures);
        if (!force)
            return gt_cli_fail(GT_EXIT_USAGE,
                               "--figures %s: the folder exists; name another, or replace the charts in it with --force",
                               s->figures);
    }
    if (charts && !gt_plots_available())
        return gt_cli_fail(GT_EXIT_FAILURE,
                           "charts need gnuplot; install it (Debian: apt install gnuplot-nox), or ask for tables alone with "
                           "--no-charts");
    return GT_EXIT_OK;
}

/* The setting whose scores are shown. */
static int choose_setting(const settings *s, const gt_store_summary *summary, size_t *setting) {
    uint64_t number;
    *setting = gt_sweep_best(summary);
    if (s->setting == NULL) return GT_EXIT_OK;
    if (!gt_number_parse_u64(s->setting, &number) || number >= summary->n_settings)
        return gt_cli_fail(GT_EXIT_USAGE, "--setting %s: this study has the settings 0 to %zu", s->setting,
                           summary->n_settings - 1);
    *setting = (size_t)number;
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- the folder of the charts */

/* The user's, or one for as long as the page is written. NULL: the error is printed. */
static char *open_folder(const settings *s) {
    if (s->figures != NULL) {
        if (mkdir(s->figures, 0777) == 0 || errno == EEXIST) return gt_cli_text("%s", s->figures);
        gt_cli_fail(GT_EXIT_FAILURE, "can't create %s: %s; name another folder with --figures", s->figures, strerror(errno));
        return NULL;
    }
    const char *temporary = getenv("TMPDIR");
    char *folder = gt_cli_text("%s/gantry-report-XXXXXX", temporary != NULL && *temporary != '\0' ? temporary : "/tmp");
    if (mkdtemp(folder) != NULL) return folder;
    gt_cli_fail(GT_EXIT_FAILURE, "can't create %s: %s; name another folder with TMPDIR", folder, strerror(errno));
    free(folder);
    return NULL;
}

static void close_folder(const settings *s, const gt_figures *figures, char *folder) {
    if (s->figures == NULL) {
        for (size_t f = 0; f < figures->n; f++) {
            const gt_figure *figure = &figures->list[f];
            char *path = gt_cli_text("%s/%s.%s", folder, figure->name, gt_figure_is_images(figure) ? "png" : "svg");
            unlink(path);
            free(path);
        }
        rmdir(folder);
    }
    free(folder);
}

/* ---------------------------------------------------------------- the page */

static void find_perfect(const gt_store_study *study, const gt_store_summary *summary, size_t setting,
                         double perfect[GT_MAX_STORE_METRICS]) {
    const gt_metrics row = {.w1_x_floor = summary->w1_x_floor};
    for (int m = 0; m < summary->n_metrics; m++) perfect[m] = NAN;
    for (const gt_score *score = gt_scores; score->name != NULL; score++) {
        const int m = gt_store_metric_index(score->name);
        if (m >= 0) perfect[m] = gt_score_perfect(score, &study->plan.settings[setting], &row);
    }
}

static int write_page(const settings *s, gt_store *store, const gt_figures_input *input, const gt_figures *figures,
                      const gt_report_samples *samples) {
    gt_report report = {.store = store,
                        .input = input,
                        .figures = figures,
                        .notes = (const char *const *)samples->notes,
                        .n_notes = samples->n_notes};
    char *folder = NULL;
    gt_interrupt_catch(); /* what is begun here takes a second, and is cleaned up */
    if (figures->n > 0) {
        folder = open_folder(s);
        if (folder == NULL) return GT_EXIT_FAILURE;
        report.folder = folder;
    }
    gt_status status = gt_figures_draw(folder, figures, s->figures != NULL);
    if (status == GT_OK) status = gt_report_write(s->out, &report);
    if (folder != NULL) close_folder(s, figures, folder);
    if (status != GT_OK) return gt_cli_fail_status(status);
    fprintf(stderr, "report: %s\n", s->out);
    if (s->figures != NULL) {
        const size_t n_images = gt_figures_count_images(figures);
        fprintf(stderr, "charts: %zu as PNG and SVG in %s\n", figures->n - n_images, s->figures);
        if (n_images > 0) fprintf(stderr, "grids of images: %zu as PNG there\n", n_images);
    }
    return gt_interrupt_signal() == 0 ? GT_EXIT_OK : GT_EXIT_SIGNAL + gt_interrupt_signal();
}

static int report(const settings *s, gt_store *store) {
    const gt_store_study *study = gt_store_get_study(store);
    double perfect[GT_MAX_STORE_METRICS];
    gt_store_summary summary;
    gt_report_samples samples = {0};
    gt_figures figures = {0};
    gt_figures_input input = {.study = study, .summary = &summary, .perfect = perfect};
    gt_status status = gt_store_summarise(store, &summary);
    int code = status == GT_OK ? choose_setting(s, &summary, &input.setting) : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK && s->charts != GT_SWITCH_OFF && s->gallery != GT_SWITCH_OFF)
        code = gt_report_samples_make(store, &summary, s->gallery == GT_SWITCH_ON, &samples);
    if (code == GT_EXIT_OK) {
        find_perfect(study, &summary, input.setting, perfect);
        input.samples = samples.list;
        input.n_samples = samples.n;
        status = s->charts != GT_SWITCH_OFF ? gt_figures_of(&input, &figures) : GT_OK;
        code = status == GT_OK ? write_page(s, store, &input, &figures, &samples) : gt_cli_fail_status(status);
    }
    gt_figures_free(&figures);
    gt_report_samples_free(&samples);
    gt_store_summary_free(&summary);
    return code;
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_store *store = NULL;
    int code = gt_cli_read(options, argc, argv, &s);
    if (code == GT_EXIT_OK) code = check(&s);
    if (code == GT_EXIT_OK) {
        const gt_status status = gt_store_open(s.study, false, &store);
        code = status == GT_OK ? report(&s, store) : gt_cli_fail_status(status);
    }
    gt_store_close(store);
    return code;
}

const gt_command gt_command_report = {
    .name = "report",
    .summary = "tell a study in one page: shares, times, charts, single runs",
    .run = run,
    .usage = "FILE [flags]",
    .about =
        "Writes one HTML page that needs no network: what became of the runs, with intervals; convergence and every score\n"
        "over the iterations; times to convergence; the settings of a sweep compared; points or images of a few runs, from\n"
        "their kept checkpoints or trained again; how little the tutorial's accuracies tell; and how to repeat it all. A\n"
        "study that still runs can be told, too.",
    .options = options,
    .defaults = help_defaults,
};
