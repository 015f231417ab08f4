/* In muParser's place where there is none (aarch64_test.sh): the functions of x that gantry has built in, in plain C. */
#include <math.h>
#include <muParserDLL.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONSTANTS = 16, N_FUNCTIONS = 6 };

typedef struct {
    const double *x;
    const char *names[MAX_CONSTANTS];
    double values[MAX_CONSTANTS];
    int n_constants, function;
} parser;

static double constant(const parser *p, const char *name) {
    for (int k = 0; k < p->n_constants; k++)
        if (strcmp(p->names[k], name) == 0) return p->values[k];
    abort();
}

static double polynomial(const parser *p, double x) {
    static const char *const names[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"};
    double y = constant(p, names[7]);
    for (int k = 6; k >= 0; k--) y = constant(p, names[k]) + x * y;
    return y;
}

static double wave(const parser *p, double x, double (*f)(double)) {
    return constant(p, "amplitude") * f(2 * constant(p, "pi") * constant(p, "frequency") * x + constant(p, "phase"));
}

static double value(const parser *p, double x) {
    const double off = p->function == 5 ? (x - constant(p, "mean")) / constant(p, "sd") : 0;
    switch (p->function) {
    case 0:
        return x * x;
    case 1:
        return constant(p, "a") * (x * x) + constant(p, "b") * x + constant(p, "c");
    case 2:
        return wave(p, x, sin);
    case 3:
        return wave(p, x, cos);
    case 4:
        return polynomial(p, x);
    default:
        return constant(p, "height") * exp(-0.5 * (off * off));
    }
}

muParserHandle_t mupCreate(int type) {
    (void)type;
    return calloc(1, sizeof(parser));
}

void mupRelease(muParserHandle_t p) { free(p); }

void mupSetErrorHandler(muParserHandle_t p, muErrorHandler_t handler) { (void)p, (void)handler; }

void mupDefineVar(muParserHandle_t p, const muChar_t *name, muFloat_t *x) { ((parser *)p)->x = x, (void)name; }

void mupDefineConst(muParserHandle_t handle, const muChar_t *name, muFloat_t constant_value) {
    parser *p = handle;
    if (p->n_constants == MAX_CONSTANTS) abort();
    p->names[p->n_constants] = name;
    p->values[p->n_constants++] = constant_value;
}

void mupSetExpr(muParserHandle_t p, const muChar_t *text) {
    static const char *const texts[N_FUNCTIONS] = {
        "x^2",
        "a*x^2 + b*x + c",
        "amplitude*sin(2*pi*frequency*x + phase)",
        "amplitude*cos(2*pi*frequency*x + phase)",
        "c0 + x*(c1 + x*(c2 + x*(c3 + x*(c4 + x*(c5 + x*(c6 + x*c7))))))",
        "height*exp(-0.5*((x - mean)/sd)^2)",
    };
    for (int k = 0; k < N_FUNCTIONS; k++)
        if (strcmp(text, texts[k]) == 0) {
            ((parser *)p)->function = k;
            return;
        }
    fprintf(stderr, "f(x) = %s is not known here\n", text);
    abort();
}

muFloat_t mupEval(muParserHandle_t p) { return value(p, *((parser *)p)->x); }

muFloat_t *mupEvalMulti(muParserHandle_t p, int *n) {
    (void)p;
    *n = 1;
    return NULL;
}

muBool_t mupError(muParserHandle_t p) {
    (void)p;
    return 0;
}

const muChar_t *mupGetErrorMsg(muParserHandle_t p) {
    (void)p;
    return "";
}

muInt_t mupGetErrorPos(muParserHandle_t p) {
    (void)p;
    return -1;
}
