// Specs and models of targets that several tests share.
#ifndef GT_TESTS_TARGETS_H
#define GT_TESTS_TARGETS_H

#include "core/metrics.h"
#include "specs.h"

#include <initializer_list>

inline gt_target_spec target(const char *name) {
    gt_target_spec out{};
    EXPECT_EQ(gt_target_by_name(name, &out), GT_OK) << gt_last_error();
    return out;
}

inline gt_target_spec target(const char *name, std::initializer_list<double> parameters) {
    gt_target_spec out = target(name);
    std::copy(parameters.begin(), parameters.end(), out.parameter);
    return out;
}

// The tutorial's parabola on [lo, hi].
inline gt_target_spec square_on(double lo, double hi) {
    gt_target_spec out = target("x2");
    out.lo = lo;
    out.hi = hi;
    return out;
}

inline gt_target_spec expression(const char *text, double lo = -1, double hi = 1) {
    gt_target_spec out{};
    EXPECT_EQ(gt_target_from_expression(text, lo, hi, &out), GT_OK) << gt_last_error();
    return out;
}

inline gt_spec spec_with(const gt_target_spec &target, gt_scaling scaling = GT_SCALING_NONE) {
    gt_spec spec = preset("x2");
    spec.target = target;
    spec.scaling = scaling;
    spec.generator.size[spec.generator.n_layers] = spec.discriminator.size[0] = target.n_columns;
    return spec;
}

using Model = std::unique_ptr<gt_target_model, decltype(&gt_target_model_destroy)>;

inline Model make_model(const gt_spec &spec) {
    gt_target_model *model = nullptr;
    EXPECT_EQ(gt_target_model_create(&spec, &model), GT_OK) << gt_last_error();
    return Model(model, &gt_target_model_destroy);
}

inline Model make_model(const gt_target_spec &target, gt_scaling scaling = GT_SCALING_NONE) {
    return make_model(spec_with(target, scaling));
}

// Scores of generated[n, X] with all of real[., X].
inline gt_metrics score_against(const gt_target_spec &target, const std::vector<float> &generated,
                                const std::vector<float> &real = {}) {
    const size_t columns = (size_t)target.n_columns, n = generated.size() / columns, n_energy = real.size() / columns;
    const size_t bytes = gt_metrics_scratch_bytes(n);
    const Model model = make_model(target);
    std::vector<double> scratch(bytes / sizeof(double) + 2, -1.0);
    scratch.back() = 42; // guard
    gt_metrics row{};
    gt_metrics_begin(model.get(), n, n_energy, &row);
    gt_metrics_score(model.get(), generated.data(), n, real.data(), n_energy, scratch.data(), &row);
    EXPECT_EQ(scratch.back(), 42) << "wrote past its scratch";
    return row;
}

// Numbers on [0, 1) that Python can repeat in one line (Knuth and Lewis; Numerical Recipes' "quick and dirty" generator).
struct Lcg {
    uint32_t state;
    double operator()() {
        state = state * 1664525u + 1013904223u;
        return (state >> 8) * 0x1p-24;
    }
};

// The line of a target that must be refused.
inline std::string refusal(const gt_target_spec &target, gt_scaling scaling = GT_SCALING_NONE) {
    const gt_spec spec = spec_with(target, scaling);
    gt_target_model *model = nullptr;
    EXPECT_EQ(gt_target_model_create(&spec, &model), GT_ERR_ARGUMENT);
    EXPECT_EQ(model, nullptr);
    return gt_last_error();
}

#endif
