/* private to the CLI. A run from its first iteration to its last, and the files of its folder: what gantry train and gantry
 * replay share. */
#ifndef GT_CLI_RUN_SESSION_H
#define GT_CLI_RUN_SESSION_H

#include "cli/image_record.h"
#include "cli/progress.h"
#include "cli/run_folder.h"
#include "cli/run_record.h"
#include "cli/train_report.h"
#include "cli/train_settings.h"

#define GT_PLOTS_MISSING "pictures need gnuplot; install it (Debian: apt install gnuplot-nox)"

typedef struct gt_run_session gt_run_session;

/* Who looks at a run beside its own schedule. */
typedef struct gt_run_watch {
    void *context;
    uint64_t (*next)(void *context, uint64_t iteration); /* where it wants to look next, behind this iteration */
    gt_status (*look)(void *context, gt_run_session *session);
    gt_status (*draw)(void *context, gt_run_session *session); /* an animation, after the run's pictures */
} gt_run_watch;

/* Zero it, then fill in settings, and what of the rest stands first. */
struct gt_run_session {
    gt_train_settings settings;
    const gt_run_watch *watch; /* NULL: nobody; its looks instead of lines on stdout */
    char *way_on;              /* "go on with: ...", for the user when the run is interrupted or fails; owned */

    gt_trainer *trainer;
    gt_run_folder folder;
    gt_run_record record;
    gt_image_record image_record;
    uint64_t iteration, first_iteration;

    gt_progress progress;
    uint64_t saved_iteration;
    uint64_t chunk;                            /* iterations that take about a twentieth of a second */
    double began, training_seconds, next_save; /* seconds */
    size_t n_pictures;
    const char *animation; /* the file in the folder that was drawn; NULL: none */
};

/* With trainer, folder and record there: writes what a run needs to be resumed from its first moment, trains until the last
 * iteration or a signal, and saves. Returns an exit code, the error printed; *finished: the last iteration is reached. A
 * folder in which nothing can be written is taken back. */
int gt_run_session_train(gt_run_session *session, bool *finished);

/* After that the weights, and last the pictures: whatever becomes of them, the other files are whole. Exit codes, errors
 * printed.
 */
int gt_run_session_export(gt_run_session *session);
int gt_run_session_draw(gt_run_session *session);

/* Whether all that was printed has reached stdout; else saves the run and says so. The same. */
int gt_run_session_flush(gt_run_session *session);

/* Says that the run was interrupted. Returns the exit code. */
int gt_run_session_interrupted(const gt_run_session *session);

gt_train_result gt_run_session_result(const gt_run_session *session, bool interrupted);

void gt_run_session_free(gt_run_session *session);

#endif
