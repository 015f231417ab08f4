// A classifier of images: its loss against finite differences, its outputs against plain loops, what it learns, its file; and
// the judge that scores images in its features.
#include "core/classifier.h"
#include "engine/cpu_isa.h"
#include "engine/softmax_loss.h"
#include "folder.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <numeric>
#include <random>
#include <sstream>
#include <vector>

namespace {

using Bytes = std::vector<unsigned char>;

// Grey images of 8 x 8 pixels: a bright row, by its class, on noise.
struct Images {
    Bytes pixels, labels;
    gt_images images;

    Images(size_t n, uint64_t seed, int n_classes = 4) : pixels(n * 64), labels(n), images{} {
        std::mt19937_64 rng(seed);
        for (size_t i = 0; i < n; i++) {
            labels[i] = (unsigned char)(rng() % (uint64_t)n_classes);
            for (size_t p = 0; p < 64; p++)
                pixels[i * 64 + p] = (unsigned char)(rng() % 100 + (p / 8 == labels[i] * 2u ? 120 : 0));
        }
        images = {pixels.data(), labels.data(), n, 8, 8, 1, n_classes};
    }
};

struct Destroy {
    void operator()(gt_classifier *c) const { gt_classifier_destroy(c); }
    void operator()(gt_image_judge *j) const { gt_image_judge_destroy(j); }
};
using Classifier = std::unique_ptr<gt_classifier, Destroy>;
using Judge = std::unique_ptr<gt_image_judge, Destroy>;

gt_classifier_options small(uint64_t seed = 1) {
    gt_classifier_options options = {};
    options.n_hidden = 2;
    options.hidden[0] = 24;
    options.hidden[1] = 12;
    options.epochs = 6;
    options.batch = 50;
    options.lr = 0.005;
    options.seed = seed;
    return options;
}

Classifier trained(const gt_images *images, const gt_images *test, const gt_classifier_options &options,
                   std::vector<gt_classifier_epoch> *epochs = nullptr) {
    gt_classifier *out = nullptr;
    const auto watch = [](void *context, const gt_classifier_epoch *epoch) {
        if (context != nullptr) ((std::vector<gt_classifier_epoch> *)context)->push_back(*epoch);
    };
    EXPECT_EQ(gt_classifier_train(images, test, &options, watch, epochs, &out), GT_OK) << gt_last_error();
    return Classifier(out);
}

void refuses(const gt_images *images, const gt_images *test, const gt_classifier_options &options, const char *line) {
    gt_classifier *out = nullptr;
    EXPECT_EQ(gt_classifier_train(images, test, &options, nullptr, nullptr, &out), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(), line);
    EXPECT_EQ(out, nullptr);
}

// ---------------------------------------------------------------- the loss

TEST(SoftmaxLoss, AgainstPlainLoopsAndFiniteDifferences) {
    const size_t n = 7, c = 5;
    std::mt19937_64 rng(3);
    std::normal_distribution<float> draw(0, 2);
    std::vector<float> z(n * c), dz(n * c);
    Bytes labels(n);
    for (float &x : z) x = draw(rng);
    for (unsigned char &y : labels) y = (unsigned char)(rng() % c);
    const auto loss = [&] {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            double all = 0;
            for (size_t k = 0; k < c; k++) all += std::exp((double)z[i * c + k]);
            sum -= std::log(std::exp((double)z[i * c + labels[i]]) / all);
        }
        return sum;
    };
    const softmax_loss_sums got = softmax_loss(z.data(), labels.data(), n, c, dz.data());
    EXPECT_NEAR(got.loss, loss(), 1e-12);
    size_t n_right = 0;
    for (size_t i = 0; i < n; i++)
        n_right += (size_t)(std::max_element(z.begin() + (long)(i * c), z.begin() + (long)((i + 1) * c)) - z.begin()) ==
                   i * c + labels[i];
    EXPECT_EQ(got.n_right, n_right);
    for (size_t k = 0; k < z.size(); k++) {
        const float at = z[k], h = 0x1p-8f; // exact steps
        z[k] = at + h;
        const double above = loss(), right = (double)z[k];
        z[k] = at - h;
        const double below = loss(), left = (double)z[k];
        z[k] = at;
        EXPECT_NEAR((double)dz[k], (above - below) / (right - left) / (double)n, 2e-6) << k;
    }
}

TEST(SoftmaxLoss, OfHugeLogitsIsFinite) {
    const float z[] = {1e30f, -1e30f, 0};
    const unsigned char label = 2;
    float dz[3];
    const softmax_loss_sums got = softmax_loss(z, &label, 1, 3, dz);
    EXPECT_EQ(got.loss, (double)1e30f);
    EXPECT_EQ(dz[0], 1);
    EXPECT_EQ(dz[1], 0);
    EXPECT_EQ(dz[2], -1);
}

// ---------------------------------------------------------------- training

TEST(Classifier, LearnsClasses) {
    const Images train(600, 1), test(200, 2);
    std::vector<gt_classifier_epoch> epochs;
    const Classifier c = trained(&train.images, &test.images, small(), &epochs);
    const gt_classifier_info info = gt_classifier_get_info(c.get());
    ASSERT_EQ(epochs.size(), 6u);
    EXPECT_LT(epochs.back().loss, epochs.front().loss / 3);
    EXPECT_GT(info.test_accuracy, 0.97);
    EXPECT_EQ(info.test_accuracy, epochs.back().test_accuracy);
    EXPECT_EQ(info.n_test, 200u);
    EXPECT_EQ(info.n_features, 12);
    EXPECT_EQ(info.n_classes, 4);
    EXPECT_EQ(std::vector<int>(info.size, info.size + 4), (std::vector<int>{64, 24, 12, 4}));
    // what is printed of the test images is what the net says of them
    std::vector<float> logits(200 * 4);
    ASSERT_EQ(gt_classifier_apply(c.get(), test.pixels.data(), 200, nullptr, logits.data()), GT_OK);
    const softmax_loss_sums sums = softmax_loss(logits.data(), test.labels.data(), 200, 4, nullptr);
    EXPECT_EQ((double)sums.n_right / 200, info.test_accuracy);
    EXPECT_NEAR(sums.loss / 200, epochs.back().test_loss, 1e-6); // batches of another size round logits of some 10 otherwise
}

TEST(Classifier, SameSeedSameBits) {
    const Images train(200, 1);
    const auto hash = [&](uint64_t seed) {
        return std::string(gt_classifier_get_info(trained(&train.images, nullptr, small(seed)).get()).hash);
    };
    EXPECT_EQ(hash(1), hash(1));
    EXPECT_NE(hash(1), hash(2));
    EXPECT_EQ(hash(1).size(), 32u);
}

// Labels that have nothing to do with the images can be learned by heart, but not known of images that are held out.
TEST(Classifier, AnswersForImagesThatItDidNotSee) {
    Images random(180, 1);
    std::mt19937_64 rng(5);
    for (unsigned char &label : random.labels) label = (unsigned char)(rng() % 4);
    gt_classifier_options options = small();
    options.epochs = 150;
    std::vector<gt_classifier_epoch> epochs;
    const Classifier c = trained(&random.images, nullptr, options, &epochs);
    EXPECT_EQ(gt_classifier_get_info(c.get()).n_test, 30u);
    EXPECT_GT(epochs.back().accuracy, 0.95);
    EXPECT_LT(epochs.back().test_accuracy, 0.6);
}

TEST(Classifier, RefusesWhatItCannotLearnFrom) {
    const Images good(300, 1);
    gt_images images = good.images;
    images.labels = nullptr;
    refuses(&images, nullptr, small(), "the images have no labels, which a classifier learns from; take images with classes");
    images = good.images;
    images.n_classes = 1;
    refuses(&images, nullptr, small(), "images of 1 classes; a classifier takes 2 to 256");
    gt_images test = good.images;
    test.width = 4;
    refuses(&good.images, &test, small(), "test images of 8 x 4 x 1, but 8 x 8 x 1 to train on; take those of one set");
    gt_classifier_options options = small();
    options.hidden[1] = -1;
    refuses(&good.images, nullptr, options, "a hidden layer of -1; it takes 1 to 4096");
    options = small();
    options.lr = 1e30;
    refuses(&good.images, nullptr, options, "lr 1e+30: the classifier diverged in epoch 1; take a smaller one");
}

// ---------------------------------------------------------------- outputs

// Both layers' outputs by plain loops in double, from the weights and the scaling that the file promises other programs.
TEST(Classifier, OutputsAreThoseOfItsWeights) {
    const Images train(300, 1), some(1030, 3); // more than it takes at a time
    const Classifier c = trained(&train.images, nullptr, small());
    const gt_classifier_info info = gt_classifier_get_info(c.get());
    std::vector<float> features(1030 * 12), logits(1030 * 4);
    ASSERT_EQ(gt_classifier_apply(c.get(), some.pixels.data(), 1030, features.data(), logits.data()), GT_OK);
    float *weights = gt_classifier_weights(c.get(), nullptr);
    for (size_t i = 0; i < 1030; i++) {
        std::vector<double> x(64);
        for (size_t p = 0; p < 64; p++) x[p] = some.pixels[i * 64 + p] / 127.5 - 1;
        const float *w = weights;
        for (int l = 0; l < info.n_layers; l++) {
            const size_t n_in = (size_t)info.size[l], n_out = (size_t)info.size[l + 1];
            std::vector<double> y(n_out);
            for (size_t o = 0; o < n_out; o++) {
                y[o] = (double)w[n_in * n_out + o];
                for (size_t k = 0; k < n_in; k++) y[o] += (double)w[o * n_in + k] * x[k];
                if (l + 1 < info.n_layers) y[o] = std::max(y[o], 0.0);
            }
            w += n_out * (n_in + 1);
            x = y;
            const float *got = l + 2 == info.n_layers ? &features[i * 12] : l + 1 == info.n_layers ? &logits[i * 4] : nullptr;
            for (size_t o = 0; got != nullptr && o < n_out; o++) ASSERT_NEAR((double)got[o], y[o], 1e-4) << i << " " << l;
        }
    }
    free(weights);
}

// The sums that docs/image-scores.md promises, bit for bit: rows that fill no block, and nothing written behind them.
TEST(Classifier, LayersAreSummedInOneOrderByEveryInstructionSet) {
    const size_t n = 7, n_in = 13, width = 32;
    std::mt19937_64 rng(5);
    std::normal_distribution<float> draw;
    std::vector<float> x(n * n_in), w(n_in * width), b(width);
    for (std::vector<float> *values : {&x, &w, &b}) std::generate(values->begin(), values->end(), [&] { return draw(rng); });
    for (gt_isa isa : {GT_ISA_AVX512, GT_ISA_AVX2, GT_ISA_PORTABLE})
        for (bool relu : {false, true}) {
            gt_cpu_isa chosen;
            if (gt_cpu_isa_choose(isa, &chosen) != GT_OK) continue;
            std::vector<float> y((n + 1) * width, 99.0f);
            chosen.loops->dense_in_order({x.data(), n, n_in, n_in}, w.data(), b.data(), relu, {y.data(), n, width, width});
            for (size_t i = 0; i < n; i++)
                for (size_t o = 0; o < width; o++) {
                    float sum = b[o];
                    for (size_t k = 0; k < n_in; k++) sum = std::fmaf(x[i * n_in + k], w[k * width + o], sum);
                    ASSERT_EQ(y[i * width + o], relu ? std::max(sum, 0.0f) : sum) << gt_isa_name(isa) << " " << i << " " << o;
                }
            for (size_t o = 0; o < width; o++) ASSERT_EQ(y[n * width + o], 99.0f) << gt_isa_name(isa);
        }
}

// Equal images have equal features, whatever stands beside them: a picture that is in both sets has distance 0.
TEST(Classifier, OutputsDoNotDependOnOtherImages) {
    const Images train(300, 1), some(1030, 3);
    const Classifier c = trained(&train.images, nullptr, small());
    std::vector<float> features(1030 * 12), logits(1030 * 4), its_features(3 * 12), its_logits(3 * 4);
    ASSERT_EQ(gt_classifier_apply(c.get(), some.pixels.data(), 1030, features.data(), logits.data()), GT_OK);
    for (size_t first : {0u, 5u, 700u, 1023u, 1027u}) {
        ASSERT_EQ(gt_classifier_apply(c.get(), &some.pixels[first * 64], 3, its_features.data(), its_logits.data()), GT_OK);
        for (size_t i = 0; i < 3 * 12; i++) ASSERT_EQ(its_features[i], features[first * 12 + i]) << first << " " << i;
        for (size_t i = 0; i < 3 * 4; i++) ASSERT_EQ(its_logits[i], logits[first * 4 + i]) << first << " " << i;
    }
}

// ---------------------------------------------------------------- the file

std::string read(const std::string &path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

void write(const std::string &path, const std::string &text) { std::ofstream(path, std::ios::binary) << text; }

void is_refused(const std::string &path, const std::string &what) {
    gt_classifier *out = nullptr;
    EXPECT_EQ(gt_classifier_load(path.c_str(), &out), GT_ERR_FILE);
    EXPECT_NE(std::string(gt_last_error()).find(what), std::string::npos) << gt_last_error();
    EXPECT_EQ(out, nullptr);
}

TEST(ClassifierFile, GivesTheSameBack) {
    const Folder folder;
    const std::string path = folder / "c.safetensors";
    const Images train(120, 1);
    const Classifier c = trained(&train.images, nullptr, small());
    ASSERT_EQ(gt_classifier_save(c.get(), path.c_str()), GT_OK) << gt_last_error();
    gt_classifier *loaded = nullptr;
    ASSERT_EQ(gt_classifier_load(path.c_str(), &loaded), GT_OK) << gt_last_error();
    const Classifier owner(loaded);
    const gt_classifier_info a = gt_classifier_get_info(c.get()), b = gt_classifier_get_info(loaded);
    EXPECT_STREQ(a.hash, b.hash);
    EXPECT_EQ(a.test_accuracy, b.test_accuracy);
    EXPECT_EQ(a.n_test, b.n_test);
    EXPECT_EQ(a.n_features, b.n_features);
    EXPECT_EQ(a.n_classes, b.n_classes);
    EXPECT_EQ(a.height, b.height);
    std::vector<float> before(120 * 4), after(120 * 4);
    ASSERT_EQ(gt_classifier_apply(c.get(), train.pixels.data(), 120, nullptr, before.data()), GT_OK);
    ASSERT_EQ(gt_classifier_apply(loaded, train.pixels.data(), 120, nullptr, after.data()), GT_OK);
    EXPECT_EQ(before, after);
}

TEST(ClassifierFile, DamageIsFound) {
    const Folder folder;
    const std::string path = folder / "c.safetensors";
    const Images train(120, 1);
    ASSERT_EQ(gt_classifier_save(trained(&train.images, nullptr, small()).get(), path.c_str()), GT_OK);
    const std::string whole = read(path);
    const auto with = [&](const std::string &from, const std::string &to) {
        std::string text = whole;
        const size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    };
    std::string flipped = whole;
    flipped[whole.size() - 5] ^= 1;
    write(path, flipped);
    is_refused(path, "its weights do not have its hash");
    write(path, whole.substr(0, whole.size() - 1));
    is_refused(path, "c.safetensors");
    write(path, "");
    is_refused(path, "c.safetensors");
    write(path, with("gantry-classifier", "gantry-something!"));
    is_refused(path, "is no classifier of gantry's");
    write(path, with("\"format_version\":\"1\"", "\"format_version\":\"2\""));
    is_refused(path, "has version 2 of a classifier's file");
    write(path, with("\"format_version\":\"1\"", "\"format_version\":\"\033\""));
    is_refused(path, "c.safetensors");
    EXPECT_EQ(std::string(gt_last_error()).find('\033'), std::string::npos) << "a terminal would take it for a command";
    write(path, with("\"sizes\":\"64,24,12,4\"", "\"sizes\":\"64,24,13,4\""));
    is_refused(path, "classifier.1.weight");
    write(path, with("\"sizes\":\"64,24,12,4\"", "\"sizes\":\"64,24,12,x\""));
    is_refused(path, "its sizes are damaged");
    write(path, with("\"height\":\"8\"", "\"height\":\"9\""));
    is_refused(path, "its sizes do not go together");
    write(path, with("\"n_test\":\"20\"", "\"n_test\":\"2x\""));
    is_refused(path, "its accuracy is damaged");
    is_refused(folder / "nothing", "nothing");
    write(path, whole);
    gt_classifier *out = nullptr;
    EXPECT_EQ(gt_classifier_load(path.c_str(), &out), GT_OK);
    gt_classifier_destroy(out);
}

// ---------------------------------------------------------------- the judge

struct Scored {
    Images train = Images(800, 1);
    Classifier classifier = trained(&train.images, nullptr, small());

    Judge judge(const gt_image_judge_options *options = nullptr) const {
        gt_image_judge *out = nullptr;
        EXPECT_EQ(gt_image_judge_create(classifier.get(), train.pixels.data(), train.images.n, options, &out), GT_OK)
            << gt_last_error();
        return Judge(out);
    }
};

std::vector<float> as_samples(const Bytes &pixels) { return {pixels.begin(), pixels.end()}; }

TEST(Judge, KnowsGoodSamplesFromBadOnes) {
    const Scored s;
    const Judge judge = s.judge();
    gt_image_scores good, same, bad;
    const std::vector<float> others = as_samples(Images(500, 9).pixels);
    std::vector<float> collapsed;
    for (size_t i = 0; i < 500; i++) collapsed.insert(collapsed.end(), others.begin(), others.begin() + 64);
    ASSERT_EQ(gt_image_judge_score(judge.get(), others.data(), 500, &good), GT_OK) << gt_last_error();
    ASSERT_EQ(gt_image_judge_score(judge.get(), as_samples(s.train.pixels).data(), 800, &same), GT_OK);
    ASSERT_EQ(gt_image_judge_score(judge.get(), collapsed.data(), 500, &bad), GT_OK) << gt_last_error();
    EXPECT_STREQ(good.classifier, gt_classifier_get_info(s.classifier.get()).hash);
    EXPECT_EQ(good.n_samples, 500u);
    EXPECT_EQ(good.n_reference, 800u);
    EXPECT_EQ(good.n_neighbours, 800u);
    EXPECT_EQ(good.k, 5);
    EXPECT_GT(good.is_1, 3.2);
    EXPECT_LE(good.is_1, 4);
    EXPECT_LT(good.is_10, good.is_1);
    EXPECT_NEAR(bad.is_1, 1, 1e-9);
    EXPECT_NEAR(same.frechet, 0, 1e-6);
    EXPECT_LT(good.frechet, bad.frechet / 20);
    EXPECT_EQ(same.precision, 1);
    EXPECT_EQ(same.recall, 1);
    EXPECT_GT(good.recall, 0.7);
    EXPECT_LT(bad.recall, 0.01);
    EXPECT_GT(good.coverage, 0.8);
    EXPECT_LT(bad.coverage, 0.1);
    EXPECT_EQ(good.n_missing, 0);
    EXPECT_EQ(bad.n_missing, 3);
    EXPECT_GT(bad.class_distance, 0.6);
    EXPECT_EQ(same.class_distance, 0);
    EXPECT_EQ(std::accumulate(good.classes, good.classes + 4, (uint64_t)0), 500u);
    EXPECT_EQ(std::accumulate(good.reference_classes, good.reference_classes + 4, (uint64_t)0), 800u);
    EXPECT_TRUE(std::isnan(good.frechet_infinity));
}

// Pictures have whole numbers from 0 to 255.
TEST(Judge, ScoresSamplesAsThePicturesThatTheyAre) {
    const Scored s;
    const Judge judge = s.judge();
    std::vector<float> exact = as_samples(Images(100, 9).pixels), off = exact;
    for (size_t i = 0; i < off.size(); i++) {
        off[i] += i % 2 == 0 ? 0.4f : -0.4f;
        if (i % 64 == 0) exact[i] = 255, off[i] = 300;
        if (i % 64 == 1) exact[i] = 0, off[i] = -1000;
    }
    gt_image_scores a, b;
    ASSERT_EQ(gt_image_judge_score(judge.get(), exact.data(), 100, &a), GT_OK);
    ASSERT_EQ(gt_image_judge_score(judge.get(), off.data(), 100, &b), GT_OK);
    EXPECT_EQ(a.frechet, b.frechet);
    EXPECT_EQ(a.is_1, b.is_1);
    EXPECT_EQ(a.density, b.density);
}

TEST(Judge, Options) {
    const Scored s;
    gt_image_judge_options options = {};
    options.k = 3;
    options.max_neighbours = 300;
    options.infinity = true;
    const Judge judge = s.judge(&options);
    gt_image_scores got, again;
    const std::vector<float> samples = as_samples(Images(400, 9).pixels);
    ASSERT_EQ(gt_image_judge_score(judge.get(), samples.data(), 400, &got), GT_OK) << gt_last_error();
    ASSERT_EQ(gt_image_judge_score(s.judge(&options).get(), samples.data(), 400, &again), GT_OK);
    EXPECT_EQ(got.n_neighbours, 300u);
    EXPECT_EQ(got.n_reference, 800u);
    EXPECT_EQ(got.k, 3);
    EXPECT_LT(got.frechet_infinity, got.frechet);
    EXPECT_EQ(got.frechet_infinity, again.frechet_infinity);
    EXPECT_EQ(got.recall, again.recall);
    gt_image_judge *out = nullptr;
    options.k = 65;
    EXPECT_EQ(gt_image_judge_create(s.classifier.get(), s.train.pixels.data(), 800, &options, &out), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(), "neighbour number 65; it takes 1 to 64");
    EXPECT_EQ(gt_image_judge_create(s.classifier.get(), s.train.pixels.data(), 5, nullptr, &out), GT_ERR_ARGUMENT);
}

TEST(Judge, RefusesWhatIsNoSample) {
    const Scored s;
    const Judge judge = s.judge();
    std::vector<float> samples = as_samples(Images(50, 9).pixels);
    gt_image_scores out;
    EXPECT_EQ(gt_image_judge_score(judge.get(), samples.data(), 9, &out), GT_ERR_ARGUMENT);
    samples[70] = NAN;
    EXPECT_EQ(gt_image_judge_score(judge.get(), samples.data(), 50, &out), GT_ERR_ARGUMENT);
    EXPECT_STREQ(gt_last_error(), "a sample has the value nan; score a checkpoint from before the run diverged");
}

} // namespace
