// Memory of the emulated devices and copies.
//
// Every allocation is one of the host's, exactly as large, so that AddressSanitizer sees what kernels do beyond it. An
// asynchronous copy to or from pinned memory is only known to be done after a synchronisation: until then a destination holds
// 0xff bytes, and a source that has changed by then ends the program. (With pageable memory CUDA doesn't return before.)
#include "device.h"
#include "state.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

namespace emulator {
namespace {

struct Allocation {
    size_t bytes;
    int device; // -1: pinned host memory
};

struct Copy {
    uint64_t number;
    int device;
    cudaStream_t stream;
    bool non_blocking;
    void *destination; // null: to the device
    const void *source;
    std::vector<char> data;
};

std::map<const char *, Allocation> allocations;
std::vector<Copy> copies; // not yet known to be done
uint64_t n_copies;
size_t used[max_devices];

// The allocation that holds the address, or one past the end of it; null for pageable memory.
const std::pair<const char *const, Allocation> *find(const void *address) {
    auto next = allocations.upper_bound(static_cast<const char *>(address));
    if (next == allocations.begin()) return nullptr;
    --next;
    return static_cast<const char *>(address) <= next->first + next->second.bytes ? &*next : nullptr;
}

bool pinned(const void *address) {
    const auto *a = find(address);
    return a && a->second.device < 0;
}

// All of the range lies in one allocation of the current device.
bool on_device(const void *address, size_t bytes) {
    const auto *a = find(address);
    if (!a || a->second.device != current_device()) return false;
    return (size_t)(static_cast<const char *>(address) - a->first) + bytes <= a->second.bytes;
}

// None of the range is a device's, and if it is pinned there is room.
bool on_host(const void *address, size_t bytes) {
    const auto *a = find(address);
    const auto *const begin = static_cast<const char *>(address);
    if (a && begin < a->first + a->second.bytes)
        return a->second.device < 0 && (size_t)(begin - a->first) + bytes <= a->second.bytes;
    const auto next = allocations.lower_bound(begin);
    return address && (next == allocations.end() || !std::less<>()(next->first, begin + bytes));
}

template <class Which> void copies_done(Which which) {
    std::vector<Copy> rest;
    for (Copy &c : copies) {
        if (!which(c)) {
            rest.push_back(std::move(c));
        } else if (c.destination) {
            memcpy(c.destination, c.data.data(), c.data.size());
        } else if (memcmp(c.source, c.data.data(), c.data.size()) != 0) {
            die("the source of a cudaMemcpyAsync of %zu bytes was changed before the copy was known to be done", c.data.size());
        }
    }
    copies.swap(rest);
}

void remember(cudaStream_t stream, void *destination, const void *source, const char *data, size_t bytes) {
    copies.push_back(
        {++n_copies, current_device(), stream, stream_is_non_blocking(stream), destination, source, {data, data + bytes}});
}

cudaError_t allocate(void **address, size_t bytes, int device) {
    if (!address) return cudaErrorInvalidValue;
    if (bytes == 0) return *address = nullptr, cudaSuccess;
    if (device >= 0 && bytes > settings().memory - std::min(used[device], settings().memory)) return cudaErrorMemoryAllocation;
    void *memory;
    if (posix_memalign(&memory, 256, bytes)) return cudaErrorMemoryAllocation;
    *address = memset(memory, 0xff, bytes);
    allocations[static_cast<char *>(*address)] = {bytes, device};
    if (device >= 0) used[device] += bytes;
    return cudaSuccess;
}

// cudaFree waits for the device that the memory is on, cudaFreeHost for all of them.
cudaError_t release(void *address, bool host) {
    if (!address) return cudaSuccess;
    const auto a = allocations.find(static_cast<char *>(address));
    if (a == allocations.end() || (a->second.device < 0) != host) return cudaErrorInvalidValue;
    for (int device = 0; device < max_devices; device++)
        if (host || device == a->second.device) device_done(device);
    if (!host) used[a->second.device] -= a->second.bytes;
    allocations.erase(a);
    free(address);
    return cudaSuccess;
}

cudaError_t copy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, bool async, cudaStream_t stream) {
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) return cudaErrorInvalidMemcpyDirection;
    if (const cudaError_t error = check_stream(stream)) return error;
    if (bytes == 0) return cudaSuccess;
    bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (kind == cudaMemcpyDefault) to_device = on_device(to, 1), from_device = on_device(from, 1);
    if (!(to_device ? on_device(to, bytes) : on_host(to, bytes))) return cudaErrorInvalidValue;
    if (!(from_device ? on_device(from, bytes) : on_host(from, bytes))) return cudaErrorInvalidValue;
    if (async && stream_is_captured(stream) && to_device != from_device && !pinned(to_device ? from : to))
        return spoil_capture(stream), cudaErrorStreamCaptureUnsupported; /* pageable memory */
    const auto work = [=] {
        const char *const source = static_cast<const char *>(from);
        if (!async || to_device == from_device) {
            if (!async) stream_done(current_device(), nullptr);
            memmove(to, from, bytes);
        } else if (to_device) {
            memcpy(to, from, bytes);
            if (pinned(from)) remember(stream, nullptr, from, source, bytes);
        } else if (pinned(to)) {
            remember(stream, to, nullptr, source, bytes);
            memset(to, 0xff, bytes);
        } else {
            memcpy(to, from, bytes);
        }
    };
    if (async) return put(stream, work);
    work();
    return cudaSuccess;
}

cudaError_t set(void *address, int value, size_t bytes, cudaStream_t stream) {
    if (const cudaError_t error = check_stream(stream)) return error;
    if (bytes > 0 && !on_device(address, bytes)) return cudaErrorInvalidValue;
    if (bytes == 0) return cudaSuccess;
    return put(stream, [=] { memset(address, value, bytes); });
}

} // namespace

uint64_t last_copy() { return n_copies; }

void device_done(int device) {
    copies_done([=](const Copy &c) { return c.device == device; });
}

void stream_done(int device, cudaStream_t stream, uint64_t upto) {
    copies_done([=](const Copy &c) {
        return c.device == device && c.number <= upto && (stream ? c.stream == stream : !c.non_blocking);
    });
}

void count_memory(Counters &counters) {
    for (const auto &a : allocations) {
        if (a.second.device < 0) {
            counters.pinned++;
        } else {
            counters.allocations++;
            counters.bytes += a.second.bytes;
        }
    }
}

} // namespace emulator

using namespace emulator;

cudaError_t cudaMalloc(void **address, size_t bytes) {
    EMULATED_ON_DEVICE;
    return record(allocate(address, bytes, current_device()));
}

cudaError_t cudaMallocHost(void **address, size_t bytes) {
    EMULATED_ON_DEVICE;
    return record(allocate(address, bytes, -1));
}

cudaError_t cudaHostAlloc(void **address, size_t bytes, unsigned) {
    EMULATED_ON_DEVICE;
    return record(allocate(address, bytes, -1));
}

cudaError_t cudaFree(void *address) {
    EMULATED_ON_DEVICE;
    return record(release(address, false));
}

cudaError_t cudaFreeHost(void *address) {
    EMULATED_ON_DEVICE;
    return record(release(address, true));
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
    EMULATED_ON_DEVICE;
    return record(copy(to, from, bytes, kind, false, nullptr));
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    return record(copy(to, from, bytes, kind, true, stream));
}

cudaError_t cudaMemset(void *address, int value, size_t bytes) {
    EMULATED_ON_DEVICE;
    return record(set(address, value, bytes, nullptr));
}

cudaError_t cudaMemsetAsync(void *address, int value, size_t bytes, cudaStream_t stream) {
    EMULATED_ON_DEVICE;
    return record(set(address, value, bytes, stream));
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
    EMULATED_ON_DEVICE;
    if (!free || !total) return record(cudaErrorInvalidValue);
    *total = settings().memory;
    *free = *total - std::min(*total, used[current_device()]);
    return record(cudaSuccess);
}
