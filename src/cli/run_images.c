/* Pictures of a run's images. */
#include "cli/run_images.h"

#include "cli/command.h"
#include "cli/generate.h"
#include "io/file.h"
#include "io/image_grid.h"
#include "io/number.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BEFORE "samples-"
#define BEHIND ".png"

enum { GAP = 2 };

/* The iteration that a file's name tells; false: it is none of these. */
static bool iteration_of(const char *name, uint64_t *out) {
    char digits[GT_NUMBER_CHARS];
    const size_t length = strlen(name), around = strlen(BEFORE BEHIND);
    if (length <= around || length - around >= sizeof digits || strncmp(name, BEFORE, strlen(BEFORE)) != 0 ||
        strcmp(name + length - strlen(BEHIND), BEHIND) != 0)
        return false;
    memcpy(digits, name + strlen(BEFORE), length - around);
    digits[length - around] = '\0';
    return gt_number_parse_u64(digits, out);
}

static bool keeps(const gt_run_record *record, const char *name, uint64_t iteration) {
    uint64_t its;
    return iteration_of(name, &its) && its <= iteration && gt_run_record_has_picture(record, its, iteration);
}

static gt_status copy(const char *from, const gt_run_folder *folder, const char *name) {
    char *source = gt_cli_text("%s/%s", from, name), *path = gt_run_folder_file(folder, name), *data = NULL;
    size_t size;
    gt_status status = gt_file_read(source, SIZE_MAX / 2, &data, &size);
    if (status == GT_OK) status = gt_file_write(path, data, size);
    free(data);
    free(path);
    free(source);
    return status;
}

gt_status gt_run_images_bring(const gt_run_record *record, const char *from, const gt_run_folder *folder, uint64_t iteration) {
    gt_status status = GT_OK;
    DIR *entries = opendir(from);
    if (entries == NULL) return GT_OK;
    for (const struct dirent *entry; status == GT_OK && (entry = readdir(entries)) != NULL;)
        if (keeps(record, entry->d_name, iteration)) status = copy(from, folder, entry->d_name);
    closedir(entries);
    return status;
}

size_t gt_run_images_keep(const gt_run_record *record, const gt_run_folder *folder, uint64_t iteration) {
    size_t n = 0;
    DIR *entries = opendir(folder->path);
    if (entries == NULL) return 0;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        uint64_t its;
        if (!iteration_of(entry->d_name, &its)) continue;
        if (keeps(record, entry->d_name, iteration))
            n++;
        else
            gt_run_folder_remove(folder, entry->d_name);
    }
    closedir(entries);
    return n;
}

static gt_status write_grid(const gt_run_folder *folder, gt_trainer *trainer, uint64_t iteration) {
    const gt_target_spec *target = &gt_trainer_get_spec(trainer)->target;
    const size_t n = GT_SAMPLES_SIDE * GT_SAMPLES_SIDE;
    float *values = gt_cli_resize(NULL, n, (size_t)target->n_columns * sizeof *values);
    gt_status status = gt_generate_draw(trainer, 0, n, values);
    if (status == GT_OK) {
        char *name = gt_cli_text(BEFORE "%" PRIu64 BEHIND, iteration), *path = gt_run_folder_file(folder, name);
        status = gt_image_grid_write(path, &(gt_image_grid){.values = values,
                                                            .n = n,
                                                            .height = target->height,
                                                            .width = target->width,
                                                            .channels = target->channels,
                                                            .columns = GT_SAMPLES_SIDE,
                                                            .gap = GAP});
        free(name);
        free(path);
    }
    free(values);
    return status;
}

gt_status gt_run_images_write(const gt_run_record *record, const gt_run_folder *folder, gt_trainer *trainer) {
    const uint64_t iteration = gt_trainer_get_info(trainer).iteration;
    if (!gt_run_record_has_picture(record, iteration, iteration)) return GT_OK;
    const gt_status status = write_grid(folder, trainer, iteration);
    if (status == GT_OK) gt_run_images_keep(record, folder, iteration);
    return status;
}
