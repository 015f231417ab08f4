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
    for (int l = 0; l < 4; l++) spec.generator.activation[l] = g[l];
    for (int l = 0; l < 3; l++) spec.discriminator.activation[l] = d[l];
    return spec;
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

inline const char *name_of(gt_state_part part) { return part == GT_WEIGHTS ? "weights" : part == GT_ADAM_M ? "m" : "v"; }

#endif
