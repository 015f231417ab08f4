// The tutorial's training in double precision and plain loops, as Keras defines it: what the engine is measured against. It
// shares no code with the engine; only the random words come from the same streams (kernels/streams.h).
#ifndef GT_TESTS_REFERENCE_H
#define GT_TESTS_REFERENCE_H

#include "gantry/gantry.h"
#include "kernels/streams.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
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
            bool is_output = l == net.n_layers - 1;
            double limit = std::sqrt(6.0 / (is_output ? n_in + n_out : n_in)); // Glorot, He
            for (int k = 0; k < n_in * n_out; k++) weights.push_back((2 * u[next++] - 1) * limit);
            weights.insert(weights.end(), (size_t)n_out, 0.0);
        }
        m.assign(weights.size(), 0);
        v.assign(weights.size(), 0);
    }

    void step(const Vector &gradient) {
        t++;
        double rate = adam.lr * std::sqrt(1 - std::pow(beta2(), (double)t)) / (1 - std::pow(beta1(), (double)t));
        for (size_t k = 0; k < weights.size(); k++) {
            m[k] = beta1() * m[k] + (1 - beta1()) * gradient[k];
            v[k] = beta2() * v[k] + (1 - beta2()) * gradient[k] * gradient[k];
            weights[k] -= rate * m[k] / (std::sqrt(v[k]) + adam.eps);
        }
    }
};

struct Gan {
    gt_spec spec;
    uint64_t seed;
    Learner d, g;
    uint32_t iteration = 0;
    double losses[3] = {NAN, NAN, NAN}; // of the last iteration: D on real, D on fake, G

    Gan(const gt_spec &spec_, uint64_t seed_)
        : spec(spec_), seed(seed_), d(spec.discriminator, spec.discriminator_adam, seed, GT_STREAM_D_WEIGHTS),
          g(spec.generator, spec.generator_adam, seed, GT_STREAM_G_WEIGHTS) {}

    // Loss of D on rows x[n, 2] with labels y[n]; adds its gradient where asked.
    double d_loss(const Vector &weights, const Vector &x, const Vector &y, Vector *gradient = nullptr) const {
        double loss = 0, n = (double)y.size();
        for (size_t k = 0; k < y.size(); k++) {
            Trace trace = forward(d.net, weights, {x[2 * k], x[2 * k + 1]});
            loss += bce(trace.output[0], y[k]) / n;
            if (gradient) backward(d.net, weights, trace, {bce_derivative(trace.output[0], y[k]) / n}, gradient);
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
            loss += bce(trace.output[0], y[k]) / n;
            if (!gradient) continue;
            Vector dpoint = backward(d.net, d.weights, trace, {bce_derivative(trace.output[0], y[k]) / n}, nullptr);
            backward(g.net, g_weights, point, dpoint, gradient);
        }
        return loss;
    }

    Vector real_points(uint32_t stream, size_t n) const {
        Vector points;
        for (double u : uniforms(seed, stream, iteration, n)) {
            double x = spec.target.lo + (spec.target.hi - spec.target.lo) * u;
            points.push_back(x);
            points.push_back(x * x);
        }
        return points;
    }

    Vector latents(uint32_t stream, size_t n) const { return normals(seed, stream, iteration, n * (size_t)g.net.size[0]); }

    Vector generate(const Vector &z) const {
        Vector points;
        const auto latent = (std::ptrdiff_t)g.net.size[0];
        for (auto row = z.begin(); row != z.end(); row += latent) {
            Vector point = forward(g.net, g.weights, Vector(row, row + latent)).output;
            points.insert(points.end(), point.begin(), point.end());
        }
        return points;
    }

    void iterate() {
        const auto batch = (size_t)spec.batch, half = batch / 2;
        Vector fakes = generate(latents(GT_STREAM_D_LATENTS, half));
        Vector gradient(d.weights.size());
        losses[0] = d_loss(d.weights, real_points(GT_STREAM_REAL, half), Vector(half, 1.0), &gradient);
        d.step(gradient);
        gradient.assign(gradient.size(), 0);
        losses[1] = d_loss(d.weights, fakes, Vector(half, 0.0), &gradient);
        d.step(gradient);
        gradient.assign(g.weights.size(), 0);
        losses[2] = gan_loss(g.weights, latents(GT_STREAM_G_LATENTS, batch), Vector(batch, 1.0), &gradient);
        g.step(gradient);
        iteration++;
    }
};

} // namespace reference

#endif
