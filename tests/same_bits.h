// Trainers that must have the same bits and scores.
#ifndef GT_TESTS_SAME_BITS_H
#define GT_TESTS_SAME_BITS_H

#include "rows.h"
#include "specs.h"

#include <cstring>

inline gt_trainer_options options_for(gt_device device, uint64_t first_seed = 1, size_t n_runs = 1) {
    gt_trainer_options options{};
    options.first_seed = first_seed;
    options.n_runs = n_runs;
    options.device = device;
    return options;
}

inline Trainer on(gt_device device, const gt_spec &spec, uint64_t first_seed = 1, size_t n_runs = 1) {
    return make_trainer(spec, options_for(device, first_seed, n_runs));
}

inline void train(const Trainer &trainer, uint64_t n) {
    ASSERT_EQ(gt_trainer_advance(trainer.get(), n), GT_OK) << gt_last_error();
}

inline std::vector<gt_metrics> rows_of(const Trainer &trainer, gt_evaluate_options options) {
    std::vector<gt_metrics> rows(gt_trainer_get_info(trainer.get()).n_runs);
    EXPECT_EQ(gt_trainer_evaluate(trainer.get(), &options, rows.data()), GT_OK) << gt_last_error();
    return rows;
}

inline gt_evaluate_options scored(int n_samples, int n_energy = 0, int n_accuracy = 100) {
    gt_evaluate_options options{};
    options.n_samples = n_samples;
    options.n_energy = n_energy;
    options.n_accuracy = n_accuracy;
    return options;
}

// Every bit of every run, so that a difference says where it is.
inline void expect_equal(const Trainer &a, const Trainer &b) {
    const size_t n_runs = gt_trainer_get_info(a.get()).n_runs;
    const gt_spec &spec = *gt_trainer_get_spec(a.get());
    ASSERT_EQ(gt_trainer_get_info(b.get()).n_runs, n_runs);
    for (size_t run = 0; run < n_runs; run++) {
        for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR}) {
            EXPECT_EQ(gt_trainer_adam_steps(a.get(), run, net), gt_trainer_adam_steps(b.get(), run, net));
            for (gt_state_part part : parts_of(spec, net)) {
                const std::vector<float> x = state(a.get(), net, part, run), y = state(b.get(), net, part, run);
                for (size_t k = 0; k < x.size(); k++)
                    ASSERT_EQ(memcmp(&x[k], &y[k], sizeof x[k]), 0) << name_of(net) << " " << name_of(part) << " " << k
                                                                    << " of run " << run << ": " << x[k] << ", " << y[k];
            }
        }
        EXPECT_EQ(digest(a.get(), run), digest(b.get(), run));
    }
}

inline void expect_equal(const gt_metrics &a, const gt_metrics &b) { expect_same_row(a, b); }

#endif
