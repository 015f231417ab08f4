// The operations of the layered engine on a GPU against double precision and plain loops: odd sizes, one run and several,
// gradients with sign; products by its own kernels and by cuBLASLt, with all of its epilogues and (on the emulator) with few.
// Compiled twice, as cuda_engine_test.cpp.
#include "cuda_shapes.h"
#include "reference.h"
#include "specs.h"

#include "engine/layered.h"
#include "engine/ops_cuda.h"

#include <cmath>
#include <cstring>
#include <random>

namespace {

enum Products { OWN, LIBRARY, LIBRARY_OF_FEW_EPILOGUES };

std::string name_of(Products products) {
    return products == OWN ? "Own" : products == LIBRARY ? "Library" : "LibraryOfFewEpilogues";
}

// An array on the device of R runs with room between them, where nothing may be written.
class Array {
  public:
    Array(size_t n_runs, size_t n, const std::vector<float> &values = {}) : n_runs_(n_runs), n_(n) {
        EXPECT_EQ(cudaMalloc((void **)&at_, bytes()), cudaSuccess);
        std::vector<float> all(n_runs * stride(), GUARD);
        for (size_t k = 0; k < values.size(); k++) all[k / n * stride() + k % n] = values[k];
        EXPECT_EQ(cudaMemcpy(at_, all.data(), bytes(), cudaMemcpyHostToDevice), cudaSuccess);
    }
    ~Array() { cudaFree(at_); }
    Array(const Array &) = delete;
    Array &operator=(const Array &) = delete;

    operator ops_array() const { return {at_, stride()}; }
    std::vector<float> read() const {
        std::vector<float> all(n_runs_ * stride()), out;
        EXPECT_EQ(cudaMemcpy(all.data(), at_, bytes(), cudaMemcpyDeviceToHost), cudaSuccess);
        for (size_t k = 0; k < all.size(); k++) {
            if (k % stride() < n_)
                out.push_back(all[k]);
            else
                EXPECT_EQ(all[k], GUARD) << "written behind the end of a run's array";
        }
        return out;
    }

  private:
    static constexpr float GUARD = 12345.0f;
    size_t stride() const { return (n_ + 15) / 4 * 4; } // of 16 bytes, and at least 12 numbers more than there are
    size_t bytes() const { return n_runs_ * stride() * sizeof(float); }
    size_t n_runs_, n_;
    float *at_ = nullptr;
};

struct Ops {
    gt_spec spec{};
    gt_target_model *model = nullptr;
    ops_plan plan{};
    layered_setting setting{};
    std::vector<layered_run> runs;
    std::vector<float> state[2];
    ops_cuda *device = nullptr;
    std::mt19937 random{11};

    explicit Ops(const gt_spec &given, size_t n_runs = 3, Products products = LIBRARY, gt_rng rng = GT_RNG_GANTRY)
        : spec(given) {
#ifdef GT_EMULATOR
        emulator::settings().epilogues = products != LIBRARY_OF_FEW_EPILOGUES;
#endif
        EXPECT_EQ(gt_target_model_create(&spec, &model), GT_OK) << gt_last_error();
        plan = layered_plan_of(&spec, model, n_runs);
        setting = layered_setting_of(&spec);
        ops_cuda_options options{};
        options.own_products = products == OWN;
        options.rng = rng;
        EXPECT_EQ(ops_cuda_create(&plan, &setting, 1, options, &device), GT_OK) << gt_last_error();
        for (size_t r = 0; r < n_runs; r++) {
            gt_run_counters counters{};
            counters.seed = 5 + r;
            counters.iteration = 70 + r;
            counters.d_steps = 3, counters.g_steps = 1;
            runs.push_back(layered_run_of(&counters, &setting, 0));
        }
        write_runs();
        for (int net = 0; net < 2; net++) {
            const size_t parts = ops_cuda_parts(&plan, net), stride = plan.net[net].stride;
            state[net] = numbers(n_runs * parts * stride);
            for (size_t k = 0; k < state[net].size(); k++)
                if (k / stride % parts == GT_ADAM_V) state[net][k] = std::fabs(state[net][k]); // it is never negative
            write(device->state[net], state[net]);
        }
    }
    ~Ops() {
        ops_cuda_destroy(device);
        gt_target_model_destroy(model);
    }
    Ops(const Ops &) = delete;
    Ops &operator=(const Ops &) = delete;

    std::vector<float> numbers(size_t n) {
        std::uniform_real_distribution<float> uniform(-1, 1);
        std::vector<float> out(n);
        for (float &x : out) x = uniform(random);
        return out;
    }
    void write_runs() { ASSERT_EQ(ops_cuda_write_runs(device, 0, runs.size(), runs.data()), GT_OK) << gt_last_error(); }
    std::vector<layered_run> read_runs() {
        std::vector<layered_run> now(runs.size());
        EXPECT_EQ(ops_cuda_read_runs(device, 0, now.size(), now.data()), GT_OK) << gt_last_error(); // waits, too
        return now;
    }
    static void write(float *to, const std::vector<float> &from) {
        ASSERT_EQ(cudaMemcpy(to, from.data(), from.size() * sizeof(float), cudaMemcpyHostToDevice), cudaSuccess);
    }
    std::vector<float> read(const float *from, size_t n) {
        std::vector<float> out(n);
        read_runs();
        EXPECT_EQ(cudaMemcpy(out.data(), from, n * sizeof(float), cudaMemcpyDeviceToHost), cudaSuccess);
        return out;
    }
    std::vector<float> read_state(int net) { return read(device->state[net], state[net].size()); }
    std::vector<float> read_gradient(int net) { return read(device->gradient[net], runs.size() * plan.net[net].stride); }
    const float *weights(size_t run) const {
        return state[GT_DISCRIMINATOR].data() + run * ops_cuda_floats(&plan, GT_DISCRIMINATOR);
    }
};

class CudaOps : public OnGpu {};

// ---------------------------------------------------------------- layers

// Layers 1 and 2 of a discriminator go from `in` by `hidden` to `out`, in so many runs.
struct Shape {
    int n, in, hidden, out;
    size_t n_runs;
    Products products;
};

std::ostream &operator<<(std::ostream &out, const Shape &s) {
    return out << s.n << "x" << s.in << "to" << s.hidden << "to" << s.out << "of" << s.n_runs << name_of(s.products);
}

std::string shape_name(const ::testing::TestParamInfo<Shape> &info) {
    std::ostringstream text;
    text << info.param;
    return text.str();
}

std::vector<Shape> shapes() {
    std::vector<Shape> list;
    for (Products products : {OWN, LIBRARY, LIBRARY_OF_FEW_EPILOGUES}) {
#ifndef GT_EMULATOR
        if (products == LIBRARY_OF_FEW_EPILOGUES) continue;
#endif
        list.insert(list.end(), {{1, 100, 257, 33, 1, products},
                                 {3, 32, 31, 100, 3, products},
                                 {127, 33, 32, 33, 3, products},
                                 {128, 100, 32, 1, 3, products},
                                 {129, 33, 100, 32, 1, products},
                                 {129, 2, 33, 3, 3, products},
                                 {3, 1, 1, 2, 3, products},
                                 {128, 32, 257, 32, 1, products},
                                 {3, 1024, 32, 1000, 1, products},
                                 {127, 31, 3, 1, 1, products}});
    }
    return list;
}

class CudaOpsShapes : public OnGpu, public ::testing::WithParamInterface<Shape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, CudaOpsShapes, ::testing::ValuesIn(shapes()), shape_name);

gt_spec with_layers(const Shape &s, gt_activation first, gt_activation second) {
    gt_spec spec = spec_of(5, {2}, {s.in, s.hidden, s.out}, GT_RELU, 4);
    spec.discriminator.activation[1] = first;
    spec.discriminator.activation[2] = second;
    spec.discriminator.leaky_slope = 0.3;
    return spec;
}

// Rounding of a sum of products whose sizes add up to `size`: each of the n additions and products is off by at most half a
// unit in the last place, 2^-24, of a partial sum, which is at most `size`; the elementary functions by 3e-7
// (docs/numerics.md).
double tolerance(int n, double size) { return (n + 2) * 0x1p-24 * size + 3e-7 * (1 + size); }

// f(x W' + b) of a layer, and how far rounding may take it.
struct Sum {
    double value, tolerance;
};

Sum dense_sum(const Ops &ops, size_t run, int layer, const float *x, size_t o) {
    const ops_layer &l = ops.plan.net[GT_DISCRIMINATOR].layer[layer];
    const float *w = ops.weights(run);
    double sum = w[l.b + o], size = std::fabs(sum);
    for (size_t k = 0; k < (size_t)l.n_in; k++) {
        const double product = (double)w[l.w + o * (size_t)l.n_in + k] * (double)x[k];
        sum += product, size += std::fabs(product);
    }
    return {sum, tolerance(l.n_in + 1, size)};
}

gt_activation activation_for(const Shape &s) {
    static const gt_activation all[] = {GT_RELU, GT_LEAKY_RELU, GT_TANH, GT_SIGMOID, GT_ELU, GT_LINEAR};
    return all[(size_t)(s.n + s.hidden) % 6];
}

void expect_dense(const Ops &ops, int layer, const std::vector<float> &x, const std::vector<float> &y, size_t n) {
    const ops_layer &l = ops.plan.net[GT_DISCRIMINATOR].layer[layer];
    const size_t in = (size_t)l.n_in, out = (size_t)l.n_out;
    for (size_t i = 0; i < ops.runs.size() * n; i++)
        for (size_t o = 0; o < out; o += 1 + out / 40) {
            const Sum sum = dense_sum(ops, i / n, layer, &x[i * in], o);
            ASSERT_NEAR(y[i * out + o], reference::activate(sum.value, l.activation, 0.3), sum.tolerance)
                << gt_activation_name(l.activation) << ", layer " << layer << ", run " << i / n << ", row " << i % n
                << ", output " << o;
        }
}

// Both layers forward and back. What the device made of one step is what the next is checked with, so that errors don't add up.
TEST_P(CudaOpsShapes, DenseForwardAndBackward) {
    const Shape s = GetParam();
    const size_t n = (size_t)s.n, in = (size_t)s.in, hidden = (size_t)s.hidden, out = (size_t)s.out, R = s.n_runs;
    for (gt_activation first : {GT_RELU, activation_for(s)}) {
        Ops ops(with_layers(s, first, activation_for(s)), R, s.products);
        const std::vector<float> x0 = ops.numbers(R * n * in), dy2 = ops.numbers(R * n * out);
        const Array a0(R, n * in, x0), a1(R, n * hidden), a2(R, n * out), d2(R, n * out, dy2), d1(R, n * hidden);
        ops_device *device = &ops.device->base;
        ASSERT_EQ(ops_cuda_dense(device, GT_DISCRIMINATOR, 1, false, s.n, a0, a1), GT_OK) << gt_last_error();
        ASSERT_EQ(ops_cuda_dense(device, GT_DISCRIMINATOR, 2, false, s.n, a1, a2), GT_OK) << gt_last_error();
        ASSERT_EQ(ops_cuda_dense_backward(device, GT_DISCRIMINATOR, 2, true, s.n, a1, d2, {first, GT_DISCRIMINATOR}, d1), GT_OK)
            << gt_last_error();
        const std::vector<float> gradient = ops.read_gradient(GT_DISCRIMINATOR), x1 = a1.read(), x2 = a2.read(), dx = d1.read();
        expect_dense(ops, 1, x0, x1, n);
        expect_dense(ops, 2, x1, x2, n);

        const ops_net &net = ops.plan.net[GT_DISCRIMINATOR];
        const ops_layer &l = net.layer[2];
        for (size_t r = 0; r < R; r++) {
            const float *x = &x1[r * n * hidden], *dy = &dy2[r * n * out], *w = ops.weights(r) + l.w;
            for (size_t o = 0; o < out; o += 1 + out / 30) {
                Sum db = {0, 0};
                for (size_t i = 0; i < n; i++) db.value += dy[i * out + o], db.tolerance += std::fabs(dy[i * out + o]);
                ASSERT_NEAR(gradient[r * net.stride + l.b + o], db.value, tolerance(s.n, db.tolerance)) << "bias " << o;
                for (size_t k = 0; k < hidden; k += 1 + hidden / 30) {
                    Sum dw = {0, 0};
                    for (size_t i = 0; i < n; i++) {
                        const double product = (double)dy[i * out + o] * (double)x[i * hidden + k];
                        dw.value += product, dw.tolerance += std::fabs(product);
                    }
                    ASSERT_NEAR(gradient[r * net.stride + l.w + o * hidden + k], dw.value, tolerance(s.n, dw.tolerance))
                        << "weight " << o << ", " << k;
                }
            }
            for (size_t i = 0; i < n; i += 1 + n / 30)
                for (size_t k = 0; k < hidden; k += 1 + hidden / 30) {
                    double sum = 0, size = 0;
                    for (size_t o = 0; o < out; o++) {
                        const double product = (double)dy[i * out + o] * (double)w[o * hidden + k];
                        sum += product, size += std::fabs(product);
                    }
                    const Sum before = dense_sum(ops, r, 1, &x0[(r * n + i) * in], k);
                    if (std::fabs(before.value) < before.tolerance) continue; // on either side of a kink
                    sum *= reference::derivative(before.value, first, 0.3);
                    ASSERT_NEAR(dx[(r * n + i) * hidden + k], sum, tolerance(s.out, size) + 4 * before.tolerance * size)
                        << gt_activation_name(first) << ", run " << r << ", row " << i << ", input " << k;
                }
        }
        // what is between the layers' arrays in the gradient stays 0
        for (size_t k = l.b + out; k < net.layer[3].w; k++) ASSERT_EQ(gradient[k], 0.0f);
    }
}

TEST_F(CudaOps, BackwardWithoutLearningLeavesTheGradientAlone) {
    Ops ops(with_layers({9, 40, 48, 36, 3, LIBRARY}, GT_RELU, GT_RELU));
    const std::vector<float> before(ops.runs.size() * ops.plan.net[0].stride, 7.0f);
    Ops::write(ops.device->gradient[0], before);
    const Array x(3, 9 * 48, ops.numbers(3 * 9 * 48)), dy(3, 9 * 36, ops.numbers(3 * 9 * 36)), dx(3, 9 * 48);
    ASSERT_EQ(ops_cuda_dense_backward(&ops.device->base, GT_DISCRIMINATOR, 2, false, 9, x, dy, {GT_RELU, GT_DISCRIMINATOR}, dx),
              GT_OK);
    EXPECT_EQ(ops.read_gradient(0), before);
}

// The mask of an earlier batch, or of outputs that were since written another way, is not taken for that of these.
TEST_F(CudaOps, AMaskIsThatOfTheLastOutputs) {
    Ops ops(with_layers({64, 40, 48, 36, 1, LIBRARY}, GT_RELU, GT_RELU), 1);
    ops_device *device = &ops.device->base;
    const std::vector<float> h = ops.numbers(20 * 48), g = ops.numbers(20 * 36);
    const Array x(1, 64 * 40, ops.numbers(64 * 40)), y(1, 64 * 48), dy(1, 20 * 36, g), dx(1, 20 * 48);
    ASSERT_EQ(ops_cuda_dense(device, GT_DISCRIMINATOR, 1, false, 64, x, y), GT_OK);
    ops.read_runs();
    std::vector<float> relu = h;
    for (float &v : relu) v = std::fmax(v, 0.0f);
    Ops::write(static_cast<ops_array>(y).at, relu); // 20 rows that no layer made
    ASSERT_EQ(ops_cuda_dense_backward(device, GT_DISCRIMINATOR, 2, false, 20, y, dy, {GT_RELU, GT_DISCRIMINATOR}, dx), GT_OK);
    ops.read_runs();
    const std::vector<float> got = dx.read();
    for (size_t k = 0; k < h.size(); k++) ASSERT_EQ(got[k] == 0.0f, h[k] <= 0.0f) << k;
}

TEST_F(CudaOps, AveragedWeightsAreTakenWhereTheyAreAskedFor) {
    gt_spec spec = spec_of(33, {40}, {3}, GT_TANH, 4);
    spec.ema = 0.9;
    Ops ops(spec);
    const std::vector<float> values = ops.numbers(3 * 5 * 33);
    const Array x(3, 5 * 33, values), y(3, 5 * 40), e(3, 5 * 40);
    ASSERT_EQ(ops_cuda_dense(&ops.device->base, GT_GENERATOR, 0, false, 5, x, y), GT_OK);
    ASSERT_EQ(ops_cuda_dense(&ops.device->base, GT_GENERATOR, 0, true, 5, x, e), GT_OK);
    ops.read_runs();
    const std::vector<float> of_weights = y.read(), of_average = e.read();
    const ops_layer &l = ops.plan.net[GT_GENERATOR].layer[0];
    for (size_t r = 0; r < 3; r++)
        for (bool averaged : {false, true}) {
            const float *w =
                ops.state[GT_GENERATOR].data() + (4 * r + (averaged ? GT_EMA : GT_WEIGHTS)) * ops.plan.net[1].stride;
            double sum = w[l.b + 7];
            for (size_t k = 0; k < 33; k++) sum += (double)w[l.w + 7 * 33 + k] * (double)values[(r * 5 + 2) * 33 + k];
            EXPECT_NEAR((averaged ? of_average : of_weights)[(r * 5 + 2) * 40 + 7], std::tanh(sum), 1e-5);
        }
}

// ---------------------------------------------------------------- loss

TEST_F(CudaOps, LossesAndTheirGradientsForEveryKindAndRole) {
    for (gt_loss kind : {GT_BCE, GT_MINIMAX, GT_LEAST_SQUARES, GT_HINGE, GT_WASSERSTEIN}) {
        gt_spec spec = preset("x2");
        spec.loss = kind;
        if (kind == GT_WASSERSTEIN) spec.clip = 0.1;
        if (kind == GT_BCE) spec.real_label = 0.9, spec.fake_label = 0.2;
        for (int role : {FUSED_REAL, FUSED_FAKE, FUSED_G})
            for (int n : {1, 3, 127, 128, 129, 600}) {
                Ops ops(spec);
                std::vector<float> z = ops.numbers(3 * (size_t)n);
                for (float &logit : z) logit *= 6;
                const Array logits(3, (size_t)n, z), gradient(3, (size_t)n);
                const ops_loss loss = {role, n, 2 * n, nullptr};
                ASSERT_EQ(ops_cuda_table.loss(&ops.device->base, &loss, logits, gradient), GT_OK) << gt_last_error();
                const std::vector<layered_run> runs = ops.read_runs();
                const std::vector<float> dz = gradient.read();
                const double label = ops.setting.hyper.label[role];
                for (size_t r = 0; r < 3; r++) {
                    double mean = 0;
                    for (size_t i = 0; i < (size_t)n; i++) {
                        const double logit = z[r * (size_t)n + i];
                        mean += reference::loss_of(kind, (reference::Role)role, logit, label) / n;
                        ASSERT_NEAR(dz[r * (size_t)n + i],
                                    reference::loss_derivative(kind, (reference::Role)role, logit, label) / (2 * n), 1e-6 / n)
                            << gt_loss_name(kind) << " role " << role;
                    }
                    EXPECT_NEAR(runs[r].losses[role], mean, 1e-6) << gt_loss_name(kind) << " role " << role;
                }
            }
    }
}

TEST_F(CudaOps, LabelsOfACallerTellRealFromGenerated) {
    gt_spec spec = preset("x2");
    spec.loss = GT_HINGE;
    Ops ops(spec, 1);
    const std::vector<float> z = {0.5f, 0.5f, -2.0f, -2.0f}, y = {1.0f, 0.0f, 1.0f, 0.0f};
    const Array logits(1, 4, z), gradient(1, 4), labels(1, 4, y);
    const ops_loss loss = {FUSED_REAL, 4, 4, static_cast<ops_array>(labels).at};
    ASSERT_EQ(ops_cuda_table.loss(&ops.device->base, &loss, logits, gradient), GT_OK);
    EXPECT_NEAR(ops.read_runs()[0].losses[FUSED_REAL], (0.5 + 1.5 + 3.0 + 0.0) / 4, 1e-7);
    EXPECT_EQ(gradient.read(), (std::vector<float>{-0.25f, 0.25f, -0.25f, 0.0f}));
}

TEST_F(CudaOps, ALogitThatIsNotFiniteFreezesItsRunAlone) {
    Ops ops(preset("x2"));
    std::vector<float> z(3 * 300, 1.0f);
    z[300 + 288] = INFINITY; // of run 1
    const Array logits(3, 300, z), gradient(3, 300);
    const ops_loss loss = {FUSED_G, 300, 300, nullptr};
    ASSERT_EQ(ops_cuda_table.loss(&ops.device->base, &loss, logits, gradient), GT_OK);
    std::vector<layered_run> runs = ops.read_runs();
    EXPECT_FALSE(runs[0].diverged || runs[2].diverged);
    EXPECT_TRUE(runs[1].diverged);
    EXPECT_EQ(runs[1].diverged_at, 71u);
    EXPECT_EQ(runs[1].losses[FUSED_G], ops.runs[1].losses[FUSED_G]);
    // from here on nothing of it changes
    const std::vector<float> before = ops.read_state(GT_GENERATOR);
    const layered_run frozen = runs[1];
    ASSERT_EQ(ops_cuda_table.loss(&ops.device->base, &loss, logits, gradient), GT_OK);
    ASSERT_EQ(ops_cuda_table.adam(&ops.device->base, GT_GENERATOR), GT_OK);
    ASSERT_EQ(ops_cuda_table.finish(&ops.device->base), GT_OK);
    const std::vector<float> after = ops.read_state(GT_GENERATOR);
    const size_t floats = ops_cuda_floats(&ops.plan, GT_GENERATOR);
    EXPECT_EQ(memcmp(&before[floats], &after[floats], floats * sizeof(float)), 0);
    EXPECT_NE(memcmp(&before[0], &after[0], floats * sizeof(float)), 0);
    EXPECT_NE(memcmp(&before[2 * floats], &after[2 * floats], floats * sizeof(float)), 0);
    runs = ops.read_runs();
    EXPECT_EQ(memcmp(&frozen, &runs[1], sizeof frozen), 0);
    EXPECT_EQ(runs[0].iteration, 71u);
    EXPECT_EQ(runs[2].iteration, 73u);
    EXPECT_EQ(runs[2].steps[LAYERED_G], 2u);
}

// ---------------------------------------------------------------- Adam

// gt_adam_spec's formula on the scaled moments m' = m / (1 - beta1), v' = v / (1 - beta2) (docs/numerics.md), step after step.
TEST_F(CudaOps, AdamIsTheFormulaOnEveryParameter) {
    gt_spec spec = spec_of(5, {70, 40}, {40}, GT_RELU, 4);
    spec.generator_adam.weight_decay = 0.5;
    spec.generator_adam.lr = 0.01;
    spec.ema = 0.9;
    spec.decay = GT_DECAY_LINEAR, spec.decay_iterations = 140, spec.decay_final = 0;
    Ops ops(spec);
    const size_t stride = ops.plan.net[GT_GENERATOR].stride;
    const gt_adam_spec &adam = spec.generator_adam;
    for (int step = 0; step < 3; step++) {
        const std::vector<float> gradient = ops.numbers(3 * stride), before = ops.read_state(GT_GENERATOR);
        Ops::write(ops.device->gradient[GT_GENERATOR], gradient);
        ASSERT_EQ(ops_cuda_table.adam(&ops.device->base, GT_GENERATOR), GT_OK) << gt_last_error();
        const std::vector<float> after = ops.read_state(GT_GENERATOR);
        const double t = 2 + step, lr = adam.lr * std::sqrt(1 - std::pow(adam.beta2, t)) / (1 - std::pow(adam.beta1, t));
        for (size_t r = 0; r < 3; r++) {
            const double factor = 1 - (70.0 + (double)r) / 140;
            for (size_t k = 0; k < stride; k++) {
                const float *old = &before[4 * r * stride + k], *now = &after[4 * r * stride + k];
                const double g = gradient[r * stride + k], m = adam.beta1 * old[stride] + g,
                             v = adam.beta2 * old[2 * stride] + g * g;
                const double w = old[0] * (1 - factor * adam.lr * adam.weight_decay) -
                                 factor * lr * m * (1 - adam.beta1) / (std::sqrt(v * (1 - adam.beta2)) + adam.eps);
                ASSERT_NEAR(now[stride], m, 1e-6);
                ASSERT_NEAR(now[2 * stride], v, 1e-6);
                ASSERT_NEAR(now[0], w, 2e-6) << "run " << r << ", parameter " << k << ", step " << step;
                ASSERT_NEAR(now[3 * stride], 0.9 * old[3 * stride] + 0.1 * w, 1e-6);
            }
        }
    }
    for (const layered_run &run : ops.read_runs()) {
        EXPECT_EQ(run.steps[LAYERED_G], 4u);
        EXPECT_EQ(run.steps[LAYERED_D], 3u);
        EXPECT_NEAR(run.powers[LAYERED_G].beta1, std::pow(adam.beta1, 4), 1e-6);
    }
}

TEST_F(CudaOps, ClippedWeightsStayWithin) {
    gt_spec spec = preset("x2");
    spec.loss = GT_WASSERSTEIN;
    spec.clip = 0.25;
    Ops ops(spec);
    for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR}) ASSERT_EQ(ops_cuda_table.adam(&ops.device->base, net), GT_OK);
    const std::vector<float> d = ops.read_state(0), g = ops.read_state(1);
    float most_d = 0, most_g = 0;
    for (size_t k = 0; k < ops.plan.net[0].stride; k++) most_d = std::fmax(most_d, std::fabs(d[k]));
    for (size_t k = 0; k < ops.plan.net[1].stride; k++) most_g = std::fmax(most_g, std::fabs(g[k]));
    EXPECT_EQ(most_d, 0.25f);
    EXPECT_GT(most_g, 0.5f); // D's alone are clipped
}

TEST_F(CudaOps, AWeightThatIsNotFiniteFreezesItsRun) {
    Ops ops(spec_of(5, {15}, {600}, GT_RELU, 4)); // several blocks a run
    for (size_t at : {(size_t)3, ops_cuda_floats(&ops.plan, 0) * 2 + ops.plan.net[0].stride - 40}) ops.state[0][at] = INFINITY;
    Ops::write(ops.device->state[0], ops.state[0]);
    for (int step = 0; step < 2; step++) ASSERT_EQ(ops_cuda_table.adam(&ops.device->base, GT_DISCRIMINATOR), GT_OK);
    const std::vector<layered_run> runs = ops.read_runs();
    EXPECT_TRUE(runs[0].diverged && !runs[1].diverged && runs[2].diverged);
    EXPECT_EQ(runs[2].diverged_at, 72u);
    EXPECT_EQ(runs[0].steps[LAYERED_D], 4u); // the step that met it is completed
    EXPECT_EQ(runs[1].steps[LAYERED_D], 5u);
}

// ---------------------------------------------------------------- draws

TEST_F(CudaOps, ImagesAreDrawnByTheirWordsAndScaled) {
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
    const Array out(3, 170 * 12);
    ASSERT_EQ(ops_cuda_table.real(&ops.device->base, 5, 170, out), GT_OK);
    ops.read_runs();
    const std::vector<float> real = out.read();
    for (size_t r = 0; r < 3; r++) {
        const reference::Vector words = reference::words(5 + r, GT_STREAM_REAL, (uint32_t)(70 + r), 175);
        for (size_t i = 0; i < 170; i++) {
            const size_t row = (size_t)(((uint64_t)words[5 + i] * 50) >> 32);
            for (size_t c = 0; c < 12; c++) ASSERT_NEAR(real[(r * 170 + i) * 12 + c], pixels[row * 12 + c] / 127.5 - 1, 2e-7);
        }
    }
}

TEST_F(CudaOps, LatentsAreTheStreamsOfTheRunFromAnyPlaceOn) {
    for (gt_noise noise : {GT_NOISE_GAUSSIAN, GT_NOISE_UNIFORM, GT_NOISE_TRUNCATED_NORMAL}) {
        gt_spec spec = preset("x2");
        spec.noise = noise;
        Ops ops(spec);
        const Array out(3, 431 * 5);
        ASSERT_EQ(ops_cuda_table.latents(&ops.device->base, GT_STREAM_D_LATENTS, 7, 431, out), GT_OK);
        ops.read_runs();
        const std::vector<float> z = out.read();
        for (size_t r = 0; r < 3; r++) {
            const reference::Vector all = reference::noise(noise, 5 + r, GT_STREAM_D_LATENTS, (uint32_t)(70 + r), 438 * 5);
            for (size_t k = 0; k < 431 * 5; k++) ASSERT_NEAR(z[r * 431 * 5 + k], all[35 + k], 2e-6) << gt_noise_name(noise);
        }
    }
}

// A run's numbers follow from its seed and iteration, whoever had the block before.
TEST_F(CudaOps, NumbersByCurandAreThoseOfTheRunThatHasTheRecord) {
    const auto latents_of = [](Ops &ops, uint64_t seed, uint64_t iteration) {
        for (size_t r = 0; r < 3; r++) ops.runs[r].seed = seed + r, ops.runs[r].iteration = iteration;
        ops.write_runs();
        const Array out(3, 31 * 5);
        const auto draw = [](void *at) {
            const auto *closure = static_cast<std::pair<ops_device *, ops_array> *>(at);
            return ops_cuda_table.latents(closure->first, GT_STREAM_D_LATENTS, 7, 31, closure->second);
        };
        std::pair<ops_device *, ops_array> closure = {&ops.device->base, out};
        EXPECT_EQ(ops_cuda_table.repeat(&ops.device->base, 1, draw, &closure), GT_OK) << gt_last_error();
        ops.read_runs();
        return out.read();
    };
    Ops first(preset("x2"), 3, LIBRARY, GT_RNG_CURAND), second(preset("x2"), 3, LIBRARY, GT_RNG_CURAND);
    first.device->options.plain = second.device->options.plain = true; // each draw has an array of its own
    const std::vector<float> expected = latents_of(first, 5, 18);
    const std::vector<float> other = latents_of(second, 50, 18); // the same block
    EXPECT_NE(other, expected);
    EXPECT_EQ(latents_of(second, 5, 18), expected);
    EXPECT_NE(latents_of(second, 5, 19), expected);
}

#ifdef GT_EMULATOR

// Bias, relu and its mask, the derivative and the bias gradient: no pass of their own.
TEST_F(CudaOps, AWideLayerOfReluTakesAProductForEachResult) {
    Ops ops(with_layers({64, 40, 48, 36, 3, LIBRARY}, GT_RELU, GT_RELU));
    ops_device *device = &ops.device->base;
    const Array x(3, 64 * 40), y(3, 64 * 48), dz(3, 64 * 36), dy(3, 64 * 48);
    const size_t kernels = emulator::calls("cudaLaunchKernel"), products = emulator::calls("cublasLtMatmul");
    ASSERT_EQ(ops_cuda_dense(device, GT_DISCRIMINATOR, 1, false, 64, x, y), GT_OK);
    ASSERT_EQ(ops_cuda_dense_backward(device, GT_DISCRIMINATOR, 2, true, 64, y, dz, {GT_RELU, GT_DISCRIMINATOR}, dy), GT_OK);
    EXPECT_EQ(emulator::calls("cublasLtMatmul"), products + 3);
    EXPECT_EQ(emulator::calls("cudaLaunchKernel"), kernels);
}

#endif

} // namespace
