// The arithmetic of kernels/device.cuh and the functions of kernels/exact.h on the GPU. Reciprocal and square root are short
// forms whose rounding rests on the hardware, so every float of the ranges in which the engine uses them is tried. The
// functions are compared with the CPU's, bit for bit. Compiled twice, as cuda_engine_test.cpp is: the emulator goes through a
// part of the same.
#include "cuda_exact_kernels.h"
#include "cuda_shapes.h"
#include "float_bits.h"

#include <cmath>
#include <cstring>
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>
#include <random>
#include <stdbool.h>
#include <vector>

namespace {

enum Function { EXP2, LOG, SIGMOID, TANH, SOFTPLUS, ELU, COS_PI }; // the first of exact_function, as exact_lanes.h knows them

namespace portable {
#include "engine/lanes_portable.h"
//
#include "exact_lanes.h"
} // namespace portable

#ifdef GT_EMULATOR
constexpr uint32_t thinner = 997; // the CPU's rounding is not in doubt
#else
constexpr uint32_t thinner = 1;
#endif

#define ASSERT_CUDA(call) ASSERT_EQ(call, cudaSuccess) << cudaGetErrorString(cudaGetLastError())

class CudaExact : public OnGpu {
  protected:
    template <class Args> static void launch(const void *kernel, Args args) {
        const unsigned blocks = thinner == 1 ? 2048 : 4;
        void *arguments[] = {&args};
        ASSERT_CUDA(cudaLaunchKernel(kernel, dim3(blocks), dim3(256), arguments, 0, nullptr));
        ASSERT_CUDA(cudaDeviceSynchronize());
    }

    // Every float from lo to hi, both positive.
    static void check(exact_function function, float lo, float hi) {
        unsigned *device = nullptr, found[2] = {0, ~0u};
        ASSERT_CUDA(cudaMalloc((void **)&device, sizeof found));
        ASSERT_CUDA(cudaMemcpy(device, found, sizeof found, cudaMemcpyHostToDevice));
        const uint32_t n = (bits_of(hi) - bits_of(lo)) / thinner + 1;
        launch(exact_check_kernel, exact_check_args{function, bits_of(lo), thinner, n, device, device + 1});
        ASSERT_CUDA(cudaMemcpy(found, device, sizeof found, cudaMemcpyDeviceToHost));
        ASSERT_CUDA(cudaFree(device));
        EXPECT_EQ(found[0], 0u) << "of " << n << " floats are rounded wrongly; the first is " << std::hexfloat
                                << float_of(found[1]);
        RecordProperty("floats", std::to_string(n));
    }

    static void apply(exact_function function, const std::vector<uint32_t> &x, std::vector<uint32_t> &out) {
        uint32_t *device = nullptr;
        const size_t bytes = x.size() * sizeof x[0];
        out.assign(x.size(), 0);
        ASSERT_CUDA(cudaMalloc((void **)&device, 2 * bytes));
        ASSERT_CUDA(cudaMemcpy(device, x.data(), bytes, cudaMemcpyHostToDevice));
        const uint32_t n = (uint32_t)(function == EXACT_NORMAL_PAIR ? x.size() / 2 : x.size());
        launch(exact_apply_kernel, exact_apply_args{function, n, device, device + x.size()});
        ASSERT_CUDA(cudaMemcpy(out.data(), device + x.size(), bytes, cudaMemcpyDeviceToHost));
        ASSERT_CUDA(cudaFree(device));
    }

    static void expect_equal(const std::vector<uint32_t> &x, const std::vector<uint32_t> &gpu,
                             const std::vector<uint32_t> &cpu) {
        ASSERT_EQ(gpu.size(), cpu.size());
        for (size_t i = 0; i < cpu.size(); i++)
            if (gpu[i] != cpu[i] && !(std::isnan(float_of(gpu[i])) && std::isnan(float_of(cpu[i]))))
                FAIL() << "argument " << i << ", bits " << std::hex << x[i] << ": " << gpu[i] << " on the GPU, " << cpu[i]
                       << " on the CPU";
    }
};

// ---------------------------------------------------------------- rounding

// 1 + 2^a of a sigmoid with |a| <= 64 lies in (1, 2^64]; sqrt(v') + eps' of Adam from 2^-45 (v' at its floor, eps' = 0) on, and
// to 2^50 (v' at its ceiling) with any eps' that leaves a weight changed.
TEST_F(CudaExact, ReciprocalsOfAllFloatsThatOccur) { check(EXACT_RECIPROCAL, 0x1p-46f, 0x1.000002p64f); }

// v' of Adam lies in [2^-90, 2^100]; -2 ln u of the normals in [2^-90, 45].
TEST_F(CudaExact, SquareRootsOfAllFloatsThatOccur) { check(EXACT_SQUARE_ROOT, 0x1p-90f, 0x1p100f); }

// What the check above compares with, the GPU's own correctly rounded operations, against the CPU's.
TEST_F(CudaExact, RoundingIsThatOfTheCpu) {
    std::vector<uint32_t> x, gpu;
    for (uint64_t bits = bits_of(0x1p-46f); bits <= bits_of(0x1p64f); bits += 331 * thinner) x.push_back((uint32_t)bits);
    for (exact_function function : {EXACT_RECIPROCAL, EXACT_SQUARE_ROOT}) {
        std::vector<uint32_t> cpu;
        for (uint32_t bits : x)
            cpu.push_back(bits_of(function == EXACT_RECIPROCAL ? 1.0f / float_of(bits) : std::sqrt(float_of(bits))));
        apply(function, x, gpu);
        expect_equal(x, gpu, cpu);
    }
}

// ---------------------------------------------------------------- functions

// About 2^22 floats (on a GPU) of all magnitudes and both signs, and what lies at the edges.
std::vector<uint32_t> arguments(bool positive_normal) {
    std::vector<uint32_t> x;
    const uint64_t stride = 1021 * (uint64_t)(thinner == 1 ? 1 : 64);
    for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += stride) x.push_back((uint32_t)bits);
    for (float edge : {0.0f, 0.5f, 0.625f, 1.0f, 2.0f, 44.36f, 63.5f, 64.0f, 88.0f, 100.0f, 3e38f, 1e-38f, 1e-45f})
        for (uint32_t off = 0; off < 16; off++)
            for (uint32_t sign : {0u, 0x80000000u}) x.push_back((bits_of(edge) + off - (bits_of(edge) >= 8 ? 8 : 0)) | sign);
    if (positive_normal)
        for (uint32_t &bits : x)
            if (!std::isnormal(float_of(bits)) || float_of(bits) < 0) bits = bits_of(1.0f);
    for (uint32_t &bits : x)
        if (std::isnan(float_of(bits))) bits |= 0x400000; // signalling NaNs don't arise
    while (x.size() % 16 != 0) x.push_back(0x3f800000);
    return x;
}

class CudaExactFunctions : public CudaExact, public ::testing::WithParamInterface<exact_function> {};

TEST_P(CudaExactFunctions, HaveTheBitsOfTheCpu) {
    const std::vector<uint32_t> x = arguments(GetParam() == EXACT_LOG);
    std::vector<uint32_t> gpu, cpu(x.size());
    std::vector<float> values(x.size()), out(x.size());
    if (GetParam() == EXACT_UNIFORM) {
        portable::uniforms(x.data(), x.size(), out.data());
    } else if (GetParam() == EXACT_TRUNCATED_NORMAL) {
        portable::truncated_normals(x.data(), x.size(), out.data());
    } else {
        memcpy(values.data(), x.data(), x.size() * sizeof x[0]);
        portable::map(static_cast<Function>(GetParam()), values.data(), values.size(), out.data());
    }
    memcpy(cpu.data(), out.data(), out.size() * sizeof out[0]);
    apply(GetParam(), x, gpu);
    expect_equal(x, gpu, cpu);
}

std::string name_of(const ::testing::TestParamInfo<exact_function> &info) {
    const char *const names[] = {"exp2", "log", "sigmoid", "tanh", "softplus", "elu", "cos_pi", "uniform", "truncated_normal"};
    return names[info.param];
}

INSTANTIATE_TEST_SUITE_P(All, CudaExactFunctions,
                         ::testing::Values(EXACT_EXP2, EXACT_LOG, EXACT_SIGMOID, EXACT_TANH, EXACT_SOFTPLUS, EXACT_ELU,
                                           EXACT_COS_PI, EXACT_UNIFORM, EXACT_TRUNCATED_NORMAL),
                         name_of);

TEST_F(CudaExact, NormalPairsHaveTheBitsOfTheCpu) {
    const size_t n = thinner == 1 ? 1 << 22 : 1 << 13;
    std::mt19937 random(7);
    std::vector<uint32_t> x(n), y(n), words(2 * n), gpu, cpu(2 * n);
    const uint32_t edges[] = {0, 1, 2, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xbfffffff, 0xc0000000, 0xfffffffe, ~0u};
    const size_t n_edges = sizeof edges / sizeof edges[0];
    for (size_t i = 0; i < n; i++) {
        const bool edge = i < n_edges * n_edges;
        x[i] = words[2 * i] = edge ? edges[i / n_edges] : random();
        y[i] = words[2 * i + 1] = edge ? edges[i % n_edges] : random();
    }
    std::vector<float> first(n), second(n);
    portable::normals(x.data(), y.data(), n, first.data(), second.data());
    for (size_t i = 0; i < n; i++) cpu[2 * i] = bits_of(first[i]), cpu[2 * i + 1] = bits_of(second[i]);
    apply(EXACT_NORMAL_PAIR, words, gpu);
    expect_equal(words, gpu, cpu);
}

} // namespace
