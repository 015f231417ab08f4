/* An iteration as a CUDA graph. The first time it is launched as it is: memory that it needs is allocated and algorithms are
 * chosen then, which a recording can't do. The second time it is recorded, and from then on replayed: everything that changes
 * from one to the next stands in device memory. */
#include "engine/ops_cuda.h"

#include "engine/cuda_try.h"

static void forget(ops_cuda_graph *graph) {
    if (graph->exec != NULL) (void)cudaGraphExecDestroy(graph->exec);
    *graph = (ops_cuda_graph){0};
}

/* A recording that failed is ended too, else the stream could not be used again. */
static gt_status record(ops_cuda *device) {
    ops_cuda_graph *of = &device->graph;
    cudaGraph_t graph = NULL;
    CUDA_TRY(cudaStreamBeginCapture(device->stream, cudaStreamCaptureModeThreadLocal));
    of->recording = true;
    gt_status status = of->iteration(of->closure);
    of->recording = false;
    const cudaError_t error = cudaStreamEndCapture(device->stream, &graph);
    if (status == GT_OK) status = GT_CUDA_STATUS(error, "cudaStreamEndCapture");
    if (error != cudaSuccess) (void)cudaGetLastError();
    if (status == GT_OK) status = GT_CUDA_STATUS(cudaGraphInstantiate(&of->exec, graph, 0), "cudaGraphInstantiate");
    if (graph != NULL) (void)cudaGraphDestroy(graph);
    return status;
}

static gt_status run_once(ops_cuda *device, gt_status (*iteration)(void *closure), void *closure) {
    ops_cuda_graph *graph = &device->graph;
    if (device->options.plain) return iteration(closure);
    if (graph->iteration != iteration || graph->closure != closure) {
        forget(graph);
        graph->iteration = iteration;
        graph->closure = closure;
        return iteration(closure);
    }
    if (graph->exec == NULL) GT_TRY(record(device));
    CUDA_TRY(cudaGraphLaunch(graph->exec, device->stream));
    return GT_OK;
}

gt_status ops_cuda_repeat(ops_device *base, uint64_t n, gt_status (*iteration)(void *closure), void *closure) {
    ops_cuda *device = (ops_cuda *)base;
    for (uint64_t part = n; n > 0; n -= part, part = n) {
        if (device->numbers != NULL) GT_TRY(ops_numbers_prepare(device->numbers, device->seeds, device->iteration, &part));
        for (uint64_t k = 0; k < part; k++) GT_TRY(run_once(device, iteration, closure));
        device->iteration += part;
    }
    return GT_OK;
}

void ops_cuda_forget_graph(ops_cuda *device) { forget(&device->graph); }
