/* One run of a study again. */
#include "cli/run_again.h"

#include "cli/study_weights.h"
#include "core/study.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKS = 100 }; /* of the watch at a run */

gt_status gt_run_again_compare(const gt_trainer *trainer, const gt_store_run *run, char digest[GT_DIGEST_CHARS], bool *same) {
    const gt_status status = gt_trainer_digest(trainer, 0, digest);
    *same = status == GT_OK && strcmp(digest, run->result.digest) == 0;
    return status;
}

/* A file that is damaged, or of another run, is as good as none. */
static gt_status load(const char *path, const gt_trainer_options *how, const gt_store_run *run, gt_trainer **out) {
    char digest[GT_DIGEST_CHARS];
    bool same = false;
    if (access(path, R_OK) != 0) return GT_OK;
    gt_status status = gt_trainer_load(path, how, out);
    if (status == GT_OK) status = gt_run_again_compare(*out, run, digest, &same);
    if (!same) {
        gt_trainer_destroy(*out);
        *out = NULL;
    }
    return status == GT_ERR_MEMORY ? status : GT_OK;
}

gt_status gt_run_again_load(const gt_store *store, const gt_store_run *run, gt_trainer **out) {
    const gt_trainer_options how = {.device = GT_DEVICE_CPU, .engine = gt_store_get_study(store)->plan.arithmetic.engine};
    char *path = gt_study_weights_path(store, run->setting, run->seed);
    *out = NULL;
    const gt_status status = load(path, &how, run, out);
    free(path);
    return status;
}

gt_status gt_run_again_train(const gt_store_study *study, const gt_store_run *run, gt_run_again_watch watch, void *context,
                             gt_trainer **out) {
    const uint64_t all = study->plan.iterations, step = (all + LOOKS - 1) / LOOKS;
    const gt_trainer_options how =
        gt_study_trainer_options(&study->plan, &(gt_trainer_options){.first_seed = run->seed, .n_runs = 1});
    gt_status status = gt_trainer_create(&study->plan.settings[run->setting], &how, out);
    for (uint64_t at = 0; status == GT_OK && at < all; at += step) {
        status = gt_trainer_advance(*out, at + step < all ? step : all - at);
        watch(context, at);
    }
    return status;
}
