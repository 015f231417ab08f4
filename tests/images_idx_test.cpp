// IDX files: read right, and everything that is none refused with one line.
#include "tests/image_files.h"

namespace {

TEST(Images, ReadIdx) {
    Folder folder;
    const std::string bytes = idx_images(3, 2, 5), labels = std::string("\x02\x00\x07", 3);
    std::vector<int> expected;
    for (int i = 0; i < 30; i++) expected.push_back(i * 37 % 251);
    Images images;
    for (const char *end : {"", ".gz"})
        for (const char *name : {"train-images-idx3-ubyte", "train-images.idx3-ubyte"}) {
            const std::string path = folder / (std::string(name) + end);
            put_bytes(path, *end ? gzipped(bytes) : bytes);
            for (const std::string &named : {path, folder.path()}) {
                reads(named, &images);
                EXPECT_EQ(images.values(), expected);
                EXPECT_EQ(images.n, 3u);
                EXPECT_EQ(images.height, 2);
                EXPECT_EQ(images.width, 5);
                EXPECT_EQ(images.channels, 1);
                EXPECT_EQ(images.labels, nullptr);
                EXPECT_EQ(images.n_classes, 0);
            }
            std::filesystem::remove(path);
        }
    // labels beside them, compressed or not whatever the images are
    for (const char *images_end : {"", ".gz"})
        for (const char *labels_end : {"", ".gz"}) {
            const std::string a = folder / ("x-images-idx3-ubyte" + std::string(images_end));
            const std::string b = folder / ("x-labels-idx1-ubyte" + std::string(labels_end));
            put_bytes(a, *images_end ? gzipped(bytes) : bytes);
            put_bytes(b, *labels_end ? gzipped(idx_labels(labels)) : idx_labels(labels));
            reads(a, &images);
            EXPECT_EQ(images.classes(), (std::vector<int>{2, 0, 7}));
            EXPECT_EQ(images.n_classes, 8);
            std::filesystem::remove(a);
            std::filesystem::remove(b);
        }
}

TEST(Images, ReadThePartOfAFolder) {
    Folder folder;
    Images images;
    put_bytes(folder / "t10k-images-idx3-ubyte", idx_images(2, 3, 3));
    for (gt_images_part part : {GT_IMAGES_TRAIN, GT_IMAGES_TEST}) { // the only one that there is
        reads(folder.path(), &images, part);
        EXPECT_EQ(images.n, 2u);
    }
    put_bytes(folder / "train-images-idx3-ubyte.gz", gzipped(idx_images(5, 3, 3)));
    reads(folder.path(), &images, GT_IMAGES_TRAIN);
    EXPECT_EQ(images.n, 5u);
    reads(folder.path(), &images, GT_IMAGES_TEST);
    EXPECT_EQ(images.n, 2u);
}

TEST(Images, ReadGzipInSeveralParts) {
    Folder folder;
    const std::string bytes = idx_images(4, 3, 3);
    Images images;
    put_bytes(folder / "a-ubyte.gz", gzipped(bytes.substr(0, 20)) + gzipped("") + gzipped(bytes.substr(20)));
    reads(folder / "a-ubyte.gz", &images);
    EXPECT_EQ(images.n, 4u);
    EXPECT_EQ(images.values()[35], 35 * 37 % 251);
}

TEST(Images, RefuseOtherIdx) {
    Folder folder;
    const std::string name = "x-images-idx3-ubyte", whole = idx_images(3, 2, 5);
    refuses_bytes(folder, name, "", "is cut short");
    refuses_bytes(folder, name, "no images, but text", "begins with 6e 6f 20 69");
    refuses_bytes(folder, name, idx_labels("abc"), "begins with 00 00 08 01, not 00 00 08 03");
    refuses_bytes(folder, name, std::string("\0\0\x0d\x03", 4) + whole.substr(4), "begins with 00 00 0d 03");
    refuses_bytes(folder, name, whole + 'x', "goes on behind what its header promises");
    refuses_bytes(folder, name, idx_images(0, 2, 5), "has 0 images");
    refuses_bytes(folder, name, idx_images(1, 0, 5), "0 x 5 pixels; it takes at least one");
    refuses_bytes(folder, name, idx_images(1, 2, 0), "2 x 0 pixels");
    refuses_bytes(folder, name, idx_images(1, 65, 64), "up to 4096 values an image");
    const std::string huge = big_endian(0xFFFFFFFF), magic = whole.substr(0, 4);
    refuses_bytes(folder, name, magic + huge + huge + huge, "more than the file can hold");
    refuses_bytes(folder, name, magic + huge + big_endian(0) + big_endian(0), "has 4294967295 images");
    refuses_bytes(folder, name, magic + big_endian(0x40000000) + big_endian(2) + big_endian(2), "more than the file can hold");
    put_bytes(folder / name, whole);
    for (const char *labels : {"", "ab", "abcd"}) {
        put_bytes(folder / "x-labels-idx1-ubyte", idx_labels(labels));
        gt_images images;
        EXPECT_EQ(gt_images_read((folder / name).c_str(), GT_IMAGES_TRAIN, &images), GT_ERR_FILE);
        check_line(folder / "x-labels-idx1-ubyte", "but there are 3 images", labels);
    }
    put_bytes(folder / "x-labels-idx1-ubyte", whole);
    gt_images images;
    EXPECT_EQ(gt_images_read((folder / name).c_str(), GT_IMAGES_TRAIN, &images), GT_ERR_FILE);
    check_line(folder / "x-labels-idx1-ubyte", "no IDX file of labels", "");
    EXPECT_EQ(images.pixels, nullptr);
}

TEST(Images, RefuseEveryTruncation) {
    Folder folder;
    const std::string whole = idx_images(3, 2, 5), compressed = gzipped(whole), labels = idx_labels("abc");
    for (size_t size = 0; size < whole.size(); size++)
        refuses_bytes(folder, "x-images-idx3-ubyte", whole.substr(0, size), "cut short");
    for (size_t size = 0; size < compressed.size(); size++) refuses_bytes(folder, "z-ubyte.gz", compressed.substr(0, size), "");
    put_bytes(folder / "x-images-idx3-ubyte", whole);
    for (size_t size = 0; size < labels.size(); size++) {
        put_bytes(folder / "x-labels-idx1-ubyte", labels.substr(0, size));
        gt_images images;
        EXPECT_EQ(gt_images_read((folder / "x-images-idx3-ubyte").c_str(), GT_IMAGES_TRAIN, &images), GT_ERR_FILE) << size;
    }
}

// Every bit of the header changed: nothing else than these images, or one line.
TEST(Images, RefuseEveryChangedHeader) {
    Folder folder;
    const std::string whole = idx_images(3, 2, 5), labels = idx_labels("abc"), path = folder / "x-images-idx3-ubyte";
    for (size_t i = 0; i < 16; i++)
        for (int bit = 0; bit < 8; bit++) {
            std::string bytes = whole;
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            refuses_bytes(folder, "x-images-idx3-ubyte", bytes, "");
        }
    put_bytes(path, whole);
    for (size_t i = 0; i < 8; i++)
        for (int bit = 0; bit < 8; bit++) {
            std::string bytes = labels;
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            put_bytes(folder / "x-labels-idx1-ubyte", bytes);
            gt_images images;
            EXPECT_EQ(gt_images_read(path.c_str(), GT_IMAGES_TRAIN, &images), GT_ERR_FILE) << i << " " << bit;
        }
}

// gzip has a checksum: no changed bit gives other images. Some have no meaning: of the time and the system in the header, and
// those that fill the last byte in front of the checksum.
TEST(Images, RefuseEveryChangedGzip) {
    Folder folder;
    const std::string whole = idx_images(3, 2, 5), compressed = gzipped(whole), path = folder / "z-ubyte.gz";
    const size_t header = 10, trailer = 8;
    Images right;
    put_bytes(path, compressed);
    reads(path, &right);
    for (size_t i = 0; i < compressed.size(); i++)
        for (int bit = 0; bit < 8; bit++) {
            std::string bytes = compressed;
            bytes[i] = (char)(bytes[i] ^ 1 << bit);
            put_bytes(path, bytes);
            Images images;
            const gt_status status = gt_images_read(path.c_str(), GT_IMAGES_TRAIN, &images);
            if (status == GT_OK) {
                EXPECT_EQ(images.values(), right.values()) << i << " " << bit;
                EXPECT_TRUE(i < header || i == compressed.size() - trailer - 1) << i << " " << bit;
            } else {
                EXPECT_EQ(status, GT_ERR_FILE) << i << " " << bit;
            }
        }
    refuses_bytes(folder, "z-ubyte.gz", compressed + "more", "4 bytes follow its compressed content");
    refuses_bytes(folder, "z-ubyte.gz", gzipped(whole + "x"), "goes on behind what its header promises");
    refuses_bytes(folder, "z-ubyte.gz", compressed + gzipped("x"), "goes on behind what its header promises");
}

// What a header promises gets memory only if the file can hold it; what is compressed without end is not unpacked.
TEST(Images, AreNoBombs) {
    Folder folder;
    const std::string magic("\0\0\x08\x03", 4), many = magic + big_endian(5000000) + big_endian(28) + big_endian(28);
    refuses_bytes(folder, "a-ubyte.gz", gzipped(many), "more than the file can hold");
    const std::string zeros(64 << 20, '\0');
    const std::string bomb = gzipped(idx_images(2, 2, 2) + zeros);
    EXPECT_LT(bomb.size(), 100000u);
    refuses_bytes(folder, "a-ubyte.gz", bomb, "goes on behind what its header promises");
}

} // namespace
