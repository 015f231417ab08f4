// Adam's step sizes by stretches of steps against one step after the other.
#include "specs.h"

#include "engine/fused_step_tables.h"

#include <algorithm>
#include <cmath>
#include <set>

// Memory that is not there must come back as NULL from the address sanitizer's malloc, too.
extern "C" const char *__asan_default_options() { return "allocator_may_return_null=1"; }

namespace {

struct Tables : fused_step_tables {
    std::vector<uint32_t> of;
    explicit Tables(const std::vector<gt_spec> &settings, gt_net net = GT_DISCRIMINATOR) : of(settings.size()) {
        EXPECT_EQ(fused_step_tables_create(settings.data(), settings.size(), net, of.data(), this), GT_OK) << gt_last_error();
    }
    ~Tables() { fused_step_tables_destroy(this); }
    Tables(const Tables &) = delete;
    Tables &operator=(const Tables &) = delete;
};

gt_spec with(double lr, double beta1, double beta2) {
    gt_spec spec = preset("x2");
    spec.discriminator_adam.lr = lr, spec.discriminator_adam.beta1 = beta1, spec.discriminator_adam.beta2 = beta2;
    return spec;
}

// Step number t, counted from 0.
float expected(const gt_adam_spec &adam, uint64_t t) {
    const fused_adam folded = fused_adam_of(&adam);
    fused_powers powers = {1.0, 1.0};
    for (uint64_t k = 0; k < t; k++) fused_powers_advance(&powers, &folded);
    return fused_adam_next_step(&folded, &powers);
}

void expect_steps(const Tables &tables, const std::vector<gt_spec> &settings, uint64_t first, uint64_t n) {
    ASSERT_GE(first, tables.first);
    for (size_t s = 0; s < settings.size(); s++)
        for (uint64_t t = first; t < first + n; t++) {
            const uint64_t row = std::min<uint64_t>(t - tables.first, tables.n - 1);
            ASSERT_EQ(tables.steps[row * tables.n_tables + tables.of[s]], expected(settings[s].discriminator_adam, t))
                << "setting " << s << ", step " << t;
        }
}

const std::vector<gt_spec> some = {with(1e-3, 0.9, 0.999), with(1e-3, 0.5, 0.999), with(1e-3, 0.9, 0.99),
                                   with(2e-3, 0.9, 0.999), with(1e-3, 0, 0),       with(1e-3, 0.9, 0.999),
                                   with(1, 0, 0.3)};

TEST(StepTables, EqualRatesAndBetasShareOne) {
    Tables tables(some);
    EXPECT_EQ(tables.n_tables, 6u);
    EXPECT_EQ(tables.of[0], tables.of[5]);
    EXPECT_EQ(std::set<uint32_t>(tables.of.begin(), tables.of.end()).size(), 6u);
    EXPECT_EQ(Tables(some, GT_GENERATOR).n_tables, 1u); // G's are all the same
    std::vector<gt_spec> eps = {some[0], some[0]};
    eps[1].discriminator_adam.eps = 1, eps[1].discriminator_adam.weight_decay = 1;
    EXPECT_EQ(Tables(eps).n_tables, 1u);
}

TEST(StepTables, HaveTheStepsOfEach) {
    for (int n_threads : {1, 3}) {
        std::vector<gt_spec> settings = some;
        for (int k = 0; k < 40; k++) settings.push_back(with(1e-4 * (k + 1), 0.8, 0.99));
        Tables tables(settings);
        // on, on without a gap, within, ahead, back, over the place where all stay the same, and behind it
        for (auto [first, n] :
             {std::pair<uint64_t, uint64_t>{0, 7}, {7, 20}, {10, 3}, {100, 5}, {50, 60}, {41500, 300}, {70000, 9}}) {
            SCOPED_TRACE(first);
            ASSERT_EQ(fused_step_tables_fill(&tables, first, n, n_threads), GT_OK) << gt_last_error();
            expect_steps(tables, first > 1000 ? some : settings, first, n);
        }
    }
}

TEST(StepTables, AreComputedOnce) {
    Tables tables(some);
    ASSERT_EQ(fused_step_tables_fill(&tables, 5, 10, 1), GT_OK);
    const uint64_t version = tables.version;
    ASSERT_EQ(fused_step_tables_fill(&tables, 6, 9, 1), GT_OK);
    EXPECT_EQ(tables.version, version);
    ASSERT_EQ(fused_step_tables_fill(&tables, 6, 10, 1), GT_OK);
    EXPECT_NE(tables.version, version);
    ASSERT_EQ(fused_step_tables_fill(&tables, tables.constant_from, 10, 1), GT_OK);
    EXPECT_EQ(tables.n, 1u);
    const uint64_t last = tables.version;
    ASSERT_EQ(fused_step_tables_fill(&tables, 1000000000000, 1000000000000, 1), GT_OK);
    EXPECT_EQ(tables.version, last);
}

// From constant_from on, sizes are the same, and not from much before.
TEST(StepTables, StayTheSameFromWhereTheySay) {
    for (double beta : {0.0, 0.1, 0.9, 0.999, 0.99999}) {
        const std::vector<gt_spec> settings = {with(0.01, beta / 2, beta)};
        Tables tables(settings);
        const fused_adam adam = fused_adam_of(&settings[0].discriminator_adam);
        fused_powers powers = fused_powers_after(&adam, tables.constant_from);
        EXPECT_EQ(powers.beta1, 0);
        EXPECT_EQ(powers.beta2, 0);
        powers = fused_powers_after(&adam, tables.constant_from > 4 ? tables.constant_from - 4 : 0);
        EXPECT_GT(powers.beta2, 0);
        // a stretch that ends there is one row longer than the steps that still change
        ASSERT_EQ(fused_step_tables_fill(&tables, 0, UINT64_MAX / 2, 1), GT_OK);
        EXPECT_EQ(tables.n, tables.constant_from + 1);
    }
}

TEST(StepTables, ReachAsFarAsMemory) {
    Tables tables(some);
    EXPECT_EQ(fused_step_tables_reach(&tables, 0, 600), 100u);
    EXPECT_EQ(fused_step_tables_reach(&tables, 40000, 600), 100u);
    EXPECT_EQ(fused_step_tables_reach(&tables, 0, 5), 0u);
    EXPECT_EQ(fused_step_tables_reach(&tables, 0, 6 * 50000), UINT64_MAX);
    EXPECT_EQ(fused_step_tables_reach(&tables, tables.constant_from - 50, 600), UINT64_MAX);
    EXPECT_EQ(fused_step_tables_reach(&tables, tables.constant_from, 1), UINT64_MAX);
}

TEST(StepTables, TooManyAreRefused) {
    Tables tables({with(1e-3, 0.9, 0.999999)});
    tables.constant_from = UINT64_MAX / 2;
    EXPECT_EQ(fused_step_tables_fill(&tables, 0, UINT64_MAX / 4, 1), GT_ERR_MEMORY);
    EXPECT_NE(std::string(gt_last_error()).find("step sizes of Adam"), std::string::npos) << gt_last_error();
}

} // namespace
