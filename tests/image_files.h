// Files of images as they should be, and how they are read and refused.
#ifndef GT_TESTS_IMAGE_FILES_H
#define GT_TESTS_IMAGE_FILES_H

#include "gantry/gantry.h"
#include "io/npy_array.h"
#include "tests/png_files.h"

#include <cstring>
#include <numeric>
#include <zlib.h>

// ---------------------------------------------------------------- making files

inline std::string big_endian(uint32_t n) { return {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n}; }

inline std::string idx_images(uint32_t n, uint32_t h, uint32_t w) {
    std::string bytes = std::string("\0\0\x08\x03", 4) + big_endian(n) + big_endian(h) + big_endian(w);
    for (uint32_t i = 0; i < n * h * w; i++) bytes += (char)(i * 37 % 251);
    return bytes;
}

inline std::string idx_labels(const std::string &labels) {
    return std::string("\0\0\x08\x01", 4) + big_endian((uint32_t)labels.size()) + labels;
}

inline std::string gzipped(const std::string &content) {
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

inline PngImage grey(int h, int w, unsigned char first = 0) {
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

inline void reads(const std::string &path, Images *out, gt_images_part part = GT_IMAGES_TRAIN) {
    gt_images_destroy(out);
    ASSERT_EQ(gt_images_read(path.c_str(), part, out), GT_OK) << gt_last_error();
}

inline void check_line(const std::string &path, const std::string &text, const std::string &about) {
    const std::string line = gt_last_error();
    EXPECT_NE(line.find(path), std::string::npos) << about << ": " << line;
    EXPECT_NE(line.find(text), std::string::npos) << about << ": " << line;
    for (unsigned char c : line) EXPECT_TRUE(c >= ' ' && c < 0x7F) << about << ": " << line;
}

// One line that names the path and holds the text, and nothing handed out.
inline void refuses(const std::string &path, const std::string &text, const std::string &about = "") {
    gt_images images;
    memset(&images, 0xFF, sizeof images);
    ASSERT_EQ(gt_images_read(path.c_str(), GT_IMAGES_TRAIN, &images), GT_ERR_FILE) << about << " " << text;
    EXPECT_EQ(images.pixels, nullptr);
    EXPECT_EQ(images.labels, nullptr);
    EXPECT_EQ(images.n, 0u);
    check_line(path, text, about);
}

inline void refuses_bytes(const Folder &folder, const std::string &name, const std::string &bytes, const std::string &text) {
    put_bytes(folder / name, bytes);
    refuses(folder / name, text);
}

#endif
