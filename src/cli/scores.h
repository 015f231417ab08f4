/* private to the CLI. The scores of a checkpoint in words: which there are for a target, what they mean, what a perfect
 * generator would show. */
#ifndef GT_CLI_SCORES_H
#define GT_CLI_SCORES_H

#include "gantry/gantry.h"
#include "io/number.h"

#include <stddef.h>

typedef struct gt_score {
    const char *name; /* as in metrics.csv */
    const char *meaning;
    size_t offset;  /* of the double in gt_metrics */
    unsigned kinds; /* of targets that have it: bits 1 << gt_target_kind */
} gt_score;

extern const gt_score gt_scores[]; /* in the order to show them; a NULL name behind the last */

/* Whether a target has it. */
bool gt_score_is_of(const gt_score *score, const gt_spec *spec);

/* The two or three that the lines of gantry train show for a target; NULL past the end. */
const gt_score *gt_score_of_line(const gt_spec *spec, int index);

double gt_score_value(const gt_score *score, const gt_metrics *row);

/* What a generator that draws from the target itself shows, on average over seeds; NaN where that is not known. */
double gt_score_perfect(const gt_score *score, const gt_spec *spec, const gt_metrics *row);

/* "0.0233", "12/20", "nan". Returns text. */
char *gt_score_format(const gt_score *score, double value, const gt_spec *spec, char text[GT_NUMBER_CHARS]);

#endif
