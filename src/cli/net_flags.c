/* Sizes and activations of a net as flags. */
#include "cli/command.h"
#include "cli/spec_flags.h"
#include "io/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- sizes */

/* Numbers parted by separator; how many, or -1 where one is none or there are too many. */
static int parse_sizes(const char *text, char separator, int *sizes, int max_sizes) {
    for (int n = 0; n < max_sizes; text++) {
        char number[GT_NUMBER_CHARS];
        const char *end = strchr(text, separator);
        const size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
        uint64_t size;
        if (length >= sizeof number) return -1;
        snprintf(number, sizeof number, "%.*s", (int)length, text);
        if (!gt_number_parse_u64(number, &size) || size < 1 || size > GT_MAX_WIDTH) return -1;
        sizes[n++] = (int)size;
        text += length;
        if (*text == '\0') return n;
    }
    return -1;
}

/* n layers, all but the last with the activation of the first. */
static void set_layers(gt_net_spec *net, int n) {
    const gt_activation hidden = net->activation[0], output = net->activation[net->n_layers - 1];
    net->n_layers = n;
    for (int l = 0; l < n - 1; l++) net->activation[l] = hidden;
    net->activation[n - 1] = output;
}

int gt_sizes_parse(const char *text, void *member, char **complaint) {
    gt_net_spec *net = member;
    int sizes[GT_MAX_LAYERS + 1];
    const int n = parse_sizes(text, '-', sizes, GT_MAX_LAYERS + 1);
    if (n < 3) {
        *complaint =
            gt_cli_text("it takes the sizes of inputs, hidden layers and outputs, such as 5-15-2: 3 to %d numbers from "
                        "1 to %d",
                        GT_MAX_LAYERS + 1, GT_MAX_WIDTH);
        return GT_EXIT_USAGE;
    }
    memcpy(net->size, sizes, (size_t)n * sizeof *sizes);
    set_layers(net, n - 1);
    return GT_EXIT_OK;
}

static const char *format_sizes(const int *sizes, int n, char separator, char text[GT_OPTION_CHARS]) {
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        if (i > 0) text[length++] = separator;
        length += (size_t)snprintf(text + length, GT_OPTION_CHARS - length, "%d", sizes[i]);
    }
    return text;
}

const char *gt_sizes_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_net_spec *net = member;
    return format_sizes(net->size, net->n_layers + 1, '-', text);
}

int gt_hidden_parse(const char *text, void *member, char **complaint) {
    gt_net_spec *net = member;
    int sizes[GT_MAX_LAYERS - 1];
    const int n = parse_sizes(text, ',', sizes, GT_MAX_LAYERS - 1), outputs = net->size[net->n_layers];
    if (n < 1) {
        *complaint = gt_cli_text("it takes the sizes of the hidden layers, such as 25,25: 1 to %d numbers from 1 to %d",
                                 GT_MAX_LAYERS - 1, GT_MAX_WIDTH);
        return GT_EXIT_USAGE;
    }
    memcpy(net->size + 1, sizes, (size_t)n * sizeof *sizes);
    net->size[n + 1] = outputs;
    set_layers(net, n + 1);
    return GT_EXIT_OK;
}

const char *gt_hidden_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_net_spec *net = member;
    return format_sizes(net->size + 1, net->n_layers - 1, ',', text);
}

/* ---------------------------------------------------------------- activations */

/* "relu" or "leaky_relu:0.1"; *slope stays where the text has none. */
static bool parse_activation(const char *text, size_t length, gt_activation *out, double *slope) {
    char name[GT_OPTION_CHARS];
    if (length >= sizeof name) return false;
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    char *colon = strchr(name, ':');
    if (colon != NULL) *colon = '\0';
    for (*out = 0; *out < GT_N_ACTIVATIONS && strcmp(gt_activation_name(*out), name) != 0; ++*out) continue;
    if (*out == GT_N_ACTIVATIONS) return false;
    return colon == NULL || (*out == GT_LEAKY_RELU && gt_number_parse_real(colon + 1, slope) && *slope >= 0 && *slope <= 1);
}

static size_t append_activation(const gt_net_spec *net, int layer, char *text, size_t length) {
    char slope[GT_NUMBER_CHARS];
    const bool leaky = net->activation[layer] == GT_LEAKY_RELU;
    return length + (size_t)snprintf(text + length, GT_OPTION_CHARS - length, "%s%s%s",
                                     gt_activation_name(net->activation[layer]), leaky ? ":" : "",
                                     leaky ? gt_number_format(net->leaky_slope, slope) : "");
}

static const char *activation_choice(int index) {
    return index < GT_N_ACTIVATIONS ? gt_activation_name((gt_activation)index) : NULL;
}

static char *activations_allowed(const char *how_many) {
    char *names = gt_option_choices(&(gt_option){.choice = activation_choice});
    char *text = gt_cli_text("it takes %s of %s; leaky_relu with its slope from 0 to 1, as in leaky_relu:0.1", how_many, names);
    free(names);
    return text;
}

int gt_activations_parse(const char *text, void *member, char **complaint) {
    gt_net_spec *net = member;
    gt_activation activations[GT_MAX_LAYERS - 1];
    double slope = -1;
    int n = 0;
    for (bool more = true; more; n++) {
        const size_t length = strcspn(text, ",");
        double own = -1;
        if (n == GT_MAX_LAYERS - 1 || !parse_activation(text, length, &activations[n], &own)) {
            *complaint = activations_allowed("one for all hidden layers, or one a layer with commas between,");
            return GT_EXIT_USAGE;
        }
        if (own >= 0 && slope >= 0 && own != slope) {
            *complaint = gt_cli_text("all leaky_relu of a net have one slope, not %g and %g", slope, own);
            return GT_EXIT_USAGE;
        }
        if (own >= 0) slope = own;
        more = text[length] == ',';
        text += length + more;
    }
    const int n_hidden = net->n_layers - 1;
    if (n != 1 && n != n_hidden) {
        *complaint = gt_cli_text("these are %d activations, but there %s %d hidden layer%s; give one for each, or one for all",
                                 n, n_hidden == 1 ? "is" : "are", n_hidden, n_hidden == 1 ? "" : "s");
        return GT_EXIT_USAGE;
    }
    for (int l = 0; l < n_hidden; l++) net->activation[l] = activations[n == 1 ? 0 : l];
    if (slope >= 0) net->leaky_slope = slope;
    return GT_EXIT_OK;
}

const char *gt_activations_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_net_spec *net = member;
    bool alike = true;
    for (int l = 1; l < net->n_layers - 1; l++) alike = alike && net->activation[l] == net->activation[0];
    size_t length = append_activation(net, 0, text, 0);
    for (int l = 1; !alike && l < net->n_layers - 1; l++) {
        text[length++] = ',';
        length = append_activation(net, l, text, length);
    }
    return text;
}

int gt_output_parse(const char *text, void *member, char **complaint) {
    gt_net_spec *net = member;
    if (parse_activation(text, strlen(text), &net->activation[net->n_layers - 1], &net->leaky_slope)) return GT_EXIT_OK;
    *complaint = activations_allowed("one");
    return GT_EXIT_USAGE;
}

const char *gt_output_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_net_spec *net = member;
    append_activation(net, net->n_layers - 1, text, 0);
    return text;
}
