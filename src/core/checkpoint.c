/* Checkpoints and exported nets (docs/file-formats.md has their layout). The runs of a trainer lie stacked in the file, so
 * saving holds one copy of their state and loading one copy of one part of one net. */
#include "core/digest.h"
#include "core/spec.h"
#include "core/spec_json.h"
#include "core/status.h"
#include "core/trainer.h"
#include "io/number.h"
#include "io/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT         "gantry-checkpoint"
#define FORMAT_VERSION 2 /* 1 had no recipe but the tutorial's */

#define MAX_PART_TENSORS (2 * GT_MAX_LAYERS)
#define MAX_TENSORS      (3 + (2 * 3 + 1) * MAX_PART_TENSORS)

static const char *const net_names[] = {[GT_DISCRIMINATOR] = "discriminator", [GT_GENERATOR] = "generator"};
static const char *const part_suffixes[] = {
    [GT_WEIGHTS] = "", [GT_ADAM_M] = ".adam_m", [GT_ADAM_V] = ".adam_v", [GT_EMA] = ".ema"};

/* The metadata that resuming depends on. */
enum { KEY_SPEC, KEY_FIRST_SEED, KEY_N_RUNS, KEY_ITERATION, N_KEYS };
static const char *const keys[N_KEYS] = {"spec", "first_seed", "n_runs", "iteration"};

/* gt_run_counters as it stands in the file; the seed follows from first_seed. */
enum { ITERATION, D_STEPS, G_STEPS, DIVERGED, DIVERGED_AT, N_COUNTERS };

typedef struct {
    uint64_t (*counters)[N_COUNTERS]; /* [R] */
    double (*losses)[3];              /* [R] last_losses */
} run_rows;

static gt_status check_one_setting(const gt_trainer *trainer, const char *path) {
    if (trainer->n_settings == 1) return GT_OK;
    return gt_fail(GT_ERR_ARGUMENT,
                   "%s: this trainer has %zu settings, and a file holds runs of one; give each a trainer of its own", path,
                   trainer->n_settings);
}

static gt_status no_memory(void) { return gt_fail(GT_ERR_MEMORY, "no memory for the state of all runs"); }

#define DECIMAL_CHARS 24

static const char *decimal(uint64_t value, char text[DECIMAL_CHARS]) {
    snprintf(text, DECIMAL_CHARS, "%" PRIu64, value);
    return text;
}

static gt_status run_rows_create(size_t n_runs, run_rows *out) {
    out->counters = calloc(n_runs, sizeof *out->counters);
    out->losses = calloc(n_runs, sizeof *out->losses);
    return out->counters != NULL && out->losses != NULL ? GT_OK : no_memory();
}

static void run_rows_destroy(run_rows *rows) {
    free(rows->counters);
    free(rows->losses);
}

/* ---------------------------------------------------------------- tensors */

/* [n_runs, rows, cols]; an axis of 0 is left out, and so is that of a single run. */
static gt_tensor tensor_of(gt_dtype dtype, size_t n_runs, int rows, int cols, const void *data) {
    gt_tensor tensor = {.dtype = dtype, .data = data};
    if (n_runs > 1) tensor.shape[tensor.n_dims++] = n_runs;
    if (rows > 0) tensor.shape[tensor.n_dims++] = (uint64_t)rows;
    if (cols > 0) tensor.shape[tensor.n_dims++] = (uint64_t)cols;
    return tensor;
}

static void run_tensors(size_t n_runs, const run_rows *rows, gt_tensor out[2]) {
    out[0] = tensor_of(GT_U64, n_runs, N_COUNTERS, 0, rows->counters);
    out[1] = tensor_of(GT_F64, n_runs, 3, 0, rows->losses);
    strcpy(out[0].name, "run.counters");
    strcpy(out[1].name, "run.last_losses");
}

/* The points of a data target, or its images. */
static gt_tensor points_tensor(const gt_spec *spec) {
    const bool images = gt_target_is_images(&spec->target);
    gt_tensor tensor = {.dtype = images ? GT_U8 : GT_F32,
                        .n_dims = 2,
                        .shape = {spec->target.n_points, (uint64_t)spec->target.n_columns},
                        .data = gt_target_data(&spec->target)};
    strcpy(tensor.name, images ? "target.images" : "target.points");
    return tensor;
}

/* Floats of the state of a run. */
static size_t state_floats(const gt_spec *spec) {
    return 3 * gt_spec_n_parameters(spec, GT_GAN) + (spec->ema > 0 ? gt_spec_n_parameters(spec, GT_GENERATOR) : 0);
}

/* The tensors of one part of a net, in the order of gt_spec_n_parameters: how many. They lie in block [R * P], each [R, ...];
 * block may be NULL. */
static int part_tensors(const gt_spec *spec, size_t n_runs, gt_net net, gt_state_part part, const float *block,
                        gt_tensor out[MAX_PART_TENSORS]) {
    const gt_net_spec *layers = gt_spec_net(spec, net);
    for (int i = 0; i < 2 * layers->n_layers; i++) {
        int l = i / 2, bias = i % 2;
        out[i] = tensor_of(GT_F32, n_runs, layers->size[l + 1], bias ? 0 : layers->size[l], block);
        snprintf(out[i].name, sizeof out[i].name, "%s.%d.%s%s", net_names[net], l, bias ? "bias" : "weight",
                 part_suffixes[part]);
        if (block != NULL) block += gt_tensor_n_elements(&out[i]);
    }
    return 2 * layers->n_layers;
}

/* The state of all runs into block; flat [P] is scratch. */
static void gather(const gt_trainer *trainer, gt_net net, gt_state_part part, const gt_tensor *tensors, int n_tensors,
                   float *flat, float *block) {
    for (size_t run = 0; run < trainer->n_runs; run++) {
        trainer->engine->host->ops->get_state(trainer->engine->host, run, net, part, flat);
        const float *from = flat;
        float *to = block;
        for (int i = 0; i < n_tensors; i++) {
            size_t n = gt_tensor_n_elements(&tensors[i]) / trainer->n_runs;
            memcpy(to + run * n, from, n * sizeof *to);
            from += n;
            to += trainer->n_runs * n;
        }
    }
}

/* The reverse. */
static void scatter(gt_trainer *trainer, gt_net net, gt_state_part part, const gt_tensor *tensors, int n_tensors, float *flat,
                    const float *block) {
    for (size_t run = 0; run < trainer->n_runs; run++) {
        const float *from = block;
        float *to = flat;
        for (int i = 0; i < n_tensors; i++) {
            size_t n = gt_tensor_n_elements(&tensors[i]) / trainer->n_runs;
            memcpy(to, from + run * n, n * sizeof *to);
            from += trainer->n_runs * n;
            to += n;
        }
        trainer->engine->host->ops->set_state(trainer->engine->host, run, net, part, flat);
    }
}

/* Over what the digest of the state leaves out: the values of keys, each with its final zero, counters, losses, and the points
 * of a data target. */
static void checksum_of(const char *const values[N_KEYS], const run_rows *rows, size_t n_runs, const gt_target_spec *target,
                        char out[GT_DIGEST_CHARS]) {
    gt_file_part parts[N_KEYS + 3];
    for (int i = 0; i < N_KEYS; i++) parts[i] = (gt_file_part){values[i], strlen(values[i]) + 1};
    parts[N_KEYS] = (gt_file_part){rows->counters, n_runs * sizeof *rows->counters};
    parts[N_KEYS + 1] = (gt_file_part){rows->losses, n_runs * sizeof *rows->losses};
    parts[N_KEYS + 2] = (gt_file_part){gt_target_data(target), gt_target_data_bytes(target)};
    gt_digest_parts(parts, target->n_points > 0 ? N_KEYS + 3 : N_KEYS + 2, out);
}

/* ---------------------------------------------------------------- saving */

static void get_rows(const gt_trainer *trainer, run_rows *rows) {
    for (size_t run = 0; run < trainer->n_runs; run++) {
        gt_run_counters c = trainer->engine->ops->get_counters(trainer->engine, run);
        memcpy(rows->counters[run], (uint64_t[N_COUNTERS]){c.iteration, c.d_steps, c.g_steps, c.diverged, c.diverged_at},
               sizeof rows->counters[run]);
        memcpy(rows->losses[run], c.last_losses, sizeof rows->losses[run]);
    }
}

gt_status gt_trainer_save(const gt_trainer *trainer, const char *path) {
    GT_TRY(check_one_setting(trainer, path));
    const gt_spec *spec = trainer->settings;
    size_t n_runs = trainer->n_runs, n_parameters = gt_spec_n_parameters(spec, GT_GAN);
    run_rows rows;
    gt_status status = run_rows_create(n_runs, &rows);
    float *state = malloc(n_runs * state_floats(spec) * sizeof *state), *flat = malloc(n_parameters * sizeof *flat);
    if (status == GT_OK && (state == NULL || flat == NULL)) status = no_memory();
    if (status != GT_OK) goto cleanup;

    gt_tensor tensors[MAX_TENSORS];
    int n_tensors = 2;
    GT_TRY_GOTO(gt_engine_fetch(trainer->engine, 0, n_runs, false), cleanup);
    get_rows(trainer, &rows);
    run_tensors(n_runs, &rows, tensors);
    if (spec->target.n_points > 0) tensors[n_tensors++] = points_tensor(spec);
    float *block = state;
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++)
        for (gt_state_part part = GT_WEIGHTS; part <= gt_spec_last_part(spec, net); part++) {
            int n = part_tensors(spec, n_runs, net, part, block, tensors + n_tensors);
            gather(trainer, net, part, tensors + n_tensors, n, flat, block);
            block += n_runs * gt_spec_n_parameters(spec, net);
            n_tensors += n;
        }

    char spec_text[GT_SPEC_JSON_CHARS], decimals[N_KEYS][DECIMAL_CHARS], version[DECIMAL_CHARS];
    char digest[GT_DIGEST_CHARS], checksum[GT_DIGEST_CHARS];
    GT_TRY_GOTO(gt_spec_to_json(spec, spec_text), cleanup);
    GT_TRY_GOTO(gt_digest_runs(trainer, 0, n_runs, digest), cleanup);
    const char *const values[N_KEYS] = {
        [KEY_SPEC] = spec_text,
        [KEY_FIRST_SEED] = decimal(trainer->first_seed, decimals[KEY_FIRST_SEED]),
        [KEY_N_RUNS] = decimal(n_runs, decimals[KEY_N_RUNS]),
        [KEY_ITERATION] = decimal(trainer->iteration, decimals[KEY_ITERATION]),
    };
    checksum_of(values, &rows, n_runs, &spec->target, checksum);
    gt_metadata metadata[5 + N_KEYS] = {
        {"format", FORMAT},
        {"format_version", decimal(FORMAT_VERSION, version)},
        {"gantry_version", gt_version()},
        {"digest", digest},
        {"checksum", checksum},
    };
    for (int i = 0; i < N_KEYS; i++) metadata[5 + i] = (gt_metadata){keys[i], values[i]};
    status = gt_safetensors_write(path, metadata, sizeof metadata / sizeof *metadata, tensors, n_tensors);

cleanup:
    run_rows_destroy(&rows);
    free(state);
    free(flat);
    return status;
}

/* ---------------------------------------------------------------- loading */

typedef struct {
    const char *path;
    gt_safetensors *file;
    const char *values[N_KEYS];
    gt_spec spec;
    void *data; /* of a data target */
    uint64_t first_seed, n_runs, iteration;
} checkpoint;

static gt_status damaged(const checkpoint *c, const char *what) {
    return gt_fail(GT_ERR_FILE, "%s is damaged: %s", c->path, what);
}

static gt_status damaged_spec(const checkpoint *c) {
    char why[256];
    snprintf(why, sizeof why, "%s", gt_last_error());
    return damaged(c, why);
}

/* Only a whole number is asked of the version, so that this line stays true for every later format. */
static gt_status check_format(const checkpoint *c) {
    const char *format = gt_safetensors_metadata(c->file, "format");
    const char *text = gt_safetensors_metadata(c->file, "format_version");
    uint64_t version;
    if (format == NULL || strcmp(format, FORMAT) != 0)
        return gt_fail(GT_ERR_FILE, "%s is no gantry checkpoint; give a file that gantry saved to go on from", c->path);
    if (text == NULL || !gt_number_parse_u64(text, &version) || version == 0) return damaged(c, "it has no format version");
    if (version > FORMAT_VERSION)
        return gt_fail(GT_ERR_FILE, "%s has format version %" PRIu64 "; gantry %s reads up to %d: use a newer gantry", c->path,
                       version, gt_version(), FORMAT_VERSION);
    return GT_OK;
}

static gt_status read_metadata(checkpoint *c) {
    for (int i = 0; i < N_KEYS; i++)
        if ((c->values[i] = gt_safetensors_metadata(c->file, keys[i])) == NULL) return damaged(c, "its metadata is incomplete");
    if (!gt_number_parse_u64(c->values[KEY_FIRST_SEED], &c->first_seed) ||
        !gt_number_parse_u64(c->values[KEY_N_RUNS], &c->n_runs) || c->n_runs == 0 ||
        !gt_number_parse_u64(c->values[KEY_ITERATION], &c->iteration) || c->iteration > GT_MAX_ITERATIONS)
        return damaged(c, "a number in its metadata is impossible");
    if (gt_spec_from_json(c->values[KEY_SPEC], &c->spec) != GT_OK) return damaged_spec(c);
    return GT_OK;
}

/* The points come first, for the check looks at them. */
static gt_status check_spec(checkpoint *c) {
    gt_target_spec *target = &c->spec.target;
    if (target->n_points > 0) {
        const gt_tensor tensor = points_tensor(&c->spec);
        if (target->n_columns < 1 || target->n_columns > GT_MAX_WIDTH) return damaged(c, "its points have no columns");
        GT_TRY(gt_safetensors_expect(c->file, &tensor)); /* the size of the file vouches for n_points */
        c->data = malloc(gt_target_data_bytes(target));
        if (c->data == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for %zu points", target->n_points);
        GT_TRY(gt_safetensors_read(c->file, &tensor, c->data));
        gt_target_set_data(target, c->data);
    }
    return gt_spec_check(&c->spec) == GT_OK ? GT_OK : damaged_spec(c);
}

/* Afterwards the size of the file vouches for n_runs. */
static gt_status expect_tensors(const checkpoint *c) {
    gt_tensor tensors[MAX_PART_TENSORS];
    run_tensors(c->n_runs, &(run_rows){0}, tensors);
    for (int i = 0; i < 2; i++) GT_TRY(gt_safetensors_expect(c->file, &tensors[i]));
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++)
        for (gt_state_part part = GT_WEIGHTS; part <= gt_spec_last_part(&c->spec, net); part++) {
            int n = part_tensors(&c->spec, c->n_runs, net, part, NULL, tensors);
            for (int i = 0; i < n; i++) GT_TRY(gt_safetensors_expect(c->file, &tensors[i]));
        }
    return GT_OK;
}

static gt_status load_rows(const checkpoint *c, gt_trainer *trainer) {
    run_rows rows;
    gt_tensor tensors[2];
    char checksum[GT_DIGEST_CHARS];
    gt_status status = run_rows_create(trainer->n_runs, &rows);
    if (status != GT_OK) goto cleanup;
    run_tensors(trainer->n_runs, &rows, tensors);
    GT_TRY_GOTO(gt_safetensors_read(c->file, &tensors[0], rows.counters), cleanup);
    GT_TRY_GOTO(gt_safetensors_read(c->file, &tensors[1], rows.losses), cleanup);
    checksum_of(c->values, &rows, trainer->n_runs, &c->spec.target, checksum);
    const char *expected = gt_safetensors_metadata(c->file, "checksum");
    if (expected == NULL || strcmp(checksum, expected) != 0) {
        status = damaged(c, "its checksum is not that of its content");
        goto cleanup;
    }
    for (size_t run = 0; run < trainer->n_runs; run++) {
        const uint64_t *from = rows.counters[run];
        gt_run_counters counters = {
            .seed = c->first_seed + run,
            .iteration = from[ITERATION],
            .d_steps = from[D_STEPS],
            .g_steps = from[G_STEPS],
            .diverged = from[DIVERGED] != 0,
            .diverged_at = from[DIVERGED_AT],
        };
        memcpy(counters.last_losses, rows.losses[run], sizeof counters.last_losses);
        trainer->engine->host->ops->set_counters(trainer->engine->host, run, &counters);
    }
    trainer->iteration = c->iteration;

cleanup:
    run_rows_destroy(&rows);
    return status;
}

static gt_status load_part(const checkpoint *c, gt_trainer *trainer, gt_net net, gt_state_part part) {
    size_t n_parameters = gt_spec_n_parameters(&c->spec, net);
    float *block = malloc(trainer->n_runs * n_parameters * sizeof *block), *flat = malloc(n_parameters * sizeof *flat);
    gt_status status = block != NULL && flat != NULL ? GT_OK : no_memory();
    gt_tensor tensors[MAX_PART_TENSORS];
    int n = part_tensors(&c->spec, trainer->n_runs, net, part, block, tensors);
    float *to = block;
    for (int i = 0; status == GT_OK && i < n; to += gt_tensor_n_elements(&tensors[i++]))
        status = gt_safetensors_read(c->file, &tensors[i], to);
    if (status == GT_OK) scatter(trainer, net, part, tensors, n, flat, block);
    free(block);
    free(flat);
    return status;
}

static gt_status load_state(const checkpoint *c, gt_trainer *trainer) {
    char digest[GT_DIGEST_CHARS];
    for (gt_net net = GT_DISCRIMINATOR; net <= GT_GENERATOR; net++)
        for (gt_state_part part = GT_WEIGHTS; part <= gt_spec_last_part(&c->spec, net); part++)
            GT_TRY(load_part(c, trainer, net, part));
    GT_TRY(gt_digest_runs(trainer, 0, trainer->n_runs, digest));
    const char *expected = gt_safetensors_metadata(c->file, "digest");
    if (expected == NULL || strcmp(digest, expected) != 0) return damaged(c, "its digest is not that of its content");
    return GT_OK;
}

gt_status gt_trainer_load(const char *path, const gt_trainer_options *options, gt_trainer **out) {
    checkpoint c = {.path = path};
    gt_trainer *trainer = NULL;
    GT_TRY(gt_safetensors_open(path, &c.file));
    gt_status status;
    GT_TRY_GOTO(check_format(&c), cleanup);
    GT_TRY_GOTO(read_metadata(&c), cleanup);
    GT_TRY_GOTO(check_spec(&c), cleanup);
    GT_TRY_GOTO(expect_tensors(&c), cleanup);
    gt_trainer_options own = options != NULL ? *options : (gt_trainer_options){0};
    own.first_seed = c.first_seed;
    own.n_runs = c.n_runs;
    GT_TRY_GOTO(gt_trainer_create(&c.spec, &own, &trainer), cleanup);
    GT_TRY_GOTO(gt_engine_fetch(trainer->engine, 0, trainer->n_runs, true), cleanup);
    GT_TRY_GOTO(load_state(&c, trainer), cleanup);
    GT_TRY_GOTO(load_rows(&c, trainer), cleanup);
    *out = trainer;

cleanup:
    if (status != GT_OK) gt_trainer_destroy(trainer);
    free(c.data);
    gt_safetensors_close(c.file);
    return status;
}

/* ---------------------------------------------------------------- exporting */

gt_status gt_trainer_export(const gt_trainer *trainer, gt_net net, const char *path) {
    if (net != GT_DISCRIMINATOR && net != GT_GENERATOR)
        return gt_fail(GT_ERR_ARGUMENT, "net %d; it takes the generator or the discriminator", (int)net);
    GT_TRY(check_one_setting(trainer, path));
    const gt_net_spec *layers = gt_spec_net(trainer->settings, net);
    const gt_state_part part = gt_spec_last_part(trainer->settings, net) == GT_EMA ? GT_EMA : GT_WEIGHTS;
    size_t n_parameters = gt_net_n_parameters(layers);
    float *block = malloc(trainer->n_runs * n_parameters * sizeof *block), *flat = malloc(n_parameters * sizeof *flat);
    gt_status status = block != NULL && flat != NULL ? GT_OK : no_memory();
    gt_tensor tensors[MAX_PART_TENSORS];
    int n = part_tensors(trainer->settings, trainer->n_runs, net, GT_WEIGHTS, block, tensors);
    if (status == GT_OK) status = gt_engine_fetch(trainer->engine, 0, trainer->n_runs, false);
    if (status == GT_OK) {
        gather(trainer, net, part, tensors, n, flat, block);
        char activations[GT_MAX_LAYERS * 16] = "", slope[GT_NUMBER_CHARS], decimals[3][DECIMAL_CHARS];
        for (int l = 0; l < layers->n_layers; l++) {
            if (l > 0) strcat(activations, ",");
            strcat(activations, gt_activation_name(layers->activation[l]));
        }
        const gt_metadata metadata[] = {
            {"format", "pt"}, /* what readers written for PyTorch look for */
            {"gantry_version", gt_version()},
            {"net", net_names[net]},
            {"activations", activations},
            {"leaky_slope", gt_number_format(layers->leaky_slope, slope)},
            {"first_seed", decimal(trainer->first_seed, decimals[0])},
            {"n_runs", decimal(trainer->n_runs, decimals[1])},
            {"iteration", decimal(trainer->iteration, decimals[2])},
        };
        status = gt_safetensors_write(path, metadata, sizeof metadata / sizeof *metadata, tensors, n);
    }
    free(block);
    free(flat);
    return status;
}
