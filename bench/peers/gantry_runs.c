/* gantry's rows of bench/peers: trains R runs of the tutorial's GAN from seeds 1, 2, ... and prints how long each repeat took:
 *     gantry_runs DEVICE RUNS THREADS ITERATIONS REPEATS [FILE POINTS]
 * DEVICE: auto, cpu or cuda. THREADS 0: all. FILE gets POINTS generated points a run, float32 [R, POINTS, 2]. The line printed:
 * version, device, instruction set, threads, milliseconds of each repeat. A later repeat goes on where the last one ended; the
 * first comes after a short warm-up on a trainer of its own, so that FILE shows what REPEATS * ITERATIONS made. */
#include "gantry/gantry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static gt_status write_points(gt_trainer *trainer, size_t n_runs, size_t n, const char *path) {
    float *points = malloc(n * 2 * sizeof *points);
    FILE *file = fopen(path, "wb");
    gt_status status = points && file ? GT_OK : GT_ERR_IO;
    for (size_t r = 0; status == GT_OK && r < n_runs; r++) {
        status = gt_trainer_sample(trainer, r, 0, n, points);
        if (status == GT_OK && fwrite(points, 2 * sizeof *points, n, file) != n) status = GT_ERR_IO;
    }
    if (file && fclose(file) != 0 && status == GT_OK) status = GT_ERR_IO;
    free(points);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 6 && argc != 8) {
        fprintf(stderr, "usage: gantry_runs DEVICE RUNS THREADS ITERATIONS REPEATS [FILE POINTS]\n");
        return 2;
    }
    gt_trainer_options options = {.first_seed = 1, .n_runs = strtoull(argv[2], NULL, 10), .n_threads = atoi(argv[3])};
    int device = 0;
    while (device < GT_N_DEVICES && strcmp(argv[1], gt_device_name((gt_device)device)) != 0) device++;
    if (device == GT_N_DEVICES) {
        fprintf(stderr, "gantry_runs: no such device: %s\n", argv[1]);
        return 2;
    }
    options.device = (gt_device)device;
    const uint64_t iterations = strtoull(argv[4], NULL, 10);
    const int repeats = atoi(argv[5]);

    gt_spec spec;
    gt_trainer *warm = NULL, *trainer = NULL;
    gt_status status = gt_spec_preset("x2", &spec);
    if (status == GT_OK) status = gt_trainer_create(&spec, &options, &warm);
    if (status == GT_OK) status = gt_trainer_advance(warm, 100);
    if (status == GT_OK) status = gt_trainer_create(&spec, &options, &trainer);
    if (status == GT_OK) {
        const gt_trainer_info info = gt_trainer_get_info(trainer);
        printf("%s %s %s %d", gt_version(), info.device, info.isa, info.n_threads);
    }
    for (int k = 0; status == GT_OK && k < repeats; k++) {
        const double start = now_ms();
        status = gt_trainer_advance(trainer, iterations);
        printf(" %.3f", now_ms() - start);
    }
    if (status == GT_OK && argc == 8) status = write_points(trainer, options.n_runs, strtoull(argv[7], NULL, 10), argv[6]);
    if (status == GT_OK)
        printf("\n");
    else
        fprintf(stderr, "gantry_runs: %s\n", gt_last_error());
    gt_trainer_destroy(trainer);
    gt_trainer_destroy(warm);
    return status == GT_OK ? 0 : 1;
}
