/* gantry: training of generative adversarial networks made of dense layers.
 *
 * The public C API. A gt_spec says what to train; a gt_trainer trains R runs of it, one a seed, that never touch each other;
 * results come back through out-parameters. Functions that can fail return a gt_status, and gt_last_error() then gives one
 * line for a person. A trainer may be used by one thread at a time; different trainers by different threads.
 *
 * Sizes: R runs, B batch, Z latent size, X data size (2: a point of the curve), P parameters of a net. */
#ifndef GANTRY_H
#define GANTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(GANTRY_SHARED) && defined(__GNUC__)
#define GT_API __attribute__((visibility("default")))
#else
#define GT_API
#endif

#define GT_VERSION_MAJOR 0
#define GT_VERSION_MINOR 2
#define GT_VERSION_PATCH 0

/* "major.minor.patch" of the library that is linked. */
GT_API const char *gt_version(void);

/* ---------------------------------------------------------------- status */

/* X(name, text) */
#define GT_STATUS_LIST(X)                                                                                                      \
    X(GT_OK, "success")                                                                                                        \
    X(GT_ERR_ARGUMENT, "invalid argument")                                                                                     \
    X(GT_ERR_MEMORY, "out of memory")                                                                                          \
    X(GT_ERR_DEVICE, "no usable device")                                                                                       \
    X(GT_ERR_CUDA, "the GPU or its driver failed")                                                                             \
    X(GT_ERR_IO, "input or output failed")                                                                                     \
    X(GT_ERR_FILE, "unreadable or damaged file")

#define GT_STATUS_ENUM(name, text) name,
typedef enum gt_status { GT_STATUS_LIST(GT_STATUS_ENUM) GT_N_STATUSES } gt_status;
#undef GT_STATUS_ENUM

GT_API const char *gt_status_name(gt_status status);
GT_API const char *gt_status_text(gt_status status);

/* What went wrong in the last call of this thread that failed: the value, what is allowed, the way out. Never NULL. */
GT_API const char *gt_last_error(void);

/* ---------------------------------------------------------------- what to train */

/* X(name, text) */
#define GT_ACTIVATION_LIST(X)                                                                                                  \
    X(GT_LINEAR, "linear")                                                                                                     \
    X(GT_RELU, "relu")                                                                                                         \
    X(GT_LEAKY_RELU, "leaky_relu")                                                                                             \
    X(GT_TANH, "tanh")                                                                                                         \
    X(GT_SIGMOID, "sigmoid")

#define GT_ACTIVATION_ENUM(name, text) name,
typedef enum gt_activation { GT_ACTIVATION_LIST(GT_ACTIVATION_ENUM) GT_N_ACTIVATIONS } gt_activation;
#undef GT_ACTIVATION_ENUM

GT_API const char *gt_activation_name(gt_activation activation);

/* The generator, the discriminator, and the composite of the tutorial: D(G(z)), in which only G learns. */
typedef enum gt_net { GT_DISCRIMINATOR, GT_GENERATOR, GT_GAN } gt_net;

#define GT_MAX_LAYERS 8
#define GT_MAX_WIDTH  4096

/* A stack of dense layers, y = activation(W x + b). */
typedef struct gt_net_spec {
    int n_layers;                            /* dense layers, the output layer included: 2 to GT_MAX_LAYERS */
    int size[GT_MAX_LAYERS + 1];             /* size[0] inputs, size[l + 1] outputs of layer l */
    gt_activation activation[GT_MAX_LAYERS]; /* of layer l; D's last layer is linear here: its sigmoid belongs to the loss */
    double leaky_slope;                      /* of leaky_relu for negative inputs, 0 to 1 */
} gt_net_spec;

/* Adam in the epsilon-hat form (Kingma and Ba 2015, end of section 2; the form of Keras):
 * lr_t = lr sqrt(1 - beta2^t) / (1 - beta1^t); p -= lr_t m / (sqrt(v) + eps). */
typedef struct gt_adam_spec {
    double lr;    /* > 0 */
    double beta1; /* [0, 1) */
    double beta2; /* [0, 1) */
    double eps;   /* > 0 */
} gt_adam_spec;

/* The curve that G learns: y = x^2 with x uniform on [lo, hi). */
typedef struct gt_target_spec {
    double lo, hi;
} gt_target_spec;

typedef struct gt_spec {
    gt_net_spec generator;     /* Z to X */
    gt_net_spec discriminator; /* X to one logit */
    gt_adam_spec generator_adam;
    gt_adam_spec discriminator_adam;
    gt_target_spec target;
    int batch; /* B, even: D sees B/2 real and B/2 generated points an iteration, G learns from B latents */
} gt_spec;

/* Named experiments; index 0 is the tutorial. NULL past the end. */
GT_API const char *gt_preset_name(int index);
GT_API const char *gt_preset_summary(int index);

/* GT_ERR_ARGUMENT: no such preset. */
GT_API gt_status gt_spec_preset(const char *name, gt_spec *out);

/* GT_ERR_ARGUMENT where a value can't be trained. */
GT_API gt_status gt_spec_check(const gt_spec *spec);

/* Parameters of a net: for each layer its weight [out, in] row-major, then its bias [out]. GT_GAN counts both nets. */
GT_API size_t gt_spec_n_parameters(const gt_spec *spec, gt_net net);

/* ---------------------------------------------------------------- training */

/* X(name, text). AUTO takes what is faster for the number of runs. */
#define GT_DEVICE_LIST(X)                                                                                                      \
    X(GT_DEVICE_AUTO, "auto")                                                                                                  \
    X(GT_DEVICE_CPU, "cpu")                                                                                                    \
    X(GT_DEVICE_CUDA, "cuda")

#define GT_DEVICE_ENUM(name, text) name,
typedef enum gt_device { GT_DEVICE_LIST(GT_DEVICE_ENUM) GT_N_DEVICES } gt_device;
#undef GT_DEVICE_ENUM

GT_API const char *gt_device_name(gt_device device);

typedef enum gt_engine_kind { GT_ENGINE_AUTO, GT_ENGINE_FUSED } gt_engine_kind;

/* Instruction sets of the CPU engine. PORTABLE is plain C. All give the same bits. X(name, text) */
#define GT_ISA_LIST(X)                                                                                                         \
    X(GT_ISA_AUTO, "auto")                                                                                                     \
    X(GT_ISA_AVX512, "avx512")                                                                                                 \
    X(GT_ISA_AVX2, "avx2")                                                                                                     \
    X(GT_ISA_PORTABLE, "portable")

#define GT_ISA_ENUM(name, text) name,
typedef enum gt_isa { GT_ISA_LIST(GT_ISA_ENUM) GT_N_ISAS } gt_isa;
#undef GT_ISA_ENUM

GT_API const char *gt_isa_name(gt_isa isa);

#define GT_MAX_ITERATIONS UINT32_MAX
#define GT_MAX_GPUS       16

/* Zero means the default for every member but first_seed and n_runs. */
typedef struct gt_trainer_options {
    uint64_t first_seed; /* run r has seed first_seed + r */
    size_t n_runs;       /* R, at least 1 */
    gt_device device;
    gt_engine_kind engine;
    gt_isa isa;
    int n_threads;         /* 0: one a processor; more than R are not used */
    int n_gpus;            /* 0: every GPU that can be used */
    int gpus[GT_MAX_GPUS]; /* their numbers, as gt_devices() and CUDA_VISIBLE_DEVICES count them; runs are divided among them */
} gt_trainer_options;

typedef struct gt_trainer gt_trainer;

/* R untrained runs. GT_ERR_ARGUMENT, GT_ERR_MEMORY, GT_ERR_DEVICE (no such instruction set or GPU here, or the GPU can't hold
 * such nets), or GT_ERR_CUDA. */
GT_API gt_status gt_trainer_create(const gt_spec *spec, const gt_trainer_options *options, gt_trainer **out);
GT_API void gt_trainer_destroy(gt_trainer *trainer); /* NULL is fine */

/* What was taken where the options said auto. Strings live as long as the trainer. */
typedef struct gt_trainer_info {
    const char *engine; /* "fused" */
    const char *device; /* "cpu", "cuda" */
    const char *isa;    /* "avx512", "avx2", "portable"; of a GPU "sm_90" and the like */
    const char *why;    /* the reason for device and instruction set, half a sentence */
    int n_threads;
    int n_gpus; /* 0 on the CPU */
    size_t n_runs;
    uint64_t first_seed;
    uint64_t iteration; /* completed iterations */
    size_t state_bytes_per_run;
} gt_trainer_info;

GT_API gt_trainer_info gt_trainer_get_info(const gt_trainer *trainer);
GT_API const gt_spec *gt_trainer_get_spec(const gt_trainer *trainer);

/* Trains every run for n_iterations more. A run that diverges is frozen where it did; the others go on. */
GT_API gt_status gt_trainer_advance(gt_trainer *trainer, uint64_t n_iterations);

/* What gantry can compute on here: an instruction set of the CPU, or a GPU. */
typedef struct gt_device_info {
    gt_device device; /* GT_DEVICE_CPU, GT_DEVICE_CUDA */
    int gpu;          /* its number; -1 where this row only tells why there are no GPUs, and for the CPU */
    char name[128];   /* of the GPU; of the CPU's instruction set as gt_isa_name() has it */
    bool usable;
    char note[192]; /* what it can do, or why not */
} gt_device_info;

/* Fills at most `capacity` rows; returns how many there are. */
GT_API size_t gt_devices(gt_device_info *out, size_t capacity);

/* ---------------------------------------------------------------- scores and samples */

/* One run at one checkpoint; every definition is in docs/study.md. NaN where a value does not exist. */
typedef struct gt_metrics {
    uint64_t iteration;   /* completed iterations */
    bool diverged;        /* frozen at diverged_at */
    uint64_t diverged_at; /* the iteration (from 0) that met the first value that is not finite */
    double acc_real;      /* share of the first n_accuracy real points that D takes for real (p > 0.5) */
    double acc_fake;      /* share of as many generated points that D takes for generated */
    double d_loss_real;   /* binary cross-entropy of the last iteration's three steps */
    double d_loss_fake;
    double g_loss;
    double resid_mean; /* mean of |y - f(x)| over n_samples generated points */
    double resid_p95;  /* its 95th percentile */
    double w1_x;       /* Wasserstein-1 distance of the generated x to the uniform distribution */
    double w1_x_floor; /* what a perfect sampler would show at this n_samples */
    double support;    /* share of x inside the domain */
    double coverage;   /* of 20 equal bins of x, those with enough good samples */
    double std_x;      /* standard deviation of x */
    double energy;     /* energy distance to n_energy real points; NaN when n_energy is 0 */
    int n_accuracy, n_samples, n_energy;
} gt_metrics;

typedef struct gt_evaluate_options {
    int n_samples;  /* 0: 10,000 */
    int n_accuracy; /* 0: 100 */
    int n_energy;   /* 0: energy distance left out; it costs n^2 */
} gt_evaluate_options;

/* Scores every run: rows[R]. options may be NULL. The state is left as it is. */
GT_API gt_status gt_trainer_evaluate(gt_trainer *trainer, const gt_evaluate_options *options, gt_metrics *rows);

/* The first n points that gt_trainer_evaluate scores at this iteration: real [n, X] and generated [n, X]; either may be NULL.
 */
GT_API gt_status gt_trainer_evaluation_points(gt_trainer *trainer, size_t run, size_t n, float *real, float *generated);

/* n points drawn from the generator of a run: out[n, X]. Draw d of a run at an iteration is the same points each time. */
GT_API gt_status gt_trainer_sample(gt_trainer *trainer, size_t run, uint32_t draw, size_t n, float *out);

/* What became of a run; docs/study.md has the rules. X(name, text) */
#define GT_OUTCOME_LIST(X)                                                                                                     \
    X(GT_OUTCOME_STABLE, "stable")                                                                                             \
    X(GT_OUTCOME_OSCILLATING, "oscillating")                                                                                   \
    X(GT_OUTCOME_CONVERGED, "converged")                                                                                       \
    X(GT_OUTCOME_PARTIAL, "partial")                                                                                           \
    X(GT_OUTCOME_COLLAPSED, "collapsed")                                                                                       \
    X(GT_OUTCOME_DIVERGED, "diverged")                                                                                         \
    X(GT_OUTCOME_OTHER, "other")

#define GT_OUTCOME_ENUM(name, text) name,
typedef enum gt_outcome { GT_OUTCOME_LIST(GT_OUTCOME_ENUM) GT_N_OUTCOMES } gt_outcome;
#undef GT_OUTCOME_ENUM

GT_API const char *gt_outcome_name(gt_outcome outcome);

/* Thresholds; gt_outcome_rules_default() gives those of docs/study.md. */
typedef struct gt_outcome_rules {
    double resid_mean_below, w1_x_below, coverage_at_least; /* converged at a checkpoint */
    double partial_coverage_at_most;
    double collapsed_std_x_below;
    double diverged_support_below;
    int window; /* K: checkpoints that decide between stable and oscillating */
} gt_outcome_rules;

GT_API gt_outcome_rules gt_outcome_rules_default(void);
GT_API bool gt_metrics_converged(const gt_metrics *row, const gt_outcome_rules *rules);

/* The outcome of one run from its checkpoints so far, oldest first; n >= 1. */
GT_API gt_outcome gt_outcome_of(const gt_metrics *rows, size_t n, const gt_outcome_rules *rules);

/* ---------------------------------------------------------------- state */

/* Adam's moments are kept scaled: m' = m / (1 - beta1) and v' = v / (1 - beta2), with a floor in v' (docs/numerics.md). */
typedef enum gt_state_part { GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V } gt_state_part;

/* One part of the state of one net of one run, in the order of gt_spec_n_parameters: P floats. net: not GT_GAN. */
GT_API gt_status gt_trainer_get_state(const gt_trainer *trainer, size_t run, gt_net net, gt_state_part part, float *out);
GT_API gt_status gt_trainer_set_state(gt_trainer *trainer, size_t run, gt_net net, gt_state_part part, const float *in);

/* Adam steps that a net of a run has taken (t). */
GT_API uint64_t gt_trainer_adam_steps(const gt_trainer *trainer, size_t run, gt_net net);

#define GT_DIGEST_CHARS 33
/* 32 hexadecimal digits and a NUL over weights, m', v' of D, then of G (docs/file-formats.md). Same digest = same bits. */
GT_API gt_status gt_trainer_digest(const gt_trainer *trainer, size_t run, char out[GT_DIGEST_CHARS]);

/* A checkpoint of all runs, from which gt_trainer_load continues bit for bit. The file appears whole or not at all. */
GT_API gt_status gt_trainer_save(const gt_trainer *trainer, const char *path);

/* A trainer from a checkpoint; options: device, engine, isa, n_threads, n_gpus and gpus count, NULL for defaults. GT_ERR_FILE.
 */
GT_API gt_status gt_trainer_load(const char *path, const gt_trainer_options *options, gt_trainer **out);

/* The weights of one net of all runs for other programs (safetensors). net: not GT_GAN. */
GT_API gt_status gt_trainer_export(const gt_trainer *trainer, gt_net net, const char *path);

/* ---------------------------------------------------------------- one net on a given batch */

typedef struct gt_batch_result {
    double loss;     /* binary cross-entropy, mean over the batch, before the update */
    double accuracy; /* share of samples with (p > 0.5) == (label > 0.5) */
} gt_batch_result;

/* Keras' train_on_batch. GT_DISCRIMINATOR: one Adam step of D on points x[n, X] with labels y[n] in [0, 1]. GT_GAN: one Adam
 * step of G on latents x[n, Z] through D, which stays as it is. Any n >= 1. result may be NULL. */
GT_API gt_status gt_trainer_train_on_batch(gt_trainer *trainer, size_t run, gt_net net, const float *x, const float *y,
                                           size_t n, gt_batch_result *result);

/* Keras' evaluate: the same without the step. */
GT_API gt_status gt_trainer_evaluate_on_batch(gt_trainer *trainer, size_t run, gt_net net, const float *x, const float *y,
                                              size_t n, gt_batch_result *result);

/* Keras' predict. GT_GENERATOR: x[n, Z] to out[n, X]; GT_DISCRIMINATOR: x[n, X] to probabilities out[n]; GT_GAN: x[n, Z] to
 * probabilities out[n]. */
GT_API gt_status gt_trainer_predict(gt_trainer *trainer, size_t run, gt_net net, const float *x, size_t n, float *out);

#ifdef __cplusplus
}
#endif
#endif
