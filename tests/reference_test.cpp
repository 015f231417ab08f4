// The engine against the double-precision reference: initial weights, one iteration, fifty.
#include "reference.h"
#include "specs.h"

namespace {

using reference::Gan;

struct Case {
    NamedSpec named;
    int iterations;
};

std::ostream &operator<<(std::ostream &out, const Case &c) { return out << c.named.name; }

// How far a part of the state, as Keras keeps it, may be off. Weights are float: each Adam step rounds them by at most half an
// ulp, 6e-8 max(1, |w|), errors that mostly cancel; a gradient is a mean of products of O(1) numbers, each rounded by 6e-8, and
// enters the step as m / sqrt v, so it moves a weight by about lr 1e-7. Over 50 iterations (100 steps of D) that stays below e
// = 1e-6; a mistake (a bias counted twice) moves weights by 1e-4. Gradients then differ by about the same e. The first moment
// is a weighted mean of gradients, so it differs by no more; the second one of squares: |(g + e)^2 - g^2| <= 2 |g| e + e^2,
// whose mean is at most 2 sqrt(v) e + e^2.
double tolerance(gt_state_part part, double expected) {
    const double e = 1e-6;
    return part == GT_ADAM_V ? 2 * std::sqrt(expected) * e + e * e : e * std::max(1.0, std::fabs(expected));
}

void expect_same_state(const gt_trainer *trainer, const Gan &gan) {
    for (gt_net which : {GT_DISCRIMINATOR, GT_GENERATOR})
        for (gt_state_part part : parts_of(gan.spec, which)) {
            const std::vector<float> got = state(trainer, which, part);
            const reference::Learner &learner = which == GT_DISCRIMINATOR ? gan.d : gan.g;
            const reference::Vector &expected = part == GT_WEIGHTS  ? learner.weights
                                                : part == GT_ADAM_M ? learner.m
                                                : part == GT_ADAM_V ? learner.v
                                                                    : gan.ema;
            const double scale = part == GT_ADAM_M ? 1 - learner.beta1() : part == GT_ADAM_V ? 1 - learner.beta2() : 1;
            ASSERT_EQ(got.size(), expected.size());
            double worst = 0;
            size_t where = 0;
            for (size_t i = 0; i < got.size(); i++) {
                double error = std::fabs(scale * got[i] - expected[i]) / tolerance(part, expected[i]);
                if (!(error <= worst)) worst = error, where = i;
            }
            EXPECT_LE(worst, 1) << name_of(which) << " " << name_of(part) << " [" << where << "]: " << scale * got[where]
                                << ", reference " << expected[where] << ", iteration " << gan.iteration;
        }
}

class Reference : public ::testing::TestWithParam<Case> {};

// A sine wave, and rows of data, from their words and without tables of cubics.
void set_target(Gan &gan) {
    const gt_target_spec &target = gan.spec.target;
    if (std::string(target.name) == "expression")
        gan.point = [&target](double word) {
            const double x = target.lo + (target.hi - target.lo) * (word + 0.5) * 0x1p-32;
            return reference::Vector{x, std::sin(3 * x)};
        };
    if (std::string(target.name) == "data")
        gan.point = [&target](double word) {
            const float *row = target.points + (size_t)(word * (double)target.n_points * 0x1p-32) * (size_t)target.n_columns;
            return reference::Vector(row, row + target.n_columns);
        };
}

gt_spec expression_spec() {
    gt_spec spec = preset("x2-deep");
    EXPECT_EQ(gt_target_from_expression("sin(3*x)", -1, 0.5, &spec.target), GT_OK) << gt_last_error();
    return spec;
}

TEST_P(Reference, SameTraining) {
    const auto &[named, iterations] = GetParam();
    const uint64_t seed = 20;
    Gan gan(named.spec, seed);
    set_target(gan);
    Trainer trainer = make_trainer(named.spec, seed);
    ASSERT_NE(trainer, nullptr);
    expect_same_state(trainer.get(), gan);
    for (int steps : {1, iterations - 1}) {
        ASSERT_EQ(gt_trainer_advance(trainer.get(), (uint64_t)steps), GT_OK);
        for (int i = 0; i < steps; i++) gan.iterate();
        expect_same_state(trainer.get(), gan);
        gt_metrics row;
        gt_evaluate_options options{};
        options.n_samples = 100;
        ASSERT_EQ(gt_trainer_evaluate(trainer.get(), &options, &row), GT_OK) << gt_last_error();
        EXPECT_NEAR(row.d_loss_real, gan.losses[0], 2e-6);
        EXPECT_NEAR(row.d_loss_fake, gan.losses[1], 2e-6);
        EXPECT_NEAR(row.g_loss, gan.losses[2], 2e-6);
    }
    EXPECT_EQ(gt_trainer_adam_steps(trainer.get(), 0, GT_DISCRIMINATOR), gan.d.t);
    EXPECT_EQ(gt_trainer_adam_steps(trainer.get(), 0, GT_GENERATOR), gan.g.t);
}

gt_spec other_numbers() {
    gt_spec spec = preset("x2");
    spec.target.lo = -2, spec.target.hi = 1;
    spec.generator_adam = {5e-4, 0.5, 0.99, 1e-5, 0};
    spec.discriminator_adam = {2e-3, 0.0, 0.9, 1e-3, 0};
    return spec;
}

INSTANTIATE_TEST_SUITE_P(Specs, Reference,
                         ::testing::Values(Case{{"tutorial", preset("x2")}, 50}, Case{{"leaky", preset("x2-leaky")}, 50},
                                           Case{{"tanh", preset("x2-tanh")}, 50},
                                           Case{{"sigmoid", spec_of(5, {15}, {25}, GT_SIGMOID)}, 50},
                                           Case{{"linear", spec_of(5, {15}, {25}, GT_LINEAR)}, 50},
                                           Case{{"wide", preset("x2-wide")}, 50}, Case{{"deep", preset("x2-deep")}, 50},
                                           Case{{"mixed", mixed_spec(48)}, 50}, Case{{"other_numbers", other_numbers()}, 50},
                                           Case{{"batch_2", spec_of(5, {15}, {25}, GT_RELU, 2)}, 50},
                                           Case{{"batch_50", spec_of(5, {15}, {25}, GT_RELU, 50)}, 50},
                                           Case{{"batch_130", spec_of(5, {15}, {25}, GT_RELU, 130)}, 50},
                                           Case{{"batch_600", spec_of(5, {15}, {25}, GT_RELU, 600)}, 50},
                                           Case{{"one_hidden_unit", spec_of(5, {1}, {1}, GT_LEAKY_RELU)}, 50},
                                           Case{{"latent_1", spec_of(1, {15}, {25}, GT_RELU)}, 50},
                                           Case{{"three_hidden", spec_of(5, {12, 11, 10}, {16, 15, 14}, GT_RELU)}, 50},
                                           Case{{"thousand_hidden", spec_of(5, {1000}, {1000}, GT_RELU)}, 10}),
                         [](const auto &tested) { return tested.param.named.name; });

std::vector<Case> recipe_cases() {
    std::vector<Case> cases = {{{"expression", expression_spec()}, 50}};
    for (const NamedSpec &named : recipes()) cases.push_back({named, 50});
    for (int n_columns : {1, 2, 3, 64})
        cases.push_back({{"data_" + std::to_string(n_columns), data_spec(n_columns, 100)}, n_columns < 64 ? 50 : 10});
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Recipes, Reference, ::testing::ValuesIn(recipe_cases()),
                         [](const auto &tested) { return tested.param.named.name; });

} // namespace
