// Training in double precision and plain loops, as Keras and the papers define it: what the engine is measured against. It
// shares no code with the engine; only the random words come from the same streams (kernels/streams.h).
#ifndef GT_TESTS_REFERENCE_H
#define GT_TESTS_REFERENCE_H

#include "gantry/gantry.h"
#include "kernels/streams.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

namespace reference {

using Vector = std::vector<double>;

// ---------------------------------------------------------------- random numbers

using Words = std::array<uint32_t, 4>;

// Philox4x32-10 as the paper writes it (Salmon, Moraes, Dror, Shaw 2011).
inline Words philox(Words c, uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++) {
        uint64_t a = uint64_t{0xD2511F53} * c[0], b = uint64_t{0xCD9E8D57} * c[2];
        c = {(uint32_t)(b >> 32) ^ c[1] ^ k0, (uint32_t)b, (uint32_t)(a >> 32) ^ c[3] ^ k1, (uint32_t)a};
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    return c;
}

inline Words block(uint64_t seed, uint32_t stream, uint32_t iteration, uint32_t number) {
    return philox({number, iteration, stream, 0}, (uint32_t)seed, (uint32_t)(seed >> 32));
}

// curand_uniform, single precision.
inline float uniform(uint32_t word) { return (float)word * 0x1p-32f + 0x1p-33f; }

inline Vector uniforms(uint64_t seed, uint32_t stream, uint32_t iteration, size_t n) {
    Vector out;
    for (size_t i = 0; i < n; i++) out.push_back(uniform(block(seed, stream, iteration, (uint32_t)(i / 4))[i % 4]));
    return out;
}

// Box-Muller with libm. The angle is (q + t) quarter turns: 1/8 turn plus the signed low 30 bits, mirrored by the upper two.
inline void normal_pair(uint32_t x, uint32_t y, double *first, double *second) {
    double r = std::sqrt(-2 * std::log((double)uniform(x)));
    double turns = 0.125 + ((double)(int32_t)(y << 2) + 2) * 0x1p-34;
    *first = r * std::sin(2 * M_PI * turns) * (y >> 31 ? -1 : 1);
    *second = r * std::cos(2 * M_PI * turns) * (y >> 30 & 1 ? -1 : 1);
}

inline Vector normals(uint64_t seed, uint32_t stream, uint32_t iteration, size_t n) {
    Vector out(n + 4);
    for (size_t i = 0; i < n; i += 4) {
        Words w = block(seed, stream, iteration, (uint32_t)(i / 4));
        normal_pair(w[0], w[1], &out[i], &out[i + 1]);
        normal_pair(w[2], w[3], &out[i + 2], &out[i + 3]);
    }
    out.resize(n);
    return out;
}

inline Vector words(uint64_t seed, uint32_t stream, uint32_t iteration, size_t n) {
    Vector out;
    for (size_t i = 0; i < n; i++) out.push_back(block(seed, stream, iteration, (uint32_t)(i / 4))[i % 4]);
    return out;
}

// A standard normal that is cut off at +-2, by bisection of its distribution function.
inline double truncated_normal(double u) {
    double low = -2, high = 2;
    const double wanted = (2 * u - 1) * std::erf(M_SQRT2);
    for (int k = 0; k < 60; k++) {
        const double middle = (low + high) / 2;
        (std::erf(middle / M_SQRT2) < wanted ? low : high) = middle;
    }
    return low;
}

inline Vector noise(gt_noise kind, uint64_t seed, uint32_t stream, uint32_t iteration, size_t n) {
    if (kind == GT_NOISE_GAUSSIAN) return normals(seed, stream, iteration, n);
    Vector out = uniforms(seed, stream, iteration, n);
    for (double &u : out) u = kind == GT_NOISE_UNIFORM ? 2 * u - 1 : truncated_normal(u);
    return out;
}

// ---------------------------------------------------------------- dense nets

inline double activate(double a, gt_activation kind, double slope) {
    switch (kind) {
    case GT_RELU:
        return a > 0 ? a : 0;
    case GT_LEAKY_RELU:
        return a > 0 ? a : slope * a;
    case GT_TANH:
        return std::tanh(a);
    case GT_SIGMOID:
        return 1 / (1 + std::exp(-a));
    case GT_ELU:
        return a > 0 ? a : std::expm1(a);
    default:
        return a;
    }
}

inline double derivative(double a, gt_activation kind, double slope) {
    switch (kind) {
    case GT_RELU:
        return a > 0 ? 1 : 0;
    case GT_LEAKY_RELU:
        return a > 0 ? 1 : slope;
    case GT_TANH:
        return 1 - std::tanh(a) * std::tanh(a);
    case GT_SIGMOID:
        return activate(a, kind, 0) * (1 - activate(a, kind, 0));
    case GT_ELU:
        return a > 0 ? 1 : std::exp(a);
    default:
        return 1;
    }
}

// One sample on its way through a net: what goes into each layer, and its sums before the activation.
struct Trace {
    std::vector<Vector> input, sum;
    Vector output;
};

inline Trace forward(const gt_net_spec &net, const Vector &weights, Vector x) {
    Trace trace;
    const double *w = weights.data();
    for (int l = 0; l < net.n_layers; l++) {
        const int n_in = net.size[l], n_out = net.size[l + 1];
        Vector sum, y;
        for (int o = 0; o < n_out; o++) {
            double a = w[n_out * n_in + o];
            for (int i = 0; i < n_in; i++) a += w[o * n_in + i] * x[(size_t)i];
            sum.push_back(a);
            y.push_back(activate(a, net.activation[l], net.leaky_slope));
        }
        w += n_out * (n_in + 1);
        trace.input.push_back(x);
        trace.sum.push_back(sum);
        x = y;
    }
    trace.output = x;
    return trace;
}

// Adds the gradient of the weights for one sample whose output has gradient dy; returns the gradient of its input.
inline Vector backward(const gt_net_spec &net, const Vector &weights, const Trace &trace, Vector dy, Vector *dweights) {
    size_t at = weights.size();
    for (int l = net.n_layers - 1; l >= 0; l--) {
        const size_t n_in = (size_t)net.size[l], n_out = (size_t)net.size[l + 1];
        at -= n_out * (n_in + 1);
        Vector dx(n_in);
        for (size_t o = 0; o < n_out; o++) {
            double da = dy[o] * derivative(trace.sum[(size_t)l][o], net.activation[l], net.leaky_slope);
            for (size_t i = 0; i < n_in; i++) {
                dx[i] += da * weights[at + o * n_in + i];
                if (dweights) (*dweights)[at + o * n_in + i] += da * trace.input[(size_t)l][i];
            }
            if (dweights) (*dweights)[at + n_out * n_in + o] += da;
        }
        dy = dx;
    }
    return dy;
}

// Binary cross-entropy of a logit z with label y, and its derivative by z.
inline double bce(double z, double y) { return std::max(z, 0.0) + std::log1p(std::exp(-std::fabs(z))) - y * z; }
inline double bce_derivative(double z, double y) { return 1 / (1 + std::exp(-z)) - y; }

// Whose points a loss is of.
enum Role { REAL, FAKE, G };

// The loss of a logit, from its paper (gantry.h names them).
inline double loss_of(gt_loss kind, Role role, double z, double y) {
    switch (kind) {
    case GT_LEAST_SQUARES:
        return (z - y) * (z - y) / 2;
    case GT_HINGE:
        return role == REAL ? std::max(0.0, 1 - z) : role == FAKE ? std::max(0.0, 1 + z) : -z;
    case GT_WASSERSTEIN:
        return role == FAKE ? z : -z;
    case GT_MINIMAX:
        return role == G ? -bce(z, 0) : bce(z, y);
    default:
        return bce(z, y);
    }
}

inline double loss_derivative(gt_loss kind, Role role, double z, double y) {
    switch (kind) {
    case GT_LEAST_SQUARES:
        return z - y;
    case GT_HINGE:
        return role == REAL ? (z < 1 ? -1 : 0) : role == FAKE ? (z > -1 ? 1 : 0) : -1;
    case GT_WASSERSTEIN:
        return role == FAKE ? 1 : -1;
    case GT_MINIMAX:
        return role == G ? -bce_derivative(z, 0) : bce_derivative(z, y);
    default:
        return bce_derivative(z, y);
    }
}

// Of a caller's labels.
inline Role role_of(double y) { return y > 0.5 ? REAL : FAKE; }

// ---------------------------------------------------------------- the GAN

// A net and its Adam state, moments as Keras keeps them.
struct Learner {
    gt_net_spec net;
    gt_adam_spec adam;
    Vector weights, m, v;
    uint64_t t = 0;

    // The engine holds the betas as floats.
    double beta1() const { return (double)(float)adam.beta1; }
    double beta2() const { return (double)(float)adam.beta2; }

    Learner(const gt_net_spec &net_, const gt_adam_spec &adam_, uint64_t seed, uint32_t stream) : net(net_), adam(adam_) {
        size_t n_weights = 0, next = 0;
        for (int l = 0; l < net.n_layers; l++) n_weights += (size_t)net.size[l] * (size_t)net.size[l + 1];
        Vector u = uniforms(seed, stream, 0, n_weights);
        for (int l = 0; l < net.n_layers; l++) {
            const int n_in = net.size[l], n_out = net.size[l + 1];
            const gt_initializer init = l == net.n_layers - 1 ? net.output_init : net.hidden_init;
            const bool he = init == GT_HE_UNIFORM || init == GT_HE_NORMAL;
            const bool is_uniform = init == GT_HE_UNIFORM || init == GT_GLOROT_UNIFORM;
            const double fan = he ? n_in : n_in + n_out, limit = std::sqrt(6 / fan);
            // Keras divides by the standard deviation of the truncated normal
            const double deviation = std::sqrt(2 / fan) / 0.87962566103423978;
            for (int k = 0; k < n_in * n_out; k++, next++)
                weights.push_back(is_uniform ? (2 * u[next] - 1) * limit : truncated_normal(u[next]) * deviation);
            weights.insert(weights.end(), (size_t)n_out, 0.0);
        }
        m.assign(weights.size(), 0);
        v.assign(weights.size(), 0);
    }

    // factor: of the learning rate; clip: 0 for none.
    void step(const Vector &gradient, double factor = 1, double clip = 0) {
        t++;
        double rate = factor * adam.lr * std::sqrt(1 - std::pow(beta2(), (double)t)) / (1 - std::pow(beta1(), (double)t));
        for (size_t k = 0; k < weights.size(); k++) {
            m[k] = beta1() * m[k] + (1 - beta1()) * gradient[k];
            v[k] = beta2() * v[k] + (1 - beta2()) * gradient[k] * gradient[k];
            weights[k] -= factor * adam.lr * adam.weight_decay * weights[k];
            weights[k] -= rate * m[k] / (std::sqrt(v[k]) + adam.eps);
            if (clip > 0) weights[k] = std::min(std::max(weights[k], -clip), clip);
        }
    }
};

struct Gan {
    gt_spec spec;
    uint64_t seed;
    Learner d, g;
    Vector ema; // of G's weights, where the spec has them
    uint32_t iteration = 0;
    double losses[3] = {NAN, NAN, NAN}; // of the last iteration: D on real, D on fake, G
    // A real point from its word, as the nets see it.
    std::function<Vector(double)> point = [this](double word) {
        double x = spec.target.lo + (spec.target.hi - spec.target.lo) * uniform((uint32_t)word);
        return Vector{x, x * x};
    };

    Gan(const gt_spec &spec_, uint64_t seed_)
        : spec(spec_), seed(seed_), d(spec.discriminator, spec.discriminator_adam, seed, GT_STREAM_D_WEIGHTS),
          g(spec.generator, spec.generator_adam, seed, GT_STREAM_G_WEIGHTS), ema(g.weights) {}

    using RoleOf = std::function<Role(double)>;

    // Loss of D on rows x[n, X] with labels y[n]; adds its gradient over n_mean (0: n) where asked.
    double d_loss(const Vector &weights, const Vector &x, const Vector &y, Vector *gradient = nullptr,
                  const RoleOf &role = role_of, size_t n_mean = 0) const {
        double loss = 0, n = (double)y.size(), mean = n_mean > 0 ? (double)n_mean : n;
        const auto columns = (std::ptrdiff_t)d.net.size[0];
        for (size_t k = 0; k < y.size(); k++) {
            const auto row = x.begin() + (std::ptrdiff_t)k * columns;
            Trace trace = forward(d.net, weights, Vector(row, row + columns));
            const double z = trace.output[0];
            loss += loss_of(spec.loss, role(y[k]), z, y[k]) / n;
            if (gradient) backward(d.net, weights, trace, {loss_derivative(spec.loss, role(y[k]), z, y[k]) / mean}, gradient);
        }
        return loss;
    }

    // Loss of D(G(z)) on latents z[n, Z] with labels y[n], and its gradient by the weights of G.
    double gan_loss(const Vector &g_weights, const Vector &z, const Vector &y, Vector *gradient = nullptr) const {
        double loss = 0, n = (double)y.size();
        const auto latent = (std::ptrdiff_t)g.net.size[0];
        for (size_t k = 0; k < y.size(); k++) {
            const auto row = z.begin() + (std::ptrdiff_t)k * latent;
            Trace point = forward(g.net, g_weights, Vector(row, row + latent));
            Trace trace = forward(d.net, d.weights, point.output);
            const double z_k = trace.output[0];
            loss += loss_of(spec.loss, G, z_k, y[k]) / n;
            if (!gradient) continue;
            Vector dpoint = backward(d.net, d.weights, trace, {loss_derivative(spec.loss, G, z_k, y[k]) / n}, nullptr);
            backward(g.net, g_weights, point, dpoint, gradient);
        }
        return loss;
    }

    // n samples of a draw from number `first` on, `width` values each.
    static Vector part_of(const Vector &draw, size_t first, size_t n, size_t width) {
        const auto begin = draw.begin() + (std::ptrdiff_t)(first * width);
        return Vector(begin, begin + (std::ptrdiff_t)(n * width));
    }

    Vector real_points(size_t first, size_t n) const {
        Vector points;
        for (double word : part_of(words(seed, GT_STREAM_REAL, iteration, first + n), first, n, 1))
            for (double value : point(word)) points.push_back(value);
        return points;
    }

    Vector latents(uint32_t stream, size_t first, size_t n) const {
        const auto z = (size_t)g.net.size[0];
        return part_of(noise(spec.noise, seed, stream, iteration, (first + n) * z), first, n, z);
    }

    Vector generate(const Vector &z) const {
        Vector points;
        const auto latent = (std::ptrdiff_t)g.net.size[0];
        for (auto row = z.begin(); row != z.end(); row += latent) {
            Vector one = forward(g.net, g.weights, Vector(row, row + latent)).output;
            points.insert(points.end(), one.begin(), one.end());
        }
        return points;
    }

    double rate_factor() const {
        const double f = spec.decay == GT_DECAY_NONE ? 0 : std::min(1.0, (double)iteration / (double)spec.decay_iterations);
        const double e = spec.decay_final;
        return spec.decay == GT_DECAY_LINEAR ? 1 - f * (1 - e) : e + (1 - e) * (1 + std::cos(M_PI * f)) / 2;
    }

    void d_steps(size_t first, size_t half, double factor) {
        const Vector fakes = generate(latents(GT_STREAM_D_LATENTS, first, half)), reals = real_points(first, half);
        const size_t n_mean = spec.combined_batch ? 2 * half : half;
        Vector gradient(d.weights.size());
        losses[0] = d_loss(
            d.weights, reals, Vector(half, spec.real_label), &gradient, [](double) { return REAL; }, n_mean);
        if (!spec.combined_batch) {
            d.step(gradient, factor, spec.clip);
            gradient.assign(gradient.size(), 0);
        }
        losses[1] = d_loss(
            d.weights, fakes, Vector(half, spec.fake_label), &gradient, [](double) { return FAKE; }, n_mean);
        d.step(gradient, factor, spec.clip);
    }

    void iterate() {
        const auto batch = (size_t)spec.batch, half = spec.half_batch > 0 ? (size_t)spec.half_batch : batch / 2;
        const double factor = spec.decay == GT_DECAY_NONE ? 1 : rate_factor();
        for (size_t j = 0; j < (size_t)spec.d_steps; j++) d_steps(j * half, half, factor);
        Vector gradient(g.weights.size());
        const double label = spec.loss == GT_LEAST_SQUARES ? spec.real_label : 1;
        losses[2] = gan_loss(g.weights, latents(GT_STREAM_G_LATENTS, 0, batch), Vector(batch, label), &gradient);
        g.step(gradient, factor);
        for (size_t k = 0; k < ema.size(); k++) ema[k] += (1 - spec.ema) * (g.weights[k] - ema[k]);
        iteration++;
    }
};

} // namespace reference

#endif
