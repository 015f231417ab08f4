/* For exchange_test.sh: nets between gantry's readers and writers and Python.
 *   exchange_main write FOLDER          nets of several architectures in every format: NAME.onnx, NAME.weights.h5, ...
 *   exchange_main read FILE...          each as FILE.npy (its parameters, one column), and a line: sizes, activations, maps
 *   exchange_main points IN.npy OUT.npy the array as gantry reads it
 *   exchange_main samples CHECKPOINT LATENTS.npy SAMPLES.npy PROBABILITIES.npy   G's inputs and outputs, D's outputs for these
 */
#include "core/spec.h"
#include "io/net_file.h"
#include "io/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    gt_net role;
    gt_net_spec net;
    bool maps, probability;
} example;

static const example examples[] = {
    {"tutorial", GT_GENERATOR, {.n_layers = 2, .size = {5, 15, 2}, .activation = {GT_RELU, GT_LINEAR}}, false, false},
    {"leaky",
     GT_GENERATOR,
     {.n_layers = 2, .size = {5, 15, 2}, .activation = {GT_LEAKY_RELU, GT_LINEAR}, .leaky_slope = 0.2},
     false,
     false},
    {"tanh", GT_GENERATOR, {.n_layers = 3, .size = {3, 16, 16, 2}, .activation = {GT_TANH, GT_TANH, GT_TANH}}, true, false},
    {"elu", GT_GENERATOR, {.n_layers = 3, .size = {100, 33, 64, 7}, .activation = {GT_ELU, GT_RELU, GT_SIGMOID}}, true, false},
    {"eight",
     GT_GENERATOR,
     {.n_layers = 8,
      .size = {4, 5, 6, 7, 8, 7, 6, 5, 3},
      .activation = {GT_RELU, GT_TANH, GT_SIGMOID, GT_ELU, GT_LEAKY_RELU, GT_LINEAR, GT_TANH, GT_LINEAR},
      .leaky_slope = 0.01},
     false,
     false},
    {"d", GT_DISCRIMINATOR, {.n_layers = 2, .size = {2, 25, 1}, .activation = {GT_RELU, GT_LINEAR}}, false, false},
    {"d_maps",
     GT_DISCRIMINATOR,
     {.n_layers = 3, .size = {2, 32, 16, 1}, .activation = {GT_LEAKY_RELU, GT_ELU, GT_LINEAR}, .leaky_slope = 0.3},
     true,
     true},
    {"one", GT_DISCRIMINATOR, {.n_layers = 2, .size = {1, 1, 1}, .activation = {GT_TANH, GT_LINEAR}}, false, true},
    {"wide",
     GT_GENERATOR,
     {.n_layers = 2, .size = {64, 512, 784}, .activation = {GT_LEAKY_RELU, GT_TANH}, .leaky_slope = 0.2},
     true,
     false},
};
#define N_EXAMPLES (sizeof examples / sizeof *examples)

static int fail(void) {
    fprintf(stderr, "%s\n", gt_last_error());
    return 1;
}

/* Uniform on [-1, 1), by a generator that is good enough for numbers that must only differ (Knuth's MMIX). */
static float draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(*state >> 32) * 0x1p-31f;
}

static gt_net_map draw_map(int n, uint64_t *state) {
    gt_net_map map = {malloc((size_t)n * sizeof(float)), malloc((size_t)n * sizeof(float))};
    for (int i = 0; i < n; i++) {
        map.scale[i] = 1.5f + draw(state);
        map.offset[i] = draw(state);
    }
    return map;
}

static int write_all(const char *folder) {
    static const char *const ends[GT_N_NET_FORMATS] = {"onnx", "weights.h5", "safetensors"};
    uint64_t state = 1;
    for (size_t e = 0; e < N_EXAMPLES; e++) {
        const example *x = &examples[e];
        gt_net_file file = {.net = x->net, .role = x->role, .probability = x->probability, .seed = e, .iteration = 10};
        const size_t n = gt_net_n_parameters(&x->net);
        file.weights = malloc(n * sizeof *file.weights);
        float *at = file.weights;
        for (int l = 0; l < x->net.n_layers; l++) {
            const float scale = sqrtf(3 / (float)x->net.size[l]); /* outputs of about 1 */
            for (int i = 0; i < x->net.size[l + 1] * (x->net.size[l] + 1); i++) *at++ = scale * draw(&state);
        }
        if (x->maps && x->role == GT_GENERATOR) file.output = draw_map(x->net.size[x->net.n_layers], &state);
        if (x->maps && x->role == GT_DISCRIMINATOR) file.input = draw_map(x->net.size[0], &state);
        char path[4096];
        for (int f = 0; f < GT_N_NET_FORMATS; f++) {
            snprintf(path, sizeof path, "%s/%s.%s", folder, x->name, ends[f]);
            if (gt_net_file_write(&file, (gt_net_format)f, path) != GT_OK) return fail();
        }
        const gt_net_map *map = x->role == GT_GENERATOR ? &file.output : &file.input;
        const int columns = x->role == GT_GENERATOR ? x->net.size[x->net.n_layers] : x->net.size[0];
        for (int part = 0; map->scale != NULL && part < 2; part++) {
            snprintf(path, sizeof path, "%s/%s.%s.npy", folder, x->name, part == 0 ? "scale" : "offset");
            if (gt_npy_write(path, part == 0 ? map->scale : map->offset, 1, (size_t)columns) != GT_OK) return fail();
        }
        gt_net_file_free(&file);
    }
    return 0;
}

static void print_map(const char *name, const gt_net_map *map, int n) {
    for (int i = 0; map->scale != NULL && i < n; i++)
        printf(" %s:%.9g:%.9g", name, (double)map->scale[i], (double)map->offset[i]);
}

static int read_one(const char *path) {
    gt_net_file file;
    char sizes[GT_NET_SIZES_CHARS], out[4096];
    if (gt_net_file_read(path, &file) != GT_OK) return fail();
    printf("%s ", gt_net_sizes(&file.net, sizes));
    for (int l = 0; l < file.net.n_layers; l++)
        printf("%s%s", l > 0 ? "," : "", file.activations_known ? gt_activation_name(file.net.activation[l]) : "?");
    printf(" %.9g", file.net.leaky_slope);
    print_map("input", &file.input, file.net.size[0]);
    print_map("output", &file.output, file.net.size[file.net.n_layers]);
    putchar('\n');
    snprintf(out, sizeof out, "%s.npy", path);
    gt_status status = gt_npy_write(out, file.weights, gt_net_n_parameters(&file.net), 1);
    gt_net_file_free(&file);
    return status == GT_OK ? 0 : fail();
}

enum { N_SAMPLES = 500 };

static int write_samples(char **paths) {
    gt_trainer *trainer;
    if (gt_trainer_load(paths[0], NULL, &trainer) != GT_OK) return fail();
    const gt_spec *spec = gt_trainer_get_spec(trainer);
    const size_t z = (size_t)gt_net_inputs(&spec->generator), x = (size_t)gt_net_outputs(&spec->generator);
    float *latents = malloc(N_SAMPLES * z * sizeof *latents), *samples = malloc(N_SAMPLES * x * sizeof *samples);
    float *probabilities = malloc(N_SAMPLES * sizeof *probabilities);
    gt_status status = gt_trainer_draw(trainer, 0, GT_DRAW_LATENTS, 0, N_SAMPLES, latents);
    if (status == GT_OK) status = gt_trainer_predict(trainer, 0, GT_GENERATOR, latents, N_SAMPLES, samples);
    if (status == GT_OK) status = gt_trainer_predict(trainer, 0, GT_DISCRIMINATOR, samples, N_SAMPLES, probabilities);
    gt_trainer_to_data(trainer, samples, N_SAMPLES);
    if (status == GT_OK) status = gt_npy_write(paths[1], latents, N_SAMPLES, z);
    if (status == GT_OK) status = gt_npy_write(paths[2], samples, N_SAMPLES, x);
    if (status == GT_OK) status = gt_npy_write(paths[3], probabilities, N_SAMPLES, 1);
    free(latents);
    free(samples);
    free(probabilities);
    gt_trainer_destroy(trainer);
    return status == GT_OK ? 0 : fail();
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "write") == 0) return write_all(argv[2]);
    if (argc >= 3 && strcmp(argv[1], "read") == 0) {
        for (int i = 2; i < argc; i++)
            if (read_one(argv[i]) != 0) return 1;
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "points") == 0) {
        float *points;
        size_t n, d;
        if (gt_npy_read(argv[2], &points, &n, &d) != GT_OK || gt_npy_write(argv[3], points, n, d) != GT_OK) return fail();
        free(points);
        return 0;
    }
    if (argc == 6 && strcmp(argv[1], "samples") == 0) return write_samples(argv + 2);
    fprintf(stderr, "usage: exchange_main write FOLDER | read FILE... | points IN.npy OUT.npy |\n"
                    "       samples CHECKPOINT LATENTS.npy SAMPLES.npy PROBABILITIES.npy\n");
    return 2;
}
