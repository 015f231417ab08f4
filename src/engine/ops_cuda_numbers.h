/* private. Numbers of training by cuRAND's host API (--rng curand): the latents of all steps, and the words that choose real
 * points, of a block of iterations ahead.
 *
 * cuRAND keeps its position on the host, where a graph that is replayed would not move it. So blocks are drawn outside the
 * graph, whose kernels find their place in the block by the iteration that stands in device memory. A run has two sequences of
 * its own, from its seed; a block begins in them where its first iteration does, so that a run that is resumed goes on with the
 * same numbers. */
#ifndef GT_ENGINE_OPS_CUDA_NUMBERS_H
#define GT_ENGINE_OPS_CUDA_NUMBERS_H

#include "engine/ops.h"
#include "kernels/layered_kernels.h"

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ops_numbers ops_numbers;

/* For all runs of a plan, drawn on a stream of the current GPU. GT_ERR_DEVICE: cuRAND is not installed, or does not work here.
 */
gt_status ops_numbers_create(const ops_plan *plan, cudaStream_t stream, ops_numbers **out);
void ops_numbers_destroy(ops_numbers *numbers); /* NULL is fine */

/* Device memory that create takes. */
size_t ops_numbers_bytes(const ops_plan *plan);

/* Queues what is needed from an iteration on, of runs with these seeds; *n becomes the iterations that it is enough for. */
gt_status ops_numbers_prepare(ops_numbers *numbers, const uint64_t *seeds, uint64_t iteration, uint64_t *n);

/* Another run's numbers may stand where these seeds' did. */
void ops_numbers_forget(ops_numbers *numbers);

/* Where the words of real points are, and the latents of a stream, and what these are: DRAW_WORD, DRAW_UNIFORM, or the noise
 * itself. */
layered_drawn ops_numbers_words(const ops_numbers *numbers);
layered_drawn ops_numbers_latents(const ops_numbers *numbers, uint32_t stream, int *held);

#ifdef __cplusplus
}
#endif
#endif
