/* private to the CLI. What --sweep says: an axis, its flag and values, and the settings that axes make. */
#ifndef GT_CLI_SWEEP_H
#define GT_CLI_SWEEP_H

#include "cli/options.h"

/* "lr=1e-4,3e-4,1e-3", "beta1=0:0.9:10" (from, to, how many), "lr=1e-5:1e-2:7:log"; values that have commas are parted by
 * semicolons: "d-hidden=25,25;50". With --random a range needs no count. */
typedef struct gt_sweep_axis {
    const gt_option *option;
    char **values; /* [n]; none for a range without a count */
    size_t n;
    double from, to; /* of a range */
    bool log;
} gt_sweep_axis;

enum { GT_MAX_SETTINGS = 10000 };

typedef struct gt_sweep {
    gt_sweep_axis axes[GT_MAX_TEXTS];
    size_t n_axes;
    char **values;     /* [n_settings][n_axes]: as the flags take them */
    size_t n_settings; /* 1 where nothing is swept */
} gt_sweep;

/* Flags are looked up in table; those of gt_spec_options can be swept. n_random: 0 makes the grid, whose last axis
 * changes fastest; else so many settings at random, from the streams of `seed`. Returns an exit code, the error printed. Free
 * in any case. */
int gt_sweep_parse(const gt_option *table, const gt_text_list *texts, uint64_t n_random, uint64_t seed, gt_sweep *out);
void gt_sweep_free(gt_sweep *sweep);

static inline const char *gt_sweep_value(const gt_sweep *sweep, size_t setting, size_t axis) {
    return sweep->values[setting * sweep->n_axes + axis];
}

#endif
