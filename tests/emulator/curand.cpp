// cuRAND's host API, as far as gantry uses it: a Philox generator whose element i is word i mod 4 of block i div 4, made into
// uniforms and normals in double. (The real one deals its blocks to 65,536 threads, so its numbers come in another order.)
#include "device.h"

#include "state.h"

#define QUALIFIERS static inline
#include <curand_philox4x32_x.h>
#undef QUALIFIERS

#include <curand.h>

struct curandGenerator_st {
    uint64_t seed, offset;
    cudaStream_t stream;
};

namespace {

unsigned word(uint64_t seed, uint64_t i) {
    const uint64_t block = i / 4;
    const uint4 w =
        curand_Philox4x32_10({(unsigned)block, (unsigned)(block >> 32), 0, 0}, {(unsigned)seed, (unsigned)(seed >> 32)});
    const unsigned words[] = {w.x, w.y, w.z, w.w};
    return words[i % 4];
}

double uniform(unsigned word) { return word * 0x1p-32 + 0x1p-33; }

float normal(uint64_t seed, uint64_t i) {
    const double radius = std::sqrt(-2 * std::log(uniform(word(seed, i & ~1ull)))),
                 angle = 2 * M_PI * uniform(word(seed, i | 1));
    return (float)(radius * (i % 2 ? std::cos(angle) : std::sin(angle)));
}

// out[k] = value(seed, position + k), in the order of the stream. A captured generator would repeat itself.
template <class T, class Value> curandStatus_t generate(curandGenerator_t g, T *out, size_t n, Value value) {
    if (!g) return CURAND_STATUS_NOT_INITIALIZED;
    if (emulator::check_stream(g->stream) != cudaSuccess || emulator::stream_is_captured(g->stream))
        return CURAND_STATUS_PREEXISTING_FAILURE;
    for (size_t k = 0; k < n; k++) out[k] = value(g->seed, g->offset + k);
    g->offset += n;
    return CURAND_STATUS_SUCCESS;
}

} // namespace

#define CURAND_EMULATED                                                                                                        \
    const std::lock_guard<std::mutex> guard(emulator::lock());                                                                 \
    if (const cudaError_t fault = emulator::enter(__func__)) return (curandStatus_t)fault

curandStatus_t curandCreateGenerator(curandGenerator_t *generator, curandRngType_t type) {
    CURAND_EMULATED;
    if (type != CURAND_RNG_PSEUDO_PHILOX4_32_10) return CURAND_STATUS_TYPE_ERROR;
    if (emulator::settings().devices == 0) return CURAND_STATUS_INITIALIZATION_FAILED;
    *generator = new curandGenerator_st{0, 0, nullptr};
    emulator::library_objects++;
    return CURAND_STATUS_SUCCESS;
}

curandStatus_t curandDestroyGenerator(curandGenerator_t generator) {
    CURAND_EMULATED;
    if (!generator) return CURAND_STATUS_NOT_INITIALIZED;
    delete generator;
    emulator::library_objects--;
    return CURAND_STATUS_SUCCESS;
}

curandStatus_t curandSetStream(curandGenerator_t generator, cudaStream_t stream) {
    CURAND_EMULATED;
    generator->stream = stream;
    return CURAND_STATUS_SUCCESS;
}

curandStatus_t curandSetPseudoRandomGeneratorSeed(curandGenerator_t generator, unsigned long long seed) {
    CURAND_EMULATED;
    generator->seed = seed;
    generator->offset = 0;
    return CURAND_STATUS_SUCCESS;
}

curandStatus_t curandSetGeneratorOffset(curandGenerator_t generator, unsigned long long offset) {
    CURAND_EMULATED;
    generator->offset = offset;
    return CURAND_STATUS_SUCCESS;
}

curandStatus_t curandGenerate(curandGenerator_t generator, unsigned *out, size_t n) {
    CURAND_EMULATED;
    return generate(generator, out, n, word);
}

curandStatus_t curandGenerateUniform(curandGenerator_t generator, float *out, size_t n) {
    CURAND_EMULATED;
    return generate(generator, out, n, [](uint64_t seed, uint64_t i) { return (float)uniform(word(seed, i)); });
}

curandStatus_t curandGenerateNormal(curandGenerator_t generator, float *out, size_t n, float mean, float deviation) {
    CURAND_EMULATED;
    if (n % 2 != 0 || generator->offset % 2 != 0) return CURAND_STATUS_LENGTH_NOT_MULTIPLE;
    return generate(generator, out, n,
                    [=](uint64_t seed, uint64_t i) { return __builtin_fmaf(normal(seed, i), deviation, mean); });
}
