/* --data: points or images of the user's. */
#include "cli/command.h"
#include "cli/spec_flags.h"
#include "cli/spec_settings.h"
#include "io/images.h"

#include <string.h>

/* The line says the file, as the flag's value does already. */
static int complain(gt_status status, const char *path, char **complaint) {
    const char *why = gt_last_error();
    const size_t length = strlen(path);
    if (strncmp(why, path, length) == 0 && strncmp(why + length, ": ", 2) == 0) why += length + 2;
    *complaint = gt_cli_text("%s", why);
    return gt_cli_exit_code(status);
}

static gt_status read_points(const char *path, gt_spec_settings *settings) {
    float *points = NULL;
    size_t n = 0;
    int n_columns = 0;
    gt_status status = gt_points_read(path, &points, &n, &n_columns);
    if (status == GT_OK) status = gt_target_from_points(points, n, n_columns, &settings->spec.target);
    if (status != GT_OK) {
        gt_free(points);
        return status;
    }
    gt_spec_settings_free(settings);
    settings->points = points;
    return GT_OK;
}

static gt_status read_images(const char *path, gt_spec_settings *settings) {
    gt_images images;
    gt_status status = gt_images_read(path, GT_IMAGES_TRAIN, &images);
    if (status != GT_OK) return status;
    status = gt_target_from_images(&images, &settings->spec.target);
    if (status != GT_OK) {
        gt_images_destroy(&images);
        return status;
    }
    gt_spec_settings_free(settings);
    settings->images = images;
    return GT_OK;
}

int gt_data_parse(const char *text, void *member, char **complaint) {
    gt_spec_settings *settings = member;
    if (*text == '\0') {
        *complaint = gt_cli_text("it takes the name of a file or a folder");
        return GT_EXIT_USAGE;
    }
    const gt_status status = gt_images_are_at(text) ? read_images(text, settings) : read_points(text, settings);
    if (status != GT_OK) return complain(status, text, complaint);
    settings->data = text;
    gt_target_fit_nets(&settings->spec);
    return GT_EXIT_OK;
}

const char *gt_data_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_spec_settings *settings = member;
    (void)text;
    return gt_target_kind_of(&settings->spec.target) == GT_TARGET_DATA ? settings->data : NULL;
}
