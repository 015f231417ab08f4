/* One dense net from or to a file: the net in memory, the choice of the format, and the two safetensors layouts (gantry's own
 * and that of PyTorch's nn.Sequential). */
#define _XOPEN_SOURCE 700
#include "io/net_file.h"

#include "core/spec.h"
#include "core/status.h"
#include "io/keras.h"
#include "io/number.h"
#include "io/onnx.h"
#include "io/safetensors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORMAT_NAME(name, text) text,
static const char *const format_names[] = {GT_NET_FORMAT_LIST(FORMAT_NAME)};

const char *gt_net_format_name(gt_net_format format) {
    return (unsigned)format < GT_N_NET_FORMATS ? format_names[format] : "unknown";
}

static void free_map(gt_net_map *map) {
    free(map->scale);
    free(map->offset);
}

void gt_net_file_free(gt_net_file *file) {
    free(file->weights);
    free_map(&file->input);
    free_map(&file->output);
    *file = (gt_net_file){0};
}

char *gt_net_sizes(const gt_net_spec *net, char text[GT_NET_SIZES_CHARS]) {
    int length = snprintf(text, GT_NET_SIZES_CHARS, "%d", net->size[0]);
    for (int l = 1; l <= net->n_layers && length < GT_NET_SIZES_CHARS; l++)
        length += snprintf(text + length, (size_t)(GT_NET_SIZES_CHARS - length), "-%d", net->size[l]);
    return text;
}

char *gt_net_printable(const char *text, char out[GT_NET_NAME_CHARS]) {
    size_t n = strlen(text) < GT_NET_NAME_CHARS ? strlen(text) : GT_NET_NAME_CHARS - 1;
    for (size_t i = 0; i < n; i++) out[i] = text[i];
    for (size_t i = 0; i < n; i++)
        if (out[i] < ' ' || out[i] > '~') out[i] = '?';
    out[n] = '\0';
    return out;
}

gt_status gt_net_file_add_layer(gt_net_file *file, const char *path, uint64_t inputs, uint64_t outputs, float **weight,
                                float **bias) {
    gt_net_spec *net = &file->net;
    const int layer = net->n_layers;
    if (layer == GT_MAX_LAYERS)
        return gt_fail(GT_ERR_FILE, "%s has more than %d dense layers, the most that gantry takes", path, layer);
    if (inputs < 1 || inputs > GT_MAX_WIDTH || outputs < 1 || outputs > GT_MAX_WIDTH)
        return gt_fail(GT_ERR_FILE, "%s: layer %d has %" PRIu64 " inputs and %" PRIu64 " outputs; gantry takes 1 to %d", path,
                       layer, inputs, outputs, GT_MAX_WIDTH);
    if (layer > 0 && inputs != (uint64_t)net->size[layer])
        return gt_fail(GT_ERR_FILE, "%s: layer %d has %" PRIu64 " inputs, but the layer before it %d outputs", path, layer,
                       inputs, net->size[layer]);
    const size_t before = gt_net_n_parameters(net), n_weights = (size_t)(inputs * outputs), n = n_weights + (size_t)outputs;
    float *larger = realloc(file->weights, (before + n) * sizeof *larger);
    if (larger == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to read %s", path);
    memset(larger + before, 0, n * sizeof *larger);
    file->weights = larger;
    net->size[layer] = (int)inputs;
    net->size[layer + 1] = (int)outputs;
    net->activation[layer] = GT_LINEAR;
    net->n_layers++;
    *weight = larger + before;
    *bias = larger + before + n_weights;
    return GT_OK;
}

/* ---------------------------------------------------------------- safetensors: writing */

static gt_status write_safetensors(const gt_net_file *file, const char *path) {
    const gt_net_spec *net = &file->net;
    const char *role = file->role == GT_GENERATOR ? "generator" : "discriminator";
    char activations[GT_MAX_LAYERS * 16] = "", slope[GT_NUMBER_CHARS], seed[24], iteration[24];
    gt_tensor tensors[2 * GT_MAX_LAYERS];
    const float *at = file->weights;
    for (int l = 0; l < net->n_layers; l++) {
        gt_tensor *weight = &tensors[2 * l], *bias = weight + 1;
        const uint64_t inputs = (uint64_t)net->size[l], outputs = (uint64_t)net->size[l + 1];
        *weight = (gt_tensor){.dtype = GT_F32, .n_dims = 2, .shape = {outputs, inputs}, .data = at};
        *bias = (gt_tensor){.dtype = GT_F32, .n_dims = 1, .shape = {outputs}, .data = at + outputs * inputs};
        snprintf(weight->name, sizeof weight->name, "%s.%d.weight", role, l);
        snprintf(bias->name, sizeof bias->name, "%s.%d.bias", role, l);
        at += outputs * (inputs + 1);
        if (l > 0) strcat(activations, ",");
        strcat(activations, gt_activation_name(net->activation[l]));
    }
    snprintf(seed, sizeof seed, "%" PRIu64, file->seed);
    snprintf(iteration, sizeof iteration, "%" PRIu64, file->iteration);
    const gt_metadata metadata[] = {
        {"format", "pt"},
        {"gantry_version", gt_version()},
        {"net", role},
        {"activations", activations},
        {"leaky_slope", gt_number_format(net->leaky_slope, slope)},
        {"first_seed", seed},
        {"n_runs", "1"},
        {"iteration", iteration},
    };
    return gt_safetensors_write(path, metadata, sizeof metadata / sizeof *metadata, tensors, 2 * net->n_layers);
}

/* ---------------------------------------------------------------- safetensors: reading */

#define MAX_TENSORS (2 * GT_MAX_LAYERS)

/* A tensor's name taken apart: "net.0.weight" is layer 0 of "net.", "fc1.bias" layer 1 of "fc". */
typedef struct {
    gt_tensor_info info;
    size_t prefix; /* its length */
    uint64_t number;
    bool bias;
} part;

static gt_status split_name(const char *path, part *p) {
    const char *name = p->info.name, *dot = strrchr(name, '.');
    char shown[GT_NET_NAME_CHARS];
    p->bias = dot != NULL && strcmp(dot, ".bias") == 0;
    size_t end = dot != NULL ? (size_t)(dot - name) : 0, begin = end;
    while (begin > 0 && name[begin - 1] >= '0' && name[begin - 1] <= '9') begin--;
    char digits[24] = "";
    if (end - begin < sizeof digits) memcpy(digits, name + begin, end - begin);
    if (dot == NULL || (!p->bias && strcmp(dot, ".weight") != 0) || !gt_number_parse_u64(digits, &p->number))
        return gt_fail(
            GT_ERR_FILE,
            "%s: a tensor called \"%s\"; gantry reads those of dense layers, such as 0.weight and 0.bias, net.0.weight, "
            "generator.0.weight",
            path, gt_net_printable(name, shown));
    p->prefix = begin;
    return GT_OK;
}

/* By layer, the weight before the bias. */
static int compare_parts(const void *a, const void *b) {
    const part *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return (int)x->bias - (int)y->bias;
}

static gt_status list_parts(const char *path, const gt_safetensors *file, part out[MAX_TENSORS], int *n) {
    const size_t n_tensors = gt_safetensors_n_tensors(file);
    if (n_tensors < 1 || n_tensors > MAX_TENSORS)
        return gt_fail(GT_ERR_FILE, "%s has %zu tensors; a net that gantry takes has 1 to %d", path, n_tensors, MAX_TENSORS);
    char shown[2][GT_NET_NAME_CHARS];
    for (size_t i = 0; i < n_tensors; i++) {
        out[i].info = gt_safetensors_tensor(file, i);
        GT_TRY(split_name(path, &out[i]));
        if (out[i].prefix != out[0].prefix || strncmp(out[i].info.name, out[0].info.name, out[0].prefix) != 0)
            return gt_fail(GT_ERR_FILE, "%s has tensors of several nets, such as \"%s\" and \"%s\"; it must hold one", path,
                           gt_net_printable(out[0].info.name, shown[0]), gt_net_printable(out[i].info.name, shown[1]));
        if (out[i].info.dtype != GT_F32)
            return gt_fail(GT_ERR_FILE, "%s: tensor \"%s\" is not F32; convert it to 32-bit floats first", path,
                           gt_net_printable(out[i].info.name, shown[0]));
    }
    qsort(out, n_tensors, sizeof *out, compare_parts);
    for (size_t i = 1; i < n_tensors; i++)
        if (compare_parts(&out[i - 1], &out[i]) == 0)
            return gt_fail(GT_ERR_FILE, "%s has layer %" PRIu64 " twice", path, out[i].number);
    *n = (int)n_tensors;
    return GT_OK;
}

static gt_status read_part(const gt_safetensors *file, const part *p, float *out) {
    gt_tensor tensor = {.dtype = GT_F32, .n_dims = p->info.n_dims};
    if (strlen(p->info.name) >= sizeof tensor.name)
        return gt_fail(GT_ERR_FILE, "a tensor's name has %zu characters; gantry takes %zu", strlen(p->info.name),
                       sizeof tensor.name - 1);
    strcpy(tensor.name, p->info.name);
    memcpy(tensor.shape, p->info.shape, sizeof tensor.shape);
    return gt_safetensors_read(file, &tensor, out);
}

/* The shape of what one run has: weight [out, in], bias [out]. */
static gt_status check_shape(const char *path, const part *p, int runs_axis) {
    const int wanted = (p->bias ? 1 : 2) + runs_axis;
    char shown[GT_NET_NAME_CHARS];
    if (p->info.n_dims == wanted) return GT_OK;
    return gt_fail(GT_ERR_FILE, "%s: tensor \"%s\" has %d dimensions; the %s of a dense layer has %d", path,
                   gt_net_printable(p->info.name, shown), p->info.n_dims, p->bias ? "bias [out]" : "weight [out, in]",
                   p->bias ? 1 : 2);
}

static gt_status read_layers(const char *path, const gt_safetensors *file, const part *parts, int n, gt_net_file *out) {
    /* gantry stacks several runs on a leading axis. */
    const int runs_axis = !parts[0].bias && parts[0].info.n_dims == 3;
    if (runs_axis && parts[0].info.shape[0] != 1)
        return gt_fail(GT_ERR_FILE, "%s holds the nets of %" PRIu64 " runs; it must hold one", path, parts[0].info.shape[0]);
    for (int i = 0; i < n;) {
        const part *weight = &parts[i++],
                   *bias = i < n && parts[i].bias && parts[i].number == weight->number ? &parts[i++] : NULL;
        if (weight->bias) return gt_fail(GT_ERR_FILE, "%s: layer %" PRIu64 " has a bias and no weight", path, weight->number);
        GT_TRY(check_shape(path, weight, runs_axis));
        const uint64_t *shape = weight->info.shape + runs_axis;
        float *to_weight, *to_bias;
        GT_TRY(gt_net_file_add_layer(out, path, shape[1], shape[0], &to_weight, &to_bias));
        GT_TRY(read_part(file, weight, to_weight));
        if (bias == NULL) continue;
        GT_TRY(check_shape(path, bias, runs_axis));
        if (bias->info.shape[runs_axis] != shape[0] || (runs_axis && bias->info.shape[0] != 1))
            return gt_fail(GT_ERR_FILE, "%s: layer %" PRIu64 " has %" PRIu64 " outputs and %" PRIu64 " biases", path,
                           bias->number, shape[0], bias->info.shape[runs_axis]);
        GT_TRY(read_part(file, bias, to_bias));
    }
    return GT_OK;
}

static gt_status read_activations(const char *path, const char *text, const char *slope, gt_net_file *out) {
    gt_net_spec *net = &out->net;
    int l = 0;
    for (const char *at = text; l < net->n_layers; l++, at += *at == ',') {
        const size_t size = strcspn(at, ",");
        int a = 0;
        while (a < GT_N_ACTIVATIONS && (strlen(gt_activation_name((gt_activation)a)) != size ||
                                        strncmp(gt_activation_name((gt_activation)a), at, size) != 0))
            a++;
        if (a == GT_N_ACTIVATIONS || (at[size] == '\0') != (l == net->n_layers - 1))
            return gt_fail(GT_ERR_FILE, "%s: \"activations\" in its metadata are not one for each of the %d layers", path,
                           net->n_layers);
        net->activation[l] = (gt_activation)a;
        at += size;
    }
    if (slope != NULL && (!gt_number_parse_real(slope, &net->leaky_slope) || !(net->leaky_slope >= 0 && net->leaky_slope <= 1)))
        return gt_fail(GT_ERR_FILE, "%s: \"leaky_slope\" in its metadata is not a number from 0 to 1", path);
    out->activations_known = true;
    return GT_OK;
}

static gt_status read_safetensors(const char *path, gt_net_file *out) {
    gt_safetensors *file;
    part parts[MAX_TENSORS] = {0};
    int n = 0;
    GT_TRY(gt_safetensors_open(path, &file));
    const char *format = gt_safetensors_metadata(file, "format"), *activations = gt_safetensors_metadata(file, "activations");
    gt_status status = format != NULL && strcmp(format, "gantry-checkpoint") == 0
                           ? gt_fail(GT_ERR_FILE, "%s is a checkpoint, not a net; gantry export writes its nets", path)
                           : list_parts(path, file, parts, &n);
    if (status == GT_OK) status = read_layers(path, file, parts, n, out);
    if (status == GT_OK && activations != NULL)
        status = read_activations(path, activations, gt_safetensors_metadata(file, "leaky_slope"), out);
    gt_safetensors_close(file);
    return status;
}

/* ---------------------------------------------------------------- any format */

gt_status gt_net_file_write(const gt_net_file *file, gt_net_format format, const char *path) {
    switch (format) {
    case GT_NET_ONNX:
        return gt_onnx_write(file, path);
    case GT_NET_KERAS:
        return gt_keras_write(file, path);
    case GT_NET_SAFETENSORS:
        return write_safetensors(file, path);
    default:
        return gt_fail(GT_ERR_ARGUMENT, "format %d is not one of gt_net_format", (int)format);
    }
}

/* The format by the first bytes; ONNX, which has no signature, where they are of no other. */
static gt_status format_of(const char *path, gt_net_format *out) {
    unsigned char head[9];
    struct stat info;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return gt_fail(GT_ERR_FILE, "can't read %s: %s", path, strerror(errno));
    if (fstat(fileno(stream), &info) != 0 || !S_ISREG(info.st_mode)) {
        fclose(stream);
        return gt_fail(GT_ERR_FILE, "can't read %s: it is not a file", path);
    }
    const size_t n = fread(head, 1, sizeof head, stream);
    fclose(stream);
    *out = GT_NET_ONNX;
    if (n >= 8 && memcmp(head, "\x89HDF\r\n\x1a\n", 8) == 0) *out = GT_NET_KERAS;
    /* A header of less than 2^32 bytes. */
    if (n == 9 && head[8] == '{' && memcmp(head + 4, "\0\0\0\0", 4) == 0) *out = GT_NET_SAFETENSORS;
    return GT_OK;
}

gt_status gt_net_file_read(const char *path, gt_net_file *out) {
    *out = (gt_net_file){0};
    gt_net_format format = GT_NET_ONNX;
    GT_TRY(format_of(path, &format));
    gt_status status = format == GT_NET_KERAS         ? gt_keras_read(path, out)
                       : format == GT_NET_SAFETENSORS ? read_safetensors(path, out)
                                                      : gt_onnx_read(path, out);
    if (status != GT_OK) gt_net_file_free(out);
    return status;
}
