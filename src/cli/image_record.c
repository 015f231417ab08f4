/* image-scores.csv: lines in memory, mirrored in the file. */
#include "cli/image_record.h"

#include "cli/command.h"
#include "io/file.h"
#include "io/number.h"

#include <inttypes.h>
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

static char *header(void) {
    char *text = gt_cli_text("iteration,classifier,samples,reference,neighbours,k");
    for (const gt_image_score *score = gt_image_score_list; score->name != NULL; score++) {
        if (score->offset == offsetof(gt_image_scores, frechet_infinity)) continue;
        append(&text, ",");
        append(&text, score->name);
    }
    append(&text, ",missing_classes\n");
    return text;
}

static char *line_of(uint64_t iteration, const gt_image_scores *scores) {
    char *text = gt_cli_text("%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%d", iteration, scores->classifier,
                             scores->n_samples, scores->n_reference, scores->n_neighbours, scores->k);
    for (const gt_image_score *score = gt_image_score_list; score->name != NULL; score++) {
        char number[GT_NUMBER_CHARS];
        if (score->offset == offsetof(gt_image_scores, frechet_infinity)) continue;
        append(&text, ",");
        append(&text, gt_number_format(gt_image_score_value(score, scores), number));
    }
    char missing[32];
    snprintf(missing, sizeof missing, ",%d\n", scores->n_missing);
    append(&text, missing);
    return text;
}

/* ---------------------------------------------------------------- a run that goes on */

/* Takes a line over, if it is of the run as it is now. */
static int keep_line(gt_image_record *record, const char *path, int number, const char *line, uint64_t iteration,
                     const char *hash) {
    char its[GT_DIGEST_CHARS] = "", *copy;
    unsigned long long at;
    if (sscanf(line, "%20llu,%32[0-9a-f],", &at, its) != 2)
        return gt_cli_fail(GT_EXIT_FILE, "%s:%d: a damaged line; restore the file, or go on without it", path, number);
    if (strcmp(its, hash) != 0)
        return gt_cli_fail(GT_EXIT_USAGE,
                           "--classifier: its hash is %s, but %s has scores of %s, and those of two classifiers can't be "
                           "compared; take that classifier, or move the file away",
                           hash, path, its);
    if (at > iteration) return GT_EXIT_OK;
    copy = gt_cli_text("%s\n", line);
    append(&record->text, copy);
    free(copy);
    return GT_EXIT_OK;
}

static int keep_lines(gt_image_record *record, const char *path, char *data, uint64_t iteration, const char *hash) {
    int code = GT_EXIT_OK, number = 1;
    char *rest = data, *line = strsep(&rest, "\n");
    if (strncmp(record->text, line, strlen(line)) != 0 || record->text[strlen(line)] != '\n')
        return gt_cli_fail(GT_EXIT_FILE, "%s:1: not the header of such a file; restore it, or move it away", path);
    while (code == GT_EXIT_OK && (line = strsep(&rest, "\n")) != NULL && rest != NULL)
        code = keep_line(record, path, ++number, line, iteration, hash);
    return code;
}

static int read_lines(gt_image_record *record, const char *folder, uint64_t iteration) {
    const gt_classifier_info info = gt_classifier_get_info(record->scorer.classifier);
    char *path = gt_cli_text("%s/%s", folder, GT_FILE_IMAGE_SCORES), *data;
    size_t size;
    int code = GT_EXIT_OK;
    if (access(path, F_OK) == 0) {
        const gt_status status = gt_file_read(path, MAX_BYTES, &data, &size);
        code = status == GT_OK ? keep_lines(record, path, data, iteration, info.hash) : gt_cli_fail_status(status);
        if (status == GT_OK) free(data);
    }
    free(path);
    return code;
}

/* ---------------------------------------------------------------- the record */

int gt_image_record_open(const char *classifier, const gt_target_spec *target, const char *source, uint64_t iteration,
                         gt_image_record *out) {
    int code = gt_image_scorer_open(classifier, NULL, target, NULL, &out->scorer);
    if (code != GT_EXIT_OK) return code;
    out->text = header();
    return source != NULL ? read_lines(out, source, iteration) : GT_EXIT_OK;
}

gt_status gt_image_record_evaluate(gt_image_record *record, const gt_run_folder *folder, gt_trainer *trainer, size_t n) {
    gt_image_scores scores;
    if (record->text == NULL) return GT_OK;
    gt_status status = gt_image_scorer_score(&record->scorer, trainer, n, &scores);
    if (status != GT_OK) return status;
    char *line = line_of(gt_trainer_get_info(trainer).iteration, &scores), *path;
    append(&record->text, line);
    path = gt_run_folder_file(folder, GT_FILE_IMAGE_SCORES);
    status = gt_file_write(path, record->text, strlen(record->text));
    free(line);
    free(path);
    return status;
}

void gt_image_record_free(gt_image_record *record) {
    gt_image_scorer_free(&record->scorer);
    free(record->text);
    *record = (gt_image_record){0};
}
