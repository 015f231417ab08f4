/* Blocks of numbers by cuRAND (ops_cuda_numbers.h). */
#include "engine/ops_cuda_numbers.h"

#include "engine/cuda_libraries.h"
#include "engine/cuda_try.h"

#include <curand.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ITERATIONS = 16 };

/* ---------------------------------------------------------------- the library */

#define CURAND_FUNCTIONS(X)                                                                                                    \
    X(curandCreateGenerator)                                                                                                   \
    X(curandDestroyGenerator)                                                                                                  \
    X(curandSetStream)                                                                                                         \
    X(curandSetPseudoRandomGeneratorSeed)                                                                                      \
    X(curandSetGeneratorOffset)                                                                                                \
    X(curandGenerate)                                                                                                          \
    X(curandGenerateUniform)                                                                                                   \
    X(curandGenerateNormal)

typedef struct {
#define MEMBER(name) __typeof__(&(name)) name;
    CURAND_FUNCTIONS(MEMBER)
#undef MEMBER
} curand;

#define NAME(name) #name,
static const char *const function_names[] = {CURAND_FUNCTIONS(NAME)};
#undef NAME
enum { N_FUNCTIONS = sizeof function_names / sizeof *function_names };
_Static_assert(sizeof(curand) == N_FUNCTIONS * sizeof(void *), "a name for each function");

static gt_status load(curand *out) {
    static const gt_cuda_library library = {
        .stem = "libcurand.so", .majors = {CURAND_VER_MAJOR}, .names = function_names, .n = N_FUNCTIONS};
    void *functions[N_FUNCTIONS];
    if (!gt_cuda_library_load(&library, functions))
        return gt_fail(GT_ERR_DEVICE,
                       "cuRAND (libcurand.so.%d) can't be loaded; install the CUDA toolkit or its package libcurand, or take "
                       "--rng gantry",
                       CURAND_VER_MAJOR);
    memcpy(out, functions, sizeof functions);
    return GT_OK;
}

#define CURAND_TRY(call)                                                                                                       \
    do {                                                                                                                       \
        const curandStatus_t curand_error_ = (call);                                                                           \
        if (curand_error_ != CURAND_STATUS_SUCCESS)                                                                            \
            return gt_fail(GT_ERR_CUDA, "%s: error %d of cuRAND (%s:%d)", #call, (int)curand_error_, __FILE_NAME__, __LINE__); \
    } while (0)

/* ---------------------------------------------------------------- blocks */

struct ops_numbers {
    curand lib;
    curandGenerator_t generator;
    cudaStream_t stream;
    size_t n_runs;
    int kind;                  /* fused_draw of the latents */
    size_t d_latents, latents; /* an iteration: of D's steps; of them and of G's */
    size_t words;              /* an iteration */
    float *values;             /* device, [R][BLOCK_ITERATIONS][latents] */
    unsigned *bits;            /* device, [R][BLOCK_ITERATIONS][words] */
    bool drawn;
    uint64_t block; /* iterations block * BLOCK_ITERATIONS and up, if drawn */
};

static size_t round_up(size_t n) { return (n + 3) / 4 * 4; }

static size_t words_of(const ops_plan *plan) { return round_up((size_t)plan->recipe.d_steps * (size_t)plan->recipe.half); }

static size_t d_latents_of(const ops_plan *plan) {
    return (size_t)plan->recipe.d_steps * (size_t)plan->recipe.half * (size_t)plan->net[LAYERED_G].layer[0].n_in;
}

static size_t latents_of(const ops_plan *plan) {
    return round_up(d_latents_of(plan) + (size_t)plan->recipe.batch * (size_t)plan->net[LAYERED_G].layer[0].n_in);
}

size_t ops_numbers_bytes(const ops_plan *plan) {
    return plan->n_runs * BLOCK_ITERATIONS * (words_of(plan) * sizeof(unsigned) + latents_of(plan) * sizeof(float));
}

gt_status ops_numbers_create(const ops_plan *plan, cudaStream_t stream, ops_numbers **out) {
    ops_numbers *numbers = calloc(1, sizeof *numbers);
    if (numbers == NULL) return gt_fail(GT_ERR_MEMORY, "no memory for random numbers");
    const size_t blocks = plan->n_runs * BLOCK_ITERATIONS;
    gt_status status;
    curandStatus_t error = CURAND_STATUS_SUCCESS;
    *numbers = (ops_numbers){.stream = stream,
                             .n_runs = plan->n_runs,
                             .kind = plan->recipe.noise,
                             .d_latents = d_latents_of(plan),
                             .latents = latents_of(plan),
                             .words = words_of(plan)};
    GT_TRY_GOTO(load(&numbers->lib), cleanup);
    error = numbers->lib.curandCreateGenerator(&numbers->generator, CURAND_RNG_PSEUDO_PHILOX4_32_10);
    if (error == CURAND_STATUS_SUCCESS) error = numbers->lib.curandSetStream(numbers->generator, stream);
    if (error != CURAND_STATUS_SUCCESS) {
        status = gt_fail(GT_ERR_DEVICE, "cuRAND does not work on this GPU (error %d); take --rng gantry", (int)error);
        goto cleanup;
    }
    GT_TRY_GOTO(GT_CUDA_STATUS(cudaMalloc((void **)&numbers->values, blocks * numbers->latents * sizeof(float)), "latents"),
                cleanup);
    GT_TRY_GOTO(GT_CUDA_STATUS(cudaMalloc((void **)&numbers->bits, blocks * numbers->words * sizeof(unsigned)), "words"),
                cleanup);
cleanup:
    if (status == GT_OK)
        *out = numbers;
    else
        ops_numbers_destroy(numbers);
    return status;
}

void ops_numbers_destroy(ops_numbers *numbers) {
    if (numbers == NULL) return;
    if (numbers->generator != NULL) numbers->lib.curandDestroyGenerator(numbers->generator);
    (void)cudaFree(numbers->values);
    (void)cudaFree(numbers->bits);
    free(numbers);
}

/* A sequence from its seed on, at a position. */
static gt_status seek(ops_numbers *numbers, uint64_t seed, uint64_t position) {
    CURAND_TRY(numbers->lib.curandSetPseudoRandomGeneratorSeed(numbers->generator, seed));
    CURAND_TRY(numbers->lib.curandSetGeneratorOffset(numbers->generator, position));
    return GT_OK;
}

static gt_status draw_run(ops_numbers *numbers, size_t run, uint64_t seed, uint64_t first) {
    const size_t n_latents = BLOCK_ITERATIONS * numbers->latents, n_words = BLOCK_ITERATIONS * numbers->words;
    float *values = numbers->values + run * n_latents;
    GT_TRY(seek(numbers, seed, first * numbers->latents));
    if (numbers->kind == DRAW_NORMAL)
        CURAND_TRY(numbers->lib.curandGenerateNormal(numbers->generator, values, n_latents, 0.0f, 1.0f));
    else if (numbers->kind == DRAW_SYMMETRIC)
        CURAND_TRY(numbers->lib.curandGenerateUniform(numbers->generator, values, n_latents));
    else /* cuRAND has none that are cut off: words, made into such on the way out */
        CURAND_TRY(numbers->lib.curandGenerate(numbers->generator, (unsigned *)values, n_latents));
    GT_TRY(seek(numbers, ~seed, first * numbers->words));
    CURAND_TRY(numbers->lib.curandGenerate(numbers->generator, numbers->bits + run * n_words, n_words));
    return GT_OK;
}

gt_status ops_numbers_prepare(ops_numbers *numbers, const uint64_t *seeds, uint64_t iteration, uint64_t *n) {
    const uint64_t block = iteration / BLOCK_ITERATIONS, left = (block + 1) * BLOCK_ITERATIONS - iteration;
    if (*n > left) *n = left;
    if (numbers->drawn && numbers->block == block) return GT_OK;
    numbers->drawn = false;
    for (size_t r = 0; r < numbers->n_runs; r++) GT_TRY(draw_run(numbers, r, seeds[r], block * BLOCK_ITERATIONS));
    numbers->drawn = true;
    numbers->block = block;
    return GT_OK;
}

void ops_numbers_forget(ops_numbers *numbers) { numbers->drawn = false; }

layered_drawn ops_numbers_words(const ops_numbers *numbers) {
    return (layered_drawn){.at = numbers->bits,
                           .stride = BLOCK_ITERATIONS * numbers->words,
                           .a_iteration = numbers->words,
                           .n_iterations = BLOCK_ITERATIONS};
}

layered_drawn ops_numbers_latents(const ops_numbers *numbers, uint32_t stream, int *held) {
    *held = numbers->kind == DRAW_NORMAL ? DRAW_NORMAL : numbers->kind == DRAW_SYMMETRIC ? DRAW_UNIFORM : DRAW_WORD;
    return (layered_drawn){.at = numbers->values,
                           .stride = BLOCK_ITERATIONS * numbers->latents,
                           .a_iteration = numbers->latents,
                           .first = stream == GT_STREAM_G_LATENTS ? numbers->d_latents : 0,
                           .n_iterations = BLOCK_ITERATIONS};
}
