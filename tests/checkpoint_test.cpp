// Digests, checkpoints and exported nets: round trips to the bit, and damaged files that never load as something else.
#include "core/spec_json.h"
#include "folder.h"
#include "io/safetensors.h"
#include "specs.h"

#include <cmath>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace {

const gt_net nets[] = {GT_DISCRIMINATOR, GT_GENERATOR};
const gt_state_part parts[] = {GT_WEIGHTS, GT_ADAM_M, GT_ADAM_V};

gt_status load(const std::string &path, Trainer &out, const gt_trainer_options *options = nullptr) {
    gt_trainer *trainer = nullptr;
    const gt_status status = gt_trainer_load(path.c_str(), options, &trainer);
    out.reset(trainer);
    return status;
}

Trainer saved_and_loaded(const gt_trainer *trainer) {
    Folder folder;
    Trainer loaded(nullptr, &gt_trainer_destroy);
    EXPECT_EQ(gt_trainer_save(trainer, (folder / "c").c_str()), GT_OK) << gt_last_error();
    EXPECT_EQ(folder.files(), std::vector<std::string>{"c"});
    EXPECT_EQ(load(folder / "c", loaded), GT_OK) << gt_last_error();
    return loaded;
}

std::vector<gt_metrics> scores(gt_trainer *trainer) {
    const gt_evaluate_options options{200, 50, 0};
    std::vector<gt_metrics> rows(gt_trainer_get_info(trainer).n_runs);
    std::memset(rows.data(), 0, rows.size() * sizeof rows[0]);
    EXPECT_EQ(gt_trainer_evaluate(trainer, &options, rows.data()), GT_OK) << gt_last_error();
    return rows;
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// State, counters, losses and spec.
void expect_same(gt_trainer *a, gt_trainer *b) {
    const gt_trainer_info x = gt_trainer_get_info(a), y = gt_trainer_get_info(b);
    ASSERT_EQ(x.n_runs, y.n_runs);
    EXPECT_EQ(x.first_seed, y.first_seed);
    EXPECT_EQ(x.iteration, y.iteration);
    char spec_a[GT_SPEC_JSON_CHARS], spec_b[GT_SPEC_JSON_CHARS];
    ASSERT_EQ(gt_spec_to_json(gt_trainer_get_spec(a), spec_a), GT_OK);
    ASSERT_EQ(gt_spec_to_json(gt_trainer_get_spec(b), spec_b), GT_OK);
    EXPECT_STREQ(spec_a, spec_b);
    const std::vector<gt_metrics> rows_a = scores(a), rows_b = scores(b);
    for (size_t run = 0; run < x.n_runs; run++) {
        EXPECT_EQ(digest(a, run), digest(b, run)) << "run " << run;
        for (gt_net net : nets) {
            EXPECT_EQ(gt_trainer_adam_steps(a, run, net), gt_trainer_adam_steps(b, run, net));
        }
        EXPECT_EQ(rows_a[run].diverged, rows_b[run].diverged);
        EXPECT_EQ(rows_a[run].diverged_at, rows_b[run].diverged_at);
        EXPECT_TRUE(same_bits(rows_a[run].d_loss_real, rows_b[run].d_loss_real)) << rows_a[run].d_loss_real;
        EXPECT_TRUE(same_bits(rows_a[run].d_loss_fake, rows_b[run].d_loss_fake));
        EXPECT_TRUE(same_bits(rows_a[run].g_loss, rows_b[run].g_loss));
        EXPECT_TRUE(same_bits(rows_a[run].w1_x, rows_b[run].w1_x));
    }
}

gt_spec small() { return spec_of(1, {1}, {1}, GT_RELU, 2); }

gt_spec odd_numbers() { // doubles that 15 digits do not hold, every activation
    gt_spec spec = spec_of(3, {4, 5, 6}, {7, 2}, GT_RELU, 6);
    spec.generator.activation[1] = GT_TANH;
    spec.generator.activation[2] = GT_SIGMOID;
    spec.discriminator.activation[0] = GT_LEAKY_RELU;
    spec.discriminator.leaky_slope = std::nextafter(0.2, 1);
    spec.generator_adam = {0.1 + 0.2, std::nextafter(0.5, 0), 1 / 3.0, 1e-20, 1 / 7.0};
    spec.discriminator_adam = {1e6, 0, 0.999999, 1.0, 0};
    spec.target.lo = -1e9 / 3, spec.target.hi = std::nextafter(1.0, 2);
    return spec;
}

TEST(SpecJson, GivesEveryBitBack) {
    for (const gt_spec &spec : {preset("x2"), preset("x2-deep"), small(), odd_numbers()}) {
        char text[GT_SPEC_JSON_CHARS];
        gt_spec back;
        std::memset(&back, 0xAA, sizeof back);
        ASSERT_EQ(gt_spec_to_json(&spec, text), GT_OK);
        ASSERT_EQ(gt_spec_from_json(text, &back), GT_OK) << text;
        for (auto net : {&gt_spec::generator, &gt_spec::discriminator}) {
            ASSERT_EQ((back.*net).n_layers, (spec.*net).n_layers);
            for (int l = 0; l <= GT_MAX_LAYERS; l++) EXPECT_EQ((back.*net).size[l], (spec.*net).size[l]);
            for (int l = 0; l < (spec.*net).n_layers; l++) EXPECT_EQ((back.*net).activation[l], (spec.*net).activation[l]);
            EXPECT_EQ((back.*net).leaky_slope, (spec.*net).leaky_slope);
        }
        EXPECT_EQ(std::memcmp(&back.generator_adam, &spec.generator_adam, sizeof spec.generator_adam), 0) << text;
        EXPECT_EQ(std::memcmp(&back.discriminator_adam, &spec.discriminator_adam, sizeof spec.discriminator_adam), 0) << text;
        EXPECT_EQ(std::memcmp(&back.target, &spec.target, sizeof spec.target), 0) << text;
        EXPECT_EQ(back.batch, spec.batch);
    }
}

TEST(SpecJson, GivesEveryRecipeAndTargetBack) {
    for (const NamedSpec &named : join(recipes(), targets())) {
        SCOPED_TRACE(named.name);
        char text[GT_SPEC_JSON_CHARS], again[GT_SPEC_JSON_CHARS];
        gt_spec back;
        ASSERT_EQ(gt_spec_to_json(&named.spec, text), GT_OK);
        ASSERT_EQ(gt_spec_from_json(text, &back), GT_OK) << text;
        EXPECT_EQ(back.target.points, nullptr);
        ASSERT_EQ(gt_spec_to_json(&back, again), GT_OK);
        EXPECT_STREQ(again, text);
    }
}

TEST(SpecJson, TheLargestSpecFits) {
    gt_spec spec = odd_numbers();
    for (auto net : {&gt_spec::generator, &gt_spec::discriminator}) {
        (spec.*net).n_layers = GT_MAX_LAYERS;
        for (int l = 0; l <= GT_MAX_LAYERS; l++) (spec.*net).size[l] = GT_MAX_WIDTH;
        for (int l = 0; l < GT_MAX_LAYERS; l++) (spec.*net).activation[l] = GT_LEAKY_RELU;
        (spec.*net).leaky_slope = 1.2345678901234567e-300;
    }
    for (auto adam : {&gt_spec::generator_adam, &gt_spec::discriminator_adam})
        spec.*adam = {1.2345678901234567e-300, 1.2345678901234567e-300, 1.2345678901234567e-300, 1.2345678901234567e-20,
                      1.2345678901234567e-300};
    spec.target.lo = -1.2345678901234567e+300, spec.target.hi = 1.2345678901234567e+300;
    memset(spec.target.expression, '"', sizeof spec.target.expression - 1);
    for (double &parameter : spec.target.parameter) parameter = -1.2345678901234567e-300;
    char text[GT_SPEC_JSON_CHARS];
    EXPECT_EQ(gt_spec_to_json(&spec, text), GT_OK);
}

TEST(SpecJson, RefusesWhatIsNoSpec) {
    char text[GT_SPEC_JSON_CHARS];
    const gt_spec spec = preset("x2");
    ASSERT_EQ(gt_spec_to_json(&spec, text), GT_OK);
    const std::string good = text;
    const auto replaced = [&good](const std::string &from, const std::string &to) {
        std::string copy = good;
        EXPECT_NE(copy.find(from), std::string::npos) << from;
        return copy.replace(copy.find(from), from.size(), to);
    };
    const std::string bad[] = {
        "",
        "7",
        "[]",
        "{}",
        good + "x",
        good.substr(0, good.size() - 1),
        replaced("\"relu\"", "\"gelu\""),
        replaced("\"relu\"", "1"),
        replaced("\"relu\",", ""),
        replaced("[5,", "[5.5,"),
        replaced("[5,", "[5,5,"),
        replaced("[5,", "[\"5\","),
        replaced("[5,", "[5,5,5,5,5,5,5,5,5,5,5,5,"),
        replaced("\"lr\"", "\"rl\""),
        replaced("0.001", "null"),
        replaced("\"batch\":128", "\"batch\":1e10"),
        replaced("\"batch\":128", "\"batch\":\"128\""),
        replaced("\"generator\":", "\"generator\":null,\"x\":"),
    };
    for (const std::string &json : bad) {
        gt_spec out;
        EXPECT_EQ(gt_spec_from_json(json.c_str(), &out), GT_ERR_FILE) << json;
    }
}

TEST(Digest, IsXxh3OfTheStateInOrder) {
    Trainer trainer = make_trainer(preset("x2"), 5, 2);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 3), GT_OK);
    for (size_t run : {0, 1}) {
        std::vector<float> all;
        for (gt_net net : nets)
            for (gt_state_part part : parts)
                for (float value : state(trainer.get(), net, part, run)) all.push_back(value);
        const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size() * sizeof(float));
        char expected[GT_DIGEST_CHARS];
        snprintf(expected, sizeof expected, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
        EXPECT_EQ(digest(trainer.get(), run), expected);
    }
    char text[GT_DIGEST_CHARS];
    EXPECT_EQ(gt_trainer_digest(trainer.get(), 2, text), GT_ERR_ARGUMENT);
}

TEST(Digest, SeesEveryNumber) {
    Trainer trainer = make_trainer(small(), 5);
    const std::string before = digest(trainer.get());
    for (gt_net net : nets)
        for (gt_state_part part : parts) {
            const std::vector<float> values = state(trainer.get(), net, part);
            for (size_t i = 0; i < values.size(); i++) {
                std::vector<float> changed = values;
                changed[i] = std::nextafter(changed[i], 1.0f);
                ASSERT_EQ(gt_trainer_set_state(trainer.get(), 0, net, part, changed.data()), GT_OK);
                EXPECT_NE(digest(trainer.get()), before);
            }
            ASSERT_EQ(gt_trainer_set_state(trainer.get(), 0, net, part, values.data()), GT_OK);
            EXPECT_EQ(digest(trainer.get()), before);
        }
}

class Checkpoint : public ::testing::TestWithParam<NamedSpec> {};

TEST_P(Checkpoint, GoesOnBitForBit) {
    for (size_t n_runs : {1, 3})
        for (uint64_t first_seed : {(uint64_t)1, ((uint64_t)1 << 53) + 1, UINT64_MAX - 1}) {
            SCOPED_TRACE(n_runs);
            SCOPED_TRACE(first_seed);
            Trainer straight = make_trainer(GetParam().spec, first_seed, n_runs);
            for (uint64_t n : {0, 7, 12}) {
                ASSERT_EQ(gt_trainer_advance(straight.get(), n), GT_OK);
                Trainer resumed = saved_and_loaded(straight.get());
                ASSERT_NE(resumed, nullptr);
                expect_same(straight.get(), resumed.get());
                ASSERT_EQ(gt_trainer_advance(resumed.get(), 5), GT_OK);
                ASSERT_EQ(gt_trainer_advance(straight.get(), 5), GT_OK);
                expect_same(straight.get(), resumed.get());
            }
        }
}

INSTANTIATE_TEST_SUITE_P(Specs, Checkpoint,
                         ::testing::Values(NamedSpec{"x2", preset("x2")}, NamedSpec{"x2_deep", preset("x2-deep")},
                                           NamedSpec{"small", small()}, NamedSpec{"odd_numbers", odd_numbers()}),
                         spec_name);

INSTANTIATE_TEST_SUITE_P(Recipes, Checkpoint, ::testing::ValuesIn(join(recipes(), targets())), spec_name);

// Written by gantry 0.2.0 after 100 iterations of the tutorial from seed 1; the digests are those of docs/numerics.md.
TEST(Checkpoints, OfFormatVersion1GoOn) {
    gt_trainer *loaded = nullptr;
    ASSERT_EQ(gt_trainer_load(GANTRY_SOURCE_DIR "/tests/data/checkpoint-format-1.safetensors", nullptr, &loaded), GT_OK)
        << gt_last_error();
    Trainer trainer(loaded, &gt_trainer_destroy);
    EXPECT_EQ(digest(loaded), "8e218d357fa57a67b2e46245690938c0");
    ASSERT_EQ(gt_trainer_advance(loaded, 2900), GT_OK);
    EXPECT_EQ(digest(loaded), "87a9715df3dfb634892ac8eced18bfa2");
}

TEST(Checkpoints, KeepStepsOnGivenBatches) {
    Trainer trainer = make_trainer(preset("x2"), 9);
    const float points[] = {0.1f, 0.2f, 0.3f, 0.4f}, labels[] = {1, 0};
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(gt_trainer_train_on_batch(trainer.get(), 0, GT_DISCRIMINATOR, points, labels, 2, nullptr), GT_OK);
    Trainer loaded = saved_and_loaded(trainer.get());
    ASSERT_NE(loaded, nullptr);
    EXPECT_EQ(gt_trainer_adam_steps(loaded.get(), 0, GT_DISCRIMINATOR), 3u);
    EXPECT_EQ(gt_trainer_adam_steps(loaded.get(), 0, GT_GENERATOR), 0u);
    for (gt_trainer *t : {trainer.get(), loaded.get()}) ASSERT_EQ(gt_trainer_advance(t, 4), GT_OK);
    expect_same(trainer.get(), loaded.get());
}

TEST(Checkpoints, KeepADivergedRunAndItsNeighbours) {
    Trainer trainer = make_trainer(preset("x2"), 9, 3);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 5), GT_OK);
    std::vector<float> weights = state(trainer.get(), GT_GENERATOR, GT_WEIGHTS, 1);
    weights[0] = INFINITY;
    ASSERT_EQ(gt_trainer_set_state(trainer.get(), 1, GT_GENERATOR, GT_WEIGHTS, weights.data()), GT_OK);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 2), GT_OK);
    Trainer loaded = saved_and_loaded(trainer.get());
    ASSERT_NE(loaded, nullptr);
    EXPECT_TRUE(scores(loaded.get())[1].diverged);
    EXPECT_EQ(scores(loaded.get())[1].diverged_at, 5u);
    expect_same(trainer.get(), loaded.get());
    for (gt_trainer *t : {trainer.get(), loaded.get()}) ASSERT_EQ(gt_trainer_advance(t, 4), GT_OK);
    expect_same(trainer.get(), loaded.get());
}

TEST(Checkpoints, KeepEveryPatternOfNaN) {
    Trainer trainer = make_trainer(small(), 9);
    const uint32_t patterns[] = {0x7fc12345, 0xffc00001, 0x7f800001, 0xffbfffff, 0xff800000, 0x80000000, 1};
    std::vector<float> weights = state(trainer.get(), GT_GENERATOR, GT_ADAM_M);
    ASSERT_GE(weights.size() + 1, std::size(patterns));
    std::memcpy(weights.data(), patterns, std::min(sizeof patterns, weights.size() * sizeof(float)));
    ASSERT_EQ(gt_trainer_set_state(trainer.get(), 0, GT_GENERATOR, GT_ADAM_M, weights.data()), GT_OK);
    Trainer loaded = saved_and_loaded(trainer.get());
    ASSERT_NE(loaded, nullptr);
    const std::vector<float> back = state(loaded.get(), GT_GENERATOR, GT_ADAM_M);
    EXPECT_EQ(std::memcmp(back.data(), weights.data(), weights.size() * sizeof(float)), 0);
}

TEST(Checkpoints, TakeOnlyTheEngineFromTheOptions) {
    Folder folder;
    Trainer trainer = make_trainer(preset("x2"), 9, 2), loaded(nullptr, &gt_trainer_destroy);
    ASSERT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_OK);
    gt_trainer_options options{};
    options.first_seed = 77;
    options.n_runs = 5;
    options.isa = GT_ISA_PORTABLE;
    options.n_threads = 2;
    ASSERT_EQ(load(folder / "c", loaded, &options), GT_OK) << gt_last_error();
    const gt_trainer_info info = gt_trainer_get_info(loaded.get());
    EXPECT_STREQ(info.isa, "portable");
    EXPECT_EQ(info.n_threads, 2);
    EXPECT_EQ(info.first_seed, 9u);
    EXPECT_EQ(info.n_runs, 2u);
    options.n_threads = -1;
    EXPECT_EQ(load(folder / "c", loaded, &options), GT_ERR_ARGUMENT);
}

gt_tensor tensor(const std::string &name, gt_dtype dtype, const std::vector<uint64_t> &shape) {
    gt_tensor t{};
    std::strcpy(t.name, name.c_str());
    t.dtype = dtype;
    t.n_dims = (int)shape.size();
    std::copy(shape.begin(), shape.end(), t.shape);
    return t;
}

std::vector<float> read(const gt_safetensors *file, const std::string &name, const std::vector<uint64_t> &shape) {
    const gt_tensor wanted = tensor(name, GT_F32, shape);
    std::vector<float> values(gt_tensor_n_elements(&wanted));
    EXPECT_EQ(gt_safetensors_read(file, &wanted, values.data()), GT_OK) << gt_last_error();
    return values;
}

TEST(Checkpoints, HaveTheDocumentedLayout) {
    Folder folder;
    for (size_t n_runs : {1, 3}) {
        Trainer trainer = make_trainer(preset("x2"), UINT64_MAX - 2, n_runs);
        ASSERT_EQ(gt_trainer_advance(trainer.get(), 4), GT_OK);
        ASSERT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_OK);
        gt_safetensors *file = nullptr;
        ASSERT_EQ(gt_safetensors_open((folder / "c").c_str(), &file), GT_OK) << gt_last_error();
        const auto stacked = [n_runs](std::vector<uint64_t> shape) {
            if (n_runs > 1) shape.insert(shape.begin(), n_runs);
            return shape;
        };
        for (gt_state_part part : parts) {
            const std::string suffix = part == GT_WEIGHTS ? "" : part == GT_ADAM_M ? ".adam_m" : ".adam_v";
            const auto w0 = read(file, "discriminator.0.weight" + suffix, stacked({25, 2}));
            const auto b0 = read(file, "discriminator.0.bias" + suffix, stacked({25}));
            const auto w1 = read(file, "discriminator.1.weight" + suffix, stacked({1, 25}));
            const auto b1 = read(file, "discriminator.1.bias" + suffix, stacked({1}));
            const auto g1 = read(file, "generator.1.weight" + suffix, stacked({2, 15}));
            for (size_t run = 0; run < n_runs; run++) {
                std::vector<float> flat;
                flat.insert(flat.end(), &w0[run * 50], &w0[run * 50] + 50);
                flat.insert(flat.end(), &b0[run * 25], &b0[run * 25] + 25);
                flat.insert(flat.end(), &w1[run * 25], &w1[run * 25] + 25);
                flat.push_back(b1[run]);
                EXPECT_EQ(flat, state(trainer.get(), GT_DISCRIMINATOR, part, run));
                const std::vector<float> g = state(trainer.get(), GT_GENERATOR, part, run);
                EXPECT_EQ(std::vector<float>(&g1[run * 30], &g1[run * 30] + 30),
                          std::vector<float>(g.begin() + 90, g.begin() + 120));
            }
        }
        std::vector<uint64_t> counters(n_runs * 5);
        const gt_tensor wanted = tensor("run.counters", GT_U64, stacked({5}));
        ASSERT_EQ(gt_safetensors_read(file, &wanted, counters.data()), GT_OK) << gt_last_error();
        for (size_t run = 0; run < n_runs; run++)
            EXPECT_EQ(std::vector<uint64_t>(&counters[run * 5], &counters[run * 5] + 5),
                      (std::vector<uint64_t>{4, 8, 4, 0, 0}));
        const gt_tensor losses = tensor("run.last_losses", GT_F64, stacked({3}));
        EXPECT_EQ(gt_safetensors_expect(file, &losses), GT_OK) << gt_last_error();
        EXPECT_STREQ(gt_safetensors_metadata(file, "format"), "gantry-checkpoint");
        EXPECT_STREQ(gt_safetensors_metadata(file, "format_version"), "2");
        EXPECT_STREQ(gt_safetensors_metadata(file, "gantry_version"), gt_version());
        EXPECT_STREQ(gt_safetensors_metadata(file, "first_seed"), "18446744073709551613");
        EXPECT_STREQ(gt_safetensors_metadata(file, "n_runs"), std::to_string(n_runs).c_str());
        EXPECT_STREQ(gt_safetensors_metadata(file, "iteration"), "4");
        if (n_runs == 1) {
            EXPECT_EQ(gt_safetensors_metadata(file, "digest"), digest(trainer.get()));
        }
        gt_safetensors_close(file);
    }
}

TEST(Checkpoints, RefuseEveryTruncation) {
    Folder folder;
    Trainer trainer = make_trainer(small(), 9), loaded(nullptr, &gt_trainer_destroy);
    ASSERT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_OK);
    const std::string good = bytes_of(folder / "c");
    for (size_t size = 0; size < good.size(); size++) {
        put_bytes(folder / "f", good.substr(0, size));
        ASSERT_EQ(load(folder / "f", loaded), GT_ERR_FILE) << size;
        ASSERT_EQ(std::string(gt_last_error()).find('\n'), std::string::npos);
        ASSERT_NE(std::string(gt_last_error()).find(folder / "f"), std::string::npos) << gt_last_error();
    }
}

// A changed bit is noticed, or stands where nothing that is loaded depends on it: in gantry's own version.
void expect_every_changed_bit_noticed(const gt_spec &spec) {
    Folder folder;
    Trainer trainer = make_trainer(spec, 9, 2), loaded(nullptr, &gt_trainer_destroy);
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 2), GT_OK);
    ASSERT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_OK);
    const std::string good = bytes_of(folder / "c"), version = "\"gantry_version\":\"" + std::string(gt_version()) + "\"";
    const size_t begin = good.find(version), end = begin + version.size();
    ASSERT_NE(begin, std::string::npos);
    gt_trainer_options options{};
    options.n_threads = 1;
    for (size_t at = 0; at < good.size(); at++) {
        std::string bytes = good;
        bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
        put_bytes(folder / "f", bytes);
        const gt_status status = load(folder / "f", loaded, &options);
        if (status == GT_OK) {
            EXPECT_TRUE(at >= begin && at < end) << "byte " << at << " of " << good.size();
            expect_same(trainer.get(), loaded.get());
        } else {
            ASSERT_EQ(status, GT_ERR_FILE) << "byte " << at << ": " << gt_last_error();
            ASSERT_EQ(loaded, nullptr);
        }
    }
}

TEST(Checkpoints, NoticeEveryChangedBit) { expect_every_changed_bit_noticed(small()); }

TEST(Checkpoints, NoticeEveryChangedBitOfPointsAndAveragedWeights) {
    expect_every_changed_bit_noticed(changed(data_spec(1, 5), [](gt_spec &s) {
        s.generator.size[0] = s.generator.size[1] = s.discriminator.size[1] = 1;
        s.ema = 0.5, s.batch = 2;
    }));
}

struct Refused {
    std::string from, to, line;
};

TEST(Checkpoints, SayWhatIsWrong) {
    Folder folder;
    Trainer trainer = make_trainer(preset("x2"), 9), loaded(nullptr, &gt_trainer_destroy);
    ASSERT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_OK);
    const std::string good = bytes_of(folder / "c"), version = gt_version();
    const Refused cases[] = {
        {"gantry-checkpoint", "another-programs.", " is no gantry checkpoint; give a file that gantry saved to go on from"},
        {"\"format_version\":\"2\"", "\"format_version\":\"7\"",
         " has format version 7; gantry " + version + " reads up to 2: use a newer gantry"},
        {"\"format_version\":\"2\"", "\"format_version\":\"x\"", " is damaged: it has no format version"},
        {"\"n_runs\":\"1\"", "\"n_runs\":\"0\"", " is damaged: a number in its metadata is impossible"},
        {"\"n_runs\":\"1\"", "\"n_runs\":\"9\"", ": tensor \"run.counters\" is U64 [5]; expected is U64 [9,5]"},
        {"\"n_runs\"", "\"N_runs\"", " is damaged: its metadata is incomplete"},
        {"[5,15,2]", "[5,16,2]", ": tensor \"generator.0.weight\" is F32 [15,5]; expected is F32 [16,5]"},
        {"\\\"batch\\\":128", "\\\"batch\\\":127",
         " is damaged: batch 127; it takes an even number (half real, half generated), or a half batch beside it"},
        {"\\\"batch\\\"", "\\\"botch\\\"", " is damaged: the spec in it is incomplete or malformed"},
        {"\\\"batch\\\":128", "\\\"batch\\\":126", " is damaged: its checksum is not that of its content"},
        {"\"first_seed\":\"9\"", "\"first_seed\":\"8\"", " is damaged: its checksum is not that of its content"},
        {"\"digest\":\"", "\"digest\":\"", ""}, // changed below
    };
    for (const Refused &bad : cases) {
        std::string bytes = good;
        const size_t at = bytes.find(bad.from);
        ASSERT_NE(at, std::string::npos) << bad.from;
        std::string line = bad.line;
        bytes.replace(at, bad.from.size(), bad.to);
        if (line.empty()) {
            bytes.back() ^= 1;
            line = " is damaged: its digest is not that of its content";
        }
        put_bytes(folder / "f", bytes);
        EXPECT_EQ(load(folder / "f", loaded), GT_ERR_FILE) << bad.from;
        EXPECT_EQ(std::string(gt_last_error()), (folder / "f") + line);
    }
}

TEST(Checkpoints, RefuseOtherFiles) {
    Folder folder;
    Trainer trainer = make_trainer(preset("x2"), 9), loaded(nullptr, &gt_trainer_destroy);
    const float data[2] = {1, 2};
    gt_tensor foreign = tensor("wte", GT_F32, {2});
    foreign.data = data;
    ASSERT_EQ(gt_safetensors_write((folder / "foreign").c_str(), nullptr, 0, &foreign, 1), GT_OK);
    ASSERT_EQ(gt_trainer_export(trainer.get(), GT_GENERATOR, (folder / "net").c_str()), GT_OK);
    for (const char *name : {"foreign", "net"}) {
        EXPECT_EQ(load(folder / name, loaded), GT_ERR_FILE);
        EXPECT_EQ(std::string(gt_last_error()),
                  (folder / name) + " is no gantry checkpoint; give a file that gantry saved to go on from");
    }
    put_bytes(folder / "text", "iteration,acc_real\n0,0.5\n");
    EXPECT_EQ(load(folder / "text", loaded), GT_ERR_FILE);
    EXPECT_EQ(load(folder / "no", loaded), GT_ERR_FILE);
    EXPECT_EQ(load(folder.path(), loaded), GT_ERR_FILE);
}

// A header that promises more runs than the file holds must not cost memory.
TEST(Checkpoints, RefuseRunsThatAreNotThere) {
    Folder folder;
    Trainer trainer = make_trainer(preset("x2"), 9), loaded(nullptr, &gt_trainer_destroy);
    ASSERT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_OK);
    std::string bytes = bytes_of(folder / "c");
    const std::string from = "\"n_runs\":\"1\"", to = "\"n_runs\":\"1000000000000\"";
    bytes.replace(bytes.find(from), from.size(), to);
    uint64_t length;
    std::memcpy(&length, bytes.data(), 8);
    length += to.size() - from.size();
    std::memcpy(bytes.data(), &length, 8);
    put_bytes(folder / "f", bytes);
    EXPECT_EQ(load(folder / "f", loaded), GT_ERR_FILE);
    EXPECT_NE(std::string(gt_last_error()).find("expected is U64 [1000000000000,5]"), std::string::npos) << gt_last_error();
}

TEST(Checkpoints, LeaveTheOldFileWhenTheyCannotBeWritten) {
    Folder folder;
    Trainer trainer = make_trainer(preset("x2"), 9);
    ASSERT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_OK);
    const std::string before = bytes_of(folder / "c");
    ASSERT_EQ(gt_trainer_advance(trainer.get(), 1), GT_OK);
    {
        FileSizeLimit limit(before.size() - 1);
        EXPECT_EQ(gt_trainer_save(trainer.get(), (folder / "c").c_str()), GT_ERR_IO);
    }
    EXPECT_EQ(std::string(gt_last_error()), "can't write " + (folder / "c") + ": File too large");
    EXPECT_EQ(gt_trainer_save(trainer.get(), (folder / "no/c").c_str()), GT_ERR_IO);
    EXPECT_TRUE(bytes_of(folder / "c") == before);
    EXPECT_EQ(folder.files(), std::vector<std::string>{"c"});
}

TEST(Export, HasTheWeightsOfOneNet) {
    Folder folder;
    gt_spec spec = preset("x2-leaky");
    spec.generator.activation[1] = GT_TANH;
    for (size_t n_runs : {1, 3}) {
        Trainer trainer = make_trainer(spec, 9, n_runs);
        ASSERT_EQ(gt_trainer_advance(trainer.get(), 4), GT_OK);
        ASSERT_EQ(gt_trainer_export(trainer.get(), GT_GENERATOR, (folder / "g").c_str()), GT_OK) << gt_last_error();
        gt_safetensors *file = nullptr;
        ASSERT_EQ(gt_safetensors_open((folder / "g").c_str(), &file), GT_OK) << gt_last_error();
        const std::pair<const char *, std::vector<uint64_t>> layout[] = {{"generator.0.weight", {15, 5}},
                                                                         {"generator.0.bias", {15}},
                                                                         {"generator.1.weight", {2, 15}},
                                                                         {"generator.1.bias", {2}}};
        std::vector<std::vector<float>> flat(n_runs);
        for (const auto &[name, shape] : layout) {
            std::vector<uint64_t> stacked = shape;
            if (n_runs > 1) stacked.insert(stacked.begin(), n_runs);
            const std::vector<float> values = read(file, name, stacked);
            const size_t n = values.size() / n_runs;
            for (size_t run = 0; run < n_runs; run++)
                flat[run].insert(flat[run].end(), values.begin() + (ptrdiff_t)(run * n),
                                 values.begin() + (ptrdiff_t)(run * n + n));
        }
        for (size_t run = 0; run < n_runs; run++) EXPECT_EQ(flat[run], state(trainer.get(), GT_GENERATOR, GT_WEIGHTS, run));
        EXPECT_STREQ(gt_safetensors_metadata(file, "format"), "pt");
        EXPECT_STREQ(gt_safetensors_metadata(file, "net"), "generator");
        EXPECT_STREQ(gt_safetensors_metadata(file, "activations"), "leaky_relu,tanh");
        EXPECT_STREQ(gt_safetensors_metadata(file, "leaky_slope"), "0.2");
        EXPECT_STREQ(gt_safetensors_metadata(file, "first_seed"), "9");
        EXPECT_STREQ(gt_safetensors_metadata(file, "iteration"), "4");
        EXPECT_EQ(gt_safetensors_metadata(file, "spec"), nullptr);
        gt_safetensors_close(file);
        EXPECT_EQ(gt_trainer_export(trainer.get(), GT_GAN, (folder / "gan").c_str()), GT_ERR_ARGUMENT);
    }
}

} // namespace
