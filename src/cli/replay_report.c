/* What gantry replay prints on stdout. */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/replay.h"
#include "io/store_sweep.h"

#include <inttypes.h>
#include <stdlib.h>

void gt_replay_print_run(const gt_replay *r) {
    const gt_store_study *study = gt_store_get_study(r->store);
    const gt_store_run *run = &r->chosen.run;
    char *setting = gt_sweep_setting_name(study, run->setting);
    printf("study     %s: %s, seeds %" PRIu64 " to %" PRIu64 ", %" PRIu64 " iterations\n", gt_store_path(r->store), study->name,
           study->plan.first_seed, study->plan.first_seed + study->plan.n_seeds - 1, study->plan.iterations);
    if (study->plan.n_settings > 1) printf("setting   %zu: %s\n", run->setting, setting != NULL ? setting : "");
    printf("run       seed %" PRIu64, run->seed);
    if (r->chosen.why != NULL) printf(", %s", r->chosen.why);
    if (run->finished)
        printf(": %s, distance %.3g\n", gt_outcome_name(run->result.outcome), run->result.distance);
    else
        puts(": not finished in the study");
    free(setting);
}

static const char *digest_note(const gt_replay *r) {
    if (!r->chosen.run.finished) return ", and none in the study to compare: the run is not finished there";
    return r->check.difference == NULL ? " as in the study" : NULL;
}

static int print_json(const gt_replay *r, const gt_train_result *result) {
    cJSON *json;
    gt_status status = gt_train_json(result, "replay", &json);
    if (status != GT_OK) return gt_cli_fail_status(status);
    if (result->animation != NULL)
        cJSON_AddStringToObject(json, "animation", result->animation);
    else
        cJSON_AddNullToObject(json, "animation");
    cJSON *study = cJSON_AddObjectToObject(json, "study");
    cJSON_AddStringToObject(study, "file", gt_store_path(r->store));
    gt_json_add_u64(study, "setting", r->chosen.run.setting);
    cJSON_AddBoolToObject(study, "finished", r->chosen.run.finished);
    gt_json_add_u64(study, "rows", r->check.n_stored);
    if (r->check.difference != NULL)
        cJSON_AddStringToObject(study, "difference", r->check.difference);
    else
        cJSON_AddNullToObject(study, "difference");
    gt_cli_print_json(json);
    return GT_EXIT_OK;
}

static int print_summary(const gt_replay *r, const gt_train_result *result) {
    if (r->check.difference == NULL) printf("rows      %zu as in the study\n", r->check.n_stored);
    gt_status status = gt_train_print_summary(result);
    return status == GT_OK ? GT_EXIT_OK : gt_cli_fail_status(status);
}

int gt_replay_print_result(const gt_replay *r, bool interrupted) {
    gt_train_result result = gt_run_session_result(&r->session, interrupted);
    result.rows = r->check.rows;
    result.n_rows = r->check.n_rows;
    result.digest_note = digest_note(r);
    if (r->flags.json == GT_SWITCH_ON) return print_json(r, &result);
    return r->flags.quiet == GT_SWITCH_ON || interrupted ? GT_EXIT_OK : print_summary(r, &result);
}
