/* private. Products of small layers with what follows them in the same kernel, and what follows cuBLASLt's. */
#ifndef GT_KERNELS_LAYERED_DENSE_CUH
#define GT_KERNELS_LAYERED_DENSE_CUH

#include "kernels/layered_runs.cuh"

enum { TILE = LAYERED_TILE, DEPTH = 32 };

/* Elements (i0 + i, j0 + j), i and j below 32, of a matrix of rows x columns to tile[i][j]; zeros where it has none. ones: of a
 * column behind the last. The threads go along what lies together in memory. */
static __device__ __forceinline__ void load_tile(const layered_matrix &matrix, const float *from, int i0, int j0, int rows,
                                                 int columns, bool ones, float (&tile)[TILE][DEPTH + 1]) {
    for (unsigned e = threadIdx.x; e < TILE * DEPTH; e += LAYERED_THREADS) {
        const int slow = static_cast<int>(e / 32), fast = static_cast<int>(e % 32);
        const int i = matrix.by_column == 1 ? slow : fast, j = matrix.by_column == 1 ? fast : slow;
        const bool inside = i0 + i < rows && j0 + j < columns;
        float x = 0.0f;
        if (inside)
            x = from[static_cast<size_t>(i0 + i) * static_cast<size_t>(matrix.by_row) +
                     static_cast<size_t>(j0 + j) * static_cast<size_t>(matrix.by_column)];
        else if (ones && i0 + i < rows && j0 + j == columns)
            x = 1.0f;
        tile[i][j] = x;
    }
}

/* Element (i, j) of the product is there. */
static __device__ __forceinline__ void put_element(const layered_product_args &args, const Finish &finish, unsigned run, int i,
                                                   int j, float y) {
    if (j == args.n) {
        args.sums[run * args.sums_stride + static_cast<size_t>(i)] = y;
        return;
    }
    const size_t at = static_cast<size_t>(i) * static_cast<size_t>(args.c.by_row) +
                      static_cast<size_t>(j) * static_cast<size_t>(args.c.by_column);
    args.c.at[run * args.c.stride + at] = finish(y, at, j);
}

/* A block makes a tile of 32 x 32, a thread two rows and two columns of it. */
static __device__ __forceinline__ void product(const layered_product_args &args) {
    __shared__ float a[TILE][DEPTH + 1], b[DEPTH][TILE + 1];
    const Place place = place_of(args.runs);
    if (frozen(args.runs, place.run) && !args.frozen_too) return;
    const bool ones = args.sums != nullptr;
    const int columns = args.n + (ones ? 1 : 0), across = (columns + TILE - 1) / TILE;
    const int i0 = static_cast<int>(place.block) / across * TILE, j0 = static_cast<int>(place.block) % across * TILE;
    const int i = static_cast<int>(threadIdx.x / 16), j = static_cast<int>(threadIdx.x % 16);
    const float *from_a = args.a.at + place.run * args.a.stride, *from_b = args.b.at + place.run * args.b.stride;
    float sum[2][2] = {};
    for (int k0 = 0; k0 < args.k; k0 += DEPTH) {
        load_tile(args.a, from_a, i0, k0, args.m, args.k, false, a);
        load_tile(args.b, from_b, k0, j0, args.k, args.n, ones, b);
        __syncthreads();
        const int depth = args.k - k0 < DEPTH ? args.k - k0 : DEPTH;
        for (int k = 0; k < depth; k++) {
#pragma unroll
            for (int p = 0; p < 2; p++)
#pragma unroll
                for (int q = 0; q < 2; q++) sum[p][q] = vf_fma(a[i + 16 * p][k], b[k][j + 16 * q], sum[p][q]);
        }
        __syncthreads();
    }
    const Finish finish = finish_of(args.finish, args.runs, place.run);
#pragma unroll
    for (int p = 0; p < 2; p++)
#pragma unroll
        for (int q = 0; q < 2; q++)
            if (i0 + i + 16 * p < args.m && j0 + j + 16 * q < columns)
                put_element(args, finish, place.run, i0 + i + 16 * p, j0 + j + 16 * q, sum[p][q]);
}

/* A warp makes an element: for few of them, each a long sum. */
static __device__ __forceinline__ void narrow_product(const layered_product_args &args) {
    const Place place = place_of(args.runs);
    if (frozen(args.runs, place.run) && !args.frozen_too) return;
    const int columns = args.n + (args.sums != nullptr ? 1 : 0);
    const unsigned element = place.block * (LAYERED_THREADS / 32) + threadIdx.x / 32;
    const int i = static_cast<int>(element) / columns, j = static_cast<int>(element) % columns;
    if (i >= args.m) return; /* a whole warp does */
    const float *a = args.a.at + place.run * args.a.stride + static_cast<size_t>(i) * static_cast<size_t>(args.a.by_row);
    const float *b = args.b.at + place.run * args.b.stride + static_cast<size_t>(j) * static_cast<size_t>(args.b.by_column);
    float sum = 0.0f;
    for (int k = static_cast<int>(threadIdx.x % 32); k < args.k; k += 32)
        sum = vf_fma(a[static_cast<size_t>(k) * static_cast<size_t>(args.a.by_column)],
                     j == args.n ? 1.0f : b[static_cast<size_t>(k) * static_cast<size_t>(args.b.by_row)], sum);
    for (int lanes = 16; lanes > 0; lanes /= 2) sum = vf_add(sum, __shfl_xor_sync(~0u, sum, lanes));
    if (threadIdx.x % 32 == 0) put_element(args, finish_of(args.finish, args.runs, place.run), place.run, i, j, sum);
}

static __device__ __forceinline__ void map(const layered_map_args &args) {
    const Place place = place_of(args.runs);
    if (frozen(args.runs, place.run) && !args.frozen_too) return;
    const Finish finish = finish_of(args.finish, args.runs, place.run);
    const unsigned n = static_cast<unsigned>(args.n) * static_cast<unsigned>(args.width);
    float *y = args.y + place.run * args.stride;
    const unsigned end = place.block * LAYERED_ELEMENTS + LAYERED_ELEMENTS;
    for (unsigned e = place.block * LAYERED_ELEMENTS + threadIdx.x; e < n && e < end; e += LAYERED_THREADS)
        y[e] = finish(y[e], e, static_cast<int>(e % static_cast<unsigned>(args.width)));
}

/* A block takes 32 columns. */
static __device__ __forceinline__ void column_sums(const layered_sums_args &args) {
    __shared__ float part[8][32];
    const Place place = place_of(args.runs);
    if (frozen(args.runs, place.run)) return;
    const int l = static_cast<int>(threadIdx.x / 32), place_of_column = static_cast<int>(threadIdx.x % 32);
    const int column = static_cast<int>(place.block) * 32 + place_of_column;
    const float *y = args.y + place.run * args.stride;
    float sum = 0.0f;
    for (int i = l; column < args.width && i < args.n; i += 8)
        sum = vf_add(sum, y[static_cast<size_t>(i) * static_cast<size_t>(args.width) + static_cast<size_t>(column)]);
    part[l][place_of_column] = sum;
    for (int half = 4; half > 0; half /= 2) {
        __syncthreads();
        if (l < half) part[l][place_of_column] = vf_add(part[l][place_of_column], part[l + half][place_of_column]);
    }
    if (l == 0 && column < args.width)
        args.sums[place.run * args.sums_stride + static_cast<size_t>(column)] = part[0][place_of_column];
}

#endif
