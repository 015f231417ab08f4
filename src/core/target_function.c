/* Functions of x from text. A parser lives for one call, since muParser keeps a variable's address, not its value. */
#include "core/target_function.h"

#include "core/status.h"
#include "core/target_list.h"

#include <math.h>
#include <muParserDLL.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Without a handler muParser prints errors. */
static void ignore(muParserHandle_t parser) { (void)parser; }

/* muParser gives messages of all threads the same memory. Some say where, some end in a point. */
static gt_status fail_to_parse(muParserHandle_t parser, const char *text) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    char message[160], place[32] = "";
    pthread_mutex_lock(&lock);
    snprintf(message, sizeof message, "%s", mupGetErrorMsg(parser));
    pthread_mutex_unlock(&lock);
    const int position = mupGetErrorPos(parser);
    const size_t length = strlen(message);
    if (length > 0 && message[length - 1] == '.') message[length - 1] = '\0';
    if (strstr(message, "position") == NULL && position >= 0) snprintf(place, sizeof place, " at position %d", position);
    return gt_fail(GT_ERR_ARGUMENT,
                   "target \"%s\": muParser: %s%s; it takes an expression of x such as \"sin(2*pi*x) * exp(-x)\"", text,
                   message, place);
}

/* The longest stretch of the domain on which f is finite, a little shortened where f ends it. */
static bool find_finite_part(muParserHandle_t parser, const gt_target_spec *target, double *x, double part[2]) {
    enum { LAST = GT_FUNCTION_NODES - 1 };
    int first = 0, longest = 0, begin = 0;
    for (int i = 0; i <= LAST; i++) {
        *x = gt_function_node(target, i);
        if (!isfinite((float)mupEval(parser))) {
            first = i + 1;
        } else if (i - first > longest) {
            longest = i - first;
            begin = first;
        }
    }
    const double margin = 0.02 * longest;
    part[0] = gt_function_node(target, begin == 0 ? 0 : begin + margin);
    part[1] = gt_function_node(target, begin + longest == LAST ? LAST : begin + longest - margin);
    return longest > 0;
}

static gt_status fail_where_not_finite(muParserHandle_t parser, const gt_target_spec *target, const char *text, double *x) {
    const double where = *x;
    double part[2];
    if (!find_finite_part(parser, target, x, part))
        return gt_fail(GT_ERR_ARGUMENT, "f(x) = %s is finite nowhere on the domain %g:%g; give another domain or function",
                       text, target->lo, target->hi);
    return gt_fail(GT_ERR_ARGUMENT,
                   "f(x) = %s is not finite at x = %.6g; give a domain where it is, such as --domain %.3g:%.3g", text, where,
                   part[0], part[1]);
}

/* x: what the parser calls x. */
static gt_status evaluate(muParserHandle_t parser, const gt_target_spec *target, const char *text, double *x, const double *at,
                          size_t n, double *y) {
    int n_results = 0;
    *x = target->lo;
    mupEvalMulti(parser, &n_results);
    if (mupError(parser)) return fail_to_parse(parser, text);
    if (n_results != 1)
        return gt_fail(GT_ERR_ARGUMENT,
                       "target \"%s\" has %d values; it takes one expression, without a comma outside brackets", text,
                       n_results);
    for (size_t i = 0; i < n; i++) {
        *x = at[i];
        y[i] = mupEval(parser);
        if (*x != at[i])
            return gt_fail(GT_ERR_ARGUMENT, "target \"%s\" changes x; it takes an expression of x, and \"==\" compares", text);
        if (!isfinite((float)y[i])) return fail_where_not_finite(parser, target, text, x);
    }
    return GT_OK;
}

gt_status gt_function_values(const gt_target_spec *target, const double *x, size_t n, double *y) {
    const gt_builtin_target *builtin = gt_builtin_target_find(target->name);
    const char *text = builtin != NULL ? builtin->expression : target->expression;
    double variable = 0;
    muParserHandle_t parser = mupCreate(muBASETYPE_FLOAT);
    if (parser == NULL) return gt_fail(GT_ERR_MEMORY, "no memory to read \"%s\"", text);
    mupSetErrorHandler(parser, ignore);
    mupDefineVar(parser, "x", &variable);
    mupDefineConst(parser, "pi", 3.14159265358979323846);
    mupDefineConst(parser, "e", 2.71828182845904523536);
    for (int p = 0; gt_target_parameter_name(target->name, p) != NULL; p++)
        mupDefineConst(parser, gt_target_parameter_name(target->name, p), target->parameter[p]);
    mupSetExpr(parser, text);
    const gt_status status = evaluate(parser, target, text, &variable, x, n, y);
    mupRelease(parser);
    return status;
}
