/* States of runs as bytes. */
#include "core/run_state.h"

#include "core/digest.h"
#include "core/spec.h"
#include "core/status.h"
#include "core/trainer.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t seed, iteration, d_steps, g_steps, diverged, diverged_at;
    double last_losses[3];
    char checksum[GT_DIGEST_CHARS + 7]; /* of the other members and the floats, NUL to its end */
} state_head;

enum { SUMMED = offsetof(state_head, checksum) };

static size_t n_floats(const gt_spec *spec) {
    size_t n = 0;
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++)
        n += gt_spec_n_parameters(spec, net) * ((size_t)gt_spec_last_part(spec, net) + 1);
    return n;
}

size_t gt_run_state_bytes(const gt_spec *spec) { return sizeof(state_head) + n_floats(spec) * sizeof(float); }

static void checksum_of(const void *state, size_t bytes, char out[GT_DIGEST_CHARS]) {
    const gt_file_part parts[] = {{state, SUMMED}, {(const char *)state + sizeof(state_head), bytes - sizeof(state_head)}};
    gt_digest_parts(parts, 2, out);
}

static void get(const gt_trainer *trainer, size_t run, size_t bytes, char *out) {
    const gt_engine *host = trainer->engine->host;
    const gt_run_counters counters = trainer->engine->ops->get_counters(trainer->engine, run);
    state_head head = {.seed = counters.seed,
                       .iteration = counters.iteration,
                       .d_steps = counters.d_steps,
                       .g_steps = counters.g_steps,
                       .diverged = counters.diverged,
                       .diverged_at = counters.diverged_at};
    memcpy(head.last_losses, counters.last_losses, sizeof head.last_losses);
    float *at = (float *)(out + sizeof head);
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++)
        for (gt_state_part part = GT_WEIGHTS; part <= gt_spec_last_part(trainer->settings, net); part++) {
            host->ops->get_state(host, run, net, part, at);
            at += gt_spec_n_parameters(trainer->settings, net);
        }
    memcpy(out, &head, sizeof head);
    checksum_of(out, bytes, head.checksum);
    memcpy(out, &head, sizeof head);
}

gt_status gt_run_states_get(const gt_trainer *trainer, void *out) {
    const size_t bytes = gt_run_state_bytes(trainer->settings);
    GT_TRY(gt_engine_fetch(trainer->engine, 0, trainer->n_runs, false));
#pragma omp parallel for schedule(static) num_threads(trainer->engine->n_threads)
    for (size_t run = 0; run < trainer->n_runs; run++) get(trainer, run, bytes, (char *)out + run * bytes);
    return GT_OK;
}

static gt_status set(gt_trainer *trainer, size_t run, uint64_t iteration, size_t bytes, const char *state) {
    gt_engine *host = trainer->engine->host;
    const uint64_t seed = host->ops->get_counters(host, run).seed;
    state_head head;
    char checksum[sizeof head.checksum] = "";
    memcpy(&head, state, sizeof head);
    checksum_of(state, bytes, checksum);
    if (memcmp(checksum, head.checksum, sizeof checksum) != 0)
        return gt_fail(GT_ERR_FILE, "the saved state of seed %llu is damaged: its checksum is not that of its content",
                       (unsigned long long)seed);
    const bool is_there = head.diverged != 0 ? head.diverged_at < iteration : head.iteration == iteration;
    if (head.seed != seed || !is_there)
        return gt_fail(GT_ERR_FILE, "the saved state of seed %llu is that of another run or iteration",
                       (unsigned long long)seed);
    gt_run_counters counters = {.seed = head.seed,
                                .iteration = head.iteration,
                                .d_steps = head.d_steps,
                                .g_steps = head.g_steps,
                                .diverged = head.diverged != 0,
                                .diverged_at = head.diverged_at};
    memcpy(counters.last_losses, head.last_losses, sizeof counters.last_losses);
    const float *at = (const float *)(state + sizeof head);
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++)
        for (gt_state_part part = GT_WEIGHTS; part <= gt_spec_last_part(trainer->settings, net); part++) {
            host->ops->set_state(host, run, net, part, at);
            at += gt_spec_n_parameters(trainer->settings, net);
        }
    host->ops->set_counters(host, run, &counters);
    return GT_OK;
}

gt_status gt_run_states_set(gt_trainer *trainer, uint64_t iteration, const void *states) {
    const size_t bytes = gt_run_state_bytes(trainer->settings);
    GT_TRY(gt_engine_fetch(trainer->engine, 0, trainer->n_runs, true));
    for (size_t run = 0; run < trainer->n_runs; run++)
        GT_TRY(set(trainer, run, iteration, bytes, (const char *)states + run * bytes));
    trainer->iteration = iteration;
    return GT_OK;
}

gt_status gt_run_extract(const gt_trainer *trainer, size_t run, gt_trainer **out) {
    const size_t bytes = gt_run_state_bytes(trainer->settings);
    const gt_trainer_options options = {
        .first_seed = trainer->engine->ops->get_counters(trainer->engine, run).seed, .n_runs = 1, .device = GT_DEVICE_CPU};
    gt_trainer *one = NULL;
    char *state = malloc(bytes);
    gt_status status = state != NULL ? GT_OK : gt_fail(GT_ERR_MEMORY, "no memory for a run of %zu bytes", bytes);
    if (status == GT_OK) status = gt_engine_fetch(trainer->engine, run, 1, false);
    if (status == GT_OK) status = gt_trainer_create(gt_trainer_get_setting(trainer, run), &options, &one);
    if (status == GT_OK) {
        get(trainer, run, bytes, state);
        status = gt_run_states_set(one, trainer->iteration, state);
    }
    free(state);
    if (status != GT_OK) {
        gt_trainer_destroy(one);
        return status;
    }
    *out = one;
    return GT_OK;
}
