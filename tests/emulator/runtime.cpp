// Devices, streams, events and launches of the CUDA runtime, with the prototypes of its own header.
//
// Whatever is put on a stream is done at once, except that copies with pinned memory show late (memory.cpp), and that a
// captured stream keeps it for its graph. Errors are those that CUDA returns for the same mistake, as far as a host program
// checks for them.
#include "fibers.h"
#include "state.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <vector>

// What was put on the stream while it was captured, in order.
struct CUgraph_st {
    int device;
    std::vector<emulator::Work> nodes;
};

struct CUgraphExec_st {
    CUgraph_st graph;
};

struct CUstream_st {
    int device;
    bool non_blocking;
    CUgraph_st *captured; // null: it is not
    bool spoiled;
};

struct CUevent_st {
    int device;
    cudaStream_t stream;
    bool recorded;
    uint64_t copies; // put on streams before it
    std::chrono::steady_clock::time_point time;
};

namespace emulator {
namespace {

constexpr size_t shared_standard = 48 << 10, shared_reserved = 1 << 10;
constexpr int blocks_a_multiprocessor = 32, threads_a_multiprocessor = 2048;

thread_local int device_of_thread;
thread_local cudaError_t last_error;

std::set<cudaStream_t> streams;
std::set<cudaEvent_t> events;
std::set<cudaGraph_t> graphs;
std::set<cudaGraphExec_t> graph_execs;
std::map<std::pair<int, const void *>, size_t> shared_limits; // raised by cudaFuncSetAttribute
size_t n_launches;

const Kernel *kernel_of(const void *function) {
    const auto *kernel = static_cast<const Kernel *>(function);
    return kernel && kernel->magic == kernel_magic ? kernel : nullptr;
}

size_t shared_limit(const void *function) {
    const auto found = shared_limits.find({current_device(), function});
    return found == shared_limits.end() ? shared_standard : found->second;
}

cudaError_t launch(const void *function, dim3 grid, dim3 block, void **args, size_t shared_bytes, cudaStream_t stream) {
    const Kernel *kernel = kernel_of(function);
    if (!kernel) return cudaErrorInvalidDeviceFunction;
    if (const cudaError_t error = check_stream(stream)) return error;
    const uint64_t threads = (uint64_t)block.x * block.y * block.z;
    if (threads == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || threads > 1024)
        return cudaErrorInvalidConfiguration;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > INT32_MAX || grid.y > 65535 || grid.z > 65535)
        return cudaErrorInvalidConfiguration;
    if (!args || shared_bytes > shared_limit(function)) return cudaErrorInvalidValue;
    const char *const bytes = static_cast<const char *>(args[0]);
    return put(stream, [=, copy = std::vector<char>(bytes, bytes + kernel->args_bytes)]() mutable {
        void *arguments[] = {copy.data()};
        n_launches++;
        run(*kernel, grid, block, arguments, shared_bytes);
    });
}

cudaError_t check_event(cudaEvent_t event) { return events.count(event) ? cudaSuccess : cudaErrorInvalidResourceHandle; }

cudaError_t create_stream(cudaStream_t *stream, unsigned flags) {
    if (!stream || flags > cudaStreamNonBlocking) return cudaErrorInvalidValue;
    *stream = new CUstream_st{current_device(), flags == cudaStreamNonBlocking, nullptr, false};
    streams.insert(*stream);
    return cudaSuccess;
}

cudaError_t create_event(cudaEvent_t *event) {
    if (!event) return cudaErrorInvalidValue;
    *event = new CUevent_st{current_device(), nullptr, false, 0, {}};
    events.insert(*event);
    return cudaSuccess;
}

cudaError_t wait_for(cudaEvent_t event) {
    if (const cudaError_t error = check_event(event)) return error;
    if (event->recorded) stream_done(event->device, event->stream, event->copies);
    return cudaSuccess;
}

cudaError_t wait_for(cudaStream_t stream) {
    if (const cudaError_t error = check_stream(stream)) return error;
    if (stream_is_captured(stream)) return spoil_capture(stream), cudaErrorStreamCaptureUnsupported;
    stream_done(current_device(), stream);
    return cudaSuccess;
}

cudaError_t begin_capture(cudaStream_t stream) {
    if (const cudaError_t error = check_stream(stream)) return error;
    if (!streams.count(stream)) return cudaErrorStreamCaptureUnsupported; // the default stream
    if (stream->captured) return cudaErrorIllegalState;
    stream->captured = new CUgraph_st{stream->device, {}};
    stream->spoiled = false;
    return cudaSuccess;
}

cudaError_t end_capture(cudaStream_t stream, cudaGraph_t *graph) {
    if (const cudaError_t error = check_stream(stream)) return error;
    if (!graph) return cudaErrorInvalidValue;
    if (!stream_is_captured(stream)) return cudaErrorIllegalState;
    *graph = stream->captured;
    stream->captured = nullptr;
    if (stream->spoiled) {
        delete *graph;
        return *graph = nullptr, cudaErrorStreamCaptureInvalidated;
    }
    graphs.insert(*graph);
    return cudaSuccess;
}

cudaError_t launch_graph(cudaGraphExec_t exec, cudaStream_t stream) {
    if (!graph_execs.count(exec)) return cudaErrorInvalidValue;
    if (const cudaError_t error = check_stream(stream)) return error;
    if (exec->graph.device != current_device()) return cudaErrorInvalidValue;
    return put(stream, [exec] {
        for (const Work &node : exec->graph.nodes) node();
    });
}

cudaDeviceProp properties(int device) {
    const Settings &s = settings();
    cudaDeviceProp p = {};
    snprintf(p.name, sizeof p.name, "emulated device %d", device);
    p.uuid.bytes[15] = (char)device;
    p.pciBusID = device + 1;
    p.totalGlobalMem = s.memory;
    p.sharedMemPerBlock = shared_standard;
    p.sharedMemPerBlockOptin = s.shared_optin;
    p.reservedSharedMemPerBlock = shared_reserved;
    p.sharedMemPerMultiprocessor = s.shared_optin + shared_reserved;
    p.regsPerBlock = p.regsPerMultiprocessor = 65536;
    p.warpSize = warpSize;
    p.maxThreadsPerBlock = p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
    p.maxThreadsDim[2] = 64;
    p.maxThreadsPerMultiProcessor = threads_a_multiprocessor;
    p.maxBlocksPerMultiProcessor = blocks_a_multiprocessor;
    p.maxGridSize[0] = INT32_MAX;
    p.maxGridSize[1] = p.maxGridSize[2] = 65535;
    p.totalConstMem = 64 << 10;
    p.major = s.major;
    p.minor = s.minor;
    p.multiProcessorCount = s.multiprocessors;
    p.l2CacheSize = 4 << 20;
    p.memoryBusWidth = 128;
    p.unifiedAddressing = p.concurrentKernels = p.asyncEngineCount = 1;
    return p;
}

// -1: not an attribute that is known here.
int attribute(cudaDeviceAttr attribute, const cudaDeviceProp &p) {
    switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
        return p.maxThreadsPerBlock;
    case cudaDevAttrMaxSharedMemoryPerBlock:
        return (int)p.sharedMemPerBlock;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
        return (int)p.sharedMemPerBlockOptin;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
        return (int)p.sharedMemPerMultiprocessor;
    case cudaDevAttrReservedSharedMemoryPerBlock:
        return (int)p.reservedSharedMemPerBlock;
    case cudaDevAttrWarpSize:
        return p.warpSize;
    case cudaDevAttrMaxRegistersPerBlock:
        return p.regsPerBlock;
    case cudaDevAttrMaxRegistersPerMultiprocessor:
        return p.regsPerMultiprocessor;
    case cudaDevAttrClockRate:
        return 1000000;
    case cudaDevAttrMemoryClockRate:
        return 1000000;
    case cudaDevAttrGlobalMemoryBusWidth:
        return p.memoryBusWidth;
    case cudaDevAttrL2CacheSize:
        return p.l2CacheSize;
    case cudaDevAttrMultiProcessorCount:
        return p.multiProcessorCount;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
        return p.maxThreadsPerMultiProcessor;
    case cudaDevAttrMaxBlocksPerMultiprocessor:
        return p.maxBlocksPerMultiProcessor;
    case cudaDevAttrComputeCapabilityMajor:
        return p.major;
    case cudaDevAttrComputeCapabilityMinor:
        return p.minor;
    case cudaDevAttrUnifiedAddressing:
        return p.unifiedAddressing;
    case cudaDevAttrIntegrated:
        return p.integrated;
    case cudaDevAttrCooperativeLaunch:
        return p.cooperativeLaunch;
    case cudaDevAttrPciBusId:
        return p.pciBusID;
    default:
        return -1;
    }
}

#define ERRORS(X)                                                                                                              \
    X(cudaSuccess, "no error")                                                                                                 \
    X(cudaErrorInvalidValue, "invalid argument")                                                                               \
    X(cudaErrorMemoryAllocation, "out of memory")                                                                              \
    X(cudaErrorInitializationError, "initialization error")                                                                    \
    X(cudaErrorInvalidConfiguration, "invalid configuration argument")                                                         \
    X(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy")                                                    \
    X(cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version")                             \
    X(cudaErrorDevicesUnavailable, "CUDA-capable device(s) is/are busy or unavailable")                                        \
    X(cudaErrorInvalidDeviceFunction, "invalid device function")                                                               \
    X(cudaErrorNoDevice, "no CUDA-capable device is detected")                                                                 \
    X(cudaErrorInvalidDevice, "invalid device ordinal")                                                                        \
    X(cudaErrorInvalidKernelImage, "device kernel image is invalid")                                                           \
    X(cudaErrorNoKernelImageForDevice, "no kernel image is available for execution on the device")                             \
    X(cudaErrorECCUncorrectable, "uncorrectable ECC error encountered")                                                        \
    X(cudaErrorUnsupportedPtxVersion, "the provided PTX was compiled with an unsupported toolchain.")                          \
    X(cudaErrorInvalidResourceHandle, "invalid resource handle")                                                               \
    X(cudaErrorNotReady, "device not ready")                                                                                   \
    X(cudaErrorIllegalAddress, "an illegal memory access was encountered")                                                     \
    X(cudaErrorLaunchOutOfResources, "too many resources requested for launch")                                                \
    X(cudaErrorLaunchTimeout, "the launch timed out and was terminated")                                                       \
    X(cudaErrorLaunchFailure, "unspecified launch failure")                                                                    \
    X(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing")                                   \
    X(cudaErrorStreamCaptureInvalidated, "operation failed due to a previous error during capture")                            \
    X(cudaErrorIllegalState, "the operation cannot be performed in the present state")                                         \
    X(cudaErrorNotSupported, "operation not supported")                                                                        \
    X(cudaErrorUnknown, "unknown error")

} // namespace

size_t library_objects;

cudaError_t record(cudaError_t error) {
    if (error != cudaSuccess && error != cudaErrorNotReady) last_error = error;
    return error;
}

int current_device() { return device_of_thread; }

cudaError_t check_stream(cudaStream_t stream) {
    if (!stream || stream == cudaStreamLegacy || stream == cudaStreamPerThread) return cudaSuccess;
    return streams.count(stream) && stream->device == current_device() ? cudaSuccess : cudaErrorInvalidResourceHandle;
}

bool stream_is_non_blocking(cudaStream_t stream) { return streams.count(stream) && stream->non_blocking; }

bool stream_is_captured(cudaStream_t stream) { return streams.count(stream) && stream->captured; }

void spoil_capture(cudaStream_t stream) { stream->spoiled = true; }

cudaError_t put(cudaStream_t stream, Work work) {
    if (!stream_is_captured(stream)) return work(), cudaSuccess;
    stream->captured->nodes.push_back(std::move(work));
    return cudaSuccess;
}

Counters counters() {
    const std::lock_guard<std::mutex> guard(lock());
    const size_t handles = streams.size() + events.size() + graphs.size() + graph_execs.size();
    Counters counters = {n_launches, 0, 0, 0, handles + library_objects};
    count_memory(counters);
    return counters;
}

} // namespace emulator

using namespace emulator;

// ---------------------------------------------------------------- devices

cudaError_t cudaGetDeviceCount(int *count) {
    EMULATED;
    if (!count) return record(cudaErrorInvalidValue);
    *count = settings().devices;
    return record(*count ? cudaSuccess : cudaErrorNoDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *prop, int device) {
    EMULATED_ON_DEVICE;
    if (!prop) return record(cudaErrorInvalidValue);
    if (device < 0 || device >= settings().devices) return record(cudaErrorInvalidDevice);
    *prop = properties(device);
    return record(cudaSuccess);
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attr, int device) {
    EMULATED_ON_DEVICE;
    if (device < 0 || device >= settings().devices) return record(cudaErrorInvalidDevice);
    const int found = attribute(attr, properties(device));
    if (!value || found < 0) return record(cudaErrorInvalidValue);
    *value = found;
    return record(cudaSuccess);
}

cudaError_t cudaSetDevice(int device) {
    EMULATED_ON_DEVICE;
    if (device < 0 || device >= settings().devices) return record(cudaErrorInvalidDevice);
    device_of_thread = device;
    return record(cudaSuccess);
}

cudaError_t cudaGetDevice(int *device) {
    EMULATED_ON_DEVICE;
    if (!device) return record(cudaErrorInvalidValue);
    *device = current_device();
    return record(cudaSuccess);
}

cudaError_t cudaDeviceSynchronize() {
    EMULATED_ON_DEVICE;
    device_done(current_device());
    return record(cudaSuccess);
}

cudaError_t cudaDriverGetVersion(int *version) {
    EMULATED;
    if (!version) return record(cudaErrorInvalidValue);
    *version = CUDART_VERSION;
    return record(cudaSuccess);
}

cudaError_t cudaRuntimeGetVersion(int *version) {
    EMULATED;
    if (!version) return record(cudaErrorInvalidValue);
    *version = CUDART_VERSION;
    return record(cudaSuccess);
}

// ---------------------------------------------------------------- streams and events

cudaError_t cudaStreamCreate(cudaStream_t *stream) {
    EMULATED_ON_DEVICE;
    return record(create_stream(stream, cudaStreamDefault));
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags) {
    EMULATED_ON_DEVICE;
    return record(create_stream(stream, flags));
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    if (!streams.erase(stream)) return record(cudaErrorInvalidResourceHandle);
    stream_done(stream->device, stream);
    delete stream->captured;
    delete stream;
    return record(cudaSuccess);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    return record(wait_for(stream));
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    return record(wait_for(stream));
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    EMULATED_ON_DEVICE;
    if (const cudaError_t error = check_stream(stream)) return record(error);
    return record(check_event(event));
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
    EMULATED_ON_DEVICE;
    return record(create_event(event));
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
    EMULATED_ON_DEVICE;
    return record(create_event(event));
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    EMULATED_ON_DEVICE;
    if (!events.erase(event)) return record(cudaErrorInvalidResourceHandle);
    delete event;
    return record(cudaSuccess);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    if (const cudaError_t error = check_event(event)) return record(error);
    if (event->device != current_device()) return record(cudaErrorInvalidResourceHandle);
    if (const cudaError_t error = check_stream(stream)) return record(error);
    *event = {event->device, stream, true, last_copy(), std::chrono::steady_clock::now()};
    return record(cudaSuccess);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    EMULATED_ON_DEVICE;
    return record(wait_for(event));
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
    EMULATED_ON_DEVICE;
    return record(wait_for(event));
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t start, cudaEvent_t end) {
    EMULATED_ON_DEVICE;
    if (!ms) return record(cudaErrorInvalidValue);
    if (!events.count(start) || !events.count(end) || !start->recorded || !end->recorded)
        return record(cudaErrorInvalidResourceHandle);
    *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return record(cudaSuccess);
}

// ---------------------------------------------------------------- graphs

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    EMULATED_ON_DEVICE;
    return record(begin_capture(stream));
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    EMULATED_ON_DEVICE;
    return record(end_capture(stream, graph));
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
    EMULATED_ON_DEVICE;
    if (!exec || !graphs.count(graph)) return record(cudaErrorInvalidValue);
    *exec = new CUgraphExec_st{*graph};
    graph_execs.insert(*exec);
    return record(cudaSuccess);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    return record(launch_graph(exec, stream));
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    EMULATED_ON_DEVICE;
    if (!graphs.erase(graph)) return record(cudaErrorInvalidValue);
    delete graph;
    return record(cudaSuccess);
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    EMULATED_ON_DEVICE;
    if (!graph_execs.erase(exec)) return record(cudaErrorInvalidValue);
    delete exec;
    return record(cudaSuccess);
}

// ---------------------------------------------------------------- kernels

cudaError_t cudaLaunchKernel(const void *function, dim3 grid, dim3 block, void **args, size_t shared_bytes,
                             cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    return record(launch(function, grid, block, args, shared_bytes, stream));
}

cudaError_t cudaFuncSetAttribute(const void *function, cudaFuncAttribute attr, int value) {
    EMULATED_ON_DEVICE;
    if (!kernel_of(function)) return record(cudaErrorInvalidDeviceFunction);
    if (attr == cudaFuncAttributePreferredSharedMemoryCarveout) return record(cudaSuccess);
    if (attr != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 || (size_t)value > settings().shared_optin)
        return record(cudaErrorInvalidValue);
    shared_limits[{current_device(), function}] = (size_t)value;
    return record(cudaSuccess);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attr, const void *function) {
    EMULATED_ON_DEVICE;
    if (!kernel_of(function)) return record(cudaErrorInvalidDeviceFunction);
    if (!attr) return record(cudaErrorInvalidValue);
    *attr = {};
    attr->maxThreadsPerBlock = 1024;
    attr->numRegs = 32;
    attr->ptxVersion = attr->binaryVersion = settings().major * 10 + settings().minor;
    attr->maxDynamicSharedSizeBytes = (int)shared_limit(function);
    return record(cudaSuccess);
}

// What threads and shared memory allow; registers aren't known.
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *function, int threads, size_t shared_bytes) {
    EMULATED_ON_DEVICE;
    if (!kernel_of(function)) return record(cudaErrorInvalidDeviceFunction);
    if (!blocks || threads <= 0) return record(cudaErrorInvalidValue);
    const size_t by_shared = (settings().shared_optin + shared_reserved) / (shared_bytes + shared_reserved);
    *blocks = min(min(blocks_a_multiprocessor, threads_a_multiprocessor / ((threads + 31) / 32 * 32)), (int)by_shared);
    if (threads > 1024 || shared_bytes > shared_limit(function)) *blocks = 0;
    return record(cudaSuccess);
}

// Compiled kernels of a real device can't run here.
cudaError_t cudaLibraryLoadData(cudaLibrary_t *, const void *, cudaJitOption *, void **, unsigned, cudaLibraryOption *, void **,
                                unsigned) {
    EMULATED;
    return record(cudaErrorNotSupported);
}

cudaError_t cudaLibraryGetKernel(cudaKernel_t *, cudaLibrary_t, const char *) {
    EMULATED;
    return record(cudaErrorNotSupported);
}

cudaError_t cudaLibraryUnload(cudaLibrary_t) {
    EMULATED;
    return record(cudaErrorNotSupported);
}

// ---------------------------------------------------------------- errors

cudaError_t cudaGetLastError() {
    EMULATED;
    const cudaError_t error = last_error;
    last_error = cudaSuccess;
    return error;
}

cudaError_t cudaPeekAtLastError() {
    EMULATED;
    return last_error;
}

const char *cudaGetErrorName(cudaError_t error) {
    switch (error) {
#define NAME(code, text)                                                                                                       \
    case code:                                                                                                                 \
        return #code;
        ERRORS(NAME)
    default:
        return "unrecognized error code";
    }
}

const char *cudaGetErrorString(cudaError_t error) {
    switch (error) {
#define TEXT(code, text)                                                                                                       \
    case code:                                                                                                                 \
        return text;
        ERRORS(TEXT)
    default:
        return "unrecognized error code";
    }
}
