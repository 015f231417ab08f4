// Images of any kind: told from points, made a target; and the real ones.
#include "tests/image_files.h"

#include "io/images.h"

namespace {

const char *const fashion_mnist = "/usr/share/datasets/fashion-mnist"; // Debian: dataset-fashion-mnist

TEST(Images, AreToldFromPoints) {
    Folder folder;
    const std::vector<unsigned char> bytes(12);
    const auto at = [&](const std::string &name, const std::string &content) {
        put_bytes(folder / name, content);
        return gt_images_are_at((folder / name).c_str());
    };
    EXPECT_TRUE(gt_images_are_at(folder.path().c_str()));
    EXPECT_TRUE(at("a", idx_images(1, 2, 2)));
    EXPECT_TRUE(at("a.gz", gzipped(idx_images(1, 2, 2))));
    EXPECT_TRUE(at("a-ubyte", "damaged"));
    EXPECT_TRUE(at("a.png", png_bytes(grey(1, 1))));
    EXPECT_TRUE(at("a.npy", npy("|u1", {3, 4}, bytes)));
    EXPECT_TRUE(at("a.npy", npy("|u1", {3, 2, 2}, bytes)));
    EXPECT_TRUE(at("a.npy", npy<float>("<f4", {1, 2, 1}, {1, 2})));
    EXPECT_FALSE(at("a.npy", npy<float>("<f4", {1, 2}, {1, 2})));
    EXPECT_FALSE(at("a.npy", npy("|u1", {12}, bytes)));
    EXPECT_FALSE(at("a.csv", "x,y\n1,2\n"));
    EXPECT_FALSE(at("a.csv", ""));
    EXPECT_FALSE(gt_images_are_at((folder / "none").c_str()));
}

TEST(Images, MakeATarget) {
    Folder folder;
    put_bytes(folder / "a-ubyte", idx_images(3, 2, 5));
    Images images;
    reads(folder / "a-ubyte", &images);
    gt_target_spec target;
    ASSERT_EQ(gt_target_from_images(&images, &target), GT_OK);
    EXPECT_EQ(target.n_columns, 10);
    EXPECT_EQ(target.pixels, images.pixels);
}

// The sums are those of the files as NumPy reads them.
TEST(Images, ReadFashionMnist) {
    if (!std::filesystem::exists(fashion_mnist))
        GTEST_SKIP() << "no " << fashion_mnist << "; install it (Debian: apt install dataset-fashion-mnist)";
    const struct {
        gt_images_part part;
        size_t n;
        uint64_t sum, first, last;
        int first_label, last_label;
    } parts[] = {{GT_IMAGES_TRAIN, 60000, 3431114169, 76247, 16684, 9, 5},
                 {GT_IMAGES_TEST, 10000, 573469082, 33456, 24390, 9, 5}};
    for (const auto &expected : parts) {
        Images images;
        reads(fashion_mnist, &images, expected.part);
        ASSERT_EQ(images.n, expected.n);
        ASSERT_EQ(images.height, 28);
        ASSERT_EQ(images.width, 28);
        EXPECT_EQ(images.n_classes, 10);
        const size_t size = 784;
        EXPECT_EQ(std::accumulate(images.pixels, images.pixels + images.n * size, uint64_t{0}), expected.sum);
        EXPECT_EQ(std::accumulate(images.pixels, images.pixels + size, uint64_t{0}), expected.first);
        EXPECT_EQ(std::accumulate(images.pixels + (images.n - 1) * size, images.pixels + images.n * size, uint64_t{0}),
                  expected.last);
        EXPECT_EQ(images.labels[0], expected.first_label);
        EXPECT_EQ(images.labels[images.n - 1], expected.last_label);
        std::vector<size_t> count(10);
        for (size_t i = 0; i < images.n; i++) count[images.labels[i]]++;
        EXPECT_EQ(count, std::vector<size_t>(10, images.n / 10));
    }
}

} // namespace
