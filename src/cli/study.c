/* gantry study: what becomes of a GAN over many seeds and settings, kept in a database. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/study_parts.h"
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

/* ---------------------------------------------------------------- the file */

/* By the first rank, before any of them has a file: what an earlier process left is brought together. */
static int prepare(const gt_study_settings *s, const gt_ranks *ranks) {
    if (s->resume != NULL) return gt_study_parts_join(s->path);
    if (s->force == GT_SWITCH_ON) {
        gt_study_weights_remove_others(s->path);
        return gt_study_parts_remove(s->path, ranks);
    }
    if (s->out != NULL && access(s->path, F_OK) == 0)
        return gt_cli_fail(GT_EXIT_USAGE,
                           "--out %s: the file exists; go on with it (--resume), replace it (--force), or name another",
                           s->path);
    if (gt_study_parts_exist(s->path))
        return gt_cli_fail(GT_EXIT_USAGE,
                           "%s: parts of it are there, by ranks that were interrupted; go on with them (--resume %s), replace "
                           "them (--force), or name another file (--out)",
                           s->path, s->path);
    return gt_study_weights_refuse_others(s->path);
}

/* The store of this rank: the study's own file, or a part. */
static int open_store(gt_study_settings *s, const gt_ranks *ranks, gt_store **store) {
    gt_study_plan *plan = &s->study.plan;
    int code = GT_EXIT_OK;
    if (s->resume != NULL && ranks->n > 1) code = gt_study_parts_take(s->path, ranks);
    if (code != GT_EXIT_OK) return code;
    if (ranks->n > 1) {
        plan->shard = (uint64_t)ranks->rank;
        plan->n_shards = (uint64_t)ranks->n;
    }
    char *path = gt_study_part_path(s->path, ranks);
    const gt_status status = s->resume != NULL ? gt_store_open(path, true, store)
                                               : gt_store_create(path, &s->study, s->force == GT_SWITCH_ON, store);
    free(path);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

/* A study of parts has them from --shard, from Slurm or from ranks. */
static int check_ranks(const gt_study_settings *s, const gt_ranks *ranks) {
    if (ranks->n == 1 || s->resume != NULL) return GT_EXIT_OK;
    if (s->study.plan.n_shards > 1)
        return gt_cli_fail(GT_EXIT_USAGE,
                           "%d ranks, and a task of a job array: a study is divided by one of them; give --shard all, or start "
                           "each task without MPI",
                           ranks->n);
    if ((uint64_t)ranks->n <= s->study.plan.n_seeds) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE, "%d ranks for %" PRIu64 " seeds; start as many ranks at most", ranks->n,
                       s->study.plan.n_seeds);
}

static int find_path(gt_study_settings *s) {
    if (s->resume == NULL && s->out == NULL) return default_path(s);
    s->path = gt_cli_text("%s", s->resume != NULL ? s->resume : s->out);
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- training */

static int stopped(const gt_study_settings *s, const gt_ranks *ranks, int code) {
    if (ranks->rank > 0) return code;
    return gt_cli_fail(code, "stopped; go on with: gantry study --resume %s", s->path);
}

/* What is left of the store, which it closes. */
static int train(gt_study_settings *s, gt_ranks *ranks, gt_store *store) {
    gt_study_session_options options = {.study = gt_study_settings_how(s),
                                        .ranks = *ranks,
                                        .path = s->path,
                                        .quiet = s->quiet == GT_SWITCH_ON || ranks->rank > 0};
    gt_ranks_share(ranks, &options.study.how);
    if (!options.quiet && s->json != GT_SWITCH_ON) gt_study_print_begin(store, s->path, ranks->n);
    int code = gt_study_session_run(store, &options);
    const gt_status closed = gt_store_close(store);
    if (code == GT_EXIT_OK && closed != GT_OK) code = gt_cli_fail_status(closed);
    if (code != GT_EXIT_OK) gt_ranks_stop(ranks);
    code = gt_ranks_agree(ranks, code);
    return code > GT_EXIT_SIGNAL ? stopped(s, ranks, code) : code;
}

static int print_end(const gt_study_settings *s) {
    gt_store *store = NULL;
    const bool json = s->json == GT_SWITCH_ON;
    if (s->quiet == GT_SWITCH_ON && !json) return GT_EXIT_OK;
    const gt_status status = gt_store_open(s->path, false, &store);
    const int code = status == GT_OK ? gt_study_print_end(store, json) : gt_cli_fail_status(status);
    gt_store_close(store);
    return code;
}

/* Every rank comes by the same agreements, whatever becomes of it. */
static int study(gt_study_settings *s, gt_ranks *ranks) {
    gt_store *store = NULL;
    int code = find_path(s);
    if (code == GT_EXIT_OK) code = check_ranks(s, ranks);
    if (code == GT_EXIT_OK && ranks->rank == 0) code = prepare(s, ranks);
    code = gt_ranks_agree(ranks, code);
    if (code == GT_EXIT_OK) code = open_store(s, ranks, &store);
    if (code == GT_EXIT_OK && ranks->rank == 0 && s->force == GT_SWITCH_ON) gt_study_weights_remove_others(s->path);
    const int opened = gt_ranks_agree(ranks, code);
    if (opened != GT_EXIT_OK) {
        gt_store_close(store);
        return opened;
    }
    code = train(s, ranks, store);
    if (code != GT_EXIT_OK) return code;
    if (ranks->rank == 0 && ranks->n > 1) code = gt_study_parts_join(s->path);
    if (ranks->rank == 0 && code == GT_EXIT_OK) code = print_end(s);
    return gt_ranks_agree(ranks, code);
}

static int run(int argc, char **argv) {
    gt_study_settings s;
    gt_ranks ranks = {.n = 1};
    int code = gt_study_settings_resolve(argc, argv, &s);
    /* Whoever gives each process its part by hand has no need of ranks. */
    if (code == GT_EXIT_OK && s.shard.source != GT_SHARD_GIVEN) code = gt_ranks_begin(&ranks);
    if (code == GT_EXIT_OK) {
        gt_interrupt_catch();
        if (s.shard_from != NULL && ranks.rank == 0) gt_cli_fail(0, "%s", s.shard_from);
        code = study(&s, &ranks);
    }
    gt_ranks_end(&ranks);
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
