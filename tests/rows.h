// Rows of scores, and what became of a run, compared bit for bit.
#ifndef GT_TESTS_ROWS_H
#define GT_TESTS_ROWS_H

#include "core/judge.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

inline bool same_bits(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b)); }

inline void expect_same_row(const gt_metrics &a, const gt_metrics &b) {
    EXPECT_EQ(a.iteration, b.iteration);
    EXPECT_EQ(a.diverged, b.diverged);
    EXPECT_EQ(a.diverged_at, b.diverged_at);
    EXPECT_EQ(a.n_samples, b.n_samples);
    EXPECT_EQ(a.n_accuracy, b.n_accuracy);
    EXPECT_EQ(a.n_energy, b.n_energy);
#define EXPECT_SAME(member)                                                                                                    \
    EXPECT_TRUE(same_bits(a.member, b.member)) << #member << " at " << a.iteration << ": " << a.member << ", " << b.member
    EXPECT_SAME(acc_real);
    EXPECT_SAME(acc_fake);
    EXPECT_SAME(d_loss_real);
    EXPECT_SAME(d_loss_fake);
    EXPECT_SAME(g_loss);
    EXPECT_SAME(resid_mean);
    EXPECT_SAME(resid_p95);
    EXPECT_SAME(w1_x);
    EXPECT_SAME(w1_x_floor);
    EXPECT_SAME(support);
    EXPECT_SAME(coverage);
    EXPECT_SAME(std_x);
    EXPECT_SAME(modes);
    EXPECT_SAME(hq);
    EXPECT_SAME(reverse_kl);
    EXPECT_SAME(jsd);
    EXPECT_SAME(energy);
    EXPECT_SAME(energy_coefficient);
    EXPECT_SAME(spread);
#undef EXPECT_SAME
}

inline void expect_same_rows(const std::vector<gt_metrics> &a, const std::vector<gt_metrics> &b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); i++) expect_same_row(a[i], b[i]);
}

inline void expect_same_judge(const gt_judge &a, const gt_judge &b) {
    EXPECT_EQ(a.n_checkpoints, b.n_checkpoints);
    EXPECT_EQ(a.n_converged, b.n_converged);
    EXPECT_EQ(a.n_relapses, b.n_relapses);
    EXPECT_EQ(a.first_converged, b.first_converged);
    EXPECT_EQ(a.first_relapse, b.first_relapse);
    EXPECT_EQ(a.recent, b.recent);
}

#endif
