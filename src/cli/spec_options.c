/* The flags of a gt_spec and of devices (spec_settings.h). */
#include "cli/spec_settings.h"

#include "cli/command.h"
#include "cli/spec_flags.h"

#include <stdlib.h>
#include <string.h>

/* name_choice(index): the names of a type, NULL past the end. */
#define CHOICE(name, type, COUNT)                                                                                              \
    static const char *name##_choice(int index) { return index < (COUNT) ? type##_name((type)index) : NULL; }
CHOICE(device, gt_device, GT_N_DEVICES)
CHOICE(engine, gt_engine_kind, GT_N_ENGINES)
CHOICE(isa, gt_isa, GT_N_ISAS)
CHOICE(precision, gt_precision, GT_N_PRECISIONS)
CHOICE(rng, gt_rng, GT_N_RNGS)
CHOICE(activation, gt_activation, GT_N_ACTIVATIONS)
CHOICE(initializer, gt_initializer, GT_N_INITIALIZERS)
CHOICE(loss, gt_loss, GT_N_LOSSES)
CHOICE(noise, gt_noise, GT_N_NOISES)
CHOICE(scaling, gt_scaling, GT_N_SCALINGS)
CHOICE(decay, gt_decay, GT_N_DECAYS)

/* ---------------------------------------------------------------- the tables */

#define SPEC        (GT_OPTION_SAVED | GT_OPTION_FIXED)
#define OF(member_) offsetof(gt_spec_settings, member_)
#define AT(member_) .n_members = 1, .member = {OF(member_)}
#define WITH(name)  .parse = gt_##name##_parse, .format = gt_##name##_format
#define HEADING(text)                                                                                                          \
    { .help = text }
#define MAX_ITERATIONS ((double)GT_MAX_ITERATIONS)
#define MAX_BATCH      65536

/* clang-format off */
/* A flag for both nets, and one for each, which wins over it. */
#define BOTH(name_, kind_, value_, text, flags_, d_, g_, ...)                                                                  \
    {.name = name_, .kind = kind_, .value = value_, .help = text ", of both nets", .flags = GT_OPTION_FIXED | (flags_),        \
     .n_members = 2, .member = {OF(d_), OF(g_)}, __VA_ARGS__},                                                                 \
    {.name = "d-" name_, .kind = kind_, .value = value_, .help = "the same for the discriminator alone",                       \
     .flags = SPEC | (flags_), AT(d_), __VA_ARGS__},                                                                           \
    {.name = "g-" name_, .kind = kind_, .value = value_, .help = "the same for the generator alone",                           \
     .flags = SPEC | (flags_), AT(g_), __VA_ARGS__}

#define ADAM(name_, text, member_, flags_, ...)                                                                                \
    BOTH(name_, GT_OPTION_REAL, "X", text, flags_, spec.discriminator_adam.member_, spec.generator_adam.member_, __VA_ARGS__)

const gt_option gt_spec_options[] = {
    HEADING("What to train"),
    {"preset", GT_OPTION_CHOICE, "NAME", "the experiment to start from; gantry presets tells about each",
     GT_OPTION_SAVED | GT_OPTION_FIXED, .choice = gt_preset_name, AT(preset)},
    {"seed", GT_OPTION_SEED, "N|random", "all random numbers follow from it", SPEC, AT(seed)},

    HEADING("What the generator learns"),
    {"target", GT_OPTION_PARSED, "NAME|f(x)", "a target by name, or an expression of x such as 'sin(2*pi*x)*exp(-x)'", SPEC,
     AT(spec), WITH(target), .choice = gt_target_name,
     .takes = "the name of a target or an expression of x; gantry target --list has the names"},
    {"domain", GT_OPTION_PARSED, "A:B", "x of a function lies between these", SPEC, AT(spec), WITH(domain),
     .takes = "two numbers, the smaller first, such as -1:1"},
    {"target-params", GT_OPTION_PARSED, "NAME=X,...", "parameters of the target", SPEC, AT(spec), WITH(parameters),
     .takes = "name=value,name=value; gantry target --list has the names"},
    {"data", GT_OPTION_PARSED, "FILE|DIR",
     "points of your own to learn, .csv or .npy, a row a point; or images: an IDX file, .npy, or a folder of IDX files (MNIST) or "
     "PNG files", SPEC, .n_members = 1, .member = {0}, WITH(data), .takes = "a file of points, or a file or folder of images"},
    {"scaling", GT_OPTION_CHOICE, "NAME", "range of the data that the nets see; auto: as the generator's output has it", SPEC,
     .choice = scaling_choice, AT(spec.scaling)},

    HEADING("The nets"),
    {"generator", GT_OPTION_PARSED, "Z-H-X", "sizes of the generator's layers, inputs first", SPEC, AT(spec.generator),
     WITH(sizes), .takes = "sizes such as 5-15-2"},
    {"discriminator", GT_OPTION_PARSED, "X-H-1", "sizes of the discriminator's layers", SPEC, AT(spec.discriminator),
     WITH(sizes), .takes = "sizes such as 2-25-1"},
    {"latent", GT_OPTION_INT, "N", "inputs of the generator alone", GT_OPTION_FIXED, .min = 1, .max = GT_MAX_WIDTH,
     AT(spec.generator.size[0])},
    {"g-hidden", GT_OPTION_PARSED, "H,H,...", "hidden layers of the generator alone", GT_OPTION_FIXED, AT(spec.generator),
     WITH(hidden), .takes = "sizes such as 25,25"},
    {"d-hidden", GT_OPTION_PARSED, "H,H,...", "hidden layers of the discriminator alone", GT_OPTION_FIXED,
     AT(spec.discriminator), WITH(hidden), .takes = "sizes such as 25,25"},
    BOTH("activation", GT_OPTION_PARSED, "NAME,...",
         "activation of the hidden layers, one for all or one a layer, leaky_relu:SLOPE", 0,
         spec.discriminator, spec.generator, WITH(activations), .choice = activation_choice,
         .takes = "names such as relu or leaky_relu:0.1"),
    {"g-output", GT_OPTION_PARSED, "NAME", "activation of the generator's output", SPEC, AT(spec.generator), WITH(output),
     .choice = activation_choice, .takes = "a name such as linear, tanh or sigmoid"},
    BOTH("init", GT_OPTION_CHOICE, "NAME", "initial weights of the hidden layers", 0, spec.discriminator.hidden_init,
         spec.generator.hidden_init, .choice = initializer_choice),
    BOTH("output-init", GT_OPTION_CHOICE, "NAME", "initial weights of the output layers", 0, spec.discriminator.output_init,
         spec.generator.output_init, .choice = initializer_choice),
    {"noise", GT_OPTION_CHOICE, "NAME", "distribution of the generator's inputs", SPEC, .choice = noise_choice,
     AT(spec.noise)},

    HEADING("How to train"),
    {"loss", GT_OPTION_PARSED, "NAME", "loss of both nets", SPEC, AT(spec), WITH(loss), .choice = loss_choice,
     .takes = "the name of a loss"},
    {"real-label", GT_OPTION_REAL, "Y", "label of real points, such as 0.9 (bce, minimax, least_squares)", SPEC, .min = -100,
     .max = 100, AT(spec.real_label)},
    {"fake-label", GT_OPTION_REAL, "Y", "label of generated points in the discriminator's steps", SPEC, .min = -100,
     .max = 100, AT(spec.fake_label)},
    {"clip", GT_OPTION_REAL, "X", "wasserstein: the discriminator's weights stay within +-X; 0.01 unless said", SPEC,
     .min = 0, .max = 1e6, AT(spec.clip)},
    {"batch", GT_OPTION_INT, "N",
     "points of the generator's step; half as many real and generated ones in the discriminator's", SPEC, .min = 1,
     .max = MAX_BATCH, AT(spec.batch)},
    {"half-batch", GT_OPTION_INT, "N", "points of each kind in the discriminator's step; 0: half of the batch, which is even",
     SPEC, .min = 0, .max = MAX_BATCH, AT(spec.half_batch)},
    {"combined-batch", GT_OPTION_BOOL, "", "one step of the discriminator on both kinds, instead of one on each", SPEC,
     AT(spec.combined_batch)},
    {"d-steps", GT_OPTION_INT, "N", "steps of the discriminator before each of the generator", SPEC, .min = 1, .max = 100,
     AT(spec.d_steps)},
    ADAM("lr", "learning rate", lr, GT_OPTION_ABOVE_MIN, .min = 0, .max = 1e6),
    ADAM("beta1", "Adam's decay of the mean", beta1, 0, .min = 0, .max = 0.999999),
    ADAM("beta2", "Adam's decay of the mean square", beta2, 0, .min = 0, .max = 0.999999),
    ADAM("eps", "Adam's epsilon", eps, 0, .min = 1e-20, .max = 1),
    ADAM("weight-decay", "decoupled weight decay", weight_decay, 0, .min = 0, .max = 1e6),
    {"lr-decay", GT_OPTION_PARSED, "NAME", "how the learning rates fall", SPEC, AT(spec), WITH(decay), .choice = decay_choice,
     .takes = "the name of a decay"},
    {"decay-iterations", GT_OPTION_U64, "N", "until they are at --lr-final; 0: all of them", SPEC, .min = 0,
     .max = MAX_ITERATIONS, AT(spec.decay_iterations)},
    {"lr-final", GT_OPTION_REAL, "X", "share of the learning rates that is left then", SPEC, .min = 0, .max = 1,
     AT(spec.decay_final)},
    {"ema", GT_OPTION_REAL, "X", "average the generator's weights with this decay, for samples and scores; 0: don't", SPEC,
     .min = 0, .max = 0.9999999, AT(spec.ema)},
    {NULL, .kind = GT_OPTION_END},
};

const gt_option gt_device_options[] = {
    HEADING("How to compute"),
    {"device", GT_OPTION_CHOICE, "NAME", "where to compute; auto takes what is faster", GT_OPTION_SAVED,
     .choice = device_choice, AT(device)},
    {"devices", GT_OPTION_GPUS, "N,N,...", "GPUs by their numbers in gantry devices; means --device cuda (all of them)",
     GT_OPTION_SAVED, .max = 255, AT(devices)},
    {"engine", GT_OPTION_CHOICE, "NAME", "way to compute", GT_OPTION_SAVED | GT_OPTION_ARITHMETIC, .choice = engine_choice, AT(engine)},
    {"isa", GT_OPTION_CHOICE, "NAME", "instruction set of the CPU", GT_OPTION_SAVED, .choice = isa_choice, AT(isa)},
    {"precision", GT_OPTION_CHOICE, "NAME", "of the factors of products, layered engine on a GPU; changes the results",
     GT_OPTION_SAVED | GT_OPTION_ARITHMETIC, .choice = precision_choice, AT(precision)},
    {"rng", GT_OPTION_CHOICE, "NAME", "random numbers of training, layered engine on a GPU; changes the results",
     GT_OPTION_SAVED | GT_OPTION_ARITHMETIC, .choice = rng_choice, AT(rng)},
    {NULL, .kind = GT_OPTION_END},
};
/* clang-format on */

/* ---------------------------------------------------------------- choices with consequences */

static int parse_choice(const char *text, const char *(*choice)(int index), int *out, char **complaint) {
    for (*out = 0; choice(*out) != NULL; ++*out)
        if (strcmp(choice(*out), text) == 0) return GT_EXIT_OK;
    char *names = gt_option_choices(&(gt_option){.choice = choice});
    *complaint = gt_cli_text("it takes one of %s", names);
    free(names);
    return GT_EXIT_USAGE;
}

/* Labels and clipping are as the loss has them by default (0.01: Arjovsky et al. 2017); flags that come later in the table win.
 */
int gt_loss_parse(const char *text, void *member, char **complaint) {
    gt_spec *spec = member;
    int loss;
    int code = parse_choice(text, loss_choice, &loss, complaint);
    if (code != GT_EXIT_OK || spec->loss == (gt_loss)loss) return code;
    spec->loss = (gt_loss)loss;
    spec->clip = loss == GT_WASSERSTEIN ? 0.01 : 0;
    if (loss == GT_WASSERSTEIN || loss == GT_HINGE) {
        spec->real_label = 1;
        spec->fake_label = 0;
    }
    return GT_EXIT_OK;
}

const char *gt_loss_format(const void *member, char text[GT_OPTION_CHARS]) {
    (void)text;
    return gt_loss_name(((const gt_spec *)member)->loss);
}

int gt_decay_parse(const char *text, void *member, char **complaint) {
    gt_spec *spec = member;
    int decay;
    int code = parse_choice(text, decay_choice, &decay, complaint);
    if (code != GT_EXIT_OK) return code;
    spec->decay = (gt_decay)decay;
    if (spec->decay == GT_DECAY_NONE) {
        spec->decay_iterations = 0;
        spec->decay_final = 0;
    }
    return GT_EXIT_OK;
}

const char *gt_decay_format(const void *member, char text[GT_OPTION_CHARS]) {
    (void)text;
    return gt_decay_name(((const gt_spec *)member)->decay);
}
