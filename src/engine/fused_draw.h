/* private. Real points and latents of a batch, in lane operations (docs/numerics.md, "Real points"). */
#ifndef GT_ENGINE_FUSED_DRAW_H
#define GT_ENGINE_FUSED_DRAW_H

#include "engine/fused_dense.h"

/* A point of the target from its word, to slot s. */
LANES_FN void put_real(const fused_plan *plan, const fused_shape *shape, vf bits, int s, values points) {
    const int n_columns = shape->d.layer[0].n_in;
    const vu word = vf_as_u(bits);
    if (shape->recipe.target == FUSED_SQUARE) {
        vf x = vf_fma(exact_uniform(word), vf_set(plan->target.width), vf_set(plan->target.lo));
        put(points, 0, s, x);
        put(points, 1, s, vf_mul(x, x));
    } else if (shape->recipe.target == FUSED_CURVE) {
        const vu segment = vu_shr(word, 22);
        const vf r = exact_uniform(vu_shl(word, 10));
        for (int i = 0; i < n_columns; i++) {
            const vu at = vu_mul(segment, (uint32_t)n_columns * 4);
            const float *c = plan->table + 4 * i;
            vf y = vf_fma(vf_gather(c + 3, at), r, vf_gather(c + 2, at));
            put(points, i, s, vf_fma(vf_fma(y, r, vf_gather(c + 1, at)), r, vf_gather(c, at)));
        }
    } else {
        vu row, low;
        vu_mul_wide(word, plan->n_rows, &row, &low);
        const vu at = vu_mul(row, (uint32_t)n_columns);
        for (int i = 0; i < n_columns; i++) put(points, i, s, vf_gather(plan->table + i, at));
    }
}

/* Real points for n_slots slots from slot c0 of a batch whose first sample is number `first` of the draw. */
LANES_FN void draw_real(const fused_plan *plan, const fused_shape *shape, uint64_t seed, uint32_t stream, uint32_t noise_stream,
                        uint32_t iteration, uint64_t first, batch_shape b, int c0, int n_slots, float *ws, values points) {
    const int n_columns = shape->d.layer[0].n_in;
    float *words = ws + plan->latents, *noise = ws + plan->noise;
    draw(seed, stream, iteration, DRAW_WORD, first + (uint64_t)c0, b.slots, n_slots, words);
    for (int s = 0; s < n_slots; s++) put_real(plan, shape, vf_load(words + s * LANES), s, points);
    if (!shape->recipe.target_noise) return;
    draw(seed, noise_stream, iteration, DRAW_NORMAL, (first + (uint64_t)c0) * (uint64_t)n_columns, b.slots * n_columns,
         n_slots * n_columns, noise);
    for (int s = 0; s < n_slots; s++)
        for (int i = 0; i < n_columns; i++)
            put(points, i, s,
                vf_fma(vf_set(plan->target.noise[i]), vf_load(noise + (s * n_columns + i) * LANES), value(points, i, s)));
}

/* Latents that are not normal, in one shared copy. */
static __attribute__((noinline)) void draw_other_noise(const fused_shape *shape, uint64_t seed, uint32_t stream,
                                                       uint32_t iteration, uint64_t base, int stride, int count, float *rows) {
    if (shape->recipe.noise == DRAW_SYMMETRIC)
        draw(seed, stream, iteration, DRAW_SYMMETRIC, base, stride, count, rows);
    else
        draw(seed, stream, iteration, DRAW_TRUNCATED, base, stride, count, rows);
}

/* Latents for n_slots slots from slot c0 of a batch whose first element of the draw is base. */
LANES_FN values draw_latents(const fused_shape *shape, uint64_t seed, uint32_t stream, uint32_t iteration, uint64_t base,
                             batch_shape b, int c0, int n_slots, float *rows) {
    const int latent = shape->g.layer[0].n_in;
    base += (uint64_t)(c0 * latent);
    if (shape->recipe.noise == DRAW_NORMAL)
        draw(seed, stream, iteration, DRAW_NORMAL, base, b.slots * latent, n_slots * latent, rows);
    else
        draw_other_noise(shape, seed, stream, iteration, base, b.slots * latent, n_slots * latent, rows);
    values z = {rows, 1, latent};
    return z;
}

#endif
