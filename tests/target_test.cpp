// Targets: what is drawn from them against their definitions, their tables, scaling, and what is refused.
#include "targets.h"

#include "kernels/streams.h"
#include "reference.h"

#include <algorithm>
#include <functional>
#include <set>

namespace {

using Points = std::vector<double>; // [n, X]

// Points as devices draw them (docs/numerics.md, "Real points"), in double, with the noise that a caller's draw gets.
Points draw(const gt_target_model &model, const gt_target_spec &spec, uint64_t seed, size_t n) {
    const size_t columns = (size_t)model.n_columns;
    const auto noise = reference::normals(seed, GT_STREAM_DRAW_NOISE, 0, n * columns);
    Points out;
    for (size_t i = 0; i < n; i++) {
        const uint32_t word = reference::block(seed, GT_STREAM_DRAW_REAL, 0, (uint32_t)(i / 4))[i % 4];
        for (size_t c = 0; c < columns; c++) {
            double value = 0;
            if (model.draw == FUSED_SQUARE) {
                const double x = spec.lo + (spec.hi - spec.lo) * (double)reference::uniform(word);
                value = c == 0 ? x : x * x;
            } else if (model.draw == FUSED_CURVE) {
                const float *k = model.table + ((word >> 22) * columns + c) * 4;
                const double r = reference::uniform(word << 10);
                value = ((k[3] * r + k[2]) * r + k[1]) * r + k[0];
            } else {
                value = model.table[((uint64_t)word * model.n >> 32) * columns + c];
            }
            out.push_back(model.has_noise ? value + (double)model.noise[c] * noise[i * columns + c] : value);
        }
    }
    return out;
}

Points draw(const gt_target_spec &spec, size_t n, uint64_t seed = 5) { return draw(*make_model(spec), spec, seed, n); }

Points column(const Points &points, size_t c, size_t columns = 2) {
    Points out;
    for (size_t i = c; i < points.size(); i += columns) out.push_back(points[i]);
    return out;
}

double mean(const Points &values) {
    double sum = 0;
    for (double v : values) sum += v;
    return sum / (double)values.size();
}

double deviation(const Points &values) {
    double sum = 0;
    const double m = mean(values);
    for (double v : values) sum += (v - m) * (v - m);
    return std::sqrt(sum / (double)values.size());
}

// Whether the ends of n values that are uniform on [lo, hi] are as near to it as they must be: 12 gaps, missed once in e^12
// cases.
void expect_ends(const Points &u, double lo, double hi) {
    const double gaps = 12 * (hi - lo) / (double)u.size();
    EXPECT_NEAR(*std::min_element(u.begin(), u.end()), lo, gaps);
    EXPECT_NEAR(*std::max_element(u.begin(), u.end()), hi, gaps);
}

// Kolmogorov and Smirnov's statistic times sqrt n against the uniform distribution; above 1.95 in one case of 1,000.
double ks(Points u, double lo, double hi) {
    std::sort(u.begin(), u.end());
    double most = 0;
    const double n = (double)u.size();
    for (size_t i = 0; i < u.size(); i++) {
        const double at = (u[i] - lo) / (hi - lo);
        most = std::max({most, at - (double)i / n, (double)(i + 1) / n - at});
    }
    return most * std::sqrt(n);
}

// ---------------------------------------------------------------- the list

TEST(Target, List) {
    std::set<std::string> names;
    for (int i = 0; gt_target_name(i) != nullptr; i++) {
        const char *name = gt_target_name(i);
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_NE(gt_target_summary(i), nullptr);
        const gt_target_spec spec = target(name);
        EXPECT_STREQ(spec.name, name);
        EXPECT_EQ(spec.n_columns, 2);
        for (int p = 0; p < GT_MAX_TARGET_PARAMETERS; p++)
            EXPECT_TRUE(gt_target_parameter_name(name, p) != nullptr || spec.parameter[p] == 0) << name << p;
        EXPECT_EQ(gt_target_parameter_name(name, GT_MAX_TARGET_PARAMETERS), nullptr);
        EXPECT_EQ(gt_target_parameter_name(name, -1), nullptr);
        const Model model = make_model(spec);
        EXPECT_EQ(model->kind, gt_target_kind_of(&spec)) << name;
    }
    EXPECT_EQ(names.size(), 12u);
    EXPECT_STREQ(gt_target_name(0), "x2");
    EXPECT_EQ(gt_target_name(-1), nullptr);
    EXPECT_EQ(gt_target_summary(12), nullptr);
    EXPECT_STREQ(gt_target_parameter_name("sine", 1), "frequency");
    EXPECT_EQ(gt_target_parameter_name("sine", 3), nullptr);
    EXPECT_EQ(gt_target_parameter_name("tan", 0), nullptr);
    gt_target_spec spec{};
    EXPECT_EQ(gt_target_by_name("tan", &spec), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(),
                 "no target is called \"tan\"; there are x2, quadratic, sine, cosine, polynomial, bell, ring8-pacgan, "
                 "ring8-wgangp, grid25-pacgan, grid25-wgangp, swissroll, moons");
}

// ---------------------------------------------------------------- functions

struct Function {
    gt_target_spec spec;
    std::function<double(double)> f;
    double table_error; // at most
};

// The float of a value of 1 is off by up to 6e-8, and so is each coefficient's; the rest is the cubic's, (1/1024)^4 times the
// fourth derivative over 1,944.
std::vector<Function> functions() {
    const double pi = M_PI;
    return {
        {target("quadratic"), [](double x) { return x * x + 0.5 * x; }, 1e-7},
        {target("quadratic", {-3, 1, 7}), [](double x) { return -3 * x * x + x + 7; }, 1e-6},
        {target("sine"), [=](double x) { return 0.5 * std::sin(2 * pi * x); }, 1e-7},
        {target("sine", {2, 4, 1}), [=](double x) { return 2 * std::sin(8 * pi * x + 1); }, 2e-7},
        {target("cosine"), [=](double x) { return 0.5 * std::cos(2 * pi * x); }, 1e-7},
        {target("polynomial"), [](double x) { return 1.25 * x - 5 * x * x * x + 4 * std::pow(x, 5); }, 1e-7},
        {target("polynomial", {1, 2, 3, 4, 5, 6, 7, 8}),
         [](double x) {
             double sum = 0;
             for (int k = 7; k >= 0; k--) sum = sum * x + k + 1;
             return sum;
         },
         5e-6},
        {target("bell"), [](double x) { return 0.5 * std::exp(-x * x / (2 * 0.15 * 0.15)); }, 1e-7},
        {target("bell", {1, 0.2, 0.01}), [](double x) { return std::exp(-std::pow((x - 0.2) / 0.01, 2) / 2); }, 3e-7},
        {expression("sin(2*pi*x)*exp(-x)"), [=](double x) { return std::sin(2 * pi * x) * std::exp(-x); }, 4e-7},
        {expression("1/(1 + 25*x^2)"), [](double x) { return 1 / (1 + 25 * x * x); }, 2e-7},
        {expression("sin(50*x)"), [](double x) { return std::sin(50 * x); }, 3e-7},
        {expression("tanh(20*x) + e^x/pi", -2, 3), [=](double x) { return std::tanh(20 * x) + std::exp(x) / pi; }, 1e-6},
        {expression("log(x)", 0.01, 1), [](double x) { return std::log(x); }, 1e-6},
        {expression("x > 0 ? x : 0"), [](double x) { return x > 0 ? x : 0; }, 1e-7}, // the corner is a node
        {expression("min(abs(x - 0.3), 0.5)"), [](double x) { return std::min(std::abs(x - 0.3), 0.5); }, 2e-4},
        {expression("sqrt(x)", 0, 1), [](double x) { return std::sqrt(x); }, 4e-3}, // its slope is infinite at 0
    };
}

TEST(Target, SamplesOfFunctionsAndTheirTables) {
    for (const Function &function : functions()) {
        const gt_target_spec &spec = function.spec;
        SCOPED_TRACE(std::string(spec.name) + " " + spec.expression);
        const Points points = draw(spec, 20000);
        double worst = 0;
        for (size_t i = 0; i < points.size(); i += 2) worst = std::max(worst, std::abs(points[i + 1] - function.f(points[i])));
        const double steep = std::abs(function.f(spec.lo) - function.f(spec.lo + 1e-3)) + 20; // x is rounded as well
        EXPECT_LT(worst, function.table_error + steep * 6e-8);
        expect_ends(column(points, 0), spec.lo, spec.hi);
        EXPECT_LT(ks(column(points, 0), spec.lo, spec.hi), 1.95);
        double table_error = -1, own = 0;
        ASSERT_EQ(gt_target_table_error(&spec, &table_error), GT_OK) << gt_last_error();
        EXPECT_LT(table_error, function.table_error);
        const Model model = make_model(spec);
        std::vector<double> x, y;
        for (int i = 0; i < 8 * 1024; i++) {
            x.push_back(spec.lo + (spec.hi - spec.lo) * ((i + 0.5) / (8 * 1024)));
            const float *c = model->table + (size_t)(i / 8 * 8 + 4), r = ((float)(i % 8) + 0.5f) / 8;
            own = std::max(own,
                           std::abs(std::fmaf(std::fmaf(std::fmaf(c[3], r, c[2]), r, c[1]), r, c[0]) - function.f(x.back())));
        }
        EXPECT_NEAR(table_error, own, 1e-12);
        y.resize(x.size());
        ASSERT_EQ(gt_target_function(&spec, x.data(), x.size(), y.data()), GT_OK);
        for (size_t i = 0; i < x.size(); i++) ASSERT_NEAR(y[i], function.f(x[i]), function.table_error);
    }
}

TEST(Target, TheTutorialsParabola) {
    const gt_target_spec x2 = target("x2");
    const Model model = make_model(x2);
    EXPECT_EQ(model->draw, FUSED_SQUARE);
    EXPECT_EQ(model->table, nullptr);
    EXPECT_EQ(model->n, 0u);
    EXPECT_FALSE(model->has_noise);
    EXPECT_EQ(model->y_range, 0.25);
    EXPECT_EQ(model->score.good_below, 0.03);
    EXPECT_EQ(make_model(square_on(-0.3, 0.1))->y_range, 0.3 * 0.3);
    EXPECT_EQ(make_model(square_on(2, 6))->y_range, 32);
    double error = -1;
    ASSERT_EQ(gt_target_table_error(&x2, &error), GT_OK);
    EXPECT_EQ(error, 0);
    const double x[] = {-7, -0.3, 0, 0.5, 100};
    double y[5];
    ASSERT_EQ(gt_target_function(&x2, x, 5, y), GT_OK);
    for (int i = 0; i < 5; i++) EXPECT_EQ(y[i], x[i] * x[i]);
    const gt_target_spec line = expression("2*x");
    const double beyond[] = {-3, 3};
    ASSERT_EQ(gt_target_function(&line, beyond, 2, y), GT_OK);
    EXPECT_EQ(y[0], -2); // f ends with its domain
    EXPECT_EQ(y[1], 2);
    const gt_target_spec moons = target("moons");
    EXPECT_EQ(gt_target_function(&moons, x, 5, y), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(), "target moons is no function of x");
}

TEST(Target, ConstantsThatEveryExpressionHas) {
    const gt_target_spec both = expression("pi + 0*x");
    const double x = 0;
    double y;
    ASSERT_EQ(gt_target_function(&both, &x, 1, &y), GT_OK);
    EXPECT_EQ(y, M_PI);
    // A minus sign before a power, and the natural logarithm.
    for (auto [text, value] : {std::pair("-x^2", -0.25), std::pair("log(e)", 1.0), std::pair("2^3^x*0 + 7 - 2 - 1", 4.0)}) {
        const gt_target_spec f = expression(text);
        const double half = 0.5;
        ASSERT_EQ(gt_target_function(&f, &half, 1, &y), GT_OK) << gt_last_error();
        EXPECT_NEAR(y, value, 1e-7) << text;
    }
}

// ---------------------------------------------------------------- mixtures

struct Mixture {
    gt_target_spec spec;
    size_t n_modes;
    double sigma;
    std::function<std::array<double, 2>(size_t)> mode;
};

std::array<double, 2> on_ring(size_t k, double radius) {
    return {radius * std::cos(2 * M_PI * (double)k / 8), radius * std::sin(2 * M_PI * (double)k / 8)};
}

std::vector<Mixture> mixtures() {
    return {
        {target("ring8-pacgan"), 8, 0.01, [](size_t k) { return on_ring(k, 1); }},
        {target("ring8-wgangp"), 8, 0.02 / 1.414, [](size_t k) { return on_ring(k, 2 / 1.414); }},
        {target("grid25-pacgan"), 25, 0.05,
         [](size_t k) -> std::array<double, 2> {
             return {-4 + 2.0 * (double)(k / 5), -4 + 2.0 * (double)(k % 5)};
         }},
        {target("grid25-wgangp"), 25, 0.05 / 2.828,
         [](size_t k) -> std::array<double, 2> {
             return {(-4 + 2.0 * (double)(k / 5)) / 2.828, (-4 + 2.0 * (double)(k % 5)) / 2.828};
         }},
        {target("ring8-pacgan", {3, 5, 0.5, 2}), 3, 0.25,
         [](size_t k) -> std::array<double, 2> {
             return {2.5 * std::cos(2 * M_PI * (double)k / 3), 2.5 * std::sin(2 * M_PI * (double)k / 3)};
         }},
    };
}

TEST(Target, SamplesOfMixtures) {
    const size_t n = 100000;
    for (const Mixture &mixture : mixtures()) {
        SCOPED_TRACE(mixture.spec.name);
        const Model model = make_model(mixture.spec);
        ASSERT_EQ(model->score.n_modes, (int)mixture.n_modes);
        EXPECT_NEAR(model->score.sigma, mixture.sigma, 1e-15);
        std::set<std::pair<float, float>> distinct; // a ring with both 0 and 2 pi would have one twice
        for (size_t k = 0; k < mixture.n_modes; k++) {
            distinct.insert({model->score.table[2 * k], model->score.table[2 * k + 1]});
            for (size_t c = 0; c < 2; c++) EXPECT_NEAR(model->score.table[2 * k + c], mixture.mode(k)[c], 3e-7) << k;
        }
        EXPECT_EQ(distinct.size(), mixture.n_modes);

        const Points points = draw(mixture.spec, n);
        std::vector<size_t> counts(mixture.n_modes);
        Points residuals[2];
        for (size_t i = 0; i < n; i++) {
            size_t nearest = 0;
            auto distance = [&](size_t k) {
                return std::hypot(points[2 * i] - mixture.mode(k)[0], points[2 * i + 1] - mixture.mode(k)[1]);
            };
            for (size_t k = 1; k < mixture.n_modes; k++)
                if (distance(k) < distance(nearest)) nearest = k;
            counts[nearest]++;
            for (size_t c = 0; c < 2; c++) residuals[c].push_back(points[2 * i + c] - mixture.mode(nearest)[c]);
        }
        // chi square of k - 1 degrees of freedom: mean k - 1, deviation sqrt(2 (k - 1)); four and a half deviations
        const double expected = (double)n / (double)mixture.n_modes, freedom = (double)mixture.n_modes - 1;
        double chi2 = 0;
        for (size_t count : counts) chi2 += std::pow((double)count - expected, 2) / expected;
        EXPECT_LT(chi2, freedom + 4.5 * std::sqrt(2 * freedom));
        // sigma is a standard deviation, in each direction: its estimate is off by sigma / sqrt(2 n), the mean's by sigma /
        // sqrt n
        for (const Points &residual : residuals) {
            EXPECT_NEAR(deviation(residual) / mixture.sigma, 1, 4.5 / std::sqrt(2.0 * n));
            EXPECT_NEAR(mean(residual) / mixture.sigma, 0, 4.5 / std::sqrt((double)n));
        }
    }
}

TEST(Target, ModesOnTheAxesAreExact) {
    const Model ring = make_model(target("ring8-pacgan"));
    const float *modes = ring->score.table;
    for (int quarter = 0; quarter < 4; quarter++)
        EXPECT_EQ(std::min(std::abs(modes[4 * quarter]), std::abs(modes[4 * quarter + 1])), 0) << quarter;
    EXPECT_EQ(modes[0], 1);
}

// ---------------------------------------------------------------- curves

// The noise alone: the same points without it are the same words.
void expect_noise(const gt_target_spec &with, const gt_target_spec &without, double sd) {
    const size_t n = 100000;
    const Points noisy = draw(with, n), bare = draw(without, n);
    Points noise[2];
    for (size_t i = 0; i < 2 * n; i++) noise[i % 2].push_back(noisy[i] - bare[i]);
    for (const Points &of_column : noise) {
        EXPECT_NEAR(deviation(of_column) / sd, 1, 4.5 / std::sqrt(2.0 * n));
        EXPECT_NEAR(mean(of_column) / sd, 0, 4.5 / std::sqrt((double)n));
    }
}

TEST(Target, SamplesOfTheSwissRoll) {
    const gt_target_spec bare = target("swissroll", {0, 7.5});
    const Points points = draw(bare, 20000);
    Points ts;
    for (size_t i = 0; i < points.size(); i += 2) {
        const double x = 7.5 * points[i], y = 7.5 * points[i + 1], t = std::hypot(x, y);
        ts.push_back(t);
        ASSERT_NEAR(x, t * std::cos(t), 2e-5); // the radius tells the angle
        ASSERT_NEAR(y, t * std::sin(t), 2e-5);
    }
    expect_ends(ts, 1.5 * M_PI, 4.5 * M_PI);
    EXPECT_LT(ks(ts, 1.5 * M_PI, 4.5 * M_PI), 1.95); // scikit-learn: t = 1.5 pi (1 + 2 u)
    EXPECT_FALSE(make_model(bare)->has_noise);
    expect_noise(target("swissroll"), bare, 0.25 / 7.5);
    EXPECT_NEAR(draw(target("swissroll", {0, 1}), 10)[3], 7.5 * points[3], 1e-5);
}

TEST(Target, SamplesOfTheMoons) {
    const gt_target_spec bare = target("moons", {0});
    const size_t n = 40000;
    const Points points = draw(bare, n);
    Points upper, lower;
    for (size_t i = 0; i < n; i++) {
        const double x = points[2 * i], y = points[2 * i + 1];
        if (std::abs(std::hypot(x, y) - 1) < 1e-6 && y > -1e-6) {
            upper.push_back(std::atan2(std::max(y, 0.0), x));
        } else {
            ASSERT_NEAR(std::hypot(1 - x, 0.5 - y), 1, 1e-6);
            lower.push_back(std::atan2(std::max(0.5 - y, 0.0), 1 - x));
        }
    }
    EXPECT_NEAR((double)upper.size() / n, 0.5, 4.5 * 0.5 / std::sqrt((double)n));
    for (const Points &angles : {upper, lower}) {
        expect_ends(angles, 0, M_PI);
        EXPECT_LT(ks(angles, 0, M_PI), 1.95);
    }
    expect_noise(target("moons"), bare, 0.05);
}

// ---------------------------------------------------------------- data

TEST(Target, SamplesOfData) {
    const std::vector<float> points = {0, 1, 2, 10, 11, 12, -5, 6, 7};
    gt_target_spec data{};
    ASSERT_EQ(gt_target_from_points(points.data(), 3, 3, &data), GT_OK) << gt_last_error();
    const size_t n = 30000;
    const Points drawn = draw(data, n);
    std::array<size_t, 3> counts{};
    for (size_t i = 0; i < n; i++) {
        size_t row = 0;
        while (row < 3 && drawn[3 * i] != points[3 * row]) row++;
        ASSERT_LT(row, 3u);
        for (size_t c = 0; c < 3; c++) ASSERT_EQ(drawn[3 * i + c], points[3 * row + c]);
        counts[row]++;
    }
    for (size_t count : counts) EXPECT_NEAR((double)count, n / 3.0, 4.5 * std::sqrt(n * 2 / 9.0));
    EXPECT_FALSE(make_model(data)->has_noise);
    EXPECT_EQ(make_model(data)->score.kind, SCORE_OTHER);
}

// ---------------------------------------------------------------- scaling

TEST(Target, ScalingMapsTheRangeAndBack) {
    std::vector<float> points;
    for (int i = 0; i < 64 * 50; i++) points.push_back((float)std::sin(i) * 100 + (float)(i % 64) * 7);
    gt_target_spec data{};
    ASSERT_EQ(gt_target_from_points(points.data(), 50, 64, &data), GT_OK);
    std::vector<gt_target_spec> specs = {data, expression("3 + sin(x)", 10, 12)};
    for (int i = 0; gt_target_name(i) != nullptr; i++) specs.push_back(target(gt_target_name(i)));
    for (const gt_target_spec &spec : specs)
        for (gt_scaling scaling : {GT_SCALING_SYMMETRIC, GT_SCALING_UNIT}) {
            SCOPED_TRACE(std::string(spec.name) + " " + gt_scaling_name(scaling));
            const size_t columns = (size_t)spec.n_columns, n = 5000;
            const Model model = make_model(spec, scaling), plain = make_model(spec);
            const Points seen = draw(*model, spec, 3, n), expected = draw(*plain, spec, 3, n);
            EXPECT_TRUE(model->scaled);
            EXPECT_FALSE(plain->scaled);
            std::vector<float> back(seen.begin(), seen.end());
            gt_target_to_data(model.get(), back.data(), n);
            std::vector<double> least(columns, 9), most(columns, -9);
            for (size_t i = 0; i < n * columns; i++) {
                const size_t c = i % columns;
                // a float's rounding on either way, of the scaled value and of the range's end
                const double limit = 4e-7 * ((double)model->scale[c] + std::abs((double)model->offset[c]));
                ASSERT_NEAR(back[i], expected[i], limit) << i;
                least[c] = std::min(least[c], seen[i]);
                most[c] = std::max(most[c], seen[i]);
            }
            const double lowest = scaling == GT_SCALING_UNIT ? 0 : -1, width = 1 - lowest;
            for (size_t c = 0; c < columns; c++) {
                EXPECT_GE(least[c], lowest - 1e-6) << c;
                EXPECT_LE(most[c], 1 + 1e-6) << c;
                if (plain->has_noise) continue; // four deviations are rare
                EXPECT_LT(least[c], lowest + 0.01 * width) << c;
                EXPECT_GT(most[c], 1 - 0.01 * width) << c;
            }
            // scores stay in the units of the data
            EXPECT_EQ(model->score.kind, plain->score.kind);
            EXPECT_EQ(model->score.lo, plain->score.lo);
            EXPECT_EQ(model->score.sigma, plain->score.sigma);
            EXPECT_EQ(model->score.good_below, plain->score.good_below);
            if (plain->score.table != nullptr) {
                EXPECT_EQ(model->score.table[5], plain->score.table[5]);
            }
        }
}

// ring8-pacgan in x: from -1 - 0.04 to 1 + 0.04.
TEST(Target, ScalingLeavesRoomForTheNoise) {
    const Model ring = make_model(target("ring8-pacgan"), GT_SCALING_SYMMETRIC),
                unit = make_model(target("moons"), GT_SCALING_UNIT);
    EXPECT_EQ(ring->scale[0], (float)1.04);
    EXPECT_EQ(ring->offset[0], 0);
    EXPECT_EQ(ring->noise[0], (float)(0.01 / (double)(float)1.04));
    EXPECT_EQ(ring->table[0], (float)(1 / (double)(float)1.04));
    EXPECT_NEAR(unit->scale[0], 3.4, 1e-6); // moons reach from -1 to 2 in x, four times 0.05 beyond
    EXPECT_NEAR(unit->offset[0], -1.2, 1e-6);
    EXPECT_NEAR(unit->scale[1], 1.9, 1e-6); // from -0.5 to 1 in y
}

TEST(Target, ScalingByTheGeneratorsOutput) {
    gt_spec spec = spec_with(target("x2"), GT_SCALING_AUTO);
    const auto scale = [&](gt_activation output) {
        spec.generator.activation[spec.generator.n_layers - 1] = output;
        const Model model = make_model(spec);
        return model->scaled ? model->scale[0] : 0;
    };
    EXPECT_EQ(scale(GT_TANH), 0.5f);
    EXPECT_EQ(scale(GT_SIGMOID), 1);
    for (gt_activation other : {GT_LINEAR, GT_RELU, GT_LEAKY_RELU, GT_ELU}) EXPECT_EQ(scale(other), 0);
    spec.scaling = GT_SCALING_NONE;
    EXPECT_EQ(scale(GT_TANH), 0);
    spec.scaling = GT_SCALING_UNIT;
    EXPECT_EQ(scale(GT_TANH), 1);
}

TEST(Target, AConstantColumnCantBeScaled) {
    const std::vector<float> points = {1, 3.5f, 2, 3.5f};
    gt_target_spec data{};
    ASSERT_EQ(gt_target_from_points(points.data(), 2, 2, &data), GT_OK);
    make_model(data);
    const std::string too_little = ", too little to be scaled to [-1, 1]; leave it out, or take --scaling none with a linear "
                                   "output of the generator";
    EXPECT_EQ(refusal(data, GT_SCALING_SYMMETRIC), "column 2 of the target goes from 3.5 to 3.5" + too_little);
    EXPECT_EQ(refusal(expression("2"), GT_SCALING_SYMMETRIC), "column 2 of the target goes from 2 to 2" + too_little);
    const std::vector<float> next = {1000000, 1000000.0625f}; // neighbours: all that is between them is rounding
    ASSERT_EQ(gt_target_from_points(next.data(), 2, 1, &data), GT_OK);
    make_model(data);
    EXPECT_EQ(refusal(data, GT_SCALING_SYMMETRIC), "column 1 of the target goes from 1000000 to 1000000.06" + too_little);
    EXPECT_EQ(make_model(expression("2", 0, 2))->y_range, 0.5);
}

// ---------------------------------------------------------------- what is refused

TEST(Target, ExpressionsThatCantBeRead) {
    EXPECT_EQ(refusal(expression("sin(x")),
              "target \"sin(x\": muParser: Missing parenthesis at position 6; it takes an expression of x "
              "such as \"sin(2*pi*x) * exp(-x)\"");
    for (const char *text : {"", "  ", "y", "foo(x)", "2 x", "x**2", "sin x", "x +", "sin(x))", "\"x\"", "x y", "1..2", "a*x"})
        EXPECT_NE(refusal(expression(text)).find("\": muParser: "), std::string::npos) << text << ": " << gt_last_error();
    EXPECT_EQ(refusal(expression("x, 2*x")),
              "target \"x, 2*x\" has 2 values; it takes one expression, without a comma outside brackets");
    EXPECT_EQ(refusal(expression("x = 3")), "target \"x = 3\" changes x; it takes an expression of x, and \"==\" compares");
    EXPECT_EQ(refusal(expression("x\n)")).find('\n'), std::string::npos);
    gt_target_spec spec{};
    EXPECT_EQ(gt_target_from_expression(std::string(GT_EXPRESSION_CHARS, 'x').c_str(), 0, 1, &spec), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(), "an expression of 256 characters; it takes up to 255");
    const std::string longest = std::string(GT_EXPRESSION_CHARS - 2, ' ') + "x";
    make_model(expression(longest.c_str()));
}

TEST(Target, ExpressionsThatAreNotFinite) {
    EXPECT_EQ(refusal(expression("log(x)", -0.5, 0.5)),
              "f(x) = log(x) is not finite at x = -0.5; give a domain where it is, such as --domain 0.0103:0.5");
    EXPECT_EQ(refusal(expression("1/x", -1, 3)),
              "f(x) = 1/x is not finite at x = 0; give a domain where it is, such as --domain 0.0613:3");
    EXPECT_EQ(refusal(expression("sqrt(-1 - x^2)", -1, 1)),
              "f(x) = sqrt(-1 - x^2) is finite nowhere on the domain -1:1; give another domain or function");
    EXPECT_NE(refusal(expression("1e39*x", 0, 1)).find("is not finite at x = "), std::string::npos); // not as a float
    EXPECT_NE(refusal(target("bell", {1, 0, 0})).find("is not finite"), std::string::npos);
}

TEST(Target, DomainsThatAreRefused) {
    for (auto [lo, hi] :
         {std::pair(1.0, 1.0), std::pair(2.0, 1.0), std::pair((double)NAN, 1.0), std::pair(0.0, (double)INFINITY)})
        EXPECT_NE(refusal(square_on(lo, hi)).find("; it takes two numbers, the smaller first"), std::string::npos);
    EXPECT_EQ(refusal(square_on(1e6, 1e6 + 1)),
              "domain 1000000:1000001 is too narrow so far from 0 for 32-bit numbers; shift x in f(x)");
    EXPECT_EQ(refusal(square_on(0, 1e31)), "domain 0:1e+31; it takes numbers within +-1e30 that are at least 1e-30 apart");
    make_model(square_on(1000, 1001));
}

TEST(Target, ParametersThatAreRefused) {
    const std::pair<gt_target_spec, const char *> cases[] = {
        {target("ring8-pacgan", {1}), "target ring8-pacgan: modes 1; it takes a whole number from 2 to 64"},
        {target("ring8-pacgan", {65}), "target ring8-pacgan: modes 65; it takes a whole number from 2 to 64"},
        {target("ring8-pacgan", {2.5}), "target ring8-pacgan: modes 2.5; it takes a whole number from 2 to 64"},
        {target("ring8-wgangp", {8, 0}), "target ring8-wgangp: radius 0; it takes a number from 1e-6 to 1e6"},
        {target("ring8-wgangp", {8, 1, -1}), "target ring8-wgangp: sigma -1; it takes a number from 1e-6 to 1e6"},
        {target("grid25-pacgan", {9}), "target grid25-pacgan: side 9; it takes a whole number from 2 to 8"},
        {target("grid25-pacgan", {5, 1, 1, 0}), "target grid25-pacgan: divisor 0; it takes a number from 1e-6 to 1e6"},
        {target("swissroll", {-1}), "target swissroll: noise -1; it takes a standard deviation from 0 to 1e6"},
        {target("moons", {NAN}), "target moons: noise nan; it takes a finite number"},
        {target("moons", {0, 3}), "target moons has 1 parameters, but number 1 is given (3)"},
        {target("sine", {INFINITY}), "target sine: amplitude inf; it takes a finite number"},
    };
    for (const auto &[spec, line] : cases) EXPECT_EQ(refusal(spec), line);
    make_model(target("grid25-pacgan", {8}));
    make_model(target("ring8-pacgan", {64}));
    gt_target_spec odd = target("moons");
    odd.n_columns = 3;
    EXPECT_EQ(refusal(odd), "target moons of 3 columns; its points have 2");
    odd = target("moons");
    odd.name[0] = 'M';
    EXPECT_EQ(refusal(odd).find("no target is called \"Moons\"; there are x2, "), 0u);
}

TEST(Target, PointsThatAreRefused) {
    const std::vector<float> points = {1, 2, NAN, 4, 5, 2e30f};
    gt_target_spec data{};
    const auto line = [&](const float *values, size_t n, int n_columns) -> std::string {
        EXPECT_EQ(gt_target_from_points(values, n, n_columns, &data), GT_ERR_ARGUMENT);
        return gt_last_error();
    };
    EXPECT_EQ(line(points.data(), 3, 2),
              "row 2 of the data has nan in column 1; it takes finite numbers within +-1e30: leave it out");
    EXPECT_EQ(line(points.data() + 3, 1, 3),
              "row 1 of the data has 2e+30 in column 3; it takes finite numbers within +-1e30: leave it out");
    EXPECT_EQ(line(points.data(), 1, 0), "data of 0 columns; it takes 1 to 64");
    EXPECT_EQ(line(points.data(), 1, 65), "data of 65 columns; it takes 1 to 64");
    EXPECT_EQ(line(points.data(), 0, 2), "data of 0 points; it takes 1 to 2147483647");
    EXPECT_EQ(line(nullptr, 5, 2), "data of 0 points; it takes 1 to 2147483647");
}

// ---------------------------------------------------------------- the engine

// A caller's draw is what the model says: normals to 1e-5, the rest to the rounding of floats.
TEST(Target, TheEngineDrawsFromTheModel) {
    const std::vector<float> rows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    gt_target_spec data{};
    ASSERT_EQ(gt_target_from_points(rows.data(), 4, 3, &data), GT_OK);
    std::vector<gt_target_spec> specs = {data, expression("sin(3*x)", 0, 2)};
    for (int i = 0; gt_target_name(i) != nullptr; i++) specs.push_back(target(gt_target_name(i)));
    for (const gt_target_spec &target : specs)
        for (gt_scaling scaling : {GT_SCALING_NONE, GT_SCALING_SYMMETRIC}) {
            SCOPED_TRACE(std::string(target.name) + " " + gt_scaling_name(scaling));
            const gt_spec spec = spec_with(target, scaling);
            const size_t n = 1001;
            std::vector<float> drawn(n * (size_t)target.n_columns);
            Trainer trainer = make_trainer(spec, 11);
            ASSERT_EQ(gt_trainer_draw(trainer.get(), 0, GT_DRAW_REAL, 0, n, drawn.data()), GT_OK) << gt_last_error();
            const Points expected = draw(*make_model(spec), target, 11, n);
            for (size_t i = 0; i < drawn.size(); i++)
                ASSERT_NEAR(drawn[i], expected[i], 2e-6 * (1 + std::abs(expected[i]))) << i;
            const Model model = make_model(spec);
            std::vector<float> in_data = drawn, by_trainer = drawn;
            gt_target_to_data(model.get(), in_data.data(), n);
            gt_trainer_to_data(trainer.get(), by_trainer.data(), n);
            EXPECT_EQ(in_data, by_trainer);
        }
}

} // namespace
