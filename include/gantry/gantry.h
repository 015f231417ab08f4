/* gantry: training of generative adversarial networks made of dense layers.
 *
 * The public C API. A gt_spec says what to train; a gt_trainer trains R runs of it, or of several that differ in numbers only
 * ("settings"), that never touch each other; results come back through out-parameters. Functions that can fail return a
 * gt_status, and gt_last_error() then gives one line for a person. A trainer may be used by one thread at a time; different
 * trainers by different threads.
 *
 * Sizes: R runs, B batch, Z latent size, X data size (columns of a point), P parameters of a net. */
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
#define GT_VERSION_MINOR 4
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

/* ---------------------------------------------------------------- nets */

/* X(name, text). elu: a for a > 0, else e^a - 1 (Clevert, Unterthiner, Hochreiter 2016). */
#define GT_ACTIVATION_LIST(X)                                                                                                  \
    X(GT_LINEAR, "linear")                                                                                                     \
    X(GT_RELU, "relu")                                                                                                         \
    X(GT_LEAKY_RELU, "leaky_relu")                                                                                             \
    X(GT_TANH, "tanh")                                                                                                         \
    X(GT_SIGMOID, "sigmoid")                                                                                                   \
    X(GT_ELU, "elu")

#define GT_ACTIVATION_ENUM(name, text) name,
typedef enum gt_activation { GT_ACTIVATION_LIST(GT_ACTIVATION_ENUM) GT_N_ACTIVATIONS } gt_activation;
#undef GT_ACTIVATION_ENUM

GT_API const char *gt_activation_name(gt_activation activation);

/* Initial weights of a layer, as in Keras: uniform on +-sqrt(6 / fan), or normal, cut off at two deviations, with variance
 * 2 / fan; fan is n_in for He et al. 2015, n_in + n_out for Glorot and Bengio 2010. Biases start at 0. X(name, text) */
#define GT_INITIALIZER_LIST(X)                                                                                                 \
    X(GT_HE_UNIFORM, "he_uniform")                                                                                             \
    X(GT_HE_NORMAL, "he_normal")                                                                                               \
    X(GT_GLOROT_UNIFORM, "glorot_uniform")                                                                                     \
    X(GT_GLOROT_NORMAL, "glorot_normal")

#define GT_INITIALIZER_ENUM(name, text) name,
typedef enum gt_initializer { GT_INITIALIZER_LIST(GT_INITIALIZER_ENUM) GT_N_INITIALIZERS } gt_initializer;
#undef GT_INITIALIZER_ENUM

GT_API const char *gt_initializer_name(gt_initializer initializer);

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
    gt_initializer hidden_init, output_init; /* of all layers but the last, of the last */
} gt_net_spec;

/* Adam in the epsilon-hat form (Kingma and Ba 2015, end of section 2; the form of Keras):
 * lr_t = lr sqrt(1 - beta2^t) / (1 - beta1^t); p = p (1 - lr weight_decay) - lr_t m / (sqrt(v) + eps). The decay is
 * decoupled (Loshchilov and Hutter 2019) and acts on every parameter. */
typedef struct gt_adam_spec {
    double lr;           /* > 0 */
    double beta1;        /* [0, 1) */
    double beta2;        /* [0, 1) */
    double eps;          /* > 0 */
    double weight_decay; /* >= 0; lr weight_decay < 1 */
} gt_adam_spec;

/* ---------------------------------------------------------------- what G learns */

#define GT_MAX_COLUMNS           64
#define GT_MAX_TARGET_PARAMETERS 8
#define GT_TARGET_NAME_CHARS     24
#define GT_EXPRESSION_CHARS      256

/* How a target is scored. */
typedef enum gt_target_kind {
    GT_TARGET_FUNCTION, /* points (x, f(x)), x uniform on [lo, hi) */
    GT_TARGET_MIXTURE,  /* points around modes, all alike: a mixture of Gaussians in the plane */
    GT_TARGET_CURVE,    /* points along a curve in the plane, with noise */
    GT_TARGET_DATA      /* a user's points, drawn at random */
} gt_target_kind;

/* A distribution of points. gt_target_by_name() and its siblings fill it; parameters and domain may be changed then. An image
 * is a point too: its values, rows from the top, channels last, 0 to 255. */
typedef struct gt_target_spec {
    char name[GT_TARGET_NAME_CHARS];            /* one of gt_target_name(), "expression", "data" or "images" */
    char expression[GT_EXPRESSION_CHARS];       /* of "expression": f(x), as muParser reads it; else empty */
    double lo, hi;                              /* of a function: its domain */
    double parameter[GT_MAX_TARGET_PARAMETERS]; /* as gt_target_parameter_name() names them; the rest 0 */
    const float *points;                        /* of "data": [n_points, n_columns], the caller's; a trainer copies them */
    size_t n_points;                            /* of "data" and "images"; 0 for all others */
    int n_columns;                              /* X: 2 but for data, 1 to GT_MAX_COLUMNS, and images, 1 to GT_MAX_WIDTH */
    const unsigned char *pixels;                /* of "images", in place of points: [n_points, n_columns], likewise */
    int height, width, channels;                /* of "images": n_columns is their product; 0 for all others */
} gt_target_spec;

/* Built-in targets; index 0 is the tutorial's. NULL past the end. */
GT_API const char *gt_target_name(int index);
GT_API const char *gt_target_summary(int index);

/* The name of a parameter of a built-in target; NULL where it has no more, or no such target. */
GT_API const char *gt_target_parameter_name(const char *target, int index);

/* A built-in target with its default parameters and domain. GT_ERR_ARGUMENT: no such target. */
GT_API gt_status gt_target_by_name(const char *name, gt_target_spec *out);

/* y = f(x) from its text, such as "sin(2*pi*x) * exp(-x)". Whether it can be read, and is finite everywhere, is found by
 * gt_spec_check(). GT_ERR_ARGUMENT: too long. */
GT_API gt_status gt_target_from_expression(const char *text, double lo, double hi, gt_target_spec *out);

/* Points of the caller's. GT_ERR_ARGUMENT: none, too many columns, or values that are not finite. */
GT_API gt_status gt_target_from_points(const float *points, size_t n, int n_columns, gt_target_spec *out);

/* Points of a .csv or .npy file into memory that the caller frees with gt_free(). GT_ERR_FILE names a bad row by its line. */
GT_API gt_status gt_points_read(const char *path, float **points, size_t *n, int *n_columns);
GT_API void gt_free(void *memory);

/* Images with their classes, where they have some. */
typedef struct gt_images {
    unsigned char *pixels; /* [n, height, width, channels] */
    unsigned char *labels; /* [n], below n_classes; NULL: none */
    size_t n;
    int height, width, channels; /* channels: 1 (grey) or 3 (red, green, blue) */
    int n_classes;               /* 0 where there are no labels */
} gt_images;

typedef enum gt_images_part { GT_IMAGES_TRAIN, GT_IMAGES_TEST } gt_images_part;

/* The images of a folder of IDX files (MNIST and its likes, gzipped or not), of an IDX file, of a .npy file, or of a folder of
 * PNG files (docs/file-formats.md). The part counts where a folder has both; else all of them are read. GT_ERR_FILE names the
 * file and what is wrong with it, and nothing is handed out. Free with gt_images_destroy(). */
GT_API gt_status gt_images_read(const char *path, gt_images_part part, gt_images *out);
GT_API void gt_images_destroy(gt_images *images);

/* The pixels stay the caller's. GT_ERR_ARGUMENT: none, or images of too many values. */
GT_API gt_status gt_target_from_images(const gt_images *images, gt_target_spec *out);

GT_API gt_target_kind gt_target_kind_of(const gt_target_spec *target);

/* f(x) of a function target, in double, x clamped to the domain (x^2 anywhere); GT_ERR_ARGUMENT: no function,
 * or not readable. y[n]. */
GT_API gt_status gt_target_function(const gt_target_spec *target, const double *x, size_t n, double *y);

/* How far the table from which devices draw is off f, at worst, on a grid of 8 points a segment; 0 where there is no table. */
GT_API gt_status gt_target_table_error(const gt_target_spec *target, double *out);

/* ---------------------------------------------------------------- what to train */

/* Losses of D and G from logits z; y the labels, n samples. "real" and "fake" have the labels of the spec. X(name, text)
 *  bce            cross-entropy with sigmoid; G wants its points to be taken for real (label 1): non-saturating, the tutorial
 *  minimax        the same D; G minimises log(1 - sigmoid(z)): saturating (Goodfellow et al. 2014, equation 1)
 *  least_squares  (z - y)^2 / 2; G wants real's label (Mao et al. 2017)
 *  hinge          D: max(0, 1 - z) on real, max(0, 1 + z) on fake points; G: -z (Lim and Ye 2017)
 *  wasserstein    D: -z on real, z on fake points; G: -z; D's parameters stay within +-clip (Arjovsky et al. 2017) */
#define GT_LOSS_LIST(X)                                                                                                        \
    X(GT_BCE, "bce")                                                                                                           \
    X(GT_MINIMAX, "minimax")                                                                                                   \
    X(GT_LEAST_SQUARES, "least_squares")                                                                                       \
    X(GT_HINGE, "hinge")                                                                                                       \
    X(GT_WASSERSTEIN, "wasserstein")

#define GT_LOSS_ENUM(name, text) name,
typedef enum gt_loss { GT_LOSS_LIST(GT_LOSS_ENUM) GT_N_LOSSES } gt_loss;
#undef GT_LOSS_ENUM

GT_API const char *gt_loss_name(gt_loss loss);

/* Latents: standard normal; uniform on [-1, 1]; standard normal cut off at +-2. X(name, text) */
#define GT_NOISE_LIST(X)                                                                                                       \
    X(GT_NOISE_GAUSSIAN, "gaussian")                                                                                           \
    X(GT_NOISE_UNIFORM, "uniform")                                                                                             \
    X(GT_NOISE_TRUNCATED_NORMAL, "truncated_normal")

#define GT_NOISE_ENUM(name, text) name,
typedef enum gt_noise { GT_NOISE_LIST(GT_NOISE_ENUM) GT_N_NOISES } gt_noise;
#undef GT_NOISE_ENUM

GT_API const char *gt_noise_name(gt_noise noise);

/* The affine map of each column from data to what the nets see; samples and scores are mapped back. auto: as G's output
 * activation needs it, symmetric for tanh, unit for sigmoid, else none. The range that is mapped to [-1, 1] or [0, 1] is that
 * of the function, of the data, or of the modes or curve and four standard deviations of noise. X(name, text) */
#define GT_SCALING_LIST(X)                                                                                                     \
    X(GT_SCALING_AUTO, "auto")                                                                                                 \
    X(GT_SCALING_NONE, "none")                                                                                                 \
    X(GT_SCALING_SYMMETRIC, "symmetric")                                                                                       \
    X(GT_SCALING_UNIT, "unit")

#define GT_SCALING_ENUM(name, text) name,
typedef enum gt_scaling { GT_SCALING_LIST(GT_SCALING_ENUM) GT_N_SCALINGS } gt_scaling;
#undef GT_SCALING_ENUM

GT_API const char *gt_scaling_name(gt_scaling scaling);

/* Learning rates times a factor of the iteration k, with f = min(k / iterations, 1) and e the final factor: 1 - f (1 - e), or
 * e + (1 - e) (1 + cos(pi f)) / 2. X(name, text) */
#define GT_DECAY_LIST(X)                                                                                                       \
    X(GT_DECAY_NONE, "none")                                                                                                   \
    X(GT_DECAY_LINEAR, "linear")                                                                                               \
    X(GT_DECAY_COSINE, "cosine")

#define GT_DECAY_ENUM(name, text) name,
typedef enum gt_decay { GT_DECAY_LIST(GT_DECAY_ENUM) GT_N_DECAYS } gt_decay;
#undef GT_DECAY_ENUM

GT_API const char *gt_decay_name(gt_decay decay);

typedef struct gt_spec {
    gt_net_spec generator;     /* Z to X */
    gt_net_spec discriminator; /* X to one logit */
    gt_adam_spec generator_adam;
    gt_adam_spec discriminator_adam;
    gt_target_spec target;
    gt_scaling scaling;
    gt_noise noise;
    gt_loss loss;
    double real_label, fake_label; /* of bce, minimax (both in [0, 1]) and least_squares; 1 and 0 for the others */
    double clip;                   /* of wasserstein: > 0; 0 for the others */
    int batch;                     /* B latents of G's step */
    int half_batch;                /* real points of D's step, and as many generated ones; 0: B / 2 (B is even then) */
    bool combined_batch;           /* one update of D on both halves; else one on each (the tutorial) */
    int d_steps;                   /* of D before each one of G: 1 to 100 */
    gt_decay decay;                /* of both learning rates and weight decays */
    uint64_t decay_iterations;     /* > 0 where decay is not none */
    double decay_final;            /* 0 to 1 */
    double ema; /* 0: none; else e = ema e + (1 - ema) w after each step of G, and samples and scores come from e; < 1 */
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

/* Ways to compute: a whole training loop in one program, for small nets; one operation at a time on a batch, matrix products by
 * OpenBLAS or cuBLASLt, for wide ones and images. AUTO goes by the layers' sizes. The fused engine gives the same bits on every
 * device; the layered one on the same device with the same libraries, and agrees with the other to rounding. X(name, text) */
#define GT_ENGINE_LIST(X)                                                                                                      \
    X(GT_ENGINE_AUTO, "auto")                                                                                                  \
    X(GT_ENGINE_FUSED, "fused")                                                                                                \
    X(GT_ENGINE_LAYERED, "layered")

#define GT_ENGINE_ENUM(name, text) name,
typedef enum gt_engine_kind { GT_ENGINE_LIST(GT_ENGINE_ENUM) GT_N_ENGINES } gt_engine_kind;
#undef GT_ENGINE_ENUM

GT_API const char *gt_engine_kind_name(gt_engine_kind engine);

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

/* How a GPU multiplies the matrices of wide layers; all else is float or double. X(name, text)
 *  fp32  products and sums in float
 *  tf32  factors rounded to 10 bits, sums in float
 *  bf16  factors rounded to 7 bits, sums in float */
#define GT_PRECISION_LIST(X)                                                                                                   \
    X(GT_PRECISION_FP32, "fp32")                                                                                               \
    X(GT_PRECISION_TF32, "tf32")                                                                                               \
    X(GT_PRECISION_BF16, "bf16")

#define GT_PRECISION_ENUM(name, text) name,
typedef enum gt_precision { GT_PRECISION_LIST(GT_PRECISION_ENUM) GT_N_PRECISIONS } gt_precision;
#undef GT_PRECISION_ENUM

GT_API const char *gt_precision_name(gt_precision precision);

/* Where the random numbers of training come from (docs/cuda.md). X(name, text)
 *  gantry  the run's own streams: the numbers of every device and engine
 *  curand  latents and the choice of real points by cuRAND's generator on the GPU, from the run's seed and iteration */
#define GT_RNG_LIST(X)                                                                                                         \
    X(GT_RNG_GANTRY, "gantry")                                                                                                 \
    X(GT_RNG_CURAND, "curand")

#define GT_RNG_ENUM(name, text) name,
typedef enum gt_rng { GT_RNG_LIST(GT_RNG_ENUM) GT_N_RNGS } gt_rng;
#undef GT_RNG_ENUM

GT_API const char *gt_rng_name(gt_rng rng);

#define GT_MAX_ITERATIONS UINT32_MAX
#define GT_MAX_GPUS       16

/* Zero means the default for every member but first_seed and n_runs. */
typedef struct gt_trainer_options {
    uint64_t first_seed; /* run r has seed first_seed + r, counted anew under each setting */
    size_t n_runs;       /* at least 1; R, or the seeds under each setting */
    gt_device device;
    gt_engine_kind engine;
    gt_isa isa;
    int n_threads;         /* 0: one a processor; more than R are not used */
    int n_gpus;            /* 0: every GPU that can be used */
    int gpus[GT_MAX_GPUS]; /* their numbers, as gt_devices() and CUDA_VISIBLE_DEVICES count them; runs are divided among them */
    gt_precision precision; /* other than fp32: of the layered engine on a GPU alone */
    gt_rng rng;             /* curand: likewise */
} gt_trainer_options;

typedef struct gt_trainer gt_trainer;

/* R untrained runs. GT_ERR_ARGUMENT, GT_ERR_MEMORY, GT_ERR_DEVICE (no such instruction set or GPU here, or the GPU can't hold
 * such nets), or GT_ERR_CUDA. */
GT_API gt_status gt_trainer_create(const gt_spec *spec, const gt_trainer_options *options, gt_trainer **out);

/* Whether two specs differ in nothing but numbers that the runs of one trainer can have each for itself: learning rates, betas,
 * eps, weight decays (of either net in both specs or in neither), slopes of leaky_relu, labels, clip, length and final factor
 * of the decay, ema (not 0 in both or in neither), and initialisers. Both have passed gt_spec_check(). */
GT_API bool gt_spec_shares_trainer(const gt_spec *a, const gt_spec *b);

/* options->n_runs seeds under each of n_settings specs that share a trainer, side by side: run r has setting r / n_runs and
 * seed first_seed + r % n_runs, and is bit for bit the run that a trainer of that spec alone has. A setting costs some 300
 * bytes and, on a GPU, up to 64 MB of step sizes for all together. As gt_trainer_create(); GT_ERR_ARGUMENT names the first
 * member in which a setting does not go with the first. */
GT_API gt_status gt_trainer_create_settings(const gt_spec *settings, size_t n_settings, const gt_trainer_options *options,
                                            gt_trainer **out);
GT_API void gt_trainer_destroy(gt_trainer *trainer); /* NULL is fine */

/* What was taken where the options said auto. Strings live as long as the trainer. */
typedef struct gt_trainer_info {
    const char *engine; /* "fused", "layered" */
    const char *device; /* "cpu", "cuda" */
    const char *isa;    /* "avx512", "avx2", "portable"; of a GPU "sm_90" and the like */
    const char *why;    /* the reason for device and instruction set, half a sentence */
    int n_threads;
    int n_gpus;    /* 0 on the CPU */
    size_t n_runs; /* R, of all settings */
    size_t n_settings;
    uint64_t first_seed;
    uint64_t iteration; /* completed iterations */
    size_t state_bytes_per_run;
} gt_trainer_info;

GT_API gt_trainer_info gt_trainer_get_info(const gt_trainer *trainer);
GT_API const gt_spec *gt_trainer_get_spec(const gt_trainer *trainer); /* the first setting */

/* The spec of a run; NULL where there is no such run. */
GT_API const gt_spec *gt_trainer_get_setting(const gt_trainer *trainer, size_t run);

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

/* One run at one checkpoint; every definition is in docs/study.md. NaN where a value does not exist, or not for such a target.
 */
typedef struct gt_metrics {
    uint64_t iteration;   /* completed iterations */
    bool diverged;        /* frozen at diverged_at */
    uint64_t diverged_at; /* the iteration (from 0) that met the first value that is not finite */
    double acc_real;      /* share of the first n_accuracy real points that D takes for real */
    double acc_fake;      /* share of as many generated points that D takes for generated */
    double d_loss_real;   /* losses of the last iteration's last steps */
    double d_loss_fake;
    double g_loss;
    /* functions */
    double resid_mean; /* mean of |y - f(x)| over n_samples generated points */
    double resid_p95;  /* its 95th percentile */
    double w1_x;       /* Wasserstein-1 distance of the generated x to the uniform distribution */
    double w1_x_floor; /* what a perfect sampler would show at this n_samples */
    double support;    /* share of x inside the domain */
    double coverage;   /* of 20 equal bins of x, those with enough good samples */
    double std_x;      /* standard deviation of x */
    /* mixtures */
    double modes;      /* modes that have at least one sample of high quality */
    double hq;         /* share of samples of high quality: within 3 standard deviations of their nearest mode */
    double reverse_kl; /* Kullback-Leibler divergence of the shares of the nearest modes to the uniform ones, in nats */
    double jsd;        /* Jensen-Shannon divergence of the shares of high quality to the uniform ones, in nats */
    /* all */
    double energy;             /* energy distance to n_energy real points; NaN when n_energy is 0 */
    double energy_coefficient; /* the same over twice the mean distance between a real and a generated point: 0 to 1 */
    double spread;             /* root mean square distance of generated points to their mean over that of the real ones */
    int n_accuracy, n_samples, n_energy;
} gt_metrics;

typedef struct gt_evaluate_options {
    int n_samples;  /* 0: 10,000 */
    int n_accuracy; /* 0: 100 */
    int n_energy;   /* 0: energy distance left out, which costs n^2; but 1,000 for curves and data, which are judged by it */
} gt_evaluate_options;

/* Scores every run: rows[R]. options may be NULL. The state is left as it is. */
GT_API gt_status gt_trainer_evaluate(gt_trainer *trainer, const gt_evaluate_options *options, gt_metrics *rows);

/* The first n points that gt_trainer_evaluate scores at this iteration: real [n, X] and generated [n, X], in the units of the
 * data; either may be NULL. */
GT_API gt_status gt_trainer_evaluation_points(gt_trainer *trainer, size_t run, size_t n, float *real, float *generated);

/* n points drawn from the generator of a run: out[n, X], in the units of the data. Draw d of a run at an iteration is the same
 * points each time. */
GT_API gt_status gt_trainer_sample(gt_trainer *trainer, size_t run, uint32_t draw, size_t n, float *out);

/* Random inputs of the nets from streams of the run's own that training does not touch, in the units that the nets see. */
typedef enum gt_draw {
    GT_DRAW_REAL,    /* points of the target [n, X] */
    GT_DRAW_UNIFORM, /* points uniform on [-1, 1]^X [n, X]: the tutorial's stand-in for a generator */
    GT_DRAW_LATENTS  /* [n, Z] */
} gt_draw;

/* Draw `index` of a run is the same numbers each time. */
GT_API gt_status gt_trainer_draw(gt_trainer *trainer, size_t run, gt_draw what, uint32_t index, size_t n, float *out);

/* Points in the units that the nets see to those of the data, in place: points[n, X]. */
GT_API void gt_trainer_to_data(const gt_trainer *trainer, float *points, size_t n);

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

/* Thresholds; gt_outcome_rules_of() gives those of docs/study.md for a target. */
typedef struct gt_outcome_rules {
    gt_target_kind kind;
    double resid_mean_below, w1_x_below, coverage_at_least; /* a function has converged at a checkpoint */
    double partial_coverage_at_most;
    double collapsed_std_x_below;
    double diverged_support_below;
    double modes_at_least, hq_at_least; /* a mixture has */
    double energy_coefficient_below;    /* a curve or data have */
    double collapsed_spread_below;      /* of these three */
    int window;                         /* K: checkpoints that decide between stable and oscillating */
} gt_outcome_rules;

/* spec has passed gt_spec_check(). */
GT_API gt_outcome_rules gt_outcome_rules_of(const gt_spec *spec);
GT_API bool gt_metrics_converged(const gt_metrics *row, const gt_outcome_rules *rules);

/* The outcome of one run from its checkpoints so far, oldest first; n >= 1. */
GT_API gt_outcome gt_outcome_of(const gt_metrics *rows, size_t n, const gt_outcome_rules *rules);

/* ---------------------------------------------------------------- state */

/* Adam's moments are kept scaled: m' = m / (1 - beta1) and v' = v / (1 - beta2), with a floor in v' (docs/numerics.md). */
typedef enum gt_state_part {
    GT_WEIGHTS,
    GT_ADAM_M,
    GT_ADAM_V,
    GT_EMA /* G's averaged weights; of GT_GENERATOR where the spec's ema is not 0 */
} gt_state_part;

/* One part of the state of one net of one run, in the order of gt_spec_n_parameters: P floats. net: not GT_GAN. */
GT_API gt_status gt_trainer_get_state(const gt_trainer *trainer, size_t run, gt_net net, gt_state_part part, float *out);
GT_API gt_status gt_trainer_set_state(gt_trainer *trainer, size_t run, gt_net net, gt_state_part part, const float *in);

/* Adam steps that a net of a run has taken (t). */
GT_API uint64_t gt_trainer_adam_steps(const gt_trainer *trainer, size_t run, gt_net net);

#define GT_DIGEST_CHARS 33
/* 32 hexadecimal digits and a NUL over weights, m', v' of D, then of G, then its averaged weights where there are some
 * (docs/file-formats.md). Same digest = same bits. */
GT_API gt_status gt_trainer_digest(const gt_trainer *trainer, size_t run, char out[GT_DIGEST_CHARS]);

/* A checkpoint of all runs, from which gt_trainer_load continues bit for bit. The file appears whole or not at all. It holds
 * one setting: GT_ERR_ARGUMENT where the trainer has more. */
GT_API gt_status gt_trainer_save(const gt_trainer *trainer, const char *path);

/* A trainer from a checkpoint; options: device, engine, isa, n_threads, n_gpus and gpus count, NULL for defaults. GT_ERR_FILE.
 */
GT_API gt_status gt_trainer_load(const char *path, const gt_trainer_options *options, gt_trainer **out);

/* The weights of one net of all runs for other programs (safetensors); G's averaged ones where there are some. net: not
 * GT_GAN. GT_ERR_ARGUMENT where the trainer has more than one setting, for the file has one slope and one range of seeds. */
GT_API gt_status gt_trainer_export(const gt_trainer *trainer, gt_net net, const char *path);

/* Weights of one net of a run from a file: ONNX, Keras weights, or safetensors of gantry or PyTorch (docs/file-formats.md),
 * known by its content. Meant for a run that has not been trained: Adam's moments stay as they are, G's averaged weights become
 * the same. net: not GT_GAN. GT_ERR_FILE: unreadable, damaged, or no such net. GT_ERR_ARGUMENT: its layers, or its activations
 * where the file has them, are not those of the spec, or a weight is not finite. After a failure the run is as it was. */
GT_API gt_status gt_trainer_init_from(gt_trainer *trainer, size_t run, gt_net net, const char *path);

/* ---------------------------------------------------------------- scores of images */

/* A classifier of labelled images, whose features scores of images are made in: dense layers, ReLU but for the last. */
typedef struct gt_classifier gt_classifier;

#define GT_MAX_CLASSES 256

/* Zero means the default for every member. */
typedef struct gt_classifier_options {
    int n_hidden;                  /* 0: 256 and 128; at most GT_MAX_LAYERS - 1 */
    int hidden[GT_MAX_LAYERS - 1]; /* 1 to GT_MAX_WIDTH */
    int epochs;                    /* 0: 10 */
    int batch;                     /* 0: 128 */
    double lr;                     /* of Adam, the rest as Keras has it; 0: 0.001 */
    uint64_t seed;
} gt_classifier_options;

/* An epoch of training. */
typedef struct gt_classifier_epoch {
    int epoch;             /* from 1 */
    double loss, accuracy; /* means over the epoch's batches as they were met */
    double test_loss, test_accuracy;
} gt_classifier_epoch;

/* Trains on images with labels, by softmax cross-entropy, pixels scaled to [-1, 1]; test: images that it is judged by, NULL: a
 * sixth of the others, chosen at random, which it is not trained on then. watch, if not NULL, is told of each epoch. The same
 * images, options and library give the same bits. GT_ERR_ARGUMENT: no labels, fewer than two classes, sizes that differ, an
 * option out of range, or a loss that is not finite any more; GT_ERR_MEMORY. */
GT_API gt_status gt_classifier_train(const gt_images *images, const gt_images *test, const gt_classifier_options *options,
                                     void (*watch)(void *context, const gt_classifier_epoch *epoch), void *context,
                                     gt_classifier **out);

/* safetensors (docs/file-formats.md); the file appears whole or not at all. GT_ERR_FILE: unreadable, damaged, or no
 * classifier. */
GT_API gt_status gt_classifier_save(const gt_classifier *classifier, const char *path);
GT_API gt_status gt_classifier_load(const char *path, gt_classifier **out);
GT_API void gt_classifier_destroy(gt_classifier *classifier); /* NULL is fine */

typedef struct gt_classifier_info {
    int height, width, channels; /* of its images */
    int n_classes;
    int n_features; /* outputs of the last layer but one */
    int n_layers;
    int size[GT_MAX_LAYERS + 1]; /* values of an image, then outputs of each layer */
    double test_accuracy;        /* share of n_test images that it was not trained on */
    uint64_t n_test;
    char hash[GT_DIGEST_CHARS]; /* of its weights: numbers from different classifiers can't be compared */
} gt_classifier_info;

GT_API gt_classifier_info gt_classifier_get_info(const gt_classifier *classifier);

/* pixels[n, height, width, channels] to features[n, n_features], the outputs of the last layer but one after ReLU, and
 * logits[n, n_classes]; either may be NULL. An image's are the same bits on every processor, whatever stands beside it.
 * GT_ERR_MEMORY. */
GT_API gt_status gt_classifier_apply(const gt_classifier *classifier, const unsigned char *pixels, size_t n, float *features,
                                     float *logits);

/* Scores of generated images; every definition is in docs/image-scores.md. */
typedef struct gt_image_scores {
    char classifier[GT_DIGEST_CHARS]; /* the hash of the classifier that all of them belong to */
    uint64_t n_samples;               /* scored */
    uint64_t n_reference;             /* real images behind the Frechet distance and the shares of classes */
    uint64_t n_neighbours;            /* real images behind precision to coverage */
    int k;                            /* the neighbour that the balls reach to */
    double is_10, is_10_deviation;    /* Inception Score, mean and deviation over 10 parts */
    double is_1;                      /* the same over all samples at once */
    double frechet;                   /* Frechet distance */
    double frechet_infinity;          /* extrapolated to infinitely many samples; NaN where it was not asked for */
    double precision, recall, density, coverage;
    double class_distance; /* total variation between the shares of classes and the reference's */
    double class_kl;       /* KL(samples || reference) of them, in nats */
    int n_missing;         /* classes of the reference without a sample */
    int n_classes;
    uint64_t classes[GT_MAX_CLASSES];           /* samples that are taken for each class */
    uint64_t reference_classes[GT_MAX_CLASSES]; /* and real images */
} gt_image_scores;

/* A classifier with what it knows of real images, to score samples by. */
typedef struct gt_image_judge gt_image_judge;

/* Zero means the default for every member. */
typedef struct gt_image_judge_options {
    int k;                   /* 0: 5; at most 64 */
    uint64_t max_neighbours; /* 0: 10,000: of more real images so many are drawn at random, for the time is their square */
    bool infinity;           /* with frechet_infinity, which takes 15 times as long as frechet */
    uint64_t seed;           /* of the random choices */
} gt_image_judge_options;

/* reference[n, height, width, channels] of the classifier's size, read now and not later; the classifier has to live as long.
 * options may be NULL. GT_ERR_ARGUMENT: fewer images than k + 1, or an option out of range; GT_ERR_MEMORY. */
GT_API gt_status gt_image_judge_create(const gt_classifier *classifier, const unsigned char *reference, size_t n,
                                       const gt_image_judge_options *options, gt_image_judge **out);
GT_API void gt_image_judge_destroy(gt_image_judge *judge); /* NULL is fine */

/* samples[n, height, width, channels], 0 to 255 as gt_trainer_sample() gives them: they are rounded to bytes, as they would be
 * in a picture. GT_ERR_ARGUMENT: a value that is not finite, or too few samples (k + 1, 10, or 100 for frechet_infinity);
 * GT_ERR_MEMORY. */
GT_API gt_status gt_image_judge_score(const gt_image_judge *judge, const float *samples, size_t n, gt_image_scores *out);

/* ---------------------------------------------------------------- one net on a given batch */

typedef struct gt_batch_result {
    double loss;     /* of the spec's kind, mean over the batch, before the update */
    double accuracy; /* share of samples that D takes for what their label says */
} gt_batch_result;

/* Keras' train_on_batch. GT_DISCRIMINATOR: one Adam step of D on points x[n, X] with labels y[n] in [0, 1] (hinge and
 * wasserstein: above 0.5 is real). GT_GAN: one Adam
 * step of G on latents x[n, Z] through D, which stays as it is. Any n >= 1. result may be NULL. */
GT_API gt_status gt_trainer_train_on_batch(gt_trainer *trainer, size_t run, gt_net net, const float *x, const float *y,
                                           size_t n, gt_batch_result *result);

/* Keras' evaluate: the same without the step. */
GT_API gt_status gt_trainer_evaluate_on_batch(gt_trainer *trainer, size_t run, gt_net net, const float *x, const float *y,
                                              size_t n, gt_batch_result *result);

/* Keras' predict. GT_GENERATOR: x[n, Z] to out[n, X], in the units that the nets see; GT_DISCRIMINATOR: x[n, X] to out[n];
 * GT_GAN: x[n, Z] to out[n]. D's output is a probability, but with hinge, wasserstein and least_squares the logit itself. */
GT_API gt_status gt_trainer_predict(gt_trainer *trainer, size_t run, gt_net net, const float *x, size_t n, float *out);

#ifdef __cplusplus
}
#endif
#endif
