/* private. What an engine is: a table of functions over a set of R runs. core/ calls engines only through this.
 *
 * Arguments have been checked by the caller. An engine on a device trains and scores there; what is asked of single runs (their
 * state, points, batches of a caller) is done by its host engine, the CPU engine of the same kind, which holds a copy of every
 * run and gives the same bits. On the CPU the host engine is the engine itself. */
#ifndef GT_ENGINE_ENGINE_H
#define GT_ENGINE_ENGINE_H

#include "core/target.h"
#include "gantry/gantry.h"
#include "kernels/streams.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gt_engine gt_engine; /* each engine's own struct begins with one */

/* What a run carries beside its float state; saved in checkpoints. */
typedef struct gt_run_counters {
    uint64_t seed;
    uint64_t iteration; /* completed */
    uint64_t d_steps;   /* Adam steps of D */
    uint64_t g_steps;   /* Adam steps of G */
    bool diverged;      /* frozen in iteration diverged_at; then the state is that after the step that met it */
    uint64_t diverged_at;
    double last_losses[3]; /* d_loss_real, d_loss_fake, g_loss of the last iteration; NaN before the first */
} gt_run_counters;

typedef struct gt_engine_ops {
    const char *engine; /* "fused", "layered" */
    const char *device; /* "cpu", "cuda" */

    /* The devices that it knows here, as gt_devices(). */
    size_t (*list)(gt_device_info *out, size_t capacity);

    /* options->n_runs runs of each of n_settings specs that share a trainer, in the order of gt_trainer_create_settings(), at
     * iteration 0 with their initial weights. settings and target, that of all, live as long as the engine. */
    gt_status (*create)(const gt_spec *settings, size_t n_settings, const gt_target_model *target,
                        const gt_trainer_options *options, gt_engine **out);
    void (*destroy)(gt_engine *engine);

    /* n more iterations of every run that is not frozen. */
    gt_status (*advance)(gt_engine *engine, uint64_t n);

    gt_run_counters (*get_counters)(const gt_engine *engine, size_t run);

    /* The scores of every run that is not frozen, from fresh points of `iteration`, to rows[R]: acc_* to energy of gt_metrics.
     * NULL where core/ computes them from points. */
    gt_status (*evaluate)(gt_engine *engine, uint64_t iteration, const gt_evaluate_options *options, gt_metrics *rows);

    /* Brings the host engine's copy of n runs up to date; to_change: it will be changed, and the device follows. NULL where
     * the engine is its own host engine. */
    gt_status (*fetch)(gt_engine *engine, size_t first, size_t n, bool to_change);

    /* ---- of a host engine. Those that only read may be called for different runs at once from the threads of one OpenMP team
     * of at most n_threads. */

    /* One part of a net's state in the order of gt_spec_n_parameters. Never GT_GAN; GT_EMA only where G has it. */
    void (*get_state)(const gt_engine *engine, size_t run, gt_net net, gt_state_part part, float *out);
    void (*set_state)(gt_engine *engine, size_t run, gt_net net, gt_state_part part, const float *in);
    void (*set_counters)(gt_engine *engine, size_t run, const gt_run_counters *counters);

    /* n real points of a stream, and the stream of their noise, at an iteration: out[n, X], in the nets' units. */
    void (*real)(gt_engine *engine, size_t run, uint32_t stream, uint32_t noise_stream, uint64_t iteration, size_t n,
                 float *out);
    /* n points of G (with its averaged weights where there are some) from latents of a stream: out[n, X], likewise. */
    void (*generate)(gt_engine *engine, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out);
    /* n latents of a stream: out[n, Z]. */
    void (*latents)(gt_engine *engine, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out);
    /* n numbers of a stream, uniform on (-1, 1]. */
    void (*uniforms)(gt_engine *engine, size_t run, uint32_t stream, uint64_t iteration, size_t n, float *out);
    /* Output of a net (D, GAN: logits) on rows x[n, inputs]. */
    void (*forward)(gt_engine *engine, size_t run, gt_net net, const float *x, size_t n, float *out);
    /* Makes room for batches of n samples in train_on_batch. */
    gt_status (*reserve_batch)(gt_engine *engine, size_t n);
    /* One Adam step of D (GT_DISCRIMINATOR) or of G through D (GT_GAN) on x[n, inputs], labels y[n]; logits[n] before it.
     * Freezes a run whose step gives a value that is not finite. */
    void (*train_on_batch)(gt_engine *engine, size_t run, gt_net net, const float *x, const float *y, size_t n, float *logits);
    /* The mean loss of D (GT_DISCRIMINATOR) or G (GT_GAN) for logits with labels, summed in double in the order of the samples.
     */
    double (*loss)(const gt_engine *engine, gt_net net, const float *logits, const float *y, size_t n);
    /* Logits to probabilities, in place. */
    void (*sigmoid)(const gt_engine *engine, float *values, size_t n);
} gt_engine_ops;

enum { GT_WHY_CHARS = 224 };

struct gt_engine {
    const gt_engine_ops *ops;
    gt_engine *host; /* itself on the CPU; else owned */
    const char *isa;
    char why[GT_WHY_CHARS];
    int n_threads, n_gpus;
    size_t state_bytes_per_run;
};

extern const gt_engine_ops gt_fused_cpu_ops, gt_fused_cuda_ops, gt_layered_cpu_ops, gt_layered_cuda_ops;

static inline gt_status gt_engine_fetch(gt_engine *engine, size_t first, size_t n, bool to_change) {
    return engine->ops->fetch != NULL ? engine->ops->fetch(engine, first, n, to_change) : GT_OK;
}

#ifdef __cplusplus
}
#endif
#endif
