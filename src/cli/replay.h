/* private to the CLI. gantry replay: what it is told, and what it works on. */
#ifndef GT_CLI_REPLAY_H
#define GT_CLI_REPLAY_H

#include "cli/replay_check.h"
#include "cli/replay_run.h"
#include "cli/run_session.h"
#include "cli/trace.h"

typedef struct gt_replay_flags {
    gt_spec_settings base; /* the devices of it */
    const char *study, *seed, *setting, *out;
    uint64_t every;
    gt_switch force, plots, json, quiet;
} gt_replay_flags;

typedef struct gt_replay {
    gt_replay_flags flags;
    gt_store *store;
    gt_replay_run chosen;
    gt_replay_check check;
    gt_trace trace;
    bool traced;
    gt_run_watch watch;
    gt_run_session session;
} gt_replay;

/* Which run it is, before training. */
void gt_replay_print_run(const gt_replay *replay);

/* At the end: the summary or the JSON object, as the flags want it; after an interruption the object alone. Returns an exit
 * code, the error printed. */
int gt_replay_print_result(const gt_replay *replay, bool interrupted);

#endif
