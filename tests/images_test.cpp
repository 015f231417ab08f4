// Images from files: each kind read right, and everything that is none refused with one line.
#include "gantry/gantry.h"

#include "io/images.h"
#include "io/npy_array.h"
#include "png_files.h"

#include <cmath>
#include <cstring>
#include <numeric>
#include <zlib.h>

namespace {

const char *const fashion_mnist = "/usr/share/datasets/fashion-mnist"; // Debian: dataset-fashion-mnist

// ---------------------------------------------------------------- making files

std::string big_endian(uint32_t n) { return {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n}; }

std::string idx_images(uint32_t n, uint32_t h, uint32_t w) {
    std::string bytes = std::string("\0\0\x08\x03", 4) + big_endian(n) + big_endian(h) + big_endian(w);
    for (uint32_t i = 0; i < n * h * w; i++) bytes += (char)(i * 37 % 251);
    return bytes;
}

std::string idx_labels(const std::string &labels) {
    return std::string("\0\0\x08\x01", 4) + big_endian((uint32_t)labels.size()) + labels;
}

std::string gzipped(const std::string &content) {
    z_stream stream = {};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, content.size()), '\0');
    stream.next_in = (unsigned char *)content.data();
    stream.avail_in = (uInt)content.size();
    stream.next_out = (unsigned char *)out.data();
    stream.avail_out = (uInt)out.size();
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

template <class T> std::string npy(const char *descr, std::vector<size_t> shape, const std::vector<T> &data) {
    Folder folder;
    EXPECT_EQ(gt_npy_write_array((folder / "a.npy").c_str(), descr, shape.data(), (int)shape.size(), data.data(),
                                 data.size() * sizeof(T)),
              GT_OK);
    return bytes_of(folder / "a.npy");
}

PngImage grey(int h, int w, unsigned char first = 0) {
    PngImage image{h, w, PNG_COLOR_TYPE_GRAY, 8, std::vector<unsigned char>((size_t)(h * w))};
    std::iota(image.rows.begin(), image.rows.end(), first);
    return image;
}

// ---------------------------------------------------------------- reading them

struct Images : gt_images {
    Images() : gt_images{} {}
    ~Images() { gt_images_destroy(this); }
    Images(const Images &) = delete;
    Images &operator=(const Images &) = delete;
    std::vector<int> values() const { return {pixels, pixels + n * (size_t)(height * width * channels)}; }
    std::vector<int> classes() const { return labels != nullptr ? std::vector<int>(labels, labels + n) : std::vector<int>(); }
};

void reads(const std::string &path, Images *out, gt_images_part part = GT_IMAGES_TRAIN) {
    gt_images_destroy(out);
    ASSERT_EQ(gt_images_read(path.c_str(), part, out), GT_OK) << gt_last_error();
}

void check_line(const std::string &path, const std::string &text, const std::string &about) {
    const std::string line = gt_last_error();
    EXPECT_NE(line.find(path), std::string::npos) << about << ": " << line;
    EXPECT_NE(line.find(text), std::string::npos) << about << ": " << line;
    for (unsigned char c : line) EXPECT_TRUE(c >= ' ' && c < 0x7F) << about << ": " << line;
}

// One line that names the path and holds the text, and nothing handed out.
void refuses(const std::string &path, const std::string &text, const std::string &about = "") {
    gt_images images;
    memset(&images, 0xFF, sizeof images);
    ASSERT_EQ(gt_images_read(path.c_str(), GT_IMAGES_TRAIN, &images), GT_ERR_FILE) << about << " " << text;
    EXPECT_EQ(images.pixels, nullptr);
    EXPECT_EQ(images.labels, nullptr);
    EXPECT_EQ(images.n, 0u);
    check_line(path, text, about);
}

void refuses_bytes(const Folder &folder, const std::string &name, const std::string &bytes, const std::string &text) {
    put_bytes(folder / name, bytes);
    refuses(folder / name, text);
}

// ---------------------------------------------------------------- IDX

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

// ---------------------------------------------------------------- .npy

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

// ---------------------------------------------------------------- PNG

TEST(Images, ReadFoldersOfPng) {
    Folder folder;
    Images images;
    put_bytes(folder / "b.png", png_bytes(grey(2, 3, 100)));
    put_bytes(folder / "a.PNG", png_bytes(grey(2, 3, 10)));
    put_bytes(folder / "readme.txt", "no image");
    put_bytes(folder / ".hidden.png", "no image");
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{10, 11, 12, 13, 14, 15, 100, 101, 102, 103, 104, 105}));
    EXPECT_EQ(images.height, 2);
    EXPECT_EQ(images.width, 3);
    EXPECT_EQ(images.channels, 1);
    EXPECT_EQ(images.labels, nullptr);
}

void make_classes(const std::string &path, const std::vector<std::string> &names, int n) {
    for (size_t k = 0; k < names.size(); k++) {
        std::filesystem::create_directories(path + "/" + names[k]);
        for (int i = 0; i < n; i++)
            put_bytes(path + "/" + names[k] + "/" + std::to_string(i) + ".png",
                      png_bytes(grey(1, 1, (unsigned char)(10 * k + (size_t)i))));
    }
}

TEST(Images, ReadFoldersOfClasses) {
    Folder folder;
    Images images;
    make_classes(folder.path(), {"ant", "bee", "cow"}, 100);
    reads(folder.path(), &images);
    ASSERT_EQ(images.n, 300u);
    EXPECT_EQ(images.n_classes, 3);
    for (size_t i = 0; i < 300; i++) EXPECT_EQ(images.labels[i], (int)(i / 100));
    EXPECT_EQ(images.pixels[0], 0);
    EXPECT_EQ(images.pixels[1], 1);
    EXPECT_EQ(images.pixels[2], 10); // by name: 0.png, 1.png, 10.png
    EXPECT_EQ(images.pixels[201], 21);

    Folder parts;
    make_classes(parts / "train", {"ant", "bee"}, 3);
    make_classes(parts / "test", {"ant", "bee"}, 2);
    reads(parts.path(), &images, GT_IMAGES_TRAIN);
    EXPECT_EQ(images.n, 6u);
    reads(parts.path(), &images, GT_IMAGES_TEST);
    EXPECT_EQ(images.classes(), (std::vector<int>{0, 0, 1, 1}));
    std::filesystem::remove_all(parts / "test/ant");
    refuses(parts.path(), "have not the same folders of classes");
}

// What a palette, fewer and more bits, and an opaque alpha channel become.
TEST(Images, ConvertPng) {
    Folder folder;
    Images images;
    const std::string path = folder / "a.png";
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_RGB, 8, {1, 2, 3, 4, 5, 6}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.channels, 3);
    EXPECT_EQ(images.values(), (std::vector<int>{1, 2, 3, 4, 5, 6}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_PALETTE, 8, {1, 0}}, {{9, 8, 7}, {6, 5, 4}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{6, 5, 4, 9, 8, 7}));
    put_bytes(path, png_bytes({1, 8, PNG_COLOR_TYPE_GRAY, 1, {0xA1}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{255, 0, 255, 0, 0, 0, 0, 255}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_GRAY, 4, {0x1F}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{17, 255}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_GRAY, 16, {0x80, 0x7F, 0xFF, 0xFF}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{128, 255}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_GRAY_ALPHA, 8, {7, 255, 9, 255}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{7, 9}));
    EXPECT_EQ(images.channels, 1);
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_RGB_ALPHA, 8, {1, 2, 3, 255, 4, 5, 6, 255}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{1, 2, 3, 4, 5, 6}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_RGB_ALPHA, 8, {1, 2, 3, 255, 4, 5, 6, 254}}));
    refuses(folder.path(), "a.png has transparent pixels");
}

TEST(Images, RefuseOtherFolders) {
    {
        Folder folder;
        refuses(folder.path(), "has no images");
        put_bytes(folder / "notes.txt", "");
        refuses(folder.path(), "has no images");
        std::filesystem::create_directory(folder / "empty");
        refuses(folder.path(), "empty has no PNG files");
        put_bytes(folder / "a.png", png_bytes(grey(2, 2)));
        refuses(folder.path(), "both PNG files and folders (empty)");
        refuses(folder / "a.png", "is one PNG file");
        refuses(folder / "notes.txt", "holds no images");
        refuses(folder / "none", "can't read");
    }
    Folder folder;
    const std::string whole = png_bytes(grey(2, 2));
    put_bytes(folder / "a.png", whole);
    const std::string other = folder / "b.png";
    put_bytes(other, png_bytes(grey(2, 3)));
    refuses(folder.path(), "b.png has 2 x 3 pixels, but");
    put_bytes(other, png_bytes({2, 2, PNG_COLOR_TYPE_RGB, 8, std::vector<unsigned char>(12)}));
    refuses(folder.path(), "b.png is in colour, but");
    put_bytes(other, png_bytes(grey(65, 64)));
    refuses(folder.path(), "b.png can't be read as a PNG file: it has too many pixels");
    put_bytes(other, png_bytes(grey(1, 5000)));
    refuses(folder.path(), "b.png can't be read");
    put_bytes(other, "GIF89a");
    refuses(folder.path(), "b.png is no PNG file");
    put_bytes(other, whole + "x");
    refuses(folder.path(), "b.png can't be read as a PNG file: something follows its end");
    for (size_t size = 0; size < whole.size(); size++) {
        put_bytes(other, whole.substr(0, size));
        refuses(folder.path(), "b.png");
    }
    // a checksum a chunk: no changed bit gives another image
    for (size_t i = 0; i < whole.size(); i++) {
        std::string bytes = whole;
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        put_bytes(other, bytes);
        refuses(folder.path(), "b.png", std::to_string(i));
    }
}

// ---------------------------------------------------------------- both

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
