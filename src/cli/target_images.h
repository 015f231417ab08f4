/* private to the CLI. What gantry target tells of images. */
#ifndef GT_CLI_TARGET_IMAGES_H
#define GT_CLI_TARGET_IMAGES_H

#include "gantry/gantry.h"

/* Their number and size, mean and standard deviation of their values, and how many each class has, on stdout. */
void gt_target_print_images(const gt_images *images);

#endif
