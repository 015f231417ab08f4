/* A description of images. */
#include "cli/target_images.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { BYTES = 256 };

/* Exact: by how often each byte occurs. */
static void print_values(const gt_images *images) {
    uint64_t count[BYTES] = {0};
    const size_t n = images->n * (size_t)(images->height * images->width) * (size_t)images->channels;
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++) count[images->pixels[i]]++;
    for (int b = 0; b < BYTES; b++) mean += b * ((double)count[b] / (double)n);
    for (int b = 0; b < BYTES; b++) variance += (b - mean) * (b - mean) * ((double)count[b] / (double)n);
    printf("values    0 to 255, mean %.2f, standard deviation %.2f\n", mean, sqrt(variance));
}

static void print_classes(const gt_images *images) {
    size_t count[BYTES] = {0};
    for (size_t i = 0; i < images->n; i++) count[images->labels[i]]++;
    printf("classes   %d, of", images->n_classes);
    for (int k = 0; k < images->n_classes; k++) printf(k == 0 ? " %zu" : ", %zu", count[k]);
    puts(" images");
}

void gt_target_print_images(const gt_images *images) {
    printf("images    %zu of %d x %d pixels %s\n", images->n, images->height, images->width,
           images->channels == 1 ? "in grey" : "in colour");
    print_values(images);
    if (images->labels != NULL)
        print_classes(images);
    else
        puts("classes   none: there are no labels");
}
