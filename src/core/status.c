/* Status codes: names and texts from the one list in gantry.h, and the line that describes the last failure of a thread. */
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char last_error[512];

gt_status gt_fail(gt_status status, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(last_error, sizeof last_error, format, args);
    va_end(args);
    /* names from foreign files must neither break the line nor drive a terminal */
    for (char *c = last_error; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    return status;
}

const char *gt_last_error(void) { return last_error; }

const char *gt_status_name(gt_status status) {
#define STATUS_NAME(name, text) #name,
    static const char *const names[] = {GT_STATUS_LIST(STATUS_NAME)};
    return (unsigned)status < GT_N_STATUSES ? names[status] : "unknown";
}

const char *gt_status_text(gt_status status) {
#define STATUS_TEXT(name, text) text,
    static const char *const texts[] = {GT_STATUS_LIST(STATUS_TEXT)};
    return (unsigned)status < GT_N_STATUSES ? texts[status] : "unknown status";
}

#define TEXT_OF(name, text) text,

#define NAME_FUNCTION(type, LIST, COUNT)                                                                                       \
    const char *type##_name(type value) {                                                                                      \
        static const char *const texts[] = {LIST(TEXT_OF)};                                                                    \
        return (unsigned)value < (COUNT) ? texts[value] : "unknown";                                                           \
    }

NAME_FUNCTION(gt_activation, GT_ACTIVATION_LIST, GT_N_ACTIVATIONS)
NAME_FUNCTION(gt_initializer, GT_INITIALIZER_LIST, GT_N_INITIALIZERS)
NAME_FUNCTION(gt_loss, GT_LOSS_LIST, GT_N_LOSSES)
NAME_FUNCTION(gt_noise, GT_NOISE_LIST, GT_N_NOISES)
NAME_FUNCTION(gt_scaling, GT_SCALING_LIST, GT_N_SCALINGS)
NAME_FUNCTION(gt_decay, GT_DECAY_LIST, GT_N_DECAYS)
NAME_FUNCTION(gt_isa, GT_ISA_LIST, GT_N_ISAS)
NAME_FUNCTION(gt_engine_kind, GT_ENGINE_LIST, GT_N_ENGINES)
NAME_FUNCTION(gt_precision, GT_PRECISION_LIST, GT_N_PRECISIONS)
NAME_FUNCTION(gt_rng, GT_RNG_LIST, GT_N_RNGS)
NAME_FUNCTION(gt_device, GT_DEVICE_LIST, GT_N_DEVICES)
NAME_FUNCTION(gt_outcome, GT_OUTCOME_LIST, GT_N_OUTCOMES)

#define TEXT(x)                           #x
#define VERSION_TEXT(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *gt_version(void) { return VERSION_TEXT(GT_VERSION_MAJOR, GT_VERSION_MINOR, GT_VERSION_PATCH); }
