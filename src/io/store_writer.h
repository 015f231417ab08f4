/* private. The thread that writes a store while the study computes: what it is handed waits in a queue, and what has gathered
 * there becomes one transaction. Where writing falls behind, handing over waits. A failure is reported by the next call. */
#ifndef GT_IO_STORE_WRITER_H
#define GT_IO_STORE_WRITER_H

#include "io/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_store_writer gt_store_writer;

/* Until the end nobody else writes the store; it may be read. */
gt_status gt_store_writer_begin(gt_store *store, gt_store_writer **out);

/* Arrays are copied, but states are taken: freed when they are written. */
gt_status gt_store_writer_rows(gt_store_writer *writer, const gt_study_block *block, const gt_metrics *rows,
                               const bool *converged);
gt_status gt_store_writer_states(gt_store_writer *writer, const gt_study_block *block, uint64_t iteration, void *states,
                                 size_t bytes);
gt_status gt_store_writer_results(gt_store_writer *writer, const gt_study_block *block, const gt_study_result *results);

/* Waits until everything handed over is committed, or has failed. */
gt_status gt_store_writer_flush(gt_store_writer *writer);

/* Flushes and ends the thread. seconds: how long it has been writing. NULL is fine. */
gt_status gt_store_writer_end(gt_store_writer *writer, double *busy_seconds);

#ifdef __cplusplus
}
#endif
#endif
