/* Training a study into its store. */
#include "cli/study_session.h"

#include "cli/command.h"
#include "cli/interrupt.h"
#include "core/clock.h"
#include "core/status.h"
#include "io/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ---------------------------------------------------------------- what an earlier process left */

static uint64_t progress_of(void *context, uint64_t run) { return ((const gt_study_session *)context)->progress[run]; }

static gt_status load(void *context, uint64_t run, void *state, size_t bytes, gt_judge *judge) {
    gt_study_session *s = context;
    const gt_study_plan *plan = &gt_store_get_study(s->store)->plan;
    const gt_outcome_rules rules = gt_outcome_rules_of(&plan->settings[run / plan->n_seeds]);
    gt_metrics *rows;
    size_t n;
    GT_TRY(gt_store_get_state(s->store, run, state, bytes));
    GT_TRY(gt_store_read_run_rows(s->store, run, &rows, &n));
    for (size_t k = 0; k < n; k++) gt_judge_add(judge, &rows[k], &rules);
    free(rows);
    return n == s->progress[run] / plan->eval_every
               ? GT_OK
               : gt_fail(GT_ERR_FILE, "%s is damaged: the saved state of seed %" PRIu64 " has not all of its checkpoints",
                         gt_store_path(s->store), plan->first_seed + run % plan->n_seeds);
}

/* Runs of other shards count as finished. */
static gt_status read_progress(gt_study_session *s, gt_store_run **runs, size_t *n) {
    const gt_study_plan *plan = &gt_store_get_study(s->store)->plan;
    const size_t n_runs = plan->n_settings * (size_t)plan->n_seeds;
    GT_TRY(gt_store_read_runs(s->store, runs, n)); /* before anything is changed */
    GT_TRY(gt_store_drop_rows_ahead(s->store));
    s->progress = gt_cli_resize(NULL, n_runs, sizeof *s->progress);
    for (size_t r = 0; r < n_runs; r++) s->progress[r] = GT_STUDY_FINISHED;
    for (size_t r = 0; r < *n; r++) {
        const gt_store_run *run = &(*runs)[r];
        if (run->finished) {
            s->n_finished++;
            s->n_converged += run->result.judge.recent & 1;
        } else {
            GT_TRY(gt_store_state_iteration(s->store, run->run, &s->progress[run->run]));
        }
    }
    return GT_OK;
}

/* ---------------------------------------------------------------- findings */

static gt_status rows(void *context, const gt_study_block *block, const gt_metrics *row, const bool *converged) {
    gt_study_session *s = context;
    s->block_runs = gt_study_block_size(block);
    s->block_converged = 0;
    for (size_t r = 0; r < s->block_runs; r++) s->block_converged += converged[r];
    return gt_store_writer_rows(s->writer, block, row, converged);
}

static gt_status save(void *context, const gt_study_block *block, uint64_t iteration, void *states, size_t bytes) {
    return gt_store_writer_states(((gt_study_session *)context)->writer, block, iteration, states, bytes);
}

static gt_status finish(void *context, const gt_study_block *block, const gt_study_result *results, gt_trainer *trainer) {
    gt_study_session *s = context;
    const size_t n = gt_study_block_size(block);
    const gt_study_plan *plan = &gt_store_get_study(s->store)->plan;
    GT_TRY(gt_study_weights_add(&s->weights, block, results, trainer));
    for (size_t r = 0; r < n; r++) {
        s->iterations_done += plan->iterations - s->progress[gt_study_block_run_id(plan, block, r)];
        s->n_converged += results[r].judge.recent & 1;
    }
    s->n_finished += n;
    s->block_runs = s->block_converged = 0;
    return gt_store_writer_results(s->writer, block, results);
}

/* ---------------------------------------------------------------- the live line */

/* "110 runs/s, 1.1 M iterations/s, 81 % converged"; of slow runs "18.6 iterations/s" */
static void describe(const gt_study_session *s, uint64_t done, char *text, size_t size) {
    const uint64_t n = s->n_finished + s->block_runs, converged = s->n_converged + s->block_converged;
    const double rate = (double)(done - s->line.first) / (gt_seconds() - s->began);
    const double runs = rate / (double)gt_store_get_study(s->store)->plan.iterations;
    char share[40] = "";
    if (n > 0) snprintf(share, sizeof share, ", %.1f %% converged", 100.0 * (double)converged / (double)n);
    if (runs < 0.1 || rate < 1e4)
        snprintf(text, size, "%.3g iterations/s%s", rate, share);
    else
        snprintf(text, size, "%.*f runs/s, %.3g M iterations/s%s", runs < 10 ? 2 : 0, runs, rate / 1e6, share);
}

static bool stop(void *context, const gt_study_block *block, uint64_t iteration) {
    gt_study_session *s = context;
    const gt_study_plan *plan = &gt_store_get_study(s->store)->plan;
    const uint64_t begun = s->progress[gt_study_block_run_id(plan, block, 0)];
    const uint64_t done = s->iterations_done + (iteration - begun) * gt_study_block_size(block);
    char note[128];
    describe(s, done, note, sizeof note);
    gt_progress_show(&s->line, done, note);
    s->signal = gt_interrupt_signal();
    return s->signal != 0 || gt_ranks_stopped(s->ranks);
}

static uint64_t iterations_left(const gt_study_session *s) {
    const gt_study_plan *plan = &gt_store_get_study(s->store)->plan;
    uint64_t left = 0;
    for (uint64_t r = 0; r < plan->n_settings * plan->n_seeds; r++)
        if (s->progress[r] != GT_STUDY_FINISHED) left += plan->iterations - s->progress[r];
    return left;
}

/* ---------------------------------------------------------------- facts */

/* "Intel(R) Xeon(R) ...", as /proc/cpuinfo has it. */
static char *processor(void) {
    char line[256], *name = NULL;
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && name == NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (colon == NULL || strncmp(line, "model name", 10) != 0) continue;
        name = gt_cli_text("%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
    }
    if (file != NULL) fclose(file);
    return name != NULL ? name : gt_cli_text("unknown processor");
}

static gt_status set_fact(gt_store *store, const char *key, char *value) {
    const gt_status status = gt_store_set_fact(store, key, value);
    free(value);
    return status;
}

/* Seconds of all processes that have worked on the study. */
static gt_status add_seconds(gt_store *store, const char *key, double seconds) {
    char *before = NULL;
    double sum = 0;
    GT_TRY(gt_store_get_fact(store, key, &before));
    if (before != NULL && !gt_number_parse_real(before, &sum)) sum = 0;
    free(before);
    return set_fact(store, key, gt_cli_text("%.3f", sum + seconds));
}

/* How and where the last process computed. */
static gt_status put_facts(gt_study_session *s, const gt_study_machine *machine, double busy_seconds) {
    struct utsname system;
    char *cpu = processor();
    gt_status status = set_fact(
        s->store, "machine",
        gt_cli_text("%s, %ld processors, %s", cpu, sysconf(_SC_NPROCESSORS_ONLN), uname(&system) == 0 ? system.sysname : "?"));
    free(cpu);
    GT_TRY(status);
    GT_TRY(set_fact(
        s->store, "computed_by",
        machine->n_gpus > 0
            ? gt_cli_text("%s on %s, %s: %s", machine->engine, machine->device, machine->isa, machine->why)
            : gt_cli_text("%s on %s, %s, %d threads", machine->engine, machine->device, machine->isa, machine->n_threads)));
    GT_TRY(set_fact(s->store, "last_version", gt_cli_text("%s", gt_version())));
    GT_TRY(add_seconds(s->store, "seconds", gt_seconds() - s->began));
    return add_seconds(s->store, "writer_seconds", busy_seconds);
}

/* ---------------------------------------------------------------- all of it */

static gt_status train(gt_study_session *s, const gt_study_options *options) {
    const gt_study_sink sink = {s, progress_of, load, rows, save, finish, stop};
    const gt_study_plan *plan = &gt_store_get_study(s->store)->plan;
    gt_study_machine machine;
    double busy = 0;
    bool stopped = false;
    GT_TRY(gt_store_writer_begin(s->store, &s->writer));
    gt_status status = gt_study_run(plan, options, &sink, &stopped, &machine);
    char *why = status != GT_OK ? gt_cli_text("%s", gt_last_error()) : NULL;
    const gt_status written = gt_store_writer_end(s->writer, &busy);
    if (status != GT_OK && written == GT_OK) gt_fail(status, "%s", why); /* what came first counts */
    free(why);
    if (status == GT_OK) status = written;
    if (status == GT_OK && *machine.engine != '\0') status = put_facts(s, &machine, busy);
    return status;
}

int gt_study_session_run(gt_store *store, const gt_study_session_options *options) {
    gt_study_session s = {.store = store, .began = gt_seconds(), .ranks = &options->ranks};
    gt_store_run *runs = NULL;
    size_t n = 0;
    int code = GT_EXIT_OK;
    gt_status status = read_progress(&s, &runs, &n);
    if (status == GT_OK) code = gt_study_weights_begin(store, runs, n, &s.weights);
    free(runs);
    if (status == GT_OK && code == GT_EXIT_OK) {
        s.line = gt_progress_begin(0, iterations_left(&s), options->quiet);
        status = train(&s, &options->study);
        gt_progress_erase(&s.line);
    }
    if (status == GT_ERR_FILE)
        code = gt_cli_fail_status(status); /* going on would find the same */
    else if (status != GT_OK)
        code = gt_cli_fail(gt_cli_exit_code(status), "%s; once that is mended, go on with: gantry study --resume %s",
                           gt_last_error(), options->path);
    else if (code == GT_EXIT_OK && s.signal != 0)
        code = GT_EXIT_SIGNAL + s.signal;
    gt_study_weights_free(&s.weights);
    free(s.progress);
    return code;
}
