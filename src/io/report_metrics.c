/* The table of metrics. */
#include "io/report_metrics.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const gt_metric_text metrics[] = {
    {"acc_real", "share taken for real", GT_SCALE_LINEAR,
     "Share of the first real points (100 by default) that the discriminator takes for real: the tutorial's line."},
    {"acc_fake", "share taken for generated", GT_SCALE_LINEAR,
     "Share of as many generated points that the discriminator takes for generated."},
    {"d_loss_real", "loss on real points", GT_SCALE_LOG,
     "The discriminator's loss on real points in the last iteration, before its step."},
    {"d_loss_fake", "loss on generated points", GT_SCALE_LOG,
     "The discriminator's loss on generated points in the last iteration, before its step."},
    {"g_loss", "generator's loss", GT_SCALE_LOG, "The generator's loss in the last iteration, before its step."},
    {"resid_mean", "mean |y − f(x)|", GT_SCALE_LOG, "Mean of r = |y − f(x)| over the generated points (x, y)."},
    {"resid_p95", "95th percentile of |y − f(x)|", GT_SCALE_LOG,
     "95th percentile of r by nearest rank: the ⌈0.95 N⌉-th smallest."},
    {"w1_x", "W₁ distance of x to uniform", GT_SCALE_LOG,
     "Wasserstein-1 distance of the marginal of x to the uniform distribution on the domain [a, b]: "
     "(1/N) Σ |x₍ᵢ₎ − (a + (b − a)(i − ½)/N)|, x sorted. N points of a perfect generator show "
     "0.31333 (b − a)/√N on average, its floor."},
    {"support", "share of x inside the domain", GT_SCALE_LINEAR, "Share of the generated x inside the domain [a, b]."},
    {"coverage", "bins of x covered, of 20", GT_SCALE_COUNT,
     "Of 20 equal bins of [a, b], the number that hold at least N/80 (a quarter of their fair share) of good points: those "
     "with "
     "r < 0.03 (f's range / 0.25)."},
    {"std_x", "standard deviation of x", GT_SCALE_LINEAR, "Standard deviation of the generated x, divisor N."},
    {"modes", "modes found", GT_SCALE_COUNT,
     "Modes that are the nearest one of at least one generated point of high quality: one within 3 standard deviations of its "
     "nearest mode."},
    {"hq", "share of high quality", GT_SCALE_LINEAR,
     "Share of generated points within 3 standard deviations of their nearest mode."},
    {"reverse_kl", "reverse KL to uniform, nats", GT_SCALE_LOG,
     "Kullback-Leibler divergence Σ p ln(K p) of the shares p of the K modes among the generated points to equal ones, in "
     "nats."},
    {"jsd", "JSD to uniform, nats", GT_SCALE_LOG,
     "Jensen-Shannon divergence of the modes' shares among the points of high quality to equal ones, in nats; ln 2 where there "
     "is "
     "none."},
    {"energy", "energy distance", GT_SCALE_LOG,
     "Energy distance 2 E|X − Y| − E|X − X′| − E|Y − Y′| of generated points X and fresh real ones Y, without a point's "
     "distance to "
     "itself (U-statistics); a little below 0 more than half the time when the generator is perfect."},
    {"energy_coefficient", "energy coefficient", GT_SCALE_LOG,
     "The energy distance over 2 E|X − Y|: from 0 for one and the same distribution to 1 for two single points."},
    {"spread", "spread, real = 1", GT_SCALE_LOG,
     "Root mean square distance of generated points to their mean, over that of real points."},
};

const gt_metric_text *gt_metric_text_of(const char *name) {
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (strcmp(metrics[i].name, name) == 0) return &metrics[i];
    return NULL;
}

double gt_metric_threshold(const char *name, const gt_outcome_rules *rules) {
    const struct {
        const char *name;
        gt_target_kind kind;
        double threshold;
    } thresholds[] = {
        {"resid_mean", GT_TARGET_FUNCTION, rules->resid_mean_below},
        {"w1_x", GT_TARGET_FUNCTION, rules->w1_x_below},
        {"coverage", GT_TARGET_FUNCTION, rules->coverage_at_least},
        {"modes", GT_TARGET_MIXTURE, rules->modes_at_least},
        {"hq", GT_TARGET_MIXTURE, rules->hq_at_least},
        {"energy_coefficient", GT_TARGET_CURVE, rules->energy_coefficient_below},
        {"energy_coefficient", GT_TARGET_DATA, rules->energy_coefficient_below},
    };
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++)
        if (thresholds[i].kind == rules->kind && strcmp(thresholds[i].name, name) == 0) return thresholds[i].threshold;
    return NAN;
}
