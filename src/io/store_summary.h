/* private. Everything that is told of a study, computed from its store: outcomes, checkpoints, times to convergence, relapses,
 * and which runs are the best, the median and the worst. How settings compare is in store_sweep.h.
 *
 * Memory: the columns of one checkpoint (8 bytes a run and metric) and about 1 KB a setting and checkpoint. */
#ifndef GT_IO_STORE_SUMMARY_H
#define GT_IO_STORE_SUMMARY_H

#include "core/statistics.h"
#include "io/store.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GT_N_PERCENTILES = 7, GT_MAX_STORE_METRICS = 32 };
extern const double gt_summary_percents[GT_N_PERCENTILES]; /* 1, 5, 25, 50, 75, 95, 99 */

typedef struct gt_metric_summary {
    uint64_t n; /* values that are not NaN */
    double percentile[GT_N_PERCENTILES];
} gt_metric_summary;

/* The runs of a group at one iteration. */
typedef struct gt_checkpoint_summary {
    uint64_t iteration;
    uint64_t n, n_converged; /* runs that were scored there */
    gt_interval converged;   /* share, 95 % */
    gt_metric_summary metric[GT_MAX_STORE_METRICS];
} gt_checkpoint_summary;

/* Areas under the curve of the tutorial's accuracies as detectors of a run that has not converged at the end: the chance that a
 * failed run's number is above that of a converged one. NaN where all runs ended alike. At equilibrium both accuracies are 1/2,
 * so it is the distance from there that should tell most. */
typedef struct gt_accuracy_auc {
    double mean, real, fake; /* (acc_real + acc_fake) / 2, and each */
    double mean_off_half;    /* |(acc_real + acc_fake) / 2 - 1/2| */
    double each_off_half;    /* |acc_real - 1/2| + |acc_fake - 1/2| */
    uint64_t n_failed, n_converged;
} gt_accuracy_auc;

#define GT_NO_RUN SIZE_MAX

/* The runs of one setting, or of all of them. */
typedef struct gt_group_summary {
    size_t first, end; /* of the summary's runs */
    uint64_t n_finished;
    uint64_t n_outcome[GT_N_OUTCOMES]; /* of the finished ones, as the rest, but for checkpoints and times */
    gt_interval outcome[GT_N_OUTCOMES];
    uint64_t n_converged; /* at the last checkpoint */
    gt_interval converged;
    gt_checkpoint_summary *checkpoints; /* [n_checkpoints of the summary]; n is 0 where no run got so far */

    /* Time to the first convergence of every run that has been scored; a run that hasn't converged counts up to its last
     * checkpoint. */
    gt_survival_step *steps; /* [n_steps] */
    size_t n_steps;
    uint64_t n_timed;
    gt_median_time first_converged;

    uint64_t n_ever, n_relapsed, n_relapses; /* scored runs that converged at some checkpoint, relapsed; relapses of all */
    size_t best, median, worst;              /* by distance, then seed; GT_NO_RUN where none has finished */
    gt_accuracy_auc auc;
} gt_group_summary;

typedef struct gt_store_summary {
    gt_store_run *runs; /* [n_runs], by id, so those of a setting stand together */
    size_t n_runs;
    double *last[GT_MAX_STORE_METRICS]; /* [n_metrics][n_runs]: at each run's last checkpoint; NaN where there is none */
    int n_metrics;                      /* as gt_store_metric_name() counts them */
    bool exists[GT_MAX_STORE_METRICS];  /* some run has it */
    double w1_x_floor;                  /* NaN where there is none */
    int n_samples, n_accuracy, n_energy;
    uint64_t *iterations; /* [n_checkpoints] */
    size_t n_checkpoints;
    gt_group_summary *settings; /* [n_settings] */
    size_t n_settings;
    gt_group_summary all; /* of the only setting where there is one */
} gt_store_summary;

/* GT_ERR_FILE: damaged; GT_ERR_MEMORY. out is to be freed after a failure, too. */
gt_status gt_store_summarise(gt_store *store, gt_store_summary *out);
void gt_store_summary_free(gt_store_summary *summary);

/* The index of a stored metric by its name; -1: none. */
int gt_store_metric_index(const char *name);

/* Whether a finished run has converged at its last checkpoint, and how far it is from that: infinite where it has diverged. */
bool gt_store_run_converged(const gt_store_run *run);
double gt_store_run_distance(const gt_store_run *run);

/* Finished runs by distance, then seed: order[n of the group], indexes of runs. Returns how many. GT_ERR_MEMORY. */
gt_status gt_store_rank(const gt_store_summary *summary, const gt_group_summary *group, size_t **order, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
