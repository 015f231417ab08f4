/* The record of a run: rows in memory, mirrored in metrics.csv and points.csv. */
#include "cli/run_record.h"

#include "cli/command.h"
#include "io/plots.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENERGY_SAMPLES = 1000 }; /* the energy distance costs their square */

/* A run that goes on past its former end has no checkpoint there, unless it is on the schedule. */
static bool is_checkpoint(const gt_run_record *record, uint64_t iteration) {
    return iteration % record->eval_every == 0 || iteration == record->total;
}

/* How many checkpoints one picture stands for, once the run is at latest. It doubles as the run goes on, so a run has the same
 * pictures whether or not it was interrupted. */
static uint64_t picture_stride(const gt_run_record *record, uint64_t latest) {
    uint64_t stride = 1;
    while (latest / record->eval_every / stride > GT_MAX_PICTURES) stride *= 2;
    return stride;
}

static void keep_points(gt_run_record *record, uint64_t latest) {
    uint64_t every = record->eval_every * picture_stride(record, latest);
    size_t n = 0;
    for (size_t i = 0; i < record->n_points; i++) {
        uint64_t iteration = record->points[i].iteration;
        if (iteration <= latest && (iteration % every == 0 || iteration == record->total))
            record->points[n++] = record->points[i];
    }
    record->n_points = n;
}

static gt_status read_file(const gt_run_folder *folder, const char *name, const gt_csv_column *columns, size_t row_bytes,
                           void **rows, size_t *n_rows) {
    char *path = gt_run_folder_file(folder, name);
    gt_status status = GT_OK;
    if (access(path, F_OK) == 0) status = gt_csv_read(path, columns, row_bytes, rows, n_rows);
    free(path);
    return status;
}

gt_status gt_run_record_read(gt_run_record *record, const gt_run_folder *folder, uint64_t iteration) {
    void *rows = NULL, *points = NULL;
    size_t n_rows = 0, n_points = 0;
    gt_status status = read_file(folder, GT_FILE_METRICS, gt_metrics_columns, sizeof *record->rows, &rows, &n_rows);
    if (status == GT_OK)
        status = read_file(folder, GT_FILE_POINTS, gt_point_columns, sizeof *record->points, &points, &n_points);
    record->rows = rows;
    record->points = points;
    for (size_t i = 0; i < n_rows; i++)
        if (record->rows[i].iteration <= iteration && is_checkpoint(record, record->rows[i].iteration))
            record->rows[record->n_rows++] = record->rows[i];
    record->n_points = n_points;
    keep_points(record, iteration);
    return status;
}

static gt_status add_points(gt_run_record *record, gt_trainer *trainer, uint64_t iteration) {
    float real[GT_PICTURE_POINTS][2], generated[GT_PICTURE_POINTS][2];
    gt_status status = gt_trainer_evaluation_points(trainer, 0, GT_PICTURE_POINTS, real[0], generated[0]);
    if (status != GT_OK) return status;
    record->points = gt_cli_resize(record->points, record->n_points + GT_PICTURE_POINTS, sizeof *record->points);
    for (size_t i = 0; i < GT_PICTURE_POINTS; i++)
        record->points[record->n_points++] = (gt_point_row){
            .iteration = iteration, .real = {real[i][0], real[i][1]}, .generated = {generated[i][0], generated[i][1]}};
    keep_points(record, iteration);
    return GT_OK;
}

gt_status gt_run_record_evaluate(gt_run_record *record, gt_trainer *trainer, int n_samples) {
    gt_metrics row;
    gt_evaluate_options options = {.n_samples = n_samples, .n_energy = ENERGY_SAMPLES};
    gt_status status = gt_trainer_evaluate(trainer, &options, &row);
    if (status == GT_OK) status = add_points(record, trainer, row.iteration);
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
    if (status != GT_OK) return status;
    return write_file(folder, GT_FILE_POINTS, gt_point_columns, record->points, record->n_points, sizeof *record->points);
}

gt_status gt_run_record_draw(const gt_run_record *record, const gt_run_folder *folder, const gt_target_spec *target,
                             size_t *n_drawn) {
    gt_picture *pictures = NULL;
    *n_drawn = 0;
    for (size_t first = 0, row = 0; first < record->n_points;) {
        gt_picture picture = {.iteration = record->points[first].iteration, .points = &record->points[first]};
        while (first < record->n_points && record->points[first].iteration == picture.iteration) {
            first++;
            picture.n_points++;
        }
        while (row < record->n_rows && record->rows[row].iteration < picture.iteration) row++;
        if (row == record->n_rows || record->rows[row].iteration != picture.iteration) continue; /* no row: its line was lost */
        picture.acc_real = record->rows[row].acc_real;
        picture.acc_fake = record->rows[row].acc_fake;
        pictures = gt_cli_resize(pictures, *n_drawn + 1, sizeof *pictures);
        pictures[(*n_drawn)++] = picture;
    }
    gt_status status = gt_plots_draw(folder->path, target, pictures, *n_drawn);
    free(pictures);
    return status;
}

void gt_run_record_free(gt_run_record *record) {
    free(record->rows);
    free(record->points);
}
