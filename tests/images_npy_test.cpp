// Images in .npy files, and labels beside them: read right, or refused with one line.
#include "tests/image_files.h"

#include <cmath>

namespace {

TEST(Images, ReadNpy) {
    Folder folder;
    Images images;
    const std::string path = folder / "a.npy";
    std::vector<unsigned char> bytes(24);
    std::iota(bytes.begin(), bytes.end(), (unsigned char)200);
    std::vector<int> expected;
    for (unsigned char b : bytes) expected.push_back(b);

    put_bytes(path, npy("|u1", {2, 4, 3}, bytes));
    reads(path, &images);
    EXPECT_EQ(images.values(), expected);
    EXPECT_EQ(images.height, 4);
    EXPECT_EQ(images.width, 3);
    EXPECT_EQ(images.channels, 1);
    put_bytes(path, npy("|u1", {2, 2, 2, 3}, bytes));
    reads(path, &images);
    EXPECT_EQ(images.values(), expected);
    EXPECT_EQ(images.channels, 3);
    put_bytes(path, npy("|u1", {24, 1, 1, 1}, bytes));
    reads(path, &images);
    EXPECT_EQ(images.n, 24u);
    put_bytes(path, npy("|u1", {6, 4}, bytes)); // rows of a square
    reads(path, &images);
    EXPECT_EQ(images.n, 6u);
    EXPECT_EQ(images.height, 2);
    EXPECT_EQ(images.width, 2);

    put_bytes(path, npy<int64_t>("<i8", {1, 1, 3}, {0, 255, 17}));
    reads(path, &images);
    EXPECT_EQ(images.values(), (std::vector<int>{0, 255, 17}));
    put_bytes(path, npy<float>("<f4", {1, 2, 2}, {0, 1, 0.5f, 0.1f})); // all within 0 and 1
    reads(path, &images);
    EXPECT_EQ(images.values(), (std::vector<int>{0, 255, 128, 26}));
    put_bytes(path, npy<double>("<f8", {1, 2, 2}, {0, 1.2, 0.4, 254.6}));
    reads(path, &images);
    EXPECT_EQ(images.values(), (std::vector<int>{0, 1, 0, 255}));
}

TEST(Images, ReadNpyInFortransOrder) {
    Folder folder;
    std::vector<unsigned char> fortran(2 * 3 * 2 * 3);
    for (size_t n = 0; n < 2; n++)
        for (size_t h = 0; h < 3; h++)
            for (size_t w = 0; w < 2; w++)
                for (size_t c = 0; c < 3; c++)
                    fortran[n + 2 * (h + 3 * (w + 2 * c))] = (unsigned char)(((n * 3 + h) * 2 + w) * 3 + c);
    std::string bytes = npy("|u1", {2, 3, 2, 3}, fortran);
    bytes.replace(bytes.find("False, "), 7, "True,  ");
    put_bytes(folder / "a.npy", bytes);
    Images images;
    reads(folder / "a.npy", &images);
    std::vector<int> expected(36);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(images.values(), expected);
}

TEST(Images, ReadLabelsBesideNpy) {
    Folder folder;
    const std::string pixels = npy("|u1", {3, 2, 2}, std::vector<unsigned char>(12));
    const std::string labels = npy<int64_t>("<i8", {3}, {2, 0, 7});
    const std::vector<std::pair<std::string, std::string>> names = {
        {"images.npy", "labels.npy"}, {"train-images.npy", "train-labels.npy"},
        {"X.npy", "y.npy"},           {"x_train.npy", "y_train.npy"},
        {"a.npy", "a-labels.npy"},    {"a.npy", "a_labels.npy"},
        {"X.npy", "X-labels.npy"}};
    for (const auto &[a, b] : names) {
        Images images;
        put_bytes(folder / a, pixels);
        reads(folder / a, &images);
        EXPECT_EQ(images.labels, nullptr) << a;
        put_bytes(folder / b, labels);
        reads(folder / a, &images);
        EXPECT_EQ(images.classes(), (std::vector<int>{2, 0, 7})) << a << " " << b;
        EXPECT_EQ(images.n_classes, 8) << a;
        std::filesystem::remove(folder / b);
    }
    for (const auto &[a, b] : {std::pair("Xy.npy", "yy.npy"), std::pair("x-images.npy", "y-images.npy")}) { // other words
        Images images;
        put_bytes(folder / a, pixels);
        put_bytes(folder / b, labels);
        reads(folder / a, &images);
        EXPECT_EQ(images.labels, nullptr) << a;
    }

    // the name alone decides, not what the folder is called; any integers, and a column
    const std::string inner = folder / "images";
    std::filesystem::create_directory(inner);
    put_bytes(inner + "/a.npy", pixels);
    for (const std::string &other : {npy<uint8_t>("|u1", {3, 1}, {255, 0, 1}), npy<int16_t>(">i2", {3}, {-256, 0, 256}),
                                     npy<uint32_t>("<u4", {3}, {255, 0, 1})}) {
        Images images;
        put_bytes(inner + "/a-labels.npy", other);
        reads(inner + "/a.npy", &images);
        EXPECT_EQ(images.classes(), (std::vector<int>{255, 0, 1}));
        EXPECT_EQ(images.n_classes, 256);
    }
}

TEST(Images, RefuseOtherLabelsBesideNpy) {
    Folder folder;
    put_bytes(folder / "X.npy", npy("|u1", {3, 2, 2}, std::vector<unsigned char>(12)));
    const auto refused = [&](const std::string &labels, const std::string &text) {
        put_bytes(folder / "y.npy", labels);
        gt_images images;
        ASSERT_EQ(gt_images_read((folder / "X.npy").c_str(), GT_IMAGES_TRAIN, &images), GT_ERR_FILE) << text;
        EXPECT_EQ(images.pixels, nullptr);
        check_line(folder / "y.npy", text, text);
    };
    const std::string whole = npy<int32_t>("<i4", {3}, {0, 1, 2});
    for (size_t size = 0; size < whole.size(); size++) refused(whole.substr(0, size), "");
    refused(whole + '\0', "13 bytes of data");
    refused(npy<int32_t>("<i4", {2}, {0, 1}), "has 2 labels, but there are 3 images");
    refused(npy<int32_t>("<i4", {0}, {}), "has 0 labels, but there are 3 images");
    refused(npy<int32_t>("<i4", {3}, {0, 256, 1}), "label 1 is 256; it takes classes from 0 to 255");
    refused(npy<int32_t>("<i4", {3}, {0, 1, -1}), "label 2 is -1; it takes");
    refused(npy<float>("<f4", {3}, {0, 1, 2}), "labels of images are integers: save array.astype(\"uint8\"), or rename");
    refused(npy<uint8_t>("|u1", {3, 2}, {1, 0, 0, 1, 1, 0}),
            "2 dimensions; labels of images are [n], one for each: save array.argmax(1)");
    refused(npy<uint8_t>("|u1", {3, 1, 1}, {1, 0, 0}), "3 dimensions");
    std::string words = npy<uint32_t>("<u4", {3}, {97, 98, 99});
    refused(words.replace(words.find("<u4"), 3, "<U1"), "dtype <U1; gantry takes floats of 32 or 64 bits and integers");
}

TEST(Images, RefuseOtherNpy) {
    Folder folder;
    const std::vector<unsigned char> bytes(24);
    const std::string name = "a.npy", whole = npy("|u1", {2, 4, 3}, bytes);
    refuses_bytes(folder, name, npy("|u1", {24}, bytes), "1 dimensions");
    refuses_bytes(folder, name, npy("|u1", {4, 6}, bytes), "no square images");
    refuses_bytes(folder, name, npy("|u1", {0, 4, 3}, std::vector<unsigned char>()), "has 0 images");
    refuses_bytes(folder, name, npy("|u1", {2, 0, 3}, std::vector<unsigned char>()), "0 x 3 pixels");
    refuses_bytes(folder, name, npy("|u1", {2, 2, 3, 2}, bytes), "2 channels");
    refuses_bytes(folder, name, npy("|u1", {1, 3, 4, 2}, bytes), "transpose(0, 2, 3, 1)");
    refuses_bytes(folder, name, npy("|u1", {1, 65, 64}, std::vector<unsigned char>(65 * 64)), "up to 4096 values");
    refuses_bytes(folder, name, npy("|u1", {2, 2, 3}, bytes), "24 bytes of data, but its header promises 12");
    refuses_bytes(folder, name, npy("|u1", {4294967296, 4294967296, 3}, bytes), "promises more than");
    refuses_bytes(folder, name, npy<int16_t>("<i2", {1, 1, 2}, {0, 256}), "value 1 is 256; it takes integers from 0 to 255");
    refuses_bytes(folder, name, npy<int8_t>("|i1", {1, 1, 2}, {-1, 0}), "value 0 is -1");
    refuses_bytes(folder, name, npy<float>("<f4", {1, 1, 2}, {-0.5f, 1}), "it takes numbers from 0 to 255");
    refuses_bytes(folder, name, npy<float>("<f4", {1, 1, 2}, {NAN, 1}), "value 0 is nan");
    for (size_t size = 0; size < whole.size(); size++) refuses_bytes(folder, name, whole.substr(0, size), "");
    refuses_bytes(folder, name, whole + '\0', "25 bytes of data");
}

TEST(Images, SurviveEveryChangedByteOfNpy) {
    Folder folder;
    const std::string whole = npy("|u1", {2, 4, 3}, std::vector<unsigned char>(24)), path = folder / "a.npy";
    for (size_t i = 0; i < whole.size() - 24; i++)
        for (int bit = 0; bit < 8; bit++) {
            std::string bytes = whole;
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            put_bytes(path, bytes);
            Images images;
            const gt_status status = gt_images_read(path.c_str(), GT_IMAGES_TRAIN, &images);
            if (status == GT_OK)
                EXPECT_EQ(images.values().size(), 24u) << i << " " << bit;
            else
                EXPECT_EQ(status, GT_ERR_FILE) << i << " " << bit;
        }
}

} // namespace
