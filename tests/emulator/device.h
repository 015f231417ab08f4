// What a kernel's source includes in place of nvcc's built-ins when g++ compiles it to run on the CPU (with GT_EMULATOR
// defined).
//
// Each thread of a block is a fiber (fibers.cpp); one runs at a time, until it comes to a barrier or a warp collective. Names
// and meanings are CUDA's. A collective also notes the line it is called from: lanes that meet must come from the same one.
// Left out: textures, inline PTX, __syncthreads_count and its kin, waiting for another thread in a loop without a barrier.
#ifndef GT_EMULATOR_DEVICE_H
#define GT_EMULATOR_DEVICE_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector_functions.h>
#include <vector_types.h>

// ---------------------------------------------------------------- declarations

#undef __global__
#undef __device__
#undef __host__
#undef __shared__
#undef __constant__
#undef __forceinline__
#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__    // nothing: libstdc++ writes __attribute__((__noinline__)), which has to go on meaning something
#define __launch_bounds__(...)
#define __shared__                                                                                                             \
    static // blocks run one after another, on one thread; unlike dynamic shared memory it isn't refilled with 0xff

// type *name: this block's dynamic shared memory, exactly as large as the launch asked for and full of 0xff bytes at first.
#define GT_DYNAMIC_SHARED(type, name) type *const name = static_cast<type *>(emulator::dynamic_shared)
// The handle that cudaLaunchKernel takes, of a kernel void fn(Args) with one argument by value; a constant expression.
#define GT_KERNEL(...) (static_cast<const void *>(&emulator::kernel<(__VA_ARGS__)>))

namespace emulator {

struct Kernel {
    uint64_t magic;
    size_t args_bytes;
    void (*call)(void **args);
    const char *(*name)();
};
constexpr uint64_t kernel_magic = 0x6b65726e656c2121;

template <class Args> void unpack(void (*fn)(Args), void **args) { fn(*static_cast<const Args *>(args[0])); }
template <auto fn> void call(void **args) { unpack(fn, args); }
template <auto fn> const char *name() { return __PRETTY_FUNCTION__; }
template <class Args> constexpr size_t args_bytes(void (*)(Args)) { return sizeof(Args); }
template <auto fn> inline constexpr Kernel kernel = {kernel_magic, args_bytes(fn), call<fn>, name<fn>};

enum class Collective { syncwarp, shfl, ballot };

extern void *dynamic_shared;
extern unsigned lane; // of the running fiber, in its warp

void barrier(const char *file, int line);
// Waits until all lanes of the mask have come with the same mask from the same line. The result of a shuffle is the source
// lane's value, all ones if that lane isn't in the mask; of a ballot the lanes whose value isn't 0.
uint64_t collective(Collective kind, unsigned mask, uint64_t value, unsigned source, const char *file, int line);
[[noreturn]] void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

template <class T> T shuffle(unsigned mask, T value, unsigned source, int width, const char *file, int line) {
    static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8);
    if (width < 1 || width > 32 || (width & (width - 1))) die("a shuffle of width %d at %s:%d", width, file, line);
    uint64_t word = 0;
    memcpy(&word, &value, sizeof value);
    word = collective(Collective::shfl, mask, word, source, file, line);
    memcpy(&value, &word, sizeof value);
    return value;
}

} // namespace emulator

// ---------------------------------------------------------------- threads

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;
constexpr int warpSize = 32;

#define GT_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(GT_SITE) { emulator::barrier(file, line); }
inline void __syncwarp(unsigned mask = ~0u, GT_SITE) {
    emulator::collective(emulator::Collective::syncwarp, mask, 0, 0, file, line);
}
inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}

template <class T> T __shfl_sync(unsigned mask, T value, int source, int width = 32, GT_SITE) {
    const unsigned within = (unsigned)width - 1;
    return emulator::shuffle(mask, value, (emulator::lane & ~within) + ((unsigned)source & within), width, file, line);
}
template <class T> T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, GT_SITE) {
    const unsigned place = emulator::lane & ((unsigned)width - 1);
    return emulator::shuffle(mask, value, emulator::lane - (delta <= place ? delta : 0), width, file, line);
}
template <class T> T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, GT_SITE) {
    const unsigned place = emulator::lane & ((unsigned)width - 1);
    return emulator::shuffle(mask, value, emulator::lane + (delta < (unsigned)width - place ? delta : 0), width, file, line);
}
// A lane may read from an earlier segment of width lanes but not from a later one.
template <class T> T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, GT_SITE) {
    const unsigned source = emulator::lane ^ (unsigned)lanes, last = emulator::lane | ((unsigned)width - 1);
    return emulator::shuffle(mask, value, source <= last ? source : emulator::lane, width, file, line);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, GT_SITE) {
    return (unsigned)emulator::collective(emulator::Collective::ballot, mask, predicate != 0, 0, file, line);
}
inline int __any_sync(unsigned mask, int predicate, GT_SITE) { return __ballot_sync(mask, predicate, file, line) != 0; }
inline int __all_sync(unsigned mask, int predicate, GT_SITE) { return __ballot_sync(mask, !predicate, file, line) == 0; }

// ---------------------------------------------------------------- atomics: one fiber runs at a time

template <class T, class V> T gt_atomic_set(T *address, V value) {
    const T old = *address;
    *address = (T)value;
    return old;
}
template <class T> using gt_same = std::common_type_t<T>; // not deduced, so that atomicAdd(&word, 1) works
template <class T> T atomicAdd(T *a, gt_same<T> v) { return gt_atomic_set(a, *a + v); }
template <class T> T atomicSub(T *a, gt_same<T> v) { return gt_atomic_set(a, *a - v); }
template <class T> T atomicMin(T *a, gt_same<T> v) { return gt_atomic_set(a, v < *a ? v : *a); }
template <class T> T atomicMax(T *a, gt_same<T> v) { return gt_atomic_set(a, v > *a ? v : *a); }
template <class T> T atomicOr(T *a, gt_same<T> v) { return gt_atomic_set(a, *a | v); }
template <class T> T atomicAnd(T *a, gt_same<T> v) { return gt_atomic_set(a, *a & v); }
template <class T> T atomicExch(T *a, gt_same<T> v) { return gt_atomic_set(a, v); }
template <class T> T atomicCAS(T *a, gt_same<T> expected, gt_same<T> v) { return gt_atomic_set(a, *a == expected ? v : *a); }

// ---------------------------------------------------------------- arithmetic, rounded to nearest

inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __fsqrt_rn(float a) { return __builtin_sqrtf(a); }
inline double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __drcp_rn(double a) { return 1.0 / a; }
inline double __dsqrt_rn(double a) { return __builtin_sqrt(a); }

template <class To, class From> To gt_bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
inline float __uint_as_float(unsigned a) { return gt_bits<float>(a); }
inline unsigned __float_as_uint(float a) { return gt_bits<unsigned>(a); }
inline float __int_as_float(int a) { return gt_bits<float>(a); }
inline int __float_as_int(float a) { return gt_bits<int>(a); }
inline double __longlong_as_double(long long a) { return gt_bits<double>(a); }
inline long long __double_as_longlong(double a) { return gt_bits<long long>(a); }
inline float __int2float_rn(int a) { return (float)a; }
inline float __uint2float_rn(unsigned a) { return (float)a; }
inline float __double2float_rn(double a) { return (float)a; }
inline int __float2int_rn(float a) { return (int)std::nearbyint(a); }
inline int __float2int_rz(float a) { return (int)a; }

inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((uint64_t)a * b >> 32); }
inline int __popc(unsigned a) { return __builtin_popcount(a); }
inline int __clz(int a) { return a ? __builtin_clz((unsigned)a) : 32; }
inline int __ffs(int a) { return __builtin_ffs(a); }
template <class T> T __ldg(const T *a) { return *a; }

inline int min(int a, int b) { return b < a ? b : a; }
inline int max(int a, int b) { return a < b ? b : a; }
inline unsigned min(unsigned a, unsigned b) { return b < a ? b : a; }
inline unsigned max(unsigned a, unsigned b) { return a < b ? b : a; }

#endif
