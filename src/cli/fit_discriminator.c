/* gantry fit-discriminator: D alone against real points and uniform ones (the tutorial's notebook 04). */
#include "cli/command.h"
#include "cli/spec_settings.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    gt_spec_settings base;
    uint64_t epochs;
} settings;

/* clang-format off */
static const gt_option options[] = {
    {.help = "How long"},
    {"epochs", GT_OPTION_U64, "N", "batches to train on, half of each real", .min = 1, .max = UINT32_MAX, .n_members = 1,
     .member = {offsetof(settings, epochs)}},
    {.kind = GT_OPTION_PART, .part = gt_spec_options},
    {.kind = GT_OPTION_PART, .part = gt_device_options},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static settings defaults(void) { return (settings){.base = gt_spec_settings_defaults(), .epochs = 1000}; }

static const void *help_defaults(void) {
    static settings shown;
    shown = defaults();
    return &shown;
}

/* Half a batch of one kind. */
typedef struct {
    gt_draw what;
    size_t n;
    float *points, *labels; /* [n, X], [n] */
    double accuracy;
} half;

static half half_of(const gt_spec *spec, gt_draw what, double label) {
    half h = {.what = what, .n = (size_t)(spec->half_batch > 0 ? spec->half_batch : spec->batch / 2)};
    h.points = gt_cli_resize(NULL, h.n, (size_t)spec->target.n_columns * sizeof *h.points);
    h.labels = gt_cli_resize(NULL, h.n, sizeof *h.labels);
    for (size_t i = 0; i < h.n; i++) h.labels[i] = (float)label;
    return h;
}

static void free_half(half *h) {
    free(h->points);
    free(h->labels);
}

static gt_status train_on(gt_trainer *trainer, half *h, uint32_t epoch) {
    gt_status status = gt_trainer_draw(trainer, 0, h->what, epoch, h->n, h->points);
    return status == GT_OK ? gt_trainer_train_on_batch(trainer, 0, GT_DISCRIMINATOR, h->points, h->labels, h->n, NULL) : status;
}

static gt_status evaluate(gt_trainer *trainer, half *h) {
    gt_batch_result result;
    gt_status status = gt_trainer_evaluate_on_batch(trainer, 0, GT_DISCRIMINATOR, h->points, h->labels, h->n, &result);
    h->accuracy = result.accuracy;
    return status;
}

/* As there: two updates, then both accuracies, of the same points. */
static int fit(gt_trainer *trainer, uint64_t epochs) {
    const gt_spec *spec = gt_trainer_get_spec(trainer);
    half real = half_of(spec, GT_DRAW_REAL, spec->real_label), fake = half_of(spec, GT_DRAW_UNIFORM, spec->fake_label);
    gt_status status = GT_OK;
    for (uint64_t i = 0; status == GT_OK && i < epochs && !ferror(stdout); i++) {
        char acc_real[GT_NUMBER_CHARS], acc_fake[GT_NUMBER_CHARS];
        status = train_on(trainer, &real, (uint32_t)i);
        if (status == GT_OK) status = train_on(trainer, &fake, (uint32_t)i);
        if (status == GT_OK) status = evaluate(trainer, &real);
        if (status == GT_OK) status = evaluate(trainer, &fake);
        if (status == GT_OK)
            printf("%" PRIu64 " %s %s\n", i, gt_number_format_repr(real.accuracy, acc_real),
                   gt_number_format_repr(fake.accuracy, acc_fake));
    }
    free_half(&real);
    free_half(&fake);
    return status == GT_OK ? gt_cli_flush() : gt_cli_fail_status(status);
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_option_values values = {0};
    gt_trainer *trainer = NULL;
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = gt_spec_settings_read(options, &values, &s);
    if (code == GT_EXIT_OK) {
        const gt_trainer_options how = gt_spec_settings_options(&s.base);
        gt_status status = gt_trainer_create(&s.base.spec, &how, &trainer);
        code = status == GT_OK ? fit(trainer, s.epochs) : gt_cli_fail_status(status);
    }
    gt_trainer_destroy(trainer);
    gt_spec_settings_free(&s.base);
    return code;
}

const gt_command gt_command_fit_discriminator = {
    .name = "fit-discriminator",
    .summary = "train the discriminator alone against uniform points",
    .run = run,
    .usage = "[flags]",
    .about =
        "Trains the discriminator on real points and on points uniform on [-1, 1] in each column, half a batch of each an\n"
        "epoch. Each line of output: epoch, accuracy on the real points and on the uniform ones.",
    .options = options,
    .defaults = help_defaults,
};
