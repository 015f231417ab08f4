/* Specs of targets: the built-in ones by name, expressions, a caller's points. */
#include "core/target_list.h"

#include "core/status.h"
#include "core/target_data.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Defaults of functions are of the tutorial's order in x and y, so that nets of its size can learn them. polynomial is a
 * quarter of the Chebyshev polynomial T5. Sets: core/target_sets.c. */
static const gt_builtin_target targets[] = {
    {"x2", "the tutorial's parabola: y = x^2", GT_TARGET_FUNCTION, .expression = "x^2", .lo = -0.5, .hi = 0.5},
    {"quadratic", "y = a x^2 + b x + c", GT_TARGET_FUNCTION, .expression = "a*x^2 + b*x + c", .lo = -0.5, .hi = 0.5,
     .parameter = {{"a", 1}, {"b", 0.5}, {"c", 0}}},
    {"sine", "y = amplitude sin(2 pi frequency x + phase)", GT_TARGET_FUNCTION,
     .expression = "amplitude*sin(2*pi*frequency*x + phase)", .lo = -0.5, .hi = 0.5,
     .parameter = {{"amplitude", 0.5}, {"frequency", 1}, {"phase", 0}}},
    {"cosine", "y = amplitude cos(2 pi frequency x + phase)", GT_TARGET_FUNCTION,
     .expression = "amplitude*cos(2*pi*frequency*x + phase)", .lo = -0.5, .hi = 0.5,
     .parameter = {{"amplitude", 0.5}, {"frequency", 1}, {"phase", 0}}},
    {"polynomial", "y = c0 + c1 x + ... + c7 x^7, by default with two hills and two valleys", GT_TARGET_FUNCTION,
     .expression = "c0 + x*(c1 + x*(c2 + x*(c3 + x*(c4 + x*(c5 + x*(c6 + x*c7))))))", .lo = -1, .hi = 1,
     .parameter = {{"c0", 0}, {"c1", 1.25}, {"c2", 0}, {"c3", -5}, {"c4", 0}, {"c5", 4}, {"c6", 0}, {"c7", 0}}},
    {"bell", "a Gaussian bell: y = height exp(-((x - mean) / sd)^2 / 2)", GT_TARGET_FUNCTION,
     .expression = "height*exp(-0.5*((x - mean)/sd)^2)", .lo = -0.5, .hi = 0.5,
     .parameter = {{"height", 0.5}, {"mean", 0}, {"sd", 0.15}}},
    {"ring8-pacgan", "8 Gaussians on a circle, as in PacGAN: radius 1, sigma 0.01", GT_TARGET_MIXTURE, .modes = gt_ring_modes,
     .parameter = {{"modes", 8}, {"radius", 1}, {"sigma", 0.01}, {"divisor", 1}}},
    {"ring8-wgangp", "8 Gaussians on a circle, as in WGAN-GP: radius 2, sigma 0.02, divided by 1.414", GT_TARGET_MIXTURE,
     .modes = gt_ring_modes, .parameter = {{"modes", 8}, {"radius", 2}, {"sigma", 0.02}, {"divisor", 1.414}}},
    {"grid25-pacgan", "25 Gaussians on a grid, as in PacGAN: spacing 2, sigma 0.05", GT_TARGET_MIXTURE, .modes = gt_grid_modes,
     .parameter = {{"side", 5}, {"spacing", 2}, {"sigma", 0.05}, {"divisor", 1}}},
    {"grid25-wgangp", "25 Gaussians on a grid, as in WGAN-GP: spacing 2, sigma 0.05, divided by 2.828", GT_TARGET_MIXTURE,
     .modes = gt_grid_modes, .parameter = {{"side", 5}, {"spacing", 2}, {"sigma", 0.05}, {"divisor", 2.828}}},
    {"swissroll", "a spiral, as in WGAN-GP: scikit-learn's with noise 0.25, divided by 7.5", GT_TARGET_CURVE,
     .curve = gt_swissroll_curve, .parameter = {{"noise", 0.25}, {"divisor", 7.5}}},
    {"moons", "two half circles that reach into each other: scikit-learn's with noise 0.05", GT_TARGET_CURVE,
     .curve = gt_moons_curve, .parameter = {{"noise", 0.05}}},
};

static const gt_builtin_target *at(int index) {
    return index >= 0 && index < (int)(sizeof targets / sizeof *targets) ? &targets[index] : NULL;
}

const char *gt_target_name(int index) { return at(index) != NULL ? at(index)->name : NULL; }

const char *gt_target_summary(int index) { return at(index) != NULL ? at(index)->summary : NULL; }

const gt_builtin_target *gt_builtin_target_find(const char *name) {
    for (int i = 0; at(i) != NULL; i++)
        if (strcmp(at(i)->name, name) == 0) return at(i);
    return NULL;
}

const char *gt_target_parameter_name(const char *target, int index) {
    const gt_builtin_target *found = gt_builtin_target_find(target);
    return found != NULL && index >= 0 && index < GT_MAX_TARGET_PARAMETERS ? found->parameter[index].name : NULL;
}

static gt_status no_such_target(const char *name) {
    char names[256] = "";
    for (int i = 0; at(i) != NULL; i++) {
        if (i > 0) strcat(names, ", ");
        strcat(names, at(i)->name);
    }
    return gt_fail(GT_ERR_ARGUMENT, "no target is called \"%.64s\"; there are %s", name, names);
}

gt_status gt_target_by_name(const char *name, gt_target_spec *out) {
    const gt_builtin_target *found = gt_builtin_target_find(name);
    if (found == NULL) return no_such_target(name);
    *out = (gt_target_spec){.lo = found->lo, .hi = found->hi, .n_columns = 2};
    strcpy(out->name, found->name);
    for (int p = 0; p < GT_MAX_TARGET_PARAMETERS; p++) out->parameter[p] = found->parameter[p].value;
    return GT_OK;
}

gt_status gt_target_from_expression(const char *text, double lo, double hi, gt_target_spec *out) {
    if (strlen(text) >= GT_EXPRESSION_CHARS)
        return gt_fail(GT_ERR_ARGUMENT, "an expression of %zu characters; it takes up to %d", strlen(text),
                       GT_EXPRESSION_CHARS - 1);
    *out = (gt_target_spec){.name = "expression", .lo = lo, .hi = hi, .n_columns = 2};
    strcpy(out->expression, text);
    return GT_OK;
}

gt_status gt_target_from_points(const float *points, size_t n, int n_columns, gt_target_spec *out) {
    *out = (gt_target_spec){.name = "data", .points = points, .n_points = n, .n_columns = n_columns};
    return gt_target_check(out);
}

gt_status gt_target_from_images(const gt_images *images, gt_target_spec *out) {
    *out = (gt_target_spec){.name = "images",
                            .pixels = images->pixels,
                            .n_points = images->n,
                            .n_columns = images->height * images->width * images->channels,
                            .height = images->height,
                            .width = images->width,
                            .channels = images->channels};
    return gt_target_check(out);
}

gt_target_kind gt_target_kind_of(const gt_target_spec *target) {
    const gt_builtin_target *found = gt_builtin_target_find(target->name);
    if (found != NULL) return found->kind;
    return strcmp(target->name, "data") == 0 || gt_target_is_images(target) ? GT_TARGET_DATA : GT_TARGET_FUNCTION;
}

/* ---------------------------------------------------------------- the check */

/* At least 2^11 floats must lie in the domain, or the points would stand on a few values of x. */
static gt_status check_domain(const gt_target_spec *target) {
    const double lo = target->lo, hi = target->hi, far = fmax(fabs(lo), fabs(hi));
    if (!(isfinite(lo) && isfinite(hi) && lo < hi))
        return gt_fail(GT_ERR_ARGUMENT, "domain %g:%g; it takes two numbers, the smaller first", lo, hi);
    if (!(far <= 1e30 && hi - lo >= 1e-30))
        return gt_fail(GT_ERR_ARGUMENT, "domain %g:%g; it takes numbers within +-1e30 that are at least 1e-30 apart", lo, hi);
    if (hi - lo < 0x1p-12 * far)
        return gt_fail(GT_ERR_ARGUMENT, "domain %.9g:%.9g is too narrow so far from 0 for 32-bit numbers; shift x in f(x)", lo,
                       hi);
    return GT_OK;
}

static gt_status check_points(const gt_target_spec *target) {
    if (target->n_columns < 1 || target->n_columns > GT_MAX_COLUMNS)
        return gt_fail(GT_ERR_ARGUMENT, "data of %d columns; it takes 1 to %d", target->n_columns, GT_MAX_COLUMNS);
    if (target->points == NULL || target->n_points < 1 || target->n_points > INT32_MAX)
        return gt_fail(GT_ERR_ARGUMENT, "data of %zu points; it takes 1 to %d", target->points != NULL ? target->n_points : 0,
                       INT32_MAX);
    const size_t columns = (size_t)target->n_columns;
    for (size_t i = 0; i < target->n_points * columns; i++)
        if (!(fabsf(target->points[i]) <= 1e30f))
            return gt_fail(GT_ERR_ARGUMENT,
                           "row %zu of the data has %g in column %zu; it takes finite numbers within +-1e30: leave it out",
                           i / columns + 1, (double)target->points[i], i % columns + 1);
    return GT_OK;
}

static gt_status check_images(const gt_target_spec *target) {
    const int h = target->height, w = target->width, c = target->channels;
    if (h < 1 || w < 1 || h > GT_MAX_WIDTH || w > GT_MAX_WIDTH || (c != 1 && c != 3) || h * w > GT_MAX_WIDTH / c)
        return gt_fail(GT_ERR_ARGUMENT,
                       "images of %d x %d with %d channels; it takes 1 (grey) or 3 channels, and up to %d values an image", h,
                       w, c, GT_MAX_WIDTH);
    if (target->n_columns != h * w * c)
        return gt_fail(GT_ERR_ARGUMENT, "images of %d x %d with %d channels have %d values, not %d", h, w, c, h * w * c,
                       target->n_columns);
    if (target->pixels == NULL || target->n_points < 1)
        return gt_fail(GT_ERR_ARGUMENT, "there are no images to learn; give a folder or file of them with --data");
    if (target->n_points > INT32_MAX)
        return gt_fail(GT_ERR_ARGUMENT, "%zu images; it takes 1 to %d", target->n_points, INT32_MAX);
    return GT_OK;
}

static gt_status check_parameters(const gt_target_spec *target, const gt_builtin_target *builtin) {
    for (int p = 0; p < GT_MAX_TARGET_PARAMETERS; p++) {
        const char *name = builtin != NULL ? builtin->parameter[p].name : NULL;
        if (name == NULL && target->parameter[p] != 0)
            return gt_fail(GT_ERR_ARGUMENT, "target %s has %d parameters, but number %d is given (%g)", target->name, p, p,
                           target->parameter[p]);
        if (!isfinite(target->parameter[p]))
            return gt_fail(GT_ERR_ARGUMENT, "target %s: %s %g; it takes a finite number", target->name, name,
                           target->parameter[p]);
    }
    return GT_OK;
}

gt_status gt_target_check(const gt_target_spec *target) {
    const gt_builtin_target *builtin = gt_builtin_target_find(target->name);
    const bool is_data = strcmp(target->name, "data") == 0, is_expression = strcmp(target->name, "expression") == 0;
    const bool is_images = gt_target_is_images(target);
    if (builtin == NULL && !is_data && !is_expression && !is_images) return no_such_target(target->name);
    GT_TRY(check_parameters(target, builtin));
    if (is_images) return check_images(target);
    if (is_data) return check_points(target);
    if (target->n_columns != 2)
        return gt_fail(GT_ERR_ARGUMENT, "target %s of %d columns; its points have 2", target->name, target->n_columns);
    return gt_target_kind_of(target) == GT_TARGET_FUNCTION ? check_domain(target) : GT_OK;
}
