/* gantry study: what becomes of a GAN over many seeds and settings, kept in a database. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/study_report.h"
#include "cli/study_session.h"
#include "cli/study_settings.h"
#include "cli/study_weights.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* studies/x2-seeds0-1000.sqlite, with a number where that exists. */
static int default_path(gt_study_settings *s) {
    const gt_study_plan *plan = &s->study.plan;
    char part[48] = "";
    if (mkdir("studies", 0777) != 0 && errno != EEXIST)
        return gt_cli_fail(GT_EXIT_FAILURE, "can't create the folder studies: %s; name a file with --out", strerror(errno));
    if (plan->n_shards > 1) snprintf(part, sizeof part, "-shard%" PRIu64 "of%" PRIu64, plan->shard, plan->n_shards);
    char *stem = gt_cli_text("studies/%s-seeds%" PRIu64 "-%" PRIu64 "%s", s->name, s->seeds.first, s->seeds.end, part);
    s->path = gt_cli_text("%s.sqlite", stem);
    for (int n = 2; access(s->path, F_OK) == 0; n++) {
        free(s->path);
        s->path = gt_cli_text("%s-%d.sqlite", stem, n);
    }
    free(stem);
    return GT_EXIT_OK;
}

static int open_store(gt_study_settings *s, gt_store **store) {
    if (s->resume != NULL) {
        const gt_status status = gt_store_open(s->resume, true, store);
        return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
    }
    if (s->out != NULL) s->path = gt_cli_text("%s", s->out);
    int code = s->out != NULL ? GT_EXIT_OK : default_path(s);
    if (code != GT_EXIT_OK) return code;
    if (s->out != NULL && s->force != GT_SWITCH_ON && access(s->path, F_OK) == 0)
        return gt_cli_fail(GT_EXIT_USAGE,
                           "--out %s: the file exists; go on with it (--resume), replace it (--force), or name another",
                           s->path);
    const bool force = s->force == GT_SWITCH_ON;
    if (!force) code = gt_study_weights_refuse_others(s->path);
    if (code != GT_EXIT_OK) return code;
    const gt_status status = gt_store_create(s->path, &s->study, force, store);
    if (status == GT_OK && force) gt_study_weights_remove_others(s->path);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

static int run(int argc, char **argv) {
    gt_study_settings s;
    gt_store *store = NULL;
    int code = gt_study_settings_resolve(argc, argv, &s);
    if (code == GT_EXIT_OK) code = open_store(&s, &store);
    if (code == GT_EXIT_OK) {
        const bool quiet = s.quiet == GT_SWITCH_ON, json = s.json == GT_SWITCH_ON;
        const gt_study_options options = gt_study_settings_how(&s);
        gt_interrupt_catch();
        if (!quiet && !json) gt_study_print_begin(store);
        code = gt_study_session_run(store, &options, quiet);
        if (code == GT_EXIT_OK && (!quiet || json)) code = gt_study_print_end(store, json);
    }
    const gt_status closed = gt_store_close(store);
    if (code == GT_EXIT_OK && closed != GT_OK) code = gt_cli_fail_status(closed);
    gt_study_settings_free(&s);
    return code;
}

const gt_command gt_command_study = {
    .name = "study",
    .summary = "train many seeds and settings, and tell what became of them",
    .run = run,
    .usage = "[flags]",
    .about = "Trains a run for every seed, and with --sweep for every value of a flag, scores each at its checkpoints, and "
             "keeps it\n"
             "all in one SQLite file. At the end it prints how many runs converged, and how the others failed. The run of seed "
             "k is\n"
             "exactly that of gantry train --seed k. What was interrupted goes on with --resume to the same bits.\n"
             "Then: gantry report FILE, gantry replay FILE --seed worst, sqlite3 FILE.",
    .options = gt_study_options_table,
    .defaults = gt_study_defaults,
};
