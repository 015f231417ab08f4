/* gantry's rows of bench/peers: trains R runs of a GAN from seeds 1, 2, ... and prints how long each repeat took:
 *     gantry_runs [--images FOLDER] [--beta1 X] [--precision P] DEVICE RUNS THREADS ITERATIONS REPEATS [FILE POINTS]
 * The GAN is the tutorial's; with --images that of images, as it stands in the tutorial (preset mlp-mnist-literal), on the
 * training images of a folder. DEVICE: auto, cpu or cuda. THREADS 0: all. FILE gets POINTS generated points a run, float32
 * [R, POINTS, X]. The line printed: version, device, instruction set, threads, milliseconds of each repeat. A later repeat goes
 * on where the last one ended; the first comes after a short warm-up on a trainer of its own, so that FILE shows what
 * REPEATS * ITERATIONS made. */
#include "gantry/gantry.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    gt_spec spec;
    gt_images images; /* of the spec, where it has some */
    gt_trainer_options options;
    uint64_t warm_up, iterations;
    int repeats;
    const char *file; /* NULL: none */
    size_t n_points;
} job;

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static gt_status write_points(gt_trainer *trainer, const job *of) {
    const size_t n_columns = (size_t)of->spec.target.n_columns;
    float *points = malloc(of->n_points * n_columns * sizeof *points);
    FILE *file = fopen(of->file, "wb");
    gt_status status = points && file ? GT_OK : GT_ERR_IO;
    for (size_t r = 0; status == GT_OK && r < of->options.n_runs; r++) {
        status = gt_trainer_sample(trainer, r, 0, of->n_points, points);
        if (status == GT_OK && fwrite(points, n_columns * sizeof *points, of->n_points, file) != of->n_points)
            status = GT_ERR_IO;
    }
    if (file && fclose(file) != 0 && status == GT_OK) status = GT_ERR_IO;
    free(points);
    return status;
}

static gt_status warm_up(const job *of) {
    gt_trainer *trainer = NULL;
    gt_status status = gt_trainer_create(&of->spec, &of->options, &trainer);
    if (status == GT_OK) status = gt_trainer_advance(trainer, of->warm_up);
    gt_trainer_destroy(trainer);
    return status;
}

static gt_status train(const job *of) {
    gt_trainer *trainer = NULL;
    gt_status status = warm_up(of);
    if (status == GT_OK) status = gt_trainer_create(&of->spec, &of->options, &trainer);
    if (status == GT_OK) {
        const gt_trainer_info info = gt_trainer_get_info(trainer);
        printf("%s %s %s %d", gt_version(), info.device, info.isa, info.n_threads);
    }
    for (int k = 0; status == GT_OK && k < of->repeats; k++) {
        const double start = now_ms();
        status = gt_trainer_advance(trainer, of->iterations);
        printf(" %.3f", now_ms() - start);
    }
    if (status == GT_OK && of->file != NULL) status = write_points(trainer, of);
    if (status == GT_OK) printf("\n");
    gt_trainer_destroy(trainer);
    return status;
}

/* ---------------------------------------------------------------- arguments */

static const char *device_name(int i) { return gt_device_name((gt_device)i); }
static const char *precision_name(int i) { return gt_precision_name((gt_precision)i); }

static int find(const char *what, const char *name, const char *(*name_of)(int), int n) {
    for (int i = 0; i < n; i++)
        if (strcmp(name, name_of(i)) == 0) return i;
    fprintf(stderr, "gantry_runs: no such %s: %s\n", what, name);
    exit(2);
}

static void usage(void) {
    fprintf(stderr, "usage: gantry_runs [--images FOLDER] [--beta1 X] [--precision P]"
                    " DEVICE RUNS THREADS ITERATIONS REPEATS [FILE POINTS]\n");
    exit(2);
}

static gt_status choose_gan(job *of, const char *images, const char *beta1) {
    gt_status status = gt_spec_preset(images != NULL ? "mlp-mnist-literal" : "x2", &of->spec);
    if (status == GT_OK && images != NULL) status = gt_images_read(images, GT_IMAGES_TRAIN, &of->images);
    if (status == GT_OK && images != NULL) status = gt_target_from_images(&of->images, &of->spec.target);
    if (beta1 != NULL) of->spec.discriminator_adam.beta1 = of->spec.generator_adam.beta1 = atof(beta1);
    of->warm_up = images != NULL ? 5 : 100;
    return status;
}

int main(int argc, char **argv) {
    static const struct option flags[] = {{"images", required_argument, NULL, 'i'},
                                          {"beta1", required_argument, NULL, 'b'},
                                          {"precision", required_argument, NULL, 'p'},
                                          {NULL, 0, NULL, 0}};
    job of = {.options = {.first_seed = 1}};
    const char *images = NULL, *beta1 = NULL;
    for (int flag; (flag = getopt_long(argc, argv, "+", flags, NULL)) != -1;) {
        if (flag == 'i')
            images = optarg;
        else if (flag == 'b')
            beta1 = optarg;
        else if (flag == 'p')
            of.options.precision = (gt_precision)find("precision", optarg, precision_name, GT_N_PRECISIONS);
        else
            usage();
    }
    argc -= optind;
    argv += optind;
    if (argc != 5 && argc != 7) usage();
    of.options.device = (gt_device)find("device", argv[0], device_name, GT_N_DEVICES);
    of.options.n_runs = strtoull(argv[1], NULL, 10);
    of.options.n_threads = atoi(argv[2]);
    of.iterations = strtoull(argv[3], NULL, 10);
    of.repeats = atoi(argv[4]);
    if (argc == 7) {
        of.file = argv[5];
        of.n_points = strtoull(argv[6], NULL, 10);
    }

    gt_status status = choose_gan(&of, images, beta1);
    if (status == GT_OK) status = train(&of);
    if (status != GT_OK) fprintf(stderr, "gantry_runs: %s\n", gt_last_error());
    gt_images_destroy(&of.images);
    return status == GT_OK ? 0 : 1;
}
