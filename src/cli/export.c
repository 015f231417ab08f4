/* gantry export: a net of a run for other programs. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/run_folder.h"
#include "cli/run_source.h"
#include "core/init_from.h"
#include "io/net_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const net_names[] = {"generator", "discriminator"};
static const gt_net nets[] = {GT_GENERATOR, GT_DISCRIMINATOR};

typedef struct {
    const char *run;
    const char *file[GT_N_NET_FORMATS]; /* NULL: not asked for */
    int net;                            /* index in nets */
    bool probability;
} settings;

static const char *net_name(int index) { return index < 2 ? net_names[index] : NULL; }

#define MEMBER(name) .n_members = 1, .member = {offsetof(settings, name)}
static const gt_option options[] = {
    {"run", GT_OPTION_TEXT, "RUN", "the folder of a run, or a checkpoint file", GT_OPTION_POSITIONAL, MEMBER(run)},
    {"onnx", GT_OPTION_TEXT, "FILE", "an ONNX model, for points in the units of the data", MEMBER(file[GT_NET_ONNX])},
    {"keras", GT_OPTION_TEXT, "FILE", "weights for Keras' load_weights(): NAME.weights.h5 or NAME.h5",
     MEMBER(file[GT_NET_KERAS])},
    {"safetensors", GT_OPTION_TEXT, "FILE", "weights as safetensors", MEMBER(file[GT_NET_SAFETENSORS])},
    {"net", GT_OPTION_CHOICE, "NAME", "which net", .choice = net_name, MEMBER(net)},
    {"probability", GT_OPTION_BOOL, "", "ONNX: the discriminator gives probabilities, not logits", MEMBER(probability)},
    {NULL, .kind = GT_OPTION_END},
};

static const void *defaults(void) {
    static const settings all = {0};
    return &all;
}

static bool ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static int check(const settings *s) {
    bool any = false;
    for (int f = 0; f < GT_N_NET_FORMATS; f++) any |= s->file[f] != NULL;
    if (!any) return gt_cli_fail(GT_EXIT_USAGE, "nothing to write; give --onnx FILE, --keras FILE or --safetensors FILE");
    const char *keras = s->file[GT_NET_KERAS];
    if (keras != NULL && !ends_with(keras, ".h5"))
        return gt_cli_fail(GT_EXIT_USAGE, "--keras %s: Keras loads weights only from names that end in .weights.h5, or in .h5",
                           keras);
    if (s->probability && (nets[s->net] != GT_DISCRIMINATOR || s->file[GT_NET_ONNX] == NULL))
        return gt_cli_fail(GT_EXIT_USAGE, "--probability is for --net discriminator with --onnx FILE");
    for (int f = 0; f < GT_N_NET_FORMATS; f++)
        for (int g = 0; s->file[f] != NULL && g < f; g++)
            if (s->file[g] != NULL && strcmp(s->file[f], s->file[g]) == 0)
                return gt_cli_fail(GT_EXIT_USAGE, "%s is named twice; each format needs a file of its own", s->file[f]);
    return GT_EXIT_OK;
}

/* Images have one number for all columns. */
static void print_row(const char *name, const float *values, int n) {
    bool alike = n > 2;
    for (int i = 1; alike && i < n; i++) alike = values[i] == values[0];
    if (alike) {
        printf("%s %.9g", name, (double)values[0]);
        return;
    }
    printf("%s (", name);
    for (int i = 0; i < n; i++) printf(i == 0 ? "%.9g" : ", %.9g", (double)values[i]);
    printf(")");
}

/* "g.weights.h5: Keras, generator 5-15-2; the data are its output times (2, 1) plus (0, 0.5)". An ONNX model does that itself.
 */
static void print_written(const gt_net_file *file, gt_net_format format, const char *path) {
    char sizes[GT_NET_SIZES_CHARS];
    const gt_net_map *map = file->role == GT_GENERATOR ? &file->output : &file->input;
    const int columns = file->role == GT_GENERATOR ? file->net.size[file->net.n_layers] : file->net.size[0];
    printf("%s: %s, %s %s", path, gt_net_format_name(format), file->role == GT_GENERATOR ? "generator" : "discriminator",
           gt_net_sizes(&file->net, sizes));
    if (map->scale != NULL && format != GT_NET_ONNX) {
        print_row(file->role == GT_GENERATOR ? "; the data are its output times" : "; its input is the data times", map->scale,
                  columns);
        print_row(" plus", map->offset, columns);
    }
    putchar('\n');
}

/* A run must not be destroyed by what is made of it. */
static int refuse_files_of(const gt_run_source *source, const char *path) {
    static const char *const names[] = {GT_FILE_CONFIG, GT_FILE_METRICS, GT_FILE_POINTS, GT_FILE_IMAGE_SCORES, GT_FILE_DATA};
    struct stat wanted, own;
    if (path == NULL || stat(path, &wanted) != 0) return GT_EXIT_OK;
    bool same = stat(source->checkpoint, &own) == 0 && own.st_dev == wanted.st_dev && own.st_ino == wanted.st_ino;
    for (size_t k = 0; source->folder != NULL && k < sizeof names / sizeof *names; k++) {
        char *file = gt_cli_text("%s/%s", source->folder, names[k]);
        same |= stat(file, &own) == 0 && own.st_dev == wanted.st_dev && own.st_ino == wanted.st_ino;
        free(file);
    }
    return same ? gt_cli_fail(GT_EXIT_USAGE, "%s is a file of the run itself; write to another", path) : GT_EXIT_OK;
}

static int export(const settings *s, const gt_trainer *trainer) {
    gt_net_file file;
    gt_status status = gt_trainer_net_file(trainer, 0, nets[s->net], &file);
    if (status != GT_OK) return gt_cli_fail_status(status);
    file.probability = s->probability;
    for (int f = 0; status == GT_OK && f < GT_N_NET_FORMATS; f++) {
        if (s->file[f] == NULL) continue;
        status = gt_net_file_write(&file, (gt_net_format)f, s->file[f]);
        if (status == GT_OK) print_written(&file, (gt_net_format)f, s->file[f]);
    }
    gt_net_file_free(&file);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static int run(int argc, char **argv) {
    settings s = {0};
    int code = gt_cli_read(options, argc, argv, &s);
    if (code != GT_EXIT_OK) return code;
    if (s.run == NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "which run? gantry export RUN takes the folder of a run or a checkpoint file");
    code = check(&s);
    if (code != GT_EXIT_OK) return code;
    /* Nothing is trained, so a run from a GPU can be exported where there is none. */
    const gt_trainer_options on_cpu = {.device = GT_DEVICE_CPU};
    gt_run_source source;
    code = gt_run_source_open(s.run, &on_cpu, &source);
    for (int f = 0; code == GT_EXIT_OK && f < GT_N_NET_FORMATS; f++) code = refuse_files_of(&source, s.file[f]);
    if (code == GT_EXIT_OK) code = export(&s, source.trainer);
    gt_run_source_free(&source);
    return code == GT_EXIT_OK ? gt_cli_flush() : code;
}

const gt_command gt_command_export = {
    "export",
    "write a net of a run for ONNX, Keras or safetensors",
    run,
    .usage = "RUN [flags]",
    .about = "Writes a net of a run for other programs. Files that are there already are replaced. docs/file-formats.md shows "
             "how to\n"
             "load them.",
    .options = options,
    .defaults = defaults,
};
