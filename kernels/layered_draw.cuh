/* private. Real points and latents (docs/numerics.md), from streams of the run's own, or from numbers that were drawn ahead. */
#ifndef GT_KERNELS_LAYERED_DRAW_CUH
#define GT_KERNELS_LAYERED_DRAW_CUH

#include "kernels/fused_draw.cuh"
#include "kernels/layered_runs.cuh"

static __device__ __forceinline__ float component(float4 x, unsigned k) {
    return k == 0 ? x.x : k == 1 ? x.y : k == 2 ? x.z : x.w;
}

/* Of a kind that is known at run time. */
static __device__ __forceinline__ float4 draw_block_of(int kind, const Draw &draw, unsigned block) {
    switch (kind) {
    case DRAW_NORMAL:
        return draw_block<DRAW_NORMAL>(draw, block);
    case DRAW_SYMMETRIC:
        return draw_block<DRAW_SYMMETRIC>(draw, block);
    case DRAW_TRUNCATED:
        return draw_block<DRAW_TRUNCATED>(draw, block);
    default:
        return draw_block<DRAW_WORD>(draw, block);
    }
}

static __device__ __forceinline__ float element_of(int kind, const Draw &draw, unsigned long long element) {
    return component(draw_block_of(kind, draw, static_cast<unsigned>(element >> 2)), static_cast<unsigned>(element & 3));
}

/* Element 0 of a draw in an iteration. */
template <class T>
static __device__ __forceinline__ const T *drawn_of(const layered_drawn &drawn, unsigned run, uint64_t iteration) {
    return static_cast<const T *>(drawn.at) + run * drawn.stride + iteration % drawn.n_iterations * drawn.a_iteration +
           drawn.first;
}

/* Column i of the point that a word gives. */
static __device__ __forceinline__ float real_value(const layered_real_args &args, unsigned word, unsigned i) {
    const unsigned width = static_cast<unsigned>(args.width);
    if (args.target == FUSED_SQUARE) {
        const float x = vf_fma(exact_uniform(word), args.numbers.width, args.numbers.lo);
        return i == 0 ? x : vf_mul(x, x);
    }
    if (args.target == FUSED_CURVE) {
        const float r = exact_uniform(word << 10);
        const float4 c = __ldg(reinterpret_cast<const float4 *>(args.table) + (word >> 22) * width + i);
        return vf_fma(vf_fma(vf_fma(c.w, r, c.z), r, c.y), r, c.x);
    }
    const size_t at = static_cast<size_t>(__umulhi(word, args.n_rows)) * width + i;
    return args.target == FUSED_IMAGES ? vf_fma(static_cast<float>(__ldg(args.pixels + at)), args.scale, args.offset)
                                       : __ldg(args.table + at);
}

/* A value a thread at a time: a point's word is drawn again for each of its columns. */
static __device__ __forceinline__ void real(const layered_real_args &args) {
    const Place place = place_of(args.runs);
    const layered_run &run = args.runs.at[place.run];
    if (run.diverged) return;
    const unsigned width = static_cast<unsigned>(args.width), n = static_cast<unsigned>(args.n) * width;
    const unsigned iteration = static_cast<unsigned>(run.iteration);
    const Draw points = draw_of(run.seed, GT_STREAM_REAL, iteration),
               noise = draw_of(run.seed, GT_STREAM_REAL_NOISE, iteration);
    const unsigned *drawn = args.drawn.at != nullptr ? drawn_of<unsigned>(args.drawn, place.run, run.iteration) : nullptr;
    float *out = args.out + place.run * args.stride;
    const unsigned end = place.block * LAYERED_ELEMENTS + LAYERED_ELEMENTS;
    for (unsigned e = place.block * LAYERED_ELEMENTS + threadIdx.x; e < n && e < end; e += LAYERED_THREADS) {
        const unsigned long long point = args.first + e / width;
        const unsigned i = e % width;
        const unsigned word = drawn != nullptr ? drawn[point] : __float_as_uint(element_of(DRAW_WORD, points, point));
        float x = real_value(args, word, i);
        if (args.target_noise) x = vf_fma(args.numbers.noise[i], element_of(DRAW_NORMAL, noise, point * width + i), x);
        out[e] = x;
    }
}

/* A block of four numbers of the draw a thread. */
static __device__ __forceinline__ void latents(const layered_latents_args &args) {
    const Place place = place_of(args.runs);
    const layered_run &run = args.runs.at[place.run];
    if (run.diverged) return;
    const unsigned long long block = args.first / 4 + place.block * LAYERED_THREADS + threadIdx.x;
    float *out = args.out + place.run * args.stride;
    if (4 * block >= args.first + args.n) return;
    float4 x = make_float4(0, 0, 0, 0);
    if (args.drawn.at == nullptr)
        x = draw_block_of(args.kind, draw_of(run.seed, args.stream, static_cast<unsigned>(run.iteration)),
                          static_cast<unsigned>(block));
    const float *drawn = args.drawn.at != nullptr ? drawn_of<float>(args.drawn, place.run, run.iteration) : nullptr;
    for (unsigned k = 0; k < 4; k++) {
        const unsigned long long element = 4 * block + k;
        if (element < args.first || element >= args.first + args.n) continue;
        float y = component(x, k);
        if (drawn != nullptr) {
            y = drawn[element];
            if (args.held == DRAW_UNIFORM) y = vf_fma(y, 2.0f, -1.0f);
            if (args.held == DRAW_WORD) y = draw_of_word(args.kind, __float_as_uint(y));
        }
        out[element - args.first] = y;
    }
}

#endif
