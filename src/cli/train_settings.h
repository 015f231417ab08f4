/* private to the CLI. What `gantry train` is told: presets, a config file and flags resolved into one struct. */
#ifndef GT_CLI_TRAIN_SETTINGS_H
#define GT_CLI_TRAIN_SETTINGS_H

#include "cli/epochs.h"
#include "cli/options.h"
#include "cli/run_source.h"
#include "cli/spec_settings.h"
#include "gantry/gantry.h"

typedef struct gt_train_settings {
    gt_spec_settings base;
    uint64_t iterations, eval_every, save_every; /* save_every 0: at evaluations only */
    gt_epochs epochs;                            /* iterations and eval_every have them in already */
    int eval_samples;
    gt_switch plots; /* left to itself: where gnuplot is installed */
    gt_switch infinity;
    const char *init_from, *g_init_from, *d_init_from, *classifier;
    const char *out, *config_path, *resume;
    gt_switch force, json, quiet;

    /* With --resume: */
    gt_run_source source;      /* what to go on from; its trainer stays NULL */
    gt_option_values recorded; /* what the config of its folder says of the spec */

    char *config_file; /* that was read; NULL: none */
    gt_config config;  /* owns texts that the members above point to */
} gt_train_settings;

extern const gt_option gt_train_options[];
const void *gt_train_defaults(void);

/* Command line over file over preset. Returns an exit code, the error printed. Free in any case. */
int gt_train_settings_resolve(int argc, char **argv, gt_train_settings *out);
void gt_train_settings_free(gt_train_settings *settings);

/* Takes spec, preset and seed from the checkpoint that was loaded; it must agree with the config of its folder. */
int gt_train_settings_adopt(gt_train_settings *settings, const gt_trainer *trainer);

/* The preset that a spec is of, in every flag; -1: none. */
int gt_train_preset_of(const gt_spec_settings *settings);

/* config.yaml: the settings as a file for --config that repeats the run. */
gt_status gt_train_settings_write(const gt_train_settings *settings, const char *path);

#endif
