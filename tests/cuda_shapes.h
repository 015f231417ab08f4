// Specs whose kernels the tests run: on the emulator those of kernels/shapes/ and tests/shapes/, which are compiled with it; on
// a GPU the latter are compiled at run time.
#ifndef GT_TESTS_CUDA_SHAPES_H
#define GT_TESTS_CUDA_SHAPES_H

#include "engine/cuda_devices.h"
#include "specs.h"

#ifdef GT_EMULATOR
#include "emulator/emulator.h"
#endif

// Tests that need a GPU, or the emulator as it is at first.
class OnGpu : public ::testing::Test {
  protected:
    void SetUp() override {
#ifdef GT_EMULATOR
        emulator::reset();
#endif
        const char *why = nullptr;
        if (gt_cuda_count(&why) == 0) GTEST_SKIP() << why;
    }
};

// Named like the files in kernels/shapes/.
inline std::vector<NamedSpec> preset_shapes() {
    std::vector<NamedSpec> out;
    for (int i = 0; gt_preset_name(i) != nullptr; i++) {
        std::string name = gt_preset_name(i);
        for (char &c : name) c = c == '-' ? '_' : c;
        out.push_back({name, preset(gt_preset_name(i))});
    }
    return out;
}

// Named like the files in tests/shapes/. Every kind of net with every other; batches that leave lanes idle; widths below, at
// and above the lanes.
inline std::vector<NamedSpec> other_shapes() {
    return {
        {"batch_2", spec_of(5, {15}, {25}, GT_RELU, 2)},
        {"batch_50", spec_of(5, {15}, {25}, GT_RELU, 50)},
        {"batch_258", spec_of(5, {15}, {25}, GT_RELU, 258)},
        {"batch_1000_leaky", spec_of(3, {7}, {9}, GT_LEAKY_RELU, 1000)},
        {"one_unit", spec_of(1, {1}, {1}, GT_RELU)},
        {"units_15", spec_of(4, {16}, {15}, GT_RELU)},
        {"units_16", spec_of(8, {16}, {16}, GT_LEAKY_RELU, 34)},
        {"units_100", spec_of(5, {33}, {100}, GT_RELU)},
        {"latent_100", spec_of(100, {17}, {17}, GT_RELU, 64)},
        {"tanh_batch_34", spec_of(2, {5}, {3}, GT_TANH, 34)},
        {"sigmoid_two_hidden", spec_of(3, {7, 6}, {9, 8}, GT_SIGMOID, 50)},
        {"linear", spec_of(2, {5}, {3}, GT_LINEAR, 34)},
        {"three_hidden", spec_of(5, {12, 11, 10}, {16, 15, 14}, GT_TANH, 50)},
        {"g_deep_d_shallow", spec_of(5, {16, 16}, {25}, GT_LEAKY_RELU)},
        {"g_shallow_d_deep", spec_of(5, {15}, {16, 16}, GT_RELU)},
        {"all_ones", spec_of(1, {1, 1}, {1, 1}, GT_TANH, 2)},
        {"mixed", mixed_spec(66)},
    };
}

#endif
