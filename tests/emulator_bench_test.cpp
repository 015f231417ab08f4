// The kernels of bench/fused_cuda_kernels.cu do the work that they are timed for (on the emulator; cuRAND's own are left out).
#include "bench/fused_cuda_kernels.h"
#include "reference.h"

#include "emulator/emulator.h"

#include <cmath>
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>
#include <string>

namespace {

enum { THREADS = 64, ROUNDS = 5 };

// What each thread of two blocks leaves, which found `given` in its place.
std::vector<float> run(const std::string &name, float given) {
    const bench_kernel *kernel = nullptr;
    for (int k = 0; k < n_bench_kernels; k++)
        if (name == bench_kernels[k].name) kernel = &bench_kernels[k];
    EXPECT_NE(kernel, nullptr) << name;
    std::vector<float> out(2 * THREADS, given);
    const size_t bytes = out.size() * sizeof(float);
    void *memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, bytes), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(memory, out.data(), bytes, cudaMemcpyHostToDevice), cudaSuccess);
    bench_args args = {static_cast<float *>(memory), ROUNDS};
    void *arguments[] = {&args};
    EXPECT_EQ(cudaLaunchKernel(kernel->handle, dim3(2), dim3(THREADS), arguments, 0, nullptr), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(out.data(), memory, bytes, cudaMemcpyDeviceToHost), cudaSuccess);
    EXPECT_EQ(cudaFree(memory), cudaSuccess);
    return out;
}

// Four numbers a round from blocks 0, 1, ... of a stream of the thread's own.
TEST(BenchKernels, DrawUniformsAndNormals) {
    const std::vector<float> uniforms = run("uniforms", 0), normals = run("normals", 0);
    for (uint32_t thread : {0u, 1u, 63u, 64u, 127u}) {
        double uniform = 0, normal = 0;
        for (double x : reference::uniforms(1, thread, 0, 4 * ROUNDS)) uniform += x;
        for (double x : reference::normals(1, thread, 0, 4 * ROUNDS)) normal += x;
        EXPECT_NEAR(uniforms[thread], uniform, 1e-5) << thread; // 20 sums below 20, rounded to float
        EXPECT_NEAR(normals[thread], normal, 1e-4) << thread;
    }
}

TEST(BenchKernels, ThePeakIsAllItsMultiplyAdds) {
    const float a = std::ldexp(1.0f, -12); // of (b + k) b + b, often: the sequence a = a b + b
    float expected = 0;
    for (int k = 0; k < 8; k++) {
        float x = a + static_cast<float>(k);
        for (int n = 0; n < ROUNDS * PEAK_FMAS / 8; n++) x = std::fma(x, a, a);
        expected += x;
    }
    for (float x : run("fma_peak", a)) EXPECT_EQ(x, expected);
}

TEST(BenchKernels, AdamMovesItsWeights) {
    for (float x : run("adam", 0.5f)) {
        EXPECT_TRUE(std::isfinite(x));
        EXPECT_LT(x, ADAM_UPDATES * 0.5f); // gradients of 0.5 lower every weight
        EXPECT_GT(x, ADAM_UPDATES * 0.4f);
    }
}

} // namespace
