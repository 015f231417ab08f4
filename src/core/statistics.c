/* Statistics of studies. */
#include "core/statistics.h"

#include <math.h>
#include <stdlib.h>

static const double z95 = 1.959964;

/* ---------------------------------------------------------------- shares and percentiles */

gt_interval gt_wilson_interval(uint64_t k, uint64_t n) {
    const double count = (double)n, p = (double)k / count, z2 = z95 * z95;
    const double centre = p + z2 / (2 * count);
    const double reach = z95 * sqrt(p * (1 - p) / count + z2 / (4 * count * count));
    const double scale = 1 + z2 / count;
    /* The ends are exact, where rounding would leave a trace, and right without any trial. */
    return (gt_interval){k == 0 ? 0 : (centre - reach) / scale, k == n ? 1 : (centre + reach) / scale};
}

/* Order of two numbers, NaN behind all others. */
static int compare(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

static int compare_numbers(const void *a, const void *b) { return compare(*(const double *)a, *(const double *)b); }

size_t gt_sort_numbers(double *values, size_t n) {
    if (n > 0) qsort(values, n, sizeof *values, compare_numbers);
    while (n > 0 && isnan(values[n - 1])) n--;
    return n;
}

double gt_percentile(const double *sorted, size_t n, double p) {
    if (n == 0) return NAN;
    const double rank = (double)(n - 1) * (p / 100);
    const size_t below = (size_t)rank;
    const double part = rank - (double)below, low = sorted[below];
    if (part == 0) return low;
    const double high = sorted[below + 1];
    if (isinf(low) || isinf(high)) return isinf(low) ? low : high;
    /* as NumPy, to the last bit */
    return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
}

/* P(|T| <= sqrt(f) tan(angle)) of Student's distribution of f degrees of freedom (Abramowitz and Stegun 1964, 26.7.3 and
 * 26.7.4). */
static double student_within(double angle, size_t f) {
    const double square = cos(angle) * cos(angle);
    double term = f % 2 == 0 ? 1 : cos(angle), sum = f > 1 ? term : 0;
    for (size_t k = f % 2 + 1; k + 2 < f; k += 2) {
        term *= square * (double)k / (double)(k + 1);
        sum += term;
    }
    return f % 2 == 0 ? sin(angle) * sum : (angle + sin(angle) * sum) / acos(0);
}

/* Its 0.975 quantile. */
static double student_quantile(size_t f) {
    double low = 0, high = acos(0);
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        *(student_within(middle, f) < 0.95 ? &low : &high) = middle;
    }
    return sqrt((double)f) * tan(high);
}

gt_mean gt_mean_of(const double *values, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    const double mean = sum / (double)n;
    if (n < 2) return (gt_mean){n == 0 ? NAN : mean, NAN};
    for (size_t i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean);
    return (gt_mean){mean, student_quantile(n - 1) * sqrt(squares / (double)(n - 1) / (double)n)};
}

void gt_histogram(const double *values, size_t n, gt_interval range, size_t n_bins, uint64_t *counts) {
    for (size_t i = 0; i < n; i++) {
        if (!(values[i] >= range.low && values[i] <= range.high)) continue;
        const size_t bin = (size_t)((values[i] - range.low) / (range.high - range.low) * (double)n_bins);
        counts[bin < n_bins ? bin : n_bins - 1]++;
    }
}

/* ---------------------------------------------------------------- a score as detector */

static int compare_scored(const void *a, const void *b) {
    return compare(((const gt_scored *)a)->score, ((const gt_scored *)b)->score);
}

double gt_auc(gt_scored *scored, size_t n) {
    if (n > 0) qsort(scored, n, sizeof *scored, compare_scored);
    while (n > 0 && isnan(scored[n - 1].score)) n--;
    uint64_t positives = 0, negatives = 0;
    double wins = 0;
    for (size_t i = 0; i < n;) {
        uint64_t tied[2] = {0, 0};
        const double score = scored[i].score;
        for (; i < n && scored[i].score == score; i++) tied[scored[i].positive]++;
        wins += (double)tied[true] * ((double)negatives + 0.5 * (double)tied[false]);
        positives += tied[true];
        negatives += tied[false];
    }
    return positives > 0 && negatives > 0 ? wins / ((double)positives * (double)negatives) : (double)NAN;
}

/* ---------------------------------------------------------------- the same seeds under two settings */

/* 2 P(X <= k) of X ~ Binomial(n, 1/2), k <= n / 2; at most 1. */
static double two_sided_binomial(uint64_t k, uint64_t n) {
    const double huge = 0x1p+512;
    double term = 1, sum = 0, exponent = -(double)n; /* P(X = k) = term 2^exponent */
    for (uint64_t i = 1; i <= k; i++) {
        term *= (double)(n - k + i) / (double)i;
        if (term < huge) continue;
        term /= huge;
        exponent += 512;
    }
    term = ldexp(term, (int)fmax(exponent, -3000)); /* 0 from there on */
    for (uint64_t i = k; sum + term > sum; i--) {
        sum += term;
        term *= (double)i / (double)(n - i + 1); /* 0 after i = 0 */
    }
    return fmin(1, 2 * sum);
}

/* The correlation of the two outcomes with Newcombe's continuity correction; 0 where a share is 0 or 1. */
static double corrected_phi(double both, double only_first, double only_second, double neither) {
    const double n = both + only_first + only_second + neither;
    const double first = both + only_first, second = both + only_second;
    const double scale = sqrt(first * (n - first) * second * (n - second));
    const double product = both * neither - only_first * only_second;
    if (!(scale > 0)) return 0;
    return (product > 0 ? fmax(product - n / 2, 0) : product) / scale;
}

static double combined(double a, double b, double phi) { return sqrt(a * a - 2 * phi * a * b + b * b); }

gt_paired_shares gt_compare_pairs(gt_pair_counts counts) {
    const uint64_t b = counts.only_first, c = counts.only_second, n = counts.both + b + c + counts.neither;
    if (n == 0) return (gt_paired_shares){NAN, NAN, NAN, {-1, 1}, 1};
    const uint64_t k[2] = {counts.both + b, counts.both + c};
    const double share[2] = {(double)k[0] / (double)n, (double)k[1] / (double)n};
    const gt_interval of[2] = {gt_wilson_interval(k[0], n), gt_wilson_interval(k[1], n)};
    const double phi = corrected_phi((double)counts.both, (double)b, (double)c, (double)counts.neither);
    const double difference = ((double)b - (double)c) / (double)n;
    return (gt_paired_shares){
        .first = share[0],
        .second = share[1],
        .difference = difference,
        .difference_interval = {difference - combined(share[0] - of[0].low, of[1].high - share[1], phi),
                                difference + combined(of[0].high - share[0], share[1] - of[1].low, phi)},
        .p = two_sided_binomial(b < c ? b : c, b + c),
    };
}

/* ---------------------------------------------------------------- times to an event */

static int compare_durations(const void *a, const void *b) {
    return compare(((const gt_duration *)a)->time, ((const gt_duration *)b)->time);
}

size_t gt_kaplan_meier(gt_duration *durations, size_t n, gt_survival_step *steps) {
    if (n > 0) qsort(durations, n, sizeof *durations, compare_durations);
    size_t n_steps = 0;
    double survival = 1, greenwood = 0;
    for (size_t i = 0; i < n;) {
        const double time = durations[i].time, at_risk = (double)(n - i);
        const size_t first = i;
        uint64_t events = 0;
        for (; i < n && durations[i].time == time; i++) events += durations[i].observed;
        if (events == 0) continue;
        const double left = at_risk - (double)events;
        survival *= left / at_risk;
        greenwood += (double)events / (at_risk * left); /* infinite when none is left */
        const double of_log_log = z95 * sqrt(greenwood) / log(survival);
        const bool is_zero = left == 0;
        steps[n_steps++] = (gt_survival_step){
            .time = time,
            .n_at_risk = n - first,
            .n_events = events,
            .survival = survival,
            .variance = is_zero ? (double)NAN : survival * survival * greenwood,
            .interval = {is_zero ? (double)NAN : pow(survival, exp(-of_log_log)),
                         is_zero ? (double)NAN : pow(survival, exp(of_log_log))},
        };
    }
    return n_steps;
}

gt_median_time gt_survival_median(const gt_survival_step *steps, size_t n) {
    const double half = 0.5 * (1 + 1e-12); /* S is a product of rounded quotients */
    gt_median_time median = {INFINITY, {INFINITY, INFINITY}};
    for (size_t i = n; i-- > 0;) {
        if (steps[i].survival <= half) median.time = steps[i].time;
        if (!(steps[i].interval.low > half)) median.interval.low = steps[i].time; /* also where S = 0 */
        if (steps[i].interval.high <= half) median.interval.high = steps[i].time;
    }
    return median;
}
