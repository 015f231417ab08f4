// Specs whose kernels the tests run: on the emulator those of kernels/shapes/ and tests/shapes/, which are compiled with it; on
// a GPU the latter are compiled at run time.
#ifndef GT_TESTS_CUDA_SHAPES_H
#define GT_TESTS_CUDA_SHAPES_H

#include "engine/cuda_devices.h"
#include "specs.h"

#ifdef GT_EMULATOR
#include "emulator/emulator.h"
#endif

#include <algorithm>

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

// Presets whose kernels are compiled with the program. Named like the files in kernels/shapes/.
inline std::vector<NamedSpec> preset_shapes() {
    std::vector<NamedSpec> out;
    for (std::string name : {"x2", "x2-leaky", "x2-tanh", "x2-wide", "x2-deep"}) {
        const gt_spec spec = preset(name.c_str());
        for (char &c : name) c = c == '-' ? '_' : c;
        out.push_back({name, spec});
    }
    return out;
}

// Named like the files in tests/shapes/. Every kind of net with every other; batches that leave lanes idle; widths below, at
// and above the lanes.
inline std::vector<NamedSpec> net_shapes() {
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

// Likewise: every choice of a recipe, several at a time since each shape takes its time to compile. Half batches that are no
// multiple of the lanes; latents that begin inside a block of random numbers.
inline std::vector<NamedSpec> recipe_shapes() {
    return {
        {"wasserstein_3_steps", changed(spec_of(5, {15}, {25}, GT_RELU, 50),
                                        [](gt_spec &s) {
                                            s.loss = GT_WASSERSTEIN, s.clip = 0.3;
                                            s.d_steps = 3, s.half_batch = 33;
                                            s.noise = GT_NOISE_UNIFORM, s.ema = 0.9;
                                        })},
        {"least_squares_curve", changed(target_spec("sine", GT_TANH),
                                        [](gt_spec &s) {
                                            s.loss = GT_LEAST_SQUARES, s.real_label = 0.9, s.fake_label = -0.1;
                                            s.combined_batch = true, s.d_steps = 2, s.half_batch = 37;
                                            s.decay = GT_DECAY_LINEAR, s.decay_iterations = 40, s.decay_final = 0.1;
                                            s.generator_adam.weight_decay = 3;
                                        })},
        {"hinge_modes", changed(target_spec("ring8-pacgan", GT_LINEAR),
                                [](gt_spec &s) {
                                    s.loss = GT_HINGE, s.noise = GT_NOISE_TRUNCATED_NORMAL, s.ema = 0.99;
                                    s.decay = GT_DECAY_COSINE, s.decay_iterations = 60, s.decay_final = 0;
                                })},
        {"minimax_noisy_curve", changed(target_spec("swissroll", GT_ELU, {9, 9}),
                                        [](gt_spec &s) {
                                            s.loss = GT_MINIMAX, s.real_label = 0.9, s.fake_label = 0.1, s.batch = 70;
                                            s.discriminator.activation[0] = GT_ELU, s.generator.activation[0] = GT_ELU;
                                            s.discriminator_adam.weight_decay = 5;
                                        })},
        {"bce_1_column", changed(data_spec(1, 7), [](gt_spec &s) { s.real_label = 0.9, s.batch = 31, s.half_batch = 5; })},
        {"wasserstein_3_columns", changed(data_spec(3, 1000, GT_SIGMOID),
                                          [](gt_spec &s) {
                                              s.loss = GT_WASSERSTEIN, s.clip = 0.05, s.ema = 0.5;
                                              s.combined_batch = true, s.half_batch = 21;
                                              s.generator_adam.weight_decay = s.discriminator_adam.weight_decay = 2;
                                          })},
        {"hinge_64_columns", changed(data_spec(64, 33),
                                     [](gt_spec &s) {
                                         s.loss = GT_HINGE, s.d_steps = 2, s.noise = GT_NOISE_UNIFORM;
                                         s.decay = GT_DECAY_LINEAR, s.decay_iterations = 20, s.decay_final = 0.5;
                                     })},
        {"bce_soft_combined", changed(target_spec("grid25-wgangp", GT_TANH),
                                      [](gt_spec &s) {
                                          s.combined_batch = true, s.half_batch = 128, s.real_label = 0.9;
                                          s.discriminator.activation[0] = GT_LEAKY_RELU;
                                      })},
    };
}

inline std::vector<NamedSpec> other_shapes() { return join(net_shapes(), recipe_shapes()); }

inline gt_spec recipe_shape(const std::string &name) {
    for (const NamedSpec &shape : recipe_shapes())
        if (shape.name == name) return shape.spec;
    ADD_FAILURE() << "no shape is called " << name;
    return preset("x2");
}

// Of a trainer of "wasserstein_3_steps" with tiny learning rates: from here on a run meets weights of D that are not finite
// although they would be clipped. Points near the largest float give gradients that Adam's m' can't add up, while small weights
// keep the logits finite.
inline void make_clipped_weights_overflow(gt_trainer *trainer, size_t run) {
    std::vector<float> d = state(trainer, GT_DISCRIMINATOR, GT_WEIGHTS, run), g = state(trainer, GT_GENERATOR, GT_WEIGHTS, run);
    const int hidden = gt_trainer_get_spec(trainer)->discriminator.size[1];
    std::for_each(d.begin(), d.begin() + 3 * hidden, [](float &w) { w *= 1e-30f; });
    std::fill(g.end() - 2, g.end(), 3e38f);
    EXPECT_EQ(gt_trainer_set_state(trainer, run, GT_DISCRIMINATOR, GT_WEIGHTS, d.data()), GT_OK);
    EXPECT_EQ(gt_trainer_set_state(trainer, run, GT_GENERATOR, GT_WEIGHTS, g.data()), GT_OK);
}

// Specs that share a shape with one of those above and differ in what kernels get at run time.
inline std::vector<NamedSpec> other_numbers() {
    const auto with_target = [](gt_spec spec, const char *name, gt_scaling scaling) {
        EXPECT_EQ(gt_target_by_name(name, &spec.target), GT_OK) << gt_last_error();
        spec.scaling = scaling;
        return spec;
    };
    return {
        {"x2_on_another_domain", changed(preset("x2"), [](gt_spec &s) { s.target.lo = 0.25, s.target.hi = 1.5; })},
        {"x2_other_labels", changed(preset("x2"), [](gt_spec &s) { s.real_label = 0.8, s.fake_label = 0.3; })},
        {"x2_other_rates", changed(preset("x2-leaky"),
                                   [](gt_spec &s) {
                                       s.discriminator_adam.lr = 0.002, s.generator_adam.beta1 = 0.5;
                                       s.discriminator.leaky_slope = 0.1, s.generator.leaky_slope = 0.3;
                                   })},
        {"x2_scaled", with_target(recipe_shape("least_squares_curve"), "x2", GT_SCALING_UNIT)},
        {"bell_as_it_is", with_target(recipe_shape("least_squares_curve"), "bell", GT_SCALING_NONE)},
        {"grid_scaled", with_target(recipe_shape("hinge_modes"), "grid25-pacgan", GT_SCALING_SYMMETRIC)},
        {"moons", with_target(recipe_shape("minimax_noisy_curve"), "moons", GT_SCALING_SYMMETRIC)},
        {"ring_as_it_is", with_target(recipe_shape("bce_soft_combined"), "ring8-wgangp", GT_SCALING_NONE)},
    };
}

#endif
