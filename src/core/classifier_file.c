/* A classifier in a file: its weights, and beside them what it was made for, how good it is, and its hash. */
#include "core/classifier.h"

#include "core/status.h"
#include "io/number.h"
#include "io/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT      "gantry-classifier"
#define VERSION     "1"
#define INT_CHARS   24
#define SIZES_CHARS (8 * (GT_MAX_LAYERS + 1))

enum { MAX_TENSORS = 2 * GT_MAX_LAYERS };

/* Weight and bias of each layer, one behind the other from weights on. Returns how many. */
static int list_tensors(const gt_classifier_info *info, const float *weights, gt_tensor out[MAX_TENSORS]) {
    for (int l = 0; l < info->n_layers; l++) {
        gt_tensor *weight = &out[2 * l], *bias = weight + 1;
        const uint64_t inputs = (uint64_t)info->size[l], outputs = (uint64_t)info->size[l + 1];
        *weight = (gt_tensor){.dtype = GT_F32, .n_dims = 2, .shape = {outputs, inputs}, .data = weights};
        *bias = (gt_tensor){.dtype = GT_F32, .n_dims = 1, .shape = {outputs}, .data = weights + outputs * inputs};
        snprintf(weight->name, sizeof weight->name, "classifier.%d.weight", l);
        snprintf(bias->name, sizeof bias->name, "classifier.%d.bias", l);
        weights += outputs * (inputs + 1);
    }
    return 2 * info->n_layers;
}

/* ---------------------------------------------------------------- saving */

static void format_sizes(const gt_classifier_info *info, char text[SIZES_CHARS]) {
    int length = 0;
    for (int l = 0; l <= info->n_layers; l++)
        length += snprintf(text + length, (size_t)(SIZES_CHARS - length), l == 0 ? "%d" : ",%d", info->size[l]);
}

gt_status gt_classifier_save(const gt_classifier *classifier, const char *path) {
    const gt_classifier_info *info = &classifier->info;
    char height[INT_CHARS], width[INT_CHARS], channels[INT_CHARS], n_test[INT_CHARS], sizes[SIZES_CHARS];
    char accuracy[GT_NUMBER_CHARS];
    gt_tensor tensors[MAX_TENSORS];
    float *weights = gt_classifier_weights(classifier, NULL);
    if (weights == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to write %s", path);
    const int n_tensors = list_tensors(info, weights, tensors);
    snprintf(height, sizeof height, "%d", info->height);
    snprintf(width, sizeof width, "%d", info->width);
    snprintf(channels, sizeof channels, "%d", info->channels);
    snprintf(n_test, sizeof n_test, "%" PRIu64, info->n_test);
    format_sizes(info, sizes);
    const gt_metadata metadata[] = {
        {"format", FORMAT},
        {"format_version", VERSION},
        {"gantry_version", gt_version()},
        {"height", height},
        {"width", width},
        {"channels", channels},
        {"sizes", sizes},
        {"test_accuracy", gt_number_format(info->test_accuracy, accuracy)},
        {"n_test", n_test},
        {"hash", info->hash},
    };
    const gt_status status = gt_safetensors_write(path, metadata, sizeof metadata / sizeof *metadata, tensors, n_tensors);
    free(weights);
    return status;
}

/* ---------------------------------------------------------------- loading */

static gt_status damaged(const char *path, const char *what) {
    return gt_fail(GT_ERR_FILE, "%s: %s; restore the file, or train it again: gantry classifier train", path, what);
}

static const char *text_of(const gt_safetensors *file, const char *key) {
    const char *text = gt_safetensors_metadata(file, key);
    return text != NULL ? text : "";
}

static bool read_int(const char *text, uint64_t most, int *out) {
    uint64_t value;
    if (!gt_number_parse_u64(text, &value) || value < 1 || value > most) return false;
    *out = (int)value;
    return true;
}

static bool read_sizes(const char *text, gt_classifier_info *out) {
    char copy[SIZES_CHARS], *rest = copy;
    int n = 0;
    if (strlen(text) >= sizeof copy) return false;
    strcpy(copy, text);
    for (const char *size; (size = strsep(&rest, ",")) != NULL; n++)
        if (n > GT_MAX_LAYERS || !read_int(size, GT_MAX_WIDTH, &out->size[n])) return false;
    out->n_layers = n - 1;
    return out->n_layers >= 2;
}

static gt_status read_info(const gt_safetensors *file, const char *path, gt_classifier_info *out) {
    if (strcmp(text_of(file, "format"), FORMAT) != 0)
        return gt_fail(GT_ERR_FILE, "%s is no classifier of gantry's; gantry classifier train makes one", path);
    const char *version = text_of(file, "format_version");
    uint64_t number;
    if (!gt_number_parse_u64(version, &number)) return damaged(path, "it has no format version");
    if (strcmp(version, VERSION) != 0)
        return gt_fail(GT_ERR_FILE, "%s has version %s of a classifier's file; this gantry reads %s", path, version, VERSION);
    if (!read_sizes(text_of(file, "sizes"), out) || !read_int(text_of(file, "height"), GT_MAX_WIDTH, &out->height) ||
        !read_int(text_of(file, "width"), GT_MAX_WIDTH, &out->width) || !read_int(text_of(file, "channels"), 3, &out->channels))
        return damaged(path, "its sizes are damaged");
    out->n_classes = out->size[out->n_layers];
    if ((uint64_t)out->height * (uint64_t)out->width * (uint64_t)out->channels != (uint64_t)out->size[0] ||
        out->n_classes < 2 || out->n_classes > GT_MAX_CLASSES)
        return damaged(path, "its sizes do not go together");
    if (!gt_number_parse_real(text_of(file, "test_accuracy"), &out->test_accuracy) ||
        !(out->test_accuracy >= 0 && out->test_accuracy <= 1) || !gt_number_parse_u64(text_of(file, "n_test"), &out->n_test))
        return damaged(path, "its accuracy is damaged");
    return GT_OK;
}

/* weights: room for all of them. */
static gt_status read_weights(const gt_safetensors *file, const char *path, gt_classifier *classifier, float *weights) {
    gt_tensor tensors[MAX_TENSORS];
    const int n_tensors = list_tensors(&classifier->info, weights, tensors);
    float *at = weights;
    for (int t = 0; t < n_tensors; at += gt_tensor_n_elements(&tensors[t++]))
        GT_TRY(gt_safetensors_read(file, &tensors[t], at));
    classifier_net_set(classifier->net, weights);
    float *read = gt_classifier_weights(classifier, classifier->info.hash);
    if (read == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to read %s", path);
    free(read);
    if (strcmp(classifier->info.hash, text_of(file, "hash")) != 0) return damaged(path, "its weights do not have its hash");
    return GT_OK;
}

gt_status gt_classifier_load(const char *path, gt_classifier **out) {
    gt_safetensors *file = NULL;
    gt_classifier *classifier = NULL;
    gt_classifier_info info = {0};
    float *weights = NULL;
    gt_status status;
    GT_TRY_GOTO(gt_safetensors_open(path, &file), cleanup);
    GT_TRY_GOTO(read_info(file, path, &info), cleanup);
    GT_TRY_GOTO(gt_classifier_create(&info, 1, &classifier), cleanup);
    weights = gt_classifier_weights(classifier, NULL);
    if (weights == NULL) GT_TRY_GOTO(gt_fail(GT_ERR_MEMORY, "no memory to read %s", path), cleanup);
    GT_TRY_GOTO(read_weights(file, path, classifier, weights), cleanup);
    *out = classifier;
    classifier = NULL;
cleanup:
    gt_classifier_destroy(classifier);
    gt_safetensors_close(file);
    free(weights);
    return status;
}
