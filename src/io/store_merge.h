/* private. Several stores of one study in one: shards that are joined, and a part that is taken out of them. */
#ifndef GT_IO_STORE_MERGE_H
#define GT_IO_STORE_MERGE_H

#include "io/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_store_merge_options {
    uint64_t shard, n_shards; /* of the study: the seeds that are taken; 0 of 1 for all */
    bool replace;             /* a store that stands at `out` */
    bool allow_missing;       /* runs that none of the parts has finished */
} gt_store_merge_options;

/* Seeds [first, end) without a finished run under at least one setting. */
typedef struct gt_seed_gap {
    uint64_t first, end;
} gt_seed_gap;

typedef struct gt_store_merge_result {
    uint64_t n_runs, n_finished; /* of the seeds that are taken */
    uint64_t n_resumable;        /* not finished, with a saved state */
    uint64_t n_overlapping;      /* finished in more than one part; each time the same, bit for bit */
    gt_seed_gap *missing;        /* upwards */
    size_t n_missing;
} gt_store_merge_result;

/* Writes the runs of all parts into a new store at `out`, which appears whole or not at all; a part may be at `out` itself.
 * A run that several parts have: a finished one wins, else the one that got further. What comes out depends neither on the
 * number of the parts nor on their order, but for the facts of how it was computed: `created` is the earliest, seconds are
 * summed, of others each value is kept. Parts are only read, and may be written meanwhile; of those the runs count that are
 * finished, and the states that are saved.
 *
 * GT_ERR_ARGUMENT: parts of different studies, or runs that are missing. GT_ERR_FILE: a part that can't be read, or parts that
 * differ in a run which both have finished. GT_ERR_IO, GT_ERR_MEMORY. Free the result in any case. */
gt_status gt_store_merge(const char *const *parts, size_t n_parts, const char *out, const gt_store_merge_options *options,
                         gt_store_merge_result *result);

void gt_store_merge_result_free(gt_store_merge_result *result);

/* Ranges as text: "0:250, 500:1000"; more than a line holds as "... and 7 more ranges". The caller frees; NULL: no memory. */
char *gt_seed_gaps_format(const gt_seed_gap *ranges, size_t n);

#ifdef __cplusplus
}
#endif
#endif
