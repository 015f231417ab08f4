/* private to the CLI. The flags that every command shares which makes a trainer: what to train, and how to compute. */
#ifndef GT_CLI_SPEC_SETTINGS_H
#define GT_CLI_SPEC_SETTINGS_H

#include "cli/options.h"
#include "gantry/gantry.h"

/* The first member of such a command's settings. */
typedef struct gt_spec_settings {
    int preset; /* index of gt_preset_name(); -1: the spec is from a checkpoint, and of no preset */
    gt_spec spec;
    uint64_t seed;
    const char *data; /* the file, or folder, that the target's points or images are from; NULL: none, or not known */
    float *points;    /* these; owned */
    gt_images images; /* or these; owned */

    int device, engine, isa; /* gt_device, gt_engine_kind, gt_isa */
    int precision, rng;      /* gt_precision, gt_rng */
    gt_gpu_list devices;     /* none: all that there are */
} gt_spec_settings;

/* Parts of tables (GT_OPTION_PART). */
extern const gt_option gt_spec_options[];   /* preset, seed, and a flag for each member of gt_spec */
extern const gt_option gt_device_options[]; /* device, devices, engine, isa, precision, rng */

/* The tutorial, its spec filled in. */
gt_spec_settings gt_spec_settings_defaults(void);

/* Command line over file over preset into settings, which begin with a gt_spec_settings of defaults. file may be NULL; what of
 * it the command line makes void is taken out. Returns an exit code, the error printed. */
int gt_spec_settings_apply(const gt_option *table, gt_option_values *file, const gt_option_values *command_line,
                           void *settings);

/* Whether it can be trained; a decay of the learning rates that says no length gets n_iterations. The same. */
int gt_spec_settings_check(gt_spec_settings *settings, uint64_t n_iterations);

/* All of it for a command without config files: settings begin with a gt_spec_settings. The same; free in any case. */
int gt_spec_settings_read(const gt_option *table, const gt_option_values *command_line, void *settings);
void gt_spec_settings_free(gt_spec_settings *settings);

/* How to compute, for gt_trainer_create() and gt_trainer_load(); one run. */
gt_trainer_options gt_spec_settings_options(const gt_spec_settings *settings);

/* "x2", the preset's name; or the target's, or its file's, where that is another. The caller frees. */
char *gt_spec_settings_name(const gt_spec_settings *settings);

#endif
