/* For scores_scipy_test.sh: prints statistics of the numbers in its standard input, "name value" a line:
 * statistics_main shares     of "k n"
 * statistics_main numbers    of values: percentiles, the mean and its interval, and a histogram of 10 bins on [0, 1]
 * statistics_main auc        of "score positive"
 * statistics_main pairs      of "both only_first only_second neither"
 * statistics_main survival   of "time observed" */
#include "core/statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(const char *name, double value) { printf("%s %.17g\n", name, value); }

static void print_interval(const char *name, gt_interval interval) {
    printf("%s_low %.17g\n%s_high %.17g\n", name, interval.low, name, interval.high);
}

static void print_numbers(double *values, size_t n) {
    static const double percents[] = {0, 1, 5, 25, 50, 75, 95, 99, 100};
    uint64_t bins[10] = {0};
    gt_histogram(values, n, (gt_interval){0, 1}, 10, bins);
    n = gt_sort_numbers(values, n);
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
        printf("p%g %.17g\n", percents[i], gt_percentile(values, n, percents[i]));
    print("mean", gt_mean_of(values, n).mean);
    print("half_width", gt_mean_of(values, n).half_width);
    for (size_t i = 0; i < 10; i++) printf("bin%zu %llu\n", i, (unsigned long long)bins[i]);
}

static void print_auc(const double *values, size_t n) {
    gt_scored *scored = malloc(n * sizeof *scored);
    if (scored == NULL) return;
    for (size_t i = 0; i < n; i++) scored[i] = (gt_scored){values[2 * i], values[2 * i + 1] != 0};
    print("auc", gt_auc(scored, n));
    free(scored);
}

static void print_pairs(const double *v) {
    const gt_paired_shares pairs =
        gt_compare_pairs((gt_pair_counts){(uint64_t)v[0], (uint64_t)v[1], (uint64_t)v[2], (uint64_t)v[3]});
    print("difference", pairs.difference);
    print_interval("difference", pairs.difference_interval);
    print("p", pairs.p);
}

static void print_survival(const double *values, size_t n) {
    gt_duration *durations = malloc(n * sizeof *durations);
    gt_survival_step *steps = malloc(n * sizeof *steps);
    if (durations != NULL && steps != NULL) {
        for (size_t i = 0; i < n; i++) durations[i] = (gt_duration){values[2 * i], values[2 * i + 1] != 0};
        const size_t n_steps = gt_kaplan_meier(durations, n, steps);
        for (size_t i = 0; i < n_steps; i++)
            printf("step%zu %.17g\nn%zu %llu\ns%zu %.17g\nvariance%zu %.17g\nlow%zu %.17g\nhigh%zu %.17g\n", i, steps[i].time,
                   i, (unsigned long long)steps[i].n_at_risk, i, steps[i].survival, i, steps[i].variance, i,
                   steps[i].interval.low, i, steps[i].interval.high);
        const gt_median_time median = gt_survival_median(steps, n_steps);
        print("median", median.time);
        print_interval("median", median.interval);
    }
    free(durations);
    free(steps);
}

int main(int argc, char **argv) {
    enum { CAPACITY = 1 << 16 };
    static double values[CAPACITY];
    size_t n = 0;
    if (argc != 2) return 2;
    while (n < CAPACITY && scanf("%lf", &values[n]) == 1) n++; // NOLINT(cert-err34-c)
    if (strcmp(argv[1], "shares") == 0)
        print_interval("share", gt_wilson_interval((uint64_t)values[0], (uint64_t)values[1]));
    else if (strcmp(argv[1], "numbers") == 0)
        print_numbers(values, n);
    else if (strcmp(argv[1], "auc") == 0)
        print_auc(values, n / 2);
    else if (strcmp(argv[1], "pairs") == 0)
        print_pairs(values);
    else if (strcmp(argv[1], "survival") == 0)
        print_survival(values, n / 2);
    else
        return 2;
    return 0;
}
