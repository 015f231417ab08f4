/* The record of a run: rows in memory, mirrored in metrics.csv and points.csv. */
#include "cli/run_record.h"

#include "cli/command.h"
#include "core/target_data.h"
#include "io/number.h"
#include "io/plots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENERGY_SAMPLES = 1000 }; /* the energy distance costs their square */

bool gt_run_record_has_checkpoint(const gt_run_record *record, uint64_t iteration) {
    return iteration % record->eval_every == 0 || iteration == record->total;
}

/* How many checkpoints one picture stands for, once the run is at latest. It doubles as the run goes on, so a run has the same
 * pictures whether or not it was interrupted. */
static uint64_t picture_stride(const gt_run_record *record, uint64_t latest) {
    uint64_t stride = 1;
    while (latest / record->eval_every / stride > GT_MAX_PICTURES) stride *= 2;
    return stride;
}

bool gt_run_record_has_picture(const gt_run_record *record, uint64_t iteration, uint64_t latest) {
    return iteration % (record->eval_every * picture_stride(record, latest)) == 0 || iteration == record->total;
}

static void keep_points(gt_run_record *record, uint64_t latest) {
    size_t n = 0;
    for (size_t i = 0; i < record->n_points; i++) {
        uint64_t iteration = record->points[i].iteration;
        if (iteration <= latest && gt_run_record_has_picture(record, iteration, latest))
            record->points[n++] = record->points[i];
    }
    record->n_points = n;
}

static bool has_points(const gt_run_record *record) { return !gt_target_is_images(&record->spec->target); }

static gt_status read_file(const gt_run_folder *folder, const char *name, const gt_csv_column *columns, size_t row_bytes,
                           void **rows, size_t *n_rows) {
    char *path = gt_run_folder_file(folder, name);
    gt_status status = GT_OK;
    if (access(path, F_OK) == 0) status = gt_csv_read(path, columns, row_bytes, rows, n_rows);
    free(path);
    return status;
}

gt_status gt_run_record_read_metrics(const gt_run_folder *folder, gt_metrics **rows, size_t *n_rows) {
    void *read = NULL;
    *n_rows = 0;
    gt_status status = read_file(folder, GT_FILE_METRICS, gt_metrics_columns, sizeof **rows, &read, n_rows);
    *rows = read;
    return status;
}

gt_status gt_run_record_read(gt_run_record *record, const gt_run_folder *folder, uint64_t iteration) {
    gt_metrics *rows = NULL;
    void *points = NULL;
    size_t n_rows = 0, n_points = 0;
    gt_status status = gt_run_record_read_metrics(folder, &rows, &n_rows);
    if (status == GT_OK && has_points(record)) {
        gt_point_table table;
        gt_point_table_fill(record->spec->target.n_columns, &table);
        status = read_file(folder, GT_FILE_POINTS, table.columns, sizeof *record->points, &points, &n_points);
    }
    record->rows = rows;
    record->points = points;
    for (size_t i = 0; i < n_rows; i++)
        if (record->rows[i].iteration <= iteration && gt_run_record_has_checkpoint(record, record->rows[i].iteration))
            record->rows[record->n_rows++] = record->rows[i];
    record->n_points = n_points;
    keep_points(record, iteration);
    return status;
}

static gt_status add_points(gt_run_record *record, gt_trainer *trainer, uint64_t iteration) {
    const size_t x = (size_t)record->spec->target.n_columns, row_bytes = x * sizeof(float);
    const size_t n = gt_target_kind_of(&record->spec->target) == GT_TARGET_FUNCTION ? GT_PICTURE_POINTS : GT_CLOUD_POINTS;
    float *real = gt_cli_resize(NULL, n, row_bytes), *generated = gt_cli_resize(NULL, n, row_bytes);
    gt_status status = gt_trainer_evaluation_points(trainer, 0, n, real, generated);
    if (status == GT_OK) record->points = gt_cli_resize(record->points, record->n_points + n, sizeof *record->points);
    for (size_t i = 0; status == GT_OK && i < n; i++) {
        gt_point_row *row = &record->points[record->n_points++];
        *row = (gt_point_row){.iteration = iteration};
        memcpy(row->real, real + i * x, row_bytes);
        memcpy(row->generated, generated + i * x, row_bytes);
    }
    free(real);
    free(generated);
    if (status == GT_OK) keep_points(record, iteration);
    return status;
}

gt_status gt_run_record_evaluate(gt_run_record *record, gt_trainer *trainer, int n_samples) {
    gt_metrics row;
    gt_evaluate_options options = {.n_samples = n_samples, .n_energy = ENERGY_SAMPLES};
    gt_status status = gt_trainer_evaluate(trainer, &options, &row);
    if (status == GT_OK && has_points(record)) status = add_points(record, trainer, row.iteration);
    if (status != GT_OK) return status;
    record->rows = gt_cli_resize(record->rows, record->n_rows + 1, sizeof row);
    record->rows[record->n_rows++] = row;
    record->changed = true;
    return GT_OK;
}

static gt_status write_file(const gt_run_folder *folder, const char *name, const gt_csv_column *columns, const void *rows,
                            size_t n_rows, size_t row_bytes) {
    char *path = gt_run_folder_file(folder, name);
    gt_status status = gt_csv_write(path, columns, rows, n_rows, row_bytes);
    free(path);
    return status;
}

gt_status gt_run_record_write(const gt_run_record *record, const gt_run_folder *folder) {
    gt_status status =
        write_file(folder, GT_FILE_METRICS, gt_metrics_columns, record->rows, record->n_rows, sizeof *record->rows);
    if (status != GT_OK || !has_points(record)) return status;
    gt_point_table table;
    gt_point_table_fill(record->spec->target.n_columns, &table);
    return write_file(folder, GT_FILE_POINTS, table.columns, record->points, record->n_points, sizeof *record->points);
}

/* The row of an iteration; NULL: its line was lost. */
static const gt_metrics *row_of(const gt_run_record *record, uint64_t iteration) {
    for (size_t i = 0; i < record->n_rows; i++)
        if (record->rows[i].iteration == iteration) return &record->rows[i];
    return NULL;
}

/* A picture with a name and title of its own. */
static gt_picture picture_of(const gt_metrics *row, const gt_point_row *points, size_t n) {
    char acc_real[GT_NUMBER_CHARS], acc_fake[GT_NUMBER_CHARS], name[GT_PICTURE_NAME_CHARS];
    const size_t stride = sizeof *points / sizeof(float);
    return (gt_picture){
        .name = gt_cli_text("%s", gt_picture_name(row->iteration, name)),
        .title = gt_cli_text("after %" PRIu64 " iterations; accuracy: real %s, generated %s", row->iteration,
                             gt_number_format_repr(row->acc_real, acc_real), gt_number_format_repr(row->acc_fake, acc_fake)),
        .real = {points->real, n, stride},
        .generated = {points->generated, n, stride},
    };
}

gt_status gt_run_record_draw(const gt_run_record *record, const gt_run_folder *folder, size_t *n_drawn) {
    gt_picture *pictures = NULL;
    *n_drawn = 0;
    for (size_t first = 0, next; first < record->n_points; first = next) {
        const uint64_t iteration = record->points[first].iteration;
        for (next = first; next < record->n_points && record->points[next].iteration == iteration;) next++;
        const gt_metrics *row = row_of(record, iteration);
        if (row == NULL) continue;
        pictures = gt_cli_resize(pictures, *n_drawn + 1, sizeof *pictures);
        pictures[(*n_drawn)++] = picture_of(row, &record->points[first], next - first);
    }
    gt_status status = gt_plots_draw(folder->path, &record->spec->target, pictures, *n_drawn);
    for (size_t p = 0; p < *n_drawn; p++) {
        free((char *)pictures[p].name);
        free((char *)pictures[p].title);
    }
    free(pictures);
    return status;
}

void gt_run_record_free(gt_run_record *record) {
    free(record->rows);
    free(record->points);
}
