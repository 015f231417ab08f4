/* Ranks. What starts programs together says so in the environment, each launcher by its own variable; MPI is begun only where
 * one of them counts more than one process, since MPI_Init() costs a program that is alone a tenth of a second and its
 * signals. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "cli/ranks.h"

#include "cli/command.h"
#include "io/number.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef GANTRY_MPI
#include <mpi.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#endif

static int count_in(const char *variable) {
    const char *text = getenv(variable);
    uint64_t count;
    return text != NULL && gt_number_parse_u64(text, &count) && count <= INT_MAX ? (int)count : 0;
}

/* By Open MPI; by MPICH, Intel MPI and srun --mpi=pmi2; by MVAPICH. With PMIx srun has the count. */
static const char *const sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE"};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static int n_started(void) {
    for (int k = 0; k < N_SIZES; k++)
        if (getenv(sizes[k]) != NULL) return count_in(sizes[k]);
    return count_in("SLURM_STEP_NUM_TASKS");
}

void gt_ranks_share(const gt_ranks *ranks, gt_trainer_options *options) {
    gt_device_info devices[GT_MAX_GPUS + 8];
    const size_t capacity = sizeof devices / sizeof *devices;
    if (ranks->n == 1) return;
    if (options->n_threads == 0) options->n_threads = ranks->n_threads;
    if (options->device == GT_DEVICE_CPU || options->isa != GT_ISA_AUTO) return;
    if (options->n_gpus == 0) {
        const size_t n = gt_devices(devices, capacity);
        for (size_t k = 0; k < n && k < capacity && options->n_gpus < GT_MAX_GPUS; k++)
            if (devices[k].device == GT_DEVICE_CUDA && devices[k].usable) options->gpus[options->n_gpus++] = devices[k].gpu;
    }
    if (options->n_gpus == 0) return;
    options->gpus[0] = options->gpus[ranks->on_node % options->n_gpus];
    options->n_gpus = 1;
}

#ifndef GANTRY_MPI

int gt_ranks_begin(gt_ranks *out) {
    *out = (gt_ranks){.n = 1, .n_node = 1};
    if (n_started() <= 1) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE,
                       "%d processes were started together, but this gantry is built without MPI; build it where MPI is "
                       "installed, start one process, or give each a part (--shard i/n)",
                       n_started());
}

void gt_ranks_stop(const gt_ranks *ranks) { (void)ranks; }
bool gt_ranks_stopped(const gt_ranks *ranks) { return ranks->n < 0; }
int gt_ranks_agree(const gt_ranks *ranks, int code) { return ranks->n == 1 ? code : GT_EXIT_FAILURE; }
void gt_ranks_end(gt_ranks *ranks) { ranks->n = 1; }

#else

enum { STOP_TAG = 1 };

/* Of this process: whether it has told the others to stop, and by how many it was told. */
static bool told;
static int n_heard;

/* srun without --mpi: tasks that do not know of each other. */
static bool is_bare_srun(void) {
    bool bare = getenv("PMIX_RANK") == NULL;
    for (int k = 0; k < N_SIZES; k++) bare = bare && getenv(sizes[k]) == NULL;
    return bare;
}

/* Ranks of this machine that have the same processors as this one divide them; those that mpirun has bound apart do not. */
static int share_of_processors(MPI_Comm node, int rank, int n_node) {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    if (sched_getaffinity(0, sizeof mine, &mine) != 0) return 1;
    cpu_set_t *all = gt_cli_resize(NULL, (size_t)n_node, sizeof *all);
    int n_others = 0;
    MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all, sizeof mine, MPI_BYTE, node);
    for (int k = 0; k < n_node; k++) n_others += k != rank && CPU_EQUAL(&mine, &all[k]) != 0;
    free(all);
    const int share = CPU_COUNT(&mine) / (1 + n_others);
    return share > 0 ? share : 1;
}

int gt_ranks_begin(gt_ranks *out) {
    static char who[32];
    int level;
    MPI_Comm node;
    *out = (gt_ranks){.n = 1, .n_node = 1};
    if (n_started() <= 1) return GT_EXIT_OK;
    if (is_bare_srun())
        return gt_cli_fail(GT_EXIT_USAGE,
                           "srun started %d processes that do not know of each other; start them with srun --mpi=pmix (srun "
                           "--mpi=list tells what there is), start one, or give each a part (--shard i/n)",
                           n_started());
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
        return gt_cli_fail(GT_EXIT_FAILURE, "MPI does not start");
    MPI_Comm_rank(MPI_COMM_WORLD, &out->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &out->n);
    if (out->n == 1) {
        MPI_Finalize();
        return gt_cli_fail(GT_EXIT_USAGE,
                           "%d processes were started together, but the MPI that this gantry is built with finds one; "
                           "start them with its own mpirun, or give each a part (--shard i/n)",
                           n_started());
    }
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, out->rank, MPI_INFO_NULL, &node);
    MPI_Comm_rank(node, &out->on_node);
    MPI_Comm_size(node, &out->n_node);
    out->n_threads = share_of_processors(node, out->on_node, out->n_node);
    MPI_Comm_free(&node);
    if (out->rank > 0) {
        snprintf(who, sizeof who, "rank %d: ", out->rank);
        gt_cli_speak_as(who);
    }
    return GT_EXIT_OK;
}

/* ---------------------------------------------------------------- stopping */

void gt_ranks_stop(const gt_ranks *ranks) {
    if (ranks->n == 1 || told) return;
    told = true;
    for (int other = 0; other < ranks->n; other++) {
        /* Nothing is in it, so it is on its way without the receiver. */
        if (other != ranks->rank) MPI_Send(NULL, 0, MPI_BYTE, other, STOP_TAG, MPI_COMM_WORLD);
    }
}

static void hear(void) {
    MPI_Recv(NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, STOP_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    n_heard++;
}

bool gt_ranks_stopped(const gt_ranks *ranks) {
    int there = 0;
    if (ranks->n > 1 && n_heard == 0) MPI_Iprobe(MPI_ANY_SOURCE, STOP_TAG, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE);
    if (there) hear();
    return n_heard > 0;
}

/* ---------------------------------------------------------------- agreeing */

int gt_ranks_agree(const gt_ranks *ranks, int code) {
    enum { FAILURE = 1000 };
    const struct timespec pause = {.tv_nsec = 5000000};
    int worst, done = 0, mine = code == GT_EXIT_OK || code > GT_EXIT_SIGNAL ? code : FAILURE + code;
    MPI_Request request;
    if (ranks->n == 1) return code;
    MPI_Iallreduce(&mine, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD, &request);
    /* MPI's own waiting takes a whole processor from the ranks that still work. */
    for (MPI_Test(&request, &done, MPI_STATUS_IGNORE); !done; MPI_Test(&request, &done, MPI_STATUS_IGNORE))
        nanosleep(&pause, NULL);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    return worst >= FAILURE ? worst - FAILURE : worst;
}

void gt_ranks_end(gt_ranks *ranks) {
    int tells = told, n_told;
    if (ranks->n > 1) {
        MPI_Allreduce(&tells, &n_told, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
        while (n_heard < n_told - tells) hear(); /* MPI_Finalize() may find no message that is not received */
        MPI_Finalize();
    }
    *ranks = (gt_ranks){.n = 1, .n_node = 1};
}

#endif
