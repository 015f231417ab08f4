/* Mixtures and curves in the plane. */
#include "core/target_sets.h"

#include "core/status.h"
#include "kernels/score.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

static double rounded(double sine) { return nearbyint(sine * 0x1p24) * 0x1p-24; }

static gt_status check_positive(const char *name, const char *parameter, double value) {
    if (value >= 1e-6 && value <= 1e6) return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT, "target %s: %s %g; it takes a number from 1e-6 to 1e6", name, parameter, value);
}

static gt_status check_count(const char *name, const char *parameter, double value, int most) {
    if (value >= 2 && value <= most && value == nearbyint(value)) return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT, "target %s: %s %g; it takes a whole number from 2 to %d", name, parameter, value, most);
}

static gt_status check_noise(const char *name, double value) {
    if (value >= 0 && value <= 1e6) return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT, "target %s: noise %g; it takes a standard deviation from 0 to 1e6", name, value);
}

/* ---------------------------------------------------------------- mixtures */

/* Modes at the angles 2 pi k / n, k = 0 to n - 1: each of them once. */
gt_status gt_ring_modes(const char *name, const double *parameter, float *modes, int *n_modes, double *sigma) {
    const double n = parameter[0], radius = parameter[1], divisor = parameter[3];
    GT_TRY(check_count(name, "modes", n, SCORE_MAX_MODES));
    GT_TRY(check_positive(name, "radius", radius));
    GT_TRY(check_positive(name, "sigma", parameter[2]));
    GT_TRY(check_positive(name, "divisor", divisor));
    for (int k = 0; k < (int)n; k++) {
        const double angle = 2 * PI * k / n;
        modes[2 * k] = (float)(rounded(cos(angle)) * radius / divisor);
        modes[2 * k + 1] = (float)(rounded(sin(angle)) * radius / divisor);
    }
    *n_modes = (int)n;
    *sigma = parameter[2] / divisor;
    return GT_OK;
}

/* side^2 modes around 0, x by x. */
gt_status gt_grid_modes(const char *name, const double *parameter, float *modes, int *n_modes, double *sigma) {
    const double side = parameter[0], spacing = parameter[1], divisor = parameter[3];
    GT_TRY(check_count(name, "side", side, 8));
    GT_TRY(check_positive(name, "spacing", spacing));
    GT_TRY(check_positive(name, "sigma", parameter[2]));
    GT_TRY(check_positive(name, "divisor", divisor));
    const int n = (int)side;
    for (int k = 0; k < n * n; k++) {
        const int column = k / n, row = k % n;
        modes[2 * k] = (float)((column - (side - 1) / 2) * spacing / divisor);
        modes[2 * k + 1] = (float)((row - (side - 1) / 2) * spacing / divisor);
    }
    *n_modes = n * n;
    *sigma = parameter[2] / divisor;
    return GT_OK;
}

/* ---------------------------------------------------------------- curves */

/* t (cos t, sin t), t = 3 pi / 2 (1 + 2 u), u uniform. */
gt_status gt_swissroll_curve(const char *name, const double *parameter, float *nodes, double *noise) {
    const double divisor = parameter[1];
    GT_TRY(check_noise(name, parameter[0]));
    GT_TRY(check_positive(name, "divisor", divisor));
    for (int k = 0; k < FUSED_CURVE_SEGMENTS; k++)
        for (int j = 0; j < 4; j++) {
            const double t = 1.5 * PI * (1 + 2 * ((3 * k + j) / (3.0 * FUSED_CURVE_SEGMENTS)));
            float *node = nodes + 2 * (4 * k + j);
            node[0] = (float)(t * rounded(cos(t)) / divisor);
            node[1] = (float)(t * rounded(sin(t)) / divisor);
        }
    *noise = parameter[0] / divisor;
    return GT_OK;
}

/* Half of the points on (cos t, sin t), half on (1 - cos t, 1/2 - sin t), t uniform on [0, pi]. */
gt_status gt_moons_curve(const char *name, const double *parameter, float *nodes, double *noise) {
    enum { HALF = FUSED_CURVE_SEGMENTS / 2 };
    GT_TRY(check_noise(name, parameter[0]));
    for (int k = 0; k < HALF; k++)
        for (int j = 0; j < 4; j++) {
            const double t = PI * ((3 * k + j) / (3.0 * HALF)), c = rounded(cos(t)), s = rounded(sin(t));
            float *first = nodes + 2 * (4 * k + j), *second = first + 8 * HALF;
            first[0] = (float)c;
            first[1] = (float)s;
            second[0] = (float)(1 - c);
            second[1] = (float)(0.5 - s);
        }
    *noise = parameter[0];
    return GT_OK;
}
