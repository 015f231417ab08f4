/* Pictures of sampled images. */
#include "cli/sample_images.h"

#include "cli/command.h"
#include "cli/generate.h"
#include "core/nearest.h"
#include "core/statistics.h"
#include "io/image_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AMONG = 500 }; /* images of the data whose distance to their nearest is taken: a second for 60,000 of MNIST's size */

/* ---------------------------------------------------------------- flags */

static int refuse_alone(const char *flag, uint64_t value) {
    return gt_cli_fail(GT_EXIT_USAGE, "--%s %llu: it is of a picture of images; add --grid [FILE.png]", flag,
                       (unsigned long long)value);
}

int gt_sample_images_check(const gt_sample_images *what, bool images, bool plot) {
    if (plot && images) return gt_cli_fail(GT_EXIT_USAGE, "--plot draws points, and this generator makes images; take --grid");
    if (what->grid == NULL) {
        if (what->interpolate > 0) return refuse_alone("interpolate", what->interpolate);
        if (what->nearest > 0) return refuse_alone("nearest", what->nearest);
        return what->columns > 0 ? refuse_alone("columns", what->columns) : GT_EXIT_OK;
    }
    if (!images) return gt_cli_fail(GT_EXIT_USAGE, "--grid draws images, and this generator makes points; take --plot");
    if (what->interpolate > 0 && what->nearest > 0)
        return gt_cli_fail(GT_EXIT_USAGE, "--interpolate %llu and --nearest %llu: leave one of the two out",
                           (unsigned long long)what->interpolate, (unsigned long long)what->nearest);
    if (what->interpolate == 1)
        return gt_cli_fail(GT_EXIT_USAGE, "--interpolate 1: from one latent to another it takes 2 images at least");
    if (what->columns > 0 && (what->interpolate > 0 || what->nearest > 0))
        return gt_cli_fail(GT_EXIT_USAGE, "--columns %llu: --%s says how many images a row has; leave it out",
                           (unsigned long long)what->columns, what->interpolate > 0 ? "interpolate" : "nearest");
    return GT_EXIT_OK;
}

size_t gt_sample_images_count(const gt_sample_images *what, size_t n) {
    return what->interpolate > 0 ? n * (size_t)what->interpolate : n;
}

/* ---------------------------------------------------------------- from one latent to another */

/* sin((1 - t) w) / sin w and sin(t w) / sin w, with w the angle between a and b; 1 - t and t where that is nearly 0 or pi, or
 * in straight lines. */
static void weights_at(double t, double angle, bool straight, double *of_a, double *of_b) {
    straight |= fabs(sin(angle)) < 1e-3;
    *of_a = straight ? 1 - t : sin((1 - t) * angle) / sin(angle);
    *of_b = straight ? t : sin(t * angle) / sin(angle);
}

static double angle_between(const float *a, const float *b, size_t z) {
    double aa = 0, bb = 0, ab = 0;
    for (size_t k = 0; k < z; k++) {
        aa += (double)a[k] * (double)a[k];
        bb += (double)b[k] * (double)b[k];
        ab += (double)a[k] * (double)b[k];
    }
    const double length = sqrt(aa * bb);
    return length > 0 ? acos(fmax(-1, fmin(1, ab / length))) : 0;
}

gt_status gt_sample_interpolate(gt_trainer *trainer, uint32_t draw, size_t n_rows, size_t steps, float *out) {
    const gt_spec *spec = gt_trainer_get_spec(trainer);
    const size_t z = (size_t)spec->generator.size[0];
    const bool straight = spec->noise == GT_NOISE_UNIFORM;
    float *ends = gt_cli_resize(NULL, 2 * n_rows, z * sizeof *ends),
          *latents = gt_cli_resize(NULL, n_rows * steps, z * sizeof *latents);
    gt_status status = gt_trainer_draw(trainer, 0, GT_DRAW_LATENTS, draw, 2 * n_rows, ends);
    for (size_t r = 0; status == GT_OK && r < n_rows; r++) {
        const float *a = ends + 2 * r * z, *b = a + z;
        const double angle = angle_between(a, b, z);
        for (size_t s = 0; s < steps; s++) {
            double of_a, of_b;
            weights_at((double)s / (double)(steps - 1), angle, straight, &of_a, &of_b);
            float *latent = latents + (r * steps + s) * z;
            for (size_t k = 0; k < z; k++) latent[k] = (float)(of_a * (double)a[k] + of_b * (double)b[k]);
        }
    }
    if (status == GT_OK) status = gt_generate(trainer, latents, n_rows * steps, out);
    free(ends);
    free(latents);
    return status;
}

/* ---------------------------------------------------------------- beside the nearest of the data */

static unsigned char *to_bytes(const float *values, size_t n) {
    unsigned char *bytes = gt_cli_resize(NULL, n, 1);
    for (size_t i = 0; i < n; i++) bytes[i] = gt_image_byte(values[i]);
    return bytes;
}

static int print_distances(const gt_image_set *data, const gt_neighbour *found, size_t n, size_t k) {
    double among, *nearest = gt_cli_resize(NULL, n, sizeof *nearest);
    size_t n_among;
    puts("sample,rank,image,distance");
    for (size_t i = 0; i < n; i++) {
        nearest[i] = found[i * k].distance;
        for (size_t j = 0; j < k; j++)
            printf("%zu,%zu,%zu,%.1f\n", i, j + 1, found[i * k + j].index, found[i * k + j].distance);
    }
    const double median = gt_percentile(nearest, gt_sort_numbers(nearest, n), 50);
    free(nearest);
    const int code = gt_cli_flush();
    if (code != GT_EXIT_OK) return code;
    const gt_status status = gt_nearest_images_among(data, AMONG, &among, &n_among);
    if (status != GT_OK) return gt_cli_fail_status(status);
    fprintf(stderr, "median distance to the nearest image of the data: %.1f of these %zu samples", median, n);
    if (n_among > 0) fprintf(stderr, ", %.1f of %zu images of the data to the others", among, n_among);
    fputc('\n', stderr);
    return GT_EXIT_OK;
}

/* A row a sample: it, then its neighbours. */
static int draw_nearest(size_t k, const gt_target_spec *target, const float *points, size_t n, const gt_picture_file *file) {
    const size_t x = (size_t)target->n_columns;
    if (k > target->n_points)
        return gt_cli_fail(GT_EXIT_USAGE, "--nearest %zu: the data has %zu images; ask for as many at most", k,
                           target->n_points);
    unsigned char *bytes = to_bytes(points, n * x);
    gt_neighbour *found = gt_cli_resize(NULL, n * k, sizeof *found);
    const gt_image_set data = {target->pixels, target->n_points, x}, queries = {bytes, n, x};
    const gt_status status = gt_nearest_images(&data, &queries, k, found);
    int code = status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
    if (code == GT_EXIT_OK) {
        float *tiles = gt_cli_resize(NULL, n * (k + 1), x * sizeof *tiles), *tile = tiles;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= k; j++, tile += x)
                for (size_t c = 0; c < x; c++)
                    tile[c] = j == 0 ? points[i * x + c] : (float)target->pixels[found[i * k + j - 1].index * x + c];
        code = gt_grid_file_draw(file, target, tiles, n * (k + 1), k + 1);
        free(tiles);
    }
    if (code == GT_EXIT_OK) code = print_distances(&data, found, n, k);
    free(found);
    free(bytes);
    return code;
}

/* ---------------------------------------------------------------- the picture */

int gt_sample_images_draw(const gt_sample_images *what, const gt_target_spec *target, const float *points, size_t n,
                          const gt_picture_file *file) {
    if (what->nearest > 0) return draw_nearest((size_t)what->nearest, target, points, n, file);
    const size_t square = (size_t)ceil(sqrt((double)n));
    return gt_grid_file_draw(file, target, points, n,
                             what->interpolate > 0 ? (size_t)what->interpolate
                             : what->columns > 0   ? (size_t)what->columns
                                                   : square);
}
