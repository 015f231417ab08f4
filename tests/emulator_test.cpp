// The emulator of the CUDA runtime (tests/emulator): that it computes what CUDA would, and that it catches what it is there to
// catch.
#include <gtest/gtest.h>

#include "emulator/device.h"
#include "emulator/emulator.h"

#if __has_include(<curand_philox4x32_x.h>)
#define QUALIFIERS static inline
#pragma GCC diagnostic ignored "-Wunused-function"
#include <curand_philox4x32_x.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using emulator::Order;

constexpr Order orders[] = {Order::ascending, Order::descending, Order::random};

struct Args {
    unsigned *out;
    unsigned n;
};

// n words in device memory, for a kernel's output.
struct Words {
    explicit Words(size_t n) : n(n) { EXPECT_EQ(cudaSuccess, cudaMalloc((void **)&device, n * sizeof *device)); }
    Words(const Words &) = delete;
    ~Words() { cudaFree(device); }
    std::vector<unsigned> read() const {
        std::vector<unsigned> host(n);
        EXPECT_EQ(cudaSuccess, cudaMemcpy(host.data(), device, n * sizeof *device, cudaMemcpyDeviceToHost));
        return host;
    }
    size_t n;
    unsigned *device = nullptr;
};

template <class A> cudaError_t launch(const void *kernel, dim3 grid, dim3 block, A args, size_t shared_bytes = 0) {
    void *list[] = {&args};
    return cudaLaunchKernel(kernel, grid, block, list, shared_bytes, nullptr);
}

// What a kernel leaves in n words.
std::vector<unsigned> run(const void *kernel, unsigned n, dim3 grid, dim3 block, size_t shared_bytes = 0) {
    Words words(n);
    EXPECT_EQ(cudaSuccess, launch(kernel, grid, block, Args{words.device, n}, shared_bytes));
    return words.read();
}

class Emulator : public testing::Test {
  protected:
    void SetUp() override { emulator::reset(); }
    void TearDown() override {
        EXPECT_EQ(0u, emulator::faults_left());
        emulator::reset();
        cudaGetLastError();
        EXPECT_EQ(0u, emulator::counters().allocations);
        EXPECT_EQ(0u, emulator::counters().handles);
    }
};
using EmulatorDeathTest = Emulator;

// ---------------------------------------------------------------- warps

constexpr unsigned all = ~0u;

__global__ void __launch_bounds__(32) shuffles(Args args) {
    const unsigned t = threadIdx.x, value = 100 + t;
    unsigned *out = args.out + t * 8;
    out[0] = __shfl_sync(all, value, 5);
    out[1] = __shfl_sync(all, value, 9, 8);
    out[2] = __shfl_up_sync(all, value, 3);
    out[3] = __shfl_down_sync(all, value, 2, 16);
    out[4] = __shfl_xor_sync(all, value, 16);
    out[5] = __shfl_xor_sync(all, value, 12, 8);
    out[6] = (unsigned)(__shfl_xor_sync(all, value * 1e10, 1) / 1e10);
    out[7] = (unsigned)-__shfl_down_sync(all, -(float)value, 1);
}

TEST_F(Emulator, Shuffles) {
    for (Order order : orders) {
        emulator::settings().order = order;
        const auto out = run(GT_KERNEL(shuffles), 256, 1, 32);
        for (unsigned t = 0; t < 32; t++) {
            const unsigned up = t < 3 ? t : t - 3, down = t % 16 < 14 ? t + 2 : t, across = t ^ 12;
            EXPECT_EQ(105u, out[t * 8]);
            EXPECT_EQ(100 + (t & ~7u) + 1, out[t * 8 + 1]);
            EXPECT_EQ(100 + up, out[t * 8 + 2]);
            EXPECT_EQ(100 + down, out[t * 8 + 3]);
            EXPECT_EQ(100 + (t ^ 16), out[t * 8 + 4]);
            EXPECT_EQ(100 + (across <= (t | 7) ? across : t), out[t * 8 + 5]);
            EXPECT_EQ(100 + (t ^ 1), out[t * 8 + 6]);
            EXPECT_EQ(100 + (t < 31 ? t + 1 : t), out[t * 8 + 7]);
        }
    }
}

// The halves of a warp go their own ways, each with its own mask, then meet.
__global__ void halves(Args args) {
    const unsigned t = threadIdx.x, mask = t < 16 ? 0xffff : 0xffff0000;
    unsigned sum = t;
    if (t < 16) {
        for (int d = 8; d > 0; d /= 2) sum += __shfl_xor_sync(mask, sum, d, 16);
    } else {
        for (int d = 1; d < 16; d *= 2) sum += __shfl_xor_sync(mask, sum, d, 16);
    }
    __syncwarp();
    args.out[t] = sum;
    args.out[32 + t] = __ballot_sync(all, t % 3 == 0);
    args.out[64 + t] = (unsigned)(__any_sync(mask, t == 4) * 2 + __all_sync(mask, t < 16));
    args.out[96 + t] = t < 16 ? 7 : __shfl_sync(mask, t, 3); // lane 3 isn't in the upper half's mask
}

TEST_F(Emulator, MasksAndBallots) {
    for (Order order : orders) {
        emulator::settings().order = order;
        const auto out = run(GT_KERNEL(halves), 128, 1, 32);
        for (unsigned t = 0; t < 32; t++) {
            EXPECT_EQ(t < 16 ? 120u : 376u, out[t]);
            EXPECT_EQ(0x49249249u, out[32 + t]);
            EXPECT_EQ(t < 16 ? 3u : 0u, out[64 + t]);
            EXPECT_EQ(t < 16 ? 7u : ~0u, out[96 + t]);
        }
    }
}

__global__ void short_warp(Args args) { args.out[threadIdx.x] = __ballot_sync(all, 1) + __shfl_down_sync(all, threadIdx.x, 1); }

TEST_F(Emulator, LanesThatTheBlockLacksAreNotWaitedFor) {
    EXPECT_EQ((std::vector<unsigned>{8, 9, 6}), run(GT_KERNEL(short_warp), 3, 1, 3)); // the last reads a lane that isn't there
}

// ---------------------------------------------------------------- blocks

// A rotation through shared memory across warps, twice, and a sum by atomics; threads of the last warp leave early.
__global__ void rotate(Args args) {
    GT_DYNAMIC_SHARED(unsigned, words);
    __shared__ unsigned total;
    const unsigned t = threadIdx.x + threadIdx.y * blockDim.x, n = blockDim.x * blockDim.y;
    if (t == 0) total = 0;
    words[t] = t;
    __syncthreads();
    if (t >= 96) return;
    const unsigned next = words[(t + 33) % n];
    __syncthreads();
    words[t] = next;
    atomicAdd(&total, next);
    __syncthreads();
    args.out[(blockIdx.x + blockIdx.y * gridDim.x) * 96 + t] = words[(t + 1) % 96] * 10000 + total;
}

TEST_F(Emulator, BarriersAcrossWarps) {
    for (Order order : orders)
        for (uint64_t seed = 0; seed < (order == Order::random ? 5 : 1); seed++) {
            emulator::settings().order = order;
            emulator::settings().seed = seed;
            const auto out = run(GT_KERNEL(rotate), 6 * 96, dim3(3, 2), dim3(20, 6), 120 * sizeof(unsigned));
            unsigned total = 0;
            for (unsigned t = 0; t < 96; t++) total += (t + 33) % 120;
            for (unsigned i = 0; i < out.size(); i++) EXPECT_EQ(((i % 96 + 1) % 96 + 33) % 120 * 10000 + total, out[i]) << i;
        }
}

__global__ void atomics(Args args) {
    const unsigned t = threadIdx.x + blockIdx.x * blockDim.x;
    int *integer = (int *)(args.out + 1);
    float *real = (float *)(args.out + 5);
    atomicAdd(args.out, 1);
    atomicMin(integer, -(int)t);
    atomicMax(integer + 1, (int)t);
    atomicOr(args.out + 3, 1u << (t % 32));
    if (atomicCAS(args.out + 4, 0, t + 1) == 0) args.n = 0;
    atomicAdd(real, 0.5f);
}

TEST_F(Emulator, Atomics) {
    Words words(6);
    ASSERT_EQ(cudaSuccess, cudaMemset(words.device, 0, 24));
    ASSERT_EQ(cudaSuccess, launch(GT_KERNEL(atomics), 4, 1024, Args{words.device, 0}));
    const auto out = words.read();
    EXPECT_EQ((std::vector<unsigned>{4096, (unsigned)-4095, 4095, ~0u, 1, __float_as_uint(2048.0f)}), out);
}

__global__ void first_words(Args args) {
    GT_DYNAMIC_SHARED(unsigned, words);
    args.out[blockIdx.x] = words[args.n - 1];
    words[args.n - 1] = 0;
}

TEST_F(Emulator, SharedMemoryIsNotZeroInAnyBlock) {
    EXPECT_EQ(std::vector<unsigned>(8, ~0u), run(GT_KERNEL(first_words), 8, 8, 1, 32));
    EXPECT_EQ(std::vector<unsigned>(4, ~0u), Words(4).read()); // and neither is device memory
}

__global__ void deep(Args args) {
    volatile unsigned local[32 << 10]; // 128 KiB
    for (unsigned i = 0; i < 32 << 10; i++) local[i] = i + threadIdx.x;
    __syncthreads();
    unsigned sum = 0;
    for (unsigned i = 0; i < 32 << 10; i++) sum += local[i];
    args.out[threadIdx.x] = sum;
}

TEST_F(Emulator, LargeLocalArrays) {
    const auto out = run(GT_KERNEL(deep), 40, 1, 40);
    for (unsigned t = 0; t < 40; t++) EXPECT_EQ((t << 15) + (16383u << 15) + (1u << 14), out[t]);
}

template <unsigned A, unsigned B> __global__ void constant(Args args) { args.out[0] = A + B; }
const void *const table[] = {GT_KERNEL(constant<1, 2>), GT_KERNEL(constant<3, 4>)};

TEST_F(Emulator, KernelsInATable) {
    EXPECT_EQ(3u, run(table[0], 1, 1, 1)[0]);
    EXPECT_EQ(7u, run(table[1], 1, 1, 1)[0]);
}

#ifdef CURAND_PHILOX4X32_X__H_
__global__ void philox(Args args) {
    uint4 *out = (uint4 *)args.out;
    *out = curand_Philox4x32_10(make_uint4(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), make_uint2(0xa4093822, 0x299f31d0));
}

// The third of the known answers that Random123 publishes.
TEST_F(Emulator, PhiloxOfCurand) {
    EXPECT_EQ((std::vector<unsigned>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}), run(GT_KERNEL(philox), 4, 1, 1));
}
#endif

TEST_F(Emulator, Arithmetic) {
    EXPECT_EQ(0x1p-46f, __fmaf_rn(1 + 0x1p-23f, 1 + 0x1p-23f, -(1 + 0x1p-22f))); // rounded once
    EXPECT_EQ(0x1p-104, __fma_rn(1 + 0x1p-52, 1 + 0x1p-52, -(1 + 0x1p-51)));
    EXPECT_EQ(0x3f800000u, __float_as_uint(1.0f));
    EXPECT_EQ(-2.0f, __int_as_float((int)0xc0000000));
    EXPECT_EQ(0x1p32f, __uint2float_rn(~0u));
    EXPECT_EQ(0xfffffffeu, __umulhi(~0u, ~0u));
    EXPECT_EQ(32, __clz(0));
    EXPECT_EQ(0, __clz(-1));
    EXPECT_EQ(4, __ffs(8));
    EXPECT_EQ(0, __ffs(0));
    EXPECT_EQ(2, __float2int_rn(2.5f));
    EXPECT_EQ(0.25f, __frcp_rn(4.0f));
}

// ---------------------------------------------------------------- mistakes of kernels

__global__ void forgotten_syncwarp(Args args) {
    GT_DYNAMIC_SHARED(unsigned, words);
    words[threadIdx.x] = threadIdx.x;
    if (args.n == 0) __syncwarp();
    args.out[threadIdx.x] = words[31 - threadIdx.x];
}

TEST_F(Emulator, AForgottenSyncwarpShowsInTheOrders) {
    Words words(32);
    for (unsigned forgotten = 0; forgotten < 2; forgotten++) {
        std::vector<unsigned> out[3];
        for (int o = 0; o < 3; o++) {
            emulator::settings().order = orders[o];
            ASSERT_EQ(cudaSuccess, launch(GT_KERNEL(forgotten_syncwarp), 1, 32, Args{words.device, forgotten}, 128));
            out[o] = words.read();
        }
        EXPECT_EQ(forgotten, out[0] != out[1]);
        EXPECT_EQ(forgotten, out[0] != out[2]);
    }
}

__global__ void forgotten_syncthreads(Args args) {
    GT_DYNAMIC_SHARED(unsigned, words);
    words[threadIdx.x] = threadIdx.x;
    __syncwarp(); // enough within a warp only
    args.out[threadIdx.x] = words[blockDim.x - 1 - threadIdx.x];
}

TEST_F(Emulator, AForgottenSyncthreadsShowsInTheOrders) {
    const auto ascending = run(GT_KERNEL(forgotten_syncthreads), 64, 1, 64, 256);
    emulator::settings().order = Order::descending;
    EXPECT_NE(ascending, run(GT_KERNEL(forgotten_syncthreads), 64, 1, 64, 256));
}

__global__ void order_of_threads(Args args) {
    __syncthreads();
    args.out[atomicAdd(args.out + args.n, 1)] = threadIdx.x + blockIdx.x * blockDim.x;
}

TEST_F(Emulator, RandomOrderIsThatOfItsSeed) {
    std::vector<unsigned> out[3];
    for (int o = 0; o < 3; o++) {
        emulator::settings().order = Order::random;
        emulator::settings().seed = (uint64_t)o;
        Words words(129);
        ASSERT_EQ(cudaSuccess, cudaMemset(words.device + 128, 0, 4));
        ASSERT_EQ(cudaSuccess, launch(GT_KERNEL(order_of_threads), 2, 64, Args{words.device, 128}));
        out[o] = words.read();
        out[o].pop_back();
        auto sorted = out[o];
        std::sort(sorted.begin(), sorted.end());
        for (unsigned t = 0; t < 128; t++) EXPECT_EQ(t, sorted[t]);
    }
    EXPECT_NE(out[0], out[1]);
    EXPECT_NE(out[0], out[2]);
}

__global__ void divergent_shuffle(Args args) {
    if (threadIdx.x < 16)
        args.out[threadIdx.x] = __shfl_xor_sync(all, threadIdx.x, 1);
    else
        args.out[threadIdx.x] = __shfl_xor_sync(all, threadIdx.x, 2);
}
__global__ void shuffle_of_some(Args args) {
    if (threadIdx.x < 16) args.out[threadIdx.x] = __shfl_xor_sync(all, threadIdx.x, 1);
}
__global__ void shuffle_and_barrier(Args) {
    if (threadIdx.x >= 32) return;
    if (threadIdx.x == 5) __syncthreads();
    __syncwarp();
    __syncthreads();
}
__global__ void wrong_mask(Args args) { args.out[threadIdx.x] = __ballot_sync(0xffff, 1); }
__global__ void divergent_barrier(Args) {
    if (threadIdx.x < 32)
        __syncthreads();
    else
        __syncthreads();
}
__global__ void waits_elsewhere(Args) {
    if (threadIdx.x < 2) __syncwarp(7);
    if (threadIdx.x == 2) __syncwarp(12);
    if (threadIdx.x == 3) __syncwarp(9);
}
__global__ void beyond_shared(Args args) {
    GT_DYNAMIC_SHARED(unsigned, words);
    words[args.n] = 1;
}

TEST_F(EmulatorDeathTest, MistakesOfKernels) {
    Words words(64);
    const auto die = [&](const void *kernel, const char *message) {
        for (Order order : orders) {
            emulator::settings().order = order;
            EXPECT_DEATH(launch(kernel, 1, 64, Args{words.device, 8}, 32), message);
        }
    };
    die(GT_KERNEL(divergent_shuffle),
        "lane .* is in the __shfl_sync at .* and lane .*, which waits for it, in the __shfl_sync at .*emulator_test.cpp");
    die(GT_KERNEL(shuffle_of_some), "left the kernel.*\n.*shuffle_of_some");
    die(GT_KERNEL(shuffle_and_barrier),
        "deadlock in warp 0: lane .* waits in the __syncwarp at .* for lane 5, which waits in the __syncthreads at");
    die(GT_KERNEL(wrong_mask), "lane .* is not in the mask 0000ffff of its own __ballot_sync");
    die(GT_KERNEL(divergent_barrier), "a thread is in the __syncthreads at .* while .* others wait in the one at");
    die(GT_KERNEL(waits_elsewhere), "deadlock in warp 0|left the kernel|which waits for it");
    die(GT_KERNEL(beyond_shared), "beyond dynamic shared memory, at byte 32|heap-buffer-overflow");
}

// ---------------------------------------------------------------- the runtime

TEST_F(Emulator, Devices) {
    int count, value;
    cudaDeviceProp prop;
    auto &settings = emulator::settings();
    settings.devices = 2;
    settings.major = 8;
    settings.minor = 6;
    settings.memory = 12345678;
    EXPECT_EQ(cudaSuccess, cudaGetDeviceCount(&count));
    EXPECT_EQ(2, count);
    ASSERT_EQ(cudaSuccess, cudaGetDeviceProperties(&prop, 1));
    EXPECT_STREQ("emulated device 1", prop.name);
    EXPECT_EQ(12345678u, prop.totalGlobalMem);
    EXPECT_EQ(cudaSuccess, cudaDeviceGetAttribute(&value, cudaDevAttrComputeCapabilityMinor, 0));
    EXPECT_EQ(6, value);
    EXPECT_EQ(cudaErrorInvalidDevice, cudaSetDevice(2));
    EXPECT_EQ(cudaErrorInvalidDevice, cudaPeekAtLastError());
    EXPECT_EQ(cudaErrorInvalidDevice, cudaGetLastError());
    EXPECT_EQ(cudaSuccess, cudaGetLastError());
    settings.devices = 0;
    EXPECT_EQ(cudaErrorNoDevice, cudaGetDeviceCount(&count));
    EXPECT_EQ(0, count);
    EXPECT_STREQ("cudaErrorNoDevice", cudaGetErrorName(cudaErrorNoDevice));
    EXPECT_STREQ("no CUDA-capable device is detected", cudaGetErrorString(cudaErrorNoDevice));
    EXPECT_EQ(cudaErrorNotSupported, cudaLibraryUnload(nullptr));
}

TEST_F(Emulator, Environment) {
    const auto with = [](const char *name, const char *value) {
        setenv(name, value, 1);
        emulator::reset();
        unsetenv(name);
        return emulator::settings();
    };
    EXPECT_EQ(2, with("GT_EMULATOR_DEVICES", "2").devices);
    EXPECT_EQ(Order::descending, with("GT_EMULATOR_ORDER", "descending").order);
    EXPECT_EQ(Order::random, with("GT_EMULATOR_ORDER", "random").order);
    EXPECT_EQ(7u, with("GT_EMULATOR_ORDER", "random:7").seed);
    EXPECT_EQ(1000u, with("GT_EMULATOR_MEMORY", "1000").memory);
    EXPECT_EQ(5, with("GT_EMULATOR_CAPABILITY", "7.5").minor);
    with("GT_EMULATOR_FAIL", "cudaMalloc:2:2,cudaGetDevice:1:46");
    EXPECT_EQ(2u, emulator::faults_left());
    int device;
    void *memory;
    EXPECT_EQ(cudaErrorDevicesUnavailable, cudaGetDevice(&device));
    EXPECT_EQ(cudaSuccess, cudaMalloc(&memory, 1));
    EXPECT_EQ(cudaErrorMemoryAllocation, cudaMalloc(&memory, 1));
    EXPECT_EQ(cudaSuccess, cudaFree(memory));
    EXPECT_EQ(cudaSuccess, cudaGetDevice(&device));
    emulator::reset();
}

TEST_F(EmulatorDeathTest, EnvironmentNotUnderstood) {
    for (const auto &[name, value] : {std::pair("GT_EMULATOR_DEVICES", "two"),
                                      {"GT_EMULATOR_DEVICES", "17"},
                                      {"GT_EMULATOR_ORDER", "random:"},
                                      {"GT_EMULATOR_ORDER", "up"},
                                      {"GT_EMULATOR_CAPABILITY", "9"},
                                      {"GT_EMULATOR_FAIL", "cudaMalloc:0:2"},
                                      {"GT_EMULATOR_FAIL", "cudaMalloc"}}) {
        setenv(name, value, 1);
        EXPECT_DEATH(emulator::reset(), "is not understood") << name << "=" << value;
        unsetenv(name);
    }
}

TEST_F(Emulator, Copies) {
    emulator::settings().devices = 2;
    Words a(4), b(4);
    unsigned host[8] = {1, 2, 3, 4};
    EXPECT_EQ(cudaSuccess, cudaMemcpy(a.device, host, 16, cudaMemcpyHostToDevice));
    EXPECT_EQ(cudaSuccess, cudaMemcpy(b.device + 1, a.device, 12, cudaMemcpyDeviceToDevice));
    EXPECT_EQ(cudaSuccess, cudaMemcpy(host + 4, b.device, 16, cudaMemcpyDefault));
    EXPECT_EQ((std::vector<unsigned>{~0u, 1, 2, 3}), std::vector<unsigned>(host + 4, host + 8));
    // Out of range, by a byte at either side of a piece, in both directions.
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemcpy(a.device, host, 17, cudaMemcpyHostToDevice));
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemcpy(host, a.device + 1, 13, cudaMemcpyDeviceToHost));
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemset(a.device, 0, 17));
    // The wrong direction, and no such direction.
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemcpy(a.device, host, 16, cudaMemcpyDeviceToHost));
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemcpy(a.device, b.device, 16, cudaMemcpyHostToDevice));
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemcpy(a.device, host, 16, cudaMemcpyDeviceToDevice));
    EXPECT_EQ(cudaErrorInvalidMemcpyDirection, cudaMemcpy(a.device, host, 16, (cudaMemcpyKind)9));
    // Memory of another device, and memory that is no more.
    ASSERT_EQ(cudaSuccess, cudaSetDevice(1));
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemcpy(a.device, host, 16, cudaMemcpyHostToDevice));
    ASSERT_EQ(cudaSuccess, cudaSetDevice(0));
    unsigned *gone;
    ASSERT_EQ(cudaSuccess, cudaMalloc((void **)&gone, 16));
    ASSERT_EQ(cudaSuccess, cudaFree(gone));
    EXPECT_EQ(cudaErrorInvalidValue, cudaMemcpy(gone, host, 16, cudaMemcpyHostToDevice));
    EXPECT_EQ(cudaErrorInvalidValue, cudaFree(gone));
    EXPECT_EQ(cudaErrorInvalidValue, cudaFreeHost(a.device));
}

TEST_F(EmulatorDeathTest, AsynchronousCopiesShowLate) {
    Words words(4);
    unsigned *pinned;
    cudaStream_t stream, other;
    cudaEvent_t event;
    ASSERT_EQ(cudaSuccess, cudaMallocHost((void **)&pinned, 32));
    ASSERT_EQ(cudaSuccess, cudaStreamCreate(&stream));
    ASSERT_EQ(cudaSuccess, cudaStreamCreateWithFlags(&other, cudaStreamNonBlocking));
    ASSERT_EQ(cudaSuccess, cudaEventCreate(&event));
    ASSERT_EQ(cudaSuccess, cudaMemset(words.device, 0x11, 16));

    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(pinned, words.device, 16, cudaMemcpyDeviceToHost, stream));
    EXPECT_EQ(cudaSuccess, cudaEventRecord(event, stream));
    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(pinned + 4, words.device, 16, cudaMemcpyDeviceToHost, stream));
    EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(other));
    EXPECT_EQ(~0u, pinned[0]);
    EXPECT_EQ(cudaSuccess, cudaEventSynchronize(event));
    EXPECT_EQ(0x11111111u, pinned[0]);
    EXPECT_EQ(~0u, pinned[4]);
    EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(stream));
    EXPECT_EQ(0x11111111u, pinned[4]);

    // The default stream waits for ordinary streams but not for a non-blocking one; the device waits for all.
    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(pinned, words.device, 16, cudaMemcpyDeviceToHost, stream));
    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(pinned + 4, words.device, 16, cudaMemcpyDeviceToHost, other));
    EXPECT_EQ(cudaSuccess, cudaStreamSynchronize(nullptr));
    EXPECT_EQ(0x11111111u, pinned[3]);
    EXPECT_EQ(~0u, pinned[7]);
    EXPECT_EQ(cudaSuccess, cudaDeviceSynchronize());
    EXPECT_EQ(0x11111111u, pinned[7]);

    EXPECT_EQ(cudaSuccess, cudaMemcpyAsync(words.device, pinned, 16, cudaMemcpyHostToDevice, stream));
    EXPECT_DEATH((pinned[3] = 0, cudaStreamSynchronize(stream)), "the source of a cudaMemcpyAsync of 16 bytes was changed");
    EXPECT_EQ(cudaSuccess, cudaDeviceSynchronize());
    EXPECT_EQ(cudaSuccess, cudaEventDestroy(event));
    EXPECT_EQ(cudaSuccess, cudaStreamDestroy(other));
    EXPECT_EQ(cudaSuccess, cudaStreamDestroy(stream));
    EXPECT_EQ(cudaErrorInvalidResourceHandle, cudaStreamSynchronize(stream));
    EXPECT_EQ(cudaSuccess, cudaFreeHost(pinned));
}

TEST_F(Emulator, MemoryLimit) {
    emulator::settings().memory = 1000;
    void *a, *b;
    size_t free, total;
    ASSERT_EQ(cudaSuccess, cudaMalloc(&a, 600));
    EXPECT_EQ(cudaErrorMemoryAllocation, cudaMalloc(&b, 401));
    ASSERT_EQ(cudaSuccess, cudaMalloc(&b, 400));
    EXPECT_EQ(1000u, emulator::counters().bytes);
    EXPECT_EQ(2u, emulator::counters().allocations);
    EXPECT_EQ(cudaSuccess, cudaFree(a));
    EXPECT_EQ(cudaSuccess, cudaMemGetInfo(&free, &total));
    EXPECT_EQ(600u, free);
    EXPECT_EQ(1000u, total);
    EXPECT_EQ(cudaSuccess, cudaFree(b));
}

TEST_F(Emulator, RefusedLaunches) {
    const void *kernel = GT_KERNEL(first_words);
    Words words(1);
    const Args args = {words.device, 1};
    const size_t launches = emulator::counters().launches;
    EXPECT_EQ(cudaErrorInvalidConfiguration, launch(kernel, 1, 1025, args));
    EXPECT_EQ(cudaErrorInvalidConfiguration, launch(kernel, 1, dim3(32, 33), args));
    EXPECT_EQ(cudaErrorInvalidConfiguration, launch(kernel, 1, 0, args));
    EXPECT_EQ(cudaErrorInvalidConfiguration, launch(kernel, 0, 1, args));
    EXPECT_EQ(cudaErrorInvalidConfiguration, launch(kernel, dim3(1, 65536), 1, args));
    EXPECT_EQ(cudaErrorInvalidDeviceFunction, launch(nullptr, 1, 1, args));
    EXPECT_EQ(cudaErrorInvalidDeviceFunction, cudaPeekAtLastError());
    EXPECT_EQ(launches, emulator::counters().launches);

    emulator::settings().shared_optin = 100000;
    cudaFuncAttributes attributes;
    int blocks;
    EXPECT_EQ(cudaSuccess, launch(kernel, 1, 1, args, 49152));
    EXPECT_EQ(cudaErrorInvalidValue, launch(kernel, 1, 1, args, 49153));
    EXPECT_EQ(cudaErrorInvalidValue, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 100001));
    EXPECT_EQ(cudaSuccess, cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, 60000));
    EXPECT_EQ(cudaSuccess, launch(kernel, 1, 1, args, 60000));
    EXPECT_EQ(cudaErrorInvalidValue, launch(kernel, 1, 1, args, 60001));
    EXPECT_EQ(cudaSuccess, cudaFuncGetAttributes(&attributes, kernel));
    EXPECT_EQ(60000, attributes.maxDynamicSharedSizeBytes);
    EXPECT_EQ(cudaSuccess, cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, 256, 30000));
    EXPECT_EQ(3, blocks);
    EXPECT_EQ(cudaSuccess, cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, 1024, 0));
    EXPECT_EQ(2, blocks);
    EXPECT_EQ(launches + 2, emulator::counters().launches);
}

TEST_F(Emulator, Faults) {
    void *memory = nullptr;
    emulator::fail("cudaMalloc", 2, cudaErrorMemoryAllocation);
    emulator::fail("cudaLaunchKernel", 1, cudaErrorLaunchFailure);
    const size_t calls = emulator::calls("cudaMalloc");
    Words words(1);
    EXPECT_EQ(cudaErrorMemoryAllocation, cudaMalloc(&memory, 4));
    EXPECT_EQ(nullptr, memory);
    EXPECT_EQ(cudaErrorMemoryAllocation, cudaGetLastError());
    EXPECT_EQ(1u, emulator::faults_left());
    EXPECT_EQ(cudaErrorLaunchFailure, launch(GT_KERNEL(constant<1, 2>), 1, 1, Args{words.device, 0}));
    EXPECT_EQ(cudaSuccess, launch(GT_KERNEL(constant<1, 2>), 1, 1, Args{words.device, 0}));
    EXPECT_EQ(calls + 2, emulator::calls("cudaMalloc"));
}

TEST_F(Emulator, Events) {
    cudaEvent_t start, end;
    float ms = -1;
    ASSERT_EQ(cudaSuccess, cudaEventCreate(&start));
    ASSERT_EQ(cudaSuccess, cudaEventCreate(&end));
    EXPECT_EQ(cudaSuccess, cudaEventRecord(start, nullptr));
    EXPECT_EQ(cudaErrorInvalidResourceHandle, cudaEventElapsedTime(&ms, start, end));
    EXPECT_EQ(cudaSuccess, cudaEventRecord(end, nullptr));
    EXPECT_EQ(cudaSuccess, cudaEventElapsedTime(&ms, start, end));
    EXPECT_GE(ms, 0.0f);
    EXPECT_EQ(cudaSuccess, cudaEventDestroy(start));
    EXPECT_EQ(cudaSuccess, cudaEventDestroy(end));
}

// A host thread a device, all launching; threads come and go, and so do their fibers.
TEST_F(Emulator, HostThreads) {
    emulator::settings().devices = 4;
    std::vector<std::thread> threads;
    for (int device = 0; device < 4; device++)
        threads.emplace_back([device] {
            EXPECT_EQ(cudaSuccess, cudaSetDevice(device));
            for (int i = 0; i < 20; i++) {
                const auto out = run(GT_KERNEL(halves), 128, 1, 32);
                EXPECT_EQ(120u, out[device]);
                EXPECT_EQ(cudaErrorInvalidDevice, cudaSetDevice(4 + device));
                EXPECT_EQ(cudaErrorInvalidDevice, cudaGetLastError());
            }
        });
    for (auto &thread : threads) thread.join();
}

} // namespace
