/* gantry show: what a run is and how far it came, from its files alone. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/run_folder.h"
#include "cli/run_record.h"
#include "cli/run_source.h"
#include "cli/scores.h"
#include "cli/spec_settings.h"
#include "core/target_data.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    const char *run;
    gt_switch json;
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
static const gt_option options[] = {
    {"run", GT_OPTION_TEXT, "RUN", GT_RUN_TAKES, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(run)},
    {.help = "What to print"},
    {"json", GT_OPTION_SWITCH, "", "one JSON object instead of lines", AT(json)},
    {NULL, .kind = GT_OPTION_END},
};

/* What there is to say of a run. */
typedef struct {
    gt_run_source source;
    gt_run_folder folder; /* where source has one */
    gt_config config;     /* of it */
    gt_spec_settings base;
    gt_metrics *rows; /* of it */
    size_t n_rows;
    char digest[GT_DIGEST_CHARS];
    struct dirent **files; /* of it */
    int n_files;
} description;

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static gt_status read_folder(description *d) {
    if (d->source.folder == NULL) return GT_OK;
    gt_run_folder_reopen(d->source.folder, &d->folder);
    char *path = gt_run_folder_file(&d->folder, GT_FILE_CONFIG);
    gt_status status = gt_config_read(path, &d->config);
    free(path);
    if (status == GT_OK) status = gt_run_record_read_metrics(&d->folder, &d->rows, &d->n_rows);
    d->n_files = scandir(d->source.folder, &d->files, is_visible, alphasort);
    return status;
}

static int describe(const char *run, description *d) {
    /* Nothing is trained, so that a run from a GPU can be shown where there is none. */
    const gt_trainer_options on_cpu = {.device = GT_DEVICE_CPU};
    int code = gt_run_source_open(run, &on_cpu, &d->source);
    if (code != GT_EXIT_OK) return code;
    const gt_trainer *trainer = d->source.trainer;
    d->base = (gt_spec_settings){
        .preset = -1, .spec = *gt_trainer_get_spec(trainer), .seed = gt_trainer_get_info(trainer).first_seed};
    gt_status status = gt_trainer_digest(trainer, 0, d->digest);
    if (status == GT_OK) status = read_folder(d);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static void free_description(description *d) {
    for (int f = 0; f < d->n_files; f++) free(d->files[f]);
    free(d->files);
    free(d->rows);
    gt_config_free(&d->config);
    gt_run_folder_free(&d->folder);
    gt_run_source_free(&d->source);
}

static long long size_of(const description *d, int file) {
    struct stat info;
    char *path = gt_run_folder_file(&d->folder, d->files[file]->d_name);
    const long long size = stat(path, &info) == 0 ? (long long)info.st_size : 0;
    free(path);
    return size;
}

/* A key of the config that is no part of the spec, such as iterations. */
static bool is_other_setting(const gt_config_entry *entry) {
    const gt_option *option = gt_option_find(gt_spec_options, entry->key);
    return option == NULL || strcmp(option->name, "preset") == 0 || strcmp(option->name, "data") == 0;
}

static gt_outcome outcome_of(const description *d) {
    const gt_outcome_rules rules = gt_outcome_rules_of(&d->base.spec);
    return gt_outcome_of(d->rows, d->n_rows, &rules);
}

static void print_data(const gt_target_spec *target) {
    if (gt_target_is_images(target))
        printf("  %-17s %zu images of %d x %d pixels %s, held by the checkpoint\n", "target", target->n_points, target->height,
               target->width, target->channels == 1 ? "in grey" : "in colour");
    else if (gt_target_kind_of(target) == GT_TARGET_DATA)
        printf("  %-17s %zu points of %d columns, held by the checkpoint\n", "target", target->n_points, target->n_columns);
}

static void print_lines(const description *d) {
    const gt_spec *spec = &d->base.spec;
    const gt_trainer_info info = gt_trainer_get_info(d->source.trainer);
    char text[GT_OPTION_CHARS], score_text[GT_NUMBER_CHARS];
    printf("checkpoint          %s\n", d->source.checkpoint);
    printf("iterations          %" PRIu64 "\n", info.iteration);
    printf("digest              %s\n", d->digest);
    printf("parameters          %zu of the generator, %zu of the discriminator; %zu bytes of state\n",
           gt_spec_n_parameters(spec, GT_GENERATOR), gt_spec_n_parameters(spec, GT_DISCRIMINATOR), info.state_bytes_per_run);
    printf("\nSettings\n");
    for (size_t i = 0; i < d->config.n_entries; i++)
        if (is_other_setting(&d->config.entries[i]))
            printf("  %-17s %s\n", d->config.entries[i].key, d->config.entries[i].value);
    GT_FOR_OPTIONS(option, gt_spec_options) {
        const char *value = option->flags & GT_OPTION_SAVED ? gt_option_format(option, &d->base, text) : NULL;
        if (value != NULL) printf("  %-17s %s\n", option->name, value);
    }
    print_data(&spec->target);
    if (d->n_rows > 0) {
        const gt_metrics *last = &d->rows[d->n_rows - 1];
        printf("\nScores after %" PRIu64 " iterations\n", last->iteration);
        for (const gt_score *score = gt_scores; score->name != NULL; score++)
            if (gt_score_is_of(score, spec))
                printf("  %-18s %s\n", score->name, gt_score_format(score, gt_score_value(score, last), spec, score_text));
        printf("  %-18s %s\n", "outcome", gt_outcome_name(outcome_of(d)));
    }
    if (d->n_files > 0) printf("\nFiles\n");
    for (int f = 0; f < d->n_files; f++) printf("  %10lld  %s\n", size_of(d, f), d->files[f]->d_name);
}

static void print_json(const description *d) {
    const gt_trainer_info info = gt_trainer_get_info(d->source.trainer);
    cJSON *json = gt_json_begin("show");
    cJSON_AddStringToObject(json, "checkpoint", d->source.checkpoint);
    gt_json_add_u64(json, "iteration", info.iteration);
    gt_json_add_u64(json, "seed", info.first_seed);
    cJSON_AddStringToObject(json, "digest", d->digest);
    gt_json_add_spec(cJSON_AddObjectToObject(json, "spec"), &d->base.spec);
    cJSON *spec_options = cJSON_AddObjectToObject(json, "options");
    gt_json_add_options(spec_options, gt_spec_options, &d->base);
    cJSON_DeleteItemFromObject(spec_options, "preset"); /* a checkpoint doesn't say */
    cJSON *config = cJSON_AddObjectToObject(json, "config");
    for (size_t i = 0; i < d->config.n_entries; i++)
        cJSON_AddStringToObject(config, d->config.entries[i].key, d->config.entries[i].value);
    if (d->n_rows > 0) {
        gt_json_add_metrics(cJSON_AddObjectToObject(json, "metrics"), &d->rows[d->n_rows - 1]);
        cJSON_AddStringToObject(json, "outcome", gt_outcome_name(outcome_of(d)));
    } else {
        cJSON_AddNullToObject(json, "metrics");
        cJSON_AddNullToObject(json, "outcome");
    }
    cJSON *files = cJSON_AddObjectToObject(json, "files");
    for (int f = 0; f < d->n_files; f++) cJSON_AddNumberToObject(files, d->files[f]->d_name, (double)size_of(d, f));
    gt_cli_print_json(json);
}

static int run(int argc, char **argv) {
    settings s = {0};
    description d = {0};
    int code = gt_cli_read(options, argc, argv, &s);
    if (code == GT_EXIT_OK) code = describe(s.run, &d);
    if (code == GT_EXIT_OK) {
        if (s.json == GT_SWITCH_ON)
            print_json(&d);
        else
            print_lines(&d);
        code = gt_cli_flush();
    }
    free_description(&d);
    return code;
}

const gt_command gt_command_show = {
    .name = "show",
    .summary = "tell what a run is and how far it came",
    .run = run,
    .usage = "RUN [flags]",
    .about =
        "Prints the settings of a run, its last scores, its digest and its files. RUN is the folder of a run or a checkpoint\n"
        "file.",
    .options = options,
};
