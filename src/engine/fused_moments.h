/* private. D with one hidden layer of relu or leaky_relu, whose gradients come from a few sums ("moments"); in lane operations.
 *
 * z = c + sum_j v_j h_j with h_j = a_j where a_j = b_j + sum_i w_ij x_i > 0, else slope a_j (slope 0: ReLU). With g_j = dz
 * where a_j > 0, else slope dz, the sums S_ij of g_j x_i and S_j of g_j over the batch give every gradient: dw_ij = v_j S_ij,
 * db_j = v_j S_j, dv_j = b_j S_j + sum_i w_ij S_ij. And dz/dx_i = sum_j of v_j w_ij where a_j > 0, else slope v_j w_ij.  */
#ifndef GT_ENGINE_FUSED_MOMENTS_H
#define GT_ENGINE_FUSED_MOMENTS_H

#include "engine/fused_dense.h"

/* Hidden outputs to h, logits to z; with products[i][j] = v_j w_ij (and slope times those behind them) also dz/dx to dx. */
LANES_FN void moments_forward_block(const fused_net *net, const float *w, float slope, values x, values h, values z,
                                    const float *products, values dx, int s0, int n) {
    const fused_layer *hidden = &net->layer[0];
    const int n_in = hidden->n_in, n_hidden = hidden->n_out, by_out = hidden->stride_out, by_in = hidden->stride_in;
    const bool leaky = hidden->activation == GT_LEAKY_RELU;
    const float *weight = w + hidden->w, *bias = w + hidden->b, *v = w + net->layer[1].w;
    vf logit[8], gx[2][8];
    for (int s = 0; s < n; s++) {
        logit[s] = vf_set(w[net->layer[1].b]);
        gx[0][s] = gx[1][s] = vf_set(0.0f);
    }
    for (int j = 0; j < n_hidden; j++) {
        vf a[8];
        for (int s = 0; s < n; s++) a[s] = vf_set(bias[j]);
        for (int i = 0; i < n_in; i++) {
            vf wi = vf_set(weight[j * by_out + i * by_in]);
            for (int s = 0; s < n; s++) a[s] = vf_fma(wi, value(x, i, s0 + s), a[s]);
        }
        vf vj = vf_set(v[j]);
        for (int s = 0; s < n; s++) {
            vm on = vf_gt(a[s], vf_set(0.0f));
            if (leaky || products == NULL) {
                vf hs = leaky ? vf_select(on, a[s], vf_mul(a[s], vf_set(slope))) : vf_max(a[s], vf_set(0.0f));
                logit[s] = vf_fma(hs, vj, logit[s]);
                if (products == NULL) put(h, j, s0 + s, hs);
            } else {
                logit[s] = vf_fma_where(on, a[s], vj, logit[s]);
            }
            if (products == NULL) continue;
            for (int i = 0; i < 2; i++) {
                vf p = vf_set(products[i * n_hidden + j]);
                if (leaky)
                    gx[i][s] = vf_add(gx[i][s], vf_select(on, p, vf_set(products[(2 + i) * n_hidden + j])));
                else
                    gx[i][s] = vf_add_where(on, gx[i][s], p);
            }
        }
    }
    for (int s = 0; s < n; s++) {
        put(z, 0, s0 + s, logit[s]);
        if (products != NULL)
            for (int i = 0; i < 2; i++) put(dx, i, s0 + s, gx[i][s]);
    }
}
/* its sums take three registers a slot, so no more than 4 slots */
SLOT_FUNCTION(moments_forward, 4,
              (const fused_net *net, const float *w, float slope, values x, values h, values z, const float *products,
               values dx, int n_slots),
              net, w, slope, x, h, z, products, dx)

/* rows += S_ij at i * n_hidden + j, S_j behind them, then the sum of dz. */
LANES_FN void moments_rows_block(const fused_net *net, float slope, values dz, values h, values x, float *rows, bool first,
                                 int s0, int n) {
    enum { n_in = 2 }; /* a point */
    const int n_hidden = net->layer[0].n_out;
    const bool leaky = net->layer[0].activation == GT_LEAKY_RELU;
    vf g[8], slow[8];
    for (int s = 0; s < n; s++) {
        g[s] = value(dz, 0, s0 + s);
        slow[s] = vf_mul(g[s], vf_set(slope));
    }
    for (int j = 0; j < n_hidden; j++) {
        vf sum[3];
        for (int i = 0; i <= n_in; i++) sum[i] = first && s0 == 0 ? vf_set(0.0f) : vf_load(rows + (i * n_hidden + j) * LANES);
        for (int s = 0; s < n; s++) {
            vm on = vf_gt(value(h, j, s0 + s), vf_set(0.0f));
            vf gs = leaky ? vf_select(on, g[s], slow[s]) : g[s];
            for (int i = 0; i < n_in; i++) {
                vf xi = value(x, i, s0 + s);
                sum[i] = leaky ? vf_fma(gs, xi, sum[i]) : vf_fma_where(on, gs, xi, sum[i]);
            }
            sum[n_in] = leaky ? vf_add(sum[n_in], gs) : vf_add_where(on, sum[n_in], gs);
        }
        for (int i = 0; i <= n_in; i++) vf_store(rows + (i * n_hidden + j) * LANES, sum[i]);
    }
    float *row = rows + (n_in + 1) * n_hidden * LANES;
    vf sum = first && s0 == 0 ? vf_set(0.0f) : vf_load(row);
    for (int s = 0; s < n; s++) sum = vf_add(sum, g[s]);
    vf_store(row, sum);
}
SLOT_FUNCTION(moments_rows, SLOT_BLOCK,
              (const fused_net *net, float slope, values dz, values h, values x, float *rows, bool first, int n_slots), net,
              slope, dz, h, x, rows, first)

/* The moments to the gradient. Whole vectors are stored in ascending order: what runs over an array's end is overwritten. */
LANES_FN void moments_gradient(const fused_net *net, const float *w, const float *sums, float *gradient) {
    const int n_in = net->layer[0].n_in, n_hidden = net->layer[0].n_out;
    const float *v = w + net->layer[1].w, *b = w + net->layer[0].b;
    for (int i = 0; i <= n_in; i++)
        for (int j = 0; j < n_hidden; j += LANES)
            vf_store(gradient + i * n_hidden + j, vf_mul(vf_load(v + j), vf_load(sums + i * n_hidden + j)));
    for (int j = 0; j < n_hidden; j += LANES) {
        vf dv = vf_mul(vf_load(b + j), vf_load(sums + n_in * n_hidden + j));
        for (int i = 0; i < n_in; i++) dv = vf_fma(vf_load(w + i * n_hidden + j), vf_load(sums + i * n_hidden + j), dv);
        vf_store(gradient + (n_in + 1) * n_hidden + j, dv);
    }
    gradient[net->n_parameters - 1] = sums[(n_in + 1) * n_hidden];
    for (int k = net->n_parameters; k < net->padded; k++) gradient[k] = 0.0f;
}

/* products[i][j] = v_j w_ij, and behind them slope times each. */
LANES_FN void moments_products(const fused_net *net, const float *w, float slope, float *products) {
    const int n_in = net->layer[0].n_in, n_hidden = net->layer[0].n_out;
    for (int i = 0; i < n_in; i++)
        for (int j = 0; j < n_hidden; j += LANES)
            vf_store(products + i * n_hidden + j, vf_mul(vf_load(w + net->layer[1].w + j), vf_load(w + i * n_hidden + j)));
    if (net->layer[0].activation == GT_LEAKY_RELU)
        for (int k = 0; k < n_in * n_hidden; k += LANES)
            vf_store(products + n_in * n_hidden + k, vf_mul(vf_load(products + k), vf_set(slope)));
}

#endif
