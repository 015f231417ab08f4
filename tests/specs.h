// Specs, instruction sets and small helpers that several tests share.
#ifndef GT_TESTS_SPECS_H
#define GT_TESTS_SPECS_H

#include "gantry/gantry.h"

#include <gtest/gtest.h>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

struct NamedSpec {
    std::string name; // letters, digits and _
    gt_spec spec;
};

inline std::ostream &operator<<(std::ostream &out, const NamedSpec &s) { return out << s.name; }

inline std::string spec_name(const ::testing::TestParamInfo<NamedSpec> &info) { return info.param.name; }

inline gt_spec preset(const char *name) {
    gt_spec spec{};
    EXPECT_EQ(gt_spec_preset(name, &spec), GT_OK) << gt_last_error();
    return spec;
}

inline gt_net_spec net(int inputs, const std::vector<int> &hidden, gt_activation activation, int outputs) {
    gt_net_spec net{};
    net.size[0] = inputs;
    for (int width : hidden) {
        net.activation[net.n_layers] = activation;
        net.size[++net.n_layers] = width;
    }
    net.activation[net.n_layers] = GT_LINEAR;
    net.size[++net.n_layers] = outputs;
    net.leaky_slope = 0.2;
    net.hidden_init = GT_HE_UNIFORM;
    net.output_init = GT_GLOROT_UNIFORM;
    return net;
}

// The tutorial's experiment with other nets and another batch.
inline gt_spec spec_of(int latent, const std::vector<int> &g_hidden, const std::vector<int> &d_hidden, gt_activation activation,
                       int batch = 128) {
    gt_spec spec = preset("x2");
    spec.generator = net(latent, g_hidden, activation, 2);
    spec.discriminator = net(2, d_hidden, activation, 1);
    spec.batch = batch;
    return spec;
}

// A different activation everywhere, also on G's output.
inline gt_spec mixed_spec(int batch = 128) {
    gt_spec spec = spec_of(3, {7, 6, 5}, {9, 8, 7}, GT_RELU, batch);
    const gt_activation g[] = {GT_TANH, GT_LEAKY_RELU, GT_SIGMOID, GT_TANH}, d[] = {GT_SIGMOID, GT_TANH, GT_LINEAR};
    spec.scaling = GT_SCALING_NONE;
    for (int l = 0; l < 4; l++) spec.generator.activation[l] = g[l];
    for (int l = 0; l < 3; l++) spec.discriminator.activation[l] = d[l];
    return spec;
}

template <class Change> gt_spec changed(gt_spec spec, Change change) {
    change(spec);
    return spec;
}

// Every choice of a recipe but the tutorial's, a few at a time.
inline std::vector<NamedSpec> recipes() {
    const gt_spec x2 = preset("x2");
    return {
        {"elu", changed(spec_of(5, {15}, {25}, GT_ELU), [](gt_spec &s) { s.generator.activation[1] = GT_ELU; })},
        {"minimax_soft", changed(x2, [](gt_spec &s) { s.loss = GT_MINIMAX, s.real_label = 0.9, s.fake_label = 0.1; })},
        {"least_squares", changed(x2, [](gt_spec &s) { s.loss = GT_LEAST_SQUARES, s.real_label = 2, s.fake_label = -1; })},
        {"hinge_uniform", changed(x2, [](gt_spec &s) { s.loss = GT_HINGE, s.noise = GT_NOISE_UNIFORM; })},
        {"wasserstein",
         changed(x2, [](gt_spec &s) { s.loss = GT_WASSERSTEIN, s.clip = 0.3, s.d_steps = 3, s.half_batch = 33; })},
        {"combined_soft", changed(x2, [](gt_spec &s) { s.combined_batch = true, s.half_batch = 128, s.real_label = 0.9; })},
        {"combined_deep_odd", changed(preset("x2-deep"),
                                      [](gt_spec &s) {
                                          s.combined_batch = true, s.batch = 40, s.half_batch = 37, s.d_steps = 2,
                                          s.noise = GT_NOISE_TRUNCATED_NORMAL;
                                      })},
        {"linear_decay",
         changed(x2, [](gt_spec &s) { s.decay = GT_DECAY_LINEAR, s.decay_iterations = 40, s.decay_final = 0.1; })},
        {"weight_decay_ema", changed(x2,
                                     [](gt_spec &s) {
                                         s.ema = 0.9;
                                         s.generator_adam.weight_decay = 0.3, s.discriminator_adam.weight_decay = 0.5;
                                     })},
        {"cosine_decay",
         changed(x2, [](gt_spec &s) { s.decay = GT_DECAY_COSINE, s.decay_iterations = 60, s.batch = 31, s.half_batch = 5; })},
        {"normal_init", changed(x2,
                                [](gt_spec &s) {
                                    s.generator.hidden_init = GT_HE_NORMAL, s.generator.output_init = GT_GLOROT_NORMAL;
                                    s.discriminator.hidden_init = GT_GLOROT_UNIFORM,
                                    s.discriminator.output_init = GT_HE_UNIFORM;
                                    s.ema = 0.99, s.noise = GT_NOISE_TRUNCATED_NORMAL;
                                })},
    };
}

// Other targets: along curves and from tables, with noise and scaling, of other widths than two.
inline gt_spec target_spec(const char *name, gt_activation g_output, const std::vector<int> &d_hidden = {25}) {
    gt_spec spec = spec_of(5, {15}, d_hidden, GT_RELU);
    EXPECT_EQ(gt_target_by_name(name, &spec.target), GT_OK) << gt_last_error();
    spec.generator.activation[spec.generator.n_layers - 1] = g_output;
    return spec;
}

inline gt_spec data_spec(int n_columns, size_t n, gt_activation g_output = GT_LINEAR, int batch = 64) {
    static std::vector<std::vector<float>> kept; // specs borrow their points
    std::vector<float> &points = kept.emplace_back();
    for (size_t i = 0; i < n * (size_t)n_columns; i++) points.push_back((float)((i * 2654435761u >> 7) % 1000) / 500 - 1);
    gt_spec spec = spec_of(4, {15}, {25}, GT_RELU, batch);
    EXPECT_EQ(gt_target_from_points(points.data(), n, n_columns, &spec.target), GT_OK) << gt_last_error();
    spec.generator.size[spec.generator.n_layers] = spec.discriminator.size[0] = n_columns;
    spec.generator.activation[spec.generator.n_layers - 1] = g_output;
    return spec;
}

inline std::vector<NamedSpec> targets() {
    return {{"sine", target_spec("sine", GT_LINEAR)},
            {"x2_scaled", target_spec("x2", GT_TANH)},
            {"bell_sigmoid", target_spec("bell", GT_SIGMOID, {12, 11})},
            {"ring", target_spec("ring8-pacgan", GT_LINEAR)},
            {"grid_scaled", target_spec("grid25-wgangp", GT_TANH)},
            {"swissroll", target_spec("swissroll", GT_LINEAR, {9, 9})},
            {"moons", target_spec("moons", GT_LINEAR)},
            {"data_1", data_spec(1, 7, GT_LINEAR, 34)},
            {"data_2", data_spec(2, 100)},
            {"data_3_scaled", data_spec(3, 1000, GT_SIGMOID, 50)},
            {"data_64", data_spec(64, 33)}};
}

inline std::vector<NamedSpec> join(std::vector<NamedSpec> a, const std::vector<NamedSpec> &b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

using Trainer = std::unique_ptr<gt_trainer, decltype(&gt_trainer_destroy)>;

inline Trainer make_trainer(const gt_spec &spec, const gt_trainer_options &options) {
    gt_trainer *trainer = nullptr;
    EXPECT_EQ(gt_trainer_create(&spec, &options, &trainer), GT_OK) << gt_last_error();
    return Trainer(trainer, &gt_trainer_destroy);
}

inline Trainer make_trainer(const gt_spec &spec, uint64_t first_seed = 1, size_t n_runs = 1, gt_isa isa = GT_ISA_AUTO,
                            int n_threads = 1) {
    gt_trainer_options options{};
    options.first_seed = first_seed;
    options.n_runs = n_runs;
    options.isa = isa;
    options.n_threads = n_threads;
    return make_trainer(spec, options);
}

// The instruction sets that this machine can run; says which it can't.
inline std::vector<gt_isa> available_isas() {
    std::vector<gt_isa> isas;
    const gt_spec spec = preset("x2");
    for (gt_isa isa : {GT_ISA_AVX512, GT_ISA_AVX2, GT_ISA_PORTABLE}) {
        gt_trainer_options options{};
        options.n_runs = 1;
        options.isa = isa;
        gt_trainer *trainer = nullptr;
        if (gt_trainer_create(&spec, &options, &trainer) == GT_OK)
            isas.push_back(isa);
        else
            std::cout << "[  SKIPPED ] " << gt_isa_name(isa) << ": " << gt_last_error() << "\n";
        gt_trainer_destroy(trainer);
    }
    return isas;
}

inline std::string digest(const gt_trainer *trainer, size_t run = 0) {
    char text[GT_DIGEST_CHARS];
    EXPECT_EQ(gt_trainer_digest(trainer, run, text), GT_OK) << gt_last_error();
    return text;
}

inline std::vector<float> state(const gt_trainer *trainer, gt_net net, gt_state_part part, size_t run = 0) {
    std::vector<float> out(gt_spec_n_parameters(gt_trainer_get_spec(trainer), net));
    EXPECT_EQ(gt_trainer_get_state(trainer, run, net, part, out.data()), GT_OK) << gt_last_error();
    return out;
}

inline const char *name_of(gt_net net) { return net == GT_DISCRIMINATOR ? "D" : net == GT_GENERATOR ? "G" : "GAN"; }

inline const char *name_of(gt_state_part part) {
    static const char *const names[] = {"weights", "m", "v", "ema"};
    return names[part];
}

// The parts of the state of a net.
inline std::vector<gt_state_part> parts_of(const gt_spec &spec, gt_net net) {
    std::vector<gt_state_part> parts = {GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V};
    if (net == GT_GENERATOR && spec.ema > 0) parts.push_back(GT_EMA);
    return parts;
}

#endif
