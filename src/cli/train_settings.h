/* private to the CLI. What `gantry train` is told: presets, a config file and flags resolved into one struct. */
#ifndef GT_CLI_TRAIN_SETTINGS_H
#define GT_CLI_TRAIN_SETTINGS_H

#include "cli/options.h"
#include "gantry/gantry.h"

typedef struct gt_train_settings {
    int preset; /* index of gt_preset_name() */
    gt_spec spec;
    uint64_t seed, iterations, eval_every, save_every; /* save_every 0: at evaluations only */
    int eval_samples;
    int device, engine, isa; /* gt_device, gt_engine_kind, gt_isa */
    gt_gpu_list devices;     /* none: all that there are */
    gt_switch plots;         /* left to itself: where gnuplot is installed */
    const char *out, *config_path, *resume;
    gt_switch force, json, quiet, help;

    /* With --resume: */
    char *checkpoint; /* the file to go on from */
    char *run_folder; /* its folder, if that holds the config of a run; else NULL */

    gt_config config; /* owns texts that the members above point to */
} gt_train_settings;

extern const gt_option gt_train_options[];

/* Command line over file over preset. Returns an exit code, the error printed. Free in any case. */
int gt_train_settings_resolve(int argc, char **argv, gt_train_settings *out);
void gt_train_settings_free(gt_train_settings *settings);

/* Takes spec, preset and seed from the checkpoint that was loaded; it must agree with the config of its folder. */
int gt_train_settings_adopt(gt_train_settings *settings, const gt_trainer *trainer);

/* config.yaml: the settings as a file for --config that repeats the run. */
gt_status gt_train_settings_write(const gt_train_settings *settings, const char *path);

/* gantry train --help */
void gt_train_settings_print_help(FILE *out);

#endif
