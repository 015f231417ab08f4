/* What the generator learns, as flags: a name or an expression, its domain and parameters. */
#include "cli/command.h"
#include "cli/spec_flags.h"
#include "io/number.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tutorial's, for expressions. */
#define DEFAULT_LO (-0.5)
#define DEFAULT_HI 0.5

static int fail(char **complaint) {
    *complaint = gt_cli_text("%s", gt_last_error());
    return GT_EXIT_USAGE;
}

void gt_target_fit_nets(gt_spec *spec) {
    spec->generator.size[spec->generator.n_layers] = spec->target.n_columns;
    spec->discriminator.size[0] = spec->target.n_columns;
}

/* ---------------------------------------------------------------- the target */

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Whether x stands in it as a word of its own. */
static bool is_expression(const char *text) {
    for (const char *c = strchr(text, 'x'); c != NULL; c = strchr(c + 1, 'x'))
        if ((c == text || !is_word(c[-1])) && !is_word(c[1])) return true;
    return false;
}

static bool is_name(const char *text) {
    for (int i = 0; gt_target_name(i) != NULL; i++)
        if (strcmp(gt_target_name(i), text) == 0) return true;
    return false;
}

int gt_target_parse(const char *text, void *member, char **complaint) {
    gt_spec *spec = member;
    gt_status status = GT_OK;
    if (is_name(text)) {
        status = gt_target_by_name(text, &spec->target);
    } else if (is_expression(text)) {
        status = gt_target_from_expression(text, DEFAULT_LO, DEFAULT_HI, &spec->target);
    } else {
        const char *best = NULL;
        for (int i = 0; gt_target_name(i) != NULL; i++) gt_cli_suggest(text, gt_target_name(i), &best);
        *complaint = best != NULL ? gt_cli_text("no such target; did you mean %s?", best)
                                  : gt_cli_text("no such target, and no expression of x; gantry target --list has them");
        return GT_EXIT_USAGE;
    }
    if (status != GT_OK) return fail(complaint);
    gt_target_fit_nets(spec);
    return GT_EXIT_OK;
}

const char *gt_target_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_target_spec *target = &((const gt_spec *)member)->target;
    if (gt_target_kind_of(target) == GT_TARGET_DATA) return NULL;
    snprintf(text, GT_OPTION_CHARS, "%s", target->expression[0] != '\0' ? target->expression : target->name);
    return text;
}

/* ---------------------------------------------------------------- its domain */

int gt_domain_parse(const char *text, void *member, char **complaint) {
    gt_target_spec *target = &((gt_spec *)member)->target;
    char first[GT_NUMBER_CHARS];
    const size_t length = strcspn(text, ":");
    if (gt_target_kind_of(target) != GT_TARGET_FUNCTION) {
        *complaint = gt_cli_text("the target %s has no domain; only functions have one", target->name);
        return GT_EXIT_USAGE;
    }
    snprintf(first, sizeof first, "%.*s", (int)length, text);
    if (length < sizeof first && text[length] == ':' && gt_number_parse_real(first, &target->lo) &&
        gt_number_parse_real(text + length + 1, &target->hi) && target->lo < target->hi && isfinite(target->lo) &&
        isfinite(target->hi))
        return GT_EXIT_OK;
    *complaint = gt_cli_text("it takes two numbers, the smaller first, such as -1:1");
    return GT_EXIT_USAGE;
}

const char *gt_domain_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_target_spec *target = &((const gt_spec *)member)->target;
    char lo[GT_NUMBER_CHARS], hi[GT_NUMBER_CHARS];
    if (gt_target_kind_of(target) != GT_TARGET_FUNCTION) return NULL;
    snprintf(text, GT_OPTION_CHARS, "%s:%s", gt_number_format(target->lo, lo), gt_number_format(target->hi, hi));
    return text;
}

/* ---------------------------------------------------------------- its parameters */

static const char *parameter(const gt_target_spec *target, int index) {
    return index < GT_MAX_TARGET_PARAMETERS ? gt_target_parameter_name(target->name, index) : NULL;
}

static char *parameters_allowed(const gt_target_spec *target) {
    char list[GT_OPTION_CHARS];
    size_t length = 0;
    if (parameter(target, 0) == NULL) return gt_cli_text("the target %s has no parameters", target->name);
    for (int i = 0; parameter(target, i) != NULL; i++)
        length +=
            (size_t)snprintf(list + length, sizeof list - length, i > 0 ? ",%s=NUMBER" : "%s=NUMBER", parameter(target, i));
    return gt_cli_text("%s takes some of %s", target->name, list);
}

int gt_parameters_parse(const char *text, void *member, char **complaint) {
    gt_target_spec *target = &((gt_spec *)member)->target;
    for (bool more = true; more;) {
        char item[GT_OPTION_CHARS];
        const size_t length = strcspn(text, ",");
        snprintf(item, sizeof item, "%.*s", (int)length, text);
        char *equals = strchr(item, '=');
        int i = 0;
        if (equals != NULL) *equals = '\0';
        while (parameter(target, i) != NULL && strcmp(parameter(target, i), item) != 0) i++;
        if (equals == NULL || parameter(target, i) == NULL || !gt_number_parse_real(equals + 1, &target->parameter[i]) ||
            !isfinite(target->parameter[i])) {
            *complaint = parameters_allowed(target);
            return GT_EXIT_USAGE;
        }
        more = text[length] == ',';
        text += length + more;
    }
    return GT_EXIT_OK;
}

const char *gt_parameters_format(const void *member, char text[GT_OPTION_CHARS]) {
    const gt_target_spec *target = &((const gt_spec *)member)->target;
    char number[GT_NUMBER_CHARS];
    size_t length = 0;
    for (int i = 0; parameter(target, i) != NULL; i++)
        length += (size_t)snprintf(text + length, GT_OPTION_CHARS - length, "%s%s=%s", i > 0 ? "," : "", parameter(target, i),
                                   gt_number_format(target->parameter[i], number));
    return length > 0 ? text : NULL;
}
