/* See plain_gan.h. Streams and formulas: docs/numerics.md. The build compiles it with two names for PLAIN_GAN_TRAIN. */
#include "plain_gan.h"

#include "kernels/streams.h"

#include <math.h>

enum { BATCH = 128, HALF = BATCH / 2 };

static void philox(uint64_t seed, uint32_t stream, uint32_t iteration, uint32_t block, uint32_t c[4]) {
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    c[0] = block, c[1] = iteration, c[2] = stream, c[3] = 0;
    for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u) {
        const uint64_t a = (uint64_t)0xd2511f53u * c[0], b = (uint64_t)0xcd9e8d57u * c[2];
        c[0] = (uint32_t)(b >> 32) ^ c[1] ^ k0;
        c[2] = (uint32_t)(a >> 32) ^ c[3] ^ k1;
        c[1] = (uint32_t)b;
        c[3] = (uint32_t)a;
    }
}

static float uniform(uint32_t word) { return (float)word * 0x1p-32f + 0x1p-33f; }

static void draw_uniforms(const plain_gan *gan, uint32_t stream, int n, float *out) {
    for (int k = 0; k < n; k += 4) {
        uint32_t words[4];
        philox(gan->seed, stream, gan->iteration, (uint32_t)k / 4, words);
        for (int j = 0; j < 4; j++) out[k + j] = uniform(words[j]);
    }
}

static void draw_normals(const plain_gan *gan, uint32_t stream, int n, float *out) {
    for (int k = 0; k < n; k += 4) {
        uint32_t words[4];
        philox(gan->seed, stream, gan->iteration, (uint32_t)k / 4, words);
        for (int j = 0; j < 4; j += 2) {
            const uint32_t y = words[j + 1];
            const float r = sqrtf(-2.0f * logf(uniform(words[j])));
            /* bits 0 to 29 turn by up to a quarter, bits 31 and 30 are the signs of sine and cosine */
            const float angle = 1.57079633f * (float)((y ^ 0x20000000u) & 0x3fffffffu) * 0x1p-30f;
            out[k + j] = r * (y & 0x80000000u ? -sinf(angle) : sinf(angle));
            out[k + j + 1] = r * (y & 0x40000000u ? -cosf(angle) : cosf(angle));
        }
    }
}

static void adam(float *p, float *m, float *v, const float *gradient, int n, int t) {
    const float lr = (float)(1e-3 * sqrt(1.0 - pow(0.999, t)) / (1.0 - pow(0.9, t)));
    for (int k = 0; k < n; k++) {
        m[k] = 0.9f * m[k] + 0.1f * gradient[k];
        v[k] = 0.999f * v[k] + 0.001f * gradient[k] * gradient[k];
        p[k] -= lr * m[k] / (sqrtf(v[k]) + 1e-7f);
    }
}

static void generate(const float *g, const float *z, float *hidden, float *point) {
    const float *b = g + PLAIN_G * PLAIN_Z, *u = b + PLAIN_G, *c = u + 2 * PLAIN_G;
    for (int k = 0; k < PLAIN_G; k++) {
        float a = b[k];
        for (int i = 0; i < PLAIN_Z; i++) a += g[k * PLAIN_Z + i] * z[i];
        hidden[k] = a > 0 ? a : 0;
    }
    for (int o = 0; o < 2; o++) {
        point[o] = c[o];
        for (int k = 0; k < PLAIN_G; k++) point[o] += u[o * PLAIN_G + k] * hidden[k];
    }
}

static float logit(const float *d, const float *point, float *hidden) {
    const float *b = d + PLAIN_D * 2, *v = b + PLAIN_D;
    float z = v[PLAIN_D];
    for (int j = 0; j < PLAIN_D; j++) {
        const float a = b[j] + d[2 * j] * point[0] + d[2 * j + 1] * point[1];
        hidden[j] = a > 0 ? a : 0;
        z += v[j] * hidden[j];
    }
    return z;
}

static float loss_gradient(float z, float label, int n) { return (1.0f / (1.0f + expf(-z)) - label) / (float)n; }

static void train_d(plain_gan *gan, const float (*points)[2], float label) {
    float gradient[PLAIN_D_PARAMETERS] = {0}, hidden[PLAIN_D];
    float *db = gradient + 2 * PLAIN_D, *dv = db + PLAIN_D;
    const float *v = gan->d + 3 * PLAIN_D;
    for (int s = 0; s < HALF; s++) {
        const float dz = loss_gradient(logit(gan->d, points[s], hidden), label, HALF);
        dv[PLAIN_D] += dz;
        for (int j = 0; j < PLAIN_D; j++) {
            dv[j] += dz * hidden[j];
            if (hidden[j] <= 0) continue;
            const float dh = dz * v[j];
            gradient[2 * j] += dh * points[s][0];
            gradient[2 * j + 1] += dh * points[s][1];
            db[j] += dh;
        }
    }
    adam(gan->d, gan->d_m, gan->d_v, gradient, PLAIN_D_PARAMETERS, ++gan->d_steps);
}

static void train_g(plain_gan *gan, const float *latents) {
    float gradient[PLAIN_G_PARAMETERS] = {0}, hidden[PLAIN_G], d_hidden[PLAIN_D], point[2];
    float *db = gradient + PLAIN_G * PLAIN_Z, *du = db + PLAIN_G, *dc = du + 2 * PLAIN_G;
    const float *u = gan->g + PLAIN_G * PLAIN_Z + PLAIN_G, *v = gan->d + 3 * PLAIN_D;
    for (int s = 0; s < BATCH; s++) {
        const float *z = latents + s * PLAIN_Z;
        generate(gan->g, z, hidden, point);
        const float dz = loss_gradient(logit(gan->d, point, d_hidden), 1.0f, BATCH);
        float dx[2] = {0, 0};
        for (int j = 0; j < PLAIN_D; j++) {
            if (d_hidden[j] <= 0) continue;
            dx[0] += dz * v[j] * gan->d[2 * j];
            dx[1] += dz * v[j] * gan->d[2 * j + 1];
        }
        dc[0] += dx[0];
        dc[1] += dx[1];
        for (int k = 0; k < PLAIN_G; k++) {
            du[k] += dx[0] * hidden[k];
            du[PLAIN_G + k] += dx[1] * hidden[k];
            if (hidden[k] <= 0) continue;
            const float dh = dx[0] * u[k] + dx[1] * u[PLAIN_G + k];
            for (int i = 0; i < PLAIN_Z; i++) gradient[k * PLAIN_Z + i] += dh * z[i];
            db[k] += dh;
        }
    }
    adam(gan->g, gan->g_m, gan->g_v, gradient, PLAIN_G_PARAMETERS, ++gan->g_steps);
}

void PLAIN_GAN_TRAIN(plain_gan *gan, int n_iterations) {
    float x[HALF], latents[BATCH * PLAIN_Z], points[HALF][2], hidden[PLAIN_G];
    for (int k = 0; k < n_iterations; k++, gan->iteration++) {
        draw_uniforms(gan, GT_STREAM_REAL, HALF, x);
        for (int s = 0; s < HALF; s++) {
            points[s][0] = x[s] - 0.5f;
            points[s][1] = points[s][0] * points[s][0];
        }
        train_d(gan, points, 1.0f);
        draw_normals(gan, GT_STREAM_D_LATENTS, HALF * PLAIN_Z, latents);
        for (int s = 0; s < HALF; s++) generate(gan->g, latents + s * PLAIN_Z, hidden, points[s]);
        train_d(gan, points, 0.0f);
        draw_normals(gan, GT_STREAM_G_LATENTS, BATCH * PLAIN_Z, latents);
        train_g(gan, latents);
    }
}
