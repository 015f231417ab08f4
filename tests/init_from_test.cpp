// Initial weights from files of other programs: taken where they fit, refused in one line and without a trace where they don't.
#include "core/init_from.h"
#include "nets.h"
#include "specs.h"

#include <cmath>

namespace {

gt_spec tutorial_spec() { return preset("x2"); }

// G of a trained run in every format that this build has.
std::vector<std::string> exported(const Folder &folder, const gt_trainer *trainer, gt_net net) {
    std::vector<std::string> paths;
    NetFile file;
    EXPECT_EQ(gt_trainer_net_file(trainer, 0, net, &file.file), GT_OK) << gt_last_error();
    for (int format = 0; format < GT_N_NET_FORMATS; format++) {
        paths.push_back(folder / gt_net_format_name((gt_net_format)format));
        const gt_status status = gt_net_file_write(&file.file, (gt_net_format)format, paths.back().c_str());
        if (status == GT_ERR_ARGUMENT) {
            std::cout << "[  SKIPPED ] " << gt_last_error() << "\n";
            paths.pop_back();
        } else {
            EXPECT_EQ(status, GT_OK) << gt_last_error();
        }
    }
    return paths;
}

void refused(gt_trainer *trainer, gt_net net, const std::string &path, gt_status status, const std::string &line,
             size_t run = 0) {
    const std::string before = digest(trainer);
    EXPECT_EQ(gt_trainer_init_from(trainer, run, net, path.c_str()), status) << line;
    EXPECT_EQ(gt_last_error(), line);
    EXPECT_EQ(digest(trainer), before);
}

TEST(InitFrom, TakesBothNetsFromEveryFormat) {
    for (gt_activation activation : {GT_RELU, GT_LEAKY_RELU, GT_TANH, GT_SIGMOID, GT_ELU}) {
        SCOPED_TRACE(gt_activation_name(activation));
        const gt_spec spec = spec_of(3, {7, 6}, {9}, activation);
        Folder folder;
        const Trainer trained = make_trainer(spec, 1);
        ASSERT_EQ(gt_trainer_advance(trained.get(), 20), GT_OK) << gt_last_error();
        for (gt_net net : {GT_GENERATOR, GT_DISCRIMINATOR})
            for (const std::string &path : exported(folder, trained.get(), net)) {
                SCOPED_TRACE(path);
                const Trainer fresh = make_trainer(spec, 2, 3);
                const std::string others[] = {digest(fresh.get(), 0), digest(fresh.get(), 2)};
                const std::vector<float> m = state(fresh.get(), net, GT_ADAM_M, 1), v = state(fresh.get(), net, GT_ADAM_V, 1);
                const gt_net other = net == GT_GENERATOR ? GT_DISCRIMINATOR : GT_GENERATOR;
                const std::vector<float> other_weights = state(fresh.get(), other, GT_WEIGHTS, 1);
                ASSERT_EQ(gt_trainer_init_from(fresh.get(), 1, net, path.c_str()), GT_OK) << gt_last_error();
                EXPECT_EQ(state(fresh.get(), net, GT_WEIGHTS, 1), state(trained.get(), net, GT_WEIGHTS));
                EXPECT_EQ(state(fresh.get(), net, GT_ADAM_M, 1), m);
                EXPECT_EQ(state(fresh.get(), net, GT_ADAM_V, 1), v);
                EXPECT_EQ(state(fresh.get(), other, GT_WEIGHTS, 1), other_weights);
                EXPECT_EQ(digest(fresh.get(), 0), others[0]);
                EXPECT_EQ(digest(fresh.get(), 2), others[1]);
                EXPECT_EQ(gt_trainer_advance(fresh.get(), 5), GT_OK) << gt_last_error();
            }
    }
}

TEST(InitFrom, RefusesOtherNets) {
    Folder folder;
    const std::string path = folder / "g";
    const auto save = [&](const std::vector<int> &sizes, const std::vector<gt_activation> &activations, double slope = 0) {
        NetFile net;
        random_net(sizes, activations, &net, slope);
        ASSERT_EQ(gt_net_file_write(&net.file, GT_NET_SAFETENSORS, path.c_str()), GT_OK) << gt_last_error();
    };
    const Trainer x2 = make_trainer(tutorial_spec(), 1, 2), leaky = make_trainer(preset("x2-leaky"), 1);
    save({5, 16, 2}, {GT_RELU, GT_LINEAR});
    refused(x2.get(), GT_GENERATOR, path, GT_ERR_ARGUMENT,
            path + " holds a net 5-16-2, the generator is 5-15-2; both must have the same layers");
    refused(x2.get(), GT_DISCRIMINATOR, path, GT_ERR_ARGUMENT,
            path + " holds a net 5-16-2, the discriminator is 2-25-1; both must have the same layers");
    save({5, 15, 15, 2}, {GT_RELU, GT_RELU, GT_LINEAR});
    refused(x2.get(), GT_GENERATOR, path, GT_ERR_ARGUMENT,
            path + " holds a net 5-15-15-2, the generator is 5-15-2; both must have the same layers");
    save({5, 15, 2}, {GT_TANH, GT_LINEAR});
    refused(x2.get(), GT_GENERATOR, path, GT_ERR_ARGUMENT,
            path + ": layer 0 of the net is tanh, of the generator relu; both must have the same activations");
    save({5, 15, 2}, {GT_RELU, GT_SIGMOID});
    refused(x2.get(), GT_GENERATOR, path, GT_ERR_ARGUMENT,
            path + ": layer 1 of the net is sigmoid, of the generator linear; both must have the same activations");
    save({5, 15, 2}, {GT_LEAKY_RELU, GT_LINEAR}, 0.3);
    refused(leaky.get(), GT_GENERATOR, path, GT_ERR_ARGUMENT,
            path + ": the slope of leaky_relu is 0.3, that of the generator 0.2; both must be the same");
    save({5, 15, 2}, {GT_RELU, GT_LINEAR});
    refused(x2.get(), GT_GAN, path, GT_ERR_ARGUMENT, "net 2; it takes the generator or the discriminator");
    EXPECT_EQ(gt_trainer_init_from(x2.get(), 2, GT_GENERATOR, path.c_str()), GT_ERR_ARGUMENT);
    EXPECT_EQ(gt_trainer_init_from(x2.get(), 0, GT_GENERATOR, (folder / "none").c_str()), GT_ERR_FILE);
    EXPECT_EQ(gt_trainer_init_from(x2.get(), 1, GT_GENERATOR, path.c_str()), GT_OK) << gt_last_error();
    for (float bad : {NAN, INFINITY, -INFINITY}) {
        NetFile net;
        tutorial(&net);
        net.file.weights[17] = bad;
        ASSERT_EQ(gt_net_file_write(&net.file, GT_NET_SAFETENSORS, path.c_str()), GT_OK) << gt_last_error();
        const std::string before = digest(x2.get());
        EXPECT_EQ(gt_trainer_init_from(x2.get(), 0, GT_GENERATOR, path.c_str()), GT_ERR_ARGUMENT);
        EXPECT_NE(std::string(gt_last_error()).find("a run can start from finite ones only"), std::string::npos)
            << gt_last_error();
        EXPECT_EQ(digest(x2.get()), before);
    }
}

// D's last sigmoid is part of many nets elsewhere; here it belongs to the loss.
TEST(InitFrom, TakesADiscriminatorWithItsSigmoid) {
    Folder folder;
    NetFile net;
    random_net({2, 25, 1}, {GT_RELU, GT_SIGMOID}, &net);
    ASSERT_EQ(gt_net_file_write(&net.file, GT_NET_SAFETENSORS, (folder / "d").c_str()), GT_OK) << gt_last_error();
    const Trainer trainer = make_trainer(tutorial_spec(), 1);
    ASSERT_EQ(gt_trainer_init_from(trainer.get(), 0, GT_DISCRIMINATOR, (folder / "d").c_str()), GT_OK) << gt_last_error();
    EXPECT_EQ(state(trainer.get(), GT_DISCRIMINATOR, GT_WEIGHTS), net.weights());
}

TEST(InitFrom, TheAverageStartsAtTheSameWeights) {
    Folder folder;
    NetFile net;
    gt_spec spec = tutorial_spec();
    spec.ema = 0.99;
    tutorial(&net);
    ASSERT_EQ(gt_net_file_write(&net.file, GT_NET_SAFETENSORS, (folder / "g").c_str()), GT_OK) << gt_last_error();
    const Trainer trainer = make_trainer(spec, 1);
    ASSERT_EQ(gt_trainer_init_from(trainer.get(), 0, GT_GENERATOR, (folder / "g").c_str()), GT_OK) << gt_last_error();
    EXPECT_EQ(state(trainer.get(), GT_GENERATOR, GT_WEIGHTS), net.weights());
    EXPECT_EQ(state(trainer.get(), GT_GENERATOR, GT_EMA), net.weights());

    ASSERT_EQ(gt_trainer_advance(trainer.get(), 10), GT_OK) << gt_last_error();
    NetFile averaged;
    ASSERT_EQ(gt_trainer_net_file(trainer.get(), 0, GT_GENERATOR, &averaged.file), GT_OK) << gt_last_error();
    EXPECT_EQ(averaged.weights(), state(trainer.get(), GT_GENERATOR, GT_EMA));
    EXPECT_NE(averaged.weights(), state(trainer.get(), GT_GENERATOR, GT_WEIGHTS));
}

TEST(NetFileOfTrainer, HasTheMapToTheDataAndBack) {
    gt_spec spec = tutorial_spec();
    NetFile plain, g, d;
    ASSERT_EQ(gt_trainer_net_file(make_trainer(spec).get(), 0, GT_GENERATOR, &plain.file), GT_OK) << gt_last_error();
    EXPECT_EQ(plain.file.output.scale, nullptr);
    spec.scaling = GT_SCALING_SYMMETRIC; // x on [-0.5, 0.5), y on [0, 0.25]
    const Trainer trainer = make_trainer(spec, 3, 2);
    ASSERT_EQ(gt_trainer_net_file(trainer.get(), 1, GT_GENERATOR, &g.file), GT_OK) << gt_last_error();
    ASSERT_EQ(gt_trainer_net_file(trainer.get(), 1, GT_DISCRIMINATOR, &d.file), GT_OK) << gt_last_error();
    EXPECT_EQ(g.file.seed, 4u);
    EXPECT_EQ(g.weights(), state(trainer.get(), GT_GENERATOR, GT_WEIGHTS, 1));
    EXPECT_EQ(d.weights(), state(trainer.get(), GT_DISCRIMINATOR, GT_WEIGHTS, 1));
    EXPECT_EQ(g.file.input.scale, nullptr);
    EXPECT_EQ(d.file.output.scale, nullptr);
    ASSERT_NE(g.file.output.scale, nullptr);
    ASSERT_NE(d.file.input.scale, nullptr);
    float point[] = {0.3f, -0.7f};
    const float nets[] = {0.3f, -0.7f};
    gt_trainer_to_data(trainer.get(), point, 1);
    for (int c = 0; c < 2; c++) {
        EXPECT_EQ(std::fmaf(nets[c], g.file.output.scale[c], g.file.output.offset[c]), point[c]);
        EXPECT_NEAR(point[c] * d.file.input.scale[c] + d.file.input.offset[c], nets[c], 1e-6); // three roundings around 1
    }
    NetFile none;
    EXPECT_EQ(gt_trainer_net_file(trainer.get(), 0, GT_GAN, &none.file), GT_ERR_ARGUMENT);
}

} // namespace
