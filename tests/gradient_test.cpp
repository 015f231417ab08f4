// Every gradient of D's step and of G's step through D against central differences of the reference's loss, sign included.
// After one step from zero moments Adam's m' is the gradient itself.
#include "reference.h"
#include "specs.h"

#include <functional>
#include <random>

namespace {

using reference::Vector;

const gt_state_part parts[] = {GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V};

struct Batch {
    std::vector<float> x, y;
};

Batch random_batch(std::mt19937 &rng, size_t n, int width, bool soft_labels) {
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<float> uniform;
    Batch batch;
    for (size_t i = 0; i < n * (size_t)width; i++) batch.x.push_back(normal(rng));
    for (size_t k = 0; k < n; k++) batch.y.push_back(soft_labels ? uniform(rng) : (float)(k % 2));
    return batch;
}

// Weights and biases of both nets at random, so that no bias is zero.
void randomise(gt_trainer *trainer, std::mt19937 &rng) {
    for (gt_net which : {GT_DISCRIMINATOR, GT_GENERATOR}) {
        std::vector<float> w = state(trainer, which, GT_WEIGHTS);
        std::normal_distribution<float> normal(0, 0.1f);
        for (float &value : w) value += normal(rng);
        ASSERT_EQ(gt_trainer_set_state(trainer, 0, which, GT_WEIGHTS, w.data()), GT_OK);
    }
}

using Loss = std::function<double(const Vector &weights, const Vector &labels, Vector *gradient)>;

/* Central differences in double with h = 1e-7 are good to a few 1e-16 / h, unless a ReLU turns on within h: these seeds have
 * none. The engine's gradient is a sum over samples of (p - y) / n times the derivative of the logit. It errs by 1.1e-7 in p
 * (kernels/exact.h) and by roundings of 6e-8 of a term, some tens of them in a row, of random signs: 1e-6 of the terms' size
 * in all. Where p is near y, or labels make terms cancel, their size is not that of the gradient; it is that of the gradients
 * for all labels 0 and all labels 1 together. */
void expect_gradient(const std::vector<float> &got, const Loss &loss, const std::vector<float> &weights, const Vector &labels,
                     const char *what) {
    Vector w(weights.begin(), weights.end()), zeros(w.size()), ones(w.size());
    loss(w, Vector(labels.size(), 0.0), &zeros);
    loss(w, Vector(labels.size(), 1.0), &ones);
    double size = 0;
    for (size_t i = 0; i < w.size(); i++) size = std::max(size, std::fabs(zeros[i]) + std::fabs(ones[i]));
    ASSERT_GT(size, 1e-3);
    for (size_t i = 0; i < w.size(); i++) {
        const double h = 1e-7, at = w[i];
        w[i] = at + h;
        const double above = loss(w, labels, nullptr);
        w[i] = at - h;
        const double below = loss(w, labels, nullptr);
        w[i] = at;
        EXPECT_NEAR(got[i], (above - below) / (2 * h), 1e-6 * size + 5e-9) << what << " [" << i << "]";
    }
}

class Gradient : public ::testing::TestWithParam<NamedSpec> {};

TEST_P(Gradient, OfEveryWeightAndTheOtherNetIsLeftAlone) {
    const gt_spec &spec = GetParam().spec;
    for (size_t n : {1u, 16u, 17u, 130u}) {
        SCOPED_TRACE(n);
        std::mt19937 rng((uint32_t)n);
        for (gt_net trained : {GT_DISCRIMINATOR, GT_GAN}) {
            Trainer trainer = make_trainer(spec, n);
            randomise(trainer.get(), rng);
            const gt_net learner = trained == GT_GAN ? GT_GENERATOR : GT_DISCRIMINATOR;
            const gt_net other = trained == GT_GAN ? GT_DISCRIMINATOR : GT_GENERATOR;
            // moments of the other net that a step would change
            std::vector<float> marked(gt_spec_n_parameters(&spec, other), 0.25f);
            ASSERT_EQ(gt_trainer_set_state(trainer.get(), 0, other, GT_ADAM_M, marked.data()), GT_OK);
            ASSERT_EQ(gt_trainer_set_state(trainer.get(), 0, other, GT_ADAM_V, marked.data()), GT_OK);

            std::vector<float> before[3], weights = state(trainer.get(), learner, GT_WEIGHTS);
            for (gt_state_part part : parts) before[part] = state(trainer.get(), other, part);
            const Batch batch =
                random_batch(rng, n, trained == GT_GAN ? spec.generator.size[0] : spec.discriminator.size[0], n % 2 == 1);
            gt_batch_result result;
            ASSERT_EQ(gt_trainer_train_on_batch(trainer.get(), 0, trained, batch.x.data(), batch.y.data(), n, &result), GT_OK)
                << gt_last_error();

            reference::Gan gan(spec, n);
            const std::vector<float> d = trained == GT_GAN ? before[GT_WEIGHTS] : weights;
            gan.d.weights.assign(d.begin(), d.end());
            const Vector x(batch.x.begin(), batch.x.end()), y(batch.y.begin(), batch.y.end());
            auto loss = [&](const Vector &w, const Vector &labels, Vector *gradient) {
                return trained == GT_GAN ? gan.gan_loss(w, x, labels, gradient) : gan.d_loss(w, x, labels, gradient);
            };
            const std::vector<float> m = state(trainer.get(), learner, GT_ADAM_M);
            expect_gradient(m, loss, weights, y, name_of(trained));
            EXPECT_NEAR(result.loss, loss(Vector(weights.begin(), weights.end()), y, nullptr),
                        1e-6 * (1 + std::fabs(result.loss)));

            // v' is the gradient squared, and the weights went down it
            const std::vector<float> v = state(trainer.get(), learner, GT_ADAM_V),
                                     after = state(trainer.get(), learner, GT_WEIGHTS);
            for (size_t i = 0; i < m.size(); i++) {
                EXPECT_NEAR(v[i], (double)m[i] * m[i], 1e-7 * v[i] + 1e-26) << i;
                if (std::fabs(m[i]) > 1e-4f) {
                    EXPECT_EQ(after[i]<weights[i], m[i]> 0) << i;
                }
            }
            for (gt_state_part part : parts)
                EXPECT_EQ(state(trainer.get(), other, part), before[part]) << name_of(other) << " " << name_of(part);
            EXPECT_EQ(gt_trainer_adam_steps(trainer.get(), 0, learner), 1u);
            EXPECT_EQ(gt_trainer_adam_steps(trainer.get(), 0, other), 0u);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Specs, Gradient,
                         ::testing::Values(NamedSpec{"tutorial", preset("x2")}, NamedSpec{"leaky", preset("x2-leaky")},
                                           NamedSpec{"tanh", preset("x2-tanh")},
                                           NamedSpec{"sigmoid", spec_of(5, {15}, {25}, GT_SIGMOID)},
                                           NamedSpec{"linear", spec_of(5, {15}, {25}, GT_LINEAR)},
                                           NamedSpec{"deep", preset("x2-deep")}, NamedSpec{"mixed", mixed_spec()},
                                           NamedSpec{"one_unit", spec_of(1, {1}, {1}, GT_LEAKY_RELU)},
                                           NamedSpec{"odd", spec_of(2, {17}, {33}, GT_RELU)}),
                         spec_name);

std::vector<NamedSpec> losses_and_widths() {
    std::vector<NamedSpec> specs;
    for (gt_loss loss : {GT_MINIMAX, GT_LEAST_SQUARES, GT_HINGE, GT_WASSERSTEIN})
        for (const char *name : {"x2", "x2-elu"})
            specs.push_back(
                {std::string(gt_loss_name(loss)) + (name[2] ? "_elu" : ""), changed(preset(name), [loss](gt_spec &s) {
                     s.loss = loss;
                     s.clip = loss == GT_WASSERSTEIN ? 1e6 : 0;
                 })});
    for (int n_columns : {1, 3, 64}) specs.push_back({"columns_" + std::to_string(n_columns), data_spec(n_columns, 5)});
    specs.push_back({"scaled", target_spec("x2", GT_TANH)});
    return specs;
}

INSTANTIATE_TEST_SUITE_P(Losses, Gradient, ::testing::ValuesIn(losses_and_widths()), spec_name);

} // namespace
