// The emulator of the CUDA runtime, as a test sees it: what the devices are, in which order threads run, which calls fail, and
// what has been done so far. A program linked with the emulator instead of the CUDA runtime needs nothing of this.
//
// The environment gives what a program starts with:
//   GT_EMULATOR_DEVICES=2  GT_EMULATOR_CAPABILITY=8.6  GT_EMULATOR_MULTIPROCESSORS=132
//   GT_EMULATOR_SHARED=bytes a block (opt-in)  GT_EMULATOR_MEMORY=bytes a device
//   GT_EMULATOR_ORDER=ascending, descending or random:seed
//   GT_EMULATOR_LIBRARIES=0: neither cuBLASLt nor cuRAND is installed
//   GT_EMULATOR_FAIL=function:n:error[,...]   as fail() below, e.g. cudaMalloc:3:2
#ifndef GT_EMULATOR_EMULATOR_H
#define GT_EMULATOR_EMULATOR_H

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace emulator {

// Who runs first where CUDA leaves it open: the lanes of a warp and the warps of a block between barriers, and the blocks.
enum class Order { ascending, descending, random };

struct Settings {
    Order order = Order::ascending;
    uint64_t seed = 0; // of the random order
    int devices = 1;   // 0: cudaGetDeviceCount gives cudaErrorNoDevice; at most max_devices
    int major = 9, minor = 0;
    int multiprocessors = 4;
    size_t shared_optin = 232448;    // bytes of shared memory a block may have after cudaFuncSetAttribute
    size_t memory = (size_t)1 << 30; // bytes a device
    bool libraries = true;           // cuBLASLt and cuRAND are installed
    bool epilogues = true;           // cuBLASLt has those that read or write more than a bias
};
constexpr int max_devices = 16;

// To be changed while nothing runs.
Settings &settings();

// The n-th call from now (1: the next) of a function of the runtime fails with the error and does nothing else.
void fail(const char *function, int n, cudaError_t error);
// Faults not yet met. A test that expects none to be left has checked that the call it meant was made.
size_t faults_left();

struct Counters {
    size_t launches;    // since the start
    size_t allocations; // alive on all devices
    size_t bytes;       // in them
    size_t pinned;      // live allocations of cudaMallocHost
    size_t handles;     // live streams, events, graphs, and what libraries have created
};
Counters counters();
// Calls of one function so far, failed ones too. It tells how many places there are to fail at.
size_t calls(const char *function);

// Back to what the environment says, without faults. Memory and handles stay.
void reset();

} // namespace emulator

#endif
