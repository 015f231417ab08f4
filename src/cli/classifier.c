/* gantry classifier: the net whose features images are scored in. */
#include "cli/command.h"
#include "cli/image_scores.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/spec_flags.h"
#include "cli/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum { TRAIN, SHOW } verb;

typedef struct {
    int verb;
    const char *file, *data, *out;
    gt_net_spec net; /* its hidden layers */
    int epochs, batch;
    double lr;
    uint64_t seed;
    gt_switch force, json;
} settings;

static const char *verb_choice(int index) {
    static const char *const names[] = {[TRAIN] = "train", [SHOW] = "show"};
    return index < (int)(sizeof names / sizeof *names) ? names[index] : NULL;
}

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
#define DATA_TAKES  "images with classes: IDX files, PNG files in a folder for each class, or FILE.npy with its labels beside it"
/* clang-format off */
static const gt_option options[] = {
    {"verb", GT_OPTION_CHOICE, "train|show", "what to do", GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, .choice = verb_choice,
     AT(verb)},
    {"file", GT_OPTION_TEXT, "FILE", "to show: " GT_CLASSIFIER_TAKES, GT_OPTION_POSITIONAL, AT(file), .takes = GT_CLASSIFIER_TAKES},
    {.help = "How to train it"},
    {"data", GT_OPTION_TEXT, "DIR", DATA_TAKES, AT(data), .takes = DATA_TAKES},
    {"hidden", GT_OPTION_PARSED, "H,H,...", "hidden layers, with ReLU; the last one's outputs are the features", AT(net),
     .parse = gt_hidden_parse, .format = gt_hidden_format, .takes = "sizes such as 256,128"},
    {"epochs", GT_OPTION_INT, "N", "times that it sees each image", .min = 1, .max = 10000, AT(epochs)},
    {"batch", GT_OPTION_INT, "N", "images of a step", .min = 1, .max = 65536, AT(batch)},
    {"lr", GT_OPTION_REAL, "X", "learning rate of Adam", GT_OPTION_ABOVE_MIN, .min = 0, .max = 1e6, AT(lr)},
    {"seed", GT_OPTION_SEED, "N", "of its initial weights and of the order of images", AT(seed)},
    {.help = "Files"},
    {"out", GT_OPTION_TEXT, "FILE", "where it goes", AT(out)},
    {"force", GT_OPTION_SWITCH, "", "replace a file that exists", AT(force)},
    {.help = "What to print"},
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", AT(json)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static settings defaults(void) {
    return (settings){.net = {.n_layers = 3, .size = {0, 256, 128, 0}},
                      .out = "classifier.safetensors",
                      .epochs = 10,
                      .batch = 128,
                      .lr = 0.001};
}

static const void *help_defaults(void) {
    static settings shown;
    shown = defaults();
    return &shown;
}

/* ---------------------------------------------------------------- what is asked for */

static bool on(gt_switch value) { return value == GT_SWITCH_ON; }

/* Before minutes of training, not behind them. */
static int check_out(const settings *s) {
    struct stat info;
    const bool exists = stat(s->out, &info) == 0;
    if (exists && S_ISDIR(info.st_mode)) return gt_cli_fail(GT_EXIT_USAGE, "--out %s: this is a folder; name a file", s->out);
    if (exists && !on(s->force))
        return gt_cli_fail(GT_EXIT_USAGE, "--out %s: it exists; take another name, or --force to replace it", s->out);
    const char *slash = strrchr(s->out, '/');
    char *folder = gt_cli_text("%.*s.", slash != NULL ? (int)(slash + 1 - s->out) : 0, s->out);
    const int code = access(folder, W_OK | X_OK) == 0
                         ? GT_EXIT_OK
                         : gt_cli_fail(GT_EXIT_FAILURE, "can't write --out %s: %s; name another file", s->out, strerror(errno));
    free(folder);
    return code;
}

/* Each verb has its own of the options. */
static int check(const settings *s, const gt_option_values *values) {
    if (s->verb == TRAIN && s->file != NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "%s: gantry classifier train reads --data DIR and writes --out FILE", s->file);
    if (s->verb == TRAIN && s->data == NULL)
        return gt_cli_fail(GT_EXIT_USAGE, "gantry classifier train needs --data DIR: %s", DATA_TAKES);
    if (s->verb == TRAIN) return check_out(s);
    if (s->file == NULL) return gt_cli_fail(GT_EXIT_USAGE, "gantry classifier show needs a FILE: %s", GT_CLASSIFIER_TAKES);
    for (size_t i = 0; i < values->n; i++) {
        const gt_option *given = values->given[i].option;
        if (gt_option_is_positional(given) || strcmp(given->name, "json") == 0) continue;
        return gt_cli_fail(GT_EXIT_USAGE, "--%s %s: only gantry classifier train takes it; leave it out", given->name,
                           values->given[i].text);
    }
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- train */

/* Both parts; test is left empty where the images are not divided. */
static gt_status read_data(const char *path, gt_images *train, gt_images *test) {
    gt_status status = gt_images_read(path, GT_IMAGES_TRAIN, train);
    if (status == GT_OK) status = gt_images_read(path, GT_IMAGES_TEST, test);
    if (status != GT_OK || test->n != train->n || test->height != train->height || test->width != train->width ||
        test->channels != train->channels)
        return status;
    const size_t bytes = test->n * (size_t)test->height * (size_t)test->width * (size_t)test->channels;
    if (memcmp(train->pixels, test->pixels, bytes) == 0) {
        gt_images_destroy(test);
        *test = (gt_images){0};
    }
    return GT_OK;
}

static void print_epoch(void *context, const gt_classifier_epoch *epoch) {
    cJSON *epochs = context;
    if (epochs == NULL) {
        printf("epoch %d  loss %.4f  accuracy %.4f  test loss %.4f  test accuracy %.4f\n", epoch->epoch, epoch->loss,
               epoch->accuracy, epoch->test_loss, epoch->test_accuracy);
        fflush(stdout);
        return;
    }
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "epoch", epoch->epoch);
    gt_json_add_real(row, "loss", epoch->loss);
    gt_json_add_real(row, "accuracy", epoch->accuracy);
    gt_json_add_real(row, "test_loss", epoch->test_loss);
    gt_json_add_real(row, "test_accuracy", epoch->test_accuracy);
    cJSON_AddItemToArray(epochs, row);
}

static gt_status make(const settings *s, cJSON *epochs, gt_classifier **out) {
    gt_classifier_options how = {
        .n_hidden = s->net.n_layers - 1, .epochs = s->epochs, .batch = s->batch, .lr = s->lr, .seed = s->seed};
    gt_images train = {0}, test = {0};
    memcpy(how.hidden, s->net.size + 1, (size_t)how.n_hidden * sizeof *how.hidden);
    gt_status status = read_data(s->data, &train, &test);
    if (status == GT_OK) status = gt_classifier_train(&train, test.n > 0 ? &test : NULL, &how, print_epoch, epochs, out);
    gt_images_destroy(&train);
    gt_images_destroy(&test);
    return status == GT_OK ? gt_classifier_save(*out, s->out) : status;
}

/* ---------------------------------------------------------------- show */

static void print_lines(const gt_classifier_info *info, const char *file) {
    printf("file           %s\n", file);
    printf("hash           %s\n", info->hash);
    printf("test accuracy  %.4f of %" PRIu64 " images\n", info->test_accuracy, info->n_test);
    printf("images         %d x %d, %d channel%s, %d classes\n", info->height, info->width, info->channels,
           info->channels == 1 ? "" : "s", info->n_classes);
    printf("layers         %d", info->size[0]);
    for (int l = 1; l <= info->n_layers; l++) printf("-%d", info->size[l]);
    printf(", %d features\n", info->n_features);
}

static void add_json(cJSON *json, const gt_classifier_info *info, const char *file) {
    cJSON_AddStringToObject(json, "file", file);
    cJSON_AddStringToObject(json, "hash", info->hash);
    gt_json_add_real(json, "test_accuracy", info->test_accuracy);
    gt_json_add_u64(json, "test_images", info->n_test);
    cJSON_AddNumberToObject(json, "height", info->height);
    cJSON_AddNumberToObject(json, "width", info->width);
    cJSON_AddNumberToObject(json, "channels", info->channels);
    cJSON_AddNumberToObject(json, "classes", info->n_classes);
    cJSON_AddNumberToObject(json, "features", info->n_features);
    cJSON_AddItemToObject(json, "sizes", cJSON_CreateIntArray(info->size, info->n_layers + 1));
}

static int act(const settings *s) {
    gt_classifier *classifier = NULL;
    cJSON *json = on(s->json) ? gt_json_begin(s->verb == TRAIN ? "classifier train" : "classifier show") : NULL;
    cJSON *epochs = json != NULL && s->verb == TRAIN ? cJSON_AddArrayToObject(json, "epochs") : NULL;
    const gt_status status = s->verb == TRAIN ? make(s, epochs, &classifier) : gt_classifier_load(s->file, &classifier);
    int code = status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK) {
        const gt_classifier_info info = gt_classifier_get_info(classifier);
        const char *file = s->verb == TRAIN ? s->out : s->file;
        if (json != NULL) {
            add_json(json, &info, file);
            gt_cli_print_json(json);
            json = NULL;
        } else {
            print_lines(&info, file);
        }
        code = gt_cli_flush();
    }
    cJSON_Delete(json);
    gt_classifier_destroy(classifier);
    return code;
}

static int run(int argc, char **argv) {
    settings s = defaults();
    gt_option_values values = {0};
    int code = gt_options_parse(options, argc, argv, &values);
    if (code == GT_EXIT_OK) code = gt_options_apply(options, &values, &s);
    if (code == GT_EXIT_OK) code = check(&s, &values);
    return code == GT_EXIT_OK ? act(&s) : code;
}

const gt_command gt_command_classifier = {
    .name = "classifier",
    .summary = "train or show the classifier that images are scored by",
    .run = run,
    .usage = "train --data DIR [flags] | show FILE",
    .about =
        "Trains a small classifier of dense layers on images with labels, for gantry evaluate and train --classifier: scores "
        "of\n"
        "images are made in its features, and only those of one classifier, known by its hash, can be compared. It is tested\n"
        "on DIR's test images; where DIR has no two parts, on a sixth of the images, which it does not learn from then. The\n"
        "labels of X.npy are in y.npy, those of images.npy in labels.npy, those of NAME.npy in NAME-labels.npy.",
    .options = options,
    .defaults = help_defaults,
};
