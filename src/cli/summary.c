/* gantry summary: a net as Keras' model.summary() prints it and plot_model() draws it (the tutorial's notebooks 03, 05 and 07).
 */
#include "cli/command.h"
#include "cli/points_file.h"
#include "cli/spec_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    gt_spec_settings base;
    int net; /* gt_net */
    const char *plot;
    gt_switch force;
} settings;

static const char *net_choice(int index) {
    static const char *const names[] = {[GT_DISCRIMINATOR] = "discriminator", [GT_GENERATOR] = "generator", [GT_GAN] = "gan"};
    return index < (int)(sizeof names / sizeof *names) ? names[index] : NULL;
}

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
/* clang-format off */
static const gt_option options[] = {
    {"net", GT_OPTION_CHOICE, "discriminator|generator|gan", "the net; gan is the generator through the discriminator",
     GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, .choice = net_choice, AT(net)},
    {.help = "What to draw"},
    {"plot", GT_OPTION_PICTURE, "[FILE.png]", "a diagram with shapes, by graphviz (NET_plot.png)", AT(plot)},
    {"force", GT_OPTION_SWITCH, "", "replace a picture that exists", AT(force)},
    {.kind = GT_OPTION_PART, .part = gt_spec_options},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static settings defaults(void) { return (settings){.base = gt_spec_settings_defaults()}; }

static const void *help_defaults(void) {
    static settings shown;
    shown = defaults();
    return &shown;
}

/* ---------------------------------------------------------------- the rows */

enum { MAX_ROWS = GT_MAX_LAYERS + 1 };

typedef struct {
    gt_diagram_layer layer;
    size_t n_parameters;
} row;

typedef struct {
    row rows[MAX_ROWS];
    size_t n_rows, n_trainable, n_frozen;
} summary;

static row dense(const gt_net_spec *net, int layer) {
    row r = {.layer = {.type = "Dense", .inputs = net->size[layer], .outputs = net->size[layer + 1]}};
    snprintf(r.layer.name, sizeof r.layer.name, "dense_%d", layer + 1);
    r.n_parameters = (size_t)r.layer.outputs * ((size_t)r.layer.inputs + 1);
    return r;
}

/* The tutorial defines D first, so that Keras numbers it 1. */
static row sequential(const gt_net_spec *net, int number, size_t n_parameters) {
    row r = {.layer = {.type = "Sequential", .inputs = net->size[0], .outputs = net->size[net->n_layers]},
             .n_parameters = n_parameters};
    snprintf(r.layer.name, sizeof r.layer.name, "sequential_%d", number);
    return r;
}

static summary summary_of(const gt_spec *spec, gt_net net) {
    const size_t n_d = gt_spec_n_parameters(spec, GT_DISCRIMINATOR), n_g = gt_spec_n_parameters(spec, GT_GENERATOR);
    if (net == GT_GAN)
        return (summary){.rows = {sequential(&spec->generator, 2, n_g), sequential(&spec->discriminator, 1, n_d)},
                         .n_rows = 2,
                         .n_trainable = n_g,
                         .n_frozen = n_d};
    const gt_net_spec *layers = net == GT_GENERATOR ? &spec->generator : &spec->discriminator;
    summary s = {.n_trainable = net == GT_GENERATOR ? n_g : n_d};
    for (int l = 0; l < layers->n_layers; l++) s.rows[s.n_rows++] = dense(layers, l);
    return s;
}

/* ---------------------------------------------------------------- Keras 2's table */

enum { WIDTH = 65, SHAPES_AT = 29, PARAMETERS_AT = 55 };

static void print_rule(char c) {
    char line[WIDTH + 1];
    memset(line, c, WIDTH);
    line[WIDTH] = '\0';
    puts(line);
}

/* A cell that reaches into the next column is cut off in front of it, and a space parts the two. */
static void print_line(const char *name, const char *shape, const char *parameters) {
    char line[WIDTH + 1];
    const struct {
        const char *text;
        int end;
    } cells[] = {{name, SHAPES_AT}, {shape, PARAMETERS_AT}, {parameters, WIDTH}};
    int at = 0;
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        if (at > 0) line[at - 1] = ' ';
        const int space = cells[c].end - at, length = (int)strlen(cells[c].text);
        memset(line + at, ' ', (size_t)space);
        memcpy(line + at, cells[c].text, (size_t)(length < space ? length : space));
        at = cells[c].end;
    }
    line[WIDTH] = '\0';
    puts(line);
}

/* "1,234,567" */
static void print_total(const char *what, size_t n) {
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%zu", n);
    printf("%s params: ", what);
    for (int i = 0; i < length; i++) printf(i > 0 && (length - i) % 3 == 0 ? ",%c" : "%c", digits[i]);
    putchar('\n');
}

static void print_summary(const summary *s) {
    print_rule('_');
    print_line("Layer (type)", "Output Shape", "Param #");
    print_rule('=');
    for (size_t k = 0; k < s->n_rows; k++) {
        const row *r = &s->rows[k];
        char name[64], shape[32], parameters[32];
        snprintf(name, sizeof name, "%s (%s)", r->layer.name, r->layer.type);
        snprintf(shape, sizeof shape, "(None, %d)", r->layer.outputs);
        snprintf(parameters, sizeof parameters, "%zu", r->n_parameters);
        print_line(name, shape, parameters);
        print_rule(k + 1 < s->n_rows ? '_' : '=');
    }
    print_total("Total", s->n_trainable + s->n_frozen);
    print_total("Trainable", s->n_trainable);
    print_total("Non-trainable", s->n_frozen);
    print_rule('_');
}

/* ---------------------------------------------------------------- the diagram */

static int draw(const summary *s, const gt_picture_file *file) {
    gt_diagram_layer layers[MAX_ROWS + 1];
    const gt_diagram_layer *first = &s->rows[0].layer;
    layers[0] = (gt_diagram_layer){.type = "InputLayer", .inputs = first->inputs, .outputs = first->inputs};
    snprintf(layers[0].name, sizeof layers[0].name, "%.20s_input", first->name);
    for (size_t k = 0; k < s->n_rows; k++) layers[k + 1] = s->rows[k].layer;
    return gt_diagram_file_draw(file, layers, s->n_rows + 1);
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_option_values values = {0};
    gt_picture_file file = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = gt_spec_settings_read(options, &values, &s);
    if (code == GT_EXIT_OK && s.plot != NULL) {
        char *default_name = gt_cli_text("%s_plot.png", net_choice(s.net));
        code = gt_diagram_file_open(s.plot, default_name, s.force == GT_SWITCH_ON, &file);
        free(default_name);
    }
    if (code == GT_EXIT_OK) {
        const summary shown = summary_of(&s.base.spec, (gt_net)s.net);
        print_summary(&shown);
        code = gt_cli_flush();
        if (code == GT_EXIT_OK && s.plot != NULL) code = draw(&shown, &file);
    }
    gt_picture_file_free(&file);
    gt_spec_settings_free(&s.base);
    return code;
}

const gt_command gt_command_summary = {
    .name = "summary",
    .summary = "print a net's layers and parameters as Keras does, and draw them",
    .run = run,
    .usage = "discriminator|generator|gan [flags]",
    .about = "Prints the layers of a net, their output shapes and numbers of parameters as Keras' model.summary() does. In "
             "gan, the\n"
             "generator through the discriminator, only the generator is trained.",
    .options = options,
    .defaults = help_defaults,
};
