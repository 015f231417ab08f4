// Keras weights: what is written is read again in both layouts, damage is refused with one line. The real Keras:
// exchange_test.sh.
#include "nets.h"

#include <thread>
#include <unistd.h>

// What HDF5 asks for because of a damaged size is refused as it is without the sanitizer.
extern "C" const char *__asan_default_options() { return "allocator_may_return_null=1"; }

namespace {

void write(const NetFile &net, const std::string &path) {
    ASSERT_EQ(gt_net_file_write(&net.file, GT_NET_KERAS, path.c_str()), GT_OK) << gt_last_error();
}

void replace_all(std::string *text, const std::string &from, const std::string &to) {
    ASSERT_NE(text->find(from), std::string::npos);
    for (size_t at = 0; (at = text->find(from, at)) != std::string::npos; at += to.size()) text->replace(at, from.size(), to);
}

TEST(Keras, ReadsWhatItWrote) {
    SKIP_WITHOUT(GT_NET_KERAS);
    Folder folder;
    for (const std::vector<int> &sizes :
         std::vector<std::vector<int>>{{1, 1, 1}, {5, 15, 2}, {2, 25, 1}, {4, 3, 5, 4, 6, 5, 7, 6, 2}, {100, 784}}) {
        NetFile net, read;
        random_net(sizes, std::vector<gt_activation>(sizes.size() - 1, GT_TANH), &net);
        write(net, folder / "a.weights.h5");
        expect_read(folder / "a.weights.h5", net);
        ASSERT_EQ(gt_net_file_read((folder / "a.weights.h5").c_str(), &read.file), GT_OK);
        EXPECT_FALSE(read.file.activations_known);
    }
}

TEST(Keras, HasBothLayouts) {
    SKIP_WITHOUT(GT_NET_KERAS);
    Folder folder;
    NetFile net;
    random_net({5, 15, 7, 2}, {GT_RELU, GT_RELU, GT_LINEAR}, &net);
    write(net, folder / "a.h5");
    std::string without_new = bytes_of(folder / "a.h5"), without_old = without_new, without_both;
    replace_all(&without_new, std::string("layers\0", 7), std::string("lazers\0", 7));
    put_bytes(folder / "b.h5", without_new);
    expect_read(folder / "b.h5", net);
    replace_all(&without_old, "layer_names", "layer_xxxxx");
    put_bytes(folder / "c.h5", without_old);
    expect_read(folder / "c.h5", net);
    without_both = without_new;
    replace_all(&without_both, "layer_names", "layer_xxxxx");
    put_bytes(folder / "d.h5", without_both);
    expect_refused(folder / "d.h5", "none of Keras' weights");
}

TEST(Keras, RefusesOtherLayers) {
    SKIP_WITHOUT(GT_NET_KERAS);
    Folder folder;
    NetFile net;
    tutorial(&net);
    write(net, folder / "a.h5");
    const std::string whole = bytes_of(folder / "a.h5");
    std::string bytes = whole;
    replace_all(&bytes, std::string("dense_1\0", 8), std::string("densex1\0", 8));
    put_bytes(folder / "b.h5", bytes);
    expect_refused(folder / "b.h5", "layer \"densex1\" is not Dense");
    bytes = whole;
    replace_all(&bytes, std::string("layers\0", 7), std::string("lazers\0", 7));
    replace_all(&bytes, "bias:0", "gamma0");
    put_bytes(folder / "c.h5", bytes);
    expect_refused(folder / "c.h5", "is not Dense");
}

TEST(Keras, TheSameWeightsAreTheSameBytes) {
    SKIP_WITHOUT(GT_NET_KERAS);
    Folder folder;
    NetFile net;
    tutorial(&net);
    write(net, folder / "a.h5");
    std::this_thread::sleep_for(std::chrono::milliseconds(1100)); // HDF5's times are seconds
    write(net, folder / "b.h5");
    EXPECT_EQ(bytes_of(folder / "a.h5"), bytes_of(folder / "b.h5"));
}

TEST(Keras, AFailedWriteLeavesTheOldFile) {
    SKIP_WITHOUT(GT_NET_KERAS);
    Folder folder;
    NetFile net;
    tutorial(&net);
    put_bytes(folder / "a.h5", "old");
    {
        const FileSizeLimit limit(100);
        EXPECT_EQ(gt_net_file_write(&net.file, GT_NET_KERAS, (folder / "a.h5").c_str()), GT_ERR_IO);
    }
    EXPECT_EQ(bytes_of(folder / "a.h5"), "old");
    EXPECT_EQ(folder.files().size(), 1u);
}

TEST(Keras, ThreadsDoNotDisturbEachOther) {
    SKIP_WITHOUT(GT_NET_KERAS);
    Folder folder;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&folder, t] {
            NetFile net;
            random_net({5, 10 + t, 2}, {GT_RELU, GT_LINEAR}, &net);
            const std::string path = folder / (std::to_string(t) + ".h5");
            for (int i = 0; i < 10; i++) {
                write(net, path);
                expect_read(path, net);
            }
        });
    for (std::thread &thread : threads) thread.join();
}

// In a child, because HDF5 1.10 loses memory over some damaged files and says so when the program ends.
TEST(Keras, SurvivesDamage) {
    SKIP_WITHOUT(GT_NET_KERAS);
    Folder folder;
    NetFile net;
    random_net({2, 3, 2}, {GT_RELU, GT_LINEAR}, &net);
    write(net, folder / "a.h5");
    EXPECT_EXIT(
        {
            expect_survives(folder / "a.h5", 5);
            _exit(::testing::Test::HasFailure());
        },
        ::testing::ExitedWithCode(0), "");
}

} // namespace
