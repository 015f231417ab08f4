/* The table of scores (definitions: docs/study.md). */
#include "cli/scores.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    FUNCTION = 1 << GT_TARGET_FUNCTION,
    MIXTURE = 1 << GT_TARGET_MIXTURE,
    CURVE = 1 << GT_TARGET_CURVE,
    DATA = 1 << GT_TARGET_DATA,
    ANY = FUNCTION | MIXTURE | CURVE | DATA
};

#define BINS 20 /* of coverage */

#define SCORE(member, kinds_, meaning_)                                                                                        \
    { #member, meaning_, offsetof(gt_metrics, member), kinds_ }

const gt_score gt_scores[] = {
    SCORE(acc_real, ANY, "real points that the discriminator takes for real"),
    SCORE(acc_fake, ANY, "generated points that it takes for generated"),
    SCORE(d_loss_real, ANY, "the discriminator's last loss on real points"),
    SCORE(d_loss_fake, ANY, "its last loss on generated points"),
    SCORE(g_loss, ANY, "the generator's last loss"),
    SCORE(resid_mean, FUNCTION, "mean distance of y to f(x)"),
    SCORE(resid_p95, FUNCTION, "its 95th percentile"),
    SCORE(w1_x, FUNCTION, "Wasserstein-1 distance of x to the uniform distribution"),
    SCORE(support, FUNCTION, "share of x inside the domain"),
    SCORE(coverage, FUNCTION, "bins of x that hold good points"),
    SCORE(std_x, FUNCTION, "standard deviation of x"),
    SCORE(modes, MIXTURE, "modes that have a point of high quality"),
    SCORE(hq, MIXTURE, "share of points within 3 standard deviations of a mode"),
    SCORE(reverse_kl, MIXTURE, "divergence of the modes' shares to equal ones, nats"),
    SCORE(jsd, MIXTURE, "the same of points of high quality, Jensen-Shannon, nats"),
    SCORE(energy, ANY, "energy distance to real points"),
    SCORE(energy_coefficient, ANY, "the same as a share, 0 to 1"),
    SCORE(spread, ANY, "spread of the points over that of real ones"),
    {0},
};

bool gt_score_is_of(const gt_score *score, const gt_spec *spec) {
    return (score->kinds & 1U << gt_target_kind_of(&spec->target)) != 0;
}

const gt_score *gt_score_of_line(const gt_spec *spec, int index) {
    static const char *const lines[][4] = {
        [GT_TARGET_FUNCTION] = {"resid_mean", "w1_x", "coverage"},
        [GT_TARGET_MIXTURE] = {"modes", "hq", "reverse_kl"},
        [GT_TARGET_CURVE] = {"energy_coefficient", "spread"},
        [GT_TARGET_DATA] = {"energy_coefficient", "spread"},
    };
    const char *name = lines[gt_target_kind_of(&spec->target)][index];
    for (const gt_score *score = gt_scores; name != NULL; score++)
        if (strcmp(score->name, name) == 0) return score;
    return NULL;
}

double gt_score_value(const gt_score *score, const gt_metrics *row) {
    double value;
    memcpy(&value, (const char *)row + score->offset, sizeof value);
    return value;
}

static double n_modes(const gt_spec *spec) { return gt_outcome_rules_of(spec).modes_at_least; }

/* Real and generated points look the same to the best discriminator: it gives every one the probability 1/2. */
static double perfect_loss(const gt_spec *spec) {
    return spec->loss == GT_BCE && spec->real_label == 1 && spec->fake_label == 0 ? log(2) : NAN;
}

double gt_score_perfect(const gt_score *score, const gt_spec *spec, const gt_metrics *row) {
    const struct {
        const char *name;
        double value;
    } perfect[] = {
        {"acc_real", NAN},
        {"acc_fake", NAN},
        {"d_loss_real", perfect_loss(spec)},
        {"d_loss_fake", perfect_loss(spec)},
        {"g_loss", perfect_loss(spec)},
        {"w1_x", row->w1_x_floor},
        {"support", 1},
        {"coverage", BINS},
        {"std_x", (spec->target.hi - spec->target.lo) / sqrt(12)}, /* of a uniform distribution */
        {"modes", n_modes(spec)},
        {"hq", 1 - exp(-4.5)}, /* Rayleigh's distribution at 3 */
        {"spread", 1},
    };
    for (size_t i = 0; i < sizeof perfect / sizeof *perfect; i++)
        if (strcmp(perfect[i].name, score->name) == 0) return perfect[i].value;
    return 0; /* the rest are distances */
}

char *gt_score_format(const gt_score *score, double value, const gt_spec *spec, char text[GT_NUMBER_CHARS]) {
    if (isnan(value)) return strcpy(text, "nan"); /* printf would show its sign */
    if (strcmp(score->name, "coverage") == 0)
        snprintf(text, GT_NUMBER_CHARS, "%.0f/%d", value, BINS);
    else if (strcmp(score->name, "modes") == 0)
        snprintf(text, GT_NUMBER_CHARS, "%.0f/%.0f", value, n_modes(spec));
    else
        snprintf(text, GT_NUMBER_CHARS, value < 1000 ? "%.4f" : "%.4g", value);
    return text;
}
