/* image-scores.csv: lines in memory, mirrored in the file. */
#include "cli/image_record.h"

#include "cli/command.h"
#include "io/file.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_BYTES = 1 << 30 };

/* text and more, in the place of text. */
static void append(char **text, const char *more) {
    char *longer = gt_cli_text("%s%s", *text, more);
    free(*text);
    *text = longer;
}

static bool is_left_out(const gt_image_score *score, bool infinity) {
    return !infinity && score->offset == offsetof(gt_image_scores, frechet_infinity);
}

static char *header(bool infinity) {
    char *text = gt_cli_text("iteration,classifier,samples,reference,neighbours,k");
    for (const gt_image_score *score = gt_image_score_list; score->name != NULL; score++) {
        if (is_left_out(score, infinity)) continue;
        append(&text, ",");
        append(&text, score->name);
    }
    append(&text, ",missing_classes\n");
    return text;
}

static char *line_of(uint64_t iteration, const gt_image_scores *scores, bool infinity) {
    char *text = gt_cli_text("%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%d", iteration, scores->classifier,
                             scores->n_samples, scores->n_reference, scores->n_neighbours, scores->k);
    for (const gt_image_score *score = gt_image_score_list; score->name != NULL; score++) {
        char number[GT_NUMBER_CHARS];
        if (is_left_out(score, infinity)) continue;
        append(&text, ",");
        append(&text, gt_number_format(gt_image_score_value(score, scores), number));
    }
    char missing[32];
    snprintf(missing, sizeof missing, ",%d\n", scores->n_missing);
    append(&text, missing);
    return text;
}

/* ---------------------------------------------------------------- a run that goes on */

typedef struct {
    const gt_run_record *run;
    char *path;
    uint64_t iteration;         /* that the run goes on from */
    char hash[GT_DIGEST_CHARS]; /* of the classifier */
} source;

static bool is_hash(const char *text) {
    return strlen(text) == GT_DIGEST_CHARS - 1 && strspn(text, "0123456789abcdef") == GT_DIGEST_CHARS - 1;
}

/* Takes a line over, if it is of the run as it is now; cuts it up. */
static int keep_line(gt_image_record *record, const source *from, int number, char *line) {
    char *whole = gt_cli_text("%s\n", line), *rest = line;
    const char *first = strsep(&rest, ","), *hash = rest != NULL ? strsep(&rest, ",") : NULL;
    uint64_t at;
    int code = GT_EXIT_OK;
    if (hash == NULL || rest == NULL || !is_hash(hash) || !gt_number_parse_u64(first, &at))
        code = gt_cli_fail(GT_EXIT_FILE, "%s:%d: a damaged line; restore the file, or move it away", from->path, number);
    else if (strcmp(hash, from->hash) != 0)
        code = gt_cli_fail(GT_EXIT_USAGE,
                           "--classifier: its hash is %s, but %s has scores of %s, and those of two classifiers can't be "
                           "compared; take that classifier, or move the file away",
                           from->hash, from->path, hash);
    else if (at <= from->iteration && gt_run_record_has_checkpoint(from->run, at))
        append(&record->text, whole);
    free(whole);
    return code;
}

static bool is_line(const char *text, const char *line) {
    return strncmp(text, line, strlen(line)) == 0 && text[strlen(line)] == '\n';
}

static int refuse_header(const gt_image_record *record, const source *from, const char *line) {
    char *others = header(!record->infinity);
    const bool is_others = is_line(others, line);
    free(others);
    if (is_others)
        return gt_cli_fail(GT_EXIT_USAGE,
                           "--%sfid-infinity: %s began with%s that score; leave the flag out, or move the file away",
                           record->infinity ? "" : "no-", from->path, record->infinity ? "out" : "");
    return gt_cli_fail(GT_EXIT_FILE, "%s:1: not the header of such a file; restore it, or move it away", from->path);
}

static int keep_lines(gt_image_record *record, const source *from, char *data) {
    int code = GT_EXIT_OK, number = 1;
    char *rest = data, *line = strsep(&rest, "\n");
    if (!is_line(record->text, line)) return refuse_header(record, from, line);
    while (code == GT_EXIT_OK && (line = strsep(&rest, "\n")) != NULL && rest != NULL)
        code = keep_line(record, from, ++number, line);
    return code;
}

static int read_lines(gt_image_record *record, const source *from) {
    char *data;
    size_t size;
    if (access(from->path, F_OK) != 0) return GT_EXIT_OK;
    const gt_status status = gt_file_read(from->path, MAX_BYTES, &data, &size);
    if (status != GT_OK) return gt_cli_fail_status(status);
    const int code = keep_lines(record, from, data);
    free(data);
    return code;
}

/* ---------------------------------------------------------------- the record */

int gt_image_record_open(const char *classifier, const gt_image_judge_options *options, const gt_run_record *run,
                         const char *folder, uint64_t iteration, gt_image_record *out) {
    int code = gt_image_scorer_open(classifier, NULL, &run->spec->target, options, &out->scorer);
    if (code != GT_EXIT_OK) return code;
    out->infinity = options->infinity;
    out->text = header(out->infinity);
    if (folder == NULL) return GT_EXIT_OK;
    source from = {.run = run, .path = gt_cli_text("%s/%s", folder, GT_FILE_IMAGE_SCORES), .iteration = iteration};
    strcpy(from.hash, gt_classifier_get_info(out->scorer.classifier).hash);
    code = read_lines(out, &from);
    free(from.path);
    return code;
}

gt_status gt_image_record_write(const gt_image_record *record, const gt_run_folder *folder) {
    if (record->text == NULL) return GT_OK;
    char *path = gt_run_folder_file(folder, GT_FILE_IMAGE_SCORES);
    const gt_status status = gt_file_write(path, record->text, strlen(record->text));
    free(path);
    return status;
}

gt_status gt_image_record_evaluate(gt_image_record *record, const gt_run_folder *folder, gt_trainer *trainer,
                                   const gt_metrics *row, size_t n) {
    gt_image_scores scores;
    if (record->text == NULL || row->diverged) return GT_OK;
    gt_status status = gt_image_scorer_score(&record->scorer, trainer, n, &scores);
    if (status != GT_OK) return status;
    char *line = line_of(row->iteration, &scores, record->infinity);
    append(&record->text, line);
    free(line);
    return gt_image_record_write(record, folder);
}

void gt_image_record_free(gt_image_record *record) {
    gt_image_scorer_free(&record->scorer);
    free(record->text);
    *record = (gt_image_record){0};
}
