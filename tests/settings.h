// Settings: specs of one trainer, which differ in every number that they may.
#ifndef GT_TESTS_SETTINGS_H
#define GT_TESTS_SETTINGS_H

#include "same_bits.h"

#include <functional>

struct Change {
    const char *member;
    std::function<void(gt_spec &)> change;
};

// Every number that may differ, by a change that a spec with such a number stands.
inline std::vector<Change> changes_of_numbers(const gt_spec &spec) {
    std::vector<Change> out = {
        {"generator.lr", [](gt_spec &s) { s.generator_adam.lr *= 2; }},
        {"discriminator.lr", [](gt_spec &s) { s.discriminator_adam.lr *= 0.5; }},
        {"generator.beta1", [](gt_spec &s) { s.generator_adam.beta1 = 0; }},
        {"discriminator.beta1", [](gt_spec &s) { s.discriminator_adam.beta1 = 0.5; }},
        {"generator.beta2", [](gt_spec &s) { s.generator_adam.beta2 = 0.9; }},
        {"discriminator.beta2", [](gt_spec &s) { s.discriminator_adam.beta2 = 0.99; }},
        {"generator.eps", [](gt_spec &s) { s.generator_adam.eps = 1e-3; }},
        {"discriminator.eps", [](gt_spec &s) { s.discriminator_adam.eps = 1e-4; }},
        {"generator.slope", [](gt_spec &s) { s.generator.leaky_slope = 0.05; }},
        {"discriminator.slope", [](gt_spec &s) { s.discriminator.leaky_slope = 0.4; }},
        {"generator.hidden_init", [](gt_spec &s) { s.generator.hidden_init = GT_HE_NORMAL; }},
        {"generator.output_init", [](gt_spec &s) { s.generator.output_init = GT_HE_UNIFORM; }},
        {"discriminator.hidden_init", [](gt_spec &s) { s.discriminator.hidden_init = GT_GLOROT_NORMAL; }},
        {"discriminator.output_init", [](gt_spec &s) { s.discriminator.output_init = GT_GLOROT_NORMAL; }},
    };
    if (spec.loss == GT_BCE || spec.loss == GT_MINIMAX || spec.loss == GT_LEAST_SQUARES) {
        out.push_back({"real_label", [](gt_spec &s) { s.real_label = 0.7; }});
        out.push_back({"fake_label", [](gt_spec &s) { s.fake_label = 0.2; }});
    }
    if (spec.clip > 0) out.push_back({"clip", [](gt_spec &s) { s.clip *= 0.1; }});
    if (spec.decay != GT_DECAY_NONE) {
        out.push_back({"decay_iterations", [](gt_spec &s) { s.decay_iterations = 13; }});
        out.push_back({"decay_final", [](gt_spec &s) { s.decay_final = 0.7; }});
    }
    if (spec.ema > 0) out.push_back({"ema", [](gt_spec &s) { s.ema = 0.7; }});
    if (spec.generator_adam.weight_decay > 0 || spec.discriminator_adam.weight_decay > 0) {
        out.push_back({"generator.weight_decay", [](gt_spec &s) {
                           s.generator_adam.weight_decay = 7;
                           s.discriminator_adam.weight_decay = 0;
                       }});
        out.push_back({"discriminator.weight_decay", [](gt_spec &s) {
                           s.generator_adam.weight_decay = 0;
                           s.discriminator_adam.weight_decay = 11;
                       }});
    }
    return out;
}

// One that differs in all of them.
inline gt_spec with_other_numbers(gt_spec spec) {
    for (const Change &number : changes_of_numbers(spec)) number.change(spec);
    return spec;
}

inline void let_diverge(gt_spec &spec) {
    spec.generator_adam.lr = spec.discriminator_adam.lr = 1e6;
    spec.generator_adam.weight_decay *= 1e-7; // times the rate it stays below 1
    spec.discriminator_adam.weight_decay *= 1e-7;
}

// The spec, one more with each of its numbers changed, and between them some that diverge.
inline std::vector<gt_spec> settings_of(const gt_spec &spec) {
    std::vector<gt_spec> out = {spec};
    for (const Change &number : changes_of_numbers(spec)) {
        out.push_back(spec);
        number.change(out.back());
        if (out.size() % 5 == 2) {
            out.push_back(spec);
            let_diverge(out.back());
        }
    }
    return out;
}

inline Trainer make_settings(const std::vector<gt_spec> &settings, const gt_trainer_options &options) {
    gt_trainer *trainer = nullptr;
    EXPECT_EQ(gt_trainer_create_settings(settings.data(), settings.size(), &options, &trainer), GT_OK) << gt_last_error();
    return Trainer(trainer, &gt_trainer_destroy);
}

// The runs of settings as each of them has them alone, on the CPU: state, losses and scores.
inline void expect_runs_alone(const Trainer &trainer, const std::vector<gt_spec> &settings, uint64_t iterations,
                              const gt_evaluate_options &scores) {
    const gt_trainer_info info = gt_trainer_get_info(trainer.get());
    const size_t n_seeds = info.n_runs / settings.size();
    const std::vector<gt_metrics> rows = rows_of(trainer, scores);
    for (size_t s = 0; s < settings.size(); s++) {
        Trainer alone = on(GT_DEVICE_CPU, settings[s], info.first_seed, n_seeds);
        train(alone, iterations);
        const std::vector<gt_metrics> expected = rows_of(alone, scores);
        for (size_t k = 0; k < n_seeds; k++) {
            SCOPED_TRACE(testing::Message() << "setting " << s << ", seed " << info.first_seed + k);
            EXPECT_EQ(digest(trainer.get(), s * n_seeds + k), digest(alone.get(), k));
            expect_equal(rows[s * n_seeds + k], expected[k]);
        }
    }
}

#endif
