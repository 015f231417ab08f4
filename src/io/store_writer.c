/* The writing thread of a store. */
#include "io/store_writer.h"

#include "core/clock.h"
#include "core/status.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_CHARS = 512 };
static const size_t queue_bytes = (size_t)256 << 20; /* that wait at most, beside one piece more */

typedef enum { ROWS, STATES, RESULTS } piece_kind;

/* What one call hands over. */
typedef struct piece {
    struct piece *next;
    piece_kind kind;
    uint64_t *ids; /* [n], of the runs */
    size_t n, bytes;
    void *data; /* gt_metrics, states or gt_study_result: [n] */
    bool *converged;
    uint64_t iteration;
    size_t state_bytes;
} piece;

struct gt_store_writer {
    gt_store *store;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    piece *first, **last;
    size_t waiting_bytes;
    bool writing, ending;
    gt_status status; /* the first failure */
    char error[ERROR_CHARS];
    double busy_seconds;
};

static void free_pieces(piece *first) {
    while (first != NULL) {
        piece *next = first->next;
        free(first->ids);
        free(first->data);
        free(first->converged);
        free(first);
        first = next;
    }
}

/* ---------------------------------------------------------------- the thread */

static gt_status write_piece(gt_store *store, const piece *of) {
    for (size_t r = 0; r < of->n; r++) {
        gt_store_run run = {.run = of->ids[r], .finished = true};
        switch (of->kind) {
        case ROWS:
            GT_TRY(gt_store_put_row(store, of->ids[r], &((const gt_metrics *)of->data)[r], of->converged[r]));
            break;
        case STATES:
            GT_TRY(gt_store_put_state(store, of->ids[r], of->iteration, (const char *)of->data + r * of->state_bytes,
                                      of->state_bytes));
            break;
        case RESULTS:
            run.result = ((const gt_study_result *)of->data)[r];
            GT_TRY(gt_store_put_run(store, &run));
            break;
        }
    }
    return GT_OK;
}

static gt_status write_pieces(gt_store *store, const piece *first) {
    GT_TRY(gt_store_begin(store));
    gt_status status = GT_OK;
    for (const piece *of = first; status == GT_OK && of != NULL; of = of->next) status = write_piece(store, of);
    if (status == GT_OK) status = gt_store_commit(store);
    if (status != GT_OK) gt_store_rollback(store);
    return status;
}

/* All that has gathered, until the end. After a failure what comes is thrown away. */
static void *write_queue(void *context) {
    gt_store_writer *writer = context;
    pthread_mutex_lock(&writer->mutex);
    while (writer->first != NULL || !writer->ending) {
        if (writer->first == NULL) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
            continue;
        }
        piece *pieces = writer->first;
        const bool failed = writer->status != GT_OK;
        writer->first = NULL;
        writer->last = &writer->first;
        writer->waiting_bytes = 0;
        writer->writing = true;
        pthread_cond_broadcast(&writer->changed);
        pthread_mutex_unlock(&writer->mutex);
        const double began = gt_seconds();
        const gt_status status = failed ? GT_OK : write_pieces(writer->store, pieces);
        const double took = gt_seconds() - began;
        free_pieces(pieces);
        pthread_mutex_lock(&writer->mutex);
        writer->writing = false;
        writer->busy_seconds += took;
        if (status != GT_OK) {
            writer->status = status;
            snprintf(writer->error, sizeof writer->error, "%s", gt_last_error());
        }
        pthread_cond_broadcast(&writer->changed);
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

gt_status gt_store_writer_begin(gt_store *store, gt_store_writer **out) {
    gt_store_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a thread");
    writer->store = store;
    writer->last = &writer->first;
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->changed, NULL);
    if (pthread_create(&writer->thread, NULL, write_queue, writer) != 0) {
        free(writer);
        return gt_fail(GT_ERR_MEMORY, "no thread to write %s", gt_store_path(store));
    }
    *out = writer;
    return GT_OK;
}

/* ---------------------------------------------------------------- handing over */

/* The failure of the other thread as this one's. */
static gt_status failure(const gt_store_writer *writer) {
    return writer->status == GT_OK ? GT_OK : gt_fail(writer->status, "%s", writer->error);
}

static gt_status hand_over(gt_store_writer *writer, piece *of) {
    pthread_mutex_lock(&writer->mutex);
    while (writer->waiting_bytes > queue_bytes && writer->status == GT_OK) pthread_cond_wait(&writer->changed, &writer->mutex);
    const gt_status status = failure(writer);
    if (status == GT_OK) {
        *writer->last = of;
        writer->last = &of->next;
        writer->waiting_bytes += of->bytes;
        pthread_cond_broadcast(&writer->changed);
    }
    pthread_mutex_unlock(&writer->mutex);
    if (status != GT_OK) free_pieces(of);
    return status;
}

static void *copy(const void *data, size_t bytes) {
    void *own = malloc(bytes);
    if (own != NULL) memcpy(own, data, bytes);
    return own;
}

/* Hands over n values; data and converged become the piece's. */
static gt_status hand_over_values(gt_store_writer *writer, const gt_study_block *block, piece given) {
    const gt_study_plan *plan = &gt_store_get_study(writer->store)->plan;
    const size_t n = gt_study_block_size(block);
    piece *of = malloc(sizeof *of);
    given.n = n;
    given.ids = malloc(n * sizeof *given.ids);
    if (of == NULL || given.ids == NULL || given.data == NULL || (given.kind == ROWS && given.converged == NULL)) {
        free(of);
        free(given.ids);
        free(given.data);
        free(given.converged);
        return gt_fail(GT_ERR_MEMORY, "no memory for what is written of %zu runs", n);
    }
    for (size_t r = 0; r < n; r++) given.ids[r] = gt_study_block_run_id(plan, block, r);
    *of = given;
    return hand_over(writer, of);
}

gt_status gt_store_writer_rows(gt_store_writer *writer, const gt_study_block *block, const gt_metrics *rows,
                               const bool *converged) {
    const size_t n = gt_study_block_size(block);
    return hand_over_values(writer, block,
                            (piece){.kind = ROWS,
                                    .bytes = n * sizeof *rows,
                                    .data = copy(rows, n * sizeof *rows),
                                    .converged = copy(converged, n * sizeof *converged)});
}

gt_status gt_store_writer_states(gt_store_writer *writer, const gt_study_block *block, uint64_t iteration, void *states,
                                 size_t bytes) {
    return hand_over_values(writer, block,
                            (piece){.kind = STATES,
                                    .bytes = gt_study_block_size(block) * bytes,
                                    .data = states,
                                    .iteration = iteration,
                                    .state_bytes = bytes});
}

gt_status gt_store_writer_results(gt_store_writer *writer, const gt_study_block *block, const gt_study_result *results) {
    const size_t bytes = gt_study_block_size(block) * sizeof *results;
    return hand_over_values(writer, block, (piece){.kind = RESULTS, .bytes = bytes, .data = copy(results, bytes)});
}

gt_status gt_store_writer_flush(gt_store_writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    while (writer->first != NULL || writer->writing) pthread_cond_wait(&writer->changed, &writer->mutex);
    const gt_status status = failure(writer);
    pthread_mutex_unlock(&writer->mutex);
    return status;
}

gt_status gt_store_writer_end(gt_store_writer *writer, double *busy_seconds) {
    if (writer == NULL) return GT_OK;
    pthread_mutex_lock(&writer->mutex);
    writer->ending = true;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    const gt_status status = failure(writer);
    if (busy_seconds != NULL) *busy_seconds = writer->busy_seconds;
    pthread_mutex_destroy(&writer->mutex);
    pthread_cond_destroy(&writer->changed);
    free(writer);
    return status;
}
