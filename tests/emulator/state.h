// private to the emulator: what the functions of the runtime share.
//
// Each begins with EMULATED, which takes the one lock, counts the call and gives way to an injected fault, and ends with
// record(), which keeps the thread's last error.
#ifndef GT_EMULATOR_STATE_H
#define GT_EMULATOR_STATE_H

#include "emulator.h"

#include <functional>
#include <mutex>

namespace emulator {

using Work = std::function<void()>;

std::mutex &lock();
cudaError_t enter(const char *function); // the injected fault, if any
cudaError_t record(cudaError_t error);
int current_device(); // of this host thread

// cudaSuccess if the stream belongs to the current device; null is its default stream.
cudaError_t check_stream(cudaStream_t stream);
bool stream_is_non_blocking(cudaStream_t stream); // of a stream that was checked

// Does the work, or puts it into the graph that the stream is being captured for. Its arguments have been checked.
cudaError_t put(cudaStream_t stream, Work work);
bool stream_is_captured(cudaStream_t stream);
void spoil_capture(cudaStream_t stream); // by what a captured stream can't do; ending the capture then fails

// Asynchronous copies are now known to be done (memory.cpp): all of a device, or those that a stream of it waits for up to the
// one numbered. Null, the default stream, waits for all streams but the non-blocking ones.
void device_done(int device);
void stream_done(int device, cudaStream_t stream, uint64_t upto = ~0ull);
uint64_t last_copy();
void count_memory(Counters &counters);
extern size_t library_objects; // alive: handles, descriptions and generators of CUDA's libraries

#define EMULATED                                                                                                               \
    const std::lock_guard<std::mutex> guard(emulator::lock());                                                                 \
    if (const cudaError_t fault = emulator::enter(__func__)) return emulator::record(fault)
// The same, for what needs a device.
#define EMULATED_ON_DEVICE                                                                                                     \
    EMULATED;                                                                                                                  \
    if (emulator::settings().devices == 0) return emulator::record(cudaErrorNoDevice)

} // namespace emulator

#endif
