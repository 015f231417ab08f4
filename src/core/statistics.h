/* private. Statistics of studies: what many runs, times and pairs say together. Pure functions of what the caller lends; a 95 %
 * interval takes the normal quantile z = 1.959964. */
#ifndef GT_CORE_STATISTICS_H
#define GT_CORE_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_interval {
    double low, high;
} gt_interval;

/* ---------------------------------------------------------------- shares and percentiles */

/* 95 % interval of the share k / n: (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n) with p = k / n
 * (Wilson, J. Am. Stat. Assoc. 22, 1927, 209); [0, 1] for n = 0. */
gt_interval gt_wilson_interval(uint64_t k, uint64_t n);

/* Sorts upwards, NaNs last; returns how many are not NaN. */
size_t gt_sort_numbers(double *values, size_t n);

/* Percentile p, 0 to 100, of sorted[n] without NaN, linear between the ranks: at rank (n - 1) p / 100 from 0 (Hyndman and Fan,
 * Am. Stat. 50, 1996, 361, definition 7; NumPy's default); next to an infinity, that. NaN for n = 0. */
double gt_percentile(const double *sorted, size_t n, double p);

typedef struct gt_mean {
    double mean, half_width;
} gt_mean;

/* Mean of values[n] and half of its 95 % interval, t s / sqrt(n): s with n - 1, t the 0.975 quantile of Student's distribution
 * of n - 1 degrees of freedom. half_width: NaN for n < 2; both for n = 0. */
gt_mean gt_mean_of(const double *values, size_t n);

/* Adds values[n] to counts[n_bins] of equal bins on [low, high]; each holds its left end, the last one its right end too.
 * What is outside, or NaN, is not counted. */
void gt_histogram(const double *values, size_t n, gt_interval range, size_t n_bins, uint64_t *counts);

/* ---------------------------------------------------------------- a score as detector */

typedef struct gt_scored {
    double score;
    bool positive;
} gt_scored;

/* Area under the curve of sensitivity over false alarms: the chance that a positive scores above a negative, a tie counting
 * half (Mann-Whitney's U / (n+ n-): Hanley and McNeil, Radiology 143, 1982, 29). Sorts by score; leaves out those that are NaN.
 * NaN where one class is empty. */
double gt_auc(gt_scored *scored, size_t n);

/* ---------------------------------------------------------------- the same seeds under two settings */

/* How many of n pairs have an outcome: under both settings, under one of them, under none. */
typedef struct gt_pair_counts {
    uint64_t both, only_first, only_second, neither;
} gt_pair_counts;

typedef struct gt_paired_shares {
    double first, second;            /* share with the outcome */
    double difference;               /* first - second */
    gt_interval difference_interval; /* 95 % */
    double p;                        /* of the two shares being one */
} gt_paired_shares;

/* p: McNemar's exact two-sided test, 2 P(X <= min(b, c)) of X ~ Binomial(b + c, 1/2), at most 1, b and c the two counts of
 * pairs that differ (Agresti, Categorical Data Analysis, 3rd ed., 11.1.2). The interval combines the two shares' Wilson
 * intervals with their correlation (Newcombe, Stat. Med. 17, 1998, 2635, method 10). Without pairs: shares NaN, interval [-1,
 * 1], p 1. */
gt_paired_shares gt_compare_pairs(gt_pair_counts counts);

/* ---------------------------------------------------------------- times to an event */

/* How long until the event, or, unless observed, how long without it until the run was seen no more (right censoring). */
typedef struct gt_duration {
    double time;
    bool observed;
} gt_duration;

/* From time on, until the next step; before the first one survival is 1. */
typedef struct gt_survival_step {
    double time;
    uint64_t n_at_risk;   /* just before time; those censored at time are among them */
    uint64_t n_events;    /* at time */
    double survival;      /* S: estimated share without the event yet */
    double variance;      /* of S; NaN where S = 0 */
    gt_interval interval; /* 95 %, of S; NaN where S = 0 */
} gt_survival_step;

/* The product-limit estimate S(t) = product of (1 - d / r), d events among r at risk, over the times of events up to t (Kaplan
 * and Meier, J. Am. Stat. Assoc. 53, 1958, 457); variance S^2 sum of d / (r (r - d)) (Greenwood, 1926); interval S^exp(-+z s),
 * s^2 = variance / (S ln S)^2: that of ln(-ln S), so it stays inside [0, 1] (Kalbfleisch and Prentice, 1980, 1.3). Sorts
 * durations[n]; steps has room for n. Returns the number of steps: one a distinct time of an event. */
size_t gt_kaplan_meier(gt_duration *durations, size_t n, gt_survival_step *steps);

typedef struct gt_median_time {
    double time;          /* the first with S <= 1/2 */
    gt_interval interval; /* 95 %: the times whose interval of S holds 1/2 (Brookmeyer and Crowley, Biometrics 38, 1982, 29) */
} gt_median_time;

/* Each of the three is INFINITY where it is not reached. */
gt_median_time gt_survival_median(const gt_survival_step *steps, size_t n);

#ifdef __cplusplus
}
#endif
#endif
