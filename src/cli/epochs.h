/* private to the CLI. Iterations counted in epochs, as --epochs and --epoch-iterations say. */
#ifndef GT_CLI_EPOCHS_H
#define GT_CLI_EPOCHS_H

#include "cli/options.h"

typedef struct gt_epochs {
    uint64_t n;          /* 0: iterations are counted one by one */
    uint64_t iterations; /* of an epoch */
} gt_epochs;

/* Of the image GAN that the preset mlp-mnist is: it loops over range(batch_size), 128, in each epoch. */
enum { GT_EPOCH_ITERATIONS = 128 };

/* The rows of a table, and where gt_epochs is a member of the settings. */
#define GT_EPOCH_ROWS(settings_, member_, flags_, max_)                                                                        \
    {.name = "epochs",                                                                                                         \
     .kind = GT_OPTION_U64,                                                                                                    \
     .value = "N",                                                                                                             \
     .help = "N times --epoch-iterations instead, with a checkpoint after each; 0: as --iterations says",                      \
     .flags = (flags_),                                                                                                        \
     .max = (max_),                                                                                                            \
     .n_members = 1,                                                                                                           \
     .member = {offsetof(settings_, member_.n)}},                                                                              \
    {                                                                                                                          \
        .name = "epoch-iterations", .kind = GT_OPTION_U64, .value = "N", .help = "iterations of an epoch", .flags = (flags_),  \
        .min = 1, .max = (max_), .n_members = 1, .member = {                                                                   \
            offsetof(settings_, member_.iterations)                                                                            \
        }                                                                                                                      \
    }

/* After the sources were applied: *iterations, and *eval_every unless a source gives it, where epochs are asked for. An epoch
 * count on the command line wins over iterations of a file, and the other way round. Returns an exit code, the error printed.
 */
int gt_epochs_resolve(const gt_option *table, const gt_option_values *file, const gt_option_values *command_line,
                      const gt_epochs *epochs, uint64_t *iterations, uint64_t *eval_every);

#endif
