/* --shard. A job array stands for the shards where its numbers are 0 to n - 1 or 1 to n, times a step: whoever submits some
 * tasks again (--array=3,5) means the shards that they were, which the environment does not tell. */
#include "cli/study_shard.h"

#include "cli/command.h"
#include "io/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int gt_shard_parse(const char *text, void *member, char **complaint) {
    gt_shard *shard = member;
    char number[GT_NUMBER_CHARS];
    const char *slash = strchr(text, '/');
    *shard = (gt_shard){.source = GT_SHARD_GIVEN};
    if (strcmp(text, "slurm") == 0) {
        shard->source = GT_SHARD_SLURM;
        return GT_EXIT_OK;
    }
    if (strcmp(text, "all") == 0) {
        shard->source = GT_SHARD_ALL;
        return GT_EXIT_OK;
    }
    if (slash != NULL && (size_t)(slash - text) < sizeof number) {
        snprintf(number, sizeof number, "%.*s", (int)(slash - text), text);
        if (gt_number_parse_u64(number, &shard->index) && gt_number_parse_u64(slash + 1, &shard->n) && shard->index < shard->n)
            return GT_EXIT_OK;
    }
    *complaint = gt_cli_text("it takes " GT_SHARD_TAKES);
    return GT_EXIT_USAGE;
}

const char *gt_shard_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_shard *shard = member;
    switch (shard->source) {
    case GT_SHARD_AUTO:
        return NULL;
    case GT_SHARD_SLURM:
        return "slurm";
    case GT_SHARD_ALL:
        return "all";
    default:
        snprintf(text, GT_OPTION_CHARS, "%" PRIu64 "/%" PRIu64, shard->index, shard->n);
        return text;
    }
}

/* ---------------------------------------------------------------- Slurm's job arrays */

typedef struct {
    uint64_t id, min, max, step, count;
} job_array;

static bool number_of(const char *variable, uint64_t *out) {
    const char *text = getenv(variable);
    return text != NULL && gt_number_parse_u64(text, out);
}

static bool find_array(job_array *array) {
    *array = (job_array){.step = 1};
    if (!number_of("SLURM_ARRAY_TASK_ID", &array->id) || !number_of("SLURM_ARRAY_TASK_MIN", &array->min) ||
        !number_of("SLURM_ARRAY_TASK_MAX", &array->max) || array->id < array->min || array->id > array->max)
        return false;
    if (number_of("SLURM_ARRAY_TASK_STEP", &array->step) && array->step == 0) return false;
    if (!number_of("SLURM_ARRAY_TASK_COUNT", &array->count)) array->count = (array->max - array->min) / array->step + 1;
    return true;
}

static bool is_plain(const job_array *array) {
    return array->min <= 1 && array->count > 1 && array->count == (array->max - array->min) / array->step + 1 &&
           (array->id - array->min) % array->step == 0;
}

int gt_shard_resolve(gt_shard *shard, char **from) {
    job_array array;
    *from = NULL;
    if (shard->source == GT_SHARD_GIVEN) return GT_EXIT_OK;
    shard->index = 0;
    shard->n = 1;
    if (shard->source == GT_SHARD_ALL) return GT_EXIT_OK;
    if (!find_array(&array)) {
        if (shard->source == GT_SHARD_AUTO) return GT_EXIT_OK;
        return gt_cli_fail(GT_EXIT_USAGE,
                           "--shard slurm: this is no task of a job array (SLURM_ARRAY_TASK_ID is not set); submit "
                           "with sbatch --array=0-7, or say which shard: --shard 0/8");
    }
    if (!is_plain(&array))
        return gt_cli_fail(GT_EXIT_USAGE,
                           "task %" PRIu64 " of an array of %" PRIu64 " from %" PRIu64 " to %" PRIu64
                           ": which shard that is can't be told; say it (--shard %" PRIu64 "/N), or --shard all",
                           array.id, array.count, array.min, array.max, array.id);
    shard->index = (array.id - array.min) / array.step;
    shard->n = array.count;
    *from = gt_cli_text("shard %" PRIu64 " of %" PRIu64 ", from 0: task %" PRIu64 " of Slurm's array %" PRIu64 "-%" PRIu64
                        " (--shard all for the whole study)",
                        shard->index, shard->n, array.id, array.min, array.max);
    return GT_EXIT_OK;
}
