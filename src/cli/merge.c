/* gantry merge: shards of a study in one file. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/study_weights.h"
#include "io/store_merge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    gt_rest parts;
    const char *out;
    bool allow_missing, force;
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
#define PARTS_TAKE  "files that gantry study wrote"
/* clang-format off */
static const gt_option options[] = {
    {"parts", GT_OPTION_REST, "FILE ...", PARTS_TAKE, GT_OPTION_POSITIONAL | GT_OPTION_REQUIRED, AT(parts), .takes = PARTS_TAKE},
    {.help = "What comes out"},
    {"out", GT_OPTION_TEXT, "FILE", "the study of all parts", GT_OPTION_REQUIRED, AT(out), .takes = "the name of a new file"},
    {"allow-missing", GT_OPTION_BOOL, "", "merge though seeds are missing; gantry study --resume trains them then", AT(allow_missing)},
    {"force", GT_OPTION_BOOL, "", "replace a study that stands at --out", AT(force)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

static void print_missing(const gt_store_merge_result *result, const char *out) {
    if (result->n_missing == 0) return;
    char *ranges = gt_seed_gaps_format(result->missing, result->n_missing);
    printf("missing     %" PRIu64 " runs, of seeds %s", result->n_runs - result->n_finished, ranges != NULL ? ranges : "?");
    if (result->n_resumable > 0) printf("; %" PRIu64 " of them have a saved state", result->n_resumable);
    printf("\n            train them with: gantry study --resume %s\n", out);
    free(ranges);
}

static void print_lines(const settings *s, const gt_store_merge_result *result) {
    printf("merged      %zu files, %" PRIu64 " of %" PRIu64 " runs: %s\n", s->parts.n, result->n_finished, result->n_runs,
           s->out);
    if (result->n_overlapping > 0)
        printf("overlap     %" PRIu64 " runs were in more than one file, each time the same, bit for bit\n",
               result->n_overlapping);
    print_missing(result, s->out);
}

static int join_weights(const settings *s) {
    gt_store *store = NULL;
    const gt_status status = gt_store_open(s->out, false, &store);
    const int code = status == GT_OK ? gt_study_weights_join(store, s->parts.texts, s->parts.n) : gt_cli_fail_status(status);
    gt_store_close(store);
    return code;
}

static int merge(const settings *s) {
    const gt_store_merge_options how = {.n_shards = 1, .replace = s->force, .allow_missing = s->allow_missing};
    gt_store_merge_result result;
    const gt_status status = gt_store_merge(s->parts.texts, s->parts.n, s->out, &how, &result);
    int code = status == GT_OK ? join_weights(s) : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK) {
        print_lines(s, &result);
        code = gt_cli_flush();
    }
    gt_store_merge_result_free(&result);
    return code;
}

static int run(int argc, char **argv) {
    settings s = {0};
    int code = gt_cli_read(options, argc, argv, &s);
    if (code == GT_EXIT_OK) code = merge(&s);
    free(s.parts.texts);
    return code;
}

const gt_command gt_command_merge = {
    .name = "merge",
    .summary = "join the shards of a study",
    .run = run,
    .usage = "FILE ... --out FILE [flags]",
    .about =
        "Joins files that gantry study --shard wrote into one study of all seeds: the same, row by row, however many shards\n"
        "there were. Runs that several files have are compared and must be the same. Seeds that none has finished end it,\n"
        "unless --allow-missing.",
    .options = options,
};
