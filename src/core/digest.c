/* Digests of states and of plain memory. Assumes a little-endian machine, which io/safetensors.c asserts. */
#include "core/digest.h"

#include "core/spec.h"
#include "core/status.h"
#include "core/trainer.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static void finish(const XXH3_state_t *state, char out[GT_DIGEST_CHARS]) {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(state));
    for (size_t i = 0; i < sizeof bytes.digest; i++) snprintf(out + 2 * i, 3, "%02x", bytes.digest[i]);
}

/* values: room for the parameters of both nets. */
static void add_run(const gt_trainer *trainer, size_t run, float *values, XXH3_state_t *state) {
    const gt_engine *host = trainer->engine->host;
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++)
        for (gt_state_part part = GT_WEIGHTS; part <= gt_spec_last_part(trainer->settings, net); part++) {
            host->ops->get_state(host, run, net, part, values);
            XXH3_128bits_update(state, values, gt_spec_n_parameters(trainer->settings, net) * sizeof *values);
        }
}

gt_status gt_digest_runs(const gt_trainer *trainer, size_t first, size_t n, char out[GT_DIGEST_CHARS]) {
    GT_TRY(gt_engine_fetch(trainer->engine, first, n, false));
    float *values = malloc(gt_spec_n_parameters(trainer->settings, GT_GAN) * sizeof *values);
    if (values == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for a digest");
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    for (size_t run = first; run < first + n; run++) add_run(trainer, run, values, &state);
    free(values);
    finish(&state, out);
    return GT_OK;
}

gt_status gt_digest_each(const gt_trainer *trainer, char (*out)[GT_DIGEST_CHARS]) {
    const size_t n_parameters = gt_spec_n_parameters(trainer->settings, GT_GAN);
    const int n_threads = trainer->engine->n_threads;
    GT_TRY(gt_engine_fetch(trainer->engine, 0, trainer->n_runs, false));
    float *values = malloc((size_t)n_threads * n_parameters * sizeof *values);
    if (values == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for digests");
#pragma omp parallel for schedule(static) num_threads(n_threads)
    for (size_t run = 0; run < trainer->n_runs; run++) {
        XXH3_state_t state;
        XXH3_128bits_reset(&state);
        add_run(trainer, run, values + (size_t)omp_get_thread_num() * n_parameters, &state);
        finish(&state, out[run]);
    }
    free(values);
    return GT_OK;
}

void gt_digest_parts(const gt_file_part *parts, size_t n_parts, char out[GT_DIGEST_CHARS]) {
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    for (size_t i = 0; i < n_parts; i++) XXH3_128bits_update(&state, parts[i].data, parts[i].size);
    finish(&state, out);
}

gt_status gt_trainer_digest(const gt_trainer *trainer, size_t run, char out[GT_DIGEST_CHARS]) {
    if (run >= trainer->n_runs) return gt_fail(GT_ERR_ARGUMENT, "run %zu; there are %zu, counted from 0", run, trainer->n_runs);
    return gt_digest_runs(trainer, run, 1, out);
}
