/* What settings of a trainer have in common: all that kernels are compiled for (engine/fused_recipe.c, the nets' layers) and
 * the target with its scaling. What is not looked at here, every run may have for itself. */
#include "core/settings.h"

#include "core/status.h"

#include <stdio.h>
#include <string.h>

/* The first difference: a member, and its values in both specs. */
typedef struct {
    char member[64], first[GT_EXPRESSION_CHARS], other[GT_EXPRESSION_CHARS];
} difference;

static bool found(difference *out, const char *member, const char *first, const char *other) {
    snprintf(out->member, sizeof out->member, "%s", member);
    snprintf(out->first, sizeof out->first, "%s", first);
    snprintf(out->other, sizeof out->other, "%s", other);
    return true;
}

static bool texts(difference *out, const char *member, const char *first, const char *other) {
    return strcmp(first, other) != 0 && found(out, member, first, other);
}

static bool numbers(difference *out, const char *member, double first, double other) {
    char a[32], b[32];
    if (first == other) return false;
    snprintf(a, sizeof a, "%.15g", first);
    snprintf(b, sizeof b, "%.15g", other);
    return found(out, member, a, b);
}

static bool choices(difference *out, const char *member, bool first, bool other) {
    return first != other && found(out, member, first ? "not 0" : "0", other ? "not 0" : "0");
}

static bool nets(difference *out, const char *name, const gt_net_spec *first, const gt_net_spec *other) {
    char member[64];
    snprintf(member, sizeof member, "%s.n_layers", name);
    if (first->n_layers != other->n_layers) return numbers(out, member, first->n_layers, other->n_layers);
    for (int l = 0; l <= first->n_layers; l++) {
        if (first->size[l] == other->size[l]) continue;
        snprintf(member, sizeof member, "%s.size[%d]", name, l);
        return numbers(out, member, first->size[l], other->size[l]);
    }
    for (int l = 0; l < first->n_layers; l++) {
        if (first->activation[l] == other->activation[l]) continue;
        snprintf(member, sizeof member, "%s.activation[%d]", name, l);
        return texts(out, member, gt_activation_name(first->activation[l]), gt_activation_name(other->activation[l]));
    }
    return false;
}

static bool targets(difference *out, const gt_target_spec *first, const gt_target_spec *other) {
    char member[64];
    if (texts(out, "target.name", first->name, other->name) ||
        texts(out, "target.expression", first->expression, other->expression) ||
        numbers(out, "target.lo", first->lo, other->lo) || numbers(out, "target.hi", first->hi, other->hi))
        return true;
    for (int p = 0; p < GT_MAX_TARGET_PARAMETERS; p++) {
        if (first->parameter[p] == other->parameter[p]) continue;
        snprintf(member, sizeof member, "target.parameter[%d]", p);
        return numbers(out, member, first->parameter[p], other->parameter[p]);
    }
    if (numbers(out, "target.n_points", (double)first->n_points, (double)other->n_points) ||
        numbers(out, "target.n_columns", first->n_columns, other->n_columns) ||
        numbers(out, "target.height", first->height, other->height) || numbers(out, "target.width", first->width, other->width))
        return true;
    const size_t n = first->n_points * (size_t)first->n_columns;
    for (size_t i = 0; first->pixels != other->pixels && i < n; i++) {
        if (first->pixels[i] == other->pixels[i]) continue;
        snprintf(member, sizeof member, "target.pixels[%zu]", i);
        return numbers(out, member, first->pixels[i], other->pixels[i]);
    }
    for (size_t i = 0; first->points != other->points && i < n; i++) {
        if (first->points[i] == other->points[i]) continue;
        snprintf(member, sizeof member, "target.points[%zu]", i);
        return numbers(out, member, (double)first->points[i], (double)other->points[i]);
    }
    return false;
}

static int half_batch(const gt_spec *spec) { return spec->half_batch > 0 ? spec->half_batch : spec->batch / 2; }

static bool has_weight_decay(const gt_spec *spec) {
    return spec->generator_adam.weight_decay > 0 || spec->discriminator_adam.weight_decay > 0;
}

static bool specs(difference *out, const gt_spec *a, const gt_spec *b) {
    return nets(out, "generator", &a->generator, &b->generator) ||
           nets(out, "discriminator", &a->discriminator, &b->discriminator) || targets(out, &a->target, &b->target) ||
           texts(out, "scaling", gt_scaling_name(a->scaling), gt_scaling_name(b->scaling)) ||
           texts(out, "noise", gt_noise_name(a->noise), gt_noise_name(b->noise)) ||
           texts(out, "loss", gt_loss_name(a->loss), gt_loss_name(b->loss)) || numbers(out, "batch", a->batch, b->batch) ||
           numbers(out, "half_batch", half_batch(a), half_batch(b)) ||
           numbers(out, "combined_batch", a->combined_batch, b->combined_batch) ||
           numbers(out, "d_steps", a->d_steps, b->d_steps) ||
           texts(out, "decay", gt_decay_name(a->decay), gt_decay_name(b->decay)) ||
           choices(out, "weight_decay", has_weight_decay(a), has_weight_decay(b)) ||
           choices(out, "ema", a->ema > 0, b->ema > 0);
}

bool gt_spec_shares_trainer(const gt_spec *a, const gt_spec *b) {
    difference unused;
    return !specs(&unused, a, b);
}

gt_status gt_settings_check(const gt_spec *first, const gt_spec *setting, size_t index) {
    difference found;
    if (!specs(&found, first, setting)) return GT_OK;
    return gt_fail(
        GT_ERR_ARGUMENT,
        "%s of setting %zu is %s, of setting 0 %s; it must be the same in all settings of a trainer: give that one a "
        "trainer of its own",
        found.member, index, found.other, found.first);
}
