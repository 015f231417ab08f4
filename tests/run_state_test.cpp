// The state of a run as bytes: nothing of it is lost, and bytes that are not a run's state are refused.
#include "core/run_state.h"
#include "rows.h"
#include "specs.h"

namespace {

// Specs whose states differ: averaged weights, decays, other shapes, other columns; one that diverges.
std::vector<NamedSpec> specs() {
    const gt_spec x2 = preset("x2");
    return {{"x2", x2},
            {"ema", changed(x2, [](gt_spec &s) { s.ema = 0.9; })},
            {"ema_decay", changed(x2,
                                  [](gt_spec &s) {
                                      s.ema = 0.99, s.decay = GT_DECAY_COSINE, s.decay_iterations = 30, s.d_steps = 3;
                                      s.generator_adam.weight_decay = 0.3;
                                  })},
            {"deep", mixed_spec(40)},
            {"data", data_spec(3, 50)},
            {"wild", changed(x2, [](gt_spec &s) {
                 s.generator_adam.lr = s.discriminator_adam.lr = 1e6;
                 s.generator.activation[0] = s.discriminator.activation[0] = GT_LINEAR;
             })}};
}

struct States {
    explicit States(const gt_trainer *trainer)
        : bytes(gt_run_state_bytes(gt_trainer_get_spec(trainer))), data(gt_trainer_get_info(trainer).n_runs * bytes) {
        EXPECT_EQ(gt_run_states_get(trainer, data.data()), GT_OK) << gt_last_error();
    }
    const size_t bytes;
    std::vector<char> data;
};

std::vector<gt_metrics> scores(gt_trainer *trainer) {
    std::vector<gt_metrics> rows(gt_trainer_get_info(trainer).n_runs);
    const gt_evaluate_options options{100, 50, 0};
    EXPECT_EQ(gt_trainer_evaluate(trainer, &options, rows.data()), GT_OK);
    return rows;
}

void expect_same(gt_trainer *a, size_t run_a, gt_trainer *b, size_t run_b) {
    EXPECT_EQ(digest(a, run_a), digest(b, run_b));
    expect_same_row(scores(a)[run_a], scores(b)[run_b]); // losses and divergence, too
    const gt_spec &spec = *gt_trainer_get_spec(a);
    for (gt_net net : {GT_DISCRIMINATOR, GT_GENERATOR}) {
        EXPECT_EQ(gt_trainer_adam_steps(a, run_a, net), gt_trainer_adam_steps(b, run_b, net));
        for (gt_state_part part : parts_of(spec, net)) {
            const std::vector<float> x = state(a, net, part, run_a), y = state(b, net, part, run_b);
            EXPECT_EQ(memcmp(x.data(), y.data(), x.size() * sizeof(float)), 0) << name_of(net) << " " << name_of(part);
        }
    }
}

class RunState : public testing::TestWithParam<NamedSpec> {};
INSTANTIATE_TEST_SUITE_P(Specs, RunState, testing::ValuesIn(specs()), spec_name);

TEST_P(RunState, RoundTripAndFurtherTraining) {
    const Trainer from = make_trainer(GetParam().spec, 40, 5, GT_ISA_AUTO, 2);
    ASSERT_EQ(gt_trainer_advance(from.get(), 17), GT_OK);
    States states(from.get());
    for (gt_isa isa : available_isas()) {
        SCOPED_TRACE(gt_isa_name(isa));
        const Trainer to = make_trainer(GetParam().spec, 40, 5, isa);
        ASSERT_EQ(gt_run_states_set(to.get(), 17, states.data.data()), GT_OK) << gt_last_error();
        EXPECT_EQ(gt_trainer_get_info(to.get()).iteration, 17u);
        EXPECT_EQ(States(to.get()).data, states.data);
        for (size_t r = 0; r < 5; r++) expect_same(from.get(), r, to.get(), r);
        const Trainer straight = make_trainer(GetParam().spec, 40, 5);
        ASSERT_EQ(gt_trainer_advance(straight.get(), 30), GT_OK);
        ASSERT_EQ(gt_trainer_advance(to.get(), 13), GT_OK);
        for (size_t r = 0; r < 5; r++) expect_same(straight.get(), r, to.get(), r);
    }
}

TEST_P(RunState, OneRunExtracted) {
    const Trainer from = make_trainer(GetParam().spec, 7, 4, GT_ISA_AUTO, 2), alone = make_trainer(GetParam().spec, 9);
    ASSERT_EQ(gt_trainer_advance(from.get(), 17), GT_OK);
    ASSERT_EQ(gt_trainer_advance(alone.get(), 17), GT_OK);
    const States before(from.get());
    gt_trainer *one = nullptr;
    ASSERT_EQ(gt_run_extract(from.get(), 2, &one), GT_OK) << gt_last_error();
    const Trainer owned(one, &gt_trainer_destroy);
    EXPECT_EQ(gt_trainer_get_info(one).n_runs, 1u);
    EXPECT_EQ(gt_trainer_get_info(one).first_seed, 9u);
    EXPECT_EQ(gt_trainer_get_info(one).iteration, 17u);
    expect_same(one, 0, alone.get(), 0);
    ASSERT_EQ(gt_trainer_advance(one, 20), GT_OK);
    ASSERT_EQ(gt_trainer_advance(alone.get(), 20), GT_OK);
    expect_same(one, 0, alone.get(), 0);
    EXPECT_EQ(States(from.get()).data, before.data); // it was only read
}

// Settings side by side: the states are those of trainers with one setting, and each run is extracted with its own.
TEST(RunStates, OfSeveralSettings) {
    const gt_spec settings[] = {
        preset("x2"), changed(preset("x2"), [](gt_spec &s) { s.generator_adam.lr = 0.01, s.discriminator_adam.beta1 = 0.5; })};
    gt_trainer_options options{};
    options.first_seed = 20, options.n_runs = 3, options.n_threads = 2, options.device = GT_DEVICE_CPU;
    const auto create = [&] {
        gt_trainer *trainer = nullptr;
        EXPECT_EQ(gt_trainer_create_settings(settings, 2, &options, &trainer), GT_OK) << gt_last_error();
        return Trainer(trainer, &gt_trainer_destroy);
    };
    const Trainer both = create();
    ASSERT_EQ(gt_trainer_advance(both.get(), 12), GT_OK);
    const States states(both.get());
    std::vector<char> joined;
    for (const gt_spec &spec : settings) {
        const Trainer one = make_trainer(spec, 20, 3);
        ASSERT_EQ(gt_trainer_advance(one.get(), 12), GT_OK);
        const States of_one(one.get());
        joined.insert(joined.end(), of_one.data.begin(), of_one.data.end());
    }
    EXPECT_TRUE(states.data == joined);
    const Trainer again = create();
    ASSERT_EQ(gt_run_states_set(again.get(), 12, joined.data()), GT_OK) << gt_last_error();
    ASSERT_EQ(gt_trainer_advance(again.get(), 8), GT_OK);
    for (size_t run = 0; run < 6; run++) {
        SCOPED_TRACE(run);
        gt_trainer *extracted = nullptr;
        ASSERT_EQ(gt_run_extract(both.get(), run, &extracted), GT_OK) << gt_last_error();
        const Trainer owned(extracted, &gt_trainer_destroy), alone = make_trainer(settings[run / 3], 20 + run % 3);
        EXPECT_EQ(gt_trainer_get_spec(extracted)->generator_adam.lr, settings[run / 3].generator_adam.lr);
        ASSERT_EQ(gt_trainer_advance(extracted, 8), GT_OK);
        ASSERT_EQ(gt_trainer_advance(alone.get(), 20), GT_OK);
        expect_same(extracted, 0, alone.get(), 0);
        EXPECT_EQ(digest(again.get(), run), digest(alone.get()));
    }
}

TEST(RunStates, ADivergedRunIsFrozenAgain) {
    const Trainer from = make_trainer(specs().back().spec, 0, 2);
    ASSERT_EQ(gt_trainer_advance(from.get(), 20), GT_OK);
    ASSERT_TRUE(scores(from.get())[0].diverged);
    States states(from.get());
    const Trainer to = make_trainer(specs().back().spec, 0, 2);
    ASSERT_EQ(gt_run_states_set(to.get(), 20, states.data.data()), GT_OK) << gt_last_error();
    const std::string before = digest(to.get());
    ASSERT_EQ(gt_trainer_advance(to.get(), 20), GT_OK);
    EXPECT_EQ(digest(to.get()), before);
    expect_same_row(scores(to.get())[0], [&] {
        EXPECT_EQ(gt_trainer_advance(from.get(), 20), GT_OK);
        return scores(from.get())[0];
    }());
    // It was not frozen yet before it diverged.
    EXPECT_EQ(gt_run_states_set(to.get(), scores(to.get())[0].diverged_at, states.data.data()), GT_ERR_FILE);
}

TEST(RunStates, AnyFlippedBitIsRefused) {
    const gt_spec spec = changed(spec_of(2, {3}, {3}, GT_RELU, 4), [](gt_spec &s) { s.ema = 0.5; });
    const Trainer from = make_trainer(spec, 3, 2);
    ASSERT_EQ(gt_trainer_advance(from.get(), 5), GT_OK);
    States states(from.get());
    const Trainer to = make_trainer(spec, 3, 2);
    for (size_t bit = 0; bit < 8 * states.data.size(); bit++) {
        states.data[bit / 8] ^= (char)(1 << bit % 8);
        ASSERT_EQ(gt_run_states_set(to.get(), 5, states.data.data()), GT_ERR_FILE) << "bit " << bit;
        ASSERT_NE(std::string(gt_last_error()).find(bit < 4 * states.data.size() ? "seed 3" : "seed 4"), std::string::npos)
            << gt_last_error();
        states.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    EXPECT_EQ(gt_run_states_set(to.get(), 5, states.data.data()), GT_OK);
}

TEST(RunStates, OfAnotherSeedOrIterationAreRefused) {
    const Trainer from = make_trainer(preset("x2"), 3, 2);
    ASSERT_EQ(gt_trainer_advance(from.get(), 5), GT_OK);
    States states(from.get());
    const Trainer other_seed = make_trainer(preset("x2"), 4, 2), same = make_trainer(preset("x2"), 3, 2);
    EXPECT_EQ(gt_run_states_set(other_seed.get(), 5, states.data.data()), GT_ERR_FILE);
    EXPECT_EQ(gt_run_states_set(same.get(), 4, states.data.data()), GT_ERR_FILE);
    EXPECT_EQ(gt_run_states_set(same.get(), 6, states.data.data()), GT_ERR_FILE);
    std::swap_ranges(states.data.begin(), states.data.begin() + (ptrdiff_t)states.bytes,
                     states.data.begin() + (ptrdiff_t)states.bytes);
    EXPECT_EQ(gt_run_states_set(same.get(), 5, states.data.data()), GT_ERR_FILE);
}

} // namespace
