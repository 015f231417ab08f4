/* gantry target: what a generator learns, as numbers and as a picture (the tutorial's notebooks 01 and 02). */
#include "cli/command.h"
#include "cli/points_file.h"
#include "cli/spec_settings.h"
#include "cli/target_images.h"
#include "core/target_data.h"
#include "io/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = 11, SAMPLES = 100 }; /* as in the tutorial */

typedef struct {
    gt_spec_settings base;
    const char *target;       /* the same as base's, by its place */
    uint64_t values, samples; /* 0: not asked for */
    gt_switch list, verbose, force;
    const char *plot; /* NULL: none */
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
/* clang-format off */
static const gt_option options[] = {
    {"which", GT_OPTION_TEXT, "TARGET", "the same as --target TARGET", GT_OPTION_POSITIONAL, AT(target)},
    {.help = "What to show"},
    {"points", GT_OPTION_U64, "N", "values of a function at N points of its domain with equal distances", .min = 2,
     .max = 1e6, AT(values)},
    {"samples", GT_OPTION_U64, "N", "N random points, instead of values of a function, or of telling about images", .min = 1, .max = 1e7,
     AT(samples)},
    {"plot", GT_OPTION_PICTURE, "[FILE.png]", "draw them (target_NAME.png)", AT(plot)},
    {"force", GT_OPTION_SWITCH, "", "replace a picture that exists", AT(force)},
    {"list", GT_OPTION_SWITCH, "", "all targets, with their parameters and domains", AT(list)},
    {"verbose", GT_OPTION_SWITCH, "", "tell on stderr what the target is, and how exact the table is that devices draw from",
     AT(verbose)},
    {.kind = GT_OPTION_PART, .part = gt_spec_options},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static settings defaults(void) { return (settings){.base = gt_spec_settings_defaults()}; }

static const void *help_defaults(void) {
    static settings shown;
    shown = defaults();
    shown.values = VALUES;
    shown.samples = SAMPLES;
    return &shown;
}

/* ---------------------------------------------------------------- --list */

static int list(void) {
    gt_target_spec target;
    for (int i = 0; gt_target_name(i) != NULL; i++) {
        char lo[GT_NUMBER_CHARS], hi[GT_NUMBER_CHARS], value[GT_NUMBER_CHARS];
        gt_status status = gt_target_by_name(gt_target_name(i), &target);
        if (status != GT_OK) return gt_cli_fail_status(status);
        printf("%-14s %s\n", gt_target_name(i), gt_target_summary(i));
        if (gt_target_kind_of(&target) == GT_TARGET_FUNCTION)
            printf("%-14s --domain %s:%s\n", "", gt_number_format(target.lo, lo), gt_number_format(target.hi, hi));
        for (int p = 0; p < GT_MAX_TARGET_PARAMETERS && gt_target_parameter_name(target.name, p) != NULL; p++) {
            if (p == 0) printf("%-14s --target-params ", "");
            printf(p == 0 ? "%s=%s" : ",%s=%s", gt_target_parameter_name(target.name, p),
                   gt_number_format(target.parameter[p], value));
            const bool last = p + 1 == GT_MAX_TARGET_PARAMETERS || gt_target_parameter_name(target.name, p + 1) == NULL;
            if (last) putchar('\n');
        }
    }
    return gt_cli_flush();
}

/* ---------------------------------------------------------------- values and samples */

/* To so many digits of the size of all such values, as a person would write it: -0.1 and not -0.09999999999999998. */
static double tidy(double value, double size, int digits) {
    char text[GT_NUMBER_CHARS];
    const double unit = pow(10, ceil(log10(size)) - digits);
    snprintf(text, sizeof text, "%.*g", digits, round(value / unit) * unit);
    return size > 0 ? strtod(text, NULL) + 0.0 : 0;
}

static void fill_places(const gt_target_spec *target, double *x, size_t n) {
    const double size = fmax(fabs(target->lo), fabs(target->hi));
    for (size_t k = 0; k < n; k++) x[k] = tidy(target->lo + (target->hi - target->lo) * (double)k / (double)(n - 1), size, 12);
    x[0] = target->lo;
    x[n - 1] = target->hi;
}

/* The largest |y| of a function, about. */
static gt_status find_size(const gt_target_spec *target, double *size) {
    enum { GRID = 256 };
    double x[GRID], y[GRID];
    for (int k = 0; k < GRID; k++) x[k] = target->lo + (target->hi - target->lo) * (k + 0.5) / GRID;
    gt_status status = gt_target_function(target, x, GRID, y);
    for (int k = 0; status == GT_OK && k < GRID; k++) *size = fmax(*size, fabs(y[k]));
    return status;
}

/* 9 digits: more than the floats have that are drawn. */
static gt_status compute_values(const gt_target_spec *target, size_t n, float *points) {
    double *x = gt_cli_resize(NULL, n, sizeof *x), *y = gt_cli_resize(NULL, n, sizeof *y), size = 0;
    fill_places(target, x, n);
    gt_status status = find_size(target, &size);
    if (status == GT_OK) status = gt_target_function(target, x, n, y);
    for (size_t k = 0; status == GT_OK && k < n; k++) size = fmax(size, fabs(y[k]));
    if (status == GT_OK) printf("x,y\n");
    for (size_t k = 0; status == GT_OK && k < n && !ferror(stdout); k++) {
        printf("%.12g,%.9g\n", x[k], tidy(y[k], size, 9));
        points[2 * k] = (float)x[k];
        points[2 * k + 1] = (float)y[k];
    }
    free(x);
    free(y);
    return status;
}

/* Images are told about, unless their values are asked for. */
static bool tells_images(const settings *s) { return gt_target_is_images(&s->base.spec.target) && s->samples == 0; }

static gt_status draw_samples(const settings *s, size_t n, float *points) {
    gt_trainer *trainer = NULL;
    gt_trainer_options on_cpu = {.first_seed = s->base.seed, .n_runs = 1, .device = GT_DEVICE_CPU};
    gt_status status = gt_trainer_create(&s->base.spec, &on_cpu, &trainer);
    if (status == GT_OK) status = gt_trainer_draw(trainer, 0, GT_DRAW_REAL, 0, n, points);
    if (status == GT_OK) {
        gt_trainer_to_data(trainer, points, n);
        if (!tells_images(s)) gt_points_print(points, n, s->base.spec.target.n_columns, stdout);
    }
    gt_trainer_destroy(trainer);
    return status;
}

/* ---------------------------------------------------------------- the command */

static int tell(const gt_target_spec *target) {
    static const char *const kinds[] = {[GT_TARGET_FUNCTION] = "a function",
                                        [GT_TARGET_MIXTURE] = "a mixture of Gaussians",
                                        [GT_TARGET_CURVE] = "points along a curve",
                                        [GT_TARGET_DATA] = "data"};
    double error;
    gt_status status = gt_target_table_error(target, &error);
    if (status != GT_OK) return gt_cli_fail_status(status);
    fprintf(stderr, "target: %s%s%s, %s of %d column%s", target->name, target->expression[0] != '\0' ? " " : "",
            target->expression, kinds[gt_target_kind_of(target)], target->n_columns, target->n_columns == 1 ? "" : "s");
    if (gt_target_kind_of(target) == GT_TARGET_DATA) fprintf(stderr, ", %zu rows", target->n_points);
    if (gt_target_kind_of(target) == GT_TARGET_FUNCTION)
        fprintf(stderr, error > 0 ? "; the table that devices draw from is off by %.2g at most" : "; drawn from exactly",
                error);
    fputc('\n', stderr);
    return GT_EXIT_OK;
}

static int refuse_values(const settings *s) {
    if (s->values > 0 && s->samples > 0)
        return gt_cli_fail(GT_EXIT_USAGE, "--points %llu and --samples %llu: leave one of the two out",
                           (unsigned long long)s->values, (unsigned long long)s->samples);
    if (s->values > 0 && gt_target_kind_of(&s->base.spec.target) != GT_TARGET_FUNCTION)
        return gt_cli_fail(GT_EXIT_USAGE, "--points %llu: only a function has values at points of its own; use --samples",
                           (unsigned long long)s->values);
    return GT_EXIT_OK;
}

static int draw_picture(const settings *s, const float *points, size_t n, bool values, const gt_picture_file *file) {
    const gt_target_spec *target = &s->base.spec.target;
    if (gt_target_is_images(target)) return gt_grid_file_draw(file, target, points, n, (size_t)ceil(sqrt((double)n)));
    char *title = gt_cli_text(values ? "%s" : "%s: %zu random points",
                              target->expression[0] != '\0' ? target->expression : target->name, n);
    const int code = gt_picture_file_draw(file, target,
                                          (gt_picture){.title = title,
                                                       .real = {points, n, (size_t)target->n_columns},
                                                       .curve = gt_target_kind_of(target) == GT_TARGET_FUNCTION,
                                                       .joined = values && n <= 50});
    free(title);
    return code;
}

static int show(const settings *s, const gt_picture_file *file) {
    const gt_target_spec *target = &s->base.spec.target;
    const bool function = gt_target_kind_of(target) == GT_TARGET_FUNCTION, values = function && s->samples == 0;
    const size_t n = s->samples > 0 ? s->samples : values ? (s->values > 0 ? s->values : VALUES) : SAMPLES;
    float *points = gt_cli_resize(NULL, n, (size_t)target->n_columns * sizeof *points);
    gt_status status = GT_OK;
    if (tells_images(s)) gt_target_print_images(&s->base.images);
    if (values)
        status = compute_values(target, n, points);
    else if (!tells_images(s) || s->plot != NULL)
        status = draw_samples(s, n, points);
    int code = status == GT_OK ? gt_cli_flush() : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK && s->verbose == GT_SWITCH_ON) code = tell(target);
    if (code == GT_EXIT_OK && s->plot != NULL) code = draw_picture(s, points, n, values, file);
    free(points);
    return code;
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_option_values values = {0};
    gt_picture_file file = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    const char *which = code == GT_EXIT_OK ? gt_option_given(&values, options, "which") : NULL;
    if (which != NULL && gt_option_given(&values, options, "target") != NULL)
        code = gt_cli_fail(GT_EXIT_USAGE, "%s and --target %s: leave one of the two out", which,
                           gt_option_given(&values, options, "target"));
    else if (which != NULL)
        gt_option_give(&values, options, "target", which);
    if (code == GT_EXIT_OK) code = gt_spec_settings_read(options, &values, &s);
    if (code == GT_EXIT_OK) code = refuse_values(&s);
    if (code == GT_EXIT_OK && s.list == GT_SWITCH_ON) {
        code = list();
    } else if (code == GT_EXIT_OK) {
        char *name = gt_spec_settings_name(&s.base), *default_name = gt_cli_text("target_%s.png", name);
        const bool force = s.force == GT_SWITCH_ON;
        if (s.plot != NULL && gt_target_is_images(&s.base.spec.target))
            code = gt_grid_file_open("plot", s.plot, default_name, force, &file);
        else if (s.plot != NULL)
            code = gt_picture_file_open(s.plot, default_name, force, &file);
        if (code == GT_EXIT_OK) code = show(&s, &file);
        free(name);
        free(default_name);
    }
    gt_picture_file_free(&file);
    gt_spec_settings_free(&s.base);
    return code;
}

const gt_command gt_command_target = {
    .name = "target",
    .summary = "show what a generator learns: values, random points, a picture",
    .run = run,
    .usage = "[TARGET] [flags]",
    .about =
        "Prints points of a target as CSV: of a function its values at 11 points of the domain, of sets and data 100 random\n"
        "points; of images how many there are, and of what kind. TARGET is a name (gantry target --list), or an expression\n"
        "of x such as 'sin(2*pi*x)*exp(-x)'.",
    .options = options,
    .defaults = help_defaults,
};
