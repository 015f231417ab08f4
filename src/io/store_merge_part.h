/* private. One part of a merge: its runs into the store that is being made. */
#ifndef GT_IO_STORE_MERGE_PART_H
#define GT_IO_STORE_MERGE_PART_H

#include "io/store_merge.h"
#include "io/store_sql.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Before the first part; merged: a connection that reads names as URIs, and holds the rows of all runs that are wanted. */
gt_status gt_store_merge_begin(gt_store *merged);

/* Takes what part k of parts has more of than those before it. */
gt_status gt_store_merge_take(gt_store *merged, const char *const *parts, size_t k);

/* After the last one: what has come together. */
gt_status gt_store_merge_count(gt_store *merged, gt_store_merge_result *result);

#ifdef __cplusplus
}
#endif
#endif
