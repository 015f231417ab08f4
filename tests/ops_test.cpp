// The operations of the layered engine on the CPU against double precision and plain loops: odd sizes, several runs, gradients
// with sign.
#include "engine/fused_adam.h"
#include "engine/layered.h"
#include "engine/ops_cpu.h"
#include "reference.h"
#include "specs.h"

#include <random>

namespace {

constexpr size_t N_RUNS = 3;

struct Shape {
    int n, n_in, n_out;
};

std::string shape_name(const ::testing::TestParamInfo<Shape> &info) {
    return std::to_string(info.param.n) + "x" + std::to_string(info.param.n_in) + "to" + std::to_string(info.param.n_out);
}

// A discriminator whose layer 1 has the shape asked for, in N_RUNS runs with random state.
struct Ops {
    gt_spec spec{};
    gt_target_model *model = nullptr;
    ops_plan plan{};
    gt_cpu_isa isa{};
    std::vector<layered_setting> settings;
    std::vector<layered_run> runs;
    std::vector<float> state[2], gradient[2];
    ops_cpu device{};
    std::mt19937 random{11};

    explicit Ops(const gt_spec &given, gt_isa wanted = GT_ISA_AUTO) : spec(given) {
        EXPECT_EQ(gt_target_model_create(&spec, &model), GT_OK) << gt_last_error();
        EXPECT_EQ(gt_cpu_isa_choose(wanted, &isa), GT_OK);
        plan = layered_plan_of(&spec, model, N_RUNS);
        settings.push_back(layered_setting_of(&spec));
        for (size_t r = 0; r < N_RUNS; r++) {
            gt_run_counters counters{};
            counters.seed = 5 + r;
            counters.iteration = 70 + r;
            counters.d_steps = 3, counters.g_steps = 1;
            runs.push_back(layered_run_of(&counters, settings.data(), 0));
        }
        device = ops_cpu_of(&plan, &isa, settings.data(), 2);
        device.runs = runs.data();
        for (int net = 0; net < 2; net++) {
            const size_t parts = ops_cpu_parts(&plan, net), stride = plan.net[net].stride;
            state[net] = numbers(N_RUNS * parts * stride);
            for (size_t k = 0; k < state[net].size(); k++)
                if (k / stride % parts == GT_ADAM_V) state[net][k] = std::fabs(state[net][k]); // it is never negative
            gradient[net].resize(N_RUNS * plan.net[net].stride);
            device.state[net] = state[net].data();
            device.gradient[net] = gradient[net].data();
        }
    }
    ~Ops() { gt_target_model_destroy(model); }
    Ops(const Ops &) = delete;
    Ops &operator=(const Ops &) = delete;

    std::vector<float> numbers(size_t n) {
        std::uniform_real_distribution<float> uniform(-1, 1);
        std::vector<float> out(n);
        for (float &x : out) x = uniform(random);
        return out;
    }
    const float *weights(size_t run, gt_net net) const {
        return state[net].data() + run * ops_cpu_parts(&plan, net) * plan.net[net].stride;
    }
};

gt_spec with_layer(const Shape &shape, gt_activation activation) {
    gt_spec spec = spec_of(5, {shape.n_in, shape.n_out}, {shape.n_in, shape.n_out}, GT_RELU);
    spec.discriminator.activation[1] = activation;
    spec.discriminator.leaky_slope = 0.3;
    return spec;
}

std::vector<Shape> shapes() {
    std::vector<Shape> list;
    for (int n : {1, 3, 127, 128, 129})
        for (int n_in : {1, 33, 100}) list.push_back({n, n_in, n_in == 33 ? 257 : 31});
    list.insert(list.end(), {{128, 1024, 1}, {129, 2, 1024}, {127, 1023, 512}, {1, 1024, 1024}, {600, 17, 300}});
    return list;
}

class OpsTest : public ::testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, OpsTest, ::testing::ValuesIn(shapes()), shape_name);

// Errors of sums of n_in products of numbers within +-1.
double tolerance(int n_terms) { return 8e-7 * (2 + std::sqrt((double)n_terms)); }

TEST_P(OpsTest, DenseIsTheProductWithBiasAndActivation) {
    const Shape shape = GetParam();
    for (gt_activation activation : {GT_LINEAR, GT_RELU, GT_LEAKY_RELU, GT_TANH, GT_SIGMOID, GT_ELU}) {
        Ops ops(with_layer(shape, activation));
        const size_t in = (size_t)shape.n_in, out = (size_t)shape.n_out, n = (size_t)shape.n;
        const std::vector<float> x = ops.numbers(N_RUNS * n * in);
        std::vector<float> y(N_RUNS * n * out, NAN);
        ASSERT_EQ(ops_cpu_table.dense(&ops.device.base, GT_DISCRIMINATOR, 1, false, shape.n, {(float *)x.data(), n * in},
                                      {y.data(), n * out}),
                  GT_OK);
        const ops_layer &layer = ops.plan.net[GT_DISCRIMINATOR].layer[1];
        for (size_t r = 0; r < N_RUNS; r++)
            for (size_t i = 0; i < n; i += 1 + n / 40)
                for (size_t o = 0; o < out; o += 1 + out / 40) {
                    const float *w = ops.weights(r, GT_DISCRIMINATOR);
                    double sum = (double)w[layer.b + o];
                    for (size_t k = 0; k < in; k++) sum += (double)w[layer.w + o * in + k] * (double)x[(r * n + i) * in + k];
                    ASSERT_NEAR(y[(r * n + i) * out + o], reference::activate(sum, activation, 0.3), tolerance(shape.n_in))
                        << gt_activation_name(activation) << " run " << r << " row " << i << " output " << o;
                }
    }
}

TEST_P(OpsTest, DenseBackwardIsTheGradientOfWeightsBiasesAndInputs) {
    const Shape shape = GetParam();
    for (gt_activation below : {GT_LINEAR, GT_RELU, GT_LEAKY_RELU, GT_TANH, GT_SIGMOID, GT_ELU}) {
        Ops ops(with_layer(shape, GT_RELU));
        const size_t in = (size_t)shape.n_in, out = (size_t)shape.n_out, n = (size_t)shape.n;
        const std::vector<float> before = ops.numbers(N_RUNS * n * in), dy = ops.numbers(N_RUNS * n * out);
        std::vector<float> x, dx(N_RUNS * n * in, NAN);
        for (float sum : before) x.push_back((float)reference::activate((double)sum, below, 0.3));
        ASSERT_EQ(ops_cpu_table.dense_backward(&ops.device.base, GT_DISCRIMINATOR, 1, true, shape.n, {x.data(), n * in},
                                               {(float *)dy.data(), n * out}, {below, GT_DISCRIMINATOR}, {dx.data(), n * in}),
                  GT_OK);
        const ops_net &net = ops.plan.net[GT_DISCRIMINATOR];
        const ops_layer &layer = net.layer[1];
        for (size_t r = 0; r < N_RUNS; r++) {
            const float *w = ops.weights(r, GT_DISCRIMINATOR),
                        *gradient = ops.gradient[GT_DISCRIMINATOR].data() + r * net.stride;
            for (size_t o = 0; o < out; o += 1 + out / 30) {
                double db = 0;
                for (size_t i = 0; i < n; i++) db += (double)dy[(r * n + i) * out + o];
                ASSERT_NEAR(gradient[layer.b + o], db, 10 * tolerance(shape.n)) << "bias " << o;
                for (size_t k = 0; k < in; k += 1 + in / 30) {
                    double dw = 0;
                    for (size_t i = 0; i < n; i++) dw += (double)dy[(r * n + i) * out + o] * (double)x[(r * n + i) * in + k];
                    ASSERT_NEAR(gradient[layer.w + o * in + k], dw, 10 * tolerance(shape.n)) << "weight " << o << ", " << k;
                }
            }
            for (size_t i = 0; i < n; i += 1 + n / 30)
                for (size_t k = 0; k < in; k += 1 + in / 30) {
                    double sum = 0;
                    for (size_t o = 0; o < out; o++) sum += (double)dy[(r * n + i) * out + o] * (double)w[layer.w + o * in + k];
                    sum *= reference::derivative((double)before[(r * n + i) * in + k], below, 0.3);
                    ASSERT_NEAR(dx[(r * n + i) * in + k], sum, 10 * tolerance(shape.n_out)) << gt_activation_name(below);
                }
        }
    }
}

TEST(Ops, BackwardWithoutLearningLeavesTheGradientAlone) {
    Ops ops(with_layer({9, 40, 20}, GT_RELU));
    std::fill(ops.gradient[0].begin(), ops.gradient[0].end(), 7.0f);
    std::vector<float> x = ops.numbers(N_RUNS * 9 * 40), dy = ops.numbers(N_RUNS * 9 * 20), dx(N_RUNS * 9 * 40);
    ASSERT_EQ(ops_cpu_table.dense_backward(&ops.device.base, GT_DISCRIMINATOR, 1, false, 9, {x.data(), 360}, {dy.data(), 180},
                                           {GT_RELU, GT_DISCRIMINATOR}, {dx.data(), 360}),
              GT_OK);
    for (float g : ops.gradient[0]) ASSERT_EQ(g, 7.0f);
}

TEST(Ops, LossesAndTheirGradientsForEveryKindAndRole) {
    for (gt_loss kind : {GT_BCE, GT_MINIMAX, GT_LEAST_SQUARES, GT_HINGE, GT_WASSERSTEIN})
        for (int role : {FUSED_REAL, FUSED_FAKE, FUSED_G})
            for (int n : {1, 15, 16, 17, 128}) {
                gt_spec spec = preset("x2");
                spec.loss = kind;
                if (kind == GT_WASSERSTEIN) spec.clip = 0.1;
                if (kind == GT_BCE) spec.real_label = 0.9, spec.fake_label = 0.2;
                Ops ops(spec);
                std::vector<float> z = ops.numbers(N_RUNS * (size_t)n), dz(z.size(), NAN);
                for (float &logit : z) logit *= 6;
                const ops_loss loss = {role, n, 2 * n, nullptr};
                ASSERT_EQ(ops_cpu_table.loss(&ops.device.base, &loss, {z.data(), (size_t)n}, {dz.data(), (size_t)n}), GT_OK);
                const double label = ops.settings[0].hyper.label[role];
                for (size_t r = 0; r < N_RUNS; r++) {
                    double mean = 0;
                    for (size_t i = 0; i < (size_t)n; i++) {
                        const double logit = z[r * (size_t)n + i];
                        mean += reference::loss_of(kind, (reference::Role)role, logit, label) / n;
                        ASSERT_NEAR(dz[r * (size_t)n + i],
                                    reference::loss_derivative(kind, (reference::Role)role, logit, label) / (2 * n), 2e-7);
                    }
                    EXPECT_NEAR(ops.runs[r].losses[role], mean, 1e-6) << gt_loss_name(kind) << " role " << role;
                }
            }
}

TEST(Ops, ALogitThatIsNotFiniteFreezesItsRunAlone) {
    Ops ops(preset("x2"));
    std::vector<float> z(N_RUNS * 4, 1.0f), dz(z.size());
    z[6] = INFINITY; // of run 1
    const ops_loss loss = {FUSED_G, 4, 4, nullptr};
    ASSERT_EQ(ops_cpu_table.loss(&ops.device.base, &loss, {z.data(), 4}, {dz.data(), 4}), GT_OK);
    EXPECT_FALSE(ops.runs[0].diverged);
    EXPECT_TRUE(ops.runs[1].diverged);
    EXPECT_EQ(ops.runs[1].diverged_at, 71u);
    EXPECT_FALSE(ops.runs[2].diverged);
    const std::vector<float> before = ops.state[GT_GENERATOR];
    ASSERT_EQ(ops_cpu_table.adam(&ops.device.base, GT_GENERATOR), GT_OK);
    ASSERT_EQ(ops_cpu_table.finish(&ops.device.base), GT_OK);
    const size_t part = ops_cpu_parts(&ops.plan, GT_GENERATOR) * ops.plan.net[GT_GENERATOR].stride;
    EXPECT_EQ(memcmp(before.data() + part, ops.state[GT_GENERATOR].data() + part, part * sizeof(float)), 0);
    EXPECT_NE(memcmp(before.data(), ops.state[GT_GENERATOR].data(), part * sizeof(float)), 0);
    EXPECT_EQ(ops.runs[0].iteration, 71u);
    EXPECT_EQ(ops.runs[1].iteration, 71u); // it began at 71
    EXPECT_EQ(ops.runs[1].steps[LAYERED_G], 1u);
    EXPECT_EQ(ops.runs[2].steps[LAYERED_G], 2u);
}

// gt_adam_spec's formula on the scaled moments m' = m / (1 - beta1), v' = v / (1 - beta2) (docs/numerics.md).
TEST(Ops, AdamIsTheFormulaOnEveryParameter) {
    gt_spec spec = spec_of(5, {70, 300}, {40}, GT_RELU);
    spec.generator_adam.weight_decay = 0.5;
    spec.generator_adam.lr = 0.01;
    spec.ema = 0.9;
    Ops ops(spec);
    for (float &g : ops.gradient[GT_GENERATOR]) g = ops.numbers(1)[0];
    const size_t stride = ops.plan.net[GT_GENERATOR].stride;
    const std::vector<float> before = ops.state[GT_GENERATOR];
    ASSERT_EQ(ops_cpu_table.adam(&ops.device.base, GT_GENERATOR), GT_OK);
    const gt_adam_spec &adam = spec.generator_adam;
    const double t = 2, lr = adam.lr * std::sqrt(1 - std::pow(adam.beta2, t)) / (1 - std::pow(adam.beta1, t));
    for (size_t r = 0; r < N_RUNS; r++)
        for (size_t k = 0; k < stride; k += 7) {
            const float *old = before.data() + 4 * r * stride + k, *now = ops.state[GT_GENERATOR].data() + 4 * r * stride + k;
            const double g = ops.gradient[GT_GENERATOR][r * stride + k];
            const double m = adam.beta1 * old[stride] + g, v = adam.beta2 * old[2 * stride] + g * g;
            const double w = old[0] * (1 - adam.lr * adam.weight_decay) -
                             lr * m * (1 - adam.beta1) / (std::sqrt(v * (1 - adam.beta2)) + adam.eps);
            ASSERT_NEAR(now[stride], m, 1e-6);
            ASSERT_NEAR(now[2 * stride], v, 1e-6);
            ASSERT_NEAR(now[0], w, 2e-6);
            ASSERT_NEAR(now[3 * stride], 0.9 * old[3 * stride] + 0.1 * w, 1e-6);
        }
}

TEST(Ops, AWeightThatIsNotFiniteFreezesItsRun) {
    Ops ops(preset("x2"));
    ops.state[GT_DISCRIMINATOR][3] = INFINITY; // a weight of run 0
    ASSERT_EQ(ops_cpu_table.adam(&ops.device.base, GT_DISCRIMINATOR), GT_OK);
    EXPECT_TRUE(ops.runs[0].diverged);
    EXPECT_FALSE(ops.runs[1].diverged || ops.runs[2].diverged);
    EXPECT_EQ(ops.runs[0].steps[LAYERED_D], 4u);
}

TEST(Ops, ImagesAreDrawnByTheirWordsAndScaled) {
    std::vector<unsigned char> pixels(50 * 12);
    for (size_t k = 0; k < pixels.size(); k++) pixels[k] = (unsigned char)(k * 37);
    gt_images images{};
    images.pixels = pixels.data();
    images.n = 50, images.height = 3, images.width = 4, images.channels = 1;
    gt_spec spec = spec_of(5, {15}, {25}, GT_RELU);
    spec.generator = net(5, {15}, GT_RELU, 12);
    spec.generator.activation[1] = GT_TANH;
    spec.discriminator = net(12, {25}, GT_RELU, 1);
    ASSERT_EQ(gt_target_from_images(&images, &spec.target), GT_OK);
    Ops ops(spec);
    std::vector<float> real(N_RUNS * 70 * 12);
    ASSERT_EQ(ops_cpu_table.real(&ops.device.base, 5, 70, {real.data(), 70 * 12}), GT_OK);
    for (size_t r = 0; r < N_RUNS; r++) {
        const reference::Vector words = reference::words(5 + r, GT_STREAM_REAL, (uint32_t)(70 + r), 75);
        for (size_t i = 0; i < 70; i++) {
            const size_t row = (size_t)(((uint64_t)words[5 + i] * 50) >> 32);
            for (size_t c = 0; c < 12; c++) ASSERT_NEAR(real[(r * 70 + i) * 12 + c], pixels[row * 12 + c] / 127.5 - 1, 2e-7);
        }
    }
}

TEST(Ops, LatentsAreTheStreamsOfTheRunFromAnyPlaceOn) {
    for (gt_noise noise : {GT_NOISE_GAUSSIAN, GT_NOISE_UNIFORM, GT_NOISE_TRUNCATED_NORMAL}) {
        gt_spec spec = preset("x2");
        spec.noise = noise;
        Ops ops(spec);
        std::vector<float> z(N_RUNS * 31 * 5);
        ASSERT_EQ(ops_cpu_table.latents(&ops.device.base, GT_STREAM_D_LATENTS, 7, 31, {z.data(), 31 * 5}), GT_OK);
        for (size_t r = 0; r < N_RUNS; r++) {
            const reference::Vector all = reference::noise(noise, 5 + r, GT_STREAM_D_LATENTS, (uint32_t)(70 + r), 38 * 5);
            for (size_t k = 0; k < 31 * 5; k++) ASSERT_NEAR(z[r * 155 + k], all[35 + k], 2e-6) << gt_noise_name(noise);
        }
    }
}

// The same tiles whatever the number of threads.
TEST(Ops, ThreadsDoNotChangeABit) {
    Ops one(with_layer({129, 500, 700}, GT_TANH)), two(with_layer({129, 500, 700}, GT_TANH));
    one.device.n_threads = 1;
    two.device.n_threads = 3;
    std::vector<float> x = one.numbers(129 * 500), a(129 * 700), b(129 * 700);
    for (Ops *ops : {&one, &two}) {
        ops->device.base.n_runs = 1;
        ASSERT_EQ(ops_cpu_table.dense(&ops->device.base, GT_DISCRIMINATOR, 1, false, 129, {x.data(), 0},
                                      {ops == &one ? a.data() : b.data(), 0}),
                  GT_OK);
    }
    EXPECT_EQ(memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0);
}

} // namespace
